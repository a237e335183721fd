/* Small runs for tests: a learner of a few hundred numbers whose every part is at work within seconds. */

#pragma once

#include "esp-assessor.h"
#include "esp-run.h"

/* Returns a small recipe with the given `field=value` assignments, NULL-terminated, on top. */
EspRecipe *small_recipe (const char *first, ...);

/* Returns a run of small_recipe(), or of @recipe. */
EspRun *small_run (const char *environment, EspRecipe *recipe, uint64_t seed);

/* Takes @n steps and the evaluations that fall due, as the trainer does. */
void take_steps (EspRun *run, EspAssessor *assessor, uint64_t n);

/* Returns the name of the first part in which the runs differ by a bit, or NULL. */
const char *find_difference (const EspRun *a, const EspRun *b);

/* Returns a new folder for files; remove_folder() removes it with all files in it and frees @path. */
char *make_folder (void);
void remove_folder (char *path);

/* Returns how many files are in the folder @path. */
unsigned count_files (const char *path);

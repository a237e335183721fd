/* The runs of a study: planned, compared with what is done already, trained, and kept. */

#pragma once

#include "esp-environment.h"
#include "esp-recipe.h"
#include "esp-study-file.h"
#include "esp-study.h"
#include "esp-trainer.h"

G_BEGIN_DECLS

/**
 * EspStudyRun:
 * @environment: it runs in
 * @variant: number of the variant
 * @seed: of the run
 * @recipe: all that it is trained by
 * @fingerprint: of recipe, environment and episodes: two runs with the same one and the same seed are the
 * same
 * @step_cost: a guess at the time of a step of learning, in no unit, for shares
 * @cost: a guess at the time of all, in the same unit
 * @trainer: while it runs, else NULL
 * @snapshot: the newest one while it runs
 * @learning_seconds: that it has learned for
 * @share: of the run that is done, 0 … 1
 * @record: once it is over, else NULL; owned by the runs
 *
 * One run.
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  guint variant;
  uint64_t seed;
  EspRecipe *recipe;
  char *fingerprint;
  double step_cost;
  double cost;
  EspTrainer *trainer;
  EspSnapshot *snapshot;
  double learning_seconds;
  double share;
  const EspStudyRecord *record;
} EspStudyRun;

/**
 * EspStudyPlan:
 * @scale: which share of their recipes' steps all runs take, on top of what the study says
 * @steps: how many steps all runs take instead, or 0
 * @assignments: fields that are changed in all recipes, of `field=value`, or NULL
 * @episodes: on which final policies are measured
 * @cancelled: ends these measurements soon when it becomes true, and the run counts as not done; NULL: never
 *
 * What is asked for besides the study's definition.
 */
typedef struct
{
  double scale;
  uint64_t steps;
  const GPtrArray *assignments;
  size_t episodes;
  const _Atomic bool *cancelled;
} EspStudyPlan;

/**
 * EspStudyRuns:
 * @runs: of EspStudyRun: by environments, then by seeds, and those of the variants after each other, so that
 *   an hour of other load falls on all variants alike
 * @records: of EspStudyRecord, all that are over, in that order where they belong to a run
 */
typedef struct
{
  const EspStudy *study;
  EspStudyPlan plan;
  GArray *runs;
  GPtrArray *records;
  EspStudyFile *file;
  size_t n_workers;
} EspStudyRuns;

/* Plans the runs of @study, which must outlive them, and checks that each of them can start. Fails as
 * esp_environment_new(), esp_recipe_load(), esp_recipe_set() and esp_trainer_new() do, and with
 * ESP_ERROR_RANGE where there are too many. */
EspStudyRuns *esp_study_runs_new (const EspStudy *study, const EspStudyPlan *plan, GError **error);
void esp_study_runs_free (EspStudyRuns *runs);

/* Keeps each run that finishes in the file @path from now on; with @resume those that the file has are over
 * already. Fails as esp_study_file_open() does. */
gboolean esp_study_runs_set_file (EspStudyRuns *runs, const char *path, gboolean resume, GError **error);

/* Trains @n_workers > 0 runs side by side; the results do not depend on it. */
void esp_study_runs_set_workers (EspStudyRuns *runs, size_t n_workers);

/* Starts runs until as many as may are under way, takes the results of those that are done, and waits up to
 * @milliseconds for one to end. Returns whether any is left; FALSE with an @error where a result cannot be
 * written. */
gboolean esp_study_runs_advance (EspStudyRuns *runs, unsigned milliseconds, GError **error);

/* Ends the runs that are under way, without a result. */
void esp_study_runs_stop (EspStudyRuns *runs);

/* Returns the share of the work that is done, 0 … 1, and how many runs are over. */
double esp_study_runs_get_share (const EspStudyRuns *runs, size_t *n_over);

/* Returns the records of all runs that are over, in the runs' order (free with g_ptr_array_unref()); they are
 * owned by @runs. */
GPtrArray *esp_study_runs_list (const EspStudyRuns *runs);

/* Returns the number @field of @recipe, which it must have. */
double esp_study_get_field (const EspRecipe *recipe, const char *field);

/* Returns the environment steps that the search at the end of a run may take; 0 where no formula comes out. */
double esp_study_get_search_steps (const EspRecipe *recipe);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspStudyRuns, esp_study_runs_free)

G_END_DECLS

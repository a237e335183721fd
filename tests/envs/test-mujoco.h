/* Parts of the tests of the environments that MuJoCo steps, and of the swing-up; each is in a file of its
 * own. */

#pragma once

#include <stdbool.h>

#include "esp-environment.h"
#include "esp-json.h"

G_BEGIN_DECLS

#define MAX_PHYSICS 32

/* What is tested, and the deviations that are allowed: of one step from a recorded state, and of a free run
 * over 30 steps. */
typedef struct
{
  const char *name;
  bool has_model;
  double one_step;
  double open_loop;
} Subject;

/* Returns a new instance of the environment @name. */
EspEnvironment *make (const char *name);

/* Returns what the stored file @file has. */
JsonNode *load (const char *file);

/* Adds the test /mujoco/@what/@name of @data. */
void add (const char *what, const char *name, const void *data, GTestDataFunc function);

/* Add the tests of the model of @subject, of its recordings, and of the returns of all environments. */
void add_model_tests (const Subject *subject);
void add_recording_tests (const Subject *subject);
void add_return_tests (void);

G_END_DECLS

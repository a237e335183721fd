/* Snapshots and formulas as a training makes them, for the tests and pictures of the widgets. */

#pragma once

#include "esp-snapshot.h"

G_BEGIN_DECLS

/* Returns a snapshot of @environment with @arrangement after the share @progress of its run: all
 * probabilities are 1 at 0; at 1 those of a few connected paths are, the others are 0. */
EspSnapshot *esp_sample_snapshot (const char *environment, const char *arrangement, double progress);

/* Returns the formula @text of @environment. */
EspFormula *esp_sample_formula (const char *environment, const char *text);

/* Returns a formula of @environment with @n_addends addends. */
EspFormula *esp_sample_long_formula (const char *environment, size_t n_addends);

/* Returns the description of the built-in environment @name. */
const EspEnvironmentInfo *esp_sample_environment (const char *name);

G_END_DECLS

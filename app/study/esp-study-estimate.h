/* How long a study will take: guessed from a few steps of each environment on this machine. */

#pragma once

#include "esp-study-runs.h"

G_BEGIN_DECLS

/* Writes to @seconds[runs] about how long each of the runs takes alone, and 0 for those that are over. A
 * second or so for each environment. What else the machine does shows in it; the search and the evaluations
 * are part of it, the pruning at the end is not. Fails as esp_trainer_new() does. */
gboolean esp_study_estimate (const EspStudyRuns *runs, double *seconds, GError **error);

G_END_DECLS

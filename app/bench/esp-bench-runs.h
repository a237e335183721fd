/* The benchmark of whole runs: what a training step costs besides its update, how long a run takes to its
 * first update, and how much memory it takes with its replay full.
 */

#pragma once

#include "esp-measure.h"
#include "esp-phase.h"

G_BEGIN_DECLS

/**
 * EspRunResult:
 * @environment: which
 * @steps: that were measured, each with its updates
 * @seconds: processor time of a step by phase
 * @total: of a step in all
 * @besides: share of environment, action and replay (sampling and storing) in it
 * @first_update: seconds on the wall from the beginning until the first update is done
 * @evaluation: processor time of the evaluation of the three policies, per step of an episode
 * @evaluation_share: of an evaluation with episodes as long as those just seen, if it were not overlapped
 * @snapshot: processor time of the network that a snapshot shows
 * @formula: processor time of extracting the formula
 * @peak_bytes: most memory at once, with the replay full
 * @transitions: in the full replay
 */
typedef struct
{
  const char *environment;
  uint64_t steps;
  double seconds[ESP_N_PHASES];
  double total;
  double besides;
  double first_update;
  double evaluation;
  double evaluation_share;
  double snapshot;
  double formula;
  double peak_bytes;
  uint64_t transitions;
} EspRunResult;

/* The environments that are measured. */
extern const char *const esp_run_environments[];
extern const size_t esp_n_run_environments;

/* Measures @environment with its default recipe for about @seconds, in a process of its own. Fails with
 * ESP_ERROR_FILE where there is no such process. */
gboolean esp_bench_run (const char *environment, double seconds, EspRunResult *result, GError **error);

G_END_DECLS

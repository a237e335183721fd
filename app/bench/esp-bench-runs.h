/* The benchmark of whole runs: what a training step costs besides its update, how long a run takes to its
 * first update, and how much memory it takes with its replay full.
 */

#pragma once

#include "esp-measure.h"
#include "esp-phase.h"

G_BEGIN_DECLS

#define ESP_MAX_RUN_FIELDS 12

/**
 * EspRunWorkload:
 * @name: of the row
 * @environment: which
 * @recipe: by name; NULL is the default
 * @fields: `field=value` in place of the recipe's, NULL-terminated
 * @is_whole: whether the run is measured to its end
 *
 * A run that is measured.
 */
typedef struct
{
  const char *name;
  const char *environment;
  const char *recipe;
  const char *fields[ESP_MAX_RUN_FIELDS];
  bool is_whole;
} EspRunWorkload;

/**
 * EspRunResult:
 * @workload: which
 * @steps: that were measured, each with its updates
 * @seconds: processor time of a step by phase
 * @total: of a step in all
 * @besides: share of environment, action and replay (sampling and storing) in it
 * @run: processor time of the whole run, evaluations off the clock; NaN where it was not run to its end
 * @final_return: mean return of what the whole run has learnt, over the report's 100 episodes; NaN likewise
 * @first_update: seconds on the wall from the beginning until the first update is done
 * @evaluation: processor time of the evaluation of the three policies, per step of an episode
 * @evaluation_share: of an evaluation with episodes as long as those just seen, if it were not overlapped
 * @snapshot: processor time of the network that a snapshot shows
 * @formula: processor time of extracting the formula; 0 where the policy has none
 * @peak_bytes: most memory at once, with the replay full
 * @transitions: in the full replay
 */
typedef struct
{
  const EspRunWorkload *workload;
  uint64_t steps;
  double seconds[ESP_N_PHASES];
  double total;
  double besides;
  double run;
  double final_return;
  double first_update;
  double evaluation;
  double evaluation_share;
  double snapshot;
  double formula;
  double peak_bytes;
  uint64_t transitions;
} EspRunResult;

extern const EspRunWorkload esp_run_workloads[];
extern const size_t esp_n_run_workloads;

/* Measures @workload for about @seconds or to its end, in a process of its own. Fails with
 * ESP_ERROR_FILE where there is no such process. */
gboolean esp_bench_run (const EspRunWorkload *workload, double seconds, EspRunResult *result, GError **error);

G_END_DECLS

/* The benchmark of updates: the learner against its floors.
 */

#pragma once

#include "esp-measure.h"
#include "esp-phase.h"
#include "esp-workload.h"

G_BEGIN_DECLS

/**
 * EspUpdateResult:
 * @value: updates a second of the learner; NaN where this build cannot run it, as @missing says
 * @floor_a: of the bare products
 * @floor_b: of the plain update
 * @ratio: @value over @floor_b, the median over the rounds
 * @floor_ratio: @floor_b over @floor_a
 * @gain: what two workers gain over one; NaN for one worker
 * @floor_gain: what two independent streams of floor B gain over one
 * @seconds: by phase, of the learner, for one update; only where they were asked for
 * @floor_a_seconds: the same of floor A
 * @floor_b_seconds: the same of floor B
 *
 * With one worker by the thread's processor time. With two by the clock on the wall, and the floors are two
 * independent streams on two threads.
 */
typedef struct
{
  const EspWorkload *workload;
  double value;
  double floor_a;
  double floor_b;
  double ratio;
  double floor_ratio;
  double gain;
  double floor_gain;
  double gain_ratio;
  char *missing;
  bool has_phases;
  double seconds[ESP_N_PHASES];
  double floor_a_seconds[ESP_N_PHASES];
  double floor_b_seconds[ESP_N_PHASES];
} EspUpdateResult;

/* Measures @workload. Clear the result with esp_update_result_clear(). */
EspUpdateResult esp_bench_updates (const EspWorkload *workload, const EspMeasureOptions *options);
void esp_update_result_clear (EspUpdateResult *result);

/* Returns what a phase is called. */
const char *esp_phase_get_name (EspPhase phase);

G_END_DECLS

/* Measuring in turns: interleaved rounds, medians, and ratios taken within a round.
 *
 * On a machine that others use too, only what was measured in the same minute can be compared, and only by
 * processor time as long as one thread works.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspMeasureOptions:
 * @rounds: rounds; odd, so that there is a median
 * @seconds: how long one turn lasts at least
 * @phases: whether the phases are told apart as well
 */
typedef struct
{
  size_t rounds;
  double seconds;
  bool phases;
} EspMeasureOptions;

typedef void (*EspMeasureFunction) (void *data);

/* Returns how often a second of the thread's processor time @function runs, tried for @seconds; or of the
 * clock on the wall where @by_wall. */
double esp_measure_rate (EspMeasureFunction function, void *data, double seconds, bool by_wall);

/* Runs @function for @seconds on the wall in two threads at once, with another datum each; returns the sum of
 * both rates. */
double esp_measure_pair (EspMeasureFunction function, void *const *data, double seconds);

/* Returns the median of @values[n], which it sorts. */
double esp_median (double *values, size_t n);

/* Returns the median of @values[i] / @others[i]. */
double esp_median_ratio (const double *values, const double *others, size_t n);

G_END_DECLS

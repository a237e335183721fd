/* Polish: makes a learned formula shorter and better by measured return.
 *
 * Works on the thresholded network, so that formula and network stay the same function: closes paths
 * and drops biases whose absence costs no return, refits the remaining numbers by direct search on the
 * return (NLopt's subplex; Rowan's method), and rounds them where the return allows. All measurements
 * use the same episodes, from ESP_POLISH_SEED on. Deterministic; any thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp-network.h"
#include "esp-pool.h"

G_BEGIN_DECLS

/**
 * EspPolishSettings:
 * @rounds: rounds of pruning and refitting at most; it stops when a round changes nothing
 * @episodes: episodes of a measurement
 * @evaluations: measurements to refit the numbers in a round
 * @digits: significant digits to round to where the return allows; 0 keeps all
 * @length_limit: reading length that each action is pruned to, whatever it costs
 * @tolerance: share of the return's size that shortening may cost in all
 */
typedef struct
{
  size_t rounds;
  size_t episodes;
  size_t evaluations;
  size_t digits;
  size_t length_limit;
  double tolerance;
} EspPolishSettings;

/* Told now and then how far polishing is, 0 … 1. */
typedef void (*EspPolishProgress) (void *data, double share);

/* Returns a polished copy of @network; no rounds leave it as it is. Measures with @pool (NULL: alone).
 * Returns the best so far as soon as @cancelled (NULL: never) becomes true. @progress may be NULL. */
EspNetwork *esp_polish (const EspNetwork *network,
                        const EspPolishSettings *settings,
                        EspPool *pool,
                        EspPolishProgress progress,
                        void *data,
                        const _Atomic bool *cancelled);

/* Returns the formula of a polished @network. Extraction multiplies rounded numbers out, so that they are long again:
 * its final numbers are rounded to the fewest digits, @settings->digits or more, for which the measured return
 * stays within the tolerance; 0 digits keep all. The formula is then the network's function to these digits.
 * Measures with @pool; returns what is exact when @cancelled (NULL: never) becomes true. */
EspFormula *esp_polish_formula (const EspNetwork *network,
                                const EspPolishSettings *settings,
                                EspPool *pool,
                                const _Atomic bool *cancelled);

G_END_DECLS

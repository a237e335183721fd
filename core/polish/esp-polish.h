/* Polish: makes a learned formula shorter and better by measured return.
 *
 * Works on the thresholded network, so that formula and network stay the same function: closes paths
 * and drops biases whose absence costs no return (esp-pruning.c), refits the remaining numbers by direct
 * search on the return (NLopt's subplex; Rowan's method), and rounds them where the return allows. Of a
 * formula that has no network the numbers alone are worked on. All measurements use the same episodes, from
 * ESP_POLISH_SEED on, so that they are paired. Deterministic, for any number of workers; any thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
 * @beam: how many ways of pruning are followed side by side; 0 and 1 follow the cheapest alone (greedy)
 * @steps: environment steps that may be spent, the measurement under way more; 0 bounds them by the rounds
 * alone
 */
typedef struct
{
  size_t rounds;
  size_t episodes;
  size_t evaluations;
  size_t digits;
  size_t length_limit;
  double tolerance;
  size_t beam;
  uint64_t steps;
} EspPolishSettings;

/* Told now and then how far polishing is, 0 … 1. */
typedef void (*EspPolishProgress) (void *data, double share);

/* Returns a polished copy of @network; no rounds leave it as it is. A network whose formula is far beyond the
 * length limit first loses the paths that say least, without a measurement. Measures with @pool (NULL:
 * alone). Writes the environment steps that were spent to @spent (NULL: not needed). Returns the best so far
 * as soon as
 * @cancelled (NULL: never) becomes true. @progress may be NULL. */
EspNetwork *esp_polish (const EspNetwork *network,
                        const EspPolishSettings *settings,
                        EspPool *pool,
                        EspPolishProgress progress,
                        void *data,
                        uint64_t *spent,
                        const _Atomic bool *cancelled);

/* Returns the formula of a polished @network. Extraction multiplies rounded numbers out, so that they are
 * long again: its final numbers are rounded to the fewest digits, @settings->digits or more, for which the
 * measured return stays within the tolerance; 0 digits keep all. The formula is then the network's function
 * to these digits. Measures with @pool; returns what is exact when @cancelled (NULL: never) becomes true. */
EspFormula *esp_polish_formula (const EspNetwork *network,
                                const EspPolishSettings *settings,
                                EspPool *pool,
                                const _Atomic bool *cancelled);

/* Returns a reference to a formula like @formula, for @environment, with better numbers if direct search
 * finds any in @settings->rounds times as many measurements as @settings->evaluations; the structure stays.
 * Ends, measures and tells as esp_polish() does. */
EspFormula *esp_polish_numbers (EspFormula *formula,
                                const EspEnvironmentInfo *environment,
                                const EspPolishSettings *settings,
                                EspPool *pool,
                                EspPolishProgress progress,
                                void *data,
                                const _Atomic bool *cancelled);

/* Returns a reference to a formula like @formula whose numbers are rounded to @settings->digits digits or
 * more, as far as the measured return stays within the tolerance; the structure stays. 0 digits keep all. */
EspFormula *esp_polish_digits (EspFormula *formula,
                               const EspEnvironmentInfo *environment,
                               const EspPolishSettings *settings,
                               EspPool *pool,
                               const _Atomic bool *cancelled);

G_END_DECLS

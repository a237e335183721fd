/* Measuring policies: returns over episodes with given seeds.
 *
 * Episode i starts from seed + i, so that two policies measured with the same seed meet the same
 * episodes. Nothing here is random besides; any thread.
 *
 * Each worker of a pool steps a block of instances together and calls the policy for all of them at once; an
 * instance whose episode has ended takes the next one that nobody has begun, so that no worker waits for
 * another.
 */

#pragma once

#include <stdbool.h>

#include "esp-actor.h"
#include "esp-network.h"
#include "esp-pool.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/* The episodes that results are reported on. No choice, polishing or training ever sees them. */
#define ESP_REPORT_SEED     UINT64_C (10000)
#define ESP_REPORT_EPISODES 100

/* Where the seeds begin that choose snapshots, and those that polishing works with. */
#define ESP_CHOICE_SEED UINT64_C (1000000000)
#define ESP_POLISH_SEED UINT64_C (2000000000)

/* Computes the physical actions[@n][n_actions] for the @n > 0 rows of @observations[@n][n_observations];
 * called by several workers of a pool at the same time, with the number of each. A row's action depends on
 * that row alone, to the bit: which episodes meet in a call is not fixed. */
typedef void (*EspActFunction) (
  void *data, size_t worker, size_t n, const double *observations, double *actions);

/* The EspActFunction of formulas; @formula is an EspFormula. */
void esp_evaluate_act_formula (
  void *formula, size_t worker, size_t n, const double *observations, double *actions);

/* Runs @episodes episodes of @environment from @seed on with @act, spread over the workers of @pool (NULL:
 * the caller alone); the result does not depend on how many there are. Stops early and returns what it
 * has when @cancelled (NULL: never) becomes true. */
EspReturns esp_evaluate (const EspEnvironmentInfo *environment,
                         EspActFunction act,
                         void *data,
                         uint64_t seed,
                         size_t episodes,
                         EspPool *pool,
                         const _Atomic bool *cancelled);

/* As esp_evaluate(), for a formula. */
EspReturns esp_evaluate_formula (const EspFormula *formula,
                                 const EspEnvironmentInfo *environment,
                                 uint64_t seed,
                                 size_t episodes,
                                 EspPool *pool,
                                 const _Atomic bool *cancelled);

/* As esp_evaluate(), for actions that are uniform between their limits: those of an episode come from its
 * seed, from another stream than what the environment draws. */
EspReturns esp_evaluate_random (const EspEnvironmentInfo *environment,
                                uint64_t seed,
                                size_t episodes,
                                EspPool *pool,
                                const _Atomic bool *cancelled);

/* Returns how many seconds of a processor a step of @environment takes, with random actions, which cost about
 * as much as a short formula; 0 if it was cancelled before it knew. Takes some hundredths of a second, or an
 * episode that lasts longer. */
double esp_evaluation_get_step_seconds (const EspEnvironmentInfo *environment, const _Atomic bool *cancelled);

/* As esp_evaluate(), for a policy without its noise: the thresholded network, or the neural network. */
EspReturns esp_evaluate_actor (
  const EspActor *actor, uint64_t seed, size_t episodes, EspPool *pool, const _Atomic bool *cancelled);

/* As esp_evaluate_formula(), and writes the return of each episode to @all[@episodes], NaN
 * where it was not run to its end. */
EspReturns esp_evaluate_formula_each (const EspFormula *formula,
                                      const EspEnvironmentInfo *environment,
                                      uint64_t seed,
                                      size_t episodes,
                                      EspPool *pool,
                                      const _Atomic bool *cancelled,
                                      double *all);

/* The same for the thresholded network. */
EspReturns esp_evaluate_masked_each (const EspNetwork *network,
                                     uint64_t seed,
                                     size_t episodes,
                                     EspPool *pool,
                                     const _Atomic bool *cancelled,
                                     double *all);

/* As esp_evaluate(), for the thresholded network. */
EspReturns esp_evaluate_masked (
  const EspNetwork *network, uint64_t seed, size_t episodes, EspPool *pool, const _Atomic bool *cancelled);

/* As esp_evaluate(), for Bernoulli masks drawn from stream @stream of @mask_seed: a new one for every
 * tenth of the episodes. */
EspReturns esp_evaluate_sampled (const EspNetwork *network,
                                 uint64_t mask_seed,
                                 uint64_t stream,
                                 uint64_t seed,
                                 size_t episodes,
                                 EspPool *pool,
                                 const _Atomic bool *cancelled);

G_END_DECLS

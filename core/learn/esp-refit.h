/* Refitting the numbers of a formula through the critics.
 *
 * The trained critics say which action is better in a state, and the program of a formula how each of its
 * numbers moves the action: so the numbers can follow the gradient of
 *
 *   mean min (Q₁, Q₂) (s, a (s)),   a = (clip (formula (s)) − centre) / half of the action's limits,
 *
 * over the states s of the replay, as the policy does (SAC without its entropy: arXiv 1812.05905), but
 * without the network around it. Where the environment would clip the action, the formula gets no gradient.
 * Critics err, and the states are those that exploring met: whether the new numbers are better is measured
 * afterwards, on episodes.
 */

#pragma once

#include "esp-run.h"

G_BEGIN_DECLS

typedef struct _EspRefit EspRefit;

/* Returns what works out the gradient for @formula (referenced) with the critics of @sac, which must outlive
 * it and rest meanwhile, over batches of @n_samples. Free with esp_refit_free(). One thread at a time. */
EspRefit *esp_refit_new (EspFormula *formula, const EspSac *sac, size_t n_samples);
void esp_refit_free (EspRefit *refit);

/* Returns the mean of the critics' minimum over the states @observations[n_observations][n_samples], which
 * are divided by the policy's scales as those in the replay are, for the actions of the formula with
 * @constants[n_constants] in the order of its program; writes the derivatives by the constants to
 * @gradient[n_constants], 0 for exponents. Samples in which an action is NaN do not count; NaN if none is
 * left. */
double esp_refit_differentiate (EspRefit *refit,
                                const float *observations,
                                const double *constants,
                                double *gradient);

/**
 * EspRefitSettings:
 * @updates: steps of gradient ascent (Adam)
 * @stream: number of the random stream of the run's seed that batches are drawn from
 * @episodes: episodes from ESP_POLISH_SEED on that decide
 * @pool: for measuring; NULL: alone
 * @cancelled: ends it with what there is when it becomes true; NULL: never
 */
typedef struct
{
  uint64_t updates;
  uint64_t stream;
  size_t episodes;
  EspPool *pool;
  const _Atomic bool *cancelled;
} EspRefitSettings;

/* Returns a reference to a formula like @formula whose numbers follow the critics of @run, as far as they
 * bring a better mean return over the same episodes, else to @formula itself; the structure stays. @run is
 * not changed. */
EspFormula *esp_refit_formula (EspFormula *formula, const EspRun *run, const EspRefitSettings *settings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspRefit, esp_refit_free)

G_END_DECLS

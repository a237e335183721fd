/* Evolving the numbers of a formula by its return (esp-evolution.h).
 *
 * Every generation meets new episodes, the same ones for all of its points, so that the numbers become good
 * everywhere, and not where they were measured: right for many numbers, where a descent on a fixed set of
 * episodes would learn these by heart.
 */

#pragma once

#include "esp-tuning.h"

G_BEGIN_DECLS

typedef struct _EspEvolver EspEvolver;

/**
 * EspEvolverSettings:
 * @episodes: in which the points of a generation are measured
 * @step: standard deviation of the first generation, as a share of each number's size
 * @floor: and this much more, for numbers near 0
 * @seed: of the points; the episodes are the same for all seeds
 */
typedef struct
{
  size_t episodes;
  double step;
  double floor;
  uint64_t seed;
} EspEvolverSettings;

/* Returns an evolver that starts from the numbers of @formula, which must have some. Free with
 * esp_evolver_free(). */
EspEvolver *esp_evolver_new (EspFormula *formula, const EspEvolverSettings *settings);

/* Frees @evolver; NULL is allowed. */
void esp_evolver_free (EspEvolver *evolver);

/* Measures a generation as @tuning says, with @pool (NULL: alone), and learns from it; the result does not
 * depend on the workers. Learns nothing when cancelled. */
void esp_evolver_run_generation (EspEvolver *evolver, const EspTuning *tuning, EspPool *pool);

/* Returns the formula with the numbers that the evolution has come to, a new reference. Whether they are
 * better than those it started from, the caller finds out. */
EspFormula *esp_evolver_get_formula (const EspEvolver *evolver);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspEvolver, esp_evolver_free)

G_END_DECLS

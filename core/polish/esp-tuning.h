/* Tuning: the numbers of a formula, and finding better ones by measured return.
 *
 * The way that needs few measurements: a descent without gradients (NLopt's subplex; Rowan's method), on the
 * same episodes all the time. Many numbers would learn these by heart; esp-evolver.h has the way for those.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-demonstrations.h"
#include "esp-environment.h"
#include "esp-formula.h"
#include "esp-pool.h"

G_BEGIN_DECLS

/* Returns the numbers of @formula (of double), one action's after the other's, each in the order of their
 * places; those in exponents are part of the structure and are left out. */
GArray *esp_tuning_get_numbers (const EspFormula *formula);

/* Returns @formula with those numbers replaced by @values. */
EspFormula *esp_tuning_set_numbers (const EspFormula *formula, const double *values);

/**
 * EspTuning:
 * @environment: where formulas are measured
 * @demonstrations: if not NULL, a formula's value is how close it comes to them, instead of its return; what
 * is said of episodes below holds for states then, and seeds do not count
 * @cancelled: ends everything soon when it becomes true; NULL: never
 * @spent: environment steps, or states, are added to it
 *
 * What measuring needs to know.
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  const EspDemonstrations *demonstrations;
  const _Atomic bool *cancelled;
  uint64_t *spent;
} EspTuning;

/* Returns the mean return of @formula in @episodes episodes from @seed on; −∞ where it is not a number, or
 * when cancelled. */
double esp_tuning_measure (
  const EspTuning *tuning, const EspFormula *formula, uint64_t seed, size_t episodes, EspPool *pool);

/* Replaces *@formula, whose mean return in @episodes episodes from @seed on is *@value, by the best numbers
 * for these episodes that a descent finds, if they are better. It ends after @evaluations measurements or
 * @steps environment steps, whatever is first; its first steps are @step of a number's size. */
void esp_tuning_descend (const EspTuning *tuning,
                         EspFormula **formula,
                         double *value,
                         uint64_t seed,
                         size_t episodes,
                         size_t evaluations,
                         uint64_t steps,
                         double step,
                         EspPool *pool);

G_END_DECLS

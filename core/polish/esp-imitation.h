/* Linear formulas that imitate a policy: a short start for the search, wherever a policy is nearly linear
 * around where it keeps the system.
 *
 * The policy is run for some episodes; for each action, observations, and a constant, are then taken in one
 * after the other, each time the one that leaves the least squared error of the action as the environment
 * clips it (forward selection of least squares).
 */

#pragma once

#include <stdbool.h>

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/* Returns formulas (of EspFormula, with a free function) whose actions are weighted sums of 1, 2, …
 * @n_terms terms at most, each an observation or the constant 1, that imitate @formula in the @n_episodes
 * episodes of @environment from
 * @seed on. When @cancelled (NULL: never) becomes true, it makes do with the states it has. */
GPtrArray *esp_imitate_linearly (const EspFormula *formula,
                                 const EspEnvironmentInfo *environment,
                                 size_t n_terms,
                                 uint64_t seed,
                                 size_t n_episodes,
                                 const _Atomic bool *cancelled);

G_END_DECLS

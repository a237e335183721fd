/* Linear formulas that imitate: a short start for the search, wherever a policy is nearly linear around where
 * it keeps the system.
 *
 * For each action, observations and a constant are taken in one after the other, each time the one that
 * leaves the least squared error of the action (forward selection of least squares).
 */

#pragma once

#include <stddef.h>

#include "esp-formula.h"

G_BEGIN_DECLS

/* Returns formulas (of EspFormula, with a free function) over @symbols whose @n_actions actions are weighted
 * sums of 1, 2, … @n_terms terms at most, each an observation or the constant 1, and come closest to
 * @actions[n][n_actions] in the @n states @observations[n][symbols]. Any thread. */
GPtrArray *esp_imitate_linearly (const EspSymbols *symbols,
                                 size_t n_actions,
                                 size_t n,
                                 const double *observations,
                                 const double *actions,
                                 size_t n_terms);

G_END_DECLS

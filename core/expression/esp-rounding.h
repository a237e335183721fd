/* How far rounding may move the value of a formula. */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/* Writes to @bounds[n_actions] how far the actions at @observation[n] may be off when every number and every
 * operation is off by @units times 2^-53 of its size, or with @single 2^-24 (1: what rounding to nearest
 * does): the errors of the operands are carried on by how far they move the value of each operation, to both
 * sides (a running error analysis: Higham, "Accuracy and Stability of Numerical Algorithms", ch. 3). The
 * bound is large where rounding decides which way a choice goes, INFINITY where it decides whether there is
 * a finite value, and 0 where the action is not finite however it rounds. Any thread. */
void esp_formula_bound_rounding (
  const EspFormula *formula, const double *observation, bool single, double units, double *bounds);

G_END_DECLS

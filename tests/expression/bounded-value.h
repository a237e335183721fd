/* Values with the error that rounding may have made, for tests. */

#pragma once

#include "esp-expression.h"

/* Returns the value of @expression by recursion, and sets @bound to how far rounding of every step and
 * of every number may have moved it: each operation passes on the bounds of its operands as far as its
 * value moves with them. The bound is infinite where a sub-term is not finite, and large where an
 * operation stands so near a jump that rounding decides. */
double bounded_value (const EspExpression *expression, const double *observation, double *bound);

/* Random expressions over all operations, for tests. */

#pragma once

#include "esp-expression.h"
#include "esp-random.h"

/* Returns a random expression of the variables 0 … @n_variables − 1, at most @depth deep. With @wild,
 * its constants are any doubles; else they are those of formulas, up to 10. */
EspExpression *random_expression (EspRandom *random, size_t n_variables, int depth, bool wild);

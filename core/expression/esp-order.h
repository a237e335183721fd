/* The order in which terms and factors are written. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/* Returns the reading order of two expressions: negative, 0 or positive. Variables come
 * first, by index, then powers, products, quotients, functions and sums, the shorter first. */
int esp_expression_compare (const EspExpression *a, const EspExpression *b);

G_END_DECLS

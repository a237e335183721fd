/* Plain simplification. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/* Returns a new reference to an expression with the same value wherever @expression is defined, that
 * never has a greater reading length: constants folded, neutral and absorbing elements gone, numbers
 * gathered in sums and products, signs pulled out, equal terms collected. Guards stay, but for a
 * guarded division by a number, which decides it. Idempotent and
 * deterministic. Any thread. */
EspExpression *esp_expression_simplify (EspExpression *expression);

G_END_DECLS

/* Symbolic derivatives. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/* Returns a new reference to the derivative of @expression by @variable, exact and simplified.
 *
 * Where an operation has a kink, the derivative is that of the side on which its value is taken, as for
 * gradients (esp-program-gradient.h); an `if` in the derivative chooses it. Where the expression itself is
 * not defined, the derivative may have any value. Any thread. */
EspExpression *esp_expression_derive (EspExpression *expression, size_t variable);

/* Returns a new reference to the derivative of @expression by one of its constants, or NULL when it has no
 * such constant. They are numbered as in a program of @expression alone: each place of a number as operand
 * of a distinct term is a constant of its own. Any thread. */
EspExpression *esp_expression_derive_by_constant (EspExpression *expression, size_t constant);

G_END_DECLS

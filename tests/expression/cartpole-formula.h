/* Expressions over the observations of the cart-pole, for tests. */

#pragma once

#include "esp-formula.h"

/* The names x, x_dot, theta and theta_dot, as ASCII and as Unicode. */
extern const EspSymbols cartpole_symbols;

/* Returns the expression that @text stands for; fails the test where it stands for none. */
EspExpression *parse_expression (const char *text);

/* Returns the value by recursion, with nothing but the definition of each operation. */
double evaluate_definition (const EspExpression *expression, const double *observation);

/* Formulas as graphs for Graphviz. */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/* Returns @formula as a directed graph in Graphviz's DOT language: every node once, however often it is read,
 * edges from an operation to its operands, numbered where their order matters; constants with @digits
 * significant digits (0 for all that are needed). @actions[n_actions] are the names of the actions, NULL for
 * “action 1” and so on. Free with g_free(). Any thread. */
char *esp_formula_to_dot (const EspFormula *formula, const char *const *actions, int digits);

G_END_DECLS

/* Formulas as Python: a NumPy module, and SymPy's expressions. */

#pragma once

#include "esp-export.h"

G_BEGIN_DECLS

/* Returns @formula as a Python module that needs NumPy only: `policy(observation)` takes one state or an
 * array of them, guards exactly as esp_operation_evaluate() has them. NULL with ESP_ERROR_RANGE where the
 * formula is too long. Free with g_free(). Any thread. */
char *esp_formula_to_python (const EspFormula *formula, const EspExport *export, GError **error);

/* Returns @formula as text for sympify() of SymPy, guards written out, on one line; a list of expressions
 * where there are several actions. What the operations do with NaN is not in it: SymPy computes with
 * numbers. NULL with ESP_ERROR_RANGE where it would be too long. Free with g_free(). Any thread. */
char *esp_formula_to_sympy (const EspFormula *formula, GError **error);

G_END_DECLS

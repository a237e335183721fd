/* Formulas as C11. */

#pragma once

#include "esp-export.h"

G_BEGIN_DECLS

/* Returns @formula as one C11 file that needs nothing but those functions of <math.h> that it names: the
 * function `void policy(const double observation[], double action[])` with the guards exactly as
 * esp_operation_evaluate() has them, and under the macro POLICY_SELF_TEST a main() that checks the
 * vectors of @export, or those of a file of esp_test_vectors_to_csv() that is its argument. NULL with
 * ESP_ERROR_RANGE where the formula is too long. Free with g_free(). Any thread. */
char *esp_formula_to_c (const EspFormula *formula, const EspExport *export, GError **error);

G_END_DECLS

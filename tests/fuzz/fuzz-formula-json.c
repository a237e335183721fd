/* Fuzzing the JSON of formulas: whatever is read must be written so that it is read back to the same, and be
 * fit to be evaluated and printed. */

#include <string.h>

#include "esp-dot.h"
#include "esp-expression-json.h"
#include "esp-print.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (EspFormula *formula, EspFormula *again)
{
  size_t n = esp_formula_get_n_actions (formula);
  g_autofree double *observation = g_new0 (double, esp_formula_get_symbols (formula)->n + 1);
  g_autofree double *action = g_new0 (double, n + 1);
  g_autofree char *text = esp_formula_print (formula, &(EspPrintOptions){ .name_shared = true });
  g_autofree char *dot = esp_formula_to_dot (formula, NULL, 4);

  g_assert_cmpuint (esp_formula_get_n_actions (again), ==, n);
  for (size_t i = 0; i < n; i++)
    g_assert_true (esp_formula_get_expression (formula, i) == esp_formula_get_expression (again, i));
  esp_formula_evaluate (formula, observation, action);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_true (g_utf8_validate (dot, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = { "x", "theta" };
  const EspSymbols symbols = { 2, names, NULL, NULL };
  g_autoptr (GError) error = NULL, other_error = NULL, third_error = NULL;
  g_autoptr (EspFormula)
    formula = esp_formula_from_json ("the formula", (const char *) data, size, NULL, &error);
  g_autoptr (EspFormula) again = NULL, named = NULL;
  g_autofree char *json = NULL;

  if (formula == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  json = esp_formula_to_json (formula);
  again = esp_formula_from_json ("the formula", json, strlen (json), NULL, &other_error);
  g_assert_no_error (other_error);
  check (formula, again);
  named = esp_formula_from_json ("the formula", (const char *) data, size, &symbols, &third_error);
  g_assert_true ((named == NULL) == (third_error != NULL));
  return 0;
}

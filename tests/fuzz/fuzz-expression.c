/* Fuzzing the formula language: whatever is read must be printed so that it is read back to the same,
 * and simplifying must not grow it and be done after one time. */

#include <string.h>

#include "esp-formula.h"
#include "esp-print.h"
#include "esp-simplify.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (const EspFormula *formula, const EspSymbols *symbols)
{
  EspExpression *expression = esp_formula_get_expression (formula, 0);
  g_autoptr (EspExpression) simple = esp_expression_simplify (expression);
  g_autoptr (EspExpression) again = esp_expression_simplify (simple);
  g_autofree char *unicode = esp_expression_to_unicode (expression, symbols, 4);
  g_autofree char *latex = esp_expression_to_latex (simple, symbols, 4);

  g_assert_cmpuint (esp_expression_get_length (simple), <=, esp_expression_get_length (expression));
  g_assert_true (esp_expression_equal (simple, again));
  g_assert_true (g_utf8_validate (unicode, -1, NULL) && g_utf8_validate (latex, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  static const char *const unicode[] = { "x", "ẋ", "θ", "θ̇" };
  const EspSymbols symbols = { 4, names, unicode, NULL };
  const double observation[] = { 0.5, -1, 2, 0 };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL, other_error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &symbols, 1, &error);
  g_autoptr (EspFormula) again = NULL;
  double action, other_action;

  if (formula == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  again = esp_formula_parse (esp_formula_get_text (formula), &symbols, 1, &other_error);
  if (again == NULL)
    /* a number of few digits may have become longer */
    g_assert_cmpuint (strlen (esp_formula_get_text (formula)), >, ESP_FORMULA_MAX_BYTES);
  else
    {
      g_assert_true (esp_expression_equal (esp_formula_get_expression (formula, 0),
                                           esp_formula_get_expression (again, 0)));
      esp_formula_evaluate (formula, observation, &action);
      esp_formula_evaluate (again, observation, &other_action);
      g_assert_cmpmem (&action, sizeof action, &other_action, sizeof other_action);
    }
  check (formula, &symbols);
  return 0;
}

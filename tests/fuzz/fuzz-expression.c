/* Fuzzing the formula language: whatever is read must be printed so that it is read back to the same,
 * and simplifying must not grow it and be done after one time. */

#include <string.h>

#include "esp-parse.h"
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

/* A place that an editor can underline, and two lines for a terminal. */
static void
check_failure (const EspParseError *failure, const char *text)
{
  g_autofree char *pointed = esp_parse_error_point (failure, text);

  g_assert_true (g_utf8_validate (failure->message, -1, NULL));
  g_assert_cmpuint (failure->start, <=, strlen (text));
  g_assert_cmpuint (failure->length, <=, strlen (text) - failure->start);
  g_assert_cmpuint (failure->line, >=, 1);
  g_assert_cmpuint (failure->column, >=, 1);
  g_assert_true (g_utf8_validate (pointed, -1, NULL));
  g_assert_nonnull (strchr (pointed, '\n'));
  g_assert_true (strchr (pointed, '\n') == strrchr (pointed, '\n'));
}

/* A number of few digits may have become longer, and what definitions nest is nested in the text. */
static void
check_limit (const char *text, const EspParseError *failure)
{
  if (strlen (text) <= ESP_FORMULA_MAX_BYTES)
    g_assert_nonnull (strstr (failure->message, "levels are nested in each other"));
}

/* All ways of printing are read back to the same pointer. */
static void
check_printed (EspFormula *formula, const EspSymbols *symbols)
{
  for (int i = 0; i < 4; i++)
    {
      const EspPrintOptions options = { .unicode = i % 2 == 1, .name_shared = i >= 2, .shortest = 3 };
      g_autofree char *text = esp_formula_print (formula, &options);
      g_auto (EspParseError) failure = { 0 };
      g_autoptr (EspFormula) again = esp_formula_parse_text (text, symbols, 1, &failure);

      if (again == NULL)
        check_limit (text, &failure);
      else
        g_assert_true (esp_formula_get_expression (formula, 0) == esp_formula_get_expression (again, 0));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  static const char *const unicode[] = { "x", "ẋ", "θ", "θ̇" };
  const EspSymbols symbols = { 4, names, unicode, NULL };
  const double observation[] = { 0.5, -1, 2, 0 };
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (EspParseError) failure = { 0 };
  g_auto (EspParseError) other_failure = { 0 };
  g_autoptr (EspFormula) formula = esp_formula_parse_text (text, &symbols, 1, &failure);
  g_autoptr (EspFormula) again = NULL;
  double action, other_action;

  if (formula == NULL)
    {
      check_failure (&failure, text);
      return 0;
    }

  again = esp_formula_parse_text (esp_formula_get_text (formula), &symbols, 1, &other_failure);
  if (again == NULL)
    check_limit (esp_formula_get_text (formula), &other_failure);
  else
    {
      g_assert_true (esp_expression_equal (esp_formula_get_expression (formula, 0),
                                           esp_formula_get_expression (again, 0)));
      esp_formula_evaluate (formula, observation, &action);
      esp_formula_evaluate (again, observation, &other_action);
      g_assert_cmpmem (&action, sizeof action, &other_action, sizeof other_action);
    }
  check_printed (formula, &symbols);
  check (formula, &symbols);
  return 0;
}

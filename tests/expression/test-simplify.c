/* The simplifier: what it makes of typical terms, and that it keeps values, never grows, and is done
 * after one time. */

#include <math.h>

#include <glib.h>

#include "esp-formula.h"
#include "esp-print.h"
#include "esp-simplify.h"
#include "bounded-value.h"
#include "random-expression.h"

static const char *const names[] = { "x", "y", "z" };
static const EspSymbols symbols = { 3, names, NULL, NULL };

static void
test_forms (void)
{
  static const struct
  {
    const char *text;
    const char *simple;
  } cases[] = {
    { "x + 0", "x" },
    { "x*1 + 0*y", "x" },
    { "0*log(x)", "0" },
    { "x/1 - 0/y", "x" },
    { "--x", "x" },
    { "x - -y", "x + y" },
    { "x + -y", "x - y" },
    { "-x + y", "y - x" },
    { "-2*x + y", "y - 2*x" },
    { "-x + 1", "1 - x" },
    { "-(x + y)", "-x - y" },
    { "-(x - y)", "y - x" },
    { "x - (y - (z - 1))", "x - y + z - 1" },
    { "1 + x + 2 + y + 3", "x + y + 6" },
    { "2*x*3*y*0.5", "3*x*y" },
    { "2*x + 3*x", "5*x" },
    { "2*x*y - y*x", "x*y" },
    { "x - x", "0" },
    { "x/3 + x/3", "0.6666666666666666*x" },
    { "x/3", "x/3" },
    { "3*x/3", "x" },
    { "x/(2*y)", "x/(2*y)" },
    { "1/(2*y)", "0.5/y" },
    { "x*x*x", "x^3" },
    { "x^2*x^-3", "1/x" },
    { "(x^2)^3/x", "x^5" },
    { "(x^2)^0.5", "(x^2)^0.5" },
    { "x^1 + y^0", "x + 1" },
    { "(-x)^2*(-y)^3", "-x^2*y^3" },
    { "x/(y/z)", "x*z/y" },
    { "2*(3*x + 4*y + 1)", "6*x + 8*y + 2" },
    { "2*(x + y)", "2*(x + y)" },
    { "2*(x + y) + 3*(y + x)", "5*(x + y)" },
    { "tanh(3*y - x)*2", "2*tanh(3*y - x)" },
    { "sin(-x)", "-sin(x)" },
    { "sin(-2*x)", "sin(-2*x)" },
    { "y + sin(-2*x)", "y - sin(2*x)" },
    { "cos(-2*x) + abs(-x)", "cos(2*x) + abs(x)" },
    { "pmul(2, x)", "pmul(2, x)" },
    { "pmul(2, 300) + x", "x + 200" },
    { "pdiv(x, 1)", "x" },
    { "plog(1)*x + pexp(0)*y", "y" },
    { "softif(0, 2*x, 3*y)", "x + 1.5*y" },
    { "softif(0.3, 2, x)", "softif(0.3, 2, x)" },
    { "softif(x, y, y)", "y" },
    { "pdiv(x, 0.5)", "2*x" },
    { "3*pdiv(x + y, 0.25)", "12*(x + y)" },
    { "pdiv(x, 0.009)", "0" },
    { "pdiv(x, -2)", "0" },
    { "pdiv(0, x)", "0" },
    { "pdiv(x, y)", "pdiv(x, y)" },
    { "if(1, x, y) + if(-1, x, y)", "x + y" },
    { "min(x, x) + max(1, 2)", "x + 2" },
    { "1/0", "1/0" },
    { "1e300*x*1e300", "1e300*x*1e300" },
    { "x + 1/0", "x + 1/0" },
    { "sqrt(-1)", "sqrt(-1)" },
    { "-0", "0" },
    { "x*-1*-1", "x" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula) formula = esp_formula_parse (cases[i].text, &symbols, 1, &error);
      g_autoptr (EspExpression) simple = NULL;
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      simple = esp_expression_simplify (esp_formula_get_expression (formula, 0));
      text = esp_expression_to_text (simple, &symbols);
      if (!g_str_equal (text, cases[i].simple))
        g_error ("%s becomes %s, not %s", cases[i].text, text, cases[i].simple);
    }
}

static void
test_properties (void)
{
  EspRandom random;
  int compared = 0;

  esp_random_init (&random, 4, 0);
  for (int i = 0; i < 10000; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, 3, 2 + i % 7, i % 10 == 0);
      g_autoptr (EspExpression) simple = esp_expression_simplify (expression);
      g_autoptr (EspExpression) again = esp_expression_simplify (simple);
      g_autofree char *text = esp_expression_to_text (expression, &symbols);
      g_autofree char *simple_text = esp_expression_to_text (simple, &symbols);

      if (esp_expression_get_length (simple) > esp_expression_get_length (expression))
        g_error ("%s grows to %s", text, simple_text);
      if (!esp_expression_equal (simple, again))
        {
          g_autofree char *other = esp_expression_to_text (again, &symbols);

          g_error ("%s becomes %s, and then %s", text, simple_text, other);
        }
      for (int point = 0; point < 5; point++)
        {
          double observation[3], a, b, bound, other_bound;

          for (int k = 0; k < 3; k++)
            observation[k] = esp_random_between (&random, -3, 3);
          a = bounded_value (expression, observation, &bound);
          b = bounded_value (simple, observation, &other_bound);
          if (!isfinite (a) || !(bound <= 1e-6 * (fabs (a) + 1e-3)))
            continue;
          compared++;
          if (!(fabs (a - b) <= 8 * (bound + other_bound) + 1e-300))
            g_error ("%s is %.17g, but %s is %.17g (bound %g)", text, a, simple_text, b, bound + other_bound);
        }
    }
  /* of 50,000; the others have a logarithm of a negative number or the like */
  g_assert_cmpint (compared, >, 15000);
}

/* Shared terms are simplified once: this tree would have more nodes than there are atoms. */
static void
test_shared (void)
{
  EspExpression *expression = esp_expression_variable (0);
  g_autoptr (EspExpression) y = esp_expression_variable (1);
  g_autoptr (EspExpression) simple = NULL;

  for (int i = 0; i < 300; i++)
    {
      EspOperation operation = i % 3 == 0   ? ESP_OPERATION_MULTIPLY
                               : i % 3 == 1 ? ESP_OPERATION_ADD
                                            : ESP_OPERATION_MAX;
      g_autoptr (EspExpression) function = esp_expression_unary (ESP_OPERATION_SIN, expression);
      g_autoptr (EspExpression) below = expression;
      g_autoptr (EspExpression) sum = esp_expression_binary (ESP_OPERATION_ADD, function, y);

      expression = esp_expression_binary (operation, below, sum);
    }
  simple = esp_expression_simplify (expression);
  g_assert_cmpuint (esp_expression_get_length (simple), <=, esp_expression_get_length (expression));
  esp_expression_unref (expression);
}

/* As long as the parser lets through. */
static void
test_long_sum (void)
{
  g_autoptr (GString) text = g_string_new ("1");
  g_autoptr (EspFormula) formula = NULL;
  g_autoptr (EspExpression) simple = NULL;

  for (int i = 1; i < 4000; i++)
    g_string_append_printf (text, " + %d*sin(%d*x)*2", i, i);
  formula = esp_formula_parse (text->str, &symbols, 1, NULL);
  g_assert_nonnull (formula);
  simple = esp_expression_simplify (esp_formula_get_expression (formula, 0));
  g_assert_cmpuint (esp_expression_get_length (simple), ==, 3999 * 7 - 1);
}

/* A megabyte of groups, all terms different: the whole must stay readable, and be done in time. */
static void
test_many_groups (gconstpointer joint)
{
  g_autoptr (GString) text = g_string_new ("(1");
  g_autoptr (EspFormula) formula = NULL;
  g_autoptr (EspFormula) again = NULL;
  g_autoptr (EspExpression) simple = NULL;
  g_autofree char *printed = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 1; i < 60000; i++)
    g_string_append_printf (text, i % 200 == 0 ? ")%s(x^%d.5" : "%s x^%d.5", (const char *) joint, i);
  g_string_append (text, ")");
  formula = esp_formula_parse (text->str, &symbols, 1, &error);
  g_assert_no_error (error);
  simple = esp_expression_simplify (esp_formula_get_expression (formula, 0));
  printed = esp_expression_to_text (simple, &symbols);
  again = esp_formula_parse (printed, &symbols, 1, &error);
  g_assert_no_error (error);
  g_assert_true (esp_expression_equal (simple, esp_formula_get_expression (again, 0)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simplify/forms", test_forms);
  g_test_add_func ("/simplify/properties", test_properties);
  g_test_add_func ("/simplify/shared", test_shared);
  g_test_add_func ("/simplify/long-sum", test_long_sum);
  g_test_add_data_func ("/simplify/many-terms", "+", test_many_groups);
  g_test_add_data_func ("/simplify/many-factors", "*", test_many_groups);
  return g_test_run ();
}

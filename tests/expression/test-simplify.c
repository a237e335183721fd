/* The simplifier: what it makes of typical terms, and that it keeps values, never grows, and is done
 * after one time. */

#include <math.h>

#include <glib.h>

#include "esp-formula.h"
#include "esp-print.h"
#include "esp-simplify.h"
#include "bounded-value.h"
#include "random-expression.h"

static const char *const names[] = { "x", "y", "z", "w" };
static const EspSymbols symbols = { 4, names, NULL, NULL };

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
    { "x/3 + x/3", "x/1.5" },
    { "x/3", "x/3" },
    { "3*x/3", "x" },
    { "x/(2*y)", "0.5*x/y" },
    { "1/(2*y)", "0.5/y" },
    { "x*x*x", "x^3" },
    { "x^2*x^-3", "1/x" },
    { "(x^2)^3/x", "x^5" },
    { "(x^2)^0.5", "abs(x)" },
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
    { "sin(x)^2 + cos(x)^2", "1" },
    { "1 - sin(x)^2", "cos(x)^2" },
    { "3*sin(x)^2 + 2*cos(x)^2 + y", "y + sin(x)^2 + 2" },
    { "cos(x)^2 - sin(x)^2", "cos(2*x)" },
    { "2*sin(x)*cos(x)", "sin(2*x)" },
    { "exp(x)*exp(y)", "exp(x + y)" },
    { "exp(x)/exp(y)", "exp(x - y)" },
    { "exp(x)^2", "exp(2*x)" },
    { "1/exp(x)", "exp(-x)" },
    { "log(x) + log(y)", "log(x*y)" },
    { "log(x) - log(y)", "log(x/y)" },
    { "log(x*y)", "log(x*y)" },
    { "log(exp(x)*y)", "x + log(y)" },
    { "exp(log(x))", "x" },
    { "exp(2*log(x) + y)", "x^2*exp(y)" },
    { "sqrt(x^2)", "abs(x)" },
    { "sqrt(x)^2", "x" },
    { "sqrt(x)*sqrt(y)", "sqrt(x*y)" },
    { "sqrt(4*x^2*y)", "2*sqrt(x^2*y)" },
    { "(x^2)^1.5", "abs(x)^3" },
    { "abs(x)*sign(x)", "x" },
    { "x*sign(x)", "abs(x)" },
    { "abs(x)*abs(y)", "abs(x*y)" },
    { "abs(-2*x*y^2)", "2*y^2*abs(x)" },
    { "sign(-3*x)*sign(y)", "-sign(x*y)" },
    { "min(x, min(y, x))", "min(x, y)" },
    { "min(x, max(x, y))", "x" },
    { "min(max(x, -1), 1)", "clamp(x, -1, 1)" },
    { "max(min(x, 1), -1)", "clamp(x, -1, 1)" },
    { "clamp(clamp(x, -1, 1), -2, 2)", "clamp(x, -1, 1)" },
    { "clamp(clamp(x, -2, 1), -1, 2)", "clamp(x, -1, 1)" },
    { "clamp(tanh(x), -1, 1)", "tanh(x)" },
    { "if(x, x, -x)", "abs(x)" },
    { "if(x - y, x, y)", "max(x, y)" },
    { "if(x - y, y, x)", "min(x, y)" },
    { "if(x, if(x, y, z), w)", "if(x, y, w)" },
    { "if(2*x, y, z)", "if(x, y, z)" },
    { "if(x, 2*y, 2*z)", "2*if(x, y, z)" },
    { "if(x, y + w, z + w)", "w + if(x, y, z)" },
    { "max(abs(x), -1)", "abs(x)" },
    { "plog(2 + sin(x))", "log(sin(x) + 2)" },
    { "pdiv(x, 1 + y^2)", "x/(y^2 + 1)" },
    { "pmul(sin(x), cos(y))", "sin(x)*cos(y)" },
    { "pexp(tanh(x))", "exp(tanh(x))" },
    { "pdiv(2*x, y)*3", "6*pdiv(x, y)" },
    { "softif(x, 2*y, 2*z)", "2*softif(x, y, z)" },
    { "softif(x, y, 0)", "softif(x, y, 0)" },
    { "softif(-x, y, z)", "softif(x, z, y)" },
    { "x*y + x*z", "x*(y + z)" },
    { "x*y/z + x*w/z", "x*(y + w)/z" },
    { "x^2 + 2*x*y", "x*(x + 2*y)" },
    { "2*x + 2*y + 2*z", "2*(x + y + z)" },
    { "(2*x + 3)/(4*y + 1)", "0.5*(x + 1.5)/(y + 0.25)" },
    { "x*(y + z) - x*y", "x*z" },
    { "(x + 1)*(x - 1)", "x^2 - 1" },
    { "(x+y)^2 - x^2 - 2*x*y - y^2", "0" },
    { "1/(1 + exp(-x))", "sigmoid(x)" },
    { "exp(x)/(1 + exp(x))", "sigmoid(x)" },
    { "1 - sigmoid(x)", "sigmoid(-x)" },
    { "2*sigmoid(2*x) - 1", "tanh(x)" },
    { "x/(2*y + 2*z) + x/(y + z)", "1.5*x/(y + z)" },
    { "0.357*0.6994", "0.2496858" },
    { "0.1*(0.2*x + 0.3*y) + 0.7*x", "0.72*x + 0.03*y" },
    { "x/7 + y/7", "(x + y)/7" },
    { "min(-x, -y)", "-max(x, y)" },
    { "min(x + 1, y + 1)", "min(x, y) + 1" },
    { "max(2*x, 2*y)", "2*max(x, y)" },
    { "-(x*y)", "-x*y" },
    { "1 - x", "1 - x" },
    { "(1 - x)*y", "y*(1 - x)" },
    { "-(1 - x)*y", "y*(x - 1)" },
    { "sign(exp(x)+1)", "1" },
    { "(x*y)^2/(x*z)^2", "(y/z)^2" },
    { "exp(x - 1)*2", "0.7357588823428847*exp(x)" },
    /* what would create a singularity, or a value where there was none */
    { "sqrt(x*y)", "sqrt(x*y)" },
    { "log(x^2)", "log(x^2)" },
    { "sqrt(x^2*y)", "sqrt(x^2*y)" },
    { "(x*y)^0.5*z", "z*sqrt(x*y)" },
    { "sign(x)^2", "sign(x)^2" },
    { "pdiv(x, x)", "pdiv(x, x)" },
    { "pmul(x, y)/x", "pmul(x, y)/x" },
    { "tanh(x)/x", "tanh(x)/x" },
    /* and what may remove one */
    { "x^2/x", "x" },
    { "sqrt(x)^4", "x^2" },
    { "log(x) - log(x)", "0" },
    { "x*y/(x*z)", "y/z" },
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

static EspExpression *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return esp_expression_ref (esp_formula_get_expression (formula, 0));
}

/* What the range of the variables decides, and only that, is marked. */
static void
test_box (void)
{
  static const struct
  {
    const char *text;
    const char *simple;
    EspDomain domain;
  } cases[] = {
    { "pdiv(x, y)", "x/y", ESP_DOMAIN_VISITED },
    { "pdiv(x, x)", "pdiv(x, x)", ESP_DOMAIN_EVERYWHERE },
    { "pdiv(x, -y)", "0", ESP_DOMAIN_VISITED },
    { "plog(y)", "log(y)", ESP_DOMAIN_VISITED },
    { "plog(z^2 + 1)", "log(z^2 + 1)", ESP_DOMAIN_EVERYWHERE },
    { "pmul(10*x, y)", "10*x*y", ESP_DOMAIN_VISITED },
    { "pmul(z, y)", "pmul(y, z)", ESP_DOMAIN_EVERYWHERE },
    { "pexp(x - 3)", "exp(x - 3)", ESP_DOMAIN_VISITED },
    { "pexp(10*x)", "pexp(10*x)", ESP_DOMAIN_EVERYWHERE },
    { "if(y, x, z)", "x", ESP_DOMAIN_VISITED },
    { "abs(y)*abs(z) + x", "x + y*abs(z)", ESP_DOMAIN_VISITED },
    { "sqrt(y*z)", "sqrt(y*z)", ESP_DOMAIN_EVERYWHERE },
    { "clamp(x, -5, 5)", "x", ESP_DOMAIN_VISITED },
    { "clamp(x, -5, 1)", "min(x, 1)", ESP_DOMAIN_VISITED },
    { "max(x, 3) + sign(y)", "4", ESP_DOMAIN_VISITED },
    { "min(x, z)", "min(x, z)", ESP_DOMAIN_EVERYWHERE },
  };
  const EspInterval box[] = { { -2, 3 }, { 1, 2 }, { -INFINITY, INFINITY }, { 0, INFINITY } };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspExpression) expression = parse (cases[i].text);
      g_autoptr (EspRewriteLog) log = NULL;
      g_autoptr (EspExpression) simple
        = esp_expression_simplify_within (expression, box, 4, ESP_DOMAIN_VISITED, &log);
      g_autofree char *text = esp_expression_to_text (simple, &symbols);

      if (!g_str_equal (text, cases[i].simple) || esp_rewrite_log_get_domain (log) != cases[i].domain)
        g_error ("%s becomes %s within the box, not %s (domain %d)", cases[i].text, text, cases[i].simple,
                 esp_rewrite_log_get_domain (log));
    }
}

/* Every step of the log leads from one whole expression to the next; the ends are the raw and the simple one.
 */
static void
test_log (void)
{
  EspRandom random;
  size_t n_steps = 0;

  esp_random_init (&random, 5, 0);
  for (int i = 0; i < 500; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, 3, 6, false);
      g_autoptr (EspExpression) plain = esp_expression_simplify (expression);
      g_autoptr (EspRewriteLog) log = NULL;
      g_autoptr (EspExpression) simple
        = esp_expression_simplify_within (expression, NULL, 0, ESP_DOMAIN_EVERYWHERE, &log);
      size_t n = esp_rewrite_log_get_n_steps (log);

      g_assert_true (esp_expression_equal (plain, simple));
      g_assert_true (esp_expression_equal (esp_rewrite_log_get_expression (log, 0), expression));
      g_assert_true (esp_expression_equal (esp_rewrite_log_get_expression (log, n), simple));
      for (size_t k = 0; k < n; k++)
        {
          const EspRewrite *step = esp_rewrite_log_get_step (log, k);
          double observation[3], before, after, bound, other_bound;

          g_assert_nonnull (step->rule);
          g_assert_false (esp_expression_equal (step->before, step->after));
          n_steps++;
          for (int v = 0; v < 3; v++)
            observation[v] = esp_random_between (&random, -2, 2);
          before = bounded_value (esp_rewrite_log_get_expression (log, k), observation, &bound);
          after = bounded_value (esp_rewrite_log_get_expression (log, k + 1), observation, &other_bound);
          if (isfinite (before) && bound <= 1e-6 * (fabs (before) + 1e-3))
            g_assert_cmpfloat (fabs (before - after), <=, 8 * (bound + other_bound) + 1e-300);
        }
    }
  g_assert_cmpuint (n_steps, >, 1000);
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
  g_test_add_func ("/simplify/box", test_box);
  g_test_add_func ("/simplify/log", test_log);
  g_test_add_func ("/simplify/properties", test_properties);
  g_test_add_func ("/simplify/shared", test_shared);
  g_test_add_func ("/simplify/long-sum", test_long_sum);
  g_test_add_data_func ("/simplify/many-terms", "+", test_many_groups);
  g_test_add_data_func ("/simplify/many-factors", "*", test_many_groups);
  return g_test_run ();
}

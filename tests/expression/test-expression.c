/* Nodes, the value of every operation, and the compiled evaluator. */

#include <math.h>
#include <string.h>

#include "cartpole-formula.h"
#include "esp-print.h"
#include "random-expression.h"

static void
assert_same_bits (double a, double b)
{
  /* the sign of a NaN is nobody's business */
  if (isnan (a) && isnan (b))
    return;
  g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
}

static void
test_nodes (void)
{
  g_autoptr (EspExpression) a = parse_expression ("pdiv(x, 2) + sin(x)*pdiv(x, 2)");
  g_autoptr (EspExpression) same = parse_expression ("pdiv(s1, 2.0) + sin(x) * pdiv(x, 2)");
  g_autoptr (EspExpression) other = parse_expression ("pdiv(x, 2) + sin(x)*pdiv(x, 2.5)");
  g_autoptr (EspExpression) zero = esp_expression_constant (0);
  g_autoptr (EspExpression) minus_zero = esp_expression_constant (-0.0);
  g_autoptr (EspExpression) quiet = esp_expression_constant (NAN);
  g_autoptr (EspExpression) negative = esp_expression_constant (-NAN);

  g_assert_cmpuint (esp_expression_get_length (a), ==, 10);
  g_assert_cmpuint (esp_expression_get_depth (a), ==, 4);
  g_assert_true (esp_expression_equal (a, same));
  g_assert_true (esp_expression_get_hash (a) == esp_expression_get_hash (same));
  g_assert_false (esp_expression_equal (a, other));
  g_assert_false (esp_expression_equal (zero, minus_zero));
  g_assert_true (esp_expression_equal (quiet, negative));
}

/* A graph of 200 nodes that would be 2^200 nodes long as a tree, and a chain a million deep. */
static void
test_large_graphs (void)
{
  EspExpression *doubled[2], *deep = esp_expression_variable (0);
  g_autofree char *text = NULL;

  for (int k = 0; k < 2; k++)
    {
      doubled[k] = esp_expression_variable (0);
      for (int i = 0; i < 200; i++)
        {
          EspExpression *below = doubled[k];

          doubled[k] = esp_expression_binary (ESP_OPERATION_ADD, below, below);
          esp_expression_unref (below);
        }
    }
  g_assert_cmpuint (esp_expression_get_length (doubled[0]), ==, G_MAXSIZE);
  g_assert_true (esp_expression_equal (doubled[0], doubled[1]));
  {
    g_autoptr (EspFormula) formula = esp_formula_new (doubled, 2, &cartpole_symbols);
    double observation[4] = { 3 }, action[2];

    esp_formula_evaluate (formula, observation, action);
    g_assert_cmpfloat (action[0], ==, ldexp (3, 200));
    g_assert_cmpfloat (action[1], ==, action[0]);
    g_assert_cmpstr (esp_formula_get_text (formula), ==, "…; …");
  }
  esp_expression_unref (doubled[0]);
  esp_expression_unref (doubled[1]);

  for (int i = 0; i < 1000000; i++)
    {
      EspExpression *below = deep;

      deep = esp_expression_unary (ESP_OPERATION_SIN, below);
      esp_expression_unref (below);
    }
  text = esp_expression_to_latex (deep, &cartpole_symbols, 0);
  g_assert_cmpstr (text, ==, "\\ldots");
  esp_expression_unref (deep);
}

static void
test_operations (void)
{
  static const struct
  {
    const char *text;
    double value;
  } cases[] = {
    { "pmul(200, 3)", 300 },
    { "pmul(-200, 3)", -300 },
    { "pdiv(1, 0.01)", 100 },
    { "pdiv(1, 0.0099)", 0 },
    { "pdiv(1, -5)", 0 },
    { "pdiv(1, nan)", 0 },
    { "plog(-1) - log(0.001)", 0 },
    { "plog(2) - log(2)", 0 },
    { "plog(nan)", NAN },
    { "pexp(5) - exp(4)", 0 },
    { "pexp(-11) - exp(-10)", 0 },
    { "pexp(nan)", NAN },
    { "pmul(nan, 1)", NAN },
    { "sigmoid(-1e6)", 0 },
    { "sigmoid(1e6)", 1 },
    { "sigmoid(0)", 0.5 },
    { "softif(0, 1, 3)", 2 },
    { "softif(-1e5, 1, 3)", 3 },
    { "if(1e-300, 1, 2)", 1 },
    { "if(0, 1, 2)", 2 },
    { "if(nan, 1, 2)", 2 },
    { "if(1, 1, nan)", 1 },
    { "sign(-3) + sign(0) + 4*sign(7)", 3 },
    { "sign(nan)", NAN },
    { "clamp(5, -1, 1)", 1 },
    { "clamp(-5, -1, 1)", -1 },
    { "clamp(0, -1, 1)", 0 },
    { "clamp(0, 2, 1)", 2 },
    { "clamp(nan, -1, 1)", NAN },
    { "clamp(0, nan, 1)", NAN },
    { "min(1, nan)", NAN },
    { "min(nan, 1)", NAN },
    { "max(1, nan)", NAN },
    { "max(nan, 1)", NAN },
    { "min(1, 2) + 10*max(1, 2)", 21 },
    { "2^-1", 0.5 },
    { "2^3^2", 512 },
    { "-2^2", -4 },
    { "-2²", -4 },
    { "(-2)^2", 4 },
    { "7 - 4 - 2", 1 },
    { "12/3/2", 2 },
    { "abs(-3)*√(16)", 12 },
    { "+3 - +-2", 5 },
    { ".5 + 5. + 1e-3*1E+3 + 1e−1*10", 7.5 },
    { "π − pi", 0 },
    { "6 ÷ 3 × 2 · 2", 8 },
    { "2⁻¹", 0.5 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspExpression) expression = parse_expression (cases[i].text);
      double value = evaluate_definition (expression, NULL);

      if (isnan (cases[i].value) ? !isnan (value) : value != cases[i].value)
        g_error ("%s is %g, not %g", cases[i].text, value, cases[i].value);
    }
}

static void
test_evaluate (void)
{
  EspRandom random;

  esp_random_init (&random, 3, 0);
  for (int i = 0; i < 3000; i++)
    {
      EspExpression *expressions[2];
      g_autoptr (EspFormula) formula = NULL;
      double observation[4], action[2];

      for (int k = 0; k < 2; k++)
        expressions[k] = random_expression (&random, 4, 1 + i % 9, i % 3 == 0);
      formula = esp_formula_new (expressions, 2, &cartpole_symbols);
      for (int k = 0; k < 4; k++)
        observation[k] = esp_random_between (&random, -3, 3);
      esp_formula_evaluate (formula, observation, action);
      for (int k = 0; k < 2; k++)
        {
          assert_same_bits (action[k], evaluate_definition (expressions[k], observation));
          esp_expression_unref (expressions[k]);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expression/nodes", test_nodes);
  g_test_add_func ("/expression/large-graphs", test_large_graphs);
  g_test_add_func ("/expression/operations", test_operations);
  g_test_add_func ("/expression/evaluate", test_evaluate);
  return g_test_run ();
}

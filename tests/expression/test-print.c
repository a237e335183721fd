/* Expressions as they are printed: as text that is read back, in Unicode and in LaTeX. */

#include <math.h>

#include "cartpole-formula.h"
#include "esp-parse.h"
#include "esp-print.h"
#include "random-expression.h"

static void
test_round_trip (void)
{
  EspRandom random;

  esp_random_init (&random, 1, 0);
  for (int i = 0; i < 5000; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, 4, 1 + i % 8, true);
      g_autofree char *text = esp_expression_to_text (expression, &cartpole_symbols);
      g_autoptr (EspExpression) again = parse_expression (text);

      if (!esp_expression_equal (expression, again))
        {
          g_autofree char *other = esp_expression_to_text (again, &cartpole_symbols);

          g_error ("%s is read as %s", text, other);
        }
    }
}

/* What is shown can be typed: the same value but for the rounding of powers of ten. */
static void
test_unicode_is_readable (void)
{
  EspRandom random;

  esp_random_init (&random, 2, 0);
  for (int i = 0; i < 3000; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, 4, 1 + i % 7, false);
      g_autofree char *text = esp_expression_to_unicode (expression, &cartpole_symbols, 0);
      g_autoptr (EspExpression) again = parse_expression (text);
      double observation[4], a, b;

      for (int k = 0; k < 4; k++)
        observation[k] = esp_random_between (&random, -2, 2);
      a = evaluate_definition (expression, observation);
      b = evaluate_definition (again, observation);
      if (isnan (a) ? !isnan (b) : a != b)
        g_error ("%s is read as the value %.17g, not %.17g", text, b, a);
    }
}

static void
test_numbers (void)
{
  static const struct
  {
    double value;
    const char *text;
    const char *three;
  } cases[] = {
    { 0, "0", "0" },
    { -0.0, "-0", "-0" },
    { 0.1, "0.1", "0.1" },
    { 1.0 / 3, "0.3333333333333333", "0.333" },
    { -1234.5, "-1234.5", "-1230" },
    { 100000, "100000", "100000" },
    { 1e22, "1e22", "1e22" },
    { 123456789, "123456789", "1.23e8" },
    { 1e-4, "0.0001", "0.0001" },
    { 1.5e-7, "1.5e-7", "1.5e-7" },
    { 5e-324, "5e-324", "4.94e-324" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308", "2.23e-308" },
    { 1.7976931348623157e308, "1.7976931348623157e308", "1.8e308" },
    { 0.1 + 0.2, "0.30000000000000004", "0.3" },
    { 9.9999, "9.9999", "10" },
    { -INFINITY, "-inf", "-inf" },
    { NAN, "nan", "nan" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = esp_number_to_text (cases[i].value);
      g_autofree char *three = esp_number_to_short_text (cases[i].value, 3);

      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_cmpstr (three, ==, cases[i].three);
    }
}

static void
test_text (void)
{
  /* as printed, which is as typed but for superfluous parentheses and spaces */
  static const char *const texts[] = {
    "x + x_dot - theta",
    "x - (x_dot - theta)",
    "x/(theta*2)",
    "x*theta/2",
    "(x + 1)^2",
    "(x^2)^3",
    "x^2^3",
    "x^-2",
    "-x^2",
    "(-x)^2",
    "-2*x",
    "-(2*x)",
    "-(2)",
    "--x",
    "x - -2",
    "x*-theta",
    "(-2)^x",
    "2^-x",
    "softif(x, sin(theta), -inf)",
    "max(x, min(1, 1e-9))",
  };
  static const struct
  {
    const char *text;
    const char *unicode;
  } shown[] = {
    { "-2*x + -3*theta^2", "−2·x − 3·θ²" },
    { "x - -2", "x − (−2)" },
    { "x*-2", "x·(−2)" },
    { "x_dot^-12/theta_dot^x", "ẋ⁻¹²/θ̇^x" },
    { "sqrt(x)*1.5e-7", "√(x)·(1.5·10⁻⁷)" },
    { "1e30*x", "10³⁰·x" },
    { "--x", "−(−x)" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (EspExpression) expression = parse_expression (texts[i]);
      g_autofree char *text = esp_expression_to_text (expression, &cartpole_symbols);

      g_assert_cmpstr (text, ==, texts[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      g_autoptr (EspExpression) expression = parse_expression (shown[i].text);
      g_autofree char *text = esp_expression_to_unicode (expression, &cartpole_symbols, 0);

      g_assert_cmpstr (text, ==, shown[i].unicode);
    }
}

static void
test_latex (void)
{
  static const struct
  {
    const char *text;
    const char *latex;
  } cases[] = {
    { "2*tanh(3*theta_dot - 10*theta)", "2 \\tanh(3 \\dot{\\theta} - 10 \\theta)" },
    { "(x + 1)/(theta - 2)", "\\frac{x + 1}{\\theta - 2}" },
    { "-x/2", "-\\frac{x}{2}" },
    { "x - -theta/2", "x - \\left(-\\frac{\\theta}{2}\\right)" },
    { "x + -2*theta", "x - 2 \\theta" },
    { "2*3*x", "2 \\cdot 3 x" },
    { "2*(1/x)", "2 \\cdot \\frac{1}{x}" },
    { "x*-2", "x (-2)" },
    { "x*theta^2", "x \\theta^{2}" },
    { "(x/2)^2", "\\left(\\frac{x}{2}\\right)^{2}" },
    { "(x + 1)^x", "(x + 1)^{x}" },
    { "sin(x)^2", "\\sin^{2}(x)" },
    { "sin(x)^-1", "(\\sin(x))^{-1}" },
    { "exp(x)^2", "(\\exp(x))^{2}" },
    { "sqrt(x)*abs(x)", "\\sqrt{x} \\lvert x\\rvert" },
    { "pdiv(x, theta)", "{\\frac{x}{\\theta}}_{\\mathrm{g}}" },
    { "log(x) + plog(x)", "\\ln(x) + \\ln_{\\mathrm{g}}(x)" },
    { "softif(x, 1, 2)", "\\operatorname{softif}(x, 1, 2)" },
    { "2*if(x, 1, -2)",
      "2 \\left(\\begin{cases} 1 & x > 0 \\\\ -2 & \\text{otherwise} \\end{cases}\\right)" },
    { "-(x + theta)", "-(x + \\theta)" },
    { "-(-x)", "-(-x)" },
    { "1.5e-7*x", "1.5 \\cdot 10^{-7} x" },
    { "sigmoid(x)*min(x, 1)", "\\sigma(x) \\min(x, 1)" },
    { "(-2)^x", "(-2)^{x}" },
    { "inf", "\\infty" },
    { "tanh(x/2)", "\\tanh\\!\\left(\\frac{x}{2}\\right)" },
    { "abs(1/x)", "\\left\\lvert \\frac{1}{x}\\right\\rvert" },
    { "sin((x + theta)*cos(x))", "\\sin((x + \\theta) \\cos(x))" },
    { "sign(x)", "\\operatorname{sgn}(x)" },
    { "pmul(x, theta)*x + pmul(2*x, -theta)",
      "(x \\cdot_{\\mathrm{g}} \\theta) x + (2 x) \\cdot_{\\mathrm{g}} (-\\theta)" },
    { "pdiv(x, 2)^2", "\\left({\\frac{x}{2}}_{\\mathrm{g}}\\right)^{2}" },
  };
  static const char *const long_names[] = { "speed", "angle_hip_2", "s12", "x_goal" };
  const EspSymbols others = { 4, long_names, NULL, NULL };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspExpression) expression = parse_expression (cases[i].text);
      g_autofree char *latex = esp_expression_to_latex (expression, &cartpole_symbols, 0);

      g_assert_cmpstr (latex, ==, cases[i].latex);
    }
  {
    g_autoptr (EspExpression) expression = parse_expression ("x*x_dot*theta*theta_dot/3");
    g_autofree char *latex = esp_expression_to_latex (expression, &others, 3);

    g_assert_cmpstr (
      latex, ==,
      "\\frac{\\mathrm{speed} \\, \\mathrm{angle}_{\\mathrm{hip}, 2} s_{12} x_{\\mathrm{goal}}}{3}");
  }
  {
    g_autoptr (EspFormula) two = esp_formula_parse ("x; theta_dot/2", &cartpole_symbols, 2, NULL);
    g_autofree char *latex = esp_formula_to_latex (two, (const char *const[]){ "\\tau_1", "\\tau_2" }, 0);

    g_assert_cmpstr (latex, ==,
                     "\\begin{align*}\n  \\tau_1 &= x \\\\\n  \\tau_2 &= \\frac{\\dot{\\theta}}{2}\n"
                     "\\end{align*}\n");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/print/round-trip", test_round_trip);
  g_test_add_func ("/print/unicode-is-readable", test_unicode_is_readable);
  g_test_add_func ("/print/numbers", test_numbers);
  g_test_add_func ("/print/text", test_text);
  g_test_add_func ("/print/latex", test_latex);
  return g_test_run ();
}

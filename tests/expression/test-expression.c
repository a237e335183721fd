/* Nodes, the value of every operation, the compiled evaluator, and text in both directions. */

#include <locale.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-error.h"
#include "esp-parse.h"
#include "esp-print.h"
#include "random-expression.h"

static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
static const char *const unicode[] = { "x", "ẋ", "θ", "θ̇" };
static const EspSymbols symbols = { 4, names, unicode, NULL };

static EspExpression *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return esp_expression_ref (esp_formula_get_expression (formula, 0));
}

/* The value by recursion, with nothing but the definition of each operation. */
static double
evaluate (const EspExpression *expression, const double *observation)
{
  double operands[ESP_MAX_OPERANDS] = { 0 };

  if (esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT)
    return esp_expression_get_value (expression);
  if (esp_expression_get_operation (expression) == ESP_OPERATION_VARIABLE)
    return observation[esp_expression_get_index (expression)];
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    operands[i] = evaluate (esp_expression_get_operand (expression, i), observation);
  return esp_operation_evaluate (esp_expression_get_operation (expression), operands);
}

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
  g_autoptr (EspExpression) a = parse ("pdiv(x, 2) + sin(x)*pdiv(x, 2)");
  g_autoptr (EspExpression) same = parse ("pdiv(s1, 2.0) + sin(x) * pdiv(x, 2)");
  g_autoptr (EspExpression) other = parse ("pdiv(x, 2) + sin(x)*pdiv(x, 2.5)");
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
    g_autoptr (EspFormula) formula = esp_formula_new (doubled, 2, &symbols);
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
  text = esp_expression_to_latex (deep, &symbols, 0);
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
      g_autoptr (EspExpression) expression = parse (cases[i].text);
      double value = evaluate (expression, NULL);

      if (isnan (cases[i].value) ? !isnan (value) : value != cases[i].value)
        g_error ("%s is %g, not %g", cases[i].text, value, cases[i].value);
    }
}

static void
test_names (void)
{
  g_autoptr (EspExpression) ascii = parse ("theta_dot*x_dot - s3^2");
  /* the accent as one character with its letter, and behind it */
  g_autoptr (EspExpression) composed = parse ("θ̇·ẋ − θ²");
  g_autoptr (EspExpression) decomposed = parse ("θ̇·x\xcc\x87 − s3^2");

  g_assert_true (esp_expression_equal (ascii, composed));
  g_assert_true (esp_expression_equal (ascii, decomposed));
}

static void
test_messages (void)
{
  static const struct
  {
    const char *text;
    int code;
    const char *message;
  } cases[] = {
    { "", ESP_ERROR_SYNTAX, "the formula is empty, expected an expression" },
    { "x +", ESP_ERROR_SYNTAX, "found the end of the formula at column 4, expected a number, a name or “(”" },
    { "x + *", ESP_ERROR_SYNTAX, "found “*” at column 5, expected a number, a name or “(”" },
    { "θ̇·ẋ $", ESP_ERROR_SYNTAX, "found “$” at column 6, expected an operator, “;” or the end" },
    { "2 x", ESP_ERROR_SYNTAX, "found “x” at column 3, expected an operator, “;” or the end" },
    { "(x", ESP_ERROR_SYNTAX, "found the end of the formula at column 3, expected an operator or “)”" },
    { "x)", ESP_ERROR_SYNTAX,
      "found “)” at column 2, expected an operator or the end, for there is no “(” before it" },
    { "sin x", ESP_ERROR_SYNTAX, "found “x” at column 5, expected “(” after “sin”" },
    { "1 + sin(x, 2)", ESP_ERROR_SYNTAX, "“sin” at column 5 takes 1 argument, found 2" },
    { "min()", ESP_ERROR_SYNTAX, "“min” at column 1 takes 2 arguments, found 0" },
    { "clamp(x, 1", ESP_ERROR_SYNTAX,
      "found the end of the formula at column 11, expected an operator or “,”" },
    { "thta + x", ESP_ERROR_USAGE,
      "unknown name “thta” at column 1; this environment has x, x_dot, theta, theta_dot" },
    { "s5", ESP_ERROR_USAGE,
      "unknown name “s5” at column 1; this environment has x, x_dot, theta, theta_dot" },
    { "s0", ESP_ERROR_USAGE,
      "unknown name “s0” at column 1; this environment has x, x_dot, theta, theta_dot" },
    { "x;x", ESP_ERROR_USAGE,
      "the formula has 2 expressions, but 1 is needed, one per action, separated by “;”" },
    { "x;;", ESP_ERROR_SYNTAX, "found “;” at column 3, expected a number, a name or “(”" },
    { "2*1e309", ESP_ERROR_SYNTAX,
      "the number “1e309” at column 3 is too large, the largest is about 1.8e308" },
    { "x +\n2*)", ESP_ERROR_SYNTAX, "found “)” at line 2, column 3, expected a number, a name or “(”" },
    { "x = 1; 2", ESP_ERROR_SYNTAX, "the name “x” at column 1 is the observation x, choose another" },
    { "θ = 1; 2", ESP_ERROR_SYNTAX, "the name “θ” at column 1 is the observation theta, choose another" },
    { "s2 = 1; 2", ESP_ERROR_SYNTAX, "the name “s2” at column 1 is the observation x_dot, choose another" },
    { "s9 = 1; 2", ESP_ERROR_SYNTAX,
      "the name “s9” at column 1 would be mistaken for an observation, for these are s1, s2 and so on, "
      "choose another" },
    { "sin = 1; 2", ESP_ERROR_SYNTAX, "the name “sin” at column 1 is a function, choose another" },
    { "π = 3; 2", ESP_ERROR_SYNTAX, "the name “π” at column 1 is a number, choose another" },
    { "a = 1; a = 2; a", ESP_ERROR_SYNTAX, "the name “a” at column 8 is defined already, choose another" },
    { "a = a + 1; a", ESP_ERROR_USAGE,
      "unknown name “a” at column 5; this environment has x, x_dot, theta, theta_dot" },
    { "a = 1; b = x; c", ESP_ERROR_USAGE,
      "unknown name “c” at column 15; this environment has x, x_dot, theta, theta_dot, and before it the "
      "formula defines a, b" },
    { "a = ; x", ESP_ERROR_SYNTAX, "found “;” at column 5, expected a number, a name or “(”" },
    { "a = x", ESP_ERROR_USAGE,
      "the formula has 0 expressions, but 1 is needed, one per action, separated by “;”" },
    { "2*x = 1", ESP_ERROR_SYNTAX,
      "found “=” at column 5, expected an operator, “;” or the end, for only a name may be before it" },
    { "a == 1; a", ESP_ERROR_SYNTAX, "found “=” at column 4, expected a number, a name or “(”" },
    { "a = x; a(2)", ESP_ERROR_SYNTAX, "found “(” at column 9, expected an operator, “;” or the end" },
    { "x \xff", ESP_ERROR_SYNTAX, "the formula is not UTF-8 text at column 3, save it as UTF-8" },
    { "x + \x01", ESP_ERROR_SYNTAX,
      "found the character U+0001 at column 5, expected a number, a name or “(”" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ESP_ERROR_USAGE,
      "unknown name “aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…” at column 1; this environment has x, x_dot, "
      "theta, theta_dot" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_formula_parse (cases[i].text, &symbols, 1, &error));
      g_assert_cmpstr (error->message, ==, cases[i].message);
      g_assert_error (error, ESP_ERROR, cases[i].code);
    }
}

/* Names of the formula's own, and that what they stand for exists once. */
static void
test_definitions (void)
{
  static const struct
  {
    const char *text, *same;
  } cases[] = {
    { "a = 2*x; a + sin(a)", "2*x + sin(2*x)" },
    { "a = x + 1;\n b = a*a;\n b/(1 + b);", "(x + 1)*(x + 1)/(1 + (x + 1)*(x + 1))" },
    /* no text is pasted in: what is named binds as one */
    { "a = x + 1; 2*a^2", "2*(x + 1)^2" },
    { "m = 2; -m", "-(2)" },
    { "x/3; unused = 1", "x/3" },
    { "é = x; e\xcc\x81 + 1", "x + 1" },
    { "s = x; s0s = 2; s*s0s", "x*2" },
    { "θ₁ = theta; θ₁²", "theta^2" },
    { "sina = x; sina", "x" },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) two = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspExpression) expression = parse (cases[i].text);
      g_autoptr (EspExpression) same = parse (cases[i].same);

      if (expression != same)
        g_error ("%s is not %s", cases[i].text, cases[i].same);
    }

  two = esp_formula_parse ("a = x*theta; a; b = a + 1; b*a", &symbols, 2, &error);
  g_assert_no_error (error);
  g_assert_true (esp_formula_get_expression (two, 0)
                 == esp_expression_get_operand (esp_formula_get_expression (two, 1), 1));
}

/* What an editor underlines, and what a terminal shows below the message. */
static void
test_error_places (void)
{
  static const struct
  {
    const char *text;
    size_t start, length, line, column;
    const char *expected, *pointed;
  } cases[] = {
    { "x + * 2", 4, 1, 1, 5, "a number, a name or “(”", "  x + * 2\n      ^" },
    { "θ̇·ẋ + wheel", 12, 5, 1, 8, NULL, "  θ̇·ẋ + wheel\n        ^~~~~" },
    { "2*(x", 4, 0, 1, 5, "an operator or “)”", "  2*(x\n      ^" },
    { "a = x;\n\tb + 1", 8, 1, 2, 2, NULL, "   b + 1\n   ^" },
    { "x + \x01", 4, 1, 1, 5, "a number, a name or “(”", "  x + \xef\xbf\xbd\n      ^" },
    { "x; x; x", 3, 1, 1, 4, NULL, "  x; x; x\n     ^" },
    { "a = x", 5, 0, 1, 6, NULL, "  a = x\n       ^" },
    { "", 0, 0, 1, 1, "an expression", "  \n  ^" },
    { "x \xff", 2, 1, 1, 3, NULL, "  x \xef\xbf\xbd\n    ^" },
    { "1 + sin(x, 2)", 4, 3, 1, 5, NULL, "  1 + sin(x, 2)\n      ^~~" },
    { "x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + wheel + x + x "
      "+ x + x + x + x + x",
      88, 5, 1, 89, NULL,
      "  … + x + x + x + x + x + x + x + x + x + wheel + x + x + x + x + x + x + x\n"
      "                                          ^~~~~" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (EspParseError) failure = { 0 };
      g_autofree char *pointed = NULL;

      g_assert_null (esp_formula_parse_text (cases[i].text, &symbols, 1, &failure));
      g_assert_cmpuint (failure.start, ==, cases[i].start);
      g_assert_cmpuint (failure.length, ==, cases[i].length);
      g_assert_cmpuint (failure.line, ==, cases[i].line);
      g_assert_cmpuint (failure.column, ==, cases[i].column);
      g_assert_cmpstr (failure.expected, ==, cases[i].expected);
      pointed = esp_parse_error_point (&failure, cases[i].text);
      g_assert_cmpstr (pointed, ==, cases[i].pointed);
    }
}

/* A few lines of definitions can stand for more than anybody can read, or for as deep a term. */
static void
test_doubling (void)
{
  g_autoptr (GString) text = g_string_new ("a0 = x + 1; ");
  g_auto (EspParseError) failure = { 0 };

  for (int i = 1; i < 60; i++)
    g_string_append_printf (text, "a%d = a%d*a%d; ", i, i - 1, i - 1);
  g_string_append (text, "a59");
  g_assert_null (esp_formula_parse_text (text->str, &symbols, 1, &failure));
  g_assert_cmpint (failure.code, ==, ESP_ERROR_SYNTAX);
  g_assert_nonnull (strstr (failure.message, "longer than a million"));
}

static void
test_several_actions (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse ("x ;\n2*theta;", &symbols, 2, &error);
  double observation[] = { 5, 0, 7, 0 }, action[2];

  g_assert_no_error (error);
  g_assert_cmpuint (esp_formula_get_n_actions (formula), ==, 2);
  g_assert_cmpuint (esp_formula_get_length (formula, 1), ==, 3);
  g_assert_cmpstr (esp_formula_get_text (formula), ==, "x; 2*theta");
  esp_formula_evaluate (formula, observation, action);
  g_assert_cmpfloat (action[0], ==, 5);
  g_assert_cmpfloat (action[1], ==, 14);

  g_clear_pointer (&formula, esp_formula_unref);
  formula = esp_formula_parse ("x", &symbols, 2, &error);
  g_assert_null (formula);
  g_assert_cmpstr (error->message, ==,
                   "the formula has 1 expression, but 2 are needed, one per action, separated by “;”");
}

/* Returns @n times @part, @middle, and @n times @suffix. */
static char *
repeat (const char *part, size_t n, const char *middle, const char *suffix)
{
  GString *string = g_string_new (NULL);

  for (size_t i = 0; i < n; i++)
    g_string_append (string, part);
  g_string_append (string, middle);
  for (size_t i = 0; i < n; i++)
    g_string_append (string, suffix);
  return g_string_free (string, FALSE);
}

static void
test_too_much (void)
{
  static const struct
  {
    const char *part, *middle, *suffix;
    size_t n;
    const char *message;
  } cases[] = {
    { "(", "x", ")", 100000, "more than 256 levels*column 257*" },
    { "sin(", "x", ")", 100000, "more than 256 levels*" },
    { "x^", "x", "", 100000, "more than 256 levels*" },
    { "-(", "x", ")", 100000, "more than 256 levels*" },
    { "-", "x", "", 100000, "there are more than 4096 signs*" },
    { "-", "x", "", 4096, "the formula is more than 4096 operations deep*" },
    { "x+", "x", "", 100000, "the formula is more than 4096 operations deep*" },
    { "x/", "x", "", 100000, "the formula is more than 4096 operations deep*" },
    { "x +", "x", "", 1 << 20, "the formula is longer than 1024 KiB*" },
    { "min(x,", "", "", 100000, "more than 256 levels*" },
    { "1", "", "", (1 << 20) - 1,
      "the number “1111111111111111111111111111111111111111…” at column 1 is too*" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = repeat (cases[i].part, cases[i].n, cases[i].middle, cases[i].suffix);
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_formula_parse (text, &symbols, 1, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
      if (!g_pattern_match_simple (cases[i].message, error->message))
        g_error ("unexpected message “%s”", error->message);
    }
}

/* Just within the limits. */
static void
test_much (void)
{
  g_autofree char *nested = repeat ("(", 256, "x", ")");
  g_autofree char *sum = repeat ("x+", 4095, "x", "");
  g_autoptr (EspExpression) one = parse (nested);
  g_autoptr (EspExpression) many = parse (sum);
  g_autofree char *text = esp_expression_to_text (many, &symbols);
  g_autoptr (EspExpression) again = parse (text);

  g_assert_cmpuint (esp_expression_get_length (one), ==, 1);
  g_assert_cmpuint (esp_expression_get_depth (many), ==, 4096);
  g_assert_true (esp_expression_equal (many, again));
}

static void
test_round_trip (void)
{
  EspRandom random;

  esp_random_init (&random, 1, 0);
  for (int i = 0; i < 5000; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, 4, 1 + i % 8, true);
      g_autofree char *text = esp_expression_to_text (expression, &symbols);
      g_autoptr (EspExpression) again = parse (text);

      if (!esp_expression_equal (expression, again))
        {
          g_autofree char *other = esp_expression_to_text (again, &symbols);

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
      g_autofree char *text = esp_expression_to_unicode (expression, &symbols, 0);
      g_autoptr (EspExpression) again = parse (text);
      double observation[4], a, b;

      for (int k = 0; k < 4; k++)
        observation[k] = esp_random_between (&random, -2, 2);
      a = evaluate (expression, observation);
      b = evaluate (again, observation);
      if (isnan (a) ? !isnan (b) : a != b)
        g_error ("%s is read as the value %.17g, not %.17g", text, b, a);
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
      formula = esp_formula_new (expressions, 2, &symbols);
      for (int k = 0; k < 4; k++)
        observation[k] = esp_random_between (&random, -3, 3);
      esp_formula_evaluate (formula, observation, action);
      for (int k = 0; k < 2; k++)
        {
          assert_same_bits (action[k], evaluate (expressions[k], observation));
          esp_expression_unref (expressions[k]);
        }
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
      g_autoptr (EspExpression) expression = parse (texts[i]);
      g_autofree char *text = esp_expression_to_text (expression, &symbols);

      g_assert_cmpstr (text, ==, texts[i]);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      g_autoptr (EspExpression) expression = parse (shown[i].text);
      g_autofree char *text = esp_expression_to_unicode (expression, &symbols, 0);

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
      g_autoptr (EspExpression) expression = parse (cases[i].text);
      g_autofree char *latex = esp_expression_to_latex (expression, &symbols, 0);

      g_assert_cmpstr (latex, ==, cases[i].latex);
    }
  {
    g_autoptr (EspExpression) expression = parse ("x*x_dot*theta*theta_dot/3");
    g_autofree char *latex = esp_expression_to_latex (expression, &others, 3);

    g_assert_cmpstr (
      latex, ==,
      "\\frac{\\mathrm{speed} \\, \\mathrm{angle}_{\\mathrm{hip}, 2} s_{12} x_{\\mathrm{goal}}}{3}");
  }
  {
    g_autoptr (EspFormula) two = esp_formula_parse ("x; theta_dot/2", &symbols, 2, NULL);
    g_autofree char *latex = esp_formula_to_latex (two, (const char *const[]){ "\\tau_1", "\\tau_2" }, 0);

    g_assert_cmpstr (latex, ==,
                     "\\begin{align*}\n  \\tau_1 &= x \\\\\n  \\tau_2 &= \\frac{\\dot{\\theta}}{2}\n"
                     "\\end{align*}\n");
  }
}

/* Where people write 1,5, formulas and LaTeX still have 1.5. */
static void
test_locale (void)
{
  const char *found = NULL;
  g_autoptr (EspExpression) expression = NULL;
  g_autofree char *text = NULL;

  for (const char *const *name = (const char *const[]){ "de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", NULL };
       *name != NULL && found == NULL; name++)
    found = setlocale (LC_NUMERIC, *name);
  if (found == NULL)
    {
      g_test_skip ("no locale with a decimal comma is installed");
      return;
    }
  expression = parse ("1.5*x + 2.25e-9");
  text = esp_expression_to_text (expression, &symbols);
  setlocale (LC_NUMERIC, "C");
  g_assert_cmpstr (text, ==, "1.5*x + 2.25e-9");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expression/nodes", test_nodes);
  g_test_add_func ("/expression/large-graphs", test_large_graphs);
  g_test_add_func ("/expression/operations", test_operations);
  g_test_add_func ("/expression/evaluate", test_evaluate);
  g_test_add_func ("/parse/definitions", test_definitions);
  g_test_add_func ("/parse/error-places", test_error_places);
  g_test_add_func ("/parse/doubling", test_doubling);
  g_test_add_func ("/parse/names", test_names);
  g_test_add_func ("/parse/messages", test_messages);
  g_test_add_func ("/parse/several-actions", test_several_actions);
  g_test_add_func ("/parse/too-much", test_too_much);
  g_test_add_func ("/parse/much", test_much);
  g_test_add_func ("/parse/locale", test_locale);
  g_test_add_func ("/print/round-trip", test_round_trip);
  g_test_add_func ("/print/unicode-is-readable", test_unicode_is_readable);
  g_test_add_func ("/print/numbers", test_numbers);
  g_test_add_func ("/print/text", test_text);
  g_test_add_func ("/print/latex", test_latex);
  return g_test_run ();
}

/* Formulas as they are read: names, definitions, limits, and what is said where one is wrong. */

#include <locale.h>
#include <string.h>

#include "cartpole-formula.h"
#include "esp-error.h"
#include "esp-parse.h"
#include "esp-print.h"

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
      g_autoptr (EspExpression) expression = parse_expression (cases[i].text);
      g_autoptr (EspExpression) same = parse_expression (cases[i].same);

      if (expression != same)
        g_error ("%s is not %s", cases[i].text, cases[i].same);
    }

  two = esp_formula_parse ("a = x*theta; a; b = a + 1; b*a", &cartpole_symbols, 2, &error);
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

      g_assert_null (esp_formula_parse_text (cases[i].text, &cartpole_symbols, 1, &failure));
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
  g_assert_null (esp_formula_parse_text (text->str, &cartpole_symbols, 1, &failure));
  g_assert_cmpint (failure.code, ==, ESP_ERROR_SYNTAX);
  g_assert_nonnull (strstr (failure.message, "longer than a million"));
}

static void
test_names (void)
{
  g_autoptr (EspExpression) ascii = parse_expression ("theta_dot*x_dot - s3^2");
  /* the accent as one character with its letter, and behind it */
  g_autoptr (EspExpression) composed = parse_expression ("θ̇·ẋ − θ²");
  g_autoptr (EspExpression) decomposed = parse_expression ("θ̇·x\xcc\x87 − s3^2");

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

      g_assert_null (esp_formula_parse (cases[i].text, &cartpole_symbols, 1, &error));
      g_assert_cmpstr (error->message, ==, cases[i].message);
      g_assert_error (error, ESP_ERROR, cases[i].code);
    }
}

static void
test_several_actions (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse ("x ;\n2*theta;", &cartpole_symbols, 2, &error);
  double observation[] = { 5, 0, 7, 0 }, action[2];

  g_assert_no_error (error);
  g_assert_cmpuint (esp_formula_get_n_actions (formula), ==, 2);
  g_assert_cmpuint (esp_formula_get_length (formula, 1), ==, 3);
  g_assert_cmpstr (esp_formula_get_text (formula), ==, "x; 2*theta");
  esp_formula_evaluate (formula, observation, action);
  g_assert_cmpfloat (action[0], ==, 5);
  g_assert_cmpfloat (action[1], ==, 14);

  g_clear_pointer (&formula, esp_formula_unref);
  formula = esp_formula_parse ("x", &cartpole_symbols, 2, &error);
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

      g_assert_null (esp_formula_parse (text, &cartpole_symbols, 1, &error));
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
  g_autoptr (EspExpression) one = parse_expression (nested);
  g_autoptr (EspExpression) many = parse_expression (sum);
  g_autofree char *text = esp_expression_to_text (many, &cartpole_symbols);
  g_autoptr (EspExpression) again = parse_expression (text);

  g_assert_cmpuint (esp_expression_get_length (one), ==, 1);
  g_assert_cmpuint (esp_expression_get_depth (many), ==, 4096);
  g_assert_true (esp_expression_equal (many, again));
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
  expression = parse_expression ("1.5*x + 2.25e-9");
  text = esp_expression_to_text (expression, &cartpole_symbols);
  setlocale (LC_NUMERIC, "C");
  g_assert_cmpstr (text, ==, "1.5*x + 2.25e-9");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parse/definitions", test_definitions);
  g_test_add_func ("/parse/error-places", test_error_places);
  g_test_add_func ("/parse/doubling", test_doubling);
  g_test_add_func ("/parse/names", test_names);
  g_test_add_func ("/parse/messages", test_messages);
  g_test_add_func ("/parse/several-actions", test_several_actions);
  g_test_add_func ("/parse/too-much", test_too_much);
  g_test_add_func ("/parse/much", test_much);
  g_test_add_func ("/parse/locale", test_locale);
  return g_test_run ();
}

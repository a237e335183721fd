/* What is written is read back to the same pointer: text, Unicode, named terms, JSON. */

#include <string.h>

#include "esp-dot.h"
#include "esp-expression-json.h"
#include "esp-metrics.h"
#include "esp-parse.h"
#include "esp-print.h"
#include "random-expression.h"

#define N_RANDOM 6000

static const char *const names[] = { "x", "x_dot", "theta", "t1" };
static const char *const unicode[] = { "x", "ẋ", "θ", "θ̇" };
static const char *const latex[] = { "x", "\\dot{x}", "\\theta", "\\dot{\\theta}" };
static const EspSymbols symbols = { 4, names, unicode, latex };

/* Random formulas of two actions that share a term, all operators and all kinds of constants. */
static EspFormula *
make (EspRandom *random, int i)
{
  g_autoptr (EspExpression) shared = random_expression (random, 4, 1 + i % 5, true);
  g_autoptr (EspExpression) other = random_expression (random, 4, 1 + i % 7, i % 2 == 0);
  g_autoptr (EspExpression) first = esp_expression_binary (ESP_OPERATION_SUBTRACT, shared, other);
  g_autoptr (EspExpression) second = esp_expression_binary (ESP_OPERATION_MIN, other, shared);

  return esp_formula_new ((EspExpression *[]){ first, second }, 2, &symbols);
}

static void
assert_same (EspFormula *formula, EspFormula *again, const char *text)
{
  for (size_t k = 0; k < esp_formula_get_n_actions (formula); k++)
    if (esp_formula_get_expression (formula, k) != esp_formula_get_expression (again, k))
      g_error ("%s is read as %s", text, esp_formula_get_text (again));
}

static void
test_text (void)
{
  static const EspPrintOptions options[] = {
    { .unicode = false },
    { .unicode = true },
    { .unicode = false, .name_shared = true },
    { .unicode = true, .name_shared = true, .shortest = 2 },
  };
  EspRandom random;
  size_t n_named = 0;

  esp_random_init (&random, 5, 0);
  for (int i = 0; i < N_RANDOM; i++)
    {
      g_autoptr (EspFormula) formula = make (&random, i);

      for (size_t k = 0; k < G_N_ELEMENTS (options); k++)
        {
          g_autofree char *text = esp_formula_print (formula, &options[k]);
          g_autoptr (GError) error = NULL;
          g_autoptr (EspFormula) again = esp_formula_parse (text, &symbols, 2, &error);

          if (again == NULL)
            g_error ("%s: %s", text, error->message);
          assert_same (formula, again, text);
          n_named += strchr (text, '=') != NULL;
          if (k == 0)
            g_assert_cmpstr (text, ==, esp_formula_get_text (formula));
        }
    }
  g_assert_cmpuint (n_named, >, N_RANDOM / 2);
}

static void
test_print_options (void)
{
  static const struct
  {
    const char *text;
    EspPrintOptions options;
    const char *printed;
  } cases[] = {
    { "x_dot*(x - -2)^2 - sqrt(1e-7)", { .unicode = true }, "ẋ·(x − −2)² − √(1e−7)" },
    { "-2^2 + (-2)^-1 + -(2)", { .unicode = true }, "−2² + (−2)⁻¹ + −(2)" },
    { "2^3^x", { .unicode = true }, "2^3^x" },
    { "sin(2*x + 1)*cos(2*x + 1) + 2*x", { .name_shared = true }, "t2 = 2*x + 1; sin(t2)*cos(t2) + 2*x" },
    { "sin(2*x + 1)*cos(2*x + 1) + 2*x",
      { .name_shared = true, .shortest = 3 },
      "t2 = 2*x; t3 = t2 + 1; sin(t3)*cos(t3) + t2" },
    { "x + x", { .name_shared = true, .shortest = 1 }, "x + x" },
    { "t1/(2 - x/3)", { .name_shared = true, .unicode = true }, "θ̇/(2 − x/3)" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula) formula = esp_formula_parse (cases[i].text, &symbols, 1, &error);
      g_autofree char *printed = NULL;

      g_assert_no_error (error);
      printed = esp_formula_print (formula, &cases[i].options);
      g_assert_cmpstr (printed, ==, cases[i].printed);
    }
}

/* 2^60 operations are printed in a line of names, and refused without. */
static void
test_doubled (void)
{
  g_autoptr (EspExpression) doubled = esp_expression_variable (0);
  g_autoptr (EspFormula) formula = NULL, again = NULL;
  g_autofree char *text = NULL, *plain = NULL, *json = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 60; i++)
    {
      EspExpression *next = esp_expression_binary (ESP_OPERATION_ADD, doubled, doubled);

      esp_expression_unref (doubled);
      doubled = next;
    }
  formula = esp_formula_new (&doubled, 1, &symbols);
  text = esp_formula_print (formula, &(EspPrintOptions){ .name_shared = true, .shortest = 2 });
  plain = esp_formula_print (formula, &(EspPrintOptions){ .unicode = true });
  g_assert_true (g_str_has_prefix (text, "t2 = x + x; t3 = t2 + t2; t4 = "));
  g_assert_true (g_str_has_suffix (text, "; t60 + t60"));
  g_assert_cmpstr (plain, ==, "…");

  json = esp_formula_to_json (formula);
  again = esp_formula_from_json ("doubled", json, strlen (json), NULL, &error);
  g_assert_no_error (error);
  assert_same (formula, again, json);
}

/* Where two variables look alike in Unicode, or one is no name, the plain names are printed. */
static void
test_unreadable_names (void)
{
  static const char *const odd_names[] = { "a", "b", "c", "d" };
  static const char *const odd_unicode[] = { "φ", "φ", "2φ", "a" };
  const EspSymbols odd = { 4, odd_names, odd_unicode, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse ("a + b*c^d", &odd, 1, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = esp_formula_print (formula, &(EspPrintOptions){ .unicode = true });
  g_assert_cmpstr (text, ==, "φ + b·c^d");
}

static void
test_json (void)
{
  EspRandom random;

  esp_random_init (&random, 6, 0);
  for (int i = 0; i < N_RANDOM; i++)
    {
      g_autoptr (EspFormula) formula = make (&random, i);
      g_autofree char *json = esp_formula_to_json (formula);
      g_autofree char *second = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula) again = esp_formula_from_json ("test", json, strlen (json), NULL, &error);

      g_assert_no_error (error);
      assert_same (formula, again, json);
      second = esp_formula_to_json (again);
      g_assert_cmpstr (json, ==, second);
    }
}

static void
test_json_names (void)
{
  static const char *const other_names[] = { "theta", "\"quoted\\", "x" };
  const EspSymbols other = { 3, other_names, NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse ("x/theta", &other, 1, &error);
  g_autofree char *json = esp_formula_to_json (formula);
  g_autoptr (EspFormula) own = esp_formula_from_json ("own", json, strlen (json), NULL, &error);
  g_autoptr (EspFormula) moved = NULL;
  const EspSymbols more = { 3, (const char *const[]){ "x", "\"quoted\\", "theta" }, NULL, NULL };

  g_assert_no_error (error);
  g_assert_cmpstr (esp_formula_get_symbols (own)->names[1], ==, "\"quoted\\");
  g_assert_null (esp_formula_get_symbols (own)->unicode);
  moved = esp_formula_from_json ("moved", json, strlen (json), &more, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (esp_formula_get_text (moved), ==, "x/theta");
  g_assert_cmpuint (
    esp_expression_get_index (esp_expression_get_operand (esp_formula_get_expression (moved, 0), 0)), ==, 0);
  g_assert_null (esp_formula_from_json ("file", json, strlen (json), &symbols, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_assert_cmpstr (error->message, ==,
                   "file is a formula over “\"quoted\\”, which this environment does not have");
}

#define HEAD       "{\"format\": \"espalier-formula\", \"version\": 1, \"variables\": [{\"name\": \"x\"}], "
#define X          "{\"variable\": \"x\"}"
#define DONE       ", \"actions\": [0]}"
#define NODE(node) HEAD "\"nodes\": [" node "]" DONE

static void
test_json_refused (void)
{
  static const struct
  {
    const char *text;
    int code;
    const char *message;
  } cases[] = {
    { "[]", ESP_ERROR_SYNTAX, "f is not a JSON object" },
    { "{}", ESP_ERROR_SYNTAX, "f is not a formula of Espalier, for its “format” is not “espalier-formula”" },
    { "{\"format\": \"espalier-formula\"}", ESP_ERROR_SYNTAX,
      "“version” of f is missing or no whole number" },
    { "{\"format\": \"espalier-formula\", \"version\": 2}", ESP_ERROR_SYNTAX,
      "f is of version 2, this program reads version 1" },
    { HEAD "\"nodes\": 3" DONE, ESP_ERROR_SYNTAX, "“nodes” of f is missing or no list" },
    { HEAD "\"nodes\": []" DONE, ESP_ERROR_SYNTAX, "action 0 of f is not the number of a node" },
    { NODE (X) "}", ESP_ERROR_SYNTAX, "f*" },
    { NODE ("3"), ESP_ERROR_SYNTAX, "node 0 of f has neither “constant” nor “variable” nor “operation”" },
    { NODE ("{\"variable\": \"y\"}"), ESP_ERROR_SYNTAX, "node 0 of f: “y” is not among its variables" },
    { NODE ("{\"constant\": \"many\"}"), ESP_ERROR_SYNTAX, "node 0 of f: “constant” is neither*" },
    { NODE ("{\"constant\": 1e999}"), ESP_ERROR_SYNTAX, "*" },
    { NODE ("{\"variable\": \"\\777\"}"), ESP_ERROR_SYNTAX, "f is not valid JSON*" },
    { NODE ("{\"value\": 1}"), ESP_ERROR_SYNTAX,
      "node 0 of f has neither “constant” nor “variable” nor “operation”" },
    { NODE ("{\"constant\": null}"), ESP_ERROR_SYNTAX, "node 0 of f: “constant” is neither*" },
    { NODE ("{\"constant\": true}"), ESP_ERROR_SYNTAX, "node 0 of f: “constant” is neither*" },
    { NODE ("{\"operation\": \"sin\"}"), ESP_ERROR_SYNTAX, "node 0: “operands” of f is missing or no list" },
    { NODE ("{\"operation\": \"sin\", \"operands\": [0]}"), ESP_ERROR_SYNTAX,
      "operand 0 of node 0 of f is not the number of a node before it" },
    { NODE (X ", {\"operation\": \"+\", \"operands\": [0, 2]}, " X), ESP_ERROR_SYNTAX,
      "operand 1 of node 1 of f is not the number of a node before it" },
    { NODE (X ", {\"operation\": \"sin\", \"operands\": [-1]}"), ESP_ERROR_SYNTAX,
      "operand 0 of node 1 of f is not the number of a node before it" },
    { NODE (X ", {\"operation\": \"sin\", \"operands\": [0.5]}"), ESP_ERROR_SYNTAX,
      "operand 0 of node 1 of f is not the number of a node before it" },
    { NODE (X ", {\"operation\": \"sin\", \"operands\": [9223372036854775807]}"), ESP_ERROR_SYNTAX,
      "operand 0 of node 1 of f is not the number of a node before it" },
    { NODE (X ", {\"operation\": \"sin\", \"operands\": [0, 0]}"), ESP_ERROR_SYNTAX,
      "node 1 of f: there is no operation “sin” of 2 operands" },
    { NODE (X ", {\"operation\": \"variable\", \"operands\": []}"), ESP_ERROR_SYNTAX,
      "node 1 of f: there is no operation “variable” of 0 operands" },
    { NODE (X ", {\"operation\": \"+\", \"operands\": [0, 0, 0, 0]}"), ESP_ERROR_RANGE,
      "node 1: “operands” of f has 4 entries, there may be 3 at most" },
    { HEAD "\"nodes\": [" X "], \"actions\": [1]}", ESP_ERROR_SYNTAX,
      "action 0 of f is not the number of a node" },
    { "{\"format\": \"espalier-formula\", \"version\": 1, \"variables\": [{\"name\": \"x\"}, {\"name\": "
      "\"x\"}], "
      "\"nodes\": [], \"actions\": []}",
      ESP_ERROR_SYNTAX, "two variables of f are called “x”" },
    { "{\"format\": \"espalier-formula\", \"version\": 1, \"variables\": [{\"unicode\": \"x\"}], \"nodes\": "
      "[], "
      "\"actions\": []}",
      ESP_ERROR_SYNTAX, "variable 0 of f has no “name”" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_formula_from_json ("f", cases[i].text, strlen (cases[i].text), NULL, &error));
      if (!g_pattern_match_simple (cases[i].message, error->message))
        g_error ("%s: unexpected message “%s”", cases[i].text, error->message);
      g_assert_error (error, ESP_ERROR, cases[i].code);
    }
}

static void
test_json_too_much (void)
{
  g_autoptr (GString) deep = g_string_new (HEAD "\"nodes\": [" X);
  g_autoptr (GString) many = g_string_new (HEAD "\"nodes\": [" X);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 5000; i++)
    g_string_append_printf (deep, ", {\"operation\": \"sin\", \"operands\": [%d]}", i);
  g_string_append (deep, "]" DONE);
  g_assert_null (esp_formula_from_json ("f", deep->str, deep->len, NULL, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_assert_cmpstr (error->message, ==, "node 4096 of f is more than 4096 operations deep");
  g_clear_error (&error);

  for (int i = 0; i < ESP_FORMULA_MAX_NODES; i++)
    g_string_append (many, ", 0");
  g_string_append (many, "]" DONE);
  g_assert_null (esp_formula_from_json ("f", many->str, many->len, NULL, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_assert_cmpstr (error->message, ==, "“nodes” of f has 524289 entries, there may be 524288 at most");
}

static void
test_dot (void)
{
  static const char *const odd_names[] = { "a\"b\\N" };
  const EspSymbols odd = { 1, odd_names, NULL, NULL };
  const char *const actions[] = { "force" };
  g_autoptr (EspExpression) x = esp_expression_variable (0);
  g_autoptr (EspExpression) sine = esp_expression_unary (ESP_OPERATION_SIN, x);
  g_autoptr (EspExpression) quotient = esp_expression_binary (ESP_OPERATION_GUARDED_DIVIDE, sine, x);
  g_autoptr (EspExpression) root = esp_expression_binary (ESP_OPERATION_MULTIPLY, quotient, sine);
  g_autoptr (EspFormula) formula = esp_formula_new (&root, 1, &odd);
  g_autofree char *dot = esp_formula_to_dot (formula, actions, 3);

  g_assert_cmpstr (dot, ==,
                   "digraph formula {\n"
                   "  ordering=out;\n"
                   "  n0 [shape=box, label=\"a\\\"b\\\\N\"];\n"
                   "  n1 [shape=ellipse, label=\"sin\"];\n"
                   "  n1 -> n0;\n"
                   "  n2 [shape=ellipse, label=\"pdiv\"];\n"
                   "  n2 -> n1 [label=\"1\"];\n"
                   "  n2 -> n0 [label=\"2\"];\n"
                   "  n3 [shape=ellipse, label=\"·\"];\n"
                   "  n3 -> n2;\n"
                   "  n3 -> n1;\n"
                   "  a0 [shape=box, style=bold, label=\"force\"];\n"
                   "  a0 -> n3;\n"
                   "}\n");
}

/* Every example in the page about the language is read as the page says: lines of the form `formula` or
 * `formula` → `the same formula`, in code blocks marked as examples; `formula` ✗ message for what is refused.
 */
static void
test_handbook (void)
{
  static const char *const observations[] = { "x", "x_dot", "theta", "theta_dot" };
  static const char *const shown[] = { "x", "ẋ", "θ", "θ̇" };
  const EspSymbols cartpole = { 4, observations, shown, NULL };
  g_autofree char *page = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  bool inside = false;
  size_t n_read = 0, n_refused = 0;

  g_assert_true (g_file_get_contents (ESP_HANDBOOK "/language.md", &page, NULL, &error));
  lines = g_strsplit (page, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_auto (GStrv) parts = NULL;
      g_auto (EspParseError) failure = { 0 };
      g_autoptr (EspFormula) formula = NULL;
      bool refused;

      if (g_str_has_prefix (*line, "```"))
        {
          inside = strcmp (*line, "```espalier") == 0;
          continue;
        }
      if (!inside || **line == '\0')
        continue;
      refused = strstr (*line, " ✗ ") != NULL;
      parts = g_strsplit (*line, refused ? " ✗ " : " → ", 2);
      formula = esp_formula_parse_text (parts[0], &cartpole, 1, &failure);
      if (refused)
        {
          g_assert_null (formula);
          g_assert_cmpstr (failure.message, ==, g_strchug (parts[1]));
          n_refused++;
          continue;
        }
      if (formula == NULL)
        g_error ("%s: %s", parts[0], failure.message);
      n_read++;
      if (parts[1] != NULL)
        {
          g_autoptr (EspFormula) same = esp_formula_parse (parts[1], &cartpole, 1, &error);

          g_assert_no_error (error);
          assert_same (same, formula, parts[1]);
        }
    }
  g_assert_cmpuint (n_read, >=, 10);
  g_assert_cmpuint (n_refused, >=, 3);
  for (int i = ESP_OPERATION_SIN; i < ESP_N_OPERATIONS; i++)
    {
      g_autofree char *call = g_strdup_printf ("`%s(", esp_operation_get_name (i));

      if (strstr (page, call) == NULL)
        g_error ("the page about the language does not say what %s does", call + 1);
    }
}

static void
test_metrics (void)
{
  static const struct
  {
    const char *text;
    size_t length, operations;
    unsigned int depth;
    size_t constants;
    double cycles;
  } cases[] = {
    { "x", 1, 0, 1, 0, 0 },
    { "2", 1, 0, 1, 1, 0 },
    { "2*x + 2*x", 7, 2, 3, 1, 8 },
    { "2*x + 2*theta/3", 9, 4, 4, 2, 4 + 4 + 24 + 4 },
    { "pmul(x, 1) - -(1)", 6, 3, 3, 1, 14 + 1 + 4 },
    { "sin(x) + sin(x)*tanh(theta + 0*-0.0)", 12, 6, 6, 2, 100 + 4 + 4 + 225 + 4 + 4 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) two = esp_formula_parse ("sin(x) + 1; 2*(sin(x) + 1)", &symbols, 2, &error);
  EspMetrics both;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspFormula) formula = esp_formula_parse (cases[i].text, &symbols, 1, &error);
      EspMetrics metrics;

      g_assert_no_error (error);
      metrics = esp_metrics_of_formula (formula);
      g_assert_cmpuint (metrics.length, ==, cases[i].length);
      g_assert_cmpuint (metrics.operations, ==, cases[i].operations);
      g_assert_cmpuint (metrics.depth, ==, cases[i].depth);
      g_assert_cmpuint (metrics.constants, ==, cases[i].constants);
      g_assert_cmpfloat (metrics.cycles, ==, cases[i].cycles);
    }

  both = esp_metrics_of_formula (two);
  g_assert_cmpuint (both.length, ==, 4 + 6);
  g_assert_cmpuint (both.operations, ==, 3);
  g_assert_cmpuint (both.constants, ==, 2);
  g_assert_cmpuint (both.depth, ==, 4);
  for (int i = ESP_OPERATION_ADD; i < ESP_N_OPERATIONS; i++)
    g_assert_cmpfloat (esp_operation_get_cycles (i), >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/round-trip/text", test_text);
  g_test_add_func ("/round-trip/print-options", test_print_options);
  g_test_add_func ("/round-trip/doubled", test_doubled);
  g_test_add_func ("/round-trip/unreadable-names", test_unreadable_names);
  g_test_add_func ("/round-trip/json", test_json);
  g_test_add_func ("/round-trip/json-names", test_json_names);
  g_test_add_func ("/round-trip/json-refused", test_json_refused);
  g_test_add_func ("/round-trip/json-too-much", test_json_too_much);
  g_test_add_func ("/round-trip/dot", test_dot);
  g_test_add_func ("/round-trip/metrics", test_metrics);
  g_test_add_func ("/round-trip/handbook", test_handbook);
  return g_test_run ();
}

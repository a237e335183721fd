#include "esp-export-python.h"

#include <math.h>
#include <string.h>

#include "esp-code.h"
#include "esp-print.h"

#define SUM     ESP_PRECEDENCE_SUM
#define PRODUCT ESP_PRECEDENCE_PRODUCT
#define SIGN    ESP_PRECEDENCE_SIGN
#define POWER   ESP_PRECEDENCE_POWER
#define ATOM    ESP_PRECEDENCE_ATOM

static const EspCodePattern numpy_patterns[ESP_N_OPERATIONS] = {
  [ESP_OPERATION_ADD] = { "%1 + %p2", SUM },
  [ESP_OPERATION_SUBTRACT] = { "%1 - %p2", SUM },
  [ESP_OPERATION_MULTIPLY] = { "%p1 * %s2", PRODUCT },
  [ESP_OPERATION_DIVIDE] = { "%p1 / %s2", PRODUCT },
  [ESP_OPERATION_POWER] = { "np.power(%1, %2)", ATOM },
  [ESP_OPERATION_NEGATE] = { "-%w1", SIGN },
  [ESP_OPERATION_SIN] = { "np.sin(%1)", ATOM },
  [ESP_OPERATION_COS] = { "np.cos(%1)", ATOM },
  [ESP_OPERATION_EXP] = { "np.exp(%1)", ATOM },
  [ESP_OPERATION_LOG] = { "np.log(%1)", ATOM },
  [ESP_OPERATION_SQRT] = { "np.sqrt(%1)", ATOM },
  [ESP_OPERATION_ABS] = { "np.abs(%1)", ATOM },
  [ESP_OPERATION_SIGN] = { "np.sign(%1)", ATOM },
  [ESP_OPERATION_TANH] = { "np.tanh(%1)", ATOM },
  [ESP_OPERATION_SIGMOID] = { "_sigmoid(%1)", ATOM },
  [ESP_OPERATION_MIN] = { "_min(%1, %2)", ATOM },
  [ESP_OPERATION_MAX] = { "_max(%1, %2)", ATOM },
  [ESP_OPERATION_IF] = { "np.where(%1 > 0.0, %2, %3)", ATOM },
  [ESP_OPERATION_CLAMP] = { "_clamp(%1, %2, %3)", ATOM },
  [ESP_OPERATION_GUARDED_MULTIPLY] = { "_pmul(%1, %2)", ATOM },
  [ESP_OPERATION_GUARDED_DIVIDE] = { "_pdiv(%1, %2)", ATOM },
  [ESP_OPERATION_GUARDED_LOG] = { "_plog(%1)", ATOM },
  [ESP_OPERATION_GUARDED_EXP] = { "_pexp(%1)", ATOM },
  [ESP_OPERATION_SOFT_IF] = { "_softif(%1, %2, %3)", ATOM },
};

/* The thresholds of the guards are ESP_GUARD_…, which a test compares. */
static const EspCodePattern sympy_patterns[ESP_N_OPERATIONS] = {
  [ESP_OPERATION_ADD] = { "%1 + %p2", SUM },
  [ESP_OPERATION_SUBTRACT] = { "%1 - %p2", SUM },
  [ESP_OPERATION_MULTIPLY] = { "%p1*%s2", PRODUCT },
  [ESP_OPERATION_DIVIDE] = { "%p1/%s2", PRODUCT },
  [ESP_OPERATION_POWER] = { "%a1**%s2", POWER },
  [ESP_OPERATION_NEGATE] = { "-%w1", SIGN },
  [ESP_OPERATION_SIN] = { "sin(%1)", ATOM },
  [ESP_OPERATION_COS] = { "cos(%1)", ATOM },
  [ESP_OPERATION_EXP] = { "exp(%1)", ATOM },
  [ESP_OPERATION_LOG] = { "log(%1)", ATOM },
  [ESP_OPERATION_SQRT] = { "sqrt(%1)", ATOM },
  [ESP_OPERATION_ABS] = { "Abs(%1)", ATOM },
  [ESP_OPERATION_SIGN] = { "sign(%1)", ATOM },
  [ESP_OPERATION_TANH] = { "tanh(%1)", ATOM },
  [ESP_OPERATION_SIGMOID] = { "1/(1 + exp(-%w1))", PRODUCT },
  [ESP_OPERATION_MIN] = { "Min(%1, %2)", ATOM },
  [ESP_OPERATION_MAX] = { "Max(%1, %2)", ATOM },
  [ESP_OPERATION_IF] = { "Piecewise((%2, %1 > 0), (%3, True))", ATOM },
  /* where the limits cross the lower one wins */
  [ESP_OPERATION_CLAMP] = { "Max(%2, Min(%3, %1))", ATOM },
  [ESP_OPERATION_GUARDED_MULTIPLY] = { "Max(-100, Min(100, %1))*Max(-100, Min(100, %2))", PRODUCT },
  [ESP_OPERATION_GUARDED_DIVIDE] = { "Piecewise((%p1/%s2, %2 >= 0.01), (0, True))", ATOM },
  [ESP_OPERATION_GUARDED_LOG] = { "log(Max(0.001, %1))", ATOM },
  [ESP_OPERATION_GUARDED_EXP] = { "exp(Max(-10, Min(4, %1)))", ATOM },
  [ESP_OPERATION_SOFT_IF] = { "%p2/(1 + exp(-%w1)) + %p3/(1 + exp(%1))", SUM },
};

/* Functions of the module, in the order in which they are needed. */
typedef struct
{
  EspOperation operations[4]; /* that need it; the first, and after it until 0 */
  const char *text;
} Helper;

static const Helper helpers[] = {
  { { ESP_OPERATION_MIN }, "def _min(a, b):\n    return np.where(np.isnan(a) | (a < b), a, b)\n" },
  { { ESP_OPERATION_MAX }, "def _max(a, b):\n    return np.where(np.isnan(a) | (a > b), a, b)\n" },
  { { ESP_OPERATION_CLAMP, ESP_OPERATION_GUARDED_MULTIPLY, ESP_OPERATION_GUARDED_EXP },
    "def _within(a, low, high):\n"
    "    return np.where(a < low, low, np.where(a > high, high, a))\n" },
  { { ESP_OPERATION_CLAMP },
    "def _clamp(a, low, high):\n"
    "    return np.where(np.isnan(low) | np.isnan(high), np.nan, _within(a, low, high))\n" },
  { { ESP_OPERATION_SIGMOID, ESP_OPERATION_SOFT_IF },
    "def _sigmoid(a):\n"
    "    e = np.exp(-np.abs(a))\n"
    "    return np.where(a >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e))\n" },
  { { ESP_OPERATION_SOFT_IF },
    "def _softif(a, b, c):\n"
    "    weight = _sigmoid(a)\n"
    "    return weight * b + (1.0 - weight) * c\n" },
  { { ESP_OPERATION_GUARDED_MULTIPLY },
    "def _pmul(a, b):\n"
    "    return _within(a, -$MUL, $MUL) * _within(b, -$MUL, $MUL)\n" },
  { { ESP_OPERATION_GUARDED_DIVIDE },
    "def _pdiv(a, b):\n"
    "    return np.where(b >= $DIV, np.divide(a, b), 0.0)\n" },
  { { ESP_OPERATION_GUARDED_LOG }, "def _plog(a):\n    return np.log(np.where(a < $LOG, $LOG, a))\n" },
  { { ESP_OPERATION_GUARDED_EXP }, "def _pexp(a):\n    return np.exp(_within(a, $LOW, $HIGH))\n" },
};

static const char *const reserved[] = {
  "False", "None",        "True",   "and",    "as",   "assert", "async",  "await",    "break",
  "class", "continue",    "def",    "del",    "elif", "else",   "except", "finally",  "for",
  "from",  "global",      "if",     "import", "in",   "is",     "lambda", "nonlocal", "not",
  "or",    "pass",        "raise",  "return", "try",  "while",  "with",   "yield",    "np",
  "float", "observation", "action", "policy", NULL,
};

static void
append_numpy_number (GString *string, double value, const void *data)
{
  g_autofree char *text = NULL;

  if (!isfinite (value))
    {
      g_string_append (string, isnan (value) ? "np.nan" : value < 0 ? "-np.inf" : "np.inf");
      return;
    }
  text = esp_number_to_text (value);
  g_string_append (string, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (string, ".0");
}

static void
append_sympy_number (GString *string, double value, const void *data)
{
  g_autofree char *text = NULL;

  if (!isfinite (value))
    {
      g_string_append (string, isnan (value) ? "nan" : value < 0 ? "-oo" : "oo");
      return;
    }
  text = esp_number_to_text (value);
  g_string_append (string, text);
}

static bool
is_needed (const EspCode *code, const Helper *helper)
{
  for (size_t i = 0; i < G_N_ELEMENTS (helper->operations) && helper->operations[i] != 0; i++)
    if (esp_code_count (code, helper->operations[i]) > 0)
      return true;

  return false;
}

static void
append_helpers (GString *string, const EspCode *code)
{
  const struct
  {
    const char *name;
    double value;
  } numbers[] = {
    { "$MUL", ESP_GUARD_MULTIPLY }, { "$DIV", ESP_GUARD_DIVIDE },    { "$LOG", ESP_GUARD_LOG },
    { "$LOW", ESP_GUARD_EXP_LOW },  { "$HIGH", ESP_GUARD_EXP_HIGH },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (helpers); i++)
    if (is_needed (code, &helpers[i]))
      g_string_append_printf (string, "\n\n%s", helpers[i].text);
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (GString) number = g_string_new (NULL);

      append_numpy_number (number, numbers[i].value, NULL);
      g_string_replace (string, numbers[i].name, number->str, 0);
    }
}

/* Appends `@target = @node` at the depth of the function's block. */
static bool
append_assignment (GString *string,
                   const EspCode *code,
                   const char *const *names,
                   const char *target,
                   const EspExpression *node,
                   bool define)
{
  static const EspDialect dialect = { numpy_patterns, "", append_numpy_number, NULL };
  g_autoptr (GString) right = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new (NULL);
  bool complete = esp_code_append (code, &dialect, names, node, define, right);

  /* only parentheses let a statement go on in the next line */
  g_string_printf (line, right->len < 80 ? "        %s = %s" : "        %s = (%s)", target, right->str);
  esp_code_append_lines (string, line->str, "            ");
  return complete && string->len <= ESP_CODE_MAX_BYTES;
}

static bool
append_function (GString *string, const EspCode *code, const char *const *names, size_t n_observations)
{
  bool complete = true;

  g_string_append_printf (string,
                          "\n\ndef policy(observation):\n"
                          "    \"\"\"Returns action[..., %" G_GSIZE_FORMAT
                          "] for observation[..., %" G_GSIZE_FORMAT
                          "]: one state, or an array of them.\"\"\"\n"
                          "    observation = np.asarray(observation, dtype=float)\n"
                          "    action = np.empty(observation.shape[:-1] + (%" G_GSIZE_FORMAT ",))\n",
                          code->n_actions, n_observations, code->n_actions);
  for (size_t i = 0; i < n_observations; i++)
    if (esp_code_reads (code, i))
      g_string_append_printf (string, "    %s = observation[..., %" G_GSIZE_FORMAT "]\n", names[i], i);
  g_string_append (string, "    with np.errstate(all=\"ignore\"):\n");
  for (guint i = 0; i < code->graph.nodes->len && complete; i++)
    if (code->locals[i] > 0)
      {
        g_autofree char *target = g_strdup_printf ("t%u", code->locals[i]);

        complete = append_assignment (string, code, names, target, g_ptr_array_index (code->graph.nodes, i),
                                      true);
      }
  for (size_t i = 0; i < code->n_actions && complete; i++)
    {
      g_autofree char *target = g_strdup_printf ("action[..., %" G_GSIZE_FORMAT "]", i);

      complete = append_assignment (string, code, names, target, code->roots[i], false);
    }
  g_string_append (string, "    return action\n");

  return complete;
}

char *
esp_formula_to_python (const EspFormula *formula, const EspExport *export, GError **error)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_auto (GStrv) names = esp_export_make_names (symbols->names, symbols->n, reserved);
  g_autoptr (GString) string = g_string_new ("# A policy for ");
  bool complete;
  EspCode code;

  if (!esp_export_check (formula, error))
    return NULL;

  esp_code_init (&code, formula, true);
  esp_export_append_comment (string, export->title);
  g_string_append (string, ", exported by Espalier.\n#\n");
  esp_export_append_description (string, formula, export, "# ");
  g_string_append (string, "\nimport numpy as np\n");
  {
    g_autoptr (GString) functions = g_string_new (NULL);

    append_helpers (functions, &code);
    g_string_append (string, functions->str);
  }
  complete = append_function (string, &code, (const char *const *) names, symbols->n);
  esp_code_clear (&code);
  if (!complete)
    return esp_export_refuse (error);

  return g_string_free (g_steal_pointer (&string), FALSE);
}

/* Names that sympify() would not take for symbols are said to be some. Those of the usual form, a letter or
 * a Greek letter that SymPy has no function of, with digits and the common endings, are let stand. */
static char *
make_symbol (const char *name)
{
  static const char *const plain[] = { "alpha", "delta", "epsilon", "eta", "theta", "kappa", "mu",    "nu",
                                       "xi",    "rho",   "sigma",   "tau", "phi",   "psi",   "omega", NULL };
  g_auto (GStrv) parts = g_strsplit (name, "_", -1);
  size_t letters = strcspn (parts[0], "0123456789");
  g_autofree char *first = g_strndup (parts[0], letters);
  bool stands = (letters == 1 && g_ascii_islower (first[0])) || g_strv_contains (plain, first);

  stands = stands && strspn (parts[0] + letters, "0123456789") == strlen (parts[0] + letters);
  for (size_t i = 1; stands && parts[i] != NULL; i++)
    stands = g_str_equal (parts[i], "dot")
             || (parts[i][0] != '\0' && strspn (parts[i], "0123456789") == strlen (parts[i]));

  return stands ? g_strdup (name) : g_strdup_printf ("Symbol('%s')", name);
}

char *
esp_formula_to_sympy (const EspFormula *formula, GError **error)
{
  static const EspDialect dialect = { sympy_patterns, "", append_sympy_number, NULL };
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_auto (GStrv) names = g_new0 (char *, symbols->n + 1);
  g_autoptr (GString) string = g_string_new (NULL);
  bool complete = true;
  EspCode code;

  if (!esp_export_check (formula, error))
    return NULL;

  for (size_t i = 0; i < symbols->n; i++)
    names[i] = make_symbol (symbols->names[i]);
  esp_code_init (&code, formula, false);
  if (code.n_actions > 1)
    g_string_append_c (string, '[');
  for (size_t i = 0; i < code.n_actions && complete; i++)
    {
      if (i > 0)
        g_string_append (string, ", ");
      complete = esp_code_append (&code, &dialect, (const char *const *) names, code.roots[i], false, string);
    }
  if (code.n_actions > 1)
    g_string_append_c (string, ']');
  g_string_append_c (string, '\n');
  esp_code_clear (&code);
  if (!complete)
    return esp_export_refuse (error);

  return g_string_free (g_steal_pointer (&string), FALSE);
}

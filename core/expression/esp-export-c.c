#include "esp-export-c-private.h"

#include <math.h>
#include <string.h>

#include "esp-code.h"
#include "esp-error.h"
#include "esp-metrics.h"
#include "esp-print.h"

#define SUM     ESP_PRECEDENCE_SUM
#define PRODUCT ESP_PRECEDENCE_PRODUCT
#define SIGN    ESP_PRECEDENCE_SIGN
#define ATOM    ESP_PRECEDENCE_ATOM

static const EspCodePattern patterns[ESP_N_OPERATIONS] = {
  [ESP_OPERATION_ADD] = { "%1 + %p2", SUM },
  [ESP_OPERATION_SUBTRACT] = { "%1 - %p2", SUM },
  [ESP_OPERATION_MULTIPLY] = { "%p1 * %s2", PRODUCT },
  [ESP_OPERATION_DIVIDE] = { "%p1 / %s2", PRODUCT },
  [ESP_OPERATION_POWER] = { "pow%f(%1, %2)", ATOM },
  [ESP_OPERATION_NEGATE] = { "-%w1", SIGN },
  [ESP_OPERATION_SIN] = { "sin%f(%1)", ATOM },
  [ESP_OPERATION_COS] = { "cos%f(%1)", ATOM },
  [ESP_OPERATION_EXP] = { "exp%f(%1)", ATOM },
  [ESP_OPERATION_LOG] = { "log%f(%1)", ATOM },
  [ESP_OPERATION_SQRT] = { "sqrt%f(%1)", ATOM },
  [ESP_OPERATION_ABS] = { "fabs%f(%1)", ATOM },
  [ESP_OPERATION_SIGN] = { "sign_of(%1)", ATOM },
  [ESP_OPERATION_TANH] = { "tanh%f(%1)", ATOM },
  [ESP_OPERATION_SIGMOID] = { "sigmoid(%1)", ATOM },
  [ESP_OPERATION_MIN] = { "smaller(%1, %2)", ATOM },
  [ESP_OPERATION_MAX] = { "larger(%1, %2)", ATOM },
  [ESP_OPERATION_IF] = { "(%1 > 0.0%f ? %2 : %3)", ATOM },
  [ESP_OPERATION_CLAMP] = { "clamp(%1, %2, %3)", ATOM },
  [ESP_OPERATION_GUARDED_MULTIPLY] = { "pmul(%1, %2)", ATOM },
  [ESP_OPERATION_GUARDED_DIVIDE] = { "pdiv(%1, %2)", ATOM },
  [ESP_OPERATION_GUARDED_LOG] = { "plog(%1)", ATOM },
  [ESP_OPERATION_GUARDED_EXP] = { "pexp(%1)", ATOM },
  [ESP_OPERATION_SOFT_IF] = { "softif(%1, %2, %3)", ATOM },
};

/* A function of the file, in the order in which they are needed; $T is the type of numbers, $F the suffix
 * of functions and numbers. */
typedef struct
{
  EspOperation operations[4]; /* that need it; the first, and after it until 0 */
  const char *text;
} Helper;

static const Helper helpers[] = {
  { { ESP_OPERATION_SIGN },
    "/* -1, 0 or 1; NaN stays NaN. */\n"
    "static $T\n"
    "sign_of($T a)\n"
    "{\n"
    "  return isnan(a) ? a : a > 0.0$F ? 1.0$F : a < 0.0$F ? -1.0$F : 0.0$F;\n"
    "}\n" },
  { { ESP_OPERATION_MIN },
    "/* The smaller one; NaN if either is. */\n"
    "static $T\n"
    "smaller($T a, $T b)\n"
    "{\n"
    "  return isnan(a) || a < b ? a : b;\n"
    "}\n" },
  { { ESP_OPERATION_MAX },
    "/* The larger one; NaN if either is. */\n"
    "static $T\n"
    "larger($T a, $T b)\n"
    "{\n"
    "  return isnan(a) || a > b ? a : b;\n"
    "}\n" },
  { { ESP_OPERATION_GUARDED_MULTIPLY, ESP_OPERATION_GUARDED_EXP, ESP_OPERATION_CLAMP },
    "/* a within low ... high; NaN stays NaN, and where the limits cross the lower one wins. */\n"
    "static $T\n"
    "within($T a, $T low, $T high)\n"
    "{\n"
    "  return a < low ? low : a > high ? high : a;\n"
    "}\n" },
  { { ESP_OPERATION_CLAMP },
    "/* As within(), and NaN if a limit is. */\n"
    "static $T\n"
    "clamp($T a, $T low, $T high)\n"
    "{\n"
    "  return isnan(low) ? low : isnan(high) ? high : within(a, low, high);\n"
    "}\n" },
  { { ESP_OPERATION_SIGMOID, ESP_OPERATION_SOFT_IF },
    "/* 1 / (1 + exp(-a)), without overflow. */\n"
    "static $T\n"
    "sigmoid($T a)\n"
    "{\n"
    "  const $T e = exp$F(a >= 0.0$F ? -a : a);\n"
    "\n"
    "  return a >= 0.0$F ? 1.0$F / (1.0$F + e) : e / (1.0$F + e);\n"
    "}\n" },
  { { ESP_OPERATION_SOFT_IF },
    "/* b where a is large, c where -a is, and something between where neither is. */\n"
    "static $T\n"
    "softif($T a, $T b, $T c)\n"
    "{\n"
    "  const $T weight = sigmoid(a);\n"
    "\n"
    "  return weight * b + (1.0$F - weight) * c;\n"
    "}\n" },
  { { ESP_OPERATION_GUARDED_MULTIPLY },
    "/* Guarded product: both factors are limited. */\n"
    "static $T\n"
    "pmul($T a, $T b)\n"
    "{\n"
    "  return within(a, -$MUL, $MUL) * within(b, -$MUL, $MUL);\n"
    "}\n" },
  { { ESP_OPERATION_GUARDED_DIVIDE },
    "/* Guarded quotient: 0 where the denominator is small, negative or NaN. */\n"
    "static $T\n"
    "pdiv($T a, $T b)\n"
    "{\n"
    "  return b >= $DIV ? a / b : 0.0$F;\n"
    "}\n" },
  { { ESP_OPERATION_GUARDED_LOG },
    "/* Guarded logarithm: the argument is at least a small positive number. */\n"
    "static $T\n"
    "plog($T a)\n"
    "{\n"
    "  return log$F(a < $LOG ? $LOG : a);\n"
    "}\n" },
  { { ESP_OPERATION_GUARDED_EXP },
    "/* Guarded exponential: the argument is limited. */\n"
    "static $T\n"
    "pexp($T a)\n"
    "{\n"
    "  return exp$F(within(a, $LOW, $HIGH));\n"
    "}\n" },
};

/* Words that no observation may take: the language's, those of the file, and what <math.h> may define as
 * macros or the compiler knows as its own. */
static const char *const reserved[] = {
  "auto",
  "break",
  "case",
  "char",
  "const",
  "continue",
  "default",
  "do",
  "double",
  "else",
  "enum",
  "extern",
  "float",
  "for",
  "goto",
  "if",
  "inline",
  "int",
  "long",
  "register",
  "restrict",
  "return",
  "short",
  "signed",
  "sizeof",
  "static",
  "struct",
  "switch",
  "typedef",
  "union",
  "unsigned",
  "void",
  "volatile",
  "while",
  "asm",
  "typeof",
  "true",
  "false",
  "bool",
  "nullptr",
  "constexpr",
  "alignas",
  "alignof",
  "thread_local",
  "static_assert",
  "typeof_unqual",
  "class",
  "new",
  "delete",
  "this",
  "template",
  "namespace",
  "operator",
  "private",
  "protected",
  "public",
  "try",
  "catch",
  "throw",
  "virtual",
  "using",
  "friend",
  "explicit",
  "export",
  "mutable",
  "and",
  "or",
  "not",
  "xor",
  "linux",
  "unix",
  "complex",
  "imaginary",
  "pow",
  "sin",
  "cos",
  "exp",
  "log",
  "sqrt",
  "fabs",
  "tanh",
  "powf",
  "sinf",
  "cosf",
  "expf",
  "logf",
  "sqrtf",
  "fabsf",
  "tanhf",
  "isnan",
  "isinf",
  "isfinite",
  "isnormal",
  "signbit",
  "fpclassify",
  "isgreater",
  "isgreaterequal",
  "isless",
  "islessequal",
  "islessgreater",
  "isunordered",
  "signgam",
  "math_errhandling",
  "observation",
  "action",
  "policy",
  "main",
  "sign_of",
  "smaller",
  "larger",
  "within",
  "clamp",
  "sigmoid",
  "softif",
  "pmul",
  "pdiv",
  "plog",
  "pexp",
  "vectors",
  "check",
  "printf",
  "NAN",
  "INFINITY",
  "HUGE_VAL",
  "HUGE_VALF",
  "HUGE_VALL",
  "M_PI",
  "M_E",
  "DOMAIN",
  "SING",
  "OVERFLOW",
  "UNDERFLOW",
  "PLOSS",
  "TLOSS",
  "NULL",
  "EOF",
  "BUFSIZ",
  "EXIT_FAILURE",
  "EXIT_SUCCESS",
  "RAND_MAX",
  "POLICY_SELF_TEST",
  NULL,
};

void
esp_export_append_c_number (GString *string, double value, const void *data)
{
  const EspExport *export = data;
  bool single = export != NULL && export->single;
  double shown = single ? (double) (float) value : value;
  g_autofree char *text = NULL;

  if (!isfinite (shown))
    {
      g_string_append (string, isnan (shown) ? "NAN" : shown < 0 ? "-INFINITY" : "INFINITY");
      return;
    }
  /* a number too small for single precision is a zero, of which compilers would warn */
  text = esp_number_to_text (shown == 0 ? shown : value);
  g_string_append (string, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (string, ".0");
  if (single)
    g_string_append_c (string, 'f');
}

/* Appends @text of a helper with what its placeholders stand for. */
static void
append_filled (GString *string, const char *text, const EspExport *export)
{
  const struct
  {
    const char *name;
    double value;
  } numbers[] = {
    { "$MUL", ESP_GUARD_MULTIPLY }, { "$DIV", ESP_GUARD_DIVIDE },    { "$LOG", ESP_GUARD_LOG },
    { "$LOW", ESP_GUARD_EXP_LOW },  { "$HIGH", ESP_GUARD_EXP_HIGH },
  };
  g_autoptr (GString) filled = g_string_new (text);

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (GString) number = g_string_new (NULL);

      esp_export_append_c_number (number, numbers[i].value, export);
      g_string_replace (filled, numbers[i].name, number->str, 0);
    }
  g_string_replace (filled, "$T", export->single ? "float" : "double", 0);
  g_string_replace (filled, "$F", export->single ? "f" : "", 0);
  g_string_append (string, filled->str);
}

static bool
is_needed (const EspCode *code, const Helper *helper)
{
  for (size_t i = 0; i < G_N_ELEMENTS (helper->operations) && helper->operations[i] != 0; i++)
    if (esp_code_count (code, helper->operations[i]) > 0)
      return true;

  return false;
}

/* Returns whether anything of <math.h> is used; @links: a function that is linked, not a mere macro. */
static bool
uses_math (const EspCode *code, bool links)
{
  static const EspOperation linked[] = {
    ESP_OPERATION_POWER,   ESP_OPERATION_SIN,     ESP_OPERATION_COS,         ESP_OPERATION_EXP,
    ESP_OPERATION_LOG,     ESP_OPERATION_SQRT,    ESP_OPERATION_ABS,         ESP_OPERATION_TANH,
    ESP_OPERATION_SIGMOID, ESP_OPERATION_SOFT_IF, ESP_OPERATION_GUARDED_LOG, ESP_OPERATION_GUARDED_EXP,
  };
  static const EspOperation macros[] = { ESP_OPERATION_SIGN, ESP_OPERATION_MIN, ESP_OPERATION_MAX,
                                         ESP_OPERATION_CLAMP };

  for (size_t i = 0; i < G_N_ELEMENTS (linked); i++)
    if (esp_code_count (code, linked[i]) > 0)
      return true;
  if (links)
    return false;
  for (size_t i = 0; i < G_N_ELEMENTS (macros); i++)
    if (esp_code_count (code, macros[i]) > 0)
      return true;
  for (guint i = 0; i < code->graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (code->graph.nodes, i);

      if (esp_expression_get_operation (node) == ESP_OPERATION_CONSTANT
          && !(fabs (esp_expression_get_value (node)) <= G_MAXFLOAT))
        return true;
    }

  return false;
}

/* How much there is to compute, by kind. */
static void
append_size (GString *string, const EspFormula *formula, const EspCode *code, const EspExport *export)
{
  static const struct
  {
    const char *one, *many;
    EspOperation operations[6];
  } kinds[] = {
    { "addition or subtraction",
      "additions and subtractions",
      { ESP_OPERATION_ADD, ESP_OPERATION_SUBTRACT, ESP_OPERATION_NEGATE } },
    { "multiplication", "multiplications", { ESP_OPERATION_MULTIPLY, ESP_OPERATION_GUARDED_MULTIPLY } },
    { "division", "divisions", { ESP_OPERATION_DIVIDE, ESP_OPERATION_GUARDED_DIVIDE } },
    { "sine or cosine", "sines and cosines", { ESP_OPERATION_SIN, ESP_OPERATION_COS } },
    { "exponential",
      "exponentials",
      { ESP_OPERATION_EXP, ESP_OPERATION_GUARDED_EXP, ESP_OPERATION_SIGMOID, ESP_OPERATION_SOFT_IF,
        ESP_OPERATION_TANH } },
    { "logarithm", "logarithms", { ESP_OPERATION_LOG, ESP_OPERATION_GUARDED_LOG } },
    { "power or root", "powers and roots", { ESP_OPERATION_POWER, ESP_OPERATION_SQRT } },
    { "choice or limit",
      "choices and limits",
      { ESP_OPERATION_IF, ESP_OPERATION_CLAMP, ESP_OPERATION_MIN, ESP_OPERATION_MAX, ESP_OPERATION_ABS,
        ESP_OPERATION_SIGN } },
  };
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new (NULL);
  EspMetrics metrics = esp_metrics_of_formula (formula);
  g_autofree char *phrase = esp_metrics_to_text (&metrics);
  size_t bytes = export->single ? sizeof (float) : sizeof (double);

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      size_t count = 0;

      for (size_t k = 0; k < G_N_ELEMENTS (kinds[i].operations) && kinds[i].operations[k] != 0; k++)
        count += esp_code_count (code, kinds[i].operations[k]);
      if (count > 0)
        g_string_append_printf (list, "%s%" G_GSIZE_FORMAT " %s", list->len > 0 ? ", " : "", count,
                                count == 1 ? kinds[i].one : kinds[i].many);
    }
  if (list->len > 0)
    g_string_append_printf (line, " * Operations: %s.", list->str);
  else
    g_string_append (line, " * Operations: none.");
  esp_code_append_lines (string, line->str, " *     ");
  g_string_printf (line, " * Complexity: %s (a shared term once).", phrase);
  esp_code_append_lines (string, line->str, " *     ");
  g_string_printf (line,
                   " * Memory: %" G_GSIZE_FORMAT " bytes of constants; %u local variable%s (%" G_GSIZE_FORMAT
                   " bytes at most).",
                   metrics.constants * bytes, code->n_locals, code->n_locals == 1 ? "" : "s",
                   code->n_locals * bytes);
  esp_code_append_lines (string, line->str, " *     ");
}

static void
append_head (GString *string, const EspFormula *formula, const EspCode *code, const EspExport *export)
{
  const char *library = uses_math (code, true) ? " -lm" : "";

  g_string_append (string, "/* A policy for ");
  esp_export_append_comment (string, export->title);
  g_string_append (string, ", exported by Espalier.\n *\n");
  esp_export_append_description (string, formula, export, " * ");
  g_string_append (string, " *\n");
  append_size (string, formula, code, export);
  g_string_append_printf (
    string,
    " *\n"
    " * C11 in %s precision, without state and without memory from the heap; safe in threads and "
    "interrupts.\n"
    " * Not to be compiled with -ffast-math, which gives up NaN and the limits that depend on it.\n",
    export->single ? "single" : "double");
  if (export->vectors != NULL)
    g_string_append_printf (
      string, " * Self-test: cc -std=c11 -DPOLICY_SELF_TEST policy.c%s && ./a.out [VECTORS.csv]\n", library);
  else
    g_string_append (string,
                     " * There is no self-test: wherever it was looked, rounding decides about the value.\n");
  g_string_append (string, " */\n\n");
}

static bool
append_function (GString *string,
                 const EspCode *code,
                 const EspExport *export,
                 const char *const *names,
                 size_t n_observations)
{
  const EspDialect dialect = { patterns, export->single ? "f" : "", esp_export_append_c_number, export };
  const char *type = export->single ? "float" : "double";
  bool reads = false, complete = true;

  g_string_append_printf (
    string,
    "void policy(const %s observation[%" G_GSIZE_FORMAT "], %s action[%" G_GSIZE_FORMAT "]);\n\n"
    "void\npolicy(const %s observation[%" G_GSIZE_FORMAT "], %s action[%" G_GSIZE_FORMAT "])\n{\n",
    type, MAX (n_observations, 1), type, code->n_actions, type, MAX (n_observations, 1), type,
    code->n_actions);
  for (size_t i = 0; i < n_observations; i++)
    if (esp_code_reads (code, i))
      {
        g_string_append_printf (string, "  const %s %s = observation[%" G_GSIZE_FORMAT "];\n", type, names[i],
                                i);
        reads = true;
      }
  if (!reads)
    g_string_append (string, "  (void) observation;\n");

  for (guint i = 0; i < code->graph.nodes->len && complete; i++)
    if (code->locals[i] > 0)
      {
        g_autoptr (GString) line = g_string_new (NULL);

        g_string_printf (line, "  const %s t%u = ", type, code->locals[i]);
        complete = esp_code_append (code, &dialect, names, g_ptr_array_index (code->graph.nodes, i), true,
                                    line);
        g_string_append_c (line, ';');
        esp_code_append_lines (string, line->str, "      ");
      }
  g_string_append_c (string, '\n');
  for (size_t i = 0; i < code->n_actions && complete; i++)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      g_string_printf (line, "  action[%" G_GSIZE_FORMAT "] = ", i);
      complete = esp_code_append (code, &dialect, names, code->roots[i], false, line);
      g_string_append_c (line, ';');
      esp_code_append_lines (string, line->str, "      ");
    }
  g_string_append (string, "}\n");

  return complete && string->len <= ESP_CODE_MAX_BYTES;
}

char *
esp_formula_to_c (const EspFormula *formula, const EspExport *export, GError **error)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_auto (GStrv) names = esp_export_make_names (symbols->names, symbols->n, reserved);
  g_autoptr (GString) string = g_string_new (NULL);
  bool complete;
  EspCode code;

  if (!esp_export_check (formula, error))
    return NULL;

  esp_code_init (&code, formula, true);
  append_head (string, formula, &code, export);
  if (uses_math (&code, false))
    g_string_append (string, "#include <math.h>\n\n");
  for (size_t i = 0; i < G_N_ELEMENTS (helpers); i++)
    if (is_needed (&code, &helpers[i]))
      {
        append_filled (string, helpers[i].text, export);
        g_string_append_c (string, '\n');
      }
  complete = append_function (string, &code, export, (const char *const *) names, symbols->n);
  if (complete && export->vectors != NULL)
    esp_export_append_c_self_test (string, export->vectors, export);
  esp_code_clear (&code);
  if (!complete)
    return esp_export_refuse (error);

  return g_string_free (g_steal_pointer (&string), FALSE);
}

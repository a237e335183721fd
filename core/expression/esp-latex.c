/* Expressions as LaTeX mathematics. */

#include <math.h>
#include <string.h>

#include "esp-graph.h"
#include "esp-number.h"
#include "esp-precedence.h"
#include "esp-print.h"

/* What is the same for every node of one formula. */
typedef struct
{
  GString *string;
  const EspSymbols *symbols;
  int digits;
} Latex;

static const char *const greek[] = {
  "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta",     "theta", "iota", "kappa", "lambda", "mu",
  "nu",    "xi",   "pi",    "rho",   "sigma",   "tau",  "upsilon", "phi",   "chi",  "psi",   "omega",
};

static const struct
{
  const char *name;
  const char *accent;
} accents[] = { { "dot", "\\dot" }, { "ddot", "\\ddot" }, { "hat", "\\hat" }, { "bar", "\\bar" } };

static void
append_word (GString *string, const char *word, size_t length)
{
  for (size_t i = 0; i < G_N_ELEMENTS (greek); i++)
    if (strlen (greek[i]) == length && memcmp (greek[i], word, length) == 0)
      {
        g_string_append_printf (string, "\\%s", greek[i]);
        return;
      }
  if (length == 1)
    g_string_append_c (string, *word);
  else
    {
      g_string_append (string, "\\mathrm{");
      g_string_append_len (string, word, (gssize) length);
      g_string_append_c (string, '}');
    }
}

/* theta_dot becomes \dot{\theta}, x_goal x_{\mathrm{goal}}, s12 s_{12}. */
static void
append_derived_name (GString *string, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "_", -1);
  g_autoptr (GString) subscript = g_string_new (NULL);
  g_autoptr (GString) base = g_string_new (NULL);
  size_t letters = strlen (parts[0]);

  while (letters > 1 && g_ascii_isdigit (parts[0][letters - 1]))
    letters--;
  append_word (base, parts[0], letters);
  g_string_append (subscript, parts[0] + letters);

  for (size_t i = 1; parts[i] != NULL; i++)
    {
      const char *accent = NULL;

      for (size_t k = 0; k < G_N_ELEMENTS (accents); k++)
        if (strcmp (parts[i], accents[k].name) == 0)
          accent = accents[k].accent;
      if (accent != NULL)
        {
          g_autofree char *below = g_strdup (base->str);

          g_string_printf (base, "%s{%s}", accent, below);
        }
      else if (parts[i][0] != '\0')
        {
          if (subscript->len > 0)
            g_string_append (subscript, ", ");
          if (strspn (parts[i], "0123456789") == strlen (parts[i]))
            g_string_append (subscript, parts[i]);
          else
            append_word (subscript, parts[i], strlen (parts[i]));
        }
    }

  g_string_append (string, base->str);
  if (subscript->len > 0)
    g_string_append_printf (string, "_{%s}", subscript->str);
}

static char *
get_name (const Latex *latex, const EspExpression *variable)
{
  size_t index = esp_expression_get_index (variable);
  g_autofree char *alias = g_strdup_printf ("s%" G_GSIZE_FORMAT, index + 1);
  const EspSymbols *symbols = latex->symbols;
  GString *string;

  if (symbols != NULL && index < symbols->n && symbols->latex != NULL)
    return g_strdup (symbols->latex[index]);

  string = g_string_new (NULL);
  append_derived_name (string, symbols != NULL && index < symbols->n ? symbols->names[index] : alias);
  return g_string_free (string, FALSE);
}

/* Appends the number without its sign. */
static void
append_magnitude (Latex *latex, double value)
{
  EspDecimal decimal;

  if (!isfinite (value))
    {
      g_string_append (latex->string, isnan (value) ? "\\mathrm{NaN}" : "\\infty");
      return;
    }

  esp_decimal_init (&decimal, value, latex->digits);
  if (esp_decimal_is_plain (&decimal))
    {
      esp_decimal_append_digits (&decimal, latex->string);
      return;
    }
  if (decimal.n > 1 || decimal.digits[0] != '1')
    {
      esp_decimal_append_digits (&decimal, latex->string);
      g_string_append (latex->string, " \\cdot ");
    }
  g_string_append_printf (latex->string, "10^{%d}", decimal.exponent);
}

static EspPrecedence
get_precedence (const Latex *latex, const EspExpression *expression)
{
  EspDecimal decimal;

  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
    /* the brace of the cases has no end that one sees */
    case ESP_OPERATION_IF:
      return ESP_PRECEDENCE_SUM;
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return ESP_PRECEDENCE_PRODUCT;
    case ESP_OPERATION_GUARDED_DIVIDE:
      return ESP_PRECEDENCE_POWER;
    case ESP_OPERATION_NEGATE:
      return ESP_PRECEDENCE_SIGN;
    case ESP_OPERATION_DIVIDE:
      /* the bar is a bracket of its own, except as the base of a power */
      return esp_expression_leads_with_minus (expression) ? ESP_PRECEDENCE_SIGN : ESP_PRECEDENCE_POWER;
    case ESP_OPERATION_POWER:
      return ESP_PRECEDENCE_POWER;
    case ESP_OPERATION_CONSTANT:
      if (isfinite (esp_expression_get_value (expression)))
        {
          esp_decimal_init (&decimal, esp_expression_get_value (expression), latex->digits);
          if (!esp_decimal_is_plain (&decimal))
            return ESP_PRECEDENCE_PRODUCT;
        }
      return esp_expression_is_negative_constant (expression) ? ESP_PRECEDENCE_SIGN : ESP_PRECEDENCE_ATOM;
    default:
      return ESP_PRECEDENCE_ATOM;
    }
}

/* Returns whether the print of @expression begins with a digit, beside which a number needs a dot. */
static bool
begins_with_digit (const EspExpression *expression)
{
  for (;;)
    switch (esp_expression_get_operation (expression))
      {
      case ESP_OPERATION_CONSTANT:
        return !esp_expression_is_negative_constant (expression);
      case ESP_OPERATION_MULTIPLY:
      case ESP_OPERATION_DIVIDE:
      case ESP_OPERATION_POWER:
        expression = esp_expression_get_operand (expression, 0);
        break;
      default:
        return false;
      }
}

/* Returns the factor at the end (or the beginning) of a product. */
static const EspExpression *
get_outer_factor (const EspExpression *expression, size_t side)
{
  while (esp_expression_get_operation (expression) == ESP_OPERATION_MULTIPLY)
    expression = esp_expression_get_operand (expression, side);
  return expression;
}

static bool
is_upright_name (const Latex *latex, const EspExpression *expression)
{
  g_autofree char *name = NULL;

  if (esp_expression_get_operation (expression) != ESP_OPERATION_VARIABLE)
    return false;
  name = get_name (latex, expression);
  return strstr (name, "\\mathrm") != NULL || strstr (name, "\\operatorname") != NULL;
}

/* Numbers need a dot between them, words a thin space, and other factors just stand side by side. */
static const char *
get_joint (const Latex *latex, const EspExpression *left, const EspExpression *right)
{
  const EspExpression *before = get_outer_factor (left, 1), *behind = get_outer_factor (right, 0);

  if (begins_with_digit (right))
    return " \\cdot ";
  if (is_upright_name (latex, before) && is_upright_name (latex, behind))
    return " \\, ";
  return " ";
}

static const char *
get_function_name (EspOperation operation)
{
  switch (operation)
    {
    case ESP_OPERATION_SIN:
      return "\\sin";
    case ESP_OPERATION_COS:
      return "\\cos";
    case ESP_OPERATION_EXP:
      return "\\exp";
    case ESP_OPERATION_LOG:
      return "\\ln";
    case ESP_OPERATION_TANH:
      return "\\tanh";
    case ESP_OPERATION_SIGMOID:
      return "\\sigma";
    case ESP_OPERATION_MIN:
      return "\\min";
    case ESP_OPERATION_MAX:
      return "\\max";
    case ESP_OPERATION_SIGN:
      return "\\operatorname{sgn}";
    case ESP_OPERATION_GUARDED_LOG:
      return "\\ln_{\\mathrm{g}}";
    case ESP_OPERATION_GUARDED_EXP:
      return "\\exp_{\\mathrm{g}}";
    default:
      return NULL;
    }
}

static void append (Latex *latex, const EspExpression *expression, EspPrecedence needed, bool bare);

/* Puts what was appended since @start between delimiters that match its height. What is one line high gets
 * plain ones, as by hand: growing ones would be set apart from the name of a function before them. */
static void
enclose_since (GString *string, size_t start, const char *left, const char *right, bool call)
{
  const char *inside = string->str + start;
  bool tall = strstr (inside, "\\frac") != NULL || strstr (inside, "\\begin") != NULL
              || strstr (inside, "\\left") != NULL;
  g_autofree char *opening = g_strconcat (tall && call ? "\\!" : "", tall ? "\\left" : "", left, NULL);

  g_string_insert (string, (gssize) start, opening);
  g_string_append_printf (string, "%s%s", tall ? "\\right" : "", right);
}

static void
append_call (Latex *latex, const EspExpression *expression, int exponent)
{
  EspOperation operation = esp_expression_get_operation (expression);
  const char *name = get_function_name (operation);
  size_t start;

  if (name != NULL)
    g_string_append (latex->string, name);
  else
    g_string_append_printf (latex->string, "\\operatorname{%s}", esp_operation_get_name (operation));
  if (exponent != 1)
    g_string_append_printf (latex->string, "^{%d}", exponent);
  start = latex->string->len;
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    {
      if (i > 0)
        g_string_append (latex->string, ", ");
      append (latex, esp_expression_get_operand (expression, i), ESP_PRECEDENCE_SUM, false);
    }
  enclose_since (latex->string, start, "(", ")", true);
}

static void
append_power (Latex *latex, const EspExpression *base, const EspExpression *exponent)
{
  EspOperation operation = esp_expression_get_operation (base);
  bool named = operation >= ESP_OPERATION_SIN && operation != ESP_OPERATION_SQRT
               && operation != ESP_OPERATION_ABS && operation != ESP_OPERATION_IF;
  size_t start = latex->string->len;
  int whole;

  /* sin² x, as everybody writes it; not for a negative power, which would be the inverse function */
  if ((operation == ESP_OPERATION_SIN || operation == ESP_OPERATION_COS || operation == ESP_OPERATION_TANH
       || operation == ESP_OPERATION_LOG)
      && esp_expression_is_short_integer (exponent, &whole) && whole > 1)
    {
      append_call (latex, base, whole);
      return;
    }

  if (named)
    {
      append (latex, base, ESP_PRECEDENCE_SUM, false);
      enclose_since (latex->string, start, "(", ")", false);
    }
  else
    append (latex, base, ESP_PRECEDENCE_ATOM, false);
  g_string_append (latex->string, "^{");
  append (latex, exponent, ESP_PRECEDENCE_SUM, false);
  g_string_append_c (latex->string, '}');
}

/* With @bare, the minus sign with which @expression leads is left out. */
static void
append (Latex *latex, const EspExpression *expression, EspPrecedence needed, bool bare)
{
  EspOperation operation = esp_expression_get_operation (expression);
  EspPrecedence precedence = get_precedence (latex, expression);
  GString *string = latex->string;
  const EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  bool leads = esp_expression_leads_with_minus (expression);
  size_t start = string->len;
  bool enclose;

  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    operands[i] = esp_expression_get_operand (expression, i);

  enclose = !bare && (precedence < needed || (needed >= ESP_PRECEDENCE_SIGN && leads));
  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
      if (leads && !bare)
        g_string_append_c (string, '-');
      append_magnitude (latex, esp_expression_get_value (expression));
      break;
    case ESP_OPERATION_VARIABLE:
      {
        g_autofree char *name = get_name (latex, expression);

        g_string_append (string, name);
        break;
      }
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      {
        bool minus = esp_expression_leads_with_minus (operands[1]);
        bool turned = operation == ESP_OPERATION_ADD && minus;

        append (latex, operands[0], ESP_PRECEDENCE_SUM, false);
        g_string_append (string, turned || operation == ESP_OPERATION_SUBTRACT ? " - " : " + ");
        append (latex, operands[1], minus && !turned ? ESP_PRECEDENCE_ATOM : ESP_PRECEDENCE_PRODUCT, turned);
        break;
      }
    case ESP_OPERATION_MULTIPLY:
      append (latex, operands[0],
              esp_expression_get_operation (operands[0]) == ESP_OPERATION_GUARDED_MULTIPLY
                ? ESP_PRECEDENCE_SIGN
                : ESP_PRECEDENCE_PRODUCT,
              bare);
      g_string_append (string, get_joint (latex, operands[0], operands[1]));
      append (latex, operands[1], ESP_PRECEDENCE_SIGN, false);
      break;
    case ESP_OPERATION_DIVIDE:
      if (leads && !bare)
        g_string_append_c (string, '-');
      g_string_append (string, "\\frac{");
      append (latex, operands[0], ESP_PRECEDENCE_SUM, leads);
      g_string_append (string, "}{");
      append (latex, operands[1], ESP_PRECEDENCE_SUM, false);
      g_string_append_c (string, '}');
      break;
    case ESP_OPERATION_GUARDED_MULTIPLY:
      /* what is limited must be seen */
      append (latex, operands[0], ESP_PRECEDENCE_SIGN, false);
      g_string_append (string, " \\cdot_{\\mathrm{g}} ");
      append (latex, operands[1], ESP_PRECEDENCE_SIGN, false);
      break;
    case ESP_OPERATION_GUARDED_DIVIDE:
      g_string_append (string, "{\\frac{");
      append (latex, operands[0], ESP_PRECEDENCE_SUM, false);
      g_string_append (string, "}{");
      append (latex, operands[1], ESP_PRECEDENCE_SUM, false);
      g_string_append (string, "}}_{\\mathrm{g}}");
      break;
    case ESP_OPERATION_POWER:
      append_power (latex, operands[0], operands[1]);
      break;
    case ESP_OPERATION_NEGATE:
      if (!bare)
        g_string_append_c (string, '-');
      append (latex, operands[0],
              esp_expression_leads_with_minus (operands[0]) ? ESP_PRECEDENCE_SIGN : ESP_PRECEDENCE_PRODUCT,
              false);
      break;
    case ESP_OPERATION_SQRT:
      g_string_append (string, "\\sqrt{");
      append (latex, operands[0], ESP_PRECEDENCE_SUM, false);
      g_string_append_c (string, '}');
      break;
    case ESP_OPERATION_ABS:
      append (latex, operands[0], ESP_PRECEDENCE_SUM, false);
      enclose_since (string, start, "\\lvert ", "\\rvert", false);
      break;
    case ESP_OPERATION_IF:
      g_string_append (string, "\\begin{cases} ");
      append (latex, operands[1], ESP_PRECEDENCE_SUM, false);
      g_string_append (string, " & ");
      append (latex, operands[0], ESP_PRECEDENCE_SUM, false);
      g_string_append (string, " > 0 \\\\ ");
      append (latex, operands[2], ESP_PRECEDENCE_SUM, false);
      g_string_append (string, " & \\text{otherwise} \\end{cases}");
      break;
    default:
      append_call (latex, expression, 1);
      break;
    }
  if (enclose)
    enclose_since (string, start, "(", ")", false);
}

char *
esp_expression_to_latex (const EspExpression *expression, const EspSymbols *symbols, int digits)
{
  Latex latex = { .symbols = symbols, .digits = digits };

  if (!esp_expression_is_printable (expression))
    return g_strdup ("\\ldots");

  latex.string = g_string_new (NULL);
  append (&latex, expression, ESP_PRECEDENCE_SUM, false);
  return g_string_free (latex.string, FALSE);
}

/* Says in comments what the guarded operations are that the formula has, for its caption. */
static void
append_guards (GString *string, const EspFormula *formula)
{
  static const struct
  {
    EspOperation operation;
    const char *text;
  } guards[] = {
    { ESP_OPERATION_GUARDED_MULTIPLY, "a \\cdot_{\\mathrm{g}} b: both factors limited to -100 ... 100" },
    { ESP_OPERATION_GUARDED_DIVIDE, "{\\frac{a}{b}}_{\\mathrm{g}}: 0 unless b >= 0.01" },
    { ESP_OPERATION_GUARDED_LOG, "\\ln_{\\mathrm{g}}(a): \\ln(\\max(a, 0.001))" },
    { ESP_OPERATION_GUARDED_EXP, "\\exp_{\\mathrm{g}}(a): a limited to -10 ... 4" },
    { ESP_OPERATION_SOFT_IF, "\\operatorname{softif}(a, b, c): \\sigma(a) b + (1 - \\sigma(a)) c" },
    { ESP_OPERATION_SIGMOID, "\\sigma(a): 1 / (1 + e^{-a})" },
  };
  size_t n = esp_formula_get_n_actions (formula);
  g_autofree EspExpression **roots = g_new (EspExpression *, n);
  EspGraph graph;

  for (size_t i = 0; i < n; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  esp_graph_init (&graph, roots, n);
  for (size_t k = 0; k < G_N_ELEMENTS (guards); k++)
    for (guint i = 0; i < graph.nodes->len; i++)
      if (esp_expression_get_operation (g_ptr_array_index (graph.nodes, i)) == guards[k].operation)
        {
          g_string_append_printf (string, "%% %s\n", guards[k].text);
          break;
        }
  esp_graph_clear (&graph);
}

char *
esp_formula_to_latex (const EspFormula *formula, const char *const *actions, int digits)
{
  size_t n = esp_formula_get_n_actions (formula);
  GString *string = g_string_new (NULL);

  append_guards (string, formula);
  g_string_append (string, n > 1 ? "\\begin{align*}\n" : "\\begin{equation*}\n");
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *expression = esp_expression_to_latex (esp_formula_get_expression (formula, i),
                                                             esp_formula_get_symbols (formula), digits);
      g_autofree char *action = actions != NULL && actions[i] != NULL ? g_strdup (actions[i])
                                : n == 1                              ? g_strdup ("u")
                                         : g_strdup_printf ("u_{%" G_GSIZE_FORMAT "}", i + 1);

      g_string_append_printf (string, "  %s %s %s%s\n", action, n > 1 ? "&=" : "=", expression,
                              i + 1 < n ? " \\\\" : "");
    }
  g_string_append (string, n > 1 ? "\\end{align*}\n" : "\\end{equation*}\n");

  return g_string_free (string, FALSE);
}

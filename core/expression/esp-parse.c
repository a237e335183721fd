/* Reading formulas: precedence climbing over the words of esp-token.h. */

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-formula.h"
#include "esp-token.h"

/* Known names are listed in a message when there are no more than these. */
#define MAX_LISTED 30

typedef struct
{
  const EspSymbols *symbols;
  /* from a name in the normal form of Unicode to its index + 1 */
  GHashTable *names;
  EspToken token;
  int nesting;
  GError **error;
} Parser;

static EspExpression *parse_sum (Parser *parser);
static EspExpression *parse_sign (Parser *parser);

static void
advance (Parser *parser)
{
  const EspToken *token = &parser->token;
  size_t column = token->column + g_utf8_strlen (token->text, (gssize) token->length);

  parser->token = esp_token_read (token->text + token->length, column);
}

static bool
is_sign (const Parser *parser, gunichar sign)
{
  return parser->token.kind == ESP_TOKEN_SIGN && parser->token.sign == sign;
}

static bool
accept (Parser *parser, gunichar sign)
{
  if (!is_sign (parser, sign))
    return false;

  advance (parser);
  return true;
}

static EspExpression *
fail (Parser *parser, const char *expected)
{
  g_autofree char *found = esp_token_describe (&parser->token);

  g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
               "found %s at column %" G_GSIZE_FORMAT ", expected %s", found, parser->token.column, expected);
  return NULL;
}

/* Applies @operation, taking over the operands; refuses what would be too deep for a later recursion. */
static EspExpression *
apply (Parser *parser, EspOperation operation, EspExpression **operands)
{
  EspExpression *result = esp_expression_apply (operation, operands);

  for (size_t i = 0; i < esp_operation_get_n_operands (operation); i++)
    g_clear_pointer (&operands[i], esp_expression_unref);
  if (esp_expression_get_depth (result) <= ESP_EXPRESSION_MAX_DEPTH)
    return result;

  esp_expression_unref (result);
  g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
               "the formula is more than %d operations deep at column %" G_GSIZE_FORMAT
               ", write it with fewer",
               ESP_EXPRESSION_MAX_DEPTH, parser->token.column);
  return NULL;
}

static bool
enter (Parser *parser)
{
  if (++parser->nesting <= ESP_FORMULA_MAX_NESTING)
    return true;

  g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
               "more than %d levels are nested in each other at column %" G_GSIZE_FORMAT
               ", write it with fewer",
               ESP_FORMULA_MAX_NESTING, parser->token.column);
  return false;
}

static bool
find_function (const EspToken *token, EspOperation *operation)
{
  for (int i = 0; i < ESP_N_OPERATIONS; i++)
    {
      const char *name = esp_operation_get_name (i);

      /* operators and leaves have no call */
      if (i < ESP_OPERATION_SIN || strlen (name) != token->length)
        continue;
      if (memcmp (name, token->text, token->length) == 0)
        {
          *operation = i;
          return true;
        }
    }

  return false;
}

static bool
find_variable (const Parser *parser, const EspToken *token, size_t *index)
{
  g_autofree char *name = g_utf8_normalize (token->text, (gssize) token->length, G_NORMALIZE_NFC);
  gpointer found = g_hash_table_lookup (parser->names, name);
  guint64 number;

  if (found != NULL)
    {
      *index = GPOINTER_TO_SIZE (found) - 1;
      return true;
    }
  if (name[0] == 's' && g_ascii_isdigit (name[1]) && name[1] != '0'
      && g_ascii_string_to_unsigned (name + 1, 10, 1, parser->symbols->n, &number, NULL))
    {
      *index = number - 1;
      return true;
    }

  return false;
}

static bool
find_constant (const EspToken *token, double *value)
{
  static const struct
  {
    const char *name;
    double value;
  } constants[] = { { "pi", G_PI }, { "π", G_PI }, { "inf", INFINITY }, { "nan", NAN } };

  for (size_t i = 0; i < G_N_ELEMENTS (constants); i++)
    if (strlen (constants[i].name) == token->length
        && memcmp (constants[i].name, token->text, token->length) == 0)
      {
        *value = constants[i].value;
        return true;
      }

  return false;
}

static EspExpression *
fail_unknown (Parser *parser, const EspToken *token, bool called)
{
  g_autofree char *name = esp_token_describe (token);
  g_autoptr (GString) known = g_string_new (NULL);

  if (called)
    {
      for (int i = ESP_OPERATION_SIN; i < ESP_N_OPERATIONS; i++)
        g_string_append_printf (known, "%s%s", i > ESP_OPERATION_SIN ? ", " : "", esp_operation_get_name (i));
      g_set_error (parser->error, ESP_ERROR, ESP_ERROR_USAGE,
                   "unknown function %s at column %" G_GSIZE_FORMAT "; there are %s", name, token->column,
                   known->str);
      return NULL;
    }

  if (parser->symbols->n == 0)
    g_string_append (known, "no variables");
  else if (parser->symbols->n > MAX_LISTED)
    g_string_append_printf (known, "%s, %s, … %s", parser->symbols->names[0], parser->symbols->names[1],
                            parser->symbols->names[parser->symbols->n - 1]);
  else
    for (size_t i = 0; i < parser->symbols->n; i++)
      g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", parser->symbols->names[i]);
  g_set_error (parser->error, ESP_ERROR, ESP_ERROR_USAGE,
               "unknown name %s at column %" G_GSIZE_FORMAT "; this environment has %s", name, token->column,
               known->str);
  return NULL;
}

/* The parser stands behind the name of the function. */
static EspExpression *
parse_call (Parser *parser, EspOperation operation, const EspToken *name)
{
  EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  EspExpression *result = NULL;
  size_t n = 0, expected = esp_operation_get_n_operands (operation);

  if (!is_sign (parser, '('))
    {
      g_autofree char *what = g_strdup_printf ("“(” after “%s”", esp_operation_get_name (operation));

      return fail (parser, what);
    }
  if (!enter (parser))
    return NULL;
  advance (parser);

  if (!is_sign (parser, ')'))
    do
      {
        g_autoptr (EspExpression) operand = parse_sum (parser);

        if (operand == NULL)
          goto out;
        /* those that are too many are read, so that they can be counted */
        if (n < expected)
          operands[n] = g_steal_pointer (&operand);
        n++;
      }
    while (accept (parser, ','));

  if (!is_sign (parser, ')'))
    fail (parser, n < expected ? "an operator or “,”" : "an operator or “)”");
  else if (n != expected)
    g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
                 "“%s” at column %" G_GSIZE_FORMAT " takes %" G_GSIZE_FORMAT
                 " argument%s, found %" G_GSIZE_FORMAT,
                 esp_operation_get_name (operation), name->column, expected, expected == 1 ? "" : "s", n);
  else
    {
      advance (parser);
      parser->nesting--;
      result = apply (parser, operation, operands);
    }

out:
  for (size_t i = 0; i < ESP_MAX_OPERANDS; i++)
    esp_expression_unref (operands[i]);
  return result;
}

static EspExpression *
parse_name (Parser *parser)
{
  EspToken name = parser->token;
  EspOperation operation;
  size_t index;
  double value;

  /* the environment's own names come first */
  advance (parser);
  if (find_variable (parser, &name, &index))
    return esp_expression_variable (index);
  if (find_function (&name, &operation))
    return parse_call (parser, operation, &name);
  if (find_constant (&name, &value))
    return esp_expression_constant (value);

  return fail_unknown (parser, &name, is_sign (parser, '('));
}

static EspExpression *
parse_atom (Parser *parser)
{
  if (parser->token.kind == ESP_TOKEN_NUMBER)
    {
      double value = parser->token.value;

      if (isinf (value))
        {
          g_autofree char *number = esp_token_describe (&parser->token);

          g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
                       "the number %s at column %" G_GSIZE_FORMAT
                       " is too large, the largest is about 1.8e308",
                       number, parser->token.column);
          return NULL;
        }
      advance (parser);
      return esp_expression_constant (value);
    }

  if (parser->token.kind == ESP_TOKEN_NAME)
    return parse_name (parser);

  if (is_sign (parser, 0x221a)) /* √ */
    {
      EspToken name = parser->token;

      advance (parser);
      return parse_call (parser, ESP_OPERATION_SQRT, &name);
    }

  if (is_sign (parser, '('))
    {
      g_autoptr (EspExpression) inner = NULL;

      if (!enter (parser))
        return NULL;
      advance (parser);
      inner = parse_sum (parser);
      if (inner == NULL)
        return NULL;
      if (!accept (parser, ')'))
        return fail (parser, "an operator or “)”");
      parser->nesting--;
      return g_steal_pointer (&inner);
    }

  return fail (parser, "a number, a name or “(”");
}

static EspExpression *
parse_power (Parser *parser)
{
  EspExpression *operands[2] = { parse_atom (parser), NULL };

  if (operands[0] == NULL)
    return NULL;

  if (parser->token.kind == ESP_TOKEN_SUPERSCRIPT)
    {
      operands[1] = esp_expression_constant (parser->token.value);
      advance (parser);
    }
  else if (is_sign (parser, '^'))
    {
      if (enter (parser))
        {
          advance (parser);
          operands[1] = parse_sign (parser);
          parser->nesting--;
        }
      if (operands[1] == NULL)
        {
          esp_expression_unref (operands[0]);
          return NULL;
        }
    }
  else
    return operands[0];

  return apply (parser, ESP_OPERATION_POWER, operands);
}

/* Returns whether the last read of @minuses belongs to the number that follows, which is then negative:
 * −2 is a constant, but −2² and −(2) are negations. */
static bool
takes_sign (const Parser *parser, size_t minuses)
{
  const EspToken *token = &parser->token;
  EspToken next;
  double value;
  size_t index;

  if (minuses == 0)
    return false;
  if (token->kind == ESP_TOKEN_NAME)
    {
      if (find_variable (parser, token, &index) || !find_constant (token, &value))
        return false;
    }
  else if (token->kind != ESP_TOKEN_NUMBER)
    return false;

  next = esp_token_read (token->text + token->length, 1);
  return next.kind != ESP_TOKEN_SUPERSCRIPT && !(next.kind == ESP_TOKEN_SIGN && next.sign == '^');
}

static EspExpression *
parse_sign (Parser *parser)
{
  size_t minuses = 0;
  g_autoptr (EspExpression) result = NULL;

  while (is_sign (parser, '-') || is_sign (parser, '+'))
    {
      minuses += is_sign (parser, '-');
      advance (parser);
    }
  /* a sign that cannot be applied later, before the text behind it is read */
  if (minuses > ESP_EXPRESSION_MAX_DEPTH)
    {
      g_set_error (parser->error, ESP_ERROR, ESP_ERROR_SYNTAX,
                   "there are more than %d signs before column %" G_GSIZE_FORMAT ", write fewer",
                   ESP_EXPRESSION_MAX_DEPTH, parser->token.column);
      return NULL;
    }

  if (takes_sign (parser, minuses))
    {
      g_autoptr (EspExpression) number = parse_atom (parser);

      if (number == NULL)
        return NULL;
      result = esp_expression_constant (-esp_expression_get_value (number));
      minuses--;
    }
  else
    result = parse_power (parser);

  for (; result != NULL && minuses > 0; minuses--)
    {
      EspExpression *operand = g_steal_pointer (&result);

      result = apply (parser, ESP_OPERATION_NEGATE, &operand);
    }
  return g_steal_pointer (&result);
}

/* Reads operands with the @next level's function, joined from the left by either of two signs. */
static EspExpression *
parse_chain (Parser *parser,
             EspExpression *(*next) (Parser *),
             const char *signs,
             EspOperation first,
             EspOperation second)
{
  g_autoptr (EspExpression) left = next (parser);

  while (left != NULL && (is_sign (parser, signs[0]) || is_sign (parser, signs[1])))
    {
      EspOperation operation = is_sign (parser, signs[0]) ? first : second;
      EspExpression *operands[2];

      advance (parser);
      operands[1] = next (parser);
      if (operands[1] == NULL)
        return NULL;
      operands[0] = g_steal_pointer (&left);
      left = apply (parser, operation, operands);
    }
  return g_steal_pointer (&left);
}

static EspExpression *
parse_product (Parser *parser)
{
  return parse_chain (parser, parse_sign, "*/", ESP_OPERATION_MULTIPLY, ESP_OPERATION_DIVIDE);
}

static EspExpression *
parse_sum (Parser *parser)
{
  return parse_chain (parser, parse_product, "+-", ESP_OPERATION_ADD, ESP_OPERATION_SUBTRACT);
}

static void
add_names (GHashTable *table, const char *const *names, size_t n)
{
  for (size_t i = 0; names != NULL && i < n; i++)
    {
      char *name = g_utf8_normalize (names[i], -1, G_NORMALIZE_NFC);

      if (name == NULL || g_hash_table_contains (table, name))
        g_free (name);
      else
        g_hash_table_insert (table, name, GSIZE_TO_POINTER (i + 1));
    }
}

/* Reads all expressions; the list is complete when true is returned. */
static bool
parse_list (Parser *parser, GPtrArray *expressions)
{
  while (parser->token.kind != ESP_TOKEN_END)
    {
      EspExpression *expression = parse_sum (parser);

      if (expression == NULL)
        return false;
      g_ptr_array_add (expressions, expression);
      if (parser->token.kind != ESP_TOKEN_END && !accept (parser, ';'))
        {
          fail (parser, is_sign (parser, ')') ? "an operator or the end, for there is no “(” before it"
                                              : "an operator, “;” or the end");
          return false;
        }
    }

  return true;
}

EspFormula *
esp_formula_parse (const char *text, const EspSymbols *symbols, size_t n_actions, GError **error)
{
  g_autoptr (GPtrArray) expressions = NULL;
  g_autoptr (GHashTable) names = NULL;
  const char *invalid;
  size_t length = strnlen (text, ESP_FORMULA_MAX_BYTES + 1);
  Parser parser = { .symbols = symbols, .error = error };

  if (length > ESP_FORMULA_MAX_BYTES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                   "the formula is longer than %u KiB, write a shorter one", ESP_FORMULA_MAX_BYTES >> 10);
      return NULL;
    }
  if (!g_utf8_validate (text, (gssize) length, &invalid))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                   "the formula is not UTF-8 text at column %ld, save it as UTF-8",
                   g_utf8_strlen (text, invalid - text) + 1);
      return NULL;
    }

  names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  add_names (names, symbols->names, symbols->n);
  add_names (names, symbols->unicode, symbols->n);
  expressions = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  parser.names = names;
  parser.token = esp_token_read (text, 1);
  if (parser.token.kind == ESP_TOKEN_END && n_actions > 0)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                           "the formula is empty, expected an expression");
      return NULL;
    }
  if (!parse_list (&parser, expressions))
    return NULL;
  if (expressions->len != n_actions)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_USAGE,
        "the formula has %u expression%s, but %" G_GSIZE_FORMAT " %s needed, one per action, separated "
        "by “;”",
        expressions->len, expressions->len == 1 ? "" : "s", n_actions, n_actions == 1 ? "is" : "are");
      return NULL;
    }

  return esp_formula_new ((EspExpression *const *) expressions->pdata, n_actions, symbols);
}

/* Reading formulas: precedence climbing over the words of esp-token.h. */

#include <math.h>
#include <string.h>

#include "esp-parse-private.h"
#include "esp-print.h"
#include "esp-token.h"

static EspExpression *parse_sum (EspParser *parser);
static EspExpression *parse_sign (EspParser *parser);

static void
advance (EspParser *parser)
{
  const EspToken *token = &parser->token;
  size_t column = token->column + g_utf8_strlen (token->text, (gssize) token->length);

  parser->token = esp_token_read (token->text + token->length, column);
}

static bool
is_sign (const EspParser *parser, gunichar sign)
{
  return parser->token.kind == ESP_TOKEN_SIGN && parser->token.sign == sign;
}

static bool
accept (EspParser *parser, gunichar sign)
{
  if (!is_sign (parser, sign))
    return false;

  advance (parser);
  return true;
}

/* Applies @operation, taking over the operands; refuses what would be too deep for a later recursion. */
static EspExpression *
apply (EspParser *parser, EspOperation operation, EspExpression **operands)
{
  EspExpression *result = esp_expression_apply (operation, operands);

  for (size_t i = 0; i < esp_operation_get_n_operands (operation); i++)
    g_clear_pointer (&operands[i], esp_expression_unref);
  if (esp_expression_get_depth (result) > ESP_EXPRESSION_MAX_DEPTH)
    esp_parser_fail_limit (
      parser, "the formula is more than " G_STRINGIFY (ESP_EXPRESSION_MAX_DEPTH) " operations deep at ");
  else if (esp_expression_get_length (result) > ESP_PRINT_MAX_LENGTH)
    esp_parser_fail_limit (
      parser, "the formula is longer than a million operations and values, its names written out, "
              "at ");
  else if (++parser->n_nodes > ESP_FORMULA_MAX_NODES)
    esp_parser_fail_limit (
      parser, "the formula has more than " G_STRINGIFY (ESP_FORMULA_MAX_NODES) " operations at ");
  else
    return result;

  esp_expression_unref (result);
  return NULL;
}

static bool
enter (EspParser *parser)
{
  if (++parser->nesting <= ESP_FORMULA_MAX_NESTING)
    return true;

  esp_parser_fail_limit (
    parser, "more than " G_STRINGIFY (ESP_FORMULA_MAX_NESTING) " levels are nested in each other at ");
  return false;
}

/* The parser stands behind the name of the function. */
static EspExpression *
parse_call (EspParser *parser, EspOperation operation, const EspToken *name)
{
  EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  EspExpression *result = NULL;
  size_t n = 0, expected = esp_operation_get_n_operands (operation);

  if (!is_sign (parser, '('))
    {
      g_autofree char *what = g_strdup_printf ("“(” after “%s”", esp_operation_get_name (operation));

      return esp_parser_fail (parser, what);
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
    esp_parser_fail (parser, n < expected ? "an operator or “,”" : "an operator or “)”");
  else if (n != expected)
    {
      g_autofree char *before = g_strdup_printf ("“%s” at ", esp_operation_get_name (operation));
      g_autofree char *after = g_strdup_printf (" takes %" G_GSIZE_FORMAT
                                                " argument%s, found %" G_GSIZE_FORMAT,
                                                expected, expected == 1 ? "" : "s", n);

      esp_parser_fail_at_token (parser, ESP_ERROR_SYNTAX, name, before, after);
    }
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
parse_name (EspParser *parser)
{
  EspToken name = parser->token;
  EspExpression *definition;
  EspOperation operation;
  size_t index;
  double value;

  /* the environment's own names come first */
  advance (parser);
  if (esp_parser_find_variable (parser, &name, &index))
    return esp_expression_variable (index);
  definition = esp_parser_find_definition (parser, &name);
  if (definition != NULL)
    return esp_expression_ref (definition);
  if (esp_parser_find_function (&name, &operation))
    return parse_call (parser, operation, &name);
  if (esp_parser_find_constant (&name, &value))
    return esp_expression_constant (value);

  return esp_parser_fail_unknown (parser, &name, is_sign (parser, '('));
}

static EspExpression *
parse_atom (EspParser *parser)
{
  if (parser->token.kind == ESP_TOKEN_NUMBER)
    {
      double value = parser->token.value;

      if (isinf (value))
        {
          g_autofree char *number = esp_token_describe (&parser->token);
          g_autofree char *before = g_strdup_printf ("the number %s at ", number);

          return esp_parser_fail_at_token (parser, ESP_ERROR_SYNTAX, &parser->token, before,
                                           " is too large, the largest is about 1.8e308");
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
        return esp_parser_fail (parser, "an operator or “)”");
      parser->nesting--;
      return g_steal_pointer (&inner);
    }

  return esp_parser_fail (parser, "a number, a name or “(”");
}

static EspExpression *
parse_power (EspParser *parser)
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
takes_sign (const EspParser *parser, size_t minuses)
{
  const EspToken *token = &parser->token;
  EspToken next;
  double value;
  size_t index;

  if (minuses == 0)
    return false;
  if (token->kind == ESP_TOKEN_NAME)
    {
      if (esp_parser_find_variable (parser, token, &index) || !esp_parser_find_constant (token, &value))
        return false;
    }
  else if (token->kind != ESP_TOKEN_NUMBER)
    return false;

  next = esp_token_read (token->text + token->length, 1);
  return next.kind != ESP_TOKEN_SUPERSCRIPT && !(next.kind == ESP_TOKEN_SIGN && next.sign == '^');
}

static EspExpression *
parse_sign (EspParser *parser)
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
    return esp_parser_fail_at_token (
      parser, ESP_ERROR_SYNTAX, &parser->token,
      "there are more than " G_STRINGIFY (ESP_EXPRESSION_MAX_DEPTH) " signs before ", ", write fewer");

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
parse_chain (EspParser *parser,
             EspExpression *(*next) (EspParser *),
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
parse_product (EspParser *parser)
{
  return parse_chain (parser, parse_sign, "*/", ESP_OPERATION_MULTIPLY, ESP_OPERATION_DIVIDE);
}

static EspExpression *
parse_sum (EspParser *parser)
{
  return parse_chain (parser, parse_product, "+-", ESP_OPERATION_ADD, ESP_OPERATION_SUBTRACT);
}

static bool
is_definition (const EspParser *parser)
{
  const EspToken *token = &parser->token;
  EspToken next;

  if (token->kind != ESP_TOKEN_NAME)
    return false;
  next = esp_token_read (token->text + token->length, 1);
  return next.kind == ESP_TOKEN_SIGN && next.sign == '=';
}

/* The parser stands at the name, and an equals sign follows. */
static bool
parse_definition (EspParser *parser)
{
  EspToken name = parser->token;
  g_autofree char *reason = esp_parser_refuse_name (parser, &name);
  EspExpression *expression;

  if (reason != NULL)
    {
      g_autofree char *quoted = esp_token_describe (&name);
      g_autofree char *before = g_strdup_printf ("the name %s at ", quoted);
      g_autofree char *after = g_strdup_printf (" %s, choose another", reason);

      esp_parser_fail_at_token (parser, ESP_ERROR_SYNTAX, &name, before, after);
      return false;
    }
  advance (parser);
  advance (parser);
  expression = parse_sum (parser);
  if (expression == NULL)
    return false;

  g_hash_table_insert (parser->definitions, esp_parser_get_name (&name), expression);
  g_ptr_array_add (parser->defined, g_strndup (name.text, name.length));
  return true;
}

/* Reads all definitions and expressions; the list is complete when true is returned. */
static bool
parse_list (EspParser *parser, GPtrArray *expressions, size_t n_actions)
{
  while (parser->token.kind != ESP_TOKEN_END)
    {
      EspToken first = parser->token;

      if (is_definition (parser))
        {
          if (!parse_definition (parser))
            return false;
        }
      else
        {
          EspExpression *expression = parse_sum (parser);

          if (expression == NULL)
            return false;
          g_ptr_array_add (expressions, expression);
        }
      if (parser->token.kind != ESP_TOKEN_END && !accept (parser, ';'))
        {
          esp_parser_fail (
            parser, is_sign (parser, ')') ? "an operator or the end, for there is no “(” before it"
                    : is_sign (parser, '=') ? "an operator, “;” or the end, for only a name may be before it"
                                            : "an operator, “;” or the end");
          return false;
        }
      /* the first that is too many is where the message about their number points */
      if (expressions->len == n_actions + 1 && parser->failure->length == 0)
        {
          parser->failure->start = first.text - parser->text;
          parser->failure->length = first.length;
        }
    }

  return true;
}

static bool
check_encoding (EspParser *parser)
{
  const char *text = parser->text, *invalid;
  size_t length = strnlen (text, ESP_FORMULA_MAX_BYTES + 1);

  if (length > ESP_FORMULA_MAX_BYTES)
    {
      parser->failure->code = ESP_ERROR_SYNTAX;
      parser->failure->line = parser->failure->column = 1;
      parser->failure->message = g_strdup_printf ("the formula is longer than %u KiB, write a shorter one",
                                                  ESP_FORMULA_MAX_BYTES >> 10);
      return false;
    }
  if (g_utf8_validate (text, (gssize) length, &invalid))
    return true;

  esp_parser_fail_at (parser, ESP_ERROR_SYNTAX, invalid - text, 1, "the formula is not UTF-8 text at ",
                      ", save it as UTF-8");
  return false;
}

/* Fails because the formula has @n expressions, at the first that is too many or at the end. */
static void
fail_number (EspParser *parser, size_t n, size_t n_actions)
{
  EspParseError *failure = parser->failure;

  if (n <= n_actions)
    failure->start = parser->token.text - parser->text;
  esp_parser_fail_at (parser, ESP_ERROR_USAGE, failure->start, failure->length, "", "");
  g_free (failure->message);
  failure->message = g_strdup_printf ("the formula has %" G_GSIZE_FORMAT " expression%s, but %" G_GSIZE_FORMAT
                                      " %s needed, one per action, separated by “;”",
                                      n, n == 1 ? "" : "s", n_actions, n_actions == 1 ? "is" : "are");
}

EspFormula *
esp_formula_parse_text (const char *text, const EspSymbols *symbols, size_t n_actions, EspParseError *failure)
{
  g_autoptr (GPtrArray) expressions = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_autoptr (GPtrArray) defined = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) definitions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                              (GDestroyNotify) esp_expression_unref);
  EspParser parser = { .text = text,
                       .symbols = symbols,
                       .names = names,
                       .definitions = definitions,
                       .defined = defined,
                       .failure = failure };

  if (!check_encoding (&parser))
    return NULL;
  esp_parser_add_names (names, symbols->names, symbols->n);
  esp_parser_add_names (names, symbols->unicode, symbols->n);
  parser.token = esp_token_read (text, 1);
  if (parser.token.kind == ESP_TOKEN_END && n_actions > 0)
    {
      esp_parser_fail (&parser, "an expression");
      g_free (failure->message);
      failure->message = g_strdup ("the formula is empty, expected an expression");
      return NULL;
    }
  if (!parse_list (&parser, expressions, n_actions))
    return NULL;
  if (expressions->len != n_actions)
    {
      fail_number (&parser, expressions->len, n_actions);
      return NULL;
    }

  return esp_formula_new ((EspExpression *const *) expressions->pdata, n_actions, symbols);
}

EspFormula *
esp_formula_parse (const char *text, const EspSymbols *symbols, size_t n_actions, GError **error)
{
  g_auto (EspParseError) failure = { 0 };
  EspFormula *formula = esp_formula_parse_text (text, symbols, n_actions, &failure);

  if (formula == NULL && error != NULL)
    {
      *error = g_error_new_literal (ESP_ERROR, (int) failure.code, failure.message);
      esp_error_take_pointed (*error, esp_parse_error_point (&failure, text));
    }
  return formula;
}

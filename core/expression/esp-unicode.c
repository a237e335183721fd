/* Expressions as Unicode text for people, with as few signs and parentheses as one would write. */

#include <math.h>

#include "esp-number.h"
#include "esp-precedence.h"
#include "esp-print.h"

/* What is the same for every node of one Unicode text. */
typedef struct
{
  GString *string;
  const EspSymbols *symbols;
  int digits;
} Unicode;

static void
append_name (GString *string, size_t index, const EspSymbols *symbols)
{
  if (symbols == NULL || index >= symbols->n)
    g_string_append_printf (string, "s%" G_GSIZE_FORMAT, index + 1);
  else
    g_string_append (string, symbols->unicode != NULL ? symbols->unicode[index] : symbols->names[index]);
}

/* Appends the number without its sign. */
static void
append_magnitude (Unicode *unicode, double value)
{
  EspDecimal decimal;

  if (!isfinite (value))
    {
      g_string_append (unicode->string, isnan (value) ? "nan" : "inf");
      return;
    }

  esp_decimal_init (&decimal, value, unicode->digits);
  if (esp_decimal_is_plain (&decimal))
    {
      esp_decimal_append_digits (&decimal, unicode->string);
      return;
    }
  if (decimal.n > 1 || decimal.digits[0] != '1')
    {
      esp_decimal_append_digits (&decimal, unicode->string);
      g_string_append (unicode->string, "·");
    }
  g_string_append (unicode->string, "10");
  esp_append_superscript (unicode->string, decimal.exponent);
}

static EspPrecedence
get_unicode_precedence (const Unicode *unicode, const EspExpression *expression)
{
  EspPrecedence precedence = esp_expression_get_precedence (expression);
  double value;
  EspDecimal decimal;

  if (esp_expression_get_operation (expression) != ESP_OPERATION_CONSTANT)
    return precedence;
  value = esp_expression_get_value (expression);
  if (!isfinite (value))
    return precedence;

  /* a power of ten binds as what it looks like */
  esp_decimal_init (&decimal, value, unicode->digits);
  return esp_decimal_is_plain (&decimal) ? precedence : ESP_PRECEDENCE_PRODUCT;
}

/* With @bare, the minus sign with which @expression leads is left out. */
static void
append_unicode (Unicode *unicode, const EspExpression *expression, EspPrecedence needed, bool bare)
{
  EspOperation operation = esp_expression_get_operation (expression);
  EspPrecedence precedence = get_unicode_precedence (unicode, expression);
  GString *string = unicode->string;
  const EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  size_t n = esp_expression_get_n_operands (expression);
  bool enclose;
  int exponent;

  for (size_t i = 0; i < n; i++)
    operands[i] = esp_expression_get_operand (expression, i);

  /* a sign within a product or behind another sign is put in parentheses */
  enclose = !bare
            && (precedence < needed
                || (needed > ESP_PRECEDENCE_PRODUCT && precedence < ESP_PRECEDENCE_POWER));
  if (enclose)
    g_string_append_c (string, '(');
  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
      if (esp_expression_is_negative_constant (expression) && !bare)
        g_string_append (string, "−");
      append_magnitude (unicode, esp_expression_get_value (expression));
      break;
    case ESP_OPERATION_VARIABLE:
      append_name (string, esp_expression_get_index (expression), unicode->symbols);
      break;
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      {
        bool turned = operation == ESP_OPERATION_ADD && esp_expression_leads_with_minus (operands[1]);

        append_unicode (unicode, operands[0], ESP_PRECEDENCE_SUM, false);
        g_string_append (string, turned || operation == ESP_OPERATION_SUBTRACT ? " − " : " + ");
        if (!turned && esp_expression_leads_with_minus (operands[1]))
          {
            g_string_append_c (string, '(');
            append_unicode (unicode, operands[1], ESP_PRECEDENCE_SUM, false);
            g_string_append_c (string, ')');
          }
        else
          append_unicode (unicode, operands[1], ESP_PRECEDENCE_PRODUCT, turned);
        break;
      }
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      append_unicode (unicode, operands[0], ESP_PRECEDENCE_PRODUCT, bare);
      g_string_append (string, operation == ESP_OPERATION_MULTIPLY ? "·" : "/");
      append_unicode (unicode, operands[1], ESP_PRECEDENCE_SIGN, false);
      break;
    case ESP_OPERATION_POWER:
      append_unicode (unicode, operands[0], ESP_PRECEDENCE_ATOM, false);
      if (esp_expression_is_short_integer (operands[1], &exponent))
        esp_append_superscript (string, exponent);
      else
        {
          g_string_append_c (string, '^');
          append_unicode (unicode, operands[1], ESP_PRECEDENCE_POWER, false);
        }
      break;
    case ESP_OPERATION_NEGATE:
      if (!bare)
        g_string_append (string, "−");
      append_unicode (unicode, operands[0], ESP_PRECEDENCE_SIGN, false);
      break;
    case ESP_OPERATION_SQRT:
      g_string_append (string, "√(");
      append_unicode (unicode, operands[0], ESP_PRECEDENCE_SUM, false);
      g_string_append_c (string, ')');
      break;
    default:
      g_string_append_printf (string, "%s(", esp_operation_get_name (operation));
      for (size_t i = 0; i < n; i++)
        {
          if (i > 0)
            g_string_append (string, ", ");
          append_unicode (unicode, operands[i], ESP_PRECEDENCE_SUM, false);
        }
      g_string_append_c (string, ')');
      break;
    }
  if (enclose)
    g_string_append_c (string, ')');
}

char *
esp_expression_to_unicode (const EspExpression *expression, const EspSymbols *symbols, int digits)
{
  Unicode unicode = { .symbols = symbols, .digits = digits };

  if (!esp_expression_is_printable (expression))
    return g_strdup ("…");

  unicode.string = g_string_new (NULL);
  append_unicode (&unicode, expression, ESP_PRECEDENCE_SUM, false);
  return g_string_free (unicode.string, FALSE);
}

#include "esp-precedence.h"

#include <math.h>

#include "esp-print.h"

bool
esp_expression_is_printable (const EspExpression *expression)
{
  return esp_expression_get_length (expression) <= ESP_PRINT_MAX_LENGTH
         && esp_expression_get_depth (expression) <= ESP_EXPRESSION_MAX_DEPTH;
}

bool
esp_expression_is_negative_constant (const EspExpression *expression)
{
  return esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT
         && !isnan (esp_expression_get_value (expression)) && signbit (esp_expression_get_value (expression));
}

bool
esp_expression_leads_with_minus (const EspExpression *expression)
{
  for (;;)
    switch (esp_expression_get_operation (expression))
      {
      case ESP_OPERATION_CONSTANT:
        return esp_expression_is_negative_constant (expression);
      case ESP_OPERATION_NEGATE:
        return true;
      case ESP_OPERATION_MULTIPLY:
      case ESP_OPERATION_DIVIDE:
        expression = esp_expression_get_operand (expression, 0);
        break;
      default:
        return false;
      }
}

bool
esp_expression_is_short_integer (const EspExpression *expression, int *value)
{
  double number;

  if (esp_expression_get_operation (expression) != ESP_OPERATION_CONSTANT)
    return false;
  number = esp_expression_get_value (expression);
  if (!(fabs (number) < 1000) || number != floor (number) || (number == 0 && signbit (number)))
    return false;

  *value = (int) number;
  return true;
}

EspPrecedence
esp_expression_get_precedence (const EspExpression *expression)
{
  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      return ESP_PRECEDENCE_SUM;
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      return ESP_PRECEDENCE_PRODUCT;
    case ESP_OPERATION_NEGATE:
      return ESP_PRECEDENCE_SIGN;
    case ESP_OPERATION_POWER:
      return ESP_PRECEDENCE_POWER;
    case ESP_OPERATION_CONSTANT:
      return esp_expression_is_negative_constant (expression) ? ESP_PRECEDENCE_SIGN : ESP_PRECEDENCE_ATOM;
    default:
      return ESP_PRECEDENCE_ATOM;
    }
}

void
esp_append_superscript (GString *string, int value)
{
  static const char *const digits[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  g_autofree char *text = g_strdup_printf ("%d", value);

  for (const char *c = text; *c != '\0'; c++)
    g_string_append (string, *c == '-' ? "⁻" : digits[*c - '0']);
}

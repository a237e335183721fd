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

#include "esp-order.h"

#include <string.h>

static int
get_rank (const EspExpression *expression)
{
  EspOperation operation = esp_expression_get_operation (expression);

  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
      return 0;
    case ESP_OPERATION_VARIABLE:
      return 1;
    case ESP_OPERATION_POWER:
      return 2;
    case ESP_OPERATION_MULTIPLY:
      return 3;
    case ESP_OPERATION_DIVIDE:
      return 4;
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
    case ESP_OPERATION_NEGATE:
      return 5 + ESP_N_OPERATIONS + (int) operation;
    default:
      return 5 + (int) operation;
    }
}

int
esp_expression_compare (const EspExpression *a, const EspExpression *b)
{
  while (a != b)
    {
      int order = get_rank (a) - get_rank (b);
      size_t left = esp_expression_get_length (a), right = esp_expression_get_length (b), i = 0;

      if (order != 0)
        return order;
      if (left != right)
        return left < right ? -1 : 1;
      if (esp_expression_get_operation (a) == ESP_OPERATION_VARIABLE)
        return esp_expression_get_index (a) < esp_expression_get_index (b) ? -1 : 1;
      if (esp_expression_get_operation (a) == ESP_OPERATION_CONSTANT)
        {
          double x = esp_expression_get_value (a), y = esp_expression_get_value (b);

          /* what is not a number, and the two zeros, have no order but that of their bits */
          return x < y ? -1 : x > y ? 1 : memcmp (&x, &y, sizeof x);
        }

      /* they differ, and equal operands are the same pointer, so one operand decides */
      while (esp_expression_get_operand (a, i) == esp_expression_get_operand (b, i))
        i++;
      a = esp_expression_get_operand (a, i);
      b = esp_expression_get_operand (b, i);
    }

  return 0;
}

#include "bounded-value.h"

#include <float.h>
#include <math.h>

double
bounded_value (const EspExpression *expression, const double *observation, double *bound)
{
  EspOperation operation = esp_expression_get_operation (expression);
  size_t n = esp_expression_get_n_operands (expression);
  double values[ESP_MAX_OPERANDS], bounds[ESP_MAX_OPERANDS];
  double value;

  *bound = 0;
  if (operation == ESP_OPERATION_CONSTANT || operation == ESP_OPERATION_VARIABLE)
    {
      value = operation == ESP_OPERATION_CONSTANT ? esp_expression_get_value (expression)
                                                  : observation[esp_expression_get_index (expression)];
      *bound = 4 * DBL_EPSILON * fabs (value);
      return value;
    }

  for (size_t i = 0; i < n; i++)
    values[i] = bounded_value (esp_expression_get_operand (expression, i), observation, &bounds[i]);
  value = esp_operation_evaluate (operation, values);
  for (size_t i = 0; i < n; i++)
    {
      double kept = values[i], change = 0;

      if (!isfinite (kept) || !isfinite (bounds[i]))
        *bound = INFINITY;
      for (int side = -1; side <= 1; side += 2)
        {
          double moved;

          values[i] = kept + side * (bounds[i] + DBL_MIN);
          moved = fabs (esp_operation_evaluate (operation, values) - value);
          change = isnan (moved) ? INFINITY : fmax (change, moved);
        }
      /* a whole number of waves further, the value is the same */
      if (operation == ESP_OPERATION_SIN || operation == ESP_OPERATION_COS)
        change = fmax (change, fmin (bounds[i], 2));
      values[i] = kept;
      *bound += 2 * change;
    }
  *bound += 8 * DBL_EPSILON * fabs (value);
  return value;
}

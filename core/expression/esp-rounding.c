#include "esp-rounding.h"

#include <float.h>
#include <math.h>

#include "esp-graph.h"

/* Returns how far @moved is from @value, INFINITY where only one of them is a number. */
static double
get_change (double value, double moved)
{
  if (isfinite (value) && isfinite (moved))
    return fabs (moved - value);

  return (isnan (value) && isnan (moved)) || moved == value ? 0 : INFINITY;
}

/* Returns whether an error of the exponent decides if the power of a negative base is a number, which it is
 * at whole exponents only. */
static bool
is_whole_by_chance (const double *operands, const double *bounds)
{
  return operands[0] - bounds[0] < 0 && bounds[1] > 0
         && !(fabs (operands[1] - round (operands[1])) > bounds[1]);
}

/* Returns how far errors of its operands move the value of an operation. */
static double
carry (EspOperation operation, size_t n, double *operands, const double *bounds, double value)
{
  double bound = 0;

  if (operation == ESP_OPERATION_POWER && is_whole_by_chance (operands, bounds))
    return INFINITY;
  for (size_t i = 0; i < n; i++)
    {
      double kept = operands[i];
      double change = 0;

      if (bounds[i] == 0)
        continue;
      /* it may as well be any number */
      if (!isfinite (kept))
        return INFINITY;
      for (int side = -1; side <= 1; side += 2)
        {
          operands[i] = kept + side * (bounds[i] + DBL_MIN);
          change = fmax (change, get_change (value, esp_operation_evaluate (operation, operands)));
        }
      operands[i] = kept;
      bound += change;
    }

  return bound;
}

void
esp_formula_bound_rounding (
  const EspFormula *formula, const double *observation, bool single, double units, double *bounds)
{
  size_t n_actions = esp_formula_get_n_actions (formula);
  g_autofree EspExpression **roots = g_new (EspExpression *, n_actions);
  g_autofree double *values = NULL;
  g_autofree double *errors = NULL;
  double unit = units * (single ? 0x1p-24 : 0x1p-53);
  double smallest = single ? FLT_MIN : DBL_MIN;
  double largest = single ? FLT_MAX : DBL_MAX;
  EspGraph graph;

  for (size_t i = 0; i < n_actions; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  esp_graph_init (&graph, roots, n_actions);
  values = g_new (double, graph.nodes->len);
  errors = g_new (double, graph.nodes->len);

  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspOperation operation = esp_expression_get_operation (node);
      size_t n = esp_expression_get_n_operands (node);
      double operands[ESP_MAX_OPERANDS], carried[ESP_MAX_OPERANDS];

      for (size_t k = 0; k < n; k++)
        {
          size_t place = esp_graph_get_place (&graph, esp_expression_get_operand (node, k));

          operands[k] = values[place];
          carried[k] = errors[place];
        }
      if (operation == ESP_OPERATION_CONSTANT)
        values[i] = esp_expression_get_value (node);
      else if (operation == ESP_OPERATION_VARIABLE)
        values[i] = observation[esp_expression_get_index (node)];
      else
        values[i] = esp_operation_evaluate (operation, operands);
      errors[i] = carry (operation, n, operands, carried, values[i]);
      if (isfinite (values[i]))
        errors[i] += fabs (values[i]) > largest                      ? INFINITY
                     : fabs (values[i]) < smallest && values[i] != 0 ? smallest
                                                                     : unit * fabs (values[i]);
    }
  for (size_t i = 0; i < n_actions; i++)
    bounds[i] = errors[esp_graph_get_place (&graph, roots[i])];

  esp_graph_clear (&graph);
}

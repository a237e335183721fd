#include "esp-reduce.h"

#include <math.h>

#include "esp-formula.h"
#include "esp-graph.h"
#include "esp-simplify.h"

#define MAX_TERMS 64

typedef struct
{
  const double *points;
  size_t n_points;
  size_t n_variables;
  EspSymbols symbols;
  double *exact; /* the values of the given expression */
} Measure;

static void
evaluate (const Measure *measure, EspExpression *expression, double *values)
{
  g_autoptr (EspFormula) formula = esp_formula_new (&expression, 1, &measure->symbols);

  for (size_t i = 0; i < measure->n_points; i++)
    esp_formula_evaluate (formula, measure->points + i * measure->n_variables, values + i);
}

/* Returns the largest difference; infinite where @expression is not finite but should be. */
static double
get_error (const Measure *measure, EspExpression *expression)
{
  g_autofree double *values = g_new (double, MAX (measure->n_points, 1));
  double error = 0;

  evaluate (measure, expression, values);
  for (size_t i = 0; i < measure->n_points; i++)
    if (isfinite (measure->exact[i]))
      error = isfinite (values[i]) ? fmax (error, fabs (values[i] - measure->exact[i])) : INFINITY;
  return error;
}

/* Returns a new expression like @expression, where @node is replaced by its operand @side (or NULL), and
 * numbers are rounded to @digits (0 for none). */
static EspExpression *
copy (EspExpression *expression, const EspExpression *node, size_t side, int digits)
{
  g_autoptr (GPtrArray) copies = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  EspExpression *result;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspExpression *old = g_ptr_array_index (graph.nodes, i), *new, *operands[ESP_MAX_OPERANDS];
      EspOperation operation = esp_expression_get_operation (old);
      size_t n = esp_expression_get_n_operands (old);

      for (size_t k = 0; k < n; k++)
        operands[k] = copies->pdata[esp_graph_get_place (&graph, esp_expression_get_operand (old, k))];
      /* an exponent says what kind of function it is */
      if (operation == ESP_OPERATION_POWER
          && esp_expression_get_operation (esp_expression_get_operand (old, 1)) == ESP_OPERATION_CONSTANT)
        operands[1] = esp_expression_get_operand (old, 1);
      if (old == node && side == 1 && operation == ESP_OPERATION_SUBTRACT)
        new = esp_expression_unary (ESP_OPERATION_NEGATE, operands[1]);
      else if (old == node)
        new = esp_expression_ref (operands[side]);
      else if (n > 0)
        new = esp_expression_apply (operation, operands);
      else if (operation == ESP_OPERATION_CONSTANT && digits > 0)
        {
          char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

          g_snprintf (format, sizeof format, "%%.%dg", CLAMP (digits, 1, 17));
          g_ascii_formatd (text, sizeof text, format, esp_expression_get_value (old));
          new = esp_expression_constant (g_ascii_strtod (text, NULL));
        }
      else
        new = esp_expression_ref (old);
      g_ptr_array_add (copies, new);
    }
  result = esp_expression_ref (copies->pdata[copies->len - 1]);
  esp_graph_clear (&graph);
  return result;
}

/* Returns @expression without the term that is missed least, NULL when each is missed too much. */
static EspExpression *
drop_term (const Measure *measure, EspExpression *expression, double tolerance)
{
  EspExpression *best = NULL;
  double least = tolerance;
  size_t n_tried = 0;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  for (guint i = graph.nodes->len; i > 0 && n_tried < 2 * MAX_TERMS; i--)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i - 1);
      EspOperation operation = esp_expression_get_operation (node);

      if (operation != ESP_OPERATION_ADD && operation != ESP_OPERATION_SUBTRACT)
        continue;
      for (size_t side = 0; side < 2; side++)
        {
          g_autoptr (EspExpression) shorter = copy (expression, node, side, 0);
          double error = get_error (measure, shorter);

          n_tried++;
          if (error > tolerance || (best != NULL && error >= least))
            continue;
          least = error;
          esp_expression_unref (best);
          best = esp_expression_simplify (shorter);
        }
    }
  esp_graph_clear (&graph);
  return best;
}

EspExpression *
esp_expression_reduce (EspExpression *expression,
                       int digits,
                       double tolerance,
                       const double *points,
                       size_t n_points,
                       size_t n_variables,
                       double *error)
{
  g_autofree const char **names = g_new0 (const char *, MAX (n_variables, 1));
  g_autofree double *exact = g_new (double, MAX (n_points, 1));
  Measure measure = { points, n_points, n_variables, { n_variables, names, NULL, NULL }, exact };
  EspExpression *result = esp_expression_simplify (expression);

  for (size_t i = 0; i < n_variables; i++)
    names[i] = "";
  evaluate (&measure, expression, exact);
  for (int i = 0; tolerance > 0 && i < MAX_TERMS; i++)
    {
      EspExpression *shorter = drop_term (&measure, result, tolerance);

      if (shorter == NULL)
        break;
      esp_expression_unref (result);
      result = shorter;
    }
  /* what is multiplied out after rounding has more digits again */
  for (int i = 0; digits > 0 && i < 3; i++)
    {
      g_autoptr (EspExpression) before = result;
      g_autoptr (EspExpression) rounded = copy (before, NULL, 0, digits);

      result = esp_expression_simplify (rounded);
      if (esp_expression_equal (before, result))
        break;
    }
  *error = get_error (&measure, result);
  return result;
}

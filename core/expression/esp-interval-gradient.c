/* Intervals of whole expressions, and of their gradients (forward differentiation). */

#include "esp-graph.h"
#include "esp-interval-private.h"

/* Returns 0, 1, or all between, as @inside is surely false, surely true, or neither is sure. */
static EspInterval
indicator (bool never, bool always)
{
  return (EspInterval){ always ? 1 : 0, never ? 0 : 1 };
}

static EspInterval
inside_guard (EspInterval a, double low, double high)
{
  return indicator (a.high < low || a.low > high, a.low >= low && a.high <= high);
}

/* The derivative of a power by its base, where the exponent is not 0. */
static EspInterval
power_by_base (EspInterval a, EspInterval b)
{
  return esp_interval_multiply (b, esp_interval_power (a, esp_interval_add (b, (EspInterval){ -1, -1 })));
}

static EspInterval
slope_of_logistic (EspInterval weight)
{
  EspInterval slope = esp_interval_multiply (
    weight, esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (weight)));

  return esp_interval_meet (slope, (EspInterval){ 0, 0.25 });
}

/* Writes the derivatives of @operation by each operand where the operands are in @a and the value in @value.
 * Kinks give all slopes between those of both sides, which is what a chain of them needs. */
static void
get_slopes (EspOperation operation, const EspInterval *a, EspInterval value, EspInterval *slopes)
{
  EspInterval weight, divisor;

  switch (operation)
    {
    case ESP_OPERATION_ADD:
      slopes[0] = slopes[1] = ESP_INTERVAL_ONE;
      break;
    case ESP_OPERATION_SUBTRACT:
      slopes[0] = ESP_INTERVAL_ONE;
      slopes[1] = esp_interval_negate (ESP_INTERVAL_ONE);
      break;
    case ESP_OPERATION_MULTIPLY:
      slopes[0] = a[1];
      slopes[1] = a[0];
      break;
    case ESP_OPERATION_DIVIDE:
      slopes[0] = esp_interval_divide (ESP_INTERVAL_ONE, a[1]);
      slopes[1] = esp_interval_negate (esp_interval_divide (value, a[1]));
      break;
    case ESP_OPERATION_POWER:
      slopes[0] = power_by_base (a[0], a[1]);
      /* a negative base has no derivative by the exponent */
      weight = esp_interval_logarithm (a[0]);
      slopes[1] = a[1].low == a[1].high            ? ESP_INTERVAL_ZERO
                  : esp_interval_is_empty (weight) ? ESP_INTERVAL_ALL
                                                   : esp_interval_multiply (value, weight);
      break;
    case ESP_OPERATION_NEGATE:
      slopes[0] = esp_interval_negate (ESP_INTERVAL_ONE);
      break;
    case ESP_OPERATION_SIN:
      slopes[0] = esp_interval_cosine (a[0]);
      break;
    case ESP_OPERATION_COS:
      slopes[0] = esp_interval_negate (esp_interval_sine (a[0]));
      break;
    case ESP_OPERATION_EXP:
      slopes[0] = value;
      break;
    case ESP_OPERATION_LOG:
      slopes[0] = esp_interval_divide (ESP_INTERVAL_ONE,
                                       esp_interval_meet (a[0], (EspInterval){ 0, INFINITY }));
      break;
    case ESP_OPERATION_SQRT:
      slopes[0] = esp_interval_divide ((EspInterval){ 0.5, 0.5 }, value);
      break;
    case ESP_OPERATION_ABS:
      slopes[0] = (EspInterval){ a[0].low > 0 ? 1 : -1, a[0].high < 0 ? -1 : 1 };
      break;
    case ESP_OPERATION_SIGN:
      slopes[0] = ESP_INTERVAL_ZERO;
      break;
    case ESP_OPERATION_TANH:
      slopes[0] = esp_interval_meet (
        esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (esp_interval_whole_power (value, 2))),
        (EspInterval){ 0, 1 });
      break;
    case ESP_OPERATION_SIGMOID:
      slopes[0] = slope_of_logistic (value);
      break;
    case ESP_OPERATION_MIN:
      slopes[0] = indicator (a[0].low > a[1].high, a[0].high < a[1].low);
      slopes[1] = esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (slopes[0]));
      break;
    case ESP_OPERATION_MAX:
      slopes[0] = indicator (a[0].high<a[1].low, a[0].low> a[1].high);
      slopes[1] = esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (slopes[0]));
      break;
    case ESP_OPERATION_CLAMP:
      slopes[0] = indicator (a[0].high < a[1].low || a[0].low > a[2].high,
                             a[0].low > a[1].high && a[0].high < a[2].low);
      slopes[1] = indicator (a[0].low > a[1].high, a[0].high < a[1].low);
      slopes[2] = indicator (a[0].high < a[2].low
                             || a[0].high<a[1].low, a[0].low> a[2].high && a[0].low > a[1].high);
      break;
    case ESP_OPERATION_GUARDED_MULTIPLY:
      for (int i = 0; i < 2; i++)
        slopes[i] = esp_interval_multiply (inside_guard (a[i], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY),
                                           esp_interval_clamp_to_guard (a[1 - i]));
      break;
    case ESP_OPERATION_GUARDED_DIVIDE:
      divisor = esp_interval_meet (a[1], (EspInterval){ ESP_GUARD_DIVIDE, INFINITY });
      slopes[0] = slopes[1] = ESP_INTERVAL_EMPTY;
      if (!esp_interval_is_empty (divisor))
        {
          slopes[0] = esp_interval_divide (ESP_INTERVAL_ONE, divisor);
          if (!esp_interval_is_empty (a[0]))
            slopes[1] = esp_interval_negate (
              esp_interval_divide (esp_interval_divide (a[0], divisor), divisor));
        }
      if (a[1].low < ESP_GUARD_DIVIDE)
        for (int i = 0; i < 2; i++)
          slopes[i] = esp_interval_join (slopes[i], ESP_INTERVAL_ZERO);
      break;
    case ESP_OPERATION_GUARDED_LOG:
      slopes[0] = ESP_INTERVAL_ZERO;
      if (a[0].high >= ESP_GUARD_LOG)
        slopes[0] = esp_interval_divide (ESP_INTERVAL_ONE,
                                         esp_interval_meet (a[0], (EspInterval){ ESP_GUARD_LOG, INFINITY }));
      if (a[0].low <= ESP_GUARD_LOG)
        slopes[0] = esp_interval_join (slopes[0], ESP_INTERVAL_ZERO);
      break;
    case ESP_OPERATION_GUARDED_EXP:
      slopes[0] = esp_interval_multiply (inside_guard (a[0], ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH), value);
      break;
    case ESP_OPERATION_SOFT_IF:
      weight = esp_interval_logistic (a[0]);
      slopes[0] = esp_interval_multiply (slope_of_logistic (weight),
                                         esp_interval_add (a[1], esp_interval_negate (a[2])));
      slopes[1] = weight;
      slopes[2] = esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (weight));
      break;
    default:
      g_return_if_reached ();
    }
}

/* Adds slope · inner to @sum. */
static void
chain (EspInterval *sum, EspInterval slope, EspInterval inner)
{
  /* what does not depend on the variable has no share, however steep */
  if (inner.low == 0 && inner.high == 0)
    return;
  if (esp_interval_is_empty (slope) || esp_interval_is_empty (inner) || esp_interval_is_empty (*sum))
    *sum = ESP_INTERVAL_EMPTY;
  else
    *sum = esp_interval_add (*sum, esp_interval_multiply (slope, inner));
}

/* Writes the gradient @g[n] of one node from its operands' @inner. */
static void
get_gradient (EspOperation operation,
              const EspInterval *a,
              EspInterval value,
              EspInterval *const *inner,
              size_t n,
              EspInterval *g)
{
  EspInterval slopes[ESP_MAX_OPERANDS];

  if (operation == ESP_OPERATION_IF)
    {
      for (size_t v = 0; v < n; v++)
        {
          g[v] = ESP_INTERVAL_EMPTY;
          if (a[0].high > 0)
            g[v] = inner[1][v];
          if (a[0].low <= 0)
            g[v] = esp_interval_join (g[v], inner[2][v]);
        }
      return;
    }

  get_slopes (operation, a, value, slopes);
  for (size_t v = 0; v < n; v++)
    {
      g[v] = ESP_INTERVAL_ZERO;
      for (size_t k = 0; k < esp_operation_get_n_operands (operation); k++)
        chain (&g[v], slopes[k], inner[k][v]);
      /* the guard's side of a quotient needs no dividend */
      if (operation == ESP_OPERATION_GUARDED_DIVIDE && a[1].low < ESP_GUARD_DIVIDE)
        g[v] = esp_interval_join (g[v], ESP_INTERVAL_ZERO);
    }
}

static EspInterval
bound (EspExpression *expression, const EspInterval *box, size_t n, EspInterval *gradient)
{
  g_autofree EspInterval *values = NULL;
  g_autofree EspInterval *gradients = NULL;
  EspInterval result;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  values = g_new (EspInterval, graph.nodes->len);
  if (gradient != NULL)
    gradients = g_new0 (EspInterval, graph.nodes->len * MAX (n, 1));

  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspOperation operation = esp_expression_get_operation (node);
      EspInterval operands[ESP_MAX_OPERANDS], *inner[ESP_MAX_OPERANDS] = { NULL };

      if (operation == ESP_OPERATION_CONSTANT)
        {
          double value = esp_expression_get_value (node);

          values[i] = isfinite (value) ? (EspInterval){ value, value } : ESP_INTERVAL_EMPTY;
          continue;
        }
      if (operation == ESP_OPERATION_VARIABLE)
        {
          size_t index = esp_expression_get_index (node);

          values[i] = box != NULL && index < n ? box[index] : ESP_INTERVAL_ALL;
          if (gradient != NULL && index < n)
            gradients[i * n + index] = ESP_INTERVAL_ONE;
          continue;
        }

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        {
          size_t place = esp_graph_get_place (&graph, esp_expression_get_operand (node, k));

          operands[k] = values[place];
          if (gradient != NULL)
            inner[k] = gradients + place * n;
        }
      values[i] = esp_interval_evaluate (operation, operands);
      if (gradient == NULL)
        continue;
      if (esp_interval_is_empty (values[i]))
        for (size_t v = 0; v < n; v++)
          gradients[i * n + v] = ESP_INTERVAL_EMPTY;
      else
        get_gradient (operation, operands, values[i], inner, n, gradients + i * n);
    }

  result = values[graph.nodes->len - 1];
  for (size_t v = 0; gradient != NULL && v < n; v++)
    gradient[v] = gradients[(graph.nodes->len - 1) * n + v];
  esp_graph_clear (&graph);
  return result;
}

EspInterval
esp_expression_bound (EspExpression *expression, const EspInterval *box, size_t n)
{
  return bound (expression, box, n, NULL);
}

EspInterval
esp_expression_bound_gradient (EspExpression *expression,
                               const EspInterval *box,
                               size_t n,
                               EspInterval *gradient)
{
  return bound (expression, box, n, gradient);
}

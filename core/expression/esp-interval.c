#include "esp-interval.h"

#include <math.h>

#include "esp-graph.h"

/* The functions of the C library are right to a few units in the last place (glibc's manual, "Known Maximum
 * Errors in Math Functions"); this is how many are added. */
#define FUNCTION_ULPS 4

/* Beyond this, the rounding of π may hide a whole crest. */
#define MAX_ANGLE 1e5

#define CREST_TOLERANCE 1e-9

static const EspInterval one = { 1, 1 };
static const EspInterval zero = { 0, 0 };

static double
down (double value)
{
  return nextafter (value, -INFINITY);
}

static double
up (double value)
{
  return nextafter (value, INFINITY);
}

/* Moves the bounds of a function's values apart by what its implementation may have erred; @low and @high are
 * limits that it never crosses. */
static EspInterval
widen (double a, double b, double low, double high)
{
  for (int i = 0; i < FUNCTION_ULPS; i++)
    {
      a = down (a);
      b = up (b);
    }
  return (EspInterval){ fmax (a, low), fmin (b, high) };
}

EspInterval
esp_interval_join (EspInterval a, EspInterval b)
{
  if (esp_interval_is_empty (a))
    return b;
  if (esp_interval_is_empty (b))
    return a;
  return (EspInterval){ fmin (a.low, b.low), fmax (a.high, b.high) };
}

EspInterval
esp_interval_meet (EspInterval a, EspInterval b)
{
  EspInterval result = { fmax (a.low, b.low), fmin (a.high, b.high) };

  return esp_interval_is_empty (a) || esp_interval_is_empty (b) || esp_interval_is_empty (result)
           ? ESP_INTERVAL_EMPTY
           : result;
}

/* a + b rounded to the side of @direction; exact sums stay (Møller's and Knuth's two-sum tells). */
static double
add_toward (double a, double b, int direction)
{
  double sum = a + b, rest, error;

  if (isinf (a) || isinf (b))
    return direction < 0 ? (a == -INFINITY || b == -INFINITY ? -INFINITY : INFINITY)
                         : (a == INFINITY || b == INFINITY ? INFINITY : -INFINITY);
  if (isinf (sum))
    return direction < 0 ? down (sum) : up (sum);
  rest = sum - a;
  error = (a - (sum - rest)) + (b - rest);
  if (direction < 0 ? error < 0 : error > 0)
    return direction < 0 ? down (sum) : up (sum);
  return sum;
}

static EspInterval
add (EspInterval a, EspInterval b)
{
  return (EspInterval){ add_toward (a.low, b.low, -1), add_toward (a.high, b.high, 1) };
}

static EspInterval
negate (EspInterval a)
{
  return (EspInterval){ -a.high, -a.low };
}

/* Extends @result by @value, of which @error is what rounding took away (0 where it is exact). */
static void
extend (EspInterval *result, double value, double error)
{
  bool exact = error == 0;

  result->low = fmin (result->low, exact || value == -INFINITY ? value : down (value));
  result->high = fmax (result->high, exact || value == INFINITY ? value : up (value));
}

static void
extend_by_product (EspInterval *result, double a, double b)
{
  double product = a * b;

  /* no limit times zero: the numbers themselves are finite */
  if (a == 0 || b == 0)
    extend (result, 0, 0);
  else if (isinf (a) || isinf (b))
    extend (result, product, 0);
  else
    /* near the smallest numbers fma() cannot tell the error */
    extend (result, product, fabs (product) > 1e-290 ? fma (a, b, -product) : 1);
}

static EspInterval
multiply (EspInterval a, EspInterval b)
{
  EspInterval result = ESP_INTERVAL_EMPTY;

  extend_by_product (&result, a.low, b.low);
  extend_by_product (&result, a.low, b.high);
  extend_by_product (&result, a.high, b.low);
  extend_by_product (&result, a.high, b.high);
  return result;
}

static void
extend_by_quotient (EspInterval *result, double a, double b)
{
  double quotient = a / b;

  if (a == 0 || isinf (b))
    extend (result, isinf (a) && isinf (b) ? 0 : quotient, 0);
  else if (isinf (a))
    extend (result, quotient, 0);
  else
    extend (result, quotient, fabs (quotient) > 1e-290 && fabs (a) > 1e-290 ? fma (quotient, b, -a) : 1);
}

static EspInterval
divide (EspInterval a, EspInterval b)
{
  EspInterval result = ESP_INTERVAL_EMPTY;

  if (b.low == 0 && b.high == 0)
    return ESP_INTERVAL_EMPTY;
  if (a.low == 0 && a.high == 0)
    return zero;
  if (b.low < 0 && b.high > 0)
    return ESP_INTERVAL_ALL;
  if (b.low == 0)
    b.low = 0.0;
  if (b.high == 0)
    b.high = -0.0;
  /* an unlimited dividend over an unlimited divisor comes as near to anything as it likes */
  if ((isinf (a.low) || isinf (a.high)) && (isinf (b.low) || isinf (b.high)))
    extend (&result, 0, 0);
  extend_by_quotient (&result, a.low, b.low);
  extend_by_quotient (&result, a.low, b.high);
  extend_by_quotient (&result, a.high, b.low);
  extend_by_quotient (&result, a.high, b.high);
  /* 0/0 at a corner, of which the limits are at the others, is no number */
  if (esp_interval_contains (a, 0) && (b.low == 0 || b.high == 0))
    extend (&result, 0, 0);
  return result;
}

static EspInterval
absolute (EspInterval a)
{
  if (a.low >= 0)
    return a;
  if (a.high <= 0)
    return negate (a);
  return (EspInterval){ 0, fmax (-a.low, a.high) };
}

static EspInterval
maximum (EspInterval a, EspInterval b)
{
  return (EspInterval){ fmax (a.low, b.low), fmax (a.high, b.high) };
}

static EspInterval
minimum (EspInterval a, EspInterval b)
{
  return (EspInterval){ fmin (a.low, b.low), fmin (a.high, b.high) };
}

static EspInterval
exponential (EspInterval a)
{
  return widen (exp (a.low), exp (a.high), 0, INFINITY);
}

static EspInterval
logarithm (EspInterval a)
{
  a = esp_interval_meet (a, (EspInterval){ 0, INFINITY });
  if (esp_interval_is_empty (a) || a.high == 0)
    return ESP_INTERVAL_EMPTY;
  return widen (log (a.low), log (a.high), -INFINITY, INFINITY);
}

static EspInterval
square_root (EspInterval a)
{
  a = esp_interval_meet (a, (EspInterval){ 0, INFINITY });
  if (esp_interval_is_empty (a))
    return ESP_INTERVAL_EMPTY;
  return (EspInterval){ a.low == 0 ? 0 : fmax (0, down (sqrt (a.low))), up (sqrt (a.high)) };
}

/* Returns whether the angles have one where the cosine is 1, π·@half_turns moved. */
static bool
has_crest (EspInterval a, double half_turns)
{
  double low = a.low / (2 * G_PI) - half_turns / 2 - CREST_TOLERANCE;
  double high = a.high / (2 * G_PI) - half_turns / 2 + CREST_TOLERANCE;

  return floor (high) >= ceil (low);
}

/* cos (a − π·@shift) */
static EspInterval
cosine (EspInterval a, double (*function) (double), double shift)
{
  EspInterval result;
  double low, high;

  if (!(fabs (a.low) <= MAX_ANGLE && fabs (a.high) <= MAX_ANGLE))
    return (EspInterval){ -1, 1 };
  low = function (a.low);
  high = function (a.high);
  result = widen (fmin (low, high), fmax (low, high), -1, 1);
  if (has_crest (a, shift))
    result.high = 1;
  if (has_crest (a, shift + 1))
    result.low = -1;
  return result;
}

static EspInterval
sine (EspInterval a)
{
  return a.low == 0 && a.high == 0 ? zero : cosine (a, sin, 0.5);
}

static EspInterval
whole_power (EspInterval a, double n)
{
  EspInterval result;
  bool even = fmod (n, 2) == 0;

  if (n < 0)
    return divide (one, whole_power (a, -n));
  if (n == 1)
    return a;
  if (even)
    a = absolute (a);
  result = widen (pow (a.low, n), pow (a.high, n), even ? 0 : -INFINITY, INFINITY);
  if (a.low >= 0)
    result.low = fmax (0, result.low);
  return result;
}

static EspInterval
power (EspInterval a, EspInterval b)
{
  EspInterval result;
  double corners[4];

  if (b.low == 0 && b.high == 0)
    return one;
  if (b.low == b.high && b.low == floor (b.low) && fabs (b.low) < 0x1p53)
    return whole_power (a, b.low);
  /* where the exponent passes whole numbers, a negative base has values of either sign */
  if (a.low < 0 && b.low != b.high)
    return a.high < 0 && ceil (b.low) > floor (b.high) ? ESP_INTERVAL_EMPTY : ESP_INTERVAL_ALL;
  a = esp_interval_meet (a, (EspInterval){ 0, INFINITY });
  if (esp_interval_is_empty (a))
    return ESP_INTERVAL_EMPTY;

  corners[0] = pow (a.low, b.low);
  corners[1] = pow (a.low, b.high);
  corners[2] = pow (a.high, b.low);
  corners[3] = pow (a.high, b.high);
  result = (EspInterval){ corners[0], corners[0] };
  for (int i = 1; i < 4; i++)
    result = esp_interval_join (result, (EspInterval){ corners[i], corners[i] });
  result = widen (result.low, result.high, 0, INFINITY);
  /* the corners 0^0 and ∞^0 stand for limits of any kind, and 1 lies between the others */
  if ((a.low == 0 || a.high == INFINITY) && esp_interval_contains (b, 0))
    result = (EspInterval){ 0, INFINITY };
  if ((isinf (b.low) || isinf (b.high)) && esp_interval_contains (a, 1))
    result = (EspInterval){ 0, INFINITY };
  return result;
}

static EspInterval
sign_of (EspInterval a)
{
  return (EspInterval){ (a.low > 0) - (a.low < 0), (a.high > 0) - (a.high < 0) };
}

static double
sigmoid (double a)
{
  return esp_operation_evaluate (ESP_OPERATION_SIGMOID, &a);
}

static EspInterval
logistic (EspInterval a)
{
  return widen (sigmoid (a.low), sigmoid (a.high), 0, 1);
}

static EspInterval
hyperbolic_tangent (EspInterval a)
{
  return a.low == 0 && a.high == 0 ? zero : widen (tanh (a.low), tanh (a.high), -1, 1);
}

static EspInterval
clamp (EspInterval a, EspInterval low, EspInterval high)
{
  if (low.high <= high.low)
    return maximum (low, minimum (a, high));
  /* the bounds may cross: one of them, or what is between */
  return esp_interval_join (esp_interval_join (low, high),
                            esp_interval_meet (a, (EspInterval){ low.low, high.high }));
}

static EspInterval
clamp_to_guard (EspInterval a)
{
  return clamp (a, (EspInterval){ -ESP_GUARD_MULTIPLY, -ESP_GUARD_MULTIPLY },
                (EspInterval){ ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY });
}

static EspInterval
guarded_divide (EspInterval a, EspInterval b)
{
  EspInterval divisor = esp_interval_meet (b, (EspInterval){ ESP_GUARD_DIVIDE, INFINITY });
  EspInterval result = ESP_INTERVAL_EMPTY;

  if (!esp_interval_is_empty (divisor) && !esp_interval_is_empty (a))
    result = divide (a, divisor);
  return b.low < ESP_GUARD_DIVIDE ? esp_interval_join (result, zero) : result;
}

static EspInterval
soft_if (EspInterval a, EspInterval b, EspInterval c)
{
  EspInterval weight = logistic (a), between = esp_interval_join (b, c);

  between = widen (between.low, between.high, -INFINITY, INFINITY);
  return esp_interval_meet (between, add (multiply (weight, b), multiply (add (one, negate (weight)), c)));
}

EspInterval
esp_interval_evaluate (EspOperation operation, const EspInterval *a)
{
  if (operation == ESP_OPERATION_IF)
    {
      EspInterval result = ESP_INTERVAL_EMPTY;

      if (esp_interval_is_empty (a[0]))
        return ESP_INTERVAL_EMPTY;
      if (a[0].high > 0)
        result = a[1];
      return a[0].low <= 0 ? esp_interval_join (result, a[2]) : result;
    }
  if (operation == ESP_OPERATION_GUARDED_DIVIDE)
    return esp_interval_is_empty (a[1]) ? ESP_INTERVAL_EMPTY : guarded_divide (a[0], a[1]);
  for (size_t i = 0; i < esp_operation_get_n_operands (operation); i++)
    if (esp_interval_is_empty (a[i]))
      return ESP_INTERVAL_EMPTY;

  switch (operation)
    {
    case ESP_OPERATION_ADD:
      return add (a[0], a[1]);
    case ESP_OPERATION_SUBTRACT:
      return add (a[0], negate (a[1]));
    case ESP_OPERATION_MULTIPLY:
      return multiply (a[0], a[1]);
    case ESP_OPERATION_DIVIDE:
      return divide (a[0], a[1]);
    case ESP_OPERATION_POWER:
      return power (a[0], a[1]);
    case ESP_OPERATION_NEGATE:
      return negate (a[0]);
    case ESP_OPERATION_SIN:
      return sine (a[0]);
    case ESP_OPERATION_COS:
      return cosine (a[0], cos, 0);
    case ESP_OPERATION_EXP:
      return exponential (a[0]);
    case ESP_OPERATION_LOG:
      return logarithm (a[0]);
    case ESP_OPERATION_SQRT:
      return square_root (a[0]);
    case ESP_OPERATION_ABS:
      return absolute (a[0]);
    case ESP_OPERATION_SIGN:
      return sign_of (a[0]);
    case ESP_OPERATION_TANH:
      return hyperbolic_tangent (a[0]);
    case ESP_OPERATION_SIGMOID:
      return logistic (a[0]);
    case ESP_OPERATION_MIN:
      return minimum (a[0], a[1]);
    case ESP_OPERATION_MAX:
      return maximum (a[0], a[1]);
    case ESP_OPERATION_CLAMP:
      return clamp (a[0], a[1], a[2]);
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return multiply (clamp_to_guard (a[0]), clamp_to_guard (a[1]));
    case ESP_OPERATION_GUARDED_LOG:
      return logarithm (maximum (a[0], (EspInterval){ ESP_GUARD_LOG, ESP_GUARD_LOG }));
    case ESP_OPERATION_GUARDED_EXP:
      return exponential (clamp (a[0], (EspInterval){ ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_LOW },
                                 (EspInterval){ ESP_GUARD_EXP_HIGH, ESP_GUARD_EXP_HIGH }));
    case ESP_OPERATION_SOFT_IF:
      return soft_if (a[0], a[1], a[2]);
    case ESP_OPERATION_CONSTANT:
    case ESP_OPERATION_VARIABLE:
    case ESP_OPERATION_IF:
    case ESP_OPERATION_GUARDED_DIVIDE:
    case ESP_N_OPERATIONS:
      break;
    }

  g_return_val_if_reached (ESP_INTERVAL_ALL);
}

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
  return multiply (b, power (a, add (b, (EspInterval){ -1, -1 })));
}

static EspInterval
slope_of_logistic (EspInterval weight)
{
  EspInterval slope = multiply (weight, add (one, negate (weight)));

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
      slopes[0] = slopes[1] = one;
      break;
    case ESP_OPERATION_SUBTRACT:
      slopes[0] = one;
      slopes[1] = negate (one);
      break;
    case ESP_OPERATION_MULTIPLY:
      slopes[0] = a[1];
      slopes[1] = a[0];
      break;
    case ESP_OPERATION_DIVIDE:
      slopes[0] = divide (one, a[1]);
      slopes[1] = negate (divide (value, a[1]));
      break;
    case ESP_OPERATION_POWER:
      slopes[0] = power_by_base (a[0], a[1]);
      /* a negative base has no derivative by the exponent */
      weight = logarithm (a[0]);
      slopes[1] = a[1].low == a[1].high            ? zero
                  : esp_interval_is_empty (weight) ? ESP_INTERVAL_ALL
                                                   : multiply (value, weight);
      break;
    case ESP_OPERATION_NEGATE:
      slopes[0] = negate (one);
      break;
    case ESP_OPERATION_SIN:
      slopes[0] = cosine (a[0], cos, 0);
      break;
    case ESP_OPERATION_COS:
      slopes[0] = negate (sine (a[0]));
      break;
    case ESP_OPERATION_EXP:
      slopes[0] = value;
      break;
    case ESP_OPERATION_LOG:
      slopes[0] = divide (one, esp_interval_meet (a[0], (EspInterval){ 0, INFINITY }));
      break;
    case ESP_OPERATION_SQRT:
      slopes[0] = divide ((EspInterval){ 0.5, 0.5 }, value);
      break;
    case ESP_OPERATION_ABS:
      slopes[0] = (EspInterval){ a[0].low > 0 ? 1 : -1, a[0].high < 0 ? -1 : 1 };
      break;
    case ESP_OPERATION_SIGN:
      slopes[0] = zero;
      break;
    case ESP_OPERATION_TANH:
      slopes[0] = esp_interval_meet (add (one, negate (whole_power (value, 2))), (EspInterval){ 0, 1 });
      break;
    case ESP_OPERATION_SIGMOID:
      slopes[0] = slope_of_logistic (value);
      break;
    case ESP_OPERATION_MIN:
      slopes[0] = indicator (a[0].low > a[1].high, a[0].high < a[1].low);
      slopes[1] = add (one, negate (slopes[0]));
      break;
    case ESP_OPERATION_MAX:
      slopes[0] = indicator (a[0].high<a[1].low, a[0].low> a[1].high);
      slopes[1] = add (one, negate (slopes[0]));
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
        slopes[i] = multiply (inside_guard (a[i], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY),
                              clamp_to_guard (a[1 - i]));
      break;
    case ESP_OPERATION_GUARDED_DIVIDE:
      divisor = esp_interval_meet (a[1], (EspInterval){ ESP_GUARD_DIVIDE, INFINITY });
      slopes[0] = slopes[1] = ESP_INTERVAL_EMPTY;
      if (!esp_interval_is_empty (divisor))
        {
          slopes[0] = divide (one, divisor);
          if (!esp_interval_is_empty (a[0]))
            slopes[1] = negate (divide (divide (a[0], divisor), divisor));
        }
      if (a[1].low < ESP_GUARD_DIVIDE)
        for (int i = 0; i < 2; i++)
          slopes[i] = esp_interval_join (slopes[i], zero);
      break;
    case ESP_OPERATION_GUARDED_LOG:
      slopes[0] = zero;
      if (a[0].high >= ESP_GUARD_LOG)
        slopes[0] = divide (one, esp_interval_meet (a[0], (EspInterval){ ESP_GUARD_LOG, INFINITY }));
      if (a[0].low <= ESP_GUARD_LOG)
        slopes[0] = esp_interval_join (slopes[0], zero);
      break;
    case ESP_OPERATION_GUARDED_EXP:
      slopes[0] = multiply (inside_guard (a[0], ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH), value);
      break;
    case ESP_OPERATION_SOFT_IF:
      weight = logistic (a[0]);
      slopes[0] = multiply (slope_of_logistic (weight), add (a[1], negate (a[2])));
      slopes[1] = weight;
      slopes[2] = add (one, negate (weight));
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
    *sum = add (*sum, multiply (slope, inner));
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
      g[v] = zero;
      for (size_t k = 0; k < esp_operation_get_n_operands (operation); k++)
        chain (&g[v], slopes[k], inner[k][v]);
      /* the guard's side of a quotient needs no dividend */
      if (operation == ESP_OPERATION_GUARDED_DIVIDE && a[1].low < ESP_GUARD_DIVIDE)
        g[v] = esp_interval_join (g[v], zero);
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
            gradients[i * n + index] = one;
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

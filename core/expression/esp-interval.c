#include "esp-interval.h"

#include <math.h>

#include "esp-interval-private.h"

/* The functions of the C library are right to a few units in the last place (glibc's manual, "Known Maximum
 * Errors in Math Functions"); this is how many are added. */
#define FUNCTION_ULPS 4

/* Beyond this, the rounding of π may hide a whole crest. */
#define MAX_ANGLE 1e5

#define CREST_TOLERANCE 1e-9

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

EspInterval
esp_interval_add (EspInterval a, EspInterval b)
{
  return (EspInterval){ add_toward (a.low, b.low, -1), add_toward (a.high, b.high, 1) };
}

EspInterval
esp_interval_negate (EspInterval a)
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

EspInterval
esp_interval_multiply (EspInterval a, EspInterval b)
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

EspInterval
esp_interval_divide (EspInterval a, EspInterval b)
{
  EspInterval result = ESP_INTERVAL_EMPTY;

  if (b.low == 0 && b.high == 0)
    return ESP_INTERVAL_EMPTY;
  if (a.low == 0 && a.high == 0)
    return ESP_INTERVAL_ZERO;
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
    return esp_interval_negate (a);
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

EspInterval
esp_interval_logarithm (EspInterval a)
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

/* @function is cos (a − π·@shift) */
static EspInterval
cosine_from (EspInterval a, double (*function) (double), double shift)
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

EspInterval
esp_interval_sine (EspInterval a)
{
  return a.low == 0 && a.high == 0 ? ESP_INTERVAL_ZERO : cosine_from (a, sin, 0.5);
}

EspInterval
esp_interval_cosine (EspInterval a)
{
  return cosine_from (a, cos, 0);
}

EspInterval
esp_interval_whole_power (EspInterval a, double n)
{
  EspInterval result;
  bool even = fmod (n, 2) == 0;

  if (n < 0)
    return esp_interval_divide (ESP_INTERVAL_ONE, esp_interval_whole_power (a, -n));
  if (n == 1)
    return a;
  if (even)
    a = absolute (a);
  result = widen (pow (a.low, n), pow (a.high, n), even ? 0 : -INFINITY, INFINITY);
  if (a.low >= 0)
    result.low = fmax (0, result.low);
  return result;
}

EspInterval
esp_interval_power (EspInterval a, EspInterval b)
{
  EspInterval result;
  double corners[4];

  if (b.low == 0 && b.high == 0)
    return ESP_INTERVAL_ONE;
  if (b.low == b.high && b.low == floor (b.low) && fabs (b.low) < 0x1p53)
    return esp_interval_whole_power (a, b.low);
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

EspInterval
esp_interval_logistic (EspInterval a)
{
  return widen (sigmoid (a.low), sigmoid (a.high), 0, 1);
}

static EspInterval
hyperbolic_tangent (EspInterval a)
{
  return a.low == 0 && a.high == 0 ? ESP_INTERVAL_ZERO : widen (tanh (a.low), tanh (a.high), -1, 1);
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

EspInterval
esp_interval_clamp_to_guard (EspInterval a)
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
    result = esp_interval_divide (a, divisor);
  return b.low < ESP_GUARD_DIVIDE ? esp_interval_join (result, ESP_INTERVAL_ZERO) : result;
}

static EspInterval
soft_if (EspInterval a, EspInterval b, EspInterval c)
{
  EspInterval weight = esp_interval_logistic (a), between = esp_interval_join (b, c);

  between = widen (between.low, between.high, -INFINITY, INFINITY);
  return esp_interval_meet (
    between, esp_interval_add (
               esp_interval_multiply (weight, b),
               esp_interval_multiply (esp_interval_add (ESP_INTERVAL_ONE, esp_interval_negate (weight)), c)));
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
      return esp_interval_add (a[0], a[1]);
    case ESP_OPERATION_SUBTRACT:
      return esp_interval_add (a[0], esp_interval_negate (a[1]));
    case ESP_OPERATION_MULTIPLY:
      return esp_interval_multiply (a[0], a[1]);
    case ESP_OPERATION_DIVIDE:
      return esp_interval_divide (a[0], a[1]);
    case ESP_OPERATION_POWER:
      return esp_interval_power (a[0], a[1]);
    case ESP_OPERATION_NEGATE:
      return esp_interval_negate (a[0]);
    case ESP_OPERATION_SIN:
      return esp_interval_sine (a[0]);
    case ESP_OPERATION_COS:
      return esp_interval_cosine (a[0]);
    case ESP_OPERATION_EXP:
      return exponential (a[0]);
    case ESP_OPERATION_LOG:
      return esp_interval_logarithm (a[0]);
    case ESP_OPERATION_SQRT:
      return square_root (a[0]);
    case ESP_OPERATION_ABS:
      return absolute (a[0]);
    case ESP_OPERATION_SIGN:
      return sign_of (a[0]);
    case ESP_OPERATION_TANH:
      return hyperbolic_tangent (a[0]);
    case ESP_OPERATION_SIGMOID:
      return esp_interval_logistic (a[0]);
    case ESP_OPERATION_MIN:
      return minimum (a[0], a[1]);
    case ESP_OPERATION_MAX:
      return maximum (a[0], a[1]);
    case ESP_OPERATION_CLAMP:
      return clamp (a[0], a[1], a[2]);
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return esp_interval_multiply (esp_interval_clamp_to_guard (a[0]), esp_interval_clamp_to_guard (a[1]));
    case ESP_OPERATION_GUARDED_LOG:
      return esp_interval_logarithm (maximum (a[0], (EspInterval){ ESP_GUARD_LOG, ESP_GUARD_LOG }));
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

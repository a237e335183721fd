#include "esp-operator.h"

#include "esp-simd.h"

#include "esp-expression.h"

static const float product_bound = (float) ESP_GUARD_MULTIPLY;
/* the smallest float that is not below ESP_GUARD_DIVIDE; (float) ESP_GUARD_DIVIDE is below it, and would
 * be divided by here where the formula, in double precision, gives 0 */
static const float smallest_denominator = 0x1.47ae16p-7f;
static const float smallest_logarithm = (float) ESP_GUARD_LOG;
static const float exponent_low = (float) ESP_GUARD_EXP_LOW;
static const float exponent_high = (float) ESP_GUARD_EXP_HIGH;

static inline float
clamp (float value, float low, float high)
{
  return value < low ? low : value > high ? high : value;
}

static inline float
sigmoid (float x)
{
  float small = expf (-fabsf (x));

  return x >= 0.0f ? 1.0f / (1.0f + small) : small / (1.0f + small);
}

/* The hinge that is 0 inside [low, high] and grows with slope 1 outside. */
static inline double
hinge (float value, float low, float high)
{
  return value < low ? (double) low - value : value > high ? (double) value - high : 0.0;
}

static inline float
hinge_slope (float value, float low, float high)
{
  return value < low ? -1.0f : value > high ? 1.0f : 0.0f;
}

ESP_VECTORISED void
esp_operator_forward (EspOperator operator_, const float *arguments, size_t n, float *value)
{
  const float *a = arguments, *b = arguments + n, *c = arguments + 2 * n;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        value[i] = clamp (a[i], -product_bound, product_bound) * clamp (b[i], -product_bound, product_bound);
      break;
    case ESP_OPERATOR_DIVIDE:
      for (size_t i = 0; i < n; i++)
        value[i] = b[i] >= smallest_denominator ? a[i] / b[i] : 0.0f;
      break;
    case ESP_OPERATOR_LOG:
      for (size_t i = 0; i < n; i++)
        value[i] = logf (a[i] > smallest_logarithm ? a[i] : smallest_logarithm);
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        value[i] = expf (clamp (a[i], exponent_low, exponent_high));
      break;
    case ESP_OPERATOR_SIN:
      for (size_t i = 0; i < n; i++)
        value[i] = sinf (a[i]);
      break;
    case ESP_OPERATOR_COS:
      for (size_t i = 0; i < n; i++)
        value[i] = cosf (a[i]);
      break;
    case ESP_OPERATOR_IDENTITY:
      for (size_t i = 0; i < n; i++)
        value[i] = a[i];
      break;
    case ESP_OPERATOR_IF_ELSE:
      for (size_t i = 0; i < n; i++)
        {
          float weight = sigmoid (a[i]);
          value[i] = weight * b[i] + (1.0f - weight) * c[i];
        }
      break;
    case ESP_N_OPERATORS:
      g_assert_not_reached ();
    }
}

ESP_VECTORISED double
esp_operator_penalty (EspOperator operator_, const float *arguments, size_t n)
{
  double sum = 0.0;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      for (size_t i = 0; i < 2 * n; i++)
        sum += hinge (arguments[i], -product_bound, product_bound);
      break;
    case ESP_OPERATOR_DIVIDE:
      for (size_t i = n; i < 2 * n; i++)
        sum += hinge (arguments[i], smallest_denominator, INFINITY);
      break;
    case ESP_OPERATOR_LOG:
      for (size_t i = 0; i < n; i++)
        sum += hinge (arguments[i], smallest_logarithm, INFINITY);
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        sum += hinge (arguments[i], exponent_low, exponent_high);
      break;
    case ESP_OPERATOR_SIN:
    case ESP_OPERATOR_COS:
    case ESP_OPERATOR_IDENTITY:
    case ESP_OPERATOR_IF_ELSE:
      break;
    case ESP_N_OPERATORS:
      g_assert_not_reached ();
    }

  return sum;
}

ESP_VECTORISED void
esp_operator_backward (EspOperator operator_,
                       const float *arguments,
                       const float *value,
                       const float *d_value,
                       size_t n,
                       float penalty,
                       float *d_arguments)
{
  const float *a = arguments, *b = arguments + n, *c = arguments + 2 * n;
  float *da = d_arguments, *db = d_arguments + n, *dc = d_arguments + 2 * n;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        {
          float slope_a = hinge_slope (a[i], -product_bound, product_bound);
          float slope_b = hinge_slope (b[i], -product_bound, product_bound);
          float clamped_a = clamp (a[i], -product_bound, product_bound);
          float clamped_b = clamp (b[i], -product_bound, product_bound);

          da[i] = (slope_a == 0.0f ? clamped_b * d_value[i] : 0.0f) + penalty * slope_a;
          db[i] = (slope_b == 0.0f ? clamped_a * d_value[i] : 0.0f) + penalty * slope_b;
        }
      break;
    case ESP_OPERATOR_DIVIDE:
      for (size_t i = 0; i < n; i++)
        {
          bool valid = b[i] >= smallest_denominator;
          float inverse = 1.0f / (valid ? b[i] : 1.0f);

          da[i] = valid ? d_value[i] * inverse : 0.0f;
          db[i] = valid ? -d_value[i] * value[i] * inverse : -penalty;
        }
      break;
    case ESP_OPERATOR_LOG:
      for (size_t i = 0; i < n; i++)
        da[i] = a[i] >= smallest_logarithm ? d_value[i] / a[i] : -penalty;
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        {
          float slope = hinge_slope (a[i], exponent_low, exponent_high);

          da[i] = (slope == 0.0f ? d_value[i] * value[i] : 0.0f) + penalty * slope;
        }
      break;
    case ESP_OPERATOR_SIN:
      for (size_t i = 0; i < n; i++)
        da[i] = d_value[i] * cosf (a[i]);
      break;
    case ESP_OPERATOR_COS:
      for (size_t i = 0; i < n; i++)
        da[i] = -d_value[i] * sinf (a[i]);
      break;
    case ESP_OPERATOR_IDENTITY:
      for (size_t i = 0; i < n; i++)
        da[i] = d_value[i];
      break;
    case ESP_OPERATOR_IF_ELSE:
      for (size_t i = 0; i < n; i++)
        {
          float weight = sigmoid (a[i]);

          da[i] = d_value[i] * weight * (1.0f - weight) * (b[i] - c[i]);
          db[i] = d_value[i] * weight;
          dc[i] = d_value[i] * (1.0f - weight);
        }
      break;
    case ESP_N_OPERATORS:
      g_assert_not_reached ();
    }
}

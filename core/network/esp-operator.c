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
  double below = (double) low - value, above = (double) value - high;
  double distance = below > above ? below : above;

  return distance > 0.0 ? distance : 0.0;
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
      /* in two loops: in one the compiler takes the logarithm of all a, which is slow where there is none */
      for (size_t i = 0; i < n; i++)
        value[i] = a[i] > smallest_logarithm ? a[i] : smallest_logarithm;
      for (size_t i = 0; i < n; i++)
        value[i] = logf (value[i]);
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        value[i] = clamp (a[i], exponent_low, exponent_high);
      for (size_t i = 0; i < n; i++)
        value[i] = expf (value[i]);
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

/* Eight running sums, for vectors whatever the instruction set. */
static inline double
sum_hinges (const float *arguments, size_t n, float low, float high)
{
  double sums[8] = { 0 };
  size_t i = 0;

  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      sums[k] += hinge (arguments[i + k], low, high);
  for (; i < n; i++)
    sums[0] += hinge (arguments[i], low, high);

  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

ESP_VECTORISED double
esp_operator_penalty (EspOperator operator_, const float *arguments, size_t n)
{
  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      return sum_hinges (arguments, 2 * n, -product_bound, product_bound);
    case ESP_OPERATOR_DIVIDE:
      return sum_hinges (arguments + n, n, smallest_denominator, INFINITY);
    case ESP_OPERATOR_LOG:
      return sum_hinges (arguments, n, smallest_logarithm, INFINITY);
    case ESP_OPERATOR_EXP:
      return sum_hinges (arguments, n, exponent_low, exponent_high);
    case ESP_OPERATOR_SIN:
    case ESP_OPERATOR_COS:
    case ESP_OPERATOR_IDENTITY:
    case ESP_OPERATOR_IF_ELSE:
      return 0.0;
    case ESP_N_OPERATORS:
      break;
    }
  g_assert_not_reached ();
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

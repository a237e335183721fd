#include "esp-floor-symbolic.h"

#include <cblas.h>
#include <string.h>

#include "esp-simd.h"

#include "esp-expression.h"

#define TWO_PI 6.2831853f

/* the smallest float that is not below ESP_GUARD_DIVIDE */
static const float smallest_denominator = 0x1.47ae16p-7f;

static inline float
limit_to (float value, float low, float high)
{
  return value < low ? low : value > high ? high : value;
}

static inline bool
is_within (float value, float low, float high)
{
  return value >= low && value <= high;
}

static inline float
get_slope (float value, float low, float high)
{
  return value < low ? -1.0f : value > high ? 1.0f : 0.0f;
}

ESP_VECTORISED static void
apply (EspOperator operator_, const float *restrict a, size_t n, float *restrict value)
{
  const float *b = a + n, *c = b + n;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        value[i] = limit_to (a[i], -(float) ESP_GUARD_MULTIPLY, (float) ESP_GUARD_MULTIPLY)
                   * limit_to (b[i], -(float) ESP_GUARD_MULTIPLY, (float) ESP_GUARD_MULTIPLY);
      break;
    case ESP_OPERATOR_DIVIDE:
      for (size_t i = 0; i < n; i++)
        value[i] = b[i] >= smallest_denominator ? a[i] / b[i] : 0.0f;
      break;
    case ESP_OPERATOR_LOG:
      /* in one loop the compiler would take the logarithm of everything and choose then; that of a negative
       * number makes a whole vector slow */
      for (size_t i = 0; i < n; i++)
        value[i] = a[i] > (float) ESP_GUARD_LOG ? a[i] : (float) ESP_GUARD_LOG;
      for (size_t i = 0; i < n; i++)
        value[i] = logf (value[i]);
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        value[i] = expf (limit_to (a[i], (float) ESP_GUARD_EXP_LOW, (float) ESP_GUARD_EXP_HIGH));
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
      memcpy (value, a, n * sizeof *value);
      break;
    case ESP_OPERATOR_IF_ELSE:
      for (size_t i = 0; i < n; i++)
        value[i] = c[i] + (b[i] - c[i]) / (1.0f + expf (-a[i]));
      break;
    case ESP_N_OPERATORS:
      g_assert_not_reached ();
    }
}

ESP_VECTORISED static void
differentiate (EspOperator operator_,
               const float *restrict a,
               const float *restrict value,
               const float *restrict d_value,
               size_t n,
               float penalty,
               float *restrict da)
{
  const float *b = a + n, *c = b + n;
  float *db = da + n, *dc = db + n;
  const float bound = (float) ESP_GUARD_MULTIPLY;
  const float low = (float) ESP_GUARD_EXP_LOW, high = (float) ESP_GUARD_EXP_HIGH;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        {
          da[i] = (is_within (a[i], -bound, bound) ? limit_to (b[i], -bound, bound) * d_value[i] : 0.0f)
                  + penalty * get_slope (a[i], -bound, bound);
          db[i] = (is_within (b[i], -bound, bound) ? limit_to (a[i], -bound, bound) * d_value[i] : 0.0f)
                  + penalty * get_slope (b[i], -bound, bound);
        }
      break;
    case ESP_OPERATOR_DIVIDE:
      for (size_t i = 0; i < n; i++)
        {
          bool valid = b[i] >= smallest_denominator;
          float quotient = d_value[i] / (valid ? b[i] : 1.0f);

          da[i] = valid ? quotient : 0.0f;
          db[i] = valid ? -quotient * value[i] : -penalty;
        }
      break;
    case ESP_OPERATOR_LOG:
      for (size_t i = 0; i < n; i++)
        da[i] = a[i] >= (float) ESP_GUARD_LOG ? d_value[i] / a[i] : -penalty;
      break;
    case ESP_OPERATOR_EXP:
      for (size_t i = 0; i < n; i++)
        da[i] = (is_within (a[i], low, high) ? d_value[i] * value[i] : 0.0f)
                + penalty * get_slope (a[i], low, high);
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
      memcpy (da, d_value, n * sizeof *da);
      break;
    case ESP_OPERATOR_IF_ELSE:
      for (size_t i = 0; i < n; i++)
        {
          float weight = 1.0f / (1.0f + expf (-a[i]));

          da[i] = d_value[i] * weight * (1.0f - weight) * (b[i] - c[i]);
          db[i] = d_value[i] * weight;
          dc[i] = d_value[i] * (1.0f - weight);
        }
      break;
    case ESP_N_OPERATORS:
      g_assert_not_reached ();
    }
}

ESP_VECTORISED static void
add_biases (float *restrict values, const float *restrict biases, size_t n_rows, size_t n)
{
  for (size_t row = 0; row < n_rows; row++)
    for (size_t i = 0; i < n; i++)
      values[row * n + i] += biases[row];
}

ESP_VECTORISED static void
sum_rows (const float *restrict values, size_t n_rows, size_t n, float *restrict sums)
{
  for (size_t row = 0; row < n_rows; row++)
    {
      float chains[16] = { 0 }, sum = 0.0f;
      size_t i = 0;

      for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++)
          chains[k] += values[row * n + i + k];
      for (; i < n; i++)
        sum += values[row * n + i];
      for (size_t k = 0; k < 16; k++)
        sum += chains[k];
      sums[row] = sum;
    }
}

void
esp_floor_symbolic_forward (const EspArrangement *arrangement,
                            const float *weights,
                            const float *biases,
                            size_t n,
                            float *features,
                            float *arguments,
                            bool loops)
{
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      float *h = arguments + layer->biases * n;

      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) layer->n_arguments, (int) n,
                   (int) layer->n_features, 1.0f, weights + layer->weights, (int) layer->n_features, features,
                   (int) n, 0.0f, h, (int) n);
      if (!loops)
        continue;
      add_biases (h, biases + layer->biases, layer->n_arguments, n);
      for (size_t k = 0; k < layer->n_operators; k++)
        apply (layer->operators[k], h + layer->first_argument[k] * n, n,
               features + (layer->n_features + k) * n);
    }
}

void
esp_floor_symbolic_backward (const EspArrangement *arrangement,
                             const float *weights,
                             size_t n,
                             const float *features,
                             const float *arguments,
                             const float *d_output,
                             float penalty,
                             float *d_features,
                             float *d_arguments,
                             float *d_weights,
                             float *d_biases,
                             bool loops)
{
  for (size_t l = arrangement->n_layers; l-- > 0;)
    {
      const EspLayer *layer = &arrangement->layers[l];
      bool last = l + 1 == arrangement->n_layers;
      const float *h = arguments + layer->biases * n;
      float *workspace = d_arguments + layer->biases * n;
      const float *dh = last ? d_output : workspace;
      int n_rows = (int) layer->n_arguments, n_columns = (int) layer->n_features;

      if (loops)
        for (size_t k = 0; k < layer->n_operators; k++)
          {
            size_t feature = (layer->n_features + k) * n, first = layer->first_argument[k] * n;

            differentiate (layer->operators[k], h + first, features + feature, d_features + feature, n,
                           penalty, workspace + first);
          }
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n_rows, n_columns, (int) n, 1.0f, dh, (int) n,
                   features, (int) n, 0.0f, d_weights + layer->weights, n_columns);
      if (loops)
        sum_rows (dh, layer->n_arguments, n, d_biases + layer->biases);
      /* the output layer reads every feature, so it is the one that writes first */
      if (l > 0)
        cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n_columns, (int) n, n_rows, 1.0f,
                     weights + layer->weights, n_columns, dh, (int) n, last ? 0.0f : 1.0f, d_features,
                     (int) n);
    }
}

ESP_VECTORISED void
esp_floor_concrete (const float *restrict probabilities,
                    const float *restrict noise,
                    const float *restrict weights,
                    size_t n,
                    float temperature,
                    float limit,
                    bool soft,
                    float *restrict masks,
                    float *restrict slopes,
                    float *restrict effective)
{
  const float softness = soft ? 1.0f : 0.0f;

  for (size_t i = 0; i < n; i++)
    {
      float p = probabilities[i], rest = 1.0f - p;
      float logit = (logf (p + 1e-20f) - logf (rest + 1e-20f) + noise[i]) / temperature;
      /* beyond 80 a vector of exponentials falls back on one number at a time */
      float size = fabsf (logit);
      float small = expf (size < 80.0f ? -size : -80.0f);
      float gate = (logit >= 0.0f ? 1.0f : small) / (1.0f + small);
      float product = small / ((1.0f + small) * (1.0f + small));
      float slope = product / temperature * (1.0f / (p + 1e-20f) + 1.0f / (rest + 1e-20f));
      float hard = gate > 0.5f ? 1.0f : 0.0f;
      float mask = hard + softness * (gate - hard);

      masks[i] = mask;
      slopes[i] = slope < limit ? slope : limit;
      effective[i] = weights[i] * mask;
    }
}

ESP_VECTORISED void
esp_floor_bernoulli (const float *restrict probabilities,
                     const float *restrict uniform,
                     const float *restrict weights,
                     size_t n,
                     float *restrict effective)
{
  for (size_t i = 0; i < n; i++)
    effective[i] = uniform[i] < probabilities[i] ? weights[i] : 0.0f;
}

ESP_VECTORISED void
esp_floor_unmask (const float *restrict d_effective,
                  const float *restrict masks,
                  const float *restrict slopes,
                  const float *restrict weights,
                  size_t n,
                  float *restrict d_weights,
                  float *restrict d_probabilities)
{
  for (size_t i = 0; i < n; i++)
    {
      d_weights[i] += d_effective[i] * masks[i];
      d_probabilities[i] += d_effective[i] * weights[i] * slopes[i];
    }
}

ESP_VECTORISED void
esp_floor_squash (const float *restrict mean,
                  const float *restrict log_deviation,
                  const float *restrict noise,
                  size_t n,
                  float *restrict actions,
                  float *restrict log_density)
{
  for (size_t i = 0; i < n; i++)
    {
      float deviation = limit_to (log_deviation[i], -20.0f, 2.0f);
      float z = mean[i] + expf (deviation) * noise[i];
      float softplus = (z < 0.0f ? -2.0f * z : 0.0f) + log1pf (expf (-fabsf (2.0f * z)));

      actions[i] = tanhf (z);
      log_density[i] += -0.5f * noise[i] * noise[i] - deviation - 0.91893853f
                        - 2.0f * (0.69314718f - z - softplus);
    }
}

ESP_VECTORISED void
esp_floor_unsquash (const float *restrict mean,
                    const float *restrict log_deviation,
                    const float *restrict noise,
                    const float *restrict actions,
                    const float *restrict d_value,
                    size_t n,
                    float alpha,
                    float share,
                    float limit,
                    float saturation,
                    float *restrict d_mean,
                    float *restrict d_log_deviation)
{
  for (size_t i = 0; i < n; i++)
    {
      float deviation = expf (limit_to (log_deviation[i], -20.0f, 2.0f));
      float action = actions[i];
      float dz = share * (2.0f * alpha * action - d_value[i] * (1.0f - action * action));

      d_log_deviation[i] += is_within (log_deviation[i], -20.0f, 2.0f)
                              ? dz * deviation * noise[i] - share * alpha
                              : 0.0f;
      d_mean[i] = dz + saturation * get_slope (mean[i], -limit, limit);
    }
}

/* Uniform in (0, 1): the number's bits, mixed. */
static inline float
draw (uint32_t number)
{
  uint32_t bits = number * 0x9e3779b9u;

  bits = (bits ^ bits >> 16) * 0x85ebca6bu;
  bits = (bits ^ bits >> 13) * 0xc2b2ae35u;
  bits ^= bits >> 16;

  return (float) (int32_t) (bits >> 9) * 0x1p-23f + 0x1p-24f;
}

ESP_VECTORISED void
esp_floor_uniform (float *restrict values, size_t n, uint32_t counter)
{
  for (size_t i = 0; i < n; i++)
    values[i] = draw (counter + (uint32_t) i);
}

ESP_VECTORISED void
esp_floor_logistic (float *restrict values, size_t n, uint32_t counter)
{
  for (size_t i = 0; i < n; i++)
    {
      float u = draw (counter + (uint32_t) i);

      values[i] = logf (u) - logf (1.0f - u);
    }
}

ESP_VECTORISED void
esp_floor_normal (float *restrict values, size_t n, uint32_t counter)
{
  size_t half = n / 2, rest = n - half;

  for (size_t i = 0; i < rest; i++)
    values[i] = sqrtf (-2.0f * logf (draw (counter + (uint32_t) i)));
  /* sine and cosine in one loop would become one function that knows no vectors */
  for (size_t i = 0; i < half; i++)
    values[i + rest] = values[i] * sinf (TWO_PI * draw (counter + (uint32_t) (i + rest)));
  for (size_t i = 0; i < rest; i++)
    values[i] *= cosf (TWO_PI * draw (counter + (uint32_t) (i + rest)));
}

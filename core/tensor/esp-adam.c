#include "esp-adam.h"

#include "esp-simd.h"

#define BETA1   0.9
#define BETA2   0.999
#define EPSILON 1e-8f

ESP_VECTORISED void
esp_adam_step (float *restrict parameters,
               const float *restrict gradient,
               float *restrict first,
               float *restrict second,
               size_t n,
               uint64_t time,
               float rate,
               float scale)
{
  const float beta1 = (float) BETA1, beta2 = (float) BETA2;
  /* 1.0f - 0.999f would be 1.3e-5 too small */
  const float share1 = (float) (1.0 - BETA1), share2 = (float) (1.0 - BETA2);
  const float step = (float) (rate / (1.0 - pow (BETA1, (double) time)));
  const float correction = (float) (1.0 / sqrt (1.0 - pow (BETA2, (double) time)));

  for (size_t i = 0; i < n; i++)
    {
      float g = gradient[i] * scale;

      first[i] = beta1 * first[i] + share1 * g;
      second[i] = beta2 * second[i] + share2 * g * g;
      parameters[i] -= step * first[i] / (sqrtf (second[i]) * correction + EPSILON);
    }
}

ESP_VECTORISED double
esp_norm (const float *values, size_t n)
{
  double sums[4] = { 0 };
  size_t i = 0;

  for (; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++)
      sums[k] += (double) values[i + k] * values[i + k];
  for (; i < n; i++)
    sums[0] += (double) values[i] * values[i];

  return sqrt ((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

ESP_VECTORISED void
esp_move_towards (float *restrict target, const float *restrict source, size_t n, float rate)
{
  for (size_t i = 0; i < n; i++)
    target[i] += rate * (source[i] - target[i]);
}

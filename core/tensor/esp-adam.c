#include "esp-adam.h"

#include "esp-simd.h"

#define BETA1   0.9
#define BETA2   0.999
#define EPSILON 1e-8f

typedef struct
{
  float step;
  float correction;
  float scale;
} Step;

static Step
get_step (uint64_t time, float rate, float scale)
{
  return (Step){ .step = (float) (rate / (1.0 - pow (BETA1, (double) time))),
                 .correction = (float) (1.0 / sqrt (1.0 - pow (BETA2, (double) time))),
                 .scale = scale };
}

/* Moments of parameters that get no gradient any more would decay to subnormal numbers, with which processors
 * are a hundred times slower, and stay there. */
#define SMALLEST_MOMENT 1e-30f

static inline float
flush (float moment)
{
  return fabsf (moment) >= SMALLEST_MOMENT ? moment : 0.0f;
}

/* Returns where one parameter goes. 1.0f - 0.999f would be off by 1.3e-5 of itself. */
static inline float
step_one (Step step, float parameter, float gradient, float *first, float *second)
{
  float g = gradient * step.scale;

  *first = flush ((float) BETA1 * *first + (float) (1.0 - BETA1) * g);
  *second = flush ((float) BETA2 * *second + (float) (1.0 - BETA2) * g * g);
  return parameter - step.step * *first / (sqrtf (*second) * step.correction + EPSILON);
}

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
  Step step = get_step (time, rate, scale);

  for (size_t i = 0; i < n; i++)
    parameters[i] = step_one (step, parameters[i], gradient[i], &first[i], &second[i]);
}

ESP_VECTORISED void
esp_adam_step_followed (float *restrict parameters,
                        const float *restrict gradient,
                        float *restrict first,
                        float *restrict second,
                        size_t n,
                        uint64_t time,
                        float rate,
                        float *restrict target,
                        float target_rate)
{
  Step step = get_step (time, rate, 1.0f);

  for (size_t i = 0; i < n; i++)
    {
      float moved = step_one (step, parameters[i], gradient[i], &first[i], &second[i]);

      parameters[i] = moved;
      target[i] += target_rate * (moved - target[i]);
    }
}

ESP_VECTORISED double
esp_norm (const float *values, size_t n)
{
  double sums[32] = { 0 };
  size_t i = 0;

  for (; i + 32 <= n; i += 32)
    for (size_t k = 0; k < 32; k++)
      sums[k] += (double) values[i + k] * (double) values[i + k];
  for (; i < n; i++)
    sums[0] += (double) values[i] * (double) values[i];
  for (size_t width = 16; width > 0; width /= 2)
    for (size_t k = 0; k < width; k++)
      sums[k] += sums[k + width];

  return sqrt (sums[0]);
}

ESP_VECTORISED void
esp_move_towards (float *restrict target, const float *restrict source, size_t n, float rate)
{
  for (size_t i = 0; i < n; i++)
    target[i] += rate * (source[i] - target[i]);
}

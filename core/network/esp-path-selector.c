#include "esp-path-selector.h"

#include <string.h>

#include "esp-simd.h"

#define EPSILON 1e-20

static inline double
gate (double p, double noise, double temperature, double *derivative)
{
  /* divisions and logarithms are what a gate costs: as few of them as will do */
  double open = p + EPSILON, closed = 1.0 - p + EPSILON;
  double scaled = (log (open / closed) + noise) / temperature;
  double small = exp (-fabs (scaled));
  double inverse = 1.0 / (1.0 + small);
  /* m (1 − m) without the cancellation of 1 − m */
  double product = small * inverse * inverse;

  *derivative = product * ((open + closed) / (temperature * open * closed));
  return (scaled >= 0.0 ? 1.0 : small) * inverse;
}

double
esp_concrete_gate (double p, double noise, double temperature, double *derivative)
{
  return gate (p, noise, temperature, derivative);
}

ESP_VECTORISED void
esp_selector_make_concrete (const float *restrict probabilities,
                            const float *restrict noise,
                            size_t n,
                            double temperature,
                            double derivative_limit,
                            bool soft,
                            float *restrict mask,
                            float *restrict derivative)
{
  for (size_t i = 0; i < n; i++)
    {
      double slope;
      double m = gate (probabilities[i], noise[i], temperature, &slope);

      mask[i] = soft ? (float) m : m > 0.5 ? 1.0f : 0.0f;
      derivative[i] = (float) (slope < derivative_limit ? slope : derivative_limit);
    }
}

static inline double
sigmoid (double x)
{
  double small = exp (-fabs (x));

  return (x >= 0.0 ? 1.0 : small) / (1.0 + small);
}

ESP_VECTORISED void
esp_selector_make_concrete_logits (const float *restrict logits,
                                   const float *restrict noise,
                                   size_t n,
                                   double temperature,
                                   double derivative_limit,
                                   bool soft,
                                   float *restrict mask,
                                   float *restrict derivative)
{
  for (size_t i = 0; i < n; i++)
    {
      double scaled = ((double) logits[i] + noise[i]) / temperature;
      double m = sigmoid (scaled);
      /* σ (−x) is 1 − m without the cancellation */
      double slope = m * sigmoid (-scaled) / temperature;

      mask[i] = soft ? (float) m : m > 0.5 ? 1.0f : 0.0f;
      derivative[i] = (float) (slope < derivative_limit ? slope : derivative_limit);
    }
}

ESP_VECTORISED void
esp_selector_get_probabilities (const float *restrict logits, size_t n, float *restrict probabilities)
{
  for (size_t i = 0; i < n; i++)
    probabilities[i] = (float) sigmoid (logits[i]);
}

void
esp_selector_draw_bernoulli (const float *probabilities, size_t n, EspRandom *random, float *mask)
{
  for (size_t i = 0; i < n; i++)
    mask[i] = esp_random_uniform (random) < probabilities[i] ? 1.0f : 0.0f;
}

ESP_VECTORISED double
esp_selector_sparsity (
  const float *probabilities, size_t n, double allowed, size_t n_actions, double *derivative)
{
  double sums[8] = { 0 }, sum;
  size_t i = 0;

  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      sums[k] += (double) probabilities[i + k];
  for (; i < n; i++)
    sums[0] += (double) probabilities[i];
  sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));

  *derivative = sum >= allowed ? 1.0 / (double) n_actions : 0.0;
  return sum >= allowed ? (sum - allowed) / (double) n_actions : 0.0;
}

size_t
esp_selector_find_live (const EspArrangement *arrangement, const uint8_t *mask, uint8_t *live)
{
  g_autofree uint8_t *reachable = g_malloc0 (arrangement->n_features);
  g_autofree uint8_t *needed = g_malloc0 (arrangement->n_features);
  size_t count = 0;

  memset (reachable, 1, arrangement->n_inputs);
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t k = 0; k < layer->n_operators; k++)
        for (size_t a = 0; a < esp_operator_get_n_arguments (layer->operators[k]); a++)
          for (size_t j = 0; j < layer->n_features; j++)
            if (reachable[j] && mask[layer->weights + (layer->first_argument[k] + a) * layer->n_features + j])
              reachable[layer->n_features + k] = 1;
    }

  if (live != NULL)
    memset (live, 0, arrangement->n_weights);
  for (size_t l = arrangement->n_layers; l-- > 0;)
    {
      const EspLayer *layer = &arrangement->layers[l];
      bool output = layer->n_operators == 0;

      for (size_t k = 0; k < (output ? 1 : layer->n_operators); k++)
        {
          size_t n_arguments = output ? 1 : esp_operator_get_n_arguments (layer->operators[k]);

          if (!output && !needed[layer->n_features + k])
            continue;
          for (size_t a = 0; a < n_arguments; a++)
            for (size_t j = 0; j < layer->n_features; j++)
              {
                size_t path = layer->weights + (layer->first_argument[k] + a) * layer->n_features + j;

                if (!mask[path] || !reachable[j])
                  continue;
                needed[j] = 1;
                count++;
                if (live != NULL)
                  live[path] = 1;
              }
        }
    }

  return count;
}

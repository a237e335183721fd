#include "esp-symbolic-network.h"

#include <string.h>

#include "esp-blas.h"
#include "esp-operator.h"
#include "esp-simd.h"
#include "esp-sums.h"

ESP_VECTORISED static void
repeat (const float *restrict values, size_t n_rows, size_t n_samples, float *restrict rows)
{
  for (size_t row = 0; row < n_rows; row++)
    for (size_t i = 0; i < n_samples; i++)
      rows[row * n_samples + i] = values[row];
}

float *
esp_symbolic_network_forward (const EspArrangement *arrangement,
                              const float *effective_weights,
                              const float *biases,
                              size_t n_samples,
                              float *features,
                              float *arguments)
{
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      float *h = arguments + layer->biases * n_samples;

      repeat (biases + layer->biases, layer->n_arguments, n_samples, h);
      esp_multiply (esp_matrix (effective_weights + layer->weights, layer->n_arguments, layer->n_features),
                    false, esp_matrix (features, layer->n_features, n_samples), false, 1.0f,
                    esp_matrix (h, layer->n_arguments, n_samples));

      for (size_t k = 0; k < layer->n_operators; k++)
        esp_operator_forward (layer->operators[k], h + layer->first_argument[k] * n_samples, n_samples,
                              features + (layer->n_features + k) * n_samples);
    }

  return arguments + (arrangement->n_biases - 1) * n_samples;
}

double
esp_symbolic_network_penalty (const EspArrangement *arrangement, const float *arguments, size_t n_samples)
{
  double sum = 0.0;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t k = 0; k < layer->n_operators; k++)
        sum += esp_operator_penalty (
          layer->operators[k], arguments + (layer->biases + layer->first_argument[k]) * n_samples, n_samples);
    }

  return sum;
}

void
esp_symbolic_network_backward (const EspArrangement *arrangement,
                               const float *effective_weights,
                               size_t n_samples,
                               const float *features,
                               const float *arguments,
                               const float *d_output,
                               float penalty,
                               float *d_features,
                               float *d_arguments,
                               float *d_weights,
                               float *d_biases)
{
  for (size_t l = arrangement->n_layers; l-- > 0;)
    {
      const EspLayer *layer = &arrangement->layers[l];
      const float *h = arguments + layer->biases * n_samples;
      float *dh = d_arguments + layer->biases * n_samples;

      if (l + 1 == arrangement->n_layers)
        memcpy (dh, d_output, n_samples * sizeof (float));
      for (size_t k = 0; k < layer->n_operators; k++)
        {
          size_t feature = layer->n_features + k;
          size_t first = layer->first_argument[k];

          esp_operator_backward (layer->operators[k], h + first * n_samples, features + feature * n_samples,
                                 d_features + feature * n_samples, n_samples, penalty,
                                 dh + first * n_samples);
        }

      EspMatrix deltas = esp_matrix (dh, layer->n_arguments, n_samples);
      EspMatrix inputs = esp_matrix (features, layer->n_features, n_samples);
      EspMatrix weights = esp_matrix (effective_weights + layer->weights, layer->n_arguments,
                                      layer->n_features);

      esp_multiply (deltas, false, inputs, true, 0.0f,
                    esp_matrix (d_weights + layer->weights, layer->n_arguments, layer->n_features));
      esp_sum_rows (dh, layer->n_arguments, n_samples, d_biases + layer->biases);
      /* the output layer reads every feature, so it is the one that writes first */
      if (l > 0)
        esp_multiply (weights, true, deltas, false, l + 1 == arrangement->n_layers ? 0.0f : 1.0f,
                      esp_matrix (d_features, layer->n_features, n_samples));
    }
}

#include "esp-floor-network.h"

#include <cblas.h>

#include "esp-simd.h"

void
esp_floor_network_init (
  EspFloorNetwork *network, const size_t *widths, size_t n_widths, bool by_samples, bool loops)
{
  g_assert (n_widths >= 2 && n_widths <= ESP_FLOOR_MAX_LAYERS + 1);

  *network = (EspFloorNetwork){ .n_layers = n_widths - 1, .by_samples = by_samples, .loops = loops };
  for (size_t i = 0; i < n_widths; i++)
    network->widths[i] = widths[i];
  for (size_t i = 0; i < network->n_layers; i++)
    {
      network->weights[i] = network->n_parameters;
      network->n_parameters += widths[i] * widths[i + 1];
      network->biases[i] = network->n_parameters;
      network->n_parameters += widths[i + 1];
      network->n_hidden += i + 1 < network->n_layers ? widths[i + 1] : 0;
    }
}

size_t
esp_floor_network_activations_size (const EspFloorNetwork *network, size_t n)
{
  return (network->n_hidden + network->widths[network->n_layers]) * n;
}

size_t
esp_floor_network_workspace_size (const EspFloorNetwork *network, size_t n)
{
  size_t widest = 0;

  for (size_t i = 1; i < network->n_layers; i++)
    widest = MAX (widest, network->widths[i]);

  return 2 * widest * n;
}

ESP_VECTORISED static void
add_bias_by_units (float *restrict values, const float *restrict biases, size_t n_units, size_t n, bool relu)
{
  for (size_t u = 0; u < n_units; u++)
    for (size_t i = 0; i < n; i++)
      {
        float value = values[u * n + i] + biases[u];

        values[u * n + i] = value > 0.0f || !relu ? value : 0.0f;
      }
}

ESP_VECTORISED static void
add_bias_by_samples (
  float *restrict values, const float *restrict biases, size_t n_units, size_t n, bool relu)
{
  for (size_t i = 0; i < n; i++)
    for (size_t u = 0; u < n_units; u++)
      {
        float value = values[i * n_units + u] + biases[u];

        values[i * n_units + u] = value > 0.0f || !relu ? value : 0.0f;
      }
}

ESP_VECTORISED static void
gate (float *restrict gradient, const float *restrict active, size_t n)
{
  for (size_t i = 0; i < n; i++)
    gradient[i] = active[i] > 0.0f ? gradient[i] : 0.0f;
}

/* A plain sum is a chain, which no compiler may break up; sixteen of them are a vector. */
ESP_VECTORISED static void
sum_by_units (const float *restrict values, size_t n_units, size_t n, float *restrict sums)
{
  for (size_t u = 0; u < n_units; u++)
    {
      float chains[16] = { 0 }, sum = 0.0f;
      size_t i = 0;

      for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++)
          chains[k] += values[u * n + i + k];
      for (; i < n; i++)
        sum += values[u * n + i];
      for (size_t k = 0; k < 16; k++)
        sum += chains[k];
      sums[u] = sum;
    }
}

ESP_VECTORISED static void
sum_by_samples (const float *restrict values, size_t n_units, size_t n, float *restrict sums)
{
  for (size_t u = 0; u < n_units; u++)
    sums[u] = 0.0f;
  for (size_t i = 0; i < n; i++)
    for (size_t u = 0; u < n_units; u++)
      sums[u] += values[i * n_units + u];
}

float *
esp_floor_network_forward (
  const EspFloorNetwork *network, const float *parameters, const float *input, size_t n, float *activations)
{
  float *output = activations;

  for (size_t l = 0; l < network->n_layers; l++)
    {
      size_t n_in = network->widths[l], n_out = network->widths[l + 1];
      const float *weights = parameters + network->weights[l], *biases = parameters + network->biases[l];
      bool relu = l + 1 < network->n_layers;

      if (network->by_samples)
        cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) n, (int) n_out, (int) n_in, 1.0f, input,
                     (int) n_in, weights, (int) n_out, 0.0f, output, (int) n_out);
      else
        cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) n_out, (int) n, (int) n_in, 1.0f,
                     weights, (int) n_in, input, (int) n, 0.0f, output, (int) n);
      if (network->loops)
        (network->by_samples ? add_bias_by_samples : add_bias_by_units) (output, biases, n_out, n, relu);
      input = output;
      output += n_out * n;
    }

  return (float *) input;
}

void
esp_floor_network_backward (const EspFloorNetwork *network,
                            const float *parameters,
                            const float *input,
                            const float *activations,
                            const float *d_output,
                            size_t n,
                            float *workspace,
                            float *gradient,
                            float *d_input,
                            size_t first_input)
{
  const float *inputs[ESP_FLOOR_MAX_LAYERS] = { input };
  float *spare = workspace + esp_floor_network_workspace_size (network, n) / 2;
  const float *delta = d_output;

  for (size_t l = 1; l < network->n_layers; l++)
    inputs[l] = l == 1 ? activations : inputs[l - 1] + network->widths[l - 1] * n;

  for (size_t l = network->n_layers; l-- > 0;)
    {
      int n_in = (int) network->widths[l], n_out = (int) network->widths[l + 1], columns = (int) n;
      size_t first = l == 0 ? first_input : 0;
      int n_wanted = n_in - (int) first;
      const float *weights = parameters + network->weights[l];
      float *back = l == 0 ? d_input : delta == workspace ? spare : workspace;

      if (gradient != NULL)
        {
          float *d_weights = gradient + network->weights[l];

          if (network->by_samples)
            cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n_in, n_out, columns, 1.0f, inputs[l], n_in,
                         delta, n_out, 0.0f, d_weights, n_out);
          else
            cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, n_out, n_in, columns, 1.0f, delta, columns,
                         inputs[l], columns, 0.0f, d_weights, n_in);
          if (network->loops)
            (network->by_samples ? sum_by_samples : sum_by_units) (delta, (size_t) n_out, n,
                                                                   gradient + network->biases[l]);
        }
      if (back == NULL)
        break;

      if (network->by_samples)
        cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, columns, n_wanted, n_out, 1.0f, delta, n_out,
                     weights + first * (size_t) n_out, n_out, 0.0f, back, n_wanted);
      else
        cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, n_wanted, columns, n_out, 1.0f, weights + first,
                     n_in, delta, columns, 0.0f, back, columns);
      if (l > 0 && network->loops)
        gate (back, inputs[l], (size_t) n_in * n);
      delta = back;
    }
}

ESP_VECTORISED void
esp_floor_adam (float *restrict parameters,
                const float *restrict gradient,
                float *restrict first,
                float *restrict second,
                size_t n,
                double time,
                float rate,
                float scale)
{
  float step = rate / (float) (1.0 - pow (0.9, time));
  float correction = (float) (1.0 / sqrt (1.0 - pow (0.999, time)));

  for (size_t i = 0; i < n; i++)
    {
      float g = scale * gradient[i];

      first[i] = 0.9f * first[i] + 0.1f * g;
      second[i] = 0.999f * second[i] + 0.001f * g * g;
      parameters[i] -= step * first[i] / (correction * sqrtf (second[i]) + 1e-8f);
    }
}

ESP_VECTORISED void
esp_floor_follow (float *restrict target, const float *restrict source, size_t n, float rate)
{
  for (size_t i = 0; i < n; i++)
    target[i] += rate * (source[i] - target[i]);
}

ESP_VECTORISED double
esp_floor_square (const float *values, size_t n)
{
  double chains[8] = { 0 }, sum = 0.0;
  size_t i = 0;

  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      chains[k] += (double) values[i + k] * (double) values[i + k];
  for (; i < n; i++)
    sum += (double) values[i] * (double) values[i];
  for (size_t k = 0; k < 8; k++)
    sum += chains[k];

  return sum;
}

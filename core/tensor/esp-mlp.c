#include "esp-mlp.h"

#include <glib.h>

#include "esp-blas.h"
#include "esp-simd.h"

void
esp_mlp_init (EspMlp *mlp, size_t n_inputs, const size_t *hidden, size_t n_hidden, size_t n_outputs)
{
  g_assert (n_hidden <= ESP_MAX_HIDDEN_LAYERS);

  *mlp = (EspMlp){ .n_layers = n_hidden + 1 };
  mlp->widths[0] = n_inputs;
  for (size_t i = 0; i < n_hidden; i++)
    {
      mlp->widths[i + 1] = hidden[i];
      mlp->n_hidden += hidden[i];
    }
  mlp->widths[mlp->n_layers] = n_outputs;

  for (size_t i = 0; i < mlp->n_layers; i++)
    {
      mlp->weights[i] = mlp->n_parameters;
      mlp->n_parameters += mlp->widths[i] * mlp->widths[i + 1];
      mlp->biases[i] = mlp->n_parameters;
      mlp->n_parameters += mlp->widths[i + 1];
    }
}

static void
draw (float *values, size_t n, double bound, EspRandom *random)
{
  for (size_t i = 0; i < n; i++)
    values[i] = (float) esp_random_between (random, -bound, bound);
}

void
esp_mlp_draw_linear (const EspMlp *mlp, float *parameters, EspRandom *random)
{
  for (size_t i = 0; i < mlp->n_layers; i++)
    {
      double bound = 1.0 / sqrt ((double) mlp->widths[i]);

      draw (parameters + mlp->weights[i], mlp->widths[i] * mlp->widths[i + 1], bound, random);
      draw (parameters + mlp->biases[i], mlp->widths[i + 1], bound, random);
    }
}

void
esp_mlp_draw_critic (const EspMlp *mlp, float *parameters, float output, EspRandom *random)
{
  for (size_t i = 0; i < mlp->n_layers; i++)
    {
      bool last = i + 1 == mlp->n_layers;
      double bound = last ? 3e-3 : 1.0 / sqrt ((double) mlp->widths[i + 1]);

      draw (parameters + mlp->weights[i], mlp->widths[i] * mlp->widths[i + 1], bound, random);
      for (size_t k = 0; k < mlp->widths[i + 1]; k++)
        parameters[mlp->biases[i] + k] = last ? output : 0.0f;
    }
}

size_t
esp_mlp_activations_size (const EspMlp *mlp, size_t n_samples)
{
  return (mlp->n_hidden + mlp->widths[mlp->n_layers]) * n_samples;
}

size_t
esp_mlp_workspace_size (const EspMlp *mlp, size_t n_samples)
{
  size_t widest = 0;

  for (size_t i = 1; i < mlp->n_layers; i++)
    widest = MAX (widest, mlp->widths[i]);

  return 2 * widest * n_samples;
}

ESP_VECTORISED static void
add_bias (float *restrict values, const float *biases, size_t n_rows, size_t n_samples, bool relu)
{
  for (size_t row = 0; row < n_rows; row++)
    {
      float bias = biases[row];
      float *restrict out = values + row * n_samples;

      if (relu)
        for (size_t i = 0; i < n_samples; i++)
          {
            float value = out[i] + bias;
            out[i] = value > 0.0f ? value : 0.0f;
          }
      else
        for (size_t i = 0; i < n_samples; i++)
          out[i] += bias;
    }
}

float *
esp_mlp_forward (const EspMlp *mlp,
                 const float *parameters,
                 const float *input,
                 size_t n_samples,
                 float *activations)
{
  float *output = activations;

  for (size_t i = 0; i < mlp->n_layers; i++)
    {
      size_t n_in = mlp->widths[i], n_out = mlp->widths[i + 1];

      esp_multiply (esp_matrix (parameters + mlp->weights[i], n_out, n_in), false,
                    esp_matrix (input, n_in, n_samples), false, 0.0f, esp_matrix (output, n_out, n_samples));
      add_bias (output, parameters + mlp->biases[i], n_out, n_samples, i + 1 < mlp->n_layers);
      input = output;
      output += n_out * n_samples;
    }

  return (float *) input;
}

/* Sums each row. Sixteen running sums let the compiler use vectors without reordering anything it was not
 * told to, so the sums are the same on every instruction set. */
ESP_VECTORISED static void
sum_rows (const float *restrict values, size_t n_rows, size_t n_samples, float *restrict sums)
{
  for (size_t row = 0; row < n_rows; row++, values += n_samples)
    {
      float partial[16] = { 0 };
      size_t i = 0;

      for (; i + 16 <= n_samples; i += 16)
        for (size_t k = 0; k < 16; k++)
          partial[k] += values[i + k];
      for (; i < n_samples; i++)
        partial[i % 16] += values[i];
      for (size_t width = 8; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
          partial[k] += partial[k + width];
      sums[row] = partial[0];
    }
}

/* Lets the gradient through where the unit was active. */
ESP_VECTORISED static void
gate_by_activity (float *restrict gradient, const float *restrict active, size_t n)
{
  for (size_t i = 0; i < n; i++)
    gradient[i] = active[i] > 0.0f ? gradient[i] : 0.0f;
}

void
esp_mlp_backward (const EspMlp *mlp,
                  const float *parameters,
                  const float *input,
                  const float *activations,
                  const float *d_output,
                  size_t n_samples,
                  float *workspace,
                  float *gradient,
                  float *d_input)
{
  const float *starts[ESP_MAX_HIDDEN_LAYERS + 1]; /* the inputs of each layer */
  float *spare = workspace + esp_mlp_workspace_size (mlp, n_samples) / 2;
  const float *delta = d_output;

  starts[0] = input;
  for (size_t i = 1; i < mlp->n_layers; i++)
    starts[i] = i == 1 ? activations : starts[i - 1] + mlp->widths[i - 1] * n_samples;

  for (size_t i = mlp->n_layers; i-- > 0;)
    {
      size_t n_in = mlp->widths[i], n_out = mlp->widths[i + 1];
      EspMatrix deltas = esp_matrix (delta, n_out, n_samples);
      EspMatrix weights = esp_matrix (parameters + mlp->weights[i], n_out, n_in);

      if (gradient != NULL)
        {
          esp_multiply (deltas, false, esp_matrix (starts[i], n_in, n_samples), true, 0.0f,
                        esp_matrix (gradient + mlp->weights[i], n_out, n_in));
          sum_rows (delta, n_out, n_samples, gradient + mlp->biases[i]);
        }

      if (i == 0)
        {
          if (d_input != NULL)
            esp_multiply (weights, true, deltas, false, 0.0f, esp_matrix (d_input, n_in, n_samples));
          break;
        }

      float *next = delta == workspace ? spare : workspace;

      esp_multiply (weights, true, deltas, false, 0.0f, esp_matrix (next, n_in, n_samples));
      gate_by_activity (next, starts[i], n_in * n_samples);
      delta = next;
    }
}

#include "esp-mlp.h"

#include <glib.h>

#include "esp-blas.h"
#include "esp-kernels.h"
#include "esp-simd.h"

#include <string.h>

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

static void
add_bias_and_activate (float *restrict values, const float *restrict biases, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      float value = values[i] + biases[i];
      values[i] = value > 0.0f ? value : 0.0f;
    }
}

/* Hidden units of one sample are contiguous, unlike elsewhere: so a product with the weights has whole panels of
 * units whatever the batch, samples can be picked, and what belongs to a unit is a vector. Inputs and outputs
 * are as everywhere. Products of one sample need no copies of the weights. */
static size_t
get_scratch_size (const EspMlp *mlp, size_t n_samples)
{
  size_t largest = 0;

  if (n_samples == 1 || mlp->n_layers == 1)
    return 0;
  for (size_t i = 0; i < mlp->n_layers; i++)
    largest = MAX (largest, mlp->widths[i]);

  return esp_product_scratch_size (largest);
}

size_t
esp_mlp_activations_size (const EspMlp *mlp, size_t n_samples)
{
  return (mlp->n_hidden + mlp->widths[mlp->n_layers]) * n_samples + get_scratch_size (mlp, n_samples);
}

static size_t
get_widest (const EspMlp *mlp)
{
  size_t widest = 0;

  for (size_t i = 1; i < mlp->n_layers; i++)
    widest = MAX (widest, mlp->widths[i]);

  return widest;
}

size_t
esp_mlp_workspace_size (const EspMlp *mlp, size_t n_samples)
{
  size_t widest = get_widest (mlp);
  size_t inner = MAX (MAX (widest, mlp->widths[mlp->n_layers]), n_samples);

  if (mlp->n_layers == 1)
    return 0;

  /* two deltas, the first layer's transposed weights, a panel */
  return 2 * widest * n_samples + mlp->widths[0] * mlp->widths[1] + esp_product_scratch_size (inner);
}

float *
esp_mlp_forward (const EspMlp *mlp,
                 const float *parameters,
                 const float *input,
                 size_t n_samples,
                 float *activations)
{
  const EspKernels *kernels = esp_kernels_get ();
  float *output = activations + mlp->n_hidden * n_samples;
  size_t last = mlp->n_layers - 1, n_outputs = mlp->widths[mlp->n_layers];
  float *next = activations, *scratch = n_samples > 1 ? output + n_outputs * n_samples : NULL;
  const float *values = input;

  for (size_t i = 0; i < last; i++)
    {
      size_t n_in = mlp->widths[i], n_out = mlp->widths[i + 1];

      if (n_samples == 1)
        {
          kernels->multiply_rows (&(EspDots){ 1, n_out, n_in, values, n_in, parameters + mlp->weights[i], n_in,
                                              next, n_out, NULL });
          add_bias_and_activate (next, parameters + mlp->biases[i], n_out);
        }
      else
        kernels->multiply (&(EspProduct){ .n_rows = n_samples,
                                          .n_columns = n_out,
                                          .n_inner = n_in,
                                          .a = values,
                                          .a_row = i == 0 ? 1 : n_in,
                                          .a_column = i == 0 ? n_samples : 1,
                                          .b = parameters + mlp->weights[i],
                                          .b_stride = n_in,
                                          .b_transposed = true,
                                          .c = next,
                                          .c_stride = n_out,
                                          .bias = parameters + mlp->biases[i],
                                          .scratch = scratch });
      values = next;
      next += n_out * n_samples;
    }

  if (last == 0)
    {
      esp_multiply (esp_matrix (parameters, n_outputs, mlp->widths[0]), false,
                    esp_matrix (input, mlp->widths[0], n_samples), false, 0.0f,
                    esp_matrix (output, n_outputs, n_samples));
      for (size_t row = 0; row < n_outputs; row++)
        for (size_t i = 0; i < n_samples; i++)
          output[row * n_samples + i] += parameters[mlp->biases[0] + row];
    }
  else
    kernels->multiply_rows (&(EspDots){ n_outputs, n_samples, mlp->widths[last], parameters + mlp->weights[last],
                                        mlp->widths[last], values, mlp->widths[last], output, n_samples,
                                        parameters + mlp->biases[last] });

  return output;
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

/* Sums each column. */
ESP_VECTORISED static void
sum_columns (const float *restrict values, size_t n_rows, size_t n_columns, float *restrict sums)
{
  size_t j = 0;

  for (; j + 32 <= n_columns; j += 32)
    {
      float partial[32] = { 0 };

      for (size_t row = 0; row < n_rows; row++)
        for (size_t k = 0; k < 32; k++)
          partial[k] += values[row * n_columns + j + k];
      memcpy (sums + j, partial, sizeof partial);
    }
  for (; j < n_columns; j++)
    {
      float sum = 0.0f;

      for (size_t row = 0; row < n_rows; row++)
        sum += values[row * n_columns + j];
      sums[j] = sum;
    }
}

static void
transpose (const float *restrict from, size_t n_rows, size_t n_columns, float *restrict to)
{
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_columns; j++)
      to[j * n_rows + i] = from[i * n_columns + j];
}

/* More inputs than fit into one tile are worth a copy of the deltas instead. */
#define FEW_INPUTS 28

/* The derivative by the weights of layer @layer. */
static void
differentiate_weights (const EspMlp *mlp,
                       size_t layer,
                       const float *input,
                       const float *values,
                       const float *delta,
                       size_t n,
                       float *scratch,
                       float *spare,
                       float *gradient)
{
  const EspKernels *kernels = esp_kernels_get ();
  size_t n_in = mlp->widths[layer], n_out = mlp->widths[layer + 1];
  bool is_last = layer + 1 == mlp->n_layers;
  float *d_weights = gradient + mlp->weights[layer];

  if (layer == 0 && n_in <= FEW_INPUTS)
    {
      kernels->multiply (&(EspProduct){ .n_rows = n_in,
                                        .n_columns = n_out,
                                        .n_inner = n,
                                        .a = input,
                                        .a_row = n,
                                        .a_column = 1,
                                        .b = delta,
                                        .b_stride = n_out,
                                        .c = spare,
                                        .c_stride = n_out });
      transpose (spare, n_in, n_out, d_weights);
    }
  else
    kernels->multiply (&(EspProduct){ .n_rows = n_out,
                                      .n_columns = n_in,
                                      .n_inner = n,
                                      .a = delta,
                                      .a_row = is_last ? n : 1,
                                      .a_column = is_last ? 1 : n_out,
                                      .b = layer == 0 ? input : values,
                                      .b_stride = layer == 0 ? n : n_in,
                                      .b_transposed = layer == 0,
                                      .c = d_weights,
                                      .c_stride = n_in,
                                      /* with so few rows, a copy of the values would be used once */
                                      .scratch = is_last && n_out <= FEW_INPUTS ? NULL : scratch });
  if (is_last)
    sum_rows (delta, n_out, n, gradient + mlp->biases[layer]);
  else
    sum_columns (delta, n, n_out, gradient + mlp->biases[layer]);
}

/* A network without hidden layers, or one sample, whose numbers lie the same way either way. */
static void
differentiate_plainly (const EspMlp *mlp,
                       const float *parameters,
                       const float *input,
                       const float *activations,
                       const float *d_output,
                       size_t n_samples,
                       float *workspace,
                       float *gradient,
                       float *d_input)
{
  float *spare = workspace + get_widest (mlp) * n_samples;
  const float *delta = d_output, *values = activations + mlp->n_hidden * n_samples;

  for (size_t i = mlp->n_layers; i-- > 0;)
    {
      size_t n_in = mlp->widths[i], n_out = mlp->widths[i + 1];
      EspMatrix deltas = esp_matrix (delta, n_out, n_samples);
      EspMatrix weights = esp_matrix (parameters + mlp->weights[i], n_out, n_in);
      float *next = delta == workspace ? spare : workspace;

      values = i == 0 ? input : values - n_in * n_samples;
      if (gradient != NULL)
        {
          esp_multiply (deltas, false, esp_matrix (values, n_in, n_samples), true, 0.0f,
                        esp_matrix (gradient + mlp->weights[i], n_out, n_in));
          sum_rows (delta, n_out, n_samples, gradient + mlp->biases[i]);
        }
      if (i == 0)
        next = d_input;
      if (next != NULL)
        esp_multiply (weights, true, deltas, false, 0.0f, esp_matrix (next, n_in, n_samples));
      for (size_t k = 0; i > 0 && k < n_in; k++)
        next[k] = values[k] > 0.0f ? next[k] : 0.0f;
      delta = next;
    }
}

/* Differentiates @n of the samples, all of them or those in @chosen. */
static void
differentiate (const EspMlp *mlp,
               const float *parameters,
               const float *input,
               const float *activations,
               const float *d_output,
               const uint32_t *chosen,
               size_t n_samples,
               size_t n,
               float *workspace,
               float *gradient,
               size_t first_input,
               float *d_input)
{
  const EspKernels *kernels = esp_kernels_get ();
  size_t widest = get_widest (mlp), n_inputs = mlp->widths[0] - first_input;
  const float *delta = d_output, *values = activations + mlp->n_hidden * n_samples;
  float *next, *scratch, *turned;

  next = workspace;
  turned = workspace + 2 * widest * n;
  scratch = turned + mlp->widths[0] * mlp->widths[1];

  for (size_t i = mlp->n_layers; i-- > 0;)
    {
      size_t n_in = mlp->widths[i], n_out = mlp->widths[i + 1];
      bool is_last = i + 1 == mlp->n_layers;

      values -= i > 0 ? n_in * n_samples : 0;
      if (gradient != NULL)
        differentiate_weights (mlp, i, input, values, delta, n, scratch, turned, gradient);
      if (i == 0)
        break;

      kernels->multiply (&(EspProduct){ .n_rows = n,
                                        .n_columns = n_in,
                                        .n_inner = n_out,
                                        .a = delta,
                                        .a_row = is_last ? 1 : n_out,
                                        .a_column = is_last ? n : 1,
                                        .b = parameters + mlp->weights[i],
                                        .b_stride = n_in,
                                        .c = next,
                                        .c_stride = n_in,
                                        .gate = values,
                                        .gate_stride = n_in,
                                        .gate_rows = chosen,
                                        .scratch = scratch });
      delta = next;
      next = next == workspace ? workspace + widest * n : workspace;
    }

  if (d_input == NULL)
    return;
  transpose (parameters + mlp->weights[0], mlp->widths[1], mlp->widths[0], turned);
  kernels->multiply_rows (&(EspDots){ n_inputs, n, mlp->widths[1], turned + first_input * mlp->widths[1],
                                      mlp->widths[1], delta, mlp->widths[1], d_input, n, NULL });
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
  if (n_samples == 1 || mlp->n_layers == 1)
    differentiate_plainly (mlp, parameters, input, activations, d_output, n_samples, workspace, gradient,
                           d_input);
  else
    differentiate (mlp, parameters, input, activations, d_output, NULL, n_samples, n_samples, workspace, gradient,
                   0, d_input);
}

void
esp_mlp_differentiate_inputs (const EspMlp *mlp,
                              const float *parameters,
                              const float *activations,
                              size_t n_samples,
                              const uint32_t *chosen,
                              size_t n_chosen,
                              const float *d_output,
                              size_t first_input,
                              float *workspace,
                              float *d_input)
{
  size_t n_inputs = mlp->widths[0];

  if (mlp->n_layers > 1)
    {
      if (n_chosen > 0)
        differentiate (mlp, parameters, NULL, activations, d_output, chosen, n_samples, n_chosen, workspace, NULL,
                       first_input, d_input);
      return;
    }

  for (size_t k = first_input; k < n_inputs; k++)
    for (size_t i = 0; i < n_chosen; i++)
      {
        float sum = 0.0f;

        for (size_t row = 0; row < mlp->widths[1]; row++)
          sum += parameters[mlp->weights[0] + row * n_inputs + k] * d_output[row * n_chosen + i];
        d_input[(k - first_input) * n_chosen + i] = sum;
      }
}

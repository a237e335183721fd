/* The multi-layer perceptron against a plain one in double precision, Adam and soft targets against
 * sequences worked out by hand. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-adam.h"
#include "esp-mlp.h"
#include "finite-difference.h"

#define N_SAMPLES 9

typedef struct
{
  const EspMlp *mlp;
  double *parameters;
  double *input;    /* [n_inputs][N_SAMPLES] */
  double *d_output; /* [n_outputs][N_SAMPLES] */
  double *output;   /* [n_outputs][N_SAMPLES], written */
} Reference;

/* Runs the network sample by sample; returns Σ d_output · output. */
static double
run_reference (void *data)
{
  const Reference *reference = data;
  const EspMlp *mlp = reference->mlp;
  double sum = 0;

  for (size_t i = 0; i < N_SAMPLES; i++)
    {
      double values[16], next[16];

      for (size_t k = 0; k < mlp->widths[0]; k++)
        values[k] = reference->input[k * N_SAMPLES + i];
      for (size_t l = 0; l < mlp->n_layers; l++)
        {
          for (size_t row = 0; row < mlp->widths[l + 1]; row++)
            {
              next[row] = reference->parameters[mlp->biases[l] + row];
              for (size_t k = 0; k < mlp->widths[l]; k++)
                next[row] += reference->parameters[mlp->weights[l] + row * mlp->widths[l] + k] * values[k];
              if (l + 1 < mlp->n_layers)
                next[row] = fmax (0, next[row]);
            }
          memcpy (values, next, sizeof values);
        }
      for (size_t row = 0; row < mlp->widths[mlp->n_layers]; row++)
        {
          reference->output[row * N_SAMPLES + i] = values[row];
          sum += reference->d_output[row * N_SAMPLES + i] * values[row];
        }
    }

  return sum;
}

static void
draw (float *values, double *wide, size_t n, EspRandom *random)
{
  for (size_t i = 0; i < n; i++)
    {
      values[i] = (float) esp_random_between (random, -1, 1);
      wide[i] = values[i];
    }
}

/* Differences in double precision are good to 1e-9; single precision leaves up to 1e-6 of the size of the
 * sums, so 2e-6 catches whatever is wrong by more than rounding. */
static void
test_gradients (const void *data)
{
  static const size_t hidden[] = { 13, 7, 11 };
  size_t n_hidden = GPOINTER_TO_SIZE (data), n_inputs = 5, n_outputs = 3;
  EspTestGradient parameters_gradient = { .name = "parameters", .tolerance = 2e-6, .floor = 2e-6 };
  EspTestGradient input_gradient = { .name = "inputs", .tolerance = 2e-6, .floor = 2e-6 };
  EspMlp mlp;
  EspRandom random;

  esp_random_init (&random, 3, n_hidden);
  esp_mlp_init (&mlp, n_inputs, hidden, n_hidden, n_outputs);

  g_autofree float *parameters = g_new (float, mlp.n_parameters);
  g_autofree double *wide_parameters = g_new (double, mlp.n_parameters);
  g_autofree float *input = g_new (float, n_inputs *N_SAMPLES);
  g_autofree double *wide_input = g_new (double, n_inputs *N_SAMPLES);
  g_autofree float *d_output = g_new (float, n_outputs *N_SAMPLES);
  g_autofree double *wide_d_output = g_new (double, n_outputs *N_SAMPLES);
  g_autofree double *wide_output = g_new (double, n_outputs *N_SAMPLES);
  g_autofree float *activations = g_new (float, esp_mlp_activations_size (&mlp, N_SAMPLES));
  g_autofree float *workspace = g_new (float, esp_mlp_workspace_size (&mlp, N_SAMPLES));
  g_autofree float *gradient = g_new (float, mlp.n_parameters);
  g_autofree float *d_input = g_new (float, n_inputs *N_SAMPLES);
  g_autofree float *d_input_alone = g_new (float, n_inputs *N_SAMPLES);
  Reference reference = { &mlp, wide_parameters, wide_input, wide_d_output, wide_output };
  const float *output;

  draw (parameters, wide_parameters, mlp.n_parameters, &random);
  draw (input, wide_input, n_inputs * N_SAMPLES, &random);
  draw (d_output, wide_d_output, n_outputs * N_SAMPLES, &random);

  output = esp_mlp_forward (&mlp, parameters, input, N_SAMPLES, activations);
  run_reference (&reference);
  for (size_t i = 0; i < n_outputs * N_SAMPLES; i++)
    g_assert_cmpfloat_with_epsilon (output[i], wide_output[i], 1e-5);

  esp_mlp_backward (&mlp, parameters, input, activations, d_output, N_SAMPLES, workspace, gradient, d_input);
  for (size_t i = 0; i < mlp.n_parameters; i++)
    esp_test_compare (&parameters_gradient, run_reference, &reference, &wide_parameters[i], 1e-5,
                      gradient[i]);
  for (size_t i = 0; i < n_inputs * N_SAMPLES; i++)
    esp_test_compare (&input_gradient, run_reference, &reference, &wide_input[i], 1e-5, d_input[i]);
  esp_test_gradient_finish (&parameters_gradient, 0);
  esp_test_gradient_finish (&input_gradient, 0);

  /* each derivative can be had without the other */
  esp_mlp_backward (&mlp, parameters, input, activations, d_output, N_SAMPLES, workspace, NULL,
                    d_input_alone);
  g_assert_cmpmem (d_input, n_inputs * N_SAMPLES * sizeof (float), d_input_alone,
                   n_inputs * N_SAMPLES * sizeof (float));
}

/* A ReLU at exactly 0 has derivative 0. */
static void
test_relu_at_zero (void)
{
  static const size_t hidden[] = { 1 };
  const float parameters[] = { 1, -2, 3, 0 }, input[] = { 2 }, d_output[] = { 1 };
  float activations[2], workspace[2], gradient[4], d_input;
  EspMlp mlp;

  esp_mlp_init (&mlp, 1, hidden, 1, 1);
  esp_mlp_forward (&mlp, parameters, input, 1, activations);
  esp_mlp_backward (&mlp, parameters, input, activations, d_output, 1, workspace, gradient, &d_input);
  g_assert_cmpfloat (gradient[0], ==, 0);
  g_assert_cmpfloat (gradient[1], ==, 0);
  g_assert_cmpfloat (gradient[3], ==, 1);
  g_assert_cmpfloat (d_input, ==, 0);
}

/* Two steps of one parameter worked out with β₁ = 0.9, β₂ = 0.999, rate 0.1 from θ = 1:
 *
 *   g = 0.5:  m = 0.05, v = 0.00025; m̂ = 0.5, v̂ = 0.25; θ = 1 − 0.1 · 0.5 / 0.5 = 0.9
 *   g = −1:   m = 0.045 − 0.1 = −0.055, v = 0.00024975 + 0.001 = 0.00124975;
 *             m̂ = −0.055 / 0.19 = −0.28947368, v̂ = 0.00124975 / 0.001999 = 0.62518759;
 *             θ = 0.9 + 0.1 · 0.28947368 / 0.79068805 = 0.93661035
 *
 * The second parameter gets twice the gradients, scaled by a half, and must do the same. The single
 * precision of 1 − β₂ leaves an error of 6e-6 of a step. */
static void
test_adam (void)
{
  float parameters[] = { 1, 1 }, first[2] = { 0 }, second[2] = { 0 };
  const float gradients[2] = { 0.5f, -1 };
  const double expected[] = { 0.9, 0.93661035 };
  const double expected_first[] = { 0.05, -0.055 }, expected_second[] = { 0.00025, 0.00124975 };

  for (uint64_t time = 1; time <= 2; time++)
    {
      float twice = 2 * gradients[time - 1];

      esp_adam_step (parameters, &gradients[time - 1], first, second, 1, time, 0.1f, 1);
      esp_adam_step (parameters + 1, &twice, first + 1, second + 1, 1, time, 0.1f, 0.5f);
      for (size_t i = 0; i < 2; i++)
        {
          g_assert_cmpfloat_with_epsilon (parameters[i], expected[time - 1], 2e-6);
          g_assert_cmpfloat_with_epsilon (first[i], expected_first[time - 1], 1e-7);
          g_assert_cmpfloat_with_epsilon (second[i], expected_second[time - 1], 3e-8);
        }
    }

  /* ε keeps a parameter that never had a gradient where it is, and damps tiny ones: 1e-8 is halved */
  {
    float parameter = 1, moments[2] = { 0 }, gradient = 0;

    esp_adam_step (&parameter, &gradient, &moments[0], &moments[1], 1, 1, 0.1f, 1);
    g_assert_cmpfloat (parameter, ==, 1);
    gradient = 1e-8f;
    parameter = moments[0] = moments[1] = 0;
    esp_adam_step (&parameter, &gradient, &moments[0], &moments[1], 1, 1, 0.1f, 1);
    g_assert_cmpfloat_with_epsilon (parameter, -0.05, 1e-6);
  }
}

static void
test_soft_targets (void)
{
  float target[] = { 1, -2, 0 };
  const float source[] = { 3, 2, 0 };

  esp_move_towards (target, source, 3, 0.25f);
  g_assert_cmpfloat (target[0], ==, 1.5);
  g_assert_cmpfloat (target[1], ==, -1);
  g_assert_cmpfloat (target[2], ==, 0);
  esp_move_towards (target, source, 3, 1);
  g_assert_cmpmem (target, sizeof target, source, sizeof source);
}

static void
test_norm (void)
{
  const float values[] = { 1, -2, 3, -4, 5, -6, 7 };

  g_assert_cmpfloat_with_epsilon (esp_norm (values, 7), sqrt (140), 1e-14);
  g_assert_cmpfloat_with_epsilon (esp_norm (values, 3), sqrt (14), 1e-14);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/mlp/gradients/linear", GSIZE_TO_POINTER (0), test_gradients);
  g_test_add_data_func ("/mlp/gradients/one", GSIZE_TO_POINTER (1), test_gradients);
  g_test_add_data_func ("/mlp/gradients/two", GSIZE_TO_POINTER (2), test_gradients);
  g_test_add_data_func ("/mlp/gradients/three", GSIZE_TO_POINTER (3), test_gradients);
  g_test_add_func ("/mlp/relu-at-zero", test_relu_at_zero);
  g_test_add_func ("/adam/sequence", test_adam);
  g_test_add_func ("/adam/soft-targets", test_soft_targets);
  g_test_add_func ("/adam/norm", test_norm);

  return g_test_run ();
}

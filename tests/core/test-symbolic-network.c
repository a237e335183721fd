/* The symbolic network on batches, forwards and backwards, against one written plainly in double precision
 * from the definition of the operations. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-arrangement.h"
#include "esp-expression.h"
#include "esp-random.h"
#include "esp-symbolic-network.h"
#include "finite-difference.h"

#define N_INPUTS  3
#define N_SAMPLES 6
#define PENALTY   0.3

/* every operator in one layer */
#define ONE_LAYER "mul,div,log,exp,sin,cos,id,if"

static const EspOperation operations[ESP_N_OPERATORS] = {
  [ESP_OPERATOR_MULTIPLY] = ESP_OPERATION_GUARDED_MULTIPLY,
  [ESP_OPERATOR_DIVIDE] = ESP_OPERATION_GUARDED_DIVIDE,
  [ESP_OPERATOR_LOG] = ESP_OPERATION_GUARDED_LOG,
  [ESP_OPERATOR_EXP] = ESP_OPERATION_GUARDED_EXP,
  [ESP_OPERATOR_SIN] = ESP_OPERATION_SIN,
  [ESP_OPERATOR_COS] = ESP_OPERATION_COS,
  [ESP_OPERATOR_IF_ELSE] = ESP_OPERATION_SOFT_IF,
};

typedef struct
{
  const EspArrangement *arrangement;
  double *weights;
  double *biases;
  double *observations; /* [N_INPUTS][N_SAMPLES] */
  double *d_output;     /* [N_SAMPLES] */
  double outputs[N_SAMPLES];
  double penalty;
} Reference;

static double
hinge (EspOperator operator_, const double *a)
{
  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      return fmax (0, fabs (a[0]) - 100) + fmax (0, fabs (a[1]) - 100);
    case ESP_OPERATOR_DIVIDE:
      return fmax (0, 0.01 - a[1]);
    case ESP_OPERATOR_LOG:
      return fmax (0, 0.001 - a[0]);
    case ESP_OPERATOR_EXP:
      return fmax (0, -10 - a[0]) + fmax (0, a[0] - 4);
    default:
      return 0;
    }
}

/* Returns Σ d_output · output + PENALTY · Σ hinges. */
static double
run_reference (void *data)
{
  Reference *reference = data;
  const EspArrangement *arrangement = reference->arrangement;
  double sum = 0;

  reference->penalty = 0;
  for (size_t i = 0; i < N_SAMPLES; i++)
    {
      g_autofree double *x = g_new (double, arrangement->n_features);

      for (size_t k = 0; k < N_INPUTS; k++)
        x[k] = reference->observations[k * N_SAMPLES + i];
      for (size_t l = 0; l < arrangement->n_layers; l++)
        {
          const EspLayer *layer = &arrangement->layers[l];
          double h[3 * ESP_MAX_LAYER_OPERATORS];

          for (size_t row = 0; row < layer->n_arguments; row++)
            {
              h[row] = reference->biases[layer->biases + row];
              for (size_t j = 0; j < layer->n_features; j++)
                h[row] += reference->weights[layer->weights + row * layer->n_features + j] * x[j];
            }
          for (size_t k = 0, row = 0; k < layer->n_operators; k++)
            {
              EspOperator operator_ = layer->operators[k];

              x[layer->n_features + k] = operator_ == ESP_OPERATOR_IDENTITY
                                           ? h[row]
                                           : esp_operation_evaluate (operations[operator_], h + row);
              reference->penalty += hinge (operator_, h + row);
              row += esp_operator_get_n_arguments (operator_);
            }
          reference->outputs[i] = h[0];
        }
      sum += reference->d_output[i] * reference->outputs[i];
    }

  return sum + PENALTY * reference->penalty;
}

static void
draw (float *values, double *wide, size_t n, double range, EspRandom *random)
{
  for (size_t i = 0; i < n; i++)
    {
      values[i] = (float) esp_random_between (random, -range, range);
      wide[i] = values[i];
    }
}

static double
get_largest (const float *values, size_t n)
{
  double largest = 0;

  for (size_t i = 0; i < n; i++)
    largest = fmax (largest, fabs ((double) values[i]));
  return largest;
}

/* Differences in double precision are good to 1e-8 here. Single precision is good to about 1e-7 of the
 * largest derivative of its kind: what reaches a weight is a sum over all ways to the output. The
 * tolerance is 2e-5 of the derivative and 1e-6 of the largest. */
static void
test_gradients (const void *data)
{
  const char *text = data;
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new (text, N_INPUTS, NULL);
  size_t n_weights = arrangement->n_weights, n_biases = arrangement->n_biases;
  size_t n_features = arrangement->n_features, n_observations = N_INPUTS * N_SAMPLES;
  g_autofree float *weights = g_new (float, n_weights);
  g_autofree double *wide_weights = g_new (double, n_weights);
  g_autofree float *biases = g_new (float, n_biases);
  g_autofree double *wide_biases = g_new (double, n_biases);
  g_autofree float *features = g_new (float, n_features *N_SAMPLES);
  g_autofree double *wide_observations = g_new (double, n_observations);
  g_autofree float *arguments = g_new (float, n_biases *N_SAMPLES);
  g_autofree float *d_features = g_new (float, n_features *N_SAMPLES);
  g_autofree float *d_arguments = g_new (float, n_biases *N_SAMPLES);
  g_autofree float *d_weights = g_new (float, n_weights);
  g_autofree float *d_biases = g_new (float, n_biases);
  float d_output[N_SAMPLES];
  double wide_d_output[N_SAMPLES];
  Reference reference = { arrangement, wide_weights, wide_biases, wide_observations, wide_d_output };
  EspTestGradient weight_gradient = { .name = "weights", .tolerance = 2e-5 };
  EspTestGradient bias_gradient = { .name = "biases", .tolerance = 2e-5 };
  EspTestGradient input_gradient = { .name = "inputs", .tolerance = 2e-5 };
  const float *output;
  EspRandom random;

  esp_random_init (&random, 21, 0);
  draw (weights, wide_weights, n_weights, 0.5, &random);
  draw (biases, wide_biases, n_biases, 0.5, &random);
  draw (features, wide_observations, n_observations, 1.5, &random);
  draw (d_output, wide_d_output, N_SAMPLES, 1, &random);

  output = esp_symbolic_network_forward (arrangement, weights, biases, N_SAMPLES, features, arguments);
  run_reference (&reference);
  for (size_t i = 0; i < N_SAMPLES; i++)
    g_assert_cmpfloat_with_epsilon (output[i], reference.outputs[i],
                                    1e-5 * (1 + fabs (reference.outputs[i])));
  g_assert_cmpfloat (reference.penalty, >, 0.1);
  g_assert_cmpfloat_with_epsilon (esp_symbolic_network_penalty (arrangement, arguments, N_SAMPLES),
                                  reference.penalty, 1e-5 * reference.penalty);

  esp_symbolic_network_backward (arrangement, weights, N_SAMPLES, features, arguments, d_output,
                                 (float) PENALTY, d_features, d_arguments, d_weights, d_biases);

  weight_gradient.floor = 1e-6 * get_largest (d_weights, n_weights);
  for (size_t i = 0; i < n_weights; i++)
    esp_test_compare (&weight_gradient, run_reference, &reference, &wide_weights[i], 1e-6, d_weights[i]);
  bias_gradient.floor = 1e-6 * get_largest (d_biases, n_biases);
  for (size_t i = 0; i < n_biases; i++)
    esp_test_compare (&bias_gradient, run_reference, &reference, &wide_biases[i], 1e-6, d_biases[i]);

  /* nothing needs the first layer's share of the inputs' derivatives, so it is added here */
  input_gradient.floor = 1e-6 * get_largest (d_features, n_observations);
  for (size_t k = 0; k < N_INPUTS; k++)
    for (size_t i = 0; i < N_SAMPLES; i++)
      {
        double sum = d_features[k * N_SAMPLES + i];

        for (size_t row = 0; row < arrangement->layers[0].n_arguments; row++)
          sum += (double) weights[row * N_INPUTS + k] * d_arguments[row * N_SAMPLES + i];
        esp_test_compare (&input_gradient, run_reference, &reference, &wide_observations[k * N_SAMPLES + i],
                          1e-6, sum);
      }
  esp_test_gradient_finish (&weight_gradient, 0.001);
  esp_test_gradient_finish (&bias_gradient, 0.001);
  esp_test_gradient_finish (&input_gradient, 0.001);
}

/* A closed path carries nothing: neither its weight nor what lies behind it matters. */
static void
test_closed_paths (void)
{
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("S0", N_INPUTS, NULL);
  g_autofree float *weights = g_new0 (float, arrangement->n_weights);
  g_autofree float *biases = g_new0 (float, arrangement->n_biases);
  g_autofree float *features = g_new (float, arrangement->n_features);
  g_autofree float *arguments = g_new (float, arrangement->n_biases);
  const EspLayer *output = &arrangement->layers[arrangement->n_layers - 1];

  features[0] = 1;
  features[1] = 2;
  features[2] = 3;
  weights[output->weights + 1] = 0.5f;
  biases[output->biases] = 0.25f;
  g_assert_cmpfloat (*esp_symbolic_network_forward (arrangement, weights, biases, 1, features, arguments), ==,
                     1.25);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/symbolic-network/gradients/layer", ONE_LAYER, test_gradients);
  g_test_add_data_func ("/symbolic-network/gradients/S0", "S0", test_gradients);
  g_test_add_data_func ("/symbolic-network/gradients/C1", "C1", test_gradients);
  g_test_add_func ("/symbolic-network/closed-paths", test_closed_paths);

  return g_test_run ();
}

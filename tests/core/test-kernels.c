/* The products of every set of kernels that this machine can run, against sums in double precision. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-blas.h"
#include "esp-kernels.h"
#include "esp-mlp.h"
#include "esp-random.h"

static float *
draw (size_t n, EspRandom *random)
{
  float *values = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    values[i] = (float) esp_random_between (random, -1, 1);
  return values;
}

/* @value must be the @expected sum of @n_inner products of numbers up to 1. */
static void
compare (double value, double expected, size_t n_inner)
{
  g_assert_cmpfloat_with_epsilon (value, expected, 2e-7 * (double) (n_inner + 4));
}

typedef enum
{
  PLAIN,
  ACCUMULATE,
  RELU,
  GATE,
  CHOSEN,
  N_KINDS,
} Kind;

static void
check_product (const EspKernels *kernels,
               size_t n_rows,
               size_t n_columns,
               size_t n_inner,
               bool transpose_a,
               bool transpose_b,
               bool packed,
               Kind kind,
               EspRandom *random)
{
  g_autofree float *a = draw (n_rows * n_inner, random);
  g_autofree float *b = draw (n_inner * n_columns, random);
  g_autofree float *c = draw (n_rows * n_columns, random);
  g_autofree float *before = g_memdup2 (c, n_rows * n_columns * sizeof (float));
  g_autofree float *bias = draw (n_columns, random);
  g_autofree float *gate = draw (3 * n_rows * n_columns, random);
  g_autofree uint32_t *rows = g_new (uint32_t, n_rows);
  g_autofree float *scratch = g_new (float, esp_product_scratch_size (n_inner));
  EspProduct product = { .n_rows = n_rows,
                         .n_columns = n_columns,
                         .n_inner = n_inner,
                         .a = a,
                         .a_row = transpose_a ? 1 : n_inner,
                         .a_column = transpose_a ? n_rows : 1,
                         .b = b,
                         .b_stride = transpose_b ? n_inner : n_columns,
                         .b_transposed = transpose_b,
                         .c = c,
                         .c_stride = n_columns,
                         .accumulate = kind == ACCUMULATE,
                         .bias = kind == RELU ? bias : NULL,
                         .gate = kind == GATE || kind == CHOSEN ? gate : NULL,
                         .gate_stride = n_columns,
                         .gate_rows = kind == CHOSEN ? rows : NULL,
                         .scratch = packed ? scratch : NULL };

  for (size_t i = 0; i < n_rows; i++)
    rows[i] = esp_random_below (random, (uint32_t) (3 * n_rows));
  kernels->multiply (&product);

  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_columns; j++)
      {
        size_t open = (kind == CHOSEN ? rows[i] : i) * n_columns + j;
        double sum = 0;

        for (size_t k = 0; k < n_inner; k++)
          sum += (double) a[transpose_a ? k * n_rows + i : i * n_inner + k]
                 * b[transpose_b ? j * n_inner + k : k * n_columns + j];
        if (kind == ACCUMULATE)
          sum += before[i * n_columns + j];
        if (kind == RELU)
          sum = fmax (0, sum + bias[j]);
        if (kind == GATE || kind == CHOSEN)
          sum = gate[open] > 0 ? sum : 0;
        compare (c[i * n_columns + j], sum, n_inner);
      }
}

static void
test_products (const void *data)
{
  static const size_t rows[] = { 1, 2, 6, 7, 13, 14, 15, 29, 43 };
  static const size_t columns[] = { 1, 3, 15, 16, 17, 31, 32, 33, 50, 64, 70 };
  static const size_t inner[] = { 1, 5, 16, 33, 70 };
  EspRandom random;

  esp_random_init (&random, 4, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    for (size_t j = 0; j < G_N_ELEMENTS (columns); j++)
      for (size_t k = 0; k < G_N_ELEMENTS (inner); k++)
        for (Kind kind = PLAIN; kind < N_KINDS; kind++)
          for (unsigned how = 0; how < 6; how++)
            /* B is not transposed where it is not copied */
            check_product (data, rows[i], columns[j], inner[k], how % 2 == 1, how / 2 == 1, how / 2 < 2, kind,
                           &random);
}

static void
test_rows (const void *data)
{
  static const size_t rows[] = { 1, 2, 3, 4, 5, 7, 9 };
  static const size_t columns[] = { 1, 3, 4, 6, 17 };
  static const size_t inner[] = { 1, 7, 8, 16, 21, 64, 100 };
  const EspKernels *kernels = data;
  EspRandom random;

  esp_random_init (&random, 4, 1);
  for (size_t r = 0; r < G_N_ELEMENTS (rows); r++)
    for (size_t s = 0; s < G_N_ELEMENTS (columns); s++)
      for (size_t t = 0; t < G_N_ELEMENTS (inner); t++)
        for (unsigned with_bias = 0; with_bias < 2; with_bias++)
          {
            size_t n_rows = rows[r], n_columns = columns[s], n_inner = inner[t];
            g_autofree float *a = draw (n_rows * n_inner, &random);
            g_autofree float *b = draw (n_columns * n_inner, &random);
            g_autofree float *bias = draw (n_rows, &random);
            g_autofree float *c = draw (n_rows * n_columns, &random);

            kernels->multiply_rows (&(EspDots){ n_rows, n_columns, n_inner, a, n_inner, b, n_inner, c,
                                                n_columns, with_bias ? bias : NULL });
            for (size_t i = 0; i < n_rows; i++)
              for (size_t j = 0; j < n_columns; j++)
                {
                  double sum = with_bias ? bias[i] : 0;

                  for (size_t k = 0; k < n_inner; k++)
                    sum += (double) a[i * n_inner + k] * b[j * n_inner + k];
                  compare (c[i * n_columns + j], sum, n_inner);
                }
          }
}

/* The derivatives of chosen samples are those of all samples, picked. */
static void
test_chosen_samples (const void *data)
{
  enum
  {
    N = 37,
    N_INPUTS = 6,
    FIRST = 4,
  };
  static const size_t hidden[] = { 40, 33 };
  static const uint32_t chosen[] = { 36, 0, 5, 6, 7, 20 };
  const EspKernels *before = esp_kernels_get ();
  size_t n_chosen = G_N_ELEMENTS (chosen);

  esp_kernels_use (data);
  for (size_t n_hidden = 0; n_hidden <= 2; n_hidden++)
    {
      EspMlp mlp;
      EspRandom random;

      esp_random_init (&random, 4, 2 + n_hidden);
      esp_mlp_init (&mlp, N_INPUTS, hidden, n_hidden, 1);

      g_autofree float *parameters = draw (mlp.n_parameters, &random);
      g_autofree float *input = draw (N_INPUTS * N, &random);
      g_autofree float *d_output = draw (N, &random);
      g_autofree float *activations = g_new (float, esp_mlp_activations_size (&mlp, N));
      g_autofree float *workspace = g_new (float, esp_mlp_workspace_size (&mlp, N));
      g_autofree float *small_workspace = g_new (float, esp_mlp_workspace_size (&mlp, n_chosen));
      float d_input[N_INPUTS * N], d_chosen_output[G_N_ELEMENTS (chosen)];
      float d_chosen[(N_INPUTS - FIRST) * G_N_ELEMENTS (chosen)];

      esp_mlp_forward (&mlp, parameters, input, N, activations);
      esp_mlp_backward (&mlp, parameters, input, activations, d_output, N, workspace, NULL, d_input);
      for (size_t i = 0; i < n_chosen; i++)
        d_chosen_output[i] = d_output[chosen[i]];
      esp_mlp_differentiate_inputs (&mlp, parameters, activations, N, chosen, n_chosen, d_chosen_output,
                                    FIRST, small_workspace, d_chosen);
      for (size_t k = FIRST; k < N_INPUTS; k++)
        for (size_t i = 0; i < n_chosen; i++)
          g_assert_cmpfloat_with_epsilon (d_chosen[(k - FIRST) * n_chosen + i], d_input[k * N + chosen[i]],
                                          1e-5);
    }
  esp_kernels_use (before);
}

int
main (int argc, char **argv)
{
  const EspKernels *const *sets = esp_kernels_list ();

  g_test_init (&argc, &argv, NULL);
  esp_blas_use_one_thread ();
  for (size_t i = 0; sets[i] != NULL; i++)
    {
      g_autofree char *products = g_strdup_printf ("/kernels/%s/products", sets[i]->name);
      g_autofree char *rows = g_strdup_printf ("/kernels/%s/rows", sets[i]->name);
      g_autofree char *chosen = g_strdup_printf ("/kernels/%s/chosen-samples", sets[i]->name);

      g_test_add_data_func (products, sets[i], test_products);
      g_test_add_data_func (rows, sets[i], test_rows);
      g_test_add_data_func (chosen, sets[i], test_chosen_samples);
    }

  return g_test_run ();
}

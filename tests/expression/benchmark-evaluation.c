/* The speed of evaluation, asked for line by line by compare-numpy.py.
 *
 *   FORMULA        evaluates a batch of 10,000 states of x, y, z and w, many times
 *   limit          only multiplies and adds, in vector registers
 *   rows           only adds two rows in the fastest cache to a third
 *   stream         only adds up the four columns of a batch
 *
 * The answer is one line of JSON. Times are of the processor, in nanoseconds for one batch. */

#include "esp-simd.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "esp-formula.h"
#include "esp-memory.h"

#define N_VARIABLES 4
#define N_STATES    10000
#define N_REPEATS   60

/* As many as stay in the fastest cache. */
#define N_NEAR 768

static double
get_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec * 1e9 + (double) time.tv_nsec;
}

typedef double Vector __attribute__ ((vector_size (64)));

ESP_VECTORISED static double
multiply_and_add (size_t n, double factor)
{
  Vector x[12];
  double sum = 0;

  for (size_t k = 0; k < G_N_ELEMENTS (x); k++)
    x[k] = (Vector){ 0 } + (double) k;
  for (size_t i = 0; i < n; i++)
    {
      for (size_t k = 0; k < G_N_ELEMENTS (x); k++)
        x[k] = x[k] * factor;
      for (size_t k = 0; k < G_N_ELEMENTS (x); k++)
        x[k] = x[k] + factor;
    }
  for (size_t k = 0; k < G_N_ELEMENTS (x); k++)
    for (size_t j = 0; j < 8; j++)
      sum += x[k][j];
  return sum;
}

ESP_VECTORISED static void
add_columns (size_t n, const double *restrict states, double *restrict sum)
{
  for (size_t i = 0; i < n; i++)
    sum[i] = states[i] + states[n + i] + states[2 * n + i] + states[3 * n + i];
}

ESP_VECTORISED static void
add_rows (size_t n, const double *restrict left, const double *restrict right, double *restrict sum)
{
  for (size_t i = 0; i < n; i++)
    sum[i] = left[i] + right[i];
}

/* Nanoseconds for one operation on one double, as the next. */
static double
measure_rows (const double *states, double *results)
{
  const size_t n = 256, n_repeats = 2000;
  double start = get_time ();

  for (size_t i = 0; i < n_repeats; i++)
    add_rows (n, states, states + n, results);
  return (get_time () - start) / (double) (n * n_repeats);
}

/* Nanoseconds for one operation on one double. */
static double
measure_limit (void)
{
  const size_t n = 20000;
  volatile double sink;
  double start = get_time ();

  sink = multiply_and_add (n, 0.999999);
  (void) sink;
  return (get_time () - start) / (double) (n * 24 * 8);
}

static double
measure_stream (const double *states, double *results)
{
  double start = get_time ();

  for (int i = 0; i < N_REPEATS; i++)
    add_columns (N_STATES, states, results);
  return (get_time () - start) / N_REPEATS;
}

static void
measure_formula (
  const char *text, const double *states, const float *single_states, double *results, float *single_results)
{
  const char *const names[] = { "x", "y", "z", "w" };
  const EspSymbols symbols = { N_VARIABLES, names, NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &symbols, 1, &error);
  const EspProgram *program;
  double *workspace, times[4], sample[N_VARIABLES], alone;

  if (formula == NULL)
    {
      printf ("{\"error\": \"%s\"}\n", error->message);
      return;
    }
  program = esp_formula_get_program (formula);
  workspace = esp_new_doubles (esp_program_get_workspace_size (program) / sizeof (double));
  for (int kind = 0; kind < 4; kind++)
    {
      double start = get_time ();

      for (int i = 0; i < N_REPEATS; i++)
        if (kind == 0)
          esp_program_evaluate_batch (program, NULL, states, N_STATES, N_STATES, results, N_STATES,
                                      workspace);
        else if (kind == 1)
          esp_program_evaluate_batch_single (program, NULL, single_states, N_STATES, N_STATES, single_results,
                                             N_STATES, workspace);
        else if (kind == 2)
          for (size_t k = 0; k < 10; k++)
            esp_program_evaluate_batch (program, NULL, states, N_STATES, N_NEAR, results, N_STATES,
                                        workspace);
        else
          for (size_t k = 0; k < 100; k++)
            {
              for (size_t v = 0; v < N_VARIABLES; v++)
                sample[v] = states[v * N_STATES + k];
              esp_program_evaluate (program, sample, &alone);
            }
      times[kind] = (get_time () - start) / N_REPEATS;
    }
  printf ("{\"operations\": %zu, \"double\": %.1f, \"single\": %.1f, \"near\": %.2f, \"alone\": %.1f, "
          "\"values\": [",
          esp_program_get_n_operations (program), times[0], times[1], times[2] / 10,
          times[3] * N_STATES / 100);
  for (size_t i = 0; i < 5; i++)
    printf ("%s%.17g", i > 0 ? ", " : "", results[i]);
  printf ("]}\n");
  esp_free_aligned (workspace);
}

int
main (void)
{
  double *states = esp_new_doubles (N_VARIABLES * N_STATES), *results = esp_new_doubles (N_STATES);
  float *single_states = esp_new_floats (N_VARIABLES * N_STATES), *single_results = esp_new_floats (N_STATES);
  char line[4096];

  for (size_t i = 0; i < N_VARIABLES * N_STATES; i++)
    {
      /* what compare-numpy.py has as well */
      states[i] = -2 + 4 * (double) (i * 7919 % 10007) / 10007;
      single_states[i] = (float) states[i];
    }
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      g_strchomp (line);
      if (strcmp (line, "limit") == 0)
        printf ("{\"time\": %.6f}\n", measure_limit ());
      else if (strcmp (line, "rows") == 0)
        printf ("{\"time\": %.6f}\n", measure_rows (states, results));
      else if (strcmp (line, "stream") == 0)
        printf ("{\"time\": %.1f}\n", measure_stream (states, results));
      else
        measure_formula (line, states, single_states, results, single_results);
      fflush (stdout);
    }
  esp_free_aligned (states);
  esp_free_aligned (results);
  esp_free_aligned (single_states);
  esp_free_aligned (single_results);
  return 0;
}

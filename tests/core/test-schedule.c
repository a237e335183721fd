/* Schedules and path counts against those worked out from the published ones (ESPL, arXiv 2311.02104: the
 * released code's schedule for LunarLander and its arrangements on the paper's eight tasks). */

#include <math.h>

#include <glib.h>

#include "esp-arrangement.h"
#include "esp-schedule.h"

typedef struct
{
  double epoch;
  double temperature;
  double allowed;
  double rounding; /* of allowed, as written */
} ScheduleRow;

static void
test_published (void)
{
  static const ScheduleRow rows[] = {
    { 0, 1.00, 1648, 0.5 },   { 225, 0.80, 1545, 0.5 },  { 450, 0.60, 1236, 0.5 }, { 675, 0.40, 722, 0.5 },
    { 810, 0.28, 314, 0.5 },  { 855, 0.24, 162, 0.5 },   { 882, 0.216, 67, 0.5 },  { 891, 0.208, 34, 0.5 },
    { 900, 0.20, 1.6, 0.05 }, { 1500, 0.20, 1.6, 0.05 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      double progress = rows[i].epoch / 900;

      g_assert_cmpfloat_with_epsilon (esp_schedule_temperature (progress, 0.2), rows[i].temperature, 1e-12);
      g_assert_cmpfloat_with_epsilon (1648 * esp_schedule_allowance (progress, 0, 0.001), rows[i].allowed,
                                      rows[i].rounding);
    }
}

static void
test_warm_up (void)
{
  /* halfway through the 80 % that follow the warm-up: x = ½ */
  g_assert_cmpfloat_with_epsilon (esp_schedule_allowance (0.6, 0.2, 0.1), 0.1 + 0.9 * 0.75, 1e-12);
  g_assert_cmpfloat (esp_schedule_allowance (0.2, 0.2, 0.1), ==, 1);
  g_assert_cmpfloat (esp_schedule_allowance (0.1, 0.2, 0.1), ==, 1);
  g_assert_cmpfloat_with_epsilon (esp_schedule_allowance (1, 0.2, 0.1), 0.1, 1e-12);
  /* next to no time between warm-up and end */
  g_assert_cmpfloat (esp_schedule_allowance (0.998, 0.999, 0.1), ==, 1);
  g_assert_cmpfloat_with_epsilon (esp_schedule_allowance (1, 0.999, 0.1), 0.1, 1e-12);
}

/* The hinge of the sparsity is active at equality, so at the start all paths must be allowed and not one
 * rounding more, whatever the target. */
static void
test_start_is_all (void)
{
  for (int i = 0; i <= 1000; i++)
    for (size_t n = 1; n < 10000; n = 3 * n + 1)
      g_assert_cmpfloat ((double) n * esp_schedule_allowance (0, 0, i / 1000.0), ==, (double) n);
}

typedef struct
{
  const char *task;
  size_t n_observations;
  size_t n_actions;
  size_t weights[3];
} CountRow;

static void
test_path_counts (void)
{
  static const char *const arrangements[3] = { "S0", "C0", "U0" };
  static const size_t biases[3] = { 41, 39, 41 };
  static const CountRow rows[] = {
    { "CartPole", 4, 1, { 660, 535, 674 } },       { "MountainCar", 2, 1, { 578, 457, 592 } },
    { "Pendulum", 3, 1, { 619, 496, 633 } },       { "InvDoublePend", 9, 1, { 865, 730, 879 } },
    { "InvPendSwingup", 5, 1, { 701, 574, 715 } }, { "LunarLander", 8, 2, { 824, 691, 838 } },
    { "Hopper", 15, 3, { 1111, 964, 1125 } },      { "BipedalWalker", 24, 4, { 1480, 1315, 1494 } },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    for (size_t k = 0; k < 3; k++)
      {
        g_autoptr (EspArrangement)
          arrangement = esp_arrangement_new (arrangements[k], rows[i].n_observations, NULL);

        g_test_message ("%s, %s", rows[i].task, arrangements[k]);
        g_assert_cmpuint (arrangement->n_weights, ==, rows[i].weights[k]);
        g_assert_cmpuint (arrangement->n_biases, ==, biases[k]);
      }

  /* the published totals of S0 over all actions */
  g_assert_cmpuint (rows[5].n_actions * rows[5].weights[0], ==, 1648);
  g_assert_cmpuint (rows[6].n_actions * rows[6].weights[0], ==, 3333);
  g_assert_cmpuint (rows[7].n_actions * rows[7].weights[0], ==, 5920);
}

typedef struct
{
  const char *name;
  /* how many of each operator a layer has: mul, div, log, exp, sin, cos, id, if; the output layer has none */
  const char *layers[8];
} OperatorRow;

static void
test_operators (void)
{
  static const OperatorRow rows[] = {
    { "S0", { "30000000", "03000000", "00222200", "00222200", "11110000", "11110000", "00000000" } },
    { "C0", { "30000000", "30000000", "03000000", "00113300", "11110000", "11110000", "00000000" } },
    { "C1", { "30000001", "30000001", "03000001", "00113301", "11110001", "00000000" } },
    { "C2", { "30000000", "30000000", "03000000", "00333300", "11110000", "11110000", "00000000" } },
    { "C3", { "30000001", "30000001", "03000001", "00333301", "11110001", "11110001", "00000000" } },
    { "C4", { "30000000", "30000000", "03000000", "00113300", "11110000", "00000000" } },
    { "U0", { "11111100", "11111100", "11111100", "11111100", "11111100", "00000000" } },
    { "U1", { "11111101", "11111101", "11111101", "11111101", "11111101", "00000000" } },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (EspArrangement) arrangement = esp_arrangement_new (rows[i].name, 4, NULL);

      for (size_t l = 0; l < arrangement->n_layers; l++)
        {
          char counts[] = "00000000";

          for (size_t k = 0; k < arrangement->layers[l].n_operators; k++)
            counts[arrangement->layers[l].operators[k]]++;
          g_test_message ("%s, layer %zu: %s", rows[i].name, l, counts);
          g_assert_cmpstr (counts, ==, rows[i].layers[l]);
        }
      g_assert_null (rows[i].layers[arrangement->n_layers]);
    }
}

/* Without dense connections everything lies where it did, but a layer's rows begin with the features of the
 * layer before: here 6 · 8 + 6 · 3 + 8 · 3 + 8 · 8 + 6 · 8 + 6 · 4 + 4 paths. */
static void
test_sequential (void)
{
  g_autoptr (EspArrangement) dense = esp_arrangement_new ("S0", 8, NULL);
  g_autoptr (EspArrangement) sequential = esp_arrangement_new_sequential ("S0", 8, NULL);
  g_autofree float *values = g_new (float, dense->n_weights);
  size_t n_paths = 0, place = 0;

  g_assert_cmpuint (dense->n_paths, ==, 824);
  g_assert_cmpuint (sequential->n_paths, ==, 230);
  g_assert_cmpuint (sequential->n_weights, ==, dense->n_weights);
  g_assert_cmpuint (sequential->n_biases, ==, dense->n_biases);
  g_assert_cmpuint (sequential->n_features, ==, dense->n_features);
  for (size_t i = 0; i < dense->n_weights; i++)
    values[i] = 1;
  esp_arrangement_clear_blocked (dense, values);
  for (size_t i = 0; i < dense->n_weights; i++)
    g_assert_cmpfloat (values[i], ==, 1);

  esp_arrangement_clear_blocked (sequential, values);
  for (size_t l = 0; l < sequential->n_layers; l++)
    {
      const EspLayer *layer = &sequential->layers[l];
      size_t n_before = l == 0 ? 8 : sequential->layers[l - 1].n_operators;

      g_assert_cmpuint (dense->layers[l].first_feature, ==, 0);
      g_assert_cmpuint (layer->n_features, ==, dense->layers[l].n_features);
      g_assert_cmpuint (layer->weights, ==, dense->layers[l].weights);
      g_assert_cmpuint (layer->n_features - layer->first_feature, ==, n_before);
      for (size_t row = 0; row < layer->n_arguments; row++)
        for (size_t j = 0; j < layer->n_features; j++, place++)
          {
            g_assert_cmpfloat (values[place], ==, j + n_before >= layer->n_features ? 1 : 0);
            n_paths += values[place] != 0;
          }
    }
  g_assert_cmpuint (n_paths, ==, 230);
}

/* All published arrangements are there to be chosen. */
static void
test_list (void)
{
  const char *const *names = esp_arrangement_list ();

  g_assert_cmpuint (g_strv_length ((char **) names), ==, 8);
  for (; *names != NULL; names++)
    {
      g_autoptr (EspArrangement) arrangement = esp_arrangement_new (*names, 4, NULL);

      g_assert_nonnull (arrangement);
      g_assert_cmpuint (arrangement->n_layers, >=, 5 + 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schedule/published", test_published);
  g_test_add_func ("/schedule/warm-up", test_warm_up);
  g_test_add_func ("/schedule/start-is-all", test_start_is_all);
  g_test_add_func ("/arrangement/path-counts", test_path_counts);
  g_test_add_func ("/arrangement/operators", test_operators);
  g_test_add_func ("/arrangement/sequential", test_sequential);
  g_test_add_func ("/arrangement/list", test_list);

  return g_test_run ();
}

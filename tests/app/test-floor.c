/* Floor B does the whole update: two consecutive updates against the values that the learner itself is held
 * to (see tests/core/test-golden.c), and both ways of laying out its matrices against each other. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-floor.h"
#include "esp-json.h"

#define N_OBSERVATIONS 3
#define N_ACTIONS      2

/* Reads numbers, nested in rows or not; returns how many. */
static size_t
read_rows (JsonArray *array, float *values)
{
  size_t n = 0;

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_ARRAY (node))
        n += read_rows (json_node_get_array (node), values + n);
      else
        values[n++] = (float) json_node_get_double (node);
    }

  return n;
}

static void
read_array (JsonObject *object, const char *name, float *values, size_t n)
{
  g_assert_cmpuint (read_rows (json_object_get_array_member (object, name), values), ==, n);
}

/* Compares @values with those of @array from number @first on. */
static void
compare (const char *name,
         const float *values,
         JsonArray *array,
         size_t first,
         size_t n,
         double relative,
         double absolute)
{
  double worst = 0.0;

  for (size_t i = first; i < first + n; i++)
    {
      double expected = json_array_get_double_element (array, (guint) i);
      double ratio = fabs ((double) values[i] - expected) / (relative * fabs (expected) + absolute);

      if (!(ratio <= 1.0))
        {
          g_test_message ("%s %zu is %.8g, not %.8g", name, i, (double) values[i], expected);
          g_test_fail ();
        }
      worst = fmax (worst, ratio);
    }
  g_test_message ("%s: greatest difference %.3g of what is tolerated", name, worst);
}

/* After the first update the first moments are a tenth of the gradient. Masks are worked out in single
 * precision here, so a little more is tolerated than of the learner. */
static void
compare_moments (const char *name, const float *values, JsonArray *array, size_t first, size_t n)
{
  double largest = 0.0;

  for (size_t i = first; i < first + n; i++)
    largest = fmax (largest, fabs (json_array_get_double_element (array, (guint) i)));
  g_assert_cmpfloat (largest, >, 0.0);
  compare (name, values, array, first, n, 2e-4, 1e-5 * largest);
}

static void
compare_state (const EspFloor *floor, JsonObject *expected)
{
  JsonArray *moment = json_object_get_array_member (expected, "policy_moment");
  JsonArray *policy = json_object_get_array_member (expected, "policy");
  size_t n_symbolic = floor->n_weights + floor->n_biases, n_critic = floor->critic.n_parameters;

  g_assert_cmpuint (json_array_get_length (policy), ==, floor->n_policy);
  compare_moments ("weights' gradient", floor->policy_moments, moment, 0, floor->n_weights);
  compare_moments ("biases' gradient", floor->policy_moments, moment, floor->n_weights, floor->n_biases);
  compare_moments ("deviation's gradient", floor->policy_moments, moment, n_symbolic,
                   floor->network.n_parameters);
  compare_moments ("probabilities' gradient", floor->policy_moments, moment,
                   floor->n_policy - floor->n_weights, floor->n_weights);
  compare ("policy", floor->policy, policy, 0, floor->n_policy, 1e-6, 0.005 * floor->recipe->policy_rate);
  for (guint c = 0; c < ESP_N_CRITICS; c++)
    {
      JsonArray *critics = json_object_get_array_member (expected, "critics");
      JsonArray *targets = json_object_get_array_member (expected, "targets");
      JsonArray *moments = json_object_get_array_member (expected, "critic_moments");

      compare_moments ("critic's gradient", floor->critic_moments[c],
                       json_array_get_array_element (moments, c), 0, n_critic);
      compare ("critic", floor->critics[c], json_array_get_array_element (critics, c), 0, n_critic, 1e-6,
               0.005 * floor->recipe->critic_rate);
      compare ("target", floor->targets[c], json_array_get_array_element (targets, c), 0, n_critic, 1e-6,
               0.005 * floor->recipe->critic_rate * floor->recipe->target_rate);
    }
  g_assert_cmpfloat_with_epsilon (floor->log_alpha, json_object_get_double_member (expected, "log_alpha"),
                                  2e-6);
}

static void
read_start (EspFloor *floor, JsonObject *start)
{
  read_array (start, "policy", floor->policy, floor->n_policy);
  floor->log_alpha = (float) json_object_get_double_member (start, "log_alpha");
  for (guint c = 0; c < ESP_N_CRITICS; c++)
    {
      JsonArray *critics = json_object_get_array_member (start, "critics");
      JsonArray *targets = json_object_get_array_member (start, "targets");

      read_rows (json_array_get_array_element (critics, c), floor->critics[c]);
      read_rows (json_array_get_array_element (targets, c), floor->targets[c]);
    }
}

static void
read_update (EspFloor *floor, JsonObject *update)
{
  JsonObject *batch = json_object_get_object_member (update, "batch");
  JsonObject *noise = json_object_get_object_member (update, "noise");
  size_t n = floor->n, n_columns = n * floor->n_masks;

  read_array (batch, "observations", floor->batch.observations, N_OBSERVATIONS * n);
  read_array (batch, "actions", floor->batch.actions, N_ACTIONS * n);
  read_array (batch, "rewards", floor->batch.rewards, n);
  read_array (batch, "next_observations", floor->batch.next_observations, N_OBSERVATIONS * n);
  read_array (batch, "terminated", floor->batch.terminated, n);
  read_array (noise, "next_uniform", floor->noise.next_uniform, floor->n_weights);
  read_array (noise, "next_normal", floor->noise.next_normal, N_ACTIONS * n);
  read_array (noise, "logistic", floor->noise.logistic, floor->n_masks * floor->n_weights);
  read_array (noise, "normal", floor->noise.normal, N_ACTIONS * n_columns);
}

static void
test_golden (const void *data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = esp_json_load (ESP_TEST_DATA "/golden-update.json", &error);
  g_assert_no_error (error);
  JsonObject *root = json_node_get_object (node);
  JsonArray *updates = json_object_get_array_member (root, "updates");
  JsonArray *cases = json_object_get_array_member (root, "cases");
  JsonObject *test = json_array_get_object_element (cases, GPOINTER_TO_UINT (data));
  g_autofree char *text = json_to_string (json_object_get_member (test, "recipe"), FALSE);
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("golden", text, strlen (text), &error);
  g_assert_no_error (error);
  g_autoptr (EspFloor)
    floor = esp_floor_new (recipe, (EspFloorKind){ .loops = true }, N_OBSERVATIONS, N_ACTIONS, 16);

  g_test_message ("%s", json_object_get_string_member (test, "name"));
  read_start (floor, json_object_get_object_member (root, "start"));
  for (guint i = 0; i < json_array_get_length (updates); i++)
    {
      JsonObject *update = json_array_get_object_element (updates, i);
      JsonObject *schedule = json_object_get_object_member (update, "schedule");
      EspSacSchedule at = { .temperature = json_object_get_double_member (schedule, "temperature"),
                            .allowed_paths = json_object_get_double_member (schedule, "allowed_paths"),
                            .rate = json_object_get_double_member (schedule, "rate") };

      read_update (floor, update);
      esp_floor_update (floor, &at);
      g_test_message ("update %u", i + 1);
      compare_state (floor,
                     json_array_get_object_element (json_object_get_array_member (test, "expected"), i));
    }
}

/* Writes @from's parameters to @to, where each layer's weights lie transposed. */
static void
transpose_parameters (const EspFloorNetwork *network, const float *from, float *to)
{
  memcpy (to, from, network->n_parameters * sizeof *to);
  for (size_t l = 0; l < network->n_layers; l++)
    for (size_t i = 0; i < network->widths[l]; i++)
      for (size_t o = 0; o < network->widths[l + 1]; o++)
        to[network->weights[l] + i * network->widths[l + 1] + o] =
          from[network->weights[l] + o * network->widths[l] + i];
}

static void
test_layouts (void)
{
  static const char text[] = "{\"critic_hidden\": [24, 20], \"batch_size\": 36}";
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("layouts", text, sizeof text - 1, NULL);
  EspSacSchedule schedule = { .temperature = 1.0, .rate = 1.0 };
  g_autoptr (EspFloor) units = esp_floor_new (recipe, (EspFloorKind){ .loops = true, .neural = true },
                                              N_OBSERVATIONS, N_ACTIONS, 50);
  g_autoptr (EspFloor)
    samples = esp_floor_new (recipe, (EspFloorKind){ .loops = true, .neural = true, .by_samples = true },
                             N_OBSERVATIONS, N_ACTIONS, 50);
  g_autofree float *expected = g_new (float, MAX (units->critic.n_parameters, units->n_policy));
  float moved = 0.0f;

  transpose_parameters (&units->network, units->policy, samples->policy);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      transpose_parameters (&units->critic, units->critics[c], samples->critics[c]);
      transpose_parameters (&units->critic, units->targets[c], samples->targets[c]);
    }
  memcpy (samples->replay, units->replay, units->n_replay * units->width * sizeof (float));
  for (size_t i = 0; i < 3; i++)
    {
      esp_floor_draw (units);
      esp_floor_update (units, &schedule);
      esp_floor_draw (samples);
      esp_floor_update (samples, &schedule);
    }

  transpose_parameters (&units->network, units->policy_moments, expected);
  for (size_t i = 0; i < units->n_policy; i++)
    {
      g_assert_cmpfloat_with_epsilon (samples->policy_moments[i], expected[i], 1e-5);
      moved = fmaxf (moved, fabsf (expected[i]));
    }
  g_assert_cmpfloat (moved, >, 1e-3);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      transpose_parameters (&units->critic, units->critic_moments[c], expected);
      for (size_t i = 0; i < units->critic.n_parameters; i++)
        g_assert_cmpfloat_with_epsilon (samples->critic_moments[c][i], expected[i], 1e-5);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/floor/joint-clip", GUINT_TO_POINTER (0), test_golden);
  g_test_add_data_func ("/floor/separate-clips", GUINT_TO_POINTER (1), test_golden);
  g_test_add_data_func ("/floor/soft-masks", GUINT_TO_POINTER (2), test_golden);
  g_test_add_func ("/floor/layouts", test_layouts);

  return g_test_run ();
}

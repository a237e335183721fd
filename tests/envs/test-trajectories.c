/* Replays episodes that were recorded from the reference environments. The files are made by
 * tests/oracles/select_trajectories.py; ESPALIER_TEST_DATA names another folder with such files. */

#include "test-envs.h"

#include <math.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-json.h"

#define ONE_STEP_TOLERANCE    1e-12
#define OPEN_LOOP_TOLERANCE   1e-9
#define OPEN_LOOP_STEPS       30
#define OBSERVATION_TOLERANCE 1e-6

typedef struct
{
  double one_step;
  double open_loop;
  double reward;
  double observation;
  guint n_steps;
} Deviations;

static void
read_row (JsonArray *rows, guint row, double *values, guint n)
{
  JsonArray *array = json_array_get_array_element (rows, row);

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);
}

static void
compare (const double *measured, const double *expected, guint n, double tolerance, double *worst)
{
  for (guint i = 0; i < n; i++)
    {
      double deviation = fabs (measured[i] - expected[i]);

      g_assert_cmpfloat (deviation, <=, tolerance);
      *worst = MAX (*worst, deviation);
    }
}

/* Replays steps [first, end) from the recorded state before the first. */
static void
replay (EspEnvironment *environment, JsonObject *episode, guint first, guint end, Deviations *worst)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  JsonArray *states = json_object_get_array_member (episode, "states");
  JsonArray *actions = json_object_get_array_member (episode, "actions");
  JsonArray *observations = json_object_get_array_member (episode, "observations");
  JsonArray *rewards = json_object_get_array_member (episode, "rewards");
  JsonArray *terminated = json_object_get_array_member (episode, "terminated");
  guint n_physics = esp_environment_get_n_physics (environment);
  double state[ESP_MAX_OBSERVATIONS], expected[ESP_MAX_OBSERVATIONS];
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  gboolean ended = FALSE;
  GError *error = NULL;

  /* a recording that has ended earlier pays nothing more, a replay that begins later does not know */
  for (guint t = 0; t < first; t++)
    ended |= json_array_get_boolean_element (terminated, t);

  read_row (states, first, state, n_physics);
  esp_environment_set_physics (environment, state, n_physics, &error);
  g_assert_no_error (error);
  for (guint t = first; t < end; t++)
    {
      gboolean single = t == first;
      EspStep step;

      read_row (actions, t, action, info->n_actions);
      step = esp_environment_step (environment, action, observation);

      esp_environment_get_physics (environment, state);
      read_row (states, t + 1, expected, n_physics);
      compare (state, expected, n_physics, single ? ONE_STEP_TOLERANCE : OPEN_LOOP_TOLERANCE,
               single ? &worst->one_step : &worst->open_loop);
      read_row (observations, t, expected, info->n_observations);
      compare (observation, expected, info->n_observations, OBSERVATION_TOLERANCE, &worst->observation);
      g_assert_cmpint (step.terminated, ==, json_array_get_boolean_element (terminated, t));
      if (!ended)
        {
          double reward = json_array_get_double_element (rewards, t);

          compare (&step.reward, &reward, 1, single ? ONE_STEP_TOLERANCE * 10 : OPEN_LOOP_TOLERANCE,
                   &worst->reward);
        }
      worst->n_steps++;
    }
}

static void
test_trajectories (const void *data)
{
  const char *name = data;
  const char *folder = g_getenv ("ESPALIER_TEST_DATA");
  g_autofree char *file = g_strdup_printf ("trajectories-%s.json", name);
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ESP_TEST_DATA, file, NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new (name, NULL);
  Deviations worst = { 0 };
  GError *error = NULL;
  JsonNode *root = esp_json_load (path, &error);
  JsonArray *episodes;

  g_assert_no_error (error);
  episodes = json_object_get_array_member (json_node_get_object (root), "episodes");
  g_assert_cmpuint (json_array_get_length (episodes), >, 20);
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      JsonObject *episode = json_array_get_object_element (episodes, e);
      guint n = json_array_get_length (json_object_get_array_member (episode, "actions"));

      for (guint t = 0; t < n; t++)
        replay (environment, episode, t, t + 1, &worst);
      for (guint t = 0; t < n; t += OPEN_LOOP_STEPS)
        replay (environment, episode, t, MIN (t + OPEN_LOOP_STEPS, n), &worst);
    }
  g_test_message (
    "%s: %u episodes, %u steps, largest deviations: one step %.3g, open loop %.3g, reward %.3g, "
    "observation %.3g",
    name, json_array_get_length (episodes), worst.n_steps, worst.one_step, worst.open_loop, worst.reward,
    worst.observation);
  json_node_unref (root);
}

/* The recording goes on after its end: the reward stops, the dynamics do not. */
static void
test_past_end (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  const double state[] = { 2.39, 1, 0, 0 };
  const double positions[] = { 2.41, 2.441707317073171, 2.4851219512195124, 2.5402476175269104 };
  double observation[ESP_MAX_OBSERVATIONS];

  g_assert_true (esp_environment_set_physics (environment, state, 4, NULL));
  for (guint t = 0; t < G_N_ELEMENTS (positions); t++)
    {
      EspStep step = esp_environment_step (environment, &(double){ 1 }, observation);

      g_assert_cmpfloat (step.reward, ==, t == 0 ? 1 : 0);
      g_assert_true (step.terminated);
      g_assert_cmpfloat_with_epsilon (observation[0], positions[t], ONE_STEP_TOLERANCE);
    }
}

void
esp_test_add_trajectories (void)
{
  g_test_add_data_func ("/envs/trajectories/cartpole", "cartpole", test_trajectories);
  g_test_add_data_func ("/envs/trajectories/pendulum", "pendulum", test_trajectories);
  g_test_add_func ("/envs/trajectories/past-end", test_past_end);
}

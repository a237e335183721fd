/* Mountain car and the car on a track: recordings, returns, limits, states.
 *
 * The recordings of mountain car come from Gymnasium (tests/oracles/select_trajectories.py);
 * ESPALIER_TEST_DATA names another folder with such a file. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-error.h"
#include "esp-json.h"
#include "esp-random.h"

#define TOLERANCE 1e-7

typedef double (*PolicyFunction) (const double *observation, EspRandom *random);

typedef struct
{
  const char *label;
  PolicyFunction policy;
  double n;
  double mean;
  double deviation;
} Reference;

static void
read_row (JsonArray *rows, guint row, double *values, guint n)
{
  JsonArray *array = json_array_get_array_element (rows, row);

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);
}

/* Replays an episode, every step from the recorded state (@is_one_step) or all from the first one. */
static void
replay (EspEnvironment *environment, JsonObject *episode, gboolean is_one_step)
{
  JsonArray *states = json_object_get_array_member (episode, "states");
  JsonArray *actions = json_object_get_array_member (episode, "actions");
  JsonArray *observations = json_object_get_array_member (episode, "observations");
  JsonArray *rewards = json_object_get_array_member (episode, "rewards");
  JsonArray *terminated = json_object_get_array_member (episode, "terminated");

  for (guint t = 0; t < json_array_get_length (actions); t++)
    {
      double state[2], action, observation[2], expected[2];
      EspStep step;

      if (t == 0 || is_one_step)
        {
          read_row (states, t, state, 2);
          g_assert_true (esp_environment_set_physics (environment, state, 2, NULL));
        }
      read_row (actions, t, &action, 1);
      step = esp_environment_step_unclipped (environment, &action, observation);

      esp_environment_get_physics (environment, state);
      read_row (states, t + 1, expected, 2);
      for (int i = 0; i < 2; i++)
        g_assert_cmpfloat_with_epsilon (state[i], expected[i], TOLERANCE);
      read_row (observations, t, expected, 2);
      for (int i = 0; i < 2; i++)
        g_assert_cmpfloat_with_epsilon (observation[i], expected[i], TOLERANCE);
      g_assert_cmpfloat_with_epsilon (step.reward, json_array_get_double_element (rewards, t), TOLERANCE);
      g_assert_cmpint (step.terminated, ==, json_array_get_boolean_element (terminated, t));
      g_assert_cmpint (step.succeeded, ==, step.terminated);
    }
}

static void
test_trajectories (void)
{
  const char *folder = g_getenv ("ESPALIER_TEST_DATA");
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ESP_TEST_DATA,
                                            "trajectories-mountain-car.json", NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("mountain-car", NULL);
  GError *error = NULL;
  JsonNode *root = esp_json_load (path, &error);
  JsonArray *episodes;

  g_assert_no_error (error);
  episodes = json_object_get_array_member (json_node_get_object (root), "episodes");
  g_assert_cmpuint (json_array_get_length (episodes), >, 20);
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      replay (environment, json_array_get_object_element (episodes, e), TRUE);
      replay (environment, json_array_get_object_element (episodes, e), FALSE);
    }
  json_node_unref (root);
}

/* Beyond the limit the force stays, and only the unclipped step pays for more. */
static void
test_actions (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("mountain-car", NULL);
  const double actions[] = { 1, 3, -2, INFINITY, NAN };
  const double forces[] = { 1, 1, -1, 1, 0 };
  const double costs[] = { 0.1, 0.9, 0.4, 0.1, 0 };
  double clipped[2], unclipped[2], limit[2];

  for (size_t i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      EspStep step;

      esp_environment_reset (environment, i, limit);
      esp_environment_step (environment, &forces[i], limit);
      esp_environment_reset (environment, i, clipped);
      step = esp_environment_step (environment, &actions[i], clipped);
      g_assert_cmpfloat_with_epsilon (step.reward, -0.1 * forces[i] * forces[i], 1e-15);
      esp_environment_reset (environment, i, unclipped);
      step = esp_environment_step_unclipped (environment, &actions[i], unclipped);
      g_assert_cmpfloat_with_epsilon (step.reward, -costs[i], 1e-15);
      g_assert_cmpmem (clipped, sizeof clipped, limit, sizeof limit);
      g_assert_cmpmem (unclipped, sizeof unclipped, limit, sizeof limit);
    }
}

static double
act_zero (const double *observation, EspRandom *random)
{
  return 0;
}

static double
act_randomly (const double *observation, EspRandom *random)
{
  return esp_random_between (random, -1, 1);
}

static double
act_with_motion (const double *observation, EspRandom *random)
{
  return observation[1] >= 0 ? 1 : -1;
}

static double
act_softly (const double *observation, EspRandom *random)
{
  return 20 * observation[1];
}

static const Reference references[] = {
  { "zero", act_zero, 50, 0, 0 },
  { "random", act_randomly, 100, -33.234124309379865, 0.9242666308176671 },
  { "with-motion", act_with_motion, 100, 89.373, 0.12637642185154682 },
  { "softly", act_softly, 100, 94.67776943997704, 1.8436072071869198 },
};

static void
test_returns (const void *data)
{
  enum
  {
    N = 500
  };
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new ("mountain-car", NULL);
  double sum = 0, squares = 0, mean, error;
  EspRandom random;

  esp_random_init (&random, 7, 0);
  for (int i = 0; i < N; i++)
    {
      double observation[2], value = 0;
      EspStep step = { 0 };

      esp_environment_reset (environment, i, observation);
      g_assert_true (observation[0] >= -0.6f && observation[0] <= -0.4f && observation[1] == 0);
      while (!step.terminated && !step.truncated)
        {
          double action = reference->policy (observation, &random);

          /* the reference has paid for all of the action */
          step = esp_environment_step_unclipped (environment, &action, observation);
          value += step.reward;
        }
      sum += value;
      squares += value * value;
    }
  mean = sum / N;
  error = sqrt ((squares / N - mean * mean) / N + reference->deviation * reference->deviation / reference->n);
  g_test_message ("%s: %.4f here, %.4f in the reference, standard error %.4f", reference->label, mean,
                  reference->mean, error);
  g_assert_cmpfloat (fabs (mean - reference->mean), <=, 3 * error);
}

/* A state continues bit for bit elsewhere, and a damaged one is refused. */
static void
test_state (const void *data)
{
  g_autoptr (EspEnvironment) one = esp_environment_new (data, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (data, NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (one);
  size_t size = esp_environment_get_state_size (one);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree uint8_t *again = g_malloc (size);
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS], nan = NAN;
  g_autoptr (GError) error = NULL;
  EspRandom random;

  esp_random_init (&random, 11, 0);
  esp_environment_reset (one, 4, first);
  for (int t = 0; t < 200; t++)
    {
      double action[] = { esp_random_between (&random, -1, 1), esp_random_between (&random, -1, 1) };

      if (t == 20)
        {
          esp_environment_get_state (one, state);
          g_assert_true (esp_environment_set_state (two, state, size, NULL));
          esp_environment_get_state (two, again);
          g_assert_cmpmem (state, size, again, size);
        }
      esp_environment_step (one, action, first);
      esp_environment_step (two, action, second);
      if (t >= 20)
        g_assert_cmpmem (first, info->n_observations * sizeof (double), second,
                         info->n_observations * sizeof (double));
    }

  memcpy (state + size - sizeof nan, &nan, sizeof nan);
  g_assert_false (esp_environment_set_state (two, state, size, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  esp_environment_observe (two, second);
  g_assert_cmpmem (first, info->n_observations * sizeof (double), second,
                   info->n_observations * sizeof (double));
}

static void
test_limits (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("mountain-car", NULL);
  const double outside[][2] = { { -1.3, 0 }, { 0.7, 0 }, { 0, 0.08 }, { 0, -0.08 } };
  double observation[2], pose[3];

  for (size_t i = 0; i < G_N_ELEMENTS (outside); i++)
    g_assert_false (esp_environment_set_physics (environment, outside[i], 2, NULL));

  /* the left wall stops the car */
  g_assert_true (esp_environment_set_physics (environment, (double[]){ -1.19, -0.06 }, 2, NULL));
  esp_environment_step (environment, &(double){ -1 }, observation);
  g_assert_true (observation[0] == -1.2f && observation[1] == 0);

  /* and it stands level in the valley */
  g_assert_true (esp_environment_set_physics (environment, (double[]){ -G_PI / 6, 0 }, 2, NULL));
  esp_environment_get_pose (environment, pose);
  g_assert_cmpfloat_with_epsilon (pose[1], 0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (pose[2], 0, 1e-12);
}

/* Keeps to the middle and slows down for bends. */
static void
drive (const double *seen, double *action)
{
  double target = seen[4] != 0 || seen[5] != 0 ? 7.5 : 12;

  action[0] = 0.5 * (target - seen[2]);
  action[1] = 2 * (atan (2.5 * seen[4]) - 0.15 * seen[0] - 0.8 * seen[1]);
}

static void
test_lap (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("car2d", NULL);
  double seen[6], action[2], physics[6];

  for (uint64_t seed = 0; seed < 50; seed++)
    {
      EspStep step = { 0 };
      double sum = 0;

      esp_environment_reset (environment, seed, seen);
      g_assert_true (fabs (seen[0]) <= 1 && fabs (seen[1]) <= 0.2 && seen[2] >= 0 && seen[2] <= 2);
      while (!step.terminated && !step.truncated)
        {
          drive (seen, action);
          step = esp_environment_step (environment, action, seen);
          sum += step.reward;
          g_assert_cmpfloat (fabs (seen[0]), <, 3);
        }
      esp_environment_get_physics (environment, physics);
      g_assert_true (step.terminated);
      g_assert_cmpfloat (physics[5], >=, 159);
      g_assert_cmpfloat (sum, >, 75);
    }
}

/* Standing costs its steps, leaving the road ends the episode, and too fast a bend is not held. */
static void
test_road (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("car2d", NULL);
  const double outside[] = { 25, 3.1, 0, 1, 0, 0 };
  const double fast[] = { 42, 0, 0, 15, 0, 34 };
  const double before_line[] = { 7.9, 0, 0, 4, 0, 159.3 };
  double seen[6];
  EspStep step;
  int t = 0;

  g_assert_true (esp_environment_set_physics (environment, (double[]){ 8, 0, 0, 0, 0, 0 }, 6, NULL));
  step = esp_environment_step (environment, (double[]){ 0, 0 }, seen);
  g_assert_cmpfloat_with_epsilon (step.reward, -0.05, 1e-12);

  g_assert_true (esp_environment_set_physics (environment, outside, 6, NULL));
  step = esp_environment_step (environment, (double[]){ 0, 0 }, seen);
  g_assert_true (step.terminated);
  g_assert_false (step.succeeded);
  g_assert_cmpfloat (step.reward, <, -19);
  g_assert_cmpfloat_with_epsilon (seen[0], 3.1, 1e-9);

  g_assert_true (esp_environment_set_physics (environment, fast, 6, NULL));
  do
    step = esp_environment_step (environment, (double[]){ 1, 1 }, seen);
  while (!step.terminated && ++t < 100);
  g_assert_true (step.terminated);
  g_assert_cmpfloat (seen[0], <, -3);

  /* the goal: the line is crossed after a lap */
  g_assert_true (esp_environment_set_physics (environment, before_line, 6, NULL));
  step = esp_environment_step (environment, (double[]){ 0, 0 }, seen);
  g_assert_true (step.terminated && step.succeeded);
  g_assert_cmpfloat_with_epsilon (step.reward, 100 * 0.198 / 159.398 - 0.05, 1e-5);

  g_assert_false (esp_environment_set_physics (environment, (double[]){ 8, 0, 0, 16, 0, 0 }, 6, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mountain-car/trajectories", test_trajectories);
  g_test_add_func ("/mountain-car/actions", test_actions);
  g_test_add_func ("/mountain-car/limits", test_limits);
  g_test_add_data_func ("/mountain-car/state", "mountain-car", test_state);
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    {
      g_autofree char *path = g_strconcat ("/mountain-car/returns/", references[i].label, NULL);

      g_test_add_data_func (path, &references[i], test_returns);
    }
  g_test_add_func ("/car2d/lap", test_lap);
  g_test_add_func ("/car2d/road", test_road);
  g_test_add_data_func ("/car2d/state", "car2d", test_state);

  return g_test_run ();
}

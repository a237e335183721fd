/* Recordings of the reference environments, replayed: one step from each recorded state, and free runs. They
 * are made by tests/oracles/select_trajectories.py; ESPALIER_TEST_DATA names another folder with such files.
 */

#include "test-mujoco.h"

#include <math.h>

#define OPEN_LOOP_STEPS 30

typedef struct
{
  EspEnvironment *environment;
  const EspEnvironmentInfo *info;
  JsonArray *states;
  JsonArray *actions;
  JsonArray *observations;
  JsonArray *rewards;
  JsonArray *terminated;
  guint n_steps;
} Recording;

typedef struct
{
  double state;
  double observation;
  double reward;
} Deviations;

static void
read_row (JsonArray *rows, guint row, double *values, size_t n)
{
  JsonArray *array = json_array_get_array_element (rows, row);

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);
}

static void
compare (const double *measured, const double *expected, size_t n, double tolerance, double *worst)
{
  for (size_t i = 0; i < n; i++)
    {
      double deviation = fabs (measured[i] - expected[i]);

      g_assert_cmpfloat (deviation, <=, tolerance);
      *worst = MAX (*worst, deviation);
    }
}

/* Begins the recording, or brings the replay back to it; the engine keeps what the recording lacks. */
static void
put (const Recording *recording, guint t)
{
  size_t n = esp_environment_get_n_physics (recording->environment);
  double state[MAX_PHYSICS];
  GError *error = NULL;

  read_row (recording->states, t, state, n);
  if (t == 0)
    esp_environment_set_physics (recording->environment, state, n, &error);
  else
    esp_environment_correct_physics (recording->environment, state, n, &error);
  g_assert_no_error (error);
}

static void
replay (const Recording *recording, guint period, double tolerance, Deviations *worst)
{
  const EspEnvironmentInfo *info = recording->info;
  size_t n_physics = esp_environment_get_n_physics (recording->environment);
  double action[ESP_MAX_ACTIONS], observation[ESP_MAX_OBSERVATIONS], state[MAX_PHYSICS];
  double expected[ESP_MAX_OBSERVATIONS];

  for (guint t = 0; t < recording->n_steps; t++)
    {
      EspStep step;

      if (t % period == 0)
        put (recording, t);
      read_row (recording->actions, t, action, info->n_actions);
      step = esp_environment_step_unclipped (recording->environment, action, observation);
      esp_environment_get_physics (recording->environment, state);
      read_row (recording->states, t + 1, expected, n_physics);
      compare (state, expected, n_physics, tolerance, &worst->state);
      read_row (recording->observations, t, expected, info->n_observations);
      compare (observation, expected, info->n_observations, tolerance, &worst->observation);
      expected[0] = json_array_get_double_element (recording->rewards, t);
      /* a speed over a step of some milliseconds */
      compare (&step.reward, expected, 1, tolerance / info->time_step, &worst->reward);
      g_assert_cmpint (step.terminated, ==, json_array_get_boolean_element (recording->terminated, t));
    }
}

static void
test_recordings (const void *data)
{
  const Subject *subject = data;
  g_autofree char *file = g_strdup_printf ("trajectories-%s.json", subject->name);
  g_autoptr (EspEnvironment) environment = make (subject->name);
  JsonNode *root = load (file);
  JsonArray *episodes = json_object_get_array_member (json_node_get_object (root), "episodes");
  Deviations one_step = { 0 }, open_loop = { 0 };
  guint n_steps = 0;

  g_assert_cmpuint (json_array_get_length (episodes), >=, 18);
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      JsonObject *episode = json_array_get_object_element (episodes, e);
      Recording recording = {
        .environment = environment,
        .info = esp_environment_get_info (environment),
        .states = json_object_get_array_member (episode, "states"),
        .actions = json_object_get_array_member (episode, "actions"),
        .observations = json_object_get_array_member (episode, "observations"),
        .rewards = json_object_get_array_member (episode, "rewards"),
        .terminated = json_object_get_array_member (episode, "terminated"),
      };

      recording.n_steps = json_array_get_length (recording.actions);
      n_steps += recording.n_steps;
      replay (&recording, 1, subject->one_step, &one_step);
      replay (&recording, OPEN_LOOP_STEPS, subject->open_loop, &open_loop);
    }
  g_test_message (
    "%s: %u episodes, %u steps; largest deviations of state, observation, reward: one step %.3g, "
    "%.3g, %.3g; open loop %.3g, %.3g, %.3g",
    subject->name, json_array_get_length (episodes), n_steps, one_step.state, one_step.observation,
    one_step.reward, open_loop.state, open_loop.observation, open_loop.reward);
  json_node_unref (root);
}

void
add_recording_tests (const Subject *subject)
{
  add ("recordings", subject->name, subject, test_recordings);
}

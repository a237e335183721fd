/* Recordings of lunar lander and bipedal walker, replayed.
 *
 * They come from Gymnasium on Box2D 2.3.0 (tests/oracles/select_trajectories.py; ESPALIER_TEST_DATA names
 * another folder with such files), this is Box2D 2.4: flight is the same, joint limits differ a little and
 * impacts more. So steps are compared where nothing hits the ground, with exceptions that are counted. */

#include "test-box2d.h"

#include <math.h>
#include <string.h>

#include "esp-bipedal-walker.h"
#include "esp-json.h"
#include "esp-lunar-lander.h"

#define MAX_PHYSICS ESP_BIPEDAL_WALKER_N_PHYSICS

/* Columns of a recording that both environments have. */
typedef struct
{
  EspEnvironment *environment;
  const EspEnvironmentInfo *info;
  JsonObject *episode;
  guint n_steps;
  guint n_heights;
  guint flags[2]; /* the observations that are contact flags */
} Recording;

/* Returns the row @t of a column into @values, or FALSE if it was not recorded. */
static gboolean
read_row (const Recording *recording, const char *column, guint t, double *values, guint n)
{
  JsonNode *node = json_array_get_element (json_object_get_array_member (recording->episode, column), t);
  JsonArray *array;

  if (JSON_NODE_HOLDS_NULL (node))
    return FALSE;
  array = json_node_get_array (node);
  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);

  return TRUE;
}

static guint
read_list (const Recording *recording, const char *name, double *values)
{
  JsonArray *array = json_object_get_array_member (recording->episode, name);
  guint n = json_array_get_length (array);

  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);

  return n;
}

static gboolean
is_terminated (const Recording *recording, guint t)
{
  return t < recording->n_steps
         && json_array_get_boolean_element (json_object_get_array_member (recording->episode, "terminated"),
                                            t);
}

/* Returns whether something is about to touch ground, or does. */
static gboolean
is_near_ground (const Recording *recording, guint t, const double *before, const double *after)
{
  for (int i = 0; i < 2; i++)
    {
      if (before[recording->flags[i]] != 0 || after[recording->flags[i]] != 0)
        return TRUE;
    }

  return is_terminated (recording, t) || is_terminated (recording, t + 1) || is_terminated (recording, t + 2);
}

/* Starts the episode as recorded; what the reset led to is checked. */
static void
start (const Recording *recording, double tolerance)
{
  double values[MAX_PHYSICS], observation[ESP_MAX_OBSERVATIONS], expected[ESP_MAX_OBSERVATIONS];
  guint n = read_list (recording, "start", values);

  if (recording->info->n_observations == 8)
    {
      g_assert_cmpuint (n, ==, ESP_LUNAR_LANDER_N_START);
      g_assert_true (esp_lunar_lander_start (recording->environment, values, observation, NULL));
    }
  else
    {
      g_assert_cmpuint (n, ==, ESP_BIPEDAL_WALKER_N_START);
      g_assert_true (esp_bipedal_walker_start (recording->environment, values, observation, NULL));
    }
  read_list (recording, "reset_observation", expected);
  for (size_t i = 0; i < recording->info->n_observations; i++)
    g_assert_cmpfloat_with_epsilon (observation[i], expected[i], tolerance);
}

static EspStep
take_step (const Recording *recording, guint t, double *observation)
{
  double action[ESP_MAX_ACTIONS], draws[ESP_LUNAR_LANDER_N_DRAWS];

  if (recording->info->n_observations == 8)
    {
      read_row (recording, "draws", t, draws, ESP_LUNAR_LANDER_N_DRAWS);
      esp_lunar_lander_set_draws (recording->environment, draws);
    }
  read_row (recording, "actions", t, action, recording->info->n_actions);

  return esp_environment_step (recording->environment, action, observation);
}

/* Sets the bodies as they were before step @t. FALSE if they were not recorded; writes what was seen then to
 * @before. */
static gboolean
set_bodies (const Recording *recording, guint t, double *before)
{
  guint n = (guint) esp_environment_get_n_physics (recording->environment);
  guint n_bodies = n - recording->n_heights - 2;
  double values[MAX_PHYSICS];

  read_list (recording, "start", values);
  if (t == 0)
    {
      read_list (recording, "reset_bodies", values + recording->n_heights);
      read_list (recording, "reset_observation", before);
    }
  else if (!read_row (recording, "bodies", t - 1, values + recording->n_heights, n_bodies)
           || !read_row (recording, "observations", t - 1, before, recording->info->n_observations))
    return FALSE;
  for (int i = 0; i < 2; i++)
    values[n - 2 + i] = before[recording->flags[i]];
  g_assert_true (esp_environment_set_physics (recording->environment, values, n, NULL));

  return TRUE;
}

typedef void (*RecordingFunction) (const Recording *recording, void *data);

/* Calls @function for each episode that was recorded in the environment @name. */
static void
for_each_recording (const char *name, RecordingFunction function, void *data)
{
  const char *folder = g_getenv ("ESPALIER_TEST_DATA");
  g_autofree char *file = g_strdup_printf ("trajectories-%s.json", name);
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ESP_TEST_DATA, file, NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new (name, NULL);
  gboolean is_lander = strcmp (name, "lunar-lander") == 0;
  GError *error = NULL;
  JsonNode *root = esp_json_load (path, &error);
  JsonArray *episodes;

  g_assert_no_error (error);
  episodes = json_object_get_array_member (json_node_get_object (root), "episodes");
  g_assert_cmpuint (json_array_get_length (episodes), >=, 2);
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      Recording recording = {
        .environment = environment,
        .info = esp_environment_get_info (environment),
        .episode = json_array_get_object_element (episodes, e),
        .n_heights = is_lander ? ESP_LUNAR_LANDER_N_HEIGHTS : ESP_BIPEDAL_WALKER_N_HEIGHTS,
        .flags = { is_lander ? 6 : 8, is_lander ? 7 : 13 },
      };

      recording.n_steps = json_array_get_length (json_object_get_array_member (recording.episode, "actions"));
      function (&recording, data);
    }
  json_node_unref (root);
}

typedef struct
{
  guint n;
  guint n_large;
  double worst;
} Tally;

/* Each step of a flight from where it was recorded: 1e-4, or a little more where it turns wildly. */
static void
fly_one_step (const Recording *recording, void *data)
{
  Tally *tally = data;

  for (guint t = 0; t < recording->n_steps; t++)
    {
      double before[8], seen[8], expected[8], worst = 0;
      EspStep step;

      if (!set_bodies (recording, t, before) || !read_row (recording, "observations", t, expected, 8)
          || is_near_ground (recording, t, before, expected))
        continue;
      step = take_step (recording, t, seen);
      for (int i = 0; i < 8; i++)
        worst = MAX (worst, fabs (seen[i] - expected[i]));
      g_assert_cmpfloat (worst, <=, 5e-4);
      g_assert_false (step.terminated);
      tally->n++;
      tally->n_large += worst > 1e-4;
      tally->worst = MAX (tally->worst, worst);
    }
}

static void
test_lander_one_step (void)
{
  Tally tally = { 0 };

  for_each_recording ("lunar-lander", fly_one_step, &tally);
  g_test_message ("%u steps in flight, %u of them beyond 1e-4, largest deviation %.3g", tally.n,
                  tally.n_large, tally.worst);
  g_assert_cmpuint (tally.n, >, 100);
  g_assert_cmpuint (20 * tally.n_large, <, tally.n);
}

/* A whole flight from its reset until ground is near. */
static void
fly_open_loop (const Recording *recording, void *data)
{
  Tally *tally = data;
  double before[8], seen[8], expected[8], reward;

  start (recording, 1e-3);
  read_list (recording, "reset_observation", before);
  for (guint t = 0; t < recording->n_steps; t++)
    {
      EspStep step = take_step (recording, t, seen);

      read_row (recording, "observations", t, expected, 8);
      if (is_near_ground (recording, t, before, expected))
        break;
      memcpy (before, expected, sizeof before);
      for (int i = 0; i < 8; i++)
        {
          g_assert_cmpfloat_with_epsilon (seen[i], expected[i], 5e-3);
          tally->worst = MAX (tally->worst, fabs (seen[i] - expected[i]));
        }
      reward = json_array_get_double_element (json_object_get_array_member (recording->episode, "rewards"),
                                              t);
      g_assert_cmpfloat_with_epsilon (step.reward, reward, 0.5);
      tally->n++;
    }
}

static void
test_lander_open_loop (void)
{
  Tally tally = { 0 };

  for_each_recording ("lunar-lander", fly_open_loop, &tally);
  g_test_message ("%u steps until ground is near, largest deviation %.3g", tally.n, tally.worst);
  g_assert_cmpuint (tally.n, >, 100);
}

/* The pose after the reset to 1e-4; then each step from where it was recorded. The flags are left out, since
 * a contact that had lost its flag looks like a new one, and so are first steps that bend a knee, which the
 * reference folds beyond its limit. */
static void
walk_one_step (const Recording *recording, void *data)
{
  Tally *tally = data;

  start (recording, 1e-4);
  for (guint t = 0; t < recording->n_steps; t++)
    {
      double before[24], seen[24], expected[24], action[4], worst = 0;
      EspStep step;

      read_row (recording, "actions", t, action, 4);
      if ((t == 0 && (action[1] > 0 || action[3] > 0)) || !set_bodies (recording, t, before)
          || !read_row (recording, "observations", t, expected, 24))
        continue;
      step = take_step (recording, t, seen);
      for (guint i = 0; i < 24; i++)
        {
          double deviation = fabs (seen[i] - expected[i]);

          if (i == recording->flags[0] || i == recording->flags[1])
            continue;
          worst = MAX (worst, deviation);
          if (i < 4)
            g_assert_cmpfloat (deviation, <=, 0.1);
          if (i >= 14)
            g_assert_cmpfloat (deviation, <=, 0.02);
        }
      g_assert_cmpint (step.terminated, ==, is_terminated (recording, t));
      tally->n++;
      tally->n_large += worst > 5e-2;
      tally->worst = MAX (tally->worst, worst);
    }
}

static void
test_walker_one_step (void)
{
  Tally tally = { 0 };

  for_each_recording ("bipedal-walker", walk_one_step, &tally);
  g_test_message ("%u steps, %u of them (impacts) beyond 5e-2, largest deviation %.3g", tally.n,
                  tally.n_large, tally.worst);
  g_assert_cmpuint (tally.n, >, 60);
  g_assert_cmpuint (10 * tally.n_large, <, tally.n);
}

void
add_recording_tests (void)
{
  g_test_add_func ("/box2d/one-step/lunar-lander", test_lander_one_step);
  g_test_add_func ("/box2d/one-step/bipedal-walker", test_walker_one_step);
  g_test_add_func ("/box2d/open-loop/lunar-lander", test_lander_open_loop);
}

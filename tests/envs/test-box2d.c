/* Lunar lander and bipedal walker: recordings, returns of fixed policies, states.
 *
 * Recordings and returns come from Gymnasium on Box2D 2.3.0 (tests/oracles/select_trajectories.py;
 * ESPALIER_TEST_DATA names another folder with such files), this is Box2D 2.4: flight is the same, joint
 * limits differ a little and impacts more. So steps are compared where nothing hits the ground, with
 * exceptions that are counted, and whole episodes by their statistics. */

#include <math.h>
#include <pthread.h>
#include <string.h>

#include <glib.h>

#include "esp-bipedal-walker.h"
#include "esp-environment.h"
#include "esp-error.h"
#include "esp-json.h"
#include "esp-lunar-lander.h"
#include "esp-random.h"

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

/* What the demonstration controllers remember. */
typedef struct
{
  EspRandom random;
  int phase;
  int moving;
  double support;
  bool has_begun;
} Memory;

typedef void (*PolicyFunction) (Memory *memory, const double *seen, double *action);

static double
clip (double value, double limit)
{
  return CLAMP (value, -limit, limit);
}

static void
act_zero (Memory *memory, const double *seen, double *action)
{
}

static void
land (Memory *memory, const double *seen, double *action)
{
  double target = clip (0.5 * seen[0] + seen[2], 0.4);
  double turn = 0.5 * (target - seen[4]) - seen[5];
  double lift = 0.5 * (0.55 * fabs (seen[0]) - seen[1]) - 0.5 * seen[3];

  if (seen[6] != 0 || seen[7] != 0)
    {
      turn = 0;
      lift = -0.5 * seen[3];
    }
  action[0] = clip (20 * lift - 1, 1);
  action[1] = clip (-20 * turn, 1);
}

enum
{
  STAY_ON_ONE_LEG,
  PUT_OTHER_DOWN,
  PUSH_OFF,
};

static void
walk (Memory *memory, const double *seen, double *action)
{
  const double speed = 0.29, straight = 0.1;
  double hip[2] = { 0 }, knee[2] = { 0 };
  int moving = memory->moving, standing = 1 - moving;
  const double *legs[] = { seen + 4, seen + 9 }; /* hip, its speed, knee, its speed, contact */

  if (!memory->has_begun)
    {
      /* the first action is zero */
      *memory = (Memory){ .has_begun = true, .support = straight };
      return;
    }
  if (memory->phase == STAY_ON_ONE_LEG)
    {
      hip[moving] = 1.1;
      knee[moving] = -0.6;
      memory->support = fmin (memory->support + (seen[2] > speed ? 0.06 : 0.03), straight);
      knee[standing] = memory->support;
      if (legs[standing][0] < 0.1)
        memory->phase = PUT_OTHER_DOWN;
    }
  if (memory->phase == PUT_OTHER_DOWN)
    {
      hip[moving] = 0.1;
      knee[moving] = straight;
      knee[standing] = memory->support;
      if (legs[moving][4] != 0)
        {
          memory->phase = PUSH_OFF;
          memory->support = fmin (legs[moving][2], straight);
        }
    }
  if (memory->phase == PUSH_OFF)
    {
      knee[moving] = memory->support;
      knee[standing] = 1;
      if (legs[standing][2] > 0.88 || seen[2] > 1.2 * speed)
        {
          memory->phase = STAY_ON_ONE_LEG;
          memory->moving = standing;
        }
    }
  for (int i = 0; i < 2; i++)
    {
      double hip_command = hip[i] != 0 ? 0.9 * (hip[i] - legs[i][0]) - 0.25 * legs[i][1] : 0;
      double knee_command = knee[i] != 0 ? 4 * (knee[i] - legs[i][2]) - 0.25 * legs[i][3] : 0;

      action[2 * i] = clip (0.5 * (hip_command + 0.9 * seen[0] + 1.5 * seen[1]), 1);
      action[2 * i + 1] = clip (0.5 * (knee_command - 15 * seen[3]), 1);
    }
}

typedef struct
{
  const char *environment;
  const char *label;
  PolicyFunction policy;
  int n_episodes;
  double n; /* in the reference, with mean, standard deviation and share of goals */
  double mean;
  double deviation;
  double goals;
  double least_error; /* what is forgiven at least */
} Reference;

static const Reference references[] = {
  { "lunar-lander", "landing", land, 200, 500, 283.0127838837317, 26.353693089526598, 0.998, 0 },
  { "bipedal-walker", "zero", act_zero, 20, 200, -91.94133123892709, 0.08629790742209174, 0, 0.1 },
  { "bipedal-walker", "walking", walk, 150, 800, 102.38, 123.49, 0.09125, 0 },
};

/* Returns within three standard errors, and goals too: landing pays 100 at the end, and the walker's end is
 * the only one that does not cost 100. */
static void
test_returns (const void *data)
{
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (reference->environment, NULL);
  double sum = 0, squares = 0, goals = 0, mean, error, share_error;

  for (int i = 0; i < reference->n_episodes; i++)
    {
      double seen[ESP_MAX_OBSERVATIONS], value = 0;
      Memory memory = { 0 };
      EspStep step = { 0 };

      esp_environment_reset (environment, 5000 + i, seen);
      while (!step.terminated && !step.truncated)
        {
          double action[ESP_MAX_ACTIONS] = { 0 };

          reference->policy (&memory, seen, action);
          step = esp_environment_step (environment, action, seen);
          value += step.reward;
        }
      goals += step.terminated && step.reward > -100;
      sum += value;
      squares += value * value;
    }
  mean = sum / reference->n_episodes;
  error = sqrt ((squares / reference->n_episodes - mean * mean) / reference->n_episodes
                + reference->deviation * reference->deviation / reference->n);
  error = MAX (error, reference->least_error);
  goals /= reference->n_episodes;
  share_error = sqrt (reference->goals * (1 - reference->goals)
                      * (1 / reference->n + 1.0 / reference->n_episodes));
  g_test_message ("%s: mean %.2f here, %.2f in the reference, standard error %.2f; goals %.3f and %.3f",
                  reference->label, mean, reference->mean, error, goals, reference->goals);
  g_assert_cmpfloat (fabs (mean - reference->mean), <, 3 * error);
  g_assert_cmpfloat (fabs (goals - reference->goals), <=, 3 * share_error);
}

/* Runs n steps with actions of a stream and keeps what is seen. */
static void
record (EspEnvironment *environment, EspRandom *random, int n, double *seen)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);

  for (int t = 0; t < n; t++)
    {
      double action[ESP_MAX_ACTIONS];

      for (size_t i = 0; i < info->n_actions; i++)
        action[i] = esp_random_between (random, -1, 1);
      seen[info->n_observations] = esp_environment_step (environment, action, seen).reward;
      seen += info->n_observations + 1;
    }
}

/* A state taken after @t steps continues bit for bit elsewhere, also when the replay begins anew. */
static void
check_state (const char *name, int t)
{
  enum
  {
    N = 60
  };
  g_autoptr (EspEnvironment) one = esp_environment_new (name, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (name, NULL);
  size_t width = esp_environment_get_info (one)->n_observations + 1;
  size_t size = esp_environment_get_state_size (one);
  g_autofree double *first = g_new (double, MAX (t, N) * width);
  g_autofree double *second = g_new (double, N *width);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree uint8_t *again = g_malloc (size);
  EspRandom random, copy;
  GError *error = NULL;

  esp_random_init (&random, 21, 0);
  esp_environment_reset (one, 3, first);
  record (one, &random, t, first);
  esp_environment_get_state (one, state);
  copy = random;
  record (one, &random, N, first);

  g_assert_cmpuint (esp_environment_get_state_size (two), ==, size);
  esp_environment_set_state (two, state, size, &error);
  g_assert_no_error (error);
  esp_environment_get_state (two, again);
  g_assert_cmpmem (state, size, again, size);
  record (two, &copy, N, second);
  g_assert_cmpmem (first, N * width * sizeof (double), second, N * width * sizeof (double));
}

static void
test_state (const void *data)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  int max_steps = (int) esp_environment_get_info (environment)->max_steps;
  const int moments[] = { 0, 1, 40, max_steps - 20, max_steps, max_steps + 5 };

  for (size_t i = 0; i < G_N_ELEMENTS (moments); i++)
    check_state (data, moments[i]);
}

static void
refuse (EspEnvironment *environment, const uint8_t *state, size_t size)
{
  g_autofree uint8_t *before = g_malloc (size);
  g_autofree uint8_t *after = g_malloc (size);
  g_autoptr (GError) error = NULL;

  esp_environment_get_state (environment, before);
  g_assert_false (esp_environment_set_state (environment, state, size, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  esp_environment_get_state (environment, after);
  g_assert_cmpmem (before, size, after, size);
}

/* Values that the engine must not see, wherever they stand. */
static void
test_bad_state (const void *data)
{
  const double bad[] = { NAN, INFINITY, -INFINITY, 1e300, -1e12 };
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  size_t size = esp_environment_get_state_size (environment);
  size_t n_physics = esp_environment_get_n_physics (environment);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree double *physics = g_new (double, n_physics);
  double seen[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS] = { 0.5, -0.5 };

  for (int t = 0; t < 3; t++)
    esp_environment_step (environment, action, seen);
  esp_environment_get_physics (environment, physics);
  esp_environment_get_state (environment, state);
  /* an action, and the last bytes, where nothing is yet */
  for (size_t place = size - 8; place > size / 2; place -= size / 5 / 8 * 8)
    {
      for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
        {
          double kept;

          memcpy (&kept, state + place, sizeof kept);
          memcpy (state + place, &bad[i], sizeof kept);
          refuse (environment, state, size);
          memcpy (state + place, &kept, sizeof kept);
        }
    }
  g_assert_true (esp_environment_set_state (environment, state, size, NULL));

  for (size_t k = 0; k < n_physics; k++)
    {
      double kept = physics[k];

      for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
        {
          physics[k] = bad[i];
          g_assert_false (esp_environment_set_physics (environment, physics, n_physics, NULL));
        }
      physics[k] = kept;
    }
  g_assert_true (esp_environment_set_physics (environment, physics, n_physics, NULL));
}

/* The physical state is taken over as it is, also by the next step. */
static void
test_physics (const void *data)
{
  g_autoptr (EspEnvironment) one = esp_environment_new (data, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (data, NULL);
  size_t n = esp_environment_get_n_physics (one);
  size_t n_observations = esp_environment_get_info (one)->n_observations;
  g_autofree double *first = g_new (double, n);
  g_autofree double *second = g_new (double, n);
  double seen[ESP_MAX_OBSERVATIONS], again[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS] = { 0.7, 0.8 };
  bool is_lander = strcmp (data, "lunar-lander") == 0;

  for (int t = 0; t < 10; t++)
    esp_environment_step (one, action, seen);
  esp_environment_get_physics (one, first);
  g_assert_true (esp_environment_set_physics (two, first, n, NULL));
  esp_environment_get_physics (two, second);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (first[i], second[i], 2e-6);
  esp_environment_observe (two, again);
  for (size_t i = 0; i < n_observations; i++)
    g_assert_cmpfloat_with_epsilon (seen[i], again[i], 2e-6);

  /* in flight the caches hardly matter, given the same draws */
  if (is_lander)
    {
      esp_lunar_lander_set_draws (one, (double[]){ 0.02, -0.03 });
      esp_lunar_lander_set_draws (two, (double[]){ 0.02, -0.03 });
      esp_environment_step (one, action, seen);
      esp_environment_step (two, action, again);
      for (size_t i = 0; i < n_observations; i++)
        g_assert_cmpfloat_with_epsilon (seen[i], again[i], 1e-4);
      esp_environment_step (one, action, seen);
      esp_environment_step (two, action, again);
      g_assert_true (memcmp (seen, again, n_observations * sizeof (double)) != 0);
    }
}

/* The terrain is drawn as defined: level where it must be, and different for each seed. */
static void
test_terrain (void)
{
  g_autoptr (EspEnvironment) lander = esp_environment_new ("lunar-lander", NULL);
  g_autoptr (EspEnvironment) walker = esp_environment_new ("bipedal-walker", NULL);
  double seen[24], values[MAX_PHYSICS], lowest = 10, highest = 0, sum = 0;

  for (uint64_t seed = 0; seed < 200; seed++)
    {
      guint levels = 0;

      esp_environment_reset (lander, seed, seen);
      esp_environment_get_physics (lander, values);
      for (int i = 0; i < ESP_LUNAR_LANDER_N_HEIGHTS; i++)
        {
          if (i >= 3 && i <= 7)
            g_assert_cmpfloat_with_epsilon (values[i], 10.0 / 3, 1e-12);
          lowest = MIN (lowest, values[i]);
          highest = MAX (highest, values[i]);
        }
      sum += values[0] / 200;

      esp_environment_reset (walker, seed, seen);
      esp_environment_get_physics (walker, values);
      for (int i = 0; i <= 20; i++)
        g_assert_cmpfloat_with_epsilon (values[i], 10.0 / 3, 1e-12);
      g_assert_true (values[21] != values[20]);
      for (int i = 21; i + 1 < ESP_BIPEDAL_WALKER_N_HEIGHTS; i++)
        {
          g_assert_cmpfloat (fabs (values[i + 1] - values[i]), <, 0.22);
          levels += values[i + 1] == values[i];
        }
      /* one vertex in 5 … 9, seven on average */
      g_assert_true (levels >= 19 && levels <= 36);
    }
  g_assert_true (lowest >= 0 && lowest < 0.1 && highest <= 20.0 / 3 && highest > 6.5);
  g_assert_cmpfloat_with_epsilon (sum, 10.0 / 3, 5 * 20.0 / 3 / sqrt (12 * 200));
}

static void
test_pose (const void *data)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  g_autofree double *pose = g_new (double, info->n_pose + 1);
  double seen[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS] = { 1, -0.8 };

  pose[info->n_pose] = 1234;
  for (size_t i = 0; i < info->n_pose; i++)
    pose[i] = NAN;
  esp_environment_step (environment, action, seen);
  esp_environment_get_pose (environment, pose);
  for (size_t i = 0; i < info->n_pose; i++)
    g_assert_true (isfinite (pose[i]));
  g_assert_cmpfloat (pose[info->n_pose], ==, 1234);
  if (strcmp (data, "lunar-lander") == 0)
    {
      /* before the legs: full power below, and of the side engines that on the right */
      const double *flames = pose + info->n_pose - 9;

      g_assert_true (flames[0] > 0.5 && flames[1] == 0 && flames[2] > 0.2);
    }
}

/* An end after which nothing counts but the state goes on; the reward of a crash. */
static void
test_crash (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("lunar-lander", NULL);
  double seen[8];
  EspStep step = { 0 };

  esp_environment_reset (environment, 2, seen);
  while (!step.terminated)
    step = esp_environment_step (environment, (double[]){ 0, 1 }, seen);
  g_assert_cmpfloat (step.reward, ==, -100);
  g_assert_false (step.truncated);
  step = esp_environment_step (environment, (double[]){ 0, 0 }, seen);
  esp_environment_reset (environment, 2, seen);
  step = esp_environment_step (environment, (double[]){ 0, 0 }, seen);
  g_assert_false (step.terminated);
}

typedef struct
{
  const char *name;
  uint64_t seed;
  double seen[300 * 25];
} Work;

static void *
run_thread (void *data)
{
  Work *work = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (work->name, NULL);
  EspRandom random;

  esp_random_init (&random, work->seed, 0);
  esp_environment_reset (environment, work->seed, work->seen);
  record (environment, &random, 300, work->seen);

  return NULL;
}

/* Two instances at the same time see what each would see alone. */
static void
test_threads (const void *data)
{
  g_autofree Work *works = g_new0 (Work, 4);
  pthread_t threads[2];

  for (int i = 0; i < 4; i++)
    {
      works[i].name = data;
      works[i].seed = 1 + i % 2;
    }
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, run_thread, &works[i]), ==, 0);
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  for (int i = 2; i < 4; i++)
    run_thread (&works[i]);
  for (int i = 0; i < 2; i++)
    g_assert_cmpmem (works[i].seen, sizeof works[i].seen, works[2 + i].seen, sizeof works[i].seen);
  g_assert_true (memcmp (works[0].seen, works[1].seen, sizeof works[0].seen) != 0);
}

static void
add (const char *what, const char *name, GTestDataFunc function)
{
  g_autofree char *path = g_strdup_printf ("/box2d/%s/%s", what, name);

  g_test_add_data_func (path, name, function);
}

int
main (int argc, char **argv)
{
  const char *names[] = { "lunar-lander", "bipedal-walker" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/box2d/one-step/lunar-lander", test_lander_one_step);
  g_test_add_func ("/box2d/one-step/bipedal-walker", test_walker_one_step);
  g_test_add_func ("/box2d/open-loop/lunar-lander", test_lander_open_loop);
  g_test_add_func ("/box2d/terrain", test_terrain);
  g_test_add_func ("/box2d/crash", test_crash);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      add ("state", names[i], test_state);
      add ("bad-state", names[i], test_bad_state);
      add ("physics", names[i], test_physics);
      add ("pose", names[i], test_pose);
      add ("threads", names[i], test_threads);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    {
      g_autofree char *path = g_strdup_printf ("/box2d/returns/%s/%s", references[i].environment,
                                               references[i].label);

      g_test_add_data_func (path, &references[i], test_returns);
    }

  return g_test_run ();
}

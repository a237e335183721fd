/* Families of tasks, recordings of them, and instances that step together. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-error.h"
#include "esp-task.h"
#include "esp-trajectory.h"
#include "esp-environment-vector.h"

/* Draws from the split's range and from nowhere else, the same for the same seed. */
static void
test_draws (void)
{
  size_t n_families;
  const EspTaskFamily *const *families = esp_task_families (&n_families);

  g_assert_cmpuint (n_families, ==, 6);
  for (size_t f = 0; f < n_families; f++)
    {
      const char *name = families[f]->environment->name;
      size_t n = families[f]->n_train + families[f]->n_test;
      EspTask first, again, other;
      GError *error = NULL;

      g_assert_cmpstr (families[f]->environment->family, ==, name);
      for (size_t i = 0; i < n; i++)
        {
          g_assert_true (esp_task_draw (name, 7, i, &first, &error));
          g_assert_no_error (error);
          g_assert_true (esp_task_draw (name, 7, i, &again, NULL));
          g_assert_true (esp_task_draw (name, 8, i, &other, NULL));
          g_assert_cmpmem (first.values, sizeof first.values, again.values, sizeof again.values);
          g_assert_cmpint (memcmp (first.values, other.values, first.n_values * sizeof (double)), !=, 0);
          g_assert_cmpuint (first.n_values, ==, esp_task_count_values (families[f]));
          g_assert_true (first.is_test == (i >= families[f]->n_train));
        }
      g_assert_false (esp_task_draw (name, 7, n, &first, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
      g_clear_error (&error);
    }
}

static void
test_ranges (void)
{
  EspTask task;

  for (size_t i = 0; i < 65; i++)
    {
      g_assert_true (esp_task_draw ("cheetah-vel", 1, i, &task, NULL));
      g_assert_cmpfloat (task.values[0], >=, i < 50 ? 0 : 2.5);
      g_assert_cmpfloat (task.values[0], <, i < 50 ? 2.5 : 3);
    }
  for (size_t i = 0; i < 50; i++)
    {
      gboolean inside;

      g_assert_true (esp_task_draw ("cartpole-force-ood", 1, i, &task, NULL));
      inside = task.values[0] >= 20 && task.values[0] < 40;
      g_assert_true (inside == (i < 40));
      g_assert_true (task.values[0] >= 10 && task.values[0] < 50);
      inside = task.values[1] >= 0.35 && task.values[1] < 0.65;
      g_assert_true (inside == (i < 40));
      g_assert_true (task.values[1] >= 0.2 && task.values[1] < 0.8);
    }
  for (size_t i = 0; i < 50; i++)
    {
      /* the torso of the hopper, whose nominal mass is 3.665 kg */
      g_assert_true (esp_task_draw ("hopper-params", 1, i, &task, NULL));
      g_assert_cmpfloat (task.values[0], ==, 0);
      g_assert_cmpfloat (task.values[1], >=, 3.66519143 / 3.3751);
      g_assert_cmpfloat (task.values[1], <=, 3.66519143 * 3.3751);
    }
}

/* A family's name, a task's name and a task that is set lead to the same episodes; other tasks to others, and
 * no instance changes another. */
static void
test_instances (void)
{
  size_t n_families;
  const EspTaskFamily *const *families = esp_task_families (&n_families);

  for (size_t f = 0; f < n_families; f++)
    {
      const char *name = families[f]->environment->name;
      g_autofree char *named = g_strdup_printf ("%s:3:5", name);
      g_autoptr (EspEnvironment) plain = esp_environment_new (name, NULL);
      g_autoptr (EspEnvironment) third = esp_environment_new (named, NULL);
      g_autoptr (EspEnvironment) set = esp_environment_new (name, NULL);
      g_autofree guint8 *state = g_malloc (esp_environment_get_state_size (third));
      size_t size = esp_environment_get_state_size (third);
      double action[ESP_MAX_ACTIONS], observations[3][ESP_MAX_OBSERVATIONS] = { { 0 } };
      double difference = 0;
      GError *error = NULL;
      EspTask task;

      for (size_t i = 0; i < ESP_MAX_ACTIONS; i++)
        action[i] = i % 2 == 0 ? 0.8 : -0.6;
      g_assert_true (esp_task_draw (name, 5, 3, &task, NULL));
      g_assert_true (esp_environment_set_task (set, &task, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (esp_environment_get_info (third)->name, ==, named);
      g_assert_cmpmem (esp_environment_get_task (third)->values, sizeof task.values, task.values,
                       sizeof task.values);
      esp_environment_reset (plain, 9, observations[0]);
      esp_environment_reset (third, 9, observations[1]);
      esp_environment_reset (set, 9, observations[2]);
      for (guint t = 0; t < 20; t++)
        {
          EspStep steps[3] = {
            esp_environment_step (plain, action, observations[0]),
            esp_environment_step (third, action, observations[1]),
            esp_environment_step (set, action, observations[2]),
          };

          difference += fabs (steps[0].reward - steps[1].reward)
                        + fabs (observations[0][1] - observations[1][1]);
          g_assert_true (steps[1].reward == steps[2].reward);
          g_assert_cmpmem (observations[1], sizeof observations[1], observations[2], sizeof observations[2]);
        }
      g_assert_cmpfloat (difference, >, 0);

      /* states belong to a task */
      esp_environment_get_state (third, state);
      g_assert_true (esp_environment_set_state (set, state, size, NULL));
      g_assert_false (esp_environment_set_state (plain, state, size, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
    }
}

static void
refuse_name (const char *name)
{
  g_autoptr (EspEnvironment) environment = NULL;
  GError *error = NULL;

  environment = esp_environment_new (name, &error);
  g_assert_null (environment);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_clear_error (&error);
}

static void
test_refusals (void)
{
  g_autoptr (EspEnvironment) hopper = esp_environment_new ("hopper-params", NULL);
  g_autoptr (EspEnvironment) cartpole = esp_environment_new ("cartpole", NULL);
  const double wrong[] = { NAN, INFINITY, -1, 1e12 };
  EspTask task, broken;
  GError *error = NULL;

  refuse_name ("cheetah-vel:65");
  refuse_name ("cheetah-vel:-1");
  refuse_name ("cheetah-vel:1:2:3");
  refuse_name ("cheetah-vel:");
  refuse_name ("cheetah-vel:1:");
  refuse_name ("cartpole:1");

  g_assert_null (esp_environment_get_task (cartpole));
  g_assert_true (esp_task_draw ("hopper-params", 0, 1, &task, NULL));
  g_assert_false (esp_environment_set_task (cartpole, &task, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_clear_error (&error);
  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      broken = task;
      broken.values[2] = wrong[i];
      g_assert_false (esp_environment_set_task (hopper, &broken, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
    }
  /* a body that has mass must keep some */
  broken = task;
  broken.values[1] = 0;
  g_assert_false (esp_environment_set_task (hopper, &broken, NULL));
  g_assert_cmpuint (esp_environment_get_task (hopper)->index, ==, 0);
}

typedef struct
{
  const char *environment;
  const char *file;
  double one_step;
  double open_loop;
  double reward;
} Recording;

static const Recording recordings[] = {
  { "cheetah-vel", "recording-cheetah-vel.json", 1e-9, 1e-6, 1e-9 },
  { "hopper-params", "recording-hopper-params.json", 1e-9, 1e-6, 1e-9 },
  { "walker2d-params", "recording-walker2d-params.json", 1e-9, 1e-6, 1e-9 },
  { "reacher", "recording-reacher.json", 1e-9, 1e-6, 1e-9 },
  { "pendulum", "recording-pendulum.json", 1e-6, 1e-6, 1e-12 },
  { "lunar-lander", "recording-lunar-lander.json", 1e-4, 2e-2, 1e-2 },
  /* in open loop the walker is chaotic after some ten steps */
  { "bipedal-walker", "recording-bipedal-walker.json", 5e-2, INFINITY, 1e-1 },
};

static void
test_recording (const void *data)
{
  const Recording *recording = data;
  g_autofree char *path = g_build_filename (ESP_TEST_DATA, recording->file, NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new (recording->environment, NULL);
  g_autoptr (EspTrajectory) trajectory = NULL;
  size_t n = esp_environment_get_info (environment)->n_observations;
  gboolean is_walker = g_str_equal (recording->environment, "bipedal-walker");
  EspComparison comparison;
  GError *error = NULL;

  trajectory = esp_trajectory_load (path, environment, &error);
  g_assert_no_error (error);
  g_assert_true (esp_trajectory_compare (trajectory, environment, &comparison, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (comparison.one_step.n_steps, >=, 10);
  for (size_t i = 0; i < n; i++)
    {
      /* a single state of the walker does not tell which contact flags its engine had cleared */
      if (is_walker && (i == 8 || i == 13))
        continue;
      g_assert_cmpfloat (comparison.one_step.percentile[i], <=, recording->one_step);
      g_assert_cmpfloat (comparison.open_loop.percentile[i], <=, recording->open_loop);
      if (is_walker)
        continue;
      g_assert_cmpfloat (comparison.one_step.maximum[i], <=, recording->one_step);
      g_assert_cmpfloat (comparison.open_loop.maximum[i], <=, recording->open_loop);
    }
  g_assert_cmpfloat (comparison.one_step.reward_maximum, <=, recording->reward);
  g_assert_cmpuint (comparison.one_step.termination_mismatches, ==, 0);
  g_assert_cmpuint (comparison.open_loop.termination_mismatches, ==, 0);
}

/* What is wrong in the environment shows in the comparison. */
static void
test_detection (void)
{
  g_autofree char *path = g_build_filename (ESP_TEST_DATA, "recording-hopper-params.json", NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("hopper-params", NULL);
  g_autoptr (EspTrajectory) trajectory = esp_trajectory_load (path, environment, NULL);
  EspComparison comparison;

  g_assert_nonnull (trajectory);
  for (size_t e = 0; e < trajectory->n_episodes; e++)
    trajectory->episodes[e].task->values[1] *= 1.001;
  trajectory->episodes[0].steps[0].terminated ^= true;
  g_assert_true (esp_trajectory_compare (trajectory, environment, &comparison, NULL));
  g_assert_cmpfloat (comparison.one_step.maximum[comparison.one_step.worst_component], >, 1e-6);
  g_assert_cmpuint (comparison.one_step.termination_mismatches, ==, 1);
}

static void
test_malformed (void)
{
  static const char *const texts[] = {
    "",
    "[]",
    "{}",
    "{\"episodes\": 3}",
    "{\"episodes\": []}",
    "{\"episodes\": [1]}",
    "{\"episodes\": [{}]}",
    "{\"episodes\": [{\"steps\": []}]}",
    "{\"episodes\": [{\"steps\": [{}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0], \"steps\": [{\"action\": [0], \"reward\": 1, "
    "\"terminated\": "
    "false}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"steps\": [{\"action\": [1, 2], \"reward\": 1, "
    "\"terminated\": false}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 1e999], \"steps\": [{\"action\": [1], \"reward\": 1, "
    "\"terminated\": false}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"steps\": [{\"action\": [1], \"reward\": \"1\", "
    "\"terminated\": false}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"steps\": [{\"action\": [1], \"reward\": 1, "
    "\"terminated\": 0}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"steps\": [{\"action\": [1], \"reward\": 1, "
    "\"terminated\": "
    "false, \"next_obs\": [1]}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"task\": {\"force\": 1}, \"steps\": [{\"action\": [1], "
    "\"reward\": 1, \"terminated\": false}]}]}",
    "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"dt\": 0.1, \"steps\": [{\"action\": [1], \"reward\": "
    "1, "
    "\"terminated\": false}]}]}",
  };
  static const char good[] = "{\"episodes\": [{\"init_state\": [0, 0, 0, 0], \"steps\": [{\"action\": [1], "
                             "\"reward\": 1, \"terminated\": false}]}]}";
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspTrajectory *trajectory;

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      GError *error = NULL;

      trajectory = esp_trajectory_parse ("test", texts[i], strlen (texts[i]), environment, &error);
      g_assert_null (trajectory);
      g_assert_nonnull (error);
      g_assert_true (error->domain == ESP_ERROR);
      g_assert_null (strchr (error->message, '\n'));
      g_clear_error (&error);
    }
  trajectory = esp_trajectory_parse ("test", good, strlen (good), environment, NULL);
  g_assert_nonnull (trajectory);
  esp_trajectory_free (trajectory);
}

#define N_INSTANCES 13
#define N_STEPS     40

/* Steps with actions that depend on the observations and resets what has ended; returns all that came out. */
static GByteArray *
run_vector (const char *name, size_t n_workers)
{
  g_autoptr (EspPool) pool = n_workers > 0 ? esp_pool_new (n_workers) : NULL;
  g_autoptr (EspEnvironmentVector) vector = esp_environment_vector_new (name, N_INSTANCES, pool, NULL);
  const EspEnvironmentInfo *info = esp_environment_vector_get_info (vector);
  GByteArray *bytes = g_byte_array_new ();

  esp_environment_vector_reset_all (vector, 100);
  for (size_t t = 0; t < N_STEPS; t++)
    {
      const double *observations = esp_environment_vector_get_observations (vector);
      double *actions = esp_environment_vector_get_actions (vector);
      const EspStep *steps = esp_environment_vector_get_steps (vector);

      for (size_t i = 0; i < N_INSTANCES * info->n_actions; i++)
        actions[i] = sin (30 * observations[i / info->n_actions * info->n_observations + 1]
                          + (double) (i + t));
      esp_environment_vector_step (vector);
      for (size_t i = 0; i < N_INSTANCES; i++)
        {
          g_byte_array_append (bytes, (const guint8 *) &steps[i].reward, sizeof (double));
          if (steps[i].terminated || steps[i].truncated)
            esp_environment_vector_reset (vector, i, 1000 * t + i);
        }
      g_byte_array_append (bytes, (const guint8 *) observations,
                           (guint) (N_INSTANCES * info->n_observations * sizeof (double)));
    }

  return bytes;
}

static void
test_vector (const void *data)
{
  const char *name = data;
  g_autoptr (GByteArray) alone = run_vector (name, 0);

  for (size_t n = 1; n <= 5; n++)
    {
      g_autoptr (GByteArray) together = run_vector (name, n);

      g_assert_cmpmem (together->data, together->len, alone->data, alone->len);
    }
}

/* Each instance does what one by itself does. */
static void
test_vector_instances (void)
{
  g_autoptr (EspPool) pool = esp_pool_new (2);
  g_autoptr (EspEnvironmentVector) vector = esp_environment_vector_new ("cartpole", 3, pool, NULL);
  g_autoptr (EspEnvironment) alone = esp_environment_new ("cartpole", NULL);
  double observation[ESP_MAX_OBSERVATIONS];
  EspStep step = { 0 };

  esp_environment_vector_reset_all (vector, 5);
  esp_environment_reset (alone, 7, observation);
  for (guint t = 0; t < 20; t++)
    {
      for (guint i = 0; i < 3; i++)
        esp_environment_vector_get_actions (vector)[i] = 0.1 * i;
      esp_environment_vector_step (vector);
      step = esp_environment_step (alone, &(double){ 0.2 }, observation);
    }
  g_assert_cmpmem (observation, 4 * sizeof (double), esp_environment_vector_get_observations (vector) + 8,
                   4 * sizeof (double));
  g_assert_cmpfloat (esp_environment_vector_get_steps (vector)[2].reward, ==, step.reward);
  g_assert_cmpuint (esp_environment_vector_get_n (vector), ==, 3);
}

int
main (int argc, char **argv)
{
  static const char *const vectors[] = { "cartpole", "hopper", "lunar-lander" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tasks/draws", test_draws);
  g_test_add_func ("/tasks/ranges", test_ranges);
  g_test_add_func ("/tasks/instances", test_instances);
  g_test_add_func ("/tasks/refusals", test_refusals);
  for (size_t i = 0; i < G_N_ELEMENTS (recordings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/recordings/%s", recordings[i].environment);

      g_test_add_data_func (path, &recordings[i], test_recording);
    }
  g_test_add_func ("/recordings/detection", test_detection);
  g_test_add_func ("/recordings/malformed", test_malformed);
  for (size_t i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      g_autofree char *path = g_strdup_printf ("/vector/%s", vectors[i]);

      g_test_add_data_func (path, vectors[i], test_vector);
    }
  g_test_add_func ("/vector/instances", test_vector_instances);

  return g_test_run ();
}

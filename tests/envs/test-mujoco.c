/* The environments that MuJoCo steps, and the swing-up: seeds, exact states, starts, threads, blow-ups,
 * errors. Their models, recordings and returns are in files of their own. */

#include "test-mujoco.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "esp-error.h"
#include "esp-mujoco.h"
#include "esp-random.h"

#define assert_same(a, b, n) g_assert_cmpmem (a, (n) * sizeof (double), b, (n) * sizeof (double))

static const Subject subjects[] = {
  { "inverted-double-pendulum", true, 1e-9, 1e-6 },
  { "inverted-pendulum-swingup", false, 1e-7, 1e-4 },
  { "reacher", true, 1e-9, 1e-6 },
  { "hopper", true, 1e-9, 1e-6 },
  { "half-cheetah", true, 1e-9, 1e-6 },
  { "walker2d", true, 1e-9, 1e-6 },
};

EspEnvironment *
make (const char *name)
{
  GError *error = NULL;
  EspEnvironment *environment = esp_environment_new (name, &error);

  g_assert_no_error (error);

  return environment;
}

JsonNode *
load (const char *file)
{
  const char *folder = g_getenv ("ESPALIER_TEST_DATA");
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ESP_TEST_DATA, file, NULL);
  GError *error = NULL;
  JsonNode *root = esp_json_load (path, &error);

  g_assert_no_error (error);

  return root;
}

/* Seeds, actions, states */

static void
draw_action (const EspEnvironmentInfo *info, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = 1.2 * esp_random_between (random, info->actions[i].low, info->actions[i].high);
}

/* Runs @n steps with actions of a stream and keeps everything that is seen. */
static void
record (EspEnvironment *environment, uint64_t seed, int n, double *seen)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  EspRandom random;

  esp_random_init (&random, seed, 0);
  for (int t = 0; t < n; t++)
    {
      double action[ESP_MAX_ACTIONS];
      EspStep step;

      draw_action (info, &random, action);
      step = esp_environment_step (environment, action, seen);
      seen += info->n_observations;
      *seen++ = step.reward;
      *seen++ = step.terminated;
      *seen++ = step.truncated;
    }
}

static void
test_seeds (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  size_t n = esp_environment_get_info (one)->n_observations;
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS], seen[20 * (ESP_MAX_OBSERVATIONS + 3)];

  esp_environment_observe (one, first);
  esp_environment_reset (two, 0, second);
  assert_same (first, second, n);
  record (two, 1, 20, seen);
  esp_environment_reset (one, 9, first);
  esp_environment_reset (two, 9, second);
  assert_same (first, second, n);
  esp_environment_observe (two, first);
  assert_same (first, second, n);
  esp_environment_reset (two, 10, second);
  g_assert_true (memcmp (first, second, n * sizeof (double)) != 0);
}

/* step() clips; step_unclipped() moves the same, as the motors are clamped, and pays for the whole action. */
static void
test_actions (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  const EspEnvironmentInfo *info = esp_environment_get_info (one);
  const double wild[] = { 1.5, -INFINITY, NAN, 1e300, -1.01, 7 };
  const double tame[] = { 1, -1, 0, 1, -1, 1 };
  const double large[] = { 1.5, -3, 0.5, 2, -1.01, 7 };
  const double clipped[] = { 1, -1, 0.5, 1, -1, 1 };
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS];
  EspStep a, b;

  esp_environment_reset (one, 4, first);
  esp_environment_reset (two, 4, second);
  a = esp_environment_step (one, wild, first);
  b = esp_environment_step (two, tame, second);
  g_assert_cmpfloat (a.reward, ==, b.reward);
  assert_same (first, second, info->n_observations);

  a = esp_environment_step_unclipped (one, large, first);
  b = esp_environment_step (two, clipped, second);
  assert_same (first, second, info->n_observations);
  if (strstr (subject->name, "pendulum") != NULL)
    g_assert_cmpfloat (a.reward, ==, b.reward);
  else
    g_assert_cmpfloat (a.reward, <, b.reward);

  /* what is no number is left to nobody */
  a = esp_environment_step_unclipped (one, wild, first);
  b = esp_environment_step (two, tame, second);
  g_assert_cmpfloat (a.reward, ==, b.reward);
  assert_same (first, second, info->n_observations);
}

/* A state taken in the middle continues bit for bit, in an instance that has done other things. */
static void
test_state (const void *data)
{
  enum
  {
    N = 120
  };
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  size_t width = esp_environment_get_info (one)->n_observations + 3;
  size_t size = esp_environment_get_state_size (one);
  /* not aligned, as in a file */
  g_autofree uint8_t *memory = g_malloc (size + 1);
  uint8_t *state = memory + 1;
  g_autofree uint8_t *again = g_malloc (size);
  g_autofree double *first = g_new (double, N *width);
  g_autofree double *second = g_new (double, N *width);
  double observation[ESP_MAX_OBSERVATIONS], now[ESP_MAX_OBSERVATIONS];
  GError *error = NULL;

  for (uint64_t seed = 0; seed < 6; seed++)
    {
      esp_environment_reset (one, seed, observation);
      record (one, 100 + seed, 5 + 9 * (int) seed, first);
      esp_environment_get_state (one, state);
      esp_environment_observe (one, observation);
      record (one, seed, N, first);

      esp_environment_set_state (two, state, size, &error);
      g_assert_no_error (error);
      esp_environment_get_state (two, again);
      g_assert_cmpmem (state, size, again, size);
      esp_environment_observe (two, now);
      assert_same (observation, now, width - 3);
      record (two, seed, N, second);
      assert_same (first, second, N * width);
    }
}

static void
test_bad_state (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) environment = make (subject->name);
  size_t size = esp_environment_get_state_size (environment);
  size_t n = esp_environment_get_n_physics (environment);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree uint8_t *before = g_malloc (size);
  g_autofree uint8_t *after = g_malloc (size);
  g_autoptr (GError) error = NULL;
  double nan = NAN, physics[MAX_PHYSICS];

  esp_environment_get_state (environment, before);
  memcpy (state, before, size);
  memcpy (state + size - sizeof nan, &nan, sizeof nan);
  g_assert_false (esp_environment_set_state (environment, state, size, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_clear_error (&error);
  esp_environment_get_physics (environment, physics);
  if (subject->has_model)
    {
      /* finite, and more than MuJoCo takes */
      physics[n - 1] = 1e11;
      g_assert_false (esp_environment_set_physics (environment, physics, n, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
      g_assert_false (esp_environment_correct_physics (environment, physics, n, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
    }
  physics[0] = INFINITY;
  g_assert_false (esp_environment_correct_physics (environment, physics, n, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  esp_environment_get_state (environment, after);
  g_assert_cmpmem (before, size, after, size);
}

/* Each joint in turn gets a speed beyond all sense: the episode ends, everything that is seen stays finite,
 * and the next episode is as good as new. */
static void
test_blow_up (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) environment = make (subject->name);
  g_autoptr (EspEnvironment) fresh = make (subject->name);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  size_t n = esp_environment_get_n_physics (environment), n_velocities = n - info->n_pose;
  double physics[MAX_PHYSICS], rest[MAX_PHYSICS], observation[ESP_MAX_OBSERVATIONS];
  double first[20 * (ESP_MAX_OBSERVATIONS + 3)], second[20 * (ESP_MAX_OBSERVATIONS + 3)];
  const double action[ESP_MAX_ACTIONS] = { 0 };
  int n_ended = 0;

  esp_environment_get_physics (environment, rest);
  for (size_t i = 0; i < n_velocities; i++)
    {
      EspStep step = { 0 };

      memcpy (physics, rest, sizeof physics);
      physics[info->n_pose + i] = subject->has_model ? 9e9 : 1e160;
      if (!esp_environment_set_physics (environment, physics, n, NULL))
        continue;
      for (int t = 0; t < 50 && !step.terminated; t++)
        {
          step = esp_environment_step (environment, action, observation);
          g_assert_true (isfinite (step.reward));
          for (size_t k = 0; k < info->n_observations; k++)
            g_assert_true (isfinite (observation[k]));
        }
      n_ended += step.terminated;
    }
  g_assert_cmpint (n_ended, >, 0);

  esp_environment_reset (environment, 5, first);
  esp_environment_reset (fresh, 5, second);
  record (environment, 1, 20, first);
  record (fresh, 1, 20, second);
  assert_same (first, second, 20 * (info->n_observations + 3));
  g_assert_false (g_file_test ("MUJOCO_LOG.TXT", G_FILE_TEST_EXISTS));
}

/* Threads */

#define THREAD_STEPS 600

typedef struct
{
  const char *name;
  uint64_t seed;
  double *seen;
} Work;

static void *
run_thread (void *data)
{
  Work *work = data;
  g_autoptr (EspEnvironment) environment = make (work->name);
  double observation[ESP_MAX_OBSERVATIONS];

  esp_environment_reset (environment, work->seed, observation);
  record (environment, work->seed, THREAD_STEPS, work->seen);

  return NULL;
}

/* Two instances at the same time see what each would see alone. */
static void
test_threads (const void *data)
{
  const Subject *subject = data;
  size_t n = THREAD_STEPS * (ESP_MAX_OBSERVATIONS + 3);
  Work works[4];
  pthread_t threads[2];

  for (int i = 0; i < 4; i++)
    works[i] = (Work){ .name = subject->name, .seed = 1 + i % 2, .seen = g_new0 (double, n) };
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, run_thread, &works[i]), ==, 0);
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  for (int i = 2; i < 4; i++)
    run_thread (&works[i]);

  assert_same (works[0].seen, works[2].seen, n);
  assert_same (works[1].seen, works[3].seen, n);
  g_assert_true (memcmp (works[0].seen, works[1].seen, n * sizeof (double)) != 0);
  for (int i = 0; i < 4; i++)
    g_free (works[i].seen);
}

/* Starts */

static void
test_starts (const void *data)
{
  const Subject *subject = data;
  enum
  {
    N = 3000
  };
  g_autoptr (EspEnvironment) environment = make (subject->name);
  size_t n = esp_environment_get_n_physics (environment);
  size_t n_pose = esp_environment_get_info (environment)->n_pose;
  bool is_normal = strcmp (subject->name, "inverted-double-pendulum") == 0
                   || strcmp (subject->name, "half-cheetah") == 0;
  bool is_small = strcmp (subject->name, "hopper") == 0 || strcmp (subject->name, "walker2d") == 0;
  double observation[ESP_MAX_OBSERVATIONS], physics[MAX_PHYSICS];
  double sums[MAX_PHYSICS] = { 0 }, squares[MAX_PHYSICS] = { 0 };

  for (int i = 0; i < N; i++)
    {
      esp_environment_reset (environment, i, observation);
      esp_environment_get_physics (environment, physics);
      if (is_small)
        physics[1] -= 1.25;
      if (strcmp (subject->name, "inverted-pendulum-swingup") == 0)
        physics[1] -= 3.1415;
      if (strcmp (subject->name, "reacher") == 0)
        g_assert_cmpfloat (hypot (physics[2], physics[3]), <, 0.2);
      for (size_t k = 0; k < n; k++)
        {
          sums[k] += physics[k];
          squares[k] += physics[k] * physics[k];
        }
    }
  for (size_t k = 0; k < n; k++)
    {
      double deviation;

      if (strcmp (subject->name, "inverted-pendulum-swingup") == 0)
        deviation = k == 1 ? 0.1 / sqrt (3) : 0;
      else if (strcmp (subject->name, "reacher") == 0)
        deviation = k < 2 ? 0.1 / sqrt (3) : k < 4 ? 0.1 : k < 6 ? 0.005 / sqrt (3) : 0;
      else if (is_small)
        deviation = 0.005 / sqrt (3);
      else
        deviation = is_normal && k >= n_pose ? 0.1 : 0.1 / sqrt (3);
      g_assert_cmpfloat (fabs (sums[k] / N), <=, 5 * deviation / sqrt (N));
      g_assert_cmpfloat (fabs (sqrt (squares[k] / N) - deviation), <=, 5 * deviation / sqrt (N));
    }
}

/* Errors */

static void
fail (void *data)
{
  mju_error ("something of MuJoCo's");
}

static void
succeed (void *data)
{
  *(int *) data = 5;
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  int value = 0;

  g_assert_false (esp_mujoco_call (fail, NULL, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_SYSTEM);
  g_assert_nonnull (strstr (error->message, "something of MuJoCo's"));
  g_assert_true (esp_mujoco_call (succeed, &value, NULL));
  g_assert_cmpint (value, ==, 5);
  g_clear_error (&error);
  for (int i = 0; i < 2; i++)
    {
      EspMujocoPart part = i == 0 ? ESP_MUJOCO_ALL : ESP_MUJOCO_PHYSICS;

      g_assert_null (esp_mujoco_load ("no-such-robot.xml", part, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_clear_error (&error);
    }
}

/* An environment whose model is missing, broken or another one's fails with a sentence, and the next try may
 * succeed. Runs first, in a process that has loaded no model. */
static void
test_bad_models (void)
{
  g_autofree char *folder = g_dir_make_tmp ("espalier-XXXXXX", NULL);
  g_autofree char *models = g_build_filename (folder, "models", NULL);
  g_autofree char *path = g_build_filename (models, "hopper.xml", NULL);
  const char *texts[] = { NULL, "<mujoco><worldbody>", "<mujoco/>" };

  g_assert_cmpint (g_mkdir_with_parents (models, 0700), ==, 0);
  g_setenv ("ESPALIER_RESOURCES", folder, TRUE);
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      if (texts[i] != NULL)
        g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (esp_environment_new ("hopper", &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, "hopper.xml"));
    }
  g_unsetenv ("ESPALIER_RESOURCES");
  remove (path);
  remove (models);
  remove (folder);
}

void
add (const char *what, const char *name, const void *data, GTestDataFunc function)
{
  g_autofree char *path = g_strdup_printf ("/mujoco/%s/%s", what, name);

  g_test_add_data_func (path, data, function);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mujoco/bad-models", test_bad_models);
  g_test_add_func ("/mujoco/errors", test_errors);
  for (size_t i = 0; i < G_N_ELEMENTS (subjects); i++)
    {
      const Subject *subject = &subjects[i];

      /* first, so that the threads meet while the model is being compiled */
      add ("threads", subject->name, subject, test_threads);
      if (subject->has_model)
        add_model_tests (subject);
      add_recording_tests (subject);
      add ("seeds", subject->name, subject, test_seeds);
      add ("starts", subject->name, subject, test_starts);
      add ("actions", subject->name, subject, test_actions);
      add ("state", subject->name, subject, test_state);
      add ("bad-state", subject->name, subject, test_bad_state);
      add ("blow-up", subject->name, subject, test_blow_up);
    }
  add_return_tests ();

  return g_test_run ();
}

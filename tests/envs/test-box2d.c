/* Lunar lander and bipedal walker: exact states, terrain, pictures, threads. Recordings and returns of fixed
 * policies are in files of their own. */

#include "test-box2d.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "esp-bipedal-walker.h"
#include "esp-environment.h"
#include "esp-error.h"
#include "esp-lunar-lander.h"
#include "esp-random.h"

#define MAX_PHYSICS ESP_BIPEDAL_WALKER_N_PHYSICS

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
  add_recording_tests ();
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
  add_return_tests ();

  return g_test_run ();
}

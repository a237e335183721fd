/* What every environment promises: descriptions, seeds, limits, exact states, independence. */

#include "test-envs.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-error.h"
#include "esp-random.h"

#define assert_same(a, b, n) g_assert_cmpmem (a, (n) * sizeof (double), b, (n) * sizeof (double))

static bool
is_identifier (const char *name)
{
  if (!g_ascii_isalpha (name[0]))
    return false;
  for (const char *c = name; *c != '\0'; c++)
    {
      if (!g_ascii_isalnum (*c) && *c != '_')
        return false;
    }

  return true;
}

static void
check_signals (const EspSignal *signals, size_t n, bool is_action)
{
  for (size_t i = 0; i < n; i++)
    {
      g_assert_true (is_identifier (signals[i].name));
      g_assert_true (g_utf8_validate (signals[i].unicode, -1, NULL) && signals[i].unicode[0] != '\0');
      g_assert_true (signals[i].latex[0] != '\0' && signals[i].description[0] != '\0');
      g_assert_nonnull (signals[i].unit);
      g_assert_cmpfloat (signals[i].low, <, signals[i].high);
      if (is_action)
        g_assert_true (isfinite (signals[i].low) && isfinite (signals[i].high));
    }
}

static void
test_list (void)
{
  static const char *const names[] = {
    "cartpole", "mountain-car", "pendulum", "inverted-double-pendulum", "inverted-pendulum-swingup",
    "reacher", "hopper", "half-cheetah", "walker2d", "lunar-lander", "bipedal-walker", "car2d",
  };
  size_t n;
  const EspEnvironmentInfo *const *infos = esp_environment_list (&n);

  g_assert_cmpuint (n, ==, G_N_ELEMENTS (names));
  for (size_t i = 0; i < n; i++)
    g_assert_cmpstr (infos[i]->name, ==, names[i]);
  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (EspEnvironment) environment = esp_environment_new (infos[i]->name, NULL);

      g_assert_nonnull (environment);
      g_assert_true (esp_environment_get_info (environment) == infos[i]);
      g_assert_true (infos[i]->n_observations >= 1 && infos[i]->n_observations <= ESP_MAX_OBSERVATIONS);
      g_assert_true (infos[i]->n_actions >= 1 && infos[i]->n_actions <= ESP_MAX_ACTIONS);
      g_assert_cmpuint (infos[i]->n_pose, >=, 1);
      g_assert_true (g_str_has_suffix (infos[i]->scene, ".xml"));
      check_signals (infos[i]->observations, infos[i]->n_observations, false);
      check_signals (infos[i]->actions, infos[i]->n_actions, true);
    }
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (esp_environment_new ("cart-pole", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "“cart-pole”"));
  g_assert_nonnull (strstr (error->message, "cartpole, mountain-car"));
}

static void
test_seeds (const void *data)
{
  g_autoptr (EspEnvironment) one = esp_environment_new (data, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (data, NULL);
  size_t n = esp_environment_get_info (one)->n_observations;
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS];

  /* a new instance has seed 0 */
  esp_environment_observe (one, first);
  esp_environment_reset (two, 0, second);
  assert_same (first, second, n);

  esp_environment_reset (one, 9, first);
  for (int i = 0; i < 20; i++)
    esp_environment_step (two, (double[ESP_MAX_ACTIONS]){ 0.5 }, second);
  esp_environment_reset (two, 9, second);
  assert_same (first, second, n);
  esp_environment_observe (two, first);
  assert_same (first, second, n);

  esp_environment_reset (two, 10, second);
  g_assert_true (memcmp (first, second, n * sizeof (double)) != 0);
}

/* Actions beyond the limits act like the limits, and NaN like 0. */
static void
test_clipping (const void *data)
{
  g_autoptr (EspEnvironment) one = esp_environment_new (data, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (data, NULL);
  const EspSignal *action = esp_environment_get_info (one)->actions;
  size_t n = esp_environment_get_info (one)->n_observations;
  const double wild[] = { 1e300, -1e300, INFINITY, -INFINITY, NAN, action->high + 0.001 };
  const double tame[] = { action->high, action->low, action->high, action->low, 0, action->high };
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS], rest[ESP_MAX_OBSERVATIONS];

  for (size_t i = 0; i < G_N_ELEMENTS (wild); i++)
    {
      EspStep a, b;

      esp_environment_reset (one, i, first);
      esp_environment_reset (two, i, second);
      a = esp_environment_step (one, &wild[i], first);
      b = esp_environment_step (two, &tame[i], second);
      g_assert_cmpfloat (a.reward, ==, b.reward);
      assert_same (first, second, n);

      /* and the limit is not a dead zone */
      esp_environment_reset (two, i, rest);
      esp_environment_step (two, &(double){ tame[i] == 0 ? 0.3 : tame[i] * 0.9 }, rest);
      g_assert_true (memcmp (first, rest, n * sizeof (double)) != 0);
    }
}

/* Balances the cart-pole until the limit; the pendulum never ends in another way. */
static void
test_truncation (const void *data)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  bool is_cartpole = strcmp (info->name, "cartpole") == 0;
  double observation[ESP_MAX_OBSERVATIONS];
  EspStep step;

  esp_environment_reset (environment, 3, observation);
  for (size_t t = 1; t <= info->max_steps; t++)
    {
      double action = is_cartpole ? 0.05 * observation[0] + 0.1 * observation[1] + 2 * observation[2]
                                      + 0.5 * observation[3]
                                  : 0.3;

      step = esp_environment_step (environment, &action, observation);
      g_assert_false (step.terminated);
      g_assert_cmpint (step.truncated, ==, t == info->max_steps);
    }
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_true (step.truncated);

  esp_environment_reset (environment, 3, observation);
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_false (step.truncated);
}

static void
test_termination (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  const double falling[] = { 0, 0, 0.2094, 1 };
  const double standing[] = { 0, 0, 0.2094, 0 };
  const double leaving[] = { -2.39, -1, 0, 0 };
  double observation[ESP_MAX_OBSERVATIONS];
  EspStep step;

  g_assert_true (esp_environment_set_physics (environment, standing, 4, NULL));
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_false (step.terminated);

  g_assert_true (esp_environment_set_physics (environment, falling, 4, NULL));
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_true (step.terminated);
  g_assert_false (step.succeeded);
  g_assert_false (step.truncated);
  g_assert_cmpfloat (step.reward, ==, 1);

  g_assert_true (esp_environment_set_physics (environment, leaving, 4, NULL));
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_true (step.terminated);
  g_assert_cmpfloat (step.reward, ==, 1);
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_cmpfloat (step.reward, ==, 0);

  /* the next episode pays again */
  esp_environment_reset (environment, 1, observation);
  step = esp_environment_step (environment, &(double){ 0 }, observation);
  g_assert_cmpfloat (step.reward, ==, 1);
  g_assert_false (step.terminated);
}

/* Runs n steps with actions of a stream and keeps everything that is seen. */
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

      for (size_t i = 0; i < info->n_actions; i++)
        action[i] = 1.2 * esp_random_between (&random, info->actions[i].low, info->actions[i].high);
      step = esp_environment_step (environment, action, seen);
      seen += info->n_observations;
      *seen++ = step.reward;
      *seen++ = step.terminated;
      *seen++ = step.truncated;
    }
}

/* A state taken in the middle continues bit for bit, also in another instance and beyond the limit. */
static void
test_state (const void *data)
{
  enum
  {
    N = 250
  };
  g_autoptr (EspEnvironment) one = esp_environment_new (data, NULL);
  g_autoptr (EspEnvironment) two = esp_environment_new (data, NULL);
  size_t width = esp_environment_get_info (one)->n_observations + 3;
  size_t size = esp_environment_get_state_size (one);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree uint8_t *again = g_malloc (size);
  g_autofree double *first = g_new (double, N *width);
  g_autofree double *second = g_new (double, N *width);
  double observation[ESP_MAX_OBSERVATIONS];
  GError *error = NULL;

  for (uint64_t seed = 0; seed < 10; seed++)
    {
      esp_environment_reset (one, seed, observation);
      record (one, 100 + seed, 7, first);
      esp_environment_get_state (one, state);
      record (one, seed, N, first);

      esp_environment_set_state (two, state, size, &error);
      g_assert_no_error (error);
      esp_environment_get_state (two, again);
      g_assert_cmpmem (state, size, again, size);
      record (two, seed, N, second);
      assert_same (first, second, N * width);
    }
}

static void
refuse (EspEnvironment *environment, const void *state, size_t size)
{
  size_t own_size = esp_environment_get_state_size (environment);
  g_autofree uint8_t *before = g_malloc (own_size);
  g_autofree uint8_t *after = g_malloc (own_size);
  g_autoptr (GError) error = NULL;

  esp_environment_get_state (environment, before);
  g_assert_false (esp_environment_set_state (environment, state, size, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  esp_environment_get_state (environment, after);
  g_assert_cmpmem (before, own_size, after, own_size);
}

static void
test_bad_state (const void *data)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  const char *other_name = strcmp (data, "cartpole") == 0 ? "pendulum" : "cartpole";
  g_autoptr (EspEnvironment) other = esp_environment_new (other_name, NULL);
  size_t size = esp_environment_get_state_size (environment);
  size_t other_size = esp_environment_get_state_size (other);
  g_autofree uint8_t *state = g_malloc0 (MAX (size, other_size) + 8);
  double nan = NAN;

  refuse (environment, state, size);
  esp_environment_get_state (other, state);
  refuse (environment, state, other_size);
  refuse (environment, state, size);

  esp_environment_get_state (environment, state);
  refuse (environment, state, size - 1);
  refuse (environment, state, size + 8);
  refuse (environment, state, 0);
  for (size_t i = 0; i < 24; i++) /* magic, environment, size */
    {
      state[i] ^= 0x10;
      refuse (environment, state, size);
      state[i] ^= 0x10;
    }
  memcpy (state + size - sizeof nan, &nan, sizeof nan);
  refuse (environment, state, size);
}

static void
test_physics (const void *data)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  size_t n = esp_environment_get_n_physics (environment);
  double values[ESP_MAX_OBSERVATIONS] = { 0.1, -0.2, 0.05, 0.4 };
  double again[ESP_MAX_OBSERVATIONS];
  g_autoptr (GError) error = NULL;

  g_assert_true (esp_environment_set_physics (environment, values, n, NULL));
  esp_environment_get_physics (environment, again);
  assert_same (values, again, n);

  g_assert_false (esp_environment_set_physics (environment, values, n + 1, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_clear_error (&error);
  values[1] = INFINITY;
  g_assert_false (esp_environment_set_physics (environment, values, n, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  if (strcmp (data, "pendulum") == 0)
    {
      g_clear_error (&error);
      values[1] = 8.5;
      g_assert_false (esp_environment_set_physics (environment, values, n, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
    }
  esp_environment_get_physics (environment, again);
  g_assert_cmpfloat (again[1], ==, -0.2);
}

static void
test_pose (void)
{
  g_autoptr (EspEnvironment) cartpole = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  double pose[2];

  g_assert_true (esp_environment_set_physics (cartpole, (double[]){ 0.7, 0, -0.1, 0 }, 4, NULL));
  esp_environment_get_pose (cartpole, pose);
  g_assert_true (pose[0] == 0.7 && pose[1] == -0.1);
  g_assert_true (esp_environment_set_physics (pendulum, (double[]){ 9, 1 }, 2, NULL));
  esp_environment_get_pose (pendulum, pose);
  g_assert_cmpfloat (pose[0], ==, 9);
}

typedef struct
{
  const char *name;
  uint64_t seed;
  double *seen;
} Work;

#define THREAD_STEPS 5000

static void *
run_thread (void *data)
{
  Work *work = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (work->name, NULL);
  double observation[ESP_MAX_OBSERVATIONS];

  esp_environment_reset (environment, work->seed, observation);
  record (environment, work->seed, THREAD_STEPS, work->seen);

  return NULL;
}

/* Two instances at the same time see what each would see alone. */
static void
test_threads (const void *data)
{
  size_t n = THREAD_STEPS * (ESP_MAX_OBSERVATIONS + 3);
  Work works[4];
  pthread_t threads[2];

  for (int i = 0; i < 4; i++)
    works[i] = (Work){ .name = data, .seed = 1 + i % 2, .seen = g_new0 (double, n) };
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

static void
add (const char *what, const char *name, GTestDataFunc function)
{
  g_autofree char *path = g_strdup_printf ("/envs/%s/%s", what, name);

  g_test_add_data_func (path, name, function);
}

void
esp_test_add_environment (void)
{
  const char *names[] = { "cartpole", "pendulum" };

  g_test_add_func ("/envs/list", test_list);
  g_test_add_func ("/envs/unknown", test_unknown);
  g_test_add_func ("/envs/termination", test_termination);
  g_test_add_func ("/envs/pose", test_pose);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      add ("seeds", names[i], test_seeds);
      add ("clipping", names[i], test_clipping);
      add ("truncation", names[i], test_truncation);
      add ("state", names[i], test_state);
      add ("bad-state", names[i], test_bad_state);
      add ("physics", names[i], test_physics);
      add ("threads", names[i], test_threads);
    }
}

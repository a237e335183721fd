/* Reset distributions, and the returns of fixed policies against those measured in the reference
 * environments (mean and standard deviation over N episodes, given with each policy below). */

#include "test-envs.h"

#include <math.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-random.h"

#define N_EPISODES 2000

typedef double (*PolicyFunction) (const double *observation, EspRandom *random);

typedef struct
{
  const char *label;
  const char *environment;
  PolicyFunction policy;
  double n;
  double mean;
  double deviation;
} Reference;

static double
act_zero (const double *observation, EspRandom *random)
{
  return 0;
}

static double
act_randomly_1 (const double *observation, EspRandom *random)
{
  return esp_random_between (random, -1, 1);
}

static double
act_randomly_2 (const double *observation, EspRandom *random)
{
  return esp_random_between (random, -2, 2);
}

static double
act_strongly (const double *observation, EspRandom *random)
{
  return 10 * observation[2] + observation[3];
}

static double
act_gently (const double *observation, EspRandom *random)
{
  return observation[2] + 0.2 * observation[3];
}

static double
act_swinging (const double *observation, EspRandom *random)
{
  if (observation[0] > 0.8)
    return -8 * observation[1] - 2 * observation[2];

  return observation[2] >= 0 ? 2 : -2;
}

static const Reference references[] = {
  { "cartpole/zero", "cartpole", act_zero, 500, 41.742, 13.946448867005536 },
  { "cartpole/random", "cartpole", act_randomly_1, 500, 16.832, 9.565133349828427 },
  { "cartpole/strong", "cartpole", act_strongly, 200, 999.22, 7.7609020094316366 },
  { "cartpole/gentle", "cartpole", act_gently, 200, 970.73, 79.46638975063608 },
  { "pendulum/zero", "pendulum", act_zero, 200, -1229.33691266596, 367.963048734657 },
  { "pendulum/random", "pendulum", act_randomly_2, 200, -1246.8971413299105, 301.4224977163894 },
  { "pendulum/swing", "pendulum", act_swinging, 500, -1003.3384101035307, 613.2013054849373 },
};

static double
run_episode (EspEnvironment *environment, const Reference *reference, uint64_t seed, EspRandom *random)
{
  double observation[ESP_MAX_OBSERVATIONS];
  double sum = 0;
  EspStep step = { 0 };

  esp_environment_reset (environment, seed, observation);
  while (!step.terminated && !step.truncated)
    {
      double action = reference->policy (observation, random);

      step = esp_environment_step (environment, &action, observation);
      sum += step.reward;
    }

  return sum;
}

static void
test_returns (const void *data)
{
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (reference->environment, NULL);
  double sum = 0, squares = 0, mean, variance, error;
  EspRandom random;

  esp_random_init (&random, 5, 0);
  for (int i = 0; i < N_EPISODES; i++)
    {
      double value = run_episode (environment, reference, 1000 + i, &random);

      sum += value;
      squares += value * value;
    }
  mean = sum / N_EPISODES;
  variance = squares / N_EPISODES - mean * mean;
  error = sqrt (variance / N_EPISODES + reference->deviation * reference->deviation / reference->n);
  g_test_message ("%s: %.3f here, %.3f in the reference, standard error %.3f", reference->label, mean,
                  reference->mean, error);
  g_assert_cmpfloat (fabs (mean - reference->mean), <, 4 * error);
}

/* A uniform variable on ±range: bounds, mean, variance within five standard errors, and quartiles. */
static void
assert_uniform (const double *values, int n, double range)
{
  double sum = 0, squares = 0;
  int quarters[4] = { 0 };

  for (int i = 0; i < n; i++)
    {
      g_assert_cmpfloat (fabs (values[i]), <=, range);
      sum += values[i];
      squares += values[i] * values[i];
      quarters[CLAMP ((int) ((values[i] / range + 1) * 2), 0, 3)]++;
    }
  g_assert_cmpfloat (fabs (sum / n), <, 5 * range / sqrt (3.0 * n));
  g_assert_cmpfloat (fabs (squares / n - range * range / 3), <, 5 * range * range * sqrt (4.0 / 45 / n));
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat (fabs (quarters[i] - n / 4.0), <, 5 * sqrt (n * 3.0 / 16));
}

static void
test_resets (void)
{
  enum
  {
    N = 4000
  };
  g_autoptr (EspEnvironment) cartpole = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  g_autofree double *values = g_new (double, 6 * N);
  double observation[ESP_MAX_OBSERVATIONS], physics[4];

  for (int i = 0; i < N; i++)
    {
      esp_environment_reset (cartpole, i, observation);
      esp_environment_get_physics (cartpole, physics);
      for (int k = 0; k < 4; k++)
        values[k * N + i] = physics[k];
      esp_environment_reset (pendulum, i, observation);
      esp_environment_get_physics (pendulum, physics);
      for (int k = 0; k < 2; k++)
        values[(4 + k) * N + i] = physics[k];
    }
  for (int k = 0; k < 4; k++)
    assert_uniform (values + k * N, N, 0.05);
  assert_uniform (values + 4 * N, N, G_PI);
  assert_uniform (values + 5 * N, N, 1);
}

void
esp_test_add_statistics (void)
{
  g_test_add_func ("/envs/resets", test_resets);
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    {
      g_autofree char *path = g_strconcat ("/envs/returns/", references[i].label, NULL);

      g_test_add_data_func (path, &references[i], test_returns);
    }
}

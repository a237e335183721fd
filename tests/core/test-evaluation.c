/* Measuring policies: the same seeds give the same returns, and none that is reported on is seen before. */

#include <math.h>
#include <string.h>

#include "esp-blas.h"
#include "esp-resources.h"
#include "small-run.h"

/* Returns the network of a run that learned for a little while. */
static EspNetwork *
learn_network (const char *environment, uint64_t seed)
{
  g_autoptr (EspRun) run = small_run (environment, NULL, seed);

  take_steps (run, NULL, 300);
  return esp_policy_get_network (&run->sac.policy);
}

static void
test_repeats (void)
{
  static const char *const environments[] = { "cartpole", "pendulum" };

  for (size_t i = 0; i < G_N_ELEMENTS (environments); i++)
    {
      g_autoptr (EspNetwork) network = learn_network (environments[i], 1);
      g_autoptr (EspFormula) formula = esp_network_extract (network);
      EspReturns a[3], b[3], other;

      for (int k = 0; k < 2; k++)
        {
          EspReturns *returns = k == 0 ? a : b;

          returns[0] = esp_evaluate_formula (formula, network->environment, 77, 20, NULL, NULL);
          returns[1] = esp_evaluate_masked (network, 77, 20, NULL, NULL);
          returns[2] = esp_evaluate_sampled (network, 5, 1000, 77, 20, NULL, NULL);
        }
      g_assert_cmpmem (a, sizeof a, b, sizeof b);
      other = esp_evaluate_formula (formula, network->environment, 78, 20, NULL, NULL);
      g_assert_cmpfloat (other.mean, !=, a[0].mean);
      g_assert_cmpuint (other.seed, ==, 78);
      g_assert_cmpuint (other.episodes, ==, 20);
    }
}

/* What was asked of a policy. */
typedef struct
{
  size_t n_actions;
  size_t rows;
  size_t largest; /* rows of a call */
} Counter;

static void
act_nothing (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  Counter *counter = data;

  counter->rows += n;
  counter->largest = MAX (counter->largest, n);
  memset (actions, 0, n * counter->n_actions * sizeof *actions);
}

/* The number of workers changes nothing, not a bit. */
static void
test_workers (void)
{
  g_autoptr (EspNetwork) network = learn_network ("pendulum", 3);
  g_autoptr (EspFormula) formula = esp_network_extract (network);
  EspReturns expected[3];

  for (size_t workers = 1; workers <= 5; workers++)
    {
      g_autoptr (EspPool) pool = workers == 1 ? NULL : esp_pool_new (workers);
      EspReturns returns[3] = {
        esp_evaluate_formula (formula, network->environment, 77, 37, pool, NULL),
        esp_evaluate_masked (network, 77, 37, pool, NULL),
        esp_evaluate_sampled (network, 5, 1000, 77, 37, pool, NULL),
      };

      if (workers == 1)
        memcpy (expected, returns, sizeof expected);
      g_assert_cmpmem (returns, sizeof returns, expected, sizeof expected);
    }
}

/* An action for each observation, of several observations and without an end. */
static void
act_somehow (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  const EspEnvironmentInfo *info = data;

  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < info->n_actions; k++)
      actions[i * info->n_actions + k] = sin (3.0 * observations[i * info->n_observations + k]
                                              - observations[(i + 1) * info->n_observations - 1]);
}

/* The plain way: one episode after the other, one instance, one observation. */
static EspReturns
evaluate_plainly (const EspEnvironmentInfo *info, uint64_t seed, size_t episodes)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (info->name, NULL);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS], sum = 0.0, squares = 0.0, steps = 0.0;
  EspReturns returns = { .episodes = episodes, .seed = seed, .minimum = INFINITY, .maximum = -INFINITY };

  for (size_t i = 0; i < episodes; i++)
    {
      double episode_return = 0.0;
      EspStep step;

      esp_environment_reset (environment, seed + i, observation);
      do
        {
          act_somehow ((void *) info, 0, 1, observation, action);
          step = esp_environment_step (environment, action, observation);
          episode_return += step.reward;
          steps += 1.0;
        }
      while (!step.terminated && !step.truncated);
      sum += episode_return;
      squares += episode_return * episode_return;
      returns.minimum = fmin (returns.minimum, episode_return);
      returns.maximum = fmax (returns.maximum, episode_return);
    }
  returns.mean = sum / (double) episodes;
  returns.deviation = sqrt (fmax (0.0, squares / (double) episodes - returns.mean * returns.mean));
  returns.mean_length = steps / (double) episodes;

  return returns;
}

/* Stepping together gives the numbers of the plain way, to the bit, whether there are more episodes than
 * instances or fewer, for tasks and files as well. */
static void
test_together (const void *data)
{
  static const size_t counts[] = { 1, 5, 70 };
  g_autoptr (EspEnvironment) environment = esp_environment_new (data, NULL);
  const EspEnvironmentInfo *info;

  g_assert_nonnull (environment);
  info = esp_environment_get_info (environment);
  for (size_t i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      EspReturns expected = evaluate_plainly (info, 900, counts[i]);

      for (size_t workers = 1; workers <= 3; workers++)
        {
          g_autoptr (EspPool) pool = workers == 1 ? NULL : esp_pool_new (workers);
          EspReturns returns = esp_evaluate (info, act_somehow, (void *) info, 900, counts[i], pool, NULL);

          g_assert_cmpmem (&returns, sizeof returns, &expected, sizeof expected);
        }
    }
}

static void
test_figures (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  Counter counter = { .n_actions = 1 };
  EspReturns all = esp_evaluate (info, act_nothing, &counter, 100, 7, NULL, NULL);
  double sum = 0.0, squares = 0.0, low = INFINITY, high = -INFINITY;

  g_assert_cmpfloat_with_epsilon (all.mean_length * 7, (double) counter.rows, 1e-6);
  g_assert_cmpuint (counter.largest, ==, 7);
  for (unsigned i = 0; i < 7; i++)
    {
      EspReturns one = esp_evaluate (info, act_nothing, &counter, 100 + i, 1, NULL, NULL);

      g_assert_cmpfloat (one.mean, ==, one.minimum);
      g_assert_cmpfloat (one.mean, ==, one.maximum);
      g_assert_cmpfloat (one.deviation, ==, 0.0);
      sum += one.mean;
      squares += one.mean * one.mean;
      low = fmin (low, one.mean);
      high = fmax (high, one.mean);
    }
  g_assert_cmpfloat_with_epsilon (all.mean, sum / 7, 1e-12 * sum);
  g_assert_cmpfloat_with_epsilon (all.deviation, sqrt (squares / 7 - sum * sum / 49), 1e-9 * sum);
  g_assert_cmpfloat (all.minimum, ==, low);
  g_assert_cmpfloat (all.maximum, ==, high);
}

/* The formula is the thresholded network. */
static void
test_formula_is_network (void)
{
  static const char *const environments[] = { "cartpole", "pendulum" };

  for (size_t i = 0; i < G_N_ELEMENTS (environments); i++)
    for (uint64_t seed = 0; seed < 5; seed++)
      {
        g_autoptr (EspNetwork) network = learn_network (environments[i], seed);
        g_autoptr (EspFormula) formula = esp_network_extract (network);
        EspReturns read = esp_evaluate_formula (formula, network->environment, 400, 20, NULL, NULL);
        EspReturns run = esp_evaluate_masked (network, 400, 20, NULL, NULL);

        g_test_message ("%s %.15g %.15g", environments[i], read.mean, run.mean);
        g_assert_cmpfloat_with_epsilon (read.mean, run.mean, 1e-9 * fabs (run.mean));
        g_assert_cmpfloat_with_epsilon (read.minimum, run.minimum, 1e-9 * fabs (run.minimum));
      }
}

static void
test_sampled (void)
{
  g_autoptr (EspNetwork) network = learn_network ("pendulum", 3);
  size_t n = network->n_actions * network->arrangement->n_weights;
  EspReturns a, b, c, masked;

  for (size_t i = 0; i < n; i++)
    network->probabilities[i] = 0.5f;
  a = esp_evaluate_sampled (network, 1, 1000, 50, 20, NULL, NULL);
  b = esp_evaluate_sampled (network, 2, 1000, 50, 20, NULL, NULL);
  c = esp_evaluate_sampled (network, 1, 1001, 50, 20, NULL, NULL);
  g_assert_cmpfloat (a.mean, !=, b.mean);
  g_assert_cmpfloat (a.mean, !=, c.mean);
  g_assert_cmpuint (a.episodes, ==, 20);

  /* paths that are certain leave nothing to draw */
  for (size_t i = 0; i < n; i++)
    network->probabilities[i] = network->mask[i];
  a = esp_evaluate_sampled (network, 1, 1000, 50, 23, NULL, NULL);
  masked = esp_evaluate_masked (network, 50, 23, NULL, NULL);
  g_assert_cmpmem (&a, sizeof a, &masked, sizeof masked);
}

static void
test_cancelled (void)
{
  g_autoptr (EspNetwork) network = learn_network ("pendulum", 3);
  const _Atomic bool cancelled = true;
  EspReturns returns = esp_evaluate_masked (network, 0, 1000000000, NULL, &cancelled);

  g_assert_cmpuint (returns.episodes, ==, 0);
  g_assert_cmpfloat (returns.mean, ==, 0.0);
}

/* The seeds of training, choosing, polishing and reporting never meet, whatever the recipe says. */
static void
test_seeds (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("evaluation_episodes=100000", "polish_episodes=100000", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", NULL, 11);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  double observation[ESP_MAX_OBSERVATIONS];
  unsigned episodes = 0;

  g_assert_cmpuint (ESP_REPORT_EPISODES, ==, 100);
  g_assert_cmpuint (ESP_REPORT_SEED + ESP_REPORT_EPISODES, <=, ESP_CHOICE_SEED);
  g_assert_cmpuint (ESP_CHOICE_SEED + recipe->evaluation_episodes, <=, ESP_POLISH_SEED);
  g_assert_cmpuint (ESP_POLISH_SEED + recipe->polish_episodes, <, UINT64_C (1) << 63);
  g_assert_false (esp_recipe_set (recipe, "evaluation_episodes=100001", NULL));
  g_assert_false (esp_recipe_set (recipe, "polish_episodes=100001", NULL));

  /* training: the episode that begins is that of a seed in the upper half of 64 bits */
  while (episodes < 20)
    {
      EspRandom stream = run->progress.streams[ESP_STREAM_EPISODES];
      uint64_t high, seed;

      take_steps (run, NULL, 1);
      if (run->progress.episodes == episodes)
        continue;
      episodes++;
      high = esp_random_bits (&stream);
      seed = high << 32 | esp_random_bits (&stream) | UINT64_C (1) << 63;
      esp_environment_reset (environment, seed, observation);
      g_assert_cmpmem (observation, 4 * sizeof (double), run->observation, 4 * sizeof (double));
    }
}

int
main (int argc, char **argv)
{
  g_autofree char *ball = esp_resource_path ("environments/ball-in-cup/ball-in-cup.json");
  const char *const environments[] = {
    "cartpole", "hopper", "lunar-lander", "hopper-params:3", "cartpole-force-ood:41:5", ball
  };

  g_test_init (&argc, &argv, NULL);
  esp_blas_use_one_thread ();
  g_test_add_func ("/evaluation/repeats", test_repeats);
  g_test_add_func ("/evaluation/figures", test_figures);
  g_test_add_func ("/evaluation/workers", test_workers);
  for (size_t i = 0; i < G_N_ELEMENTS (environments); i++)
    {
      g_autofree char *base = g_path_get_basename (environments[i]);
      g_autofree char *path = g_strdup_printf ("/evaluation/together/%s", base);

      g_test_add_data_func (path, environments[i], test_together);
    }
  g_test_add_func ("/evaluation/formula-is-network", test_formula_is_network);
  g_test_add_func ("/evaluation/sampled", test_sampled);
  g_test_add_func ("/evaluation/cancelled", test_cancelled);
  g_test_add_func ("/evaluation/seeds", test_seeds);
  return g_test_run ();
}

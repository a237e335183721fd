#include "esp-evaluation.h"

#include <math.h>

#include "esp-random.h"

#define MASKS_PER_EVALUATION 10

/* Running sums over episodes. */
typedef struct
{
  EspReturns returns;
  double sum;
  double squares;
  double steps;
} Tally;

static void
tally_episode (Tally *tally, double episode_return, size_t length)
{
  EspReturns *returns = &tally->returns;

  returns->minimum = returns->episodes == 0 ? episode_return : fmin (returns->minimum, episode_return);
  returns->maximum = returns->episodes == 0 ? episode_return : fmax (returns->maximum, episode_return);
  tally->sum += episode_return;
  tally->squares += episode_return * episode_return;
  tally->steps += (double) length;
  returns->episodes++;
}

static EspReturns
tally_finish (Tally *tally)
{
  EspReturns *returns = &tally->returns;
  double n = (double) returns->episodes;

  if (returns->episodes > 0)
    {
      returns->mean = tally->sum / n;
      returns->deviation = sqrt (fmax (0.0, tally->squares / n - returns->mean * returns->mean));
      returns->mean_length = tally->steps / n;
    }

  return *returns;
}

static void
run_episodes (Tally *tally,
              EspEnvironment *environment,
              EspActFunction act,
              void *data,
              uint64_t seed,
              size_t episodes,
              const _Atomic bool *cancelled)
{
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];

  for (size_t i = 0; i < episodes; i++)
    {
      double episode_return = 0.0;
      size_t length = 0;
      EspStep step;

      if (cancelled != NULL && *cancelled)
        return;
      esp_environment_reset (environment, seed + i, observation);
      do
        {
          act (data, observation, action);
          step = esp_environment_step (environment, action, observation);
          episode_return += step.reward;
          length++;
        }
      while (!step.terminated && !step.truncated);
      tally_episode (tally, episode_return, length);
    }
}

EspReturns
esp_evaluate (const EspEnvironmentInfo *environment,
              EspActFunction act,
              void *data,
              uint64_t seed,
              size_t episodes,
              const _Atomic bool *cancelled)
{
  g_autoptr (EspEnvironment) instance = esp_environment_new (environment->name, NULL);
  Tally tally = { .returns.seed = seed };

  g_assert (instance != NULL);
  run_episodes (&tally, instance, act, data, seed, episodes, cancelled);
  return tally_finish (&tally);
}

static void
act_formula (void *data, const double *observation, double *action)
{
  esp_formula_evaluate (data, observation, action);
}

EspReturns
esp_evaluate_formula (const EspFormula *formula,
                      const EspEnvironmentInfo *environment,
                      uint64_t seed,
                      size_t episodes,
                      const _Atomic bool *cancelled)
{
  return esp_evaluate (environment, act_formula, (void *) formula, seed, episodes, cancelled);
}

typedef struct
{
  const EspNetwork *network;
  double *features;
} NetworkActor;

static void
act_network (void *data, const double *observation, double *action)
{
  NetworkActor *actor = data;

  esp_network_evaluate (actor->network, observation, actor->features, action);
}

EspReturns
esp_evaluate_masked (const EspNetwork *network,
                     uint64_t seed,
                     size_t episodes,
                     const _Atomic bool *cancelled)
{
  g_autofree double *features = g_new (double, network->n_actions * network->arrangement->n_features);
  NetworkActor actor = { network, features };

  return esp_evaluate (network->environment, act_network, &actor, seed, episodes, cancelled);
}

EspReturns
esp_evaluate_sampled (const EspNetwork *network,
                      uint64_t mask_seed,
                      uint64_t stream,
                      uint64_t seed,
                      size_t episodes,
                      const _Atomic bool *cancelled)
{
  g_autofree double *features = g_new (double, network->n_actions * network->arrangement->n_features);
  g_autoptr (EspEnvironment) instance = esp_environment_new (network->environment->name, NULL);
  g_autoptr (EspNetwork) sampled = esp_network_copy (network);
  NetworkActor actor = { sampled, features };
  size_t n_paths = network->n_actions * network->arrangement->n_weights;
  size_t share = MAX (1, episodes / MASKS_PER_EVALUATION);
  Tally tally = { .returns.seed = seed };
  EspRandom random;

  g_assert (instance != NULL);
  esp_random_init (&random, mask_seed, stream);
  for (size_t first = 0; first < episodes; first += share)
    {
      for (size_t i = 0; i < n_paths; i++)
        sampled->mask[i] = esp_random_bernoulli (&random, network->probabilities[i]);
      run_episodes (&tally, instance, act_network, &actor, seed + first, MIN (share, episodes - first),
                    cancelled);
    }

  return tally_finish (&tally);
}

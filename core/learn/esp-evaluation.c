#include "esp-evaluation.h"

#include <math.h>
#include <string.h>

#include "esp-random.h"

#define MASKS_PER_EVALUATION 10

/* So many episodes are in memory at a time. */
#define PORTION 4096

/* The stream of a seed from which random actions come. */
#define ACTION_STREAM UINT64_C (0x616374696f6e7300)

/* A portion of episodes, and what came out of each. */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspActFunction act; /* NULL: random actions */
  void *data;
  uint64_t seed;
  const _Atomic bool *cancelled;
  EspEnvironment **instances; /* one for each worker */
  double *returns;
  size_t *lengths; /* 0 for an episode that was not run */
} Measurement;

static void
act_randomly (const EspEnvironmentInfo *environment, EspRandom *random, double *action)
{
  for (size_t i = 0; i < environment->n_actions; i++)
    action[i] = esp_random_between (random, environment->actions[i].low, environment->actions[i].high);
}

static void
run_episode (void *data, size_t episode, size_t worker)
{
  Measurement *measurement = data;
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  EspEnvironment *instance = measurement->instances[worker];
  double episode_return = 0.0;
  size_t length = 0;
  EspRandom random;
  EspStep step;

  if (measurement->cancelled != NULL && *measurement->cancelled)
    return;
  if (instance == NULL)
    {
      instance = esp_environment_new (measurement->environment->name, NULL);
      g_assert (instance != NULL);
      measurement->instances[worker] = instance;
    }

  esp_environment_reset (instance, measurement->seed + episode, observation);
  esp_random_init (&random, measurement->seed + episode, ACTION_STREAM);
  do
    {
      if (measurement->act != NULL)
        measurement->act (measurement->data, worker, observation, action);
      else
        act_randomly (measurement->environment, &random, action);
      step = esp_environment_step (instance, action, observation);
      episode_return += step.reward;
      length++;
    }
  while (!step.terminated && !step.truncated);
  measurement->returns[episode] = episode_return;
  measurement->lengths[episode] = length;
}

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

/* Runs episodes and adds them to @tally. */
static void
measure (Tally *tally,
         const EspEnvironmentInfo *environment,
         EspActFunction act,
         void *data,
         uint64_t seed,
         size_t episodes,
         EspPool *pool,
         const _Atomic bool *cancelled)
{
  size_t n_workers = esp_pool_get_n_workers (pool), portion = MIN (episodes, PORTION);
  g_autofree EspEnvironment **instances = g_new0 (EspEnvironment *, n_workers);
  g_autofree double *returns = g_new (double, portion);
  g_autofree size_t *lengths = g_new (size_t, portion);
  Measurement measurement = { environment, act, data, seed, cancelled, instances, returns, lengths };

  for (size_t first = 0; first < episodes && (cancelled == NULL || !*cancelled); first += portion)
    {
      size_t n = MIN (portion, episodes - first);

      memset (lengths, 0, n * sizeof *lengths);
      measurement.seed = seed + first;
      esp_pool_run (pool, n, run_episode, &measurement);

      /* in the order of the episodes, whoever ran them */
      for (size_t i = 0; i < n; i++)
        if (lengths[i] > 0)
          tally_episode (tally, returns[i], lengths[i]);
    }
  for (size_t i = 0; i < n_workers; i++)
    esp_environment_free (instances[i]);
}

EspReturns
esp_evaluate (const EspEnvironmentInfo *environment,
              EspActFunction act,
              void *data,
              uint64_t seed,
              size_t episodes,
              EspPool *pool,
              const _Atomic bool *cancelled)
{
  Tally tally = { .returns.seed = seed };

  measure (&tally, environment, act, data, seed, episodes, pool, cancelled);
  return tally_finish (&tally);
}

EspReturns
esp_evaluate_random (const EspEnvironmentInfo *environment,
                     uint64_t seed,
                     size_t episodes,
                     EspPool *pool,
                     const _Atomic bool *cancelled)
{
  return esp_evaluate (environment, NULL, NULL, seed, episodes, pool, cancelled);
}

static void
act_formula (void *data, size_t worker, const double *observation, double *action)
{
  esp_formula_evaluate (data, observation, action);
}

EspReturns
esp_evaluate_formula (const EspFormula *formula,
                      const EspEnvironmentInfo *environment,
                      uint64_t seed,
                      size_t episodes,
                      EspPool *pool,
                      const _Atomic bool *cancelled)
{
  return esp_evaluate (environment, act_formula, (void *) formula, seed, episodes, pool, cancelled);
}

/* An actor, with scratch memory for each worker. */
typedef struct
{
  const EspActor *actor;
  double *scratch;
} ScratchedActor;

static void
act_actor (void *data, size_t worker, const double *observation, double *action)
{
  ScratchedActor *scratched = data;

  esp_actor_evaluate (scratched->actor,
                      scratched->scratch + worker * esp_actor_get_scratch_size (scratched->actor), observation,
                      action);
}

EspReturns
esp_evaluate_actor (
  const EspActor *actor, uint64_t seed, size_t episodes, EspPool *pool, const _Atomic bool *cancelled)
{
  g_autofree double *scratch
    = g_new (double, esp_pool_get_n_workers (pool) * esp_actor_get_scratch_size (actor));
  ScratchedActor scratched = { actor, scratch };

  return esp_evaluate (actor->environment, act_actor, &scratched, seed, episodes, pool, cancelled);
}

/* The thresholded network, or one sampled mask after the other. */
typedef struct
{
  const EspNetwork *network;
  double *features; /* [n_workers][n_actions][n_features] */
} NetworkActor;

static size_t
count_features (const EspNetwork *network)
{
  return network->n_actions * network->arrangement->n_features;
}

static void
act_network (void *data, size_t worker, const double *observation, double *action)
{
  NetworkActor *actor = data;

  esp_network_evaluate (actor->network, observation,
                        actor->features + worker * count_features (actor->network), action);
}

EspReturns
esp_evaluate_masked (
  const EspNetwork *network, uint64_t seed, size_t episodes, EspPool *pool, const _Atomic bool *cancelled)
{
  g_autofree double *features = g_new (double, esp_pool_get_n_workers (pool) * count_features (network));
  NetworkActor actor = { network, features };

  return esp_evaluate (network->environment, act_network, &actor, seed, episodes, pool, cancelled);
}

EspReturns
esp_evaluate_sampled (const EspNetwork *network,
                      uint64_t mask_seed,
                      uint64_t stream,
                      uint64_t seed,
                      size_t episodes,
                      EspPool *pool,
                      const _Atomic bool *cancelled)
{
  g_autofree double *features = g_new (double, esp_pool_get_n_workers (pool) * count_features (network));
  g_autoptr (EspNetwork) sampled = esp_network_copy (network);
  NetworkActor actor = { sampled, features };
  size_t n_paths = network->n_actions * network->arrangement->n_weights;
  size_t share = MAX (1, episodes / MASKS_PER_EVALUATION);
  Tally tally = { .returns.seed = seed };
  EspRandom random;

  esp_random_init (&random, mask_seed, stream);
  for (size_t first = 0; first < episodes; first += share)
    {
      for (size_t i = 0; i < n_paths; i++)
        sampled->mask[i] = esp_random_bernoulli (&random, network->probabilities[i]);
      measure (&tally, network->environment, act_network, &actor, seed + first, MIN (share, episodes - first),
               pool, cancelled);
    }

  return tally_finish (&tally);
}

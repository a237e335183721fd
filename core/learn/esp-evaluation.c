#include "esp-evaluation.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "esp-environment-vector.h"
#include "esp-phase.h"
#include "esp-random.h"

#define MASKS_PER_EVALUATION 10

/* So many episodes are in memory at a time. */
#define PORTION 4096

/* So many instances a worker steps together at most: enough to share out what a call of the policy costs, and
 * few enough to stay in the worker's cache. */
#define MAX_INSTANCES 32

/* And so many where a step takes far longer than the policy: the last ones of a worker are not shared out,
 * and the others wait for them at the end. */
#define MAX_INSTANCES_WITH_ENGINE 8

/* So many samples of a formula are computed at once. */
#define FORMULA_BLOCK 32

/* Several workers begin with so small a part of the episodes that those who are faster find more to do. */
#define ROUNDS 2

/* A measurement of speed takes this long, so that what making the instances takes counts little. */
#define SPEED_SECONDS 0.01

/* The stream of a seed from which random actions come. */
#define ACTION_STREAM UINT64_C (0x616374696f6e7300)

/* The episode that an instance is in. */
typedef struct
{
  size_t episode;
  size_t length;
  double episode_return;
  EspRandom random; /* for random actions */
} Lane;

/* Instances for the workers of a pool, the portion of episodes that they run, and what came out of each. */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspPool *pool;
  const _Atomic bool *cancelled;
  EspEnvironmentVector *instances; /* [n_blocks][n_lanes]: a block for each worker */
  size_t n_lanes;
  Lane *lanes; /* as instances */
  double *returns;
  size_t *lengths; /* 0 for an episode that was not run to its end */

  EspActFunction act; /* NULL: random actions */
  void *data;
  uint64_t seed;
  size_t n_episodes;
  double *all;         /* where the return of each episode from the first one on is written, or NULL */
  _Atomic size_t next; /* the first episode that nobody has begun */
} Measurement;

/* For up to @episodes episodes at a time. */
static void
measurement_init (Measurement *measurement,
                  const EspEnvironmentInfo *environment,
                  size_t episodes,
                  EspPool *pool,
                  const _Atomic bool *cancelled)
{
  size_t n_workers = esp_pool_get_n_workers (pool);
  size_t share = n_workers > 1 ? episodes / (n_workers * ROUNDS) : episodes;
  size_t portion = MIN (episodes, PORTION);

  *measurement = (Measurement){ .environment = environment, .pool = pool, .cancelled = cancelled };
  measurement->n_lanes = CLAMP (share, 1,
                                environment->has_engine ? MAX_INSTANCES_WITH_ENGINE : MAX_INSTANCES);
  measurement->instances = esp_environment_vector_new (environment->name, n_workers * measurement->n_lanes,
                                                       pool, NULL);
  g_assert (measurement->instances != NULL);
  measurement->lanes = g_new0 (Lane, n_workers * measurement->n_lanes);
  measurement->returns = g_new (double, portion);
  measurement->lengths = g_new (size_t, portion);
}

static void
measurement_clear (Measurement *measurement)
{
  esp_environment_vector_free (measurement->instances);
  g_free (measurement->lanes);
  g_free (measurement->returns);
  g_free (measurement->lengths);
}

static bool
is_cancelled (const Measurement *measurement)
{
  return measurement->cancelled != NULL && *measurement->cancelled;
}

/* Starts the next episode in instance @i; false if all have been begun. */
static bool
begin_episode (Measurement *measurement, size_t i)
{
  size_t episode = atomic_fetch_add_explicit (&measurement->next, 1, memory_order_relaxed);
  Lane *lane = &measurement->lanes[i];

  if (episode >= measurement->n_episodes)
    return false;
  esp_environment_vector_reset (measurement->instances, i, measurement->seed + episode);
  lane->episode = episode;
  lane->length = 0;
  lane->episode_return = 0.0;
  if (measurement->act == NULL)
    esp_random_init (&lane->random, measurement->seed + episode, ACTION_STREAM);

  return true;
}

static void
act_randomly (const EspEnvironmentInfo *environment, EspRandom *random, double *action)
{
  for (size_t i = 0; i < environment->n_actions; i++)
    action[i] = esp_random_between (random, environment->actions[i].low, environment->actions[i].high);
}

/* Chooses the actions of the @n instances from @first on. */
static void
act (Measurement *measurement, size_t worker, size_t first, size_t n)
{
  const EspEnvironmentInfo *environment = measurement->environment;
  const double *observations = esp_environment_vector_get_observations (measurement->instances);
  double *actions = esp_environment_vector_get_actions (measurement->instances);

  if (measurement->act != NULL)
    measurement->act (measurement->data, worker, n, observations + first * environment->n_observations,
                      actions + first * environment->n_actions);
  else
    for (size_t i = first; i < first + n; i++)
      act_randomly (environment, &measurement->lanes[i].random, actions + i * environment->n_actions);
}

/* Runs episodes in the instances of a block, all of which take a step together, until no episode is left.
 * Those that run are the first ones of the block: an instance whose episode has ended begins another, or
 * changes places with the last one that runs. */
static void
run_block (void *data, size_t block, size_t worker)
{
  Measurement *measurement = data;
  EspEnvironmentVector *instances = measurement->instances;
  const EspStep *steps = esp_environment_vector_get_steps (instances);
  size_t first = block * measurement->n_lanes, n = 0;

  while (n < measurement->n_lanes && begin_episode (measurement, first + n))
    n++;
  while (n > 0 && !is_cancelled (measurement))
    {
      act (measurement, worker, first, n);
      esp_environment_vector_step_range (instances, first, n);
      /* from the last on: what takes an instance's place has been looked at */
      for (size_t i = first + n; i-- > first;)
        {
          Lane *lane = &measurement->lanes[i];

          lane->episode_return += steps[i].reward;
          lane->length++;
          if (!steps[i].terminated && !steps[i].truncated)
            continue;
          measurement->returns[lane->episode] = lane->episode_return;
          measurement->lengths[lane->episode] = lane->length;
          if (begin_episode (measurement, i))
            continue;
          n--;
          esp_environment_vector_exchange (instances, i, first + n);
          *lane = measurement->lanes[first + n];
        }
    }
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
measure (
  Measurement *measurement, Tally *tally, EspActFunction act, void *data, uint64_t seed, size_t episodes)
{
  size_t portion = MIN (episodes, PORTION);

  measurement->act = act;
  measurement->data = data;
  for (size_t first = 0; first < episodes && !is_cancelled (measurement); first += portion)
    {
      size_t n = MIN (portion, episodes - first);

      memset (measurement->lengths, 0, n * sizeof *measurement->lengths);
      measurement->seed = seed + first;
      measurement->n_episodes = n;
      measurement->next = 0;
      esp_pool_run (measurement->pool, esp_pool_get_n_workers (measurement->pool), run_block, measurement);

      /* in the order of the episodes, whoever ran them */
      for (size_t i = 0; i < n; i++)
        if (measurement->lengths[i] > 0)
          tally_episode (tally, measurement->returns[i], measurement->lengths[i]);
      for (size_t i = 0; measurement->all != NULL && i < n; i++)
        measurement->all[first + i] = measurement->lengths[i] > 0 ? measurement->returns[i] : (double) NAN;
    }
}

/* As esp_evaluate(), and writes each return to @all unless that is NULL. */
static EspReturns
evaluate (const EspEnvironmentInfo *environment,
          EspActFunction act,
          void *data,
          uint64_t seed,
          size_t episodes,
          EspPool *pool,
          const _Atomic bool *cancelled,
          double *all)
{
  Tally tally = { .returns.seed = seed };
  Measurement measurement;

  measurement_init (&measurement, environment, episodes, pool, cancelled);
  measurement.all = all;
  for (size_t i = 0; all != NULL && i < episodes; i++)
    all[i] = NAN;
  measure (&measurement, &tally, act, data, seed, episodes);
  measurement_clear (&measurement);

  return tally_finish (&tally);
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
  return evaluate (environment, act, data, seed, episodes, pool, cancelled, NULL);
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

double
esp_evaluation_get_step_seconds (const EspEnvironmentInfo *environment, const _Atomic bool *cancelled)
{
  for (size_t episodes = 1;; episodes *= 4)
    {
      double started = esp_phase_get_time (), elapsed;
      EspReturns returns = esp_evaluate_random (environment, ESP_CHOICE_SEED, episodes, NULL, cancelled);

      elapsed = esp_phase_get_time () - started;
      if (elapsed >= SPEED_SECONDS || returns.episodes < episodes)
        return returns.episodes > 0 ? elapsed / (returns.mean_length * (double) returns.episodes) : 0.0;
    }
}

void
esp_evaluate_act_formula (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  const EspFormula *formula = data;
  size_t n_observations = esp_formula_get_symbols (formula)->n,
         n_actions = esp_formula_get_n_actions (formula);
  double columns[ESP_MAX_OBSERVATIONS * FORMULA_BLOCK], results[ESP_MAX_ACTIONS * FORMULA_BLOCK];

  /* instances are rows, batches of formulas are columns */
  for (size_t first = 0; first < n; first += FORMULA_BLOCK)
    {
      size_t n_block = MIN (n - first, FORMULA_BLOCK);

      for (size_t i = 0; i < n_block; i++)
        for (size_t v = 0; v < n_observations; v++)
          columns[v * n_block + i] = observations[(first + i) * n_observations + v];
      esp_formula_evaluate_batch (formula, columns, n_block, results);
      for (size_t i = 0; i < n_block; i++)
        for (size_t a = 0; a < n_actions; a++)
          actions[(first + i) * n_actions + a] = results[a * n_block + i];
    }
}

EspReturns
esp_evaluate_formula (const EspFormula *formula,
                      const EspEnvironmentInfo *environment,
                      uint64_t seed,
                      size_t episodes,
                      EspPool *pool,
                      const _Atomic bool *cancelled)
{
  return esp_evaluate_formula_each (formula, environment, seed, episodes, pool, cancelled, NULL);
}

EspReturns
esp_evaluate_formula_each (const EspFormula *formula,
                           const EspEnvironmentInfo *environment,
                           uint64_t seed,
                           size_t episodes,
                           EspPool *pool,
                           const _Atomic bool *cancelled,
                           double *all)
{
  return evaluate (environment, esp_evaluate_act_formula, (void *) formula, seed, episodes, pool, cancelled,
                   all);
}

/* An actor, with scratch memory for each worker. */
typedef struct
{
  const EspActor *actor;
  double *scratch;
} ScratchedActor;

static void
act_actor (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  const ScratchedActor *scratched = data;
  const EspEnvironmentInfo *environment = scratched->actor->environment;
  double *scratch = scratched->scratch + worker * esp_actor_get_scratch_size (scratched->actor);

  for (size_t i = 0; i < n; i++)
    esp_actor_evaluate (scratched->actor, scratch, observations + i * environment->n_observations,
                        actions + i * environment->n_actions);
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
act_network (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  NetworkActor *actor = data;
  const EspNetwork *network = actor->network;
  double *features = actor->features + worker * count_features (network);

  for (size_t i = 0; i < n; i++)
    esp_network_evaluate (network, observations + i * network->environment->n_observations, features,
                          actions + i * network->n_actions);
}

EspReturns
esp_evaluate_masked (
  const EspNetwork *network, uint64_t seed, size_t episodes, EspPool *pool, const _Atomic bool *cancelled)
{
  return esp_evaluate_masked_each (network, seed, episodes, pool, cancelled, NULL);
}

EspReturns
esp_evaluate_masked_each (const EspNetwork *network,
                          uint64_t seed,
                          size_t episodes,
                          EspPool *pool,
                          const _Atomic bool *cancelled,
                          double *all)
{
  g_autofree double *features = g_new (double, esp_pool_get_n_workers (pool) * count_features (network));
  NetworkActor actor = { network, features };

  return evaluate (network->environment, act_network, &actor, seed, episodes, pool, cancelled, all);
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
  Measurement measurement;

  esp_random_init (&random, mask_seed, stream);
  measurement_init (&measurement, network->environment, share, pool, cancelled);
  for (size_t first = 0; first < episodes; first += share)
    {
      for (size_t i = 0; i < n_paths; i++)
        sampled->mask[i] = esp_random_bernoulli (&random, network->probabilities[i]);
      measure (&measurement, &tally, act_network, &actor, seed + first, MIN (share, episodes - first));
    }
  measurement_clear (&measurement);

  return tally_finish (&tally);
}

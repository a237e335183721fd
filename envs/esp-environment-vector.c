#include "esp-environment-vector.h"

#include "esp-memory.h"

/* Blocks per worker: some instances take longer than others, a lander on the ground than one in flight. */
#define BLOCKS_PER_WORKER 4

struct _EspEnvironmentVector
{
  size_t n;
  size_t block; /* instances in a block; the last one may have fewer */
  EspPool *pool;
  const EspEnvironmentInfo *info;
  EspEnvironment **instances;
  double *observations;
  double *actions;
  EspStep *steps;
  uint64_t seed; /* of the reset under way */
};

EspEnvironmentVector *
esp_environment_vector_new (const char *name, size_t n, EspPool *pool, GError **error)
{
  g_autoptr (EspEnvironmentVector) vector = g_new0 (EspEnvironmentVector, 1);
  size_t n_blocks = (pool != NULL ? esp_pool_get_n_workers (pool) : 1) * BLOCKS_PER_WORKER;

  g_assert (n > 0);
  vector->n = n;
  vector->block = (n + n_blocks - 1) / n_blocks;
  vector->pool = pool;
  vector->instances = g_new0 (EspEnvironment *, n);
  for (size_t i = 0; i < n; i++)
    {
      vector->instances[i] = esp_environment_new (name, error);
      if (vector->instances[i] == NULL)
        return NULL;
    }
  vector->info = esp_environment_get_info (vector->instances[0]);
  vector->observations = esp_new_doubles (n * vector->info->n_observations);
  vector->actions = esp_new_doubles (n * vector->info->n_actions);
  vector->steps = g_new0 (EspStep, n);
  for (size_t i = 0; i < n; i++)
    esp_environment_observe (vector->instances[i], vector->observations + i * vector->info->n_observations);

  return g_steal_pointer (&vector);
}

void
esp_environment_vector_free (EspEnvironmentVector *vector)
{
  if (vector == NULL)
    return;
  for (size_t i = 0; i < vector->n; i++)
    esp_environment_free (vector->instances[i]);
  g_free (vector->instances);
  esp_free_aligned (vector->observations);
  esp_free_aligned (vector->actions);
  g_free (vector->steps);
  g_free (vector);
}

size_t
esp_environment_vector_get_n (const EspEnvironmentVector *vector)
{
  return vector->n;
}

const EspEnvironmentInfo *
esp_environment_vector_get_info (const EspEnvironmentVector *vector)
{
  return vector->info;
}

EspEnvironment *
esp_environment_vector_get_instance (EspEnvironmentVector *vector, size_t i)
{
  return vector->instances[i];
}

const double *
esp_environment_vector_get_observations (const EspEnvironmentVector *vector)
{
  return vector->observations;
}

double *
esp_environment_vector_get_actions (EspEnvironmentVector *vector)
{
  return vector->actions;
}

const EspStep *
esp_environment_vector_get_steps (const EspEnvironmentVector *vector)
{
  return vector->steps;
}

void
esp_environment_vector_reset (EspEnvironmentVector *vector, size_t i, uint64_t seed)
{
  esp_environment_reset (vector->instances[i], seed, vector->observations + i * vector->info->n_observations);
}

static void
run_blocks (EspEnvironmentVector *vector, EspTaskFunction function)
{
  esp_pool_run (vector->pool, (vector->n + vector->block - 1) / vector->block, function, vector);
}

static void
reset_block (void *data, size_t block, size_t worker)
{
  EspEnvironmentVector *vector = data;
  size_t end = MIN ((block + 1) * vector->block, vector->n);

  for (size_t i = block * vector->block; i < end; i++)
    esp_environment_vector_reset (vector, i, vector->seed + i);
}

void
esp_environment_vector_reset_all (EspEnvironmentVector *vector, uint64_t seed)
{
  vector->seed = seed;
  run_blocks (vector, reset_block);
}

void
esp_environment_vector_step_range (EspEnvironmentVector *vector, size_t first, size_t n)
{
  for (size_t i = first; i < first + n; i++)
    vector->steps[i] = esp_environment_step (vector->instances[i],
                                             vector->actions + i * vector->info->n_actions,
                                             vector->observations + i * vector->info->n_observations);
}

static void
step_block (void *data, size_t block, size_t worker)
{
  EspEnvironmentVector *vector = data;
  size_t first = block * vector->block;

  esp_environment_vector_step_range (vector, first, MIN (vector->block, vector->n - first));
}

void
esp_environment_vector_step (EspEnvironmentVector *vector)
{
  run_blocks (vector, step_block);
}

void
esp_environment_vector_exchange (EspEnvironmentVector *vector, size_t i, size_t j)
{
  EspEnvironment *instance = vector->instances[i];
  EspStep step = vector->steps[i];
  size_t n_observations = vector->info->n_observations;

  vector->instances[i] = vector->instances[j];
  vector->instances[j] = instance;
  vector->steps[i] = vector->steps[j];
  vector->steps[j] = step;
  for (size_t k = 0; k < n_observations; k++)
    {
      double value = vector->observations[i * n_observations + k];

      vector->observations[i * n_observations + k] = vector->observations[j * n_observations + k];
      vector->observations[j * n_observations + k] = value;
    }
}

/* How fast the environments step: benchmark-steps [SECONDS]
 *
 * For each environment, instances that step with random actions and start over when an episode ends, for
 * SECONDS: one instance, by the thread's own clock; and blocks of instances that two threads step together,
 * as evaluation does, by the clock on the wall (which is only fair on an idle machine) and by the clock of
 * both threads' work, which others do not disturb. These turns alternate, and the median of the rounds is
 * printed. For the hopper, a bare loop of mj_step() on the same model with the same actions is timed in turns
 * with the environment, and the median of the ratios is printed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mujoco/mujoco.h>

#include "esp-mujoco.h"
#include "esp-random.h"
#include "esp-task.h"
#include "esp-environment-vector.h"

#define DEFAULT_SECONDS 0.5
#define ROUNDS          5
#define N_BLOCKS        2
#define BLOCK           32   /* instances */
#define JOB_SECONDS     0.02 /* about how long the threads work before they meet */
#define N_ACTIONS       1024 /* rows of random actions */
#define CHUNK           64   /* steps between two looks at the clock */
#define HOPPER_ROUNDS   61
#define HOPPER_SKIP     4
#define HOPPER_STEPS    500

static double
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

/* Rows of actions between their limits; free with g_free(). */
static double *
draw_actions (const EspEnvironmentInfo *info)
{
  double *actions = g_new (double, N_ACTIONS * info->n_actions);
  EspRandom random;

  esp_random_init (&random, 1, 1);
  for (size_t t = 0; t < N_ACTIONS; t++)
    {
      for (size_t i = 0; i < info->n_actions; i++)
        actions[t * info->n_actions + i] = esp_random_between (&random, info->actions[i].low,
                                                               info->actions[i].high);
    }

  return actions;
}

/* Returns steps per second of one instance. */
static double
time_single (const char *name, double seconds)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (name, NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  g_autofree double *actions = draw_actions (info);
  double observation[ESP_MAX_OBSERVATIONS];
  double begin = get_time (CLOCK_THREAD_CPUTIME_ID), end;
  guint64 n = 0, seed = 0;

  esp_environment_reset (environment, seed, observation);
  do
    {
      for (guint t = 0; t < CHUNK; t++, n++)
        {
          EspStep step = esp_environment_step (environment, actions + n % N_ACTIONS * info->n_actions,
                                               observation);

          if (step.terminated || step.truncated)
            esp_environment_reset (environment, ++seed, observation);
        }
      end = get_time (CLOCK_THREAD_CPUTIME_ID);
    }
  while (end - begin < seconds);

  return (double) n / (end - begin);
}

/* Blocks of instances for two threads. */
typedef struct
{
  EspEnvironmentVector *vector;
  const double *rows; /* of actions */
  size_t n_steps;     /* of a job */
  uint64_t seeds[N_BLOCKS];
} Blocks;

static void
step_block (void *data, size_t block, size_t worker)
{
  Blocks *blocks = data;
  EspEnvironmentVector *vector = blocks->vector;
  size_t row = esp_environment_vector_get_info (vector)->n_actions, first = block * BLOCK;
  const EspStep *steps = esp_environment_vector_get_steps (vector);
  double *actions = esp_environment_vector_get_actions (vector);
  uint64_t seed = blocks->seeds[block];

  for (size_t t = 0; t < blocks->n_steps; t++)
    {
      memcpy (actions + first * row, blocks->rows + t * BLOCK % N_ACTIONS * row,
              BLOCK * row * sizeof *actions);
      esp_environment_vector_step_range (vector, first, BLOCK);
      for (size_t i = first; i < first + BLOCK; i++)
        {
          if (steps[i].terminated || steps[i].truncated)
            esp_environment_vector_reset (vector, i, seed += N_BLOCKS);
        }
    }
  blocks->seeds[block] = seed;
}

/* Returns steps per second on the wall of two threads, and in @per_thread steps per second of a thread's
 * work;
 * @single is about what one instance does. */
static double
time_vector (const char *name, double single, double seconds, double *per_thread)
{
  g_autoptr (EspPool) pool = esp_pool_new (2);
  g_autoptr (EspEnvironmentVector) vector = esp_environment_vector_new (name, N_BLOCKS * BLOCK, pool, NULL);
  g_autofree double *actions = draw_actions (esp_environment_vector_get_info (vector));
  Blocks blocks = { .vector = vector,
                    .rows = actions,
                    .n_steps = (size_t) (single * JOB_SECONDS / BLOCK) + 1,
                    .seeds = { N_BLOCKS * BLOCK, N_BLOCKS * BLOCK + 1 } };
  double work, begin, end;
  guint64 n = 0;

  esp_environment_vector_reset_all (vector, 0);
  work = get_time (CLOCK_PROCESS_CPUTIME_ID);
  begin = get_time (CLOCK_MONOTONIC);
  do
    {
      esp_pool_run (pool, N_BLOCKS, step_block, &blocks);
      n += N_BLOCKS * BLOCK * blocks.n_steps;
      end = get_time (CLOCK_MONOTONIC);
    }
  while (end - begin < seconds);
  *per_thread = (double) n / (get_time (CLOCK_PROCESS_CPUTIME_ID) - work);

  return (double) n / (end - begin);
}

/* Returns the seconds of HOPPER_STEPS steps of the environment, falls ignored. */
static double
time_hopper (EspEnvironment *environment, const double *actions)
{
  double observation[ESP_MAX_OBSERVATIONS];
  double begin;

  esp_environment_reset (environment, 0, observation);
  begin = get_time (CLOCK_THREAD_CPUTIME_ID);
  for (size_t t = 0; t < HOPPER_STEPS; t++)
    esp_environment_step (environment, actions + t % N_ACTIONS * 3, observation);

  return get_time (CLOCK_THREAD_CPUTIME_ID) - begin;
}

/* The same with nothing but MuJoCo, from the same state. */
static double
time_bare_hopper (EspEnvironment *environment, const mjModel *model, mjData *data, const double *actions)
{
  double observation[ESP_MAX_OBSERVATIONS], state[12];
  double begin;

  esp_environment_reset (environment, 0, observation);
  esp_environment_get_physics (environment, state);
  mj_resetData (model, data);
  mju_copy (data->qpos, state, 6);
  mju_copy (data->qvel, state + 6, 6);
  mj_forward (model, data);
  begin = get_time (CLOCK_THREAD_CPUTIME_ID);
  for (size_t t = 0; t < HOPPER_STEPS; t++)
    {
      mju_copy (data->ctrl, actions + t % N_ACTIONS * 3, 3);
      for (int i = 0; i < HOPPER_SKIP; i++)
        mj_step (model, data);
    }

  return get_time (CLOCK_THREAD_CPUTIME_ID) - begin;
}

static int
compare_numbers (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Returns the median of @values[ROUNDS], and sorts them. */
static double
get_median (double *values)
{
  qsort (values, ROUNDS, sizeof *values, compare_numbers);

  return values[ROUNDS / 2];
}

static void
compare_hopper (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("hopper", NULL);
  g_autofree double *actions = draw_actions (esp_environment_get_info (environment));
  mjModel *model = esp_mujoco_load ("hopper.xml", ESP_MUJOCO_PHYSICS, NULL);
  mjData *data = mj_makeData (model);
  double ratios[HOPPER_ROUNDS], fastest = G_MAXDOUBLE;

  for (guint i = 0; i < HOPPER_ROUNDS; i++)
    {
      double own = time_hopper (environment, actions);
      double bare = time_bare_hopper (environment, model, data, actions);

      ratios[i] = own / bare;
      fastest = MIN (fastest, own);
    }
  qsort (ratios, HOPPER_ROUNDS, sizeof *ratios, compare_numbers);
  printf ("`hopper`: at best %.0f steps/s; against a bare loop of `mj_step()` the environment costs %+.1f %% "
          "(median of "
          "%d turns; quartiles %+.1f and %+.1f %%)\n",
          HOPPER_STEPS / fastest, 100 * (ratios[HOPPER_ROUNDS / 2] - 1), HOPPER_ROUNDS,
          100 * (ratios[HOPPER_ROUNDS / 4] - 1), 100 * (ratios[HOPPER_ROUNDS * 3 / 4] - 1));
  mj_deleteData (data);
  mj_deleteModel (model);
}

int
main (int argc, char **argv)
{
  double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : DEFAULT_SECONDS;
  const EspEnvironmentInfo *const *infos;
  const EspTaskFamily *const *families;
  size_t n_infos, n_families;

  infos = esp_environment_list (&n_infos);
  families = esp_task_families (&n_families);
  printf ("| environment | one instance | two threads | each of them, by its work | against one instance |\n"
          "|---|---:|---:|---:|---:|\n");
  for (size_t i = 0; i < n_infos + n_families; i++)
    {
      const char *name = i < n_infos ? infos[i]->name : families[i - n_infos]->environment->name;
      double singles[ROUNDS], boths[ROUNDS], works[ROUNDS], ratios[ROUNDS];

      for (guint k = 0; k < ROUNDS; k++)
        {
          singles[k] = time_single (name, seconds / ROUNDS);
          boths[k] = time_vector (name, singles[k], seconds / ROUNDS, &works[k]);
          ratios[k] = works[k] / singles[k];
        }
      printf ("| `%s` | %.3g | %.3g | %.3g | %.2f |\n", name, get_median (singles), get_median (boths),
              get_median (works), get_median (ratios));
      fflush (stdout);
    }
  compare_hopper ();

  return 0;
}

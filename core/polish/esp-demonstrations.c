#include "esp-demonstrations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "esp-imitation.h"
#include "esp-random.h"

/* States of a round at least, in whole episodes, unless they are that long; the first round is the teacher's.
 */
#define ROUND_STATES 4000
#define MOST_STATES  8000
#define ROUNDS       5

/* The stream of a seed that the order of states is drawn from. */
#define ORDER_STREAM UINT64_C (0x64656d6f00000000)

/* The workspace of a program starts on such a boundary. */
#define ALIGNMENT 64

struct _EspDemonstrations
{
  const EspEnvironmentInfo *environment;
  const EspSymbols *symbols;
  EspFormula *teacher;
  size_t n;
  double *observations; /* [n_observations][n] */
  double *actions;      /* [n_actions][n], between −1 and 1 */
};

/* What has been collected, state after state. */
typedef struct
{
  GArray *observations; /* [n][n_observations] */
  GArray *actions;      /* [n][n_actions], as the environment clips them */
} Collection;

static double
clip (const EspSignal *action, double value)
{
  return fmin (fmax (value, action->low), action->high);
}

/* Runs episodes in which @actor acts and @teacher says what it would do. */
static void
collect (Collection *collection,
         const EspFormula *actor,
         const EspFormula *teacher,
         const EspEnvironmentInfo *info,
         uint64_t *seed,
         const _Atomic bool *cancelled)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (info->name, NULL);
  double x[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS], right[ESP_MAX_ACTIONS];
  size_t n = 0;

  g_assert (environment != NULL);
  while (n < ROUND_STATES && (cancelled == NULL || !*cancelled))
    {
      EspStep step = { 0 };

      esp_environment_reset (environment, (*seed)++, x);
      while (!step.terminated && !step.truncated && n < MOST_STATES && (cancelled == NULL || !*cancelled))
        {
          bool usable = true;

          esp_formula_evaluate (actor, x, action);
          if (actor == teacher)
            memcpy (right, action, info->n_actions * sizeof *right);
          else
            esp_formula_evaluate (teacher, x, right);
          for (size_t a = 0; a < info->n_actions; a++)
            {
              usable = usable && !isnan (right[a]);
              right[a] = clip (&info->actions[a], right[a]);
            }
          if (usable)
            {
              g_array_append_vals (collection->observations, x, (guint) info->n_observations);
              g_array_append_vals (collection->actions, right, (guint) info->n_actions);
            }
          n++;
          step = esp_environment_step (environment, action, x);
        }
    }
}

static GPtrArray *
imitate (const Collection *collection,
         const EspFormula *teacher,
         const EspEnvironmentInfo *info,
         size_t n_terms)
{
  return esp_imitate_linearly (esp_formula_get_symbols (teacher), info->n_actions,
                               collection->actions->len / info->n_actions,
                               (const double *) (void *) collection->observations->data,
                               (const double *) (void *) collection->actions->data, n_terms);
}

/* Stores the states by columns, in an order of chance: the first ones are then a sample of all. */
static void
arrange (EspDemonstrations *demonstrations, const Collection *collection, uint64_t seed)
{
  const EspEnvironmentInfo *info = demonstrations->environment;
  size_t n = collection->actions->len / info->n_actions;
  g_autofree size_t *order = g_new (size_t, MAX (1, n));
  EspRandom random;

  demonstrations->n = n;
  demonstrations->observations = g_new (double, MAX (1, n) * info->n_observations);
  demonstrations->actions = g_new (double, MAX (1, n) * info->n_actions);

  esp_random_init (&random, seed, ORDER_STREAM);
  for (size_t i = 0; i < n; i++)
    {
      size_t k = esp_random_below (&random, (uint32_t) i + 1);

      order[i] = order[k];
      order[k] = i;
    }
  for (size_t i = 0; i < n; i++)
    {
      const double *x = &g_array_index (collection->observations, double, order[i] * info->n_observations);
      const double *action = &g_array_index (collection->actions, double, order[i] * info->n_actions);

      for (size_t v = 0; v < info->n_observations; v++)
        demonstrations->observations[v * n + i] = x[v];
      for (size_t a = 0; a < info->n_actions; a++)
        demonstrations->actions[a * n + i] = action[a];
    }
}

EspDemonstrations *
esp_demonstrations_new (const EspFormula *teacher,
                        const EspEnvironmentInfo *environment,
                        uint64_t seed,
                        const _Atomic bool *cancelled)
{
  EspDemonstrations *demonstrations = g_new0 (EspDemonstrations, 1);
  Collection collection = { g_array_new (FALSE, FALSE, sizeof (double)),
                            g_array_new (FALSE, FALSE, sizeof (double)) };
  uint64_t next = seed;

  demonstrations->environment = environment;
  demonstrations->teacher = esp_formula_ref ((EspFormula *) teacher);
  demonstrations->symbols = esp_formula_get_symbols (teacher);

  collect (&collection, teacher, teacher, environment, &next, cancelled);
  for (size_t round = 1; round < ROUNDS && (cancelled == NULL || !*cancelled); round++)
    {
      g_autoptr (GPtrArray)
        imitations = imitate (&collection, teacher, environment, environment->n_observations + 1);

      if (imitations->len == 0)
        break;
      collect (&collection, g_ptr_array_index (imitations, imitations->len - 1), teacher, environment, &next,
               cancelled);
    }
  arrange (demonstrations, &collection, seed);
  g_array_unref (collection.observations);
  g_array_unref (collection.actions);

  return demonstrations;
}

void
esp_demonstrations_free (EspDemonstrations *demonstrations)
{
  if (demonstrations == NULL)
    return;
  esp_formula_unref (demonstrations->teacher);
  g_free (demonstrations->observations);
  g_free (demonstrations->actions);
  g_free (demonstrations);
}

size_t
esp_demonstrations_get_n (const EspDemonstrations *demonstrations)
{
  return demonstrations->n;
}

double
esp_demonstrations_compare (const EspDemonstrations *demonstrations, const EspFormula *formula, size_t n)
{
  const EspEnvironmentInfo *info = demonstrations->environment;
  const EspProgram *program = esp_formula_get_program (formula);
  size_t size = (esp_program_get_workspace_size (program) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
  g_autofree double *results = NULL;
  void *workspace;
  double sum = 0.0;

  n = MIN (n, demonstrations->n);
  if (n == 0)
    return 0.0;

  workspace = aligned_alloc (ALIGNMENT, size);
  if (workspace == NULL)
    g_error ("no memory for %zu bytes", size);
  results = g_new (double, n * info->n_actions);
  esp_program_evaluate_batch (program, NULL, demonstrations->observations, demonstrations->n, n, results, n,
                              workspace);
  free (workspace);

  for (size_t a = 0; a < info->n_actions; a++)
    {
      double half = (info->actions[a].high - info->actions[a].low) / 2.0;

      for (size_t i = 0; i < n; i++)
        {
          double value = results[a * n + i];
          double difference = (clip (&info->actions[a], value)
                               - demonstrations->actions[a * demonstrations->n + i])
                              / half;

          if (isnan (value))
            return -HUGE_VAL;
          sum += difference * difference;
        }
    }

  return -sum / (double) (n * info->n_actions);
}

GPtrArray *
esp_demonstrations_imitate (const EspDemonstrations *demonstrations, size_t n_terms)
{
  const EspEnvironmentInfo *info = demonstrations->environment;
  size_t n = demonstrations->n;
  g_autofree double *observations = g_new (double, MAX (1, n) * info->n_observations);
  g_autofree double *actions = g_new (double, MAX (1, n) * info->n_actions);

  for (size_t i = 0; i < n; i++)
    {
      for (size_t v = 0; v < info->n_observations; v++)
        observations[i * info->n_observations + v] = demonstrations->observations[v * n + i];
      for (size_t a = 0; a < info->n_actions; a++)
        actions[i * info->n_actions + a] = demonstrations->actions[a * n + i];
    }

  return esp_imitate_linearly (demonstrations->symbols, info->n_actions, n, observations, actions, n_terms);
}

#include "esp-evolver.h"

#include <math.h>

#include "esp-evaluation.h"
#include "esp-evolution.h"

/* The episodes that generations meet begin here: others than those that polishing measures with. */
#define EVOLVER_SEED (ESP_POLISH_SEED + UINT64_C (100000000))

/* The stream of a seed that points are drawn from. */
#define EVOLVER_STREAM UINT64_C (0x65766f6c76650000)

struct _EspEvolver
{
  EspFormula *formula;
  size_t n;              /* numbers */
  size_t episodes;       /* of a generation */
  uint64_t next_episode; /* seed of the first one of the next generation */
  EspEvolution *evolution;
  double *values;  /* [population] */
  uint64_t *spent; /* [population], steps of each point */
};

/* A generation under way: each point is a task. */
typedef struct
{
  const EspEvolver *evolver;
  const EspTuning *tuning;
  const double *points; /* [population][n] */
} Generation;

EspEvolver *
esp_evolver_new (EspFormula *formula, const EspEvolverSettings *settings)
{
  EspEvolver *evolver = g_new0 (EspEvolver, 1);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (formula);
  const double *start = (const double *) (void *) numbers->data;
  g_autofree double *deviations = g_new (double, MAX (1, numbers->len));

  evolver->formula = esp_formula_ref (formula);
  evolver->n = numbers->len;
  evolver->episodes = settings->episodes;
  evolver->next_episode = EVOLVER_SEED;
  for (size_t i = 0; i < evolver->n; i++)
    deviations[i] = settings->step * fabs (start[i]) + settings->floor;
  evolver->evolution = esp_evolution_new (evolver->n, start, deviations, 0, settings->seed, EVOLVER_STREAM);
  evolver->values = g_new (double, esp_evolution_get_population (evolver->evolution));
  evolver->spent = g_new (uint64_t, esp_evolution_get_population (evolver->evolution));

  return evolver;
}

void
esp_evolver_free (EspEvolver *evolver)
{
  if (evolver == NULL)
    return;
  esp_formula_unref (evolver->formula);
  esp_evolution_free (evolver->evolution);
  g_free (evolver->values);
  g_free (evolver->spent);
  g_free (evolver);
}

static void
measure_point (void *data, size_t point, size_t worker)
{
  const Generation *generation = data;
  const EspEvolver *evolver = generation->evolver;
  EspTuning tuning = *generation->tuning;
  g_autoptr (EspFormula)
    formula = esp_tuning_set_numbers (evolver->formula, generation->points + point * evolver->n);

  evolver->spent[point] = 0;
  tuning.spent = &evolver->spent[point];
  evolver->values[point] = esp_tuning_measure (&tuning, formula, evolver->next_episode, evolver->episodes,
                                               NULL);
}

void
esp_evolver_run_generation (EspEvolver *evolver, const EspTuning *tuning, EspPool *pool)
{
  size_t population = esp_evolution_get_population (evolver->evolution);
  Generation generation = { evolver, tuning, esp_evolution_ask (evolver->evolution) };

  esp_pool_run (pool, population, measure_point, &generation);
  for (size_t i = 0; i < population; i++)
    *tuning->spent += evolver->spent[i];
  if (tuning->cancelled != NULL && *tuning->cancelled)
    return;

  esp_evolution_tell (evolver->evolution, evolver->values);
  evolver->next_episode += evolver->episodes;
}

EspFormula *
esp_evolver_get_formula (const EspEvolver *evolver)
{
  return esp_tuning_set_numbers (evolver->formula, esp_evolution_get_mean (evolver->evolution));
}

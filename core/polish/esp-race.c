#include "esp-race.h"

#include <math.h>

#include "esp-evaluation.h"

/* One that takes part. */
typedef struct
{
  EspEvolver *evolver;
  double value; /* at the end of the lap */
} Runner;

static bool
is_cancelled (const EspRace *race)
{
  return race->tuning->cancelled != NULL && *race->tuning->cancelled;
}

static bool
has_numbers (const EspFormula *formula)
{
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (formula);

  return numbers->len > 0;
}

/* Of equals the one that was given first stays first. */
static gint
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const Runner *one = a, *other = b;

  return one->value > other->value ? -1 : one->value < other->value;
}

/* Lets @runner evolve until @share of the race is spent. Returns what is. */
static double
run_turn (const EspRace *race, Runner *runner, double share, EspPool *pool)
{
  double spent;

  do
    {
      g_autoptr (EspFormula) formula = NULL;

      esp_evolver_run_generation (runner->evolver, race->tuning, pool);
      formula = esp_evolver_get_formula (runner->evolver);
      spent = race->note (race->data, formula);
    }
  while (spent < share && !is_cancelled (race));

  return spent;
}

EspFormula *
esp_race_run (const EspRace *race, EspFormula *const *starts, size_t n, EspPool *pool)
{
  g_autofree Runner *runners = g_new (Runner, n);
  double n_laps, spent = 0.0;
  EspFormula *winner;
  size_t n_runners = 0, left;

  for (size_t i = 0; i < n; i++)
    if (has_numbers (starts[i]))
      runners[n_runners++] = (Runner){ esp_evolver_new (starts[i], &race->evolver), -HUGE_VAL };
  if (n_runners == 0)
    return esp_formula_ref (starts[0]);

  left = n_runners;
  n_laps = 1.0 + ceil (log2 ((double) n_runners));
  for (size_t lap = 0; spent < 1.0 && !is_cancelled (race); lap++)
    {
      for (size_t i = 0; i < left && spent < 1.0 && !is_cancelled (race); i++)
        {
          spent = run_turn (race, &runners[i], ((double) lap + ((double) i + 1.0) / (double) left) / n_laps,
                            pool);
          if (left > 1)
            {
              g_autoptr (EspFormula) formula = esp_evolver_get_formula (runners[i].evolver);

              runners[i].value = esp_tuning_measure (race->tuning, formula, ESP_POLISH_SEED, race->episodes,
                                                     pool);
            }
        }
      g_qsort_with_data (runners, (gint) left, sizeof *runners, compare, NULL);
      left = (left + 1) / 2;
    }

  winner = esp_evolver_get_formula (runners[0].evolver);
  for (size_t i = 0; i < n_runners; i++)
    esp_evolver_free (runners[i].evolver);

  return winner;
}

#include "esp-tuning.h"

#include <math.h>

#include <nlopt.h>

#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-evolution.h"

/* Evolutions meet episodes from here on: others than those that polishing measures with. */
#define EVOLUTION_SEED (ESP_POLISH_SEED + UINT64_C (100000000))

/* The stream of a seed that points are drawn from. */
#define EVOLUTION_STREAM UINT64_C (0x65766f6c76650000)

/* The first step of a descent for a number that is 0. */
#define SMALLEST_STEP 0.01

GArray *
esp_tuning_get_numbers (const EspFormula *formula)
{
  GArray *values = g_array_new (FALSE, FALSE, sizeof (double));

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    esp_edit_get_constants (esp_formula_get_expression (formula, a), values);

  return values;
}

EspFormula *
esp_tuning_set_numbers (const EspFormula *formula, const double *values)
{
  EspExpression *expressions[ESP_MAX_ACTIONS];
  size_t n_actions = esp_formula_get_n_actions (formula);
  g_autoptr (GArray) counted = g_array_new (FALSE, FALSE, sizeof (double));
  EspFormula *changed;

  for (size_t a = 0; a < n_actions; a++)
    {
      expressions[a] = esp_edit_set_constants (esp_formula_get_expression (formula, a), values);
      g_array_set_size (counted, 0);
      esp_edit_get_constants (esp_formula_get_expression (formula, a), counted);
      values += counted->len;
    }
  changed = esp_formula_new (expressions, n_actions, esp_formula_get_symbols (formula));
  for (size_t a = 0; a < n_actions; a++)
    esp_expression_unref (expressions[a]);

  return changed;
}

static bool
is_cancelled (const EspTuning *tuning)
{
  return tuning->cancelled != NULL && *tuning->cancelled;
}

double
esp_tuning_measure (
  const EspTuning *tuning, const EspFormula *formula, uint64_t seed, size_t episodes, EspPool *pool)
{
  EspReturns returns;

  if (tuning->demonstrations != NULL)
    {
      *tuning->spent += MIN (episodes, esp_demonstrations_get_n (tuning->demonstrations));
      return is_cancelled (tuning) ? -HUGE_VAL
                                   : esp_demonstrations_compare (tuning->demonstrations, formula, episodes);
    }

  returns = esp_evaluate_formula (formula, tuning->environment, seed, episodes, pool, tuning->cancelled);
  *tuning->spent += (uint64_t) (returns.mean_length * (double) returns.episodes);

  /* a measurement that was cut short may look better than any */
  return isfinite (returns.mean) && !is_cancelled (tuning) ? returns.mean : -HUGE_VAL;
}

/* The numbers of a formula while they descend. */
typedef struct
{
  const EspTuning *tuning;
  const EspFormula *formula;
  uint64_t seed;
  size_t episodes;
  EspPool *pool;
  uint64_t end; /* of the steps spent */
  nlopt_opt descent;
} Descent;

static double
objective (unsigned n, const double *x, double *gradient, void *data)
{
  Descent *descent = data;
  g_autoptr (EspFormula) formula = NULL;

  if (is_cancelled (descent->tuning) || *descent->tuning->spent >= descent->end)
    {
      nlopt_force_stop (descent->descent);
      return -HUGE_VAL;
    }

  formula = esp_tuning_set_numbers (descent->formula, x);
  return esp_tuning_measure (descent->tuning, formula, descent->seed, descent->episodes, descent->pool);
}

void
esp_tuning_descend (const EspTuning *tuning,
                    EspFormula **formula,
                    double *value,
                    uint64_t seed,
                    size_t episodes,
                    size_t evaluations,
                    uint64_t steps,
                    double step,
                    EspPool *pool)
{
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (*formula);
  double *x = (double *) (void *) numbers->data;
  g_autofree double *first = g_new (double, MAX (1, numbers->len));
  uint64_t spent = *tuning->spent;
  Descent descent = { tuning,   *formula, seed,
                      episodes, pool,     steps < UINT64_MAX - spent ? spent + steps : UINT64_MAX };
  double after = -HUGE_VAL;

  if (numbers->len == 0 || is_cancelled (tuning))
    return;

  for (guint i = 0; i < numbers->len; i++)
    first[i] = step * fabs (x[i]) + SMALLEST_STEP;
  descent.descent = nlopt_create (NLOPT_LN_SBPLX, numbers->len);
  nlopt_set_max_objective (descent.descent, objective, &descent);
  nlopt_set_maxeval (descent.descent, (int) evaluations);
  nlopt_set_xtol_rel (descent.descent, 1e-4);
  nlopt_set_initial_step (descent.descent, first);
  nlopt_optimize (descent.descent, x, &after);
  nlopt_destroy (descent.descent);

  if (after > *value && !is_cancelled (tuning))
    {
      EspFormula *better = esp_tuning_set_numbers (*formula, x);

      esp_formula_unref (*formula);
      *formula = better;
      *value = after;
    }
}

/* A generation under way: each point is a task. */
typedef struct
{
  const EspTuning *tuning;
  const EspFormula *formula;
  const double *points;
  size_t n;
  uint64_t seed;
  size_t episodes;
  double *values;
  uint64_t *spent; /* by each point */
} Generation;

static void
measure_point (void *data, size_t point, size_t worker)
{
  Generation *generation = data;
  EspTuning tuning = *generation->tuning;
  g_autoptr (EspFormula)
    formula = esp_tuning_set_numbers (generation->formula, generation->points + point * generation->n);

  generation->spent[point] = 0;
  tuning.spent = &generation->spent[point];
  generation->values[point] = esp_tuning_measure (&tuning, formula, generation->seed, generation->episodes,
                                                  NULL);
}

EspFormula *
esp_tuning_evolve (const EspTuning *tuning,
                   EspFormula *formula,
                   const EspTuningEvolution *settings,
                   EspPool *pool,
                   EspTuningProgress progress,
                   void *data)
{
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (formula);
  const double *start = (const double *) (void *) numbers->data;
  size_t n = numbers->len;
  g_autofree double *deviations = g_new (double, MAX (1, n));
  g_autofree double *values = NULL;
  g_autofree uint64_t *spent = NULL;
  g_autoptr (EspEvolution) evolution = NULL;
  Generation generation = { tuning, formula, NULL, n, EVOLUTION_SEED, settings->episodes };
  uint64_t total = 0;
  bool going_on = n > 0;
  size_t population;

  if (n == 0)
    return esp_formula_replace_constants (formula,
                                          esp_program_get_constants (esp_formula_get_program (formula)));

  for (size_t i = 0; i < n; i++)
    deviations[i] = settings->step * fabs (start[i]) + settings->floor;
  evolution = esp_evolution_new (n, start, deviations, 0, settings->seed, EVOLUTION_STREAM);
  population = esp_evolution_get_population (evolution);
  generation.values = values = g_new (double, population);
  generation.spent = spent = g_new (uint64_t, population);

  while (going_on && total < settings->steps && !is_cancelled (tuning))
    {
      generation.points = esp_evolution_ask (evolution);
      esp_pool_run (pool, population, measure_point, &generation);
      if (is_cancelled (tuning))
        break;
      esp_evolution_tell (evolution, values);
      generation.seed += settings->episodes;
      for (size_t i = 0; i < population; i++)
        {
          total += spent[i];
          *tuning->spent += spent[i];
        }
      if (progress != NULL)
        {
          g_autoptr (EspFormula) now = esp_tuning_set_numbers (formula, esp_evolution_get_mean (evolution));

          going_on = progress (data, fmin (1.0, (double) total / (double) settings->steps), now);
        }
    }

  return esp_tuning_set_numbers (formula, esp_evolution_get_mean (evolution));
}

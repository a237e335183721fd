#include "esp-tuning.h"

#include <math.h>

#include <nlopt.h>

#include "esp-edit.h"
#include "esp-evaluation.h"

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

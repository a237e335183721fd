#include "esp-polish.h"

#include <math.h>
#include <string.h>

#include <nlopt.h>

#include "esp-digits.h"
#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-polish-private.h"
#include "esp-reduce.h"

/* Rounds that only shorten may be so many times as many as the settings say. */
#define SHORTENING_FACTOR 8

/* Trials that are begun before it is looked whether the steps are spent, whatever the number of workers. */
#define TRIALS_AT_ONCE 16

bool
esp_polishing_is_cancelled (const EspPolishing *polishing)
{
  return polishing->cancelled != NULL && *polishing->cancelled;
}

bool
esp_polishing_is_over (const EspPolishing *polishing)
{
  return esp_polishing_is_cancelled (polishing)
         || (polishing->settings->steps > 0 && polishing->spent >= polishing->settings->steps);
}

double
esp_polishing_get_floor (const EspPolishing *polishing, double best)
{
  return best - polishing->settings->tolerance * fabs (best);
}

static void
note_measurements (EspPolishing *polishing, size_t n, uint64_t steps)
{
  double share;

  polishing->done += n;
  polishing->spent += steps;
  share = (double) polishing->done / (double) polishing->expected;
  if (polishing->settings->steps > 0)
    share = MAX (share, (double) polishing->spent / (double) polishing->settings->steps);
  if (polishing->progress != NULL)
    polishing->progress (polishing->data, MIN (1.0, share));
}

static double
get_value (const EspReturns *returns)
{
  return isfinite (returns->mean) ? returns->mean : -HUGE_VAL;
}

static uint64_t
get_steps (const EspReturns *returns)
{
  return (uint64_t) (returns->mean_length * (double) returns->episodes);
}

/* The return of @formula. */
static double
measure_formula (EspPolishing *polishing, const EspFormula *formula, const EspEnvironmentInfo *environment)
{
  EspReturns returns = esp_evaluate_formula (formula, environment, ESP_POLISH_SEED,
                                             polishing->settings->episodes, polishing->pool,
                                             polishing->cancelled);

  note_measurements (polishing, 1, get_steps (&returns));
  return get_value (&returns);
}

/* The return of the network as it is now. */
static double
measure (EspPolishing *polishing)
{
  g_autoptr (EspFormula) formula = esp_network_extract (polishing->network);

  return measure_formula (polishing, formula, polishing->network->environment);
}

/* Trials side by side. */
typedef struct
{
  const EspPolishing *polishing;
  EspPool *pool; /* of each measurement, where they are done one after the other */
  EspTrial *trials;
  uint64_t steps[TRIALS_AT_ONCE];
} Trials;

static void
try_one (void *data, size_t task, size_t worker)
{
  Trials *trials = data;
  const EspPolishing *polishing = trials->polishing;
  EspTrial *trial = &trials->trials[task];
  g_autoptr (EspNetwork) network = esp_network_copy (trial->network);
  g_autoptr (EspFormula) formula = NULL;
  EspReturns returns;

  if (trial->without != NULL && trial->without->is_bias)
    network->biases[trial->without->index] = 0.0;
  else if (trial->without != NULL)
    network->mask[trial->without->index] = 0;
  formula = esp_network_extract (network);
  trial->longest = esp_formula_get_longest (formula);
  trial->total = esp_formula_get_total_length (formula);
  returns = esp_evaluate_formula (formula, network->environment, ESP_POLISH_SEED,
                                  polishing->settings->episodes, trials->pool, polishing->cancelled);
  trial->value = get_value (&returns);
  trials->steps[task] = get_steps (&returns);
}

size_t
esp_polishing_measure (EspPolishing *polishing, EspTrial *trials, size_t n)
{
  size_t done = 0;

  while (done < n && !esp_polishing_is_over (polishing))
    {
      Trials part = { .polishing = polishing, .trials = trials + done };
      size_t n_part = MIN (n - done, TRIALS_AT_ONCE);
      uint64_t steps = 0;

      /* a few are better parted by episodes; the values are the same */
      if (polishing->pool != NULL && n_part < 2 * esp_pool_get_n_workers (polishing->pool))
        {
          part.pool = polishing->pool;
          for (size_t i = 0; i < n_part; i++)
            try_one (&part, i, 0);
        }
      else
        esp_pool_run (polishing->pool, n_part, try_one, &part);
      if (esp_polishing_is_cancelled (polishing))
        break;
      for (size_t i = 0; i < n_part; i++)
        steps += part.steps[i];
      note_measurements (polishing, n_part, steps);
      done += n_part;
    }

  return done;
}

/* Numbers under direct search, wherever they are. */
typedef struct
{
  EspPolishing *polishing;
  double (*measure) (void *data, const double *numbers);
  void *data;
  nlopt_opt search;
  double *best;      /* the best numbers so far */
  double best_value; /* and their return */
} Descent;

static double
objective (unsigned n, const double *x, double *gradient, void *data)
{
  Descent *descent = data;
  double value;

  if (esp_polishing_is_over (descent->polishing))
    {
      nlopt_force_stop (descent->search);
      return -HUGE_VAL;
    }
  value = descent->measure (descent->data, x);
  /* a measurement that was cut short may look better than any */
  if (value > descent->best_value && !esp_polishing_is_cancelled (descent->polishing))
    {
      descent->best_value = value;
      memcpy (descent->best, x, n * sizeof *x);
    }

  return value;
}

/* Replaces @numbers[@n], whose return is @value, by the best that are found. Returns their return. */
static double
search_numbers (EspPolishing *polishing,
                double *numbers,
                unsigned n,
                double value,
                size_t evaluations,
                double (*measure_numbers) (void *data, const double *numbers),
                void *data)
{
  g_autofree double *x = g_memdup2 (numbers, n * sizeof *numbers);
  g_autofree double *step = g_new (double, n);
  Descent descent = { polishing, measure_numbers, data, NULL, numbers, value };
  double ignored;

  for (unsigned i = 0; i < n; i++)
    step[i] = 0.1 * fabs (x[i]) + 0.01;
  descent.search = nlopt_create (NLOPT_LN_SBPLX, n);
  nlopt_set_max_objective (descent.search, objective, &descent);
  nlopt_set_maxeval (descent.search, (int) evaluations);
  nlopt_set_xtol_rel (descent.search, 1e-4);
  nlopt_set_initial_step (descent.search, step);
  nlopt_optimize (descent.search, x, &ignored);
  nlopt_destroy (descent.search);

  return descent.best_value;
}

/* The numbers of a network. */
typedef struct
{
  EspPolishing *polishing;
  GArray *elements; /* of EspElement */
} NetworkNumbers;

static void
set_network_numbers (const NetworkNumbers *numbers, const double *x)
{
  for (guint i = 0; i < numbers->elements->len; i++)
    *esp_polishing_get_number (numbers->polishing->network,
                               &g_array_index (numbers->elements, EspElement, i)) = x[i];
}

static double *
get_network_numbers (const NetworkNumbers *numbers)
{
  double *x = g_new (double, MAX (1, numbers->elements->len));

  for (guint i = 0; i < numbers->elements->len; i++)
    x[i] = *esp_polishing_get_number (numbers->polishing->network,
                                      &g_array_index (numbers->elements, EspElement, i));

  return x;
}

static double
measure_network_numbers (void *data, const double *x)
{
  const NetworkNumbers *numbers = data;

  set_network_numbers (numbers, x);
  return measure (numbers->polishing);
}

/* Searches better numbers. Returns whether the return rose. */
static bool
refit (EspPolishing *polishing)
{
  g_autoptr (GArray) elements = esp_polishing_find_elements (polishing->network);
  NetworkNumbers numbers = { polishing, elements };
  g_autofree double *x = get_network_numbers (&numbers);
  double before, after;

  if (elements->len == 0 || esp_polishing_is_over (polishing))
    return false;

  before = measure (polishing);
  if (esp_polishing_is_cancelled (polishing))
    return false;
  after = search_numbers (polishing, x, elements->len, before, polishing->settings->evaluations,
                          measure_network_numbers, &numbers);
  set_network_numbers (&numbers, x);
  polishing->best = MAX (polishing->best, after);

  return after > before;
}

static void
round_network (EspPolishing *polishing)
{
  g_autoptr (GArray) elements = esp_polishing_find_elements (polishing->network);
  NetworkNumbers numbers = { polishing, elements };
  g_autofree double *x = get_network_numbers (&numbers);

  esp_digits_round_numbers (x, elements->len, polishing->settings->digits, polishing->best,
                            esp_polishing_get_floor (polishing, polishing->best), measure_network_numbers,
                            &numbers, polishing->cancelled);
  set_network_numbers (&numbers, x);
}

/* Measurements that all rounds take, roughly. */
static size_t
estimate_measurements (const EspPolishing *polishing)
{
  g_autoptr (EspNetwork) network = esp_network_copy (polishing->network);
  g_autoptr (GArray) elements = esp_polishing_find_elements (network);
  const EspPolishSettings *settings = polishing->settings;
  size_t beam = MAX (1, settings->beam);

  return 2 + settings->rounds * ((1 + beam * beam) * elements->len + settings->evaluations);
}

EspNetwork *
esp_polish (const EspNetwork *network,
            const EspPolishSettings *settings,
            EspPool *pool,
            EspPolishProgress progress,
            void *data,
            uint64_t *spent,
            const _Atomic bool *cancelled)
{
  EspPolishing polishing = { .settings = settings,
                             .pool = pool,
                             .network = esp_network_copy (network),
                             .progress = progress,
                             .data = data,
                             .cancelled = cancelled };

  if (spent != NULL)
    *spent = 0;
  if (settings->rounds == 0)
    return polishing.network;

  esp_polishing_cut (&polishing);
  polishing.expected = estimate_measurements (&polishing);
  polishing.best = measure (&polishing);
  for (size_t round = 0; round < SHORTENING_FACTOR * settings->rounds; round++)
    {
      g_autoptr (EspFormula) formula = NULL;

      if (esp_polishing_is_over (&polishing))
        break;
      formula = esp_network_extract (polishing.network);
      if (round >= settings->rounds && esp_formula_get_longest (formula) <= settings->length_limit)
        break;

      bool pruned = esp_polishing_prune (&polishing);
      bool refitted = refit (&polishing);

      if (!pruned && !refitted)
        break;
    }
  if (!esp_polishing_is_cancelled (&polishing))
    round_network (&polishing);
  if (spent != NULL)
    *spent = polishing.spent;

  return polishing.network;
}

static EspFormula *
round_formula (const EspFormula *formula, int digits)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_autoptr (GPtrArray) rounded = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    {
      double error;

      g_ptr_array_add (rounded, esp_expression_reduce (esp_formula_get_expression (formula, a), digits, 0,
                                                       NULL, 0, symbols->n, &error));
    }
  return esp_formula_new ((EspExpression *const *) rounded->pdata, rounded->len, symbols);
}

EspFormula *
esp_polish_formula (const EspNetwork *network,
                    const EspPolishSettings *settings,
                    EspPool *pool,
                    const _Atomic bool *cancelled)
{
  EspFormula *exact = esp_network_extract (network);
  EspReturns returns;
  double least;

  if (settings->digits == 0)
    return exact;

  returns = esp_evaluate_formula (exact, network->environment, ESP_POLISH_SEED, settings->episodes, pool,
                                  cancelled);
  least = returns.mean - settings->tolerance * fabs (returns.mean);
  for (int digits = (int) settings->digits; digits < 17; digits++)
    {
      g_autoptr (EspFormula) rounded = round_formula (exact, digits);

      returns = esp_evaluate_formula (rounded, network->environment, ESP_POLISH_SEED, settings->episodes,
                                      pool, cancelled);
      if (cancelled != NULL && *cancelled)
        break;
      if (returns.mean >= least)
        {
          esp_formula_unref (exact);
          return g_steal_pointer (&rounded);
        }
    }
  return exact;
}

/* The numbers of a formula. */
typedef struct
{
  EspPolishing *polishing;
  const EspFormula *formula;
  const EspEnvironmentInfo *environment;
} FormulaNumbers;

/* Returns @formula with the numbers @x, but those in exponents, of all actions, one action's after the
 * other's. */
static EspFormula *
set_formula_numbers (const EspFormula *formula, const double *x)
{
  g_autoptr (GPtrArray) expressions = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_autoptr (GArray) counted = g_array_new (FALSE, FALSE, sizeof (double));

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    {
      EspExpression *expression = esp_formula_get_expression (formula, a);

      g_ptr_array_add (expressions, esp_edit_set_constants (expression, x + counted->len));
      esp_edit_get_constants (expression, counted);
    }

  return esp_formula_new ((EspExpression *const *) expressions->pdata, expressions->len,
                          esp_formula_get_symbols (formula));
}

static GArray *
get_formula_numbers (const EspFormula *formula)
{
  GArray *x = g_array_new (FALSE, FALSE, sizeof (double));

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    esp_edit_get_constants (esp_formula_get_expression (formula, a), x);

  return x;
}

static double
measure_formula_numbers (void *data, const double *x)
{
  const FormulaNumbers *numbers = data;
  g_autoptr (EspFormula) formula = set_formula_numbers (numbers->formula, x);

  return measure_formula (numbers->polishing, formula, numbers->environment);
}

EspFormula *
esp_polish_numbers (EspFormula *formula,
                    const EspEnvironmentInfo *environment,
                    const EspPolishSettings *settings,
                    EspPool *pool,
                    EspPolishProgress progress,
                    void *data,
                    const _Atomic bool *cancelled)
{
  size_t evaluations = settings->rounds > G_MAXINT / settings->evaluations
                         ? G_MAXINT
                         : settings->rounds * settings->evaluations;
  EspPolishing polishing = { .settings = settings,
                             .pool = pool,
                             .expected = evaluations,
                             .progress = progress,
                             .data = data,
                             .cancelled = cancelled };
  FormulaNumbers numbers = { &polishing, formula, environment };
  g_autoptr (GArray) list = get_formula_numbers (formula);
  double *x = (double *) (void *) list->data;
  double before;

  if (list->len == 0 || settings->rounds == 0)
    return esp_formula_ref (formula);

  before = measure_formula (&polishing, formula, environment);
  if (esp_polishing_is_cancelled (&polishing))
    return esp_formula_ref (formula);
  if (search_numbers (&polishing, x, list->len, before, evaluations, measure_formula_numbers, &numbers)
      > before)
    return set_formula_numbers (formula, x);

  return esp_formula_ref (formula);
}

EspFormula *
esp_polish_digits (EspFormula *formula,
                   const EspEnvironmentInfo *environment,
                   const EspPolishSettings *settings,
                   EspPool *pool,
                   const _Atomic bool *cancelled)
{
  EspPolishing polishing = { .settings = settings, .pool = pool, .expected = 1, .cancelled = cancelled };
  FormulaNumbers numbers = { &polishing, formula, environment };
  g_autoptr (GArray) list = get_formula_numbers (formula);
  double *x = (double *) (void *) list->data;
  double value;

  if (list->len == 0 || settings->digits == 0)
    return esp_formula_ref (formula);

  value = measure_formula (&polishing, formula, environment);
  esp_digits_round_numbers (x, list->len, settings->digits, value,
                            esp_polishing_get_floor (&polishing, value), measure_formula_numbers, &numbers,
                            cancelled);

  return set_formula_numbers (formula, x);
}

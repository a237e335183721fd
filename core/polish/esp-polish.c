#include "esp-polish.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <nlopt.h>

#include "esp-evaluation.h"
#include "esp-path-selector.h"
#include "esp-reduce.h"

/* One number of the network that the formula depends on: the weight of an open path, or a bias. */
typedef struct
{
  bool is_bias;
  size_t index;
  double without; /* the return when it is taken out */
} Element;

typedef struct
{
  const EspPolishSettings *settings;
  EspPool *pool;
  EspNetwork *network;
  GArray *elements; /* of Element */
  nlopt_opt search; /* while numbers are refitted */
  double best;      /* the highest return measured */
  size_t done;      /* measurements */
  size_t expected;  /* measurements, roughly */
  EspPolishProgress progress;
  void *data;
  const _Atomic bool *cancelled;
} Polish;

/* Of so many elements one may be taken out at once whatever it costs, where the formula is too long. */
#define FORCED_SHARE 8

/* Rounds that only shorten may be so many times as many as the settings say. */
#define SHORTENING_FACTOR 8

static bool
is_cancelled (const Polish *polish)
{
  return polish->cancelled != NULL && *polish->cancelled;
}

/* The return of the network as it is now. */
static double
measure (Polish *polish)
{
  g_autoptr (EspFormula) formula = esp_network_extract (polish->network);
  EspReturns returns = esp_evaluate_formula (formula, polish->network->environment, ESP_POLISH_SEED,
                                             polish->settings->episodes, polish->pool, polish->cancelled);

  polish->done++;
  if (polish->progress != NULL)
    polish->progress (polish->data, MIN (1.0, (double) polish->done / (double) polish->expected));

  return isfinite (returns.mean) ? returns.mean : -HUGE_VAL;
}

static size_t
get_length (const Polish *polish)
{
  g_autoptr (EspFormula) formula = esp_network_extract (polish->network);

  return esp_formula_get_longest (formula);
}

/* What pruning must not fall below. */
static double
get_floor (const Polish *polish)
{
  return polish->best - polish->settings->tolerance * fabs (polish->best);
}

static void
find_elements (Polish *polish)
{
  EspNetwork *network = polish->network;
  size_t n_weights = network->n_actions * network->arrangement->n_weights;
  size_t n_biases = network->n_actions * network->arrangement->n_biases;

  esp_network_fold_constants (network);
  g_array_set_size (polish->elements, 0);
  for (size_t i = 0; i < n_weights; i++)
    if (network->mask[i])
      g_array_append_val (polish->elements, ((Element){ .is_bias = false, .index = i }));
  for (size_t i = 0; i < n_biases; i++)
    if (network->biases[i] != 0.0)
      g_array_append_val (polish->elements, ((Element){ .is_bias = true, .index = i }));
}

static double *
element_value (const Polish *polish, const Element *element)
{
  return element->is_bias ? &polish->network->biases[element->index]
                          : &polish->network->weights[element->index];
}

static void
take_out (Polish *polish, const Element *element)
{
  if (element->is_bias)
    polish->network->biases[element->index] = 0.0;
  else
    polish->network->mask[element->index] = 0;
}

static void
put_back (Polish *polish, const Element *element, double value)
{
  *element_value (polish, element) = value;
  if (!element->is_bias)
    polish->network->mask[element->index] = 1;
}

static int
compare_without (const void *a, const void *b)
{
  const Element *x = a, *y = b;

  if (x->without != y->without)
    return x->without < y->without ? 1 : -1;
  if (x->is_bias != y->is_bias)
    return x->is_bias ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/* Tries every element alone, then takes them out for good one after the other, cheapest first, as long
 * as the return holds. If the formula is too long, some go all the same, but only a few: those that stay must
 * learn to do without them first. Returns whether any went. */
static bool
prune (Polish *polish)
{
  bool changed = false;
  guint n_forced;

  find_elements (polish);
  for (guint i = 0; i < polish->elements->len && !is_cancelled (polish); i++)
    {
      Element *element = &g_array_index (polish->elements, Element, i);
      double value = *element_value (polish, element);

      take_out (polish, element);
      element->without = measure (polish);
      put_back (polish, element, value);
    }
  qsort (polish->elements->data, polish->elements->len, sizeof (Element), compare_without);

  n_forced = 1 + polish->elements->len / FORCED_SHARE;
  for (guint i = 0; i < polish->elements->len && !is_cancelled (polish); i++)
    {
      Element *element = &g_array_index (polish->elements, Element, i);
      double value = *element_value (polish, element);
      bool too_long = n_forced > 0 && get_length (polish) > polish->settings->length_limit;
      double result;

      take_out (polish, element);
      result = measure (polish);
      if (is_cancelled (polish) || !isfinite (result) || (result < get_floor (polish) && !too_long))
        {
          put_back (polish, element, value);
          continue;
        }
      changed = true;
      if (result < get_floor (polish))
        n_forced--;
      polish->best = too_long ? result : MAX (polish->best, result);
    }
  find_elements (polish);

  return changed;
}

static double
objective (unsigned n, const double *x, double *gradient, void *data)
{
  Polish *polish = data;

  if (is_cancelled (polish))
    {
      nlopt_force_stop (polish->search);
      return -HUGE_VAL;
    }
  for (unsigned i = 0; i < n; i++)
    *element_value (polish, &g_array_index (polish->elements, Element, i)) = x[i];

  return measure (polish);
}

/* Searches better numbers. Returns whether the return rose. */
static bool
refit (Polish *polish)
{
  unsigned n = polish->elements->len;
  g_autofree double *start = g_new (double, n);
  g_autofree double *x = g_new (double, n);
  g_autofree double *step = g_new (double, n);
  double before, after = -HUGE_VAL;
  nlopt_opt search;

  if (n == 0 || is_cancelled (polish))
    return false;
  for (unsigned i = 0; i < n; i++)
    {
      start[i] = x[i] = *element_value (polish, &g_array_index (polish->elements, Element, i));
      step[i] = 0.1 * fabs (x[i]) + 0.01;
    }
  before = measure (polish);

  polish->search = search = nlopt_create (NLOPT_LN_SBPLX, n);
  nlopt_set_max_objective (search, objective, polish);
  nlopt_set_maxeval (search, (int) polish->settings->evaluations);
  nlopt_set_xtol_rel (search, 1e-4);
  nlopt_set_initial_step (search, step);
  nlopt_optimize (search, x, &after);
  nlopt_destroy (search);
  polish->search = NULL;

  /* a measurement that was cut short may look better than any */
  if (is_cancelled (polish))
    after = -HUGE_VAL;
  if (!(after > before))
    memcpy (x, start, n * sizeof *x);
  for (unsigned i = 0; i < n; i++)
    *element_value (polish, &g_array_index (polish->elements, Element, i)) = x[i];
  polish->best = MAX (polish->best, after);

  return after > before;
}

static double
round_to_digits (double value, int digits)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  g_snprintf (format, sizeof format, "%%.%dg", digits);
  g_ascii_formatd (text, sizeof text, format, value);
  return g_ascii_strtod (text, NULL);
}

/* Rounds all numbers, to more digits where the return would fall too far. */
static void
round_numbers (Polish *polish)
{
  g_autofree double *exact = g_new (double, MAX (1, polish->elements->len));

  for (guint i = 0; i < polish->elements->len; i++)
    exact[i] = *element_value (polish, &g_array_index (polish->elements, Element, i));

  for (int digits = (int) polish->settings->digits; digits < 17 && !is_cancelled (polish); digits++)
    {
      for (guint i = 0; i < polish->elements->len; i++)
        *element_value (polish, &g_array_index (polish->elements, Element, i)) = round_to_digits (exact[i],
                                                                                                  digits);
      if (measure (polish) >= get_floor (polish) && !is_cancelled (polish))
        return;
    }

  for (guint i = 0; i < polish->elements->len; i++)
    *element_value (polish, &g_array_index (polish->elements, Element, i)) = exact[i];
}

EspNetwork *
esp_polish (const EspNetwork *network,
            const EspPolishSettings *settings,
            EspPool *pool,
            EspPolishProgress progress,
            void *data,
            const _Atomic bool *cancelled)
{
  Polish polish = { .settings = settings,
                    .pool = pool,
                    .network = esp_network_copy (network),
                    .elements = g_array_new (FALSE, FALSE, sizeof (Element)),
                    .progress = progress,
                    .data = data,
                    .cancelled = cancelled };

  if (settings->rounds == 0)
    {
      g_array_unref (polish.elements);
      return polish.network;
    }
  find_elements (&polish);
  polish.expected = 2 + settings->rounds * (2 * polish.elements->len + settings->evaluations);
  polish.best = measure (&polish);

  for (size_t round = 0; round < SHORTENING_FACTOR * settings->rounds && !is_cancelled (&polish); round++)
    {
      bool too_long = get_length (&polish) > settings->length_limit;

      if (round >= settings->rounds && !too_long)
        break;

      bool pruned = prune (&polish);
      bool refitted = refit (&polish);

      if (!pruned && !refitted)
        break;
    }
  if (settings->digits > 0)
    {
      find_elements (&polish);
      round_numbers (&polish);
    }

  g_array_unref (polish.elements);
  return polish.network;
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

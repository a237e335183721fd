#include "esp-population.h"

#include <math.h>

#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-random.h"

/* What one generation does, whatever the number of workers: so many explorations side by side, each with so
 * many edits to choose from. */
#define EXPLORATIONS 8
#define CHILDREN     8

/* Edits are screened on this share of the samples, and on this many at least, unless the caller says. */
#define SCREENING_SHARE   8
#define SCREENING_SAMPLES 4

#define MAX_EDITS 3

/* Formulas that exceed the limit this many times are not edited: they would be too long for ever. */
#define EXCESS 2

/* Measurements to refit n numbers: at first, on few samples; and those of a formula that is ahead of all
 * that are no longer, on all of them. */
#define FIRST_EVALUATIONS(n) (15 + 5 * (n))
#define FINAL_EVALUATIONS(n) (20 + 15 * (n))

/* Of the whole budget, what part either may take at most. */
#define FIRST_SHARE 500
#define FINAL_SHARE 50

/* The stream of a seed that edits are drawn from; the number of the exploration is added. */
#define EDIT_STREAM UINT64_C (0x6564697473000000)

/* One line of thought: an entry of the archive, edited, and what came of it. */
typedef struct
{
  EspFormula *child; /* NULL: nothing worth a full measurement */
  uint64_t spent;
} Exploration;

static bool
is_cancelled (const EspPopulation *population)
{
  return population->cancelled != NULL && *population->cancelled;
}

static EspTuning
get_tuning (const EspPopulation *population, uint64_t *spent)
{
  return (EspTuning){ population->environment, population->demonstrations, population->cancelled, spent };
}

/* Returns where @samples samples begin: all of them at the first, a part of them where it is most worthwhile.
 */
static uint64_t
get_seed (const EspPopulation *population, size_t samples)
{
  return ESP_POLISH_SEED + (samples < population->samples ? population->screening_first : 0);
}

static double
measure (
  const EspPopulation *population, const EspFormula *formula, size_t samples, EspPool *pool, uint64_t *spent)
{
  EspTuning tuning = get_tuning (population, spent);

  return esp_tuning_measure (&tuning, formula, get_seed (population, samples), samples, pool);
}

/* Refits the numbers of *@formula, for a @divisor-th of the budget at most. */
static void
refit (const EspPopulation *population,
       EspFormula **formula,
       double *value,
       size_t samples,
       size_t evaluations,
       uint64_t divisor,
       double step,
       EspPool *pool,
       uint64_t *spent)
{
  EspTuning tuning = get_tuning (population, spent);

  esp_tuning_descend (&tuning, formula, value, get_seed (population, samples), samples, evaluations,
                      population->budget / divisor, step, pool);
}

static EspFormula *
make_formula (const EspFormula *model, EspExpression **expressions)
{
  size_t n = esp_formula_get_n_actions (model);
  EspFormula *formula = esp_formula_new (expressions, n, esp_formula_get_symbols (model));

  for (size_t a = 0; a < n; a++)
    esp_expression_unref (expressions[a]);

  return formula;
}

static bool
is_too_long (const EspPopulation *population, const EspFormula *formula)
{
  return esp_formula_get_longest (formula) / EXCESS > population->length_limit;
}

/* Of two entries drawn at random mostly the better one, which is the longer one. */
static const EspArchiveEntry *
choose_parent (const EspPopulation *population, EspRandom *random)
{
  uint32_t n = (uint32_t) esp_archive_get_n (population->archive), a, b;

  while (n > 1 && is_too_long (population, esp_archive_get (population->archive, n - 1)->formula))
    n--;
  a = esp_random_below (random, n);
  b = esp_random_below (random, n);

  return esp_archive_get (population->archive, esp_random_bernoulli (random, 0.75) ? MAX (a, b) : MIN (a, b));
}

/* Returns an edit of @parent, or NULL if it came to nothing: the same again, or too long. */
static EspFormula *
make_child (const EspPopulation *population, const EspFormula *parent, EspRandom *random)
{
  size_t n_actions = esp_formula_get_n_actions (parent), n_entries = esp_archive_get_n (population->archive);
  uint32_t n_edits = 1 + esp_random_below (random, MAX_EDITS);
  EspExpression *expressions[ESP_MAX_ACTIONS];
  g_autofree EspExpression **mates = g_new (EspExpression *, n_entries * n_actions);
  EspEditMaterial material = { esp_formula_get_symbols (parent)->n, population->scales, mates, 0 };
  g_autoptr (EspFormula) child = NULL;
  bool changed = false;

  for (size_t i = 0;
       i < n_entries && !is_too_long (population, esp_archive_get (population->archive, i)->formula); i++)
    for (size_t a = 0; a < n_actions; a++)
      mates[material.n_mates++] = esp_formula_get_expression (
        esp_archive_get (population->archive, i)->formula, a);

  for (size_t a = 0; a < n_actions; a++)
    expressions[a] = esp_expression_ref (esp_formula_get_expression (parent, a));
  for (uint32_t i = 0; i < n_edits; i++)
    {
      EspExpression **expression = &expressions[esp_random_below (random, (uint32_t) n_actions)];
      EspExpression *edited = esp_edit_mutate (*expression, &material, random);

      changed |= !esp_expression_equal (edited, *expression);
      esp_expression_unref (*expression);
      *expression = edited;
    }

  child = make_formula (parent, expressions);
  /* from what is too long only shorter ways lead on */
  if (!changed
      || (esp_formula_get_longest (child) > population->length_limit
          && esp_formula_get_longest (child) >= esp_formula_get_longest (parent)))
    return NULL;

  return g_steal_pointer (&child);
}

/* How much @value, of a child of length @length, is above what is asked of that length, seen from the
 * parent's value over the same episodes. Where nothing is asked, any value that is a number is enough. */
static double
get_gain (const EspPopulation *population,
          const EspArchiveEntry *parent,
          double parent_value,
          size_t length,
          double value)
{
  double asked = esp_archive_get_bar (population->archive, length);

  if (isinf (value))
    return -HUGE_VAL;

  return isinf (asked) || isinf (parent_value) ? HUGE_VAL : value - parent_value - (asked - parent->value);
}

static void
explore (void *data, size_t index, size_t worker)
{
  Exploration *explorations = ((void **) data)[0];
  const EspPopulation *population = ((void **) data)[1];
  Exploration *exploration = &explorations[index];
  size_t few = esp_population_count_screening (population);
  const EspArchiveEntry *parent;
  double parent_value, best_gain = -HUGE_VAL, value = 0.0;
  g_autoptr (EspFormula) best = NULL;
  g_autoptr (GArray) numbers = NULL;
  EspRandom random;
  size_t length;

  esp_random_init (&random, population->seed, EDIT_STREAM + population->generation * EXPLORATIONS + index);
  parent = choose_parent (population, &random);
  parent_value = measure (population, parent->formula, few, NULL, &exploration->spent);

  for (int i = 0; i < CHILDREN && !is_cancelled (population); i++)
    {
      g_autoptr (EspFormula) child = make_child (population, parent->formula, &random);
      double child_value, gain;

      if (child == NULL)
        continue;
      child_value = measure (population, child, few, NULL, &exploration->spent);
      gain = get_gain (population, parent, parent_value, esp_formula_get_total_length (child), child_value);
      if (best == NULL || gain > best_gain || (gain == best_gain && child_value > value))
        {
          g_clear_pointer (&best, esp_formula_unref);
          best = g_steal_pointer (&child);
          best_gain = gain;
          value = child_value;
        }
    }
  if (best == NULL || is_cancelled (population))
    return;

  length = esp_formula_get_total_length (best);
  numbers = esp_tuning_get_numbers (best);
  refit (population, &best, &value, few, FIRST_EVALUATIONS (numbers->len), FIRST_SHARE, 0.3, NULL,
         &exploration->spent);
  if (get_gain (population, parent, parent_value, length, value) > 0.0)
    exploration->child = g_steal_pointer (&best);
}

size_t
esp_population_count_screening (const EspPopulation *population)
{
  size_t share = MAX (population->samples / SCREENING_SHARE, SCREENING_SAMPLES);

  return MIN (population->samples, population->screening > 0 ? population->screening : share);
}

double
esp_population_measure_part (EspPopulation *population,
                             const EspFormula *formula,
                             size_t first,
                             EspPool *pool)
{
  EspTuning tuning = get_tuning (population, &population->spent);

  return esp_tuning_measure (&tuning, formula, ESP_POLISH_SEED + first,
                             esp_population_count_screening (population), pool);
}

double
esp_population_measure (EspPopulation *population, const EspFormula *formula, EspPool *pool)
{
  return measure (population, formula, population->samples, pool, &population->spent);
}

double
esp_population_admit (EspPopulation *population, EspFormula **formula, EspPool *pool)
{
  size_t episodes = population->samples;
  size_t length = esp_formula_get_total_length (*formula);
  double value = measure (population, *formula, episodes, pool, &population->spent);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (*formula);

  if (value > esp_archive_get_best (population->archive, length))
    refit (population, formula, &value, episodes, FINAL_EVALUATIONS (numbers->len), FINAL_SHARE, 0.1, pool,
           &population->spent);
  if (!is_cancelled (population))
    esp_archive_offer (population->archive, *formula, value);

  return value;
}

/* Refits the numbers of a formula on few samples. */
static void
refine (void *data, size_t index, size_t worker)
{
  Exploration *explorations = ((void **) data)[0];
  const EspPopulation *population = ((void **) data)[1];
  Exploration *exploration = &explorations[index];
  size_t few = esp_population_count_screening (population);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (exploration->child);
  double value = measure (population, exploration->child, few, NULL, &exploration->spent);

  refit (population, &exploration->child, &value, few, FIRST_EVALUATIONS (numbers->len), FIRST_SHARE, 0.3,
         NULL, &exploration->spent);
}

void
esp_population_add (EspPopulation *population, GPtrArray *formulas, double *values, EspPool *pool)
{
  g_autofree Exploration *explorations = g_new0 (Exploration, MAX (1, formulas->len));
  void *data[] = { explorations, population };

  for (guint i = 0; i < formulas->len; i++)
    explorations[i].child = g_ptr_array_index (formulas, i);
  esp_pool_run (pool, formulas->len, refine, data);
  for (guint i = 0; i < formulas->len; i++)
    {
      g_ptr_array_index (formulas, i) = explorations[i].child;
      population->spent += explorations[i].spent;
      values[i] = esp_population_measure (population, explorations[i].child, pool);
      if (!is_cancelled (population))
        esp_archive_offer (population->archive, explorations[i].child, values[i]);
    }
}

const EspArchiveEntry *
esp_population_get_best (const EspPopulation *population)
{
  const EspArchiveEntry *best = esp_archive_get (population->archive, 0);

  for (size_t i = 1; i < esp_archive_get_n (population->archive); i++)
    if (esp_archive_get (population->archive, i)->value > best->value)
      best = esp_archive_get (population->archive, i);

  return best;
}

void
esp_population_run_generation (EspPopulation *population, EspPool *pool)
{
  Exploration explorations[EXPLORATIONS] = { 0 };
  void *data[] = { explorations, population };

  esp_pool_run (pool, EXPLORATIONS, explore, data);
  for (size_t i = 0; i < EXPLORATIONS; i++)
    {
      population->spent += explorations[i].spent;
      if (explorations[i].child != NULL)
        esp_population_admit (population, &explorations[i].child, pool);
      esp_formula_unref (explorations[i].child);
    }
  population->generation++;
}

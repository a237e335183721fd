#include "esp-search.h"

#include <math.h>
#include <string.h>

#include <nlopt.h>

#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-imitation.h"
#include "esp-random.h"

/* What one generation does, whatever the number of workers: so many explorations side by side, each with so
 * many edits to choose from. */
#define EXPLORATIONS 8
#define CHILDREN     8

/* Fronts of the population: formulas that are not the best now may become it. */
#define DEPTH 4

/* Edits are screened on this share of the episodes, and on this many at least. */
#define SCREENING_SHARE    8
#define SCREENING_EPISODES 4

#define MAX_EDITS 3

/* Measurements to refit n numbers: at first, on few episodes; and those of a formula that is ahead of all
 * that are no longer, on all of them. */
#define FIRST_EVALUATIONS(n) (15 + 5 * (n))
#define FINAL_EVALUATIONS(n) (20 + 15 * (n))

/* The stream of a seed that edits are drawn from; the number of the exploration is added. */
#define EDIT_STREAM UINT64_C (0x6564697473000000)

typedef struct
{
  const EspSearchSettings *settings;
  const _Atomic bool *cancelled;
  EspArchive *archive;
  double scales[ESP_MAX_OBSERVATIONS];
  uint64_t generation;
  uint64_t spent; /* environment steps */
} Search;

/* One line of thought: an entry of the archive, edited, and what came of it. */
typedef struct
{
  EspFormula *child; /* NULL: nothing worth a full measurement */
  uint64_t spent;
} Exploration;

/* The numbers of a formula while they are refitted. */
typedef struct
{
  const Search *search;
  EspFormula *formula;
  size_t episodes;
  EspPool *pool;
  uint64_t *spent;
  nlopt_opt descent;
} Refit;

static bool
is_cancelled (const Search *search)
{
  return search->cancelled != NULL && *search->cancelled;
}

static double
measure (const Search *search, const EspFormula *formula, size_t episodes, EspPool *pool, uint64_t *spent)
{
  EspReturns returns = esp_evaluate_formula (formula, search->settings->environment, ESP_POLISH_SEED,
                                             episodes, pool, search->cancelled);

  *spent += (uint64_t) (returns.mean_length * (double) returns.episodes);

  /* a measurement that was cut short may look better than any */
  return isfinite (returns.mean) && !is_cancelled (search) ? returns.mean : -HUGE_VAL;
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

/* Returns @formula with the numbers of all actions, one action's after the other's, replaced. */
static EspFormula *
set_numbers (const EspFormula *formula, const double *values)
{
  EspExpression *expressions[ESP_MAX_ACTIONS];
  g_autoptr (GArray) counted = g_array_new (FALSE, FALSE, sizeof (double));

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    {
      expressions[a] = esp_edit_set_constants (esp_formula_get_expression (formula, a), values);
      g_array_set_size (counted, 0);
      esp_edit_get_constants (esp_formula_get_expression (formula, a), counted);
      values += counted->len;
    }

  return make_formula (formula, expressions);
}

static GArray *
get_numbers (const EspFormula *formula)
{
  GArray *values = g_array_new (FALSE, FALSE, sizeof (double));

  for (size_t a = 0; a < esp_formula_get_n_actions (formula); a++)
    esp_edit_get_constants (esp_formula_get_expression (formula, a), values);

  return values;
}

static double
objective (unsigned n, const double *x, double *gradient, void *data)
{
  Refit *refit = data;
  g_autoptr (EspFormula) formula = NULL;

  if (is_cancelled (refit->search))
    {
      nlopt_force_stop (refit->descent);
      return -HUGE_VAL;
    }

  formula = set_numbers (refit->formula, x);
  return measure (refit->search, formula, refit->episodes, refit->pool, refit->spent);
}

/* Replaces *@formula, whose value over @episodes is *@value, by the best numbers for it that @evaluations
 * measurements find. */
static void
refit (const Search *search,
       EspFormula **formula,
       double *value,
       size_t episodes,
       size_t evaluations,
       double step,
       EspPool *pool,
       uint64_t *spent)
{
  g_autoptr (GArray) numbers = get_numbers (*formula);
  double *x = (double *) (void *) numbers->data;
  g_autofree double *steps = g_new (double, MAX (1, numbers->len));
  Refit data = { search, *formula, episodes, pool, spent, NULL };
  double after = -HUGE_VAL;

  if (numbers->len == 0 || is_cancelled (search))
    return;

  for (guint i = 0; i < numbers->len; i++)
    steps[i] = step * fabs (x[i]) + 0.01;
  data.descent = nlopt_create (NLOPT_LN_SBPLX, numbers->len);
  nlopt_set_max_objective (data.descent, objective, &data);
  nlopt_set_maxeval (data.descent, (int) evaluations);
  nlopt_set_xtol_rel (data.descent, 1e-4);
  nlopt_set_initial_step (data.descent, steps);
  nlopt_optimize (data.descent, x, &after);
  nlopt_destroy (data.descent);

  if (after > *value && !is_cancelled (search))
    {
      EspFormula *better = set_numbers (*formula, x);

      esp_formula_unref (*formula);
      *formula = better;
      *value = after;
    }
}

static size_t
get_screening_episodes (const Search *search)
{
  size_t share = search->settings->episodes / SCREENING_SHARE;

  return MIN (search->settings->episodes, MAX (share, SCREENING_EPISODES));
}

/* Of two entries drawn at random mostly the better one, which is the longer one. */
static const EspArchiveEntry *
choose_parent (const Search *search, EspRandom *random)
{
  uint32_t n = (uint32_t) esp_archive_get_n (search->archive);
  uint32_t a = esp_random_below (random, n), b = esp_random_below (random, n);

  return esp_archive_get (search->archive, esp_random_bernoulli (random, 0.75) ? MAX (a, b) : MIN (a, b));
}

/* Returns an edit of @parent, or NULL if it came to nothing: the same again, or too long. */
static EspFormula *
make_child (const Search *search, const EspFormula *parent, EspRandom *random)
{
  size_t n_actions = esp_formula_get_n_actions (parent), n_entries = esp_archive_get_n (search->archive);
  uint32_t n_edits = 1 + esp_random_below (random, MAX_EDITS);
  EspExpression *expressions[ESP_MAX_ACTIONS];
  g_autofree EspExpression **mates = g_new (EspExpression *, n_entries * n_actions);
  EspEditMaterial material = { esp_formula_get_symbols (parent)->n, search->scales, mates, 0 };
  g_autoptr (EspFormula) child = NULL;
  bool changed = false;

  for (size_t i = 0; i < n_entries; i++)
    for (size_t a = 0; a < n_actions; a++)
      mates[material.n_mates++] = esp_formula_get_expression (esp_archive_get (search->archive, i)->formula,
                                                              a);

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
      || (esp_formula_get_longest (child) > search->settings->length_limit
          && esp_formula_get_longest (child) >= esp_formula_get_longest (parent)))
    return NULL;

  return g_steal_pointer (&child);
}

/* How much @value, of a child of length @length, is above what is asked of that length, seen from the
 * parent's value over the same episodes. */
static double
get_gain (
  const Search *search, const EspArchiveEntry *parent, double parent_value, size_t length, double value)
{
  double asked = esp_archive_get_bar (search->archive, length);

  return isinf (asked) ? HUGE_VAL : value - parent_value - (asked - parent->value);
}

static void
explore (void *data, size_t index, size_t worker)
{
  Exploration *explorations = ((void **) data)[0];
  const Search *search = ((void **) data)[1];
  Exploration *exploration = &explorations[index];
  size_t few = get_screening_episodes (search);
  const EspArchiveEntry *parent;
  double parent_value, best_gain = -HUGE_VAL, value = 0.0;
  g_autoptr (EspFormula) best = NULL;
  g_autoptr (GArray) numbers = NULL;
  EspRandom random;
  size_t length;

  esp_random_init (&random, search->settings->seed, EDIT_STREAM + search->generation * EXPLORATIONS + index);
  parent = choose_parent (search, &random);
  parent_value = measure (search, parent->formula, few, NULL, &exploration->spent);

  for (int i = 0; i < CHILDREN && !is_cancelled (search); i++)
    {
      g_autoptr (EspFormula) child = make_child (search, parent->formula, &random);
      double child_value, gain;

      if (child == NULL)
        continue;
      child_value = measure (search, child, few, NULL, &exploration->spent);
      gain = get_gain (search, parent, parent_value, esp_formula_get_total_length (child), child_value);
      if (best == NULL || gain > best_gain)
        {
          g_clear_pointer (&best, esp_formula_unref);
          best = g_steal_pointer (&child);
          best_gain = gain;
          value = child_value;
        }
    }
  if (best == NULL || is_cancelled (search))
    return;

  length = esp_formula_get_total_length (best);
  numbers = get_numbers (best);
  refit (search, &best, &value, few, FIRST_EVALUATIONS (numbers->len), 0.3, NULL, &exploration->spent);
  if (get_gain (search, parent, parent_value, length, value) > 0.0)
    exploration->child = g_steal_pointer (&best);
}

/* Measures a promising formula on all episodes, and refits its numbers there if it leads. */
static void
admit (Search *search, EspFormula **formula, EspPool *pool)
{
  size_t episodes = search->settings->episodes;
  size_t length = esp_formula_get_total_length (*formula);
  double value = measure (search, *formula, episodes, pool, &search->spent);
  g_autoptr (GArray) numbers = get_numbers (*formula);

  if (value > esp_archive_get_best (search->archive, length))
    refit (search, formula, &value, episodes, FINAL_EVALUATIONS (numbers->len), 0.1, pool, &search->spent);
  if (!is_cancelled (search))
    esp_archive_offer (search->archive, *formula, value);
}

/* Refits the numbers of an imitation on few episodes. */
static void
refine (void *data, size_t index, size_t worker)
{
  Exploration *explorations = ((void **) data)[0];
  const Search *search = ((void **) data)[1];
  Exploration *exploration = &explorations[index];
  size_t few = get_screening_episodes (search);
  g_autoptr (GArray) numbers = get_numbers (exploration->child);
  double value = measure (search, exploration->child, few, NULL, &exploration->spent);

  refit (search, &exploration->child, &value, few, FIRST_EVALUATIONS (numbers->len), 0.3, NULL,
         &exploration->spent);
}

/* Adds linear formulas that imitate the best one so far to the archive. */
static void
add_imitations (Search *search, EspPool *pool)
{
  const EspArchiveEntry *best = esp_archive_get (search->archive, 0);
  g_autoptr (GPtrArray) imitations = NULL;
  g_autofree Exploration *explorations = NULL;
  void *data[] = { NULL, search };

  for (size_t i = 1; i < esp_archive_get_n (search->archive); i++)
    if (esp_archive_get (search->archive, i)->value > best->value)
      best = esp_archive_get (search->archive, i);
  /* a term is a number, an observation, their product, and its addition to the rest */
  imitations = esp_imitate_linearly (best->formula, search->settings->environment,
                                     (search->settings->length_limit + 1) / 4, ESP_POLISH_SEED,
                                     get_screening_episodes (search), search->cancelled);
  explorations = g_new0 (Exploration, MAX (1, imitations->len));
  data[0] = explorations;
  for (guint i = 0; i < imitations->len; i++)
    explorations[i].child = esp_formula_ref (g_ptr_array_index (imitations, i));

  esp_pool_run (pool, imitations->len, refine, data);
  for (guint i = 0; i < imitations->len; i++)
    {
      search->spent += explorations[i].spent;
      admit (search, &explorations[i].child, pool);
      esp_formula_unref (explorations[i].child);
    }
}

static void
run_generation (Search *search, EspPool *pool)
{
  Exploration explorations[EXPLORATIONS] = { 0 };
  void *data[] = { explorations, search };

  esp_pool_run (pool, EXPLORATIONS, explore, data);
  for (size_t i = 0; i < EXPLORATIONS; i++)
    {
      search->spent += explorations[i].spent;
      if (explorations[i].child != NULL)
        admit (search, &explorations[i].child, pool);
      esp_formula_unref (explorations[i].child);
    }
  search->generation++;
}

/* The size that each observation typically has under @formula: its root mean square over an episode. */
static void
find_scales (Search *search, const EspFormula *formula)
{
  const EspEnvironmentInfo *info = search->settings->environment;
  g_autoptr (EspEnvironment) environment = esp_environment_new (info->name, NULL);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  EspStep step;
  double n = 0.0;

  g_assert (environment != NULL);
  esp_environment_reset (environment, ESP_POLISH_SEED, observation);
  do
    {
      for (size_t i = 0; i < info->n_observations; i++)
        search->scales[i] += observation[i] * observation[i];
      n++;
      esp_formula_evaluate (formula, observation, action);
      step = esp_environment_step (environment, action, observation);
    }
  while (!step.terminated && !step.truncated && !is_cancelled (search));
  for (size_t i = 0; i < info->n_observations; i++)
    {
      search->scales[i] = sqrt (search->scales[i] / n);
      if (!(search->scales[i] > 1e-6) || !isfinite (search->scales[i]))
        search->scales[i] = 1.0;
    }
}

static double
round_to_digits (double value, int digits)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  g_snprintf (format, sizeof format, "%%.%dg", digits);
  g_ascii_formatd (text, sizeof text, format, value);
  return g_ascii_strtod (text, NULL);
}

/* Rounds number after number as far as the return allows. Returns a new reference, and its value. */
static EspFormula *
round_numbers (Search *search, const EspArchiveEntry *entry, EspPool *pool, double *value)
{
  g_autoptr (GArray) numbers = get_numbers (entry->formula);
  double *x = (double *) (void *) numbers->data;
  double floor = entry->value - search->settings->tolerance * fabs (entry->value);

  *value = entry->value;
  if (search->settings->digits == 0)
    return esp_formula_ref (entry->formula);

  for (guint i = 0; i < numbers->len && !is_cancelled (search); i++)
    {
      double exact = x[i];

      for (int digits = (int) search->settings->digits; digits < 17; digits++)
        {
          g_autoptr (EspFormula) rounded = NULL;
          double result;

          x[i] = round_to_digits (exact, digits);
          if (x[i] == exact)
            break;
          rounded = set_numbers (entry->formula, x);
          result = measure (search, rounded, search->settings->episodes, pool, &search->spent);
          if (result >= floor)
            {
              *value = result;
              break;
            }
          x[i] = exact;
          if (is_cancelled (search))
            break;
        }
    }

  return set_numbers (entry->formula, x);
}

/* The best of the population, with its numbers rounded. */
static EspArchive *
make_front (Search *search, EspPool *pool)
{
  EspArchive *front = esp_archive_new (1);

  for (size_t i = 0; i < esp_archive_get_n (search->archive); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (search->archive, i);
      double value;

      if (entry->value <= esp_archive_get_bar (front, entry->length))
        continue;

      g_autoptr (EspFormula) formula = round_numbers (search, entry, pool, &value);

      /* one that is nothing special any more once it is rounded stays as it is */
      if (!esp_archive_offer (front, formula, value))
        esp_archive_offer (front, entry->formula, entry->value);
    }

  return front;
}

EspArchive *
esp_search_formulas (EspFormula *const *seeds,
                     size_t n,
                     const EspSearchSettings *settings,
                     EspPool *pool,
                     EspSearchProgress progress,
                     void *data,
                     const _Atomic bool *cancelled)
{
  EspArchive *front;
  bool going_on = true;
  Search search = { .settings = settings, .cancelled = cancelled, .archive = esp_archive_new (DEPTH) };

  for (size_t i = 0; i < n; i++)
    {
      EspReturns returns = esp_evaluate_formula (seeds[i], settings->environment, ESP_POLISH_SEED,
                                                 settings->episodes, pool, cancelled);

      search.spent += (uint64_t) (returns.mean_length * (double) returns.episodes);
      esp_archive_offer (search.archive, seeds[i], returns.mean);
    }
  if (esp_archive_get_n (search.archive) == 0)
    return search.archive;

  find_scales (&search, esp_archive_get (search.archive, esp_archive_get_n (search.archive) - 1)->formula);
  add_imitations (&search, pool);
  while (going_on && search.spent < settings->steps && !is_cancelled (&search))
    {
      run_generation (&search, pool);
      if (progress != NULL)
        going_on = progress (data, MIN (1.0, (double) search.spent / (double) settings->steps),
                             search.archive);
    }

  front = make_front (&search, pool);
  esp_archive_unref (search.archive);

  return front;
}

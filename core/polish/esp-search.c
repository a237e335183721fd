#include "esp-search.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <time.h>

#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-imitation.h"
#include "esp-random.h"
#include "esp-tuning.h"

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

/* Of the whole budget, what part either may take at most. */
#define FIRST_SHARE 500
#define FINAL_SHARE 50

/* The evolution of the best imitation: how far it looks around at first, and its episodes in each generation
 * as a share of those of a full measurement. */
#define EVOLUTION_STEP     0.3
#define EVOLUTION_FLOOR    0.01
#define EVOLUTION_EPISODES 8

/* The stream of a seed that edits are drawn from; the number of the exploration is added. */
#define EDIT_STREAM UINT64_C (0x6564697473000000)

typedef struct
{
  const EspSearchSettings *settings;
  const _Atomic bool *cancelled;
  EspArchive *archive;
  double scales[ESP_MAX_OBSERVATIONS];
  EspSearchProgress progress;
  void *data;
  double started; /* s */
  uint64_t generation;
  uint64_t spent;  /* environment steps */
  uint64_t budget; /* environment steps in all, an estimate where seconds count */
  bool going_on;
} Search;

/* One line of thought: an entry of the archive, edited, and what came of it. */
typedef struct
{
  EspFormula *child; /* NULL: nothing worth a full measurement */
  uint64_t spent;
} Exploration;

static bool
is_cancelled (const Search *search)
{
  return search->cancelled != NULL && *search->cancelled;
}

static double
get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

/* Returns what share of the budget is spent, with @more steps that are not counted yet. */
static double
get_share (const Search *search, uint64_t more)
{
  double share = (double) (search->spent + more) / (double) search->settings->steps;

  if (search->settings->seconds > 0.0)
    share = fmax (share, (get_time () - search->started) / search->settings->seconds);

  return fmin (1.0, share);
}

/* Tells how far the search is; from what the time so far has brought, estimates what all of it will. */
static void
note_progress (Search *search, uint64_t more)
{
  double share = get_share (search, more);

  search->budget = search->settings->steps;
  if (search->settings->seconds > 0.0 && share > 0.0)
    search->budget = (uint64_t) fmin ((double) search->budget, (double) (search->spent + more) / share);
  if (search->progress != NULL)
    search->going_on = search->progress (search->data, share, search->archive);
  search->going_on = search->going_on && share < 1.0 && !is_cancelled (search);
}

static double
measure (const Search *search, const EspFormula *formula, size_t episodes, EspPool *pool, uint64_t *spent)
{
  EspTuning tuning = { search->settings->environment, search->cancelled, spent };

  return esp_tuning_measure (&tuning, formula, ESP_POLISH_SEED, episodes, pool);
}

/* Refits the numbers of *@formula, for a @divisor-th of the budget at most. */
static void
refit (const Search *search,
       EspFormula **formula,
       double *value,
       size_t episodes,
       size_t evaluations,
       uint64_t divisor,
       double step,
       EspPool *pool,
       uint64_t *spent)
{
  EspTuning tuning = { search->settings->environment, search->cancelled, spent };

  esp_tuning_descend (&tuning, formula, value, ESP_POLISH_SEED, episodes, evaluations,
                      search->budget / divisor, step, pool);
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
 * parent's value over the same episodes. Where nothing is asked, any value that is a number is enough. */
static double
get_gain (
  const Search *search, const EspArchiveEntry *parent, double parent_value, size_t length, double value)
{
  double asked = esp_archive_get_bar (search->archive, length);

  return isinf (asked) ? (isinf (value) ? -HUGE_VAL : HUGE_VAL)
                       : value - parent_value - (asked - parent->value);
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
      if (best == NULL || gain > best_gain || (gain == best_gain && child_value > value))
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
  numbers = esp_tuning_get_numbers (best);
  refit (search, &best, &value, few, FIRST_EVALUATIONS (numbers->len), FIRST_SHARE, 0.3, NULL,
         &exploration->spent);
  if (get_gain (search, parent, parent_value, length, value) > 0.0)
    exploration->child = g_steal_pointer (&best);
}

/* Measures a promising formula on all episodes, and refits its numbers there if it leads. Returns its value.
 */
static double
admit (Search *search, EspFormula **formula, EspPool *pool)
{
  size_t episodes = search->settings->episodes;
  size_t length = esp_formula_get_total_length (*formula);
  double value = measure (search, *formula, episodes, pool, &search->spent);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (*formula);

  if (value > esp_archive_get_best (search->archive, length))
    refit (search, formula, &value, episodes, FINAL_EVALUATIONS (numbers->len), FINAL_SHARE, 0.1, pool,
           &search->spent);
  if (!is_cancelled (search))
    esp_archive_offer (search->archive, *formula, value);

  return value;
}

/* Refits the numbers of an imitation on few episodes. */
static void
refine (void *data, size_t index, size_t worker)
{
  Exploration *explorations = ((void **) data)[0];
  const Search *search = ((void **) data)[1];
  Exploration *exploration = &explorations[index];
  size_t few = get_screening_episodes (search);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (exploration->child);
  double value = measure (search, exploration->child, few, NULL, &exploration->spent);

  refit (search, &exploration->child, &value, few, FIRST_EVALUATIONS (numbers->len), FIRST_SHARE, 0.3, NULL,
         &exploration->spent);
}

static const EspArchiveEntry *
find_best (const EspArchive *archive)
{
  const EspArchiveEntry *best = esp_archive_get (archive, 0);

  for (size_t i = 1; i < esp_archive_get_n (archive); i++)
    if (esp_archive_get (archive, i)->value > best->value)
      best = esp_archive_get (archive, i);

  return best;
}

/* Adds linear formulas that imitate the best one so far to the archive. Returns a new reference to the best
 * of them. */
static EspFormula *
add_imitations (Search *search, EspPool *pool)
{
  g_autoptr (GPtrArray) imitations = NULL;
  g_autofree Exploration *explorations = NULL;
  void *data[] = { NULL, search };
  EspFormula *best = NULL;
  double best_value = -HUGE_VAL;

  /* a term is a number, an observation, their product, and its addition to the rest; twice as many as there
   * may be, because edits can shorten what is too long */
  imitations = esp_imitate_linearly (find_best (search->archive)->formula, search->settings->environment,
                                     (search->settings->length_limit + 1) / 2, ESP_POLISH_SEED,
                                     get_screening_episodes (search), search->cancelled);
  explorations = g_new0 (Exploration, MAX (1, imitations->len));
  data[0] = explorations;
  for (guint i = 0; i < imitations->len; i++)
    explorations[i].child = esp_formula_ref (g_ptr_array_index (imitations, i));

  esp_pool_run (pool, imitations->len, refine, data);
  for (guint i = 0; i < imitations->len; i++)
    {
      double value;

      search->spent += explorations[i].spent;
      value = admit (search, &explorations[i].child, pool);
      if (best == NULL || value > best_value)
        {
          g_clear_pointer (&best, esp_formula_unref);
          best = esp_formula_ref (explorations[i].child);
          best_value = value;
        }
      esp_formula_unref (explorations[i].child);
    }

  return best;
}

/* The evolution under way. */
typedef struct
{
  Search *search;
  EspPool *pool;
  uint64_t spent;
  double next; /* share of the evolution at which its mean is offered to the archive */
} Evolution;

static bool
note_evolution (void *data, double share, EspFormula *formula)
{
  Evolution *evolution = data;
  Search *search = evolution->search;

  share = get_share (search, evolution->spent) / search->settings->evolution;
  if (share >= evolution->next)
    {
      esp_archive_offer (
        search->archive, formula,
        measure (search, formula, search->settings->episodes, evolution->pool, &search->spent));
      evolution->next = share + 0.05;
    }
  note_progress (search, evolution->spent);

  return search->going_on && share < 1.0;
}

/* Lets the numbers of the imitation @formula evolve; takes a reference to it. */
static void
evolve (Search *search, EspFormula *formula, EspPool *pool)
{
  const EspSearchSettings *settings = search->settings;
  Evolution evolution = { search, pool };
  EspTuning tuning = { settings->environment, search->cancelled, &evolution.spent };
  EspTuningEvolution how = { .episodes = MAX (1, settings->episodes / EVOLUTION_EPISODES),
                             .steps = UINT64_MAX,
                             .step = EVOLUTION_STEP,
                             .floor = EVOLUTION_FLOOR,
                             .seed = settings->seed };

  if (formula != NULL && settings->evolution > 0.0)
    {
      EspFormula *evolved = esp_tuning_evolve (&tuning, formula, &how, pool, note_evolution, &evolution);

      search->spent += evolution.spent;
      admit (search, &evolved, pool);
      esp_formula_unref (evolved);
    }
  esp_formula_unref (formula);
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
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (entry->formula);
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
          rounded = esp_tuning_set_numbers (entry->formula, x);
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

  return esp_tuning_set_numbers (entry->formula, x);
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
  Search search = { .settings = settings,
                    .cancelled = cancelled,
                    .archive = esp_archive_new (DEPTH),
                    .progress = progress,
                    .data = data,
                    .started = get_time (),
                    .budget = settings->steps,
                    .going_on = true };

  /* a seed that could not be measured is one all the same */
  for (size_t i = 0; i < n; i++)
    esp_archive_offer (search.archive, seeds[i],
                       fmax (-DBL_MAX, measure (&search, seeds[i], settings->episodes, pool, &search.spent)));
  if (esp_archive_get_n (search.archive) == 0)
    return search.archive;

  find_scales (&search, find_best (search.archive)->formula);
  note_progress (&search, 0);
  if (search.going_on)
    evolve (&search, add_imitations (&search, pool), pool);
  note_progress (&search, 0);
  while (search.going_on)
    {
      run_generation (&search, pool);
      note_progress (&search, 0);
    }

  front = make_front (&search, pool);
  esp_archive_unref (search.archive);

  return front;
}

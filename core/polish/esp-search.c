#include "esp-search.h"

#include <float.h>
#include <math.h>

#include "esp-clock.h"
#include "esp-demonstrations.h"
#include "esp-digits.h"
#include "esp-evaluation.h"
#include "esp-population.h"
#include "esp-race.h"
#include "esp-tuning.h"

/* Fronts of the population: formulas that are not the best now may become it. */
#define DEPTH 4

/* In the end, what else comes as close to the best as this share of its value, and how many of them at most.
 */
#define RIVAL_SHARE 0.003
#define MAX_RIVALS  12

/* What is only there to be imitated may be this many times as long as the result. */
#define TEACHER_LENGTH 4

/* A longer formula may be the teacher, but is not edited: edits write it out, and a network that was hardly
 * pruned has millions of nodes then. */
#define MAX_SEED_LENGTH 1000

/* And fronts of those that imitate, of which the best ones are measured in the environment. */
#define IMITATION_DEPTH 2

/* What share of the seconds, if they count, these may take. */
#define IMITATION_SHARE 0.25

/* States that imitations are compared in. */
#define IMITATION_STATES 2000

/* The evolutions of numbers: how far the one of the best imitation looks around at first, and the one of the
 * best formula in the end; and their episodes in each generation as a share of those of a full measurement.
 */
#define FIRST_EVOLUTION    0.3
#define LAST_EVOLUTION     0.03
#define EVOLUTION_FLOOR    0.03
#define EVOLUTION_EPISODES 8

/* The evolution's mean is measured so many times. */
#define EVOLUTION_MEASUREMENTS 20

typedef struct
{
  const EspSearchSettings *settings;
  const _Atomic bool *cancelled;
  EspPopulation population;
  EspFormula *teacher; /* the best seed */
  double teacher_value;
  double *teacher_values; /* in each part of the episodes that edits may be screened on; NULL before */
  EspFormula *focused;    /* the formula that was best when that part was chosen */
  EspSearchProgress progress;
  void *data;
  double started; /* s */
  bool going_on;
} Search;

static bool
is_cancelled (const Search *search)
{
  return search->cancelled != NULL && *search->cancelled;
}

/* Returns what share of the budget is spent, with @more steps that are not counted yet. */
static double
get_share (const Search *search, uint64_t more)
{
  double share = (double) (search->population.spent + more) / (double) search->settings->steps;

  if (search->settings->seconds > 0.0)
    share = fmax (share, (esp_clock_now () - search->started) / search->settings->seconds);

  return fmin (1.0, share);
}

/* Tells how far the search is; from what the time so far has brought, estimates what all of it will. */
static void
note_progress (Search *search, uint64_t more)
{
  double share = get_share (search, more);

  search->population.budget = search->settings->steps;
  if (search->settings->seconds > 0.0 && share > 0.0)
    search->population.budget = (uint64_t) fmin ((double) search->population.budget,
                                                 (double) (search->population.spent + more) / share);
  search->going_on = search->going_on && !is_cancelled (search);
  /* what was cut short says nothing */
  if (search->progress != NULL && search->going_on)
    search->going_on = search->progress (search->data, share, search->population.archive);
  search->going_on = search->going_on && share < 1.0;
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
        search->population.scales[i] += observation[i] * observation[i];
      n++;
      esp_formula_evaluate (formula, observation, action);
      step = esp_environment_step (environment, action, observation);
    }
  while (!step.terminated && !step.truncated && !is_cancelled (search));
  for (size_t i = 0; i < info->n_observations; i++)
    {
      search->population.scales[i] = sqrt (search->population.scales[i] / n);
      if (!(search->population.scales[i] > 1e-6) || !isfinite (search->population.scales[i]))
        search->population.scales[i] = 1.0;
    }
}

/* Returns the formulas whose numbers shall evolve, at most @n: the one of @formulas with the best of @values;
 * then @plain, which may be NULL, whatever its value, because it has many numbers and no structure that could
 * be wrong; and then the best ones of other lengths. */
static GPtrArray *
choose_starts (const GPtrArray *formulas, const double *values, EspFormula *plain, size_t n)
{
  GPtrArray *starts = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref);

  while (starts->len < n)
    {
      EspFormula *best = NULL;
      double best_value = -HUGE_VAL;

      for (guint i = 0; i < formulas->len; i++)
        {
          EspFormula *formula = g_ptr_array_index (formulas, i);
          bool known = false;

          for (guint k = 0; k < starts->len; k++)
            known |= esp_formula_get_total_length (g_ptr_array_index (starts, k))
                     == esp_formula_get_total_length (formula);
          if (!known && (best == NULL || values[i] > best_value))
            {
              best = formula;
              best_value = values[i];
            }
        }
      if (best == NULL)
        break;
      g_ptr_array_add (starts, esp_formula_ref (best));
      if (starts->len == 1 && n > 1 && plain != NULL && plain != best)
        g_ptr_array_add (starts, esp_formula_ref (plain));
    }

  return starts;
}

/* Lets imitations of the best formula so far evolve among themselves, compared with what it does instead of
 * measured in the environment, which is far cheaper; and adds the best of them. Returns those whose numbers
 * shall evolve by return then. */
static GPtrArray *
add_imitations (Search *search, EspPool *pool)
{
  const EspSearchSettings *settings = search->settings;
  g_autoptr (EspDemonstrations) demonstrations = esp_demonstrations_new (
    search->teacher, settings->environment, ESP_POLISH_SEED, search->cancelled);
  /* a term is a number, an observation, their product, and its addition to the rest; twice as many as there
   * may be, because edits can shorten what is too long */
  g_autoptr (GPtrArray)
    formulas = esp_demonstrations_imitate (demonstrations, (settings->length_limit + 1) / 2);
  guint n_sums = formulas->len;
  g_autofree double *values = NULL;
  EspFormula *plain = NULL;
  EspPopulation imitations = search->population;

  imitations.demonstrations = demonstrations;
  imitations.archive = esp_archive_new (IMITATION_DEPTH);
  imitations.samples = IMITATION_STATES;
  imitations.screening = 0;
  imitations.spent = 0;
  imitations.budget = UINT64_MAX;
  for (guint i = 0; i < n_sums; i++)
    esp_archive_offer (imitations.archive, g_ptr_array_index (formulas, i),
                       esp_population_measure (&imitations, g_ptr_array_index (formulas, i), pool));
  for (size_t i = 0; i < esp_archive_get_n (search->population.archive); i++)
    {
      EspFormula *formula = esp_archive_get (search->population.archive, i)->formula;

      esp_archive_offer (imitations.archive, formula, esp_population_measure (&imitations, formula, pool));
    }

  for (size_t i = 0; i < settings->imitations && search->going_on
                     && get_share (search, 0) < settings->teaching + IMITATION_SHARE
                     && esp_archive_get_n (imitations.archive) > 0;
       i++)
    {
      esp_population_run_generation (&imitations, pool);
      note_progress (search, 0);
    }
  for (size_t i = 0; i < esp_archive_get_n (imitations.archive); i++)
    if (esp_formula_get_longest (esp_archive_get (imitations.archive, i)->formula) <= settings->length_limit)
      g_ptr_array_add (formulas, esp_formula_ref (esp_archive_get (imitations.archive, i)->formula));
  esp_archive_unref (imitations.archive);

  values = g_new (double, MAX (1, formulas->len));
  esp_population_add (&search->population, formulas, values, pool);
  for (guint i = 0; i < n_sums; i++)
    if (esp_formula_get_longest (g_ptr_array_index (formulas, i)) <= settings->length_limit)
      plain = g_ptr_array_index (formulas, i);

  return choose_starts (formulas, values, plain, settings->starts);
}

/* Returns the best entry that is not too long; NULL if all are. */
static const EspArchiveEntry *
find_best_within (const Search *search)
{
  const EspArchive *archive = search->population.archive;
  const EspArchiveEntry *best = NULL;

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (archive, i);

      if (esp_formula_get_longest (entry->formula) <= search->settings->length_limit
          && (best == NULL || entry->value > best->value))
        best = entry;
    }

  return best;
}

/* Improves the seeds without asking them to be short, so that there is a better one to imitate. */
static void
improve_teacher (Search *search, EspPool *pool)
{
  EspPopulation *population = &search->population;
  size_t limit = population->length_limit;
  const EspArchiveEntry *best;

  population->length_limit = TEACHER_LENGTH * limit;
  while (search->going_on && get_share (search, 0) < search->settings->teaching
         && esp_archive_get_n (population->archive) > 0)
    {
      esp_population_run_generation (population, pool);
      note_progress (search, 0);
    }
  population->length_limit = limit;
  if (esp_archive_get_n (population->archive) == 0)
    return;

  best = esp_population_get_best (population);
  if (best->value > search->teacher_value)
    {
      esp_formula_unref (search->teacher);
      search->teacher = esp_formula_ref (best->formula);
      search->teacher_value = best->value;
    }
}

/* Lets edits be screened where the best formula that is not too long loses most against the teacher:
 * elsewhere there is less to gain, and rare failures would not be seen at all. */
static void
focus (Search *search, EspPool *pool)
{
  EspPopulation *population = &search->population;
  size_t n = esp_population_count_screening (population), n_parts = population->samples / n;
  const EspArchiveEntry *best = find_best_within (search);
  double largest = -HUGE_VAL;

  if (best == NULL || best->formula == search->focused)
    return;

  if (search->teacher_values == NULL)
    {
      search->teacher_values = g_new (double, n_parts);
      for (size_t i = 0; i < n_parts; i++)
        search->teacher_values[i] = esp_population_measure_part (population, search->teacher, i * n, pool);
    }
  for (size_t i = 0; i < n_parts && !is_cancelled (search); i++)
    {
      double loss = search->teacher_values[i]
                    - esp_population_measure_part (population, best->formula, i * n, pool);

      if (loss > largest)
        {
          largest = loss;
          population->screening_first = i * n;
        }
    }
  g_clear_pointer (&search->focused, esp_formula_unref);
  search->focused = esp_formula_ref (best->formula);
}

/* The evolution under way. */
typedef struct
{
  Search *search;
  EspPool *pool;
  uint64_t spent;
  double begun; /* at this share of the budget */
  double next;  /* share of the evolution at which its mean is offered to the archive */
} Evolution;

static double
note_evolution (void *data, EspFormula *formula)
{
  Evolution *evolution = data;
  Search *search = evolution->search;
  double share = (get_share (search, evolution->spent) - evolution->begun) / search->settings->evolution;

  if (share >= evolution->next)
    {
      esp_archive_offer (search->population.archive, formula,
                         esp_population_measure (&search->population, formula, evolution->pool));
      evolution->next = share + 1.0 / EVOLUTION_MEASUREMENTS;
    }
  note_progress (search, evolution->spent);

  return search->going_on ? share : 1.0;
}

/* Lets the numbers of the @n formulas @starts evolve, as a race. */
static void
evolve (Search *search, EspFormula *const *starts, size_t n, double step, EspPool *pool)
{
  const EspSearchSettings *settings = search->settings;
  Evolution evolution = { search, pool, .begun = get_share (search, 0) };
  EspTuning tuning = { settings->environment, NULL, search->cancelled, &evolution.spent };
  EspRace race = { .tuning = &tuning,
                   .evolver = { .episodes = MAX (1, settings->episodes / EVOLUTION_EPISODES),
                                .step = step,
                                .floor = EVOLUTION_FLOOR * step,
                                .seed = settings->seed },
                   .episodes = settings->episodes,
                   .note = note_evolution,
                   .data = &evolution };

  if (n > 0 && settings->evolution > 0.0)
    {
      EspFormula *evolved = esp_race_run (&race, starts, n, pool);

      search->population.spent += evolution.spent;
      esp_population_admit (&search->population, &evolved, pool);
      esp_formula_unref (evolved);
    }
}

/* A formula whose numbers are being rounded. */
typedef struct
{
  Search *search;
  const EspFormula *formula;
  EspPool *pool;
} Rounding;

static double
measure_rounded (void *data, const double *numbers)
{
  Rounding *rounding = data;
  g_autoptr (EspFormula) formula = esp_tuning_set_numbers (rounding->formula, numbers);

  return esp_population_measure (&rounding->search->population, formula, rounding->pool);
}

/* Rounds the numbers as far as the return allows. Returns a new reference, and its value. */
static EspFormula *
round_numbers (Search *search, const EspArchiveEntry *entry, EspPool *pool, double *value)
{
  const EspSearchSettings *settings = search->settings;
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (entry->formula);
  Rounding rounding = { search, entry->formula, pool };

  *value = esp_digits_round_numbers ((double *) (void *) numbers->data, numbers->len, settings->digits,
                                     entry->value, entry->value - settings->tolerance * fabs (entry->value),
                                     measure_rounded, &rounding, search->cancelled);

  return esp_tuning_set_numbers (entry->formula, (const double *) (void *) numbers->data);
}

/* Returns whether @entry, which another of at most its length beats, is so close to @best that episodes which
 * nobody has seen may say otherwise. */
static bool
is_rival (const Search *search, const EspArchiveEntry *entry, const EspArchiveEntry *best)
{
  return best != NULL && esp_formula_get_longest (entry->formula) <= search->settings->length_limit
         && entry->value >= best->value - RIVAL_SHARE * fabs (best->value);
}

/* The best of the population for each length, and the rivals of the best of all, with their numbers rounded:
 * but for what is too long, which is only there to be compared with. */
static EspArchive *
make_front (Search *search, EspPool *pool)
{
  const EspArchive *population = search->population.archive;
  const EspArchiveEntry *best = find_best_within (search);
  g_autoptr (EspArchive) alone = esp_archive_new (1);
  EspArchive *front = esp_archive_new (DEPTH);
  size_t n_rivals = 0;

  for (size_t i = 0; i < esp_archive_get_n (population); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (population, i);
      double value;

      if (!esp_archive_offer (alone, entry->formula, entry->value)
          && (!is_rival (search, entry, best) || ++n_rivals > MAX_RIVALS))
        continue;
      if (best != NULL && esp_formula_get_longest (entry->formula) > search->settings->length_limit)
        {
          esp_archive_offer (front, entry->formula, entry->value);
          continue;
        }

      g_autoptr (EspFormula) formula = round_numbers (search, entry, pool, &value);

      esp_archive_offer (front, formula, value);
    }

  return front;
}

/* Offers a seed to the archive, unless edits of it would take too long, and makes it the teacher if it is the
 * best so far. One that could not be measured is a seed all the same. */
static void
offer_seed (Search *search, EspFormula *seed, EspPool *pool)
{
  double value = fmax (-DBL_MAX, esp_population_measure (&search->population, seed, pool));

  if (search->teacher == NULL || value > search->teacher_value)
    {
      g_clear_pointer (&search->teacher, esp_formula_unref);
      search->teacher = esp_formula_ref (seed);
      search->teacher_value = value;
    }
  if (esp_formula_get_longest (seed) <= MAX_SEED_LENGTH
      && (!is_cancelled (search) || esp_archive_get_n (search->population.archive) == 0))
    esp_archive_offer (search->population.archive, seed, value);
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
                    .population = { .environment = settings->environment,
                                    .cancelled = cancelled,
                                    .archive = esp_archive_new (DEPTH),
                                    .samples = settings->episodes,
                                    .screening = settings->screening_episodes,
                                    .length_limit = settings->length_limit,
                                    .seed = settings->seed,
                                    .budget = settings->steps },
                    .progress = progress,
                    .data = data,
                    .started = esp_clock_now (),
                    .going_on = true };
  EspPopulation *population = &search.population;
  const EspArchiveEntry *best;

  for (size_t i = 0; i < n; i++)
    offer_seed (&search, seeds[i], pool);
  if (search.teacher == NULL)
    return population->archive;

  find_scales (&search, search.teacher);
  note_progress (&search, 0);
  improve_teacher (&search, pool);
  if (search.going_on)
    {
      g_autoptr (GPtrArray) starts = add_imitations (&search, pool);

      evolve (&search, (EspFormula *const *) starts->pdata, starts->len, FIRST_EVOLUTION, pool);
    }
  note_progress (&search, 0);
  while (search.going_on && esp_archive_get_n (population->archive) > 0
         && get_share (&search, 0) < 1.0 - settings->evolution)
    {
      focus (&search, pool);
      esp_population_run_generation (population, pool);
      note_progress (&search, 0);
    }
  best = find_best_within (&search);
  if (search.going_on && best != NULL)
    {
      g_autoptr (EspFormula) formula = esp_formula_ref (best->formula);

      evolve (&search, &formula, 1, LAST_EVOLUTION, pool);
    }

  /* where all seeds were too long and nothing imitates them, the best one is all there is */
  if (esp_archive_get_n (population->archive) == 0)
    esp_archive_offer (population->archive, search.teacher, search.teacher_value);
  front = make_front (&search, pool);
  esp_archive_unref (population->archive);
  esp_formula_unref (search.teacher);
  g_clear_pointer (&search.focused, esp_formula_unref);
  g_free (search.teacher_values);

  return front;
}

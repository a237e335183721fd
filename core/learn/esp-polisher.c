#include "esp-polisher.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "esp-clock.h"
#include "esp-evaluation.h"
#include "esp-pool.h"
#include "esp-recipe-private.h"
#include "esp-search.h"
#include "esp-triple.h"

/* A longer formula has no place in the front. */
#define MAX_FRONT_LENGTH 1000

/* How the budget is spent, as shares of it: until when new formulas are looked for, and until when numbers
 * are rounded. The rest is for measuring what was found. */
#define SEARCH_SHARE   0.7
#define ROUNDING_SHARE 0.85

/* Digits that numbers are rounded to where the recipe does not say: the user wants to read them. */
#define DIGITS 3

/* Episodes of the measurement at the end, as many times as many as the search works with. */
#define UNSEEN_FACTOR 2

struct _EspPolisher
{
  const EspEnvironmentInfo *environment;
  EspRecipe *recipe;
  EspActor *actor;
  GPtrArray *formulas; /* of EspFormula */
  double seconds;
  uint64_t seed;
  EspPool *pool;
  double started;
  pthread_t thread;

  /* shared */
  _Atomic bool cancelled;   /* by the owner */
  _Atomic bool search_over; /* so, or there is no time left to search */
  _Atomic bool check_over;  /* so, or there is no time left at all */
  EspTriple reports;

  /* the thread's own */
  EspArchive *front;
  size_t length;
};

EspPolishReport *
esp_polish_report_ref (EspPolishReport *report)
{
  atomic_fetch_add_explicit (&report->references, 1, memory_order_relaxed);
  return report;
}

void
esp_polish_report_unref (EspPolishReport *report)
{
  if (report == NULL || atomic_fetch_sub_explicit (&report->references, 1, memory_order_acq_rel) > 1)
    return;

  esp_archive_unref (report->front);
  esp_formula_unref (report->chosen);
  g_free (report);
}

static EspPolishReport *
report_new (const EspPolisher *polisher)
{
  EspPolishReport *report = g_new0 (EspPolishReport, 1);

  report->references = 1;
  report->front = polisher->front != NULL ? esp_archive_ref (polisher->front) : NULL;
  report->episodes = polisher->recipe->polish_search_episodes;
  report->length = polisher->length;

  return report;
}

static void
set_front (EspPolisher *polisher, EspArchive *front)
{
  esp_archive_unref (polisher->front);
  polisher->front = front;
}

static bool
note_search (void *data, double share, const EspArchive *archive)
{
  EspPolisher *polisher = data;
  g_autoptr (EspPolishReport) report = NULL;

  set_front (polisher, esp_archive_get_front (archive));
  report = report_new (polisher);
  esp_triple_publish (&polisher->reports, report);

  return esp_polisher_get_seconds (polisher) < SEARCH_SHARE * polisher->seconds;
}

static void
search (EspPolisher *polisher)
{
  const EspRecipe *recipe = polisher->recipe;
  EspSearchSettings settings = { .environment = polisher->environment,
                                 .steps = UINT64_MAX,
                                 .seconds = SEARCH_SHARE * polisher->seconds,
                                 .teaching = recipe->polish_teaching,
                                 .imitations = recipe->polish_imitations,
                                 .starts = recipe->polish_starts,
                                 .evolution = recipe->polish_evolution,
                                 .episodes = recipe->polish_search_episodes,
                                 .screening_episodes = recipe->polish_screening_episodes,
                                 .length_limit = recipe->length_limit,
                                 .digits = recipe->polish_digits > 0 ? recipe->polish_digits : DIGITS,
                                 .tolerance = recipe->polish_tolerance,
                                 .seed = polisher->seed };
  g_autoptr (EspArchive) found = NULL;

  if (polisher->cancelled)
    return;
  found = esp_search_formulas ((EspFormula *const *) polisher->formulas->pdata, polisher->formulas->len,
                               &settings, polisher->pool, note_search, polisher, &polisher->search_over);
  /* one that was cut short while it measured what it began with has seen nothing whole */
  if (polisher->front != NULL && esp_archive_get_n (found) > 0)
    set_front (polisher, esp_archive_get_front (found));
}

static double
measure (EspPolisher *polisher, const EspFormula *formula, size_t episodes)
{
  return esp_evaluate_formula (formula, polisher->environment, ESP_CHOICE_SEED, episodes, polisher->pool,
                               &polisher->check_over)
    .mean;
}

/* Measures the front and what was polished on episodes that the search has not seen. Leaves @report alone
 * where there is no time for it. */
static void
check (EspPolisher *polisher, EspPolishReport *report)
{
  g_autoptr (EspArchive) front = esp_archive_new (1);
  EspFormula *polished = g_ptr_array_index (polisher->formulas, 0);
  size_t episodes = UNSEEN_FACTOR * polisher->recipe->polish_search_episodes;
  double before = measure (polisher, polished, episodes);

  if (esp_formula_get_longest (polished) <= MAX_FRONT_LENGTH)
    esp_archive_offer (front, polished, before);
  for (size_t i = 0; i < esp_archive_get_n (polisher->front) && !polisher->check_over; i++)
    {
      EspFormula *formula = esp_archive_get (polisher->front, i)->formula;

      esp_archive_offer (front, formula, measure (polisher, formula, episodes));
    }
  if (polisher->check_over || esp_archive_get_n (front) == 0)
    return;

  esp_archive_unref (report->front);
  report->front = g_steal_pointer (&front);
  report->unseen = true;
  report->episodes = episodes;
  report->before = before;
}

/* Returns whether @chosen is as good as what was polished, which may be too long to be in the front. */
static bool
is_as_good (const EspPolisher *polisher, const EspPolishReport *report, const EspArchiveEntry *chosen)
{
  double tolerance = polisher->recipe->polish_tolerance;

  return !report->unseen || chosen->value >= report->before - tolerance * fabs (report->before);
}

static void
finish (EspPolisher *polisher)
{
  g_autoptr (EspPolishReport) report = report_new (polisher);
  const EspArchiveEntry *chosen;

  report->done = true;
  if (report->front != NULL && !polisher->cancelled)
    {
      check (polisher, report);
      chosen = esp_archive_choose (report->front, polisher->recipe->length_limit,
                                   polisher->recipe->polish_tolerance);
      if (chosen != NULL && !polisher->cancelled && is_as_good (polisher, report, chosen))
        {
          report->chosen = esp_formula_ref (chosen->formula);
          report->chosen_value = chosen->value;
        }
    }
  /* a network's formula takes long to be freed: not for the owner to wait for */
  g_ptr_array_set_size (polisher->formulas, 0);
  esp_triple_publish (&polisher->reports, report);
}

static void *
work (void *data)
{
  EspPolisher *polisher = data;

  if (polisher->actor != NULL)
    g_ptr_array_insert (polisher->formulas, 0, esp_actor_get_formula (polisher->actor));
  polisher->length = esp_formula_get_total_length (g_ptr_array_index (polisher->formulas, 0));
  if (!polisher->cancelled)
    search (polisher);
  finish (polisher);

  return NULL;
}

EspPolisher *
esp_polisher_new (const EspPolisherSettings *settings)
{
  EspPolisher *polisher = g_new0 (EspPolisher, 1);
  int failure;

  g_assert (settings->actor != NULL || settings->n_formulas > 0);
  polisher->environment = settings->environment;
  polisher->recipe = esp_recipe_ref (settings->recipe);
  polisher->actor = settings->actor != NULL ? esp_actor_ref (settings->actor) : NULL;
  polisher->formulas = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref);
  for (size_t i = 0; i < settings->n_formulas; i++)
    g_ptr_array_add (polisher->formulas, esp_formula_ref (settings->formulas[i]));
  polisher->seconds = settings->seconds;
  polisher->seed = settings->seed;
  polisher->pool = settings->n_workers != 1 ? esp_pool_new (settings->n_workers) : NULL;
  polisher->started = esp_clock_now ();
  esp_triple_init (&polisher->reports, (EspReferenceFunction) esp_polish_report_ref,
                   (EspReleaseFunction) esp_polish_report_unref);

  failure = pthread_create (&polisher->thread, NULL, work, polisher);
  if (failure != 0)
    g_error ("cannot start a thread: %s", g_strerror (failure));
  pthread_setname_np (polisher->thread, "polisher");

  return polisher;
}

double
esp_polisher_get_seconds (EspPolisher *polisher)
{
  return esp_clock_now () - polisher->started;
}

EspPolishReport *
esp_polisher_take_report (EspPolisher *polisher)
{
  double seconds = esp_polisher_get_seconds (polisher);

  if (seconds >= ROUNDING_SHARE * polisher->seconds)
    polisher->search_over = true;
  if (seconds >= polisher->seconds)
    polisher->check_over = true;

  return esp_triple_take (&polisher->reports);
}

void
esp_polisher_cancel (EspPolisher *polisher)
{
  polisher->cancelled = true;
  polisher->search_over = true;
  polisher->check_over = true;
}

void
esp_polisher_free (EspPolisher *polisher)
{
  if (polisher == NULL)
    return;

  esp_polisher_cancel (polisher);
  pthread_join (polisher->thread, NULL);

  esp_triple_clear (&polisher->reports);
  esp_archive_unref (polisher->front);
  esp_pool_free (polisher->pool);
  g_ptr_array_unref (polisher->formulas);
  esp_actor_unref (polisher->actor);
  esp_recipe_unref (polisher->recipe);
  g_free (polisher);
}

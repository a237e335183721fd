#include "esp-choice.h"

#include <math.h>

#include "esp-clock.h"
#include "esp-polish.h"
#include "esp-refit.h"
#include "esp-search.h"

/* Polished candidates are compared over this many episodes: enough that luck does not choose. */
#define CHOICE_EPISODES 200

/* And the front of a search over so many times as many as it worked with. */
#define CHOICE_FACTOR 2

/* What share of the work polishing the candidates is where a search follows. */
#define POLISH_SHARE 0.2

/* Of the seconds there are, all but this share are for pruning, refitting and searching, and half of that
 * share for rounding what was found; the rest is for measuring it. */
#define REST_SHARE 0.2

/* A search is given this many seconds at least; the deadline ends it nevertheless. */
#define SHORTEST_SEARCH 0.01

/* A choice takes roughly so many times as long as the steps of its search with random actions: longer
 * formulas, polishing before the search and measuring after it take about as much again. */
#define FORECAST_FACTOR 2.0

/* What share of the seconds, if there are any, pruning and refitting the candidates takes. */
#define POLISH_TIME 0.25

/* The choice under way. */
typedef struct
{
  const EspChoice *choice;
  const _Atomic bool *enough; /* the deadline has passed */
  EspPolishSettings polish;
  guint candidate; /* the one being polished */
  double polish_share;
  double seconds;           /* there are, or 0 */
  double started;           /* all of it */
  double share;             /* told last */
  bool hurried;             /* there was no time to round what was found */
  GPtrArray *formulas;      /* that polishing yielded */
  EspNetwork *network;      /* the best polished one */
  const EspNetwork *origin; /* what it was before */
  EspReturns returns;       /* its formula's */
  EspFormula *formula;
} Work;

static EspReturns
measure (const EspChoice *choice, const EspFormula *formula, uint64_t seed, size_t episodes)
{
  return esp_evaluate_formula (formula, choice->run->info, seed, episodes, choice->pool, choice->cancelled);
}

/* Lets what follows end when @share of all seconds is over, if there are any. */
static void
limit_time (const Work *work, double share)
{
  const EspChoice *choice = work->choice;

  if (work->seconds > 0.0)
    esp_deadline_set (choice->deadline, share * work->seconds - (esp_clock_now () - work->started));
  else
    esp_deadline_set (choice->deadline, HUGE_VAL);
}

/* Tells what share of the work is done, or of the seconds where there are any. */
static void
note_share (Work *work, double share)
{
  const EspChoice *choice = work->choice;

  if (work->seconds > 0.0)
    share = (esp_clock_now () - work->started) / work->seconds;
  work->share = CLAMP (share, work->share, 1.0);
  choice->note_progress (choice->data, work->share);
}

/* Returns the seconds that are left for the search, or 0 where none were given. */
static double
get_search_seconds (const Work *work)
{
  double left = (1.0 - REST_SHARE) * work->seconds - (esp_clock_now () - work->started);

  return work->seconds > 0.0 ? fmax (SHORTEST_SEARCH, left) : 0.0;
}

/* Returns whether @share of all seconds is over, if there are any, or there is no time left at all. */
static bool
is_late (const Work *work, double share)
{
  const EspChoice *choice = work->choice;

  return esp_deadline_is_ended (choice->deadline)
         || (work->seconds > 0.0 && esp_clock_now () - work->started >= share * work->seconds);
}

static void
note_polish (void *data, double share)
{
  Work *work = data;

  note_share (work,
              work->polish_share * (work->candidate + share) / (double) work->choice->run->candidates->len);
}

static void
work_init (Work *work, const EspChoice *choice)
{
  const EspRecipe *recipe = choice->run->recipe;

  *work = (Work){ .choice = choice,
                  .enough = esp_deadline_get_flag (choice->deadline),
                  .polish_share = 1.0,
                  /* nothing of a neural network is polished */
                  .seconds = recipe->policy != ESP_POLICY_NEURAL ? choice->seconds : 0.0,
                  .started = esp_clock_now (),
                  .formulas = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref),
                  .polish = { .rounds = recipe->polish_rounds,
                              .episodes = recipe->polish_episodes,
                              .evaluations = recipe->polish_evaluations,
                              .digits = recipe->polish_digits,
                              .length_limit = recipe->length_limit,
                              .tolerance = recipe->polish_tolerance,
                              .beam = recipe->polish_beam,
                              .steps = recipe->polish_steps } };
}

static void
work_clear (Work *work)
{
  g_ptr_array_unref (work->formulas);
  g_clear_pointer (&work->network, esp_network_unref);
  g_clear_pointer (&work->formula, esp_formula_unref);
}

/* Refits the numbers of *@formula through the critics and rounds them again; what comes of it takes its place
 * if it is better on the episodes of polishing and on those of the choice. */
static void
refit (Work *work, EspFormula **formula)
{
  const EspChoice *choice = work->choice;
  const EspRefitSettings settings = { .updates = choice->run->recipe->polish_refit_updates,
                                      .stream = ESP_STREAM_REFITS + work->candidate,
                                      .episodes = work->polish.episodes,
                                      .pool = choice->pool,
                                      .cancelled = work->enough };
  g_autoptr (EspFormula) refitted = NULL;
  g_autoptr (EspFormula) rounded = NULL;
  const uint64_t seeds[] = { ESP_POLISH_SEED, ESP_CHOICE_SEED };
  const size_t episodes[] = { work->polish.episodes, CHOICE_EPISODES };

  if (settings.updates == 0 || *work->enough)
    return;

  refitted = esp_refit_formula (*formula, choice->run, &settings);
  if (refitted == *formula)
    return;
  rounded = esp_polish_digits (refitted, choice->run->info, &work->polish, choice->pool, work->enough);
  for (size_t i = 0; i < G_N_ELEMENTS (seeds); i++)
    if (!(measure (choice, rounded, seeds[i], episodes[i]).mean
          > measure (choice, *formula, seeds[i], episodes[i]).mean))
      return;

  esp_formula_unref (*formula);
  *formula = g_steal_pointer (&rounded);
}

/* Returns the best of the candidates, as they are, of a neural network or of a formula of the user's. */
static EspActor *
choose_candidate (Work *work)
{
  const EspChoice *choice = work->choice;
  const EspRun *run = choice->run;
  EspActor *best = NULL;
  double best_mean = 0.0;

  for (guint i = 0; i < run->candidates->len; i++)
    {
      EspActor *actor = g_array_index (run->candidates, EspCandidate, i).actor;
      EspReturns returns;

      /* the first one did best while it was trained */
      if (best != NULL && is_late (work, POLISH_TIME))
        break;
      returns = esp_evaluate_actor (actor, ESP_CHOICE_SEED, CHOICE_EPISODES, choice->pool, choice->cancelled);
      if (best == NULL || returns.mean > best_mean)
        {
          best = actor;
          best_mean = returns.mean;
        }
      note_share (work, work->polish_share * (i + 1.0) / (double) run->candidates->len);
    }

  return best;
}

static void
note_numbers (void *data, double share)
{
  Work *work = data;

  note_share (work, work->polish_share + (1.0 - work->polish_share) * share);
}

/* Polishes the numbers of the formula of @actor, if the recipe polishes at all or there are seconds to do it
 * in. Returns a new reference to what is best on the episodes of the choice. */
static EspFormula *
polish_expression (Work *work, const EspActor *actor)
{
  const EspChoice *choice = work->choice;
  EspFormula *formula = esp_actor_get_formula (actor);
  g_autoptr (EspFormula) refitted = NULL;
  g_autoptr (EspFormula) searched = NULL;
  g_autoptr (EspFormula) rounded = NULL;

  if ((work->polish.rounds == 0 && work->seconds == 0.0) || *choice->cancelled)
    return formula;

  /* until the time is over */
  if (work->seconds > 0.0)
    {
      work->polish.rounds = G_MAXINT;
      work->polish.steps = 0;
    }
  limit_time (work, 1.0 - REST_SHARE);
  refitted = esp_formula_ref (formula);
  refit (work, &refitted);
  searched = esp_polish_numbers (refitted, choice->run->info, &work->polish, choice->pool, note_numbers, work,
                                 work->enough);
  limit_time (work, 1.0 - 0.5 * REST_SHARE);
  rounded = esp_polish_digits (searched, choice->run->info, &work->polish, choice->pool, work->enough);
  if (measure (choice, rounded, ESP_CHOICE_SEED, CHOICE_EPISODES).mean
      > measure (choice, formula, ESP_CHOICE_SEED, CHOICE_EPISODES).mean)
    {
      esp_formula_unref (formula);
      formula = g_steal_pointer (&rounded);
    }

  return formula;
}

static void
choose_expression (const EspChoice *choice, EspResult *result)
{
  Work work;
  EspActor *best;

  work_init (&work, choice);
  work.polish_share = work.polish.rounds > 0 ? POLISH_SHARE : 1.0;
  best = choose_candidate (&work);
  if (best != NULL)
    {
      result->formula = polish_expression (&work, best);
      result->actor = esp_actor_new_expression (choice->run->info, result->formula);
      result->formula_return = measure (choice, result->formula, ESP_REPORT_SEED, ESP_REPORT_EPISODES);
      result->policy_return = result->formula_return;
    }
  work_clear (&work);
}

static void
choose_neural (const EspChoice *choice, EspResult *result)
{
  Work work;
  EspActor *best;

  work_init (&work, choice);
  best = choose_candidate (&work);
  if (best != NULL)
    {
      result->actor = esp_actor_ref (best);
      result->policy_return = esp_evaluate_actor (best, ESP_REPORT_SEED, ESP_REPORT_EPISODES, choice->pool,
                                                  choice->cancelled);
    }
  work_clear (&work);
}

/* Takes @network, @formula and its @returns if they are better than what the work has: of two that cannot be
 * told apart, by a standard error, the shorter. */
static void
consider (
  Work *work, EspNetwork *network, const EspNetwork *origin, EspFormula *formula, const EspReturns *returns)
{
  size_t limit = work->choice->run->recipe->length_limit, length = esp_formula_get_longest (formula);
  size_t best_length = work->formula != NULL ? esp_formula_get_longest (work->formula) : 0;
  double margin = work->returns.deviation / sqrt (CHOICE_EPISODES);
  bool within = length <= limit, best_within = best_length <= limit;
  bool better = returns->mean > work->returns.mean + margin
                || (returns->mean >= work->returns.mean - margin && length < best_length);

  if (work->formula != NULL && !(within != best_within ? within : better))
    return;

  g_clear_pointer (&work->network, esp_network_unref);
  g_clear_pointer (&work->formula, esp_formula_unref);
  work->network = esp_network_ref (network);
  work->formula = esp_formula_ref (formula);
  work->origin = origin;
  work->returns = *returns;
}

static void
polish_candidates (Work *work)
{
  const EspChoice *choice = work->choice;
  const EspRun *run = choice->run;
  guint n = run->candidates->len;
  uint64_t steps = work->polish.steps, spent;

  for (work->candidate = 0; work->candidate < n && !*choice->cancelled; work->candidate++)
    {
      EspNetwork *candidate = g_array_index (run->candidates, EspCandidate, work->candidate).actor->network;
      g_autoptr (EspNetwork) polished = NULL;
      g_autoptr (EspFormula) formula = NULL;
      EspReturns returns;

      /* the first one did best while it was trained */
      if (work->formula != NULL && is_late (work, POLISH_TIME))
        break;
      limit_time (work, POLISH_TIME * (work->candidate + 1.0) / n);
      /* what one candidate leaves over is for the next ones */
      work->polish.steps = steps > 0 ? MAX (1, steps / (n - work->candidate)) : 0;
      polished = esp_polish (candidate, &work->polish, choice->pool, note_polish, work, &spent, work->enough);
      if (steps > 0)
        steps -= MIN (spent, steps - 1);
      formula = esp_polish_formula (polished, &work->polish, choice->pool, work->enough);
      refit (work, &formula);

      returns = measure (choice, formula, ESP_CHOICE_SEED, CHOICE_EPISODES);
      consider (work, polished, candidate, formula, &returns);
      g_ptr_array_add (work->formulas, esp_formula_ref (formula));
      /* a candidate that lost too much on the way is still worth imitating */
      g_ptr_array_add (work->formulas, esp_network_extract (candidate));
      note_polish (work, 1.0);
    }
}

static void
show_front (const EspChoice *choice, const EspArchive *archive)
{
  g_autoptr (EspArchive) front = esp_archive_get_front (archive);

  choice->show_front (choice->data, front);
}

static bool
note_search (void *data, double share, const EspArchive *archive)
{
  Work *work = data;
  const EspChoice *choice = work->choice;
  size_t n = esp_archive_get_n (archive);
  const EspArchiveEntry *best = NULL;

  note_share (work, work->polish_share + (1.0 - work->polish_share) * share);

  for (size_t i = 0; i < n; i++)
    if (esp_formula_get_longest (esp_archive_get (archive, i)->formula) <= choice->run->recipe->length_limit
        && (best == NULL || esp_archive_get (archive, i)->value > best->value))
      best = esp_archive_get (archive, i);
  show_front (choice, archive);
  if (best != NULL && best->formula != work->formula)
    {
      g_clear_pointer (&work->formula, esp_formula_unref);
      work->formula = esp_formula_ref (best->formula);
      choice->show (choice->data, work->formula);
    }

  return true;
}

/* Chooses from @front: the best formula that is not too long, or one that is shorter and as good but for the
 * tolerance. Returns NULL if all are too long. */
static EspFormula *
choose_from_front (const EspChoice *choice, const EspArchive *front)
{
  const EspRecipe *recipe = choice->run->recipe;
  const EspArchiveEntry *chosen = esp_archive_choose (front, recipe->length_limit, recipe->polish_tolerance);

  return chosen != NULL ? chosen->formula : NULL;
}

/* Returns the front of @found by the returns of @episodes that the search has not seen: of what would be
 * chosen first of all, then from the longest to the shortest as long as there is time. */
static EspArchive *
measure_front (const Work *work, const EspArchive *found, size_t episodes)
{
  const EspChoice *choice = work->choice;
  EspArchive *front = esp_archive_new (1);
  g_autoptr (EspArchive) best = esp_archive_get_front (found);
  EspFormula *first = choose_from_front (choice, best);

  if (first != NULL)
    esp_archive_offer (front, first, measure (choice, first, ESP_CHOICE_SEED, episodes).mean);
  for (size_t i = esp_archive_get_n (found); i-- > 0 && !*choice->cancelled;)
    {
      EspFormula *formula = esp_archive_get (found, i)->formula;

      if (*work->enough && esp_archive_get_n (front) > 0)
        break;
      if (formula != first)
        esp_archive_offer (front, formula, measure (choice, formula, ESP_CHOICE_SEED, episodes).mean);
    }

  return front;
}

/* Searches around the polished formulas; *@front is what was found. */
static void
search (Work *work, EspArchive **front)
{
  const EspChoice *choice = work->choice;
  const EspRun *run = choice->run;
  const EspRecipe *recipe = run->recipe;
  EspSearchSettings settings = { .environment = run->info,
                                 .steps = work->seconds > 0.0 ? UINT64_MAX : recipe->polish_search_steps,
                                 .seconds = get_search_seconds (work),
                                 .teaching = recipe->polish_teaching,
                                 .imitations = recipe->polish_imitations,
                                 .starts = recipe->polish_starts,
                                 .evolution = recipe->polish_evolution,
                                 .episodes = recipe->polish_search_episodes,
                                 .screening_episodes = recipe->polish_screening_episodes,
                                 .length_limit = recipe->length_limit,
                                 .digits = recipe->polish_digits,
                                 .tolerance = recipe->polish_tolerance,
                                 .seed = run->progress.seed };
  size_t episodes = MAX (CHOICE_EPISODES, CHOICE_FACTOR * recipe->polish_search_episodes);
  g_autoptr (EspFormula) polished = esp_formula_ref (work->formula);
  g_autoptr (EspArchive) found = NULL;
  EspFormula *chosen;

  limit_time (work, 1.0 - 0.5 * REST_SHARE);
  if (*work->enough)
    return;
  found = esp_search_formulas ((EspFormula *const *) work->formulas->pdata, work->formulas->len, &settings,
                               choice->pool, note_search, work, work->enough);
  work->hurried = *work->enough;
  limit_time (work, 1.0);
  *front = measure_front (work, found, episodes);
  chosen = choose_from_front (choice, *front);
  g_clear_pointer (&work->formula, esp_formula_unref);
  work->formula = esp_formula_ref (chosen != NULL ? chosen : polished);
  choice->show_front (choice->data, *front);
}

/* Rounds the chosen formula, for which there was no time before. */
static void
finish_digits (Work *work)
{
  const EspChoice *choice = work->choice;
  EspFormula *rounded = esp_polish_digits (work->formula, choice->run->info, &work->polish, choice->pool,
                                           choice->cancelled);

  esp_formula_unref (work->formula);
  work->formula = rounded;
}

static void
choose_symbolic (const EspChoice *choice, EspResult *result)
{
  const EspRun *run = choice->run;
  bool searches = run->recipe->polish_search_steps > 0 || choice->seconds > 0.0;
  Work work;

  work_init (&work, choice);
  if (!searches)
    work.polish_share = 1.0;
  else if (run->recipe->polish_rounds == 0 && run->recipe->polish_refit_updates == 0)
    work.polish_share = 0.0;
  else
    work.polish_share = POLISH_SHARE;
  polish_candidates (&work);
  if (work.formula != NULL)
    {
      if (searches && !*choice->cancelled && !esp_deadline_is_ended (choice->deadline))
        search (&work, &result->front);
      if ((work.hurried || esp_deadline_is_ended (choice->deadline)) && !*choice->cancelled)
        finish_digits (&work);
      result->actor = esp_actor_new_symbolic (work.network);
      result->formula = esp_formula_ref (work.formula);
      result->formula_return = measure (choice, result->formula, ESP_REPORT_SEED, ESP_REPORT_EPISODES);
      result->policy_return = result->formula_return;
      result->masked_return = esp_evaluate_masked (work.network, ESP_REPORT_SEED, ESP_REPORT_EPISODES,
                                                   choice->pool, choice->cancelled);
      /* polishing leaves the probabilities behind: the sampled policy is that of the snapshot */
      result->sampled_return = esp_evaluate_sampled (
        work.origin, run->progress.seed, ESP_STREAM_EVALUATIONS + run->progress.evaluations, ESP_REPORT_SEED,
        ESP_REPORT_EPISODES, choice->pool, choice->cancelled);
    }
  work_clear (&work);
}

double
esp_choice_forecast (const EspRecipe *recipe, double seconds, double step_seconds, size_t n_workers)
{
  /* what pruning takes depends on what there is to prune, and a network is not polished */
  if (recipe->policy == ESP_POLICY_NEURAL)
    return NAN;
  if (seconds > 0.0)
    return seconds;
  if (recipe->policy != ESP_POLICY_SYMBOLIC || recipe->polish_search_steps == 0 || !(step_seconds > 0.0))
    return NAN;

  return FORECAST_FACTOR * (double) recipe->polish_search_steps * step_seconds / (double) n_workers;
}

void
esp_choose (const EspChoice *choice, EspResult *result)
{
  switch (choice->run->recipe->policy)
    {
    case ESP_POLICY_SYMBOLIC:
      choose_symbolic (choice, result);
      break;

    case ESP_POLICY_EXPRESSION:
      choose_expression (choice, result);
      break;

    default:
      choose_neural (choice, result);
    }
  if (result->formula != NULL)
    choice->show (choice->data, result->formula);
}

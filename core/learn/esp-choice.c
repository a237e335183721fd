#include "esp-choice.h"

#include <math.h>

#include "esp-polish.h"
#include "esp-search.h"

/* Polished candidates are compared over this many episodes: enough that luck does not choose. */
#define CHOICE_EPISODES 200

/* And the front of a search over so many times as many as it worked with. */
#define CHOICE_FACTOR 2

/* What share of the work polishing the candidates is where a search follows. */
#define POLISH_SHARE 0.2

/* The choice under way. */
typedef struct
{
  const EspChoice *choice;
  guint candidate; /* the one being polished */
  double polish_share;
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

static void
note_polish (void *data, double share)
{
  const Work *work = data;
  const EspChoice *choice = work->choice;

  choice->note_progress (choice->data, work->polish_share * (work->candidate + share)
                                         / (double) choice->run->candidates->len);
}

/* Keeps the candidate with the best return, as it is: a neural network, or a formula of the user's. */
static void
choose_plainly (const EspChoice *choice, EspResult *result)
{
  const EspRun *run = choice->run;
  EspActor *best = NULL;
  EspReturns best_returns = { 0 };

  for (guint i = 0; i < run->candidates->len; i++)
    {
      EspActor *actor = g_array_index (run->candidates, EspCandidate, i).actor;
      EspReturns returns = esp_evaluate_actor (actor, ESP_CHOICE_SEED, CHOICE_EPISODES, choice->pool,
                                               choice->cancelled);

      if (best == NULL || returns.mean > best_returns.mean)
        {
          best = actor;
          best_returns = returns;
        }
      choice->note_progress (choice->data, (i + 1.0) / (double) run->candidates->len);
    }
  if (best == NULL)
    return;

  result->actor = esp_actor_ref (best);
  result->policy_return = esp_evaluate_actor (best, ESP_REPORT_SEED, ESP_REPORT_EPISODES, choice->pool,
                                              choice->cancelled);
  result->formula = esp_actor_get_formula (best);
  if (result->formula != NULL)
    result->formula_return = result->policy_return;
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
  const EspRecipe *recipe = run->recipe;
  EspPolishSettings settings = { .rounds = recipe->polish_rounds,
                                 .episodes = recipe->polish_episodes,
                                 .evaluations = recipe->polish_evaluations,
                                 .digits = recipe->polish_digits,
                                 .length_limit = recipe->length_limit,
                                 .tolerance = recipe->polish_tolerance };

  for (work->candidate = 0; work->candidate < run->candidates->len; work->candidate++)
    {
      EspNetwork *candidate = g_array_index (run->candidates, EspCandidate, work->candidate).actor->network;
      g_autoptr (EspNetwork)
        polished = esp_polish (candidate, &settings, choice->pool, note_polish, work, choice->cancelled);
      g_autoptr (EspFormula)
        formula = esp_polish_formula (polished, &settings, choice->pool, choice->cancelled);
      EspReturns returns = measure (choice, formula, ESP_CHOICE_SEED, CHOICE_EPISODES);

      consider (work, polished, candidate, formula, &returns);
      g_ptr_array_add (work->formulas, esp_formula_ref (formula));
      /* a candidate that lost too much on the way is still worth imitating */
      g_ptr_array_add (work->formulas, esp_network_extract (candidate));
    }
}

static bool
note_search (void *data, double share, const EspArchive *archive)
{
  Work *work = data;
  const EspChoice *choice = work->choice;
  size_t n = esp_archive_get_n (archive);
  const EspArchiveEntry *best = NULL;

  choice->note_progress (choice->data, work->polish_share + (1.0 - work->polish_share) * share);

  for (size_t i = 0; i < n; i++)
    if (esp_formula_get_longest (esp_archive_get (archive, i)->formula) <= choice->run->recipe->length_limit
        && (best == NULL || esp_archive_get (archive, i)->value > best->value))
      best = esp_archive_get (archive, i);
  if (best != NULL && best->formula != work->formula)
    {
      g_clear_pointer (&work->formula, esp_formula_unref);
      work->formula = esp_formula_ref (best->formula);
      choice->show (choice->data, work->formula);
    }

  return true;
}

/* Returns the front of @found by the returns of episodes that the search has not seen. */
static EspArchive *
measure_front (const EspChoice *choice, const EspArchive *found, size_t episodes)
{
  EspArchive *front = esp_archive_new (1);

  for (size_t i = 0; i < esp_archive_get_n (found) && !*choice->cancelled; i++)
    {
      EspFormula *formula = esp_archive_get (found, i)->formula;

      esp_archive_offer (front, formula, measure (choice, formula, ESP_CHOICE_SEED, episodes).mean);
    }

  return front;
}

/* Chooses from @front: the best formula that is not too long, or one that is shorter and as good but for the
 * tolerance. Returns NULL if all are too long. */
static EspFormula *
choose_from_front (const EspChoice *choice, const EspArchive *front)
{
  const EspRecipe *recipe = choice->run->recipe;
  const EspArchiveEntry *best = NULL;

  for (size_t i = 0; i < esp_archive_get_n (front); i++)
    if (esp_formula_get_longest (esp_archive_get (front, i)->formula) <= recipe->length_limit)
      best = esp_archive_get (front, i);
  for (size_t i = 0; best != NULL && i < esp_archive_get_n (front); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (front, i);

      if (esp_formula_get_longest (entry->formula) <= recipe->length_limit
          && entry->value >= best->value - recipe->polish_tolerance * fabs (best->value))
        return entry->formula;
    }

  return NULL;
}

/* Searches around the polished formulas; *@front is what was found. */
static void
search (Work *work, EspArchive **front)
{
  const EspChoice *choice = work->choice;
  const EspRun *run = choice->run;
  const EspRecipe *recipe = run->recipe;
  EspSearchSettings settings = { .environment = run->info,
                                 .steps = choice->seconds > 0.0 ? UINT64_MAX : recipe->polish_search_steps,
                                 .seconds = choice->seconds,
                                 .imitations = recipe->polish_imitations,
                                 .evolution = recipe->polish_evolution,
                                 .episodes = recipe->polish_search_episodes,
                                 .length_limit = recipe->length_limit,
                                 .digits = recipe->polish_digits,
                                 .tolerance = recipe->polish_tolerance,
                                 .seed = run->progress.seed };
  size_t episodes = MAX (CHOICE_EPISODES, CHOICE_FACTOR * recipe->polish_search_episodes);
  g_autoptr (EspFormula) polished = esp_formula_ref (work->formula);
  g_autoptr (EspArchive) found = NULL;
  EspFormula *chosen;

  found = esp_search_formulas ((EspFormula *const *) work->formulas->pdata, work->formulas->len, &settings,
                               choice->pool, note_search, work, choice->cancelled);
  *front = measure_front (choice, found, episodes);
  chosen = choose_from_front (choice, *front);
  g_clear_pointer (&work->formula, esp_formula_unref);
  work->formula = esp_formula_ref (chosen != NULL ? chosen : polished);
}

static void
choose_symbolic (const EspChoice *choice, EspResult *result)
{
  const EspRun *run = choice->run;
  bool searches = run->recipe->polish_search_steps > 0 || choice->seconds > 0.0;
  Work work = { .choice = choice,
                .polish_share = searches ? POLISH_SHARE : 1.0,
                .formulas = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref) };

  polish_candidates (&work);
  if (work.formula != NULL)
    {
      if (searches && !*choice->cancelled)
        search (&work, &result->front);
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

  g_ptr_array_unref (work.formulas);
  g_clear_pointer (&work.network, esp_network_unref);
  g_clear_pointer (&work.formula, esp_formula_unref);
}

void
esp_choose (const EspChoice *choice, EspResult *result)
{
  if (choice->run->recipe->policy == ESP_POLICY_SYMBOLIC)
    choose_symbolic (choice, result);
  else
    choose_plainly (choice, result);
  if (result->formula != NULL)
    choice->show (choice->data, result->formula);
}

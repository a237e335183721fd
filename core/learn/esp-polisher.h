/* The polisher: a search for shorter and better formulas whenever the user asks for one, on a thread of its
 * own, beside a run or after it.
 *
 * It begins from formulas and from what an actor says, searches among their neighbours for most of its
 * budget, and measures what was found on episodes that the search has not seen. It touches nothing of the run:
 * recipes, actors and formulas do not change.
 *
 * All functions belong to the owner's thread.
 */

#pragma once

#include "esp-actor.h"
#include "esp-archive.h"
#include "esp-recipe.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/**
 * EspPolisherSettings:
 * @environment: where formulas are measured
 * @recipe: says over how many episodes, how long a formula may be, and what brevity may cost; referenced
 * @actor: whose formula to begin from, referenced; NULL for none
 * @formulas: formulas to begin from, referenced; without @actor the first one is what is polished
 * @n_formulas: how many; not 0 without @actor
 * @seconds: how long it may take
 * @seed: seed of the search
 * @n_workers: threads to measure with; 0 means one for every processor
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspRecipe *recipe;
  EspActor *actor;
  EspFormula *const *formulas;
  size_t n_formulas;
  double seconds;
  uint64_t seed;
  size_t n_workers;
} EspPolisherSettings;

/**
 * EspPolishReport:
 * @references: private
 * @done: nothing follows
 * @front: what was found so far, NULL at first
 * @unseen: whether the returns of @front are of episodes that the search has not seen; those are otherwise
 *   somewhat better than they should be
 * @episodes: that its returns are measured over
 * @before: the return of what was polished over the same episodes, once it is @unseen
 * @length: the reading length of what was polished, over all actions; 0 before it is known
 * @chosen: what is to be used, once it is @done; NULL if it was cancelled, or nothing was found that is as
 *   good as what was polished
 * @chosen_value: its return
 *
 * How far it is. Immutable.
 */
typedef struct
{
  _Atomic int references;
  bool done;
  EspArchive *front;
  bool unseen;
  size_t episodes;
  double before;
  size_t length;
  EspFormula *chosen;
  double chosen_value;
} EspPolishReport;

typedef struct _EspPolisher EspPolisher;

/* Starts the thread. */
EspPolisher *esp_polisher_new (const EspPolisherSettings *settings);

/* Returns a new reference to the newest report that was not taken, or NULL. Never blocks. This is also what
 * looks at the clock: call it several times a second. */
EspPolishReport *esp_polisher_take_report (EspPolisher *polisher);

/* Returns how many seconds have gone by. */
double esp_polisher_get_seconds (EspPolisher *polisher);

/* Ends it soon, without waiting; a last report says that it is done, with the front as it stood. */
void esp_polisher_cancel (EspPolisher *polisher);

/* Cancels it, joins the thread and frees it. At once when a report has said that it is done; else this waits
 * for the step of an episode, or for the formula of a large network. NULL is allowed. */
void esp_polisher_free (EspPolisher *polisher);

EspPolishReport *esp_polish_report_ref (EspPolishReport *report);
void esp_polish_report_unref (EspPolishReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspPolisher, esp_polisher_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspPolishReport, esp_polish_report_unref)

G_END_DECLS

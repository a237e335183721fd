/* The assessor: the worker thread that extracts formulas, measures policies and makes the final choice,
 * so that the trainer never waits for formula work.
 *
 * It does one job at a time and, when it has none, extracts the formula of the newest actor that it was shown. The
 * results depend on the jobs alone, not on when they run. All functions are the trainer thread's, except
 * esp_assessor_quit() and esp_assessor_take_formula().
 */

#pragma once

#include "esp-run.h"
#include "esp-trainer.h"

G_BEGIN_DECLS

typedef struct _EspAssessor EspAssessor;

/* Returns an assessor whose thread runs until esp_assessor_free(). */
EspAssessor *esp_assessor_new (void);

/* Ends the thread's work for good, without waiting: the job under way is cut short and no other will be
 * done, so that a trainer that waits for one goes on at once. What it collects then is not to be kept.
 * Any thread. */
void esp_assessor_quit (EspAssessor *assessor);

/* Cancels what is under way, joins the thread and frees everything. */
void esp_assessor_free (EspAssessor *assessor);

/* Shows @actor (referenced): its formula, where it has one, is published soon, unless a newer one replaces it
 * before. */
void esp_assessor_show (EspAssessor *assessor, EspActor *actor);

/* Starts evaluating the policies of @actor (referenced), which stands at @step and is evaluation
 * number @index of the run of @seed. No job may be under way. */
void esp_assessor_evaluate (EspAssessor *assessor,
                            const EspRecipe *recipe,
                            EspActor *actor,
                            uint64_t seed,
                            uint64_t step,
                            uint64_t index);

/* Starts the final choice among the candidates of @run, which must stay as it is until the job is done
 * or cancelled. No job may be under way. */
void esp_assessor_choose (EspAssessor *assessor, const EspRun *run);

/* Lets polishing in the next final choice, the search included, last @seconds, whatever the recipe says; 0 leaves
 * it to that. Any thread. */
void esp_assessor_set_polish_seconds (EspAssessor *assessor, double seconds);

/* Ends polishing in the final choice under way, whose result is then made of the best so far; without waiting. */
void esp_assessor_settle (EspAssessor *assessor);

/* Returns whether a job is under way or its result has not been collected. */
bool esp_assessor_is_busy (EspAssessor *assessor);

/* Returns whether the job is done and its result can be collected without waiting. */
bool esp_assessor_has_result (EspAssessor *assessor);

/* Returns the share of the final choice that is done, 0 … 1. */
double esp_assessor_get_progress (EspAssessor *assessor);

/* Returns how many seconds the final choice by @recipe will take, as the evaluations so far have it; NaN where
 * nothing tells. */
double esp_assessor_forecast_choice (EspAssessor *assessor, const EspRecipe *recipe);

/* Returns a new reference to the newest front of the final choice's search that was not taken, or NULL. */
EspArchive *esp_assessor_take_front (EspAssessor *assessor);

/* Waits for the evaluation under way, adds it to @run and makes the assessor free again; FALSE, with
 * nothing added, if it was cut short by esp_assessor_quit(). */
gboolean esp_assessor_collect_evaluation (EspAssessor *assessor, EspRun *run);

/* Waits for the final choice under way and hands out its result (history, steps, updates and seconds are the
 * caller's to fill); FALSE if there was no candidate. The assessor is free again. */
gboolean esp_assessor_collect_choice (EspAssessor *assessor, EspResult *result);

/* Stops the job under way as soon as possible, forgets its result, and waits until that is so. */
void esp_assessor_cancel (EspAssessor *assessor);

/* Returns a new reference to the newest formula that @consumer has not taken, or NULL. The consumer's
 * thread. */
EspFormula *esp_assessor_take_formula (EspAssessor *assessor, EspConsumer consumer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspAssessor, esp_assessor_free)

G_END_DECLS

/* The final choice: which of a run's candidates its result is, polished and measured.
 *
 * Of symbolic candidates each is polished as a network, and the numbers of its formula are refitted through
 * the critics; the formulas that come out seed the search among their neighbours, if the recipe has one; and
 * the front of return against reading length that remains is measured anew, on episodes that nobody worked
 * with, before the choice falls. Of a formula of the user's the best candidate's numbers alone are polished,
 * and its structure stays. Neural candidates are taken as they are.
 *
 * All of it is bounded: by the recipe, in environment steps, measurements and updates; or by seconds. What
 * then remains to be done is measuring the result.
 */

#pragma once

#include "esp-deadline.h"
#include "esp-run.h"
#include "esp-trainer.h"

G_BEGIN_DECLS

/**
 * EspChoice:
 * @run: whose candidates to choose from; it stays as it is meanwhile
 * @pool: for measurements
 * @cancelled: ends the choice soon when it becomes true; the result is then of no use
 * @deadline: ends polishing, and the search, with the best so far when it passes; the choice sets it
 * @seconds: polishing, refitting and searching last that long in all, whatever the recipe says of the search;
 * 0 leaves it to the recipe
 * @note_progress: told the share that is done, 0 … 1
 * @show: shown the best formula so far (borrowed)
 * @show_front: shown the front so far (borrowed, and never changed again), while formulas are searched for
 * @data: for all three
 */
typedef struct
{
  const EspRun *run;
  EspPool *pool;
  const _Atomic bool *cancelled;
  EspDeadline *deadline;
  double seconds;
  void (*note_progress) (void *data, double share);
  void (*show) (void *data, EspFormula *formula);
  void (*show_front) (void *data, EspArchive *front);
  void *data;
} EspChoice;

/* Returns how many seconds the choice will take by @recipe with @n_workers, where a step of the environment
 * takes @step_seconds of one of them and polishing @seconds in all, or 0 for what the recipe says; NaN where
 * nothing but doing it tells. */
double esp_choice_forecast (const EspRecipe *recipe, double seconds, double step_seconds, size_t n_workers);

/* Fills @result, but for history, steps, updates and seconds; leaves it alone if there is no candidate. Blocks until
 * it is done. */
void esp_choose (const EspChoice *choice, EspResult *result);

G_END_DECLS

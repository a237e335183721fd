/* A trainer of small runs on cart-pole, waited for and compared. */

#pragma once

#include "esp-trainer.h"
#include "small-run.h"

/* Longer than anything here takes, under sanitizers on a busy machine too; in milliseconds. */
#define PATIENCE 60000

/* Returns the seconds of a clock that never goes back. */
double now (void);

void sleep_milliseconds (unsigned milliseconds);

/* Returns a trainer of @recipe, or, where that is NULL, of 600 steps with three evaluations, whose final
 * choice takes a moment. Each has another number of workers than the one before, and every comparison shows
 * that it does not matter. */
EspTrainer *make_trainer (EspRecipe *recipe, uint64_t seed);

/* Waits for the trainer to be in @state, and returns the newest snapshot. */
EspSnapshot *settle (EspTrainer *trainer, EspRunState state);

/* What two runs that are the same agree in. */
typedef struct
{
  char *formula;
  EspResult result;
} Outcome;

void outcome_clear (Outcome *outcome);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

/* Waits for the end of the trainer's run and tells what came out. */
void get_outcome (EspTrainer *trainer, Outcome *outcome);

/* Trains from the start to the end. */
void run_to_end (EspRecipe *recipe, uint64_t seed, Outcome *outcome);

/* Asserts that nothing differs by a bit. */
void assert_same (const Outcome *a, const Outcome *b);

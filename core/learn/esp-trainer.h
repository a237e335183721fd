/* The trainer: a thread that learns, steered by commands, seen through snapshots.
 *
 * The trainer owns all mutable learning state. Others queue commands, which it applies between two
 * steps, and take snapshots; nobody else locks what it works on. A second thread of its own, the
 * worker, extracts and evaluates formulas.
 *
 * One thread, the owner, calls new, free and the commands; each consumer's takes belong to one
 * thread.
 */

#pragma once

#include "esp-actor.h"
#include "esp-archive.h"
#include "esp-recipe.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/* Who takes snapshots and formulas; each has a triple buffer of its own. */
typedef enum
{
  ESP_CONSUMER_WINDOW,
  ESP_CONSUMER_VIEWER,
  ESP_N_CONSUMERS,
} EspConsumer;

/**
 * EspResult:
 * @formula: the final formula, from the best snapshots; NULL where the policy is a neural network
 * @actor: the final policy: the thresholded network the formula was extracted from, polished, or the neural
 *   network of the best snapshot
 * @front: formulas that no shorter one beats, by their returns on the episodes of the choice, where the final
 *   formula was searched for; else NULL
 * @policy_return: its returns, on seeds that took no part in choosing it; those of the formula where there is
 *   one
 * @formula_return: of @formula, on the same seeds; no episodes where there is none, as in the next two
 * @masked_return: of @actor's thresholded network, on the same seeds
 * @sampled_return: of sampled masks of the snapshot as it was before polishing, on the same seeds
 * @history: its curves; the evaluations that led to the candidates
 * @steps: environment steps taken
 * @updates: updates done
 * @seconds: wall-clock time, the final choice and what went before a resumed checkpoint included
 *
 * What a finished run hands out.
 */
typedef struct
{
  EspFormula *formula;
  EspActor *actor;
  EspArchive *front;
  EspReturns policy_return;
  EspReturns formula_return;
  EspReturns masked_return;
  EspReturns sampled_return;
  EspHistory *history;
  uint64_t steps;
  uint64_t updates;
  double seconds;
} EspResult;

typedef struct _EspTrainer EspTrainer;

/* An update has no more work to do at the same time than this many threads. */
#define ESP_MAX_WORKERS 4

/* Returns a paused trainer for the built-in @environment with @recipe (referenced); its threads run
 * until esp_trainer_free(). Fails as esp_environment_new() and esp_demand_measure()
 * do. */
EspTrainer *esp_trainer_new (const char *environment, EspRecipe *recipe, uint64_t seed, GError **error);

/* As esp_trainer_new(), going on where the checkpoint in @path stopped, bit by bit. Fails with
 * ESP_ERROR_FILE. */
EspTrainer *esp_trainer_new_from_checkpoint (const char *path, GError **error);

/* Makes the trainer write a checkpoint to @path once a minute, after the first evaluation and after later
 * ones, but those not more often than every ten seconds, when it stops and when it is done; each replaces the
 * one before atomically. Fails with ESP_ERROR_FILE, before anything is overwritten, where
 * @path cannot be written. Call before the first command. */
gboolean esp_trainer_set_checkpoint (EspTrainer *trainer, const char *path, GError **error);

/* Makes @n_workers threads, 1 … ESP_MAX_WORKERS, work on each update, or for 0 as many as there are
 * processors (and that are of use). The results do not depend on it. Call before the first command. */
void esp_trainer_set_workers (EspTrainer *trainer, size_t n_workers);

/* Lets polishing of the final formula, pruning, refitting and the search for a better one, last @seconds in
 * all, instead of what the recipe gives the search; what it finds then depends on the speed of the machine. 0
 * leaves it to the recipe. */
void esp_trainer_set_polish_seconds (EspTrainer *trainer, double seconds);

/* Stops and joins the threads and frees everything. Blocks for the step and the extraction
 * under way, or the checkpoint that is being written. */
void esp_trainer_free (EspTrainer *trainer);

/* Commands; they return at once and are applied in their order. */
void esp_trainer_run (EspTrainer *trainer);
void esp_trainer_pause (EspTrainer *trainer);

/* Takes @n_steps steps, on top of those of earlier calls that are still to do, and pauses; 1 is a single
 * step. */
void esp_trainer_run_steps (EspTrainer *trainer, uint64_t n_steps);

/* Begins again with @seed, and runs. */
void esp_trainer_restart (EspTrainer *trainer, uint64_t seed);

/* Stops learning and chooses the final policy from the snapshots evaluated so far; those of a run that
 * diverged are from before it did. */
void esp_trainer_finish (EspTrainer *trainer);

/* Ends polishing early, once the final policy is being chosen: it is then the best so far, and soon there.
 * Does nothing in other states. */
void esp_trainer_settle (EspTrainer *trainer);

/* Writes the checkpoint, unless the run diverged, and pauses. */
void esp_trainer_stop (EspTrainer *trainer);

/* Says whether somebody watches: then there are 30 snapshots and two formulas a second, else only what a
 * progress bar needs. Learning is the same. Whoever begins to watch gets a snapshot at once, and a
 * formula of a run that is paused or training. Any thread; at first nobody does. */
void esp_trainer_set_watched (EspTrainer *trainer, bool watched);

/* Waits until the trainer is paused, done or diverged with no command waiting, at most @milliseconds;
 * returns the state. The owner's thread, in programs without a main loop. */
EspRunState esp_trainer_wait (EspTrainer *trainer, unsigned milliseconds);

/* Copies the result of a run that is done into @result (clear it with esp_result_clear()) and returns
 * TRUE; returns FALSE in any other state. The owner's thread. */
gboolean esp_trainer_get_result (EspTrainer *trainer, EspResult *result);
void esp_result_clear (EspResult *result);

/* Returns the recipe, environment or seed of the run; those of a checkpoint after resuming. Owner. */
EspRecipe *esp_trainer_get_recipe (EspTrainer *trainer);
const EspEnvironmentInfo *esp_trainer_get_environment (EspTrainer *trainer);
uint64_t esp_trainer_get_seed (EspTrainer *trainer);

/* Returns why writing the last checkpoint failed (free with g_free()), or NULL if it did not. */
char *esp_trainer_get_checkpoint_error (EspTrainer *trainer);

/* Return a new reference to the newest snapshot or formula that @consumer has not taken, or NULL.
 * Never block. */
EspSnapshot *esp_trainer_take_snapshot (EspTrainer *trainer, EspConsumer consumer);
EspFormula *esp_trainer_take_formula (EspTrainer *trainer, EspConsumer consumer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTrainer, esp_trainer_free)

G_END_DECLS

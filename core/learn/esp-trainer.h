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
 * @formula: the final formula, from the best snapshot
 * @formula_return: its returns, on seeds that took no part in choosing it
 * @masked_return: of the thresholded network it was extracted from, on the same seeds
 * @sampled_return: of the sampled masks of that network, on the same seeds
 *
 * What a finished run hands out.
 */
typedef struct
{
  EspFormula *formula;
  EspReturns formula_return;
  EspReturns masked_return;
  EspReturns sampled_return;
  uint64_t steps;
  uint64_t updates;
  double seconds;
} EspResult;

typedef struct _EspTrainer EspTrainer;

/* Returns a paused trainer for @recipe (referenced) in the environment that it names; its threads
 * run until esp_trainer_free(). Fails as esp_environment_new() and esp_arrangement_new() do. */
EspTrainer *esp_trainer_new (EspRecipe *recipe, uint64_t seed, GError **error);

/* As esp_trainer_new(), going on where the checkpoint in @path stopped. Fails with ESP_ERROR_FILE. */
EspTrainer *esp_trainer_new_from_checkpoint (const char *path, GError **error);

/* Stops and joins the threads and frees everything. Blocks for one update at most. */
void esp_trainer_free (EspTrainer *trainer);

/* Commands; they return at once. */
void esp_trainer_run (EspTrainer *trainer);
void esp_trainer_pause (EspTrainer *trainer);
void esp_trainer_run_steps (EspTrainer *trainer, uint64_t n_steps); /* then pause; 1 is a single step */
void esp_trainer_restart (EspTrainer *trainer, uint64_t seed);      /* from the beginning, and run */
void esp_trainer_finish (EspTrainer *trainer);                      /* stop learning, choose the formula */

/* Return a new reference to the newest snapshot or formula that @consumer has not taken, or NULL.
 * Never block. */
EspSnapshot *esp_trainer_take_snapshot (EspTrainer *trainer, EspConsumer consumer);
EspFormula *esp_trainer_take_formula (EspTrainer *trainer, EspConsumer consumer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTrainer, esp_trainer_free)

G_END_DECLS

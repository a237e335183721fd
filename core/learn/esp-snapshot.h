/* Snapshots: immutable pictures of the trainer's state for readers.
 *
 * The trainer makes one at most 30 times a second and publishes it through one triple buffer per
 * consumer. A snapshot never changes after it was published; any thread may read and reference it.
 */

#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-actor.h"
#include "esp-archive.h"
#include "esp-arrangement.h"
#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspRunState:
 * @ESP_RUN_PAUSED: waiting for a command
 * @ESP_RUN_TRAINING: learning
 * @ESP_RUN_FINISHING: all steps done; choosing and polishing the final formula
 * @ESP_RUN_DONE: the final formula is there
 * @ESP_RUN_DIVERGED: stopped by a number that is not finite or a loss that exploded
 */
typedef enum
{
  ESP_RUN_PAUSED,
  ESP_RUN_TRAINING,
  ESP_RUN_FINISHING,
  ESP_RUN_DONE,
  ESP_RUN_DIVERGED,
} EspRunState;

/**
 * EspReturns:
 *
 * Returns of a policy over @episodes episodes whose seeds start at @seed.
 */
typedef struct
{
  double mean;
  double deviation;
  double minimum;
  double maximum;
  double mean_length; /* steps per episode */
  size_t episodes;    /* 0: not evaluated */
  uint64_t seed;
} EspReturns;

/**
 * EspEvaluation:
 *
 * The three policies of one evaluation: a sampled mask, the thresholded mask, and the formula. A neural policy
 * is one only, and stands in @masked: without its noise. The others have no episodes then.
 */
typedef struct
{
  uint64_t step;
  EspReturns sampled;
  EspReturns masked;
  EspReturns formula;
  size_t reading_length; /* of the longest action's expression */
  size_t live_paths;     /* paths of the thresholded mask that connect inputs to outputs, all actions */
} EspEvaluation;

/* Returns the mean return of the policy that would be kept: the formula, or the neural network. */
static inline double
esp_evaluation_get_return (const EspEvaluation *evaluation)
{
  return evaluation->formula.episodes > 0 ? evaluation->formula.mean : evaluation->masked.mean;
}

/* Returns what the formula returns more than the sampled policy does, NaN where both were not evaluated: the
 * gap that closes while the selector makes up its mind. */
static inline double
esp_evaluation_get_gap (const EspEvaluation *evaluation)
{
  return evaluation->formula.episodes > 0 && evaluation->sampled.episodes > 0
           ? evaluation->formula.mean - evaluation->sampled.mean
           : (double) NAN;
}

#define ESP_HISTOGRAM_BINS 20

/**
 * EspRecord:
 *
 * The learner's figures at one step, averaged since the record before.
 */
typedef struct
{
  uint64_t step;
  double critic_loss;
  double policy_loss;
  double entropy_weight; /* α */
  double entropy;        /* −mean log π */
  double value;          /* mean of the critics' minimum over the batch */
  double episode_return; /* of the last training episode that ended; NaN before the first */
  double temperature;
  double expected_paths; /* Σ p over all actions */
  double allowed_paths;  /* ρ · paths */
  float histogram[ESP_HISTOGRAM_BINS]; /* share of the probabilities in each twentieth of [0, 1] */
} EspRecord;

/**
 * EspHistory:
 *
 * The curves of a run so far: growing lists as they stood when the snapshot was made. Immutable and
 * counted by references.
 */
typedef struct
{
  _Atomic int references;
  size_t n_records;
  EspRecord *records;
  size_t n_evaluations;
  EspEvaluation *evaluations;
} EspHistory;

EspHistory *esp_history_new (const EspRecord *records,
                             size_t n_records,
                             const EspEvaluation *evaluations,
                             size_t n_evaluations);
EspHistory *esp_history_ref (EspHistory *history);
void esp_history_unref (EspHistory *history);

/**
 * EspSnapshot:
 *
 * All arrays belong to the snapshot.
 */
typedef struct
{
  _Atomic int references;

  /* the run */
  EspRunState state;
  char *message;       /* why it diverged, else NULL */
  uint64_t run;        /* counts restarts: snapshots of different runs must not be compared */
  uint64_t seed;
  uint64_t step;       /* environment steps done */
  uint64_t n_steps;    /* environment steps in the whole run */
  uint64_t updates;
  uint64_t episodes;
  double seconds;      /* wall-clock training time */
  double speed;        /* environment steps per second, smoothed */
  double progress;     /* 0 … 1, the final choice included */
  double learning_left; /* seconds that the remaining steps will take at the present speed; NaN where unknown */
  double choice_left;   /* and the final choice after them, or what is left of it; NaN where unknown */

  const EspEnvironmentInfo *environment;

  EspPolicyKind policy;
  EspActor *actor;     /* the policy as it acts now; of a run that is done, the final one */

  /* the symbolic networks; those of different actions share the arrangement. Without them, as of a neural
   * policy, n_actions is 0 and the arrangement NULL */
  size_t n_actions;
  EspArrangement *arrangement;
  float *weights;       /* [n_actions][n_weights], on raw observations */
  float *biases;        /* [n_actions][n_biases] */
  float *probabilities; /* [n_actions][n_weights] selection probabilities */
  double threshold;     /* a path is in the mask where its probability is greater */
  double temperature;
  double expected_paths;
  double allowed_paths;

  /* the thresholded networks at the trainer's present observation */
  double *observation;  /* [n_observations] */
  double *features;     /* [n_actions][n_features] inputs and operator values */
  double *actions;      /* [actions of the environment] physical actions */

  EspHistory *history;

  /* return against reading length of the formulas found so far, while the final choice searches for them and
   * once it is done; NULL before, and where nothing is searched. Another one has other formulas */
  EspArchive *front;
} EspSnapshot;

/* Returns a snapshot with all arrays zeroed, for the trainer to fill before it publishes. @arrangement is
 * NULL where there are no symbolic networks. */
EspSnapshot *esp_snapshot_new (const EspEnvironmentInfo *environment, EspArrangement *arrangement);
EspSnapshot *esp_snapshot_ref (EspSnapshot *snapshot);
void esp_snapshot_unref (EspSnapshot *snapshot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspHistory, esp_history_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspSnapshot, esp_snapshot_unref)

G_END_DECLS

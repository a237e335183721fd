/* A run: everything that learning changes, stepped synchronously by one thread.
 *
 * A run is a function of recipe, environment and seed: it has no clock and no threads. What measures it
 * (evaluations) comes in from outside and only adds to its history and its candidates.
 */

#pragma once

#include "esp-evaluation.h"
#include "esp-recipe-private.h"
#include "esp-sac.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/* The random streams of a run; each consumer has its own. */
typedef enum
{
  ESP_STREAM_PARAMETERS,
  ESP_STREAM_EPISODES,
  ESP_STREAM_ACTIONS,
  ESP_STREAM_MASKS,
  ESP_STREAM_BATCHES,
  ESP_STREAM_UPDATES,
  ESP_N_STREAMS,
  ESP_STREAM_REFITS = 900, /* plus the number of the candidate */
  ESP_STREAM_EVALUATIONS = 1000, /* plus the number of the evaluation */
} EspStream;

/**
 * EspCandidate:
 *
 * A snapshot that may give the final policy, with what chose it.
 */
typedef struct
{
  EspActor *actor;
  EspEvaluation evaluation;
} EspCandidate;

/**
 * EspProgress:
 *
 * The counters of a run and the sums of the record under way; plain data, saved as bytes.
 */
typedef struct
{
  uint64_t seed;
  uint64_t step;
  uint64_t episodes;
  uint64_t evaluations; /* that were asked for */
  double episode_return;
  double last_return;   /* of the last episode that ended; NaN before */
  uint64_t pending;     /* updates that are due before the next environment step */
  double sums[5];       /* critic loss, policy loss, entropy, value, number of updates */
  EspRandom streams[ESP_N_STREAMS];
  float exploration[ESP_MAX_ACTIONS]; /* the last noise that acted, where it is correlated in time */
} EspProgress;

typedef struct
{
  EspRecipe *recipe;
  const EspEnvironmentInfo *info;
  EspEnvironment *environment;
  EspSac sac;
  EspReplay replay;
  EspProgress progress;
  double *observation; /* [n_observations], the present one */
  float *acting_mask;  /* [n_weights] */
  GArray *records;     /* of EspRecord */
  GArray *evaluations; /* of EspEvaluation */
  GArray *candidates;  /* of EspCandidate, best first */
  double seconds;      /* that its trainer says it took; kept with it, and never looked at */

  /* private */
  EspPolicyPass acting;
  float *scaled;
  float *scaled_next;
} EspRun;

/* Returns a run at its beginning. @recipe is referenced. Fails as esp_environment_new(),
 * esp_demand_measure() and esp_policy_init() do. */
EspRun *esp_run_new (const char *environment, EspRecipe *recipe, uint64_t seed, GError **error);
void esp_run_free (EspRun *run);

/* Takes one environment step and the updates that follow it, or, where many are due at once after a period of
 * steps, some of these; a run that stops between them goes on there. Fails with ESP_ERROR_DIVERGED, and says
 * what diverged and when; the run must not be stepped on then. Returns TRUE otherwise. */
gboolean esp_run_step (EspRun *run, GError **error);

/* Returns whether all steps are done. */
bool esp_run_is_complete (const EspRun *run);

/* Returns whether the three policies are to be evaluated at the present step. */
bool esp_run_wants_evaluation (const EspRun *run);

/* Adds the evaluation of @actor (referenced) to the history, and @actor to the candidates if it is
 * among the best. Evaluations must come in the order of their steps. */
void esp_run_add_evaluation (EspRun *run, EspActor *actor, const EspEvaluation *evaluation);

/* Returns where the schedules stand now. */
EspSacSchedule esp_run_get_schedule (const EspRun *run);

/* Returns the sum of all selection probabilities. */
double esp_run_get_expected_paths (const EspRun *run);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspRun, esp_run_free)

G_END_DECLS

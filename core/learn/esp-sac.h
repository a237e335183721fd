/* Soft actor-critic: the learner and its update, for every kind of policy. Twin delayed deterministic policy
 * gradient is its variant for a deterministic policy: no entropy, a target for the policy too, noise on the
 * targets' actions, and the first critic alone to improve the policy by.
 *
 * SAC: Haarnoja et al., arXiv 1812.05905; TD3: Fujimoto et al., arXiv 1802.09477; the symbolic policy and its
 * losses: ESPL, arXiv 2311.02104.
 * Single precision; belongs to the trainer's thread, which may have workers. No allocation after esp_sac_init().
 */

#pragma once

#include "esp-policy.h"
#include "esp-pool.h"
#include "esp-replay.h"

G_BEGIN_DECLS

#define ESP_N_CRITICS 2

/* Each critic's share of the policy's gradient is worked out in two portions of columns. */
#define ESP_N_PORTIONS (2 * ESP_N_CRITICS)

/**
 * EspSacNoise:
 * @next_uniform: [n_weights] uniform in (0, 1): the Bernoulli mask of the next action
 * @next_normal: [n_actions][B] ε of the next action
 * @logistic: [S][n_weights] noise of the concrete masks
 * @normal: [n_actions][S · B] ε of the policy's actions; a deterministic policy needs none
 *
 * All random numbers of one update, so that an update is a function of its inputs.
 */
typedef struct
{
  float *next_uniform;
  float *next_normal;
  float *logistic;
  float *normal;
} EspSacNoise;

/**
 * EspSacSchedule:
 * @temperature: of the concrete masks, τ
 * @allowed_paths: Σp that is free of charge, ρ times all paths
 * @rate: factor on all learning rates
 *
 * Where the schedules stand at an update.
 */
typedef struct
{
  double temperature;
  double allowed_paths;
  double rate;
} EspSacSchedule;

/**
 * EspSacFigures:
 *
 * What the last update measured, all from the parameters before it.
 */
typedef struct
{
  double critic_loss;  /* sum of the critics' mean squared errors */
  double policy_loss;  /* all terms */
  double penalty;      /* of the guards */
  double sparsity;     /* L_sparse, without its weight */
  double logits;       /* penalty for logits beyond ±6, with its weight */
  double entropy;      /* −mean log π; 0 of a deterministic policy */
  double value;        /* mean of the critics' minimum for the policy's actions */
  double policy_norm;  /* of the policy's gradient before clipping */
} EspSacFigures;

/**
 * EspSac:
 *
 * Everything that learning changes is in the parameter and moment arrays, @log_alpha with its moments,
 * and @updates.
 */
typedef struct
{
  const EspRecipe *recipe;
  EspPolicy policy;
  EspPolicy target_policy; /* @policy with @target_parameters, where there are any */
  float *target_parameters; /* [n_parameters] of a deterministic policy, else NULL */
  EspMlp critic;
  float *critics[ESP_N_CRITICS];
  float *targets[ESP_N_CRITICS];
  float *critic_moments[ESP_N_CRITICS]; /* [2][n_parameters] */
  float *policy_moments;                /* [2][n_parameters] */
  float log_alpha;
  float log_alpha_moments[2];
  uint64_t updates;

  EspBatch batch;
  EspSacNoise noise;
  EspSacFigures figures;

  /* private */
  EspPool *pool;
  EspPolicyPass next;
  EspPolicyPass pass;
  float *policy_gradient;
  float *critic_gradient; /* [ESP_N_CRITICS][n_parameters] */
  float *input;           /* [n_observations + n_actions][S·B] of the policy's actions */
  float *batch_input;     /* [n_observations + n_actions][B] of the batch's */
  float *next_input;      /* [n_observations + n_actions][B] of the next ones */
  float *activations[ESP_N_CRITICS];
  float *batch_activations[ESP_N_CRITICS];
  float *target_activations[ESP_N_CRITICS];
  float *workspaces[ESP_N_CRITICS];         /* for the batch */
  float *column_workspaces[ESP_N_PORTIONS]; /* for a portion of the policy's columns */
  float *d_input[ESP_N_PORTIONS];           /* [n_actions][columns of a portion] */
  float *d_output[ESP_N_CRITICS];           /* [B] */
  uint32_t *chosen;   /* [S·B] the columns in which the first critic is the smaller, then the others */
  size_t n_chosen[ESP_N_CRITICS];
  float *ones;        /* [S·B] */
  float *d_value;     /* [n_actions][S·B] */
  float *target;      /* [B] */
  float *storage;
} EspSac;

/* Allocates and draws a learner. Fails as esp_policy_init() does. */
gboolean esp_sac_init (EspSac *sac,
                       const EspRecipe *recipe,
                       const EspEnvironmentInfo *environment,
                       EspRandom *random,
                       GError **error);
void esp_sac_clear (EspSac *sac);

/* Lets the workers of @pool (NULL: nobody; it must outlive @sac or be taken away) take part in the updates,
 * which do not depend on how many there are: each number is worked out by one of them, in one order. */
void esp_sac_set_pool (EspSac *sac, EspPool *pool);

/* Fills @sac->noise for the next update from @random. */
void esp_sac_draw_noise (EspSac *sac, EspRandom *random);

/* Fills @sac->batch with transitions of @replay, drawn from @batches, and @sac->noise from @noise: both at
 * the same time if there are workers, so the streams must be two. */
void esp_sac_prepare (EspSac *sac, const EspReplay *replay, EspRandom *batches, EspRandom *noise);

/* Does one update of critics and targets, and, when it is its turn, of policy, path selector and entropy
 * weight, with the transitions in
 * @sac->batch (observations scaled, rewards raw) and the numbers in @sac->noise; fills @sac->figures.
 * Losses and gradients that diverged are not followed, so that the parameters stay finite. */
void esp_sac_update (EspSac *sac, const EspSacSchedule *schedule);

/* Returns the entropy weight α; 0 for a deterministic policy. */
double esp_sac_get_alpha (const EspSac *sac);

/* Returns a sentence on what diverged in the last update (free with g_free()), or NULL if nothing did. */
char *esp_sac_find_divergence (const EspSac *sac);

G_END_DECLS

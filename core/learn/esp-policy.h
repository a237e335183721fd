/* The trainable policy: symbolic networks with a path selector give the mean, an ordinary network gives
 * the standard deviation of the exploration noise (discarded at deployment).
 *
 *   a = tanh (z),  z = u + σ ε,  log π = Σ −½ε² − ln σ − ½ ln 2π − 2 (ln 2 − z − softplus (−2 z))
 *
 * Actions are −1 … 1 here; observations are divided by the recipe's scales before they come in. Single
 * precision; belongs to the trainer's thread. (SAC: Haarnoja et al., arXiv 1812.05905; ESPL: arXiv
 * 2311.02104.)
 */

#pragma once

#include "esp-mlp.h"
#include "esp-network.h"
#include "esp-recipe-private.h"

G_BEGIN_DECLS

/**
 * EspPolicy:
 * @parameters: all parameters in the order of the following pointers, which point into it
 * @weights: [n_actions][n_weights of the arrangement]
 * @biases: [n_actions][n_biases of the arrangement]
 * @deviation_parameters: of the network @deviation, observations → ln σ
 * @probabilities: [n_actions][n_weights of the arrangement], always the last
 * @n_weights: weights of all actions
 * @n_biases: biases of all actions
 * @n_parameters: all parameters
 */
typedef struct
{
  const EspRecipe *recipe;
  const EspEnvironmentInfo *environment;
  EspArrangement *arrangement;
  size_t n_observations;
  size_t n_actions;
  float scales[ESP_MAX_OBSERVATIONS];
  EspMlp deviation;
  size_t n_weights;
  size_t n_biases;
  size_t n_parameters;
  float *parameters;
  float *weights;
  float *biases;
  float *deviation_parameters;
  float *probabilities;
} EspPolicy;

/* Allocates and draws a policy for @environment as @recipe (both must outlive it) says. Fails with
 * ESP_ERROR_SYNTAX or ESP_ERROR_RANGE for an arrangement or scales that do not fit. */
gboolean esp_policy_init (EspPolicy *policy,
                          const EspRecipe *recipe,
                          const EspEnvironmentInfo *environment,
                          EspRandom *random,
                          GError **error);
void esp_policy_clear (EspPolicy *policy);

/* Writes the scaled @observation to @scaled[n_observations]. */
void esp_policy_scale (const EspPolicy *policy, const double *observation, float *scaled);

/* Returns the policy as it is read: scales folded into the weights, paths thresholded. Unref it. */
EspNetwork *esp_policy_get_network (const EspPolicy *policy);

/**
 * EspPolicyPass:
 * @n_samples: observations in the batch, B
 * @n_masks: masks, each run on the whole batch, S; samples of mask k are columns kB … (k + 1)B
 * @masks: [n_masks][n_weights], to be set before a forward pass
 * @derivatives: [n_masks][n_weights] dm/dp, to be set before a backward pass
 * @noise: [n_actions][S·B] ε, to be set before
 * @mean: [n_actions][S·B] u
 * @actions: [n_actions][S·B] a
 * @log_density: [S·B] log π
 *
 * One run of the policy on a batch, and the memory it needs.
 */
typedef struct
{
  size_t n_samples;
  size_t n_masks;
  float *masks;
  float *derivatives;
  float *noise;
  float *mean;
  float *actions;
  float *log_density;

  /* private */
  float *log_deviation;  /* [n_actions][B], inside deviation_activations */
  float *deviation;      /* [n_actions][B] σ */
  float *squash;         /* [n_actions][S·B] derivative by u */
  float *effective;      /* [n_masks][n_weights] */
  float *features;       /* [n_masks][n_actions][n_features][B] */
  float *arguments;      /* [n_masks][n_actions][n_biases][B] */
  float *d_features;     /* of one network */
  float *d_arguments;
  float *d_weights;      /* [n_weights of the arrangement] */
  float *d_biases;
  float *deviation_activations;
  float *deviation_workspace;
  float *d_log_deviation; /* [n_actions][B] */
  float *storage;
} EspPolicyPass;

void esp_policy_pass_init (EspPolicyPass *pass, const EspPolicy *policy, size_t n_samples, size_t n_masks);
void esp_policy_pass_clear (EspPolicyPass *pass);

/* Runs the policy on @observations[n_observations][B] (scaled) with the masks and noise in @pass. */
void esp_policy_forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations);

/* Returns the guard, saturation, weight and bias penalties of the last forward pass, each times its
 * weight in the recipe, and writes the plain mean of the guards' penalties over masks, samples and
 * actions to @guard. */
double esp_policy_get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard);

/* Differentiates
 *
 *   mean (@alpha · log π − Q) + guard, saturation, weight and bias penalties
 *
 * over the last forward pass; @d_value[n_actions][S·B] is ∂Q/∂a of each column. Writes
 * @gradient[n_parameters]. */
void esp_policy_backward (const EspPolicy *policy,
                          EspPolicyPass *pass,
                          const float *observations,
                          double alpha,
                          const float *d_value,
                          float *gradient);

G_END_DECLS

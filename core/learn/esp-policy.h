/* The trainable policy. Whatever its kind, it gives a mean u and a standard deviation σ for each action:
 *
 *   a = tanh (z),  z = u + σ ε,  log π = Σ −½ε² − ln σ − ½ ln 2π − 2 (ln 2 − z − softplus (−2 z))
 *
 * or, if it is deterministic, a = tanh (u), to which noise is only added from outside.
 *
 * A symbolic policy has symbolic networks with a path selector for u, and an ordinary network for ln σ; a
 * neural one has one ordinary network for both; an expression policy has a formula of the user's for u, and
 * an ordinary network for ln σ. Actions are −1 … 1 here; observations are divided by the recipe's scales
 * before they come in. Single precision; belongs to the trainer's thread. (SAC: Haarnoja et al., arXiv
 * 1812.05905; ESPL: arXiv 2311.02104; TD3: Fujimoto et al., arXiv 1802.09477.)
 */

#pragma once

#include "esp-actor.h"
#include "esp-mlp.h"
#include "esp-network.h"
#include "esp-recipe-private.h"

G_BEGIN_DECLS

/**
 * EspPolicy:
 * @operations: what is done in the way of its kind
 * @deterministic: whether it has no σ
 * @n_masks: masks drawn for an update; 1 where there is no path selector
 * @n_parameters: all parameters
 * @parameters: all parameters, in the order of the following pointers for a symbolic policy, which point into
 * it
 * @n_weights: of a symbolic policy, weights of all actions; 0 where there is no path selector
 * @n_biases: biases of all actions
 * @weights: [n_actions][n_weights of the arrangement]
 * @biases: [n_actions][n_biases of the arrangement]
 * @deviation_parameters: of the network @deviation, observations → ln σ
 * @selector: [n_actions][n_weights of the arrangement], the path selector's parameters, always the last: the
 * probabilities or their logits, as the recipe's selector form says
 * @n_paths: paths of all actions: @n_weights but for those that the arrangement blocks
 * @probabilities: [n_actions][n_weights of the arrangement], @selector itself or what follows from it (see
 * esp_policy_update_probabilities()); 0 where there is no path
 * @network: of a neural policy: observations → u and ln σ
 * @formula: of an expression policy, as the user wrote it; its parameters are its constants and @deviation's
 */
typedef struct
{
  const EspRecipe *recipe;
  const EspEnvironmentInfo *environment;
  const struct _EspPolicyOperations *operations;
  bool deterministic;
  size_t n_observations;
  size_t n_actions;
  size_t n_masks;
  float scales[ESP_MAX_OBSERVATIONS];
  size_t n_parameters;
  float *parameters;

  /* a symbolic policy's */
  EspArrangement *arrangement;
  EspMlp deviation;
  size_t n_weights;
  size_t n_biases;
  float *weights;
  float *biases;
  float *deviation_parameters;
  float *selector;
  size_t n_paths;
  float *probabilities;
  float *own_probabilities; /* private: @probabilities where they are not @selector, else NULL */

  /* a neural policy's */
  EspMlp network;

  /* an expression policy's */
  EspFormula *formula;
} EspPolicy;

/* Counts the parameters of a policy, and the floats of a pass of @n_samples and @n_masks, before anything is
 * allocated. Fails with ESP_ERROR_SYNTAX or ESP_ERROR_RANGE for an arrangement, scales or an algorithm that
 * do not fit. */
gboolean esp_policy_measure (const EspRecipe *recipe,
                             const EspEnvironmentInfo *environment,
                             size_t n_samples,
                             size_t n_masks,
                             uint64_t *n_parameters,
                             uint64_t *n_floats,
                             GError **error);

/* Allocates and draws a policy for @environment as @recipe (both must outlive it) says. Fails as
 * esp_policy_measure() does. */
gboolean esp_policy_init (EspPolicy *policy,
                          const EspRecipe *recipe,
                          const EspEnvironmentInfo *environment,
                          EspRandom *random,
                          GError **error);
void esp_policy_clear (EspPolicy *policy);

/* Brings @policy->probabilities up to date with changed selector parameters, which are clipped first where
 * they are probabilities. */
void esp_policy_update_probabilities (EspPolicy *policy);

/* Writes the scaled @observation to @scaled[n_observations]. */
void esp_policy_scale (const EspPolicy *policy, const double *observation, float *scaled);

/* Returns the policy as it acts without noise, on raw observations: what is evaluated and kept. Unref it. */
EspActor *esp_policy_get_actor (const EspPolicy *policy);

/* Returns a symbolic policy as it is read: scales folded into the weights, paths thresholded. Unref it. */
EspNetwork *esp_policy_get_network (const EspPolicy *policy);

/**
 * EspPolicyPass:
 * @n_samples: observations in the batch, B
 * @n_masks: masks, each run on the whole batch, S; samples of mask k are columns kB … (k + 1)B
 * @masks: [n_masks][n_weights], to be set before a forward pass where there is a path selector
 * @derivatives: [n_masks][n_weights] dm/dp, to be set before a backward pass, likewise
 * @noise: [n_actions][S·B] ε, or what a deterministic policy's actions are moved by; to be set before
 * @mean: [n_actions][S·B] u
 * @actions: [n_actions][S·B] a
 * @log_density: [S·B] log π; 0 of a deterministic policy
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
  float *log_deviation;   /* [n_actions][B], inside activations */
  float *deviation;       /* [n_actions][B] σ */
  float *d_mean;          /* [n_actions][S·B] the loss's derivative by u */
  float *d_log_deviation; /* [n_actions][B] and by ln σ */
  float *activations;     /* of the ordinary network */
  float *workspace;
  float *effective;  /* [n_masks][n_weights] */
  float *features;   /* [n_masks][n_actions][n_features][B] */
  float *arguments;  /* [n_masks][n_actions][n_biases][B] */
  float *d_features; /* [n_actions][n_features][B], of one mask at a time */
  float *d_arguments;
  float *d_weights; /* [n_weights] */
  float *d_biases;
  float *storage;
} EspPolicyPass;

void esp_policy_pass_init (EspPolicyPass *pass, const EspPolicy *policy, size_t n_samples, size_t n_masks);
void esp_policy_pass_clear (EspPolicyPass *pass);

/* Runs the policy on @observations[n_observations][B] (scaled) with the masks and noise in @pass. */
void esp_policy_forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations);

/* Returns the guard, saturation, weight and bias penalties of the last forward pass, each times its
 * weight in the recipe, and writes the plain mean of the guards' penalties over masks, samples and
 * actions to @guard. Those of guards, weights and biases are for symbolic policies only. */
double esp_policy_get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard);

/* Starts to differentiate
 *
 *   mean (@alpha · log π − Q) + guard, saturation, weight and bias penalties
 *
 * over the last forward pass, for which a deterministic policy's noise must have been 0;
 * @d_value[n_actions][S·B] is ∂Q/∂a of each column. */
void
esp_policy_begin_backward (const EspPolicy *policy, EspPolicyPass *pass, double alpha, const float *d_value);

/* Returns in how many parts the gradient is taken. */
size_t esp_policy_count_parts (const EspPolicy *policy);

/* Writes that part of @gradient[n_parameters] which no other @part writes; the gradient is complete with
 * all of them. The parts may be taken by several threads at once. */
void esp_policy_backward (
  const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient);

G_END_DECLS

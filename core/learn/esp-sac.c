#include "esp-sac.h"

#include <math.h>
#include <string.h>

#include "esp-adam.h"
#include "esp-memory.h"
#include "esp-path-selector.h"
#include "esp-sac-private.h"

/* A critic this far off learns nothing any more, even while its numbers are still finite. */
#define EXPLODED 1e12

static bool
is_sound (double figure)
{
  /* FALSE for a NaN too */
  return fabs (figure) <= EXPLODED;
}

gboolean
esp_sac_init (EspSac *sac,
              const EspRecipe *recipe,
              const EspEnvironmentInfo *environment,
              EspRandom *random,
              GError **error)
{
  size_t n = recipe->batch_size, n_masks = esp_recipe_count_masks (recipe), n_columns = n * n_masks;
  size_t n_inputs = environment->n_observations + environment->n_actions;
  size_t n_weights, n_parameters, n_policy;

  *sac = (EspSac){ .recipe = recipe, .log_alpha = logf ((float) recipe->initial_entropy_weight) };
  if (!esp_policy_init (&sac->policy, recipe, environment, random, error))
    return FALSE;
  esp_mlp_init (&sac->critic, n_inputs, recipe->critic_hidden.values, recipe->critic_hidden.n, 1);
  n_weights = sac->policy.n_weights;
  n_parameters = sac->critic.n_parameters;
  n_policy = sac->policy.n_parameters;

  struct
  {
    float **array;
    size_t n;
  } arrays[] = {
    { &sac->critics[0], n_parameters },
    { &sac->critics[1], n_parameters },
    { &sac->targets[0], n_parameters },
    { &sac->targets[1], n_parameters },
    { &sac->critic_moments[0], 2 * n_parameters },
    { &sac->critic_moments[1], 2 * n_parameters },
    { &sac->policy_moments, 2 * n_policy },
    { &sac->target_parameters, sac->policy.deterministic ? n_policy : 0 },
    { &sac->batch.observations, environment->n_observations * n },
    { &sac->batch.actions, environment->n_actions * n },
    { &sac->batch.rewards, n },
    { &sac->batch.next_observations, environment->n_observations * n },
    { &sac->batch.terminated, n },
    { &sac->noise.next_uniform, n_weights },
    { &sac->noise.next_normal, environment->n_actions * n },
    { &sac->noise.logistic, n_masks * n_weights },
    { &sac->noise.normal, environment->n_actions * n_columns },
    { &sac->policy_gradient, n_policy },
    { &sac->critic_gradient, n_parameters },
    { &sac->input, n_inputs * n_columns },
    { &sac->d_input, n_inputs * n_columns },
    { &sac->activations[0], esp_mlp_activations_size (&sac->critic, n_columns) },
    { &sac->activations[1], esp_mlp_activations_size (&sac->critic, n_columns) },
    { &sac->workspace, esp_mlp_workspace_size (&sac->critic, n_columns) },
    { &sac->d_output, n_columns },
    { &sac->d_value, environment->n_actions * n_columns },
    { &sac->target, n },
  };
  size_t total = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (arrays); i++)
    total += (arrays[i].n + 15) / 16 * 16;
  sac->storage = esp_new_floats (total);
  total = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (arrays); i++)
    {
      *arrays[i].array = sac->storage + total;
      total += (arrays[i].n + 15) / 16 * 16;
    }
  sac->batch.n_samples = n;

  /* the targets are drawn independently of the critics, as published */
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    esp_mlp_draw_critic (&sac->critic, sac->critics[c], (float) recipe->critic_initial, random);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    esp_mlp_draw_critic (&sac->critic, sac->targets[c], (float) recipe->critic_initial, random);

  sac->target_policy = sac->policy;
  if (sac->policy.deterministic)
    {
      memcpy (sac->target_parameters, sac->policy.parameters, n_policy * sizeof (float));
      sac->target_policy.parameters = sac->target_parameters;
    }
  else
    sac->target_parameters = NULL;

  esp_policy_pass_init (&sac->next, &sac->policy, n, 1);
  esp_policy_pass_init (&sac->pass, &sac->policy, n, n_masks);

  return TRUE;
}

void
esp_sac_clear (EspSac *sac)
{
  esp_policy_clear (&sac->policy);
  esp_policy_pass_clear (&sac->next);
  esp_policy_pass_clear (&sac->pass);
  g_clear_pointer (&sac->storage, esp_free_aligned);
}

double
esp_sac_get_alpha (const EspSac *sac)
{
  return sac->policy.deterministic ? 0.0 : exp ((double) sac->log_alpha);
}

void
esp_sac_draw_noise (EspSac *sac, EspRandom *random)
{
  size_t n = sac->recipe->batch_size, n_masks = sac->policy.n_masks;

  esp_random_fill_uniform (random, sac->noise.next_uniform, sac->policy.n_weights);
  esp_random_fill_normal (random, sac->noise.next_normal, sac->policy.n_actions * n);
  esp_random_fill_logistic (random, sac->noise.logistic, n_masks * sac->policy.n_weights);
  if (!sac->policy.deterministic)
    esp_random_fill_normal (random, sac->noise.normal, sac->policy.n_actions * n_masks * n);
}

/* Lays observations, repeated @n_blocks times, and actions under each other as the critics' input. */
static void
fill_input (EspSac *sac, const float *observations, const float *actions, size_t n, size_t n_blocks)
{
  size_t n_observations = sac->policy.n_observations, n_columns = n * n_blocks;

  for (size_t row = 0; row < n_observations; row++)
    for (size_t k = 0; k < n_blocks; k++)
      memcpy (sac->input + row * n_columns + k * n, observations + row * n, n * sizeof (float));
  memcpy (sac->input + n_observations * n_columns, actions,
          sac->policy.n_actions * n_columns * sizeof (float));
}

/* Sets what moves a deterministic policy's next actions, so that the critics are smooth around them. */
static void
set_smoothing_noise (EspSac *sac)
{
  const EspRecipe *recipe = sac->recipe;
  float deviation = (float) recipe->smoothing_noise, limit = (float) recipe->smoothing_limit;

  for (size_t i = 0; i < sac->policy.n_actions * sac->batch.n_samples; i++)
    sac->next.noise[i] = CLAMP (deviation * sac->noise.next_normal[i], -limit, limit);
}

/* y = scale (r + offset) + (1 − d) γ (min Q̄ (s', a') − α log π (a'|s')) */
static void
compute_target (EspSac *sac, double alpha)
{
  const EspRecipe *recipe = sac->recipe;
  const EspBatch *batch = &sac->batch;
  size_t n = batch->n_samples;
  const float *values[ESP_N_CRITICS];

  for (size_t i = 0; i < sac->policy.n_weights; i++)
    sac->next.masks[i] = sac->noise.next_uniform[i] < sac->policy.probabilities[i] ? 1.0f : 0.0f;
  if (sac->policy.deterministic)
    set_smoothing_noise (sac);
  else
    memcpy (sac->next.noise, sac->noise.next_normal, sac->policy.n_actions * n * sizeof (float));
  esp_policy_forward (&sac->target_policy, &sac->next, batch->next_observations);

  fill_input (sac, batch->next_observations, sac->next.actions, n, 1);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    values[c] = esp_mlp_forward (&sac->critic, sac->targets[c], sac->input, n, sac->activations[c]);

  for (size_t i = 0; i < n; i++)
    {
      float value = fminf (values[0][i], values[1][i]) - (float) alpha * sac->next.log_density[i];
      float reward = (float) (recipe->reward_scale * (batch->rewards[i] + recipe->reward_offset));

      sac->target[i] = reward + (1.0f - batch->terminated[i]) * (float) recipe->discount * value;
    }
}

void
esp_sac_differentiate_policy (EspSac *sac, const EspSacSchedule *schedule, double alpha)
{
  const EspRecipe *recipe = sac->recipe;
  EspPolicy *policy = &sac->policy;
  EspPolicyPass *pass = &sac->pass;
  size_t n = sac->batch.n_samples, n_columns = n * pass->n_masks;
  size_t n_critics = policy->deterministic ? 1 : ESP_N_CRITICS;
  const float *values[ESP_N_CRITICS];
  double value = 0.0, density = 0.0, penalty, sparsity_slope;
  float *d_probabilities;

  for (size_t k = 0; policy->n_weights > 0 && k < pass->n_masks; k++)
    esp_selector_make_concrete (policy->probabilities, sac->noise.logistic + k * policy->n_weights,
                                policy->n_weights, schedule->temperature, recipe->derivative_limit,
                                recipe->soft_masks, pass->masks + k * policy->n_weights,
                                pass->derivatives + k * policy->n_weights);
  /* the noise of a deterministic policy's pass stays 0 */
  if (!policy->deterministic)
    memcpy (pass->noise, sac->noise.normal, policy->n_actions * n_columns * sizeof (float));
  esp_policy_forward (policy, pass, sac->batch.observations);

  fill_input (sac, sac->batch.observations, pass->actions, n, pass->n_masks);
  for (size_t c = 0; c < n_critics; c++)
    values[c] = esp_mlp_forward (&sac->critic, sac->critics[c], sac->input, n_columns, sac->activations[c]);
  if (n_critics == 1)
    values[1] = values[0];

  /* only the critic with the smaller value passes the gradient on */
  memset (sac->d_value, 0, policy->n_actions * n_columns * sizeof (float));
  for (size_t c = 0; c < n_critics; c++)
    {
      for (size_t i = 0; i < n_columns; i++)
        sac->d_output[i] = (values[0][i] <= values[1][i]) == (c == 0) ? 1.0f : 0.0f;
      esp_mlp_backward (&sac->critic, sac->critics[c], sac->input, sac->activations[c], sac->d_output,
                        n_columns, sac->workspace, NULL, sac->d_input);
      for (size_t i = 0; i < policy->n_actions * n_columns; i++)
        sac->d_value[i] += sac->d_input[policy->n_observations * n_columns + i];
    }

  esp_policy_backward (policy, pass, sac->batch.observations, alpha, sac->d_value, sac->policy_gradient);

  sac->figures.sparsity = esp_selector_sparsity (policy->probabilities, policy->n_weights,
                                                 schedule->allowed_paths, policy->n_actions, &sparsity_slope);
  d_probabilities = sac->policy_gradient + (policy->probabilities - policy->parameters);
  for (size_t i = 0; i < policy->n_weights; i++)
    d_probabilities[i] += (float) (recipe->sparsity_weight * sparsity_slope);

  for (size_t i = 0; i < n_columns; i++)
    {
      value += fminf (values[0][i], values[1][i]);
      density += pass->log_density[i];
    }
  sac->figures.value = value / (double) n_columns;
  sac->figures.entropy = -density / (double) n_columns;
  penalty = esp_policy_get_penalty (policy, pass, &sac->figures.penalty);
  sac->figures.policy_loss = -alpha * sac->figures.entropy - sac->figures.value + penalty
                             + recipe->sparsity_weight * sac->figures.sparsity;
}

/* Applies the policy's gradient, clipped, with learning rates of their own for the probabilities. Returns
 * whether it was sound; nothing changes otherwise. */
static bool
step_policy (EspSac *sac, const EspSacSchedule *schedule)
{
  const EspRecipe *recipe = sac->recipe;
  EspPolicy *policy = &sac->policy;
  size_t n = policy->n_parameters, n_plain = n - policy->n_weights;
  float *first = sac->policy_moments, *second = sac->policy_moments + n;
  uint64_t time = sac->updates / recipe->policy_period;
  double plain_norm = esp_norm (sac->policy_gradient, n_plain);
  double selector_norm = esp_norm (sac->policy_gradient + n_plain, policy->n_weights);
  double joint_norm = hypot (plain_norm, selector_norm);
  bool joint = recipe->selector_clip <= 0.0;
  double norm = joint ? joint_norm : plain_norm;
  double plain_scale = recipe->policy_clip > 0.0 && norm > recipe->policy_clip ? recipe->policy_clip / norm
                                                                               : 1.0;
  double selector_scale = joint                                   ? plain_scale
                          : selector_norm > recipe->selector_clip ? recipe->selector_clip / selector_norm
                                                                  : 1.0;

  sac->figures.policy_norm = joint_norm;
  if (!is_sound (joint_norm))
    return false;

  esp_adam_step (policy->parameters, sac->policy_gradient, first, second, n_plain, time,
                 (float) (recipe->policy_rate * schedule->rate), (float) plain_scale);
  esp_adam_step (policy->probabilities, sac->policy_gradient + n_plain, first + n_plain, second + n_plain,
                 policy->n_weights, time, (float) (recipe->selector_rate * schedule->rate),
                 (float) selector_scale);
  for (size_t i = 0; i < policy->n_weights; i++)
    policy->probabilities[i] = CLAMP (policy->probabilities[i], 0.0f, 1.0f);

  return true;
}

double
esp_sac_differentiate_critic (EspSac *sac, size_t critic)
{
  const EspBatch *batch = &sac->batch;
  size_t n = batch->n_samples;
  const float *values;
  double sum = 0.0;

  fill_input (sac, batch->observations, batch->actions, n, 1);
  values = esp_mlp_forward (&sac->critic, sac->critics[critic], sac->input, n, sac->activations[critic]);
  for (size_t i = 0; i < n; i++)
    {
      float error = values[i] - sac->target[i];

      sum += (double) error * error;
      sac->d_output[i] = 2.0f * error / (float) n;
    }
  esp_mlp_backward (&sac->critic, sac->critics[critic], sac->input, sac->activations[critic], sac->d_output,
                    n, sac->workspace, sac->critic_gradient, NULL);

  return sum / (double) n;
}

/* Returns whether the losses were sound; a critic whose loss is not does not change. */
static bool
step_critics (EspSac *sac, const EspSacSchedule *schedule)
{
  size_t n = sac->critic.n_parameters;

  sac->figures.critic_loss = 0.0;
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      sac->figures.critic_loss += esp_sac_differentiate_critic (sac, c);
      if (!is_sound (sac->figures.critic_loss))
        return false;
      esp_adam_step (sac->critics[c], sac->critic_gradient, sac->critic_moments[c],
                     sac->critic_moments[c] + n, n, sac->updates,
                     (float) (sac->recipe->critic_rate * schedule->rate), 1.0f);
      /* those of SAC follow at every update, those of TD3 with the policy */
      if (!sac->policy.deterministic)
        esp_move_towards (sac->targets[c], sac->critics[c], n, (float) sac->recipe->target_rate);
    }

  return true;
}

static void
step_alpha (EspSac *sac, const EspSacSchedule *schedule)
{
  const EspRecipe *recipe = sac->recipe;
  double target = recipe->target_entropy * (double) sac->policy.n_actions;
  /* J (α) = −ln α · (mean log π + target) */
  float gradient = (float) (sac->figures.entropy - target);

  esp_adam_step (&sac->log_alpha, &gradient, &sac->log_alpha_moments[0], &sac->log_alpha_moments[1], 1,
                 sac->updates / recipe->policy_period, (float) (recipe->entropy_rate * schedule->rate), 1.0f);
  if (recipe->minimum_entropy_weight > 0.0)
    sac->log_alpha = fmaxf (sac->log_alpha, logf ((float) recipe->minimum_entropy_weight));
}

/* What follows the policy's step: the entropy weight, or the targets of a deterministic policy. */
static void
finish_policy_step (EspSac *sac, const EspSacSchedule *schedule)
{
  float rate = (float) sac->recipe->target_rate;

  if (!sac->policy.deterministic)
    {
      step_alpha (sac, schedule);
      return;
    }
  esp_move_towards (sac->target_parameters, sac->policy.parameters, sac->policy.n_parameters, rate);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    esp_move_towards (sac->targets[c], sac->critics[c], sac->critic.n_parameters, rate);
}

void
esp_sac_update (EspSac *sac, const EspSacSchedule *schedule)
{
  double alpha = esp_sac_get_alpha (sac);
  bool policy_too = (sac->updates + 1) % sac->recipe->policy_period == 0;

  /* all losses are formed from the parameters as they are now; the steps come after */
  compute_target (sac, alpha);
  if (policy_too)
    esp_sac_differentiate_policy (sac, schedule, alpha);

  sac->updates++;
  /* a step along a gradient that is not finite would leave no number that could be saved or shown */
  if (is_sound (sac->figures.value) && is_sound (sac->figures.entropy) && step_critics (sac, schedule)
      && policy_too && step_policy (sac, schedule))
    finish_policy_step (sac, schedule);
}

char *
esp_sac_find_divergence (const EspSac *sac)
{
  const EspSacFigures *figures = &sac->figures;
  const struct
  {
    double value;
    const char *what;
  } watched[] = {
    { figures->critic_loss, "the critics' loss" },
    { figures->value, "the critics' value" },
    { figures->policy_norm, "the policy's gradient" },
    { figures->entropy, "the policy's entropy" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      if (!isfinite (watched[i].value))
        return g_strdup_printf ("%s is not a finite number any more", watched[i].what);
      if (!is_sound (watched[i].value))
        return g_strdup_printf ("%s exploded to %.1e", watched[i].what, watched[i].value);
    }

  return NULL;
}

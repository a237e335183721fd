#include "esp-sac.h"

#include <math.h>
#include <string.h>

#include "esp-adam.h"
#include "esp-memory.h"
#include "esp-path-selector.h"
#include "esp-phase.h"
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
  size_t n_portion = (n_columns + 1) / 2, n_weights, n_parameters, n_policy;

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
    { &sac->critic_gradient, ESP_N_CRITICS * n_parameters },
    { &sac->input, n_inputs * n_columns },
    { &sac->batch_input, n_inputs * n },
    { &sac->next_input, n_inputs * n },
    { &sac->activations[0], esp_mlp_activations_size (&sac->critic, n_columns) },
    { &sac->activations[1], esp_mlp_activations_size (&sac->critic, n_columns) },
    { &sac->batch_activations[0], esp_mlp_activations_size (&sac->critic, n) },
    { &sac->batch_activations[1], esp_mlp_activations_size (&sac->critic, n) },
    { &sac->target_activations[0], esp_mlp_activations_size (&sac->critic, n) },
    { &sac->target_activations[1], esp_mlp_activations_size (&sac->critic, n) },
    { &sac->workspaces[0], esp_mlp_workspace_size (&sac->critic, n) },
    { &sac->workspaces[1], esp_mlp_workspace_size (&sac->critic, n) },
    { &sac->column_workspaces[0], esp_mlp_workspace_size (&sac->critic, n_portion) },
    { &sac->column_workspaces[1], esp_mlp_workspace_size (&sac->critic, n_portion) },
    { &sac->column_workspaces[2], esp_mlp_workspace_size (&sac->critic, n_portion) },
    { &sac->column_workspaces[3], esp_mlp_workspace_size (&sac->critic, n_portion) },
    { &sac->d_input[0], environment->n_actions * n_portion },
    { &sac->d_input[1], environment->n_actions * n_portion },
    { &sac->d_input[2], environment->n_actions * n_portion },
    { &sac->d_input[3], environment->n_actions * n_portion },
    { &sac->d_output[0], n },
    { &sac->d_output[1], n },
    { &sac->ones, n_columns },
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
  sac->chosen = g_new (uint32_t, n_columns);
  for (size_t i = 0; i < n_columns; i++)
    sac->ones[i] = 1.0f;

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
  g_clear_pointer (&sac->chosen, g_free);
}

void
esp_sac_set_pool (EspSac *sac, EspPool *pool)
{
  sac->pool = pool;
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

/* What an update is a function of. */
typedef struct
{
  EspSac *sac;
  const EspReplay *replay;
  EspRandom *batches;
  EspRandom *noise;
} Preparation;

static void
prepare (void *data, size_t task, size_t worker)
{
  const Preparation *preparation = data;
  EspPhase outer = esp_phase_begin (task == 0 ? ESP_PHASE_SAMPLING : ESP_PHASE_NOISE);

  if (task == 0)
    esp_replay_sample (preparation->replay, preparation->batches, &preparation->sac->batch);
  else
    esp_sac_draw_noise (preparation->sac, preparation->noise);
  esp_phase_end (outer);
}

void
esp_sac_prepare (EspSac *sac, const EspReplay *replay, EspRandom *batches, EspRandom *noise)
{
  Preparation preparation = { sac, replay, batches, noise };

  esp_pool_run (sac->pool, 2, prepare, &preparation);
}

/* Lays observations, repeated @n_blocks times, and actions under each other as the critics' @input. */
static void
fill_input (const EspSac *sac, const float *observations, const float *actions, size_t n_blocks, float *input)
{
  size_t n = sac->batch.n_samples, n_observations = sac->policy.n_observations, n_columns = n * n_blocks;

  for (size_t row = 0; row < n_observations; row++)
    for (size_t k = 0; k < n_blocks; k++)
      memcpy (input + row * n_columns + k * n, observations + row * n, n * sizeof (float));
  memcpy (input + n_observations * n_columns, actions, sac->policy.n_actions * n_columns * sizeof (float));
}

/* The values, [@n_columns], of the forward pass that left @activations. */
static const float *
get_values (const EspSac *sac, const float *activations, size_t n_columns)
{
  return activations + sac->critic.n_hidden * n_columns;
}

/* One mask that the policy learns from, @first being where it lies among all. */
static void
make_masks (EspSac *sac, const EspSacSchedule *schedule, size_t first)
{
  const EspRecipe *recipe = sac->recipe;
  const EspPolicy *policy = &sac->policy;
  float *mask = sac->pass.masks + first, *derivative = sac->pass.derivatives + first;

  if (!recipe->path_selector)
    {
      /* the derivatives stay 0 */
      memcpy (mask, policy->probabilities, policy->n_weights * sizeof *mask);
      return;
    }
  (policy->own_probabilities != NULL ? esp_selector_make_concrete_logits : esp_selector_make_concrete) (
    policy->selector, sac->noise.logistic + first, policy->n_weights, schedule->temperature,
    recipe->derivative_limit, recipe->soft_masks, mask, derivative);
}

/* The policy's actions, with masks that it learns from. */
static void
run_policy (EspSac *sac, const EspSacSchedule *schedule)
{
  EspPolicy *policy = &sac->policy;
  EspPolicyPass *pass = &sac->pass;
  EspPhase outer = esp_phase_begin (ESP_PHASE_MASKS);

  for (size_t k = 0; k < pass->n_masks; k++)
    make_masks (sac, schedule, k * policy->n_weights);
  esp_phase_end (outer);
  /* the noise of a deterministic policy's pass stays 0 */
  if (!policy->deterministic)
    memcpy (pass->noise, sac->noise.normal,
            policy->n_actions * pass->n_masks * sac->batch.n_samples * sizeof (float));
  esp_policy_forward (policy, pass, sac->batch.observations);
  fill_input (sac, sac->batch.observations, pass->actions, pass->n_masks, sac->input);
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

/* The actions in the next states. */
static void
run_next (EspSac *sac)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_MASKS);

  for (size_t i = 0; i < sac->policy.n_weights; i++)
    sac->next.masks[i] = sac->noise.next_uniform[i] < sac->policy.probabilities[i] ? 1.0f : 0.0f;
  esp_phase_end (outer);
  if (sac->policy.deterministic)
    set_smoothing_noise (sac);
  else
    memcpy (sac->next.noise, sac->noise.next_normal,
            sac->policy.n_actions * sac->batch.n_samples * sizeof (float));
  esp_policy_forward (&sac->target_policy, &sac->next, sac->batch.next_observations);
  fill_input (sac, sac->batch.next_observations, sac->next.actions, 1, sac->next_input);
}

/* How many critics the policy follows. */
static size_t
count_followed (const EspSac *sac)
{
  return sac->policy.deterministic ? 1 : ESP_N_CRITICS;
}

static void
value_batch (EspSac *sac, size_t critic)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_CRITICS);

  esp_mlp_forward (&sac->critic, sac->critics[critic], sac->batch_input, sac->batch.n_samples,
                   sac->batch_activations[critic]);
  esp_phase_end (outer);
}

static void
value_policy (EspSac *sac, size_t critic)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_ACTOR);

  esp_mlp_forward (&sac->critic, sac->critics[critic], sac->input, sac->batch.n_samples * sac->pass.n_masks,
                   sac->activations[critic]);
  esp_phase_end (outer);
}

static void
value_next (EspSac *sac, size_t critic)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_TARGETS);

  esp_mlp_forward (&sac->critic, sac->targets[critic], sac->next_input, sac->batch.n_samples,
                   sac->target_activations[critic]);
  esp_phase_end (outer);
}

/* y = scale (max (r, floor) + offset) + (1 − d) γ (min Q̄ (s', a') − α log π (a'|s')) */
static void
compute_target (EspSac *sac, double alpha)
{
  const EspRecipe *recipe = sac->recipe;
  const EspBatch *batch = &sac->batch;
  size_t n = batch->n_samples;
  const float *first = get_values (sac, sac->target_activations[0], n);
  const float *second = get_values (sac, sac->target_activations[1], n);

  for (size_t i = 0; i < n; i++)
    {
      float value = MIN (first[i], second[i]) - (float) alpha * sac->next.log_density[i];
      /* what is not finite stays so, and is noticed */
      double raw = isfinite (batch->rewards[i]) ? fmax (batch->rewards[i], recipe->reward_floor)
                                                : batch->rewards[i];
      float reward = (float) (recipe->reward_scale * (raw + recipe->reward_offset));

      sac->target[i] = reward + (1.0f - batch->terminated[i]) * (float) recipe->discount * value;
    }
}

/* Parts the policy's columns by the critic whose value is the smaller, and sums up what is shown. A
 * deterministic policy follows the first critic alone. */
static void
choose_columns (EspSac *sac)
{
  size_t n_columns = sac->batch.n_samples * sac->pass.n_masks;
  const float *first = get_values (sac, sac->activations[0], n_columns);
  const float *second = sac->policy.deterministic ? first : get_values (sac, sac->activations[1], n_columns);
  double value = 0.0, density = 0.0;
  size_t n_first = 0, n_second = n_columns;

  for (size_t i = 0; i < n_columns; i++)
    {
      bool is_first = first[i] <= second[i];

      /* which it is cannot be predicted, so both are written; what does not count is overwritten later */
      sac->chosen[n_first] = sac->chosen[n_second - 1] = (uint32_t) i;
      n_first += is_first;
      n_second -= !is_first;
      value += is_first ? first[i] : second[i];
      density += sac->pass.log_density[i];
    }
  sac->n_chosen[0] = n_first;
  sac->n_chosen[1] = n_columns - n_first;
  sac->figures.value = value / (double) n_columns;
  sac->figures.entropy = -density / (double) n_columns;
}

/* Only the critic with the smaller value passes the gradient on: each differentiates its own columns. */
static void
differentiate_columns (EspSac *sac, size_t portion)
{
  size_t critic = portion / 2, n_actions = sac->policy.n_actions;
  size_t n_columns = sac->batch.n_samples * sac->pass.n_masks;
  size_t half = sac->n_chosen[critic] / 2;
  size_t n = portion % 2 == 0 ? half : sac->n_chosen[critic] - half;
  const uint32_t *chosen = sac->chosen + (critic == 0 ? 0 : sac->n_chosen[0]) + (portion % 2 == 0 ? 0 : half);
  EspPhase outer = esp_phase_begin (ESP_PHASE_ACTOR);

  esp_mlp_differentiate_inputs (&sac->critic, sac->critics[critic], sac->activations[critic], n_columns,
                                chosen, n, sac->ones, sac->policy.n_observations,
                                sac->column_workspaces[portion], sac->d_input[portion]);
  for (size_t a = 0; a < n_actions; a++)
    for (size_t i = 0; i < n; i++)
      sac->d_value[a * n_columns + chosen[i]] = sac->d_input[portion][a * n + i];
  esp_phase_end (outer);
}

/* Adds the gradient of the sparsity loss, @slope by each probability, to that by the logits, and returns the
 * penalty for logits that are too large, with its gradient. */
static double
add_logits (const EspPolicy *policy, double slope, float *gradient)
{
  double sum = 0.0, weight = policy->recipe->logit_penalty;

  for (size_t i = 0; i < policy->n_weights; i++)
    {
      double s = policy->selector[i], p = policy->probabilities[i];
      double excess = fabs (s) - ESP_LOGIT_LIMIT;

      gradient[i] += (float) (slope * p * (1.0 - p));
      if (excess <= 0.0)
        continue;
      sum += excess;
      gradient[i] += (float) copysign (weight, s);
    }

  return weight * sum;
}

/* What is not of any part of the policy, once all of them are there. */
static void
add_sparsity (EspSac *sac, const EspSacSchedule *schedule)
{
  const EspRecipe *recipe = sac->recipe;
  EspPolicy *policy = &sac->policy;
  float *gradient = sac->policy_gradient + (policy->selector - policy->parameters);
  double slope;

  sac->figures.sparsity = sac->figures.logits = 0.0;
  if (!recipe->path_selector)
    return;

  sac->figures.sparsity = esp_selector_sparsity (policy->probabilities, policy->n_weights,
                                                 schedule->allowed_paths, policy->n_actions, &slope);
  slope *= recipe->sparsity_weight;
  if (policy->own_probabilities != NULL)
    sac->figures.logits = add_logits (policy, slope, gradient);
  else
    for (size_t i = 0; i < policy->n_weights; i++)
      gradient[i] += (float) slope;
  for (size_t a = 0; policy->n_paths < policy->n_weights && a < policy->n_actions; a++)
    esp_arrangement_clear_blocked (policy->arrangement, gradient + a * policy->arrangement->n_weights);
}

/* Adds up the policy's loss once the penalties are known. */
static void
sum_policy_loss (EspSac *sac, double alpha, double penalty)
{
  sac->figures.policy_loss = -alpha * sac->figures.entropy - sac->figures.value + penalty
                             + sac->recipe->sparsity_weight * sac->figures.sparsity + sac->figures.logits;
}

void
esp_sac_differentiate_policy (EspSac *sac, const EspSacSchedule *schedule, double alpha)
{
  double penalty;

  run_policy (sac, schedule);
  for (size_t c = 0; c < count_followed (sac); c++)
    value_policy (sac, c);
  choose_columns (sac);
  for (size_t portion = 0; portion < ESP_N_PORTIONS; portion++)
    differentiate_columns (sac, portion);
  esp_policy_begin_backward (&sac->policy, &sac->pass, alpha, sac->d_value);
  for (size_t part = 0; part < esp_policy_count_parts (&sac->policy); part++)
    esp_policy_backward (&sac->policy, &sac->pass, sac->batch.observations, part, sac->policy_gradient);
  add_sparsity (sac, schedule);
  penalty = esp_policy_get_penalty (&sac->policy, &sac->pass, &sac->figures.penalty);
  sum_policy_loss (sac, alpha, penalty);
}

/* Applies the policy's gradient, clipped, with a learning rate of its own for the path selector. Returns
 * whether it was sound; nothing changes otherwise. */
static bool
step_policy (EspSac *sac, const EspSacSchedule *schedule)
{
  const EspRecipe *recipe = sac->recipe;
  EspPolicy *policy = &sac->policy;
  size_t n = policy->n_parameters, n_plain = n - policy->n_weights;
  float *first = sac->policy_moments, *second = sac->policy_moments + n;
  uint64_t time = sac->updates / recipe->policy_period;
  EspPhase outer = esp_phase_begin (ESP_PHASE_ADAM);
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
    {
      esp_phase_end (outer);
      return false;
    }

  esp_adam_step (policy->parameters, sac->policy_gradient, first, second, n_plain, time,
                 (float) (recipe->policy_rate * schedule->rate), (float) plain_scale);
  if (recipe->path_selector)
    {
      esp_adam_step (policy->selector, sac->policy_gradient + n_plain, first + n_plain, second + n_plain,
                     policy->n_weights, time, (float) (recipe->selector_rate * schedule->rate),
                     (float) selector_scale);
      esp_policy_update_probabilities (policy);
    }
  esp_phase_end (outer);

  return true;
}

/* The mean squared error of the values, and its derivative by each of them. */
static double
compare_with_target (EspSac *sac, size_t critic)
{
  size_t n = sac->batch.n_samples;
  const float *values = get_values (sac, sac->batch_activations[critic], n);
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      float error = values[i] - sac->target[i];

      sum += (double) error * error;
      sac->d_output[critic][i] = 2.0f * error / (float) n;
    }

  return sum / (double) n;
}

static void
differentiate_critic (EspSac *sac, size_t critic, float *gradient)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_CRITICS);

  esp_mlp_backward (&sac->critic, sac->critics[critic], sac->batch_input, sac->batch_activations[critic],
                    sac->d_output[critic], sac->batch.n_samples, sac->workspaces[critic], gradient, NULL);
  esp_phase_end (outer);
}

double
esp_sac_differentiate_critic (EspSac *sac, size_t critic)
{
  double loss;

  fill_input (sac, sac->batch.observations, sac->batch.actions, 1, sac->batch_input);
  value_batch (sac, critic);
  loss = compare_with_target (sac, critic);
  differentiate_critic (sac, critic, sac->critic_gradient);

  return loss;
}

static void
step_critic (EspSac *sac, size_t critic, const EspSacSchedule *schedule)
{
  size_t n = sac->critic.n_parameters;
  float *moments = sac->critic_moments[critic], *gradient = sac->critic_gradient + critic * n;
  float rate = (float) (sac->recipe->critic_rate * schedule->rate);
  EspPhase outer = esp_phase_begin (ESP_PHASE_ADAM);

  /* the targets of SAC follow at every update, those of TD3 with the policy */
  if (sac->policy.deterministic)
    esp_adam_step (sac->critics[critic], gradient, moments, moments + n, n, sac->updates, rate, 1.0f);
  else
    esp_adam_step_followed (sac->critics[critic], gradient, moments, moments + n, n, sac->updates, rate,
                            sac->targets[critic], (float) sac->recipe->target_rate);
  esp_phase_end (outer);
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
  EspPhase outer;

  if (!sac->policy.deterministic)
    {
      step_alpha (sac, schedule);
      return;
    }
  outer = esp_phase_begin (ESP_PHASE_POLYAK);
  esp_move_towards (sac->target_parameters, sac->policy.parameters, sac->policy.n_parameters, rate);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    esp_move_towards (sac->targets[c], sac->critics[c], sac->critic.n_parameters, rate);
  esp_phase_end (outer);
}

/* One update, parted into stages of tasks that only read what earlier stages wrote, the longest first. */
typedef struct
{
  EspSac *sac;
  const EspSacSchedule *schedule;
  double alpha;
  double penalty;
  bool policy_too; /* it is the policy's turn */
  size_t n_parts;  /* of the policy's gradient */
  bool step_critic[ESP_N_CRITICS];
} Update;

static void
run_policies (void *data, size_t task, size_t worker)
{
  const Update *update = data;

  switch (task)
    {
    case 0:
      if (update->policy_too)
        run_policy (update->sac, update->schedule);
      break;
    case 1:
      run_next (update->sac);
      break;
    default:
      value_batch (update->sac, task - 2);
    }
}

static void
run_critics (void *data, size_t task, size_t worker)
{
  Update *update = data;
  EspSac *sac = update->sac;

  if (task < 2)
    {
      if (update->policy_too && task < count_followed (sac))
        value_policy (sac, task);
    }
  else
    value_next (sac, task - 2);
}

static void
differentiate_critics (void *data, size_t task, size_t worker)
{
  EspSac *sac = ((const Update *) data)->sac;

  if (task < ESP_N_CRITICS)
    differentiate_critic (sac, task, sac->critic_gradient + task * sac->critic.n_parameters);
  else if (((const Update *) data)->policy_too)
    differentiate_columns (sac, task - ESP_N_CRITICS);
}

static void
finish_gradients (void *data, size_t task, size_t worker)
{
  Update *update = data;
  EspSac *sac = update->sac;

  if (task < ESP_N_CRITICS)
    {
      if (update->step_critic[task])
        step_critic (sac, task, update->schedule);
    }
  else if (task - ESP_N_CRITICS < update->n_parts)
    esp_policy_backward (&sac->policy, &sac->pass, sac->batch.observations, task - ESP_N_CRITICS,
                         sac->policy_gradient);
  else
    update->penalty = esp_policy_get_penalty (&sac->policy, &sac->pass, &sac->figures.penalty);
}

void
esp_sac_update (EspSac *sac, const EspSacSchedule *schedule)
{
  Update update = { .sac = sac, .schedule = schedule, .alpha = esp_sac_get_alpha (sac) };
  EspSacFigures *figures = &sac->figures;
  bool sound;

  update.policy_too = (sac->updates + 1) % sac->recipe->policy_period == 0;
  /* all losses are formed from the parameters as they are now; the steps come after */
  fill_input (sac, sac->batch.observations, sac->batch.actions, 1, sac->batch_input);
  esp_pool_run (sac->pool, 2 + ESP_N_CRITICS, run_policies, &update);
  esp_pool_run (sac->pool, 2 * ESP_N_CRITICS, run_critics, &update);

  compute_target (sac, update.alpha);
  if (update.policy_too)
    choose_columns (sac);

  /* a step along a gradient that is not finite would leave no number that could be saved or shown */
  sound = is_sound (figures->value) && is_sound (figures->entropy);
  figures->critic_loss = 0.0;
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      figures->critic_loss += compare_with_target (sac, c);
      sound = sound && is_sound (figures->critic_loss);
      update.step_critic[c] = sound;
    }

  sac->updates++;
  esp_pool_run (sac->pool, ESP_N_CRITICS + ESP_N_PORTIONS, differentiate_critics, &update);
  if (!update.policy_too)
    {
      esp_pool_run (sac->pool, ESP_N_CRITICS, finish_gradients, &update);
      return;
    }

  esp_policy_begin_backward (&sac->policy, &sac->pass, update.alpha, sac->d_value);
  update.n_parts = esp_policy_count_parts (&sac->policy);
  esp_pool_run (sac->pool, ESP_N_CRITICS + update.n_parts + 1, finish_gradients, &update);
  add_sparsity (sac, schedule);
  sum_policy_loss (sac, update.alpha, update.penalty);
  if (sound && step_policy (sac, schedule))
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

#include "esp-floor.h"

#include <string.h>

#include "esp-simd.h"

#include "esp-floor-symbolic.h"
#include "esp-phase.h"

static size_t
get_outputs (const EspFloor *floor)
{
  return floor->network.widths[floor->network.n_layers];
}

/* From [n][width] to [width][n] or back: @values has @n_rows rows. */
static void
transpose (const float *restrict values, size_t n_rows, size_t n_columns, float *restrict transposed)
{
  for (size_t row = 0; row < n_rows; row++)
    for (size_t column = 0; column < n_columns; column++)
      transposed[column * n_rows + row] = values[row * n_columns + column];
}

/* Lays observations and the actions of @n_blocks · n columns out as the critics' input. */
static void
fill_input (EspFloor *floor, const float *observations, const float *actions, size_t n_blocks)
{
  size_t n = floor->n, n_columns = n * n_blocks, n_observations = floor->n_observations;
  size_t n_inputs = n_observations + floor->n_actions;

  if (!floor->critic.by_samples)
    {
      for (size_t row = 0; row < n_observations; row++)
        for (size_t k = 0; k < n_blocks; k++)
          memcpy (floor->input + row * n_columns + k * n, observations + row * n, n * sizeof (float));
      memcpy (floor->input + n_observations * n_columns, actions,
              floor->n_actions * n_columns * sizeof (float));
      return;
    }

  for (size_t i = 0; i < n_columns; i++)
    {
      float *input = floor->input + i * n_inputs;

      memcpy (input, observations + i % n * n_observations, n_observations * sizeof (float));
      for (size_t a = 0; a < floor->n_actions; a++)
        input[n_observations + a] = actions[a * n_columns + i];
    }
}

/* Runs the policy with the effective weights in @pass and @noise. */
static void
run_policy (EspFloor *floor, EspFloorPass *pass, const float *observations, const float *noise)
{
  const EspArrangement *arrangement = floor->arrangement;
  size_t n = floor->n, n_actions = floor->n_actions, n_columns = n * pass->n_masks;
  const float *biases = floor->policy + floor->n_weights;
  const float *mean = pass->mean, *log_deviation;
  const float *head;
  EspPhase outer = esp_phase_begin (ESP_PHASE_SYMBOLIC_FORWARD);

  for (size_t k = 0; arrangement != NULL && k < pass->n_masks; k++)
    for (size_t a = 0; a < n_actions; a++)
      {
        float *features = pass->features + (k * n_actions + a) * arrangement->n_features * n;
        float *arguments = pass->arguments + (k * n_actions + a) * arrangement->n_biases * n;

        if (floor->loops)
          memcpy (features, observations, floor->n_observations * n * sizeof *features);
        esp_floor_symbolic_forward (arrangement,
                                    pass->effective + k * floor->n_weights + a * arrangement->n_weights,
                                    biases + a * arrangement->n_biases, n, features, arguments, floor->loops);
        if (floor->loops)
          memcpy (pass->mean + a * n_columns + k * n, arguments + (arrangement->n_biases - 1) * n,
                  n * sizeof (float));
      }
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_NETWORK);
  head = esp_floor_network_forward (&floor->network, floor->policy + floor->n_weights + floor->n_biases,
                                    observations, n, pass->activations);
  if (floor->network.by_samples && floor->loops)
    {
      transpose (head, n, get_outputs (floor), pass->head);
      head = pass->head;
    }
  esp_phase_end (outer);
  if (!floor->loops)
    return;

  outer = esp_phase_begin (ESP_PHASE_SQUASH);
  log_deviation = head;
  if (arrangement == NULL)
    {
      mean = head;
      log_deviation = head + n_actions * n;
    }
  if (head != pass->head)
    memcpy (pass->head, head, get_outputs (floor) * n * sizeof *head);
  memset (pass->log_density, 0, n_columns * sizeof (float));
  for (size_t a = 0; a < n_actions; a++)
    for (size_t k = 0; k < pass->n_masks; k++)
      {
        size_t first = a * n_columns + k * n;

        esp_floor_squash (mean + first, log_deviation + a * n, noise + first, n, pass->actions + first,
                          pass->log_density + k * n);
      }
  esp_phase_end (outer);
}

ESP_VECTORISED static void
compute_target (const float *restrict first,
                const float *restrict second,
                const float *restrict log_density,
                const float *restrict rewards,
                const float *restrict terminated,
                size_t n,
                float alpha,
                float scale,
                float least,
                float offset,
                float discount,
                float *restrict target)
{
  for (size_t i = 0; i < n; i++)
    {
      float value = (first[i] < second[i] ? first[i] : second[i]) - alpha * log_density[i];

      float reward = rewards[i] < least ? least : rewards[i];

      target[i] = scale * (reward + offset) + (1.0f - terminated[i]) * discount * value;
    }
}

static void
make_target (EspFloor *floor, float alpha)
{
  const EspRecipe *recipe = floor->recipe;
  const EspBatch *batch = &floor->batch;
  const float *values[ESP_N_CRITICS];
  EspPhase outer;

  if (floor->loops && floor->arrangement != NULL)
    {
      outer = esp_phase_begin (ESP_PHASE_MASKS);
      esp_floor_bernoulli (floor->policy + floor->n_policy - floor->n_weights, floor->noise.next_uniform,
                           floor->policy, floor->n_weights, floor->next.effective);
      esp_phase_end (outer);
    }
  run_policy (floor, &floor->next, batch->next_observations, floor->noise.next_normal);

  outer = esp_phase_begin (ESP_PHASE_TARGETS);
  if (floor->loops)
    fill_input (floor, batch->next_observations, floor->next.actions, 1);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    values[c] = esp_floor_network_forward (&floor->critic, floor->targets[c], floor->input, floor->n,
                                           floor->activations[c]);
  if (floor->loops)
    compute_target (values[0], values[1], floor->next.log_density, batch->rewards, batch->terminated,
                    floor->n, alpha, (float) recipe->reward_scale, (float) recipe->reward_floor,
                    (float) recipe->reward_offset, (float) recipe->discount, floor->target);
  esp_phase_end (outer);
}

ESP_VECTORISED static void
choose_smaller (
  const float *restrict own, const float *restrict other, size_t n, bool first, float *restrict d_output)
{
  for (size_t i = 0; i < n; i++)
    d_output[i] = own[i] < other[i] || (first && own[i] == other[i]) ? 1.0f : 0.0f;
}

ESP_VECTORISED static void
add (float *restrict sum, const float *restrict values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    sum[i] += values[i];
}

/* ∂ min Q / ∂ a of the policy's actions into d_action. */
static void
ask_critics (EspFloor *floor)
{
  size_t n_columns = floor->n * floor->n_masks, n_actions = floor->n_actions;
  const float *values[ESP_N_CRITICS];
  EspPhase outer = esp_phase_begin (ESP_PHASE_ACTOR);

  if (floor->loops)
    fill_input (floor, floor->batch.observations, floor->pass.actions, floor->n_masks);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    values[c] = esp_floor_network_forward (&floor->critic, floor->critics[c], floor->input, n_columns,
                                           floor->activations[c]);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      float *d_input = c == 0 ? floor->d_action : floor->d_input;

      if (floor->loops)
        choose_smaller (values[c], values[1 - c], n_columns, c == 0, floor->d_output);
      esp_floor_network_backward (&floor->critic, floor->critics[c], floor->input, floor->activations[c],
                                  floor->d_output, n_columns, floor->workspace, NULL, d_input,
                                  floor->n_observations);
    }
  if (floor->loops)
    {
      add (floor->d_action, floor->d_input, n_actions * n_columns);
      if (floor->critic.by_samples)
        {
          transpose (floor->d_action, n_columns, n_actions, floor->d_input);
          memcpy (floor->d_action, floor->d_input, n_actions * n_columns * sizeof (float));
        }
    }
  esp_phase_end (outer);
}

static void
differentiate_squash (EspFloor *floor, float alpha)
{
  EspFloorPass *pass = &floor->pass;
  size_t n = floor->n, n_actions = floor->n_actions, n_columns = n * floor->n_masks;
  bool neural = floor->arrangement == NULL;
  float share = 1.0f / (float) n_columns;
  float saturation = neural ? 0.0f : (float) floor->recipe->saturation_penalty * share / (float) n_actions;
  const float *mean = neural ? pass->head : pass->mean;
  const float *log_deviation = neural ? pass->head + n_actions * n : pass->head;
  float *d_mean = neural ? floor->d_head : floor->d_mean;
  float *d_log_deviation = neural ? floor->d_head + n_actions * n : floor->d_head;
  EspPhase outer = esp_phase_begin (ESP_PHASE_SQUASH);

  memset (d_log_deviation, 0, n_actions * n * sizeof (float));
  for (size_t a = 0; a < n_actions; a++)
    for (size_t k = 0; k < floor->n_masks; k++)
      {
        size_t first = a * n_columns + k * n;

        esp_floor_unsquash (mean + first, log_deviation + a * n, floor->noise.normal + first,
                            pass->actions + first, floor->d_action + first, n, alpha, share,
                            (float) floor->recipe->saturation_limit, saturation, d_mean + first,
                            d_log_deviation + a * n);
      }
  esp_phase_end (outer);
}

/* Starts the gradient with what does not depend on the batch: the penalties and the sparsity. */
static void
start_gradient (EspFloor *floor, double allowed)
{
  const EspRecipe *recipe = floor->recipe;
  size_t n_weights = floor->n_weights, n_biases = floor->n_biases;
  const float *probabilities = floor->policy + floor->n_policy - n_weights;
  float *gradient = floor->policy_gradient;
  float weight_penalty = (float) recipe->weight_penalty / (float) n_weights;
  float bias_penalty = (float) recipe->bias_penalty / (float) n_biases;
  double sum = 0.0;
  float slope;

  for (size_t i = 0; i < n_weights; i++)
    sum += probabilities[i];
  slope = sum >= allowed ? (float) recipe->sparsity_weight / (float) floor->n_actions : 0.0f;
  for (size_t i = 0; i < n_weights; i++)
    {
      gradient[i] = weight_penalty * (float) ((floor->policy[i] > 0.0f) - (floor->policy[i] < 0.0f));
      gradient[floor->n_policy - n_weights + i] = slope;
    }
  for (size_t i = n_weights; i < n_weights + n_biases; i++)
    gradient[i] = bias_penalty * (float) ((floor->policy[i] > 0.0f) - (floor->policy[i] < 0.0f));
}

static void
differentiate_symbolic (EspFloor *floor, double allowed)
{
  const EspArrangement *arrangement = floor->arrangement;
  EspFloorPass *pass = &floor->pass;
  size_t n = floor->n, n_actions = floor->n_actions, n_columns = n * floor->n_masks;
  float penalty = (float) floor->recipe->guard_penalty / (float) (n_columns * n_actions);
  float *d_probabilities = floor->policy_gradient + floor->n_policy - floor->n_weights;
  EspPhase outer = esp_phase_begin (ESP_PHASE_SYMBOLIC_BACKWARD);

  if (floor->loops)
    start_gradient (floor, allowed);
  for (size_t k = 0; k < floor->n_masks; k++)
    for (size_t a = 0; a < n_actions; a++)
      {
        size_t first = a * arrangement->n_weights, masked = k * floor->n_weights + first;
        const float *arguments = pass->arguments + (k * n_actions + a) * arrangement->n_biases * n;

        esp_floor_symbolic_backward (arrangement, pass->effective + masked, n,
                                     pass->features + (k * n_actions + a) * arrangement->n_features * n,
                                     arguments, floor->d_mean + a * n_columns + k * n, penalty,
                                     floor->d_features, floor->d_arguments, floor->d_weights, floor->d_biases,
                                     floor->loops);
        if (!floor->loops)
          continue;
        esp_floor_unmask (floor->d_weights, pass->masks + masked, pass->slopes + masked,
                          floor->policy + first, arrangement->n_weights, floor->policy_gradient + first,
                          d_probabilities + first);
        add (floor->policy_gradient + floor->n_weights + a * arrangement->n_biases, floor->d_biases,
             arrangement->n_biases);
      }
  esp_phase_end (outer);
}

static void
differentiate_policy (EspFloor *floor, const EspSacSchedule *schedule, float alpha)
{
  const EspRecipe *recipe = floor->recipe;
  EspFloorPass *pass = &floor->pass;
  size_t n_symbolic = floor->n_weights + floor->n_biases;
  const float *d_head = floor->d_head;
  EspPhase outer;

  outer = esp_phase_begin (ESP_PHASE_MASKS);
  for (size_t k = 0; floor->loops && k < floor->n_masks && floor->n_weights > 0; k++)
    {
      size_t first = k * floor->n_weights;

      esp_floor_concrete (floor->policy + floor->n_policy - floor->n_weights, floor->noise.logistic + first,
                          floor->policy, floor->n_weights, (float) schedule->temperature,
                          (float) recipe->derivative_limit, recipe->soft_masks, pass->masks + first,
                          pass->slopes + first, pass->effective + first);
    }
  esp_phase_end (outer);

  run_policy (floor, pass, floor->batch.observations, floor->noise.normal);
  ask_critics (floor);
  if (floor->loops)
    differentiate_squash (floor, alpha);
  if (floor->arrangement != NULL)
    differentiate_symbolic (floor, schedule->allowed_paths);

  outer = esp_phase_begin (ESP_PHASE_NETWORK);
  if (floor->network.by_samples && floor->loops)
    {
      transpose (floor->d_head, get_outputs (floor), floor->n, floor->d_head_by_samples);
      d_head = floor->d_head_by_samples;
    }
  esp_floor_network_backward (&floor->network, floor->policy + n_symbolic, floor->batch.observations,
                              pass->activations, d_head, floor->n, floor->network_workspace,
                              floor->policy_gradient + n_symbolic, NULL, 0);
  esp_phase_end (outer);
}

ESP_VECTORISED static void
compare (const float *restrict values, const float *restrict target, size_t n, float *restrict d_output)
{
  for (size_t i = 0; i < n; i++)
    d_output[i] = 2.0f * (values[i] - target[i]) / (float) n;
}

static void
update_critics (EspFloor *floor, float rate)
{
  size_t n = floor->n, n_critic = floor->critic.n_parameters;

  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      EspPhase outer = esp_phase_begin (ESP_PHASE_CRITICS);
      const float *values;

      if (floor->loops && c == 0)
        fill_input (floor, floor->batch.observations, floor->batch.actions, 1);
      values = esp_floor_network_forward (&floor->critic, floor->critics[c], floor->input, n,
                                          floor->activations[c]);
      if (floor->loops)
        compare (values, floor->target, n, floor->d_output);
      esp_floor_network_backward (&floor->critic, floor->critics[c], floor->input, floor->activations[c],
                                  floor->d_output, n, floor->workspace, floor->critic_gradient, NULL, 0);
      esp_phase_end (outer);
      if (!floor->loops)
        continue;

      outer = esp_phase_begin (ESP_PHASE_ADAM);
      esp_floor_adam (floor->critics[c], floor->critic_gradient, floor->critic_moments[c],
                      floor->critic_moments[c] + n_critic, n_critic, (double) floor->updates,
                      (float) floor->recipe->critic_rate * rate, 1.0f);
      esp_phase_end (outer);
      outer = esp_phase_begin (ESP_PHASE_POLYAK);
      esp_floor_follow (floor->targets[c], floor->critics[c], n_critic, (float) floor->recipe->target_rate);
      esp_phase_end (outer);
    }
}

static float
get_clip (double norm, double limit)
{
  return limit > 0.0 && norm > limit ? (float) (limit / norm) : 1.0f;
}

static void
update_policy (EspFloor *floor, float rate)
{
  const EspRecipe *recipe = floor->recipe;
  size_t n_plain = floor->n_policy - floor->n_weights;
  float *probabilities = floor->policy + n_plain;
  float *first = floor->policy_moments, *second = floor->policy_moments + floor->n_policy;
  EspPhase outer = esp_phase_begin (ESP_PHASE_ADAM);
  double plain = esp_floor_square (floor->policy_gradient, n_plain);
  double selector = esp_floor_square (floor->policy_gradient + n_plain, floor->n_weights);
  bool joint = recipe->selector_clip <= 0.0;
  float clip = get_clip (sqrt (joint ? plain + selector : plain), recipe->policy_clip);

  esp_floor_adam (floor->policy, floor->policy_gradient, first, second, n_plain, (double) floor->updates,
                  (float) recipe->policy_rate * rate, clip);
  esp_floor_adam (probabilities, floor->policy_gradient + n_plain, first + n_plain, second + n_plain,
                  floor->n_weights, (double) floor->updates, (float) recipe->selector_rate * rate,
                  joint ? clip : get_clip (sqrt (selector), recipe->selector_clip));
  for (size_t i = 0; i < floor->n_weights; i++)
    probabilities[i] = probabilities[i] < 0.0f ? 0.0f : probabilities[i] > 1.0f ? 1.0f : probabilities[i];
  esp_phase_end (outer);
}

static void
update_alpha (EspFloor *floor, float rate)
{
  const EspRecipe *recipe = floor->recipe;
  size_t n_columns = floor->n * floor->n_masks;
  double sum = 0.0;
  float gradient;

  for (size_t i = 0; i < n_columns; i++)
    sum -= floor->pass.log_density[i];
  gradient = (float) (sum / (double) n_columns - recipe->target_entropy * (double) floor->n_actions);
  esp_floor_adam (&floor->log_alpha, &gradient, &floor->log_alpha_moments[0], &floor->log_alpha_moments[1], 1,
                  (double) floor->updates, (float) recipe->entropy_rate * rate, 1.0f);
  if (recipe->minimum_entropy_weight > 0.0)
    floor->log_alpha = fmaxf (floor->log_alpha, logf ((float) recipe->minimum_entropy_weight));
}

void
esp_floor_update (EspFloor *floor, const EspSacSchedule *schedule)
{
  float alpha = expf (floor->log_alpha), rate = (float) schedule->rate;

  floor->updates++;
  make_target (floor, alpha);
  differentiate_policy (floor, schedule, alpha);
  update_critics (floor, rate);
  if (!floor->loops)
    return;
  update_policy (floor, rate);
  update_alpha (floor, rate);
}

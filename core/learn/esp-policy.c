#include "esp-policy.h"

#include <string.h>

#include "esp-error.h"
#include "esp-memory.h"
#include "esp-phase.h"
#include "esp-symbolic-network.h"
#include "esp-simd.h"

#define LOG_DEVIATION_LOW  (-20.0f)
#define LOG_DEVIATION_HIGH 2.0f

/* ½ ln 2π and ln 2 */
#define HALF_LOG_TWO_PI 0.9189385332046727f
#define LOG_TWO         0.6931471805599453f

static void
draw_network (EspPolicy *policy, EspRandom *random)
{
  const EspRecipe *recipe = policy->recipe;
  const EspArrangement *arrangement = policy->arrangement;
  double range = recipe->initial_range;

  for (size_t i = 0; i < policy->n_weights; i++)
    policy->weights[i] = (float) esp_random_between (random, -range, range);
  for (size_t i = 0; i < policy->n_biases; i++)
    policy->biases[i] = (float) esp_random_between (random, -range, range);

  if (recipe->initial_denominator > 0)
    for (size_t a = 0; a < policy->n_actions; a++)
      for (size_t l = 0; l < arrangement->n_layers; l++)
        for (size_t k = 0; k < arrangement->layers[l].n_operators; k++)
          if (arrangement->layers[l].operators[k] == ESP_OPERATOR_DIVIDE)
            policy->biases[a * arrangement->n_biases + arrangement->layers[l].biases
                           + arrangement->layers[l].first_argument[k] + 1]
              = (float) recipe->initial_denominator;

  esp_mlp_draw_linear (&policy->deviation, policy->deviation_parameters, random);
  for (size_t i = 0; i < policy->n_weights; i++)
    policy->probabilities[i] = (float) recipe->initial_probability;
}

gboolean
esp_policy_init (EspPolicy *policy,
                 const EspRecipe *recipe,
                 const EspEnvironmentInfo *environment,
                 EspRandom *random,
                 GError **error)
{
  g_autoptr (EspArrangement) arrangement
    = esp_arrangement_new (recipe->arrangement, environment->n_observations, error);

  if (arrangement == NULL)
    return FALSE;
  if (recipe->observation_scales.n != 0 && recipe->observation_scales.n != environment->n_observations)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “observation_scales” has %zu numbers, but %s has %zu observations",
                   recipe->observation_scales.n, environment->name, environment->n_observations);
      return FALSE;
    }

  *policy = (EspPolicy){ .recipe = recipe,
                         .environment = environment,
                         .n_observations = environment->n_observations,
                         .n_actions = environment->n_actions,
                         .n_weights = environment->n_actions * arrangement->n_weights,
                         .n_biases = environment->n_actions * arrangement->n_biases };
  policy->arrangement = g_steal_pointer (&arrangement);
  for (size_t i = 0; i < policy->n_observations; i++)
    policy->scales[i] = recipe->observation_scales.n > 0 ? (float) recipe->observation_scales.values[i] : 1.0f;

  esp_mlp_init (&policy->deviation, policy->n_observations, recipe->deviation_hidden.values,
                recipe->deviation_hidden.n, policy->n_actions);
  policy->n_parameters = 2 * policy->n_weights + policy->n_biases + policy->deviation.n_parameters;
  policy->parameters = esp_new_floats (policy->n_parameters);
  policy->weights = policy->parameters;
  policy->biases = policy->weights + policy->n_weights;
  policy->deviation_parameters = policy->biases + policy->n_biases;
  policy->probabilities = policy->deviation_parameters + policy->deviation.n_parameters;
  draw_network (policy, random);

  return TRUE;
}

void
esp_policy_clear (EspPolicy *policy)
{
  g_clear_pointer (&policy->arrangement, esp_arrangement_unref);
  g_clear_pointer (&policy->parameters, esp_free_aligned);
}

void
esp_policy_scale (const EspPolicy *policy, const double *observation, float *scaled)
{
  for (size_t i = 0; i < policy->n_observations; i++)
    scaled[i] = (float) observation[i] / policy->scales[i];
}

EspNetwork *
esp_policy_get_network (const EspPolicy *policy)
{
  const EspArrangement *arrangement = policy->arrangement;
  EspNetwork *network = esp_network_new (policy->environment, policy->arrangement);

  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t l = 0; l < arrangement->n_layers; l++)
      {
        const EspLayer *layer = &arrangement->layers[l];

        for (size_t row = 0; row < layer->n_arguments; row++)
          for (size_t j = 0; j < layer->n_features; j++)
            {
              size_t i = a * arrangement->n_weights + layer->weights + row * layer->n_features + j;
              double scale = j < policy->n_observations ? policy->scales[j] : 1.0;

              network->weights[i] = policy->weights[i] / scale;
              network->probabilities[i] = policy->probabilities[i];
              network->mask[i] = policy->probabilities[i] > policy->recipe->path_threshold
                                 && fabsf (policy->weights[i]) > policy->recipe->smallest_weight;
            }
      }
  for (size_t i = 0; i < policy->n_biases; i++)
    network->biases[i] = policy->biases[i];

  return network;
}

void
esp_policy_pass_init (EspPolicyPass *pass, const EspPolicy *policy, size_t n_samples, size_t n_masks)
{
  const EspArrangement *arrangement = policy->arrangement;
  size_t n_columns = n_samples * n_masks;
  size_t n_networks = n_masks * policy->n_actions;
  struct
  {
    float **array;
    size_t n;
  } arrays[] = {
    { &pass->masks, n_masks * policy->n_weights },
    { &pass->derivatives, n_masks * policy->n_weights },
    { &pass->noise, policy->n_actions * n_columns },
    { &pass->mean, policy->n_actions * n_columns },
    { &pass->actions, policy->n_actions * n_columns },
    { &pass->log_density, n_columns },
    { &pass->deviation, policy->n_actions * n_samples },
    { &pass->squash, policy->n_actions * n_columns },
    { &pass->effective, n_masks * policy->n_weights },
    { &pass->features, n_networks * arrangement->n_features * n_samples },
    { &pass->arguments, n_networks * arrangement->n_biases * n_samples },
    { &pass->d_features, arrangement->n_features * n_samples },
    { &pass->d_arguments, arrangement->n_biases * n_samples },
    { &pass->d_weights, arrangement->n_weights },
    { &pass->d_biases, arrangement->n_biases },
    { &pass->deviation_activations, esp_mlp_activations_size (&policy->deviation, n_samples) },
    { &pass->deviation_workspace, esp_mlp_workspace_size (&policy->deviation, n_samples) },
    { &pass->d_log_deviation, policy->n_actions * n_samples },
  };
  size_t total = 0;

  pass->n_samples = n_samples;
  pass->n_masks = n_masks;

  /* each array starts on a cache line of its own */
  for (size_t i = 0; i < G_N_ELEMENTS (arrays); i++)
    total += (arrays[i].n + 15) / 16 * 16;
  pass->storage = esp_new_floats (total);
  total = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (arrays); i++)
    {
      *arrays[i].array = pass->storage + total;
      total += (arrays[i].n + 15) / 16 * 16;
    }
}

void
esp_policy_pass_clear (EspPolicyPass *pass)
{
  g_clear_pointer (&pass->storage, esp_free_aligned);
}

static float *
pass_features (const EspPolicy *policy, const EspPolicyPass *pass, size_t mask, size_t action)
{
  return pass->features
         + (mask * policy->n_actions + action) * policy->arrangement->n_features * pass->n_samples;
}

static float *
pass_arguments (const EspPolicy *policy, const EspPolicyPass *pass, size_t mask, size_t action)
{
  return pass->arguments
         + (mask * policy->n_actions + action) * policy->arrangement->n_biases * pass->n_samples;
}

static inline float
softplus (float x)
{
  return (x > 0.0f ? x : 0.0f) + log1pf (expf (-fabsf (x)));
}

static inline float
clamp_log_deviation (float value)
{
  return value < LOG_DEVIATION_LOW ? LOG_DEVIATION_LOW : value > LOG_DEVIATION_HIGH ? LOG_DEVIATION_HIGH : value;
}

ESP_VECTORISED static void
exponentiate (const float *restrict log_deviation, size_t n, float *restrict deviation)
{
  for (size_t i = 0; i < n; i++)
    deviation[i] = expf (clamp_log_deviation (log_deviation[i]));
}

/* a = tanh (u + σ ε), and adds the action's share of log π. */
ESP_VECTORISED static void
squash (const float *restrict mean,
        const float *restrict log_deviation,
        const float *restrict deviation,
        const float *restrict noise,
        size_t n,
        float *restrict actions,
        float *restrict log_density)
{
  for (size_t i = 0; i < n; i++)
    {
      float z = mean[i] + deviation[i] * noise[i];

      actions[i] = tanhf (z);
      log_density[i] += -0.5f * noise[i] * noise[i] - clamp_log_deviation (log_deviation[i]) - HALF_LOG_TWO_PI
                        - 2.0f * (LOG_TWO - z - softplus (-2.0f * z));
    }
}

void
esp_policy_forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations)
{
  const EspArrangement *arrangement = policy->arrangement;
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  EspPhase outer = esp_phase_begin (ESP_PHASE_SYMBOLIC_FORWARD);

  for (size_t k = 0; k < pass->n_masks; k++)
    {
      float *effective = pass->effective + k * policy->n_weights;
      const float *mask = pass->masks + k * policy->n_weights;

      for (size_t i = 0; i < policy->n_weights; i++)
        effective[i] = policy->weights[i] * mask[i];

      for (size_t a = 0; a < policy->n_actions; a++)
        {
          float *features = pass_features (policy, pass, k, a);
          const float *output;

          memcpy (features, observations, policy->n_observations * n * sizeof *features);
          output = esp_symbolic_network_forward (arrangement, effective + a * arrangement->n_weights,
                                                 policy->biases + a * arrangement->n_biases, n, features,
                                                 pass_arguments (policy, pass, k, a));
          memcpy (pass->mean + a * n_columns + k * n, output, n * sizeof *output);
        }
    }
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_NETWORK);
  pass->log_deviation = esp_mlp_forward (&policy->deviation, policy->deviation_parameters, observations, n,
                                         pass->deviation_activations);
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_SQUASH);
  exponentiate (pass->log_deviation, policy->n_actions * n, pass->deviation);

  memset (pass->log_density, 0, n_columns * sizeof *pass->log_density);
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t k = 0; k < pass->n_masks; k++)
      {
        size_t first = a * n_columns + k * n;

        squash (pass->mean + first, pass->log_deviation + a * n, pass->deviation + a * n, pass->noise + first, n,
                pass->actions + first, pass->log_density + k * n);
      }
  esp_phase_end (outer);
}

double
esp_policy_get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard)
{
  const EspRecipe *recipe = policy->recipe;
  size_t n_values = pass->n_masks * policy->n_actions * pass->n_samples;
  double sum = 0.0, saturation = 0.0, weights = 0.0, biases = 0.0;

  for (size_t k = 0; k < pass->n_masks; k++)
    for (size_t a = 0; a < policy->n_actions; a++)
      sum += esp_symbolic_network_penalty (policy->arrangement, pass_arguments (policy, pass, k, a),
                                           pass->n_samples);
  for (size_t i = 0; i < n_values; i++)
    saturation += fmax (0.0, fabs ((double) pass->mean[i]) - recipe->saturation_limit);
  for (size_t i = 0; i < policy->n_weights; i++)
    weights += fabs ((double) policy->weights[i]);
  for (size_t i = 0; i < policy->n_biases; i++)
    biases += fabs ((double) policy->biases[i]);

  *guard = sum / (double) n_values;
  return recipe->guard_penalty * *guard + recipe->saturation_penalty * saturation / (double) n_values
         + recipe->weight_penalty * weights / (double) policy->n_weights
         + recipe->bias_penalty * biases / (double) policy->n_biases;
}

/* From ∂Q/∂a writes the loss's derivatives by u (to squash) and by ln σ. */
static void
backward_squash (const EspPolicy *policy, EspPolicyPass *pass, double alpha, const float *d_value)
{
  const EspRecipe *recipe = policy->recipe;
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  float entropy = (float) (alpha / (double) n_columns);
  float share = 1.0f / (float) n_columns;
  float limit = (float) recipe->saturation_limit;
  float saturation = (float) (recipe->saturation_penalty / (double) (n_columns * policy->n_actions));

  memset (pass->d_log_deviation, 0, policy->n_actions * n * sizeof (float));
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t k = 0; k < pass->n_masks; k++)
      for (size_t i = 0; i < n; i++)
        {
          size_t entry = a * n_columns + k * n + i;
          float action = pass->actions[entry];
          float log_deviation = pass->log_deviation[a * n + i];
          float dz = 2.0f * entropy * action - share * d_value[entry] * (1.0f - action * action);
          float u = pass->mean[entry];

          if (log_deviation >= LOG_DEVIATION_LOW && log_deviation <= LOG_DEVIATION_HIGH)
            pass->d_log_deviation[a * n + i]
              += dz * pass->deviation[a * n + i] * pass->noise[entry] - entropy;
          pass->squash[entry] = dz + (u > limit ? saturation : u < -limit ? -saturation : 0.0f);
        }
}

static inline float
sign (float x)
{
  return (float) ((x > 0.0f) - (x < 0.0f));
}

void
esp_policy_backward (const EspPolicy *policy,
                     EspPolicyPass *pass,
                     const float *observations,
                     double alpha,
                     const float *d_value,
                     float *gradient)
{
  const EspArrangement *arrangement = policy->arrangement;
  const EspRecipe *recipe = policy->recipe;
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  float penalty = (float) (recipe->guard_penalty / (double) (n_columns * policy->n_actions));
  float weight_penalty = (float) (recipe->weight_penalty / (double) policy->n_weights);
  float bias_penalty = (float) (recipe->bias_penalty / (double) policy->n_biases);
  float *d_weights = gradient;
  float *d_biases = gradient + (policy->biases - policy->parameters);
  float *d_deviation = gradient + (policy->deviation_parameters - policy->parameters);
  float *d_probabilities = gradient + (policy->probabilities - policy->parameters);
  EspPhase outer = esp_phase_begin (ESP_PHASE_SQUASH);

  backward_squash (policy, pass, alpha, d_value);
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_SYMBOLIC_BACKWARD);
  for (size_t i = 0; i < policy->n_weights; i++)
    {
      d_weights[i] = weight_penalty * sign (policy->weights[i]);
      d_probabilities[i] = 0.0f;
    }
  for (size_t i = 0; i < policy->n_biases; i++)
    d_biases[i] = bias_penalty * sign (policy->biases[i]);

  for (size_t k = 0; k < pass->n_masks; k++)
    for (size_t a = 0; a < policy->n_actions; a++)
      {
        size_t first = a * arrangement->n_weights;
        const float *mask = pass->masks + k * policy->n_weights + first;
        const float *derivative = pass->derivatives + k * policy->n_weights + first;
        const float *weights = policy->weights + first;

        esp_symbolic_network_backward (arrangement, pass->effective + k * policy->n_weights + first, n,
                                       pass_features (policy, pass, k, a),
                                       pass_arguments (policy, pass, k, a),
                                       pass->squash + a * n_columns + k * n, penalty, pass->d_features,
                                       pass->d_arguments, pass->d_weights, pass->d_biases);
        for (size_t i = 0; i < arrangement->n_weights; i++)
          {
            d_weights[first + i] += pass->d_weights[i] * mask[i];
            d_probabilities[first + i] += pass->d_weights[i] * weights[i] * derivative[i];
          }
        for (size_t i = 0; i < arrangement->n_biases; i++)
          d_biases[a * arrangement->n_biases + i] += pass->d_biases[i];
      }
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_NETWORK);
  esp_mlp_backward (&policy->deviation, policy->deviation_parameters, observations,
                    pass->deviation_activations, pass->d_log_deviation, n, pass->deviation_workspace,
                    d_deviation, NULL);
  esp_phase_end (outer);
}

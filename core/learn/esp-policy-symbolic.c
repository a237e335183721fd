/* The symbolic policy: symbolic networks with a path selector give the mean, an ordinary network gives the
 * standard deviation of the exploration noise (discarded at deployment).
 *
 * Without the selector all paths have a probability of 1 for good, and one mask serves an update.
 *
 * The networks are drawn, or start as the recipe's initial formula: its paths then have its weights and a
 * selection probability of 1, all others keep the weights that were drawn and have 0, so that without
 * learning the policy is the formula (to single precision), and learning may open and close paths as ever.
 * Logits are ±6 then, which is as near to it as they should come; without a selector the others' weights are
 * 0. */

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-memory.h"
#include "esp-network-insert.h"
#include "esp-path-selector.h"
#include "esp-phase.h"
#include "esp-policy-private.h"
#include "esp-symbolic-network.h"
#include "esp-simd.h"

/* Where every parameter of the path selector begins. */
static float
get_first_parameter (const EspPolicy *policy)
{
  double p = policy->recipe->initial_probability;

  if (!policy->recipe->path_selector)
    return 1.0f;
  if (policy->own_probabilities == NULL)
    return (float) p;

  /* the published first logit; that of 1 would be infinite */
  return p == 1.0 ? 3.0f : CLAMP ((float) log (p / (1.0 - p)), -ESP_LOGIT_LIMIT, ESP_LOGIT_LIMIT);
}

/* Makes sure that there is nothing where there is no path. */
static void
clear_blocked (EspPolicy *policy)
{
  for (size_t a = 0; a < policy->n_actions; a++)
    {
      esp_arrangement_clear_blocked (policy->arrangement,
                                     policy->weights + a * policy->arrangement->n_weights);
      esp_arrangement_clear_blocked (policy->arrangement,
                                     policy->selector + a * policy->arrangement->n_weights);
    }
}

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
                           + arrangement->layers[l].first_argument[k] + 1] = (float)
                                                                               recipe->initial_denominator;

  esp_mlp_draw_linear (&policy->deviation, policy->deviation_parameters, random);
  for (size_t i = 0; i < policy->n_weights; i++)
    policy->selector[i] = get_first_parameter (policy);
  clear_blocked (policy);
}

/* Returns the networks of @arrangement that compute the recipe's initial formula; unref them. */
static EspNetwork *
insert_formula (const EspRecipe *recipe,
                const EspEnvironmentInfo *environment,
                EspArrangement *arrangement,
                GError **error)
{
  g_autoptr (EspFormula)
    formula = esp_policy_parse_formula (recipe->initial_formula, "initial_formula", environment, error);
  EspNetwork *network;

  if (formula == NULL)
    return NULL;
  network = esp_network_insert (formula, environment, arrangement, error);
  if (network == NULL)
    g_prefix_error (error, "the arrangement %s does not contain the formula: ", recipe->arrangement);

  return network;
}

/* Returns whether an open path of the action with the paths @mask reads the operator that writes @feature
 * from layer @first on. */
static bool
is_read (const EspArrangement *arrangement, const uint8_t *mask, size_t first, size_t feature)
{
  for (size_t l = first; l < arrangement->n_layers; l++)
    for (size_t row = 0; row < arrangement->layers[l].n_arguments; row++)
      if (mask[arrangement->layers[l].weights + row * arrangement->layers[l].n_features + feature])
        return true;

  return false;
}

/* Takes the biases of the operators that @network uses; the others keep theirs. */
static void
take_biases (EspPolicy *policy, const EspNetwork *network, size_t action)
{
  const EspArrangement *arrangement = policy->arrangement;
  const uint8_t *mask = network->mask + action * arrangement->n_weights;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      size_t first = action * arrangement->n_biases + layer->biases;

      if (layer->n_operators == 0)
        policy->biases[first] = (float) network->biases[first];
      for (size_t k = 0; k < layer->n_operators; k++)
        if (is_read (arrangement, mask, l + 1, layer->n_features + k))
          for (size_t i = 0; i < esp_operator_get_n_arguments (layer->operators[k]); i++)
            policy->biases[first + layer->first_argument[k] + i] =
              (float) network->biases[first + layer->first_argument[k] + i];
    }
}

/* Takes the weights of the open paths, scaled as the policy's are. */
static void
take_weights (EspPolicy *policy, const EspNetwork *network, size_t action)
{
  const EspArrangement *arrangement = policy->arrangement;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t row = 0; row < layer->n_arguments; row++)
        for (size_t j = 0; j < layer->n_features; j++)
          {
            size_t i = action * arrangement->n_weights + layer->weights + row * layer->n_features + j;

            if (policy->own_probabilities != NULL)
              policy->selector[i] = network->mask[i] ? ESP_LOGIT_LIMIT : -ESP_LOGIT_LIMIT;
            else if (policy->recipe->path_selector)
              policy->selector[i] = network->mask[i] ? 1.0f : 0.0f;
            else
              policy->weights[i] = 0.0f;
            if (network->mask[i])
              policy->weights[i] = (float) (network->weights[i]
                                            * (j < policy->n_observations ? policy->scales[j] : 1.0));
          }
    }
}

/* Makes the networks what the recipe's initial formula says. */
static gboolean
start_from_formula (EspPolicy *policy, GError **error)
{
  g_autoptr (EspNetwork)
    network = insert_formula (policy->recipe, policy->environment, policy->arrangement, error);
  g_autoptr (EspNetwork) read = NULL;

  if (network == NULL)
    return FALSE;
  for (size_t a = 0; a < policy->n_actions; a++)
    {
      take_biases (policy, network, a);
      take_weights (policy, network, a);
    }
  clear_blocked (policy);
  esp_policy_update_probabilities (policy);

  for (size_t i = 0; i < policy->n_biases; i++)
    if (!isfinite (policy->biases[i]))
      {
        g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                     "the initial formula adds %g somewhere, which is too large for the network's single "
                     "precision; change it",
                     network->biases[i]);
        return FALSE;
      }

  /* what is too small for the recipe or too large for single precision is not there when it is read */
  read = esp_policy_get_network (policy);
  for (size_t i = 0; i < policy->n_weights; i++)
    if (network->mask[i] != read->mask[i] || (read->mask[i] && !isfinite (read->weights[i])))
      {
        g_set_error (
          error, ESP_ERROR, ESP_ERROR_RANGE,
          "the initial formula has a weight of %g, which the network would drop; change it, or lower "
          "the recipe's fields “smallest_weight” and “path_threshold”",
          network->weights[i]);
        return FALSE;
      }

  return TRUE;
}

static gboolean
measure (const EspRecipe *recipe,
         const EspEnvironmentInfo *environment,
         size_t n_samples,
         size_t n_masks,
         uint64_t *n_parameters,
         uint64_t *n_floats,
         GError **error)
{
  g_autoptr (EspArrangement)
    arrangement = esp_recipe_new_arrangement (recipe, environment->n_observations, error);
  size_t n_actions = environment->n_actions;
  uint64_t columns = (uint64_t) n_samples * n_masks, signals;
  EspMlp deviation;

  if (arrangement == NULL)
    return FALSE;
  if (recipe->initial_formula[0] != '\0')
    {
      g_autoptr (EspNetwork) network = insert_formula (recipe, environment, arrangement, error);

      if (network == NULL)
        return FALSE;
    }
  esp_mlp_init (&deviation, environment->n_observations, recipe->deviation_hidden.values,
                recipe->deviation_hidden.n, n_actions);
  signals = arrangement->n_features + arrangement->n_biases;
  *n_parameters = n_actions * (2 * arrangement->n_weights + arrangement->n_biases) + deviation.n_parameters;
  *n_floats = 3 * n_masks * n_actions * arrangement->n_weights + columns * n_actions * signals
              + n_samples * n_actions * signals + esp_mlp_activations_size (&deviation, n_samples)
              + esp_mlp_workspace_size (&deviation, n_samples);

  return TRUE;
}

static gboolean
init (EspPolicy *policy, EspRandom *random, GError **error)
{
  const EspRecipe *recipe = policy->recipe;

  policy->arrangement = esp_recipe_new_arrangement (recipe, policy->n_observations, error);
  if (policy->arrangement == NULL)
    return FALSE;
  policy->n_weights = policy->n_actions * policy->arrangement->n_weights;
  policy->n_paths = policy->n_actions * policy->arrangement->n_paths;
  policy->n_biases = policy->n_actions * policy->arrangement->n_biases;
  esp_mlp_init (&policy->deviation, policy->n_observations, recipe->deviation_hidden.values,
                recipe->deviation_hidden.n, policy->n_actions);
  policy->n_parameters = 2 * policy->n_weights + policy->n_biases + policy->deviation.n_parameters;
  policy->parameters = esp_new_floats (policy->n_parameters);
  policy->weights = policy->parameters;
  policy->biases = policy->weights + policy->n_weights;
  policy->deviation_parameters = policy->biases + policy->n_biases;
  policy->selector = policy->deviation_parameters + policy->deviation.n_parameters;
  if (recipe->path_selector && recipe->selector_form == ESP_SELECTOR_LOGIT)
    policy->own_probabilities = esp_new_floats (policy->n_weights);
  policy->probabilities = policy->own_probabilities != NULL ? policy->own_probabilities : policy->selector;
  draw_network (policy, random);
  esp_policy_update_probabilities (policy);
  if (recipe->initial_formula[0] != '\0' && !start_from_formula (policy, error))
    {
      esp_policy_clear (policy);
      return FALSE;
    }

  return TRUE;
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

static EspActor *
get_actor (const EspPolicy *policy)
{
  g_autoptr (EspNetwork) network = esp_policy_get_network (policy);

  return esp_actor_new_symbolic (network);
}

static size_t
list_arrays (const EspPolicy *policy, EspPolicyPass *pass, EspPassArray *arrays)
{
  const EspArrangement *arrangement = policy->arrangement;
  size_t n_samples = pass->n_samples, n_masks = pass->n_masks;
  size_t n_networks = n_masks * policy->n_actions;
  const EspPassArray list[] = {
    { &pass->masks, n_masks * policy->n_weights },
    { &pass->derivatives, n_masks * policy->n_weights },
    { &pass->mean, n_networks * n_samples },
    { &pass->effective, n_masks * policy->n_weights },
    { &pass->features, n_networks * arrangement->n_features * n_samples },
    { &pass->arguments, n_networks * arrangement->n_biases * n_samples },
    { &pass->d_features, policy->n_actions * arrangement->n_features * n_samples },
    { &pass->d_arguments, policy->n_biases * n_samples },
    { &pass->d_weights, policy->n_weights },
    { &pass->d_biases, policy->n_biases },
    { &pass->activations, esp_mlp_activations_size (&policy->deviation, n_samples) },
    { &pass->workspace, esp_mlp_workspace_size (&policy->deviation, n_samples) },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (list) + 5 <= ESP_MAX_PASS_ARRAYS);
  memcpy (arrays, list, sizeof list);
  return G_N_ELEMENTS (list);
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

static void
forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations)
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
                                         pass->activations);
  esp_phase_end (outer);
}

/* In eight running sums, for vectors whatever the instruction set. */
ESP_VECTORISED static double
sum_sizes (const float *restrict values, size_t n)
{
  double sums[8] = { 0 };
  size_t i = 0;

  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      sums[k] += (double) fabsf (values[i + k]);
  for (; i < n; i++)
    sums[0] += (double) fabsf (values[i]);

  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

static double
get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard)
{
  const EspRecipe *recipe = policy->recipe;
  size_t n_values = pass->n_masks * policy->n_actions * pass->n_samples;
  double sum = 0.0, weights, biases;

  for (size_t k = 0; k < pass->n_masks; k++)
    for (size_t a = 0; a < policy->n_actions; a++)
      sum += esp_symbolic_network_penalty (policy->arrangement, pass_arguments (policy, pass, k, a),
                                           pass->n_samples);
  weights = sum_sizes (policy->weights, policy->n_weights);
  biases = sum_sizes (policy->biases, policy->n_biases);

  *guard = sum / (double) n_values;
  return recipe->guard_penalty * *guard + recipe->weight_penalty * weights / (double) policy->n_paths
         + recipe->bias_penalty * biases / (double) policy->n_biases;
}

static inline float
sign (float x)
{
  return (float) ((x > 0.0f) - (x < 0.0f));
}

/* The network of the deviations first, which is the longest, then the actions' symbolic networks. */
static size_t
count_parts (const EspPolicy *policy)
{
  return 1 + policy->n_actions;
}

/* What the penalties of its size give the gradient of a weight or bias. */
ESP_VECTORISED static void
start_gradient (const float *restrict values, size_t n, float penalty, float *restrict gradient)
{
  for (size_t i = 0; i < n; i++)
    gradient[i] = penalty * sign (values[i]);
}

/* From the derivative by the effective weights of one mask to those by weights and by the selector's
 * parameters. */
ESP_VECTORISED static void
add_unmasked (const float *restrict d_effective,
              const float *restrict mask,
              const float *restrict derivative,
              const float *restrict weights,
              size_t n,
              float *restrict d_weights,
              float *restrict d_selector)
{
  for (size_t i = 0; i < n; i++)
    {
      d_weights[i] += d_effective[i] * mask[i];
      d_selector[i] += d_effective[i] * weights[i] * derivative[i];
    }
}

static void
differentiate_action (const EspPolicy *policy, EspPolicyPass *pass, size_t action, float *gradient)
{
  const EspArrangement *arrangement = policy->arrangement;
  const EspRecipe *recipe = policy->recipe;
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  size_t n_weights = arrangement->n_weights, n_biases = arrangement->n_biases;
  size_t first = action * n_weights, first_bias = action * n_biases;
  float penalty = (float) (recipe->guard_penalty / (double) (n_columns * policy->n_actions));
  const float *weights = policy->weights + first;
  float *d_weights = gradient + first;
  float *d_biases = gradient + (policy->biases - policy->parameters) + first_bias;
  float *d_selector = gradient + (policy->selector - policy->parameters) + first;
  float *d_effective = pass->d_weights + first, *d_network_biases = pass->d_biases + first_bias;

  start_gradient (weights, n_weights, (float) (recipe->weight_penalty / (double) policy->n_paths), d_weights);
  start_gradient (policy->biases + first_bias, n_biases,
                  (float) (recipe->bias_penalty / (double) policy->n_biases), d_biases);
  memset (d_selector, 0, n_weights * sizeof *d_selector);

  for (size_t k = 0; k < pass->n_masks; k++)
    {
      size_t first_of_mask = k * policy->n_weights + first;

      esp_symbolic_network_backward (
        arrangement, pass->effective + first_of_mask, n, pass_features (policy, pass, k, action),
        pass_arguments (policy, pass, k, action), pass->d_mean + action * n_columns + k * n, penalty,
        pass->d_features + action * arrangement->n_features * n, pass->d_arguments + first_bias * n,
        d_effective, d_network_biases);
      add_unmasked (d_effective, pass->masks + first_of_mask, pass->derivatives + first_of_mask, weights,
                    n_weights, d_weights, d_selector);
      for (size_t i = 0; i < n_biases; i++)
        d_biases[i] += d_network_biases[i];
    }
  esp_arrangement_clear_blocked (arrangement, d_weights);
  esp_arrangement_clear_blocked (arrangement, d_selector);
}

static void
backward (
  const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient)
{
  EspPhase outer = esp_phase_begin (part == 0 ? ESP_PHASE_NETWORK : ESP_PHASE_SYMBOLIC_BACKWARD);

  if (part == 0)
    esp_mlp_backward (&policy->deviation, policy->deviation_parameters, observations, pass->activations,
                      pass->d_log_deviation, pass->n_samples, pass->workspace,
                      gradient + (policy->deviation_parameters - policy->parameters), NULL);
  else
    differentiate_action (policy, pass, part - 1, gradient);
  esp_phase_end (outer);
}

const EspPolicyOperations esp_policy_symbolic_operations = {
  .measure = measure,
  .init = init,
  .list_arrays = list_arrays,
  .forward = forward,
  .count_parts = count_parts,
  .backward = backward,
  .get_penalty = get_penalty,
  .get_actor = get_actor,
};

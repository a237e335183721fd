/* The neural policy: one multi-layer perceptron from observations to the mean and, unless the policy is
 * deterministic, ln σ of each action. It has no path selector and no formula. */

#include "esp-error.h"
#include "esp-memory.h"
#include "esp-phase.h"
#include "esp-policy-private.h"

static void
describe_network (EspMlp *network, const EspRecipe *recipe, const EspEnvironmentInfo *environment)
{
  const EspWidths *hidden = recipe->policy_hidden.n > 0 ? &recipe->policy_hidden : &recipe->critic_hidden;
  bool deterministic = recipe->algorithm == ESP_ALGORITHM_TD3;

  esp_mlp_init (network, environment->n_observations, hidden->values, hidden->n,
                (deterministic ? 1 : 2) * environment->n_actions);
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
  EspMlp network;

  describe_network (&network, recipe, environment);
  *n_parameters = network.n_parameters;
  *n_floats = esp_mlp_activations_size (&network, n_samples) + esp_mlp_workspace_size (&network, n_samples);

  return TRUE;
}

static gboolean
init (EspPolicy *policy, EspRandom *random, GError **error)
{
  describe_network (&policy->network, policy->recipe, policy->environment);
  policy->n_parameters = policy->network.n_parameters;
  policy->parameters = esp_new_floats (policy->n_parameters);
  policy->selector = policy->probabilities = policy->parameters + policy->n_parameters;
  esp_mlp_draw_linear (&policy->network, policy->parameters, random);

  return TRUE;
}

static size_t
list_arrays (const EspPolicy *policy, EspPolicyPass *pass, EspPassArray *arrays)
{
  const EspPassArray list[] = {
    { &pass->activations, esp_mlp_activations_size (&policy->network, pass->n_samples) },
    { &pass->workspace, esp_mlp_workspace_size (&policy->network, pass->n_samples) },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (list); i++)
    arrays[i] = list[i];

  return G_N_ELEMENTS (list);
}

static void
forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_NETWORK);

  /* the rows of means, and those of ln σ below them */
  pass->mean = esp_mlp_forward (&policy->network, policy->parameters, observations, pass->n_samples,
                                pass->activations);
  pass->log_deviation = pass->mean + policy->n_actions * pass->n_samples;
  esp_phase_end (outer);
}

static size_t
count_parts (const EspPolicy *policy)
{
  return 1;
}

static void
backward (
  const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient)
{
  EspPhase outer = esp_phase_begin (ESP_PHASE_NETWORK);

  /* the derivatives lie as the outputs do */
  esp_mlp_backward (&policy->network, policy->parameters, observations, pass->activations, pass->d_mean,
                    pass->n_samples, pass->workspace, gradient, NULL);
  esp_phase_end (outer);
}

static double
get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard)
{
  *guard = 0.0;
  return 0.0;
}

static EspActor *
get_actor (const EspPolicy *policy)
{
  return esp_actor_new_neural (policy->environment, &policy->network, policy->parameters, policy->scales);
}

const EspPolicyOperations esp_policy_neural_operations = {
  .measure = measure,
  .init = init,
  .list_arrays = list_arrays,
  .forward = forward,
  .count_parts = count_parts,
  .backward = backward,
  .get_penalty = get_penalty,
  .get_actor = get_actor,
};

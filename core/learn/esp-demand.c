#include "esp-demand.h"

#include "esp-error.h"
#include "esp-policy.h"

gboolean
esp_demand_measure (EspDemand *demand,
                    const EspRecipe *recipe,
                    const EspEnvironmentInfo *environment,
                    GError **error)
{
  size_t n_observations = environment->n_observations, n_actions = environment->n_actions;
  size_t n_masks = esp_recipe_count_masks (recipe);
  size_t n = recipe->batch_size, n_columns = n * n_masks;
  uint64_t n_policy, floats, pass, next;
  EspMlp critic;

  if (!esp_policy_measure (recipe, environment, n, n_masks, &n_policy, &pass, error)
      || !esp_policy_measure (recipe, environment, n, 1, &n_policy, &next, error))
    return FALSE;
  esp_mlp_init (&critic, n_observations + n_actions, recipe->critic_hidden.values, recipe->critic_hidden.n,
                1);
  demand->n_policy = n_policy;
  demand->n_critic = critic.n_parameters;

  /* the numbers with two moments and a gradient each, and a target of some policies; two critics with targets
   * share one gradient */
  floats = 4 * demand->n_policy + 9 * demand->n_critic + pass + next;
  if (recipe->algorithm == ESP_ALGORITHM_TD3)
    floats += demand->n_policy;
  floats += 2 * (uint64_t) esp_mlp_activations_size (&critic, n_columns)
            + esp_mlp_workspace_size (&critic, n_columns) + 2 * n_columns * (n_observations + n_actions);
  floats += (uint64_t) MIN (recipe->replay_capacity, recipe->steps) * (2 * n_observations + n_actions + 2);
  demand->bytes = floats * sizeof (float);

  if (demand->bytes > ESP_MAX_RUN_BYTES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe would take %.1f GiB of memory, more than the %.1f GiB that a run may: make "
                   "batch_size, mask_samples, replay_capacity, the arrangement or the hidden layers smaller",
                   (double) demand->bytes / (1 << 30), (double) ESP_MAX_RUN_BYTES / (1 << 30));
      return FALSE;
    }

  return TRUE;
}

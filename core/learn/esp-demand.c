#include "esp-demand.h"

#include "esp-arrangement.h"
#include "esp-error.h"

/* Floats of an EspPolicyPass over @n samples and @n_masks masks. */
static uint64_t
count_pass (
  const EspArrangement *arrangement, const EspMlp *deviation, size_t n_actions, size_t n, size_t n_masks)
{
  uint64_t columns = (uint64_t) n * n_masks;
  uint64_t signals = arrangement->n_features + arrangement->n_biases;

  return 3 * n_masks * n_actions * arrangement->n_weights + columns * (n_actions * (signals + 4) + 1)
         + n * (signals + 2 * n_actions) + esp_mlp_activations_size (deviation, n)
         + esp_mlp_workspace_size (deviation, n);
}

gboolean
esp_demand_measure (EspDemand *demand,
                    const EspRecipe *recipe,
                    const EspEnvironmentInfo *environment,
                    GError **error)
{
  g_autoptr (EspArrangement)
    arrangement = esp_arrangement_new (recipe->arrangement, environment->n_observations, error);
  size_t n_observations = environment->n_observations, n_actions = environment->n_actions;
  size_t n = recipe->batch_size, n_columns = n * recipe->mask_samples;
  uint64_t floats;
  EspMlp deviation, critic;

  if (arrangement == NULL)
    return FALSE;
  esp_mlp_init (&deviation, n_observations, recipe->deviation_hidden.values, recipe->deviation_hidden.n,
                n_actions);
  esp_mlp_init (&critic, n_observations + n_actions, recipe->critic_hidden.values, recipe->critic_hidden.n,
                1);
  demand->n_policy = n_actions * (2 * arrangement->n_weights + arrangement->n_biases)
                     + deviation.n_parameters;
  demand->n_critic = critic.n_parameters;

  /* the numbers with two moments and a gradient each; two critics with targets share one gradient */
  floats = 4 * demand->n_policy + 9 * demand->n_critic;
  floats += count_pass (arrangement, &deviation, n_actions, n, recipe->mask_samples);
  floats += count_pass (arrangement, &deviation, n_actions, n, 1);
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

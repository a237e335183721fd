#include "esp-floor.h"

#include <string.h>

#include "esp-simd.h"

#include "esp-floor-symbolic.h"
#include "esp-memory.h"
#include "esp-phase.h"

#define LINE 16 /* floats of a cache line */

typedef struct
{
  float **place;
  size_t n;
} Array;

static size_t
get_outputs (const EspFloor *floor)
{
  return floor->network.widths[floor->network.n_layers];
}

/* Lays @arrays[n_arrays] out in @storage (NULL: only counts), each on a cache line of its own. */
static size_t
lay_out (const Array *arrays, size_t n_arrays, float *storage)
{
  size_t total = 0;

  for (size_t i = 0; i < n_arrays; i++)
    {
      if (storage != NULL)
        *arrays[i].place = storage + total;
      total += (arrays[i].n + LINE - 1) / LINE * LINE;
    }

  return total;
}

static size_t
lay_out_pass (EspFloor *floor, EspFloorPass *pass, size_t n_masks, float *storage)
{
  size_t n = floor->n, n_networks = n_masks * floor->n_actions;
  size_t n_features = floor->arrangement != NULL ? floor->arrangement->n_features : 0;
  size_t n_arguments = floor->arrangement != NULL ? floor->arrangement->n_biases : 0;
  const Array arrays[] = {
    { &pass->masks, n_masks * floor->n_weights },
    { &pass->slopes, n_masks * floor->n_weights },
    { &pass->effective, n_masks * floor->n_weights },
    { &pass->features, n_networks * n_features * n },
    { &pass->arguments, n_networks * n_arguments * n },
    { &pass->activations, esp_floor_network_activations_size (&floor->network, n) },
    { &pass->head, get_outputs (floor) * n },
    { &pass->mean, n_networks * n },
    { &pass->actions, n_networks * n },
    { &pass->log_density, n_masks * n },
  };

  pass->n_masks = n_masks;
  return lay_out (arrays, G_N_ELEMENTS (arrays), storage);
}

static size_t
lay_out_all (EspFloor *floor, float *storage)
{
  size_t n = floor->n, n_columns = n * floor->n_masks, n_actions = floor->n_actions;
  size_t n_observations = floor->n_observations, n_inputs = n_observations + n_actions;
  size_t n_critic = floor->critic.n_parameters;
  const EspArrangement *arrangement = floor->arrangement;
  size_t activations = esp_floor_network_activations_size (&floor->critic, n_columns);
  const Array arrays[] = {
    { &floor->policy, floor->n_policy },
    { &floor->policy_gradient, floor->n_policy },
    { &floor->policy_moments, 2 * floor->n_policy },
    { &floor->critics[0], n_critic },
    { &floor->critics[1], n_critic },
    { &floor->targets[0], n_critic },
    { &floor->targets[1], n_critic },
    { &floor->critic_moments[0], 2 * n_critic },
    { &floor->critic_moments[1], 2 * n_critic },
    { &floor->critic_gradient, n_critic },
    { &floor->batch.observations, n_observations * n },
    { &floor->batch.actions, n_actions * n },
    { &floor->batch.rewards, n },
    { &floor->batch.next_observations, n_observations * n },
    { &floor->batch.terminated, n },
    { &floor->noise.next_uniform, floor->n_weights },
    { &floor->noise.next_normal, n_actions * n },
    { &floor->noise.logistic, floor->n_masks * floor->n_weights },
    { &floor->noise.normal, n_actions * n_columns },
    { &floor->input, n_inputs * n_columns },
    { &floor->d_input, n_actions * n_columns },
    { &floor->d_action, n_actions * n_columns },
    { &floor->activations[0], activations },
    { &floor->activations[1], activations },
    { &floor->workspace, esp_floor_network_workspace_size (&floor->critic, n_columns) },
    { &floor->d_output, n_columns },
    { &floor->target, n },
    { &floor->d_mean, n_actions * n_columns },
    { &floor->d_head, get_outputs (floor) * n },
    { &floor->d_head_by_samples, get_outputs (floor) * n },
    { &floor->network_workspace, esp_floor_network_workspace_size (&floor->network, n) },
    { &floor->d_features, arrangement != NULL ? arrangement->n_features * n : 0 },
    { &floor->d_arguments, arrangement != NULL ? arrangement->n_biases * n : 0 },
    { &floor->d_weights, arrangement != NULL ? arrangement->n_weights : 0 },
    { &floor->d_biases, arrangement != NULL ? arrangement->n_biases : 0 },
    { &floor->replay, floor->n_replay * floor->width },
  };
  size_t total = lay_out (arrays, G_N_ELEMENTS (arrays), storage);

  total += lay_out_pass (floor, &floor->next, 1, storage != NULL ? storage + total : NULL);
  total += lay_out_pass (floor, &floor->pass, floor->n_masks, storage != NULL ? storage + total : NULL);
  return total;
}

static void
draw_network (const EspFloorNetwork *network, float *parameters, uint32_t counter)
{
  esp_floor_uniform (parameters, network->n_parameters, counter);
  for (size_t l = 0; l < network->n_layers; l++)
    {
      size_t end = l + 1 < network->n_layers ? network->weights[l + 1] : network->n_parameters;
      float bound = 1.0f / sqrtf ((float) network->widths[l]);

      for (size_t i = network->weights[l]; i < end; i++)
        parameters[i] = bound * (2.0f * parameters[i] - 1.0f);
    }
}

static void
draw_all (EspFloor *floor, size_t n_all)
{
  const EspRecipe *recipe = floor->recipe;
  size_t n_symbolic = floor->n_weights + floor->n_biases;
  float range = (float) recipe->initial_range;

  /* products of numbers that nobody wrote would be slow or fast as chance has it */
  esp_floor_normal (floor->storage, n_all, 1);
  memset (floor->policy_moments, 0, 2 * floor->n_policy * sizeof (float));
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      draw_network (&floor->critic, floor->critics[c], 1000003 * (uint32_t) (c + 1));
      memcpy (floor->targets[c], floor->critics[c], floor->critic.n_parameters * sizeof (float));
      memset (floor->critic_moments[c], 0, 2 * floor->critic.n_parameters * sizeof (float));
    }
  esp_floor_uniform (floor->policy, n_symbolic, 7);
  for (size_t i = 0; i < n_symbolic; i++)
    floor->policy[i] = range * (2.0f * floor->policy[i] - 1.0f);
  draw_network (&floor->network, floor->policy + n_symbolic, 11);
  for (size_t i = 0; i < floor->n_weights; i++)
    floor->policy[n_symbolic + floor->network.n_parameters + i] = (float) recipe->initial_probability;

  for (size_t i = 0; i < floor->n_replay; i++)
    {
      float *end = floor->replay + i * floor->width + floor->n_observations;

      for (size_t a = 0; a < floor->n_actions; a++)
        end[a] = tanhf (end[a]);
      floor->replay[(i + 1) * floor->width - 1] = 0.0f;
    }
}

EspFloor *
esp_floor_new (EspRecipe *recipe, EspFloorKind kind, size_t n_observations, size_t n_actions, size_t n_replay)
{
  EspFloor *floor = g_new0 (EspFloor, 1);
  const EspWidths *hidden = kind.neural ? &recipe->critic_hidden : &recipe->deviation_hidden;
  size_t widths[ESP_MAX_HIDDEN_LAYERS + 2] = { n_observations + n_actions };
  size_t n_all;

  floor->recipe = esp_recipe_ref (recipe);
  floor->loops = kind.loops;
  floor->n_observations = n_observations;
  floor->n_actions = n_actions;
  floor->n = recipe->batch_size;
  floor->n_masks = kind.neural ? 1 : recipe->mask_samples;
  floor->n_replay = n_replay;
  floor->width = 2 * n_observations + n_actions + 2;
  floor->log_alpha = logf ((float) recipe->initial_entropy_weight);

  memcpy (widths + 1, recipe->critic_hidden.values, recipe->critic_hidden.n * sizeof *widths);
  widths[recipe->critic_hidden.n + 1] = 1;
  esp_floor_network_init (&floor->critic, widths, recipe->critic_hidden.n + 2, kind.by_samples, kind.loops);
  widths[0] = n_observations;
  memcpy (widths + 1, hidden->values, hidden->n * sizeof *widths);
  widths[hidden->n + 1] = kind.neural ? 2 * n_actions : n_actions;
  esp_floor_network_init (&floor->network, widths, hidden->n + 2, kind.by_samples, kind.loops);
  if (!kind.neural)
    {
      floor->arrangement = esp_arrangement_new (recipe->arrangement, n_observations, NULL);
      floor->n_weights = n_actions * floor->arrangement->n_weights;
      floor->n_biases = n_actions * floor->arrangement->n_biases;
    }
  floor->n_policy = 2 * floor->n_weights + floor->n_biases + floor->network.n_parameters;

  n_all = lay_out_all (floor, NULL);
  floor->storage = esp_new_floats (n_all);
  lay_out_all (floor, floor->storage);
  floor->batch.n_samples = floor->n;
  draw_all (floor, n_all);

  return floor;
}

void
esp_floor_free (EspFloor *floor)
{
  if (floor == NULL)
    return;

  g_clear_pointer (&floor->arrangement, esp_arrangement_unref);
  esp_recipe_unref (floor->recipe);
  esp_free_aligned (floor->storage);
  g_free (floor);
}

static void
draw_batch (EspFloor *floor)
{
  EspBatch *batch = &floor->batch;
  size_t n = floor->n, n_observations = floor->n_observations;
  size_t bytes = n_observations * sizeof (float);

  esp_floor_uniform (floor->target, n, floor->counter);
  for (size_t i = 0; i < n; i++)
    {
      const float *slot = floor->replay
                          + (size_t) (floor->target[i] * (float) floor->n_replay) * floor->width;
      const float *after = slot + n_observations + floor->n_actions + 1;

      if (floor->critic.by_samples)
        {
          memcpy (batch->observations + i * n_observations, slot, bytes);
          memcpy (batch->next_observations + i * n_observations, after, bytes);
        }
      else
        for (size_t k = 0; k < n_observations; k++)
          {
            batch->observations[k * n + i] = slot[k];
            batch->next_observations[k * n + i] = after[k];
          }
      for (size_t k = 0; k < floor->n_actions; k++)
        batch->actions[k * n + i] = slot[n_observations + k];
      batch->rewards[i] = after[-1];
      batch->terminated[i] = after[n_observations];
    }
}

void
esp_floor_draw (EspFloor *floor)
{
  size_t n = floor->n, n_columns = n * floor->n_masks;
  EspPhase outer = esp_phase_begin (ESP_PHASE_SAMPLING);

  draw_batch (floor);
  floor->counter += (uint32_t) n;
  esp_phase_end (outer);

  outer = esp_phase_begin (ESP_PHASE_NOISE);
  esp_floor_uniform (floor->noise.next_uniform, floor->n_weights, floor->counter);
  esp_floor_logistic (floor->noise.logistic, floor->n_masks * floor->n_weights,
                      floor->counter + (uint32_t) floor->n_weights);
  floor->counter += (uint32_t) ((floor->n_masks + 1) * floor->n_weights);
  esp_floor_normal (floor->noise.next_normal, floor->n_actions * n, floor->counter);
  esp_floor_normal (floor->noise.normal, floor->n_actions * n_columns,
                    floor->counter + (uint32_t) (floor->n_actions * n + 1));
  floor->counter += (uint32_t) (floor->n_actions * (n + n_columns) + 2);
  esp_phase_end (outer);
}

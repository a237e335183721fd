#include "esp-replay.h"

#include <string.h>

#include <glib.h>

#define FIRST_ALLOCATION 4096

void
esp_replay_init (EspReplay *replay, size_t capacity, size_t n_observations, size_t n_actions)
{
  *replay = (EspReplay){ .capacity = capacity,
                         .n_observations = n_observations,
                         .n_actions = n_actions,
                         .width = 2 * n_observations + n_actions + 2 };
}

void
esp_replay_clear (EspReplay *replay)
{
  g_clear_pointer (&replay->data, g_free);
}

void
esp_replay_add (EspReplay *replay,
                const float *observation,
                const float *action,
                float reward,
                const float *next_observation,
                bool terminated)
{
  float *slot;

  if (replay->next >= replay->allocated)
    {
      replay->allocated = MIN (replay->capacity, MAX (FIRST_ALLOCATION, 2 * replay->allocated));
      replay->data = g_renew (float, replay->data, replay->allocated * replay->width);
    }

  slot = replay->data + replay->next * replay->width;
  memcpy (slot, observation, replay->n_observations * sizeof *slot);
  slot += replay->n_observations;
  memcpy (slot, action, replay->n_actions * sizeof *slot);
  slot += replay->n_actions;
  *slot++ = reward;
  memcpy (slot, next_observation, replay->n_observations * sizeof *slot);
  slot += replay->n_observations;
  *slot = terminated ? 1.0f : 0.0f;

  replay->next = (replay->next + 1) % replay->capacity;
  replay->count = MIN (replay->count + 1, replay->capacity);
}

void
esp_replay_sample (const EspReplay *replay, EspRandom *random, EspBatch *batch)
{
  size_t n = batch->n_samples;

  for (size_t i = 0; i < n; i++)
    {
      const float *slot = replay->data + esp_random_below (random, (uint32_t) replay->count) * replay->width;

      for (size_t k = 0; k < replay->n_observations; k++)
        batch->observations[k * n + i] = *slot++;
      for (size_t k = 0; k < replay->n_actions; k++)
        batch->actions[k * n + i] = *slot++;
      batch->rewards[i] = *slot++;
      for (size_t k = 0; k < replay->n_observations; k++)
        batch->next_observations[k * n + i] = *slot++;
      batch->terminated[i] = *slot;
    }
}

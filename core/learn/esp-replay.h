/* The replay: past transitions, from which batches are drawn uniformly.
 *
 * Single precision. Belongs to the trainer's thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-random.h"

/**
 * EspReplay:
 * @capacity: transitions it can keep; the oldest are overwritten
 * @n_observations: observations in a transition
 * @n_actions: actions in a transition
 * @width: floats in a transition: observation, action (−1 … 1), reward, next observation, 1 if the task
 *   ended there
 * @count: transitions stored
 * @next: where the next one goes
 * @data: [capacity][width]; grows with @count
 */
typedef struct
{
  size_t capacity;
  size_t n_observations;
  size_t n_actions;
  size_t width;
  size_t count;
  size_t next;
  size_t allocated;
  float *data;
} EspReplay;

/**
 * EspBatch:
 *
 * Transitions in columns: row i of @observations is observation i of all samples.
 */
typedef struct
{
  size_t n_samples;
  float *observations;      /* [n_observations][n_samples] */
  float *actions;           /* [n_actions][n_samples], −1 … 1 */
  float *rewards;           /* [n_samples] */
  float *next_observations; /* [n_observations][n_samples] */
  float *terminated;        /* [n_samples], 1 where the task ended */
} EspBatch;

void esp_replay_init (EspReplay *replay, size_t capacity, size_t n_observations, size_t n_actions);
void esp_replay_clear (EspReplay *replay);

/* Stores a transition. Grows the memory by doubling until the capacity is reached. */
void esp_replay_add (EspReplay *replay,
                     const float *observation,
                     const float *action,
                     float reward,
                     const float *next_observation,
                     bool terminated);

/* Fills @batch, whose arrays the caller allocated, with @batch->n_samples transitions drawn with
 * replacement. The replay must not be empty. */
void esp_replay_sample (const EspReplay *replay, EspRandom *random, EspBatch *batch);

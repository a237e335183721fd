/* One finished picture and what it shows. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "esp-environment.h"

G_BEGIN_DECLS

/* The largest width or height of a frame in pixels. */
#define ESP_FRAME_MAX_SIZE 4096

/**
 * EspFrame:
 * @width: pixels in a row
 * @height: number of rows
 * @stride: bytes from one row to the next, 3 × @width
 * @pixels: red, green, blue bytes; the first row is the top one
 * @seed: the seed of the episode
 * @episode: number of the episode since the last restart, from 1
 * @step: how many steps the episode has had
 * @time: simulated seconds since the episode began, up to the moment that is shown
 * @episode_return: sum of the rewards so far
 * @ended: the episode is over, and its last pose is shown
 * @terminated: it ended by failure or goal, not by the step limit
 * @succeeded: by a goal
 * @n_observations: length of @observation
 * @n_actions: length of @action
 * @observation: the newest observation
 * @action: the action of the newest step, as the policy gave it before clipping; 0 before the first step
 *
 * Immutable; counted references, from any thread. To show it with GTK wrap @pixels in a GBytes that holds a
 * reference and make a GdkMemoryTexture of format GDK_MEMORY_R8G8B8.
 */
typedef struct
{
  int width;
  int height;
  size_t stride;
  const uint8_t *pixels;
  uint64_t seed;
  uint64_t episode;
  uint64_t step;
  double time;
  double episode_return;
  bool ended;
  bool terminated;
  bool succeeded;
  size_t n_observations;
  size_t n_actions;
  double observation[ESP_MAX_OBSERVATIONS];
  double action[ESP_MAX_ACTIONS];
} EspFrame;

/* Takes a reference. Returns @frame. Any thread. */
EspFrame *esp_frame_ref (EspFrame *frame);

/* Drops a reference. Any thread. */
void esp_frame_unref (EspFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFrame, esp_frame_unref)

G_END_DECLS

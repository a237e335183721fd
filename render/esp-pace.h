/* How often to draw: as often as the screen wants on a GPU, and within a share of one core on software
 * OpenGL, whose rasteriser works in threads of its own that are measured too. A pace belongs to the thread
 * that draws.
 */

#pragma once

#include <stdbool.h>

/* The most threads of a software rasteriser that are watched. */
#define ESP_PACE_MAX_THREADS 64

/**
 * EspPace:
 * @is_fast: whether a GPU draws
 * @interval: seconds from one frame to the next
 * @cost: processor seconds of a frame, all threads together, as a running average
 * @begun: processor time when the current frame was begun
 * @n_threads: how many rasteriser threads there are, or -1 before they have been looked for
 * @threads: their ids
 */
typedef struct
{
  bool is_fast;
  double interval;
  double cost;
  double begun;
  int n_threads;
  int threads[ESP_PACE_MAX_THREADS];
} EspPace;

/* Prepares @pace at its highest rate. */
void esp_pace_init (EspPace *pace, bool is_fast);

/* Call before and after a frame is drawn; the latter adapts the interval. */
void esp_pace_begin (EspPace *pace);
void esp_pace_end (EspPace *pace);

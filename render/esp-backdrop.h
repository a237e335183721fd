/* The unmoving part of a picture, drawn once and kept, with the moving part laid over it.
 *
 * On software OpenGL nearly all of a frame's time goes into sky and floor, which stay as they are until the
 * camera moves. A backdrop keeps their colours and depths, four samples to the pixel; a frame then only needs
 * the few pixels around the robot, also in four samples, whose nearer ones are taken. So frames are cheap
 * and their edges smooth. Moving geoms must be opaque. A backdrop belongs to one thread.
 */

#pragma once

#include <stdint.h>

/* Samples of a pixel in each direction. */
#define ESP_BACKDROP_SAMPLES 2

/**
 * EspRegion:
 * @x: pixels from the left
 * @y: pixels from the bottom, as OpenGL counts
 * @width: pixels to the right
 * @height: pixels upwards
 */
typedef struct
{
  int x;
  int y;
  int width;
  int height;
} EspRegion;

/**
 * EspBackdrop:
 * @width: pixels in a row
 * @height: number of rows
 * @colours: samples of the unmoving part, 3 bytes each, the bottom row first
 * @depths: their depths, 0 near and 1 far
 * @picture: the mean of each pixel's samples, 3 bytes each, the top row first
 */
typedef struct
{
  int width;
  int height;
  uint8_t *colours;
  float *depths;
  uint8_t *picture;
} EspBackdrop;

/* Makes @backdrop one of @width × @height pixels, its contents undefined; begin with a zeroed struct. */
void esp_backdrop_resize (EspBackdrop *backdrop, int width, int height);

/* Frees what @backdrop holds. */
void esp_backdrop_clear (EspBackdrop *backdrop);

/* Keeps @region of the unmoving part: samples of @colours and @depths as OpenGL reads them, tightly packed.
 */
void esp_backdrop_keep (EspBackdrop *backdrop,
                        const EspRegion *region,
                        const uint8_t *colours,
                        const float *depths);

/* Writes the unmoving part to @pixels (3 bytes each, the top row first). */
void esp_backdrop_copy (const EspBackdrop *backdrop, uint8_t *pixels);

/* Lays @region of the moving part over @pixels, which hold the unmoving part there. */
void esp_backdrop_cover (const EspBackdrop *backdrop,
                         const EspRegion *region,
                         const uint8_t *colours,
                         const float *depths,
                         uint8_t *pixels);

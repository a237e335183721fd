#include "esp-backdrop.h"

#include <stddef.h>
#include <string.h>

#include <glib.h>

#define SAMPLES   ESP_BACKDROP_SAMPLES
#define PER_PIXEL (SAMPLES * SAMPLES)

void
esp_backdrop_resize (EspBackdrop *backdrop, int width, int height)
{
  size_t n = (size_t) width * height;

  if (width == backdrop->width && height == backdrop->height)
    return;
  esp_backdrop_clear (backdrop);
  backdrop->width = width;
  backdrop->height = height;
  backdrop->colours = g_malloc (3 * PER_PIXEL * n);
  backdrop->depths = g_new (float, PER_PIXEL *n);
  backdrop->picture = g_malloc (3 * n);
}

void
esp_backdrop_clear (EspBackdrop *backdrop)
{
  g_free (backdrop->colours);
  g_free (backdrop->depths);
  g_free (backdrop->picture);
  *backdrop = (EspBackdrop){ 0 };
}

/* Where the pixel row @y (from the bottom) begins in a picture whose top row comes first. */
static size_t
get_row (const EspBackdrop *backdrop, int y)
{
  return (size_t) 3 * (backdrop->height - 1 - y) * backdrop->width;
}

void
esp_backdrop_keep (EspBackdrop *backdrop,
                   const EspRegion *region,
                   const uint8_t *colours,
                   const float *depths)
{
  size_t own_width = (size_t) SAMPLES * backdrop->width;
  size_t region_width = (size_t) SAMPLES * region->width;

  for (int row = 0; row < SAMPLES * region->height; row++)
    {
      size_t to = (size_t) (SAMPLES * region->y + row) * own_width + (size_t) SAMPLES * region->x;
      size_t from = (size_t) row * region_width;

      memcpy (backdrop->colours + 3 * to, colours + 3 * from, 3 * region_width);
      memcpy (backdrop->depths + to, depths + from, region_width * sizeof (float));
    }

  for (int row = 0; row < region->height; row++)
    {
      uint8_t *pixel = backdrop->picture + get_row (backdrop, region->y + row) + 3 * region->x;
      const uint8_t *lower = colours + 3 * region_width * SAMPLES * row;
      const uint8_t *upper = lower + 3 * region_width;

      for (int column = 0; column < region->width; column++)
        {
          for (int c = 0; c < 3; c++)
            pixel[c] = (uint8_t) ((lower[c] + lower[c + 3] + upper[c] + upper[c + 3] + 2) / PER_PIXEL);
          pixel += 3;
          lower += 3 * SAMPLES;
          upper += 3 * SAMPLES;
        }
    }
}

void
esp_backdrop_copy (const EspBackdrop *backdrop, uint8_t *pixels)
{
  memcpy (pixels, backdrop->picture, (size_t) 3 * backdrop->width * backdrop->height);
}

/* Lays the samples of one pixel over @pixel; @own and @over are the indices of its lower left sample. */
static void
cover_pixel (const EspBackdrop *backdrop,
             size_t own,
             const uint8_t *colours,
             const float *depths,
             size_t over,
             size_t over_width,
             uint8_t *pixel)
{
  size_t own_width = (size_t) SAMPLES * backdrop->width;
  const size_t owns[PER_PIXEL] = { own, own + 1, own + own_width, own + own_width + 1 };
  const size_t overs[PER_PIXEL] = { over, over + 1, over + over_width, over + over_width + 1 };
  unsigned sum[3] = { PER_PIXEL / 2, PER_PIXEL / 2, PER_PIXEL / 2 };
  gboolean covered = FALSE;

  for (int i = 0; i < PER_PIXEL; i++)
    {
      gboolean nearer = depths[overs[i]] < backdrop->depths[owns[i]];
      const uint8_t *colour = nearer ? colours + 3 * overs[i] : backdrop->colours + 3 * owns[i];

      covered |= nearer;
      for (int c = 0; c < 3; c++)
        sum[c] += colour[c];
    }
  if (!covered)
    return;
  for (int c = 0; c < 3; c++)
    pixel[c] = (uint8_t) (sum[c] / PER_PIXEL);
}

void
esp_backdrop_cover (const EspBackdrop *backdrop,
                    const EspRegion *region,
                    const uint8_t *colours,
                    const float *depths,
                    uint8_t *pixels)
{
  size_t own_width = (size_t) SAMPLES * backdrop->width;
  size_t over_width = (size_t) SAMPLES * region->width;

  for (int row = 0; row < region->height; row++)
    {
      uint8_t *pixel = pixels + get_row (backdrop, region->y + row) + 3 * region->x;
      size_t own = (size_t) SAMPLES * (region->y + row) * own_width + (size_t) SAMPLES * region->x;
      size_t over = (size_t) SAMPLES * row * over_width;

      for (int column = 0; column < region->width; column++)
        {
          /* most of a region is empty: nothing was drawn there */
          if (depths[over] < 1 || depths[over + 1] < 1 || depths[over + over_width] < 1
              || depths[over + over_width + 1] < 1)
            cover_pixel (backdrop, own, colours, depths, over, over_width, pixel);
          own += SAMPLES;
          over += SAMPLES;
          pixel += 3;
        }
    }
}

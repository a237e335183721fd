#include "measures.h"

#include <math.h>
#include <stdlib.h>

double
get_difference (const EspFrame *a, const EspFrame *b, double from, double to)
{
  size_t first = (size_t) (from * a->height) * a->stride, end = (size_t) (to * a->height) * a->stride;
  double sum = 0;

  g_assert_true (a->width == b->width && a->height == b->height);
  for (size_t i = first; i < end; i++)
    sum += abs (a->pixels[i] - b->pixels[i]);

  return sum / (double) (end - first);
}

double
get_mean (const EspFrame *frame, double from, double to, int channel)
{
  size_t first = (size_t) (from * frame->height) * frame->stride;
  size_t end = (size_t) (to * frame->height) * frame->stride;
  double sum = 0;

  for (size_t i = first + channel; i < end; i += 3)
    sum += frame->pixels[i];

  return sum * 3 / (double) (end - first);
}

int
count_colours (const EspFrame *frame)
{
  g_autoptr (GHashTable) colours = g_hash_table_new (NULL, NULL);

  for (size_t i = 0; i < frame->stride * frame->height; i += 3)
    g_hash_table_add (
      colours, GUINT_TO_POINTER (frame->pixels[i] << 16 | frame->pixels[i + 1] << 8 | frame->pixels[i + 2]));

  return (int) g_hash_table_size (colours);
}

double
get_worst_block (const EspFrame *a, const EspFrame *b)
{
  double worst = 0;

  for (int y = 0; y + 8 <= a->height; y += 8)
    {
      for (int x = 0; x + 8 <= a->width; x += 8)
        {
          double sum = 0;

          for (int row = y; row < y + 8; row++)
            {
              for (size_t i = row * a->stride + 3 * x; i < row * a->stride + 3 * (x + 8); i++)
                sum += a->pixels[i] - b->pixels[i];
            }
          worst = MAX (worst, fabs (sum) / (3 * 8 * 8));
        }
    }

  return worst;
}

int
count_amber (const EspFrame *frame)
{
  int n = 0;

  for (size_t i = 0; i < frame->stride * frame->height; i += 3)
    n += frame->pixels[i] > 150 && frame->pixels[i] > frame->pixels[i + 2] + 90
         && frame->pixels[i + 1] > frame->pixels[i + 2] + 40;

  return n;
}

int
count_orange (const EspFrame *frame)
{
  int n = 0;

  for (int y = 0; y < frame->height; y++)
    {
      const uint8_t *pixel = frame->pixels + (size_t) y * frame->stride;

      for (int x = 0; x < frame->width; x++, pixel += 3)
        n += pixel[0] > pixel[2] + 60;
    }

  return n;
}

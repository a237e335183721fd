#include "esp-handler-clock.h"

#include <math.h>
#include <time.h>

#define RESOLUTION_MS 0.1
#define N_BINS        1000 /* the last one holds everything above 100 ms */

static struct
{
  int depth;
  double begun;
  guint64 count;
  double maximum;
  guint64 bins[N_BINS];
} the_clock;

static double
thread_milliseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec * 1e3 + (double) now.tv_nsec * 1e-6;
}

void
esp_handler_clock_begin (void)
{
  if (the_clock.depth++ == 0)
    the_clock.begun = thread_milliseconds ();
}

void
esp_handler_clock_end (void)
{
  double spent;

  g_return_if_fail (the_clock.depth > 0);

  if (--the_clock.depth > 0)
    return;
  spent = thread_milliseconds () - the_clock.begun;
  the_clock.count++;
  the_clock.maximum = MAX (the_clock.maximum, spent);
  the_clock.bins[(int) CLAMP (spent / RESOLUTION_MS, 0, N_BINS - 1)]++;
}

void
esp_handler_clock_reset (void)
{
  the_clock.count = 0;
  the_clock.maximum = 0;
  for (int i = 0; i < N_BINS; i++)
    the_clock.bins[i] = 0;
}

guint64
esp_handler_clock_get_count (void)
{
  return the_clock.count;
}

double
esp_handler_clock_get_quantile (double quantile)
{
  guint64 wanted = (guint64) ceil (quantile * (double) the_clock.count);
  guint64 seen = 0;

  if (the_clock.count == 0)
    return 0;
  for (int i = 0; i < N_BINS; i++)
    {
      seen += the_clock.bins[i];
      if (seen >= wanted)
        return MIN ((i + 1) * RESOLUTION_MS, the_clock.maximum);
    }
  return the_clock.maximum;
}

double
esp_handler_clock_get_maximum (void)
{
  return the_clock.maximum;
}

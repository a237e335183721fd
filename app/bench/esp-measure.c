#include "esp-measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static double
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

double
esp_measure_rate (EspMeasureFunction function, void *data, double seconds, bool by_wall)
{
  clockid_t clock = by_wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
  double begin = get_time (clock), end;
  uint64_t n = 0;

  do
    {
      function (data);
      n++;
      end = get_time (clock);
    }
  while (end - begin < seconds);

  return (double) n / (end - begin);
}

typedef struct
{
  EspMeasureFunction function;
  void *data;
  double seconds;
  double rate;
  pthread_barrier_t *start;
} Turn;

static void *
take_turn (void *data)
{
  Turn *turn = data;

  pthread_barrier_wait (turn->start);
  turn->rate = esp_measure_rate (turn->function, turn->data, turn->seconds, true);

  return NULL;
}

double
esp_measure_pair (EspMeasureFunction function, void *const *data, double seconds)
{
  pthread_barrier_t start;
  pthread_t other;
  Turn turns[2];

  pthread_barrier_init (&start, NULL, 2);
  for (size_t i = 0; i < 2; i++)
    turns[i] = (Turn){ function, data[i], seconds, 0.0, &start };
  if (pthread_create (&other, NULL, take_turn, &turns[1]) != 0)
    g_error ("no thread could be started");
  take_turn (&turns[0]);
  pthread_join (other, NULL);
  pthread_barrier_destroy (&start);

  return turns[0].rate + turns[1].rate;
}

static int
compare_numbers (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

double
esp_median (double *values, size_t n)
{
  qsort (values, n, sizeof *values, compare_numbers);

  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

double
esp_median_ratio (const double *values, const double *others, size_t n)
{
  g_autofree double *ratios = g_new (double, n);

  for (size_t i = 0; i < n; i++)
    ratios[i] = values[i] / others[i];

  return esp_median (ratios, n);
}

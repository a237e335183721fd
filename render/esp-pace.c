#include "esp-pace.h"

#include <stdlib.h>
#include <time.h>

#include <glib.h>

#define FAST_INTERVAL (1.0 / 60)
#define SLOW_INTERVAL (1.0 / 30)

/* On software OpenGL: at most this share of one core, but not fewer than ten frames per second. */
#define SHARE            0.35
#define LONGEST_INTERVAL 0.1

/* Weight of the newest frame in the average. */
#define NEWEST 0.2

/* Mesa's software rasteriser names its threads so. */
#define THREAD_NAME "llvmpipe-"

void
esp_pace_init (EspPace *pace, bool is_fast)
{
  *pace = (EspPace){
    .is_fast = is_fast,
    .interval = is_fast ? FAST_INTERVAL : SLOW_INTERVAL,
    .n_threads = -1,
  };
}

/* Looks for the rasteriser's threads in this process. */
static void
find_threads (EspPace *pace)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  const char *entry;

  pace->n_threads = 0;
  if (folder == NULL)
    return;
  while ((entry = g_dir_read_name (folder)) != NULL && pace->n_threads < ESP_PACE_MAX_THREADS)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", entry, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, THREAD_NAME))
        pace->threads[pace->n_threads++] = atoi (entry);
    }
}

/* Processor time of a thread of this process, from the first number of its schedstat (nanoseconds). */
static double
get_thread_time (int thread)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/schedstat", thread);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;

  return (double) g_ascii_strtoull (text, NULL, 10) * 1e-9;
}

static double
get_time (const EspPace *pace)
{
  struct timespec own;
  double sum;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &own);
  sum = (double) own.tv_sec + (double) own.tv_nsec * 1e-9;
  for (int i = 0; i < pace->n_threads; i++)
    sum += get_thread_time (pace->threads[i]);

  return sum;
}

void
esp_pace_begin (EspPace *pace)
{
  if (!pace->is_fast)
    pace->begun = get_time (pace);
}

void
esp_pace_end (EspPace *pace)
{
  double cost;

  if (pace->is_fast)
    return;
  if (pace->n_threads < 0)
    {
      /* the first frame compiles shaders and starts the threads: it says nothing about the others */
      find_threads (pace);
      return;
    }
  cost = get_time (pace) - pace->begun;
  pace->cost = pace->cost == 0 ? cost : pace->cost + NEWEST * (cost - pace->cost);
  pace->interval = CLAMP (pace->cost / SHARE, SLOW_INTERVAL, LONGEST_INTERVAL);
}

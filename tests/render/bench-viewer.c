/* What the live view costs: bench-viewer ENVIRONMENT WIDTH HEIGHT
 *
 * Prints frames per second and the process's processor time per frame, over five seconds at real time. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "esp-viewer.h"

#define SECONDS 5

static atomic_int n_frames;

static void
on_frame (EspFrame *frame, void *data)
{
  atomic_fetch_add (&n_frames, 1);
}

static void
on_failure (const GError *error, void *data)
{
  g_printerr ("%s\n", error->message);
  exit (1);
}

/* Keeps the cart-pole up. */
static void
balance (void *data, const double *observation, double *action)
{
  action[0] = 10 * observation[2] + observation[3];
}

static double
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;
  EspViewer *viewer;
  double wall, processor;
  int first, n;

  if (argc != 4)
    {
      g_printerr ("usage: bench-viewer ENVIRONMENT WIDTH HEIGHT\n");
      return 2;
    }
  viewer = esp_viewer_new (argv[1], on_frame, on_failure, NULL, &error);
  if (viewer == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  if (strcmp (argv[1], "cartpole") == 0)
    esp_viewer_set_policy (viewer, balance, NULL, NULL);
  esp_viewer_set_size (viewer, atoi (argv[2]), atoi (argv[3]));

  /* the first frames compile shaders and keep the backdrop */
  g_usleep (G_USEC_PER_SEC);
  first = atomic_load (&n_frames);
  wall = get_time (CLOCK_MONOTONIC);
  processor = get_time (CLOCK_PROCESS_CPUTIME_ID);
  g_usleep (SECONDS * G_USEC_PER_SEC);
  n = atomic_load (&n_frames) - first;
  wall = get_time (CLOCK_MONOTONIC) - wall;
  processor = get_time (CLOCK_PROCESS_CPUTIME_ID) - processor;
  esp_viewer_free (viewer);
  printf ("%s %s×%s: %.1f frames/s, %.2f ms of processor time per frame\n", argv[1], argv[2], argv[3],
          n / wall, n > 0 ? processor / n * 1000 : 0);

  return 0;
}

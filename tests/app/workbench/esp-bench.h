/* A workbench for tests and benchmarks: an application with its window, and a main loop that is only run
 * for as long as needed. */

#pragma once

#include "esp-application.h"
#include "esp-window-private.h"

G_BEGIN_DECLS

typedef struct
{
  EspApplication *application;
  EspWindow *window;
  EspSession *session;
} EspBench;

/* Opens the window on cart-pole with a recipe that takes @n_steps steps of small networks. */
void esp_bench_open (EspBench *bench, guint64 n_steps, gboolean paused);

/* The same with a neural policy, training. */
void esp_bench_open_neural (EspBench *bench, guint64 n_steps);

/* As esp_bench_open(), paused, with a network so small that its formula can be read even before it is pruned.
 */
void esp_bench_open_readable (EspBench *bench, guint64 n_steps);

/* Opens the window on @environment with its recipe `default`, training from seed 0. */
void esp_bench_open_default (EspBench *bench, const char *environment);

/* Closes it and returns how long that took, in seconds. */
double esp_bench_close (EspBench *bench);

typedef gboolean (*EspBenchCondition) (EspBench *bench);

/* Runs the main loop until @condition holds, at most @seconds; returns whether it does. NULL never does. */
gboolean esp_bench_wait (EspBench *bench, EspBenchCondition condition, double seconds);

/* Returns how many of the process's threads are called @name. */
guint esp_bench_count_threads (const char *name);

/* Puts the drawing functions of all panels between begin and end of the handler clock. */
void esp_bench_time_drawing (void);

G_END_DECLS

/* What the window costs: the trainer's speed with the window open and drawing, against its speed alone, and
 * how many pictures of a 640 × 480 view were shown meanwhile. Recipe `default` of cart-pole, same seed,
 * stretches of the same length for both.
 *
 * Fails where the trainer keeps less than 60 % of its speed, or fewer than 10 pictures a second are shown. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "esp-bench.h"
#include "esp-handler-clock.h"

#define ENVIRONMENT  "cartpole"
#define FIRST_STEP   1500 /* learning has begun, and the libraries are warm */
#define N_STEPS      12000
#define VIEW_WIDTH   640
#define VIEW_HEIGHT  480
#define LEAST_SHARE  0.6
#define LEAST_FRAMES 10

static double
now (void)
{
  return (double) g_get_monotonic_time () * 1e-6;
}

static double
thread_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static EspTrainer *
new_trainer (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_load (ENVIRONMENT, NULL, &error);
  EspTrainer *trainer;

  g_assert_no_error (error);
  trainer = esp_trainer_new (ENVIRONMENT, recipe, 0, &error);
  g_assert_no_error (error);
  return trainer;
}

/* Returns the steps per second of a trainer that has the machine for itself. */
static double
measure_alone (void)
{
  EspTrainer *trainer = new_trainer ();
  double begun = 0, speed = 0;
  guint64 first = 0;

  esp_trainer_run (trainer);
  while (speed == 0)
    {
      g_autoptr (EspSnapshot) snapshot = NULL;

      g_usleep (20000);
      snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
      if (snapshot == NULL || snapshot->step < FIRST_STEP)
        continue;
      if (begun == 0)
        {
          begun = now ();
          first = snapshot->step;
        }
      else if (snapshot->step >= FIRST_STEP + N_STEPS)
        speed = (double) (snapshot->step - first) / (now () - begun);
    }
  esp_trainer_free (trainer);
  return speed;
}

/* OpenGL takes a second or more to start, and learning may be through by then: what is measured begins with
 * the first pictures. */
static gboolean
has_begun (EspBench *bench)
{
  EspSnapshot *snapshot = esp_session_get_snapshot (bench->session);

  return snapshot != NULL && snapshot->step >= FIRST_STEP
         && esp_robot_view_get_n_shown (bench->window->robot_view) > 2;
}

/* Where the measured stretch began. */
static guint64 first_step;

static gboolean
has_ended (EspBench *bench)
{
  return esp_session_get_snapshot (bench->session)->step >= first_step + N_STEPS;
}

static void
size_view (EspBench *bench)
{
  GtkWidget *view = GTK_WIDGET (bench->window->robot_view);

  gtk_widget_set_size_request (view, VIEW_WIDTH, VIEW_HEIGHT);
  gtk_paned_set_position (bench->window->upper, 1);
  gtk_paned_set_position (bench->window->rows, 1);
  esp_bench_wait (bench, NULL, 1);
  g_assert_cmpint (gtk_widget_get_width (view), ==, VIEW_WIDTH);
  g_assert_cmpint (gtk_widget_get_height (view), ==, VIEW_HEIGHT);
}

int
main (int argc, char **argv)
{
  EspBench bench;
  double alone, begun, seconds, thread_begun, with_window, frames;
  guint64 first_shown;

  gtk_init ();
  adw_init ();
  esp_bench_time_drawing ();

  alone = measure_alone ();

  esp_bench_open_default (&bench, ENVIRONMENT);
  size_view (&bench);
  g_assert_true (esp_bench_wait (&bench, has_begun, 120));
  esp_handler_clock_reset ();
  first_step = esp_session_get_snapshot (bench.session)->step;
  first_shown = esp_robot_view_get_n_shown (bench.window->robot_view);
  begun = now ();
  thread_begun = thread_seconds ();
  g_assert_true (esp_bench_wait (&bench, has_ended, 120));
  seconds = now () - begun;
  with_window = (double) (esp_session_get_snapshot (bench.session)->step - first_step) / seconds;
  frames = (double) (esp_robot_view_get_n_shown (bench.window->robot_view) - first_shown) / seconds;

  printf ("trainer alone:        %7.0f steps/s\n", alone);
  printf ("with the window:      %7.0f steps/s (%.0f %%, at least %.0f wanted)\n", with_window,
          100 * with_window / alone, 100 * LEAST_SHARE);
  printf ("shown:                %7.1f pictures/s of %d × %d (at least %d wanted)\n", frames, VIEW_WIDTH,
          VIEW_HEIGHT, LEAST_FRAMES);
  printf ("main thread:          %7.1f %% of a core, all of GTK included\n",
          100 * (thread_seconds () - thread_begun) / seconds);
  printf ("handlers and drawing: median %.2f ms, p99 %.2f ms, longest %.2f ms of thread time\n",
          esp_handler_clock_get_quantile (0.5), esp_handler_clock_get_quantile (0.99),
          esp_handler_clock_get_maximum ());
  esp_bench_close (&bench);
  return with_window >= LEAST_SHARE * alone && frames >= LEAST_FRAMES ? EXIT_SUCCESS : EXIT_FAILURE;
}

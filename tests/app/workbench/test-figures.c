/* Numbers as text, the handler clock's figures, and the robot view's signals: what needs no trainer. */

#include <locale.h>
#include <math.h>

#include <gtk/gtk.h>

#include "esp-figures.h"
#include "esp-handler-clock.h"

static void
assert_text (char *text, const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

static void
test_counts (void)
{
  assert_text (esp_figure_count (0), "0");
  assert_text (esp_figure_count (9999), "9999");
  assert_text (esp_figure_count (10000), "10\u202f000");
  assert_text (esp_figure_count (123456789), "123\u202f456\u202f789");
  assert_text (esp_figure_count (G_MAXUINT64), "18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f615");
}

static void
test_numbers (void)
{
  assert_text (esp_figure_number (998.25, 1), "998.2");
  assert_text (esp_figure_number (-12.5, 2), "−12.50");
  assert_text (esp_figure_number (-0.04, 1), "0.0");
  assert_text (esp_figure_number (3, 0), "3");
  assert_text (esp_figure_number (NAN, 1), "–");
  assert_text (esp_figure_number (-INFINITY, 1), "–");
}

static void
test_durations (void)
{
  assert_text (esp_figure_duration (0.4), "0 s");
  assert_text (esp_figure_duration (59.4), "59 s");
  assert_text (esp_figure_duration (59.6), "1 min 0 s");
  assert_text (esp_figure_duration (200), "3 min 20 s");
  assert_text (esp_figure_duration (7500), "2 h 5 min");
  assert_text (esp_figure_duration (-1), "–");
  assert_text (esp_figure_duration (NAN), "–");
}

/* Uses up at least @milliseconds of this thread's time. */
static void
work (double milliseconds)
{
  struct timespec start, now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &start);
  do
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  while ((double) (now.tv_sec - start.tv_sec) * 1e3 + (double) (now.tv_nsec - start.tv_nsec) * 1e-6
         < milliseconds);
}

static void
test_clock (void)
{
  esp_handler_clock_reset ();
  g_assert_cmpuint (esp_handler_clock_get_count (), ==, 0);
  g_assert_cmpfloat (esp_handler_clock_get_quantile (0.99), ==, 0);

  for (int i = 0; i < 99; i++)
    {
      esp_handler_clock_begin ();
      esp_handler_clock_end ();
    }
  esp_handler_clock_begin ();
  esp_handler_clock_begin (); /* inside another one, so it is not counted by itself */
  work (20);
  esp_handler_clock_end ();
  esp_handler_clock_end ();

  g_assert_cmpuint (esp_handler_clock_get_count (), ==, 100);
  g_assert_cmpfloat (esp_handler_clock_get_maximum (), >=, 15);
  g_assert_cmpfloat (esp_handler_clock_get_quantile (0.5), <, 5);
  g_assert_cmpfloat (esp_handler_clock_get_quantile (1), >=, 15);

  /* sleeping is not working */
  esp_handler_clock_reset ();
  esp_handler_clock_begin ();
  g_usleep (50000);
  esp_handler_clock_end ();
  g_assert_cmpfloat (esp_handler_clock_get_maximum (), <, 25);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  setlocale (LC_ALL, "");

  g_test_add_func ("/workbench/counts", test_counts);
  g_test_add_func ("/workbench/numbers", test_numbers);
  g_test_add_func ("/workbench/durations", test_durations);
  g_test_add_func ("/workbench/handler-clock", test_clock);
  return g_test_run ();
}

/* Deadlines: they pass when it is time, not before, and stay as they were told. */

#include <math.h>
#include <time.h>

#include "esp-deadline.h"

static void
sleep_milliseconds (long n)
{
  struct timespec time = { .tv_sec = n / 1000, .tv_nsec = n % 1000 * 1000000 };

  nanosleep (&time, NULL);
}

static void
wait_for (const _Atomic bool *flag)
{
  /* the test's own limit of time ends it if it never comes */
  while (!*flag)
    sleep_milliseconds (1);
}

static void
test_passes (void)
{
  g_autoptr (EspDeadline) deadline = esp_deadline_new ();
  const _Atomic bool *flag = esp_deadline_get_flag (deadline);
  gint64 start;

  g_assert_false (*flag);
  start = g_get_monotonic_time ();
  esp_deadline_set (deadline, 0.05);
  wait_for (flag);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50000);
  g_assert_false (esp_deadline_is_ended (deadline));

  /* another time begins anew, and takes the place of one that has not come */
  esp_deadline_set (deadline, 3600);
  g_assert_false (*flag);
  esp_deadline_set (deadline, 0.01);
  wait_for (flag);
  esp_deadline_set (deadline, HUGE_VAL);
  g_assert_false (*flag);
  esp_deadline_set (deadline, -1);
  g_assert_true (*flag);
}

static void
test_ends (void)
{
  g_autoptr (EspDeadline) deadline = esp_deadline_new ();
  const _Atomic bool *flag = esp_deadline_get_flag (deadline);

  esp_deadline_set (deadline, 3600);
  esp_deadline_end (deadline);
  g_assert_true (*flag);
  g_assert_true (esp_deadline_is_ended (deadline));
  esp_deadline_set (deadline, 3600);
  g_assert_true (*flag);
  esp_deadline_begin (deadline);
  g_assert_false (*flag);
  g_assert_false (esp_deadline_is_ended (deadline));
  esp_deadline_set (deadline, 0.01);
  wait_for (flag);
}

/* Sets, ends and frees from several threads, for ThreadSanitizer. */
static void *
set_often (void *data)
{
  for (int i = 0; i < 200; i++)
    {
      esp_deadline_set (data, i % 3 == 0 ? 1e-5 : 3600);
      if (i % 50 == 49)
        esp_deadline_end (data);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (EspDeadline) deadline = esp_deadline_new ();
  GThread *threads[3];

  for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("setter", set_often, deadline);
  for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_true (*esp_deadline_get_flag (deadline));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deadline/passes", test_passes);
  g_test_add_func ("/deadline/ends", test_ends);
  g_test_add_func ("/deadline/threads", test_threads);
  return g_test_run ();
}

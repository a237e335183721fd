/* The pool: every task once, places of their own, any number of workers. */

#include <stdatomic.h>

#include <glib.h>

#include "esp-pool.h"

typedef struct
{
  size_t n_workers;
  unsigned *done;
  _Atomic unsigned strangers;
} Job;

static void
count (void *data, size_t task, size_t worker)
{
  Job *job = data;

  job->done[task]++;
  if (worker >= job->n_workers)
    job->strangers++;
}

static void
test_every_task_once (void)
{
  for (size_t workers = 1; workers <= 6; workers++)
    {
      g_autoptr (EspPool) pool = esp_pool_new (workers);

      g_assert_cmpuint (esp_pool_get_n_workers (pool), ==, workers);
      for (size_t n = 0; n < 200; n = 2 * n + 1)
        {
          g_autofree unsigned *done = g_new0 (unsigned, n + 1);
          Job job = { workers, done, 0 };

          for (unsigned repeat = 1; repeat <= 20; repeat++)
            {
              esp_pool_run (pool, n, count, &job);
              for (size_t i = 0; i < n; i++)
                g_assert_cmpuint (done[i], ==, repeat);
            }
          g_assert_cmpuint (done[n], ==, 0);
          g_assert_cmpuint (job.strangers, ==, 0);
        }
    }
}

static void
test_without_pool (void)
{
  unsigned done[5] = { 0 };
  Job job = { 1, done, 0 };

  g_assert_cmpuint (esp_pool_get_n_workers (NULL), ==, 1);
  esp_pool_run (NULL, 5, count, &job);
  for (int i = 0; i < 5; i++)
    g_assert_cmpuint (done[i], ==, 1);
}

/* Two callers take turns. */
static void *
call (void *data)
{
  unsigned done[50] = { 0 };
  Job job = { 3, done, 0 };

  for (unsigned repeat = 1; repeat <= 100; repeat++)
    {
      esp_pool_run (data, 50, count, &job);
      for (int i = 0; i < 50; i++)
        g_assert_cmpuint (done[i], ==, repeat);
    }
  return NULL;
}

static void
test_callers (void)
{
  g_autoptr (EspPool) pool = esp_pool_new (3);
  GThread *other = g_thread_new ("caller", call, pool);

  call (pool);
  g_thread_join (other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/every-task-once", test_every_task_once);
  g_test_add_func ("/pool/without-pool", test_without_pool);
  g_test_add_func ("/pool/callers", test_callers);
  return g_test_run ();
}

#include "esp-pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* So often a worker looks for the next job before it goes to sleep: some ten microseconds, which is what
 * waking it costs. */
#define SPINS 2000

typedef struct
{
  EspPool *pool;
  pthread_t thread;
  size_t number;
} Worker;

struct _EspPool
{
  size_t n_workers;
  Worker *workers; /* [n_workers], the first is the caller and has no thread */

  pthread_mutex_t caller; /* held for the length of a job */

  /* under the lock, except that workers spin on the number of the job */
  pthread_mutex_t lock;
  pthread_cond_t work;
  pthread_cond_t finished;
  bool quitting;
  _Atomic size_t job; /* counts jobs; changes when a new one is there */
  size_t working;     /* threads still at the job */

  EspTaskFunction function;
  void *data;
  size_t n_tasks;
  _Atomic size_t next_task;
};

static void
work_through (EspPool *pool, size_t worker)
{
  size_t task;

  while ((task = atomic_fetch_add_explicit (&pool->next_task, 1, memory_order_relaxed)) < pool->n_tasks)
    pool->function (pool->data, task, worker);
}

static void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile ("yield");
#endif
}

static void *
run_worker (void *data)
{
  Worker *worker = data;
  EspPool *pool = worker->pool;
  size_t job = 0;

  for (;;)
    {
      for (int i = 0; i < SPINS && atomic_load_explicit (&pool->job, memory_order_acquire) == job; i++)
        relax ();

      pthread_mutex_lock (&pool->lock);
      while (pool->job == job && !pool->quitting)
        pthread_cond_wait (&pool->work, &pool->lock);
      if (pool->quitting)
        {
          pthread_mutex_unlock (&pool->lock);
          return NULL;
        }
      job = pool->job;
      pthread_mutex_unlock (&pool->lock);

      work_through (pool, worker->number);

      pthread_mutex_lock (&pool->lock);
      if (--pool->working == 0)
        pthread_cond_signal (&pool->finished);
      pthread_mutex_unlock (&pool->lock);
    }
}

EspPool *
esp_pool_new (size_t n_workers)
{
  EspPool *pool = g_new0 (EspPool, 1);

  pool->n_workers = n_workers > 0 ? n_workers : g_get_num_processors ();
  pool->workers = g_new0 (Worker, pool->n_workers);
  pthread_mutex_init (&pool->caller, NULL);
  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->work, NULL);
  pthread_cond_init (&pool->finished, NULL);

  for (size_t i = 1; i < pool->n_workers; i++)
    {
      Worker *worker = &pool->workers[i];
      int failure;

      worker->pool = pool;
      worker->number = i;
      failure = pthread_create (&worker->thread, NULL, run_worker, worker);
      if (failure != 0)
        g_error ("cannot start a thread: %s", g_strerror (failure));
      pthread_setname_np (worker->thread, "pool");
    }

  return pool;
}

void
esp_pool_free (EspPool *pool)
{
  if (pool == NULL)
    return;

  pthread_mutex_lock (&pool->lock);
  pool->quitting = true;
  pthread_cond_broadcast (&pool->work);
  pthread_mutex_unlock (&pool->lock);
  for (size_t i = 1; i < pool->n_workers; i++)
    pthread_join (pool->workers[i].thread, NULL);

  pthread_cond_destroy (&pool->work);
  pthread_cond_destroy (&pool->finished);
  pthread_mutex_destroy (&pool->lock);
  pthread_mutex_destroy (&pool->caller);
  g_free (pool->workers);
  g_free (pool);
}

size_t
esp_pool_get_n_workers (const EspPool *pool)
{
  return pool != NULL ? pool->n_workers : 1;
}

void
esp_pool_run (EspPool *pool, size_t n_tasks, EspTaskFunction function, void *data)
{
  if (pool == NULL || pool->n_workers == 1 || n_tasks <= 1)
    {
      if (pool != NULL)
        pthread_mutex_lock (&pool->caller);
      for (size_t i = 0; i < n_tasks; i++)
        function (data, i, 0);
      if (pool != NULL)
        pthread_mutex_unlock (&pool->caller);
      return;
    }

  pthread_mutex_lock (&pool->caller);
  pthread_mutex_lock (&pool->lock);
  pool->function = function;
  pool->data = data;
  pool->n_tasks = n_tasks;
  pool->next_task = 0;
  pool->working = pool->n_workers - 1;
  atomic_fetch_add_explicit (&pool->job, 1, memory_order_release);
  pthread_cond_broadcast (&pool->work);
  pthread_mutex_unlock (&pool->lock);

  work_through (pool, 0);

  pthread_mutex_lock (&pool->lock);
  while (pool->working > 0)
    pthread_cond_wait (&pool->finished, &pool->lock);
  pthread_mutex_unlock (&pool->lock);
  pthread_mutex_unlock (&pool->caller);
}

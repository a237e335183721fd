#include "esp-pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* So often a worker looks for the next job, and the caller for the end of one, before it goes to sleep: some
 * hundred microseconds, as long as what lies between two updates of a small network, and several times what
 * sleeping and waking cost. */
#define SPINS 4000

typedef struct
{
  EspPool *pool;
  pthread_t thread;
  size_t number;
} Worker;

/* A job is handed over without a lock where the workers are awake. The ticket, the number of the job above
 * the number of tasks that nobody has begun, makes taking a task one exchange; who comes late finds the
 * ticket of another job or no task, and the caller does not wait for it. What describes the job may be read
 * by who has one of its tasks: it stays until all are done. */
struct _EspPool
{
  size_t n_workers;
  Worker *workers; /* [n_workers], the first is the caller and has no thread */

  pthread_mutex_t caller; /* held for the length of a job */

  EspTaskFunction function;
  void *data;
  size_t n_tasks;
  _Atomic uint64_t ticket;
  _Atomic size_t unfinished;

  /* Who sleeps says so and then looks once more; who wakes changes what is waited for and then looks for
   * sleepers. In sequential order one of them sees the other. */
  pthread_mutex_t lock;
  pthread_cond_t work;
  pthread_cond_t finished;
  _Atomic size_t sleepers;
  _Atomic bool caller_sleeps;
  _Atomic bool quitting;
};

static inline uint32_t
get_job (EspPool *pool)
{
  return (uint32_t) (atomic_load (&pool->ticket) >> 32);
}

static void
work_through (EspPool *pool, uint32_t job, size_t worker)
{
  uint64_t ticket = atomic_load (&pool->ticket);

  while (ticket >> 32 == job && (uint32_t) ticket > 0)
    {
      if (!atomic_compare_exchange_weak (&pool->ticket, &ticket, ticket - 1))
        continue;
      pool->function (pool->data, pool->n_tasks - (uint32_t) ticket, worker);

      if (atomic_fetch_sub (&pool->unfinished, 1) == 1 && atomic_load (&pool->caller_sleeps))
        {
          pthread_mutex_lock (&pool->lock);
          pthread_cond_signal (&pool->finished);
          pthread_mutex_unlock (&pool->lock);
        }
      ticket = atomic_load (&pool->ticket);
    }
}

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void *
run_worker (void *data)
{
  Worker *worker = data;
  EspPool *pool = worker->pool;
  uint32_t job = 0;

  for (;;)
    {
      for (int i = 0; i < SPINS && get_job (pool) == job && !pool->quitting; i++)
        relax ();

      if (get_job (pool) == job)
        {
          pthread_mutex_lock (&pool->lock);
          atomic_fetch_add (&pool->sleepers, 1);
          while (get_job (pool) == job && !pool->quitting)
            pthread_cond_wait (&pool->work, &pool->lock);
          atomic_fetch_sub (&pool->sleepers, 1);
          pthread_mutex_unlock (&pool->lock);
        }
      if (pool->quitting)
        return NULL;

      job = get_job (pool);
      work_through (pool, job, worker->number);
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
  uint32_t job;

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

  g_assert (n_tasks <= G_MAXUINT32);
  pthread_mutex_lock (&pool->caller);
  job = get_job (pool) + 1;
  pool->function = function;
  pool->data = data;
  pool->n_tasks = n_tasks;
  atomic_store (&pool->unfinished, n_tasks);
  atomic_store (&pool->ticket, (uint64_t) job << 32 | n_tasks);
  if (atomic_load (&pool->sleepers) > 0)
    {
      pthread_mutex_lock (&pool->lock);
      pthread_cond_broadcast (&pool->work);
      pthread_mutex_unlock (&pool->lock);
    }

  work_through (pool, job, 0);

  for (int i = 0; i < SPINS && atomic_load (&pool->unfinished) > 0; i++)
    relax ();
  if (atomic_load (&pool->unfinished) > 0)
    {
      pthread_mutex_lock (&pool->lock);
      atomic_store (&pool->caller_sleeps, true);
      while (atomic_load (&pool->unfinished) > 0)
        pthread_cond_wait (&pool->finished, &pool->lock);
      atomic_store (&pool->caller_sleeps, false);
      pthread_mutex_unlock (&pool->lock);
    }
  pthread_mutex_unlock (&pool->caller);
}

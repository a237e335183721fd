/* A pool of threads for independent tasks.
 *
 * A job is a number of tasks that may run in any order on any thread and write to places of their own;
 * its result therefore does not depend on the number of threads. The caller works along.
 */

#pragma once

#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct _EspPool EspPool;

/* Does task @task of a job; @worker, 0 … workers − 1, is the thread's number, for scratch memory. */
typedef void (*EspTaskFunction) (void *data, size_t task, size_t worker);

/* Returns a pool of @n_workers threads, the caller of esp_pool_run() being one of them; 0 means one for
 * every processor. Free with esp_pool_free(). */
EspPool *esp_pool_new (size_t n_workers);

/* Joins the threads. No job may be under way. NULL is allowed. */
void esp_pool_free (EspPool *pool);

/* Returns the number of workers, the caller included. */
size_t esp_pool_get_n_workers (const EspPool *pool);

/* Runs tasks 0 … @n_tasks − 1 and returns when all are done. One job at a time: calls from several
 * threads wait for each other; a task must not call it. @pool may be NULL: the caller does all tasks. */
void esp_pool_run (EspPool *pool, size_t n_tasks, EspTaskFunction function, void *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspPool, esp_pool_free)

G_END_DECLS

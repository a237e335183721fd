/* The triple buffer: newest wins, references balance, and two threads never see each other's half work. */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <glib.h>

#include "esp-triple.h"

#define N_PUBLICATIONS 200000
#define N_WORDS        16

/* A counted object whose words all say its number, so that a torn one shows. */
typedef struct
{
  _Atomic int references;
  unsigned words[N_WORDS];
} Object;

static _Atomic int n_objects;

static Object *
object_new (unsigned number)
{
  Object *object = g_new (Object, 1);

  atomic_init (&object->references, 1);
  for (int i = 0; i < N_WORDS; i++)
    object->words[i] = number;
  atomic_fetch_add (&n_objects, 1);

  return object;
}

static void *
object_ref (void *object)
{
  atomic_fetch_add_explicit (&((Object *) object)->references, 1, memory_order_relaxed);
  return object;
}

static void
object_unref (void *data)
{
  Object *object = data;

  if (atomic_fetch_sub_explicit (&object->references, 1, memory_order_acq_rel) > 1)
    return;

  /* whoever reads on reads nonsense */
  memset (object->words, 0xff, sizeof object->words);
  g_free (object);
  atomic_fetch_sub (&n_objects, 1);
}

static void
publish (EspTriple *triple, unsigned number)
{
  Object *object = object_new (number);

  esp_triple_publish (triple, object);
  object_unref (object);
}

static void
test_newest_wins (void)
{
  EspTriple triple;
  Object *object;

  esp_triple_init (&triple, object_ref, object_unref);
  g_assert_null (esp_triple_take (&triple));

  for (unsigned i = 0; i < 10; i++)
    {
      /* more and more publications before each take */
      for (unsigned k = 0; k <= i; k++)
        publish (&triple, 100 * i + k);
      object = esp_triple_take (&triple);
      g_assert_nonnull (object);
      g_assert_cmpuint (object->words[0], ==, 101 * i);
      object_unref (object);
      g_assert_null (esp_triple_take (&triple));
      g_assert_cmpint (atomic_load (&n_objects), <=, 3);
    }

  /* what was taken outlives the buffer */
  publish (&triple, 7);
  object = esp_triple_take (&triple);
  publish (&triple, 8);
  esp_triple_clear (&triple);
  g_assert_cmpint (atomic_load (&n_objects), ==, 1);
  g_assert_cmpuint (object->words[N_WORDS - 1], ==, 7);
  object_unref (object);
  g_assert_cmpint (atomic_load (&n_objects), ==, 0);
}

typedef struct
{
  EspTriple triple;
  _Atomic bool done;
} Shared;

static void *
write_thread (void *data)
{
  Shared *shared = data;

  for (unsigned i = 1; i <= N_PUBLICATIONS; i++)
    publish (&shared->triple, i);
  atomic_store (&shared->done, true);

  return NULL;
}

static void
test_threads (void)
{
  Shared shared;
  pthread_t writer;
  unsigned last = 0;
  bool done;

  esp_triple_init (&shared.triple, object_ref, object_unref);
  atomic_init (&shared.done, false);
  g_assert_cmpint (pthread_create (&writer, NULL, write_thread, &shared), ==, 0);

  do
    {
      Object *object;

      /* looked at first, so that the newest is taken after the writer's end */
      done = atomic_load (&shared.done);
      object = esp_triple_take (&shared.triple);
      if (object == NULL)
        {
          sched_yield ();
          continue;
        }

      g_assert_cmpuint (object->words[0], >, last);
      last = object->words[0];
      for (int i = 1; i < N_WORDS; i++)
        g_assert_cmpuint (object->words[i], ==, last);
      object_unref (object);
    }
  while (!done);

  pthread_join (writer, NULL);
  g_assert_cmpuint (last, ==, N_PUBLICATIONS);
  esp_triple_clear (&shared.triple);
  g_assert_cmpint (atomic_load (&n_objects), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/triple/newest-wins", test_newest_wins);
  g_test_add_func ("/triple/threads", test_threads);
  return g_test_run ();
}

/* Every structure exists once: sharing, walking, and following terms while their constants change. */

#include <math.h>
#include <pthread.h>

#include "random-expression.h"

#define N_THREADS 4
#define N_ROUNDS  300
#define N_KEPT    16

static EspExpression *
make (uint64_t seed, int depth)
{
  EspRandom random;

  esp_random_init (&random, seed, 0);
  return random_expression (&random, 3, depth, true);
}

static void
test_same (void)
{
  size_t before = esp_expression_count_alive ();

  for (uint64_t seed = 0; seed < 500; seed++)
    {
      g_autoptr (EspExpression) a = make (seed, 7);
      g_autoptr (EspExpression) b = make (seed, 7);

      g_assert_true (a == b);
      g_assert_true (esp_expression_equal (a, b));
      g_assert_cmpuint (esp_expression_count_alive (), >, before);
    }
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

static void
test_constants (void)
{
  g_autoptr (EspExpression) zero = esp_expression_constant (0);
  g_autoptr (EspExpression) negative_zero = esp_expression_constant (-0.0);
  g_autoptr (EspExpression) nan = esp_expression_constant (NAN);
  g_autoptr (EspExpression) other_nan = esp_expression_constant (-NAN);

  g_assert_false (esp_expression_equal (zero, negative_zero));
  g_assert_true (esp_expression_equal (nan, other_nan));
}

/* A deep chain is made and freed without recursion, and the table grows and shrinks with it. */
static void
test_deep (void)
{
  size_t before = esp_expression_count_alive ();
  g_autoptr (EspExpression) top = esp_expression_variable (0);

  for (int i = 0; i < 300000; i++)
    {
      EspExpression *next = esp_expression_unary (ESP_OPERATION_SIN, top);

      esp_expression_unref (top);
      top = next;
    }
  g_assert_cmpuint (esp_expression_count_alive (), ==, before + 300001);
  g_clear_pointer (&top, esp_expression_unref);
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

typedef struct
{
  pthread_t thread;
  EspExpression *kept[N_KEPT];
} Worker;

/* All threads make and free the same few expressions all the time, so that many meet a node that another
 * is just letting go. */
static void *
work (void *data)
{
  Worker *worker = data;

  for (int round = 0; round < N_ROUNDS; round++)
    for (int i = 0; i < N_KEPT; i++)
      {
        EspExpression *made = make (i, 5);

        g_assert_true (worker->kept[i] == NULL || worker->kept[i] == made);
        esp_expression_unref (worker->kept[i]);
        worker->kept[i] = made;
        if ((round + i) % 3 == 0)
          g_clear_pointer (&worker->kept[i], esp_expression_unref);
      }
  for (int i = 0; i < N_KEPT; i++)
    {
      esp_expression_unref (worker->kept[i]);
      worker->kept[i] = make (i, 5);
    }
  return NULL;
}

static void
test_threads (void)
{
  size_t before = esp_expression_count_alive ();
  Worker workers[N_THREADS] = { 0 };

  for (int i = 0; i < N_THREADS; i++)
    g_assert_cmpint (pthread_create (&workers[i].thread, NULL, work, &workers[i]), ==, 0);
  for (int i = 0; i < N_THREADS; i++)
    pthread_join (workers[i].thread, NULL);
  for (int i = 0; i < N_THREADS; i++)
    for (int k = 0; k < N_KEPT; k++)
      g_assert_true (workers[i].kept[k] == workers[0].kept[k]);
  for (int i = 0; i < N_THREADS; i++)
    for (int k = 0; k < N_KEPT; k++)
      esp_expression_unref (workers[i].kept[k]);
  g_assert_cmpuint (esp_expression_count_alive (), ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sharing/same", test_same);
  g_test_add_func ("/sharing/constants", test_constants);
  g_test_add_func ("/sharing/deep", test_deep);
  g_test_add_func ("/sharing/threads", test_threads);
  return g_test_run ();
}

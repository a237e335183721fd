/* How many cycles each operation takes: the measurement behind the table in core/expression/esp-metrics.c.
 * Three operations are left out whose results do not wait for the argument: a branch is guessed ahead.
 *
 * Each result goes into the argument of the next call, so that the time from argument to result counts,
 * as in a formula that is evaluated term by term on a small processor. The unit is taken from a chain of
 * additions, which is four cycles long for each on the usual 64-bit processors. The arguments are usual
 * ones, between −3 and 3. */

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "esp-metrics.h"
#include "esp-random.h"

#define N_ARGUMENTS     1024
#define N_ROUNDS        400
#define N_REPETITIONS   9
#define ADDITION_CYCLES 4.0

static double arguments[N_ARGUMENTS];
static volatile double sink;

static double
get_nanoseconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * (double) time.tv_sec + (double) time.tv_nsec;
}

/* The shortest time of a chain in which each link is @EXPRESSION of a, b and c. */
#define MEASURE(EXPRESSION)                                                                       \
  ({                                                                                              \
    double least = INFINITY;                                                                      \
                                                                                                  \
    for (int repetition = 0; repetition < N_REPETITIONS; repetition++)                            \
      {                                                                                           \
        double start = get_nanoseconds (), last = 0;                                              \
                                                                                                  \
        for (int round = 0; round < N_ROUNDS; round++)                                            \
          for (int i = 0; i < N_ARGUMENTS; i++)                                                   \
            {                                                                                     \
              /* the product is never seen in the sum, but the processor cannot know */           \
              double a = arguments[i] + 1e-200 * last;                                            \
              double b = arguments[(i + 7) % N_ARGUMENTS], c = arguments[(i + 13) % N_ARGUMENTS]; \
                                                                                                  \
              (void) b;                                                                           \
              (void) c;                                                                           \
              last = (EXPRESSION);                                                                \
            }                                                                                     \
        sink = last;                                                                              \
        least = MIN (least, (get_nanoseconds () - start) / (N_ROUNDS * N_ARGUMENTS));             \
      }                                                                                           \
    least;                                                                                        \
  })

static double empty, unit;

static void
report (EspOperation operation, double nanoseconds)
{
  printf ("%-8s %7.2f cycles, %5.0f in the table\n", esp_operation_get_name (operation),
          (nanoseconds - empty) / unit, esp_operation_get_cycles (operation));
}

/* The operations as esp_operation_evaluate() defines them, with its switch decided when it is compiled. */
#define EVALUATE(OPERATION) MEASURE (esp_operation_evaluate (OPERATION, (double[]){ a, b, c }))

int
main (void)
{
  EspRandom random;
  double call;

  esp_random_init (&random, 0, 0);
  for (int i = 0; i < N_ARGUMENTS; i++)
    arguments[i] = esp_random_between (&random, -3, 3);
  empty = MEASURE (a);
  unit = (MEASURE (a + b) - empty) / ADDITION_CYCLES;
  /* the call and the switch */
  call = EVALUATE (ESP_OPERATION_ADD) - MEASURE (a + b);
  printf ("an addition takes %.3f ns\n", unit * ADDITION_CYCLES);
  for (int operation = ESP_OPERATION_ADD; operation < ESP_N_OPERATIONS; operation++)
    switch (operation)
      {
      case ESP_OPERATION_POWER:
      case ESP_OPERATION_LOG:
      case ESP_OPERATION_SQRT:
      case ESP_OPERATION_IF:
      case ESP_OPERATION_GUARDED_DIVIDE:
      case ESP_OPERATION_GUARDED_LOG:
        break;
      default:
        report (operation, EVALUATE (operation) - call);
      }
  report (ESP_OPERATION_POWER, MEASURE (pow (fabs (a), b)));
  report (ESP_OPERATION_LOG, MEASURE (log (fabs (a))));
  report (ESP_OPERATION_SQRT, MEASURE (sqrt (fabs (a))));
  return 0;
}

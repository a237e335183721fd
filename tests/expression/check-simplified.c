/* Simplified against raw, judged in extended precision: random expressions of all operations at random
 * points.
 *
 * Where every sub-term that the raw value depends on is finite, and at no jump, the simplified value must be
 * finite and equal to within 1e-9 of the condition: the sum of what a relative change of 1 in the value of
 * each node would move the result by. With --long it draws 100,000 expressions at 100 points each; else
 * fewer. It also checks that nothing grows and that simplifying again changes nothing. */

#include <math.h>
#include <string.h>
#include <time.h>

#include <mpfr.h>

#include <glib.h>

#include "esp-print.h"
#include "esp-simplify.h"
#include "random-expression.h"

#define N_VARIABLES 3
#define DEPTH       8
#define BITS        200
#define TOLERANCE   1e-9

/* So near to a jump, rounding of constants decides. */
#define JUMP_MARGIN 1e-9

/* Beyond this the extended precision itself decides whether a value stands at a singularity. */
#define MAX_CONDITION 1e30

static bool is_long;

/* Set where a value was so near to a jump that it says nothing. */
static bool met_jump;

/* Set where a value left the range of doubles, which the domain rule excludes. */
static bool left_range;

/* A value with the sum of the changes that relative changes of 1 in every node before it make. */
typedef struct
{
  mpfr_t value;
  double condition;
  bool valid;
} Judged;

static double
get (const Judged *judged)
{
  return mpfr_get_d (judged->value, MPFR_RNDN);
}

static void
limit (mpfr_t value, double low, double high)
{
  if (mpfr_cmp_d (value, low) < 0)
    mpfr_set_d (value, low, MPFR_RNDN);
  else if (mpfr_cmp_d (value, high) > 0)
    mpfr_set_d (value, high, MPFR_RNDN);
}

static void
set_sigmoid (mpfr_t result, const mpfr_t a)
{
  mpfr_neg (result, a, MPFR_RNDN);
  mpfr_exp (result, result, MPFR_RNDN);
  mpfr_add_ui (result, result, 1, MPFR_RNDN);
  mpfr_ui_div (result, 1, result, MPFR_RNDN);
}

static bool
is_near (const Judged *a, double jump)
{
  bool near = fabs (get (a) - jump) <= JUMP_MARGIN * (fabs (get (a)) + a->condition + fabs (jump)) + 1e-290;

  met_jump = met_jump || near;
  return near;
}

static void judge (Judged *result, const EspExpression *expression, const double *point);

/* Sets the value of an operation on the first operands' values, and the slopes by them; not for `if`. */
static void
operate (Judged *result, EspOperation operation, Judged *a, double *slopes)
{
  double x = get (&a[0]), y = 0, v;
  mpfr_t t;

  mpfr_init2 (t, BITS);
  if (esp_operation_get_n_operands (operation) > 1)
    y = get (&a[1]);
  switch (operation)
    {
    case ESP_OPERATION_ADD:
      mpfr_add (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = slopes[1] = 1;
      break;
    case ESP_OPERATION_SUBTRACT:
      mpfr_sub (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = slopes[1] = 1;
      break;
    case ESP_OPERATION_MULTIPLY:
      mpfr_mul (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = y;
      slopes[1] = x;
      break;
    case ESP_OPERATION_GUARDED_DIVIDE:
      if (is_near (&a[1], ESP_GUARD_DIVIDE))
        result->valid = false;
      if (y < ESP_GUARD_DIVIDE)
        {
          mpfr_set_zero (result->value, 1);
          break;
        }
      G_GNUC_FALLTHROUGH;
    case ESP_OPERATION_DIVIDE:
      mpfr_div (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = 1 / y;
      slopes[1] = get (result) / y;
      break;
    case ESP_OPERATION_POWER:
      mpfr_pow (result->value, a[0].value, a[1].value, MPFR_RNDN);
      v = get (result);
      slopes[0] = y * pow (x, y - 1);
      slopes[1] = x > 0 ? v * log (x) : 0;
      if (y == 0)
        slopes[0] = 0;
      /* a whole exponent that is computed is whole only by chance, and 0^0 stands at a jump */
      if (a[1].condition > 0 && x <= 0)
        {
          met_jump = true;
          result->valid = false;
        }
      break;
    case ESP_OPERATION_NEGATE:
      mpfr_neg (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1;
      break;
    case ESP_OPERATION_SIN:
      mpfr_sin (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1;
      break;
    case ESP_OPERATION_COS:
      mpfr_cos (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1;
      break;
    case ESP_OPERATION_GUARDED_EXP:
      limit (a[0].value, ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH);
      G_GNUC_FALLTHROUGH;
    case ESP_OPERATION_EXP:
      mpfr_exp (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = get (result);
      break;
    case ESP_OPERATION_GUARDED_LOG:
      if (mpfr_cmp_d (a[0].value, ESP_GUARD_LOG) < 0)
        mpfr_set_d (a[0].value, ESP_GUARD_LOG, MPFR_RNDN);
      G_GNUC_FALLTHROUGH;
    case ESP_OPERATION_LOG:
      mpfr_log (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1 / get (&a[0]);
      break;
    case ESP_OPERATION_SQRT:
      /* rounding may take a root of nearly nothing to either side of 0 */
      if (a[0].condition > 0 && is_near (&a[0], 0))
        result->valid = false;
      mpfr_sqrt (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = x == 0 ? 0 : 0.5 / get (result);
      break;
    case ESP_OPERATION_ABS:
      mpfr_abs (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1;
      break;
    case ESP_OPERATION_SIGN:
      if (a[0].condition > 0 && is_near (&a[0], 0))
        result->valid = false;
      mpfr_set_si (result->value, mpfr_sgn (a[0].value), MPFR_RNDN);
      break;
    case ESP_OPERATION_TANH:
      mpfr_tanh (result->value, a[0].value, MPFR_RNDN);
      slopes[0] = 1 - get (result) * get (result);
      break;
    case ESP_OPERATION_SIGMOID:
      set_sigmoid (result->value, a[0].value);
      slopes[0] = get (result) * (1 - get (result));
      break;
    case ESP_OPERATION_MIN:
      mpfr_min (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = slopes[1] = 1;
      break;
    case ESP_OPERATION_MAX:
      mpfr_max (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = slopes[1] = 1;
      break;
    case ESP_OPERATION_CLAMP:
      /* bounds that cross make a jump at each */
      if (mpfr_cmp (a[1].value, a[2].value) > 0 && (is_near (&a[0], y) || is_near (&a[0], get (&a[2]))))
        result->valid = false;
      mpfr_set (result->value,
                mpfr_cmp (a[0].value, a[1].value) < 0   ? a[1].value
                : mpfr_cmp (a[0].value, a[2].value) > 0 ? a[2].value
                                                        : a[0].value,
                MPFR_RNDN);
      slopes[0] = slopes[1] = slopes[2] = 1;
      break;
    case ESP_OPERATION_GUARDED_MULTIPLY:
      for (int i = 0; i < 2; i++)
        limit (a[i].value, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY);
      mpfr_mul (result->value, a[0].value, a[1].value, MPFR_RNDN);
      slopes[0] = get (&a[1]);
      slopes[1] = get (&a[0]);
      break;
    case ESP_OPERATION_SOFT_IF:
      set_sigmoid (t, a[0].value);
      slopes[1] = mpfr_get_d (t, MPFR_RNDN);
      slopes[2] = 1 - slopes[1];
      slopes[0] = slopes[1] * slopes[2] * (fabs (y) + fabs (get (&a[2])));
      mpfr_mul (result->value, t, a[1].value, MPFR_RNDN);
      mpfr_ui_sub (t, 1, t, MPFR_RNDN);
      mpfr_fma (result->value, t, a[2].value, result->value, MPFR_RNDN);
      break;
    default:
      g_assert_not_reached ();
    }
  mpfr_clear (t);
}

static void
judge_operation (Judged *result, const EspExpression *expression, const double *point)
{
  EspOperation operation = esp_expression_get_operation (expression);
  size_t n = esp_expression_get_n_operands (expression), first = 0;
  double slopes[ESP_MAX_OPERANDS] = { 0 };
  Judged a[ESP_MAX_OPERANDS];

  for (size_t i = 0; i < n; i++)
    mpfr_init2 (a[i].value, BITS);
  /* lazily, as the language defines it */
  if (operation == ESP_OPERATION_IF)
    {
      judge (&a[0], esp_expression_get_operand (expression, 0), point);
      result->valid = a[0].valid && !(a[0].condition > 0 && is_near (&a[0], 0));
      if (result->valid)
        {
          size_t taken = mpfr_sgn (a[0].value) > 0 ? 1 : 2;

          judge (&a[taken], esp_expression_get_operand (expression, taken), point);
          result->valid = a[taken].valid;
          result->condition = a[taken].condition;
          mpfr_set (result->value, a[taken].value, MPFR_RNDN);
        }
    }
  else
    {
      result->valid = true;
      if (operation == ESP_OPERATION_GUARDED_DIVIDE)
        {
          judge (&a[1], esp_expression_get_operand (expression, 1), point);
          if (a[1].valid && get (&a[1]) < ESP_GUARD_DIVIDE)
            {
              mpfr_set_zero (a[0].value, 1);
              a[0].valid = true;
              a[0].condition = 0;
              first = n;
            }
          result->valid = a[1].valid;
        }
      for (size_t i = first; i < n && result->valid; i++)
        {
          judge (&a[i], esp_expression_get_operand (expression, i), point);
          result->valid = a[i].valid;
        }
      if (result->valid)
        {
          operate (result, operation, a, slopes);
          result->condition = fabs (get (result));
          for (size_t i = 0; i < n; i++)
            if (a[i].condition > 0)
              result->condition += fabs (slopes[i]) * a[i].condition;
        }
    }
  for (size_t i = 0; i < n; i++)
    mpfr_clear (a[i].value);
}

static void
judge (Judged *result, const EspExpression *expression, const double *point)
{
  EspOperation operation = esp_expression_get_operation (expression);

  result->condition = 0;
  result->valid = true;
  if (operation == ESP_OPERATION_CONSTANT)
    {
      mpfr_set_d (result->value, esp_expression_get_value (expression), MPFR_RNDN);
      result->condition = fabs (get (result));
      /* whole numbers are exact */
      if (get (result) == rint (get (result)))
        result->condition = 0;
    }
  else if (operation == ESP_OPERATION_VARIABLE)
    mpfr_set_d (result->value, point[esp_expression_get_index (expression)], MPFR_RNDN);
  else
    judge_operation (result, expression, point);
  if (!mpfr_number_p (result->value))
    result->valid = false;
  else if (fabs (get (result)) > 1e300 || !isfinite (result->condition))
    {
      left_range = true;
      result->valid = false;
    }
  else if (!mpfr_zero_p (result->value) && fabs (get (result)) < 1e-300)
    left_range = true;
}

static double
get_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  const double *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static void
test_random (void)
{
  int n = is_long ? 100000 : 3000, n_points = is_long ? 100 : 20;
  g_autofree double *times = g_new (double, n);
  g_autofree double *expression_lengths = g_new0 (double, 2);
  double worst = 0, total = 0;
  size_t compared = 0, n_beyond = 0;
  EspRandom random;
  Judged raw, new;

  esp_random_init (&random, is_long ? 11 : 12, 0);
  mpfr_init2 (raw.value, BITS);
  mpfr_init2 (new.value, BITS);
  for (int i = 0; i < n; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, N_VARIABLES, DEPTH, false);
      g_autoptr (EspExpression) simple = NULL;
      g_autoptr (EspExpression) again = NULL;
      double start = get_seconds ();

      simple = esp_expression_simplify (expression);
      times[i] = get_seconds () - start;
      total += times[i];
      again = esp_expression_simplify (simple);
      expression_lengths[0] += (double) esp_expression_get_length (expression);
      expression_lengths[1] += (double) esp_expression_get_length (simple);
      if (esp_expression_get_length (simple) > esp_expression_get_length (expression)
          || !esp_expression_equal (simple, again))
        {
          g_autofree char *text = esp_expression_to_text (expression, NULL);
          g_autofree char *simple_text = esp_expression_to_text (simple, NULL);
          g_autofree char *again_text = esp_expression_to_text (again, NULL);

          g_error ("%s becomes %s, and then %s", text, simple_text, again_text);
        }
      for (int p = 0; p < n_points; p++)
        {
          double point[N_VARIABLES], error, scale;

          for (int k = 0; k < N_VARIABLES; k++)
            point[k] = esp_random_between (&random, -3, 3);
          left_range = false;
          judge (&raw, expression, point);
          if (left_range || !raw.valid || raw.condition > MAX_CONDITION)
            continue;
          met_jump = left_range = false;
          judge (&new, simple, point);
          n_beyond += !new.valid && left_range;
          if (!new.valid && (met_jump || left_range))
            continue;
          mpfr_sub (new.value, new.value, raw.value, MPFR_RNDN);
          error = fabs (get (&new));
          scale = raw.condition + fabs (get (&raw)) + 1e-290;
          compared++;
          if (!new.valid || !(error <= TOLERANCE * scale))
            {
              g_autofree char *text = esp_expression_to_text (expression, NULL);
              g_autofree char *simple_text = esp_expression_to_text (simple, NULL);

              g_error ("%s is %.17g at (%.17g, %.17g, %.17g), but %s is off by %g (condition %g)", text,
                       get (&raw), point[0], point[1], point[2], simple_text, get (&new), raw.condition);
            }
          worst = fmax (worst, error / scale);
        }
    }
  mpfr_clear (raw.value);
  mpfr_clear (new.value);
  qsort (times, (size_t) n, sizeof *times, compare_times);
  g_test_message ("%d expressions, %zu comparisons, worst error/condition %.2g; mean length %.1f -> %.1f; "
                  "%zu times the simplified left the range of doubles alone; CPU time mean %.1f us, median "
                  "%.1f us, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms",
                  n, compared, worst, expression_lengths[0] / n, expression_lengths[1] / n, n_beyond,
                  1e6 * total / n, 1e6 * times[n / 2], 1e3 * times[n * 99 / 100],
                  1e3 * times[n * 999L / 1000], 1e3 * times[n - 1]);
  g_assert_cmpuint (compared, >, (size_t) n * (size_t) n_points / 5);
  if (is_long)
    {
      g_assert_cmpfloat (total / n, <=, 200e-6);
      g_assert_cmpfloat (times[n * 999L / 1000], <=, 20e-3);
    }
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "--long") == 0)
    {
      is_long = true;
      argv[1] = argv[0];
      argc--;
      argv++;
    }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simplify/extended-precision", test_random);
  return g_test_run ();
}

/* Rounding as far as a measurement allows. */

#include <math.h>

#include "esp-digits.h"

static void
test_round (void)
{
  const struct
  {
    double value;
    size_t digits;
    double rounded;
  } cases[] = {
    { 0.123456, 3, 0.123 },
    { -98765.4, 2, -99000 },
    { 0.1, 1, 0.1 },
    { 9.99, 2, 10 },
    { 0, 3, 0 },
    { 1e-300, 1, 1e-300 },
    { 0.1 + 0.2, 17, 0.1 + 0.2 },
    { INFINITY, 2, INFINITY },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpfloat (esp_digits_round (cases[i].value, cases[i].digits), ==, cases[i].rounded);
  g_assert_true (isnan (esp_digits_round (NAN, 3)));
}

/* Is worth more the closer the second number is to 2.71828; the others do not matter. */
typedef struct
{
  unsigned calls;
  _Atomic bool cancelled;
  unsigned cancel_at;
} Scale;

static double
measure (void *data, const double *numbers)
{
  Scale *scale = data;

  scale->calls++;
  if (scale->calls == scale->cancel_at)
    scale->cancelled = true;
  return -fabs (numbers[1] - 2.71828);
}

static void
test_numbers (void)
{
  const double exact[] = { 1.23456, 2.71828, 3.14159 };
  Scale scale = { 0 };

  /* all at once where it costs nothing that matters */
  {
    double x[] = { exact[0], exact[1], exact[2] };

    g_assert_cmpfloat (esp_digits_round_numbers (x, 3, 2, 0, -0.05, measure, &scale, NULL), >=, -0.05);
    g_assert_cmpuint (scale.calls, ==, 1);
    g_assert_cmpfloat (x[0], ==, 1.2);
    g_assert_cmpfloat (x[1], ==, 2.7);
    g_assert_cmpfloat (x[2], ==, 3.1);
  }

  /* else each as far as it goes: the one that matters keeps more digits, and none falls below the floor */
  {
    double x[] = { exact[0], exact[1], exact[2] };
    double value = esp_digits_round_numbers (x, 3, 2, 0, -0.001, measure, &scale, NULL);

    g_assert_cmpfloat (x[0], ==, 1.2);
    g_assert_cmpfloat (x[1], ==, 2.718);
    g_assert_cmpfloat (x[2], ==, 3.1);
    g_assert_cmpfloat (value, ==, measure (&scale, x));
    g_assert_cmpfloat (value, >=, -0.001);
  }

  /* nothing to do, or not to be done: nothing is measured */
  {
    double x[] = { 1, 2, 3 };

    scale.calls = 0;
    g_assert_cmpfloat (esp_digits_round_numbers (x, 3, 2, 7, -9, measure, &scale, NULL), ==, 7);
    x[0] = exact[0];
    g_assert_cmpfloat (esp_digits_round_numbers (x, 3, 0, 7, -9, measure, &scale, NULL), ==, 7);
    g_assert_cmpfloat (esp_digits_round_numbers (x, 0, 2, 7, -9, measure, &scale, NULL), ==, 7);
    g_assert_cmpfloat (x[0], ==, exact[0]);
    g_assert_cmpuint (scale.calls, ==, 0);
  }
}

/* What was measured while it was cancelled counts for nothing. */
static void
test_cancel (void)
{
  for (unsigned at = 1; at < 4; at++)
    {
      double x[] = { 1.23456, 2.71828, 3.14159 };
      Scale scale = { .cancel_at = at };

      esp_digits_round_numbers (x, 3, 2, 0, at == 1 ? -9 : -0.001, measure, &scale, &scale.cancelled);
      g_assert_cmpuint (scale.calls, ==, at);
      g_assert_cmpfloat (x[0], ==, at <= 2 ? 1.23456 : 1.2);
      g_assert_cmpfloat (x[1], ==, 2.71828);
      g_assert_cmpfloat (x[2], ==, 3.14159);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/digits/round", test_round);
  g_test_add_func ("/digits/numbers", test_numbers);
  g_test_add_func ("/digits/cancel", test_cancel);
  return g_test_run ();
}

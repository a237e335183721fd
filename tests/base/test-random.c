/* Random streams: the published Philox vectors, independence of streams, and the distributions. */

#include <math.h>

#include <glib.h>

#include "esp-random.h"

/* Known-answer vectors of philox4x32-10 that Random123 publishes in its kat_vectors file. */
static void
test_known_answers (void)
{
  EspRandom random;
  const uint32_t zero[4] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
  const uint32_t ones[4] = { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd };

  esp_random_init (&random, 0, 0);
  for (int i = 0; i < 4; i++)
    g_assert_cmphex (esp_random_bits (&random), ==, zero[i]);

  esp_random_init (&random, UINT64_MAX, UINT64_MAX);
  random.counter = UINT64_MAX;
  for (int i = 0; i < 4; i++)
    g_assert_cmphex (esp_random_bits (&random), ==, ones[i]);
}

static void
test_copy_continues (void)
{
  EspRandom random, copy;

  esp_random_init (&random, 7, 3);
  for (int i = 0; i < 5; i++)
    esp_random_bits (&random);
  copy = random;
  for (int i = 0; i < 100; i++)
    g_assert_cmphex (esp_random_bits (&random), ==, esp_random_bits (&copy));

  /* another stream of the same seed is another sequence */
  esp_random_init (&random, 7, 3);
  esp_random_init (&copy, 7, 4);
  g_assert_cmphex (esp_random_bits (&random), !=, esp_random_bits (&copy));
}

/* Mean and variance of n draws against the exact ones, within five standard errors. */
static void
assert_moments (double sum, double squares, double n, double mean, double variance, double fourth)
{
  double measured = sum / n;

  g_assert_cmpfloat (fabs (measured - mean), <, 5 * sqrt (variance / n));
  g_assert_cmpfloat (fabs (squares / n - variance - mean * mean), <, 5 * sqrt (fourth / n));
}

static void
test_distributions (void)
{
  const int n = 200000;
  double sum[4] = { 0 }, squares[4] = { 0 };
  EspRandom random;
  float pair[3];

  esp_random_init (&random, 11, 0);
  for (int i = 0; i < n; i++)
    {
      double values[4];

      esp_random_fill_normal (&random, pair, 3);
      values[0] = esp_random_uniform (&random);
      values[1] = esp_random_normal (&random);
      values[2] = esp_random_logistic (&random);
      values[3] = pair[1];
      g_assert_true (values[0] >= 0 && values[0] < 1);
      for (int k = 0; k < 4; k++)
        {
          sum[k] += values[k];
          squares[k] += values[k] * values[k];
        }
    }

  assert_moments (sum[0], squares[0], n, 0.5, 1 / 12.0, 4 / 45.0);
  assert_moments (sum[1], squares[1], n, 0, 1, 2);
  assert_moments (sum[2], squares[2], n, 0, G_PI * G_PI / 3, 16 * pow (G_PI, 4) / 45);
  assert_moments (sum[3], squares[3], n, 0, 1, 2);
}

static void
test_bounds (void)
{
  EspRandom random;
  float values[1000];
  int counts[7] = { 0 };

  esp_random_init (&random, 5, 0);
  esp_random_fill_uniform (&random, values, G_N_ELEMENTS (values));
  for (size_t i = 0; i < G_N_ELEMENTS (values); i++)
    g_assert_true (values[i] > 0 && values[i] < 1);

  for (int i = 0; i < 70000; i++)
    counts[esp_random_below (&random, 7)]++;
  for (int k = 0; k < 7; k++)
    g_assert_cmpint (ABS (counts[k] - 10000), <, 500);

  g_assert_false (esp_random_bernoulli (&random, 0));
  g_assert_true (esp_random_bernoulli (&random, 1));
}

/* The fillers make many blocks at once; they must be those that come one after the other. */
static void
test_fillers_draw_the_stream (void)
{
  static const size_t lengths[] = { 1, 3, 4, 7, 0, 512, 515, 2, 1030, 5 };
  EspRandom filled, single;
  float values[1030];

  esp_random_init (&filled, 0x123456789abcdef0, 0xfedcba9876543210);
  /* so that the counter's upper word changes on the way */
  filled.counter = UINT32_MAX - 40;
  single = filled;
  for (size_t k = 0; k < G_N_ELEMENTS (lengths); k++)
    {
      esp_random_fill_uniform (&filled, values, lengths[k]);
      for (size_t i = 0; i < lengths[k]; i++)
        g_assert_cmpfloat (values[i], ==, (float) (esp_random_bits (&single) >> 9) * 0x1p-23f + 0x1p-24f);
    }
  g_assert_cmphex (esp_random_bits (&filled), ==, esp_random_bits (&single));

  esp_random_fill_logistic (&filled, values, 700);
  for (size_t i = 0; i < 700; i++)
    {
      double u = ((double) esp_random_bits (&single) + 0.5) * 0x1p-32;

      g_assert_cmpfloat_with_epsilon (values[i], log (u) - log1p (-u), 2e-6);
    }
  esp_random_fill_normal (&filled, values, 9);
  for (size_t i = 0; i < 4; i++)
    {
      EspRandom pair = single;
      double radius, angle;

      for (size_t skip = 0; skip < i; skip++)
        esp_random_bits (&pair);
      radius = sqrt (-2.0 * log (((double) esp_random_bits (&pair) + 0.5) * 0x1p-32));
      for (size_t skip = 0; skip < 3; skip++)
        esp_random_bits (&pair);
      angle = ((double) esp_random_bits (&pair) + 0.5) * 2.0 * G_PI * 0x1p-32;
      g_assert_cmpfloat_with_epsilon (values[i], radius * cos (angle), 1e-5);
      g_assert_cmpfloat_with_epsilon (values[4 + i], radius * sin (angle), 1e-5);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random/known-answers", test_known_answers);
  g_test_add_func ("/random/copy-continues", test_copy_continues);
  g_test_add_func ("/random/fillers-draw-the-stream", test_fillers_draw_the_stream);
  g_test_add_func ("/random/distributions", test_distributions);
  g_test_add_func ("/random/bounds", test_bounds);
  return g_test_run ();
}

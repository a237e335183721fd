/* The path selector: gates and their derivative, draws, sparsity, live paths. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-path-selector.h"
#include "finite-difference.h"

typedef struct
{
  double p;
  double noise;
  double temperature;
} Gate;

static double
gate_value (void *data)
{
  const Gate *gate = data;
  double slope;

  return esp_concrete_gate (gate->p, gate->noise, gate->temperature, &slope);
}

/* The gate is in double precision: steps of p/10,000 leave errors of about 1e-8, the tolerance is 1e-6. */
static void
test_gate_derivative (void)
{
  static const double ps[] = { 1e-6, 1e-3, 0.1, 0.5, 0.8, 0.999 };
  static const double noises[] = { -12, -2, 0, 0.7, 5, 14 };
  static const double temperatures[] = { 1, 0.6, 0.2 };
  EspTestGradient gradient = { .name = "dm/dp", .tolerance = 1e-6 };

  for (size_t i = 0; i < G_N_ELEMENTS (ps); i++)
    for (size_t k = 0; k < G_N_ELEMENTS (noises); k++)
      for (size_t t = 0; t < G_N_ELEMENTS (temperatures); t++)
        {
          Gate gate = { ps[i], noises[k], temperatures[t] };
          double slope, step = 1e-4 * fmin (gate.p, 1 - gate.p);
          double m = esp_concrete_gate (gate.p, gate.noise, gate.temperature, &slope);
          double odds = gate.p / (1 - gate.p);

          /* m / (1 − m) = (odds · e^g) ^ (1/τ) */
          g_assert_cmpfloat_with_epsilon (m, 1 / (1 + pow (odds * exp (gate.noise), -1 / gate.temperature)),
                                          1e-12);
          /* a saturated gate has no digits left to take differences of */
          gradient.floor = 1e-15 / step;
          esp_test_compare (&gradient, gate_value, &gate, &gate.p, step, slope);
        }
  esp_test_gradient_finish (&gradient, 0);
}

/* Close to 0 the gate is (p · e^g) ^ (1/τ), so its slope is known even where m cannot be told from 0. */
static void
test_gate_tail (void)
{
  for (double temperature = 1; temperature > 0.1; temperature -= 0.2)
    for (double noise = -3; noise <= 3; noise += 1.5)
      {
        double slope, p = 1e-6;
        double m = esp_concrete_gate (p, noise, temperature, &slope);
        double expected = pow (p * exp (noise), 1 / temperature);

        g_assert_cmpfloat_with_epsilon (m / expected, 1, 1e-3);
        g_assert_cmpfloat_with_epsilon (slope * p * temperature / expected, 1, 1e-3);
      }
}

/* At p = 0 only ε = 1e-20 is left: the slope is (ε e^g) ^ (1/τ) / (τ ε). It is e^g at τ = 1, about 1e-10 at
 * τ = 1/1.5, and nothing in single precision at τ = 0.2. p = 1 is the mirror image. */
static void
test_gate_ends (void)
{
  for (double noise = -3; noise <= 3; noise += 1.5)
    for (double temperature = 1; temperature > 0.1; temperature -= 0.1)
      {
        double at_0, at_1, slope = pow (1e-20 * exp (noise), 1 / temperature) / temperature * 1e20;
        double m_0 = esp_concrete_gate (0, noise, temperature, &at_0);
        double m_1 = esp_concrete_gate (1, -noise, temperature, &at_1);

        g_assert_cmpfloat (m_0, >=, 0);
        g_assert_cmpfloat (m_0, <, 1e-18);
        g_assert_cmpfloat (m_1, ==, 1);
        g_assert_cmpfloat_with_epsilon (at_0 / slope, 1, 1e-9);
        g_assert_cmpfloat_with_epsilon (at_1 / slope, 1, 1e-9);
      }

  {
    double slope;

    esp_concrete_gate (0, 2, 1, &slope);
    g_assert_cmpfloat_with_epsilon (slope, exp (2), 1e-6);
    esp_concrete_gate (0, 0, 1 / 1.5, &slope);
    g_assert_cmpfloat_with_epsilon (slope, 1.5e-10, 1e-14);
    esp_concrete_gate (0, 3, 0.2, &slope);
    g_assert_cmpfloat ((float) slope, ==, 0);
    esp_concrete_gate (1, -3, 0.2, &slope);
    g_assert_cmpfloat ((float) slope, ==, 0);
  }
}

/* Whatever comes, numbers come out. */
static void
test_gate_finite (void)
{
  static const double ps[] = { 0, 1e-45, 1e-20, 1e-12, 1e-6, 0.5, 1 - 0x1p-24, 1 - 0x1p-53, 1 };
  static const double temperatures[] = { 1, 0.2, 0.01 };

  for (size_t i = 0; i < G_N_ELEMENTS (ps); i++)
    for (double noise = -23; noise <= 23; noise += 0.5)
      for (size_t t = 0; t < G_N_ELEMENTS (temperatures); t++)
        {
          double slope;
          double m = esp_concrete_gate (ps[i], noise, temperatures[t], &slope);

          g_assert_true (m >= 0 && m <= 1);
          g_assert_true (isfinite (slope) && slope >= 0);
        }
}

/* Draws are the gates of the stream's noise, thresholded, their slopes limited, and a path is open as
 * often as its probability says whatever the temperature (five standard errors). */
static void
test_draws (void)
{
  enum
  {
    N_PATHS = 8,
    N_DRAWS = 20000
  };
  static const float probabilities[N_PATHS] = { 0, 1e-4f, 0.05f, 0.3f, 0.5f, 0.9f, 0.9999f, 1 };
  static const double temperatures[] = { 1, 0.3 };
  const double limit = 3;

  for (size_t t = 0; t < G_N_ELEMENTS (temperatures); t++)
    {
      double concrete[N_PATHS] = { 0 }, bernoulli[N_PATHS] = { 0 };
      size_t n_limited = 0, n_free = 0;
      EspRandom random, same;

      esp_random_init (&random, 31, t);
      for (size_t i = 0; i < N_DRAWS; i++)
        {
          float noise[N_PATHS], mask[N_PATHS], derivative[N_PATHS];

          same = random;
          esp_random_fill_logistic (&random, noise, N_PATHS);
          esp_selector_make_concrete (probabilities, noise, N_PATHS, temperatures[t], limit, false, mask,
                                      derivative);
          for (size_t k = 0; k < N_PATHS; k++)
            {
              double slope;
              double m = esp_concrete_gate (probabilities[k], noise[k], temperatures[t], &slope);

              /* the vector functions differ in the last bits */
              g_assert_cmpfloat_with_epsilon (noise[k], esp_random_logistic (&same),
                                              1e-6 * (1 + fabs (noise[k])));
              g_assert_true (fabs (m - 0.5) < 1e-9 || mask[k] == (m > 0.5 ? 1 : 0));
              g_assert_cmpfloat_with_epsilon (derivative[k], fmin (slope, limit), 1e-6 * limit);
              n_limited += slope > limit;
              n_free += slope > 0.1 && slope < limit;
              concrete[k] += mask[k];
            }
          esp_selector_draw_bernoulli (probabilities, N_PATHS, &random, mask);
          for (size_t k = 0; k < N_PATHS; k++)
            {
              g_assert_true (mask[k] == 0 || mask[k] == 1);
              bernoulli[k] += mask[k];
            }
        }

      g_assert_cmpuint (n_limited, >, 0);
      g_assert_cmpuint (n_free, >, 0);
      for (size_t k = 0; k < N_PATHS; k++)
        {
          double p = probabilities[k], error = 5 * sqrt (p * (1 - p) / N_DRAWS);

          g_assert_cmpfloat (fabs (concrete[k] / N_DRAWS - p), <=, error);
          g_assert_cmpfloat (fabs (bernoulli[k] / N_DRAWS - p), <=, error);
        }
    }
}

static void
test_sparsity (void)
{
  const float ones[] = { 1, 1, 1, 1, 1, 1 };
  const float some[] = { 0.5f, 0.25f, 1, 0, 0.75f, 0.5f };
  double slope = -1;

  /* at equality the hinge is active: probabilities of 1 would never leave it otherwise */
  g_assert_cmpfloat (esp_selector_sparsity (ones, 6, 6, 2, &slope), ==, 0);
  g_assert_cmpfloat (slope, ==, 0.5);
  g_assert_cmpfloat (esp_selector_sparsity (ones, 6, nextafter (6, 7), 2, &slope), ==, 0);
  g_assert_cmpfloat (slope, ==, 0);
  g_assert_cmpfloat (esp_selector_sparsity (some, 6, 1, 2, &slope), ==, 1);
  g_assert_cmpfloat (slope, ==, 0.5);
  g_assert_cmpfloat (esp_selector_sparsity (some, 6, 1, 1, &slope), ==, 2);
  g_assert_cmpfloat (slope, ==, 1);
  g_assert_cmpfloat (esp_selector_sparsity (some, 6, 4, 1, &slope), ==, 0);
  g_assert_cmpfloat (slope, ==, 0);
}

/* Two inputs; paths 0, 1: first factor; 2, 3: second factor; 4, 5 (inputs), 6 (product): sine;
 * 7, 8 (inputs), 9 (product), 10 (sine): output. */
typedef struct
{
  const char *open;
  const char *live;
} LiveCase;

static void
test_live_cases (void)
{
  const LiveCase cases[] = {
    { "00000000000", "00000000000" }, { "11111111111", "11111111111" },
    { "00000001000", "00000001000" }, /* output reads an input */
    { "00000000001", "00000000000" }, /* output reads a sine of its bias */
    { "00000100000", "00000000000" }, /* nobody reads the sine */
    { "00000100001", "00000100001" }, /* a chain */
    { "10000010001", "10000010001" }, /* one open factor is enough; the other is its bias */
    { "00001010001", "00001000001" }, /* the sine reads an input and a constant product */
    { "11110001000", "00000001000" }, /* nobody reads the product */
    { "01110000100", "00000000100" }, { "01000000110", "01000000110" }, /* past the sine */
    { "00000010001", "00000000000" },                                   /* a sine of a constant product */
  };
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul/sin", 2, NULL);

  g_assert_cmpuint (arrangement->n_weights, ==, 11);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      uint8_t mask[11], live[11];
      size_t expected = 0, count;

      for (size_t k = 0; k < 11; k++)
        {
          mask[k] = cases[i].open[k] == '1';
          expected += cases[i].live[k] == '1';
        }
      count = esp_selector_find_live (arrangement, mask, live);
      g_test_message ("open %s: %zu live", cases[i].open, count);
      g_assert_cmpuint (count, ==, expected);
      g_assert_cmpuint (esp_selector_find_live (arrangement, mask, NULL), ==, expected);
      for (size_t k = 0; k < 11; k++)
        g_assert_cmpuint (live[k], ==, cases[i].live[k] == '1');
    }
}

/* Walks a path forwards or backwards, one operator at a time, by the definition. */
static bool
reaches_input (const EspArrangement *arrangement, const uint8_t *mask, size_t feature)
{
  if (feature < arrangement->n_inputs)
    return true;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      if (feature < layer->n_features || feature >= layer->n_features + layer->n_operators)
        continue;
      for (size_t row = layer->first_argument[feature - layer->n_features], i = 0;
           i < esp_operator_get_n_arguments (layer->operators[feature - layer->n_features]); i++, row++)
        for (size_t j = 0; j < layer->n_features; j++)
          if (mask[layer->weights + row * layer->n_features + j] && reaches_input (arrangement, mask, j))
            return true;
    }

  return false;
}

static bool
reaches_output (const EspArrangement *arrangement, const uint8_t *mask, size_t feature)
{
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      if (feature >= layer->n_features)
        continue;
      if (layer->n_operators == 0 && mask[layer->weights + feature])
        return true;
      for (size_t k = 0; k < layer->n_operators; k++)
        for (size_t i = 0; i < esp_operator_get_n_arguments (layer->operators[k]); i++)
          if (mask[layer->weights + (layer->first_argument[k] + i) * layer->n_features + feature]
              && reaches_output (arrangement, mask, layer->n_features + k))
            return true;
    }

  return false;
}

static void
test_live_random (void)
{
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("C1", 4, NULL);
  g_autofree uint8_t *mask = g_malloc (arrangement->n_weights);
  g_autofree uint8_t *live = g_malloc (arrangement->n_weights);
  size_t total = 0, n_open = 0;
  EspRandom random;

  esp_random_init (&random, 32, 0);
  for (size_t round = 0; round < 200; round++)
    {
      double density = round % 2 == 0 ? 0.02 : 0.07;
      size_t count, expected = 0;

      for (size_t i = 0; i < arrangement->n_weights; i++)
        n_open += mask[i] = esp_random_bernoulli (&random, density);
      count = esp_selector_find_live (arrangement, mask, live);
      for (size_t l = 0; l < arrangement->n_layers; l++)
        {
          const EspLayer *layer = &arrangement->layers[l];
          bool output = layer->n_operators == 0;

          for (size_t k = 0; k < (output ? 1 : layer->n_operators); k++)
            for (size_t i = 0; i < (output ? 1 : esp_operator_get_n_arguments (layer->operators[k])); i++)
              for (size_t j = 0; j < layer->n_features; j++)
                {
                  size_t path = layer->weights + (layer->first_argument[k] + i) * layer->n_features + j;
                  bool is_live = mask[path] && reaches_input (arrangement, mask, j)
                                 && (output || reaches_output (arrangement, mask, layer->n_features + k));

                  g_assert_cmpuint (live[path], ==, is_live);
                  expected += is_live;
                }
        }
      g_assert_cmpuint (count, ==, expected);
      total += count;
    }
  g_test_message ("%zu of %zu open paths were live", total, n_open);
  g_assert_cmpuint (total, >, 100);
  g_assert_cmpuint (total, <, n_open);
}

/* The gate of a logit is that of its probability, its slope that times dp/ds = p (1 − p), and limited. */
static void
test_logits (void)
{
  static const float logits[] = { -7, -3, -0.4f, 0, 1, 3, 8 };
  static const float noises[] = { -11, -1, 0.3f, 2, 9 };
  size_t n_limited = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (logits); i++)
    for (size_t k = 0; k < G_N_ELEMENTS (noises); k++)
      for (double temperature = 1; temperature > 0.1; temperature -= 0.4)
        {
          double p = 1 / (1 + exp (-(double) logits[i])), rest = 1 / (1 + exp ((double) logits[i])), slope;
          double m = esp_concrete_gate (p, noises[k], temperature, &slope);
          float probability, soft, hard, derivative;

          slope *= p * rest;
          esp_selector_get_probabilities (&logits[i], 1, &probability);
          g_assert_cmpfloat_with_epsilon (probability, p, 1e-7);
          esp_selector_make_concrete_logits (&logits[i], &noises[k], 1, temperature, 0.2, true, &soft,
                                             &derivative);
          g_assert_cmpfloat_with_epsilon (soft, m, 1e-6);
          g_assert_cmpfloat_with_epsilon (derivative, fmin (slope, 0.2), 1e-6);
          esp_selector_make_concrete_logits (&logits[i], &noises[k], 1, temperature, 0.2, false, &hard,
                                             &derivative);
          g_assert_cmpfloat (hard, ==, m > 0.5 ? 1 : 0);
          n_limited += slope > 0.2;
        }
  g_assert_cmpuint (n_limited, >, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/selector/gate/derivative", test_gate_derivative);
  g_test_add_func ("/selector/gate/tail", test_gate_tail);
  g_test_add_func ("/selector/gate/ends", test_gate_ends);
  g_test_add_func ("/selector/gate/finite", test_gate_finite);
  g_test_add_func ("/selector/logits", test_logits);
  g_test_add_func ("/selector/draws", test_draws);
  g_test_add_func ("/selector/sparsity", test_sparsity);
  g_test_add_func ("/selector/live/cases", test_live_cases);
  g_test_add_func ("/selector/live/random", test_live_random);

  return g_test_run ();
}

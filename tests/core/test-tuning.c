/* Tuning: the evolution finds maxima, where values are noisy and directions differ in scale too; descent and
 * evolution improve a detuned formula; of several the one with the right structure wins; and no outcome
 * depends on the number of workers. */

#include <math.h>

#include "esp-evaluation.h"
#include "esp-evolution.h"
#include "esp-random.h"
#include "esp-race.h"

#define DIMENSIONS 6

/* Runs @generations on −(Σ s_i (x_i − i)²)^½ with noise of size @noise, where the s_i differ by four orders
 * of magnitude, and returns the distance of the mean from the maximum. */
static double
climb (size_t generations, double noise)
{
  double start[DIMENSIONS] = { 0.0 }, deviations[DIMENSIONS], values[64], distance = 0.0;
  g_autoptr (EspEvolution) evolution = NULL;
  EspRandom random;

  for (size_t i = 0; i < DIMENSIONS; i++)
    deviations[i] = 1.0;
  evolution = esp_evolution_new (DIMENSIONS, start, deviations, 16, 1, 2);
  g_assert_cmpuint (esp_evolution_get_population (evolution), ==, 16);
  esp_random_init (&random, 3, 4);
  for (size_t g = 0; g < generations; g++)
    {
      const double *points = esp_evolution_ask (evolution);

      for (size_t p = 0; p < 16; p++)
        {
          double sum = 0.0;

          for (size_t i = 0; i < DIMENSIONS; i++)
            {
              double away = points[p * DIMENSIONS + i] - (double) i;

              sum += pow (10.0, 4.0 * (double) i / (DIMENSIONS - 1)) * away * away;
            }
          values[p] = -sqrt (sum) + noise * esp_random_normal (&random);
        }
      esp_evolution_tell (evolution, values);
    }
  for (size_t i = 0; i < DIMENSIONS; i++)
    distance = fmax (distance, fabs (esp_evolution_get_mean (evolution)[i] - (double) i));

  return distance;
}

static void
test_evolution_climbs (void)
{
  g_assert_cmpfloat (climb (0, 0.0), ==, DIMENSIONS - 1);
  g_assert_cmpfloat (climb (200, 0.0), <, 1e-6);
  g_assert_cmpfloat (climb (200, 0.1), <, 1.0);
}

/* Points that are of no use, and all of them at once, do no harm. */
static void
test_evolution_useless_points (void)
{
  double start[] = { 1.0, 1.0 }, deviations[] = { 0.5, 0.5 }, values[8];
  g_autoptr (EspEvolution) evolution = esp_evolution_new (2, start, deviations, 8, 1, 2);

  for (size_t g = 0; g < 60; g++)
    {
      const double *points = esp_evolution_ask (evolution);

      for (size_t p = 0; p < 8; p++)
        values[p] = points[2 * p] < 0.0 || g == 0 ? -HUGE_VAL
                                                  : -hypot (points[2 * p], points[2 * p + 1] - 3.0);
      esp_evolution_tell (evolution, values);
    }
  g_assert_cmpfloat (fabs (esp_evolution_get_mean (evolution)[0]), <, 0.01);
  g_assert_cmpfloat (fabs (esp_evolution_get_mean (evolution)[1] - 3.0), <, 0.01);
  g_assert_cmpfloat (esp_evolution_get_step (evolution), <, 1.0);
}

static EspFormula *
parse (const char *text)
{
  static const char *const names[] = { "cos_theta", "sin_theta", "theta_dot" };
  static const EspSymbols symbols = { G_N_ELEMENTS (names), names, NULL, NULL };
  GError *error = NULL;
  EspFormula *formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return formula;
}

static void
test_numbers (void)
{
  g_autoptr (EspFormula) formula = parse ("2*sin_theta + 3*theta_dot^2 - 4");
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (formula);
  g_autoptr (EspFormula) changed = NULL;

  g_assert_cmpuint (numbers->len, ==, 3);
  for (guint i = 0; i < numbers->len; i++)
    g_array_index (numbers, double, i) += 10.0;
  changed = esp_tuning_set_numbers (formula, (const double *) (void *) numbers->data);
  g_assert_cmpstr (esp_formula_get_text (changed), ==, "12*sin_theta + 13*theta_dot^2 - 14");
}

/* A swing-up whose numbers are all wrong by a factor. */
#define DETUNED "-3*(sin_theta + 2*theta_dot)*(cos_theta + 0.5)"

static EspFormula *
evolve (size_t n_workers, uint64_t *spent)
{
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  EspTuning tuning = { esp_environment_get_info (pendulum), NULL, NULL, spent };
  EspEvolverSettings settings = { .episodes = 10, .step = 0.3, .floor = 0.01, .seed = 1 };
  g_autoptr (EspFormula) formula = parse (DETUNED);
  g_autoptr (EspPool) pool = n_workers > 1 ? esp_pool_new (n_workers) : NULL;

  g_autoptr (EspEvolver) evolver = esp_evolver_new (formula, &settings);

  while (*spent < 1000000)
    esp_evolver_run_generation (evolver, &tuning, pool);

  return esp_evolver_get_formula (evolver);
}

static void
test_evolution_of_a_formula (void)
{
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  uint64_t alone_spent = 0, spent = 0;
  g_autoptr (EspFormula) detuned = parse (DETUNED);
  g_autoptr (EspFormula) alone = evolve (1, &alone_spent);
  g_autoptr (EspFormula) together = evolve (3, &spent);
  EspTuning tuning = { esp_environment_get_info (pendulum), NULL, NULL, &spent };

  g_assert_cmpstr (esp_formula_get_text (alone), ==, esp_formula_get_text (together));
  g_assert_cmpuint (alone_spent, ==, spent);
  g_assert_cmpuint (spent, >=, 1000000);
  g_assert_cmpuint (spent, <, 1100000);
  g_assert_cmpfloat (esp_tuning_measure (&tuning, alone, 1, 50, NULL), >,
                     200.0 + esp_tuning_measure (&tuning, detuned, 1, 50, NULL));
}

#define RACE_STEPS 600000.0

/* The race under way. */
typedef struct
{
  uint64_t spent;
  size_t turns[3]; /* generations of each, by the number of its numbers */
} Progress;

static double
note_race (void *data, EspFormula *formula)
{
  Progress *progress = data;
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (formula);

  progress->turns[numbers->len - 1]++;
  return (double) progress->spent / RACE_STEPS;
}

static EspFormula *
race (const char *const *texts, size_t n_workers, Progress *progress)
{
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  EspTuning tuning = { esp_environment_get_info (pendulum), NULL, NULL, &progress->spent };
  EspRace settings = { .tuning = &tuning,
                       .evolver = { .episodes = 10, .step = 0.3, .floor = 0.01, .seed = 1 },
                       .episodes = 20,
                       .note = note_race,
                       .data = progress };
  g_autoptr (EspFormula) first = parse (texts[0]);
  g_autoptr (EspFormula) second = parse (texts[1]);
  g_autoptr (EspFormula) third = parse (texts[2]);
  g_autoptr (EspPool) pool = n_workers > 1 ? esp_pool_new (n_workers) : NULL;

  return esp_race_run (&settings, (EspFormula *[]){ first, second, third }, 3, pool);
}

/* What has no number does not take part, and spends nothing: it must not be waited for. */
static void
test_race_without_numbers (void)
{
  static const char *const one[] = { "sin_theta", DETUNED, "theta_dot" };
  static const char *const none[] = { "sin_theta", "theta_dot", "cos_theta" };
  Progress progress = { 0 }, idle = { 0 };
  g_autoptr (EspFormula) winner = race (one, 1, &progress);
  g_autoptr (EspFormula) first = race (none, 1, &idle);
  g_autoptr (GArray) numbers = esp_tuning_get_numbers (winner);

  g_assert_cmpuint (numbers->len, ==, 3);
  g_assert_cmpstr (esp_formula_get_text (first), ==, "sin_theta");
  g_assert_cmpuint (idle.spent, ==, 0);
}

/* Each runs its first lap, two the second, and the one with the right structure the third. */
static void
test_race (void)
{
  static const char *const orders[][3] = { { DETUNED, "0.1*cos_theta", "0.5*sin_theta - 0.1*cos_theta" },
                                           { "0.1*cos_theta", "0.5*sin_theta - 0.1*cos_theta", DETUNED } };

  for (size_t i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      Progress alone = { 0 }, together = { 0 };
      g_autoptr (EspFormula) winner = race (orders[i], 1, &alone);
      g_autoptr (EspFormula) same = race (orders[i], 3, &together);
      g_autoptr (GArray) numbers = esp_tuning_get_numbers (winner);

      g_assert_cmpuint (numbers->len, ==, 3);
      g_assert_cmpstr (esp_formula_get_text (winner), ==, esp_formula_get_text (same));
      g_assert_cmpuint (alone.spent, ==, together.spent);
      g_assert_cmpuint (alone.turns[0], >, 0);
      g_assert_cmpuint (alone.turns[1], >, 0);
      g_assert_cmpuint (alone.turns[2], >, alone.turns[0] + alone.turns[1]);
      g_assert_cmpfloat ((double) alone.spent, >=, RACE_STEPS);
    }
}

static void
test_descent_of_a_formula (void)
{
  g_autoptr (EspEnvironment) pendulum = esp_environment_new ("pendulum", NULL);
  uint64_t spent = 0;
  EspTuning tuning = { esp_environment_get_info (pendulum), NULL, NULL, &spent };
  g_autoptr (EspFormula) formula = parse (DETUNED);
  double before = esp_tuning_measure (&tuning, formula, 1, 10, NULL), value = before;

  g_assert_cmpuint (spent, ==, 2000);
  esp_tuning_descend (&tuning, &formula, &value, 1, 10, 1000, 40000, 0.3, NULL);
  g_assert_cmpuint (spent, ==, 42000);
  g_assert_cmpfloat (value, >, before);
  g_assert_cmpfloat (esp_tuning_measure (&tuning, formula, 1, 10, NULL), ==, value);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tuning/evolution/climbs", test_evolution_climbs);
  g_test_add_func ("/tuning/evolution/useless-points", test_evolution_useless_points);
  g_test_add_func ("/tuning/numbers", test_numbers);
  g_test_add_func ("/tuning/evolution/formula", test_evolution_of_a_formula);
  g_test_add_func ("/tuning/race", test_race);
  g_test_add_func ("/tuning/race-without-numbers", test_race_without_numbers);
  g_test_add_func ("/tuning/descent/formula", test_descent_of_a_formula);

  return g_test_run ();
}

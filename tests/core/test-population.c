/* The population of the search over formulas: how much of the samples edits are screened on, that parts are
 * parts of the whole, and that a failure is seen where it happens and mended there. */

#include <math.h>

#include "esp-evaluation.h"
#include "esp-population.h"
#include "esp-tuning.h"

#define SAMPLES   40
#define SCREENING 5
#define PARTS     (SAMPLES / SCREENING)

/* Balances from all starts but two of the first forty, which are in the parts 1 and 5. */
#define MOSTLY_GOOD "theta + 0.1*theta_dot"

static EspFormula *
parse (const char *text)
{
  static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  static const EspSymbols symbols = { G_N_ELEMENTS (names), names, NULL, NULL };
  GError *error = NULL;
  EspFormula *formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return formula;
}

static EspPopulation
make_population (const EspEnvironment *environment)
{
  return (EspPopulation){ .environment = esp_environment_get_info (environment),
                          .archive = esp_archive_new (2),
                          .scales = { 1.0, 1.0, 0.1, 1.0 },
                          .samples = SAMPLES,
                          .screening = SCREENING,
                          .length_limit = 15,
                          .seed = 1,
                          .budget = 20000000 };
}

static void
test_count (void)
{
  static const struct
  {
    size_t samples, screening, expected;
  } cases[] = {
    /* an eighth, but not too few to tell anything, and never more than there are */
    { 80, 0, 10 },
    { 47, 0, 5 },
    { 20, 0, 4 },
    { 3, 0, 3 },
    /* what is asked for, as far as there is so much */
    { 80, 1, 1 },
    { 80, 30, 30 },
    { 80, 80, 80 },
    { 80, 81, 80 },
    { 3, SIZE_MAX, 3 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      EspPopulation population = { .samples = cases[i].samples, .screening = cases[i].screening };

      g_assert_cmpuint (esp_population_count_screening (&population), ==, cases[i].expected);
    }
}

static void
test_parts (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspPopulation population = make_population (environment);
  g_autoptr (EspFormula) formula = parse (MOSTLY_GOOD);
  double whole = esp_population_measure (&population, formula, NULL), sum = 0.0;
  uint64_t spent = population.spent;

  /* each step earns 1 */
  g_assert_cmpfloat (whole, <, 1000.0);
  g_assert_cmpfloat_with_epsilon ((double) spent, SAMPLES * whole, 1.0);
  for (size_t i = 0; i < PARTS; i++)
    {
      double part = esp_population_measure_part (&population, formula, i * SCREENING, NULL);

      sum += part;
      if (i == 1 || i == 5)
        g_assert_cmpfloat (part, <, 1000.0);
      else
        g_assert_cmpfloat (part, ==, 1000.0);
    }
  g_assert_cmpfloat_with_epsilon (sum / PARTS, whole, 1e-9);
  g_assert_cmpfloat_with_epsilon ((double) (population.spent - spent), (double) spent, PARTS);

  /* where edits are screened is nothing to a full measurement, nor to a part that is asked for by number */
  population.screening_first = SCREENING;
  g_assert_cmpfloat (esp_population_measure (&population, formula, NULL), ==, whole);
  g_assert_cmpfloat (esp_population_measure_part (&population, formula, 0, NULL), ==, 1000.0);
  esp_archive_unref (population.archive);
}

/* Refits MOSTLY_GOOD on the part that begins at @first. Returns what its full measurement gains. */
static double
add (size_t first, bool *changed)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspPopulation population = make_population (environment);
  g_autoptr (EspFormula) formula = parse (MOSTLY_GOOD);
  g_autoptr (GPtrArray) formulas = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref);
  double before = esp_population_measure (&population, formula, NULL), after;

  population.screening_first = first;
  g_ptr_array_add (formulas, esp_formula_ref (formula));
  esp_population_add (&population, formulas, &after, NULL);
  *changed = !esp_expression_equal (esp_formula_get_expression (formula, 0),
                                    esp_formula_get_expression (g_ptr_array_index (formulas, 0), 0));
  /* the value is of all samples, and what has it is in the archive */
  g_assert_cmpfloat (esp_population_measure (&population, g_ptr_array_index (formulas, 0), NULL), ==, after);
  g_assert_cmpuint (esp_archive_get_n (population.archive), ==, 1);
  g_assert_cmpfloat (esp_population_get_best (&population)->value, ==, after);
  esp_archive_unref (population.archive);

  return after - before;
}

/* Where all is well there is nothing to mend. */
static void
test_screening_sees_failures (void)
{
  bool changed;

  g_assert_cmpfloat (add (0, &changed), ==, 0.0);
  g_assert_false (changed);
  g_assert_cmpfloat (add (SCREENING, &changed), >, 0.0);
  g_assert_true (changed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/population/count", test_count);
  g_test_add_func ("/population/parts", test_parts);
  g_test_add_func ("/population/screening-sees-failures", test_screening_sees_failures);
  return g_test_run ();
}

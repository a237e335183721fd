/* Programs: a batch against one sample at a time, in both precisions. */

#include <math.h>
#include <string.h>

#include "bounded-value.h"
#include "esp-formula.h"
#include "esp-memory.h"
#include "esp-print.h"
#include "random-expression.h"

#define N_VARIABLES 3

static void
evaluate_batch (const EspProgram *program, const double *variables, size_t n, double *results)
{
  double *workspace = esp_new_doubles (esp_program_get_workspace_size (program) / sizeof (double));

  esp_program_evaluate_batch (program, NULL, variables, n, n, results, n, workspace);
  esp_free_aligned (workspace);
}

static void
evaluate_batch_single (const EspProgram *program, const float *variables, size_t n, float *results)
{
  double *workspace = esp_new_doubles (esp_program_get_workspace_size (program) / sizeof (double));

  esp_program_evaluate_batch_single (program, NULL, variables, n, n, results, n, workspace);
  esp_free_aligned (workspace);
}

static EspProgram *
compile_operation (EspOperation operation)
{
  g_autoptr (EspExpression) x = esp_expression_variable (0);
  g_autoptr (EspExpression) y = esp_expression_variable (1);
  g_autoptr (EspExpression) z = esp_expression_variable (2);
  EspExpression *const operands[] = { x, y, z };
  g_autoptr (EspExpression) expression = esp_expression_apply (operation, operands);

  return esp_program_new (&expression, 1, N_VARIABLES);
}

static bool
is_rounded_otherwise (EspOperation operation)
{
  switch (operation)
    {
    case ESP_OPERATION_POWER:
    case ESP_OPERATION_SIN:
    case ESP_OPERATION_COS:
    case ESP_OPERATION_EXP:
    case ESP_OPERATION_LOG:
    case ESP_OPERATION_TANH:
    case ESP_OPERATION_SIGMOID:
    case ESP_OPERATION_GUARDED_LOG:
    case ESP_OPERATION_GUARDED_EXP:
    case ESP_OPERATION_SOFT_IF:
      return true;
    default:
      return false;
    }
}

/* Operands that are special to some operation, and others of all sizes. */
static double
draw_operand (EspRandom *random)
{
  const double special[] = { 0.0,       -0.0,         1,     -1,     2,    3,      -2,
                             0.5,       0.01,         0.001, -10,    4,    100,    -100,
                             1000,      -1000,        1e-30, -1e-30, 1e30, -1e30,  INFINITY,
                             NAN,       -INFINITY,    710,   -710,   -746, 5e-324, 1e-310,
                             1.797e308, 0.0099999999, 88.8,  -104 };

  switch (esp_random_below (random, 4))
    {
    case 0:
      return special[esp_random_below (random, G_N_ELEMENTS (special))];
    case 1:
      return esp_random_between (random, -3, 3);
    case 2:
      return esp_random_between (random, -200, 200);
    default:
      return exp (esp_random_between (random, -40, 40)) * (esp_random_bernoulli (random, 0.5) ? 1 : -1);
    }
}

static bool
agrees (double value, double expected, double tolerance)
{
  if (isnan (expected))
    return isnan (value);
  if (isinf (expected) || tolerance == 0)
    return value == expected && (value != 0 || signbit (value) == signbit (expected));
  return fabs (value - expected) <= tolerance;
}

static void
test_operations (void)
{
  enum
  {
    n = 20011
  };
  g_autofree double *variables = g_new (double, N_VARIABLES *n);
  g_autofree double *results = g_new (double, n);
  EspRandom random;

  esp_random_init (&random, 31, 0);
  for (size_t i = 0; i < N_VARIABLES * n; i++)
    variables[i] = draw_operand (&random);

  for (EspOperation operation = ESP_OPERATION_ADD; operation < ESP_N_OPERATIONS; operation++)
    {
      g_autoptr (EspProgram) program = compile_operation (operation);

      evaluate_batch (program, variables, n, results);
      for (size_t i = 0; i < n; i++)
        {
          const double operands[] = { variables[i], variables[n + i], variables[2 * n + i] };
          double expected = esp_operation_evaluate (operation, operands), tolerance = 0,
                 scale = fabs (expected);

          if (operation == ESP_OPERATION_SOFT_IF)
            {
              double weight = esp_operation_evaluate (ESP_OPERATION_SIGMOID, operands);

              scale = fabs (weight * operands[1]) + fabs ((1 - weight) * operands[2]) + fabs (operands[2]);
            }
          if (is_rounded_otherwise (operation))
            tolerance = ESP_PROGRAM_MAX_ULP * fmax (scale * 0x1p-52, 0x1p-1074);
          if (!agrees (results[i], expected, tolerance))
            g_error ("%s (%.17g, %.17g, %.17g) is %.17g in a batch, but %.17g (%g ulp)",
                     esp_operation_get_name (operation), operands[0], operands[1], operands[2], results[i],
                     expected, fabs (results[i] - expected) / (fabs (expected) * 0x1p-53));
        }
    }
}

static void
test_operations_single (void)
{
  enum
  {
    n = 20011
  };
  g_autofree float *variables = g_new (float, N_VARIABLES *n);
  g_autofree float *results = g_new (float, n);
  EspRandom random;

  esp_random_init (&random, 32, 0);
  for (size_t i = 0; i < N_VARIABLES * n; i++)
    variables[i] = (float) draw_operand (&random);

  for (EspOperation operation = ESP_OPERATION_ADD; operation < ESP_N_OPERATIONS; operation++)
    {
      g_autoptr (EspProgram) program = compile_operation (operation);

      evaluate_batch_single (program, variables, n, results);
      for (size_t i = 0; i < n; i++)
        {
          double operands[] = { variables[i], variables[n + i], variables[2 * n + i] };
          double expected, tolerance = 0, scale;

          /* the thresholds are single as well */
          if (operation == ESP_OPERATION_GUARDED_DIVIDE && operands[1] == (float) ESP_GUARD_DIVIDE)
            operands[1] = ESP_GUARD_DIVIDE * (1 + 1e-9);
          expected = (float) esp_operation_evaluate (operation, operands);
          scale = fabs (expected);
          if (operation == ESP_OPERATION_SOFT_IF)
            {
              double weight = esp_operation_evaluate (ESP_OPERATION_SIGMOID, operands);

              /* a weight that is nearly 1 is 1 in single precision */
              if (isinf (operands[1]) || isinf (operands[2]))
                continue;
              scale = fabs (weight * operands[1]) + fabs ((1 - weight) * operands[2]) + fabs (operands[2]);
            }
          if (is_rounded_otherwise (operation) || operation == ESP_OPERATION_GUARDED_DIVIDE)
            tolerance = ESP_PROGRAM_MAX_ULP * fmax (scale * 0x1p-23, 0x1p-149);
          if (operation == ESP_OPERATION_SOFT_IF)
            tolerance += 0x1p-149 * fabs (operands[1]);
          if (!agrees (results[i], expected, tolerance))
            g_error ("%s (%.9g, %.9g, %.9g) is %.9g in a batch, but %.9g (%g ulp)",
                     esp_operation_get_name (operation), operands[0], operands[1], operands[2], results[i],
                     expected, fabs (results[i] - expected) / (fabs (expected) * 0x1p-23));
        }
    }
}

/* Whether every operation but powers with multiplied-out exponents has one rounding. */
static bool
is_exact (const EspExpression *expression)
{
  if (is_rounded_otherwise (esp_expression_get_operation (expression)))
    return false;
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    if (!is_exact (esp_expression_get_operand (expression, i)))
      return false;
  return true;
}

/* Random formulas with several results, some of them shared: what must be equal to the bit is, the rest
 * within what rounding can do. The number of samples leaves a part of a tile over. */
static void
test_formulas (void)
{
  enum
  {
    n = 333,
    n_results = 3
  };
  const char *const names[] = { "x", "y", "z" };
  const EspSymbols symbols = { N_VARIABLES, names, NULL, NULL };
  size_t n_exact = 0, n_close = 0;
  double variables[N_VARIABLES * n], results[n_results * n];
  EspRandom random;

  esp_random_init (&random, 33, 0);
  for (int round = 0; round < 4000; round++)
    {
      g_autoptr (EspExpression) first = random_expression (&random, N_VARIABLES, 6, false);
      g_autoptr (EspExpression) second = random_expression (&random, N_VARIABLES, 4, false);
      g_autoptr (EspExpression) sum = esp_expression_binary (ESP_OPERATION_SUBTRACT, second, first);
      EspExpression *const expressions[n_results] = { first, sum, round % 2 == 0 ? second : first };
      g_autoptr (EspProgram) program = esp_program_new (expressions, n_results, N_VARIABLES);

      for (size_t i = 0; i < N_VARIABLES * n; i++)
        variables[i] = esp_random_between (&random, -3, 3);
      evaluate_batch (program, variables, n, results);
      for (size_t i = 0; i < n; i += round % 7 + 1)
        {
          const double sample[] = { variables[i], variables[n + i], variables[2 * n + i] };
          double expected[n_results], bound;

          esp_program_evaluate (program, sample, expected);
          for (size_t k = 0; k < n_results; k++)
            {
              double value = results[k * n + i], tolerance = 0;

              if (is_exact (expressions[k]))
                n_exact++;
              else
                {
                  bounded_value (expressions[k], sample, &bound);
                  if (!(bound <= 1e-6 * (fabs (expected[k]) + 1e-3)))
                    continue;
                  n_close++;
                  tolerance = 8 * ESP_PROGRAM_MAX_ULP * bound + 1e-300;
                }
              if (!agrees (value, expected[k], tolerance))
                {
                  g_autofree char *text = esp_expression_to_text (expressions[k], &symbols);

                  g_error ("%s has %.17g at sample %zu of a batch, but %.17g alone", text, value, i,
                           expected[k]);
                }
            }
        }
    }
  g_assert_cmpuint (n_exact, >, 250000);
  g_assert_cmpuint (n_close, >, 100000);
}

/* The value of a sample has the same bits wherever it stands, and whatever stands beside it. */
static void
test_places (void)
{
  enum
  {
    n = 1500
  };
  double variables[N_VARIABLES * n], shifted[N_VARIABLES * n], results[n], again[n];
  EspRandom random;

  esp_random_init (&random, 34, 0);
  for (int round = 0; round < 200; round++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, N_VARIABLES, 7, false);
      g_autoptr (EspProgram) program = esp_program_new (&expression, 1, N_VARIABLES);
      size_t count = 1 + esp_random_below (&random, n - 1),
             shift = esp_random_below (&random, (guint) (n - count + 1));

      for (size_t i = 0; i < N_VARIABLES * n; i++)
        variables[i] = esp_random_between (&random, -3, 3);
      for (size_t k = 0; k < N_VARIABLES; k++)
        memcpy (shifted + k * count, variables + k * n + shift, count * sizeof (double));
      evaluate_batch (program, variables, n, results);
      evaluate_batch (program, shifted, count, again);
      for (size_t i = 0; i < count; i++)
        g_assert_true (agrees (again[i], results[shift + i], 0));
    }
}

static void
test_leaves (void)
{
  const char *const names[] = { "x", "y", "z" };
  const EspSymbols symbols = { N_VARIABLES, names, NULL, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (
    "y; 2.5; x; y; min(x, 1); x^2; x^3; x^4; x^-1; -(x^2); x*x + 1; x - x*y; 3*x - y*y", &symbols, 13,
    &error);
  enum
  {
    n = 100
  };
  double observations[N_VARIABLES * n], actions[13 * n];
  EspRandom random;

  g_assert_no_error (error);
  esp_random_init (&random, 35, 0);
  for (size_t i = 0; i < N_VARIABLES * n; i++)
    observations[i] = esp_random_between (&random, -3, 3);
  esp_formula_evaluate_batch (formula, observations, n, actions);
  for (size_t i = 0; i < n; i++)
    {
      const double sample[] = { observations[i], observations[n + i], observations[2 * n + i] };
      double expected[13];

      esp_formula_evaluate (formula, sample, expected);
      for (size_t k = 0; k < 13; k++)
        g_assert_true (agrees (actions[k * n + i], expected[k],
                               k >= 5 && k <= 9 ? ESP_PROGRAM_MAX_ULP * fabs (expected[k]) * 0x1p-53 : 0));
    }
  g_assert_cmpuint (esp_program_get_n_constants (esp_formula_get_program (formula)), ==, 8);
  /* no sample at all touches nothing */
  esp_formula_evaluate_batch (formula, observations, 0, actions);
}

/* Zero keeps its sign through functions that are odd. */
static void
test_zeros (void)
{
  static const char *const names[] = { "x" };
  const EspSymbols symbols = { 1, names, NULL, NULL };
  g_autoptr (EspFormula) formula = esp_formula_parse ("sin(x); tanh(x); -x; x*2", &symbols, 4, NULL);
  const double zeros[] = { -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0 };
  double actions[4 * G_N_ELEMENTS (zeros)];

  esp_formula_evaluate_batch (formula, zeros, G_N_ELEMENTS (zeros), actions);
  for (size_t i = 0; i < G_N_ELEMENTS (zeros); i++)
    {
      double expected[4];

      esp_formula_evaluate (formula, &zeros[i], expected);
      for (size_t k = 0; k < 4; k++)
        {
          double value = actions[k * G_N_ELEMENTS (zeros) + i];

          g_assert_cmpfloat (value, ==, 0.0);
          g_assert_cmpint (signbit (value) != 0, ==, signbit (expected[k]) != 0);
        }
    }
}

/* An expression that needs more rows than any cache has. */
static void
test_wide (void)
{
  enum
  {
    n = 3,
    width = 20000
  };
  g_autoptr (EspExpression) sum = esp_expression_variable (0);
  g_autoptr (EspProgram) program = NULL;
  g_autoptr (GPtrArray) terms = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  double variables[n] = { 0.5, -1, 2 }, results[n];

  /* all terms are made before the first is used */
  for (int i = 0; i < width; i++)
    {
      g_autoptr (EspExpression) constant = esp_expression_constant (i);
      g_autoptr (EspExpression) x = esp_expression_variable (0);
      g_autoptr (EspExpression) term = esp_expression_binary (ESP_OPERATION_MULTIPLY, constant, x);

      g_ptr_array_add (terms, esp_expression_unary (ESP_OPERATION_SIN, term));
    }
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < width; i++)
      {
        EspExpression *more = esp_expression_binary (ESP_OPERATION_ADD, g_ptr_array_index (terms, i), sum);

        esp_expression_unref (sum);
        sum = more;
      }
  program = esp_program_new (&sum, 1, 1);
  evaluate_batch (program, variables, n, results);
  for (int i = 0; i < n; i++)
    {
      double expected;

      esp_program_evaluate (program, &variables[i], &expected);
      g_assert_cmpfloat_with_epsilon (results[i], expected, 1e-9);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/program/operations", test_operations);
  g_test_add_func ("/program/operations-single", test_operations_single);
  g_test_add_func ("/program/formulas", test_formulas);
  g_test_add_func ("/program/places", test_places);
  g_test_add_func ("/program/leaves", test_leaves);
  g_test_add_func ("/program/zeros", test_zeros);
  g_test_add_func ("/program/wide", test_wide);
  return g_test_run ();
}

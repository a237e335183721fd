/* Derivatives: symbolic ones and gradients, against each other, finite differences and SymPy
 * (tests/oracles/sympy_derivatives.py). */

#include <math.h>
#include <string.h>

#include "bounded-value.h"
#include "esp-derivative.h"
#include "esp-formula.h"
#include "esp-json.h"
#include "esp-memory.h"
#include "esp-print.h"
#include "esp-program-gradient.h"
#include "random-expression.h"

#define N_VARIABLES 3

static const char *const names[] = { "x", "y", "z" };
static const EspSymbols symbols = { N_VARIABLES, names, NULL, NULL };

static EspFormula *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  EspFormula *formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return formula;
}

/* The gradient of the sum of all results, each times its weight. */
static void
get_gradient (const EspProgram *program,
              const double *variables,
              size_t n,
              const double *weights,
              double *d_constants,
              double *d_variables)
{
  double *workspace = esp_new_doubles (esp_program_get_gradient_workspace_size (program) / sizeof (double));

  esp_program_differentiate_batch (program, NULL, variables, n, n, weights, n, d_constants, d_variables, n,
                                   workspace);
  esp_free_aligned (workspace);
}

static bool
is_close (double value, double expected, double tolerance)
{
  return value == expected || fabs (value - expected) <= tolerance;
}

/* Every operation by each operand, with variables and with constants, against central differences. */
static void
test_operations (void)
{
  enum
  {
    n = 400
  };
  double variables[N_VARIABLES * n], weights[n], d_variables[N_VARIABLES * n];
  EspRandom random;

  esp_random_init (&random, 51, 0);
  for (EspOperation operation = ESP_OPERATION_ADD; operation < ESP_N_OPERATIONS; operation++)
    {
      g_autoptr (EspExpression) x = esp_expression_variable (0);
      g_autoptr (EspExpression) y = esp_expression_variable (1);
      g_autoptr (EspExpression) z = esp_expression_variable (2);
      EspExpression *const operands[] = { x, y, z };
      g_autoptr (EspExpression) expression = esp_expression_apply (operation, operands);
      g_autoptr (EspProgram) program = esp_program_new (&expression, 1, N_VARIABLES);
      int n_compared = 0;

      for (size_t i = 0; i < N_VARIABLES * n; i++)
        variables[i] =
          esp_random_between (&random, -1, 1)
          * (operation == ESP_OPERATION_GUARDED_MULTIPLY || operation == ESP_OPERATION_GUARDED_EXP ? 150 : 3);
      for (size_t i = 0; i < n; i++)
        weights[i] = esp_random_between (&random, -2, 2);
      get_gradient (program, variables, n, weights, NULL, d_variables);
      for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < esp_operation_get_n_operands (operation); v++)
          {
            double sample[] = { variables[i], variables[n + i], variables[2 * n + i] };
            double kept = sample[v], values[5], difference, coarse;

            for (int k = 0; k < 5; k++)
              {
                sample[v] = kept + (k - 2) * 1e-4;
                values[k] = esp_operation_evaluate (operation, sample);
              }
            coarse = (values[4] - values[0]) / 4e-4;
            difference = (values[3] - values[1]) / 2e-4;
            /* nothing to compare beside a kink or where the value is not a number */
            if (!(fabs (coarse - difference) <= 1e-4 * (1 + fabs (difference))))
              continue;
            n_compared++;
            if (!is_close (d_variables[v * n + i], weights[i] * difference,
                           2e-4 * (1 + fabs (difference)) * fabs (weights[i])))
              g_error ("%s: %.12g by operand %zu at (%g, %g, %g), but the difference is %.12g",
                       esp_operation_get_name (operation), d_variables[v * n + i], v, variables[i],
                       variables[n + i], variables[2 * n + i], weights[i] * difference);
          }
      g_assert_cmpint (n_compared, >, 100);
    }
}

/* Exact values on the kinks, where no difference tells: gradient and symbolic derivative alike. */
static void
test_kinks (void)
{
  const struct
  {
    const char *text;
    double x, y, z;
    double d_x, d_y, d_z;
  } cases[] = {
    { "abs(x)", 0, 0, 0, 0, 0, 0 },
    { "sign(x)", 0, 0, 0, 0, 0, 0 },
    { "sign(x)*y", -2, 3, 0, 0, -1, 0 },
    { "min(x, y)", 1, 1, 0, 0, 1, 0 },
    { "max(x, y)", 1, 1, 0, 0, 1, 0 },
    { "min(x, y)", 1, 2, 0, 1, 0, 0 },
    { "max(x, y)", 1, 2, 0, 0, 1, 0 },
    { "if(x, y, z)", 0, 5, 6, 0, 0, 1 },
    { "if(x, y, z)", 1e-300, 5, 6, 0, 1, 0 },
    { "clamp(x, y, z)", 1, 1, 2, 1, 0, 0 },
    { "clamp(x, y, z)", 2, 1, 2, 1, 0, 0 },
    { "clamp(x, y, z)", 0, 1, 2, 0, 1, 0 },
    { "clamp(x, y, z)", 3, 1, 2, 0, 0, 1 },
    { "clamp(x, y, z)", 1.5, 2, 1, 0, 1, 0 },
    { "pmul(x, y)", 100, -100, 0, -100, 100, 0 },
    { "pmul(x, y)", 101, 3, 0, 0, 100, 0 },
    { "pdiv(x, y)", 2, 0.01, 0, 100, -20000, 0 },
    { "pdiv(x, y)", 2, 0.009, 0, 0, 0, 0 },
    { "plog(x)", 0.001, 0, 0, 1000, 0, 0 },
    { "plog(x)", 0.0009, 0, 0, 0, 0, 0 },
    { "pexp(x)", 4, 0, 0, 54.598150033144236, 0, 0 },
    { "pexp(x)", 4.1, 0, 0, 0, 0, 0 },
    { "pexp(x)", -11, 0, 0, 0, 0, 0 },
    { "if(x, sqrt(x), y)", 0, 5, 0, 0, 1, 0 },
    { "x^2", 0, 0, 0, 0, 0, 0 },
    { "x^3", -2, 0, 0, 12, 0, 0 },
    { "x^1", 0, 0, 0, 1, 0, 0 },
  };

  for (size_t c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autoptr (EspFormula) formula = parse (cases[c].text);
      const double sample[] = { cases[c].x, cases[c].y, cases[c].z };
      const double expected[] = { cases[c].d_x, cases[c].d_y, cases[c].d_z };
      const double one = 1;
      double d_variables[N_VARIABLES];

      get_gradient (esp_formula_get_program (formula), sample, 1, &one, NULL, d_variables);
      for (size_t v = 0; v < N_VARIABLES; v++)
        {
          g_autoptr (EspExpression)
            derivative = esp_expression_derive (esp_formula_get_expression (formula, 0), v);
          g_autoptr (EspFormula) compiled = esp_formula_new (&derivative, 1, &symbols);
          double value;

          esp_formula_evaluate (compiled, sample, &value);
          if (!is_close (d_variables[v], expected[v], 1e-12 * fabs (expected[v]))
              || !is_close (value, expected[v], 1e-12 * fabs (expected[v])))
            g_error ("%s by %s at (%g, %g, %g): gradient %.17g, derivative %s = %.17g, expected %.17g",
                     cases[c].text, names[v], sample[0], sample[1], sample[2], d_variables[v],
                     esp_formula_get_text (compiled), value, expected[v]);
        }
    }
}

/* What rounding leaves of a derivative: the bound of the simplified expression, which is what is computed. */
static bool
compare (EspExpression *derivative, const double *sample, double scale, double expected, const char *what)
{
  double bound, value = bounded_value (derivative, sample, &bound);

  if (!(bound <= 1e-7 * (fabs (value) + 1e-3)) || !isfinite (expected))
    return false;
  if (!is_close (expected, scale * value, (1e-7 * fabs (value) + 100 * bound) * fabs (scale) + 1e-9))
    {
      g_autofree char *text = esp_expression_to_text (derivative, &symbols);

      g_error ("%s: the derivative %s is %.17g, but the gradient %.17g at (%g, %g, %g)", what, text,
               scale * value, expected, sample[0], sample[1], sample[2]);
    }
  return true;
}

/* Gradients and symbolic derivatives share nothing but the operations' meaning. */
static void
test_formulas (void)
{
  enum
  {
    n = 150
  };
  double variables[N_VARIABLES * n], weights[n], d_variables[N_VARIABLES * n];
  int n_variables_compared = 0, n_constants_compared = 0;
  EspRandom random;

  esp_random_init (&random, 52, 0);
  for (int round = 0; round < 600; round++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, N_VARIABLES, 5, false);
      g_autoptr (EspProgram) program = esp_program_new (&expression, 1, N_VARIABLES);
      size_t n_constants = esp_program_get_n_constants (program);
      g_autofree char *text = esp_expression_to_text (expression, &symbols);
      g_autofree double *d_constants = g_new0 (double, n_constants + 1);

      for (size_t i = 0; i < N_VARIABLES * n; i++)
        variables[i] = esp_random_between (&random, -2, 2);
      for (size_t i = 0; i < n; i++)
        weights[i] = esp_random_between (&random, -2, 2);
      get_gradient (program, variables, n, weights, NULL, d_variables);
      for (size_t v = 0; v < N_VARIABLES; v++)
        {
          g_autoptr (EspExpression) derivative = esp_expression_derive (expression, v);

          for (size_t i = 0; i < n; i += 7)
            {
              const double sample[] = { variables[i], variables[n + i], variables[2 * n + i] };
              double bound;

              bounded_value (expression, sample, &bound);
              if (bound <= 1e-9)
                n_variables_compared += compare (derivative, sample, weights[i], d_variables[v * n + i],
                                                 text);
            }
        }
      g_assert_null (esp_expression_derive_by_constant (expression, n_constants));
      for (size_t c = 0; c < n_constants; c++)
        {
          g_autoptr (EspExpression) derivative = esp_expression_derive_by_constant (expression, c);
          const double sample[] = { variables[0], variables[n], variables[2 * n] };
          double bound;

          if (esp_program_constant_is_exponent (program, c))
            continue;
          memset (d_constants, 0, (n_constants + 1) * sizeof (double));
          /* one sample, so that one derivative is all of it */
          {
            double one = 1;

            get_gradient (program, sample, 1, &one, d_constants, NULL);
          }
          bounded_value (expression, sample, &bound);
          if (bound <= 1e-9)
            n_constants_compared += compare (derivative, sample, 1, d_constants[c], text);
        }
    }
  g_assert_cmpint (n_variables_compared, >, 15000);
  g_assert_cmpint (n_constants_compared, >, 400);
}

/* The sum over a batch that does not fill its last tile, by moving each constant; and in single precision. */
static void
test_batch (void)
{
  enum
  {
    n = 5003
  };
  g_autoptr (EspFormula) formula = parse (
    "softif(1.2*x - 0.4, pmul(0.7*x - 1.1, 2.2*y + 0.3), plog(abs(z) + 0.5)) - 1.4*pexp(0.5*x - z)"
    " + clamp(0.9*sin(2*y), -0.5, 0.6) + pdiv(0.3*x, y^2 + 0.2) + x^1.5^2");
  const EspProgram *program = esp_formula_get_program (formula);
  size_t n_constants = esp_program_get_n_constants (program);
  double *workspace = esp_new_doubles (
    MAX (esp_program_get_gradient_workspace_size (program), esp_program_get_workspace_size (program))
    / sizeof (double));
  g_autofree double *variables = g_new (double, N_VARIABLES *n);
  g_autofree float *singles = g_new (float, N_VARIABLES *n);
  g_autofree double *weights = g_new (double, n), *results = g_new (double, n);
  g_autofree float *single_weights = g_new (float, n), *d_singles = g_new (float, N_VARIABLES *n);
  g_autofree double *d_variables = g_new (double, N_VARIABLES *n);
  g_autofree double *d_constants = g_new0 (double, n_constants),
                    *d_single_constants = g_new0 (double, n_constants);
  g_autofree double *constants = g_memdup2 (esp_program_get_constants (program),
                                            n_constants * sizeof (double));
  EspRandom random;

  esp_random_init (&random, 53, 0);
  for (size_t i = 0; i < N_VARIABLES * n; i++)
    {
      singles[i] = (float) esp_random_between (&random, i < n ? 0.1 : -2, 2);
      variables[i] = singles[i];
    }
  for (size_t i = 0; i < n; i++)
    {
      single_weights[i] = (float) esp_random_between (&random, -1, 1);
      weights[i] = single_weights[i];
    }
  esp_program_differentiate_batch (program, NULL, variables, n, n, weights, n, d_constants, d_variables, n,
                                   workspace);
  esp_program_differentiate_batch_single (program, NULL, singles, n, n, single_weights, n, d_single_constants,
                                          d_singles, n, workspace);
  for (size_t c = 0; c < n_constants; c++)
    {
      double sums[2], difference, kept = constants[c], step = 1e-6;

      if (esp_program_constant_is_exponent (program, c))
        {
          g_assert_cmpfloat (d_constants[c], ==, 0);
          continue;
        }
      for (int side = 0; side < 2; side++)
        {
          constants[c] = kept + (side == 0 ? -step : step);
          esp_program_evaluate_batch (program, constants, variables, n, n, results, n, workspace);
          sums[side] = 0;
          for (size_t i = 0; i < n; i++)
            sums[side] += weights[i] * results[i];
        }
      constants[c] = kept;
      difference = (sums[1] - sums[0]) / (2 * step);
      if (!is_close (d_constants[c], difference, 2e-3 * (1 + fabs (difference)))
          || !is_close (d_single_constants[c], d_constants[c], 1e-3 * (1 + fabs (d_constants[c]))))
        g_error ("constant %zu (%g): %.9g, single %.9g, difference %.9g", c, kept, d_constants[c],
                 d_single_constants[c], difference);
    }
  for (size_t i = 0; i < N_VARIABLES * n; i++)
    g_assert_true (is_close (d_singles[i], d_variables[i], 1e-4 * (1 + fabs (d_variables[i]))));
  esp_free_aligned (workspace);
}

static void
test_sympy (void)
{
  g_autoptr (GError) error = NULL;
  JsonNode *data = esp_json_load (ESP_TEST_DATA "/derivative-values.json", &error);
  JsonObject *root;
  JsonArray *points, *expressions;
  int n_compared = 0;

  g_assert_no_error (error);
  root = json_node_get_object (data);
  points = json_object_get_array_member (root, "points");
  expressions = json_object_get_array_member (root, "expressions");
  for (guint i = 0; i < json_array_get_length (expressions); i++)
    {
      JsonObject *entry = json_array_get_object_element (expressions, i);
      JsonArray *rows = json_object_get_array_member (entry, "values");
      const char *text = json_object_get_string_member (entry, "text");
      g_autoptr (EspFormula) formula = parse (text);

      for (guint v = 0; v < N_VARIABLES; v++)
        {
          g_autoptr (EspExpression)
            derivative = esp_expression_derive (esp_formula_get_expression (formula, 0), v);

          for (guint k = 0; k < json_array_get_length (points); k++)
            {
              JsonArray *point = json_array_get_array_element (points, k);
              JsonArray *row = json_array_get_array_element (rows, k);
              double sample[N_VARIABLES], expected, value, bound;

              if (json_array_get_null_element (row, v))
                continue;
              for (guint m = 0; m < N_VARIABLES; m++)
                sample[m] = json_array_get_double_element (point, m);
              expected = json_array_get_double_element (row, v);
              value = bounded_value (derivative, sample, &bound);
              if (!(bound <= 1e-8 * (fabs (expected) + 1e-3)))
                continue;
              n_compared++;
              /* softif weighs with 1 − sigmoid, which loses what is below the rounding of 1 */
              if (!is_close (value, expected, 8 * bound + 1e-15))
                g_error ("%s by %s is %.17g at point %u, but SymPy finds %.17g", text, names[v], value, k,
                         expected);
            }
        }
    }
  g_test_message ("%d derivatives compared", n_compared);
  g_assert_cmpint (n_compared, >, 2000);
  json_node_unref (data);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/derivative/operations", test_operations);
  g_test_add_func ("/derivative/kinks", test_kinks);
  g_test_add_func ("/derivative/formulas", test_formulas);
  g_test_add_func ("/derivative/batch", test_batch);
  g_test_add_func ("/derivative/sympy", test_sympy);
  return g_test_run ();
}

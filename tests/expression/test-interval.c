/* Intervals: known enclosures, and that values and slopes of random expressions are never outside. */

#include <math.h>

#include <glib.h>

#include "bounded-value.h"
#include "esp-formula.h"
#include "esp-interval.h"
#include "esp-print.h"
#include "random-expression.h"

#define N_VARIABLES 3

static const char *const names[] = { "x", "y", "z" };
static const EspSymbols symbols = { N_VARIABLES, names, NULL, NULL };

static void
test_known (void)
{
  /* on x from −1 to 2, y from 3 to 4, z anywhere */
  static const struct
  {
    const char *text;
    double low, high;
  } cases[] = {
    { "x + y", 2, 6 },
    { "x - y", -5, -1 },
    { "x*y", -4, 8 },
    { "x/y", -1 / 3.0, 2 / 3.0 },
    { "y/x", -INFINITY, INFINITY },
    { "1/y", 0.25, 1 / 3.0 },
    { "1/x^2", 0.25, INFINITY },
    { "x^2", 0, 4 },
    { "x^3", -1, 8 },
    { "y^0.5", 1.7320508075688772, 2 },
    { "x^-1", -INFINITY, INFINITY },
    { "2^x", 0.5, 4 },
    { "z^2 + 1", 1, INFINITY },
    { "sin(z)", -1, 1 },
    { "sin(x)", -0.8414709848078965, 1 },
    { "cos(y)", -1, -0.6536436208636119 },
    { "cos(x)", -0.4161468365471424, 1 },
    { "exp(x)", 0.36787944117144233, 7.38905609893065 },
    { "log(y)", 1.0986122886681098, 1.3862943611198906 },
    { "log(x)", -INFINITY, 0.6931471805599453 },
    { "sqrt(x)", 0, 1.4142135623730951 },
    { "abs(x)", 0, 2 },
    { "sign(x)", -1, 1 },
    { "sign(y)", 1, 1 },
    { "tanh(z)", -1, 1 },
    { "sigmoid(z)", 0, 1 },
    { "min(x, y)", -1, 2 },
    { "max(x, 0)", 0, 2 },
    { "if(y, x, z)", -1, 2 },
    { "if(-y, z, x)", -1, 2 },
    { "if(x, y, 7)", 3, 7 },
    { "clamp(z, -2, x)", -2, 2 },
    { "clamp(x, 3, 2)", 2, 3 },
    { "pmul(z, y)", -400, 400 },
    { "pdiv(x, y)", -1 / 3.0, 2 / 3.0 },
    { "pdiv(y, x)", 0, 400 },
    { "pdiv(z, -y)", 0, 0 },
    { "plog(x)", -6.907755278982137, 0.6931471805599453 },
    { "pexp(z)", 4.5399929762484854e-05, 54.598150033144236 },
    { "softif(z, x, y)", -1, 4 },
  };
  const EspInterval box[] = { { -1, 2 }, { 3, 4 }, { -INFINITY, INFINITY } };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula) formula = esp_formula_parse (cases[i].text, &symbols, 1, &error);
      EspInterval found;
      double slack;

      g_assert_no_error (error);
      found = esp_expression_bound (esp_formula_get_expression (formula, 0), box, N_VARIABLES);
      slack = 1e-12 * (isfinite (cases[i].low) ? 1 + fabs (cases[i].low) : 1);
      if (!(found.low <= cases[i].low && found.high >= cases[i].high)
          || (isfinite (cases[i].low) && found.low < cases[i].low - slack)
          || (isfinite (cases[i].high) && found.high > cases[i].high + 1e-12 * (1 + fabs (cases[i].high))))
        g_error ("%s is in [%.17g, %.17g], not [%.17g, %.17g]", cases[i].text, found.low, found.high,
                 cases[i].low, cases[i].high);
    }
}

static void
test_empty (void)
{
  static const char *const texts[] = {
    "log(-y)", "sqrt(-y)", "x/0", "(-y)^0.5", "1 + log(-1)", "nan", "inf*x"
  };
  const EspInterval box[] = { { -1, 2 }, { 3, 4 }, { -INFINITY, INFINITY } };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (EspFormula) formula = esp_formula_parse (texts[i], &symbols, 1, NULL);

      g_assert_true (esp_interval_is_empty (
        esp_expression_bound (esp_formula_get_expression (formula, 0), box, N_VARIABLES)));
    }
}

/* The slope by finite differences, NAN where two steps do not agree on it. */
static double
get_slope (const EspExpression *expression, const double *point, size_t variable, double value, double bound)
{
  double slopes[2];

  for (int i = 0; i < 2; i++)
    {
      double moved[N_VARIABLES], ahead, behind, other, step = (i == 0 ? 1e-5 : 3e-6);

      for (size_t k = 0; k < N_VARIABLES; k++)
        moved[k] = point[k];
      moved[variable] = point[variable] + step;
      ahead = bounded_value (expression, moved, &other);
      bound = fmax (bound, other);
      moved[variable] = point[variable] - step;
      behind = bounded_value (expression, moved, &other);
      bound = fmax (bound, other);
      slopes[i] = (ahead - behind) / (2 * step);
      /* a kink or a jump here has no slope */
      if (!(fabs (ahead + behind - 2 * value) <= 1e-3 * step * (1 + fabs (slopes[i])))
          || !(bound <= 1e-7 * step * (1 + fabs (slopes[i]))))
        return NAN;
    }
  return fabs (slopes[0] - slopes[1]) <= 1e-6 * (1 + fabs (slopes[0])) ? slopes[0] : NAN;
}

static void
test_random (void)
{
  size_t n_values = 0, n_slopes = 0, n_finite = 0;
  EspRandom random;

  esp_random_init (&random, 21, 0);
  for (int i = 0; i < 20000; i++)
    {
      g_autoptr (EspExpression) expression = random_expression (&random, N_VARIABLES, 2 + i % 5, false);
      EspInterval box[N_VARIABLES], gradient[N_VARIABLES], value, same;

      for (int k = 0; k < N_VARIABLES; k++)
        {
          double middle = esp_random_between (&random, -3, 3);
          double half = pow (10, esp_random_between (&random, -4, 0.5));

          box[k] = (EspInterval){ middle - half, middle + half };
        }
      value = esp_expression_bound (expression, box, N_VARIABLES);
      same = esp_expression_bound_gradient (expression, box, N_VARIABLES, gradient);
      g_assert_true ((esp_interval_is_empty (value) && esp_interval_is_empty (same))
                     || (value.low == same.low && value.high == same.high));
      n_finite += isfinite (value.low) && isfinite (value.high);
      for (int p = 0; p < 5; p++)
        {
          double point[N_VARIABLES], bound, exact;

          for (int k = 0; k < N_VARIABLES; k++)
            point[k] = esp_random_between (&random, box[k].low, box[k].high);
          exact = bounded_value (expression, point, &bound);
          if (!isfinite (exact) || !(bound <= 1e-6 * (fabs (exact) + 1e-3)))
            continue;
          n_values++;
          if (!(value.low <= exact + bound && exact - bound <= value.high))
            {
              g_autofree char *text = esp_expression_to_text (expression, &symbols);

              g_error ("%s is %.17g at (%.17g, %.17g, %.17g), not in [%.17g, %.17g]", text, exact, point[0],
                       point[1], point[2], value.low, value.high);
            }
          for (size_t k = 0; k < N_VARIABLES; k++)
            {
              double slope = get_slope (expression, point, k, exact, bound),
                     slack = 2e-6 * (1 + fabs (slope));

              if (isnan (slope))
                continue;
              n_slopes++;
              if (!(gradient[k].low <= slope + slack && slope - slack <= gradient[k].high))
                {
                  g_autofree char *text = esp_expression_to_text (expression, &symbols);

                  g_error ("%s by %s is %.17g at (%.17g, %.17g, %.17g), not in [%.17g, %.17g]", text,
                           names[k], slope, point[0], point[1], point[2], gradient[k].low, gradient[k].high);
                }
            }
        }
    }
  g_assert_cmpuint (n_values, >, 40000);
  g_assert_cmpuint (n_slopes, >, 40000);
  g_assert_cmpuint (n_finite, >, 10000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interval/known", test_known);
  g_test_add_func ("/interval/empty", test_empty);
  g_test_add_func ("/interval/random", test_random);
  return g_test_run ();
}

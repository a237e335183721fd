#include "finite-difference.h"

#include <math.h>

#include <glib.h>

/* A number in either precision. */
typedef struct
{
  double *wide;
  float *narrow;
} Parameter;

static double
set (Parameter parameter, double value)
{
  if (parameter.wide != NULL)
    return *parameter.wide = value;

  return (double) (*parameter.narrow = (float) value);
}

/* Returns the derivative, and in @error how well it is known: the formulas of second and fourth order differ
 * by what a smooth function's higher derivatives leave, and slopes to both sides differ in proportion to
 * the step unless there is a kink between them. */
static double
differentiate (EspTestFunction function, void *data, Parameter parameter, double step, double *error)
{
  double start = parameter.wide != NULL ? *parameter.wide : (double) *parameter.narrow;
  double middle = function (data);
  double slopes[2], jumps[2], fourth;

  for (int i = 0; i < 2; i++)
    {
      /* what was really set: single precision rounds */
      double above = set (parameter, start + (i + 1) * step);
      double high = function (data);
      double below = set (parameter, start - (i + 1) * step);
      double low = function (data);

      slopes[i] = (high - low) / (above - below);
      jumps[i] = (high - middle) / (above - start) - (middle - low) / (start - below);
    }
  set (parameter, start);

  fourth = (4 * slopes[0] - slopes[1]) / 3;
  *error = fmax (fabs (fourth - slopes[0]), fabs (jumps[0] - jumps[1] / 2));
  return fourth;
}

static void
compare (EspTestGradient *gradient,
         EspTestFunction function,
         void *data,
         Parameter parameter,
         double step,
         double analytic)
{
  static const double factors[] = { 1, 1.0 / 3, 0.1 };
  double best = NAN, smallest = INFINITY, tolerated;

  for (size_t i = 0; i < G_N_ELEMENTS (factors); i++)
    {
      double error;
      double slope = differentiate (function, data, parameter, step * factors[i], &error);

      if (error < smallest)
        {
          smallest = error;
          best = slope;
        }
    }

  gradient->n++;
  tolerated = gradient->floor + gradient->tolerance * fabs (best);
  if (!(smallest <= tolerated))
    {
      gradient->n_rough++;
      return;
    }
  gradient->worst = fmax (gradient->worst, fabs (analytic - best) / tolerated);
  if (!(fabs (analytic - best) <= tolerated))
    {
      g_test_message ("%s, derivative %zu: %.9g, but differences give %.9g ± %.2g", gradient->name,
                      gradient->n, analytic, best, smallest);
      g_test_fail ();
    }
}

void
esp_test_compare (EspTestGradient *gradient,
                  EspTestFunction function,
                  void *data,
                  double *parameter,
                  double step,
                  double analytic)
{
  compare (gradient, function, data, (Parameter){ .wide = parameter }, step, analytic);
}

void
esp_test_compare_float (EspTestGradient *gradient,
                        EspTestFunction function,
                        void *data,
                        float *parameter,
                        double step,
                        double analytic)
{
  compare (gradient, function, data, (Parameter){ .narrow = parameter }, step, analytic);
}

void
esp_test_gradient_finish (const EspTestGradient *gradient, double rough)
{
  g_test_message ("%s: %zu derivatives, %zu at kinks, greatest difference %.3g of what is tolerated",
                  gradient->name, gradient->n, gradient->n_rough, gradient->worst);
  g_assert_cmpuint (gradient->n, >, 0);
  g_assert_cmpfloat ((double) gradient->n_rough, <=, rough * (double) gradient->n);
}

#include "esp-statistics.h"

#include <float.h>
#include <math.h>

#define PROBABILITY 0.975
#define N_FRACTIONS 500

/* The continued fraction of the incomplete beta function I_x (a, b), by Lentz's method: Abramowitz and
 * Stegun, Handbook of Mathematical Functions, 26.5.8. */
static double
get_fraction (double a, double b, double x)
{
  double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0), value;

  d = 1.0 / (fabs (d) < DBL_MIN ? DBL_MIN : d);
  value = d;
  for (int i = 1; i <= N_FRACTIONS; i++)
    {
      double m = i;
      double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
      double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
      const double terms[] = { even, odd };
      double factor = 1.0;

      for (int k = 0; k < 2; k++)
        {
          d = 1.0 + terms[k] * d;
          d = 1.0 / (fabs (d) < DBL_MIN ? DBL_MIN : d);
          c = 1.0 + terms[k] / c;
          c = fabs (c) < DBL_MIN ? DBL_MIN : c;
          factor = c * d;
          value *= factor;
        }
      if (fabs (factor - 1.0) < DBL_EPSILON)
        break;
    }

  return value;
}

/* lgamma() itself writes a global variable. */
static double
get_log_gamma (double x)
{
  int sign;

  return lgamma_r (x, &sign);
}

static double
get_incomplete_beta (double a, double b, double x)
{
  double front = exp (get_log_gamma (a + b) - get_log_gamma (a) - get_log_gamma (b) + a * log (x)
                      + b * log1p (-x));

  /* the fraction is quick on this side of the mean only */
  return x < (a + 1.0) / (a + b + 2.0) ? front * get_fraction (a, b, x) / a
                                       : 1.0 - front * get_fraction (b, a, 1.0 - x) / b;
}

/* The probability that Student's t is at most @t > 0. */
static double
get_probability (double freedom, double t)
{
  return 1.0 - 0.5 * get_incomplete_beta (0.5 * freedom, 0.5, freedom / (freedom + t * t));
}

double
esp_student_quantile (double freedom)
{
  double low = 1.0, high = 2.0;

  while (get_probability (freedom, high) < PROBABILITY)
    high *= 2.0;
  for (int i = 0; i < 100 && high - low > 4.0 * DBL_EPSILON * high; i++)
    {
      double middle = 0.5 * (low + high);

      if (get_probability (freedom, middle) < PROBABILITY)
        low = middle;
      else
        high = middle;
    }

  return 0.5 * (low + high);
}

EspEstimate
esp_estimate (const double *values, size_t n)
{
  EspEstimate estimate = { 0, NAN, NAN };
  double sum = 0.0, squares = 0.0;

  for (size_t i = 0; i < n; i++)
    if (isfinite (values[i]))
      {
        sum += values[i];
        estimate.n++;
      }
  if (estimate.n == 0)
    return estimate;
  estimate.mean = sum / (double) estimate.n;
  if (estimate.n == 1)
    return estimate;

  for (size_t i = 0; i < n; i++)
    if (isfinite (values[i]))
      squares += (values[i] - estimate.mean) * (values[i] - estimate.mean);
  estimate.half = esp_student_quantile ((double) (estimate.n - 1))
                  * sqrt (squares / (double) (estimate.n - 1) / (double) estimate.n);

  return estimate;
}

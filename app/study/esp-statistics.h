/* What repeated measurements come to: means with intervals. */

#pragma once

#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspEstimate:
 * @n: how many values it is made of
 * @mean: of them; NaN of none
 * @half: half the width of the 95 % confidence interval around @mean, Student's t times the standard error of
 * the mean; NaN for fewer than two values
 *
 * A mean over seeds, and how well it is known.
 */
typedef struct
{
  size_t n;
  double mean;
  double half;
} EspEstimate;

/* Returns the estimate from those of @values[n] that are finite. Any thread. */
EspEstimate esp_estimate (const double *values, size_t n);

/* Returns the 97.5 % quantile of Student's t distribution with @freedom > 0 degrees of freedom, to at least
 * ten digits. Any thread. */
double esp_student_quantile (double freedom);

G_END_DECLS

/* Derivatives by central differences, and their comparison with those of the program. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef double (*EspTestFunction) (void *data);

/**
 * EspTestGradient:
 * @name: what is differentiated, for messages
 * @tolerance: relative to each derivative
 * @floor: absolute, added to it
 * @n: derivatives compared
 * @n_rough: derivatives that no step resolved within the tolerance: a kink lies within the steps
 * @worst: greatest difference seen, as a share of what was tolerated
 *
 * A comparison of many derivatives. Kinks are unavoidable with hinges, ReLU and min; they are counted
 * instead of compared, and esp_test_gradient_finish() bounds their number.
 */
typedef struct
{
  const char *name;
  double tolerance;
  double floor;
  size_t n;
  size_t n_rough;
  double worst;
} EspTestGradient;

/* Compares @analytic with the derivative of @function by @parameter, which is left as it was. Steps of
 * @step, and of a third and a tenth of it, are tried; that which leaves the least doubt counts. */
void esp_test_compare (EspTestGradient *gradient,
                       EspTestFunction function,
                       void *data,
                       double *parameter,
                       double step,
                       double analytic);

/* As esp_test_compare(), for a single-precision @parameter. */
void esp_test_compare_float (EspTestGradient *gradient,
                             EspTestFunction function,
                             void *data,
                             float *parameter,
                             double step,
                             double analytic);

/* Fails unless at most the share @rough of the derivatives was rough, and some were compared. */
void esp_test_gradient_finish (const EspTestGradient *gradient, double rough);

/* Shorter formulas at a price: numbers rounded and small terms dropped, with the error measured. Only on
 * request; the simplifier itself never changes the function. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/* Returns a new, simplified expression that differs from @expression by no more than @error at the
 * @points[n_points][n_variables], where that is finite: first terms of sums are dropped, the least
 * noticed first, as long as the whole stays within @tolerance (0 to drop none), then every number but
 * exponents is rounded to @digits significant digits (0 for all). What the rounding adds is measured, not
 * bounded: so @error may be more than @tolerance. At most 64 terms are looked at, and 64 dropped. Any thread.
 */
EspExpression *esp_expression_reduce (EspExpression *expression,
                                      int digits,
                                      double tolerance,
                                      const double *points,
                                      size_t n_points,
                                      size_t n_variables,
                                      double *error);

G_END_DECLS

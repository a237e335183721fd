/* Intervals: what values an expression, and its gradient, can take on a box.
 *
 * Every bound is rounded outward, so an enclosure holds for real arithmetic and for the double that the
 * evaluator returns, up to the rounding of the evaluator itself. (Moore, Kearfott and Cloud, "Introduction to
 * Interval Analysis", 2009.)
 */

#pragma once

#include <math.h>

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspInterval:
 * @low: the smallest value, −INFINITY where there is no limit
 * @high: the largest value, INFINITY where there is no limit
 *
 * All numbers from @low to @high; infinite bounds mean that the numbers have no limit, not that infinity is
 * one of them. It is empty where @low > @high.
 */
typedef struct
{
  double low;
  double high;
} EspInterval;

#define ESP_INTERVAL_ALL   ((EspInterval){ -(double) INFINITY, (double) INFINITY })
#define ESP_INTERVAL_EMPTY ((EspInterval){ (double) INFINITY, -(double) INFINITY })

/* Returns whether no number is in @interval. */
static inline bool
esp_interval_is_empty (EspInterval interval)
{
  return !(interval.low <= interval.high);
}

/* Returns whether @value is in @interval; no NaN is. */
static inline bool
esp_interval_contains (EspInterval interval, double value)
{
  return interval.low <= value && value <= interval.high;
}

/* Returns the smallest interval that has all numbers of both. */
EspInterval esp_interval_join (EspInterval a, EspInterval b);

/* Returns the numbers that are in both. */
EspInterval esp_interval_meet (EspInterval a, EspInterval b);

/* Returns an interval of all values that @operation (not a leaf) has for numbers of its @operands, where it
 * is defined and finite; empty where it never is. As in esp_operation_evaluate(), `if` and `pdiv` do not need
 * the operands that they do not look at. Any thread. */
EspInterval esp_interval_evaluate (EspOperation operation, const EspInterval *operands);

/* Returns an interval of all values that @expression has on the @box[n], where it is defined; variables from
 * @n on, or all where @box is NULL, have no limits. Any thread. */
EspInterval esp_expression_bound (EspExpression *expression, const EspInterval *box, size_t n);

/* As esp_expression_bound(), and writes to @gradient[n] intervals of all values that the derivatives by the
 * variables 0 … @n − 1 have on the box, wherever they exist: the jumps of `sign`, `if` and `pdiv` have none.
 */
EspInterval esp_expression_bound_gradient (EspExpression *expression,
                                           const EspInterval *box,
                                           size_t n,
                                           EspInterval *gradient);

G_END_DECLS

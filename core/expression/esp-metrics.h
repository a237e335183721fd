/* How complex a formula is, in several measures. */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspMetrics:
 * @length: reading length: numbers, names, operations and functions, each time they are read; G_MAXSIZE when
 * it would overflow
 * @operations: operations that have to be computed, a shared term once
 * @depth: nodes on the way from the root to the deepest leaf
 * @constants: distinct numbers (the bits count, and a sign that belongs to a number)
 * @cycles: estimated processor cycles of one evaluation, see esp_operation_get_cycles()
 *
 * The complexity of one or several expressions.
 */
typedef struct
{
  size_t length;
  size_t operations;
  unsigned int depth;
  size_t constants;
  double cycles;
} EspMetrics;

/* Returns the measures of the @n expressions together: the sum of lengths, the largest depth, and the rest of
 * all nodes, each counted once. Any thread. */
EspMetrics esp_metrics_of_expressions (EspExpression *const *expressions, size_t n);

/* Returns the measures of all actions of @formula together. Any thread. */
EspMetrics esp_metrics_of_formula (const EspFormula *formula);

/* Returns @metrics as a phrase, such as “reading length 7, 3 operations, depth 3, 2 constants, about 12
 * cycles”, the one way in which they are shown (free with g_free()). Any thread. */
char *esp_metrics_to_text (const EspMetrics *metrics);

/* Returns how many cycles @operation takes from its operands to its result, in double precision, scalar, on a
 * 64-bit processor with a floating-point unit; 0 for leaves. The figures were measured once and are rounded
 * (esp-metrics.c says how); a processor without double precision takes many times as long, in much the same
 * proportions. */
double esp_operation_get_cycles (EspOperation operation);

G_END_DECLS

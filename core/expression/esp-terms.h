/* Sums and products taken apart into their terms and factors, gathered, and put together again. Every
 * expression here is of the same builder and simplified already. */

#pragma once

#include "esp-builder.h"

G_BEGIN_DECLS

/**
 * EspFactor:
 * @base: what is raised
 * @exponent: the power, not 0
 *
 * One factor of a product.
 */
typedef struct
{
  EspExpression *base;
  int exponent;
} EspFactor;

/**
 * EspProduct:
 * @numerator: the number in front
 * @denominator: the number below
 * @factors: of EspFactor, in the order met; no two have the same base
 *
 * numerator / denominator · factors. The two numbers are kept apart so that x/3 stays x/3.
 */
typedef struct
{
  double numerator;
  double denominator;
  GArray *factors;
} EspProduct;

/* Takes @expression apart. Returns false, with nothing to clear, when numbers would leave the range in
 * which doubles are exact to rounding; the expression is better left alone then. */
bool esp_product_init (EspProduct *product, EspBuilder *builder, EspExpression *expression);
void esp_product_clear (EspProduct *product);

/* Returns the product put together: number first, then factors in reading order. NULL as above. */
EspExpression *esp_product_build (const EspProduct *product, EspBuilder *builder);

/* Returns the sum that @expression is, with equal terms gathered, in reading order, the number last and
 * a term that is added first; times @scale. NULL as above. */
EspExpression *esp_sum_gather (EspBuilder *builder, EspExpression *expression, double scale);

/* Returns −@expression, NULL as above. */
EspExpression *esp_negate (EspBuilder *builder, EspExpression *expression);

/* Returns whether @expression begins with a minus sign, also as a sum. */
bool esp_begins_with_minus (const EspExpression *expression);

G_END_DECLS

/* Sums and products taken apart into their terms and factors, gathered, and put together again. Every
 * expression here is of the rewriter's builder and simplified already. Private to the simplifier.
 *
 * A product is a number times powers; a sum in it is made primitive: divided by its most frequent
 * coefficient, so that 2·x + 4·y and x + 2·y are the same factor, and the number goes to the front. Putting a
 * product together multiplies the number into a sum again where that is shorter. A sum is a number for each
 * product of powers; putting it together looks for common factors, the one that saves most first.
 */

#pragma once

#include "esp-rewrite.h"

G_BEGIN_DECLS

/* Sums of more terms are not searched for common factors, which takes the square of their number. */
#define ESP_MAX_SEARCHED_TERMS 24

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
  double exponent;
} EspFactor;

/**
 * EspProduct:
 * @number: the number in front
 * @factors: of EspFactor, in reading order; no two have the same base
 *
 * number · factors.
 */
typedef struct
{
  double number;
  GArray *factors;
} EspProduct;

/**
 * EspTerm:
 * @key: the product of its powers, without number
 * @coefficient: the number
 *
 * One term of a sum.
 */
typedef struct
{
  EspExpression *key;
  double coefficient;
} EspTerm;

/**
 * EspSum:
 * @terms: of EspTerm, no two with the same key
 * @places: from a key to its place in @terms + 1
 * @constant: the number that is added
 */
typedef struct
{
  GArray *terms;
  GHashTable *places;
  double constant;
} EspSum;

/* Takes @expression apart. Returns false, with nothing to clear, when numbers would leave the range in
 * which doubles are exact to rounding; the expression is better left alone then. */
bool esp_product_init (EspProduct *product, EspRewriter *rewriter, EspExpression *expression);

/* Each frees what its argument has. */
void esp_product_clear (EspProduct *product);

/* Multiplies by base^exponent as it is. Returns false as above. */
bool esp_product_add (EspProduct *product, EspExpression *base, double exponent);

/* Returns the product put together: number first, then factors in reading order. NULL as above. */
EspExpression *esp_product_build (const EspProduct *product, EspRewriter *rewriter);

/* As esp_product_build() for a term of a sum, where a number times a sum has been looked at already. */
EspExpression *esp_product_build_term (const EspProduct *product, EspRewriter *rewriter);

/* Takes the sum that @expression is apart, all times @scale; with @expand, products of sums are multiplied
 * out. Returns false as above. */
bool esp_sum_init (EspSum *sum, EspRewriter *rewriter, EspExpression *expression, double scale, bool expand);
void esp_sum_clear (EspSum *sum);

/* Makes @sum the number 0, to add to. */
void esp_sum_init_empty (EspSum *sum);

/* Returns the coefficient of the term @key, NULL for none. */
double *esp_sum_find (const EspSum *sum, EspExpression *key);

/* Adds @coefficient times @key. */
void esp_sum_add (EspSum *sum, EspExpression *key, double coefficient);

/* Returns the sum put together with common factors, in reading order, the number last and a term that is
 * added first. NULL as above. Changes @sum. */
EspExpression *esp_sum_build (EspSum *sum, EspRewriter *rewriter);

/* Returns @expression, gathered as a sum, times @scale. NULL as above. */
EspExpression *esp_sum_gather (EspRewriter *rewriter, EspExpression *expression, double scale);

/* Returns @expression gathered as a product. NULL as above. */
EspExpression *esp_product_gather (EspRewriter *rewriter, EspExpression *expression);

/* Returns −@expression, NULL as above. */
EspExpression *esp_negate (EspRewriter *rewriter, EspExpression *expression);

/* Returns @expression divided by its @scale, see above, NULL as above. With @keep_sign the scale is positive.
 */
EspExpression *
esp_primitive (EspRewriter *rewriter, EspExpression *expression, bool keep_sign, double *scale);

/* Returns whether @expression begins with a minus sign, also as a sum. */
bool esp_begins_with_minus (const EspExpression *expression);

/* Returns whether @expression is a sum or difference. */
bool esp_is_sum (const EspExpression *expression);

G_END_DECLS

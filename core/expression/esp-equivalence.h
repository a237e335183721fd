/* Are two expressions the same function? */

#pragma once

#include "esp-expression.h"
#include "esp-interval.h"

G_BEGIN_DECLS

/**
 * EspProof:
 * @ESP_PROOF_CANONICAL: both have the same canonical form, or their difference simplifies to 0: proven
 * wherever both are defined
 * @ESP_PROOF_SAMPLED: the values were compared at points
 */
typedef enum
{
  ESP_PROOF_CANONICAL,
  ESP_PROOF_SAMPLED,
} EspProof;

/**
 * EspEquivalence:
 * @equal: whether they are the same; with samples, to within 1e-9 of their size at every point
 * @proof: how it is known
 * @max_difference: the largest difference found; 0 if proven, infinite where only one of them is a number
 * @n_one_sided: at how many of the points only one of them is a finite number
 */
typedef struct
{
  bool equal;
  EspProof proof;
  double max_difference;
  uint64_t n_one_sided;
} EspEquivalence;

/* Compares @a and @b for variables within the @box[n]. Where no proof is found, values are compared at 20,000
 * points of the box drawn from @seed and at its corners (the first 1024); without limits, up to 10 in half of
 * the draws and up to 1000 on a logarithmic scale in the others. From the worst point the difference is then
 * followed uphill. Writes where it is to @at[n]. Any thread. */
EspEquivalence esp_expression_compare_values (
  EspExpression *a, EspExpression *b, const EspInterval *box, size_t n, uint64_t seed, double *at);

G_END_DECLS

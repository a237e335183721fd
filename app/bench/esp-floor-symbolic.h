/* The symbolic networks, their masks and the tanh-Gaussian actions as plain products and loops, without
 * anything from core but the description of the arrangement. See esp-floor-network.h.
 *
 * Matrices are [units][samples].
 */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "esp-arrangement.h"

G_BEGIN_DECLS

/* Runs one network on @n samples: @features[n_features][n] begins with the observations and receives the
 * operators' values, @arguments[n_biases][n] what they are given; its last row is the output. Without
 * @loops there are only the products. */
void esp_floor_symbolic_forward (const EspArrangement *arrangement,
                                 const float *weights,
                                 const float *biases,
                                 size_t n,
                                 float *features,
                                 float *arguments,
                                 bool loops);

/* Differentiates that pass: from @d_output[n] and @penalty, the weight of the guards' penalties, writes
 * @d_weights and @d_biases. @d_features and @d_arguments are workspaces. */
void esp_floor_symbolic_backward (const EspArrangement *arrangement,
                                  const float *weights,
                                  size_t n,
                                  const float *features,
                                  const float *arguments,
                                  const float *d_output,
                                  float penalty,
                                  float *d_features,
                                  float *d_arguments,
                                  float *d_weights,
                                  float *d_biases,
                                  bool loops);

/* Concrete masks from logistic @noise, with dm/dp, applied to the weights (see esp-path-selector.h). */
void esp_floor_concrete (const float *restrict probabilities,
                         const float *restrict noise,
                         const float *restrict weights,
                         size_t n,
                         float temperature,
                         float limit,
                         bool soft,
                         float *restrict masks,
                         float *restrict slopes,
                         float *restrict effective);

/* Weights where @uniform is below the probability, else 0. */
void esp_floor_bernoulli (const float *restrict probabilities,
                          const float *restrict uniform,
                          const float *restrict weights,
                          size_t n,
                          float *restrict effective);

/* From the derivatives by the effective weights adds to those by weights and probabilities. */
void esp_floor_unmask (const float *restrict d_effective,
                       const float *restrict masks,
                       const float *restrict slopes,
                       const float *restrict weights,
                       size_t n,
                       float *restrict d_weights,
                       float *restrict d_probabilities);

/* Actions of @n samples and what they add to the densities' logarithms. */
void esp_floor_squash (const float *restrict mean,
                       const float *restrict log_deviation,
                       const float *restrict noise,
                       size_t n,
                       float *restrict actions,
                       float *restrict log_density);

/* Derivatives of mean (α log π − Q) + saturation by the mean, written, and by ln σ, added; @share is 1 over
 * the number of columns, @saturation the weight of |mean| beyond @limit. */
void esp_floor_unsquash (const float *restrict mean,
                         const float *restrict log_deviation,
                         const float *restrict noise,
                         const float *restrict actions,
                         const float *restrict d_value,
                         size_t n,
                         float alpha,
                         float share,
                         float limit,
                         float saturation,
                         float *restrict d_mean,
                         float *restrict d_log_deviation);

/* Random numbers of the cheapest kind that mixes well, number @counter on of its sequence. */
void esp_floor_uniform (float *restrict values, size_t n, uint32_t counter);
void esp_floor_logistic (float *restrict values, size_t n, uint32_t counter);
void esp_floor_normal (float *restrict values, size_t n, uint32_t counter);

G_END_DECLS

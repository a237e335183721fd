/* The symbolic network of one action on whole batches, forwards and backwards (single precision).
 *
 * The mask is applied before: callers pass the effective weights, weight times mask, so that one matrix
 * product serves a whole batch for one (mask, layer).
 */

#pragma once

#include <stddef.h>

#include "esp-arrangement.h"

/* Runs the network on @n_samples. @features[n_features][n_samples] has the observations in its first
 * rows and receives the operators' values in the others; @arguments[n_biases][n_samples] receives what
 * the operators were given. The last row of @arguments is the output, which is returned. */
float *esp_symbolic_network_forward (const EspArrangement *arrangement,
                                     const float *effective_weights,
                                     const float *biases,
                                     size_t n_samples,
                                     float *features,
                                     float *arguments);

/* Returns the sum of all operators' hinge penalties over the batch that left @arguments. */
double esp_symbolic_network_penalty (const EspArrangement *arrangement,
                                     const float *arguments,
                                     size_t n_samples);

/* Differentiates the pass that left @features and @arguments. @d_output[n_samples] is the loss's
 * derivative by the output; @penalty weighs the sum of hinge penalties. Writes the derivatives by the
 * effective weights, @d_weights[n_weights], and by the biases, @d_biases[n_biases]. @d_features and
 * @d_arguments are workspaces of the sizes of @features and @arguments. */
void esp_symbolic_network_backward (const EspArrangement *arrangement,
                                    const float *effective_weights,
                                    size_t n_samples,
                                    const float *features,
                                    const float *arguments,
                                    const float *d_output,
                                    float penalty,
                                    float *d_features,
                                    float *d_arguments,
                                    float *d_weights,
                                    float *d_biases);

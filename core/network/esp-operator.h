/* The operators of a symbolic network on whole batches, forwards and backwards.
 *
 * Values, guards and derivatives: ESPL (arXiv 2311.02104); the guarded division is that of EQL÷
 * (Sahoo et al., ICML 2018). Out of a guard's range the value is clamped and its derivative is 0, and a
 * hinge penalty grows with the distance, which is what leads arguments back.
 */

#pragma once

#include <stddef.h>

#include "esp-arrangement.h"

/* Computes @value[n] of @operator_ from its arguments, row k of @arguments being argument k
 * (@arguments[n_arguments][n]). */
void esp_operator_forward (EspOperator operator_, const float *arguments, size_t n, float *value);

/* Returns the sum over the batch of the operator's hinge penalties. */
double esp_operator_penalty (EspOperator operator_, const float *arguments, size_t n);

/* From @d_value[n] writes @d_arguments[n_arguments][n], with @penalty times the derivative of the sum
 * of hinge penalties added. */
void esp_operator_backward (EspOperator operator_,
                            const float *arguments,
                            const float *value,
                            const float *d_value,
                            size_t n,
                            float penalty,
                            float *d_arguments);

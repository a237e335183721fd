/* Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1) on flat arrays, and what goes with it. */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* β₁ = 0.9, β₂ = 0.999, ε = 1e-8: the paper's values. */

/* Applies one step to @parameters[n] with @gradient scaled by @scale first. @first and @second are the
 * moments, zeroed before the first step; @time is the number of this step, from 1. */
void esp_adam_step (float *parameters,
                    const float *gradient,
                    float *first,
                    float *second,
                    size_t n,
                    uint64_t time,
                    float rate,
                    float scale);

/* As esp_adam_step() with the plain gradient, and at once moves @target[n] towards the new parameters by the
 * share @target_rate. */
void esp_adam_step_followed (float *parameters,
                             const float *gradient,
                             float *first,
                             float *second,
                             size_t n,
                             uint64_t time,
                             float rate,
                             float *target,
                             float target_rate);

/* Returns the Euclidean norm of @values[n], summed in double precision. */
double esp_norm (const float *values, size_t n);

/* Moves @target[n] towards @source by the share @rate. */
void esp_move_towards (float *target, const float *source, size_t n, float rate);

/* The path selector: which weights of the symbolic networks are used.
 *
 * Every weight has a selection probability p, the parameter itself, kept in [0, 1] by clipping. During
 * learning masks are drawn from the binary-concrete distribution with noise g and temperature τ,
 *
 *   m = σ ((ln (p + ε) − ln (1 − p + ε) + g) / τ),
 *
 * used as 1[m > ½] forwards and as m backwards (straight-through). Acting uses Bernoulli masks.
 *
 * In the other published form the parameter is the logit s, p = σ (s): then nothing is clipped, dm/ds is
 * m (1 − m) / τ, and a penalty on |s| > 6 keeps the probabilities from saturating.
 * (ESPL, arXiv 2311.02104; binary concrete: Maddison et al., arXiv 1611.00712.)
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-arrangement.h"
#include "esp-random.h"

/* Returns the soft mask m for one path with probability @p and logistic @noise, and writes dm/dp to
 * @derivative. At p = 0 and p = 1, where m is saturated, the derivative underflows to 0 unless τ is
 * near 1. */
double esp_concrete_gate (double p, double noise, double temperature, double *derivative);

/* From logistic @noise[n] makes masks for @n paths and the derivatives dm/dp that a backward pass uses,
 * each limited to @derivative_limit because the noise makes them heavy-tailed. Masks are hard, 1[m > ½],
 * or m itself where @soft. */
void esp_selector_make_concrete (const float *probabilities,
                                 const float *noise,
                                 size_t n,
                                 double temperature,
                                 double derivative_limit,
                                 bool soft,
                                 float *mask,
                                 float *derivative);

/* As esp_selector_make_concrete() for paths with the logits @logits: the derivatives are dm/ds. */
void esp_selector_make_concrete_logits (const float *logits,
                                        const float *noise,
                                        size_t n,
                                        double temperature,
                                        double derivative_limit,
                                        bool soft,
                                        float *mask,
                                        float *derivative);

/* The size of a logit from which it is penalised. */
#define ESP_LOGIT_LIMIT 6.0f

/* Writes the probabilities p = σ (s) of @n paths with the logits @logits. */
void esp_selector_get_probabilities (const float *logits, size_t n, float *probabilities);

/* Draws hard masks for @n paths: 1 with the path's probability, else 0. */
void esp_selector_draw_bernoulli (const float *probabilities, size_t n, EspRandom *random, float *mask);

/* Returns the sparsity loss max (0, Σp − @allowed) / @n_actions over @n paths of all actions, and writes
 * its derivative by each probability to @derivative. The hinge counts as active at equality: that is
 * the only gradient that probabilities of exactly 1 ever get. */
double esp_selector_sparsity (const float *probabilities,
                              size_t n,
                              double allowed,
                              size_t n_actions,
                              double *derivative);

/* Returns how many paths of @mask[n_weights] (of one action) are live: reachable from an input and
 * reaching the output; writes which to @live[n_weights] unless it is NULL. An operator none of whose
 * paths is open is a constant of its biases: no path through it is live. */
size_t esp_selector_find_live (const EspArrangement *arrangement, const uint8_t *mask, uint8_t *live);

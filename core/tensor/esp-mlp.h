/* Multi-layer perceptrons with ReLU hidden layers: critics and the standard-deviation network.
 *
 * An EspMlp is only a shape. Parameters, gradients, optimiser moments and workspaces are flat arrays of
 * the caller's, so that a whole learner is a handful of arrays that can be saved as they are.
 */

#pragma once

#include <stddef.h>

#include "esp-random.h"

#define ESP_MAX_HIDDEN_LAYERS 6

/**
 * EspMlp:
 * @n_layers: layers with weights
 * @widths: units from input (index 0) to output (index @n_layers)
 * @weights: where each layer's weights start; row-major [widths[i + 1]][widths[i]]
 * @biases: where each layer's biases start
 * @n_parameters: parameters in all
 * @n_hidden: hidden units in all
 */
typedef struct
{
  size_t n_layers;
  size_t widths[ESP_MAX_HIDDEN_LAYERS + 2];
  size_t weights[ESP_MAX_HIDDEN_LAYERS + 1];
  size_t biases[ESP_MAX_HIDDEN_LAYERS + 1];
  size_t n_parameters;
  size_t n_hidden;
} EspMlp;

/* Describes the network of @n_inputs, @n_hidden hidden layers of the given @hidden widths (at most
 * ESP_MAX_HIDDEN_LAYERS), and @n_outputs. */
void esp_mlp_init (EspMlp *mlp, size_t n_inputs, const size_t *hidden, size_t n_hidden, size_t n_outputs);

/* Draws all weights and biases from U(−1/√n, 1/√n), n the layer's inputs (PyTorch's Linear). */
void esp_mlp_draw_linear (const EspMlp *mlp, float *parameters, EspRandom *random);

/* Draws a critic as published (rlkit's): hidden weights from U(−1/√n, 1/√n), n the layer's *outputs*,
 * hidden biases 0; output weights from U(−0.003, 0.003), output biases @output. */
void esp_mlp_draw_critic (const EspMlp *mlp, float *parameters, float output, EspRandom *random);

/* Returns how many floats a forward pass over @n_samples needs as @activations. */
size_t esp_mlp_activations_size (const EspMlp *mlp, size_t n_samples);

/* Returns how many floats a backward pass over @n_samples needs as @workspace. */
size_t esp_mlp_workspace_size (const EspMlp *mlp, size_t n_samples);

/* Computes the outputs for @input[widths[0]][n_samples]. @activations keeps what the backward pass
 * needs. Returns the outputs, [widths[n_layers]][n_samples], inside @activations. */
float *esp_mlp_forward (const EspMlp *mlp,
                        const float *parameters,
                        const float *input,
                        size_t n_samples,
                        float *activations);

/* Differentiates the pass that left @activations: from @d_output, the loss's derivative by the outputs,
 * writes @gradient[n_parameters] (NULL: not needed) and @d_input[widths[0]][n_samples] (NULL: not
 * needed). */
void esp_mlp_backward (const EspMlp *mlp,
                       const float *parameters,
                       const float *input,
                       const float *activations,
                       const float *d_output,
                       size_t n_samples,
                       float *workspace,
                       float *gradient,
                       float *d_input);

/* Of the pass that left @activations, writes the derivatives by inputs @first_input … widths[0] − 1 of those
 * @n_chosen samples alone whose numbers are in @chosen: @d_input[widths[0] − @first_input][n_chosen], from
 * @d_output[widths[n_layers]][n_chosen]. @workspace as for @n_chosen samples. */
void esp_mlp_differentiate_inputs (const EspMlp *mlp,
                                   const float *parameters,
                                   const float *activations,
                                   size_t n_samples,
                                   const uint32_t *chosen,
                                   size_t n_chosen,
                                   const float *d_output,
                                   size_t first_input,
                                   float *workspace,
                                   float *d_input);

/* An ordinary network as plainly as it can be written on a BLAS: bare cblas_sgemm() calls, and one plain loop
 * for each thing that is done to every element.
 *
 * What core/tensor does is measured against this, so nothing here may come from there.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

#define ESP_FLOOR_MAX_LAYERS 8

/**
 * EspFloorNetwork:
 * @n_layers: layers with weights
 * @widths: units from input to output
 * @weights: where each layer's weights start: [outputs][inputs], or [inputs][outputs] where @by_samples
 * @biases: where each layer's biases start
 * @n_parameters: parameters in all
 * @n_hidden: hidden units in all
 * @by_samples: matrices are [samples][units] instead of [units][samples]; which of them OpenBLAS multiplies
 *   faster depends on the sizes
 * @loops: whether the loops are run besides the products
 */
typedef struct
{
  size_t n_layers;
  size_t widths[ESP_FLOOR_MAX_LAYERS + 1];
  size_t weights[ESP_FLOOR_MAX_LAYERS];
  size_t biases[ESP_FLOOR_MAX_LAYERS];
  size_t n_parameters;
  size_t n_hidden;
  bool by_samples;
  bool loops;
} EspFloorNetwork;

/* Describes the network of @widths[n_widths], inputs and outputs included. */
void esp_floor_network_init (
  EspFloorNetwork *network, const size_t *widths, size_t n_widths, bool by_samples, bool loops);

/* Return how many floats a pass over @n samples needs. */
size_t esp_floor_network_activations_size (const EspFloorNetwork *network, size_t n);
size_t esp_floor_network_workspace_size (const EspFloorNetwork *network, size_t n);

/* Runs @n samples of @input; returns the outputs, inside @activations. */
float *esp_floor_network_forward (
  const EspFloorNetwork *network, const float *parameters, const float *input, size_t n, float *activations);

/* Differentiates that pass: from @d_output writes @gradient[n_parameters] (NULL: not needed) and the
 * derivatives by the inputs from number @first_input on to @d_input (NULL: not needed). */
void esp_floor_network_backward (const EspFloorNetwork *network,
                                 const float *parameters,
                                 const float *input,
                                 const float *activations,
                                 const float *d_output,
                                 size_t n,
                                 float *workspace,
                                 float *gradient,
                                 float *d_input,
                                 size_t first_input);

/* Adam (Kingma & Ba, arXiv 1412.6980) at its usual constants; the gradient counts @scale times. */
void esp_floor_adam (float *restrict parameters,
                     const float *restrict gradient,
                     float *restrict first,
                     float *restrict second,
                     size_t n,
                     double time,
                     float rate,
                     float scale);

/* target += rate (source − target) */
void esp_floor_follow (float *restrict target, const float *restrict source, size_t n, float rate);

/* Returns the sum of squares. */
double esp_floor_square (const float *values, size_t n);

G_END_DECLS

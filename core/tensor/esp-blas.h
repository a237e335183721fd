/* Matrices and their products: a thin, shape-checked layer over the BLAS.
 *
 * Layout throughout core: features are rows and samples are columns, so that the values of one unit for
 * a whole batch are contiguous, appending features (dense connections) copies nothing, and element-wise
 * loops run along the batch.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * EspMatrix:
 * @data: the first element, row-major
 * @n_rows: rows
 * @n_columns: columns
 * @stride: elements from one row to the next
 *
 * A view of a single-precision matrix; owns nothing. Pass by value.
 */
typedef struct
{
  float *data;
  size_t n_rows;
  size_t n_columns;
  size_t stride;
} EspMatrix;

/* Returns the view of @n_rows contiguous rows of @n_columns at @data. */
static inline EspMatrix
esp_matrix (const float *data, size_t n_rows, size_t n_columns)
{
  return (EspMatrix){ (float *) data, n_rows, n_columns, n_columns };
}

/* Holds the BLAS to one thread; every thread that multiplies calls it once before (in OpenBLAS's
 * OpenMP build the setting belongs to the calling thread). */
void esp_blas_use_one_thread (void);

/* Computes @c = op (@a) · op (@b) + @beta · @c, where op transposes where asked. Shapes must fit.
 * @c must not overlap @a or @b. Any thread. */
void esp_multiply (EspMatrix a, bool transpose_a, EspMatrix b, bool transpose_b, float beta, EspMatrix c);

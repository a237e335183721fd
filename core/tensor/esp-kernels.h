/* The products that training is made of, for the processor that it runs on.
 *
 * There is a set of kernels for each of the instruction sets that matter, compiled from one file, and one
 * that passes everything on to the BLAS, which works everywhere. The own kernels do what follows a product
 * while its numbers are still in registers, and sum each number of it in the order of the inner index
 * alone: it does not depend on how a product is parted among threads.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * EspProduct:
 * @n_rows: rows of C and A
 * @n_columns: columns of C and B
 * @n_inner: columns of A, rows of B
 * @a: element (i, j) is at i · @a_row + j · @a_column, one of which is 1
 * @b: row-major with @b_stride from row to row; of its transpose where @b_transposed
 * @c: row-major with @c_stride from row to row; must not overlap the others
 * @accumulate: adds to C instead of replacing it
 * @bias: [n_columns]; if not NULL, C = max (0, A B + bias)
 * @gate: [][n_columns] with @gate_stride; if not NULL, C is 0 where the gate is not positive
 * @gate_rows: [n_rows] which row of @gate is that of each row of C, or NULL for the same
 * @scratch: esp_product_scratch_size() floats, or NULL where B is not transposed and read only a few
 *   times, as when there are few rows
 *
 * C = A · B and what follows. At most one of @accumulate, @bias and @gate.
 */
typedef struct
{
  size_t n_rows;
  size_t n_columns;
  size_t n_inner;
  const float *a;
  size_t a_row;
  size_t a_column;
  const float *b;
  size_t b_stride;
  bool b_transposed;
  float *c;
  size_t c_stride;
  bool accumulate;
  const float *bias;
  const float *gate;
  size_t gate_stride;
  const uint32_t *gate_rows;
  float *scratch;
} EspProduct;

/**
 * EspDots:
 *
 * C [i][j] = Σ A [i][k] · B [j][k] (+ @bias [i] where not NULL): the products of rows with rows, for few
 * rows of A. All row-major.
 */
typedef struct
{
  size_t n_rows;
  size_t n_columns;
  size_t n_inner;
  const float *a;
  size_t a_stride;
  const float *b;
  size_t b_stride;
  float *c;
  size_t c_stride;
  const float *bias;
} EspDots;

/**
 * EspKernels:
 * @name: of the set
 */
typedef struct
{
  const char *name;
  void (*multiply) (const EspProduct *product);
  void (*multiply_rows) (const EspDots *dots);
} EspKernels;

/* The widest panel of B that any kernel packs. */
#define ESP_PANEL_COLUMNS 32

/* Returns how many floats a product with @n_inner needs as scratch. */
static inline size_t
esp_product_scratch_size (size_t n_inner)
{
  return n_inner * ESP_PANEL_COLUMNS + 16;
}

/* Returns the sets that work on this machine, the best first and that of the BLAS last; NULL-terminated. */
const EspKernels *const *esp_kernels_list (void);

/* Returns the set in use: the best, or the one that the environment variable ESPALIER_KERNELS names. */
const EspKernels *esp_kernels_get (void);

/* Makes @kernels the set in use. Not while another thread multiplies. */
void esp_kernels_use (const EspKernels *kernels);

extern const EspKernels esp_kernels_blas;
#ifdef __x86_64__
extern const EspKernels esp_kernels_v3;
extern const EspKernels esp_kernels_v4;
#endif

#include "esp-blas.h"

#include <cblas.h>
#include <glib.h>

#include "esp-kernels.h"

/* Products that are at most SLIM in one direction and at least WIDE in the one that vectors run along. */
#define SLIM 28
#define WIDE 32

void
esp_blas_use_one_thread (void)
{
  openblas_set_num_threads (1);
}

void
esp_multiply (EspMatrix a, bool transpose_a, EspMatrix b, bool transpose_b, float beta, EspMatrix c)
{
  size_t inner = transpose_a ? a.n_rows : a.n_columns;

  g_assert (inner == (transpose_b ? b.n_columns : b.n_rows));
  g_assert (c.n_rows == (transpose_a ? a.n_columns : a.n_rows));
  g_assert (c.n_columns == (transpose_b ? b.n_rows : b.n_columns));

  /* what is read once or twice needs no copies, which is where the BLAS loses on the slim products of
   * symbolic networks */
  if (!transpose_a && transpose_b && beta == 0.0f && MIN (c.n_rows, c.n_columns) <= SLIM && inner >= WIDE)
    {
      esp_kernels_get ()->multiply_rows (&(EspDots){ c.n_rows, c.n_columns, inner, a.data, a.stride, b.data,
                                                     b.stride, c.data, c.stride, NULL });
      return;
    }
  if (!transpose_b && (beta == 0.0f || beta == 1.0f) && MIN (c.n_rows, inner) <= SLIM && c.n_columns >= WIDE)
    {
      esp_kernels_get ()->multiply (&(EspProduct){ .n_rows = c.n_rows,
                                                   .n_columns = c.n_columns,
                                                   .n_inner = inner,
                                                   .a = a.data,
                                                   .a_row = transpose_a ? 1 : a.stride,
                                                   .a_column = transpose_a ? a.stride : 1,
                                                   .b = b.data,
                                                   .b_stride = b.stride,
                                                   .c = c.data,
                                                   .c_stride = c.stride,
                                                   .accumulate = beta == 1.0f });
      return;
    }

  cblas_sgemm (CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
               (int) c.n_rows, (int) c.n_columns, (int) inner, 1.0f, a.data, (int) a.stride, b.data,
               (int) b.stride, beta, c.data, (int) c.stride);
}

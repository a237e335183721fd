#include "esp-blas.h"

#include <cblas.h>
#include <glib.h>

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

  cblas_sgemm (CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
               (int) c.n_rows, (int) c.n_columns, (int) inner, 1.0f, a.data, (int) a.stride, b.data,
               (int) b.stride, beta, c.data, (int) c.stride);
}

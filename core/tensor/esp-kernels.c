#include "esp-kernels.h"

#include <stdatomic.h>
#include <string.h>

#include <cblas.h>
#include <glib.h>

static void
multiply (const EspProduct *p)
{
  bool transpose_a = p->a_column != 1;

  cblas_sgemm (CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
               p->b_transposed ? CblasTrans : CblasNoTrans, (int) p->n_rows, (int) p->n_columns,
               (int) p->n_inner, 1.0f, p->a, (int) (transpose_a ? p->a_column : MAX (p->a_row, p->n_inner)),
               p->b, (int) p->b_stride, p->accumulate ? 1.0f : 0.0f, p->c, (int) p->c_stride);

  for (size_t i = 0; i < p->n_rows && p->bias != NULL; i++)
    {
      float *restrict row = p->c + i * p->c_stride;

      for (size_t j = 0; j < p->n_columns; j++)
        {
          float value = row[j] + p->bias[j];
          row[j] = value > 0.0f ? value : 0.0f;
        }
    }
  for (size_t i = 0; i < p->n_rows && p->gate != NULL; i++)
    {
      const float *gate = p->gate + (p->gate_rows != NULL ? p->gate_rows[i] : i) * p->gate_stride;
      float *restrict row = p->c + i * p->c_stride;

      for (size_t j = 0; j < p->n_columns; j++)
        row[j] = gate[j] > 0.0f ? row[j] : 0.0f;
    }
}

static void
multiply_rows (const EspDots *d)
{
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int) d->n_rows, (int) d->n_columns, (int) d->n_inner,
               1.0f, d->a, (int) d->a_stride, d->b, (int) d->b_stride, 0.0f, d->c, (int) d->c_stride);
  for (size_t i = 0; i < d->n_rows && d->bias != NULL; i++)
    for (size_t j = 0; j < d->n_columns; j++)
      d->c[i * d->c_stride + j] += d->bias[i];
}

const EspKernels esp_kernels_blas = { "blas", multiply, multiply_rows };

static const EspKernels *available[4];
static _Atomic (const EspKernels *) chosen;
static GOnce once = G_ONCE_INIT;

#ifdef __x86_64__
/* Not every compiler knows the levels by their names here. What belongs to them besides, every processor with
 * these has. */
static bool
supports_v3 (void)
{
  __builtin_cpu_init ();

  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("bmi2");
}

static bool
supports_v4 (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
         && __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq")
         && __builtin_cpu_supports ("avx512vl");
}
#endif

static void *
choose (void *data)
{
  const char *wanted = g_getenv ("ESPALIER_KERNELS");
  const EspKernels *choice;
  size_t n = 0;

#ifdef __x86_64__
  if (supports_v3 () && supports_v4 ())
    available[n++] = &esp_kernels_v4;
  if (supports_v3 ())
    available[n++] = &esp_kernels_v3;
#endif
  available[n++] = &esp_kernels_blas;

  choice = available[0];
  for (size_t i = 0; i < n; i++)
    if (g_strcmp0 (wanted, available[i]->name) == 0)
      choice = available[i];
  atomic_store (&chosen, choice);

  return NULL;
}

const EspKernels *const *
esp_kernels_list (void)
{
  g_once (&once, choose, NULL);
  return available;
}

const EspKernels *
esp_kernels_get (void)
{
  const EspKernels *kernels = atomic_load_explicit (&chosen, memory_order_acquire);

  if (kernels == NULL)
    {
      esp_kernels_list ();
      kernels = atomic_load (&chosen);
    }
  return kernels;
}

void
esp_kernels_use (const EspKernels *kernels)
{
  esp_kernels_list ();
  atomic_store (&chosen, kernels);
}

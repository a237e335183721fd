#include "esp-sums.h"

#include <string.h>

#include "esp-simd.h"

/* Sixteen running sums let the compiler use vectors without reordering anything it was not told to, so the
 * sums are the same on every instruction set. */
ESP_VECTORISED void
esp_sum_rows (const float *restrict values, size_t n_rows, size_t n_samples, float *restrict sums)
{
  for (size_t row = 0; row < n_rows; row++, values += n_samples)
    {
      float partial[16] = { 0 };
      size_t i = 0;

      for (; i + 16 <= n_samples; i += 16)
        for (size_t k = 0; k < 16; k++)
          partial[k] += values[i + k];
      for (; i < n_samples; i++)
        partial[i % 16] += values[i];
      for (size_t width = 8; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
          partial[k] += partial[k + width];
      sums[row] = partial[0];
    }
}

ESP_VECTORISED void
esp_sum_columns (const float *restrict values, size_t n_rows, size_t n_columns, float *restrict sums)
{
  size_t j = 0;

  for (; j + 32 <= n_columns; j += 32)
    {
      float partial[32] = { 0 };

      for (size_t row = 0; row < n_rows; row++)
        for (size_t k = 0; k < 32; k++)
          partial[k] += values[row * n_columns + j + k];
      memcpy (sums + j, partial, sizeof partial);
    }
  for (; j < n_columns; j++)
    {
      float sum = 0.0f;

      for (size_t row = 0; row < n_rows; row++)
        sum += values[row * n_columns + j];
      sums[j] = sum;
    }
}

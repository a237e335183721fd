/* Sums of rows and columns, in an order that does not depend on the instruction set. */

#pragma once

#include <stddef.h>

/* Writes the sum of each row of @values[n_rows][n_columns] to @sums[n_rows]. */
void esp_sum_rows (const float *values, size_t n_rows, size_t n_columns, float *sums);

/* Writes the sum of each column of @values[n_rows][n_columns] to @sums[n_columns]. */
void esp_sum_columns (const float *values, size_t n_rows, size_t n_columns, float *sums);

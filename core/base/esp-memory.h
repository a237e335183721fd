/* Aligned arrays of numbers for the numeric kernels. */

#pragma once

#include <stddef.h>

#include <glib.h>

/* Returns @n zeroed floats (at least one) on a 64-byte boundary; free with esp_free_aligned().
 * Aborts when memory is exhausted, as g_malloc() does. */
float *esp_new_floats (size_t n);

/* As esp_new_floats(), for doubles. */
double *esp_new_doubles (size_t n);

/* Frees what esp_new_floats() or esp_new_doubles() returned; NULL is allowed. */
void esp_free_aligned (void *memory);

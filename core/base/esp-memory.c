#include "esp-memory.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

static void *
new_aligned (size_t n, size_t size)
{
  if (n > (G_MAXSIZE - ALIGNMENT) / size)
    g_error ("an array of %zu elements does not fit into memory", n);

  size_t bytes = MAX (n, 1) * size;
  size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  void *memory = aligned_alloc (ALIGNMENT, rounded);

  if (memory == NULL)
    g_error ("no memory for an array of %zu bytes", rounded);

  return memset (memory, 0, rounded);
}

float *
esp_new_floats (size_t n)
{
  return new_aligned (n, sizeof (float));
}

double *
esp_new_doubles (size_t n)
{
  return new_aligned (n, sizeof (double));
}

void
esp_free_aligned (void *memory)
{
  free (memory);
}

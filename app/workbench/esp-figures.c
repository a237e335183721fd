#include "esp-figures.h"

#include <inttypes.h>
#include <math.h>

char *
esp_figure_count (uint64_t count)
{
  g_autofree char *digits = g_strdup_printf ("%" PRIu64, count);
  GString *text = g_string_new (NULL);
  size_t n = strlen (digits);

  for (size_t i = 0; i < n; i++)
    {
      /* four digits are read without help */
      if (i > 0 && n > 4 && (n - i) % 3 == 0)
        g_string_append (text, "\u202f");
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

char *
esp_figure_number (double value, int decimals)
{
  char format[] = "%.0f";
  char buffer[400]; /* the largest double has 309 digits */

  if (!isfinite (value))
    return g_strdup ("–");
  format[2] = (char) ('0' + CLAMP (decimals, 0, 9));
  g_ascii_formatd (buffer, sizeof buffer, format, fabs (value));
  /* what is rounded to zero has no sign */
  if (value < 0 && strpbrk (buffer, "123456789") != NULL)
    return g_strconcat ("−", buffer, NULL);
  return g_strdup (buffer);
}

char *
esp_figure_duration (double seconds)
{
  uint64_t whole;

  if (!isfinite (seconds) || seconds < 0)
    return g_strdup ("–");
  whole = (uint64_t) fmin (round (seconds), 1e15);
  if (whole < 60)
    return g_strdup_printf ("%" PRIu64 " s", whole);
  if (whole < 3600)
    return g_strdup_printf ("%" PRIu64 " min %" PRIu64 " s", whole / 60, whole % 60);
  return g_strdup_printf ("%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole % 3600 / 60);
}

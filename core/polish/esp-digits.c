#include "esp-digits.h"

#include <math.h>
#include <string.h>

double
esp_digits_round (double value, size_t digits)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  if (!isfinite (value))
    return value;
  g_snprintf (format, sizeof format, "%%.%dg", (int) digits);
  g_ascii_formatd (text, sizeof text, format, value);
  return g_ascii_strtod (text, NULL);
}

static bool
is_cancelled (const _Atomic bool *cancelled)
{
  return cancelled != NULL && *cancelled;
}

/* Returns whether @result is a measurement that may be accepted: one that was cut short may be anything. */
static bool
is_accepted (double result, double floor, const _Atomic bool *cancelled)
{
  return result >= floor && !is_cancelled (cancelled);
}

double
esp_digits_round_numbers (double *numbers,
                          size_t n,
                          size_t digits,
                          double value,
                          double floor,
                          EspDigitsMeasure measure,
                          void *data,
                          const _Atomic bool *cancelled)
{
  g_autofree double *exact = NULL;
  bool changed = false;
  double result;

  if (n == 0 || digits == 0 || is_cancelled (cancelled))
    return value;

  exact = g_memdup2 (numbers, n * sizeof *numbers);
  for (size_t i = 0; i < n; i++)
    {
      numbers[i] = esp_digits_round (exact[i], digits);
      changed |= numbers[i] != exact[i];
    }
  if (!changed)
    return value;
  result = measure (data, numbers);
  if (is_accepted (result, floor, cancelled))
    return result;

  memcpy (numbers, exact, n * sizeof *numbers);
  for (size_t i = 0; i < n && !is_cancelled (cancelled); i++)
    for (size_t d = digits; d < ESP_DIGITS_MAX; d++)
      {
        numbers[i] = esp_digits_round (exact[i], d);
        if (numbers[i] == exact[i])
          break;
        result = measure (data, numbers);
        if (is_accepted (result, floor, cancelled))
          {
            value = result;
            break;
          }
        numbers[i] = exact[i];
        if (is_cancelled (cancelled))
          break;
      }

  return value;
}

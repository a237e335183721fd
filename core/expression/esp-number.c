/* Numbers as text. */

#include "esp-number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "esp-print.h"

/* Takes apart what "%.*e" writes. */
static void
split (double value, int digits, EspDecimal *decimal)
{
  char format[8], buffer[G_ASCII_DTOSTR_BUF_SIZE];
  const char *exponent;

  g_snprintf (format, sizeof format, "%%.%de", digits - 1);
  g_ascii_formatd (buffer, sizeof buffer, format, fabs (value));
  exponent = strchr (buffer, 'e');
  decimal->n = 0;
  for (const char *c = buffer; c < exponent; c++)
    if (g_ascii_isdigit (*c))
      decimal->digits[decimal->n++] = *c;
  while (decimal->n > 1 && decimal->digits[decimal->n - 1] == '0')
    decimal->n--;
  decimal->digits[decimal->n] = '\0';
  decimal->exponent = atoi (exponent + 1);
}

void
esp_decimal_init (EspDecimal *decimal, double value, int digits)
{
  decimal->negative = signbit (value);
  if (digits > 0)
    {
      split (value, MIN (digits, ESP_DECIMAL_MAX_DIGITS), decimal);
      return;
    }

  /* 15 digits always survive the way to a normal double and back, so fewer come with them as zeros cut
   * off; the smallest doubles have fewer digits */
  for (digits = fabs (value) < DBL_MIN ? 1 : 15; digits <= ESP_DECIMAL_MAX_DIGITS; digits++)
    {
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];

      split (value, digits, decimal);
      g_snprintf (buffer, sizeof buffer, "%c.%se%d", decimal->digits[0], decimal->digits + 1,
                  decimal->exponent);
      if (g_ascii_strtod (buffer, NULL) == fabs (value))
        return;
    }
}

bool
esp_decimal_is_plain (const EspDecimal *decimal)
{
  if (decimal->exponent < 0)
    return decimal->exponent >= -4;

  /* whole numbers up to a million, and those whose digits all say something */
  return decimal->exponent <= 6 || (decimal->exponent <= 15 && decimal->n > decimal->exponent - 2);
}

void
esp_decimal_append_digits (const EspDecimal *decimal, GString *string)
{
  bool plain = esp_decimal_is_plain (decimal);
  /* digits in front of the point */
  int whole = plain ? decimal->exponent + 1 : 1;

  if (whole <= 0)
    {
      g_string_append (string, "0.");
      for (int i = whole; i < 0; i++)
        g_string_append_c (string, '0');
    }
  for (int i = 0; i < MAX (decimal->n, whole); i++)
    {
      if (i == whole && whole > 0)
        g_string_append_c (string, '.');
      g_string_append_c (string, i < decimal->n ? decimal->digits[i] : '0');
    }
}

static char *
to_text (double value, int digits)
{
  GString *string = g_string_new (NULL);
  EspDecimal decimal;

  if (!isfinite (value))
    g_string_append (string, isnan (value) ? "nan" : value > 0 ? "inf" : "-inf");
  else
    {
      esp_decimal_init (&decimal, value, digits);
      if (decimal.negative)
        g_string_append_c (string, '-');
      esp_decimal_append_digits (&decimal, string);
      if (!esp_decimal_is_plain (&decimal))
        g_string_append_printf (string, "e%d", decimal.exponent);
    }

  return g_string_free (string, FALSE);
}

char *
esp_number_to_text (double value)
{
  return to_text (value, 0);
}

char *
esp_number_to_short_text (double value, int digits)
{
  g_return_val_if_fail (digits > 0, NULL);

  return to_text (value, digits);
}

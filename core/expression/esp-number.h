/* The decimal digits of a number, from which every way of printing it is made. */

#pragma once

#include <stdbool.h>

#include <glib.h>

G_BEGIN_DECLS

/* So many significant digits tell every double from every other. */
#define ESP_DECIMAL_MAX_DIGITS 17

/**
 * EspDecimal:
 * @negative: whether the sign bit is set, which it is for −0 too
 * @n: how many digits there are, at least one; the last is not 0 unless it is the only one
 * @digits: the digits
 * @exponent: the power of ten of the first digit
 *
 * A finite number ±d.ddd · 10^exponent.
 */
typedef struct
{
  bool negative;
  int n;
  char digits[ESP_DECIMAL_MAX_DIGITS + 1];
  int exponent;
} EspDecimal;

/* Takes the finite @value apart, rounded to @digits significant digits, or for 0 to as few as read back
 * to the same double. */
void esp_decimal_init (EspDecimal *decimal, double value, int digits);

/* Returns whether the number is written without a power of ten. */
bool esp_decimal_is_plain (const EspDecimal *decimal);

/* Appends the digits without sign: the whole number when it is plain, else d.ddd. */
void esp_decimal_append_digits (const EspDecimal *decimal, GString *string);

G_END_DECLS

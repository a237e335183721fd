/* Rounding numbers to few digits, as far as a measurement allows.
 *
 * What is measured is the caller's: a mean return over the same episodes each time, for one. All functions
 * are reentrant; any thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

/* So many significant digits give every double back. */
#define ESP_DIGITS_MAX 17

/* Returns @value rounded to @digits significant digits, 1 … ESP_DIGITS_MAX: the double nearest to that
 * decimal number. What is not finite stays as it is. */
double esp_digits_round (double value, size_t digits);

/* Returns what is measured with @numbers, the greater the better; −∞ or NaN where that failed. */
typedef double (*EspDigitsMeasure) (void *data, const double *numbers);

/* Rounds @numbers[@n] to @digits significant digits each, more where @measure would fall below @floor: all at
 * once if that costs too little to matter, else one after the other from the first, each to the fewest digits
 * that it can have. Returns the last measurement that was accepted; @value, which is that of the numbers as
 * they are, if there was none. 0 digits keep all numbers. When @cancelled (NULL: never) becomes true, those
 * that are not done yet stay exact. */
double esp_digits_round_numbers (double *numbers,
                                 size_t n,
                                 size_t digits,
                                 double value,
                                 double floor,
                                 EspDigitsMeasure measure,
                                 void *data,
                                 const _Atomic bool *cancelled);

G_END_DECLS

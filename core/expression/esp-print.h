/* Printing expressions. Numbers are printed locale-independently. */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/* Returns @value with as few digits as read back to the same double (free with g_free()). */
char *esp_number_to_text (double value);

/* Returns @value with @digits significant digits and no superfluous zeros (free with g_free()). */
char *esp_number_to_short_text (double value, int digits);

/* Returns @expression in the language; parses back to the same expression bit by bit. */
char *esp_expression_to_text (const EspExpression *expression, const EspSymbols *symbols);

/* Returns @expression as Unicode text for people (θ̇, ·, −), numbers with @digits significant digits
 * (0 for all that are needed). */
char *esp_expression_to_unicode (const EspExpression *expression, const EspSymbols *symbols, int digits);

/* Returns @expression as LaTeX mathematics as one would typeset it by hand: fractions, powers,
 * matching delimiters, guarded operations named; numbers with @digits significant digits (0 for all
 * that are needed). */
char *esp_expression_to_latex (const EspExpression *expression, const EspSymbols *symbols, int digits);

G_END_DECLS

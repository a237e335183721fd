/* Printing expressions. Numbers are printed locale-independently.
 *
 * An expression that is too long (more than ESP_PRINT_MAX_LENGTH) or too deep (more than
 * ESP_EXPRESSION_MAX_DEPTH) to be read is printed as `…` (LaTeX: `\ldots`); so check the reading
 * length first where that can happen, as with a network that is not pruned. Any thread.
 */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/* The largest reading length that is printed. */
#define ESP_PRINT_MAX_LENGTH (1u << 20)

/* Returns @value with as few digits as read back to the same double, or `inf`, `-inf`, `nan` (free
 * with g_free()). */
char *esp_number_to_text (double value);

/* Returns @value with @digits significant digits and no superfluous zeros (free with g_free()). */
char *esp_number_to_short_text (double value, int digits);

/* Returns @expression in the language; parses back to the same expression bit by bit, constants that
 * are not finite included. (esp_formula_parse() has limits: texts beyond ESP_FORMULA_MAX_BYTES or with
 * parentheses nested beyond ESP_FORMULA_MAX_NESTING are printed but not read back.) A variable without
 * a name is `s` and its number from 1. Free with g_free(). */
char *esp_expression_to_text (const EspExpression *expression, const EspSymbols *symbols);

/* Of a term that is named, the smallest reading length unless EspPrintOptions says another. */
#define ESP_PRINT_SHORTEST_NAMED 4

/**
 * EspPrintOptions:
 * @unicode: write θ̇, ·, −, √ and x² where the language has them as well
 * @name_shared: write `t1 = …;` before it for terms that are read more than once, and their names for them
 * @shortest: the smallest reading length of a term that is named, 0 for ESP_PRINT_SHORTEST_NAMED
 *
 * How a formula is written in the language.
 */
typedef struct
{
  bool unicode;
  bool name_shared;
  size_t shortest;
} EspPrintOptions;

/* Returns @formula in the language; esp_formula_parse() reads it back to the same expressions, pointer by
 * pointer, within the limits of esp_expression_to_text(). With @name_shared the limits hold for what is
 * written, so that formulas can be printed that would be too long otherwise. Free with g_free(). */
char *esp_formula_print (const EspFormula *formula, const EspPrintOptions *options);

/* Returns @expression as Unicode text for people (θ̇, ·, −), numbers with @digits significant digits
 * (0 for all that are needed). With all digits it can be parsed as well, to the same value; for the same
 * expression use esp_formula_print(). Free with g_free(). */
char *esp_expression_to_unicode (const EspExpression *expression, const EspSymbols *symbols, int digits);

/* Returns @expression as LaTeX mathematics as one would typeset it by hand: fractions, powers,
 * matching delimiters, guarded operations named; numbers with @digits significant digits (0 for all
 * that are needed). Free with g_free(). */
char *esp_expression_to_latex (const EspExpression *expression, const EspSymbols *symbols, int digits);

/* Returns the whole @formula as a displayed equation of LaTeX with amsmath, for several actions one line for
 * each, aligned at their equals signs; @actions[n_actions] are the actions' names in LaTeX, where it or one
 * of them is NULL `u`, or `u_{1}` and so on. Numbers as esp_expression_to_latex() has them. Free with
 * g_free(). */
char *esp_formula_to_latex (const EspFormula *formula, const char *const *actions, int digits);

G_END_DECLS

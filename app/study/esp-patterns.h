/* Sub-expressions that recur in formulas, up to their numbers.
 *
 * A formula is brought into a normal form first: every number is `c`, and so is what only has numbers in it;
 * sums and products know no order, a difference is a sum, and a quotient by a number is a product; a product
 * has at most one `c`; and an addend that is not `c` always has it as a factor, since 1 and −1 are numbers
 * too. Exponents stay as they are. A pattern is a term of that form, or some of the addends of a sum or of
 * the factors of a product. Of two patterns, one within the other, that the same formulas have, only the
 * larger one counts.
 */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/* Nodes that a pattern has at least; longer formulas are not looked at; and addends or factors of which all
 * choices are patterns, where there are more only pairs. */
#define ESP_PATTERN_LEAST_NODES 3
#define ESP_PATTERN_MAX_LENGTH  2000
#define ESP_PATTERN_MAX_CHOICE  6

/**
 * EspPattern:
 * @text: in the language of formulas, with `c` for numbers
 * @nodes: its reading length
 * @n_formulas: how many of the formulas have it
 */
typedef struct
{
  char *text;
  size_t nodes;
  size_t n_formulas;
} EspPattern;

/**
 * EspPatterns:
 *
 * A collection of formulas and what they have in them. Belongs to one thread.
 */
typedef struct _EspPatterns EspPatterns;

EspPatterns *esp_patterns_new (void);
void esp_patterns_free (EspPatterns *patterns);

/* Adds the next formula, all of its actions. Returns FALSE, and adds nothing, where it is longer than
 * ESP_PATTERN_MAX_LENGTH. */
gboolean esp_patterns_add (EspPatterns *patterns, const EspFormula *formula);

/* Returns how many formulas were added. */
size_t esp_patterns_get_n (const EspPatterns *patterns);

/* Returns the patterns, of EspPattern, that at least @least formulas have: the most frequent first, of those
 * the largest, of those by text. They are owned by @patterns; free the array with g_array_unref(). */
GArray *esp_patterns_list (const EspPatterns *patterns, size_t least);

/* Returns the normal form of @expression, with the names of @symbols (free with g_free()). */
char *esp_pattern_normalise (const EspExpression *expression, const EspSymbols *symbols);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspPatterns, esp_patterns_free)

G_END_DECLS

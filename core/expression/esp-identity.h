/* Recognising a term in later snapshots of a formula.
 *
 * While a formula is trained, its constants change in every snapshot and addends come and go, but a reader
 * follows "the third term". Its identity is a 64-bit number made of
 *
 * - where it stands: the action, and the operations on the way down to it. All addends of a sum stand in
 *   the same place, however the sum is nested, and so do all factors of a product, because the simplifier
 *   orders both by their constants; other operands stand in places of their own. What else is in a sum
 *   does not matter; of a product, it matters what operations its factors are. A formula of one term is a
 *   sum of one addend;
 * - its shape (esp_expression_get_shape()), in which constants are blank;
 * - its number, in reading order, among terms that have both in common.
 *
 * The formula of an action as a whole has an identity that only depends on the action. So a term keeps its
 * identity when constants change, also their signs, and when terms elsewhere appear or go. It changes
 * when its own structure does, for instance when a factor becomes exactly 1; and two terms of the same
 * shape in the same place, such as those of 2·x² + 3·x³, swap theirs when the simplifier swaps them. Two
 * different terms of a formula have the same identity with a probability of about n²/2⁶⁵ for n terms.
 */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspPlace:
 *
 * Where a term stands. A value to pass on, with no meaning of its own.
 */
typedef struct
{
  uint64_t hash;
  EspOperation list;
} EspPlace;

/* Returns the place of the expression of @action. */
EspPlace esp_place_of_action (size_t action);

/* Returns the place of operand @i of @parent, which itself stands in @place. */
EspPlace esp_place_of_operand (EspPlace place, const EspExpression *parent, size_t i);

/**
 * EspIdentifier:
 *
 * Gives terms their identities; one for each formula. It belongs to one thread at a time.
 */
typedef struct _EspIdentifier EspIdentifier;

/* Returns an identifier that has seen no term; esp_identifier_free() it. */
EspIdentifier *esp_identifier_new (void);

/* Frees @identifier. */
void esp_identifier_free (EspIdentifier *identifier);

/* Returns the identity of the whole formula of an action, whose place is @place. */
uint64_t esp_place_get_identity (EspPlace place);

/* Returns the identity of @expression in @place. To be called once for each term, in reading order: the
 * number of a term is how many like it came before. */
uint64_t esp_identifier_identify (EspIdentifier *identifier, EspPlace place, const EspExpression *expression);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspIdentifier, esp_identifier_free)

G_END_DECLS

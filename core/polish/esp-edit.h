/* Edits of expressions: what the search over formulas tries.
 *
 * Nodes are named by their place: the number of an occurrence in the expression written as a tree, the
 * node before its operands, the operands from left to right. An expression of reading length n has the
 * places 0 … n − 1. All functions recurse as deep as the expression; any thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp-expression.h"
#include "esp-random.h"

G_BEGIN_DECLS

/* Returns the node at @place, borrowed from @root. */
EspExpression *esp_edit_find (EspExpression *root, size_t place);

/* Returns a new reference to @root with the node at @place replaced by @replacement (referenced). */
EspExpression *esp_edit_replace (EspExpression *root, size_t place, EspExpression *replacement);

/* Appends the constants of @root to @values (of double), in the order of their places; those in
 * exponents are part of the structure and are left out. */
void esp_edit_get_constants (EspExpression *root, GArray *values);

/* Returns a new reference to @root with those constants replaced by @values. */
EspExpression *esp_edit_set_constants (EspExpression *root, const double *values);

/**
 * EspEditMaterial:
 * @n_variables: observations there are
 * @scales: [n_variables] the size of values that each typically takes
 * @mates: [n_mates] expressions whose parts may be grafted in
 * @n_mates: how many
 *
 * What random edits are made of.
 */
typedef struct
{
  size_t n_variables;
  const double *scales;
  EspExpression *const *mates;
  size_t n_mates;
} EspEditMaterial;

/* Returns a new reference to a random neighbour of @root, simplified: a node replaced by one of its
 * operands, by a number, by an observation or by a part of a mate; something added; a factor or a
 * function put on; one operation exchanged for another; or numbers changed, one by one or all by
 * one factor. It may equal
 * @root. */
EspExpression *esp_edit_mutate (EspExpression *root, const EspEditMaterial *material, EspRandom *random);

G_END_DECLS

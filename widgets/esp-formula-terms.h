/* A formula's expression as it is shown: a tree of terms, cut where it gets too long to read.
 *
 * Sums and products, binary in an expression, become lists, as they are read; what would exceed a number
 * of nodes becomes an ellipsis. Each term knows its expression, so that boxes on the screen point at
 * what they stand for. Main thread only.
 */

#pragma once

#include <stdbool.h>

#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspTermKind:
 * @ESP_TERM_ELLIPSIS: stands for what was cut
 * @ESP_TERM_NUMBER: a constant
 * @ESP_TERM_VARIABLE: an observation
 * @ESP_TERM_SUM: addends, each added or subtracted
 * @ESP_TERM_PRODUCT: factors
 * @ESP_TERM_FRACTION: numerator, denominator
 * @ESP_TERM_POWER: base, exponent
 * @ESP_TERM_FUNCTION: all others, with their arguments
 */
typedef enum
{
  ESP_TERM_ELLIPSIS,
  ESP_TERM_NUMBER,
  ESP_TERM_VARIABLE,
  ESP_TERM_SUM,
  ESP_TERM_PRODUCT,
  ESP_TERM_FRACTION,
  ESP_TERM_POWER,
  ESP_TERM_FUNCTION,
} EspTermKind;

typedef struct _EspTerm EspTerm;

/**
 * EspTerm:
 * @id: number of the term in its formula, the same for every layout
 * @identity: by which it is found again in later snapshots, see esp-identity.h; 0 for an ellipsis
 * @kind: how it is shown
 * @operation: what it does, for functions and guarded products and fractions
 * @guarded: whether it is one of the guarded operations
 * @negative: of an addend: subtracted
 * @value: of a number that is shown, without sign where that was pulled into a sum
 * @index: of a variable
 * @expression: what it stands for; NULL for an ellipsis
 * @n: number of children
 * @children: the children
 */
struct _EspTerm
{
  int id;
  uint64_t identity;
  EspTermKind kind;
  EspOperation operation;
  bool guarded;
  bool negative;
  double value;
  size_t index;
  EspExpression *expression;
  size_t n;
  EspTerm **children;
};

/**
 * EspTerms:
 * @n_actions: number of actions
 * @roots: the term of each action
 * @left_out: how many nodes of each action's expression are not shown
 * @all: all terms, by id
 *
 * All terms of a formula.
 */
typedef struct
{
  size_t n_actions;
  EspTerm **roots;
  size_t *left_out;
  GPtrArray *all;
} EspTerms;

/* Returns the terms of @formula (whose expressions must outlive them), at most @most_nodes nodes of each
 * action's expression. */
EspTerms *esp_terms_new (EspFormula *formula, size_t most_nodes);
void esp_terms_free (EspTerms *terms);

/* Returns the term @id, or NULL where there is none. */
const EspTerm *esp_terms_get (const EspTerms *terms, int id);

/* Returns the id of the term that has @identity, or -1. */
int esp_terms_find (const EspTerms *terms, uint64_t identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTerms, esp_terms_free)

G_END_DECLS

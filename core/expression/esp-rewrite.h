/* What the rules of the simplifier share: the expressions that they make, and what is known of their values.
 * Private to the simplifier. */

#pragma once

#include "esp-builder.h"
#include "esp-interval.h"
#include "esp-order.h"

G_BEGIN_DECLS

/**
 * EspRewriter:
 * @builder: makes all expressions
 * @box: where the variables are, or NULL where nothing is known; borrowed
 * @n: variables of @box
 * @bounds: from an expression to its values on the box
 * @unbounded: the same without the box, to tell whether the box was needed
 * @primitives: from a sum to its EspPrimitive
 * @rule: what the last rewriting was called; set by the rules
 * @nesting: how many groups of terms, one within the other, are being put together
 * @used_box: whether a rule has asked for bounds that only hold on the box
 *
 * Belongs to one thread at a time.
 */
typedef struct
{
  EspBuilder *builder;
  const EspInterval *box;
  size_t n;
  GHashTable *bounds;
  GHashTable *unbounded;
  GHashTable *primitives;
  const char *rule;
  int nesting;
  bool used_box;
} EspRewriter;

/* Makes a rewriter for variables in @box[n] (NULL for anywhere; borrowed). */
void esp_rewriter_init (EspRewriter *rewriter, const EspInterval *box, size_t n);

/* Frees what @rewriter has, and all expressions that its builder made. */
void esp_rewriter_clear (EspRewriter *rewriter);

/* Returns an interval of the values of @expression, which is of the rewriter's builder. */
EspInterval esp_rewriter_bound (EspRewriter *rewriter, EspExpression *expression);

/* Notes that a rule relies on these bounds of @expression: where they need the box, so does the rule. */
void esp_rewriter_rely (EspRewriter *rewriter, EspExpression *expression);

/* Returns @value, or the number of at most 12 digits that is nearest where that is within a few units in the
 * last place: what folding has made of short numbers is short again. */
double esp_number_tidy (double value);

/* Returns whether both expressions differ only in their numbers, and these by rounding. */
bool esp_expression_almost_equal (const EspExpression *a, const EspExpression *b);

/* Returns whether @expression is a number. */
static inline bool
esp_is_constant (const EspExpression *expression)
{
  return esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT;
}

/* Returns whether @expression is the number @value. */
static inline bool
esp_is_number (const EspExpression *expression, double value)
{
  return esp_is_constant (expression) && esp_expression_get_value (expression) == value;
}

/* Returns the simplest form that one rule finds for @plain, whose operands are simplified, or NULL. It may be
 * longer than @plain. */
EspExpression *esp_rewrite_node (EspRewriter *rewriter, EspExpression *plain);

/* Parts of esp_rewrite_node(): the rules of choices (min, max, if, clamp, softif) and of guards. */
EspExpression *esp_rewrite_choice (EspRewriter *rewriter, EspExpression *plain);
EspExpression *esp_rewrite_guard (EspRewriter *rewriter, EspExpression *plain);

G_END_DECLS

/* Walking over expressions without recursion, however deep they are. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspVisit:
 * @ESP_VISIT_CONTINUE: go on
 * @ESP_VISIT_SKIP: leave the operands of this node out (before them; after them, as CONTINUE)
 * @ESP_VISIT_STOP: end the walk
 *
 * What a visitor wants next.
 */
typedef enum
{
  ESP_VISIT_CONTINUE,
  ESP_VISIT_SKIP,
  ESP_VISIT_STOP,
} EspVisit;

/**
 * EspVisitFlags:
 * @ESP_VISIT_BEFORE: call the visitor before a node's operands
 * @ESP_VISIT_AFTER: call it after them; not for nodes whose operands were skipped
 * @ESP_VISIT_OCCURRENCES: visit a shared node each time it is read instead of once. That takes as many
 *   steps as the reading length, which can be astronomical
 */
typedef enum
{
  ESP_VISIT_BEFORE = 1 << 0,
  ESP_VISIT_AFTER = 1 << 1,
  ESP_VISIT_OCCURRENCES = 1 << 2,
} EspVisitFlags;

/**
 * EspVisitStep:
 * @node: the node
 * @parent: the node that it was reached from; NULL for a root
 * @position: which operand of @parent it is, or which root
 * @level: how many nodes are above it on the way from the root
 * @after: whether its operands have been visited
 *
 * One call of a visitor.
 */
typedef struct
{
  EspExpression *node;
  EspExpression *parent;
  size_t position;
  size_t level;
  bool after;
} EspVisitStep;

typedef EspVisit (*EspVisitor) (const EspVisitStep *step, void *data);

/* Calls @visitor for the nodes below the @n @roots, operands from the first to the last. The memory taken
 * is proportional to the depth, and without ESP_VISIT_OCCURRENCES to the number of nodes. Returns whether
 * the walk came to its end, false when it was stopped. Any thread. */
bool esp_expression_visit (
  EspExpression *const *roots, size_t n, EspVisitFlags flags, EspVisitor visitor, void *data);

G_END_DECLS

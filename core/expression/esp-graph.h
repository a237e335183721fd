/* The nodes of expressions in the order in which they can be computed. */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspGraph:
 * @nodes: every node once, operands before the nodes that use them; borrowed from the roots
 * @places: from a node to its place in @nodes, see esp_graph_get_place()
 * @uses: how often each node is an operand, by place
 *
 * The graph below one or several expressions. It holds no references: the roots must outlive it.
 */
typedef struct
{
  GPtrArray *nodes;
  GHashTable *places;
  GArray *uses;
} EspGraph;

/* Lists the nodes below @n @roots, without recursion. Same roots, same order. */
void esp_graph_init (EspGraph *graph, EspExpression *const *roots, size_t n);

/* Frees what @graph has; the nodes are the roots'. */
void esp_graph_clear (EspGraph *graph);

/* Returns the place in @graph of a @node that is part of it. */
size_t esp_graph_get_place (const EspGraph *graph, const EspExpression *node);

G_END_DECLS

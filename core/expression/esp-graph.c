#include "esp-graph.h"

typedef struct
{
  EspExpression *node;
  size_t next;
} Visit;

/* Places are stored from 1, so that NULL means that a node is not listed yet. */
static void
append (EspGraph *graph, EspExpression *node)
{
  guint none = 0;

  g_ptr_array_add (graph->nodes, node);
  g_array_append_val (graph->uses, none);
  g_hash_table_insert (graph->places, node, GSIZE_TO_POINTER ((gsize) graph->nodes->len));
}

void
esp_graph_init (EspGraph *graph, EspExpression *const *roots, size_t n)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Visit));

  graph->nodes = g_ptr_array_new ();
  graph->places = g_hash_table_new (NULL, NULL);
  graph->uses = g_array_new (FALSE, FALSE, sizeof (guint));

  for (size_t i = 0; i < n; i++)
    {
      Visit visit = { roots[i], 0 };

      if (g_hash_table_contains (graph->places, roots[i]))
        continue;
      g_array_append_val (stack, visit);
      while (stack->len > 0)
        {
          Visit *top = &g_array_index (stack, Visit, stack->len - 1);

          if (top->next < esp_expression_get_n_operands (top->node))
            {
              visit.node = esp_expression_get_operand (top->node, top->next++);
              if (!g_hash_table_contains (graph->places, visit.node))
                g_array_append_val (stack, visit);
            }
          else
            {
              append (graph, top->node);
              g_array_set_size (stack, stack->len - 1);
            }
        }
    }

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph->nodes, i);

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        g_array_index (graph->uses, guint,
                       esp_graph_get_place (graph, esp_expression_get_operand (node, k)))++;
    }
}

void
esp_graph_clear (EspGraph *graph)
{
  g_ptr_array_unref (graph->nodes);
  g_hash_table_unref (graph->places);
  g_array_unref (graph->uses);
}

size_t
esp_graph_get_place (const EspGraph *graph, const EspExpression *node)
{
  return GPOINTER_TO_SIZE (g_hash_table_lookup (graph->places, node)) - 1;
}

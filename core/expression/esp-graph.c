#include "esp-graph.h"

#include "esp-visit.h"

/* Places are stored from 1, so that NULL means that a node is not listed yet. */
static EspVisit
append (const EspVisitStep *step, void *data)
{
  EspGraph *graph = data;
  guint none = 0;

  g_ptr_array_add (graph->nodes, step->node);
  g_array_append_val (graph->uses, none);
  g_hash_table_insert (graph->places, step->node, GSIZE_TO_POINTER ((gsize) graph->nodes->len));
  return ESP_VISIT_CONTINUE;
}

void
esp_graph_init (EspGraph *graph, EspExpression *const *roots, size_t n)
{
  graph->nodes = g_ptr_array_new ();
  graph->places = g_hash_table_new (NULL, NULL);
  graph->uses = g_array_new (FALSE, FALSE, sizeof (guint));

  esp_expression_visit (roots, n, ESP_VISIT_AFTER, append, graph);
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

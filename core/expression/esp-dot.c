#include "esp-dot.h"

#include "esp-graph.h"
#include "esp-print.h"

/* Appends @text as a quoted string: a backslash would begin an escape such as \N, the node's name. */
static void
append_label (GString *string, const char *text)
{
  g_string_append_c (string, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (string, '\\');
      g_string_append_c (string, *c == '\n' || *c == '\r' ? ' ' : *c);
    }
  g_string_append_c (string, '"');
}

static char *
get_label (const EspExpression *node, const EspSymbols *symbols, int digits)
{
  EspOperation operation = esp_expression_get_operation (node);

  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
    case ESP_OPERATION_VARIABLE:
      return esp_expression_to_unicode (node, symbols, digits);
    case ESP_OPERATION_SUBTRACT:
    case ESP_OPERATION_NEGATE:
      return g_strdup ("−");
    case ESP_OPERATION_MULTIPLY:
      return g_strdup ("·");
    default:
      return g_strdup (esp_operation_get_name (operation));
    }
}

static bool
is_commutative (EspOperation operation)
{
  switch (operation)
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_MIN:
    case ESP_OPERATION_MAX:
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return true;
    default:
      return false;
    }
}

static void
append_node (GString *string, const EspGraph *graph, guint i, const EspSymbols *symbols, int digits)
{
  const EspExpression *node = g_ptr_array_index (graph->nodes, i);
  EspOperation operation = esp_expression_get_operation (node);
  size_t n = esp_expression_get_n_operands (node);
  g_autofree char *label = get_label (node, symbols, digits);

  g_string_append_printf (string, "  n%u [shape=%s, label=", i,
                          operation == ESP_OPERATION_CONSTANT   ? "plaintext"
                          : operation == ESP_OPERATION_VARIABLE ? "box"
                                                                : "ellipse");
  append_label (string, label);
  g_string_append (string, "];\n");
  for (size_t k = 0; k < n; k++)
    {
      g_string_append_printf (string, "  n%u -> n%" G_GSIZE_FORMAT, i,
                              esp_graph_get_place (graph, esp_expression_get_operand (node, k)));
      if (n > 1 && !is_commutative (operation))
        g_string_append_printf (string, " [label=\"%" G_GSIZE_FORMAT "\"]", k + 1);
      g_string_append (string, ";\n");
    }
}

char *
esp_formula_to_dot (const EspFormula *formula, const char *const *actions, int digits)
{
  size_t n = esp_formula_get_n_actions (formula);
  g_autofree EspExpression **roots = g_new (EspExpression *, n);
  GString *string = g_string_new ("digraph formula {\n  ordering=out;\n");
  EspGraph graph;

  for (size_t i = 0; i < n; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  esp_graph_init (&graph, roots, n);
  for (guint i = 0; i < graph.nodes->len; i++)
    append_node (string, &graph, i, esp_formula_get_symbols (formula), digits);
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *number = g_strdup_printf ("action %" G_GSIZE_FORMAT, i + 1);

      g_string_append_printf (string, "  a%" G_GSIZE_FORMAT " [shape=box, style=bold, label=", i);
      append_label (string, actions != NULL ? actions[i] : number);
      g_string_append_printf (string, "];\n  a%" G_GSIZE_FORMAT " -> n%" G_GSIZE_FORMAT ";\n", i,
                              esp_graph_get_place (&graph, roots[i]));
    }
  g_string_append (string, "}\n");
  esp_graph_clear (&graph);
  return g_string_free (string, FALSE);
}

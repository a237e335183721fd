#include "esp-metrics.h"

#include "esp-graph.h"

double
esp_operation_get_cycles (EspOperation operation)
{
  /* From tests/expression/benchmark-operations.c on a virtual core of an Intel Xeon with glibc 2.36, three
   * runs, rounded. The branches of `if`, and those of the guards of `pdiv` and `plog`, are put at six cycles,
   * which a comparison and a selection take. */
  static const double cycles[ESP_N_OPERATIONS] = {
    [ESP_OPERATION_ADD] = 4,
    [ESP_OPERATION_SUBTRACT] = 4,
    [ESP_OPERATION_MULTIPLY] = 4,
    [ESP_OPERATION_DIVIDE] = 24,
    [ESP_OPERATION_POWER] = 175,
    [ESP_OPERATION_NEGATE] = 1,
    [ESP_OPERATION_SIN] = 100,
    [ESP_OPERATION_COS] = 100,
    [ESP_OPERATION_EXP] = 67,
    [ESP_OPERATION_LOG] = 87,
    [ESP_OPERATION_SQRT] = 38,
    [ESP_OPERATION_ABS] = 1,
    [ESP_OPERATION_SIGN] = 22,
    [ESP_OPERATION_TANH] = 225,
    [ESP_OPERATION_SIGMOID] = 108,
    [ESP_OPERATION_MIN] = 6,
    [ESP_OPERATION_MAX] = 6,
    [ESP_OPERATION_IF] = 6,
    [ESP_OPERATION_CLAMP] = 6,
    [ESP_OPERATION_GUARDED_MULTIPLY] = 14,
    [ESP_OPERATION_GUARDED_DIVIDE] = 30,
    [ESP_OPERATION_GUARDED_LOG] = 93,
    [ESP_OPERATION_GUARDED_EXP] = 70,
    [ESP_OPERATION_SOFT_IF] = 130,
  };

  g_return_val_if_fail (operation < ESP_N_OPERATIONS, 0);

  return cycles[operation];
}

EspMetrics
esp_metrics_of_expressions (EspExpression *const *expressions, size_t n)
{
  EspMetrics metrics = { 0 };
  EspGraph graph;

  for (size_t i = 0; i < n; i++)
    {
      size_t length = esp_expression_get_length (expressions[i]);

      metrics.length = metrics.length > G_MAXSIZE - length ? G_MAXSIZE : metrics.length + length;
      metrics.depth = MAX (metrics.depth, esp_expression_get_depth (expressions[i]));
    }

  esp_graph_init (&graph, expressions, n);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspOperation operation = esp_expression_get_operation (g_ptr_array_index (graph.nodes, i));

      metrics.operations += esp_operation_get_n_operands (operation) > 0;
      metrics.constants += operation == ESP_OPERATION_CONSTANT;
      metrics.cycles += esp_operation_get_cycles (operation);
    }
  esp_graph_clear (&graph);
  return metrics;
}

EspMetrics
esp_metrics_of_formula (const EspFormula *formula)
{
  size_t n = esp_formula_get_n_actions (formula);
  g_autofree EspExpression **roots = g_new (EspExpression *, n);

  for (size_t i = 0; i < n; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  return esp_metrics_of_expressions (roots, n);
}

char *
esp_metrics_to_text (const EspMetrics *metrics)
{
  return g_strdup_printf ("reading length %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
                          " operation%s, depth %u, %" G_GSIZE_FORMAT " constant%s, about %.0f cycle%s",
                          metrics->length, metrics->operations, metrics->operations == 1 ? "" : "s",
                          metrics->depth, metrics->constants, metrics->constants == 1 ? "" : "s",
                          metrics->cycles, metrics->cycles == 1 ? "" : "s");
}

#include "esp-network-layout.h"

#include <math.h>
#include <string.h>

EspNetworkLayout *
esp_network_layout_new (EspArrangement *arrangement)
{
  EspNetworkLayout *layout = g_new0 (EspNetworkLayout, 1);
  size_t output = arrangement->n_features;

  layout->arrangement = esp_arrangement_ref (arrangement);
  layout->n_nodes = arrangement->n_features + 1;
  layout->nodes = g_new0 (EspNode, layout->n_nodes);
  layout->paths = g_new0 (EspPath, arrangement->n_weights);
  layout->operators = g_new (EspOperator, layout->n_nodes);
  layout->ordinals = g_new0 (unsigned, layout->n_nodes);
  for (size_t i = 0; i < layout->n_nodes; i++)
    layout->operators[i] = ESP_N_OPERATORS;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      unsigned counts[ESP_N_OPERATORS] = { 0 };
      bool is_output = layer->n_operators == 0;
      size_t n_targets = is_output ? 1 : layer->n_operators;

      for (size_t i = 0; i < n_targets; i++)
        {
          size_t target = is_output ? output : layer->n_features + i;
          size_t first = is_output ? 0 : layer->first_argument[i];
          size_t n_arguments = is_output ? layer->n_arguments
                                         : esp_operator_get_n_arguments (layer->operators[i]);

          layout->nodes[target].column = (unsigned) l + 1;
          if (!is_output)
            {
              layout->operators[target] = layer->operators[i];
              layout->ordinals[target] = ++counts[layer->operators[i]];
            }
          for (size_t j = 0; j < n_arguments; j++)
            for (size_t f = 0; f < layer->n_features; f++)
              layout->paths[layer->weights + (first + j) * layer->n_features + f] = (EspPath){
                .source = (guint16) f,
                .target = (guint16) target,
                .argument = (guint16) j,
                .port = n_arguments == 1 ? 0 : -0.5f + (float) j / (float) (n_arguments - 1),
              };
        }
    }
  return layout;
}

void
esp_network_layout_free (EspNetworkLayout *layout)
{
  if (!layout)
    return;
  esp_arrangement_unref (layout->arrangement);
  g_free (layout->nodes);
  g_free (layout->paths);
  g_free (layout->operators);
  g_free (layout->ordinals);
  g_free (layout);
}

void
esp_network_layout_place (
  EspNetworkLayout *layout, double width, double height, double input_width, double output_width)
{
  const EspArrangement *arrangement = layout->arrangement;
  size_t n_columns = arrangement->n_layers + 1;
  size_t rows[ESP_MAX_LAYERS + 2] = { 0 };
  size_t done[ESP_MAX_LAYERS + 2] = { 0 };
  size_t most = 1;
  double margin, column_width, row_height, half_height, half_width, left, right;

  for (size_t i = 0; i < layout->n_nodes; i++)
    {
      size_t n = ++rows[layout->nodes[i].column];

      most = MAX (most, n);
    }

  margin = MIN (10, 0.03 * MIN (width, height));
  row_height = (height - 2 * margin) / (double) most;
  half_height = CLAMP (0.33 * row_height, 2, 22);
  input_width = MIN (input_width, 0.25 * width);
  output_width = MIN (output_width, 0.25 * width);
  left = margin + input_width;
  right = width - margin - output_width;
  column_width = MAX ((right - left) / (double) (n_columns - 1), 1);
  half_width = MIN (1.25 * half_height, 0.32 * column_width);

  for (size_t i = 0; i < layout->n_nodes; i++)
    {
      EspNode *node = &layout->nodes[i];
      size_t n = rows[node->column];
      /* Columns with few nodes are spread less than evenly: their edges then cross less. */
      double spread = MIN ((height - 2 * margin) / (double) n, 1.9 * row_height);
      double place = (double) done[node->column]++ - 0.5 * (double) (n - 1);

      node->x = (float) (node->column == 0              ? left - input_width / 2
                         : i == arrangement->n_features ? right + output_width / 2
                                                        : left + node->column * column_width);
      node->y = (float) (height / 2 + place * spread);
      node->half_height = (float) half_height;
      node->half_width = (float) (node->column == 0              ? input_width / 2
                                  : i == arrangement->n_features ? output_width / 2
                                                                 : half_width);
    }
}

size_t
esp_network_layout_get_live (const EspNetworkLayout *layout,
                             const float *probabilities,
                             double threshold,
                             bool *live)
{
  size_t n_paths = layout->arrangement->n_weights;
  g_autofree bool *reached = g_new0 (bool, layout->n_nodes);
  size_t n_live = 0;

  /* Paths are ordered by layer, so that one pass each way is enough. */
  memset (reached, true, layout->arrangement->n_inputs * sizeof *reached);
  memset (live, false, layout->n_nodes * sizeof *live);
  live[layout->n_nodes - 1] = true;
  for (size_t i = 0; i < n_paths; i++)
    if (probabilities[i] > threshold && reached[layout->paths[i].source])
      reached[layout->paths[i].target] = true;
  for (size_t i = n_paths; i-- > 0;)
    if (probabilities[i] > threshold && live[layout->paths[i].target])
      live[layout->paths[i].source] = true;
  for (size_t i = 0; i < layout->n_nodes; i++)
    live[i] = live[i] && reached[i];
  for (size_t i = 0; i < n_paths; i++)
    if (probabilities[i] > threshold && live[layout->paths[i].source] && live[layout->paths[i].target])
      n_live++;
  return n_live;
}

const char *
esp_network_layout_get_symbol (const EspNetworkLayout *layout,
                               const EspEnvironmentInfo *environment,
                               size_t action,
                               size_t node)
{
  if (node < layout->arrangement->n_inputs)
    return environment->observations[node].unicode ? environment->observations[node].unicode
                                                   : environment->observations[node].name;
  if (node == layout->n_nodes - 1)
    return environment->actions[action].name;
  return esp_operator_get_symbol (layout->operators[node]);
}

char *
esp_network_layout_describe_node (const EspNetworkLayout *layout,
                                  const EspEnvironmentInfo *environment,
                                  size_t action,
                                  size_t node)
{
  const char *symbol = esp_network_layout_get_symbol (layout, environment, action, node);

  if (layout->operators[node] == ESP_N_OPERATORS)
    return g_strdup (symbol);
  return g_strdup_printf ("%s\u2009%u in layer %u", symbol, layout->ordinals[node],
                          layout->nodes[node].column);
}

char *
esp_network_layout_describe_path (const EspNetworkLayout *layout,
                                  const EspEnvironmentInfo *environment,
                                  size_t action,
                                  size_t path)
{
  const EspPath *ends = &layout->paths[path];
  g_autofree char *source = esp_network_layout_describe_node (layout, environment, action, ends->source);
  g_autofree char *target = esp_network_layout_describe_node (layout, environment, action, ends->target);

  if (layout->operators[ends->target] == ESP_N_OPERATORS
      || esp_operator_get_n_arguments (layout->operators[ends->target]) == 1)
    return g_strdup_printf ("%s → %s", source, target);
  return g_strdup_printf ("%s → %s, argument %u", source, target, ends->argument + 1u);
}

#include "esp-heat-map.h"

#include <math.h>
#include <string.h>

#include "esp-plot.h"

/* Smaller names cannot be read, in pixels. */
#define LEAST_NAME 6.5

/* Below this, operators in columns of their own read worse than the number of their layer. */
#define LEAST_SYMBOL 9.0

static size_t
count_rows (const EspArrangement *arrangement)
{
  size_t n = 0;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    n += arrangement->layers[l].n_arguments;
  return n;
}

static const char *
get_input_name (const EspHeatMap *map, size_t input)
{
  return esp_network_layout_get_symbol (map->layout, map->snapshot->environment, map->action, input);
}

static const char *
get_output_name (const EspHeatMap *map)
{
  return esp_network_layout_get_symbol (map->layout, map->snapshot->environment, map->action,
                                        map->layout->n_nodes - 1);
}

/* The size at which labels as wide as @widest fit their columns, spread over @n_rows rows. */
static double
get_fitting_size (const EspHeatMap *map, double widest, int n_rows)
{
  return map->text_size * CLAMP ((n_rows * map->column_width - 3) / MAX (widest, 1), 0, 1);
}

/* One row of labels where they can be read; else two, in which neighbours alternate; else none. */
static void
choose_size (const EspHeatMap *map, double widest, double least, double *size, int *n_rows)
{
  *n_rows = 1;
  *size = get_fitting_size (map, widest, 1);
  if (*size >= MIN (LEAST_SYMBOL, map->text_size))
    return;
  *n_rows = 2;
  *size = get_fitting_size (map, widest, 2);
  if (*size >= least)
    return;
  *n_rows = 1;
  *size = 0;
}

static void
choose_sizes (EspHeatMap *map)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  double widest_name = 0, widest_symbol = 0;

  for (size_t i = 0; i < arrangement->n_inputs; i++)
    widest_name = MAX (widest_name,
                       esp_texts_get_name_width (map->texts, get_input_name (map, i), map->text_size));
  for (size_t l = 0; l < arrangement->n_layers; l++)
    for (size_t i = 0; i < arrangement->layers[l].n_operators; i++)
      widest_symbol = MAX (widest_symbol,
                           esp_texts_get_width (map->texts,
                                                esp_operator_get_symbol (arrangement->layers[l].operators[i]),
                                                map->text_size));
  choose_size (map, widest_name, LEAST_NAME, &map->name_size, &map->name_rows);
  choose_size (map, widest_symbol, LEAST_SYMBOL, &map->symbol_size, &map->symbol_rows);
}

EspHeatMap
esp_heat_map_new (EspTexts *texts,
                  const EspSnapshot *snapshot,
                  const EspNetworkLayout *layout,
                  size_t action,
                  const graphene_rect_t *area,
                  double text_size,
                  int scale)
{
  const EspArrangement *arrangement = snapshot->arrangement;
  const EspLayer *output = &arrangement->layers[arrangement->n_layers - 1];
  EspHeatMap map = { texts, snapshot, layout, action, .text_size = text_size, .scale = scale };
  float line = (float) (1.45 * text_size);
  float gutter = (float) MAX (2.6 * text_size,
                              esp_texts_get_width (texts, get_output_name (&map), text_size) + 8);
  float head;

  map.gap = area->size.height > 170 ? 4 : 2;
  map.cells.origin.x = area->origin.x + gutter;
  map.cells.size.width = MAX (area->size.width - gutter, 10);
  map.column_width = map.cells.size.width / (float) MAX (output->n_features, 1);
  choose_sizes (&map);
  head = line * (float) MAX (map.name_rows, map.symbol_rows);
  map.cells.origin.y = area->origin.y + head;
  map.cells.size.height = MAX (area->size.height - head, 10);
  map.row_height = MAX (map.cells.size.height - (float) (arrangement->n_layers - 1) * map.gap, 1)
                   / (float) MAX (count_rows (arrangement), 1);
  return map;
}

static float
get_block_y (const EspHeatMap *map, size_t layer)
{
  size_t rows = 0;

  for (size_t l = 0; l < layer; l++)
    rows += map->snapshot->arrangement->layers[l].n_arguments;
  return map->cells.origin.y + (float) rows * map->row_height + (float) layer * map->gap;
}

/* Enlarges @cells[n_rows][n_columns] to @width × @height pixels, with thin gaps of colour @gap where
 * the cells are large enough to be told apart. */
static GdkTexture *
enlarge_cells (
  const guint8 (*cells)[3], size_t n_columns, size_t n_rows, int width, int height, const guint8 gap[3])
{
  guint8 *pixels = g_malloc (3 * (size_t) width * (size_t) height);
  size_t stride = 3 * (size_t) width;
  gboolean gaps = (size_t) width >= 5 * n_columns && (size_t) height >= 4 * n_rows;

  for (size_t r = 0; r < n_rows; r++)
    {
      size_t top = r * (size_t) height / n_rows;
      size_t bottom = (r + 1) * (size_t) height / n_rows;
      guint8 *first = pixels + top * stride;

      if (bottom <= top)
        continue;
      for (size_t c = 0; c < n_columns; c++)
        {
          size_t left = c * (size_t) width / n_columns;
          size_t right = (c + 1) * (size_t) width / n_columns;

          for (size_t x = left; x < right; x++)
            memcpy (first + 3 * x, gaps && x + 1 == right ? gap : cells[r * n_columns + c], 3);
        }
      for (size_t y = top + 1; y < bottom; y++)
        if (gaps && y + 1 == bottom)
          for (size_t x = 0; x < (size_t) width; x++)
            memcpy (pixels + y * stride + 3 * x, gap, 3);
        else
          memcpy (pixels + y * stride, first, stride);
    }
  return esp_plot_new_picture (pixels, width, height);
}

static void
draw_block (const EspHeatMap *map, GtkSnapshot *snapshot, const EspPalette *palette, size_t l)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  const EspLayer *layer = &arrangement->layers[l];
  size_t n_cells = layer->n_arguments * layer->n_features;
  const float *probabilities = map->snapshot->probabilities + map->action * arrangement->n_weights
                               + layer->weights;
  int scale = map->scale;
  graphene_rect_t area = GRAPHENE_RECT_INIT (map->cells.origin.x, get_block_y (map, l),
                                             map->column_width * (float) layer->n_features,
                                             map->row_height * (float) layer->n_arguments);
  g_autofree guint8 (*cells)[3] = g_malloc (3 * n_cells + 1);
  const guint8 gap[3] = { (guint8) lroundf (255 * palette->background.red),
                          (guint8) lroundf (255 * palette->background.green),
                          (guint8) lroundf (255 * palette->background.blue) };
  g_autoptr (GdkTexture) texture = NULL;

  for (size_t i = 0; i < n_cells; i++)
    memcpy (cells[i], esp_palette_get_heat (palette, probabilities[i]), 3);
  graphene_rect_round_extents (&area, &area);
  texture = enlarge_cells (cells, layer->n_features, layer->n_arguments,
                           MAX ((int) area.size.width * scale, 1), MAX ((int) area.size.height * scale, 1),
                           gap);
  gtk_snapshot_append_texture (snapshot, texture, &area);
}

static void
draw_row_labels (const EspHeatMap *map, GtkSnapshot *snapshot, const EspPalette *palette, size_t l)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  const EspLayer *layer = &arrangement->layers[l];
  float y = get_block_y (map, l);
  float height = map->row_height * (float) layer->n_arguments;
  double right = map->cells.origin.x - 6;
  double small = CLAMP (0.95 * map->row_height, 0, map->text_size);

  if (layer->n_operators == 0)
    esp_texts_draw (map->texts, snapshot, get_output_name (map), map->text_size, &palette->foreground, right,
                    y + height / 2, 1);
  else if (small >= 8)
    for (size_t i = 0; i < layer->n_operators; i++)
      {
        double n_arguments = (double) esp_operator_get_n_arguments (layer->operators[i]);

        esp_texts_draw (map->texts, snapshot, esp_operator_get_symbol (layer->operators[i]), small,
                        &palette->dim, right,
                        y + map->row_height * ((double) layer->first_argument[i] + n_arguments / 2), 1);
      }
  else
    {
      char number[16];

      g_snprintf (number, sizeof number, "%zu", l + 1);
      esp_texts_draw (map->texts, snapshot, number, map->text_size, &palette->dim, right, y + height / 2, 1);
    }
}

/* One label with a bracket for columns too narrow for labels of their own. */
static void
draw_column_group (const EspHeatMap *map,
                   GtkSnapshot *snapshot,
                   const EspPalette *palette,
                   const char *text,
                   size_t first,
                   size_t n)
{
  float begin = map->cells.origin.x + map->column_width * (float) first;
  float width = map->column_width * (float) n;

  esp_texts_draw (map->texts, snapshot, text, map->text_size, &palette->dim, begin + width / 2,
                  map->cells.origin.y - 0.6 * map->text_size - 1, 0.5);
  gtk_snapshot_append_color (snapshot, &palette->border,
                             &GRAPHENE_RECT_INIT (begin + 1, map->cells.origin.y - 3, width - 3, 1));
}

/* The middle of the labels of a column: neighbours alternate where there are two rows. */
static double
get_label_y (const EspHeatMap *map, int n_rows, size_t column)
{
  double y = map->cells.origin.y - 0.6 * map->text_size;

  return n_rows == 2 && column % 2 == 1 ? y - 1.15 * map->text_size : y;
}

static void
draw_column_labels (const EspHeatMap *map, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  double left = map->cells.origin.x;
  double width = map->column_width;

  if (map->name_size == 0)
    draw_column_group (map, snapshot, palette, "in", 0, arrangement->n_inputs);
  else
    for (size_t i = 0; i < arrangement->n_inputs; i++)
      esp_texts_draw_name (map->texts, snapshot, get_input_name (map, i), map->name_size,
                           &palette->foreground, left + width * ((double) i + 0.5),
                           get_label_y (map, map->name_rows, i), 0.5);
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      char number[16];

      if (layer->n_operators == 0)
        continue;
      if (map->symbol_size == 0)
        {
          g_snprintf (number, sizeof number, "%zu", l + 1);
          draw_column_group (map, snapshot, palette, number, layer->n_features, layer->n_operators);
          continue;
        }
      for (size_t i = 0; i < layer->n_operators; i++)
        esp_texts_draw (map->texts, snapshot, esp_operator_get_symbol (layer->operators[i]), map->symbol_size,
                        &palette->dim, left + width * ((double) (layer->n_features + i) + 0.5),
                        get_label_y (map, map->symbol_rows, layer->n_features + i), 0.5);
    }
}

void
esp_heat_map_draw (const EspHeatMap *map, GtkSnapshot *snapshot, const EspPalette *palette)
{
  draw_column_labels (map, snapshot, palette);
  for (size_t l = 0; l < map->snapshot->arrangement->n_layers; l++)
    {
      draw_block (map, snapshot, palette, l);
      draw_row_labels (map, snapshot, palette, l);
    }
}

size_t
esp_heat_map_find (const EspHeatMap *map, double x, double y)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  double column = floor ((x - map->cells.origin.x) / map->column_width);

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      double row = floor ((y - get_block_y (map, l)) / map->row_height);

      if (column >= 0 && column < (double) layer->n_features && row >= 0 && row < (double) layer->n_arguments)
        return layer->weights + (size_t) row * layer->n_features + (size_t) column;
    }
  return ESP_NOTHING;
}

/* The layer of @path, and its place in that layer's block. */
static size_t
locate (const EspHeatMap *map, size_t path, size_t *row, size_t *column)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  size_t l = 0;

  while (l + 1 < arrangement->n_layers && arrangement->layers[l + 1].weights <= path)
    l++;
  *row = (path - arrangement->layers[l].weights) / arrangement->layers[l].n_features;
  *column = (path - arrangement->layers[l].weights) % arrangement->layers[l].n_features;
  return l;
}

graphene_rect_t
esp_heat_map_get_cell (const EspHeatMap *map, size_t path)
{
  size_t row, column;
  size_t l = locate (map, path, &row, &column);

  return GRAPHENE_RECT_INIT (map->cells.origin.x + (float) column * map->column_width,
                             get_block_y (map, l) + (float) row * map->row_height, map->column_width,
                             map->row_height);
}

size_t
esp_heat_map_move (const EspHeatMap *map, size_t path, EspMove move)
{
  const EspArrangement *arrangement = map->snapshot->arrangement;
  size_t row, column;
  size_t l = locate (map, path, &row, &column);

  switch (move)
    {
    case ESP_MOVE_LEFT:
      column -= column > 0;
      break;
    case ESP_MOVE_RIGHT:
      column += column + 1 < arrangement->layers[l].n_features;
      break;
    case ESP_MOVE_FIRST:
      column = 0;
      break;
    case ESP_MOVE_LAST:
      column = arrangement->layers[l].n_features - 1;
      break;
    case ESP_MOVE_UP:
      if (row > 0)
        row--;
      else if (l > 0)
        row = arrangement->layers[--l].n_arguments - 1;
      /* Earlier layers read fewer features. */
      column = MIN (column, arrangement->layers[l].n_features - 1);
      break;
    default:
      if (row + 1 < arrangement->layers[l].n_arguments)
        row++;
      else if (l + 1 < arrangement->n_layers)
        {
          l++;
          row = 0;
        }
      break;
    }
  return arrangement->layers[l].weights + row * arrangement->layers[l].n_features + column;
}

char *
esp_heat_map_describe (const EspHeatMap *map, size_t path)
{
  const EspSnapshot *state = map->snapshot;
  size_t index = map->action * state->arrangement->n_weights + path;
  g_autofree char *name = esp_network_layout_describe_path (map->layout, state->environment, map->action,
                                                            path);
  g_autofree char *probability = esp_text_from_number (state->probabilities[index], 2);
  g_autofree char *weight = esp_text_from_number (state->weights[index], 3);

  return g_markup_printf_escaped ("<b>%s</b>\np = %s, w = %s", name, probability, weight);
}

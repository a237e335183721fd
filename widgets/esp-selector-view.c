#include "esp-selector-view.h"

#include <math.h>
#include <string.h>

#include "esp-network-layout.h"
#include "esp-palette.h"
#include "esp-plot.h"
#include "esp-text.h"
#include "esp-throttle.h"

/* The picture follows the snapshots at most this often, in microseconds. */
#define REDRAW_INTERVAL (G_USEC_PER_SEC / 8)

/* Smaller text cannot be read, in pixels. */
#define LEAST_TEXT 6.5

#define NOTHING G_MAXSIZE

/* Where the parts of the panel lie, in pixels. */
typedef struct
{
  graphene_rect_t cells; /* all blocks, with their gaps */
  float column_width;
  float row_height;
  float gap;             /* between blocks */
  graphene_rect_t strip; /* the histogram over time; empty where there is no room */
  float caption_y;       /* middle of the line of text above the strip */
  double text_size;
} Geometry;

struct _EspSelectorView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;
  guint action;

  EspTexts *texts;
  EspNetworkLayout *layout; /* names only */
  GskRenderNode *picture;   /* all but the hover card; NULL when out of date */
  EspThrottle throttle;

  gboolean pointer_inside;
  double pointer_x;
  double pointer_y;
};

enum
{
  PROPERTY_ACTION = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (EspSelectorView, esp_selector_view, GTK_TYPE_WIDGET)

static size_t
get_action_index (EspSelectorView *view)
{
  return MIN (view->action, view->snapshot->n_actions - 1);
}

static double
get_n_paths (EspSelectorView *view)
{
  return (double) MAX (view->snapshot->n_actions * view->snapshot->arrangement->n_weights, 1);
}

static size_t
count_rows (const EspArrangement *arrangement)
{
  size_t n = 0;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    n += arrangement->layers[l].n_arguments;
  return n;
}

static Geometry
get_geometry (EspSelectorView *view)
{
  const EspArrangement *arrangement = view->snapshot->arrangement;
  const EspLayer *output = &arrangement->layers[arrangement->n_layers - 1];
  float width = (float) gtk_widget_get_width (GTK_WIDGET (view));
  float height = (float) gtk_widget_get_height (GTK_WIDGET (view));
  double size = 0.78 * esp_texts_get_font_size (view->texts);
  float line = (float) (1.45 * size);
  float margin = 10;
  float gutter = (float) MAX (
    2.6 * size,
    esp_texts_get_width (view->texts,
                         esp_network_layout_get_symbol (view->layout, view->snapshot->environment,
                                                        get_action_index (view), view->layout->n_nodes - 1),
                         size)
      + 8);
  float n_gaps = (float) (arrangement->n_layers - 1);
  float strip_height = height < 190 ? 0 : CLAMP (0.27f * height, 44, 130);
  float bottom = margin + (strip_height > 0 ? strip_height + 2.3f * line : 0);
  Geometry geometry = { .text_size = size };

  geometry.gap = height > 260 ? 4 : 2;
  geometry.cells = GRAPHENE_RECT_INIT (margin + gutter, margin + line, MAX (width - 2 * margin - gutter, 10),
                                       MAX (height - bottom - margin - line, 10));
  geometry.column_width = geometry.cells.size.width / (float) MAX (output->n_features, 1);
  geometry.row_height = MAX (geometry.cells.size.height - n_gaps * geometry.gap, 1)
                        / (float) MAX (count_rows (arrangement), 1);
  if (strip_height > 0)
    {
      geometry.strip = GRAPHENE_RECT_INIT (geometry.cells.origin.x, height - margin - line - strip_height,
                                           geometry.cells.size.width, strip_height);
      geometry.caption_y = geometry.strip.origin.y - 0.65f * line;
    }
  return geometry;
}

static float
get_block_y (EspSelectorView *view, const Geometry *geometry, size_t layer)
{
  size_t rows = 0;

  for (size_t l = 0; l < layer; l++)
    rows += view->snapshot->arrangement->layers[l].n_arguments;
  return geometry->cells.origin.y + (float) rows * geometry->row_height + (float) layer * geometry->gap;
}

static GdkTexture *
new_texture (guint8 *pixels, int width, int height)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, 3 * (size_t) width * (size_t) height);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8, bytes, 3 * (size_t) width);
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
  return new_texture (pixels, width, height);
}

static const guint8 *
get_heat (const EspPalette *palette, double amount)
{
  return palette->heat[amount > 0 ? (int) lround (255 * MIN (amount, 1)) : 0];
}

static void
draw_block (
  EspSelectorView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry, size_t l)
{
  const EspArrangement *arrangement = view->snapshot->arrangement;
  const EspLayer *layer = &arrangement->layers[l];
  size_t n_cells = layer->n_arguments * layer->n_features;
  const float *probabilities = view->snapshot->probabilities
                               + get_action_index (view) * arrangement->n_weights + layer->weights;
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  graphene_rect_t area = GRAPHENE_RECT_INIT (geometry->cells.origin.x, get_block_y (view, geometry, l),
                                             geometry->column_width * (float) layer->n_features,
                                             geometry->row_height * (float) layer->n_arguments);
  g_autofree guint8 (*cells)[3] = g_malloc (3 * n_cells + 1);
  const guint8 gap[3] = { (guint8) lroundf (255 * palette->background.red),
                          (guint8) lroundf (255 * palette->background.green),
                          (guint8) lroundf (255 * palette->background.blue) };
  g_autoptr (GdkTexture) texture = NULL;

  for (size_t i = 0; i < n_cells; i++)
    memcpy (cells[i], get_heat (palette, probabilities[i]), 3);
  graphene_rect_round_extents (&area, &area);
  texture = enlarge_cells (cells, layer->n_features, layer->n_arguments,
                           MAX ((int) area.size.width * scale, 1), MAX ((int) area.size.height * scale, 1),
                           gap);
  gtk_snapshot_append_texture (snapshot, texture, &area);
}

static void
draw_row_labels (
  EspSelectorView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry, size_t l)
{
  const EspArrangement *arrangement = view->snapshot->arrangement;
  const EspLayer *layer = &arrangement->layers[l];
  float y = get_block_y (view, geometry, l);
  float height = geometry->row_height * (float) layer->n_arguments;
  double right = geometry->cells.origin.x - 6;
  double small = CLAMP (0.95 * geometry->row_height, 0, geometry->text_size);

  if (layer->n_operators == 0)
    esp_texts_draw (view->texts, snapshot,
                    esp_network_layout_get_symbol (view->layout, view->snapshot->environment,
                                                   get_action_index (view), view->layout->n_nodes - 1),
                    geometry->text_size, &palette->foreground, right, y + height / 2, 1);
  else if (small >= 8)
    for (size_t i = 0; i < layer->n_operators; i++)
      {
        double n_arguments = (double) esp_operator_get_n_arguments (layer->operators[i]);

        esp_texts_draw (view->texts, snapshot, esp_operator_get_symbol (layer->operators[i]), small,
                        &palette->dim, right,
                        y + geometry->row_height * ((double) layer->first_argument[i] + n_arguments / 2), 1);
      }
  else
    {
      char number[16];

      g_snprintf (number, sizeof number, "%zu", l + 1);
      esp_texts_draw (view->texts, snapshot, number, geometry->text_size, &palette->dim, right,
                      y + height / 2, 1);
    }
}

/* One label with a bracket for columns too narrow for labels of their own. */
static void
draw_column_group (EspSelectorView *view,
                   GtkSnapshot *snapshot,
                   const EspPalette *palette,
                   const Geometry *geometry,
                   const char *text,
                   size_t first,
                   size_t n)
{
  float begin = geometry->cells.origin.x + geometry->column_width * (float) first;
  float width = geometry->column_width * (float) n;

  esp_texts_draw (view->texts, snapshot, text, geometry->text_size, &palette->dim, begin + width / 2,
                  geometry->cells.origin.y - 0.6 * geometry->text_size - 1, 0.5);
  gtk_snapshot_append_color (snapshot, &palette->border,
                             &GRAPHENE_RECT_INIT (begin + 1, geometry->cells.origin.y - 3, width - 3, 1));
}

static void
draw_column_labels (EspSelectorView *view,
                    GtkSnapshot *snapshot,
                    const EspPalette *palette,
                    const Geometry *geometry)
{
  const EspArrangement *arrangement = view->snapshot->arrangement;
  double y = geometry->cells.origin.y - 0.6 * geometry->text_size;
  double left = geometry->cells.origin.x;
  double width = geometry->column_width;
  double size = MIN (geometry->text_size, 0.62 * width);
  gboolean each = size >= 7.5;
  double widest = 0;

  for (size_t i = 0; i < arrangement->n_inputs; i++)
    widest = MAX (widest, esp_texts_get_name_width (
                            view->texts,
                            esp_network_layout_get_symbol (view->layout, view->snapshot->environment, 0, i),
                            geometry->text_size));
  for (size_t i = 0; i < arrangement->n_inputs; i++)
    {
      double fitting = geometry->text_size * MIN (1, (width - 3) / MAX (widest, 1));

      if (fitting >= LEAST_TEXT)
        esp_texts_draw_name (view->texts, snapshot,
                             esp_network_layout_get_symbol (view->layout, view->snapshot->environment, 0, i),
                             fitting, &palette->foreground, left + width * ((double) i + 0.5), y, 0.5);
    }
  if (geometry->text_size * MIN (1, (width - 3) / MAX (widest, 1)) < LEAST_TEXT)
    draw_column_group (view, snapshot, palette, geometry, "in", 0, arrangement->n_inputs);
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      double begin = left + width * (double) layer->n_features;
      char number[16];

      if (layer->n_operators == 0)
        continue;
      if (each)
        {
          for (size_t i = 0; i < layer->n_operators; i++)
            esp_texts_draw (view->texts, snapshot, esp_operator_get_symbol (layer->operators[i]), size,
                            &palette->dim, begin + width * ((double) i + 0.5), y, 0.5);
          continue;
        }
      g_snprintf (number, sizeof number, "%zu", l + 1);
      draw_column_group (view, snapshot, palette, geometry, number, layer->n_features, layer->n_operators);
    }
}

static double
get_expected_share (const EspRecord *record, gconstpointer data)
{
  return record->expected_paths / *(const double *) data;
}

static double
get_allowed_share (const EspRecord *record, gconstpointer data)
{
  return record->allowed_paths / *(const double *) data;
}

/* Columns are the steps of the run, rows the twentieths of [0, 1], the highest on top. */
static void
draw_histogram (EspSelectorView *view,
                GtkSnapshot *snapshot,
                const EspPalette *palette,
                const Geometry *geometry,
                const EspAxis *steps)
{
  const EspHistory *history = view->snapshot->history;
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  int height = MAX ((int) lroundf (geometry->strip.size.height), 1) * scale;
  double reach = CLAMP (esp_axis_place (steps, (double) history->records[history->n_records - 1].step), 0, 1);
  int width = MAX ((int) lround (reach * geometry->strip.size.width), 1) * scale;
  guint8 *pixels = g_malloc (3 * (size_t) width * (size_t) height);
  size_t stride = 3 * (size_t) width;
  g_autofree size_t *records = g_new (size_t, (size_t) width);
  g_autoptr (GdkTexture) texture = NULL;

  for (int x = 0; x < width; x++)
    records[x] = esp_plot_find_record (history, ((double) x + 0.5) / (double) width * reach * steps->high);
  for (int bin = 0; bin < ESP_HISTOGRAM_BINS; bin++)
    {
      int top = bin * height / ESP_HISTOGRAM_BINS;
      int bottom = (bin + 1) * height / ESP_HISTOGRAM_BINS;
      guint8 *first = pixels + (size_t) top * stride;

      if (bottom <= top)
        continue;
      /* The square root keeps the few undecided paths visible beside the many at 0 and 1. */
      for (int x = 0; x < width; x++)
        memcpy (
          first + 3 * x,
          get_heat (palette,
                    sqrt (MAX (history->records[records[x]].histogram[ESP_HISTOGRAM_BINS - 1 - bin], 0))),
          3);
      for (int y = top + 1; y < bottom; y++)
        memcpy (pixels + (size_t) y * stride, first, stride);
    }
  texture = new_texture (pixels, width, height);
  gtk_snapshot_append_texture (snapshot, texture,
                               &GRAPHENE_RECT_INIT (geometry->strip.origin.x, geometry->strip.origin.y,
                                                    (float) width / (float) scale,
                                                    (float) height / (float) scale));
}

static void
draw_lines (EspSelectorView *view,
            GtkSnapshot *snapshot,
            const EspPalette *palette,
            const Geometry *geometry,
            const EspAxis *steps)
{
  const EspAxis share = { 0, 1, 1 };
  const double dashes[] = { 4, 3 };
  double n_paths = get_n_paths (view);
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &geometry->strip);

  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (int line = 0; line < 2; line++)
    {
      esp_plot_trace_records (cr, &geometry->strip, steps, &share, view->snapshot->history,
                              line == 0 ? get_allowed_share : get_expected_share, &n_paths);
      /* A halo sets the line off from the heat behind it. */
      gdk_cairo_set_source_rgba (cr, &palette->background);
      cairo_set_line_width (cr, 3.5);
      cairo_stroke_preserve (cr);
      gdk_cairo_set_source_rgba (cr, line == 0 ? &palette->foreground : &palette->negative);
      cairo_set_line_width (cr, line == 0 ? 1.2 : 1.8);
      cairo_set_dash (cr, dashes, line == 0 ? 2 : 0, 0);
      cairo_stroke (cr);
      cairo_set_dash (cr, NULL, 0, 0);
    }
  cairo_destroy (cr);
}

static void
draw_caption (EspSelectorView *view,
              GtkSnapshot *snapshot,
              const EspPalette *palette,
              const Geometry *geometry)
{
  g_autofree char *expected = esp_text_from_count (
    (guint64) lround (MAX (view->snapshot->expected_paths, 0)));
  g_autofree char *allowed = esp_text_from_count ((guint64) lround (MAX (view->snapshot->allowed_paths, 0)));
  g_autofree char *all = esp_text_from_count ((guint64) get_n_paths (view));
  g_autofree char *temperature = esp_text_from_number (view->snapshot->temperature, 3);
  g_autofree char *first = g_strdup_printf ("expected %s", expected);
  g_autofree char *second = g_strdup_printf ("allowed %s", allowed);
  g_autofree char *third = g_strdup_printf ("of %s paths", all);
  g_autofree char *fourth = g_strdup_printf ("temperature %s", temperature);
  double space = geometry->text_size * 0.7;
  double size = geometry->text_size;
  double x = geometry->strip.origin.x;
  double third_width = esp_texts_get_width (view->texts, third, size);
  double fourth_width = esp_texts_get_width (view->texts, fourth, size);

  x += space
       + esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_LINE, first, size, &palette->negative, x,
                               geometry->caption_y);
  x += space
       + esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_DASHES, second, size, &palette->foreground, x,
                               geometry->caption_y);
  if (x + third_width + space + fourth_width <= geometry->strip.origin.x + geometry->strip.size.width)
    esp_texts_draw (view->texts, snapshot, third, size, &palette->dim, x, geometry->caption_y, 0);
  if (x + fourth_width <= geometry->strip.origin.x + geometry->strip.size.width + 2)
    esp_texts_draw (view->texts, snapshot, fourth, size, &palette->dim,
                    geometry->strip.origin.x + geometry->strip.size.width, geometry->caption_y, 1);
}

static void
draw_strip (EspSelectorView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry)
{
  const EspHistory *history = view->snapshot->history;
  EspAxis steps = { 0, esp_plot_get_last_step (view->snapshot), 1 };
  g_autofree char *last = esp_text_from_count ((guint64) steps.high);
  g_autofree char *last_text = g_strdup_printf ("%s steps", last);
  double left = geometry->strip.origin.x;
  double bottom = geometry->strip.origin.y + geometry->strip.size.height;
  double below = bottom + 0.75 * geometry->text_size;
  GdkRGBA empty = { (float) palette->heat[0][0] / 255, (float) palette->heat[0][1] / 255,
                    (float) palette->heat[0][2] / 255, 1 };

  gtk_snapshot_append_color (snapshot, &empty, &geometry->strip);
  if (history && history->n_records > 0)
    {
      draw_histogram (view, snapshot, palette, geometry, &steps);
      draw_lines (view, snapshot, palette, geometry, &steps);
    }
  esp_texts_draw (view->texts, snapshot, "1", geometry->text_size, &palette->dim, left - 6,
                  geometry->strip.origin.y + 0.4 * geometry->text_size, 1);
  esp_texts_draw (view->texts, snapshot, "p", geometry->text_size, &palette->dim, left - 6,
                  geometry->strip.origin.y + geometry->strip.size.height / 2, 1);
  esp_texts_draw (view->texts, snapshot, "0", geometry->text_size, &palette->dim, left - 6,
                  bottom - 0.4 * geometry->text_size, 1);
  esp_texts_draw (view->texts, snapshot, "0", geometry->text_size, &palette->dim, left, below, 0);
  esp_texts_draw (view->texts, snapshot, last_text, geometry->text_size, &palette->dim,
                  left + geometry->strip.size.width, below, 1);
  draw_caption (view, snapshot, palette, geometry);
}

static GskRenderNode *
draw_picture (EspSelectorView *view, const EspPalette *palette)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                  (float) gtk_widget_get_height (widget)));
  if (!view->snapshot || view->snapshot->n_actions == 0)
    esp_texts_draw_placeholder (view->texts, snapshot, palette,
                                "The selection probabilities appear when training starts");
  else
    {
      Geometry geometry = get_geometry (view);

      draw_column_labels (view, snapshot, palette, &geometry);
      for (size_t l = 0; l < view->snapshot->arrangement->n_layers; l++)
        {
          draw_block (view, snapshot, palette, &geometry, l);
          draw_row_labels (view, snapshot, palette, &geometry, l);
        }
      if (geometry.strip.size.height > 0)
        draw_strip (view, snapshot, palette, &geometry);
    }
  return gtk_snapshot_free_to_node (snapshot);
}

/* Returns the weight index of the path under the pointer, or NOTHING; and its cell. */
static size_t
find_path (EspSelectorView *view, const Geometry *geometry, graphene_rect_t *cell)
{
  const EspArrangement *arrangement = view->snapshot->arrangement;

  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];
      double column = floor ((view->pointer_x - geometry->cells.origin.x) / geometry->column_width);
      float y = get_block_y (view, geometry, l);
      double row = floor ((view->pointer_y - y) / geometry->row_height);

      if (column < 0 || column >= (double) layer->n_features || row < 0 || row >= (double) layer->n_arguments)
        continue;
      *cell = GRAPHENE_RECT_INIT (geometry->cells.origin.x + (float) column * geometry->column_width,
                                  y + (float) row * geometry->row_height, geometry->column_width,
                                  geometry->row_height);
      return layer->weights + (size_t) row * layer->n_features + (size_t) column;
    }
  return NOTHING;
}

static void
draw_hover (EspSelectorView *view, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const EspSnapshot *state = view->snapshot;
  Geometry geometry = get_geometry (view);
  size_t offset = get_action_index (view) * state->arrangement->n_weights;
  graphene_rect_t cell;
  size_t path = find_path (view, &geometry, &cell);
  g_autofree char *markup = NULL;

  if (path != NOTHING)
    {
      g_autofree char *name = esp_network_layout_describe_path (view->layout, state->environment,
                                                                get_action_index (view), path);
      g_autofree char *probability = esp_text_from_number (state->probabilities[offset + path], 2);
      g_autofree char *weight = esp_text_from_number (state->weights[offset + path], 3);
      GskRoundedRect outline;
      float widths[4] = { 2, 2, 2, 2 };
      GdkRGBA lines[4] = { palette->negative, palette->negative, palette->negative, palette->negative };

      graphene_rect_inset (&cell, -2, -2);
      gsk_rounded_rect_init_from_rect (&outline, &cell, 3);
      gtk_snapshot_append_border (snapshot, &outline, widths, lines);
      markup = g_markup_printf_escaped ("<b>%s</b>\np = %s, w = %s", name, probability, weight);
    }
  else if (state->history && state->history->n_records > 0 && view->pointer_x >= geometry.strip.origin.x
           && view->pointer_x <= geometry.strip.origin.x + geometry.strip.size.width
           && view->pointer_y >= geometry.strip.origin.y
           && view->pointer_y <= geometry.strip.origin.y + geometry.strip.size.height)
    {
      double place = (view->pointer_x - geometry.strip.origin.x) / geometry.strip.size.width;
      double last = esp_plot_get_last_step (state);
      const EspRecord *record = &state->history->records[esp_plot_find_record (state->history, place * last)];
      g_autofree char *step = esp_text_from_count (record->step);
      g_autofree char *expected = esp_text_from_number (record->expected_paths, 3);
      g_autofree char *allowed = esp_text_from_number (record->allowed_paths, 3);
      g_autofree char *temperature = esp_text_from_number (record->temperature, 3);
      float x = geometry.strip.origin.x + geometry.strip.size.width * (float) ((double) record->step / last);

      gtk_snapshot_append_color (
        snapshot, &palette->foreground,
        &GRAPHENE_RECT_INIT (roundf (x), geometry.strip.origin.y, 1, geometry.strip.size.height));
      markup = g_markup_printf_escaped ("<b>step %s</b>\n%s paths expected, %s allowed\ntemperature %s", step,
                                        expected, allowed, temperature);
    }
  if (markup)
    esp_texts_draw_card (view->texts, snapshot, palette, markup, view->pointer_x, view->pointer_y);
}

static void
esp_selector_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);

  if (gtk_widget_get_width (widget) < 2 || gtk_widget_get_height (widget) < 2)
    return;
  if (view->snapshot && !view->layout)
    view->layout = esp_network_layout_new (view->snapshot->arrangement);
  if (!view->picture)
    view->picture = draw_picture (view, palette);
  gtk_snapshot_append_node (snapshot, view->picture);
  if (view->snapshot && view->snapshot->n_actions > 0 && view->pointer_inside)
    draw_hover (view, snapshot, palette);
}

static void
forget_picture (gpointer data)
{
  EspSelectorView *view = data;

  g_clear_pointer (&view->picture, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
esp_selector_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  forget_picture (widget);
}

static void
esp_selector_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (esp_selector_view_parent_class)->css_changed (widget, change);
  esp_texts_clear (ESP_SELECTOR_VIEW (widget)->texts);
  forget_picture (widget);
}

static void
esp_selector_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (esp_selector_view_parent_class)->map (widget);
  forget_picture (widget);
}

static void
esp_selector_view_unmap (GtkWidget *widget)
{
  esp_throttle_stop (&ESP_SELECTOR_VIEW (widget)->throttle);
  GTK_WIDGET_CLASS (esp_selector_view_parent_class)->unmap (widget);
}

static void
esp_selector_view_measure (GtkWidget *widget,
                           GtkOrientation orientation,
                           int for_size,
                           int *minimum,
                           int *natural,
                           int *minimum_baseline,
                           int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 110;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 300;
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, gpointer data)
{
  EspSelectorView *view = data;

  view->pointer_inside = TRUE;
  view->pointer_x = x;
  view->pointer_y = y;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_leave (GtkEventControllerMotion *controller, gpointer data)
{
  EspSelectorView *view = data;

  view->pointer_inside = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
esp_selector_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_ACTION)
    g_value_set_uint (value, ESP_SELECTOR_VIEW (object)->action);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
esp_selector_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_ACTION)
    esp_selector_view_set_action (ESP_SELECTOR_VIEW (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
esp_selector_view_dispose (GObject *object)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (object);

  esp_throttle_stop (&view->throttle);
  g_clear_pointer (&view->picture, gsk_render_node_unref);
  g_clear_pointer (&view->layout, esp_network_layout_free);
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_selector_view_parent_class)->dispose (object);
}

static void
esp_selector_view_finalize (GObject *object)
{
  g_clear_pointer (&ESP_SELECTOR_VIEW (object)->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_selector_view_parent_class)->finalize (object);
}

static void
esp_selector_view_class_init (EspSelectorViewClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = esp_selector_view_get_property;
  object_class->set_property = esp_selector_view_set_property;
  object_class->dispose = esp_selector_view_dispose;
  object_class->finalize = esp_selector_view_finalize;
  widget_class->snapshot = esp_selector_view_snapshot;
  widget_class->size_allocate = esp_selector_view_size_allocate;
  widget_class->css_changed = esp_selector_view_css_changed;
  widget_class->map = esp_selector_view_map;
  widget_class->unmap = esp_selector_view_unmap;
  widget_class->measure = esp_selector_view_measure;
  properties[PROPERTY_ACTION] = g_param_spec_uint ("action", NULL, NULL, 0, ESP_MAX_ACTIONS - 1, 0,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
                                                     | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_set_css_name (widget_class, "selectorview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_selector_view_init (EspSelectorView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkEventController *motion = gtk_event_controller_motion_new ();

  view->texts = esp_texts_new (widget);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), view);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Path selector", -1);
}

GtkWidget *
esp_selector_view_new (void)
{
  return g_object_new (ESP_TYPE_SELECTOR_VIEW, NULL);
}

void
esp_selector_view_set_snapshot (EspSelectorView *view, EspSnapshot *snapshot)
{
  EspSnapshot *old;

  g_return_if_fail (ESP_IS_SELECTOR_VIEW (view));

  old = view->snapshot;
  if (old == snapshot)
    return;
  if (!old || !snapshot || old->arrangement != snapshot->arrangement)
    g_clear_pointer (&view->layout, esp_network_layout_free);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  if (gtk_widget_get_mapped (GTK_WIDGET (view)))
    {
      if (!snapshot || !old || old->environment != snapshot->environment || old->run != snapshot->run)
        forget_picture (view);
      else if (old->step != snapshot->step || old->updates != snapshot->updates
               || old->state != snapshot->state)
        esp_throttle_call (&view->throttle, REDRAW_INTERVAL, forget_picture, view);
    }
  g_clear_pointer (&old, esp_snapshot_unref);
}

void
esp_selector_view_set_action (EspSelectorView *view, guint action)
{
  g_return_if_fail (ESP_IS_SELECTOR_VIEW (view));

  if (view->action == action)
    return;
  view->action = action;
  forget_picture (view);
  g_object_notify_by_pspec (G_OBJECT (view), properties[PROPERTY_ACTION]);
}

guint
esp_selector_view_get_action (EspSelectorView *view)
{
  g_return_val_if_fail (ESP_IS_SELECTOR_VIEW (view), 0);

  return view->action;
}

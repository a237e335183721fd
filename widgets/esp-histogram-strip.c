#include "esp-histogram-strip.h"

#include <math.h>
#include <string.h>

#include "esp-network-layout.h"
#include "esp-plot.h"

static double
get_n_paths (const EspHistogramStrip *strip)
{
  return (double) MAX (strip->snapshot->n_actions * strip->snapshot->arrangement->n_paths, 1);
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
draw_histogram (const EspHistogramStrip *strip,
                GtkSnapshot *snapshot,
                const EspPalette *palette,
                const EspAxis *steps)
{
  const EspHistory *history = strip->snapshot->history;
  int scale = strip->scale;
  int height = MAX ((int) lroundf (strip->area.size.height), 1) * scale;
  double reach = CLAMP (esp_axis_place (steps, (double) history->records[history->n_records - 1].step), 0, 1);
  int width = MAX ((int) lround (reach * strip->area.size.width), 1) * scale;
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
          esp_palette_get_heat (
            palette, sqrt (MAX (history->records[records[x]].histogram[ESP_HISTOGRAM_BINS - 1 - bin], 0))),
          3);
      for (int y = top + 1; y < bottom; y++)
        memcpy (pixels + (size_t) y * stride, first, stride);
    }
  texture = esp_plot_new_picture (pixels, width, height);
  gtk_snapshot_append_texture (snapshot, texture,
                               &GRAPHENE_RECT_INIT (strip->area.origin.x, strip->area.origin.y,
                                                    (float) width / (float) scale,
                                                    (float) height / (float) scale));
}

static void
draw_lines (const EspHistogramStrip *strip,
            GtkSnapshot *snapshot,
            const EspPalette *palette,
            const EspAxis *steps)
{
  const EspAxis share = { 0, 1, 1 };
  const double dashes[] = { 4, 3 };
  double n_paths = get_n_paths (strip);
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &strip->area);

  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  for (int line = 0; line < 2; line++)
    {
      esp_plot_trace_records (cr, &strip->area, steps, &share, strip->snapshot->history,
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
draw_caption (const EspHistogramStrip *strip, GtkSnapshot *snapshot, const EspPalette *palette)
{
  g_autofree char *expected = esp_text_from_count (
    (guint64) lround (MAX (strip->snapshot->expected_paths, 0)));
  g_autofree char *allowed = esp_text_from_count ((guint64) lround (MAX (strip->snapshot->allowed_paths, 0)));
  g_autofree char *all = esp_text_from_count ((guint64) get_n_paths (strip));
  g_autofree char *temperature = esp_text_from_number (strip->snapshot->temperature, 3);
  g_autofree char *first = g_strdup_printf ("expected %s", expected);
  g_autofree char *second = g_strdup_printf ("allowed %s", allowed);
  g_autofree char *third = g_strdup_printf ("of %s paths", all);
  g_autofree char *fourth = g_strdup_printf ("temperature %s", temperature);
  double space = strip->text_size * 0.7;
  double size = strip->text_size;
  double x = strip->area.origin.x;
  double third_width = esp_texts_get_width (strip->texts, third, size);
  double fourth_width = esp_texts_get_width (strip->texts, fourth, size);

  x += space
       + esp_texts_draw_entry (strip->texts, snapshot, ESP_MARK_LINE, first, size, &palette->negative, x,
                               strip->caption_y);
  x += space
       + esp_texts_draw_entry (strip->texts, snapshot, ESP_MARK_DASHES, second, size, &palette->foreground, x,
                               strip->caption_y);
  if (x + third_width + space + fourth_width <= strip->area.origin.x + strip->area.size.width)
    esp_texts_draw (strip->texts, snapshot, third, size, &palette->dim, x, strip->caption_y, 0);
  if (x + fourth_width <= strip->area.origin.x + strip->area.size.width + 2)
    esp_texts_draw (strip->texts, snapshot, fourth, size, &palette->dim,
                    strip->area.origin.x + strip->area.size.width, strip->caption_y, 1);
}

void
esp_histogram_strip_draw (const EspHistogramStrip *strip, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const EspHistory *history = strip->snapshot->history;
  EspAxis steps = { 0, esp_plot_get_last_step (strip->snapshot), 1 };
  g_autofree char *last = esp_text_from_count ((guint64) steps.high);
  g_autofree char *last_text = g_strdup_printf ("%s steps", last);
  double left = strip->area.origin.x;
  double bottom = strip->area.origin.y + strip->area.size.height;
  double below = bottom + 0.75 * strip->text_size;
  GdkRGBA empty = { (float) palette->heat[0][0] / 255, (float) palette->heat[0][1] / 255,
                    (float) palette->heat[0][2] / 255, 1 };

  gtk_snapshot_append_color (snapshot, &empty, &strip->area);
  if (history && history->n_records > 0)
    {
      draw_histogram (strip, snapshot, palette, &steps);
      draw_lines (strip, snapshot, palette, &steps);
    }
  esp_texts_draw (strip->texts, snapshot, "1", strip->text_size, &palette->dim, left - 6,
                  strip->area.origin.y + 0.4 * strip->text_size, 1);
  esp_texts_draw (strip->texts, snapshot, "p", strip->text_size, &palette->dim, left - 6,
                  strip->area.origin.y + strip->area.size.height / 2, 1);
  esp_texts_draw (strip->texts, snapshot, "0", strip->text_size, &palette->dim, left - 6,
                  bottom - 0.4 * strip->text_size, 1);
  esp_texts_draw (strip->texts, snapshot, "0", strip->text_size, &palette->dim, left, below, 0);
  esp_texts_draw (strip->texts, snapshot, last_text, strip->text_size, &palette->dim,
                  left + strip->area.size.width, below, 1);
  draw_caption (strip, snapshot, palette);
}

size_t
esp_histogram_strip_find (const EspHistogramStrip *strip, double x, double y)
{
  const EspHistory *history = strip->snapshot->history;
  double place = (x - strip->area.origin.x) / strip->area.size.width;

  if (!history || history->n_records == 0
      || !graphene_rect_contains_point (&strip->area, &GRAPHENE_POINT_INIT ((float) x, (float) y)))
    return ESP_NOTHING;
  return esp_plot_find_record (history, place * esp_plot_get_last_step (strip->snapshot));
}

graphene_rect_t
esp_histogram_strip_get_mark (const EspHistogramStrip *strip, size_t index)
{
  double place = (double) strip->snapshot->history->records[index].step
                 / esp_plot_get_last_step (strip->snapshot);

  return GRAPHENE_RECT_INIT (roundf (strip->area.origin.x + strip->area.size.width * (float) place),
                             strip->area.origin.y, 1, strip->area.size.height);
}

char *
esp_histogram_strip_describe (const EspHistogramStrip *strip, size_t index)
{
  const EspRecord *record = &strip->snapshot->history->records[index];
  g_autofree char *step = esp_text_from_count (record->step);
  g_autofree char *expected = esp_text_from_number (record->expected_paths, 3);
  g_autofree char *allowed = esp_text_from_number (record->allowed_paths, 3);
  g_autofree char *temperature = esp_text_from_number (record->temperature, 3);

  return g_markup_printf_escaped ("<b>step %s</b>\n%s paths expected, %s allowed\ntemperature %s", step,
                                  expected, allowed, temperature);
}

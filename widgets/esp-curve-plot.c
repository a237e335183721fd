#include "esp-curve-plot.h"

#include <math.h>
#include <string.h>

/* A smaller gap, as a share of the return, is none. */
#define NO_GAP 0.001

static const char *const series_names[ESP_N_SERIES] = { "sampled", "thresholded", "formula" };

/* A neural policy has one return, which is not of a mask; so has an expression policy. */
static const char *
get_series_name (const EspSnapshot *snapshot, int series)
{
  if (snapshot->policy == ESP_POLICY_SYMBOLIC)
    return series_names[series];
  return snapshot->policy == ESP_POLICY_EXPRESSION ? "formula" : "network";
}

static gboolean
has_series (const EspSnapshot *snapshot, int series)
{
  return snapshot->policy == ESP_POLICY_SYMBOLIC
         || series == (snapshot->policy == ESP_POLICY_EXPRESSION ? 2 : 1);
}

static const EspReturns *
get_returns (const EspEvaluation *evaluation, int series)
{
  return series == 0 ? &evaluation->sampled : series == 1 ? &evaluation->masked : &evaluation->formula;
}

gboolean
esp_curve_plot_has_curves (const EspSnapshot *snapshot)
{
  const EspHistory *history = snapshot ? snapshot->history : NULL;

  return history && (history->n_records > 0 || history->n_evaluations > 0);
}

char *
esp_curve_plot_describe_gap (const EspSnapshot *snapshot)
{
  const EspHistory *history = snapshot->history;
  size_t n = history->n_evaluations, widest = 0;
  double gap, most = 0;
  g_autofree char *now = NULL;
  g_autofree char *then = NULL;
  g_autofree char *step = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  if (n == 0 || snapshot->policy != ESP_POLICY_SYMBOLIC)
    return NULL;
  gap = esp_evaluation_get_gap (&history->evaluations[n - 1]);
  if (!isfinite (gap))
    return NULL;
  for (size_t i = 0; i < n; i++)
    if (fabs (esp_evaluation_get_gap (&history->evaluations[i])) > most)
      {
        most = fabs (esp_evaluation_get_gap (&history->evaluations[i]));
        widest = i;
      }
  if (most == 0)
    return NULL;
  now = esp_text_from_number (fabs (gap), 3);
  if (fabs (gap) < NO_GAP * fabs (history->evaluations[n - 1].formula.mean))
    g_string_append (text, "Formula as good as sampled");
  else
    g_string_append_printf (text, "Formula %s %s sampled", now, gap > 0 ? "above" : "below");
  if (widest + 1 < n && most > fabs (gap))
    {
      then = esp_text_from_number (most, 3);
      step = esp_text_from_count (history->evaluations[widest].step);
      g_string_append_printf (text, "; farthest apart %s at step %s", then, step);
    }
  return g_strdup (text->str);
}

static void
widen (double value, double *low, double *high)
{
  if (!isfinite (value))
    return;
  *low = MIN (*low, value);
  *high = MAX (*high, value);
}

EspCurvePlot
esp_curve_plot_new (EspTexts *texts, const EspSnapshot *snapshot, float width, float height)
{
  const EspHistory *history = snapshot->history;
  double size = 0.78 * esp_texts_get_font_size (texts);
  float line = (float) (1.45 * size);
  float margin = 10;
  float strip = height < 200 || snapshot->policy != ESP_POLICY_SYMBOLIC ? 0 : CLAMP (0.2f * height, 34, 90);
  float gutter = (float) (2 * size);
  float gap = snapshot->policy == ESP_POLICY_SYMBOLIC && height >= 160 ? line : 0;
  double low = INFINITY, high = -INFINITY, most_paths = 0;
  EspCurvePlot plot = { .texts = texts, .snapshot = snapshot, .width = width, .text_size = size };

  for (size_t i = 0; i < history->n_evaluations; i++)
    for (int series = 0; series < ESP_N_SERIES; series++)
      if (get_returns (&history->evaluations[i], series)->episodes > 0)
        widen (get_returns (&history->evaluations[i], series)->mean, &low, &high);
  for (size_t i = 0; i < history->n_records; i++)
    {
      widen (history->records[i].episode_return, &low, &high);
      most_paths = MAX (most_paths,
                        MAX (history->records[i].expected_paths, history->records[i].allowed_paths));
    }
  plot.steps = esp_axis_new (0, esp_plot_get_last_step (snapshot), width / 90, FALSE);
  plot.returns = esp_axis_new (low, high, (height - strip - gap) / 48, TRUE);
  plot.paths = esp_axis_new (0, MAX (most_paths, 1), 2, FALSE);

  for (double tick = plot.returns.low; tick <= plot.returns.high * (1 + 1e-9) + 1e-9;
       tick += plot.returns.tick)
    {
      g_autofree char *text = esp_axis_format (&plot.returns, tick);

      gutter = MAX (gutter, (float) esp_texts_get_width (texts, text, size));
    }
  if (strip > 0)
    {
      g_autofree char *most = esp_axis_format (&plot.paths, plot.paths.high);

      gutter = MAX (gutter, (float) esp_texts_get_width (texts, most, size));
    }
  gutter += 7;
  plot.legend_y = margin + 0.4f * line;
  plot.gap_y = gap > 0 ? plot.legend_y + line : 0;
  plot.area = GRAPHENE_RECT_INIT (
    margin + gutter, margin + 1.35f * line + gap, MAX (width - 2 * margin - gutter - 4, 10),
    MAX (height - 2 * margin - 2.4f * line - gap - (strip > 0 ? strip + 0.9f * line : 0), 10));
  if (strip > 0)
    plot.strip = GRAPHENE_RECT_INIT (plot.area.origin.x, height - margin - strip - line, plot.area.size.width,
                                     strip);
  return plot;
}

static float
get_x (const EspCurvePlot *plot, double step)
{
  return plot->area.origin.x + (float) esp_axis_place (&plot->steps, step) * plot->area.size.width;
}

static float
get_y (const EspCurvePlot *plot, double value)
{
  return plot->area.origin.y
         + (1 - (float) CLAMP (esp_axis_place (&plot->returns, value), 0, 1)) * plot->area.size.height;
}

static void
draw_axes (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const graphene_rect_t *area = &plot->area;
  const graphene_rect_t *lowest = plot->strip.size.height > 0 ? &plot->strip : area;
  double left = area->origin.x;
  double below = lowest->origin.y + lowest->size.height + 0.85 * plot->text_size;

  for (double tick = plot->returns.low; tick <= plot->returns.high + 0.5 * plot->returns.tick;
       tick += plot->returns.tick)
    {
      g_autofree char *text = esp_axis_format (&plot->returns, tick);
      float y = roundf (get_y (plot, tick));

      gtk_snapshot_append_color (snapshot, &palette->grid,
                                 &GRAPHENE_RECT_INIT (area->origin.x, y, area->size.width, 1));
      esp_texts_draw (plot->texts, snapshot, text, plot->text_size, &palette->dim, left - 7, y, 1);
    }
  for (int i = 0; i * plot->steps.tick <= plot->steps.high * 1.000001; i++)
    {
      double tick = i * plot->steps.tick;
      g_autofree char *text = esp_axis_format (&plot->steps, tick);
      double half = esp_texts_get_width (plot->texts, text, plot->text_size) / 2;
      float x = roundf (get_x (plot, tick));

      gtk_snapshot_append_color (snapshot, &palette->grid,
                                 &GRAPHENE_RECT_INIT (x, area->origin.y, 1, area->size.height));
      if (plot->strip.size.height > 0)
        gtk_snapshot_append_color (snapshot, &palette->grid,
                                   &GRAPHENE_RECT_INIT (x, lowest->origin.y, 1, lowest->size.height));
      /* The last label stays inside the panel. */
      esp_texts_draw (plot->texts, snapshot, text, plot->text_size, &palette->dim,
                      MIN (x, plot->width - 4 - half), below, 0.5);
    }
}

/* Draws the entries of all series, with what they returned last; with NULL for @snapshot nothing is drawn.
 * Returns where they end. */
static double
draw_series (const EspCurvePlot *plot,
             GtkSnapshot *snapshot,
             const EspPalette *palette,
             gboolean with_returns)
{
  const EspHistory *history = plot->snapshot->history;
  double x = plot->area.origin.x;
  gboolean first = TRUE;

  for (int series = 0; series < ESP_N_SERIES; series++)
    {
      const EspReturns *returns = history->n_evaluations > 0
                                    ? get_returns (&history->evaluations[history->n_evaluations - 1], series)
                                    : NULL;
      g_autofree char *value = returns && returns->episodes > 0 ? esp_text_from_number (returns->mean, 4)
                                                                : g_strdup ("–");
      g_autofree char *text = g_strdup_printf ("%s%s%s", get_series_name (plot->snapshot, series),
                                               with_returns ? " " : "", with_returns ? value : "");

      if (!has_series (plot->snapshot, series))
        continue;
      if (!first)
        x += plot->text_size;
      first = FALSE;
      x += esp_texts_draw_entry (plot->texts, snapshot, ESP_MARK_DOT, text, plot->text_size,
                                 &palette->series[series], x, plot->legend_y);
    }
  return x;
}

static void
draw_legend (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  double end = plot->area.origin.x + plot->area.size.width;
  /* where there is no room for the returns, there is for the names */
  gboolean with_returns = draw_series (plot, NULL, palette, TRUE) <= end;
  double x = draw_series (plot, snapshot, palette, with_returns);
  double width = esp_texts_draw_entry (plot->texts, NULL, ESP_MARK_LINE, "training episodes", plot->text_size,
                                       &palette->dim, 0, 0);

  if (x + plot->text_size + width <= end)
    esp_texts_draw_entry (plot->texts, snapshot, ESP_MARK_LINE, "training episodes", plot->text_size,
                          &palette->dim, end - width, plot->legend_y);
}

static double
get_episode_return (const EspRecord *record, gconstpointer data)
{
  return record->episode_return;
}

static double
get_expected_paths (const EspRecord *record, gconstpointer data)
{
  return record->expected_paths;
}

static double
get_allowed_paths (const EspRecord *record, gconstpointer data)
{
  return record->allowed_paths;
}

/* The sentence about the gap; without its second half where there is no room. */
static void
draw_gap (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  g_autofree char *text = esp_curve_plot_describe_gap (plot->snapshot);
  double room = plot->width - plot->area.origin.x - 4;

  if (text == NULL)
    return;
  if (esp_texts_get_width (plot->texts, text, plot->text_size) > room && strchr (text, ';') != NULL)
    *strchr (text, ';') = '\0';
  esp_texts_draw (plot->texts, snapshot, text, plot->text_size, &palette->dim, plot->area.origin.x,
                  plot->gap_y, 0);
}

static void
trace_series (cairo_t *cr, const EspCurvePlot *plot, const EspHistory *history, int series)
{
  /* No more points than columns of two pixels; a run has few evaluations, but nothing promises it. */
  size_t stride = 1 + history->n_evaluations / (size_t) MAX (plot->area.size.width / 2, 1);

  for (size_t i = 0; i < history->n_evaluations; i++)
    {
      const EspReturns *returns = get_returns (&history->evaluations[i], series);

      if ((i % stride != 0 && i + 1 != history->n_evaluations) || returns->episodes == 0
          || !isfinite (returns->mean))
        continue;
      cairo_line_to (cr, get_x (plot, (double) history->evaluations[i].step), get_y (plot, returns->mean));
    }
}

/* Shades what lies between the sampled policy and the formula. */
static void
shade_gap (cairo_t *cr, const EspCurvePlot *plot, const EspHistory *history, const EspPalette *palette)
{
  size_t stride = 1 + history->n_evaluations / (size_t) MAX (plot->area.size.width / 2, 1);

  for (int pass = 0; pass < 2; pass++)
    for (size_t k = 0; k < history->n_evaluations; k += stride)
      {
        size_t i = pass == 0 ? k : (history->n_evaluations - 1) / stride * stride - k;
        const EspReturns *returns = get_returns (&history->evaluations[i], pass == 0 ? 0 : ESP_N_SERIES - 1);

        if (returns->episodes > 0 && isfinite (returns->mean))
          cairo_line_to (cr, get_x (plot, (double) history->evaluations[i].step),
                         get_y (plot, returns->mean));
      }
  cairo_close_path (cr);
  gdk_cairo_set_source_rgba (
    cr, &(GdkRGBA){ palette->series[0].red, palette->series[0].green, palette->series[0].blue, 0.16f });
  cairo_fill (cr);
}

/* What lies on top of each other can still be told apart: the thresholded policy, which the formula is once
 * it is written out, is a broad line below the formula's thin one. */
static const struct
{
  int series;
  double width;
  double radius;
} strokes[ESP_N_SERIES] = { { 1, 5.5, 4.2 }, { 0, 1.8, 2.4 }, { 2, 1.8, 2.4 } };

static void
draw_curves (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const EspHistory *history = plot->snapshot->history;
  graphene_rect_t area = plot->area;
  cairo_t *cr;

  graphene_rect_inset (&area, -4, -4);
  cr = gtk_snapshot_append_cairo (snapshot, &area);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);

  esp_plot_trace_records (cr, &plot->area, &plot->steps, &plot->returns, history, get_episode_return, NULL);
  gdk_cairo_set_source_rgba (cr, &(GdkRGBA){ palette->dim.red, palette->dim.green, palette->dim.blue, 0.4f });
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);

  if (plot->snapshot->policy == ESP_POLICY_SYMBOLIC && history->n_evaluations > 1)
    shade_gap (cr, plot, history, palette);
  for (int k = 0; k < ESP_N_SERIES; k++)
    {
      int series = strokes[k].series;
      GdkRGBA color = palette->series[series];

      gboolean broad = strokes[k].width > 3 && plot->snapshot->policy == ESP_POLICY_SYMBOLIC;

      /* broad lines are as strong as thin ones when they are paler */
      if (broad)
        color = esp_color_mix (&palette->background, &color, 0.55);
      gdk_cairo_set_source_rgba (cr, &color);
      trace_series (cr, plot, history, series);
      cairo_set_line_width (cr, broad ? strokes[k].width : 1.8);
      cairo_stroke (cr);
      /* Points show where it was measured, as long as they do not run together. */
      if (history->n_evaluations > 0 && (float) history->n_evaluations < plot->area.size.width / 8)
        for (size_t i = 0; i < history->n_evaluations; i++)
          {
            const EspReturns *returns = get_returns (&history->evaluations[i], series);

            if (returns->episodes == 0 || !isfinite (returns->mean))
              continue;
            cairo_new_sub_path (cr);
            cairo_arc (cr, get_x (plot, (double) history->evaluations[i].step), get_y (plot, returns->mean),
                       broad ? strokes[k].radius : 2.4, 0, 2 * G_PI);
          }
      cairo_fill (cr);
    }
  cairo_destroy (cr);
}

static void
draw_strip (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const graphene_rect_t *strip = &plot->strip;
  const double dashes[] = { 4, 3 };
  double left = strip->origin.x;
  double x = left + strip->size.width - 4;
  double y = strip->origin.y + plot->text_size;
  g_autofree char *most = esp_axis_format (&plot->paths, plot->paths.high);
  cairo_t *cr;

  gtk_snapshot_append_color (
    snapshot, &palette->grid,
    &GRAPHENE_RECT_INIT (strip->origin.x, strip->origin.y + strip->size.height, strip->size.width, 1));
  gtk_snapshot_append_color (snapshot, &palette->grid,
                             &GRAPHENE_RECT_INIT (strip->origin.x, strip->origin.y, strip->size.width, 1));
  esp_texts_draw (plot->texts, snapshot, most, plot->text_size, &palette->dim, left - 7,
                  strip->origin.y + 0.3 * plot->text_size, 1);
  esp_texts_draw (plot->texts, snapshot, "0", plot->text_size, &palette->dim, left - 7,
                  strip->origin.y + strip->size.height - 0.2 * plot->text_size, 1);

  cr = gtk_snapshot_append_cairo (snapshot, strip);
  for (int line = 0; line < 2; line++)
    {
      esp_plot_trace_records (cr, strip, &plot->steps, &plot->paths, plot->snapshot->history,
                              line == 0 ? get_allowed_paths : get_expected_paths, NULL);
      gdk_cairo_set_source_rgba (cr, line == 0 ? &palette->dim : &palette->foreground);
      cairo_set_line_width (cr, line == 0 ? 1.2 : 1.6);
      cairo_set_dash (cr, dashes, line == 0 ? 2 : 0, 0);
      cairo_stroke (cr);
    }
  cairo_destroy (cr);
  x -= esp_texts_draw_entry (plot->texts, NULL, ESP_MARK_DASHES, "allowed", plot->text_size, &palette->dim, 0,
                             0);
  esp_texts_draw_entry (plot->texts, snapshot, ESP_MARK_DASHES, "allowed", plot->text_size, &palette->dim, x,
                        y);
  x -= plot->text_size
       + esp_texts_draw_entry (plot->texts, NULL, ESP_MARK_LINE, "expected paths", plot->text_size,
                               &palette->foreground, 0, 0);
  esp_texts_draw_entry (plot->texts, snapshot, ESP_MARK_LINE, "expected paths", plot->text_size,
                        &palette->foreground, x, y);
}

void
esp_curve_plot_draw (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette)
{
  draw_axes (plot, snapshot, palette);
  draw_curves (plot, snapshot, palette);
  draw_legend (plot, snapshot, palette);
  if (plot->gap_y > 0)
    draw_gap (plot, snapshot, palette);
  if (plot->strip.size.height > 0)
    draw_strip (plot, snapshot, palette);
}

size_t
esp_curve_plot_get_n_points (const EspSnapshot *snapshot)
{
  const EspHistory *history = snapshot->history;

  return history->n_evaluations > 0 ? history->n_evaluations : history->n_records;
}

static guint64
get_step (const EspCurvePlot *plot, size_t point)
{
  const EspHistory *history = plot->snapshot->history;

  return history->n_evaluations > 0 ? history->evaluations[point].step : history->records[point].step;
}

size_t
esp_curve_plot_find (const EspCurvePlot *plot, double x)
{
  const EspHistory *history = plot->snapshot->history;
  double step = plot->steps.low
                + (x - plot->area.origin.x) / plot->area.size.width * (plot->steps.high - plot->steps.low);
  size_t best = 0;

  if (x < plot->area.origin.x - 6 || x > plot->area.origin.x + plot->area.size.width + 6)
    return ESP_NO_POINT;
  if (history->n_evaluations == 0)
    return esp_plot_find_record (history, step);
  for (size_t i = 1; i < history->n_evaluations; i++)
    if (fabs ((double) history->evaluations[i].step - step)
        < fabs ((double) history->evaluations[best].step - step))
      best = i;
  return best;
}

graphene_point_t
esp_curve_plot_draw_mark (const EspCurvePlot *plot,
                          GtkSnapshot *snapshot,
                          const EspPalette *palette,
                          size_t point)
{
  const EspHistory *history = plot->snapshot->history;
  const graphene_rect_t *lowest = plot->strip.size.height > 0 ? &plot->strip : &plot->area;
  float top = plot->area.origin.y;
  float x = roundf (get_x (plot, (double) get_step (plot, point)));

  gtk_snapshot_append_color (snapshot, &palette->dim,
                             &GRAPHENE_RECT_INIT (x, top, 1, lowest->origin.y + lowest->size.height - top));
  for (int series = 0; history->n_evaluations > 0 && series < ESP_N_SERIES; series++)
    {
      const EspReturns *returns = get_returns (&history->evaluations[point], series);
      graphene_rect_t dot = GRAPHENE_RECT_INIT (x - 4, get_y (plot, returns->mean) - 4, 9, 9);
      GskRoundedRect circle;

      if (returns->episodes == 0 || !isfinite (returns->mean))
        continue;
      gsk_rounded_rect_init_from_rect (&circle, &dot, 4.5f);
      gtk_snapshot_push_rounded_clip (snapshot, &circle);
      gtk_snapshot_append_color (snapshot, &palette->series[series], &dot);
      gtk_snapshot_pop (snapshot);
    }
  return GRAPHENE_POINT_INIT (x, top + plot->area.size.height / 2);
}

static void
append_returns (GString *markup,
                const EspSnapshot *snapshot,
                const EspPalette *palette,
                const EspEvaluation *evaluation)
{
  for (int series = 0; series < ESP_N_SERIES; series++)
    {
      const EspReturns *returns = get_returns (evaluation, series);
      g_autofree char *mean = esp_text_from_number (returns->mean, 4);
      g_autofree char *deviation = esp_text_from_number (returns->deviation, 2);

      if (returns->episodes == 0 || !has_series (snapshot, series))
        continue;
      g_string_append_c (markup, '\n');
      if (palette)
        {
          const GdkRGBA *color = &palette->series[series];

          g_string_append_printf (
            markup, "<span color='#%02x%02x%02x'>●</span> ", (unsigned) lroundf (255 * color->red),
            (unsigned) lroundf (255 * color->green), (unsigned) lroundf (255 * color->blue));
        }
      g_string_append_printf (markup, "%s %s ± %s", get_series_name (snapshot, series), mean, deviation);
    }
  if (snapshot->policy == ESP_POLICY_SYMBOLIC)
    g_string_append_printf (markup, "\n<small>%zu live paths, reading length %zu</small>",
                            evaluation->live_paths, evaluation->reading_length);
}

char *
esp_curve_plot_describe (const EspSnapshot *snapshot, const EspPalette *palette, size_t point)
{
  const EspHistory *history = snapshot->history;
  const EspEvaluation *evaluation = history->n_evaluations > 0 ? &history->evaluations[point] : NULL;
  g_autofree char *count = esp_text_from_count (evaluation ? evaluation->step : history->records[point].step);
  GString *markup = g_string_new (NULL);

  g_string_append_printf (markup, "<b>step %s</b>", count);
  if (evaluation)
    append_returns (markup, snapshot, palette, evaluation);
  else
    {
      g_autofree char *value = esp_text_from_number (history->records[point].episode_return, 4);

      g_string_append_printf (markup, "\ntraining episode %s", value);
    }
  return g_string_free (markup, FALSE);
}

char *
esp_curve_plot_describe_last (const EspSnapshot *snapshot)
{
  g_autofree char *last = esp_curve_plot_describe (snapshot, NULL, snapshot->history->n_evaluations - 1);
  g_autofree char *gap = esp_curve_plot_describe_gap (snapshot);

  return gap == NULL ? g_steal_pointer (&last) : g_strconcat (last, "\n", gap, NULL);
}

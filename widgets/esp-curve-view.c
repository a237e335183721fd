#include "esp-curve-view.h"

#include <math.h>

#include "esp-palette.h"
#include "esp-plot.h"
#include "esp-text.h"
#include "esp-throttle.h"

/* The picture follows the snapshots at most this often, in microseconds. */
#define REDRAW_INTERVAL (G_USEC_PER_SEC / 5)

/* Where the parts of the panel lie, and what its axes span. */
typedef struct
{
  graphene_rect_t plot;
  graphene_rect_t strip; /* empty where there is no room */
  float legend_y;
  double text_size;
  EspAxis steps;
  EspAxis returns;
  EspAxis paths;
} Geometry;

struct _EspCurveView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;

  EspTexts *texts;
  GskRenderNode *picture; /* all but the crosshair; NULL when out of date */
  EspThrottle throttle;

  gboolean pointer_inside;
  double pointer_x;
  double pointer_y;
};

G_DEFINE_FINAL_TYPE (EspCurveView, esp_curve_view, GTK_TYPE_WIDGET)

static const char *const series_names[ESP_N_SERIES] = { "sampled", "thresholded", "formula" };

static const EspReturns *
get_returns (const EspEvaluation *evaluation, int series)
{
  return series == 0 ? &evaluation->sampled : series == 1 ? &evaluation->masked : &evaluation->formula;
}

static gboolean
has_curves (EspCurveView *view)
{
  const EspHistory *history = view->snapshot ? view->snapshot->history : NULL;

  return history && (history->n_records > 0 || history->n_evaluations > 0);
}

static void
widen (double value, double *low, double *high)
{
  if (!isfinite (value))
    return;
  *low = MIN (*low, value);
  *high = MAX (*high, value);
}

static Geometry
get_geometry (EspCurveView *view)
{
  const EspHistory *history = view->snapshot->history;
  float width = (float) gtk_widget_get_width (GTK_WIDGET (view));
  float height = (float) gtk_widget_get_height (GTK_WIDGET (view));
  double size = 0.78 * esp_texts_get_font_size (view->texts);
  float line = (float) (1.45 * size);
  float margin = 10;
  float strip = height < 200 ? 0 : CLAMP (0.2f * height, 34, 90);
  float gutter = (float) (2 * size);
  double low = INFINITY, high = -INFINITY, most_paths = 0;
  Geometry geometry = { .text_size = size };

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
  geometry.steps = esp_axis_new (0, esp_plot_get_last_step (view->snapshot), width / 90, FALSE);
  geometry.returns = esp_axis_new (low, high, (height - strip) / 48, TRUE);
  geometry.paths = esp_axis_new (0, MAX (most_paths, 1), 2, FALSE);

  for (double tick = geometry.returns.low; tick <= geometry.returns.high * (1 + 1e-9) + 1e-9;
       tick += geometry.returns.tick)
    {
      g_autofree char *text = esp_axis_format (&geometry.returns, tick);

      gutter = MAX (gutter, (float) esp_texts_get_width (view->texts, text, size));
    }
  gutter += 7;
  geometry.legend_y = margin + 0.4f * line;
  geometry.plot = GRAPHENE_RECT_INIT (
    margin + gutter, margin + 1.35f * line, MAX (width - 2 * margin - gutter - 4, 10),
    MAX (height - 2 * margin - 2.4f * line - (strip > 0 ? strip + 0.9f * line : 0), 10));
  if (strip > 0)
    geometry.strip = GRAPHENE_RECT_INIT (geometry.plot.origin.x, height - margin - strip - line,
                                         geometry.plot.size.width, strip);
  return geometry;
}

static float
get_x (const Geometry *geometry, double step)
{
  return geometry->plot.origin.x
         + (float) esp_axis_place (&geometry->steps, step) * geometry->plot.size.width;
}

static float
get_y (const Geometry *geometry, double value)
{
  return geometry->plot.origin.y
         + (1 - (float) CLAMP (esp_axis_place (&geometry->returns, value), 0, 1))
             * geometry->plot.size.height;
}

static void
draw_axes (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry)
{
  const graphene_rect_t *plot = &geometry->plot;
  const graphene_rect_t *lowest = geometry->strip.size.height > 0 ? &geometry->strip : plot;
  double left = plot->origin.x;
  double below = lowest->origin.y + lowest->size.height + 0.85 * geometry->text_size;

  for (double tick = geometry->returns.low; tick <= geometry->returns.high + 0.5 * geometry->returns.tick;
       tick += geometry->returns.tick)
    {
      g_autofree char *text = esp_axis_format (&geometry->returns, tick);
      float y = roundf (get_y (geometry, tick));

      gtk_snapshot_append_color (snapshot, &palette->grid,
                                 &GRAPHENE_RECT_INIT (plot->origin.x, y, plot->size.width, 1));
      esp_texts_draw (view->texts, snapshot, text, geometry->text_size, &palette->dim, left - 7, y, 1);
    }
  for (int i = 0; i * geometry->steps.tick <= geometry->steps.high * 1.000001; i++)
    {
      double tick = i * geometry->steps.tick;
      g_autofree char *text = esp_axis_format (&geometry->steps, tick);
      double half = esp_texts_get_width (view->texts, text, geometry->text_size) / 2;
      float x = roundf (get_x (geometry, tick));

      gtk_snapshot_append_color (snapshot, &palette->grid,
                                 &GRAPHENE_RECT_INIT (x, plot->origin.y, 1, plot->size.height));
      if (geometry->strip.size.height > 0)
        gtk_snapshot_append_color (snapshot, &palette->grid,
                                   &GRAPHENE_RECT_INIT (x, lowest->origin.y, 1, lowest->size.height));
      /* The last label stays inside the panel. */
      esp_texts_draw (view->texts, snapshot, text, geometry->text_size, &palette->dim,
                      MIN (x, gtk_widget_get_width (GTK_WIDGET (view)) - 4 - half), below, 0.5);
    }
}

static void
draw_legend (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry)
{
  const EspHistory *history = view->snapshot->history;
  double x = geometry->plot.origin.x;
  double end = geometry->plot.origin.x + geometry->plot.size.width;
  double space = geometry->text_size;
  double width;

  for (int series = 0; series < ESP_N_SERIES; series++)
    {
      const EspReturns *returns = history->n_evaluations > 0
                                    ? get_returns (&history->evaluations[history->n_evaluations - 1], series)
                                    : NULL;
      g_autofree char *value = returns && returns->episodes > 0 ? esp_text_from_number (returns->mean, 4)
                                                                : g_strdup ("–");
      g_autofree char *text = g_strdup_printf ("%s %s", series_names[series], value);

      x += space
           + esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_DOT, text, geometry->text_size,
                                   &palette->series[series], x, geometry->legend_y);
    }
  width = esp_texts_draw_entry (view->texts, NULL, ESP_MARK_LINE, "training episodes", geometry->text_size,
                                &palette->dim, 0, 0);
  if (x + width <= end)
    esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_LINE, "training episodes", geometry->text_size,
                          &palette->dim, end - width, geometry->legend_y);
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

static void
trace_series (cairo_t *cr, const Geometry *geometry, const EspHistory *history, int series)
{
  /* No more points than columns of two pixels; a run has few evaluations, but nothing promises it. */
  size_t stride = 1 + history->n_evaluations / (size_t) MAX (geometry->plot.size.width / 2, 1);

  for (size_t i = 0; i < history->n_evaluations; i++)
    {
      const EspReturns *returns = get_returns (&history->evaluations[i], series);

      if ((i % stride != 0 && i + 1 != history->n_evaluations) || returns->episodes == 0
          || !isfinite (returns->mean))
        continue;
      cairo_line_to (cr, get_x (geometry, (double) history->evaluations[i].step),
                     get_y (geometry, returns->mean));
    }
}

static void
draw_curves (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry)
{
  const EspHistory *history = view->snapshot->history;
  graphene_rect_t area = geometry->plot;
  cairo_t *cr;

  graphene_rect_inset (&area, -4, -4);
  cr = gtk_snapshot_append_cairo (snapshot, &area);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);

  esp_plot_trace_records (cr, &geometry->plot, &geometry->steps, &geometry->returns, history,
                          get_episode_return, NULL);
  gdk_cairo_set_source_rgba (cr, &(GdkRGBA){ palette->dim.red, palette->dim.green, palette->dim.blue, 0.4f });
  cairo_set_line_width (cr, 1);
  cairo_stroke (cr);

  for (int series = 0; series < ESP_N_SERIES; series++)
    {
      gdk_cairo_set_source_rgba (cr, &palette->series[series]);
      trace_series (cr, geometry, history, series);
      cairo_set_line_width (cr, series == ESP_N_SERIES - 1 ? 2.4 : 1.8);
      cairo_stroke (cr);
      /* Points show where it was measured, as long as they do not run together. */
      if (history->n_evaluations > 0 && (float) history->n_evaluations < geometry->plot.size.width / 8)
        for (size_t i = 0; i < history->n_evaluations; i++)
          {
            const EspReturns *returns = get_returns (&history->evaluations[i], series);

            if (returns->episodes == 0 || !isfinite (returns->mean))
              continue;
            cairo_new_sub_path (cr);
            cairo_arc (cr, get_x (geometry, (double) history->evaluations[i].step),
                       get_y (geometry, returns->mean), 2.3, 0, 2 * G_PI);
          }
      cairo_fill (cr);
    }
  cairo_destroy (cr);
}

static void
draw_strip (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette, const Geometry *geometry)
{
  const graphene_rect_t *strip = &geometry->strip;
  const double dashes[] = { 4, 3 };
  double left = strip->origin.x;
  double x = left + strip->size.width - 4;
  double y = strip->origin.y + geometry->text_size;
  g_autofree char *most = esp_text_from_number (geometry->paths.high, 3);
  cairo_t *cr;

  gtk_snapshot_append_color (
    snapshot, &palette->grid,
    &GRAPHENE_RECT_INIT (strip->origin.x, strip->origin.y + strip->size.height, strip->size.width, 1));
  gtk_snapshot_append_color (snapshot, &palette->grid,
                             &GRAPHENE_RECT_INIT (strip->origin.x, strip->origin.y, strip->size.width, 1));
  esp_texts_draw (view->texts, snapshot, most, geometry->text_size, &palette->dim, left - 7,
                  strip->origin.y + 0.3 * geometry->text_size, 1);
  esp_texts_draw (view->texts, snapshot, "0", geometry->text_size, &palette->dim, left - 7,
                  strip->origin.y + strip->size.height - 0.2 * geometry->text_size, 1);

  cr = gtk_snapshot_append_cairo (snapshot, strip);
  for (int line = 0; line < 2; line++)
    {
      esp_plot_trace_records (cr, strip, &geometry->steps, &geometry->paths, view->snapshot->history,
                              line == 0 ? get_allowed_paths : get_expected_paths, NULL);
      gdk_cairo_set_source_rgba (cr, line == 0 ? &palette->dim : &palette->foreground);
      cairo_set_line_width (cr, line == 0 ? 1.2 : 1.6);
      cairo_set_dash (cr, dashes, line == 0 ? 2 : 0, 0);
      cairo_stroke (cr);
    }
  cairo_destroy (cr);
  x -= esp_texts_draw_entry (view->texts, NULL, ESP_MARK_DASHES, "allowed", geometry->text_size,
                             &palette->dim, 0, 0);
  esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_DASHES, "allowed", geometry->text_size, &palette->dim,
                        x, y);
  x -= geometry->text_size
       + esp_texts_draw_entry (view->texts, NULL, ESP_MARK_LINE, "expected paths", geometry->text_size,
                               &palette->foreground, 0, 0);
  esp_texts_draw_entry (view->texts, snapshot, ESP_MARK_LINE, "expected paths", geometry->text_size,
                        &palette->foreground, x, y);
}

static GskRenderNode *
draw_picture (EspCurveView *view, const EspPalette *palette)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                  (float) gtk_widget_get_height (widget)));
  if (!has_curves (view))
    esp_texts_draw_placeholder (view->texts, snapshot, palette,
                                "The return appears after the first episodes");
  else
    {
      Geometry geometry = get_geometry (view);

      draw_axes (view, snapshot, palette, &geometry);
      draw_curves (view, snapshot, palette, &geometry);
      draw_legend (view, snapshot, palette, &geometry);
      if (geometry.strip.size.height > 0)
        draw_strip (view, snapshot, palette, &geometry);
    }
  return gtk_snapshot_free_to_node (snapshot);
}

static void
append_returns (GString *markup, const EspPalette *palette, const EspEvaluation *evaluation)
{
  for (int series = 0; series < ESP_N_SERIES; series++)
    {
      const EspReturns *returns = get_returns (evaluation, series);
      const GdkRGBA *color = &palette->series[series];
      g_autofree char *mean = esp_text_from_number (returns->mean, 4);
      g_autofree char *deviation = esp_text_from_number (returns->deviation, 2);

      if (returns->episodes > 0)
        g_string_append_printf (
          markup, "\n<span color='#%02x%02x%02x'>●</span> %s %s ± %s", (unsigned) lroundf (255 * color->red),
          (unsigned) lroundf (255 * color->green), (unsigned) lroundf (255 * color->blue),
          series_names[series], mean, deviation);
    }
  g_string_append_printf (markup, "\n<small>%zu live paths, reading length %zu</small>",
                          evaluation->live_paths, evaluation->reading_length);
}

static const EspEvaluation *
find_evaluation (const EspHistory *history, double step)
{
  const EspEvaluation *best = NULL;

  for (size_t i = 0; i < history->n_evaluations; i++)
    if (!best || fabs ((double) history->evaluations[i].step - step) < fabs ((double) best->step - step))
      best = &history->evaluations[i];
  return best;
}

static void
draw_hover (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette)
{
  const EspHistory *history = view->snapshot->history;
  Geometry geometry = get_geometry (view);
  double step = geometry.steps.low
                + (view->pointer_x - geometry.plot.origin.x) / geometry.plot.size.width
                    * (geometry.steps.high - geometry.steps.low);
  const EspEvaluation *evaluation = find_evaluation (history, step);
  const EspRecord *record = history->n_records > 0 ? &history->records[esp_plot_find_record (history, step)]
                                                   : NULL;
  double shown = (double) (evaluation ? evaluation->step : record->step);
  float bottom = geometry.strip.size.height > 0 ? geometry.strip.origin.y + geometry.strip.size.height
                                                : geometry.plot.origin.y + geometry.plot.size.height;
  g_autoptr (GString) markup = g_string_new (NULL);
  g_autofree char *count = esp_text_from_count ((guint64) shown);
  float x = roundf (get_x (&geometry, shown));

  if (view->pointer_x < geometry.plot.origin.x - 6
      || view->pointer_x > geometry.plot.origin.x + geometry.plot.size.width + 6)
    return;
  gtk_snapshot_append_color (
    snapshot, &palette->dim,
    &GRAPHENE_RECT_INIT (x, geometry.plot.origin.y, 1, bottom - geometry.plot.origin.y));
  g_string_append_printf (markup, "<b>step %s</b>", count);
  if (evaluation)
    {
      append_returns (markup, palette, evaluation);
      for (int series = 0; series < ESP_N_SERIES; series++)
        {
          const EspReturns *returns = get_returns (evaluation, series);
          graphene_rect_t dot = GRAPHENE_RECT_INIT (x - 4, get_y (&geometry, returns->mean) - 4, 9, 9);
          GskRoundedRect circle;

          if (returns->episodes == 0 || !isfinite (returns->mean))
            continue;
          gsk_rounded_rect_init_from_rect (&circle, &dot, 4.5f);
          gtk_snapshot_push_rounded_clip (snapshot, &circle);
          gtk_snapshot_append_color (snapshot, &palette->series[series], &dot);
          gtk_snapshot_pop (snapshot);
        }
    }
  else
    {
      g_autofree char *value = esp_text_from_number (record->episode_return, 4);

      g_string_append_printf (markup, "\ntraining episode %s", value);
    }
  esp_texts_draw_card (view->texts, snapshot, palette, markup->str, view->pointer_x, view->pointer_y);
}

static void
esp_curve_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspCurveView *view = ESP_CURVE_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);

  if (gtk_widget_get_width (widget) < 2 || gtk_widget_get_height (widget) < 2)
    return;
  if (!view->picture)
    view->picture = draw_picture (view, palette);
  gtk_snapshot_append_node (snapshot, view->picture);
  if (view->pointer_inside && has_curves (view))
    draw_hover (view, snapshot, palette);
}

static void
forget_picture (gpointer data)
{
  EspCurveView *view = data;

  g_clear_pointer (&view->picture, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
esp_curve_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  forget_picture (widget);
}

static void
esp_curve_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (esp_curve_view_parent_class)->css_changed (widget, change);
  esp_texts_clear (ESP_CURVE_VIEW (widget)->texts);
  forget_picture (widget);
}

static void
esp_curve_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (esp_curve_view_parent_class)->map (widget);
  forget_picture (widget);
}

static void
esp_curve_view_unmap (GtkWidget *widget)
{
  esp_throttle_stop (&ESP_CURVE_VIEW (widget)->throttle);
  GTK_WIDGET_CLASS (esp_curve_view_parent_class)->unmap (widget);
}

static void
esp_curve_view_measure (GtkWidget *widget,
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
  EspCurveView *view = data;

  view->pointer_inside = TRUE;
  view->pointer_x = x;
  view->pointer_y = y;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_leave (GtkEventControllerMotion *controller, gpointer data)
{
  EspCurveView *view = data;

  view->pointer_inside = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
esp_curve_view_dispose (GObject *object)
{
  EspCurveView *view = ESP_CURVE_VIEW (object);

  esp_throttle_stop (&view->throttle);
  g_clear_pointer (&view->picture, gsk_render_node_unref);
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_curve_view_parent_class)->dispose (object);
}

static void
esp_curve_view_finalize (GObject *object)
{
  g_clear_pointer (&ESP_CURVE_VIEW (object)->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_curve_view_parent_class)->finalize (object);
}

static void
esp_curve_view_class_init (EspCurveViewClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = esp_curve_view_dispose;
  object_class->finalize = esp_curve_view_finalize;
  widget_class->snapshot = esp_curve_view_snapshot;
  widget_class->size_allocate = esp_curve_view_size_allocate;
  widget_class->css_changed = esp_curve_view_css_changed;
  widget_class->map = esp_curve_view_map;
  widget_class->unmap = esp_curve_view_unmap;
  widget_class->measure = esp_curve_view_measure;
  gtk_widget_class_set_css_name (widget_class, "curveview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_curve_view_init (EspCurveView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkEventController *motion = gtk_event_controller_motion_new ();

  view->texts = esp_texts_new (widget);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), view);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Curve of the return",
                                  -1);
}

GtkWidget *
esp_curve_view_new (void)
{
  return g_object_new (ESP_TYPE_CURVE_VIEW, NULL);
}

static gboolean
histories_are_equal (const EspSnapshot *a, const EspSnapshot *b)
{
  const EspHistory *x = a->history;
  const EspHistory *y = b->history;

  if (a->run != b->run || a->n_steps != b->n_steps || a->environment != b->environment)
    return FALSE;
  if (x == y)
    return TRUE;
  /* Histories of one run only grow. */
  return x && y && x->n_records == y->n_records && x->n_evaluations == y->n_evaluations;
}

void
esp_curve_view_set_snapshot (EspCurveView *view, EspSnapshot *snapshot)
{
  EspSnapshot *old;

  g_return_if_fail (ESP_IS_CURVE_VIEW (view));

  old = view->snapshot;
  if (old == snapshot)
    return;
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  if (gtk_widget_get_mapped (GTK_WIDGET (view)))
    {
      if (!old || !snapshot || old->run != snapshot->run)
        forget_picture (view);
      else if (!histories_are_equal (old, snapshot))
        esp_throttle_call (&view->throttle, REDRAW_INTERVAL, forget_picture, view);
    }
  if (snapshot && snapshot->history && snapshot->history->n_evaluations > 0
      && (!old || !histories_are_equal (old, snapshot)))
    {
      const EspEvaluation *last = &snapshot->history->evaluations[snapshot->history->n_evaluations - 1];
      g_autofree char *text = g_strdup_printf (
        "At step %" G_GUINT64_FORMAT ": return %.4g sampled, %.4g thresholded, %.4g formula", last->step,
        last->sampled.mean, last->masked.mean, last->formula.mean);

      gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
    }
  g_clear_pointer (&old, esp_snapshot_unref);
}

#include "esp-curve-view.h"

#include "esp-cursor.h"
#include "esp-curve-plot.h"
#include "esp-throttle.h"

/* The picture follows the snapshots at most this often, in microseconds. */
#define REDRAW_INTERVAL (G_USEC_PER_SEC / 5)

struct _EspCurveView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;

  EspTexts *texts;
  GskRenderNode *picture; /* all but the crosshair; NULL when out of date */
  EspThrottle throttle;

  EspCursor cursor;
  size_t point; /* where the keys are; ESP_NO_POINT before they were used */
};

G_DEFINE_FINAL_TYPE (EspCurveView, esp_curve_view, GTK_TYPE_WIDGET)

static EspCurvePlot
get_plot (EspCurveView *view)
{
  return esp_curve_plot_new (view->texts, view->snapshot, (float) gtk_widget_get_width (GTK_WIDGET (view)),
                             (float) gtk_widget_get_height (GTK_WIDGET (view)));
}

static GskRenderNode *
draw_picture (EspCurveView *view, const EspPalette *palette)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                  (float) gtk_widget_get_height (widget)));
  if (!esp_curve_plot_has_curves (view->snapshot))
    esp_texts_draw_placeholder (view->texts, snapshot, palette,
                                "The return appears after the first episodes");
  else
    {
      EspCurvePlot plot = get_plot (view);

      esp_curve_plot_draw (&plot, snapshot, palette);
    }
  return gtk_snapshot_free_to_node (snapshot);
}

static void
draw_hover (EspCurveView *view, GtkSnapshot *snapshot, const EspPalette *palette)
{
  EspCurvePlot plot = get_plot (view);
  size_t point = view->cursor.mode == ESP_CURSOR_KEYS ? view->point
                                                      : esp_curve_plot_find (&plot, view->cursor.x);
  graphene_point_t at;
  g_autofree char *markup = NULL;

  if (point == ESP_NO_POINT)
    return;
  at = esp_curve_plot_draw_mark (&plot, snapshot, palette, point);
  if (view->cursor.mode == ESP_CURSOR_POINTER)
    at = GRAPHENE_POINT_INIT ((float) view->cursor.x, (float) view->cursor.y);
  markup = esp_curve_plot_describe (view->snapshot, palette, point);
  esp_texts_draw_card (view->texts, snapshot, palette, markup, at.x, at.y);
}

static gboolean
move_cursor (GtkWidget *widget, EspMove move)
{
  EspCurveView *view = ESP_CURVE_VIEW (widget);
  size_t last;

  if (!esp_curve_plot_has_curves (view->snapshot))
    return FALSE;
  last = esp_curve_plot_get_n_points (view->snapshot) - 1;
  if (view->cursor.mode == ESP_CURSOR_POINTER)
    {
      EspCurvePlot plot = get_plot (view);

      view->point = esp_curve_plot_find (&plot, view->cursor.x);
    }
  if (view->point == ESP_NO_POINT)
    view->point = last;
  /* The first key shows where the keys are. */
  else if (view->cursor.mode != ESP_CURSOR_NONE)
    view->point = esp_cursor_move_along (move, view->point, last, 1);
  return TRUE;
}

static char *
describe (GtkWidget *widget)
{
  EspCurveView *view = ESP_CURVE_VIEW (widget);
  const EspHistory *history = view->snapshot ? view->snapshot->history : NULL;

  if (view->cursor.mode == ESP_CURSOR_KEYS)
    return esp_curve_plot_describe (view->snapshot, NULL, view->point);
  if (!history || history->n_evaluations == 0)
    return NULL;
  return esp_curve_plot_describe_last (view->snapshot);
}

/* Points at nothing where what the keys pointed at is no longer there, or was another kind of point. */
static void
check_cursor (EspCurveView *view, const EspSnapshot *old)
{
  const EspSnapshot *new = view->snapshot;

  if (esp_curve_plot_has_curves (old) && esp_curve_plot_has_curves (new)
      && (old->history->n_evaluations > 0) == (new->history->n_evaluations > 0)
      && (view->point == ESP_NO_POINT || view->point < esp_curve_plot_get_n_points (new)))
    return;
  view->point = ESP_NO_POINT;
  esp_cursor_drop_keys (&view->cursor);
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
  if (view->cursor.mode != ESP_CURSOR_NONE && esp_curve_plot_has_curves (view->snapshot))
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
  EspCurveView *view = ESP_CURVE_VIEW (object);

  esp_cursor_clear (&view->cursor);
  g_clear_pointer (&view->texts, esp_texts_free);
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

  view->texts = esp_texts_new (widget);
  view->point = ESP_NO_POINT;
  esp_cursor_init (&view->cursor, widget, move_cursor, describe);
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
  check_cursor (view, old);
  if (gtk_widget_get_mapped (GTK_WIDGET (view)))
    {
      if (!old || !snapshot || old->run != snapshot->run)
        forget_picture (view);
      else if (!histories_are_equal (old, snapshot))
        esp_throttle_call (&view->throttle, REDRAW_INTERVAL, forget_picture, view);
    }
  if (!old || !snapshot || !histories_are_equal (old, snapshot))
    esp_cursor_update_description (&view->cursor);
  g_clear_pointer (&old, esp_snapshot_unref);
}

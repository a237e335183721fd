#include "esp-selector-view.h"

#include "esp-cursor.h"
#include "esp-heat-map.h"
#include "esp-histogram-strip.h"
#include "esp-throttle.h"

/* The picture follows the snapshots at most this often, in microseconds. */
#define REDRAW_INTERVAL (G_USEC_PER_SEC / 8)

/* Where the parts of the panel lie. */
typedef struct
{
  EspHeatMap map;
  EspHistogramStrip strip;
} Parts;

struct _EspSelectorView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;
  EspPolicyKind policy; /* where it is not symbolic there is no path selector, and no snapshot */
  guint action;

  EspTexts *texts;
  EspNetworkLayout *layout; /* names only */
  GskRenderNode *picture;   /* all but the hover card; NULL when out of date */
  EspThrottle throttle;

  EspCursor cursor;
  size_t path;    /* where the keys are in the heat map; ESP_NOTHING before they were used */
  size_t record;  /* and in the strip */
  gboolean below; /* whether they are in the strip */
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

static gboolean
has_network (EspSelectorView *view)
{
  return view->snapshot && view->snapshot->n_actions > 0;
}

static Parts
get_parts (EspSelectorView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget);
  int scale = gtk_widget_get_scale_factor (widget);
  double size = 0.78 * esp_texts_get_font_size (view->texts);
  float line = (float) (1.45 * size);
  float margin = 10;
  float strip_height = height < 190 ? 0 : CLAMP (0.27f * height, 44, 150);
  float bottom = strip_height > 0 ? margin + strip_height + 2.5f * line : margin;
  Parts parts = { .strip = { view->texts, view->snapshot, .text_size = size, .scale = scale } };

  if (!view->layout)
    view->layout = esp_network_layout_new (view->snapshot->arrangement);
  parts.map = esp_heat_map_new (
    view->texts, view->snapshot, view->layout, get_action_index (view),
    &GRAPHENE_RECT_INIT (margin, margin, width - 2 * margin, MAX (height - margin - bottom, 10)), size,
    scale);
  if (strip_height > 0)
    {
      parts.strip.area = GRAPHENE_RECT_INIT (parts.map.cells.origin.x, height - margin - line - strip_height,
                                             parts.map.cells.size.width, strip_height);
      parts.strip.caption_y = parts.strip.area.origin.y - 0.7 * line;
    }
  return parts;
}

static GskRenderNode *
draw_picture (EspSelectorView *view, const EspPalette *palette)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gtk_snapshot_append_color (snapshot, &palette->background,
                             &GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                                  (float) gtk_widget_get_height (widget)));
  if (!has_network (view))
    esp_texts_draw_placeholder (view->texts, snapshot, palette,
                                view->policy == ESP_POLICY_NEURAL ? "A neural network has no path selector"
                                : view->policy == ESP_POLICY_EXPRESSION
                                  ? "A typed formula has no path selector"
                                  : "The selection probabilities appear when training starts");
  else
    {
      Parts parts = get_parts (view);

      esp_heat_map_draw (&parts.map, snapshot, palette);
      if (parts.strip.area.size.height > 0)
        esp_histogram_strip_draw (&parts.strip, snapshot, palette);
    }
  return gtk_snapshot_free_to_node (snapshot);
}

/* What is pointed at: a path, a record, or nothing. */
static void
find_hovered (EspSelectorView *view, const Parts *parts, size_t *path, size_t *record)
{
  *path = ESP_NOTHING;
  *record = ESP_NOTHING;
  if (view->cursor.mode == ESP_CURSOR_POINTER)
    {
      *path = esp_heat_map_find (&parts->map, view->cursor.x, view->cursor.y);
      *record = esp_histogram_strip_find (&parts->strip, view->cursor.x, view->cursor.y);
    }
  else if (view->cursor.mode == ESP_CURSOR_KEYS && view->below)
    *record = view->record;
  else if (view->cursor.mode == ESP_CURSOR_KEYS)
    *path = view->path;
}

static void
draw_hover (EspSelectorView *view, GtkSnapshot *snapshot, const EspPalette *palette)
{
  Parts parts = get_parts (view);
  size_t path, record;
  graphene_point_t at;
  g_autofree char *markup = NULL;

  find_hovered (view, &parts, &path, &record);
  if (path != ESP_NOTHING)
    {
      graphene_rect_t cell = esp_heat_map_get_cell (&parts.map, path);
      GskRoundedRect outline;
      float widths[4] = { 2, 2, 2, 2 };
      GdkRGBA lines[4] = { palette->negative, palette->negative, palette->negative, palette->negative };

      graphene_rect_get_bottom_right (&cell, &at);
      graphene_rect_inset (&cell, -2, -2);
      gsk_rounded_rect_init_from_rect (&outline, &cell, 3);
      gtk_snapshot_append_border (snapshot, &outline, widths, lines);
      markup = esp_heat_map_describe (&parts.map, path);
    }
  else if (record != ESP_NOTHING)
    {
      graphene_rect_t mark = esp_histogram_strip_get_mark (&parts.strip, record);

      graphene_rect_get_center (&mark, &at);
      gtk_snapshot_append_color (snapshot, &palette->foreground, &mark);
      markup = esp_histogram_strip_describe (&parts.strip, record);
    }
  else
    return;
  if (view->cursor.mode == ESP_CURSOR_POINTER)
    at = GRAPHENE_POINT_INIT ((float) view->cursor.x, (float) view->cursor.y);
  esp_texts_draw_card (view->texts, snapshot, palette, markup, at.x, at.y);
}

/* Moves over the records; a hundred presses are the whole run. */
static void
move_in_strip (EspSelectorView *view, EspMove move)
{
  size_t last = view->snapshot->history->n_records - 1;
  size_t stride = 1 + last / 100;

  if (move == ESP_MOVE_UP)
    view->below = FALSE;
  view->record = esp_cursor_move_along (move, view->record, last, stride);
}

static gboolean
move_cursor (GtkWidget *widget, EspMove move)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (widget);
  Parts parts;
  size_t path, record;

  if (!has_network (view))
    return FALSE;
  parts = get_parts (view);
  find_hovered (view, &parts, &path, &record);
  if (record != ESP_NOTHING)
    {
      view->below = TRUE;
      view->record = record;
      if (view->path == ESP_NOTHING)
        view->path = view->snapshot->arrangement->n_weights - 1;
      move_in_strip (view, move);
      return TRUE;
    }
  view->below = FALSE;
  if (path == ESP_NOTHING)
    {
      /* The first key shows where the keys are. */
      view->path = view->path == ESP_NOTHING ? 0 : view->path;
      return TRUE;
    }
  view->path = esp_heat_map_move (&parts.map, path, move);
  if (view->path == path && move == ESP_MOVE_DOWN && parts.strip.area.size.height > 0
      && view->snapshot->history && view->snapshot->history->n_records > 0)
    {
      view->below = TRUE;
      view->record = view->snapshot->history->n_records - 1;
    }
  return TRUE;
}

static char *
describe (GtkWidget *widget)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (widget);
  Parts parts;

  if (!has_network (view) || view->cursor.mode != ESP_CURSOR_KEYS)
    return NULL;
  parts = get_parts (view);
  return view->below ? esp_histogram_strip_describe (&parts.strip, view->record)
                     : esp_heat_map_describe (&parts.map, view->path);
}

static void
esp_selector_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspSelectorView *view = ESP_SELECTOR_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);

  if (gtk_widget_get_width (widget) < 2 || gtk_widget_get_height (widget) < 2)
    return;
  if (!view->picture)
    view->picture = draw_picture (view, palette);
  gtk_snapshot_append_node (snapshot, view->picture);
  if (has_network (view))
    draw_hover (view, snapshot, palette);
}

static void
forget_picture (gpointer data)
{
  EspSelectorView *view = data;

  g_clear_pointer (&view->picture, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (view));
  if (view->cursor.mode == ESP_CURSOR_KEYS)
    esp_cursor_update_description (&view->cursor);
}

/* Points at nothing where what the keys pointed at is no longer there. */
static void
check_cursor (EspSelectorView *view)
{
  const EspSnapshot *snapshot = view->snapshot;
  const EspHistory *history = snapshot ? snapshot->history : NULL;
  gboolean has_path = has_network (view) && view->path < snapshot->arrangement->n_weights;

  if (has_path && (!view->below || (history && view->record < history->n_records)))
    return;
  if (!has_path)
    view->path = ESP_NOTHING;
  view->below = FALSE;
  esp_cursor_drop_keys (&view->cursor);
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
  EspSelectorView *view = ESP_SELECTOR_VIEW (object);

  esp_cursor_clear (&view->cursor);
  g_clear_pointer (&view->texts, esp_texts_free);
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

  view->texts = esp_texts_new (widget);
  view->path = ESP_NOTHING;
  esp_cursor_init (&view->cursor, widget, move_cursor, describe);
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
  EspPolicyKind policy;

  g_return_if_fail (ESP_IS_SELECTOR_VIEW (view));

  old = view->snapshot;
  policy = snapshot ? snapshot->policy : ESP_POLICY_SYMBOLIC;
  if (policy != ESP_POLICY_SYMBOLIC)
    snapshot = NULL;
  if (old == snapshot && policy == view->policy)
    return;
  view->policy = policy;
  if (!old || !snapshot || old->arrangement != snapshot->arrangement)
    g_clear_pointer (&view->layout, esp_network_layout_free);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  check_cursor (view);
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

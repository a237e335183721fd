#include <math.h>
#include <string.h>

#include "esp-network-view-private.h"

/* Edges are redrawn at most this often, in microseconds: the trainer needs the cores. */
#define EDGE_INTERVAL (G_USEC_PER_SEC / 12)

#define MOST_ZOOM  12.0
#define LEAST_ZOOM 0.5

/* How near the pointer must be to a path, in pixels. */
#define NEAR_PATH 5.0

enum
{
  PROPERTY_ACTION = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (EspNetworkView, esp_network_view, GTK_TYPE_WIDGET)

/* Places the nodes if size, style or arrangement changed since. */
static gboolean
ensure_layout (EspNetworkView *view)
{
  const EspEnvironmentInfo *environment;
  double size, input_width, output_width;

  if (!view->snapshot || view->snapshot->n_actions == 0 || gtk_widget_get_width (GTK_WIDGET (view)) < 2)
    return FALSE;
  if (!view->layout)
    {
      view->layout = esp_network_layout_new (view->snapshot->arrangement);
      g_free (view->live);
      view->live = g_new0 (bool, view->layout->n_nodes);
      view->n_live_paths = esp_network_layout_get_live (
        view->layout, esp_network_view_get_probabilities (view), view->snapshot->threshold, view->live);
      view->placed = FALSE;
    }
  if (view->placed)
    return TRUE;

  environment = view->snapshot->environment;
  /* Larger names where the panel is. */
  size = CLAMP (gtk_widget_get_height (GTK_WIDGET (view)) / 26.0,
                1.05 * esp_texts_get_font_size (view->texts), 1.4 * esp_texts_get_font_size (view->texts));
  input_width = size;
  for (size_t i = 0; i < view->snapshot->arrangement->n_inputs; i++)
    input_width = MAX (input_width,
                       esp_texts_get_name_width (
                         view->texts, esp_network_layout_get_symbol (view->layout, environment, 0, i), size));
  output_width = esp_texts_get_width (view->texts,
                                      esp_network_layout_get_symbol (view->layout, environment,
                                                                     esp_network_view_get_shown_action (view),
                                                                     view->layout->n_nodes - 1),
                                      size);
  esp_network_layout_place (view->layout, gtk_widget_get_width (GTK_WIDGET (view)),
                            gtk_widget_get_height (GTK_WIDGET (view)), input_width + size,
                            output_width + size);
  view->placed = TRUE;
  return TRUE;
}

static gboolean
jobs_are_equal (const EspEdgeJob *a, const EspEdgeJob *b)
{
  return a && b && a->n_edges == b->n_edges && memcmp (a, b, sizeof *a) == 0
         && memcmp (a->edges, b->edges, a->n_edges * sizeof a->edges[0]) == 0;
}

static void
submit_edges (gpointer data)
{
  EspNetworkView *view = data;
  EspEdgeJob *job;
  size_t size;

  if (!view->painter || !ensure_layout (view))
    return;
  job = esp_network_view_new_job (view);
  if (jobs_are_equal (job, view->last_job))
    {
      g_free (job);
      return;
    }
  size = sizeof *job + job->n_edges * sizeof job->edges[0];
  g_free (view->last_job);
  view->last_job = g_malloc (size);
  memcpy (view->last_job, job, size);
  esp_edge_painter_submit (view->painter, job);
}

/* Has the edges drawn anew, now or as soon as they may be. */
static void
update_edges (EspNetworkView *view)
{
  if (view->painter)
    esp_throttle_call (&view->throttle, EDGE_INTERVAL, submit_edges, view);
}

static void
take_picture (GdkTexture *texture, const EspEdgeView *edge_view, gpointer data)
{
  EspNetworkView *view = data;

  g_set_object (&view->texture, texture);
  view->texture_view = *edge_view;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
find_hovered (EspNetworkView *view)
{
  size_t node = ESP_NOTHING;
  size_t path = ESP_NOTHING;

  if (view->pointer_inside && ensure_layout (view))
    {
      double x = (view->pointer_x - view->pan.x) / view->pan.zoom;
      double y = (view->pointer_y - view->pan.y) / view->pan.zoom;

      for (size_t i = 0; i < view->layout->n_nodes && node == ESP_NOTHING; i++)
        {
          const EspNode *at = &view->layout->nodes[i];

          if (fabs (x - at->x) <= at->half_width + 1 && fabs (y - at->y) <= at->half_height + 1)
            node = i;
        }
      if (node == ESP_NOTHING)
        {
          const float *probabilities = esp_network_view_get_probabilities (view);
          double best = G_MAXFLOAT;

          for (size_t i = 0; i < view->layout->arrangement->n_weights; i++)
            {
              const EspPath *ends = &view->layout->paths[i];
              EspEdge edge;
              double distance;

              if (!(probabilities[i] >= ESP_FAINTEST_PROBABILITY))
                continue;
              edge = esp_network_view_get_edge (view, i);
              distance = esp_edge_get_distance (&edge, view->pointer_x, view->pointer_y);
              if (distance > NEAR_PATH)
                continue;
              /* What is drawn strongly is meant first. */
              if (probabilities[i] <= view->snapshot->threshold || !view->live[ends->source]
                  || !view->live[ends->target])
                distance += NEAR_PATH;
              if (distance < best)
                {
                  best = distance;
                  path = i;
                }
            }
        }
    }
  view->hovered_node = node;
  view->hovered_path = path;
}

static void
set_pan (EspNetworkView *view, double zoom, double x, double y)
{
  double width = gtk_widget_get_width (GTK_WIDGET (view));
  double height = gtk_widget_get_height (GTK_WIDGET (view));

  /* At least a quarter of the panel keeps showing the graph. */
  view->pan.zoom = CLAMP (zoom, LEAST_ZOOM, MOST_ZOOM);
  view->pan.x = CLAMP (x, 0.25 * width - width * view->pan.zoom, 0.75 * width);
  view->pan.y = CLAMP (y, 0.25 * height - height * view->pan.zoom, 0.75 * height);
  find_hovered (view);
  update_edges (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
zoom_about (EspNetworkView *view, double factor, double x, double y)
{
  double zoom = CLAMP (view->pan.zoom * factor, LEAST_ZOOM, MOST_ZOOM);
  double ratio = zoom / view->pan.zoom;

  set_pan (view, zoom, x - ratio * (x - view->pan.x), y - ratio * (y - view->pan.y));
}

static void
on_drag_begin (GtkGestureDrag *gesture, double x, double y, gpointer data)
{
  EspNetworkView *view = data;

  view->drag_start = view->pan;
}

static void
on_drag_update (GtkGestureDrag *gesture, double x, double y, gpointer data)
{
  EspNetworkView *view = data;

  set_pan (view, view->pan.zoom, view->drag_start.x + x, view->drag_start.y + y);
}

static gboolean
on_scroll (GtkEventControllerScroll *controller, double dx, double dy, gpointer data)
{
  EspNetworkView *view = data;
  gboolean known = view->pointer_inside;

  zoom_about (view, pow (1.18, -dy), known ? view->pointer_x : gtk_widget_get_width (GTK_WIDGET (view)) / 2.0,
              known ? view->pointer_y : gtk_widget_get_height (GTK_WIDGET (view)) / 2.0);
  return GDK_EVENT_STOP;
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, gpointer data)
{
  EspNetworkView *view = data;
  size_t node = view->hovered_node;
  size_t path = view->hovered_path;

  view->pointer_x = x;
  view->pointer_y = y;
  view->pointer_inside = TRUE;
  find_hovered (view);
  if (node != view->hovered_node || path != view->hovered_path || node != ESP_NOTHING || path != ESP_NOTHING)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_leave (GtkEventControllerMotion *controller, gpointer data)
{
  EspNetworkView *view = data;

  view->pointer_inside = FALSE;
  find_hovered (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  EspNetworkView *view = data;

  gtk_widget_grab_focus (GTK_WIDGET (view));
  if (n_press == 2)
    esp_network_view_reset (view);
}

static gboolean
on_key_pressed (
  GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, gpointer data)
{
  EspNetworkView *view = data;
  double width = gtk_widget_get_width (GTK_WIDGET (view));
  double height = gtk_widget_get_height (GTK_WIDGET (view));

  if (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK))
    return GDK_EVENT_PROPAGATE;
  switch (key)
    {
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
      esp_network_view_reset (view);
      return GDK_EVENT_STOP;
    case GDK_KEY_plus:
    case GDK_KEY_KP_Add:
      zoom_about (view, 1.18, width / 2, height / 2);
      return GDK_EVENT_STOP;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      zoom_about (view, 1 / 1.18, width / 2, height / 2);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
esp_network_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (widget);

  if (ensure_layout (view))
    esp_network_view_draw (view, snapshot);
  else
    esp_network_view_draw_placeholder (view, snapshot);
}

static void
esp_network_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (widget);

  view->placed = FALSE;
  update_edges (view);
}

static void
esp_network_view_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (widget);

  GTK_WIDGET_CLASS (esp_network_view_parent_class)->css_changed (widget, change);
  esp_texts_clear (view->texts);
  view->placed = FALSE;
  update_edges (view);
}

static void
esp_network_view_map (GtkWidget *widget)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (widget);

  GTK_WIDGET_CLASS (esp_network_view_parent_class)->map (widget);
  if (!view->painter)
    view->painter = esp_edge_painter_new (take_picture, view);
  g_clear_pointer (&view->last_job, g_free);
  update_edges (view);
}

static void
stop_painting (EspNetworkView *view)
{
  esp_throttle_stop (&view->throttle);
  g_clear_pointer (&view->painter, esp_edge_painter_free);
  g_clear_pointer (&view->last_job, g_free);
}

static void
esp_network_view_unmap (GtkWidget *widget)
{
  stop_painting (ESP_NETWORK_VIEW (widget));
  GTK_WIDGET_CLASS (esp_network_view_parent_class)->unmap (widget);
}

static void
esp_network_view_measure (GtkWidget *widget,
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
esp_network_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_ACTION)
    g_value_set_uint (value, ESP_NETWORK_VIEW (object)->action);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
esp_network_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_ACTION)
    esp_network_view_set_action (ESP_NETWORK_VIEW (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
esp_network_view_dispose (GObject *object)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (object);

  stop_painting (view);
  g_clear_object (&view->texture);
  g_clear_pointer (&view->layout, esp_network_layout_free);
  g_clear_pointer (&view->live, g_free);
  g_clear_pointer (&view->snapshot, esp_snapshot_unref);
  G_OBJECT_CLASS (esp_network_view_parent_class)->dispose (object);
}

static void
esp_network_view_finalize (GObject *object)
{
  g_clear_pointer (&ESP_NETWORK_VIEW (object)->texts, esp_texts_free);
  G_OBJECT_CLASS (esp_network_view_parent_class)->finalize (object);
}

static void
esp_network_view_class_init (EspNetworkViewClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = esp_network_view_get_property;
  object_class->set_property = esp_network_view_set_property;
  object_class->dispose = esp_network_view_dispose;
  object_class->finalize = esp_network_view_finalize;
  widget_class->snapshot = esp_network_view_snapshot;
  widget_class->size_allocate = esp_network_view_size_allocate;
  widget_class->css_changed = esp_network_view_css_changed;
  widget_class->map = esp_network_view_map;
  widget_class->unmap = esp_network_view_unmap;
  widget_class->measure = esp_network_view_measure;
  properties[PROPERTY_ACTION] = g_param_spec_uint ("action", NULL, NULL, 0, ESP_MAX_ACTIONS - 1, 0,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
                                                     | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_set_css_name (widget_class, "networkview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
esp_network_view_init (EspNetworkView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  view->texts = esp_texts_new (widget);
  view->pan.zoom = 1;
  view->hovered_node = ESP_NOTHING;
  view->hovered_path = ESP_NOTHING;

  g_signal_connect (drag, "drag-begin", G_CALLBACK (on_drag_begin), view);
  g_signal_connect (drag, "drag-update", G_CALLBACK (on_drag_update), view);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), view);
  g_signal_connect (scroll, "scroll", G_CALLBACK (on_scroll), view);
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), view);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), view);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key_pressed), view);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, scroll);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, key);

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Symbolic network",
                                  -1);
}

GtkWidget *
esp_network_view_new (void)
{
  return g_object_new (ESP_TYPE_NETWORK_VIEW, NULL);
}

/* Takes note of new probabilities: which nodes live, and what the accessible description says. */
static void
update_live (EspNetworkView *view)
{
  g_autofree char *text = NULL;
  size_t before = view->n_live_paths;

  if (!view->layout)
    return;
  view->n_live_paths = esp_network_layout_get_live (view->layout, esp_network_view_get_probabilities (view),
                                                    view->snapshot->threshold, view->live);
  if (view->n_live_paths == before)
    return;
  text = g_strdup_printf ("%zu of %zu paths connect observations to the action", view->n_live_paths,
                          view->snapshot->arrangement->n_paths);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static gboolean
arrangements_are_equal (const EspArrangement *a, const EspArrangement *b)
{
  if (a == b)
    return TRUE;
  if (a->n_inputs != b->n_inputs || a->n_layers != b->n_layers || a->n_weights != b->n_weights)
    return FALSE;
  for (size_t l = 0; l < a->n_layers; l++)
    if (a->layers[l].n_operators != b->layers[l].n_operators
        || memcmp (a->layers[l].operators, b->layers[l].operators,
                   a->layers[l].n_operators * sizeof a->layers[l].operators[0])
             != 0)
      return FALSE;
  return TRUE;
}

void
esp_network_view_set_snapshot (EspNetworkView *view, EspSnapshot *snapshot)
{
  EspSnapshot *old;
  EspPolicyKind policy;
  gboolean same;

  g_return_if_fail (ESP_IS_NETWORK_VIEW (view));

  old = view->snapshot;
  policy = snapshot ? snapshot->policy : ESP_POLICY_SYMBOLIC;
  if (policy != ESP_POLICY_SYMBOLIC)
    snapshot = NULL;
  if (old == snapshot && policy == view->policy)
    return;
  view->policy = policy;
  same = old && snapshot && old->environment == snapshot->environment
         && arrangements_are_equal (old->arrangement, snapshot->arrangement);
  view->snapshot = snapshot ? esp_snapshot_ref (snapshot) : NULL;
  g_clear_pointer (&old, esp_snapshot_unref);
  if (!same)
    {
      g_clear_pointer (&view->layout, esp_network_layout_free);
      g_clear_object (&view->texture);
      g_clear_pointer (&view->last_job, g_free);
      view->pan = (EspEdgeView){ .zoom = 1 };
    }
  if (snapshot)
    {
      update_live (view);
      update_edges (view);
    }
  if (!gtk_widget_get_mapped (GTK_WIDGET (view)))
    return;
  find_hovered (view);
  /* New edges bring their own redraw; nodes change only with them. */
  if (!same || view->hovered_node != ESP_NOTHING || view->hovered_path != ESP_NOTHING)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
esp_network_view_set_action (EspNetworkView *view, guint action)
{
  g_return_if_fail (ESP_IS_NETWORK_VIEW (view));

  if (view->action == action)
    return;
  view->action = action;
  view->placed = FALSE;
  if (view->snapshot)
    update_live (view);
  update_edges (view);
  gtk_widget_queue_draw (GTK_WIDGET (view));
  g_object_notify_by_pspec (G_OBJECT (view), properties[PROPERTY_ACTION]);
}

guint
esp_network_view_get_action (EspNetworkView *view)
{
  g_return_val_if_fail (ESP_IS_NETWORK_VIEW (view), 0);

  return view->action;
}

void
esp_network_view_reset (EspNetworkView *view)
{
  g_return_if_fail (ESP_IS_NETWORK_VIEW (view));

  set_pan (view, 1, 0, 0);
}

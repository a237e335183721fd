#include "esp-network-view.h"

#include <math.h>
#include <string.h>

#include "esp-edges.h"
#include "esp-network-layout.h"
#include "esp-palette.h"
#include "esp-text.h"
#include "esp-throttle.h"

/* Edges are redrawn at most this often, in microseconds: the trainer needs the cores. */
#define EDGE_INTERVAL (G_USEC_PER_SEC / 12)

/* Paths less probable than this are not drawn. */
#define FAINTEST_PROBABILITY 0.02f

#define MOST_ZOOM  12.0
#define LEAST_ZOOM 0.5

/* How near the pointer must be to a path, in pixels. */
#define NEAR_PATH 5.0

#define NOTHING G_MAXSIZE

struct _EspNetworkView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;
  guint action;

  EspTexts *texts;
  EspNetworkLayout *layout; /* of the snapshot's arrangement, placed for the present size */
  gboolean placed;
  bool *live;
  size_t n_live_paths;

  EspEdgeView pan;
  EspEdgeView drag_start;
  double pointer_x;
  double pointer_y;
  gboolean pointer_inside;
  size_t hovered_node; /* NOTHING for none, as the next */
  size_t hovered_path;

  EspEdgePainter *painter; /* while mapped */
  GdkTexture *texture;
  EspEdgeView texture_view;
  EspEdgeJob *last_job; /* what the newest picture shows or will show; to skip equal ones */
  EspThrottle throttle;
};

enum
{
  PROPERTY_ACTION = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (EspNetworkView, esp_network_view, GTK_TYPE_WIDGET)

static size_t
get_action_index (EspNetworkView *view)
{
  return MIN (view->action, view->snapshot->n_actions - 1);
}

static const float *
get_weights (EspNetworkView *view)
{
  return view->snapshot->weights + get_action_index (view) * view->snapshot->arrangement->n_weights;
}

static const float *
get_probabilities (EspNetworkView *view)
{
  return view->snapshot->probabilities + get_action_index (view) * view->snapshot->arrangement->n_weights;
}

static double
get_node_value (EspNetworkView *view, size_t node)
{
  size_t action = get_action_index (view);
  size_t n_features = view->snapshot->arrangement->n_features;

  return node == n_features ? view->snapshot->actions[action]
                            : view->snapshot->features[action * n_features + node];
}

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
      view->n_live_paths = esp_network_layout_get_live (view->layout, get_probabilities (view),
                                                        view->snapshot->threshold, view->live);
      view->placed = FALSE;
    }
  if (view->placed)
    return TRUE;

  environment = view->snapshot->environment;
  size = 1.05 * esp_texts_get_font_size (view->texts);
  input_width = size;
  for (size_t i = 0; i < view->snapshot->arrangement->n_inputs; i++)
    input_width = MAX (input_width,
                       esp_texts_get_name_width (
                         view->texts, esp_network_layout_get_symbol (view->layout, environment, 0, i), size));
  output_width = esp_texts_get_width (view->texts,
                                      esp_network_layout_get_symbol (view->layout, environment,
                                                                     get_action_index (view),
                                                                     view->layout->n_nodes - 1),
                                      size);
  esp_network_layout_place (view->layout, gtk_widget_get_width (GTK_WIDGET (view)),
                            gtk_widget_get_height (GTK_WIDGET (view)), input_width + size,
                            output_width + size);
  view->placed = TRUE;
  return TRUE;
}

/* The edge of @path as it stands in the panel under the present pan and zoom. */
static EspEdge
get_edge (EspNetworkView *view, size_t path)
{
  const EspPath *ends = &view->layout->paths[path];
  const EspNode *source = &view->layout->nodes[ends->source];
  const EspNode *target = &view->layout->nodes[ends->target];
  double zoom = view->pan.zoom;

  return (EspEdge){
    .x0 = (float) (view->pan.x + zoom * (source->x + source->half_width)),
    .y0 = (float) (view->pan.y + zoom * source->y),
    .x1 = (float) (view->pan.x + zoom * (target->x - target->half_width)),
    .y1 = (float) (view->pan.y + zoom * (target->y + ends->port * target->half_height)),
  };
}

static float
get_edge_width (double weight, double greatest)
{
  return (float) (0.7 + 3.6 * sqrt (MIN (fabs (weight) / greatest, 1)));
}

/* The size of weight that is drawn widest: the greatest in the mask, or of all where it is empty. */
static double
get_greatest_weight (EspNetworkView *view)
{
  const float *weights = get_weights (view);
  const float *probabilities = get_probabilities (view);
  double in_mask = 0, any = 0;

  for (size_t i = 0; i < view->snapshot->arrangement->n_weights; i++)
    {
      double size = fabs (weights[i]);

      any = MAX (any, size);
      if (probabilities[i] > view->snapshot->threshold)
        in_mask = MAX (in_mask, size);
    }
  return in_mask > 0 ? in_mask : any > 0 ? any : 1;
}

static EspEdgeJob *
make_job (EspNetworkView *view)
{
  const EspPalette *palette = esp_palette_get (GTK_WIDGET (view));
  size_t n_paths = view->snapshot->arrangement->n_weights;
  const float *weights = get_weights (view);
  const float *probabilities = get_probabilities (view);
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  double greatest = get_greatest_weight (view);
  /* Many live paths would make a solid mass; with few of them each one counts. */
  double density = CLAMP (sqrt (40.0 / (double) MAX (view->n_live_paths, 1)), 0.25, 1);
  double thickness = CLAMP (sqrt (view->pan.zoom), 0.7, 2) * scale;
  EspEdgeJob *job = esp_edge_job_new (n_paths);
  size_t n = 0;

  job->width = gtk_widget_get_width (GTK_WIDGET (view)) * scale;
  job->height = gtk_widget_get_height (GTK_WIDGET (view)) * scale;
  job->view = view->pan;
  job->background[0] = (guint8) lroundf (255 * palette->background.red);
  job->background[1] = (guint8) lroundf (255 * palette->background.green);
  job->background[2] = (guint8) lroundf (255 * palette->background.blue);

  /* The live ones last, on top of the others. */
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < n_paths; i++)
      {
        const EspPath *ends = &view->layout->paths[i];
        float probability = probabilities[i];
        gboolean in_mask = probability > view->snapshot->threshold;
        gboolean is_live = in_mask && view->live[ends->source] && view->live[ends->target];
        const GdkRGBA *color;
        EspEdge edge;

        if (is_live != (pass == 1) || !(probability >= FAINTEST_PROBABILITY))
          continue;
        edge = get_edge (view, i);
        edge.x0 *= (float) scale;
        edge.y0 *= (float) scale;
        edge.x1 *= (float) scale;
        edge.y1 *= (float) scale;
        edge.width = get_edge_width (weights[i], greatest) * (float) thickness;
        if (is_live)
          edge.alpha = (float) (density * probability);
        else
          {
            edge.alpha = (in_mask ? 0.16f : 0.12f) * probability;
            edge.width *= 0.6f;
          }
        color = weights[i] < 0 ? &palette->negative : &palette->positive;
        edge.color[0] = (guint8) lroundf (255 * color->red);
        edge.color[1] = (guint8) lroundf (255 * color->green);
        edge.color[2] = (guint8) lroundf (255 * color->blue);
        job->edges[n++] = edge;
      }
  job->n_edges = n;
  return job;
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
  job = make_job (view);
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
  size_t node = NOTHING;
  size_t path = NOTHING;

  if (view->pointer_inside && ensure_layout (view))
    {
      double x = (view->pointer_x - view->pan.x) / view->pan.zoom;
      double y = (view->pointer_y - view->pan.y) / view->pan.zoom;

      for (size_t i = 0; i < view->layout->n_nodes && node == NOTHING; i++)
        {
          const EspNode *at = &view->layout->nodes[i];

          if (fabs (x - at->x) <= at->half_width + 1 && fabs (y - at->y) <= at->half_height + 1)
            node = i;
        }
      if (node == NOTHING)
        {
          const float *probabilities = get_probabilities (view);
          double best = G_MAXFLOAT;

          for (size_t i = 0; i < view->layout->arrangement->n_weights; i++)
            {
              const EspPath *ends = &view->layout->paths[i];
              EspEdge edge;
              double distance;

              if (!(probabilities[i] >= FAINTEST_PROBABILITY))
                continue;
              edge = get_edge (view, i);
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
  if (node != view->hovered_node || path != view->hovered_path || node != NOTHING || path != NOTHING)
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

static char *
describe_hovered (EspNetworkView *view)
{
  const EspSnapshot *snapshot = view->snapshot;
  const EspEnvironmentInfo *environment = snapshot->environment;
  size_t action = get_action_index (view);

  if (view->hovered_node != NOTHING)
    {
      size_t node = view->hovered_node;
      g_autofree char *name = esp_network_layout_describe_node (view->layout, environment, action, node);
      g_autofree char *value = esp_text_from_number (get_node_value (view, node), 4);
      const EspSignal *signal = node < snapshot->arrangement->n_inputs ? &environment->observations[node]
                                : node == view->layout->n_nodes - 1    ? &environment->actions[action]
                                                                       : NULL;

      if (!signal)
        return g_markup_printf_escaped (
          view->live[node] ? "<b>%s</b> = %s" : "<b>%s</b> = %s\n<small>not part of the formula</small>",
          name, value);
      return g_markup_printf_escaped ("<b>%s</b> = %s %s\n<small>%s</small>", name, value,
                                      signal->unit ? signal->unit : "",
                                      signal->description ? signal->description : signal->name);
    }
  else
    {
      size_t path = view->hovered_path;
      g_autofree char *name = esp_network_layout_describe_path (view->layout, environment, action, path);
      g_autofree char *weight = esp_text_from_number (get_weights (view)[path], 3);
      g_autofree char *probability = esp_text_from_number (get_probabilities (view)[path], 2);

      return g_markup_printf_escaped ("<b>%s</b>\nweight %s · probability %s", name, weight, probability);
    }
}

static void
draw_node (EspNetworkView *view, GtkSnapshot *snapshot, const EspPalette *palette, size_t i)
{
  const EspNode *node = &view->layout->nodes[i];
  double zoom = view->pan.zoom;
  float half_width = (float) (node->half_width * zoom);
  float half_height = (float) (node->half_height * zoom);
  graphene_rect_t area = GRAPHENE_RECT_INIT (roundf ((float) (view->pan.x + zoom * node->x) - half_width)
                                               + 0.0f,
                                             roundf ((float) (view->pan.y + zoom * node->y) - half_height),
                                             roundf (2 * half_width), roundf (2 * half_height));
  gboolean is_operator = view->layout->operators[i] != ESP_N_OPERATORS;
  gboolean is_live = view->live[i];
  gboolean is_hovered = view->hovered_node == i;
  const char *symbol = esp_network_layout_get_symbol (view->layout, view->snapshot->environment,
                                                      get_action_index (view), i);
  double size = CLAMP (1.15 * half_height, 5, 1.4 * esp_texts_get_font_size (view->texts));
  GskRoundedRect outline;
  GdkRGBA fill = palette->card;
  GdkRGBA line = is_live ? palette->dim : palette->grid;
  GdkRGBA text = is_live ? palette->foreground : palette->dim;
  GdkRGBA lines[4];
  float widths[4];
  double needed;
  double room;
  gboolean is_input;

  if (area.origin.x > gtk_widget_get_width (GTK_WIDGET (view)) || area.origin.x + area.size.width < 0
      || area.origin.y > gtk_widget_get_height (GTK_WIDGET (view)) || area.origin.y + area.size.height < 0)
    return;
  if (!is_operator && is_live)
    {
      fill = esp_color_mix (&palette->background, &palette->accent, 0.14);
      line = palette->accent;
    }
  else if (!is_live)
    {
      /* What still lives shows through what does not. */
      fill = esp_color_fade (&palette->background, 0.5);
      text = esp_color_mix (&palette->background, &palette->foreground, 0.42);
    }
  if (is_hovered)
    line = palette->accent;
  for (int side = 0; side < 4; side++)
    {
      lines[side] = line;
      widths[side] = is_hovered ? 2 : 1;
    }

  gsk_rounded_rect_init_from_rect (&outline, &area,
                                   MIN (is_operator ? 0.55f * half_height : half_height, 14));
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &fill, &area);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, widths, lines);

  is_input = i < view->layout->arrangement->n_inputs;
  needed = is_input ? esp_texts_get_name_width (view->texts, symbol, size)
                    : esp_texts_get_width (view->texts, symbol, size);
  room = area.size.width - (is_operator ? 3 : 0.8 * half_height);
  if (needed > room)
    size *= MAX (room, 1) / needed;
  if (size >= 4)
    (is_input ? esp_texts_draw_name : esp_texts_draw) (view->texts, snapshot, symbol, size, &text,
                                                       area.origin.x + area.size.width / 2,
                                                       area.origin.y + area.size.height / 2, 0.5);
}

/* Draws the hovered path over the picture, so that it answers at once. */
static void
draw_hovered_path (EspNetworkView *view, GtkSnapshot *snapshot, const EspPalette *palette)
{
  EspEdge edge = get_edge (view, view->hovered_path);
  float third = (edge.x1 - edge.x0) / 3;
  graphene_rect_t area = GRAPHENE_RECT_INIT (edge.x0, MIN (edge.y0, edge.y1) - 6, edge.x1 - edge.x0,
                                             fabsf (edge.y1 - edge.y0) + 12);
  graphene_rect_t panel = GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (GTK_WIDGET (view)),
                                              (float) gtk_widget_get_height (GTK_WIDGET (view)));
  cairo_t *cr;

  if (!graphene_rect_intersection (&area, &panel, &area))
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &area);
  /* The smooth step with its thirds as control points is exactly this Bézier curve. */
  cairo_move_to (cr, edge.x0, edge.y0);
  cairo_curve_to (cr, edge.x0 + third, edge.y0, edge.x1 - third, edge.y1, edge.x1, edge.y1);
  gdk_cairo_set_source_rgba (cr, get_weights (view)[view->hovered_path] < 0 ? &palette->negative
                                                                            : &palette->positive);
  cairo_set_line_width (
    cr, MAX (3, get_edge_width (get_weights (view)[view->hovered_path], get_greatest_weight (view))));
  cairo_stroke (cr);
  cairo_destroy (cr);
}

static void
esp_network_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspNetworkView *view = ESP_NETWORK_VIEW (widget);
  const EspPalette *palette = esp_palette_get (widget);
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget);
  graphene_rect_t panel = GRAPHENE_RECT_INIT (0, 0, width, height);

  if (!ensure_layout (view))
    {
      gtk_snapshot_append_color (snapshot, &palette->background, &panel);
      esp_texts_draw_placeholder (view->texts, snapshot, palette, "The network appears when training starts");
      return;
    }

  if (view->texture)
    {
      double ratio = view->pan.zoom / view->texture_view.zoom;
      double x = view->pan.x - ratio * view->texture_view.x;
      double y = view->pan.y - ratio * view->texture_view.y;

      /* A picture from before the last movement is moved along until its successor is there. */
      if (x != 0 || y != 0 || ratio != 1)
        gtk_snapshot_append_color (snapshot, &palette->background, &panel);
      gtk_snapshot_append_texture (
        snapshot, view->texture,
        &GRAPHENE_RECT_INIT ((float) x, (float) y, (float) (width * ratio), (float) (height * ratio)));
    }
  else
    gtk_snapshot_append_color (snapshot, &palette->background, &panel);

  if (view->hovered_path != NOTHING)
    draw_hovered_path (view, snapshot, palette);
  for (size_t i = 0; i < view->layout->n_nodes; i++)
    draw_node (view, snapshot, palette, i);
  if (view->hovered_node != NOTHING || view->hovered_path != NOTHING)
    {
      g_autofree char *markup = describe_hovered (view);

      esp_texts_draw_card (view->texts, snapshot, palette, markup, view->pointer_x, view->pointer_y);
    }
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
  view->hovered_node = NOTHING;
  view->hovered_path = NOTHING;

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
  view->n_live_paths = esp_network_layout_get_live (view->layout, get_probabilities (view),
                                                    view->snapshot->threshold, view->live);
  if (view->n_live_paths == before)
    return;
  text = g_strdup_printf ("%zu of %zu paths connect observations to the action", view->n_live_paths,
                          view->snapshot->arrangement->n_weights);
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
  gboolean same;

  g_return_if_fail (ESP_IS_NETWORK_VIEW (view));

  old = view->snapshot;
  if (old == snapshot)
    return;
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
  if (!same || view->hovered_node != NOTHING || view->hovered_path != NOTHING)
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

#include <math.h>

#include "esp-network-view-private.h"
#include "esp-palette.h"

size_t
esp_network_view_get_shown_action (EspNetworkView *view)
{
  return MIN (view->action, view->snapshot->n_actions - 1);
}

const float *
esp_network_view_get_weights (EspNetworkView *view)
{
  return view->snapshot->weights
         + esp_network_view_get_shown_action (view) * view->snapshot->arrangement->n_weights;
}

const float *
esp_network_view_get_probabilities (EspNetworkView *view)
{
  return view->snapshot->probabilities
         + esp_network_view_get_shown_action (view) * view->snapshot->arrangement->n_weights;
}

static double
get_node_value (EspNetworkView *view, size_t node)
{
  size_t action = esp_network_view_get_shown_action (view);
  size_t n_features = view->snapshot->arrangement->n_features;

  return node == n_features ? view->snapshot->actions[action]
                            : view->snapshot->features[action * n_features + node];
}

/* The edge of @path as it stands in the panel under the present pan and zoom. */
EspEdge
esp_network_view_get_edge (EspNetworkView *view, size_t path)
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
  const float *weights = esp_network_view_get_weights (view);
  const float *probabilities = esp_network_view_get_probabilities (view);
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

EspEdgeJob *
esp_network_view_new_job (EspNetworkView *view)
{
  const EspPalette *palette = esp_palette_get (GTK_WIDGET (view));
  size_t n_paths = view->snapshot->arrangement->n_weights;
  const float *weights = esp_network_view_get_weights (view);
  const float *probabilities = esp_network_view_get_probabilities (view);
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

        if (is_live != (pass == 1) || !(probability >= ESP_FAINTEST_PROBABILITY))
          continue;
        edge = esp_network_view_get_edge (view, i);
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

static char *
describe_hovered (EspNetworkView *view)
{
  const EspSnapshot *snapshot = view->snapshot;
  const EspEnvironmentInfo *environment = snapshot->environment;
  size_t action = esp_network_view_get_shown_action (view);

  if (view->hovered_node != ESP_NOTHING)
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
      g_autofree char *weight = esp_text_from_number (esp_network_view_get_weights (view)[path], 3);
      g_autofree char *probability = esp_text_from_number (esp_network_view_get_probabilities (view)[path],
                                                           2);

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
                                                      esp_network_view_get_shown_action (view), i);
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
  EspEdge edge = esp_network_view_get_edge (view, view->hovered_path);
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
  gdk_cairo_set_source_rgba (cr, esp_network_view_get_weights (view)[view->hovered_path] < 0
                                   ? &palette->negative
                                   : &palette->positive);
  cairo_set_line_width (cr, MAX (3, get_edge_width (esp_network_view_get_weights (view)[view->hovered_path],
                                                    get_greatest_weight (view))));
  cairo_stroke (cr);
  cairo_destroy (cr);
}

void
esp_network_view_draw_placeholder (EspNetworkView *view, GtkSnapshot *snapshot)
{
  const EspPalette *palette = esp_palette_get (GTK_WIDGET (view));
  float width = (float) gtk_widget_get_width (GTK_WIDGET (view));
  float height = (float) gtk_widget_get_height (GTK_WIDGET (view));

  gtk_snapshot_append_color (snapshot, &palette->background, &GRAPHENE_RECT_INIT (0, 0, width, height));
  esp_texts_draw_placeholder (view->texts, snapshot, palette,
                              view->policy == ESP_POLICY_NEURAL
                                ? "The policy is a neural network: there are no operators to show"
                              : view->policy == ESP_POLICY_EXPRESSION
                                ? "A formula that was typed has no network"
                                : "The network appears when training starts");
}

void
esp_network_view_draw (EspNetworkView *view, GtkSnapshot *snapshot)
{
  GtkWidget *widget = GTK_WIDGET (view);
  const EspPalette *palette = esp_palette_get (widget);
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget);
  graphene_rect_t panel = GRAPHENE_RECT_INIT (0, 0, width, height);

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

  if (view->hovered_path != ESP_NOTHING)
    draw_hovered_path (view, snapshot, palette);
  for (size_t i = 0; i < view->layout->n_nodes; i++)
    draw_node (view, snapshot, palette, i);
  if (view->hovered_node != ESP_NOTHING || view->hovered_path != ESP_NOTHING)
    {
      g_autofree char *markup = describe_hovered (view);

      esp_texts_draw_card (view->texts, snapshot, palette, markup, view->pointer_x, view->pointer_y);
    }
}

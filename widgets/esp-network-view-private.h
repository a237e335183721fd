/* The state of a network view, shared by its two halves: esp-network-view.c is the widget, with its size,
 * input and life; esp-network-view-draw.c turns the state into edges, nodes and cards and changes none of
 * it. Not for others. Main thread only.
 */

#pragma once

#include "esp-edges.h"
#include "esp-network-layout.h"
#include "esp-network-view.h"
#include "esp-text.h"
#include "esp-throttle.h"

G_BEGIN_DECLS

/* Paths less probable than this are not drawn. */
#define ESP_FAINTEST_PROBABILITY 0.02f

struct _EspNetworkView
{
  GtkWidget parent_instance;

  EspSnapshot *snapshot;
  EspPolicyKind policy; /* where it is not symbolic there is no network, and no snapshot */
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
  size_t hovered_node; /* ESP_NOTHING for none, as the next */
  size_t hovered_path;

  EspEdgePainter *painter; /* while mapped */
  GdkTexture *texture;
  EspEdgeView texture_view;
  EspEdgeJob *last_job; /* what the newest picture shows or will show; to skip equal ones */
  EspThrottle throttle;
};

/* Returns the index of the action whose network is shown; there must be a snapshot, as for the next. */
size_t esp_network_view_get_shown_action (EspNetworkView *view);

/* Returns the shown network's weights and selection probabilities, [n_weights]. */
const float *esp_network_view_get_weights (EspNetworkView *view);
const float *esp_network_view_get_probabilities (EspNetworkView *view);

/* Returns the edge of @path as it stands in the panel under the present pan and zoom, without width and
 * colour. The nodes must be placed, as for the next two. */
EspEdge esp_network_view_get_edge (EspNetworkView *view, size_t path);

/* Returns the edges to be drawn under the present pan and zoom (g_free()). */
EspEdgeJob *esp_network_view_new_job (EspNetworkView *view);

/* Draws the newest picture of the edges, the nodes, and what is said of the hovered one. */
void esp_network_view_draw (EspNetworkView *view, GtkSnapshot *snapshot);

/* Draws what stands there before there is a network. */
void esp_network_view_draw_placeholder (EspNetworkView *view, GtkSnapshot *snapshot);

G_END_DECLS

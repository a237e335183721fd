/* The graph of one action's symbolic network: observations, layers of operators, action.
 *
 * An edge is a path from a feature to an operator's argument: its width shows the size of the weight,
 * its colour the sign, its opacity the selection probability. Paths of the thresholded mask are drawn
 * strongly, the others faintly; operators without a live connection from an input to the output are
 * dimmed, so that the remaining formula stands out while the network is pruned.
 *
 * Drag pans, scrolling zooms about the pointer, a double click or the key 0 resets the view; hovering
 * shows the present value of a node, or the weight and probability of a path. Edges are rasterised by
 * a thread of the view's own, which lives while the view is mapped. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-snapshot.h"

G_BEGIN_DECLS

#define ESP_TYPE_NETWORK_VIEW (esp_network_view_get_type ())
G_DECLARE_FINAL_TYPE (EspNetworkView, esp_network_view, ESP, NETWORK_VIEW, GtkWidget)

/* Returns a new view that shows nothing yet. */
GtkWidget *esp_network_view_new (void);

/* Shows @snapshot (referenced; NULL to show nothing). Cheap enough to call for every snapshot. */
void esp_network_view_set_snapshot (EspNetworkView *view, EspSnapshot *snapshot);

/* Chooses whose network is shown, an index below the environment's number of actions (property
 * `action`, 0 at first). A greater index shows the last action. */
void esp_network_view_set_action (EspNetworkView *view, guint action);
guint esp_network_view_get_action (EspNetworkView *view);

/* Undoes panning and zooming. */
void esp_network_view_reset (EspNetworkView *view);

G_END_DECLS

/* The path selector of one action's network.
 *
 * Above, a heat map of the selection probabilities: one block per layer, rows are operator arguments,
 * columns are features. Below, how the histogram of all probabilities developed over the run's steps,
 * with the mean probability (expected paths over all paths) and the allowance as lines on the same
 * scale, and the temperature as text. Hovering names the path, its probability and its weight. Main
 * thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-snapshot.h"

G_BEGIN_DECLS

#define ESP_TYPE_SELECTOR_VIEW (esp_selector_view_get_type ())
G_DECLARE_FINAL_TYPE (EspSelectorView, esp_selector_view, ESP, SELECTOR_VIEW, GtkWidget)

/* Returns a new view that shows nothing yet. */
GtkWidget *esp_selector_view_new (void);

/* Shows @snapshot (referenced; NULL to show nothing). Cheap enough to call for every snapshot. */
void esp_selector_view_set_snapshot (EspSelectorView *view, EspSnapshot *snapshot);

/* Chooses whose probabilities the heat map shows, an index below the environment's number of actions
 * (property `action`, 0 at first). A greater index shows the last action. */
void esp_selector_view_set_action (EspSelectorView *view, guint action);
guint esp_selector_view_get_action (EspSelectorView *view);

G_END_DECLS

/* The return over the run's steps.
 *
 * Three lines, the evaluations of the sampled, the thresholded and the formula policy, over the faint
 * returns of the training episodes; the gap between the first and the last is shaded and said in words. Below
 * them a strip with the expected paths against the allowance.
 * Hovering shows the values of the nearest evaluation. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-snapshot.h"

G_BEGIN_DECLS

#define ESP_TYPE_CURVE_VIEW (esp_curve_view_get_type ())
G_DECLARE_FINAL_TYPE (EspCurveView, esp_curve_view, ESP, CURVE_VIEW, GtkWidget)

/* Returns a new view that shows nothing yet. */
GtkWidget *esp_curve_view_new (void);

/* Shows the history of @snapshot (referenced; NULL to show nothing). Cheap enough to call for every
 * snapshot: nothing happens where the history is the same. */
void esp_curve_view_set_snapshot (EspCurveView *view, EspSnapshot *snapshot);

G_END_DECLS

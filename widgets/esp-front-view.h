/* Return against reading length: the formulas that no shorter one beats.
 *
 * A staircase of points, the shortest formula at the left. Hovering or the arrow keys show a point's formula
 * and return; a click or Return activates it. The point of the formula that is in use has a ring. Lengths are
 * drawn on a logarithmic scale, so that the short ones, which matter, have room. Main thread only.
 *
 * Signals:
 * - `activated` (EspFormula *): the user wants this formula
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-archive.h"
#include "esp-environment.h"

G_BEGIN_DECLS

#define ESP_TYPE_FRONT_VIEW (esp_front_view_get_type ())
G_DECLARE_FINAL_TYPE (EspFrontView, esp_front_view, ESP, FRONT_VIEW, GtkWidget)

/* Returns a new view, which says that there is no formula yet. */
GtkWidget *esp_front_view_new (void);

/* Shows @front (referenced; NULL for none), a front that nobody changes any more, of formulas of @environment
 * (static data; may be NULL with no front). What the keys point at stays the same formula, or the nearest. */
void esp_front_view_set_front (EspFrontView *view, EspArchive *front, const EspEnvironmentInfo *environment);

/* Marks the point of @formula (referenced; NULL for none), if it is one now. */
void esp_front_view_set_chosen (EspFrontView *view, EspFormula *formula);

/* Sets what is said while there is no front: @text (static), or NULL for the usual. */
void esp_front_view_set_placeholder (EspFrontView *view, const char *text);

/* Returns where point @i is drawn, in pixels of the view. */
graphene_point_t esp_front_view_get_place (EspFrontView *view, size_t i);

G_END_DECLS

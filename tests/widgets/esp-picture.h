/* Pictures of widgets, as the renderer draws them. */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Returns what @widget, drawn in a window on the screen, looks like now; NULL if nothing was drawn. */
GdkTexture *esp_picture_take (GtkWidget *widget);

/* Runs the main loop for @milliseconds. */
void esp_picture_wait (unsigned milliseconds);

G_END_DECLS

/* The robot view: shows the newest picture of a scene and turns the mouse into camera wishes.
 *
 * The widget knows nothing of scenes: pictures come from outside as textures, and what the user does
 * with the mouse or the keyboard leaves as signals.
 *
 * Signals (all on the main thread):
 * - `orbit` (double right, double down): turn the camera, in heights of the view
 * - `pan` (double right, double down): move the camera sideways, in heights of the view
 * - `zoom` (double closer): move the camera, in heights of the view; positive is closer
 * - `reset-camera`: the camera back to where the scene says
 * - `resized` (int width, int height): the size in device pixels that pictures should have; follows a
 *   change of size after a short rest, so that dragging an edge does not ask for a hundred sizes
 *
 * Left drag and the arrow keys orbit; right drag, Shift with left drag, and Shift with the arrow keys
 * pan; the wheel, `+` and `−` zoom; a double click and Home reset.
 */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define ESP_TYPE_ROBOT_VIEW (esp_robot_view_get_type ())
G_DECLARE_FINAL_TYPE (EspRobotView, esp_robot_view, ESP, ROBOT_VIEW, GtkWidget)

GtkWidget *esp_robot_view_new (void);

/* Shows @texture (referenced); NULL shows nothing. A texture of another size is scaled to the height of
 * the view. */
void esp_robot_view_set_texture (EspRobotView *view, GdkTexture *texture);

/* Returns how many pictures were put on the screen since the widget was made. */
guint64 esp_robot_view_get_n_shown (EspRobotView *view);

G_END_DECLS

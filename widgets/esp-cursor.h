/* Where a user points at in a picture: with the pointer, or with the arrow keys while it has the focus.
 *
 * What the keys move over is the widget's own business; this is what such widgets share: the pointer's
 * place, which of the two is followed, and an accessible description that follows the keys. Main thread
 * only.
 */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * EspCursorMode:
 * @ESP_CURSOR_NONE: nothing is pointed at
 * @ESP_CURSOR_POINTER: what lies at @x, @y is
 * @ESP_CURSOR_KEYS: what the keys have been moved to is
 */
typedef enum
{
  ESP_CURSOR_NONE,
  ESP_CURSOR_POINTER,
  ESP_CURSOR_KEYS,
} EspCursorMode;

/* What a key asks for; first and last are Home and End. */
typedef enum
{
  ESP_MOVE_LEFT,
  ESP_MOVE_RIGHT,
  ESP_MOVE_UP,
  ESP_MOVE_DOWN,
  ESP_MOVE_FIRST,
  ESP_MOVE_LAST,
} EspMove;

/* Moves what @widget's keys point at, from what it was or from nothing; returns FALSE where there is
 * nothing to point at. */
typedef gboolean (*EspCursorMoved) (GtkWidget *widget, EspMove move);

/* Returns what a screen reader shall say of @widget's picture and what the keys point at in it, as
 * Pango's markup (g_free()); NULL for nothing. */
typedef char *(*EspCursorDescribe) (GtkWidget *widget);

/**
 * EspCursor:
 * @mode: what is followed
 * @x: the pointer's place in the widget, valid while @mode is %ESP_CURSOR_POINTER
 * @y: the pointer's place
 * @widget: private, as the following
 * @moved: moves
 * @describe: describes
 * @description: the accessible description as it was last set, or NULL
 *
 * Part of the widget that it serves.
 */
typedef struct
{
  EspCursorMode mode;
  double x;
  double y;
  GtkWidget *widget;
  EspCursorMoved moved;
  EspCursorDescribe describe;
  char *description;
} EspCursor;

/* Makes @widget focusable and has @cursor, which is zeroed at first, follow the pointer and the keys. The
 * widget is drawn anew when either moves. */
void esp_cursor_init (EspCursor *cursor, GtkWidget *widget, EspCursorMoved moved, EspCursorDescribe describe);
void esp_cursor_clear (EspCursor *cursor);

/* Returns where @move leads from @place in a row of places 0 … @last, @stride of them at a time; up and down
 * lead nowhere. */
size_t esp_cursor_move_along (EspMove move, size_t place, size_t last, size_t stride);

/* Points at nothing if the keys did: what they pointed at is gone. */
void esp_cursor_drop_keys (EspCursor *cursor);

/* Sets the accessible description if it has changed. */
void esp_cursor_update_description (EspCursor *cursor);

G_END_DECLS

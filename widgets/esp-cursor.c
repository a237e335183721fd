#include "esp-cursor.h"

static void
set_mode (EspCursor *cursor, EspCursorMode mode)
{
  gboolean described = cursor->mode == ESP_CURSOR_KEYS || mode == ESP_CURSOR_KEYS;

  cursor->mode = mode;
  gtk_widget_queue_draw (cursor->widget);
  if (described)
    esp_cursor_update_description (cursor);
}

static void
on_motion (GtkEventControllerMotion *controller, double x, double y, gpointer data)
{
  EspCursor *cursor = data;

  /* A pointer that rests is reported again when widgets move below it; the keys go on then. */
  if (cursor->mode == ESP_CURSOR_KEYS && x == cursor->x && y == cursor->y)
    return;
  cursor->x = x;
  cursor->y = y;
  set_mode (cursor, ESP_CURSOR_POINTER);
}

static void
on_leave (GtkEventControllerMotion *controller, gpointer data)
{
  EspCursor *cursor = data;

  if (cursor->mode == ESP_CURSOR_POINTER)
    set_mode (cursor, ESP_CURSOR_NONE);
}

static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, gpointer data)
{
  gtk_widget_grab_focus (((EspCursor *) data)->widget);
}

static void
on_focus_leave (GtkEventControllerFocus *controller, gpointer data)
{
  esp_cursor_drop_keys (data);
}

static gboolean
get_move (guint key, EspMove *move)
{
  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      *move = ESP_MOVE_LEFT;
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      *move = ESP_MOVE_RIGHT;
      return TRUE;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      *move = ESP_MOVE_UP;
      return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      *move = ESP_MOVE_DOWN;
      return TRUE;
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      *move = ESP_MOVE_FIRST;
      return TRUE;
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      *move = ESP_MOVE_LAST;
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
on_key_pressed (
  GtkEventControllerKey *controller, guint key, guint code, GdkModifierType modifiers, gpointer data)
{
  EspCursor *cursor = data;
  EspMove move;

  if (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SHIFT_MASK))
    return GDK_EVENT_PROPAGATE;
  if (key == GDK_KEY_Escape && cursor->mode == ESP_CURSOR_KEYS)
    {
      esp_cursor_drop_keys (cursor);
      return GDK_EVENT_STOP;
    }
  if (!get_move (key, &move) || !cursor->moved (cursor->widget, move))
    return GDK_EVENT_PROPAGATE;
  set_mode (cursor, ESP_CURSOR_KEYS);
  return GDK_EVENT_STOP;
}

void
esp_cursor_init (EspCursor *cursor, GtkWidget *widget, EspCursorMoved moved, EspCursorDescribe describe)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  cursor->widget = widget;
  cursor->moved = moved;
  cursor->describe = describe;
  g_signal_connect (motion, "enter", G_CALLBACK (on_motion), cursor);
  g_signal_connect (motion, "motion", G_CALLBACK (on_motion), cursor);
  g_signal_connect (motion, "leave", G_CALLBACK (on_leave), cursor);
  g_signal_connect (key, "key-pressed", G_CALLBACK (on_key_pressed), cursor);
  g_signal_connect (focus, "leave", G_CALLBACK (on_focus_leave), cursor);
  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), cursor);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, key);
  gtk_widget_add_controller (widget, focus);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_focusable (widget, TRUE);
}

void
esp_cursor_clear (EspCursor *cursor)
{
  g_clear_pointer (&cursor->description, g_free);
}

size_t
esp_cursor_move_along (EspMove move, size_t place, size_t last, size_t stride)
{
  switch (move)
    {
    case ESP_MOVE_LEFT:
      return place - MIN (place, stride);
    case ESP_MOVE_RIGHT:
      return MIN (place + stride, last);
    case ESP_MOVE_FIRST:
      return 0;
    case ESP_MOVE_LAST:
      return last;
    default:
      return place;
    }
}

void
esp_cursor_drop_keys (EspCursor *cursor)
{
  if (cursor->mode == ESP_CURSOR_KEYS)
    set_mode (cursor, ESP_CURSOR_NONE);
}

void
esp_cursor_update_description (EspCursor *cursor)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (cursor->widget);
  g_autofree char *markup = cursor->describe (cursor->widget);
  g_autofree char *text = NULL;

  if (markup && pango_parse_markup (markup, -1, 0, NULL, &text, NULL, NULL))
    {
      GString *line = g_string_new (text);

      g_string_replace (line, "\n", ", ", 0);
      g_free (text);
      text = g_string_free (line, FALSE);
    }
  if (g_strcmp0 (text, cursor->description) == 0)
    return;
  if (text)
    gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  else
    gtk_accessible_reset_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
  g_free (cursor->description);
  cursor->description = g_steal_pointer (&text);
}

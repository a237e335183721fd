#include "esp-robot-view.h"

/* How long a size must last before pictures of that size are asked for. */
#define RESIZE_REST_MS 120

/* One notch of the wheel, and one press of a key, in heights of the view. */
#define ZOOM_STEP 0.06
#define KEY_STEP  0.04

struct _EspRobotView
{
  GtkWidget parent_instance;

  GdkTexture *texture;
  gboolean fresh; /* @texture was not drawn yet */
  guint64 n_shown;

  double dragged_x; /* what of the current drag was already reported */
  double dragged_y;
  gboolean panning;

  guint resize_source;
  int reported_width;
  int reported_height;
};

G_DEFINE_FINAL_TYPE (EspRobotView, esp_robot_view, GTK_TYPE_WIDGET)

enum
{
  ORBIT,
  PAN,
  ZOOM,
  RESET_CAMERA,
  RESIZED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
report_size (EspRobotView *self)
{
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  int width = gtk_widget_get_width (GTK_WIDGET (self)) * scale;
  int height = gtk_widget_get_height (GTK_WIDGET (self)) * scale;

  if (width <= 0 || height <= 0 || (width == self->reported_width && height == self->reported_height))
    return;
  self->reported_width = width;
  self->reported_height = height;
  g_signal_emit (self, signals[RESIZED], 0, width, height);
}

static gboolean
resize_rested (gpointer data)
{
  EspRobotView *self = data;

  self->resize_source = 0;
  report_size (self);
  return G_SOURCE_REMOVE;
}

static void
size_changed (EspRobotView *self)
{
  g_clear_handle_id (&self->resize_source, g_source_remove);
  self->resize_source = g_timeout_add (RESIZE_REST_MS, resize_rested, self);
}

static void
esp_robot_view_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  size_changed (ESP_ROBOT_VIEW (widget));
}

static void
esp_robot_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  EspRobotView *self = ESP_ROBOT_VIEW (widget);
  double width = gtk_widget_get_width (widget);
  double height = gtk_widget_get_height (widget);
  double texture_width;
  double scale;

  if (self->texture == NULL || width <= 0 || height <= 0)
    return;

  /* The vertical field of view is what a scene fixes, so a picture of another shape is scaled by its
   * height and centred: the robot keeps its size while the window is being resized. */
  scale = height / gdk_texture_get_height (self->texture);
  if (self->fresh)
    {
      self->fresh = FALSE;
      self->n_shown++;
    }
  texture_width = gdk_texture_get_width (self->texture) * scale;
  gtk_snapshot_append_texture (
    snapshot, self->texture,
    &GRAPHENE_RECT_INIT ((float) ((width - texture_width) / 2), 0, (float) texture_width, (float) height));
}

static void
esp_robot_view_measure (GtkWidget *widget,
                        GtkOrientation orientation,
                        int for_size,
                        int *minimum,
                        int *natural,
                        int *minimum_baseline,
                        int *natural_baseline)
{
  *minimum = 160;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : 360;
}

static void
move_camera (EspRobotView *self, gboolean pan, double right, double down)
{
  g_signal_emit (self, signals[pan ? PAN : ORBIT], 0, right, down);
}

static void
drag_begin (GtkGestureDrag *gesture, double x, double y, EspRobotView *self)
{
  guint button = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture));
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  self->dragged_x = 0;
  self->dragged_y = 0;
  self->panning = button != GDK_BUTTON_PRIMARY || (state & GDK_SHIFT_MASK) != 0;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), self->panning ? "move" : "grabbing");
}

static void
drag_update (GtkGestureDrag *gesture, double x, double y, EspRobotView *self)
{
  double height = MAX (1, gtk_widget_get_height (GTK_WIDGET (self)));

  move_camera (self, self->panning, (x - self->dragged_x) / height, (y - self->dragged_y) / height);
  self->dragged_x = x;
  self->dragged_y = y;
}

static void
drag_end (GtkGestureDrag *gesture, double x, double y, EspRobotView *self)
{
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grab");
}

static void
pressed (GtkGestureClick *gesture, int n_press, double x, double y, EspRobotView *self)
{
  if (n_press == 2)
    g_signal_emit (self, signals[RESET_CAMERA], 0);
}

static gboolean
scroll (GtkEventControllerScroll *controller, double dx, double dy, EspRobotView *self)
{
  g_signal_emit (self, signals[ZOOM], 0, -dy * ZOOM_STEP);
  return GDK_EVENT_STOP;
}

static gboolean
key_pressed (
  GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, EspRobotView *self)
{
  gboolean shift = (state & GDK_SHIFT_MASK) != 0;

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  switch (keyval)
    {
    case GDK_KEY_Left:
      move_camera (self, shift, -KEY_STEP, 0);
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
      move_camera (self, shift, KEY_STEP, 0);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
      move_camera (self, shift, 0, -KEY_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_Down:
      move_camera (self, shift, 0, KEY_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      g_signal_emit (self, signals[ZOOM], 0, ZOOM_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      g_signal_emit (self, signals[ZOOM], 0, -ZOOM_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      g_signal_emit (self, signals[RESET_CAMERA], 0);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
esp_robot_view_dispose (GObject *object)
{
  EspRobotView *self = ESP_ROBOT_VIEW (object);

  g_clear_handle_id (&self->resize_source, g_source_remove);
  g_clear_object (&self->texture);
  G_OBJECT_CLASS (esp_robot_view_parent_class)->dispose (object);
}

static void
esp_robot_view_class_init (EspRobotViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = esp_robot_view_dispose;
  widget_class->size_allocate = esp_robot_view_size_allocate;
  widget_class->snapshot = esp_robot_view_snapshot;
  widget_class->measure = esp_robot_view_measure;
  gtk_widget_class_set_css_name (widget_class, "robotview");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);

  signals[ORBIT] = g_signal_new ("orbit", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[PAN] = g_signal_new ("pan", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[ZOOM] = g_signal_new ("zoom", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_DOUBLE);
  signals[RESET_CAMERA] = g_signal_new ("reset-camera", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
  signals[RESIZED] = g_signal_new ("resized", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
}

static void
esp_robot_view_init (EspRobotView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *wheel = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_cursor_from_name (widget, "grab");

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (drag_end), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));

  g_signal_connect (click, "pressed", G_CALLBACK (pressed), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));

  g_signal_connect (wheel, "scroll", G_CALLBACK (scroll), self);
  gtk_widget_add_controller (widget, wheel);

  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed), self);
  gtk_widget_add_controller (widget, keys);

  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (size_changed), NULL);
}

GtkWidget *
esp_robot_view_new (void)
{
  return g_object_new (ESP_TYPE_ROBOT_VIEW, NULL);
}

void
esp_robot_view_set_texture (EspRobotView *self, GdkTexture *texture)
{
  g_return_if_fail (ESP_IS_ROBOT_VIEW (self));
  g_return_if_fail (texture == NULL || GDK_IS_TEXTURE (texture));

  if (g_set_object (&self->texture, texture))
    {
      self->fresh = texture != NULL;
      gtk_widget_queue_draw (GTK_WIDGET (self));
    }
}

guint64
esp_robot_view_get_n_shown (EspRobotView *self)
{
  g_return_val_if_fail (ESP_IS_ROBOT_VIEW (self), 0);

  return self->n_shown;
}

/* The view of the robot: its speed and its camera. */

#include "test-workbench.h"

static void
test_speed_and_camera (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "1×");
  esp_bench_press_soft_key (&bench, GDK_KEY_bracketright);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 2);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "2×");
  esp_bench_press_soft_key (&bench, GDK_KEY_backslash);
  esp_bench_press_soft_key (&bench, GDK_KEY_bracketleft);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "½×");
  while (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "slower"))
    esp_bench_press_soft_key (&bench, GDK_KEY_bracketleft);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 0.125);
  while (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "faster"))
    esp_bench_press_soft_key (&bench, GDK_KEY_bracketright);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 16);
  esp_bench_activate (&bench, "reset-camera");
  esp_bench_close (&bench);
}

typedef struct
{
  double x;
  double y;
  int n;
} Movement;

static void
moved (EspRobotView *view, double x, double y, Movement *movement)
{
  movement->x += x;
  movement->y += y;
  movement->n++;
}

static void
zoomed (EspRobotView *view, double closer, Movement *movement)
{
  movement->y += closer;
  movement->n++;
}

/* Returns the controller of @widget that is a @type. */
static GtkEventController *
find_controller (GtkWidget *widget, GType type)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (g_type_is_a (G_OBJECT_TYPE (controller), type))
        return controller;
    }
  g_assert_not_reached ();
}

static void
test_gestures (void)
{
  EspBench bench;
  GtkWidget *view;
  GtkEventController *controller;
  Movement orbit = { 0 }, pan = { 0 }, zoom = { 0 };
  gboolean handled = FALSE;
  double height;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_drawn, 20));
  view = GTK_WIDGET (bench.window->robot_view);
  height = gtk_widget_get_height (view);
  g_signal_connect (view, "orbit", G_CALLBACK (moved), &orbit);
  g_signal_connect (view, "pan", G_CALLBACK (moved), &pan);
  g_signal_connect (view, "zoom", G_CALLBACK (zoomed), &zoom);

  /* a drag tells the way from its beginning; the signals tell the way since the last one */
  controller = find_controller (view, GTK_TYPE_GESTURE_DRAG);
  g_signal_emit_by_name (controller, "drag-update", 10.0, 4.0);
  g_signal_emit_by_name (controller, "drag-update", 30.0, -8.0);
  g_assert_cmpint (orbit.n + pan.n, ==, 2);
  g_assert_cmpfloat_with_epsilon (orbit.x + pan.x, 30 / height, 1e-9);
  g_assert_cmpfloat_with_epsilon (orbit.y + pan.y, -8 / height, 1e-9);

  controller = find_controller (view, GTK_TYPE_EVENT_CONTROLLER_SCROLL);
  g_signal_emit_by_name (controller, "scroll", 0.0, -1.0, &handled);
  g_assert_true (handled);
  g_assert_cmpfloat (zoom.y, >, 0);

  controller = find_controller (view, GTK_TYPE_EVENT_CONTROLLER_KEY);
  orbit = pan = zoom = (Movement){ 0 };
  g_signal_emit_by_name (controller, "key-pressed", GDK_KEY_Left, 0, 0, &handled);
  g_assert_cmpfloat (orbit.x, <, 0);
  g_signal_emit_by_name (controller, "key-pressed", GDK_KEY_Up, 0, GDK_SHIFT_MASK, &handled);
  g_assert_cmpfloat (pan.y, <, 0);
  g_signal_emit_by_name (controller, "key-pressed", GDK_KEY_minus, 0, 0, &handled);
  g_assert_cmpfloat (zoom.y, <, 0);
  g_signal_emit_by_name (controller, "key-pressed", GDK_KEY_space, 0, 0, &handled);
  g_assert_false (handled);
  g_assert_cmpint (orbit.n + pan.n + zoom.n, ==, 3);
  esp_bench_close (&bench);
}

void
esp_test_add_robot (void)
{
  g_test_add_func ("/workbench/speed-and-camera", test_speed_and_camera);
  g_test_add_func ("/workbench/gestures", test_gestures);
}

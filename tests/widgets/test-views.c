/* The four views in a window: drawn, hovered, zoomed, dragged, given odd snapshots, and let go. */

#include <adwaita.h>
#include <math.h>

#include "esp-curve-view.h"
#include "esp-formula-view.h"
#include "esp-network-view.h"
#include "esp-picture.h"
#include "esp-samples.h"
#include "esp-selector-view.h"
#include "test-widgets.h"

typedef enum
{
  NETWORK,
  SELECTOR,
  CURVE,
  FORMULA,
  N_VIEWS,
} Kind;

static GtkWidget *
new_view (Kind kind)
{
  switch (kind)
    {
    case NETWORK:
      return esp_network_view_new ();
    case SELECTOR:
      return esp_selector_view_new ();
    case CURVE:
      return esp_curve_view_new ();
    default:
      return esp_formula_view_new ();
    }
}

/* Shows @snapshot and, in the formula's view, a formula of its environment; NULL for nothing. */
static void
show_snapshot (Kind kind, GtkWidget *view, EspSnapshot *snapshot)
{
  g_autoptr (EspFormula) formula = NULL;

  switch (kind)
    {
    case NETWORK:
      esp_network_view_set_snapshot (ESP_NETWORK_VIEW (view), snapshot);
      break;
    case SELECTOR:
      esp_selector_view_set_snapshot (ESP_SELECTOR_VIEW (view), snapshot);
      break;
    case CURVE:
      esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), snapshot);
      break;
    default:
      if (snapshot)
        formula = esp_sample_long_formula (snapshot->environment->name, snapshot->step < 10000 ? 40 : 2);
      esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula,
                                    snapshot ? snapshot->environment : NULL);
      break;
    }
}

GtkWidget *
esp_test_show (GtkWidget *widget, int width, int height)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (widget);
  return window;
}

static GObject *
get_controller (GtkWidget *widget, GType type)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (controller, type))
        return controller;
    }
  g_assert_not_reached ();
}

static void
hover (GtkWidget *widget, double x, double y)
{
  g_signal_emit_by_name (get_controller (widget, GTK_TYPE_EVENT_CONTROLLER_MOTION), "motion", x, y);
}

static void
leave (GtkWidget *widget)
{
  g_signal_emit_by_name (get_controller (widget, GTK_TYPE_EVENT_CONTROLLER_MOTION), "leave");
}

/* How many pixels differ between two pictures of the same size. */
static size_t
count_differences (GdkTexture *a, GdkTexture *b)
{
  size_t width = (size_t) gdk_texture_get_width (a);
  size_t height = (size_t) gdk_texture_get_height (a);
  g_autofree guint32 *pixels_a = g_new (guint32, width * height);
  g_autofree guint32 *pixels_b = g_new (guint32, width * height);
  size_t n = 0;

  g_assert_cmpint (gdk_texture_get_width (b), ==, gdk_texture_get_width (a));
  g_assert_cmpint (gdk_texture_get_height (b), ==, gdk_texture_get_height (a));
  gdk_texture_download (a, (guchar *) pixels_a, 4 * width);
  gdk_texture_download (b, (guchar *) pixels_b, 4 * width);
  for (size_t i = 0; i < width * height; i++)
    n += pixels_a[i] != pixels_b[i];
  return n;
}

static GdkTexture *
take_settled_picture (GtkWidget *view)
{
  /* Longer than any throttle, and the edges' thread. */
  esp_picture_wait (300);
  return esp_picture_take (view);
}

static void
test_life (gconstpointer data)
{
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window;
  g_autoptr (EspSnapshot) early = esp_sample_snapshot ("cartpole", "S0", 0.3);
  g_autoptr (EspSnapshot) late = esp_sample_snapshot ("cartpole", "S0", 0.9);
  g_autoptr (EspSnapshot) start = esp_sample_snapshot ("cartpole", "S0", 0);
  g_autoptr (EspSnapshot) other = esp_sample_snapshot ("pendulum", "mul,if/sin*2,cos/div", 0.5);
  g_autoptr (EspSnapshot) large = esp_sample_snapshot ("pendulum", "mul*12,div*12/sin*20,cos*20/log*8", 0.8);
  g_autoptr (GdkTexture) nothing = NULL;
  g_autoptr (GdkTexture) first = NULL;
  g_autoptr (GdkTexture) second = NULL;
  g_autoptr (GdkTexture) again = NULL;
  g_autoptr (GdkTexture) third = NULL;

  g_object_ref_sink (view);
  show_snapshot (kind, view, early); /* before it is in a window */
  show_snapshot (kind, view, NULL);
  window = esp_test_show (view, 420, 300);
  nothing = take_settled_picture (view);
  show_snapshot (kind, view, early);
  first = take_settled_picture (view);
  g_assert_cmpuint (count_differences (nothing, first), >, 500);
  show_snapshot (kind, view, late);
  second = take_settled_picture (view);
  g_assert_cmpuint (count_differences (first, second), >, 100);
  show_snapshot (kind, view, late);
  again = take_settled_picture (view);
  g_assert_cmpuint (count_differences (second, again), ==, 0);

  show_snapshot (kind, view, other);
  esp_picture_wait (300);
  hover (view, 210, 150);
  show_snapshot (kind, view, large);
  third = take_settled_picture (view);
  g_assert_cmpuint (count_differences (second, third), >, 100);
  show_snapshot (kind, view, start);
  g_clear_object (&third);
  third = take_settled_picture (view);
  g_assert_nonnull (third);

  /* Tiny, hidden and shown again, without a snapshot while hovered. */
  gtk_window_set_default_size (GTK_WINDOW (window), 160, 110);
  esp_picture_wait (50);
  gtk_widget_set_visible (view, FALSE);
  show_snapshot (kind, view, early);
  gtk_widget_set_visible (view, TRUE);
  esp_picture_wait (50);
  show_snapshot (kind, view, NULL);
  esp_picture_wait (50);

  /* With a job for the edges' thread under way. */
  show_snapshot (kind, view, late);
  gtk_window_destroy (GTK_WINDOW (window));
  g_assert_finalize_object (view);
  g_assert_cmpint (early->references, ==, 1);
  g_assert_cmpint (late->references, ==, 1);
}

/* Hovering every part of the panel shows something somewhere and takes it away again. */
static void
test_hover (gconstpointer data)
{
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  g_autoptr (GdkTexture) before = NULL;
  g_autoptr (GdkTexture) after = NULL;
  size_t n_shown = 0;

  show_snapshot (kind, view, snapshot);
  before = take_settled_picture (view);
  for (double y = -5; y < 310; y += 35)
    for (double x = -5; x < 430; x += 45)
      {
        g_autoptr (GdkTexture) hovered = NULL;

        hover (view, x, y);
        gtk_test_widget_wait_for_draw (view);
        hovered = esp_picture_take (view);
        n_shown += count_differences (before, hovered) > 200;
      }
  g_assert_cmpuint (n_shown, >, 4);
  leave (view);
  after = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, after), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_pan_and_zoom (void)
{
  GtkWidget *view = esp_network_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  GObject *drag = get_controller (view, GTK_TYPE_GESTURE_DRAG);
  GObject *scroll = get_controller (view, GTK_TYPE_EVENT_CONTROLLER_SCROLL);
  GObject *click = get_controller (view, GTK_TYPE_GESTURE_CLICK);
  GObject *key = get_controller (view, GTK_TYPE_EVENT_CONTROLLER_KEY);
  g_autoptr (GdkTexture) before = NULL;
  g_autoptr (GdkTexture) moved = NULL;
  g_autoptr (GdkTexture) zoomed = NULL;
  g_autoptr (GdkTexture) reset = NULL;
  g_autoptr (GdkTexture) far = NULL;
  gboolean handled;

  esp_network_view_set_snapshot (ESP_NETWORK_VIEW (view), snapshot);
  before = take_settled_picture (view);

  g_signal_emit_by_name (drag, "drag-begin", 100.0, 100.0);
  g_signal_emit_by_name (drag, "drag-update", 30.0, -20.0);
  g_signal_emit_by_name (drag, "drag-update", 40.0, 25.0);
  moved = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, moved), >, 2000);
  g_signal_emit_by_name (drag, "drag-update", 0.0, 0.0);
  reset = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, reset), ==, 0);

  for (int i = 0; i < 4; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
  g_assert_true (handled);
  zoomed = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, zoomed), >, 2000);
  g_signal_emit_by_name (click, "pressed", 2, 10.0, 10.0);
  g_clear_object (&reset);
  reset = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, reset), ==, 0);

  /* However far one drags and zooms, the graph stays reachable and 0 brings it back. */
  for (int i = 0; i < 100; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, i % 3 ? -1.0 : 1.0, &handled);
  g_signal_emit_by_name (drag, "drag-begin", 0.0, 0.0);
  g_signal_emit_by_name (drag, "drag-update", 1e9, -1e9);
  far = take_settled_picture (view);
  g_assert_nonnull (far);
  g_signal_emit_by_name (key, "key-pressed", GDK_KEY_0, 0, 0, &handled);
  g_assert_true (handled);
  g_clear_object (&reset);
  reset = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, reset), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* No built-in environment has two actions yet: cart-pole with its force twice. */
static const EspEnvironmentInfo *
get_two_actions (void)
{
  static EspEnvironmentInfo info;
  static EspSignal actions[2];

  info = *esp_sample_environment ("cartpole");
  actions[0] = info.actions[0];
  actions[1] = info.actions[0];
  actions[1].name = "second";
  info.actions = actions;
  info.n_actions = 2;
  return &info;
}

static void
test_action (gconstpointer data)
{
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul*3/sin*2", 4, NULL);
  g_autoptr (EspSnapshot) snapshot = esp_snapshot_new (get_two_actions (), arrangement);
  g_autoptr (GdkTexture) first = NULL;
  g_autoptr (GdkTexture) second = NULL;
  g_autoptr (GdkTexture) beyond = NULL;
  guint action;

  snapshot->threshold = 0.5;
  for (size_t i = 0; i < arrangement->n_weights; i++)
    {
      snapshot->weights[i] = 1;
      snapshot->weights[arrangement->n_weights + i] = -1;
      snapshot->probabilities[i] = 0.9f;
      snapshot->probabilities[arrangement->n_weights + i] = 0.6f;
    }
  show_snapshot (kind, view, snapshot);
  first = take_settled_picture (view);
  g_object_set (view, "action", 1u, NULL);
  second = take_settled_picture (view);
  g_assert_cmpuint (count_differences (first, second), >, 1000);
  g_object_set (view, "action", 7u, NULL); /* there are two only: the last one is shown */
  g_object_get (view, "action", &action, NULL);
  g_assert_cmpuint (action, ==, 7);
  beyond = take_settled_picture (view);
  g_assert_cmpuint (count_differences (second, beyond), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_accessible (void)
{
  GtkWidget *views[N_VIEWS];
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", "2*tanh(1.23456*x - theta_dot)");

  for (int kind = 0; kind < N_VIEWS; kind++)
    {
      views[kind] = g_object_ref_sink (new_view (kind));
      gtk_test_accessible_assert_role (views[kind], GTK_ACCESSIBLE_ROLE_IMG);
    }
  gtk_test_accessible_assert_property (views[NETWORK], GTK_ACCESSIBLE_PROPERTY_LABEL, "Symbolic network");
  gtk_test_accessible_assert_property (views[SELECTOR], GTK_ACCESSIBLE_PROPERTY_LABEL, "Path selector");
  gtk_test_accessible_assert_property (views[CURVE], GTK_ACCESSIBLE_PROPERTY_LABEL, "Curve of the return");
  gtk_test_accessible_assert_property (views[FORMULA], GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula");
  gtk_test_accessible_assert_property (views[FORMULA], GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "The formula appears after the first evaluation");
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (views[FORMULA]), formula,
                                esp_sample_environment ("cartpole"));
  gtk_test_accessible_assert_property (views[FORMULA], GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula");
  gtk_test_accessible_assert_property (views[FORMULA], GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "force = 2·tanh(1.23·x − θ̇)");
  for (int kind = 0; kind < N_VIEWS; kind++)
    g_assert_finalize_object (views[kind]);
}

static void
keep_text (GObject *source, GAsyncResult *result, gpointer data)
{
  *(char **) data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
}

static char *
read_clipboard (GtkWidget *widget)
{
  char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL, keep_text, &text);
  for (int i = 0; i < 300 && !text; i++)
    esp_picture_wait (10);
  g_assert_nonnull (text);
  return text;
}

/* A formula of several actions names each of them. */
static void
test_formula_of_two (void)
{
  const EspEnvironmentInfo *info = get_two_actions ();
  g_autoptr (GtkWidget) view = g_object_ref_sink (esp_formula_view_new ());
  g_autoptr (EspExpression) x = esp_expression_variable (0);
  g_autoptr (EspExpression) two = esp_expression_constant (2);
  const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  EspExpression *expressions[] = { x, two };
  g_autoptr (EspFormula) formula = esp_formula_new (expressions, 2, &(EspSymbols){ 4, names, NULL, NULL });

  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, info);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "force = x; second = 2");
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), NULL, NULL);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula");
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "The formula appears after the first evaluation");
}

static void
test_copy (void)
{
  static const char source[] = "2*tanh(1.23456789*x - theta_dot)";
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", source);
  g_autoptr (EspFormula) read = NULL;
  g_autofree char *text = NULL;
  g_autofree char *latex = NULL;

  gtk_widget_activate_action (view, "formula.copy-text", NULL); /* nothing to copy yet */
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  g_assert_true (gtk_widget_activate_action (view, "formula.copy-text", NULL));
  text = read_clipboard (view);
  read = esp_sample_formula ("cartpole", text);
  g_assert_true (
    esp_expression_equal (esp_formula_get_expression (read, 0), esp_formula_get_expression (formula, 0)));
  g_assert_true (gtk_widget_activate_action (view, "formula.copy-latex", NULL));
  latex = read_clipboard (view);
  g_assert_true (g_str_has_prefix (latex, "F = "));
  g_assert_nonnull (strstr (latex, "\\tanh"));
  g_assert_nonnull (strstr (latex, "1.23456789"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* A primary click, not the context menu's. */
static void
click (GtkWidget *view, double x, double y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (view);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_GESTURE_CLICK (controller)
          && gtk_gesture_single_get_button (GTK_GESTURE_SINGLE (controller)) == GDK_BUTTON_PRIMARY)
        g_signal_emit_by_name (controller, "released", 1, x, y);
    }
}

static void
test_select (void)
{
  EspFormulaView *view = ESP_FORMULA_VIEW (esp_formula_view_new ());
  GtkWidget *window = esp_test_show (GTK_WIDGET (view), 500, 200);
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", "1.23456789*x");
  g_autoptr (EspFormula) other = esp_sample_formula ("cartpole", "theta");
  g_autofree char *first = NULL;
  double x;

  click (GTK_WIDGET (view), 250, 100);
  g_assert_null (esp_formula_view_get_selected (view));
  esp_formula_view_set_formula (view, formula, esp_sample_environment ("cartpole"));
  esp_picture_wait (200);
  for (x = 20; x < 480 && !esp_formula_view_get_selected (view); x += 4)
    click (GTK_WIDGET (view), x, 100);
  /* The first term from the left is the number, with all its digits. */
  g_object_get (view, "selected", &first, NULL);
  g_assert_cmpstr (first, ==, "1.23456789");
  click (GTK_WIDGET (view), x - 4, 100);
  g_assert_null (esp_formula_view_get_selected (view));
  click (GTK_WIDGET (view), x - 4, 100);
  g_assert_nonnull (esp_formula_view_get_selected (view));
  esp_formula_view_set_formula (view, other, esp_sample_environment ("cartpole"));
  g_assert_null (esp_formula_view_get_selected (view));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Where something is drawn: all that differs from the picture's first pixel. */
static GdkRectangle
get_ink (GdkTexture *texture)
{
  int width = gdk_texture_get_width (texture);
  int height = gdk_texture_get_height (texture);
  g_autofree guint32 *pixels = g_new (guint32, (size_t) width * (size_t) height);
  GdkRectangle ink = { 0, 0, 0, 0 };

  gdk_texture_download (texture, (guchar *) pixels, 4 * (size_t) width);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      if (pixels[y * width + x] != pixels[0])
        {
          GdkRectangle point = { x, y, 1, 1 };

          if (ink.width == 0)
            ink = point;
          else
            gdk_rectangle_union (&ink, &point, &ink);
        }
  return ink;
}

static GdkRectangle
get_formula_ink (GtkWidget *view, const char *text)
{
  g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", text);
  g_autoptr (GdkTexture) texture = NULL;

  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  esp_picture_wait (200);
  texture = esp_picture_take (view);
  return get_ink (texture);
}

/* A short formula is large and in the middle; a longer one is smaller, fits as well, and sizes do not
 * jump for a digit more or less. */
static void
test_fit (void)
{
  static const char short_text[] = "theta";
  static const char middle_text[] = "2*tanh(7.41*theta + 0.783*theta_dot + 1.5*x)";
  static const char slightly_shorter_text[] = "2*tanh(7.4*theta + 0.783*theta_dot + 1.5*x)";
  static const char long_text[] =
    "2*tanh(7.41*theta + 0.783*theta_dot + 1.5*x + 2.25*sin(3.5*x_dot + 1.25) + "
    "0.125*cos(4.5*theta + 1.75*x) + 3.125*theta*theta_dot + 4.5*x*x_dot)";
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *window = esp_test_show (view, 600, 240);
  GdkRectangle small, middle, shorter, large;

  small = get_formula_ink (view, short_text);
  g_assert_cmpint (ABS (small.x + small.width / 2 - 300), <, 30);
  g_assert_cmpint (ABS (small.y + small.height / 2 - 120), <, 20);
  middle = get_formula_ink (view, middle_text);
  g_assert_cmpint (middle.width, >, 450);
  g_assert_cmpint (middle.width, <, 600);
  g_assert_cmpint (middle.height, <, 80); /* one line */
  g_assert_cmpint (ABS (middle.x + middle.width / 2 - 300), <, 30);
  /* The same size: only the digit is gone, although the rest could be larger. */
  shorter = get_formula_ink (view, slightly_shorter_text);
  g_assert_cmpint (shorter.width, <, middle.width);
  g_assert_cmpint (ABS (shorter.height - middle.height), <=, 1);
  large = get_formula_ink (view, long_text);
  g_assert_cmpint (large.height, >, middle.height);
  g_assert_cmpint (large.x, >, 0);
  g_assert_cmpint (large.y, >, 0);
  g_assert_cmpint (large.x + large.width, <, 600);
  g_assert_cmpint (large.y + large.height, <, 240);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* What does not fit the room scrolls, and comes back. */
static void
test_scroll (void)
{
  GtkWidget *view = esp_formula_view_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *window;
  GtkWidget *scrolled = gtk_widget_get_first_child (view);
  GtkAdjustment *adjustment;
  g_autoptr (EspFormula) formula = esp_sample_long_formula ("cartpole", 60);
  g_autoptr (EspFormula) brief = esp_sample_formula ("cartpole", "theta");
  g_autoptr (GdkTexture) top = NULL;
  g_autoptr (GdkTexture) below = NULL;

  gtk_widget_set_vexpand (view, TRUE);
  gtk_box_append (GTK_BOX (box), view);
  window = esp_test_show (box, 400, 120);
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formula, esp_sample_environment ("cartpole"));
  top = take_settled_picture (view);
  g_assert_true (GTK_IS_SCROLLED_WINDOW (scrolled));
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), >, 240);
  gtk_adjustment_set_value (adjustment, 100);
  below = take_settled_picture (view);
  g_assert_cmpuint (count_differences (top, below), >, 1000);
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), brief, esp_sample_environment ("cartpole"));
  esp_picture_wait (100);
  g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), ==, 120);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

static gboolean
press (GtkWidget *widget, guint key)
{
  gboolean handled = FALSE;

  g_signal_emit_by_name (get_controller (widget, GTK_TYPE_EVENT_CONTROLLER_KEY), "key-pressed", key, 0, 0,
                         &handled);
  return handled;
}

/* Arrow keys show the card of a cell or a step, and the description says the same. */
static void
test_keys (gconstpointer data)
{
  static const guint keys[] = { GDK_KEY_Right, GDK_KEY_Right, GDK_KEY_Down, GDK_KEY_End,
                                GDK_KEY_Up,    GDK_KEY_Left,  GDK_KEY_Home };
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  g_autoptr (EspSnapshot) other = esp_sample_snapshot ("pendulum", "mul", 0);
  g_autoptr (GdkTexture) before = NULL;
  g_autoptr (GdkTexture) after = NULL;

  g_assert_true (gtk_widget_get_focusable (view));
  g_assert_false (press (view, GDK_KEY_Right)); /* nothing to point at */
  show_snapshot (kind, view, snapshot);
  before = take_settled_picture (view);
  g_assert_false (press (view, GDK_KEY_Tab)); /* which leads on */
  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GdkTexture) hovered = NULL;

      g_assert_true (press (view, keys[i]));
      gtk_test_widget_wait_for_draw (view);
      hovered = esp_picture_take (view);
      g_assert_cmpuint (count_differences (before, hovered), >, 200);
    }
  g_assert_true (press (view, GDK_KEY_Escape));
  g_assert_false (press (view, GDK_KEY_Escape));
  after = take_settled_picture (view);
  g_assert_cmpuint (count_differences (before, after), ==, 0);

  /* What was pointed at goes with its network. */
  press (view, GDK_KEY_End);
  press (view, GDK_KEY_End);
  show_snapshot (kind, view, other);
  esp_picture_wait (300);
  show_snapshot (kind, view, NULL);
  esp_picture_wait (50);
  g_assert_false (press (view, GDK_KEY_Left));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_selector_keys (void)
{
  GtkWidget *view = esp_selector_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul", 4, NULL);
  g_autoptr (EspSnapshot) snapshot = esp_snapshot_new (esp_sample_environment ("cartpole"), arrangement);

  for (size_t i = 0; i < arrangement->n_weights; i++)
    {
      snapshot->weights[i] = (float) i;
      snapshot->probabilities[i] = 0.5f;
    }
  esp_selector_view_set_snapshot (ESP_SELECTOR_VIEW (view), snapshot);
  esp_picture_wait (200);
  press (view, GDK_KEY_Right);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "x → ×\u20091 in layer 1, argument 1, p = 0.5, w = 0");
  press (view, GDK_KEY_Right);
  press (view, GDK_KEY_Down);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "ẋ → ×\u20091 in layer 1, argument 2, p = 0.5, w = 5");
  press (view, GDK_KEY_Down);
  press (view, GDK_KEY_End);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "×\u20091 in layer 1 → force, p = 0.5, w = 12");
  /* There is no such feature in the row above: the last one there. */
  press (view, GDK_KEY_Up);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "θ̇ → ×\u20091 in layer 1, argument 2, p = 0.5, w = 7");
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_curve_keys (void)
{
  GtkWidget *view = esp_curve_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  const EspHistory *history = snapshot->history;

  g_assert_cmpuint (history->n_evaluations, >, 2);
  for (size_t i = 0; i < 2; i++)
    {
      EspEvaluation *evaluation = &snapshot->history->evaluations[i];

      evaluation->step = 1000 * (i + 1);
      evaluation->sampled = evaluation->masked = evaluation->formula = (EspReturns){ 0 };
      evaluation->live_paths = 3;
      evaluation->reading_length = 9;
    }
  esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), snapshot);
  esp_picture_wait (200);
  press (view, GDK_KEY_Right);
  press (view, GDK_KEY_Home);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "step 1000, 3 live paths, reading length 9");
  press (view, GDK_KEY_Right);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "step 2000, 3 live paths, reading length 9");
  press (view, GDK_KEY_Left);
  press (view, GDK_KEY_Left);
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       "step 1000, 3 live paths, reading length 9");
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Numbers that are not finite, and histories that have only one kind of entry. */
static void
test_odd_numbers (gconstpointer data)
{
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) broken = esp_sample_snapshot ("cartpole", "S0", 0.7);
  g_autoptr (EspSnapshot) records = esp_sample_snapshot ("cartpole", "S0", 0.71);
  g_autoptr (EspSnapshot) evaluations = esp_sample_snapshot ("cartpole", "S0", 0.72);

  for (size_t i = 0; i < broken->arrangement->n_weights; i += 7)
    {
      broken->weights[i] = i % 2 ? NAN : INFINITY;
      broken->probabilities[i] = i % 3 ? NAN : -5;
    }
  broken->features[3] = NAN;
  broken->expected_paths = NAN;
  broken->temperature = INFINITY;
  for (size_t i = 0; i < broken->history->n_records; i++)
    {
      broken->history->records[i].episode_return = i % 2 ? NAN : -INFINITY;
      broken->history->records[i].expected_paths = NAN;
      broken->history->records[i].histogram[4] = NAN;
    }
  for (size_t i = 0; i < broken->history->n_evaluations; i++)
    broken->history->evaluations[i].sampled.mean = i % 2 ? NAN : INFINITY;
  records->history->n_evaluations = 0;
  evaluations->history->n_records = 0;

  for (int i = 0; i < 3; i++)
    {
      show_snapshot (kind, view, i == 0 ? broken : i == 1 ? records : evaluations);
      esp_picture_wait (250);
      for (double x = 40; x < 420; x += 60)
        for (double y = 20; y < 300; y += 60)
          {
            hover (view, x, y);
            gtk_test_widget_wait_for_draw (view);
          }
      leave (view);
    }
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_dark (gconstpointer data)
{
  Kind kind = GPOINTER_TO_INT (data);
  GtkWidget *view = new_view (kind);
  GtkWidget *window;
  g_autoptr (EspSnapshot) snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);
  AdwStyleManager *manager = adw_style_manager_get_default ();
  g_autoptr (GdkTexture) light = NULL;
  g_autoptr (GdkTexture) dark = NULL;

  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_LIGHT);
  window = esp_test_show (view, 420, 300);
  show_snapshot (kind, view, snapshot);
  light = take_settled_picture (view);
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_DARK);
  dark = take_settled_picture (view);
  /* Every pixel: the background changes as well. */
  g_assert_cmpuint (count_differences (light, dark), >, 420 * 300 * 9 / 10);
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_DEFAULT);
  gtk_window_destroy (GTK_WINDOW (window));
}

void
esp_test_add_views (void)
{
  static const char *const names[N_VIEWS] = { "network", "selector", "curve", "formula" };

  for (int kind = 0; kind < N_VIEWS; kind++)
    {
      const struct
      {
        const char *name;
        GTestDataFunc function;
      } tests[] = {
        { "life", test_life },
        { "hover", test_hover },
        { "odd-numbers", test_odd_numbers },
        { "dark", test_dark },
      };

      for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
        {
          g_autofree char *path = g_strdup_printf ("/widgets/%s/%s", names[kind], tests[i].name);

          g_test_add_data_func (path, GINT_TO_POINTER (kind), tests[i].function);
        }
    }
  g_test_add_data_func ("/widgets/network/action", GINT_TO_POINTER (NETWORK), test_action);
  g_test_add_data_func ("/widgets/selector/action", GINT_TO_POINTER (SELECTOR), test_action);
  g_test_add_data_func ("/widgets/selector/keys", GINT_TO_POINTER (SELECTOR), test_keys);
  g_test_add_data_func ("/widgets/curve/keys", GINT_TO_POINTER (CURVE), test_keys);
  g_test_add_func ("/widgets/selector/keys-describe", test_selector_keys);
  g_test_add_func ("/widgets/curve/keys-describe", test_curve_keys);
  g_test_add_func ("/widgets/formula/fit", test_fit);
  g_test_add_func ("/widgets/formula/scroll", test_scroll);
  g_test_add_func ("/widgets/network/pan-and-zoom", test_pan_and_zoom);
  g_test_add_func ("/widgets/formula/two-actions", test_formula_of_two);
  g_test_add_func ("/widgets/formula/copy", test_copy);
  g_test_add_func ("/widgets/formula/select", test_select);
  g_test_add_func ("/widgets/accessible", test_accessible);
}

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
size_t
esp_test_count_differences (GdkTexture *a, GdkTexture *b)
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

GdkTexture *
esp_test_take_settled_picture (GtkWidget *view)
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
  nothing = esp_test_take_settled_picture (view);
  show_snapshot (kind, view, early);
  first = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (nothing, first), >, 500);
  show_snapshot (kind, view, late);
  second = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (first, second), >, 100);
  show_snapshot (kind, view, late);
  again = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (second, again), ==, 0);

  show_snapshot (kind, view, other);
  esp_picture_wait (300);
  hover (view, 210, 150);
  show_snapshot (kind, view, large);
  third = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (second, third), >, 100);
  show_snapshot (kind, view, start);
  g_clear_object (&third);
  third = esp_test_take_settled_picture (view);
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
  before = esp_test_take_settled_picture (view);
  for (double y = -5; y < 310; y += 35)
    for (double x = -5; x < 430; x += 45)
      {
        g_autoptr (GdkTexture) hovered = NULL;

        hover (view, x, y);
        gtk_test_widget_wait_for_draw (view);
        hovered = esp_picture_take (view);
        n_shown += esp_test_count_differences (before, hovered) > 200;
      }
  g_assert_cmpuint (n_shown, >, 4);
  leave (view);
  after = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, after), ==, 0);
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
  before = esp_test_take_settled_picture (view);

  g_signal_emit_by_name (drag, "drag-begin", 100.0, 100.0);
  g_signal_emit_by_name (drag, "drag-update", 30.0, -20.0);
  g_signal_emit_by_name (drag, "drag-update", 40.0, 25.0);
  moved = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, moved), >, 2000);
  g_signal_emit_by_name (drag, "drag-update", 0.0, 0.0);
  reset = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, reset), ==, 0);

  for (int i = 0; i < 4; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, -1.0, &handled);
  g_assert_true (handled);
  zoomed = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, zoomed), >, 2000);
  g_signal_emit_by_name (click, "pressed", 2, 10.0, 10.0);
  g_clear_object (&reset);
  reset = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, reset), ==, 0);

  /* However far one drags and zooms, the graph stays reachable and 0 brings it back. */
  for (int i = 0; i < 100; i++)
    g_signal_emit_by_name (scroll, "scroll", 0.0, i % 3 ? -1.0 : 1.0, &handled);
  g_signal_emit_by_name (drag, "drag-begin", 0.0, 0.0);
  g_signal_emit_by_name (drag, "drag-update", 1e9, -1e9);
  far = esp_test_take_settled_picture (view);
  g_assert_nonnull (far);
  g_signal_emit_by_name (key, "key-pressed", GDK_KEY_0, 0, 0, &handled);
  g_assert_true (handled);
  g_clear_object (&reset);
  reset = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, reset), ==, 0);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* No built-in environment has two actions yet: cart-pole with its force twice. */
const EspEnvironmentInfo *
esp_test_get_two_actions (void)
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
  g_autoptr (EspSnapshot) snapshot = esp_snapshot_new (esp_test_get_two_actions (), arrangement);
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
  first = esp_test_take_settled_picture (view);
  g_object_set (view, "action", 1u, NULL);
  second = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (first, second), >, 1000);
  g_object_set (view, "action", 7u, NULL); /* there are two only: the last one is shown */
  g_object_get (view, "action", &action, NULL);
  g_assert_cmpuint (action, ==, 7);
  beyond = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (second, beyond), ==, 0);
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
  before = esp_test_take_settled_picture (view);
  g_assert_false (press (view, GDK_KEY_Tab)); /* which leads on */
  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GdkTexture) hovered = NULL;

      g_assert_true (press (view, keys[i]));
      gtk_test_widget_wait_for_draw (view);
      hovered = esp_picture_take (view);
      g_assert_cmpuint (esp_test_count_differences (before, hovered), >, 200);
    }
  g_assert_true (press (view, GDK_KEY_Escape));
  g_assert_false (press (view, GDK_KEY_Escape));
  after = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (before, after), ==, 0);

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
  light = esp_test_take_settled_picture (view);
  adw_style_manager_set_color_scheme (manager, ADW_COLOR_SCHEME_FORCE_DARK);
  dark = esp_test_take_settled_picture (view);
  /* Every pixel: the background changes as well. */
  g_assert_cmpuint (esp_test_count_differences (light, dark), >, 420 * 300 * 9 / 10);
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
  g_test_add_func ("/widgets/network/pan-and-zoom", test_pan_and_zoom);
  g_test_add_func ("/widgets/accessible", test_accessible);
}

/* The front of return against reading length, and the words about the gap in the curves. */

#include <math.h>
#include <string.h>

#include "esp-curve-plot.h"
#include "esp-curve-view.h"
#include "esp-front-view.h"
#include "esp-picture.h"
#include "esp-samples.h"
#include "test-widgets.h"

static const char *const texts[] = { "x", "2*theta", "3*theta + theta_dot",
                                     "3*theta + theta_dot + 0.5*x_dot" };
static const double values[] = { 10, 700, 950, 990 };

static EspArchive *
new_front (size_t n)
{
  EspArchive *front = esp_archive_new (1);

  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", texts[i]);

      g_assert_true (esp_archive_offer (front, formula, values[i]));
    }
  return front;
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

/* Presses @key by all controllers, until one takes it. */
static gboolean
press (GtkWidget *widget, guint key)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", key, 0, 0, &handled);
    }
  return handled;
}

/* Clicks at @x, @y by all gestures. */
static void
click (GtkWidget *widget, double x, double y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_GESTURE_CLICK (controller))
        {
          g_signal_emit_by_name (controller, "pressed", 1, x, y);
          g_signal_emit_by_name (controller, "released", 1, x, y);
        }
    }
}

static void
note_activated (EspFrontView *view, EspFormula *formula, EspFormula **activated)
{
  *activated = formula;
}

static void
assert_description (GtkWidget *view, const char *text)
{
  gtk_test_accessible_assert_property (view, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text);
}

static void
test_front_keys (void)
{
  GtkWidget *view = esp_front_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspArchive) front = new_front (4);
  g_autoptr (EspArchive) less = new_front (2);
  EspFormula *activated = NULL;

  g_signal_connect (view, "activated", G_CALLBACK (note_activated), &activated);
  /* nothing to move over, nothing to use */
  g_assert_false (press (view, GDK_KEY_Left));
  g_assert_false (press (view, GDK_KEY_Return));

  esp_front_view_set_front (ESP_FRONT_VIEW (view), front, esp_sample_environment ("cartpole"));
  assert_description (view, "4 formulas, from return 10 at reading length 1 to 990 at 9; arrow keys choose, "
                            "Return uses");
  g_assert_false (press (view, GDK_KEY_Return));
  g_assert_true (press (view, GDK_KEY_Left)); /* shows the best */
  assert_description (view, "return 990, reading length 9, 3·theta + theta_dot + 0.5·x_dot");
  g_assert_true (press (view, GDK_KEY_Left));
  assert_description (view, "return 950, reading length 5, 3·theta + theta_dot");
  g_assert_true (press (view, GDK_KEY_Return));
  g_assert_true (activated == esp_archive_get (front, 2)->formula);
  esp_front_view_set_chosen (ESP_FRONT_VIEW (view), activated);
  assert_description (view, "return 950, reading length 5, in use, 3·theta + theta_dot");
  press (view, GDK_KEY_Home);
  press (view, GDK_KEY_Left);
  assert_description (view, "return 10, reading length 1, x");
  press (view, GDK_KEY_End);
  press (view, GDK_KEY_Right);
  assert_description (view, "return 990, reading length 9, 3·theta + theta_dot + 0.5·x_dot");

  /* a front in which it is no more: what is best of this length */
  esp_front_view_set_front (ESP_FRONT_VIEW (view), less, esp_sample_environment ("cartpole"));
  assert_description (view, "return 700, reading length 3, 2·theta");
  esp_front_view_set_front (ESP_FRONT_VIEW (view), NULL, NULL);
  g_assert_false (press (view, GDK_KEY_Return));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_front_pointer (void)
{
  GtkWidget *view = esp_front_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspArchive) front = new_front (4);
  EspFormula *activated = NULL;
  g_autoptr (GdkTexture) nothing = esp_test_take_settled_picture (view);
  g_autoptr (GdkTexture) plain = NULL;
  g_autoptr (GdkTexture) hovered = NULL;
  g_autoptr (GdkTexture) marked = NULL;
  graphene_point_t place;
  GObject *motion;

  g_signal_connect (view, "activated", G_CALLBACK (note_activated), &activated);
  click (view, 200, 150);
  g_assert_null (activated);
  esp_front_view_set_front (ESP_FRONT_VIEW (view), front, esp_sample_environment ("cartpole"));
  plain = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (nothing, plain), >, 500);

  /* longer formulas are farther right, better ones higher, and all are inside */
  for (size_t i = 0; i < 4; i++)
    {
      graphene_point_t next = esp_front_view_get_place (ESP_FRONT_VIEW (view), MIN (i + 1, 3));

      place = esp_front_view_get_place (ESP_FRONT_VIEW (view), i);
      g_assert_cmpfloat (place.x, >, 0);
      g_assert_cmpfloat (place.x, <, 420);
      g_assert_cmpfloat (place.y, >, 0);
      g_assert_cmpfloat (place.y, <, 300);
      if (i < 3)
        {
          g_assert_cmpfloat (next.x, >, place.x + 5);
          g_assert_cmpfloat (next.y, <=, place.y);
        }
      click (view, place.x + 2, place.y - 2);
      g_assert_true (activated == esp_archive_get (front, i)->formula);
    }
  activated = NULL;
  click (view, 1, 1);
  g_assert_null (activated);

  motion = get_controller (view, GTK_TYPE_EVENT_CONTROLLER_MOTION);
  g_signal_emit_by_name (motion, "motion", (double) place.x, (double) place.y);
  hovered = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (plain, hovered), >, 500);
  g_signal_emit_by_name (motion, "leave");
  esp_front_view_set_chosen (ESP_FRONT_VIEW (view), esp_archive_get (front, 3)->formula);
  marked = esp_test_take_settled_picture (view);
  g_assert_cmpuint (esp_test_count_differences (plain, marked), >, 20);
  g_assert_cmpuint (esp_test_count_differences (plain, marked), <, 500);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* One point, none at all, little room, and formulas that are hopeless beside the others. */
static void
test_front_odd (void)
{
  GtkWidget *view = esp_front_view_new ();
  GtkWidget *window = esp_test_show (view, 160, 110);
  g_autoptr (EspArchive) none = esp_archive_new (1);
  g_autoptr (EspArchive) one = new_front (1);
  g_autoptr (EspArchive) skewed = esp_archive_new (1);
  static const double returns[] = { -1e12, -1e6, -150, -149 };

  for (size_t i = 0; i < 4; i++)
    {
      g_autoptr (EspFormula) formula = esp_sample_formula ("cartpole", texts[i]);

      g_assert_true (esp_archive_offer (skewed, formula, returns[i]));
    }
  esp_front_view_set_front (ESP_FRONT_VIEW (view), none, esp_sample_environment ("cartpole"));
  esp_picture_wait (50);
  esp_front_view_set_front (ESP_FRONT_VIEW (view), one, esp_sample_environment ("cartpole"));
  esp_picture_wait (50);
  esp_front_view_set_front (ESP_FRONT_VIEW (view), skewed, esp_sample_environment ("cartpole"));
  esp_picture_wait (50);
  /* the two that matter are apart, although the others are far below */
  g_assert_cmpfloat (esp_front_view_get_place (ESP_FRONT_VIEW (view), 2).y
                       - esp_front_view_get_place (ESP_FRONT_VIEW (view), 3).y,
                     >, 10);
  g_assert_cmpfloat (esp_front_view_get_place (ESP_FRONT_VIEW (view), 0).y, <, 110);
  gtk_window_destroy (GTK_WINDOW (window));
}

static EspSnapshot *
new_evaluated (const double *sampled, const double *formula, size_t n)
{
  EspSnapshot *snapshot = esp_sample_snapshot ("cartpole", "S0", 0.7);

  g_assert_cmpuint (snapshot->history->n_evaluations, >=, n);
  snapshot->history->n_evaluations = n;
  for (size_t i = 0; i < n; i++)
    {
      EspEvaluation *evaluation = &snapshot->history->evaluations[i];

      evaluation->step = 1000 * (i + 1);
      evaluation->sampled.mean = sampled[i];
      evaluation->masked.mean = formula[i];
      evaluation->formula.mean = formula[i];
      evaluation->sampled.deviation = evaluation->masked.deviation = evaluation->formula.deviation = 2;
      evaluation->live_paths = 7;
      evaluation->reading_length = 21;
    }
  return snapshot;
}

static void
assert_gap (const double *sampled, const double *formula, size_t n, const char *expected)
{
  g_autoptr (EspSnapshot) snapshot = new_evaluated (sampled, formula, n);
  g_autofree char *text = esp_curve_plot_describe_gap (snapshot);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_gap (void)
{
  static const double sampled[] = { 100, 500, 900, 1000 };
  static const double formula[] = { 50, 100, 930, 1000.2 };

  assert_gap (sampled, sampled, 3, NULL);
  assert_gap (sampled, formula, 1, "Formula 50 below sampled");
  assert_gap (sampled, formula, 2, "Formula 400 below sampled");
  assert_gap (sampled, formula, 3, "Formula 30 above sampled; farthest apart 400 at step 2000");
  assert_gap (sampled, formula, 4, "Formula as good as sampled; farthest apart 400 at step 2000");

  /* the numbers themselves, for a screen reader */
  {
    g_autoptr (EspSnapshot) snapshot = new_evaluated (sampled, formula, 3);
    GtkWidget *view = esp_curve_view_new ();
    GtkWidget *window = esp_test_show (view, 420, 300);

    esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), snapshot);
    assert_description (view,
                        "step 3000, sampled 900 ± 2, thresholded 930 ± 2, formula 930 ± 2, 7 live paths, "
                        "reading length 21, Formula 30 above sampled; farthest apart 400 at step 2000");
    gtk_window_destroy (GTK_WINDOW (window));
  }

  /* a policy without a selector has no gap */
  {
    g_autoptr (EspSnapshot) snapshot = new_evaluated (sampled, formula, 2);
    g_autofree char *last = NULL;

    snapshot->policy = ESP_POLICY_NEURAL;
    g_assert_null (esp_curve_plot_describe_gap (snapshot));
    last = esp_curve_plot_describe_last (snapshot);
    g_assert_cmpstr (last, ==, "<b>step 2000</b>\nnetwork 100 ± 2");
  }
}

/* The two lines that are the same function can both be seen: without the one, the picture is another. */
static void
test_lines (void)
{
  static const double sampled[] = { 100, 500, 900, 1000 };
  static const double formula[] = { 50, 100, 930, 1000 };
  GtkWidget *view = esp_curve_view_new ();
  GtkWidget *window = esp_test_show (view, 420, 300);
  g_autoptr (EspSnapshot) all = new_evaluated (sampled, formula, 4);
  g_autoptr (GdkTexture) whole = NULL;

  esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), all);
  whole = esp_test_take_settled_picture (view);
  for (int missing = 0; missing < 3; missing++)
    {
      g_autoptr (EspSnapshot) snapshot = new_evaluated (sampled, formula, 4);
      g_autoptr (GdkTexture) picture = NULL;

      /* another run, so that it is drawn anew */
      snapshot->run += 1 + (guint64) missing;
      /* all but the last, whose numbers are in the legend */
      for (size_t i = 0; i < 3; i++)
        {
          EspEvaluation *evaluation = &snapshot->history->evaluations[i];
          EspReturns *returns[] = { &evaluation->sampled, &evaluation->masked, &evaluation->formula };

          returns[missing]->episodes = 0;
        }
      esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), snapshot);
      picture = esp_test_take_settled_picture (view);
      g_assert_cmpuint (esp_test_count_differences (whole, picture), >, 200);
    }
  gtk_window_destroy (GTK_WINDOW (window));
}

void
esp_test_add_front_view (void)
{
  g_test_add_func ("/widgets/front/keys", test_front_keys);
  g_test_add_func ("/widgets/front/pointer", test_front_pointer);
  g_test_add_func ("/widgets/front/odd", test_front_odd);
  g_test_add_func ("/widgets/curve/gap", test_gap);
  g_test_add_func ("/widgets/curve/lines", test_lines);
}

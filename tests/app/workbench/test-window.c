/* The window itself: that it opens and closes, its keys, its colours, its names, and how long its handlers
 * take. */

#include <signal.h>

#include "esp-handler-clock.h"
#include "test-workbench.h"

static void
test_opens (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_drawn, 20));
  g_assert_null (esp_session_get_view_error (bench.session));
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 60));
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  g_assert_cmpstr (gtk_label_get_text (bench.window->state_label), ==, "Training");
  g_assert_nonnull (strstr (adw_window_title_get_subtitle (bench.window->title), "seed 3"));
  g_assert_cmpstr (gtk_stack_get_visible_child_name (bench.window->train_stack), ==, "pause");
  /* the picture has exactly the size of the view */
  g_assert_cmpint (esp_session_get_frame (bench.session)->width, ==,
                   gtk_widget_get_width (GTK_WIDGET (bench.window->robot_view)));
  esp_bench_close (&bench);
}

static void
test_closes (void)
{
  for (int i = 0; i < 3; i++)
    {
      EspBench bench;

      esp_bench_open (&bench, 1000000, FALSE);
      g_assert_true (esp_bench_wait (&bench, i == 0 ? esp_bench_is_training : esp_bench_is_drawn, 20));
      g_assert_cmpuint (esp_bench_count_threads ("trainer"), ==, 1);
      g_assert_cmpuint (esp_bench_count_threads ("assessor"), ==, 1);
      /* OpenGL, once it begins to start up, cannot be interrupted */
      g_assert_cmpfloat (esp_bench_close (&bench), <, i == 0 ? 15 : 5);
      g_assert_cmpuint (esp_bench_count_threads ("trainer"), ==, 0);
      g_assert_cmpuint (esp_bench_count_threads ("assessor"), ==, 0);
    }
}

static gboolean
raise_signal (gpointer data)
{
  raise (GPOINTER_TO_INT (data));
  return G_SOURCE_REMOVE;
}

static void
test_signal (gconstpointer data)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_timeout_add (500, raise_signal, (gpointer) data);
  /* returns when the last window is gone */
  g_assert_cmpint (g_application_run (G_APPLICATION (bench.application), 0, NULL), ==, 0);
  g_object_unref (bench.application);
}

static void
test_actions (void)
{
  static const struct
  {
    const char *action;
    const char *accel;
  } expected[] = {
    { "win.train", "F5" },
    { "win.pause", "F6" },
    { "win.step", "F7" },
    { "win.run-steps", "F8" },
    { "win.finish", "F9" },
    { "win.restart-same-seed", "<Control>r" },
    { "win.restart-new-seed", "<Shift><Control>r" },
    { "win.reset-camera", "<Control>0" },
    { "win.copy-formula", "<Shift><Control>c" },
    { "win.copy-formula-as::latex", "<Shift><Control>t" },
    { "win.copy-formula-as::c", "<Shift><Control>k" },
    { "win.export-formula::c", "<Control>e" },
    { "win.formula-form::simplified", "<Control>m" },
    { "win.formula-form::raw", "<Control>u" },
    { "win.show-steps", "<Control>j" },
    { "win.step-back", "<Alt>Left" },
    { "win.step-forward", "<Alt>Right" },
    { "win.edit-formula", "<Control>l" },
    { "win.leave-formula", "<Shift><Control>n" },
    { "win.environment::cartpole", "<Alt>1" },
    { "win.environment::pendulum", "<Alt>3" },
    { "win.action(0)", "<Control>1" },
    { "win.action(8)", "<Control>9" },
    { "win.show-help-overlay", "<Control>question" },
    { "app.quit", "<Control>q" },
    { "app.about", "<Control>F1" },
    { "app.colour-scheme::system", "<Shift><Control>s" },
    { "app.colour-scheme::light", "<Shift><Control>l" },
    { "app.colour-scheme::dark", "<Shift><Control>d" },
  };
  EspBench bench;
  g_autofree char *overlay = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;

  esp_bench_open (&bench, 1000000, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_auto (GStrv) accels = gtk_application_get_accels_for_action (GTK_APPLICATION (bench.application),
                                                                     expected[i].action);
      g_autofree char *name = NULL;
      g_autoptr (GVariant) target = NULL;
      g_autoptr (GError) error = NULL;

      g_action_parse_detailed_name (expected[i].action, &name, &target, &error);
      g_assert_no_error (error);
      g_assert_true (g_action_group_has_action (
        g_str_has_prefix (name, "app.") ? G_ACTION_GROUP (bench.application) : G_ACTION_GROUP (bench.window),
        name + 4));
      if (!g_strv_contains ((const char *const *) accels, expected[i].accel))
        g_test_fail_printf ("%s has no key %s but %s", expected[i].action, expected[i].accel, accels[0]);
    }

  /* every action of the window is in the window of shortcuts: by its name, or by its soft key */
  bytes = g_resources_lookup_data ("/org/espalier/Espalier/gtk/help-overlay.ui", 0, NULL);
  g_assert_nonnull (bytes);
  overlay = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  names = g_action_group_list_actions (G_ACTION_GROUP (bench.window));
  for (gsize i = 0; names[i] != NULL; i++)
    {
      static const char *const soft[][2] = {
        { "toggle-training", ">space<" },
        { "slower", ">bracketleft<" },
        { "faster", ">bracketright<" },
        { "real-time", ">backslash<" },
        { "environment", "Choose the environment" },
        { "action", "Choose the action that is shown" },
        { "export-formula", ">win.export-formula::c<" },
        { "copy-formula-as", ">win.copy-formula-as::latex<" },
        { "formula-form", ">win.formula-form::raw<" },
      };
      g_autofree char *wanted = g_strdup_printf (">win.%s<", names[i]);
      const char *needle = wanted;

      for (gsize j = 0; j < G_N_ELEMENTS (soft); j++)
        if (g_str_equal (soft[j][0], names[i]))
          needle = soft[j][1];
      if (strstr (overlay, needle) == NULL)
        g_test_fail_printf ("the shortcuts window does not mention win.%s", names[i]);
    }
  esp_bench_close (&bench);
}

static void
test_colour_schemes (void)
{
  EspBench bench;
  AdwStyleManager *style = adw_style_manager_get_default ();

  esp_bench_open (&bench, 1000000, TRUE);
  g_action_group_change_action_state (G_ACTION_GROUP (bench.application), "colour-scheme",
                                      g_variant_new_string ("dark"));
  g_assert_true (adw_style_manager_get_dark (style));
  g_action_group_change_action_state (G_ACTION_GROUP (bench.application), "colour-scheme",
                                      g_variant_new_string ("light"));
  g_assert_false (adw_style_manager_get_dark (style));
  g_action_group_change_action_state (G_ACTION_GROUP (bench.application), "colour-scheme",
                                      g_variant_new_string ("system"));
  g_assert_cmpint (adw_style_manager_get_color_scheme (style), ==, ADW_COLOR_SCHEME_DEFAULT);
  esp_bench_close (&bench);
}

/* Returns the widget below @widget that has @id in the template. */
static GtkWidget *
find_child (GtkWidget *widget, const char *id)
{
  GtkWidget *found = NULL;

  if (g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), id) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_child (child, id);
  return found;
}

static void
test_names_for_screen_readers (void)
{
  static const struct
  {
    const char *child;
    const char *label;
  } expected[] = {
    { "environment_drop_down", "Environment" },
    { "action_drop_down", "Action whose network is shown" },
    { "train_button", "Train" },
    { "pause_button", "Pause" },
    { "step_button", "Single step" },
    { "run_button", "Run steps, then pause" },
    { "restart_button", "Restart" },
    { "finish_button", "Finish" },
    { "menu_button", "Main menu" },
    { "slower_button", "Show the robot slower" },
    { "faster_button", "Show the robot faster" },
    { "camera_button", "Reset the camera" },
    { "copy_button", "Copy the formula" },
    { "simplified_button", "Simplified formula" },
    { "raw_button", "Raw formula" },
    { "steps_button", "Rewrites of the formula" },
    { "edit_button", "Edit the formula" },
    { "step_back_button", "One step back" },
    { "step_forward_button", "One step forward" },
    { "robot_view", "Robot following the current formula" },
    { "network_view", "Graph of the symbolic network" },
    { "selector_view", "Selection probabilities of the paths" },
    { "curve_view", "Curves of the return" },
  };
  EspBench bench;

  esp_bench_open (&bench, 1000000, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      GtkWidget *child = find_child (GTK_WIDGET (bench.window), expected[i].child);

      g_assert_nonnull (child);
      gtk_test_accessible_assert_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                           expected[i].label);
      if (GTK_IS_BUTTON (child) || ADW_IS_SPLIT_BUTTON (child))
        g_assert_nonnull (gtk_widget_get_tooltip_text (child));
    }
  esp_bench_close (&bench);
}

static void
test_handler_times (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_drawn, 20));
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 60));
  esp_handler_clock_reset ();
  esp_bench_wait (&bench, NULL, 10);
  g_test_message ("%" G_GUINT64_FORMAT " handlers: median %.2f ms, p99 %.2f ms, longest %.2f ms",
                  esp_handler_clock_get_count (), esp_handler_clock_get_quantile (0.5),
                  esp_handler_clock_get_quantile (0.99), esp_handler_clock_get_maximum ());
  g_assert_cmpuint (esp_handler_clock_get_count (), >, 100);
#ifndef __SANITIZE_ADDRESS__ /* which takes its own time */
  g_assert_cmpfloat (esp_handler_clock_get_quantile (0.99), <=, 8);
  g_assert_cmpfloat (esp_handler_clock_get_maximum (), <=, 16);
#endif
  esp_bench_close (&bench);
}

void
esp_test_add_window (void)
{
  g_test_add_func ("/workbench/opens", test_opens);
  g_test_add_func ("/workbench/closes", test_closes);
  g_test_add_data_func ("/workbench/sigterm", GINT_TO_POINTER (SIGTERM), test_signal);
  g_test_add_data_func ("/workbench/sigint", GINT_TO_POINTER (SIGINT), test_signal);
  g_test_add_func ("/workbench/actions", test_actions);
  g_test_add_func ("/workbench/colour-schemes", test_colour_schemes);
  g_test_add_func ("/workbench/names-for-screen-readers", test_names_for_screen_readers);
  g_test_add_func ("/workbench/handler-times", test_handler_times);
}

/* Polishing in the window, as a user does it: by the actions, the panel and the keys, beside training and
 * after it. */

#include <string.h>

#include "esp-bench.h"
#include "esp-handler-clock.h"

static EspSnapshot *
snapshot_of (EspBench *bench)
{
  return esp_session_get_snapshot (bench->session);
}

static gboolean
is_training (EspBench *bench)
{
  return snapshot_of (bench) != NULL && snapshot_of (bench)->state == ESP_RUN_TRAINING
         && snapshot_of (bench)->step > 0;
}

static gboolean
is_done (EspBench *bench)
{
  return esp_session_get_result (bench->session) != NULL;
}

static gboolean
has_formula (EspBench *bench)
{
  return esp_formula_view_get_formula (bench->window->formula_view) != NULL;
}

static gboolean
is_evaluated (EspBench *bench)
{
  return snapshot_of (bench)->history->n_evaluations > 0;
}

static gboolean
has_front (EspBench *bench)
{
  return esp_session_get_front (bench->session) != NULL;
}

/* Has points enough to move between. */
static gboolean
has_wide_front (EspBench *bench)
{
  return has_front (bench) && esp_archive_get_n (esp_session_get_front (bench->session)) >= 2;
}

static gboolean
has_no_polisher (EspBench *bench)
{
  return esp_bench_count_threads ("polisher") == 0;
}

static gboolean
has_ended (EspBench *bench)
{
  return !esp_session_is_polishing (bench->session);
}

static gboolean
is_enabled (EspBench *bench, const char *action)
{
  return g_action_group_get_action_enabled (G_ACTION_GROUP (bench->window), action);
}

static void
activate (EspBench *bench, const char *action)
{
  g_assert_true (is_enabled (bench, action));
  g_action_group_activate_action (G_ACTION_GROUP (bench->window), action, NULL);
}

static void
start_polishing (EspBench *bench, double seconds)
{
  gtk_spin_button_set_value (bench->window->polish_spin, seconds);
  activate (bench, "polish");
  g_assert_true (esp_session_is_polishing (bench->session));
}

static void
assert_polish_page (EspBench *bench, const char *name)
{
  g_assert_cmpstr (gtk_stack_get_visible_child_name (bench->window->polish_stack), ==, name);
}

/* Learning goes on while the formula is polished, the front grows before the user's eyes, and no handler
 * takes long. */
static void
test_while_training (void)
{
  EspBench bench;
  guint64 step;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_false (is_enabled (&bench, "cancel-polish"));
  activate (&bench, "train");
  g_assert_true (esp_bench_wait (&bench, is_training, 20));
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  g_assert_true (esp_bench_wait (&bench, is_evaluated, 60));
  esp_bench_wait (&bench, NULL, 0.3);
  /* what was measured of the formula stands beside it */
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->formula_label), ", returned "));
  esp_handler_clock_reset ();
  step = snapshot_of (&bench)->step;
  start_polishing (&bench, 600);
  assert_polish_page (&bench, "busy");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (bench.window->return_stack), ==, "front");
  g_assert_false (is_enabled (&bench, "polish"));
  g_assert_true (is_enabled (&bench, "cancel-polish"));
  g_assert_cmpuint (esp_bench_count_threads ("polisher"), ==, 1);

  g_assert_true (esp_bench_wait (&bench, has_front, 120));
  g_assert_true (esp_session_is_polishing (bench.session));
  g_assert_true (is_training (&bench));
  g_assert_cmpuint (snapshot_of (&bench)->step, >, step);
  g_assert_cmpfloat (gtk_progress_bar_get_fraction (bench.window->polish_progress), >, 0);
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->polish_label), "left"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->curve_label), "formula"));
  esp_bench_wait (&bench, NULL, 3);
  g_test_message ("%" G_GUINT64_FORMAT " handlers: p99 %.2f ms, longest %.2f ms",
                  esp_handler_clock_get_count (), esp_handler_clock_get_quantile (0.99),
                  esp_handler_clock_get_maximum ());
#ifndef __SANITIZE_ADDRESS__ /* which takes its own time */
  g_assert_cmpfloat (esp_handler_clock_get_quantile (0.99), <=, 8);
#endif

  /* stopped, it leaves the front, but chooses nothing; and it can be begun again */
  activate (&bench, "cancel-polish");
  g_assert_true (esp_bench_wait (&bench, has_ended, 20));
  assert_polish_page (&bench, "polish");
  g_assert_true (has_front (&bench));
  g_assert_null (esp_session_get_choice (bench.session));
  g_assert_true (is_training (&bench));
  start_polishing (&bench, 600);

  /* the window closes while it is at work */
  g_assert_cmpfloat (esp_bench_close (&bench), <, 15);
  g_assert_cmpuint (esp_bench_count_threads ("polisher"), ==, 0);
}

/* Another run has nothing to do with what was polished. */
static void
test_another_run (gconstpointer data)
{
  const char *environment = data;
  EspBench bench;
  guint64 run;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  run = snapshot_of (&bench)->run;
  start_polishing (&bench, 600);
  g_assert_true (esp_bench_wait (&bench, has_front, 120));
  esp_session_choose (bench.session, esp_archive_get (esp_session_get_front (bench.session), 0)->formula);
  g_assert_true (is_enabled (&bench, "follow-run"));

  if (environment == NULL)
    activate (&bench, "restart-new-seed");
  else
    g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                        g_variant_new_string (environment));
  g_assert_true (esp_bench_wait (&bench, has_ended, 20));
  if (environment == NULL)
    g_assert_cmpuint (snapshot_of (&bench)->run, >, run);
  g_assert_true (esp_bench_wait (&bench, has_no_polisher, 20));
  esp_bench_wait (&bench, NULL, 0.5);
  g_assert_false (has_front (&bench));
  g_assert_null (esp_session_get_choice (bench.session));
  g_assert_false (is_enabled (&bench, "follow-run"));
  g_assert_false (gtk_widget_get_visible (bench.window->follow_button));
  assert_polish_page (&bench, "polish");

  /* and can be polished itself */
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  start_polishing (&bench, 600);
  g_assert_true (esp_bench_wait (&bench, has_front, 120));
  esp_bench_close (&bench);
}

static char *
get_edited_text (EspBench *bench)
{
  activate (bench, "edit-formula");
  esp_bench_wait (bench, NULL, 0.3);
  return esp_formula_editor_get_text (esp_formula_dialog_get_editor (bench->window->formula_dialog));
}

/* A short run, and its formula polished to the end of the budget. */
static void
test_after_the_run (void)
{
  EspBench bench;
  EspFormula *own;
  EspArchive *front;
  EspFormula *chosen = NULL;

  esp_bench_open (&bench, 1200, FALSE);
  g_assert_true (esp_bench_wait (&bench, is_done, 120));
  own = esp_session_get_result (bench.session)->formula;
  g_assert_true (esp_session_get_formula (bench.session) == own);

  /* with more time, until it was enough for this machine */
  for (double seconds = 4; seconds < 300 && chosen == NULL; seconds *= 4)
    {
      start_polishing (&bench, seconds);
      g_assert_true (esp_bench_wait (&bench, has_ended, 2 * seconds + 20));
      g_assert_cmpuint (esp_bench_count_threads ("polisher"), ==, 0);
      chosen = esp_session_get_choice (bench.session);
    }
  g_assert_nonnull (chosen);
  g_assert_true (esp_session_get_formula (bench.session) == chosen);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == chosen);
  g_assert_true (g_str_has_prefix (gtk_label_get_text (bench.window->formula_label), "chosen, "));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->formula_label), "returns"));
  g_assert_cmpstr (gtk_label_get_text (bench.window->policy_label), ==, "Follows the chosen formula");
  g_assert_true (gtk_widget_get_visible (bench.window->follow_button));

  /* it is one of the front; nothing shorter is as good */
  front = esp_session_get_front (bench.session);
  for (size_t i = 0;; i++)
    {
      g_assert_cmpuint (i, <, esp_archive_get_n (front));
      if (esp_archive_get (front, i)->formula == chosen)
        break;
    }

  /* what works with formulas works with it */
  {
    g_autofree char *text = get_edited_text (&bench);

    g_assert_cmpstr (text, ==, esp_formula_get_text (chosen));
    gtk_window_destroy (GTK_WINDOW (bench.window->formula_dialog));
    g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == chosen);
  }

  activate (&bench, "follow-run");
  g_assert_null (esp_session_get_choice (bench.session));
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == own);
  g_assert_false (gtk_widget_get_visible (bench.window->follow_button));
  esp_bench_close (&bench);
}

/* Returns what @signal of a controller of @widget answers to @key. */
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

/* Points of the front are used by key and by pointer; the run's formula comes back by an action. */
static void
test_choosing (void)
{
  EspBench bench;
  GtkWidget *view;
  EspArchive *front;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  view = GTK_WIDGET (bench.window->front_view);
  activate (&bench, "show-front");
  g_assert_false (press (view, GDK_KEY_Return));
  start_polishing (&bench, 600);
  g_assert_true (esp_bench_wait (&bench, has_wide_front, 240));
  activate (&bench, "cancel-polish");
  g_assert_true (esp_bench_wait (&bench, has_ended, 20));
  front = esp_session_get_front (bench.session);

  gtk_widget_grab_focus (view);
  g_assert_true (press (view, GDK_KEY_Left)); /* shows where the keys are */
  g_assert_true (press (view, GDK_KEY_Home));
  g_assert_true (press (view, GDK_KEY_Return));
  g_assert_true (esp_session_get_choice (bench.session) == esp_archive_get (front, 0)->formula);
  g_assert_true (press (view, GDK_KEY_Right));
  g_assert_true (press (view, GDK_KEY_Return));
  g_assert_true (esp_session_get_choice (bench.session) == esp_archive_get (front, 1)->formula);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_archive_get (front, 1)->formula);

  /* a step of learning does not take it away */
  activate (&bench, "step");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_archive_get (front, 1)->formula);

  /* polishing goes on from what is shown */
  start_polishing (&bench, 600);
  activate (&bench, "cancel-polish");
  g_assert_true (esp_bench_wait (&bench, has_ended, 20));

  activate (&bench, "follow-run");
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  g_assert_null (esp_session_get_choice (bench.session));
  activate (&bench, "show-curves");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (bench.window->return_stack), ==, "curves");
  esp_bench_close (&bench);
}

/* A neural network has no formula to polish. */
static void
test_neural (void)
{
  EspBench bench;

  esp_bench_open_neural (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, is_training, 20));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_false (is_enabled (&bench, "polish"));
  g_assert_false (esp_session_can_polish (bench.session));
  esp_bench_close (&bench);
}

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
test_names_and_keys (void)
{
  static const struct
  {
    const char *child;
    const char *label;
  } names[] = {
    { "polish_button", "Polish the formula" },
    { "cancel_polish_button", "Stop polishing" },
    { "follow_button", "Back to the run's formula" },
    { "polish_progress", "Progress of polishing" },
    { "return_switcher", "What the return is drawn against" },
    { "front_view", "Return against reading length" },
  };
  static const char *const keys[][2] = {
    { "win.polish", "<Control>p" },      { "win.cancel-polish", "<Shift><Control>p" },
    { "win.follow-run", "<Control>b" },  { "win.show-front", "<Control>f" },
    { "win.show-curves", "<Control>t" },
  };
  EspBench bench;
  int minimum;

  esp_bench_open_readable (&bench, 1000000);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GtkWidget *child = find_child (GTK_WIDGET (bench.window), names[i].child);

      g_assert_nonnull (child);
      gtk_test_accessible_assert_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                           names[i].label);
      if (GTK_IS_BUTTON (child) || ADW_IS_SPLIT_BUTTON (child))
        g_assert_nonnull (gtk_widget_get_tooltip_text (child));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_auto (GStrv)
        accels = gtk_application_get_accels_for_action (GTK_APPLICATION (bench.application), keys[i][0]);

      g_assert_cmpstr (accels[0], ==, keys[i][1]);
    }

  /* whatever the panels have to say, the window is not wider than asked for */
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  start_polishing (&bench, 600);
  g_assert_true (esp_bench_wait (&bench, has_front, 120));
  esp_session_choose (bench.session, esp_archive_get (esp_session_get_front (bench.session), 0)->formula);
  esp_bench_wait (&bench, NULL, 0.3);
  gtk_widget_measure (GTK_WIDGET (bench.window), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, <=, 940);
  esp_bench_close (&bench);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  adw_init ();
  esp_bench_time_drawing ();

  g_test_add_func ("/polish/while-training", test_while_training);
  g_test_add_data_func ("/polish/restart", NULL, test_another_run);
  g_test_add_data_func ("/polish/environment", "pendulum", test_another_run);
  g_test_add_func ("/polish/after-the-run", test_after_the_run);
  g_test_add_func ("/polish/choosing", test_choosing);
  g_test_add_func ("/polish/neural", test_neural);
  g_test_add_func ("/polish/names-and-keys", test_names_and_keys);

  return g_test_run ();
}

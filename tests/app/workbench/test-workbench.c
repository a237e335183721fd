/* The workbench's window as a user drives it: opened on a real display with a real trainer and viewer. */

#include <math.h>
#include <signal.h>

#include <glib/gstdio.h>

#include "esp-bench.h"
#include "esp-handler-clock.h"

static EspSnapshot *
snapshot_of (EspBench *bench)
{
  return esp_session_get_snapshot (bench->session);
}

static gboolean
is_paused (EspBench *bench)
{
  return snapshot_of (bench) != NULL && snapshot_of (bench)->state == ESP_RUN_PAUSED;
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
is_evaluated (EspBench *bench)
{
  return snapshot_of (bench)->history->n_evaluations > 0;
}

static gboolean
is_drawn (EspBench *bench)
{
  return esp_robot_view_get_n_shown (bench->window->robot_view) >= 3;
}

static gboolean
has_formula (EspBench *bench)
{
  return esp_formula_view_get_formula (bench->window->formula_view) != NULL;
}

static void
activate (EspBench *bench, const char *action)
{
  GActionGroup *group = G_ACTION_GROUP (bench->window);

  g_assert_true (g_action_group_get_action_enabled (group, action));
  g_action_group_activate_action (group, action, NULL);
}

/* Presses @keyval by the shortcuts of the window itself, the ones that a text field may take first. */
static void
press_soft_key (EspBench *bench, guint keyval)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (bench->window));

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (!GTK_IS_SHORTCUT_CONTROLLER (controller))
        continue;
      for (guint j = 0; j < g_list_model_get_n_items (G_LIST_MODEL (controller)); j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          GtkShortcutTrigger *trigger = gtk_shortcut_get_trigger (shortcut);

          if (GTK_IS_KEYVAL_TRIGGER (trigger)
              && gtk_keyval_trigger_get_keyval (GTK_KEYVAL_TRIGGER (trigger)) == keyval
              && gtk_keyval_trigger_get_modifiers (GTK_KEYVAL_TRIGGER (trigger)) == 0)
            {
              g_assert_true (gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0,
                                                           GTK_WIDGET (bench->window), NULL));
              return;
            }
        }
    }
  g_test_fail_printf ("no shortcut for key %u", keyval);
}

static void
test_opens (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, is_training, 10));
  g_assert_true (esp_bench_wait (&bench, is_drawn, 20));
  g_assert_null (esp_session_get_view_error (bench.session));
  g_assert_true (esp_bench_wait (&bench, has_formula, 60));
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
      g_assert_true (esp_bench_wait (&bench, i == 0 ? is_training : is_drawn, 20));
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
test_training_commands (void)
{
  EspBench bench;
  guint64 step;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_true (esp_bench_wait (&bench, is_paused, 10));
  g_assert_cmpuint (snapshot_of (&bench)->step, ==, 0);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "pause"));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "finish"));

  activate (&bench, "step");
  esp_bench_wait (&bench, NULL, 0.5);
  g_assert_true (is_paused (&bench));
  g_assert_cmpuint (snapshot_of (&bench)->step, ==, 1);
  /* the formula follows the learner's steps, not its rare evaluations */
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  g_assert_false (is_evaluated (&bench));

  gtk_spin_button_set_value (bench.window->run_spin, 40);
  g_assert_cmpstr (adw_split_button_get_label (bench.window->run_button), ==, "Run 40");
  activate (&bench, "run-steps");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (is_paused (&bench));
  g_assert_cmpuint (snapshot_of (&bench)->step, ==, 41);

  press_soft_key (&bench, GDK_KEY_space);
  g_assert_true (esp_bench_wait (&bench, is_training, 10));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_cmpuint (snapshot_of (&bench)->step, >, 41);
  press_soft_key (&bench, GDK_KEY_space);
  g_assert_true (esp_bench_wait (&bench, is_paused, 10));
  step = snapshot_of (&bench)->step;
  esp_bench_wait (&bench, NULL, 0.4);
  g_assert_cmpuint (snapshot_of (&bench)->step, ==, step);

  activate (&bench, "train");
  g_assert_true (esp_bench_wait (&bench, is_training, 10));
  activate (&bench, "pause");
  g_assert_true (esp_bench_wait (&bench, is_paused, 10));
  esp_bench_close (&bench);
}

static gboolean
has_seed_4 (EspBench *bench)
{
  return snapshot_of (bench)->seed == 4;
}

static gboolean
has_run_2 (EspBench *bench)
{
  return snapshot_of (bench)->run >= 2;
}

static void
test_restart (void)
{
  EspBench bench;
  guint64 run;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, is_training, 10));
  run = snapshot_of (&bench)->run;
  activate (&bench, "restart-new-seed");
  g_assert_true (esp_bench_wait (&bench, has_seed_4, 10));
  g_assert_cmpuint (snapshot_of (&bench)->run, >, run);
  g_assert_cmpuint (esp_session_get_seed (bench.session), ==, 4);
  g_assert_nonnull (strstr (adw_window_title_get_subtitle (bench.window->title), "seed 4"));
  run = snapshot_of (&bench)->run;
  activate (&bench, "restart-same-seed");
  for (int i = 0; i < 100 && snapshot_of (&bench)->run == run; i++)
    esp_bench_wait (&bench, NULL, 0.1);
  g_assert_cmpuint (snapshot_of (&bench)->run, >, run);
  g_assert_cmpuint (snapshot_of (&bench)->seed, ==, 4);
  g_assert_true (esp_bench_wait (&bench, has_run_2, 1));
  esp_bench_close (&bench);
}

static gboolean
shows_pendulum (EspBench *bench)
{
  return snapshot_of (bench) != NULL && g_str_equal (snapshot_of (bench)->environment->name, "pendulum")
         && esp_session_get_frame (bench->session) != NULL
         && esp_session_get_frame (bench->session)->n_observations
              == snapshot_of (bench)->environment->n_observations;
}

static void
test_environment (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, is_drawn, 20));
  g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                      g_variant_new_string ("pendulum"));
  g_assert_true (esp_bench_wait (&bench, shows_pendulum, 20));
  g_assert_cmpuint (gtk_drop_down_get_selected (bench.window->environment_drop_down), ==, 2);
  g_assert_true (esp_bench_wait (&bench, is_training, 10));

  /* and back by the drop-down; an unknown one changes nothing */
  gtk_drop_down_set_selected (bench.window->environment_drop_down, 0);
  g_assert_cmpstr (esp_session_get_environment (bench.session)->name, ==, "cartpole");
  g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                      g_variant_new_string ("unicycle"));
  g_assert_cmpstr (esp_session_get_environment (bench.session)->name, ==, "cartpole");
  esp_bench_wait (&bench, NULL, 0.3);
  esp_bench_close (&bench);
}

static void
test_environment_keys (void)
{
  size_t n_environments;
  const EspEnvironmentInfo *const *environments = esp_environment_list (&n_environments);
  EspBench bench;
  int minimum;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_cmpuint (g_list_model_get_n_items (gtk_drop_down_get_model (bench.window->environment_drop_down)),
                    ==, n_environments);
  for (size_t i = 0; i < n_environments; i++)
    {
      g_autofree char *name = g_strconcat ("win.environment::", environments[i]->name, NULL);
      g_autofree char *key = g_strdup_printf ("<Alt>%zu", i + 1);
      g_auto (GStrv)
        accels = gtk_application_get_accels_for_action (GTK_APPLICATION (bench.application), name);

      g_assert_cmpstr (accels[0], ==, i < 9 ? key : NULL);
    }

  /* whichever is chosen, the window is not wider than asked for */
  for (guint i = 0; i < n_environments; i++)
    {
      gtk_drop_down_set_selected (bench.window->environment_drop_down, i);
      g_assert_cmpstr (esp_session_get_environment (bench.session)->name, ==, environments[i]->name);
      esp_bench_wait (&bench, NULL, 0.05);
      gtk_widget_measure (GTK_WIDGET (bench.window), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL,
                          NULL);
      if (minimum > 940)
        g_test_fail_printf ("with %s the window is at least %d pixels wide", environments[i]->name, minimum);
    }
  esp_bench_close (&bench);
}

static void
test_action_choice (void)
{
  size_t n_environments;
  const EspEnvironmentInfo *const *environments = esp_environment_list (&n_environments);
  const EspEnvironmentInfo *several = NULL;
  GActionGroup *actions;
  EspBench bench;

  for (size_t i = 0; i < n_environments && several == NULL; i++)
    if (environments[i]->n_actions > 1)
      several = environments[i];

  /* one action leaves no choice */
  esp_bench_open (&bench, 1000000, TRUE);
  actions = G_ACTION_GROUP (bench.window);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (bench.window->action_drop_down)));
  g_assert_false (g_action_group_get_action_enabled (actions, "action"));
  g_action_group_change_action_state (actions, "action", g_variant_new_int32 (1));
  g_assert_cmpuint (esp_network_view_get_action (bench.window->network_view), ==, 0);
  if (several == NULL)
    {
      esp_bench_close (&bench);
      g_test_skip ("no environment has several actions");
      return;
    }

  g_action_group_change_action_state (actions, "environment", g_variant_new_string (several->name));
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (bench.window->action_drop_down)));
  g_assert_cmpuint (g_list_model_get_n_items (gtk_drop_down_get_model (bench.window->action_drop_down)), ==,
                    several->n_actions);
  g_assert_true (esp_bench_wait (&bench, is_training, 20));
  g_action_group_activate_action (actions, "action", g_variant_new_int32 (1));
  g_assert_cmpuint (gtk_drop_down_get_selected (bench.window->action_drop_down), ==, 1);
  g_assert_cmpuint (esp_network_view_get_action (bench.window->network_view), ==, 1);
  g_assert_cmpuint (esp_selector_view_get_action (bench.window->selector_view), ==, 1);
  /* there is no such action */
  g_action_group_activate_action (actions, "action", g_variant_new_int32 ((gint32) several->n_actions));
  g_assert_cmpuint (esp_network_view_get_action (bench.window->network_view), ==, 1);
  esp_bench_wait (&bench, NULL, 0.3);

  /* by the drop-down as well; another environment begins with its first action */
  gtk_drop_down_set_selected (bench.window->action_drop_down, 0);
  g_assert_cmpuint (esp_network_view_get_action (bench.window->network_view), ==, 0);
  gtk_drop_down_set_selected (bench.window->action_drop_down, 1);
  g_assert_cmpuint (esp_selector_view_get_action (bench.window->selector_view), ==, 1);
  g_action_group_change_action_state (actions, "environment", g_variant_new_string ("cartpole"));
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (bench.window->action_drop_down)));
  g_assert_cmpuint (esp_network_view_get_action (bench.window->network_view), ==, 0);
  g_assert_cmpuint (esp_selector_view_get_action (bench.window->selector_view), ==, 0);
  esp_bench_close (&bench);
}

/* Runs what was run in the window again without one, with another number of threads for an update: every bit
 * must be the same. */
static void
expect_same_without_window (EspBench *bench)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspTrainer) trainer
    = esp_trainer_new (esp_session_get_environment (bench->session)->name,
                       esp_session_get_recipe (bench->session), esp_session_get_seed (bench->session), &error);
  const EspResult *shown = esp_session_get_result (bench->session);
  EspResult result = { 0 };

  g_assert_no_error (error);
  esp_trainer_set_workers (trainer, 3);
  esp_trainer_run (trainer);
  for (int i = 0; i < 120 && esp_trainer_wait (trainer, 1000) != ESP_RUN_DONE; i++)
    ;
  g_assert_true (esp_trainer_get_result (trainer, &result));

  g_assert_cmpuint (result.updates, ==, shown->updates);
  g_assert_cmpstr (esp_formula_get_text (result.formula), ==, esp_formula_get_text (shown->formula));
  g_assert_cmpmem (&result.formula_return, sizeof (EspReturns), &shown->formula_return, sizeof (EspReturns));
  g_assert_cmpmem (&result.masked_return, sizeof (EspReturns), &shown->masked_return, sizeof (EspReturns));
  g_assert_cmpmem (&result.sampled_return, sizeof (EspReturns), &shown->sampled_return, sizeof (EspReturns));
  esp_result_clear (&result);
}

static void
choose_form (EspBench *bench, const char *form)
{
  g_action_group_change_action_state (G_ACTION_GROUP (bench->window), "formula-form",
                                      g_variant_new_string (form));
}

static gboolean
shows_another_form (EspBench *bench)
{
  return has_formula (bench)
         && esp_formula_view_get_formula (bench->window->formula_view)
              != esp_session_get_formula (bench->session);
}

static void
test_finish (void)
{
  EspBench bench;
  const EspResult *result;

  esp_bench_open (&bench, 1200, FALSE);
  g_assert_true (esp_bench_wait (&bench, is_done, 120));
  result = esp_session_get_result (bench.session);
  g_assert_nonnull (result->formula);
  g_assert_cmpuint (result->formula_return.episodes, ==, 100);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == result->formula);
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_cmpstr (gtk_label_get_text (bench.window->state_label), ==, "Done");
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->sentence_label), "100 unseen episodes"));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "train"));
  activate (&bench, "copy-formula");
  expect_same_without_window (&bench);

  /* raw, it is the final network's, whose constants are rounded only in the formula; a formula that was found
   * by a search has no network */
  choose_form (&bench, "raw");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (shows_another_form (&bench) == (result->front == NULL));
  for (int i = 0; i < 20; i++)
    {
      double state[4] = { 0.1 * sin (i), 0.2 * cos (3 * i), 0.1 * cos (i), 0.2 * sin (5 * i) }, raw, final;

      esp_formula_evaluate (esp_formula_view_get_formula (bench.window->formula_view), state, &raw);
      esp_formula_evaluate (result->formula, state, &final);
      g_assert_cmpfloat_with_epsilon (raw, final, 0.05 * fmax (1, fabs (final)));
    }
  choose_form (&bench, "simplified");
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == result->formula);

  /* a new run forgets the result, and can be cut short */
  activate (&bench, "restart-new-seed");
  g_assert_true (esp_bench_wait (&bench, is_training, 10));
  g_assert_false (is_done (&bench));
  g_assert_true (esp_bench_wait (&bench, is_evaluated, 60));
  activate (&bench, "finish");
  g_assert_true (esp_bench_wait (&bench, is_done, 120));
  esp_bench_close (&bench);
}

/* A neural policy has no formula and no paths: the window says so, the robot follows it, and the return is
 * plotted. */
static void
test_neural (void)
{
  EspBench bench;
  const EspResult *result;

  esp_bench_open_neural (&bench, 3000);
  g_assert_true (esp_bench_wait (&bench, is_training, 20));
  g_assert_true (esp_bench_wait (&bench, is_drawn, 20));
  g_assert_true (esp_bench_wait (&bench, is_evaluated, 60));
  g_assert_null (esp_session_get_formula (bench.session));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "copy-formula"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->policy_label), "neural network"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->network_label), "parameters"));

  /* keys and pointers find nothing in the panels that have nothing to show */
  gtk_widget_grab_focus (GTK_WIDGET (bench.window->selector_view));
  gtk_widget_grab_focus (GTK_WIDGET (bench.window->network_view));

  g_assert_true (esp_bench_wait (&bench, is_done, 120));
  result = esp_session_get_result (bench.session);
  g_assert_null (result->formula);
  g_assert_cmpuint (result->policy_return.episodes, ==, 100);
  g_assert_cmpuint (result->formula_return.episodes, ==, 0);
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->sentence_label), "neural network"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->curve_label), "best network"));

  /* and a symbolic run after it shows all again */
  g_assert_true (esp_session_set_environment (bench.session, "cartpole", NULL));
  esp_session_train (bench.session);
  g_assert_true (esp_bench_wait (&bench, has_formula, 60));
  g_assert_cmpstr (gtk_label_get_text (bench.window->policy_label), ==, "Follows the formula");
  esp_bench_close (&bench);
}

static void
text_read (GObject *clipboard, GAsyncResult *result, gpointer data)
{
  *(char **) data = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);
}

static char *
read_clipboard (EspBench *bench)
{
  char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (bench->window)), NULL, text_read,
                                 &text);
  for (int i = 0; i < 50 && text == NULL; i++)
    esp_bench_wait (bench, NULL, 0.1);
  return text;
}

/* The formula as it is exported to a file and copied, in every format; and what is said
 * where the file cannot be written. */
static void
test_export (void)
{
  EspBench bench;
  GActionGroup *group;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("esp-window-XXXXXX", &error);
  g_autofree char *copied = NULL;

  g_assert_no_error (error);
  esp_bench_open_readable (&bench, 1000000);
  group = G_ACTION_GROUP (bench.window);
  g_assert_false (g_action_group_get_action_enabled (group, "export-formula"));
  g_assert_false (g_action_group_get_action_enabled (group, "copy-formula-as"));
  activate (&bench, "step");
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));

  for (int i = 0; i < ESP_N_FORMATS; i++)
    {
      const EspFormatInfo *info = esp_format_get_info ((EspFormat) i);
      g_autofree char *path = g_strconcat (folder, "/policy-", info->name, info->suffix, NULL);
      g_autoptr (GFile) file = g_file_new_for_path (path);
      g_autofree char *text = NULL;
      g_autofree char *expected = NULL;

      esp_window_save_formula (bench.window, (EspFormat) i, file);
      for (int k = 0; k < 100 && text == NULL; k++)
        {
          esp_bench_wait (&bench, NULL, 0.1);
          g_file_get_contents (path, &text, NULL, NULL);
        }
      expected = esp_formula_export (esp_session_get_formula (bench.session),
                                     esp_session_get_environment (bench.session), (EspFormat) i, false,
                                     &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
      g_remove (path);
    }
  g_rmdir (folder);

  g_action_group_activate_action (group, "copy-formula-as", g_variant_new_string ("latex"));
  esp_bench_wait (&bench, NULL, 1);
  copied = read_clipboard (&bench);
  g_assert_nonnull (copied);
  g_assert_nonnull (strstr (copied, "\\begin{equation*}"));

  /* the folder is gone: there is a message and nothing else */
  {
    g_autofree char *path = g_strconcat (folder, "/policy.c", NULL);
    g_autoptr (GFile) file = g_file_new_for_path (path);

    esp_window_save_formula (bench.window, ESP_FORMAT_TEXT, file);
    esp_bench_wait (&bench, NULL, 0.5);
    g_assert_false (g_file_query_exists (file, NULL));
  }

  /* the dialogue opens once, and goes with the window */
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("c"));
  g_assert_nonnull (bench.window->export_dialogue);
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("c"));
  esp_bench_wait (&bench, NULL, 0.5);
  g_signal_emit_by_name (bench.window->export_dialogue, "response", GTK_RESPONSE_CANCEL);
  g_assert_null (bench.window->export_dialogue);
  g_action_group_activate_action (group, "export-formula", g_variant_new_string ("python"));
  esp_bench_wait (&bench, NULL, 0.3);
  esp_bench_close (&bench);
}

static gsize
shown_length (EspBench *bench)
{
  EspFormula *formula = esp_formula_view_get_formula (bench->window->formula_view);

  return formula == NULL ? 0 : esp_forms_get_length (formula);
}

/* Asserts that both formulas have the same values at some states of the cart-pole. */
static void
assert_same_function (const EspFormula *a, const EspFormula *b)
{
  for (int i = 0; i < 50; i++)
    {
      double state[4], x, y;

      for (int k = 0; k < 4; k++)
        state[k] = sin (1 + 7.3 * i + 2.1 * k);
      esp_formula_evaluate (a, state, &x);
      esp_formula_evaluate (b, state, &y);
      g_assert_cmpfloat_with_epsilon (x, y, 1e-9 * fmax (1, fabs (x)));
    }
}

/* A run that rests shows its formula from the start, and both of its forms. */
static void
test_forms (void)
{
  EspBench bench;
  gsize simplified;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  g_assert_true (is_paused (&bench));
  g_assert_cmpuint (snapshot_of (&bench)->step, ==, 0);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  simplified = shown_length (&bench);

  choose_form (&bench, "raw");
  g_assert_true (esp_bench_wait (&bench, shows_another_form, 10));
  g_assert_cmpuint (shown_length (&bench), >, simplified);
  assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                        esp_session_get_formula (bench.session));

  /* the raw form follows the learner as well */
  {
    g_autoptr (EspFormula) before = esp_formula_ref (esp_session_get_formula (bench.session));
    double x, y, state[4] = { 0.3, -0.2, 0.1, 0.4 };

    gtk_spin_button_set_value (bench.window->run_spin, 300);
    activate (&bench, "run-steps");
    esp_bench_wait (&bench, NULL, 3);
    g_assert_true (is_paused (&bench));
    g_assert_true (shows_another_form (&bench));
    assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                          esp_session_get_formula (bench.session));
    esp_formula_evaluate (before, state, &x);
    esp_formula_evaluate (esp_session_get_formula (bench.session), state, &y);
    g_assert_cmpfloat (x, !=, y);
  }

  choose_form (&bench, "medium");
  g_assert_true (shows_another_form (&bench));
  choose_form (&bench, "simplified");
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  esp_bench_close (&bench);
}

static gboolean
has_steps (EspBench *bench)
{
  return bench->window->steps != NULL;
}

static gboolean
steps_are_missing (EspBench *bench)
{
  return g_str_has_prefix (gtk_label_get_text (bench->window->steps_missing), "The reading length");
}

static void
test_steps (void)
{
  EspBench bench;
  GActionGroup *group;
  gsize n, last;

  esp_bench_open_readable (&bench, 1000000);
  group = G_ACTION_GROUP (bench.window);
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  g_assert_false (g_action_group_get_action_enabled (group, "step-forward"));
  activate (&bench, "show-steps");
  g_assert_true (esp_bench_wait (&bench, has_steps, 10));
  n = esp_steps_get_n (bench.window->steps);
  g_assert_cmpuint (n, >, 1);

  /* from the raw formula, step by step, none of which makes it longer, and back */
  g_assert_false (g_action_group_get_action_enabled (group, "step-back"));
  last = shown_length (&bench);
  for (gsize i = 0; i < n; i++)
    {
      g_assert_cmpuint (strlen (esp_steps_get_rule (bench.window->steps, i)), >, 0);
      g_assert_cmpstr (esp_steps_get_before (bench.window->steps, i), !=,
                       esp_steps_get_after (bench.window->steps, i));
      activate (&bench, "step-forward");
      assert_same_function (esp_formula_view_get_formula (bench.window->formula_view),
                            esp_session_get_formula (bench.session));
      g_assert_cmpuint (gtk_single_selection_get_selected (bench.window->step_choice), ==, i + 1);
    }
  g_assert_cmpuint (shown_length (&bench), <, last);
  g_assert_false (g_action_group_get_action_enabled (group, "step-forward"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->formula_label), "after step"));
  for (gsize i = 0; i < n; i++)
    activate (&bench, "step-back");
  g_assert_cmpuint (shown_length (&bench), ==, last);

  gtk_menu_button_popdown (bench.window->steps_button);
  esp_bench_wait (&bench, NULL, 0.5);
  g_assert_null (bench.window->steps);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  g_assert_false (g_action_group_get_action_enabled (group, "step-back"));
  esp_bench_close (&bench);
}

/* A network that is not pruned has a raw formula that nobody could read: nothing freezes by it. */
static void
test_long_formula (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  esp_handler_clock_reset ();
  choose_form (&bench, "raw");
  g_assert_true (esp_bench_wait (&bench, shows_another_form, 20));
  g_assert_cmpuint (shown_length (&bench), >, ESP_STEPS_MAX_LENGTH);
  activate (&bench, "show-steps");
  g_assert_true (esp_bench_wait (&bench, steps_are_missing, 20));
  g_assert_null (bench.window->steps);
  gtk_menu_button_popdown (bench.window->steps_button);
  esp_bench_wait (&bench, NULL, 0.5);

  /* nor is it offered as text */
  activate (&bench, "edit-formula");
  {
    g_autofree char *text = esp_formula_editor_get_text (
      esp_formula_dialog_get_editor (bench.window->formula_dialog));

    g_assert_cmpstr (text, ==, "");
  }
  esp_bench_wait (&bench, NULL, 0.5);
  g_test_message ("longest handler %.2f ms", esp_handler_clock_get_maximum ());
#ifndef __SANITIZE_ADDRESS__ /* which takes its own time */
  g_assert_cmpfloat (esp_handler_clock_get_maximum (), <=, 16);
#endif
  esp_bench_close (&bench);
}

static EspFormulaEditor *
editor_of (EspBench *bench)
{
  return esp_formula_dialog_get_editor (bench->window->formula_dialog);
}

static gboolean
is_read (EspBench *bench)
{
  return esp_formula_editor_get_formula (editor_of (bench)) != NULL;
}

static gboolean
is_wrong (EspBench *bench)
{
  int start, end;

  return esp_formula_editor_get_mistake (editor_of (bench), &start, &end);
}

static void
test_editor (void)
{
  EspBench bench;
  int start, end;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  activate (&bench, "edit-formula");
  g_assert_nonnull (bench.window->formula_dialog);
  g_assert_true (esp_bench_wait (&bench, is_read, 10));
  /* what stands there is the present formula, to the last bit */
  g_assert_cmpstr (esp_formula_get_text (esp_formula_editor_get_formula (editor_of (&bench))), ==,
                   esp_formula_get_text (esp_session_get_formula (bench.session)));

  esp_formula_editor_set_text (editor_of (&bench), "2 * theta + wheel");
  g_assert_true (esp_bench_wait (&bench, is_wrong, 10));
  g_assert_null (esp_formula_editor_get_formula (editor_of (&bench)));
  g_assert_true (esp_formula_editor_get_mistake (editor_of (&bench), &start, &end));
  g_assert_cmpint (start, ==, 12);
  g_assert_cmpint (end, ==, 17);
  g_assert_nonnull (strstr (esp_formula_editor_get_message (editor_of (&bench)), "wheel"));
  g_assert_nonnull (strstr (esp_formula_editor_get_message (editor_of (&bench)), "column 13"));
  /* nothing can be done with it */
  gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.try", NULL);
  g_assert_null (esp_session_get_trial (bench.session));

  /* it opens once, and goes with the environment */
  activate (&bench, "edit-formula");
  g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                      g_variant_new_string ("pendulum"));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_null (bench.window->formula_dialog);
  activate (&bench, "edit-formula");
  esp_bench_wait (&bench, NULL, 0.3);
  esp_bench_close (&bench);
}

static gboolean
is_tried (EspBench *bench)
{
  return g_str_has_suffix (esp_formula_dialog_get_outcome (bench->window->formula_dialog),
                           "over 100 episodes");
}

/* A typed formula is followed by the robot and measured, and leaves everything as it was. */
static void
test_trial (void)
{
  EspBench bench;
  EspFormula *typed;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  activate (&bench, "edit-formula");
  esp_formula_editor_set_text (editor_of (&bench), "5*theta + theta_dot + 0.2*x + 0.4*x_dot");
  g_assert_true (esp_bench_wait (&bench, is_read, 10));
  typed = esp_formula_editor_get_formula (editor_of (&bench));
  g_assert_true (
    gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.try", NULL));
  g_assert_true (esp_session_get_trial (bench.session) == typed);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == typed);
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->policy_label), "on trial"));
  g_assert_true (esp_bench_wait (&bench, is_tried, 60));

  /* learning goes on behind it, and does not take the robot back */
  activate (&bench, "step");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (esp_session_get_trial (bench.session) == typed);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == typed);

  /* closed while a trial is being measured */
  g_assert_true (
    gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.try", NULL));
  g_assert_true (
    gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.cancel", NULL));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_null (bench.window->formula_dialog);
  g_assert_null (esp_session_get_trial (bench.session));
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view)
                 == esp_session_get_formula (bench.session));
  g_assert_cmpstr (gtk_label_get_text (bench.window->policy_label), ==, "Follows the formula");
  esp_bench_close (&bench);
}

static gboolean
is_learning (EspBench *bench)
{
  return snapshot_of (bench) != NULL && snapshot_of (bench)->updates > 50 && has_formula (bench);
}

static gboolean
has_network (EspBench *bench)
{
  return snapshot_of (bench) != NULL && snapshot_of (bench)->policy == ESP_POLICY_SYMBOLIC
         && has_formula (bench);
}

/* A typed formula becomes the policy: the same formula with other constants. */
static void
test_formula_training (void)
{
  EspBench bench;
  g_autofree char *written = NULL;
  g_autoptr (EspFormula) typed = NULL;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, has_formula, 10));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "leave-formula"));
  activate (&bench, "edit-formula");
  esp_formula_editor_set_text (editor_of (&bench), "k = theta + 0.5*theta_dot;\n3*k + 0.25*x*1 + 0.75*x_dot");
  g_assert_true (esp_bench_wait (&bench, is_read, 10));
  typed = esp_formula_ref (esp_formula_editor_get_formula (editor_of (&bench)));
  written = g_strdup (esp_formula_get_text (typed));
  g_assert_true (
    gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.train", NULL));
  esp_bench_wait (&bench, NULL, 0.2);
  g_assert_null (bench.window->formula_dialog);
  g_assert_cmpint (esp_recipe_get_policy (esp_session_get_recipe (bench.session)), ==, ESP_POLICY_EXPRESSION);

  /* what is shown is what was typed, as it was typed, but for its constants */
  g_assert_true (esp_bench_wait (&bench, is_learning, 60));
  esp_bench_wait (&bench, NULL, 2);
  {
    EspFormula *shown = esp_formula_view_get_formula (bench.window->formula_view);
    const EspProgram *program = esp_formula_get_program (shown);
    g_autoptr (EspFormula) same = NULL;

    g_assert_cmpuint (esp_program_get_n_constants (program), ==,
                      esp_program_get_n_constants (esp_formula_get_program (typed)));
    same = esp_formula_replace_constants (typed, esp_program_get_constants (program));
    g_assert_cmpstr (esp_formula_get_text (shown), ==, esp_formula_get_text (same));
    g_assert_cmpstr (esp_formula_get_text (shown), !=, written);
  }
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->network_label), "constants"));
  g_assert_nonnull (strstr (adw_window_title_get_subtitle (bench.window->title), "constants of a formula"));
  /* simplified, it loses the factor that was 1 only as long as it was not trained: nothing, or little */
  choose_form (&bench, "simplified");
  g_assert_true (esp_bench_wait (&bench, shows_another_form, 10));

  /* and back to a network */
  activate (&bench, "leave-formula");
  g_assert_true (esp_bench_wait (&bench, has_network, 20));
  g_assert_cmpint (esp_recipe_get_policy (esp_session_get_recipe (bench.session)), ==, ESP_POLICY_SYMBOLIC);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "leave-formula"));

  /* before the first step the formula is the typed one, to the last bit */
  g_assert_true (esp_session_train_formula (bench.session, written, NULL));
  g_assert_true (esp_bench_wait (&bench, has_formula, 20));
  g_assert_cmpstr (esp_formula_get_text (esp_formula_view_get_formula (bench.window->formula_view)), ==,
                   written);
  /* what is no formula changes nothing */
  g_assert_false (esp_session_train_formula (bench.session, "2 * wheel", NULL));
  g_assert_true (has_formula (&bench));
  esp_bench_close (&bench);
}

static void
test_speed_and_camera (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "1×");
  press_soft_key (&bench, GDK_KEY_bracketright);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 2);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "2×");
  press_soft_key (&bench, GDK_KEY_backslash);
  press_soft_key (&bench, GDK_KEY_bracketleft);
  g_assert_cmpstr (gtk_label_get_text (bench.window->speed_label), ==, "½×");
  while (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "slower"))
    press_soft_key (&bench, GDK_KEY_bracketleft);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 0.125);
  while (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "faster"))
    press_soft_key (&bench, GDK_KEY_bracketright);
  g_assert_cmpfloat (esp_session_get_speed (bench.session), ==, 16);
  activate (&bench, "reset-camera");
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
  g_assert_true (esp_bench_wait (&bench, is_drawn, 20));
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
  g_assert_true (esp_bench_wait (&bench, is_drawn, 20));
  g_assert_true (esp_bench_wait (&bench, has_formula, 60));
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

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  adw_init ();
  esp_bench_time_drawing ();

  g_test_add_func ("/workbench/opens", test_opens);
  g_test_add_func ("/workbench/closes", test_closes);
  g_test_add_data_func ("/workbench/sigterm", GINT_TO_POINTER (SIGTERM), test_signal);
  g_test_add_data_func ("/workbench/sigint", GINT_TO_POINTER (SIGINT), test_signal);
  g_test_add_func ("/workbench/actions", test_actions);
  g_test_add_func ("/workbench/training-commands", test_training_commands);
  g_test_add_func ("/workbench/restart", test_restart);
  g_test_add_func ("/workbench/environment", test_environment);
  g_test_add_func ("/workbench/environment-keys", test_environment_keys);
  g_test_add_func ("/workbench/action-choice", test_action_choice);
  g_test_add_func ("/workbench/finish", test_finish);
  g_test_add_func ("/workbench/neural", test_neural);

  g_test_add_func ("/workbench/export", test_export);
  g_test_add_func ("/workbench/formula/forms", test_forms);
  g_test_add_func ("/workbench/formula/steps", test_steps);
  g_test_add_func ("/workbench/formula/long", test_long_formula);
  g_test_add_func ("/workbench/formula/editor", test_editor);
  g_test_add_func ("/workbench/formula/trial", test_trial);
  g_test_add_func ("/workbench/formula/training", test_formula_training);
  g_test_add_func ("/workbench/speed-and-camera", test_speed_and_camera);
  g_test_add_func ("/workbench/gestures", test_gestures);
  g_test_add_func ("/workbench/colour-schemes", test_colour_schemes);
  g_test_add_func ("/workbench/names-for-screen-readers", test_names_for_screen_readers);
  g_test_add_func ("/workbench/handler-times", test_handler_times);
  return g_test_run ();
}

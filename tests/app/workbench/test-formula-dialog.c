/* The formula as it is typed: read, tried, and trained. */

#include "test-workbench.h"

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
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  esp_bench_activate (&bench, "edit-formula");
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
  esp_bench_activate (&bench, "edit-formula");
  g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                      g_variant_new_string ("pendulum"));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_null (bench.window->formula_dialog);
  esp_bench_activate (&bench, "edit-formula");
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
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  esp_bench_activate (&bench, "edit-formula");
  esp_formula_editor_set_text (editor_of (&bench), "5*theta + theta_dot + 0.2*x + 0.4*x_dot");
  g_assert_true (esp_bench_wait (&bench, is_read, 10));
  typed = esp_formula_editor_get_formula (editor_of (&bench));
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.try", NULL));
  g_assert_true (esp_session_get_trial (bench.session) == typed);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == typed);
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->policy_label), "on trial"));
  g_assert_true (esp_bench_wait (&bench, is_tried, 60));

  /* learning goes on behind it, and does not take the robot back */
  esp_bench_activate (&bench, "step");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (esp_session_get_trial (bench.session) == typed);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == typed);

  /* closed while a trial is being measured */
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (bench.window->formula_dialog), "formula.try", NULL));
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
  return esp_bench_get_snapshot (bench) != NULL && esp_bench_get_snapshot (bench)->updates > 50
         && esp_bench_has_formula (bench);
}

static gboolean
has_network (EspBench *bench)
{
  return esp_bench_get_snapshot (bench) != NULL
         && esp_bench_get_snapshot (bench)->policy == ESP_POLICY_SYMBOLIC && esp_bench_has_formula (bench);
}

/* A typed formula becomes the policy: the same formula with other constants. */
static void
test_formula_training (void)
{
  EspBench bench;
  g_autofree char *written = NULL;
  g_autoptr (EspFormula) typed = NULL;

  esp_bench_open_readable (&bench, 1000000);
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "leave-formula"));
  esp_bench_activate (&bench, "edit-formula");
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
  esp_bench_choose_form (&bench, "simplified");
  g_assert_true (esp_bench_wait (&bench, esp_bench_shows_another_form, 10));

  /* and back to a network */
  esp_bench_activate (&bench, "leave-formula");
  g_assert_true (esp_bench_wait (&bench, has_network, 20));
  g_assert_cmpint (esp_recipe_get_policy (esp_session_get_recipe (bench.session)), ==, ESP_POLICY_SYMBOLIC);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "leave-formula"));

  /* before the first step the formula is the typed one, to the last bit */
  g_assert_true (esp_session_train_formula (bench.session, written, NULL));
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 20));
  g_assert_cmpstr (esp_formula_get_text (esp_formula_view_get_formula (bench.window->formula_view)), ==,
                   written);
  /* what is no formula changes nothing */
  g_assert_false (esp_session_train_formula (bench.session, "2 * wheel", NULL));
  g_assert_true (esp_bench_has_formula (&bench));
  esp_bench_close (&bench);
}

void
esp_test_add_formula_dialog (void)
{
  g_test_add_func ("/workbench/formula/editor", test_editor);
  g_test_add_func ("/workbench/formula/trial", test_trial);
  g_test_add_func ("/workbench/formula/training", test_formula_training);
}

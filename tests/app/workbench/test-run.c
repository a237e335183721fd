/* A run as it is driven from the window: its commands, its end, and a neural policy. */

#include <math.h>

#include "test-workbench.h"

static void
test_training_commands (void)
{
  EspBench bench;
  guint64 step;

  esp_bench_open (&bench, 1000000, TRUE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_paused, 10));
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, ==, 0);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "pause"));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "finish"));

  esp_bench_activate (&bench, "step");
  esp_bench_wait (&bench, NULL, 0.5);
  g_assert_true (esp_bench_is_paused (&bench));
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, ==, 1);
  /* the formula follows the learner's steps, not its rare evaluations */
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 10));
  g_assert_false (esp_bench_is_evaluated (&bench));

  gtk_spin_button_set_value (bench.window->run_spin, 40);
  g_assert_cmpstr (adw_split_button_get_label (bench.window->run_button), ==, "Run 40");
  esp_bench_activate (&bench, "run-steps");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (esp_bench_is_paused (&bench));
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, ==, 41);

  esp_bench_press_soft_key (&bench, GDK_KEY_space);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, >, 41);
  esp_bench_press_soft_key (&bench, GDK_KEY_space);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_paused, 10));
  step = esp_bench_get_snapshot (&bench)->step;
  esp_bench_wait (&bench, NULL, 0.4);
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->step, ==, step);

  esp_bench_activate (&bench, "train");
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));
  esp_bench_activate (&bench, "pause");
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_paused, 10));
  esp_bench_close (&bench);
}

static gboolean
has_seed_4 (EspBench *bench)
{
  return esp_bench_get_snapshot (bench)->seed == 4;
}

static gboolean
has_run_2 (EspBench *bench)
{
  return esp_bench_get_snapshot (bench)->run >= 2;
}

static void
test_restart (void)
{
  EspBench bench;
  guint64 run;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));
  run = esp_bench_get_snapshot (&bench)->run;
  esp_bench_activate (&bench, "restart-new-seed");
  g_assert_true (esp_bench_wait (&bench, has_seed_4, 10));
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->run, >, run);
  g_assert_cmpuint (esp_session_get_seed (bench.session), ==, 4);
  g_assert_nonnull (strstr (adw_window_title_get_subtitle (bench.window->title), "seed 4"));
  run = esp_bench_get_snapshot (&bench)->run;
  esp_bench_activate (&bench, "restart-same-seed");
  for (int i = 0; i < 100 && esp_bench_get_snapshot (&bench)->run == run; i++)
    esp_bench_wait (&bench, NULL, 0.1);
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->run, >, run);
  g_assert_cmpuint (esp_bench_get_snapshot (&bench)->seed, ==, 4);
  g_assert_true (esp_bench_wait (&bench, has_run_2, 1));
  esp_bench_close (&bench);
}

/* Runs what was run in the window again without one, with another number of threads for an update: every bit
 * must be the same. */
static void
expect_same_without_window (EspBench *bench)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspTrainer) trainer = esp_trainer_new (esp_session_get_environment (bench->session)->name,
                                                    esp_session_get_recipe (bench->session),
                                                    esp_session_get_seed (bench->session), &error);
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
test_finish (void)
{
  EspBench bench;
  const EspResult *result;

  esp_bench_open (&bench, 1200, FALSE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_done, 120));
  result = esp_session_get_result (bench.session);
  g_assert_nonnull (result->formula);
  g_assert_cmpuint (result->formula_return.episodes, ==, 100);
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == result->formula);
  esp_bench_wait (&bench, NULL, 0.3);
  g_assert_cmpstr (gtk_label_get_text (bench.window->state_label), ==, "Done");
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->sentence_label), "100 unseen episodes"));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "train"));
  esp_bench_activate (&bench, "copy-formula");
  expect_same_without_window (&bench);

  /* raw, it is the final network's, whose constants are rounded only in the formula; a formula that was found
   * by a search has no network */
  esp_bench_choose_form (&bench, "raw");
  esp_bench_wait (&bench, NULL, 1);
  g_assert_true (esp_bench_shows_another_form (&bench) == (result->front == NULL));
  for (int i = 0; i < 20; i++)
    {
      double state[4] = { 0.1 * sin (i), 0.2 * cos (3 * i), 0.1 * cos (i), 0.2 * sin (5 * i) }, raw, final;

      esp_formula_evaluate (esp_formula_view_get_formula (bench.window->formula_view), state, &raw);
      esp_formula_evaluate (result->formula, state, &final);
      g_assert_cmpfloat_with_epsilon (raw, final, 0.05 * fmax (1, fabs (final)));
    }
  esp_bench_choose_form (&bench, "simplified");
  g_assert_true (esp_formula_view_get_formula (bench.window->formula_view) == result->formula);

  /* a new run forgets the result, and can be cut short */
  esp_bench_activate (&bench, "restart-new-seed");
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));
  g_assert_false (esp_bench_is_done (&bench));
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_evaluated, 60));
  esp_bench_activate (&bench, "finish");
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_done, 120));
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
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 20));
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_drawn, 20));
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_evaluated, 60));
  g_assert_null (esp_session_get_formula (bench.session));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (bench.window), "copy-formula"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->policy_label), "neural network"));
  g_assert_nonnull (strstr (gtk_label_get_text (bench.window->network_label), "parameters"));

  /* keys and pointers find nothing in the panels that have nothing to show */
  gtk_widget_grab_focus (GTK_WIDGET (bench.window->selector_view));
  gtk_widget_grab_focus (GTK_WIDGET (bench.window->network_view));

  g_assert_true (esp_bench_wait (&bench, esp_bench_is_done, 120));
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
  g_assert_true (esp_bench_wait (&bench, esp_bench_has_formula, 60));
  g_assert_cmpstr (gtk_label_get_text (bench.window->policy_label), ==, "Follows the formula");
  esp_bench_close (&bench);
}

void
esp_test_add_run (void)
{
  g_test_add_func ("/workbench/training-commands", test_training_commands);
  g_test_add_func ("/workbench/restart", test_restart);
  g_test_add_func ("/workbench/finish", test_finish);
  g_test_add_func ("/workbench/neural", test_neural);
}

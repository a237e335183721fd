/* The choice of the environment and of the action that is shown. */

#include "test-workbench.h"

static gboolean
shows_pendulum (EspBench *bench)
{
  return esp_bench_get_snapshot (bench) != NULL
         && g_str_equal (esp_bench_get_snapshot (bench)->environment->name, "pendulum")
         && esp_session_get_frame (bench->session) != NULL
         && esp_session_get_frame (bench->session)->n_observations
              == esp_bench_get_snapshot (bench)->environment->n_observations;
}

static void
test_environment (void)
{
  EspBench bench;

  esp_bench_open (&bench, 1000000, FALSE);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_drawn, 20));
  g_action_group_change_action_state (G_ACTION_GROUP (bench.window), "environment",
                                      g_variant_new_string ("pendulum"));
  g_assert_true (esp_bench_wait (&bench, shows_pendulum, 20));
  g_assert_cmpuint (gtk_drop_down_get_selected (bench.window->environment_drop_down), ==, 2);
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 10));

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
  g_assert_true (esp_bench_wait (&bench, esp_bench_is_training, 20));
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

void
esp_test_add_environment_choice (void)
{
  g_test_add_func ("/workbench/environment", test_environment);
  g_test_add_func ("/workbench/environment-keys", test_environment_keys);
  g_test_add_func ("/workbench/action-choice", test_action_choice);
}

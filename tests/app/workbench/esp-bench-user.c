#include "esp-bench-user.h"

EspSnapshot *
esp_bench_get_snapshot (EspBench *bench)
{
  return esp_session_get_snapshot (bench->session);
}

gboolean
esp_bench_is_paused (EspBench *bench)
{
  return esp_bench_get_snapshot (bench) != NULL && esp_bench_get_snapshot (bench)->state == ESP_RUN_PAUSED;
}

gboolean
esp_bench_is_training (EspBench *bench)
{
  return esp_bench_get_snapshot (bench) != NULL && esp_bench_get_snapshot (bench)->state == ESP_RUN_TRAINING
         && esp_bench_get_snapshot (bench)->step > 0;
}

gboolean
esp_bench_is_done (EspBench *bench)
{
  return esp_session_get_result (bench->session) != NULL;
}

gboolean
esp_bench_is_evaluated (EspBench *bench)
{
  return esp_bench_get_snapshot (bench)->history->n_evaluations > 0;
}

gboolean
esp_bench_is_drawn (EspBench *bench)
{
  return esp_robot_view_get_n_shown (bench->window->robot_view) >= 3;
}

gboolean
esp_bench_has_formula (EspBench *bench)
{
  return esp_formula_view_get_formula (bench->window->formula_view) != NULL;
}

void
esp_bench_activate (EspBench *bench, const char *action)
{
  GActionGroup *group = G_ACTION_GROUP (bench->window);

  g_assert_true (g_action_group_get_action_enabled (group, action));
  g_action_group_activate_action (group, action, NULL);
}

void
esp_bench_press_soft_key (EspBench *bench, guint keyval)
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

void
esp_bench_choose_form (EspBench *bench, const char *form)
{
  g_action_group_change_action_state (G_ACTION_GROUP (bench->window), "formula-form",
                                      g_variant_new_string (form));
}

gboolean
esp_bench_shows_another_form (EspBench *bench)
{
  return esp_bench_has_formula (bench)
         && esp_formula_view_get_formula (bench->window->formula_view)
              != esp_session_get_formula (bench->session);
}

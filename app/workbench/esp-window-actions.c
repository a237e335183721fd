/* What the window can be told to do, by button, menu or key. */

#include "esp-window-private.h"

#include "esp-figures.h"
#include "esp-handler-clock.h"

static void
train (EspWindow *self)
{
  esp_session_train (self->session);
}

static void
pause_ (EspWindow *self)
{
  esp_session_pause (self->session);
}

static void
toggle_training (EspWindow *self)
{
  switch (esp_session_get_state (self->session))
    {
    case ESP_RUN_PAUSED:
      train (self);
      break;
    case ESP_RUN_TRAINING:
      pause_ (self);
      break;
    case ESP_RUN_FINISHING:
    case ESP_RUN_DONE:
    case ESP_RUN_DIVERGED:
      break;
    }
}

static void
step (EspWindow *self)
{
  esp_session_run_steps (self->session, 1);
}

static void
run_steps (EspWindow *self)
{
  esp_session_run_steps (self->session, (guint64) gtk_spin_button_get_value (self->run_spin));
}

static void
restart_same_seed (EspWindow *self)
{
  esp_session_restart (self->session, esp_session_get_seed (self->session));
}

static void
restart_new_seed (EspWindow *self)
{
  /* The next seed rather than a drawn one: the title shows it, and it can be had again. */
  esp_session_restart (self->session, esp_session_get_seed (self->session) + 1);
}

static void
finish (EspWindow *self)
{
  esp_session_finish (self->session);
}

static void
slower (EspWindow *self)
{
  esp_session_change_speed (self->session, FALSE);
}

static void
faster (EspWindow *self)
{
  esp_session_change_speed (self->session, TRUE);
}

static void
real_time (EspWindow *self)
{
  esp_session_set_speed (self->session, 1);
}

static void
reset_camera (EspWindow *self)
{
  esp_session_reset_camera (self->session);
}

/* A longer formula would take the main thread too long to print. */
#define COPY_MAX_LENGTH 20000

static void
copy_formula (EspWindow *self)
{
  EspFormula *formula = esp_formula_view_get_formula (self->formula_view);

  if (formula == NULL)
    return;
  if (esp_forms_get_length (formula) > COPY_MAX_LENGTH)
    {
      esp_window_toast (self, "The formula that is shown is too long to copy: export it to a file");
      return;
    }
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), esp_formula_get_text (formula));
  esp_window_toast (self, "Formula copied");
}

static void
step_back (EspWindow *self)
{
  esp_window_move_step (self, -1);
}

static void
step_forward (EspWindow *self)
{
  esp_window_move_step (self, 1);
}

/* What is exported or copied in a format, the parameter. */
static void
export_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  EspWindow *self = data;
  EspFormat format;

  if (self->session == NULL || esp_session_get_formula (self->session) == NULL
      || !esp_format_find (g_variant_get_string (parameter, NULL), &format, NULL))
    return;
  esp_handler_clock_begin ();
  if (g_str_equal (g_action_get_name (G_ACTION (action)), "export-formula"))
    esp_window_export_formula (self, format);
  else
    esp_window_copy_formula (self, format);
  esp_handler_clock_end ();
}

/* Keys for the forms of the formula, and for the formats that are exported and copied most. */
static const struct
{
  const char *action;
  const char *accel;
} formula_accels[] = {
  { "win.formula-form::simplified", "<Control>m" },
  { "win.formula-form::raw", "<Control>u" },
  { "win.export-formula::c", "<Control>e" },
  { "win.export-formula::python", "<Control><Shift>e" },
  { "win.copy-formula-as::latex", "<Control><Shift>t" },
  { "win.copy-formula-as::c", "<Control><Shift>k" },
  { "win.copy-formula-as::python", "<Control><Shift>y" },
};

/* The keys of @accels work wherever the focus is. Those of @soft are keys that a focused button or
 * text field has a use for, so these come first. */
typedef struct
{
  const char *name;
  void (*run) (EspWindow *self);
  const char *accels[2];
  guint soft;
} Command;

static const Command commands[] = {
  { "train", train, { "F5" } },
  { "pause", pause_, { "F6" } },
  { "toggle-training", toggle_training, { NULL }, GDK_KEY_space },
  { "step", step, { "F7" } },
  { "run-steps", run_steps, { "F8" } },
  { "finish", finish, { "F9" } },
  { "restart-same-seed", restart_same_seed, { "<Control>r" } },
  { "restart-new-seed", restart_new_seed, { "<Control><Shift>r" } },
  { "slower", slower, { NULL }, GDK_KEY_bracketleft },
  { "faster", faster, { NULL }, GDK_KEY_bracketright },
  { "real-time", real_time, { NULL }, GDK_KEY_backslash },
  { "reset-camera", reset_camera, { "<Control>0" } },
  { "copy-formula", copy_formula, { "<Control><Shift>c" } },
  { "edit-formula", esp_window_edit_formula, { "<Control>l" } },
  { "leave-formula", esp_window_leave_formula, { "<Control><Shift>n" } },
  { "polish", esp_window_polish, { "<Control>p" } },
  { "cancel-polish", esp_window_cancel_polish, { "<Control><Shift>p" } },
  { "follow-run", esp_window_follow_run, { "<Control>b" } },
  { "show-curves", esp_window_show_curves, { "<Control>t" } },
  { "show-front", esp_window_show_front, { "<Control>f" } },
  { "show-steps", esp_window_show_steps, { "<Control>j" } },
  { "step-back", step_back, { "<Alt>Left" } },
  { "step-forward", step_forward, { "<Alt>Right" } },
};

static void
command_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  EspWindow *self = data;
  const Command *command = g_object_get_data (G_OBJECT (action), "command");

  if (self->session == NULL)
    return;
  esp_handler_clock_begin ();
  command->run (self);
  esp_handler_clock_end ();
}

static void
environment_changed (GSimpleAction *action, GVariant *state, gpointer data)
{
  EspWindow *self = data;
  g_autoptr (GError) error = NULL;
  const char *name = g_variant_get_string (state, NULL);

  if (self->session == NULL || g_str_equal (name, esp_session_get_environment (self->session)->name))
    return;
  if (!esp_session_set_environment (self->session, name, &error))
    {
      esp_window_toast (self, error->message);
      return;
    }
  g_simple_action_set_state (action, state);
  esp_session_train (self->session);
}

void
esp_window_show_action (EspWindow *self, guint number)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "action");

  if (number >= esp_session_get_environment (self->session)->n_actions)
    return;
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_int32 ((gint32) number));
  esp_network_view_set_action (self->network_view, number);
  esp_selector_view_set_action (self->selector_view, number);
  gtk_drop_down_set_selected (self->action_drop_down, number);
}

static void
action_changed (GSimpleAction *action, GVariant *state, gpointer data)
{
  EspWindow *self = data;
  gint32 number = g_variant_get_int32 (state);

  if (self->session != NULL && number >= 0)
    esp_window_show_action (self, (guint) number);
}

void
esp_window_add_actions (EspWindow *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();
  const EspEnvironmentInfo *environment = esp_session_get_environment (self->session);
  g_autoptr (GSimpleAction) choose = NULL;
  g_autoptr (GSimpleAction) show = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autoptr (GSimpleAction) action = g_simple_action_new (commands[i].name, NULL);

      g_object_set_data (G_OBJECT (action), "command", (gpointer) &commands[i]);
      g_signal_connect (action, "activate", G_CALLBACK (command_activated), self);
      g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
      if (commands[i].soft != 0)
        {
          g_autofree char *name = g_strconcat ("win.", commands[i].name, NULL);

          gtk_shortcut_controller_add_shortcut (
            GTK_SHORTCUT_CONTROLLER (keys),
            gtk_shortcut_new (gtk_keyval_trigger_new (commands[i].soft, 0), gtk_named_action_new (name)));
        }
    }
  gtk_widget_add_controller (GTK_WIDGET (self), keys);

  for (gsize i = 0; i < 2; i++)
    {
      g_autoptr (GSimpleAction) action = g_simple_action_new (i == 0 ? "export-formula" : "copy-formula-as",
                                                              G_VARIANT_TYPE_STRING);

      g_signal_connect (action, "activate", G_CALLBACK (export_activated), self);
      g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (action));
    }

  esp_window_add_formula_actions (self);

  choose = g_simple_action_new_stateful ("environment", G_VARIANT_TYPE_STRING,
                                         g_variant_new_string (environment->name));
  g_signal_connect (choose, "change-state", G_CALLBACK (environment_changed), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (choose));

  show = g_simple_action_new_stateful ("action", G_VARIANT_TYPE_INT32, g_variant_new_int32 (0));
  g_signal_connect (show, "change-state", G_CALLBACK (action_changed), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (show));
}

void
esp_window_install_accels (GtkApplication *application)
{
  size_t n_environments;
  const EspEnvironmentInfo *const *environments = esp_environment_list (&n_environments);

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *name = g_strconcat ("win.", commands[i].name, NULL);
      const char *const accels[] = { commands[i].accels[0], NULL };

      gtk_application_set_accels_for_action (application, name, accels);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (formula_accels); i++)
    {
      const char *const accels[] = { formula_accels[i].accel, NULL };

      gtk_application_set_accels_for_action (application, formula_accels[i].action, accels);
    }
  for (size_t i = 0; i < n_environments && i < 9; i++)
    {
      g_autofree char *name = g_strconcat ("win.environment::", environments[i]->name, NULL);
      g_autofree char *accel = g_strdup_printf ("<Alt>%d", (int) i + 1);
      const char *const accels[] = { accel, NULL };

      gtk_application_set_accels_for_action (application, name, accels);
    }
  for (int i = 0; i < 9; i++)
    {
      g_autofree char *name = g_strdup_printf ("win.action(%d)", i);
      g_autofree char *accel = g_strdup_printf ("<Control>%d", i + 1);
      const char *const accels[] = { accel, NULL };

      gtk_application_set_accels_for_action (application, name, accels);
    }
}

void
esp_window_enable (EspWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
esp_window_update_actions (EspWindow *self)
{
  EspRunState state = esp_session_get_state (self->session);
  EspSnapshot *snapshot = esp_session_get_snapshot (self->session);
  gboolean may_train = state == ESP_RUN_PAUSED || state == ESP_RUN_TRAINING;
  /* without one there is nothing to choose from */
  size_t n_evaluations = snapshot == NULL || snapshot->history == NULL ? 0 : snapshot->history->n_evaluations;
  gboolean view = esp_session_get_view_error (self->session) == NULL;

  esp_window_enable (self, "train", state == ESP_RUN_PAUSED);
  esp_window_enable (self, "pause", state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING);
  esp_window_enable (self, "toggle-training", may_train);
  esp_window_enable (self, "step", may_train);
  esp_window_enable (self, "run-steps", may_train);
  /* what was learned before a divergence can still be chosen from */
  esp_window_enable (self, "finish", (may_train || state == ESP_RUN_DIVERGED) && n_evaluations > 0);
  esp_window_enable (self, "action", esp_session_get_environment (self->session)->n_actions > 1);
  esp_window_enable (self, "slower", view && esp_session_can_change_speed (self->session, FALSE));
  esp_window_enable (self, "faster", view && esp_session_can_change_speed (self->session, TRUE));
  esp_window_enable (self, "real-time", view);
  esp_window_enable (self, "reset-camera", view);
  esp_window_enable (self, "copy-formula", esp_session_get_formula (self->session) != NULL);
  esp_window_enable (self, "copy-formula-as", esp_session_get_formula (self->session) != NULL);
  esp_window_enable (self, "export-formula", esp_session_get_formula (self->session) != NULL);
  esp_window_enable (self, "leave-formula",
                     esp_recipe_get_policy (esp_session_get_recipe (self->session)) == ESP_POLICY_EXPRESSION);
  esp_window_enable (self, "show-steps", esp_session_get_formula (self->session) != NULL && snapshot != NULL);
  esp_window_enable (self, "step-back", esp_window_can_move_step (self, -1));
  esp_window_enable (self, "step-forward", esp_window_can_move_step (self, 1));
  esp_window_update_formula_actions (self);
  esp_window_update_polish_actions (self);
  gtk_stack_set_visible_child_name (
    self->train_stack, state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING ? "pause" : "train");
}

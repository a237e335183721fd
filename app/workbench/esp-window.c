#include "esp-window-private.h"

#include <math.h>

#include "esp-figures.h"
#include "esp-handler-clock.h"

/* How the first sizes divide the window: shares of the width and of the height. */
#define SHARE_UPPER_ROW 0.60
#define SHARE_ROBOT     0.32
#define SHARE_NETWORK   0.56 /* of what the robot leaves */
#define SHARE_FORMULA   0.60

G_DEFINE_FINAL_TYPE (EspWindow, esp_window, ADW_TYPE_APPLICATION_WINDOW)

void
esp_window_toast (EspWindow *self, const char *message)
{
  AdwToast *toast;
  g_autofree char *title = g_markup_escape_text (message, -1);

  toast = adw_toast_new (title);
  adw_toast_set_timeout (toast, 6);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
set_speed_label (EspWindow *self)
{
  static const struct
  {
    double speed;
    const char *text;
  } names[] = { { 0.125, "⅛×" }, { 0.25, "¼×" }, { 0.5, "½×" } };
  double speed = esp_session_get_speed (self->session);
  g_autofree char *number = esp_figure_number (speed, 0);
  g_autofree char *text = g_strconcat (number, "×", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].speed == speed)
      {
        gtk_label_set_text (self->speed_label, names[i].text);
        return;
      }
  gtk_label_set_text (self->speed_label, text);
}

/* Shows @frame, or that there is none yet. */
static void
show_frame (EspWindow *self, GdkTexture *frame)
{
  esp_robot_view_set_texture (self->robot_view, frame);
  gtk_widget_set_visible (GTK_WIDGET (self->waiting_label), frame == NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->episode_label), frame != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->policy_label), frame != NULL);
}

/* Says how the episode of @frame ended; of an environment from a file, whose end may be either, only that. */
static const char *
describe_end (EspWindow *self, const EspFrame *frame)
{
  if (!frame->ended)
    return "";
  if (!frame->terminated)
    return "   time is up";
  if (frame->succeeded)
    return "   goal reached";

  return esp_session_get_environment (self->session)->file != NULL ? "   over" : "   failed";
}

static void
show_episode (EspWindow *self)
{
  const EspFrame *frame = esp_session_get_frame (self->session);
  g_autofree char *time = esp_figure_number (frame->time, 1);
  g_autofree char *gained = esp_figure_number (frame->episode_return, 0);
  g_autofree char *text = g_strdup_printf ("Episode %" G_GUINT64_FORMAT "   %s s   return %s%s",
                                           frame->episode, time, gained, describe_end (self, frame));

  gtk_label_set_text (self->episode_label, text);
}

static void
session_snapshot (EspSession *session, EspSnapshot *snapshot, EspWindow *self)
{
  esp_handler_clock_begin ();
  esp_network_view_set_snapshot (self->network_view, snapshot);
  esp_selector_view_set_snapshot (self->selector_view, snapshot);
  esp_curve_view_set_snapshot (self->curve_view, snapshot);
  /* the first snapshot of a run may come after its first formula, which has no other form without it */
  if (esp_formula_view_get_formula (self->formula_view) != NULL)
    esp_window_show_formula (self);
  esp_window_update_actions (self);
  esp_window_update_status (self, snapshot);
  esp_handler_clock_end ();
}

static void
session_formula (EspSession *session, EspFormula *formula, EspWindow *self)
{
  esp_handler_clock_begin ();
  gboolean neural = esp_recipe_get_policy (esp_session_get_recipe (session)) == ESP_POLICY_NEURAL;

  esp_formula_view_set_placeholder (self->formula_view,
                                    neural ? "The policy is a neural network: there is no formula to read" : NULL);
  esp_window_show_formula (self);
  gtk_label_set_text (self->policy_label,
                      esp_session_get_trial (session) != NULL    ? "Follows the formula on trial"
                      : neural                                   ? "Follows the neural network"
                      : esp_session_get_choice (session) != NULL ? "Follows the chosen formula"
                      : formula == NULL                          ? "No formula yet: the motor is off"
                                                                 : "Follows the formula");
  esp_window_update_polish (self);
  esp_window_update_actions (self);
  esp_handler_clock_end ();
}

static void
session_frame (EspSession *session, GdkTexture *frame, EspWindow *self)
{
  esp_handler_clock_begin ();
  show_frame (self, frame);
  show_episode (self);
  esp_handler_clock_end ();
}

static void
session_finished (EspSession *session, const EspResult *result, EspWindow *self)
{
  g_autofree char *mean = esp_figure_number (result->policy_return.mean, 1);
  g_autofree char *message = g_strdup_printf ("Done: the %s returns %s on average over %" G_GSIZE_FORMAT
                                              " unseen episodes",
                                              result->formula != NULL ? "formula" : "neural network", mean,
                                              result->policy_return.episodes);

  esp_window_toast (self, message);
}

static void
session_view_failed (EspSession *session, EspWindow *self)
{
  const char *error = esp_session_get_view_error (session);

  if (error != NULL)
    adw_status_page_set_description (self->robot_missing, error);
  gtk_stack_set_visible_child_name (self->robot_stack, error == NULL ? "view" : "missing");
  esp_window_update_actions (self);
}

/* Offers the actions of @environment, where there is more than one to choose from. */
static void
list_actions (EspWindow *self, const EspEnvironmentInfo *environment)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  for (size_t i = 0; i < environment->n_actions; i++)
    gtk_string_list_append (names, environment->actions[i].name);
  self->choosing = TRUE;
  gtk_drop_down_set_model (self->action_drop_down, G_LIST_MODEL (names));
  self->choosing = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->action_drop_down), environment->n_actions > 1);
  esp_window_show_action (self, 0);
}

static void
list_environment (EspWindow *self, const EspEnvironmentInfo *environment)
{
  GtkStringList *titles = GTK_STRING_LIST (gtk_drop_down_get_model (self->environment_drop_down));

  g_ptr_array_add (self->environments, (gpointer) environment);
  gtk_string_list_append (titles, environment->title);
}

static void
session_environment_changed (EspSession *session, EspWindow *self)
{
  const EspEnvironmentInfo *environment = esp_session_get_environment (session);
  guint place;

  self->choosing = TRUE;
  /* one from a file is listed from the first time that it is seen */
  if (!g_ptr_array_find (self->environments, environment, &place))
    {
      place = self->environments->len;
      list_environment (self, environment);
    }
  gtk_drop_down_set_selected (self->environment_drop_down, place);
  self->choosing = FALSE;

  list_actions (self, environment);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->robot_view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  environment->description, -1);
  show_frame (self, NULL);
  esp_window_set_formula_kind (self);
  session_view_failed (session, self);
  session_formula (session, esp_session_get_formula (session), self);
}

static void
environment_selected (EspWindow *self)
{
  guint selected = gtk_drop_down_get_selected (self->environment_drop_down);
  const EspEnvironmentInfo *environment;

  if (self->choosing || self->session == NULL || selected >= self->environments->len)
    return;
  environment = g_ptr_array_index (self->environments, selected);
  g_action_group_change_action_state (G_ACTION_GROUP (self), "environment",
                                      g_variant_new_string (environment->name));
}

static void
action_selected (EspWindow *self)
{
  guint selected = gtk_drop_down_get_selected (self->action_drop_down);

  if (!self->choosing && self->session != NULL && selected != GTK_INVALID_LIST_POSITION)
    esp_window_show_action (self, selected);
}

static void
run_changed (EspWindow *self)
{
  g_autofree char *number = esp_figure_count ((guint64) gtk_spin_button_get_value (self->run_spin));
  g_autofree char *label = g_strconcat ("Run ", number, NULL);

  adw_split_button_set_label (self->run_button, label);
}

static void
run_confirmed (EspWindow *self)
{
  gtk_spin_button_update (self->run_spin);
  adw_split_button_popdown (self->run_button);
  g_action_group_activate_action (G_ACTION_GROUP (self), "run-steps", NULL);
}

static void
view_mapped (EspWindow *self)
{
  if (self->session != NULL)
    esp_session_set_view_visible (self->session, TRUE);
}

static void
view_unmapped (EspWindow *self)
{
  if (self->session != NULL)
    esp_session_set_view_visible (self->session, FALSE);
}

static void
view_resized (EspWindow *self, int width, int height)
{
  esp_session_set_view_size (self->session, width, height);
}

static void
view_orbit (EspWindow *self, double right, double down)
{
  esp_session_orbit (self->session, right, down);
}

static void
view_pan (EspWindow *self, double right, double down)
{
  esp_session_pan (self->session, right, down);
}

static void
view_zoom (EspWindow *self, double closer)
{
  esp_session_zoom (self->session, closer);
}

static void
view_reset (EspWindow *self)
{
  esp_session_reset_camera (self->session);
}

static void
speed_changed (EspWindow *self)
{
  set_speed_label (self);
  esp_window_update_actions (self);
}

static void
esp_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  EspWindow *self = ESP_WINDOW (widget);

  /* Panes keep their shares by themselves when the window is resized; only the first ones are ours. */
  if (!self->placed && width > 0 && height > 0)
    {
      double learning = width * (1 - SHARE_ROBOT);

      self->placed = TRUE;
      gtk_paned_set_position (self->rows, (int) ((height - 80) * SHARE_UPPER_ROW));
      gtk_paned_set_position (self->upper, (int) (width * SHARE_ROBOT));
      gtk_paned_set_position (self->learning, (int) (learning * SHARE_NETWORK));
      gtk_paned_set_position (self->lower, (int) (width * SHARE_FORMULA));
    }
  GTK_WIDGET_CLASS (esp_window_parent_class)->size_allocate (widget, width, height, baseline);
}

static void
esp_window_dispose (GObject *object)
{
  EspWindow *self = ESP_WINDOW (object);

  if (self->export_dialogue != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->export_dialogue, self);
      gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->export_dialogue));
      g_clear_object (&self->export_dialogue);
    }
  if (self->session != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->session, self);
      esp_window_clear_formula (self);
      esp_session_close (self->session);
      g_clear_object (&self->session);
    }
  gtk_widget_dispose_template (GTK_WIDGET (self), ESP_TYPE_WINDOW);
  G_OBJECT_CLASS (esp_window_parent_class)->dispose (object);
}

static void
esp_window_finalize (GObject *object)
{
  g_free (ESP_WINDOW (object)->message);
  g_ptr_array_unref (ESP_WINDOW (object)->environments);
  G_OBJECT_CLASS (esp_window_parent_class)->finalize (object);
}

static void
esp_window_class_init (EspWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = esp_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = esp_window_finalize;
  widget_class->size_allocate = esp_window_size_allocate;

  g_type_ensure (ESP_TYPE_CURVE_VIEW);
  g_type_ensure (ESP_TYPE_FORMULA_VIEW);
  g_type_ensure (ESP_TYPE_FRONT_VIEW);
  g_type_ensure (ESP_TYPE_NETWORK_VIEW);
  g_type_ensure (ESP_TYPE_ROBOT_VIEW);
  g_type_ensure (ESP_TYPE_SELECTOR_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/espalier/Espalier/window.ui");
  gtk_widget_class_bind_template_child (widget_class, EspWindow, title);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, environment_drop_down);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, train_stack);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, run_button);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, run_spin);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, rows);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, upper);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, learning);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, lower);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, robot_stack);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, robot_missing);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, robot_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, speed_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, waiting_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, episode_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, policy_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, action_drop_down);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, network_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, network_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, selector_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, selector_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, formula_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, formula_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, steps_button);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, steps_stack);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, steps_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, steps_missing);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, steps_list);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, follow_button);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, polish_stack);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, polish_button);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, polish_spin);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, polish_progress);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, polish_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, return_stack);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, curve_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, front_view);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, curve_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, state_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, sentence_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, remaining_label);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, progress);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, figures_separator);
  gtk_widget_class_bind_template_child (widget_class, EspWindow, figures_label);
  gtk_widget_class_bind_template_callback (widget_class, environment_selected);
  gtk_widget_class_bind_template_callback (widget_class, action_selected);
  gtk_widget_class_bind_template_callback (widget_class, run_changed);
  gtk_widget_class_bind_template_callback (widget_class, run_confirmed);
  gtk_widget_class_bind_template_callback (widget_class, esp_window_confirm_polish);
  gtk_widget_class_bind_template_callback (widget_class, view_mapped);
  gtk_widget_class_bind_template_callback (widget_class, view_unmapped);
  gtk_widget_class_bind_template_callback (widget_class, view_resized);
  gtk_widget_class_bind_template_callback (widget_class, view_orbit);
  gtk_widget_class_bind_template_callback (widget_class, view_pan);
  gtk_widget_class_bind_template_callback (widget_class, view_zoom);
  gtk_widget_class_bind_template_callback (widget_class, view_reset);
}

static void
esp_window_init (EspWindow *self)
{
  size_t n_environments;
  const EspEnvironmentInfo *const *environments = esp_environment_list (&n_environments);
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  esp_window_init_formula (self);
  esp_window_init_polish (self);
  gtk_drop_down_set_model (self->environment_drop_down, G_LIST_MODEL (titles));
  self->environments = g_ptr_array_new ();
  for (size_t i = 0; i < n_environments; i++)
    list_environment (self, environments[i]);
  g_signal_connect_swapped (gtk_editable_get_delegate (GTK_EDITABLE (self->run_spin)), "activate",
                            G_CALLBACK (run_confirmed), self);
}

EspWindow *
esp_window_new (GtkApplication *application, EspSession *session)
{
  EspWindow *self = g_object_new (ESP_TYPE_WINDOW, "application", application, NULL);

  self->session = g_object_ref (session);
  esp_window_add_actions (self);
  g_signal_connect (session, "snapshot", G_CALLBACK (session_snapshot), self);
  g_signal_connect (session, "formula", G_CALLBACK (session_formula), self);
  g_signal_connect (session, "frame", G_CALLBACK (session_frame), self);
  g_signal_connect (session, "finished", G_CALLBACK (session_finished), self);
  g_signal_connect (session, "view-failed", G_CALLBACK (session_view_failed), self);
  g_signal_connect (session, "environment-changed", G_CALLBACK (session_environment_changed), self);
  g_signal_connect_swapped (session, "speed-changed", G_CALLBACK (speed_changed), self);
  esp_window_connect_polish (self);

  run_changed (self);
  speed_changed (self);
  session_environment_changed (session, self);
  gtk_window_set_focus (GTK_WINDOW (self), GTK_WIDGET (self->robot_view));
  return self;
}

/* Polishing in the window, and the front of return against reading length. */

#include "esp-window-private.h"

#include "esp-figures.h"
#include "esp-handler-clock.h"

void
esp_window_polish (EspWindow *self)
{
  gtk_spin_button_update (self->polish_spin);
  esp_session_polish (self->session, gtk_spin_button_get_value (self->polish_spin));
  esp_window_show_front (self);
}

void
esp_window_cancel_polish (EspWindow *self)
{
  esp_session_cancel_polish (self->session);
}

void
esp_window_follow_run (EspWindow *self)
{
  esp_session_choose (self->session, NULL);
}

void
esp_window_show_curves (EspWindow *self)
{
  gtk_stack_set_visible_child_name (self->return_stack, "curves");
}

void
esp_window_show_front (EspWindow *self)
{
  gtk_stack_set_visible_child_name (self->return_stack, "front");
}

void
esp_window_update_polish (EspWindow *self)
{
  esp_front_view_set_front (self->front_view, esp_session_get_front (self->session),
                            esp_session_get_environment (self->session));
  esp_front_view_set_chosen (self->front_view, esp_session_get_formula (self->session));
  esp_front_view_set_placeholder (
    self->front_view, esp_recipe_get_policy (esp_session_get_recipe (self->session)) == ESP_POLICY_NEURAL
                        ? "The policy is a neural network: there are no formulas to compare"
                      : esp_session_is_polishing (self->session) ? "Looking for shorter and better formulas…"
                                                                 : NULL);
  gtk_widget_set_visible (self->follow_button, esp_session_get_choice (self->session) != NULL);
}

void
esp_window_update_polish_actions (EspWindow *self)
{
  gboolean polishing = esp_session_is_polishing (self->session);

  esp_window_enable (self, "polish", esp_session_can_polish (self->session));
  esp_window_enable (self, "cancel-polish", polishing);
  esp_window_enable (self, "follow-run", esp_session_get_choice (self->session) != NULL);
}

static void
session_front (EspSession *session, EspArchive *front, EspWindow *self)
{
  esp_handler_clock_begin ();
  esp_window_update_polish (self);
  esp_window_update_formula_note (self);
  esp_window_update_return_note (self);
  esp_handler_clock_end ();
}

static void
session_polishing (EspSession *session, EspWindow *self)
{
  gboolean polishing = esp_session_is_polishing (session);
  g_autofree char *left = esp_figure_duration (esp_session_get_polish_seconds (session));
  g_autofree char *text = g_strdup_printf ("%s left", left);

  esp_handler_clock_begin ();
  gtk_stack_set_visible_child_name (self->polish_stack, polishing ? "busy" : "polish");
  gtk_progress_bar_set_fraction (self->polish_progress, esp_session_get_polish_share (session));
  if (!g_str_equal (gtk_label_get_text (self->polish_label), text))
    gtk_label_set_text (self->polish_label, text);
  esp_window_update_polish (self);
  esp_window_update_polish_actions (self);
  esp_handler_clock_end ();
}

/* Says what came of it. */
static void
session_polished (EspSession *session, const EspPolishReport *report, EspWindow *self)
{
  g_autofree char *before = esp_figure_number (report->before, 1);
  g_autofree char *after = esp_figure_number (report->chosen_value, 1);
  g_autofree char *length = report->length == G_MAXSIZE ? g_strdup ("one beyond counting")
                                                        : esp_figure_count (report->length);
  g_autofree char *message = NULL;

  if (report->front == NULL)
    message = g_strdup ("The time was too short to find anything: give polishing more seconds");
  else if (report->chosen == NULL || esp_session_get_choice (session) != report->chosen)
    message = g_strdup (
      "Polishing found nothing better: give it more seconds, or choose a shorter formula from the front");
  else if (report->unseen)
    message = g_strdup_printf (
      "Polished: returns %s instead of %s on %zu unseen episodes, reading length %zu "
      "instead of %s",
      after, before, report->episodes, esp_formula_get_total_length (report->chosen), length);
  else
    message = g_strdup_printf ("Polished: returns %s on the %zu episodes of the search, reading length %zu "
                               "instead of %s",
                               after, report->episodes, esp_formula_get_total_length (report->chosen),
                               length);
  esp_window_toast (self, message);
}

static void
page_turned (EspWindow *self)
{
  if (self->session != NULL)
    esp_window_update_return_note (self);
}

static void
front_activated (EspFrontView *view, EspFormula *formula, EspWindow *self)
{
  if (self->session == NULL)
    return;
  esp_handler_clock_begin ();
  esp_session_choose (self->session, formula);
  esp_handler_clock_end ();
}

void
esp_window_confirm_polish (EspWindow *self)
{
  gtk_spin_button_update (self->polish_spin);
  adw_split_button_popdown (self->polish_button);
  g_action_group_activate_action (G_ACTION_GROUP (self), "polish", NULL);
}

void
esp_window_init_polish (EspWindow *self)
{
  g_signal_connect (self->front_view, "activated", G_CALLBACK (front_activated), self);
  g_signal_connect_swapped (self->return_stack, "notify::visible-child", G_CALLBACK (page_turned), self);
  g_signal_connect_swapped (gtk_editable_get_delegate (GTK_EDITABLE (self->polish_spin)), "activate",
                            G_CALLBACK (esp_window_confirm_polish), self);
}

void
esp_window_connect_polish (EspWindow *self)
{
  g_signal_connect (self->session, "front", G_CALLBACK (session_front), self);
  g_signal_connect (self->session, "polishing", G_CALLBACK (session_polishing), self);
  g_signal_connect (self->session, "polished", G_CALLBACK (session_polished), self);
}

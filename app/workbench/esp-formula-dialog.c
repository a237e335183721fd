#include "esp-formula-dialog.h"

#include "esp-figures.h"
#include "esp-formula-forms.h"
#include "esp-formula-trial.h"
#include "esp-handler-clock.h"

struct _EspFormulaDialog
{
  AdwWindow parent_instance;

  EspSession *session;
  EspFormulaEditor *editor;
  GtkLabel *hint;
  GtkLabel *outcome;
  GtkProgressBar *progress;
  GtkButton *train_button;
  EspTrial *trial;
};

G_DEFINE_FINAL_TYPE (EspFormulaDialog, esp_formula_dialog, ADW_TYPE_WINDOW)

/* Stops measuring; what is said of the trial stays. */
static void
stop (EspFormulaDialog *self)
{
  g_clear_pointer (&self->trial, esp_trial_free);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), FALSE);
}

static void
trial_told (const EspReturns *returns, gboolean done, gpointer data)
{
  EspFormulaDialog *self = data;
  g_autofree char *mean = esp_figure_number (returns->mean, 1);
  g_autofree char *deviation = esp_figure_number (returns->deviation, 1);
  g_autofree char *text = NULL;

  gtk_progress_bar_set_fraction (self->progress, (double) returns->episodes / ESP_TRIAL_EPISODES);
  if (returns->episodes == 0)
    return;
  text = g_strdup_printf (done ? "It returns %s ± %s over %zu episodes" : "%s ± %s over %zu episodes so far",
                          mean, deviation, returns->episodes);
  gtk_label_set_text (self->outcome, text);
  if (done)
    stop (self);
}

static void
try_formula (GtkWidget *widget, const char *name, GVariant *parameter)
{
  EspFormulaDialog *self = ESP_FORMULA_DIALOG (widget);
  EspFormula *formula = esp_formula_editor_get_formula (self->editor);

  if (formula == NULL)
    return;
  esp_handler_clock_begin ();
  stop (self);
  esp_session_try (self->session, formula);
  gtk_label_set_text (self->outcome, "The robot follows it; measuring its return");
  gtk_progress_bar_set_fraction (self->progress, 0);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), TRUE);
  self->trial = esp_trial_new (formula, esp_session_get_environment (self->session), trial_told, self);
  esp_handler_clock_end ();
}

static void
train_formula (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (EspFormulaDialog) self = g_object_ref (ESP_FORMULA_DIALOG (widget));
  g_autofree char *text = esp_formula_editor_get_text (self->editor);
  g_autoptr (GError) error = NULL;

  if (esp_formula_editor_get_formula (self->editor) == NULL)
    return;
  stop (self);
  /* where it succeeds the session has another policy, and the dialogue closes by that */
  if (esp_session_train_formula (self->session, text, &error))
    esp_session_train (self->session);
  else
    gtk_label_set_text (self->outcome, error->message);
}

static void
cancel (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gtk_window_close (GTK_WINDOW (widget));
}

static void
formula_read (EspFormulaDialog *self)
{
  gboolean valid = esp_formula_editor_get_formula (self->editor) != NULL;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "formula.try", valid);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "formula.train", valid);
  /* what was measured was another text */
  if (!valid)
    {
      stop (self);
      gtk_label_set_text (self->outcome, "");
    }
}

/* The formula as text, a line for each action. */
static char *
write_lines (EspFormula *formula)
{
  g_auto (GStrv) parts = g_strsplit (esp_formula_get_text (formula), ";", -1);

  for (char **part = parts; *part != NULL; part++)
    g_strstrip (*part);
  return g_strjoinv (";\n", parts);
}

static void
fill (EspFormulaDialog *self)
{
  EspFormula *formula = esp_session_get_formula (self->session);
  const EspEnvironmentInfo *environment = esp_session_get_environment (self->session);
  GString *hint = g_string_new (NULL);

  if (formula != NULL && esp_forms_get_length (formula) > ESP_EDIT_MAX_LENGTH)
    g_string_append_printf (
      hint, "The present formula is too long to edit (more than %d nodes): type one of yours. ",
      ESP_EDIT_MAX_LENGTH);
  else if (formula != NULL)
    {
      g_autofree char *text = write_lines (formula);

      esp_formula_editor_set_text (self->editor, text);
    }
  if (environment->n_actions > 1)
    g_string_append (hint, "An expression for each action, with ; between them: ");
  else
    g_string_append (hint, "An expression for the action ");
  for (size_t i = 0; i < environment->n_actions; i++)
    g_string_append_printf (hint, "%s%s", i > 0 ? ", " : "", environment->actions[i].name);
  g_string_append (hint, ". Variables: ");
  for (size_t i = 0; i < environment->n_observations; i++)
    g_string_append_printf (hint, "%s%s", i > 0 ? ", " : "", environment->observations[i].name);
  gtk_label_set_text (self->hint, hint->str);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->hint), hint->str);
  g_string_free (hint, TRUE);
}

static void
esp_formula_dialog_dispose (GObject *object)
{
  EspFormulaDialog *self = ESP_FORMULA_DIALOG (object);

  g_clear_pointer (&self->trial, esp_trial_free);
  if (self->session != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->session, self);
      g_signal_handlers_disconnect_by_data (self->editor, self);
      esp_session_try (self->session, NULL);
      g_clear_object (&self->session);
    }
  G_OBJECT_CLASS (esp_formula_dialog_parent_class)->dispose (object);
}

static void
esp_formula_dialog_class_init (EspFormulaDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = esp_formula_dialog_dispose;
  gtk_widget_class_install_action (widget_class, "formula.try", NULL, try_formula);
  gtk_widget_class_install_action (widget_class, "formula.train", NULL, train_formula);
  gtk_widget_class_install_action (widget_class, "formula.cancel", NULL, cancel);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "formula.cancel", NULL);
}

static GtkWidget *
new_button (const char *label, const char *action, const char *tooltip)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  gtk_widget_set_tooltip_text (button, tooltip);
  return button;
}

static GtkWidget *
new_label (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  return label;
}

/* The keys come before those of the text field, which has a use for the Return key. */
static void
add_keys (EspFormulaDialog *self)
{
  static const struct
  {
    GdkModifierType modifiers;
    const char *action;
  } keys[] = { { GDK_CONTROL_MASK, "formula.try" }, { GDK_CONTROL_MASK | GDK_SHIFT_MASK, "formula.train" } };
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (controller),
      gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Return, keys[i].modifiers),
                        gtk_named_action_new (keys[i].action)));
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

static void
esp_formula_dialog_init (EspFormulaDialog *self)
{
  gtk_window_set_title (GTK_WINDOW (self), "Edit the formula");
  gtk_window_set_default_size (GTK_WINDOW (self), 600, 360);
  gtk_widget_add_css_class (GTK_WIDGET (self), "formula-dialog");
  add_keys (self);
}

/* Puts the window together. */
static void
build (EspFormulaDialog *self)
{
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *body = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  GtkWidget *whole = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *outcome = new_label ();
  GtkWidget *editor = esp_formula_editor_new (esp_session_get_environment (self->session));

  self->hint = GTK_LABEL (new_label ());
  gtk_label_set_lines (self->hint, 4);
  gtk_widget_add_css_class (GTK_WIDGET (self->hint), "formula-hint");
  self->editor = ESP_FORMULA_EDITOR (editor);
  gtk_widget_set_vexpand (editor, TRUE);
  self->progress = GTK_PROGRESS_BAR (gtk_progress_bar_new ());
  gtk_widget_set_visible (GTK_WIDGET (self->progress), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "Episodes measured", -1);

  self->outcome = GTK_LABEL (outcome);
  gtk_label_set_lines (self->outcome, 2);
  gtk_widget_set_hexpand (outcome, TRUE);
  gtk_widget_set_size_request (outcome, -1, 40);
  gtk_widget_add_css_class (outcome, "figures");
  self->train_button = GTK_BUTTON (
    new_button ("Train its _constants", "formula.train", "Start a run of this formula (Ctrl+Shift+Return)"));
  gtk_widget_add_css_class (GTK_WIDGET (self->train_button), "suggested-action");
  gtk_box_append (GTK_BOX (row), outcome);
  gtk_box_append (
    GTK_BOX (row),
    new_button ("_Try", "formula.try", "Have the robot follow it and measure its return (Ctrl+Return)"));
  gtk_box_append (GTK_BOX (row), GTK_WIDGET (self->train_button));

  gtk_box_append (GTK_BOX (body), GTK_WIDGET (self->hint));
  gtk_box_append (GTK_BOX (body), editor);
  gtk_box_append (GTK_BOX (body), GTK_WIDGET (self->progress));
  gtk_box_append (GTK_BOX (body), row);
  gtk_widget_add_css_class (body, "formula-body");
  gtk_widget_set_vexpand (body, TRUE);

  /* the way out is the one button, as in other dialogues that change nothing until they are told to */
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (header), FALSE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header),
                             new_button ("_Cancel", "formula.cancel", "Leave everything as it was (Escape)"));
  gtk_box_append (GTK_BOX (whole), header);
  gtk_box_append (GTK_BOX (whole), body);
  adw_window_set_content (ADW_WINDOW (self), whole);
}

EspFormulaDialog *
esp_formula_dialog_new (GtkWindow *parent, EspSession *session)
{
  EspFormulaDialog *self = g_object_new (ESP_TYPE_FORMULA_DIALOG, "transient-for", parent,
                                         "destroy-with-parent", TRUE, NULL);

  self->session = g_object_ref (session);
  build (self);
  g_signal_connect_swapped (self->editor, "notify::formula", G_CALLBACK (formula_read), self);
  g_signal_connect_swapped (session, "environment-changed", G_CALLBACK (gtk_window_destroy), self);
  formula_read (self);
  fill (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->editor));
  return self;
}

EspFormulaEditor *
esp_formula_dialog_get_editor (EspFormulaDialog *self)
{
  g_return_val_if_fail (ESP_IS_FORMULA_DIALOG (self), NULL);

  return self->editor;
}

const char *
esp_formula_dialog_get_outcome (EspFormulaDialog *self)
{
  g_return_val_if_fail (ESP_IS_FORMULA_DIALOG (self), NULL);

  return gtk_label_get_text (self->outcome);
}

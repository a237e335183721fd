/* The formula panel: which form of the formula it shows, the steps between the forms, and editing. */

#include "esp-window-private.h"

#include "esp-figures.h"
#include "esp-handler-clock.h"

/* Work on a thread of its own. */
typedef struct
{
  EspActor *actor;     /* of a network: the raw form is taken from it */
  EspFormula *formula; /* the session's, of which another form is wanted */
  gboolean simplify;
  gboolean steps; /* the steps are wanted, not a form */
  EspFormula *form;
  EspSteps *found;
  gsize length; /* of what the steps would begin with */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  esp_actor_unref (job->actor);
  esp_forms_release (job->formula);
  esp_forms_release (job->form);
  esp_steps_free (job->found);
  g_free (job);
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;

  if (job->simplify)
    job->form = esp_forms_simplify (job->formula);
  else
    job->form = job->actor != NULL ? esp_forms_get_raw (job->actor) : esp_formula_ref (job->formula);
  if (job->steps)
    {
      job->length = esp_forms_get_length (job->form);
      job->found = esp_steps_new (job->form);
    }
  g_task_return_boolean (task, TRUE);
}

/* Takes @job. Returns what @done will be called with, not referenced. */
static GAsyncResult *
start (EspWindow *self, Job *job, GAsyncReadyCallback done)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, done, NULL);

  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, work);
  return G_ASYNC_RESULT (task);
}

static EspPolicyKind
get_policy (EspWindow *self)
{
  return esp_recipe_get_policy (esp_session_get_recipe (self->session));
}

static gboolean
wants_raw (EspWindow *self)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (G_ACTION_GROUP (self), "formula-form");

  return g_str_equal (g_variant_get_string (state, NULL), "raw");
}

/* Returns whether the session's formula is what its newest snapshot's network says. One that a search has
 * found after training, or that the user has chosen, is not: there is no other form of it than itself. */
static gboolean
has_network (EspWindow *self)
{
  const EspResult *result = esp_session_get_result (self->session);

  return get_policy (self) == ESP_POLICY_SYMBOLIC && esp_session_get_choice (self->session) == NULL
         && esp_session_get_state (self->session) != ESP_RUN_FINISHING
         && (result == NULL || result->front == NULL);
}

/* Returns whether the session's formula is already of the form that is wanted: that of a network is
 * simplified, that of the user is as it was typed. */
static gboolean
is_of_form (EspWindow *self)
{
  if (get_policy (self) == ESP_POLICY_EXPRESSION)
    return wants_raw (self);
  return !wants_raw (self) || !has_network (self);
}

static Job *
job_new (EspWindow *self)
{
  EspSnapshot *snapshot = esp_session_get_snapshot (self->session);
  Job *job = g_new0 (Job, 1);

  job->formula = esp_formula_ref (esp_session_get_formula (self->session));
  if (has_network (self))
    job->actor = esp_actor_ref (snapshot->actor);
  return job;
}

/* Returns whether there is a formula whose forms can be found; those of a network come from a snapshot. */
static gboolean
has_forms (EspWindow *self)
{
  return esp_session_get_formula (self->session) != NULL && esp_session_get_snapshot (self->session) != NULL;
}

static void
forget_form (EspWindow *self)
{
  esp_forms_release (g_steal_pointer (&self->form));
  esp_forms_release (g_steal_pointer (&self->form_of));
}

static void
form_found (GObject *source, GAsyncResult *result, gpointer data)
{
  EspWindow *self = ESP_WINDOW (source);
  const Job *job = g_task_get_task_data (G_TASK (result));

  self->form_busy = FALSE;
  /* the window may be closed by now */
  if (self->session == NULL)
    return;
  esp_handler_clock_begin ();
  forget_form (self);
  self->form = esp_formula_ref (job->form);
  self->form_of = esp_formula_ref (job->formula);
  esp_window_show_formula (self);
  esp_handler_clock_end ();
}

/* Returns the other form of the session's formula, or the last one that was found while this is on its way;
 * NULL before the first. */
static EspFormula *
get_form (EspWindow *self)
{
  if (self->form_of != esp_session_get_formula (self->session) && !self->form_busy && has_forms (self))
    {
      Job *job = job_new (self);

      job->simplify = !wants_raw (self);
      self->form_busy = TRUE;
      start (self, job, form_found);
    }
  return self->form;
}

void
esp_window_show_formula (EspWindow *self)
{
  EspFormula *formula = esp_session_get_formula (self->session);
  EspFormula *shown = formula;

  if (formula == NULL)
    forget_form (self);
  if (esp_session_get_trial (self->session) != NULL)
    shown = esp_session_get_trial (self->session);
  else if (self->step_formula != NULL)
    shown = self->step_formula;
  else if (formula != NULL && !is_of_form (self))
    {
      shown = get_form (self);
      /* better the other form for a moment than nothing */
      if (shown == NULL)
        shown = formula;
    }
  esp_formula_view_set_formula (self->formula_view, shown, esp_session_get_environment (self->session));
  esp_window_update_formula_note (self);
}

char *
esp_window_describe_form (EspWindow *self)
{
  if (esp_session_get_trial (self->session) != NULL)
    return g_strdup ("on trial, ");
  if (esp_session_get_choice (self->session) != NULL && self->step_formula == NULL)
    return g_strdup ("chosen, ");
  if (self->step_formula != NULL)
    {
      guint k = gtk_single_selection_get_selected (self->step_choice);

      return k == 0 ? g_strdup ("raw, ")
                    : g_strdup_printf ("after step %u of %zu, ", k, esp_steps_get_n (self->steps));
    }
  return g_strdup ("");
}

static void
form_changed (GSimpleAction *action, GVariant *state, gpointer data)
{
  EspWindow *self = data;
  const char *form = g_variant_get_string (state, NULL);

  if (self->session == NULL || (!g_str_equal (form, "raw") && !g_str_equal (form, "simplified")))
    return;
  esp_handler_clock_begin ();
  g_simple_action_set_state (action, state);
  forget_form (self);
  esp_window_show_formula (self);
  esp_handler_clock_end ();
}

/* The list of steps. */

static void
set_step_sentence (EspWindow *self)
{
  guint k = gtk_single_selection_get_selected (self->step_choice);
  gsize n = esp_steps_get_n (self->steps);
  g_autofree char *text = k == 0
                            ? g_strdup_printf ("The raw formula; %zu %s to go", n, n == 1 ? "step" : "steps")
                            : g_strdup_printf ("After step %u of %zu: %s", k, n,
                                               esp_steps_get_rule (self->steps, k - 1));

  gtk_label_set_text (self->steps_label, text);
}

static void
step_selected (EspWindow *self)
{
  guint k = gtk_single_selection_get_selected (self->step_choice);

  if (self->steps == NULL || k == GTK_INVALID_LIST_POSITION)
    return;
  esp_handler_clock_begin ();
  g_clear_pointer (&self->step_formula, esp_formula_unref);
  self->step_formula = esp_steps_get_formula (self->steps, k);
  set_step_sentence (self);
  esp_window_show_formula (self);
  esp_window_update_actions (self);
  esp_handler_clock_end ();
}

static void
say_instead_of_steps (EspWindow *self, const char *text)
{
  gtk_label_set_text (self->steps_missing, text);
  gtk_stack_set_visible_child_name (self->steps_stack, "missing");
}

static void
list_steps (EspWindow *self)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  gtk_string_list_append (list, "<b>raw</b>\nas the network or its author has it");
  for (gsize i = 0; i < esp_steps_get_n (self->steps); i++)
    {
      g_autofree char *line = g_markup_printf_escaped (
        "<b>%zu  %s</b>\n%s  →  %s", i + 1, esp_steps_get_rule (self->steps, i),
        esp_steps_get_before (self->steps, i), esp_steps_get_after (self->steps, i));

      gtk_string_list_append (list, line);
    }
  gtk_single_selection_set_model (self->step_choice, G_LIST_MODEL (list));
  gtk_stack_set_visible_child_name (self->steps_stack, "list");
  step_selected (self);
  /* the first item, which is also the chosen one: nothing is done yet */
  gtk_widget_grab_focus (GTK_WIDGET (self->steps_list));
}

static void
steps_found (GObject *source, GAsyncResult *result, gpointer data)
{
  EspWindow *self = ESP_WINDOW (source);
  Job *job = g_task_get_task_data (G_TASK (result));

  /* the list, or the window, may be closed by now, and the list opened again */
  if (self->session == NULL || self->steps_task != result)
    return;
  self->steps_task = NULL;
  esp_handler_clock_begin ();
  if (job->found == NULL)
    {
      g_autofree char *length = job->length == G_MAXSIZE ? g_strdup ("beyond counting")
                                                         : esp_figure_count (job->length);
      g_autofree char *limit = esp_figure_count (ESP_STEPS_MAX_LENGTH);
      g_autofree char *text = g_strdup_printf ("The reading length of the raw formula is %s. Steps are shown "
                                               "up to %s: train on until fewer paths are left.",
                                               length, limit);

      say_instead_of_steps (self, text);
    }
  else if (esp_steps_get_n (job->found) == 0)
    say_instead_of_steps (
      self, get_policy (self) == ESP_POLICY_SYMBOLIC && !has_network (self)
              ? "The formula was found by the search after training, as short as it is: there are no steps."
              : "The formula is as simple as the rules can make it: there are no steps.");
  else
    {
      self->steps = g_steal_pointer (&job->found);
      list_steps (self);
    }
  esp_handler_clock_end ();
}

static void
steps_opened (EspWindow *self)
{
  Job *job;

  if (self->session == NULL || !has_forms (self))
    return;
  say_instead_of_steps (self, "…");
  job = job_new (self);
  job->steps = TRUE;
  self->steps_task = start (self, job, steps_found);
}

static void
steps_closed (EspWindow *self)
{
  self->steps_task = NULL;
  g_clear_pointer (&self->steps, esp_steps_free);
  g_clear_pointer (&self->step_formula, esp_formula_unref);
  if (self->session == NULL)
    return;
  gtk_single_selection_set_model (self->step_choice, NULL);
  esp_window_show_formula (self);
  esp_window_update_actions (self);
}

void
esp_window_show_steps (EspWindow *self)
{
  gtk_menu_button_popup (self->steps_button);
}

void
esp_window_move_step (EspWindow *self, int by)
{
  gint64 k = (gint64) gtk_single_selection_get_selected (self->step_choice) + by;

  if (self->steps == NULL || k < 0 || k > (gint64) esp_steps_get_n (self->steps))
    return;
  gtk_single_selection_set_selected (self->step_choice, (guint) k);
  /* takes the arrow keys' cursor along, and scrolls to it */
  if (gtk_widget_get_focus_child (GTK_WIDGET (self->steps_list)) != NULL)
    gtk_widget_child_focus (GTK_WIDGET (self->steps_list), by < 0 ? GTK_DIR_UP : GTK_DIR_DOWN);
}

gboolean
esp_window_can_move_step (EspWindow *self, int by)
{
  gint64 k = (gint64) gtk_single_selection_get_selected (self->step_choice) + by;

  return self->steps != NULL && k >= 0 && k <= (gint64) esp_steps_get_n (self->steps);
}

static void
item_set_up (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_use_markup (GTK_LABEL (label), TRUE);
  gtk_list_item_set_child (item, label);
}

static void
item_bound (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkStringObject *string = gtk_list_item_get_item (item);

  gtk_label_set_markup (GTK_LABEL (gtk_list_item_get_child (item)), gtk_string_object_get_string (string));
}

/* Editing. */

void
esp_window_edit_formula (EspWindow *self)
{
  if (self->formula_dialog == NULL)
    g_set_weak_pointer (&self->formula_dialog, esp_formula_dialog_new (GTK_WINDOW (self), self->session));
  gtk_window_present (GTK_WINDOW (self->formula_dialog));
}

void
esp_window_leave_formula (EspWindow *self)
{
  g_autoptr (GError) error = NULL;

  if (esp_session_leave_formula (self->session, &error))
    esp_session_train (self->session);
  else
    esp_window_toast (self, error->message);
}

void
esp_window_set_formula_kind (EspWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "formula-form");
  const char *form = get_policy (self) == ESP_POLICY_EXPRESSION ? "raw" : "simplified";

  /* what the user typed is shown as it was typed, what a network says as one can read it */
  gtk_menu_button_popdown (self->steps_button);
  forget_form (self);
  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (form));
}

void
esp_window_update_formula_actions (EspWindow *self)
{
  GAction *form = g_action_map_lookup_action (G_ACTION_MAP (self), "formula-form");

  g_simple_action_set_enabled (G_SIMPLE_ACTION (form), get_policy (self) != ESP_POLICY_NEURAL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->steps_button), has_forms (self));
}

/* The window's keys do not reach into its popovers. */
static void
add_step_keys (GtkWidget *popover)
{
  static const struct
  {
    guint key;
    const char *action;
  } keys[] = { { GDK_KEY_Left, "win.step-back" }, { GDK_KEY_Right, "win.step-forward" } };
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (controller),
      gtk_shortcut_new (gtk_keyval_trigger_new (keys[i].key, GDK_ALT_MASK),
                        gtk_named_action_new (keys[i].action)));
  gtk_widget_add_controller (popover, controller);
}

void
esp_window_init_formula (EspWindow *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkPopover *popover = gtk_menu_button_get_popover (self->steps_button);

  g_signal_connect (factory, "setup", G_CALLBACK (item_set_up), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (item_bound), NULL);
  gtk_list_view_set_factory (self->steps_list, factory);
  self->step_choice = gtk_single_selection_new (NULL);
  gtk_list_view_set_model (self->steps_list, GTK_SELECTION_MODEL (self->step_choice));
  g_signal_connect_object (self->step_choice, "notify::selected", G_CALLBACK (step_selected), self,
                           G_CONNECT_SWAPPED);
  add_step_keys (GTK_WIDGET (popover));
  g_signal_connect_object (popover, "map", G_CALLBACK (steps_opened), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (popover, "unmap", G_CALLBACK (steps_closed), self, G_CONNECT_SWAPPED);
}

void
esp_window_add_formula_actions (EspWindow *self)
{
  g_autoptr (GSimpleAction) form = g_simple_action_new_stateful ("formula-form", G_VARIANT_TYPE_STRING,
                                                                 g_variant_new_string ("simplified"));

  g_signal_connect (form, "change-state", G_CALLBACK (form_changed), self);
  g_action_map_add_action (G_ACTION_MAP (self), G_ACTION (form));
}

void
esp_window_clear_formula (EspWindow *self)
{
  if (self->formula_dialog != NULL)
    {
      GtkWindow *dialog = GTK_WINDOW (self->formula_dialog);

      g_clear_weak_pointer (&self->formula_dialog);
      gtk_window_destroy (dialog);
    }
  self->steps_task = NULL;
  forget_form (self);
  g_clear_pointer (&self->steps, esp_steps_free);
  g_clear_pointer (&self->step_formula, esp_formula_unref);
  g_clear_object (&self->step_choice);
}

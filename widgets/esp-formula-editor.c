#include "esp-formula-editor.h"

#include "esp-metrics.h"
#include "esp-parse.h"
#include "esp-signal-names.h"
#include "esp-text.h"

struct _EspFormulaEditor
{
  GtkWidget parent_instance;

  const EspEnvironmentInfo *environment;
  GtkWidget *box;
  GtkTextView *view;
  GtkTextBuffer *buffer;
  GtkLabel *message;
  EspFormula *formula;
  gboolean reading; /* a text is on the worker thread */
  gboolean changed; /* the text is no longer what was given to it */
};

enum
{
  PROPERTY_FORMULA = 1,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (EspFormulaEditor, esp_formula_editor, GTK_TYPE_WIDGET)

/* A text on its way through the worker thread. */
typedef struct
{
  const EspEnvironmentInfo *environment;
  char *text;
  EspFormula *formula;
  EspParseError failure;
  EspMetrics metrics;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->text);
  g_clear_pointer (&job->formula, esp_formula_unref);
  esp_parse_error_clear (&job->failure);
  g_free (job);
}

static void
read_text (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  EspSignalNames names;

  esp_signal_names_init (&names, job->environment);
  job->formula = esp_formula_parse_text (job->text, &names.symbols, job->environment->n_actions,
                                         &job->failure);
  if (job->formula != NULL)
    job->metrics = esp_metrics_of_formula (job->formula);
  g_task_return_boolean (task, TRUE);
}

static void
set_formula (EspFormulaEditor *self, EspFormula *formula)
{
  g_clear_pointer (&self->formula, esp_formula_unref);
  self->formula = formula == NULL ? NULL : esp_formula_ref (formula);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROPERTY_FORMULA]);
}

/* Underlines what @job found wrong; at the end of the text there is nothing to underline but what stands
 * before. */
static void
underline (EspFormulaEditor *self, const Job *job)
{
  glong begin = g_utf8_strlen (job->text, (gssize) job->failure.start);
  glong n = g_utf8_strlen (job->text + job->failure.start, (gssize) job->failure.length);
  GtkTextIter start, end;

  if (n == 0 && begin > 0)
    {
      const char *piece = job->text + job->failure.start;

      while (begin > 1 && g_unichar_isspace (g_utf8_get_char (g_utf8_prev_char (piece))))
        {
          piece = g_utf8_prev_char (piece);
          begin--;
        }
      begin--;
      n = 1;
    }
  gtk_text_buffer_get_iter_at_offset (self->buffer, &start, (int) begin);
  gtk_text_buffer_get_iter_at_offset (self->buffer, &end, (int) (begin + n));
  gtk_text_buffer_apply_tag_by_name (self->buffer, "mistake", &start, &end);
}

static void
say (EspFormulaEditor *self, const char *message, gboolean wrong)
{
  gtk_label_set_text (self->message, message);
  if (wrong)
    gtk_widget_add_css_class (GTK_WIDGET (self->message), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->message), "error");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, message,
                                  -1);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_STATE_INVALID,
                               wrong ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

static void
tell (EspFormulaEditor *self, const Job *job)
{
  if (job->formula == NULL)
    {
      g_autofree char *message = g_strdup (job->failure.message);

      /* it is made to go behind a colon */
      *message = g_ascii_toupper (*message);
      say (self, message, TRUE);
      if (*job->text != '\0')
        underline (self, job);
    }
  else
    {
      g_autofree char *length = esp_text_from_count (job->metrics.length);
      g_autofree char *operations = esp_text_from_count (job->metrics.operations);
      g_autofree char *message = g_strdup_printf (
        "Reading length %s, %s operation%s, depth %u, %zu constant%s, about %.0f processor cycles", length,
        operations, job->metrics.operations == 1 ? "" : "s", job->metrics.depth, job->metrics.constants,
        job->metrics.constants == 1 ? "" : "s", job->metrics.cycles);

      say (self, message, FALSE);
    }
  set_formula (self, job->formula);
}

static void start_reading (EspFormulaEditor *self);

static void
text_read (GObject *source, GAsyncResult *result, gpointer data)
{
  EspFormulaEditor *self = ESP_FORMULA_EDITOR (source);

  self->reading = FALSE;
  /* the editor may be gone by now */
  if (self->box == NULL)
    return;
  if (self->changed)
    start_reading (self);
  else
    tell (self, g_task_get_task_data (G_TASK (result)));
}

static void
start_reading (EspFormulaEditor *self)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  self->changed = TRUE;
  if (self->reading)
    return;
  self->reading = TRUE;
  self->changed = FALSE;
  job = g_new0 (Job, 1);
  job->environment = self->environment;
  job->text = esp_formula_editor_get_text (self);
  task = g_task_new (self, NULL, text_read, NULL);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, read_text);
}

static void
text_changed (EspFormulaEditor *self)
{
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  gtk_text_buffer_remove_tag_by_name (self->buffer, "mistake", &start, &end);
  /* what was read before is not what stands there */
  if (self->formula != NULL)
    set_formula (self, NULL);
  start_reading (self);
}

static void
esp_formula_editor_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROPERTY_FORMULA)
    g_value_set_pointer (value, ESP_FORMULA_EDITOR (object)->formula);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static gboolean
esp_formula_editor_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (ESP_FORMULA_EDITOR (widget)->view));
}

static void
esp_formula_editor_dispose (GObject *object)
{
  EspFormulaEditor *self = ESP_FORMULA_EDITOR (object);

  if (self->buffer != NULL)
    g_signal_handlers_disconnect_by_data (self->buffer, self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->formula, esp_formula_unref);
  G_OBJECT_CLASS (esp_formula_editor_parent_class)->dispose (object);
}

static void
esp_formula_editor_class_init (EspFormulaEditorClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = esp_formula_editor_get_property;
  object_class->dispose = esp_formula_editor_dispose;
  widget_class->grab_focus = esp_formula_editor_grab_focus;
  properties[PROPERTY_FORMULA] = g_param_spec_pointer ("formula", NULL, NULL,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "formulaeditor");
}

static void
esp_formula_editor_init (EspFormulaEditor *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *message = gtk_label_new (NULL);
  GtkWidget *view;

  self->buffer = gtk_text_buffer_new (NULL);
  gtk_text_buffer_create_tag (self->buffer, "mistake", "underline", PANGO_UNDERLINE_ERROR, NULL);
  g_signal_connect_swapped (self->buffer, "changed", G_CALLBACK (text_changed), self);

  view = gtk_text_view_new_with_buffer (self->buffer);
  self->view = GTK_TEXT_VIEW (view);
  gtk_text_view_set_wrap_mode (self->view, GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_monospace (self->view, TRUE);
  gtk_text_view_set_left_margin (self->view, 10);
  gtk_text_view_set_right_margin (self->view, 10);
  gtk_text_view_set_top_margin (self->view, 8);
  gtk_text_view_set_bottom_margin (self->view, 8);
  /* a formula has no use for tabs, and Tab leaves the field */
  gtk_text_view_set_accepts_tab (self->view, FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Formula as text",
                                  -1);

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_widget_add_css_class (scrolled, "formula-text");

  self->message = GTK_LABEL (message);
  gtk_label_set_xalign (self->message, 0);
  gtk_label_set_yalign (self->message, 0);
  gtk_label_set_wrap (self->message, TRUE);
  gtk_label_set_wrap_mode (self->message, PANGO_WRAP_WORD_CHAR);
  /* two lines, so that the field does not change its height with every key */
  gtk_label_set_lines (self->message, 2);
  gtk_label_set_ellipsize (self->message, PANGO_ELLIPSIZE_END);
  gtk_widget_set_size_request (message, -1, 38);
  gtk_widget_add_css_class (message, "figures");

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_box_append (GTK_BOX (self->box), scrolled);
  gtk_box_append (GTK_BOX (self->box), message);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
esp_formula_editor_new (const EspEnvironmentInfo *environment)
{
  EspFormulaEditor *self = g_object_new (ESP_TYPE_FORMULA_EDITOR, NULL);

  self->environment = environment;
  start_reading (self);
  return GTK_WIDGET (self);
}

void
esp_formula_editor_set_text (EspFormulaEditor *self, const char *text)
{
  GtkTextIter start, end;

  g_return_if_fail (ESP_IS_FORMULA_EDITOR (self));

  gtk_text_buffer_begin_user_action (self->buffer);
  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  gtk_text_buffer_delete (self->buffer, &start, &end);
  gtk_text_buffer_insert (self->buffer, &start, text, -1);
  gtk_text_buffer_end_user_action (self->buffer);
}

char *
esp_formula_editor_get_text (EspFormulaEditor *self)
{
  GtkTextIter start, end;

  g_return_val_if_fail (ESP_IS_FORMULA_EDITOR (self), NULL);

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

EspFormula *
esp_formula_editor_get_formula (EspFormulaEditor *self)
{
  g_return_val_if_fail (ESP_IS_FORMULA_EDITOR (self), NULL);

  return self->formula;
}

const char *
esp_formula_editor_get_message (EspFormulaEditor *self)
{
  g_return_val_if_fail (ESP_IS_FORMULA_EDITOR (self), NULL);

  return gtk_label_get_text (self->message);
}

gboolean
esp_formula_editor_get_mistake (EspFormulaEditor *self, int *start, int *end)
{
  GtkTextTag *tag;
  GtkTextIter iter;

  g_return_val_if_fail (ESP_IS_FORMULA_EDITOR (self), FALSE);

  tag = gtk_text_tag_table_lookup (gtk_text_buffer_get_tag_table (self->buffer), "mistake");
  gtk_text_buffer_get_start_iter (self->buffer, &iter);
  if (!gtk_text_iter_starts_tag (&iter, tag) && !gtk_text_iter_forward_to_tag_toggle (&iter, tag))
    return FALSE;
  *start = gtk_text_iter_get_offset (&iter);
  gtk_text_iter_forward_to_tag_toggle (&iter, tag);
  *end = gtk_text_iter_get_offset (&iter);
  return TRUE;
}

/* Taking the formula out of the window: to a file, or to the clipboard. */

#include "esp-window-private.h"

#include "esp-error.h"
#include "esp-formula-export.h"

/* What a thread of its own writes the formula from: a self-test of exported C takes whole episodes. */
typedef struct
{
  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  EspFormat format;
  GFile *file; /* NULL for the clipboard */
} Job;

static Job *
job_new (EspWindow *self, EspFormat format)
{
  Job *job = g_new0 (Job, 1);

  job->formula = esp_formula_ref (esp_session_get_formula (self->session));
  job->environment = esp_session_get_environment (self->session);
  job->format = format;
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  esp_formula_unref (job->formula);
  g_clear_object (&job->file);
  g_free (job);
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) reason = NULL;
  g_autofree char *text = esp_formula_export (job->formula, job->environment, job->format, false, &error);

  if (text != NULL && job->file != NULL
      && !g_file_replace_contents (job->file, text, strlen (text), NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                                   NULL, &reason))
    g_set_error (&error, ESP_ERROR, ESP_ERROR_FILE, "The file cannot be written: %s", reason->message);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, g_steal_pointer (&text), g_free);
}

static void
done (GObject *source, GAsyncResult *result, gpointer data)
{
  EspWindow *self = ESP_WINDOW (source);
  const Job *job = g_task_get_task_data (G_TASK (result));
  const char *title = esp_format_get_info (job->format)->title;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), &error);
  g_autofree char *message = NULL;

  /* the window may be closed by now */
  if (self->session == NULL)
    return;
  if (text == NULL)
    {
      esp_window_toast (self, error->message);
      return;
    }
  if (job->file != NULL)
    {
      g_autofree char *name = g_file_get_basename (job->file);
      g_autofree char *shown = g_filename_display_name (name);

      message = g_strdup_printf ("Formula written to %s", shown);
    }
  else
    {
      gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
      message = g_strdup_printf ("Formula copied as %s", title);
    }
  esp_window_toast (self, message);
}

/* Takes @job. */
static void
start (EspWindow *self, Job *job)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, done, NULL);

  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, work);
}

void
esp_window_save_formula (EspWindow *self, EspFormat format, GFile *file)
{
  Job *job = job_new (self, format);

  job->file = g_object_ref (file);
  start (self, job);
}

void
esp_window_copy_formula (EspWindow *self, EspFormat format)
{
  start (self, job_new (self, format));
}

/* A file was chosen for the job that waits with the dialogue, or none. */
static void
responded (GtkNativeDialog *dialogue, int response, EspWindow *self)
{
  Job *job = g_object_steal_data (G_OBJECT (dialogue), "job");

  if (job != NULL && response == GTK_RESPONSE_ACCEPT)
    {
      job->file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialogue));
      start (self, job);
    }
  else
    g_clear_pointer (&job, job_free);
  gtk_native_dialog_destroy (dialogue);
  g_clear_object (&self->export_dialogue);
}

void
esp_window_export_formula (EspWindow *self, EspFormat format)
{
  const EspFormatInfo *info = esp_format_get_info (format);
  g_autofree char *title = g_strdup_printf ("Export the formula as %s", info->title);
  g_autofree char *name = g_strconcat ("policy", info->suffix, NULL);
  g_autofree char *pattern = g_strconcat ("*", info->suffix, NULL);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) any = gtk_file_filter_new ();
  GtkFileChooser *chooser;

  if (self->export_dialogue != NULL)
    return;
  self->export_dialogue = gtk_file_chooser_native_new (title, GTK_WINDOW (self), GTK_FILE_CHOOSER_ACTION_SAVE,
                                                       "_Export", "_Cancel");
  chooser = GTK_FILE_CHOOSER (self->export_dialogue);
  gtk_file_chooser_set_current_name (chooser, name);
  gtk_file_filter_set_name (filter, info->title);
  gtk_file_filter_add_pattern (filter, pattern);
  gtk_file_chooser_add_filter (chooser, filter);
  gtk_file_filter_set_name (any, "All files");
  gtk_file_filter_add_pattern (any, "*");
  gtk_file_chooser_add_filter (chooser, any);

  /* the formula that was seen when it was asked for; training goes on behind the dialogue */
  g_object_set_data_full (G_OBJECT (chooser), "job", job_new (self, format), job_free);
  g_signal_connect (chooser, "response", G_CALLBACK (responded), self);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

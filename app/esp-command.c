#include "esp-command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "esp-error.h"
#include "esp-task.h"

/* All of it is written as bytes: arguments and file names need not be text of the locale. */
void
esp_command_say (const char *format, ...)
{
  va_list arguments;
  g_autofree char *message = NULL;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  /* one sentence is one line, whatever a name in it contains */
  fprintf (stderr, "espalier: %s\n", g_strdelimit (message, "\r\n", ' '));
}

int
esp_command_complain (const GError *error)
{
  const char *pointed = esp_error_get_pointed (error);

  esp_command_say ("%s", error->message);
  if (pointed != NULL)
    fprintf (stderr, "%s\n", pointed);

  return g_error_matches (error, ESP_ERROR, ESP_ERROR_USAGE)
             || g_error_matches (error, ESP_ERROR, ESP_ERROR_SYNTAX)
             || g_error_matches (error, ESP_ERROR, ESP_ERROR_RANGE)
           ? ESP_EXIT_USAGE
           : ESP_EXIT_FAILED;
}

gboolean
esp_command_parse (
  const EspUsage *usage, const char *notes, char **arguments, const char **operands, int *status)
{
  g_autoptr (GError) error = NULL;
  gboolean help;

  if (!esp_options_parse (usage, arguments, operands, &help, &error))
    {
      *status = esp_command_complain (error);
      return FALSE;
    }
  if (help)
    {
      g_autofree char *options = esp_options_describe (usage);
      g_autofree char *text = g_strconcat (options, notes != NULL ? "\n" : NULL, notes, NULL);

      *status = esp_command_finish (text);
      return FALSE;
    }

  return TRUE;
}

const EspEnvironmentInfo *
esp_command_find_environment (const char *name, const EspTaskChoice *choice, GError **error)
{
  g_autoptr (EspEnvironment) environment = NULL;
  g_autofree char *task = NULL;

  if (choice != NULL && (choice->task.given || choice->seed.given))
    {
      if (esp_task_find_family (name) == NULL)
        {
          g_set_error (
            error, ESP_ERROR, ESP_ERROR_USAGE,
            "--task and --family-seed are for families of tasks, which “%s” is not; “espalier envs” "
            "lists them",
            name);
          return NULL;
        }
      task = esp_task_get_name (name, choice->seed.value, choice->task.value);
    }
  environment = esp_environment_new (task != NULL ? task : name, error);

  return environment != NULL ? esp_environment_get_info (environment) : NULL;
}

int
esp_command_finish (const char *text)
{
  if (fputs (text, stdout) == EOF || fflush (stdout) == EOF)
    {
      esp_command_say ("the result could not be written to the standard output: %s", g_strerror (errno));
      return ESP_EXIT_FAILED;
    }

  return ESP_EXIT_DONE;
}

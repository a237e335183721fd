/* espalier export: a formula for other programs. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-formula-export.h"
#include "esp-report.h"
#include "esp-source.h"

#define TEST_VECTORS 256

/* What the arguments ask for. */
typedef struct
{
  const char *policy;
  const char *environment;
  const char *format;
  const char *output;
  const char *vectors;
  gboolean single;
  gboolean as_json;
  EspTaskChoice choice;
} Request;

static gboolean
write_file (const char *path, const char *text, GError **error)
{
  struct stat target;
  const char *reason = NULL;
  FILE *file;

  /* a device, a pipe or a link stays what it is: only what is in it is replaced */
  if (stat (path, &target) == 0 && S_ISDIR (target.st_mode))
    reason = "it is a folder";
  else if ((file = fopen (path, "w")) == NULL)
    reason = g_strerror (errno);
  else
    {
      bool written = fputs (text, file) >= 0;

      if (fclose (file) != 0 || !written)
        reason = g_strerror (errno);
    }
  if (reason == NULL)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” cannot be written: %s", path, reason);
  return FALSE;
}

static int
print_json (const Request *request, const EspSourcePolicy *policy, EspFormat format, const char *text)
{
  g_autoptr (GString) json = g_string_new ("{\"environment\": ");

  esp_report_append_string (json, policy->environment->name);
  g_string_append_printf (json, ", \"format\": \"%s\", \"formula\": ", esp_format_get_info (format)->name);
  esp_report_append_string (json, esp_formula_get_text (policy->formula));
  g_string_append (json, ", \"reading_length\": ");
  esp_report_append_lengths (json, policy->formula);
  g_string_append (json, ", \"metrics\": ");
  esp_report_append_metrics (json, policy->formula);
  g_string_append (json, ", ");
  if (request->output != NULL)
    {
      g_string_append (json, "\"output\": ");
      esp_report_append_string (json, request->output);
    }
  else
    {
      g_string_append (json, "\"text\": ");
      esp_report_append_string (json, text);
    }
  g_string_append (json, "}\n");

  return esp_command_finish (json->str);
}

static int export(const Request *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = NULL;
  g_autofree char *text = NULL;
  g_autofree char *vectors = NULL;
  EspSourcePolicy policy = { 0 };
  EspFormat format;

  if (!esp_format_find (request->format, &format, &error)
      || !esp_source_load (&policy, request->policy, request->environment, &request->choice, &error))
    return esp_command_complain (error);
  formula = policy.formula;

  /* everything is made before anything is written */
  text = esp_formula_export (formula, policy.environment, format, request->single, &error);
  if (text == NULL)
    return esp_command_complain (error);
  if (request->vectors != NULL)
    {
      vectors = esp_formula_export_test_vectors (formula, policy.environment, TEST_VECTORS, request->single,
                                                 &error);
      if (vectors == NULL)
        return esp_command_complain (error);
    }

  if ((request->output != NULL && !write_file (request->output, text, &error))
      || (vectors != NULL && !write_file (request->vectors, vectors, &error)))
    return esp_command_complain (error);
  if (request->as_json)
    return print_json (request, &policy, format, text);

  return request->output == NULL ? esp_command_finish (text) : ESP_EXIT_DONE;
}

int
esp_command_export (char **arguments)
{
  Request request = { 0 };
  const EspOption options[] = {
    { "policy", ESP_OPTION_TEXT, &request.policy, ESP_SOURCE_PLACEHOLDER, ESP_SOURCE_DESCRIPTION },
    { "env", ESP_OPTION_TEXT, &request.environment, "ENV",
      "the environment that it acts in; a checkpoint or a result knows its own" },
    { "format", ESP_OPTION_TEXT, &request.format, "FORMAT", "what to write it as, see below" },
    { "output", ESP_OPTION_TEXT, &request.output, "FILE", "write it to FILE instead of the standard output" },
    { "test-vectors", ESP_OPTION_TEXT, &request.vectors, "FILE",
      "write states and the actions that belong to them to FILE as well (CSV)" },
    { "single", ESP_OPTION_FLAG, &request.single, NULL, "compute in single precision (C only)" },
    ESP_TASK_OPTIONS (&request.choice),
    { "json", ESP_OPTION_FLAG, &request.as_json, NULL, "print one JSON object" },
  };
  const EspUsage usage = {
    .command = "export",
    .summary = "Writes the formula of a policy for other programs: the same function, guards included.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autoptr (GString) notes = g_string_new ("Formats:\n");
  int status;

  for (int i = 0; i < ESP_N_FORMATS; i++)
    {
      const EspFormatInfo *info = esp_format_get_info ((EspFormat) i);

      g_string_append_printf (notes, "  %-8s %s\n", info->name, info->description);
    }
  g_string_append (notes,
                   "\nExample: espalier export --policy '10*theta + 2*theta_dot' --env cartpole --format c "
                   "--output policy.c\n");

  if (!esp_command_parse (&usage, notes->str, arguments, NULL, &status))
    return status;
  if (request.policy == NULL || request.format == NULL)
    {
      esp_command_say ("--%s is missing; see espalier export --help",
                       request.policy == NULL ? "policy" : "format");
      return ESP_EXIT_USAGE;
    }
  if (request.single && strcmp (request.format, esp_format_get_info (ESP_FORMAT_C)->name) != 0)
    {
      esp_command_say ("--single is for --format c");
      return ESP_EXIT_USAGE;
    }

  return export(&request);
}

/* espalier export: a formula for other programs. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-expression-json.h"
#include "esp-formula-export.h"
#include "esp-json.h"
#include "esp-report.h"
#include "esp-signal-names.h"
#include "esp-trainer.h"

#define TEST_VECTORS 256

/* Files that are read as text; a formula has no more. */
#define MAX_TEXT_BYTES ESP_FORMULA_MAX_BYTES

/* A checkpoint is a safetensors file: eight bytes of length, then a JSON object. */
#define CHECKPOINT_HEADER 9

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

/* What --policy turned out to be. */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspFormula *formula;
} Policy;

static gboolean
parse (Policy *policy, const char *text, GError **error)
{
  EspSignalNames names;

  esp_signal_names_init (&names, policy->environment);
  policy->formula = esp_formula_parse (text, &names.symbols, policy->environment->n_actions, error);

  return policy->formula != NULL;
}

/* Finds the environment that the user named, or else the one that comes with the policy. */
static gboolean
find_environment (const Request *request, const char *own, Policy *policy, GError **error)
{
  const char *name = request->environment != NULL ? request->environment : own;

  if (name == NULL)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_USAGE, "--env is missing; see espalier export --help");
      return FALSE;
    }
  policy->environment = esp_command_find_environment (name, &request->choice, error);
  if (policy->environment == NULL)
    return FALSE;
  if (own != NULL && strcmp (own, policy->environment->name) != 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the policy in “%s” is for %s, not for %s",
                   request->policy, own, policy->environment->name);
      return FALSE;
    }

  return TRUE;
}

/* Takes the formula that the run in a checkpoint ends as, as `train` does. */
static gboolean
load_checkpoint (const Request *request, Policy *policy, GError **error)
{
  g_autoptr (EspTrainer) trainer = esp_trainer_new_from_checkpoint (request->policy, error);
  EspRunState state;
  EspResult result;

  if (trainer == NULL)
    return FALSE;
  if (!find_environment (request, esp_trainer_get_environment (trainer)->name, policy, error))
    return FALSE;

  esp_trainer_finish (trainer);
  do
    state = esp_trainer_wait (trainer, 1000);
  while (state == ESP_RUN_FINISHING || state == ESP_RUN_TRAINING);
  if (!esp_trainer_get_result (trainer, &result))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "the run in “%s” has no formula yet; go on with it at least until its first evaluation",
                   request->policy);
      return FALSE;
    }
  policy->formula = esp_formula_ref (result.formula);
  esp_result_clear (&result);

  return TRUE;
}

/* Takes the formula from what `--format json` wrote. */
static gboolean
load_formula (const Request *request, JsonNode *document, Policy *policy, GError **error)
{
  g_autofree char *name = g_path_get_basename (request->policy);
  EspSignalNames names;
  size_t n;

  if (!find_environment (request, NULL, policy, error))
    return FALSE;
  esp_signal_names_init (&names, policy->environment);
  policy->formula = esp_formula_from_json_node (name, document, &names.symbols, error);
  if (policy->formula == NULL)
    return FALSE;
  n = esp_formula_get_n_actions (policy->formula);
  if (n == policy->environment->n_actions)
    return TRUE;

  g_clear_pointer (&policy->formula, esp_formula_unref);
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "%s has %zu expression%s, but %s takes %zu, one per action",
               name, n, n == 1 ? "" : "s", policy->environment->name, policy->environment->n_actions);
  return FALSE;
}

/* Takes the formula from what `train --json` or `--format json` wrote. */
static gboolean
load_json (const Request *request, Policy *policy, GError **error)
{
  g_autoptr (JsonNode) node = esp_json_load (request->policy, error);
  JsonObject *object;
  const char *formula = NULL, *environment = NULL;

  if (node == NULL)
    return FALSE;
  if (esp_json_is_formula (node))
    return load_formula (request, node, policy, error);
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object != NULL)
    {
      formula = json_object_get_string_member_with_default (object, "formula", NULL);
      environment = json_object_get_string_member_with_default (object, "environment", NULL);
    }
  if (formula == NULL)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "“%s” is neither a formula of “--format json” nor a result of “espalier train --json”, for "
        "it has no text “formula”",
        request->policy);
      return FALSE;
    }

  return find_environment (request, environment, policy, error) && parse (policy, formula, error);
}

static gboolean
load_file (const Request *request, Policy *policy, GError **error)
{
  g_autofree char *text = NULL;
  char beginning[CHECKPOINT_HEADER] = { 0 };
  FILE *file = fopen (request->policy, "rb");
  size_t n, length;

  if (file == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” cannot be read: %s", request->policy,
                   g_strerror (errno));
      return FALSE;
    }
  n = fread (beginning, 1, sizeof beginning, file);
  if (n == sizeof beginning && beginning[CHECKPOINT_HEADER - 1] == '{'
      && memchr (beginning, 0, sizeof beginning) != NULL)
    {
      fclose (file);
      return load_checkpoint (request, policy, error);
    }
  if (n > 0 && beginning[0] == '{')
    {
      fclose (file);
      return load_json (request, policy, error);
    }

  text = g_malloc (MAX_TEXT_BYTES + 2);
  rewind (file);
  length = fread (text, 1, MAX_TEXT_BYTES + 1, file);
  fclose (file);
  text[length] = '\0';
  if (length > MAX_TEXT_BYTES || strlen (text) != length)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "“%s” is neither a formula, nor a result of “espalier train --json”, nor a checkpoint",
                   request->policy);
      return FALSE;
    }
  if (!find_environment (request, NULL, policy, error))
    return FALSE;
  if (!parse (policy, g_strstrip (text), error))
    {
      g_prefix_error (error, "%s: ", request->policy);
      return FALSE;
    }

  return TRUE;
}

/* What is the name of a file is one; no formula is likely to be. */
static gboolean
load_policy (const Request *request, Policy *policy, GError **error)
{
  if (g_file_test (request->policy, G_FILE_TEST_IS_REGULAR))
    return load_file (request, policy, error);
  /* a misspelt file should not be complained of as a formula */
  if (strchr (request->policy, '/') != NULL
      && (g_str_has_prefix (request->policy, "/") || g_str_has_prefix (request->policy, "./")
          || g_str_has_prefix (request->policy, "../") || g_str_has_suffix (request->policy, ".json")
          || g_str_has_suffix (request->policy, ".safetensors")))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "there is no file “%s”", request->policy);
      return FALSE;
    }

  return find_environment (request, NULL, policy, error) && parse (policy, request->policy, error);
}

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
print_json (const Request *request, const Policy *policy, EspFormat format, const char *text)
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
  Policy policy = { 0 };
  EspFormat format;

  if (!esp_format_find (request->format, &format, &error) || !load_policy (request, &policy, &error))
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
    { "policy", ESP_OPTION_TEXT, &request.policy, "'EXPR; EXPR'|FILE",
      "one expression per action, in the names that “espalier envs” lists; or a file with that text, with "
      "what “train --json” or “--format json” wrote, or a checkpoint, of which it is the formula that the "
      "run "
      "ends as" },
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

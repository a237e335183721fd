#include "esp-source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "esp-error.h"
#include "esp-expression-json.h"
#include "esp-json.h"
#include "esp-signal-names.h"
#include "esp-trainer.h"

/* Files that are read as text; a formula has no more. */
#define MAX_TEXT_BYTES ESP_FORMULA_MAX_BYTES

/* A checkpoint is a safetensors file: eight bytes of length, then a JSON object. */
#define CHECKPOINT_HEADER 9

/* What the user typed. */
typedef struct
{
  const char *text;
  const char *environment; /* NULL: the policy knows its own */
  const EspTaskChoice *choice;
} Source;

static gboolean
parse (EspSourcePolicy *policy, const char *text, GError **error)
{
  EspSignalNames names;

  esp_signal_names_init (&names, policy->environment);
  policy->formula = esp_formula_parse (text, &names.symbols, policy->environment->n_actions, error);

  return policy->formula != NULL;
}

/* Finds the environment that the user named, or else the one that comes with the policy. */
static gboolean
find_environment (const Source *source, const char *own, EspSourcePolicy *policy, GError **error)
{
  const char *name = source->environment != NULL ? source->environment : own;

  if (name == NULL)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_USAGE, "--env is missing; see espalier export --help");
      return FALSE;
    }
  policy->environment = esp_command_find_environment (name, source->choice, error);
  if (policy->environment == NULL)
    return FALSE;
  if (own != NULL && strcmp (own, policy->environment->name) != 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the policy in “%s” is for %s, not for %s",
                   source->text, own, policy->environment->name);
      return FALSE;
    }

  return TRUE;
}

/* Takes the formula that the run in a checkpoint ends as, as `train` does. */
static gboolean
load_checkpoint (const Source *source, EspSourcePolicy *policy, GError **error)
{
  g_autoptr (EspTrainer) trainer = esp_trainer_new_from_checkpoint (source->text, error);
  EspRunState state;
  EspResult result;

  if (trainer == NULL)
    return FALSE;
  if (!find_environment (source, esp_trainer_get_environment (trainer)->name, policy, error))
    return FALSE;

  esp_trainer_finish (trainer);
  do
    state = esp_trainer_wait (trainer, 1000);
  while (state == ESP_RUN_FINISHING || state == ESP_RUN_TRAINING);
  if (!esp_trainer_get_result (trainer, &result))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                   "the run in “%s” has no formula yet; go on with it at least until its first evaluation",
                   source->text);
      return FALSE;
    }
  if (result.formula != NULL)
    policy->formula = esp_formula_ref (result.formula);
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                 "the run in “%s” trains a neural network, which has no formula", source->text);
  esp_result_clear (&result);

  return policy->formula != NULL;
}

/* Takes the formula from what `--format json` wrote. */
static gboolean
load_formula (const Source *source, JsonNode *document, EspSourcePolicy *policy, GError **error)
{
  g_autofree char *name = g_path_get_basename (source->text);
  EspSignalNames names;
  size_t n;

  if (!find_environment (source, NULL, policy, error))
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
load_json (const Source *source, EspSourcePolicy *policy, GError **error)
{
  g_autoptr (JsonNode) node = esp_json_load (source->text, error);
  JsonObject *object;
  const char *formula = NULL, *environment = NULL;

  if (node == NULL)
    return FALSE;
  if (esp_json_is_formula (node))
    return load_formula (source, node, policy, error);
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
        source->text);
      return FALSE;
    }

  return find_environment (source, environment, policy, error) && parse (policy, formula, error);
}

static gboolean
load_file (const Source *source, EspSourcePolicy *policy, GError **error)
{
  g_autofree char *text = NULL;
  char beginning[CHECKPOINT_HEADER] = { 0 };
  FILE *file = fopen (source->text, "rb");
  size_t n, length;

  if (file == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "“%s” cannot be read: %s", source->text,
                   g_strerror (errno));
      return FALSE;
    }
  n = fread (beginning, 1, sizeof beginning, file);
  if (n == sizeof beginning && beginning[CHECKPOINT_HEADER - 1] == '{'
      && memchr (beginning, 0, sizeof beginning) != NULL)
    {
      fclose (file);
      return load_checkpoint (source, policy, error);
    }
  if (n > 0 && beginning[0] == '{')
    {
      fclose (file);
      return load_json (source, policy, error);
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
                   source->text);
      return FALSE;
    }
  if (!find_environment (source, NULL, policy, error))
    return FALSE;
  if (!parse (policy, g_strstrip (text), error))
    {
      g_prefix_error (error, "%s: ", source->text);
      return FALSE;
    }

  return TRUE;
}

/* What is the name of a file is one; no formula is likely to be. */
gboolean
esp_source_load (EspSourcePolicy *policy,
                 const char *text,
                 const char *environment,
                 const EspTaskChoice *choice,
                 GError **error)
{
  const Source source = { text, environment, choice };

  *policy = (EspSourcePolicy){ .is_file = g_file_test (text, G_FILE_TEST_IS_REGULAR) };
  if (policy->is_file)
    return load_file (&source, policy, error);
  /* a misspelt file should not be complained of as a formula */
  if (strchr (text, '/') != NULL
      && (g_str_has_prefix (text, "/") || g_str_has_prefix (text, "./") || g_str_has_prefix (text, "../")
          || g_str_has_suffix (text, ".json") || g_str_has_suffix (text, ".safetensors")))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "there is no file “%s”", text);
      return FALSE;
    }

  return find_environment (&source, NULL, policy, error) && parse (policy, text, error);
}

#include "esp-file-source.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-folder.h"
#include "esp-json-reader.h"
#include "esp-json.h"
#include "esp-latex-check.h"
#include "esp-model-check.h"
#include "esp-mujoco.h"
#include "esp-print.h"

#define MAX_JSON_BYTES  (1u << 20)
#define MAX_NAME        40
#define MAX_TITLE       80
#define MAX_SENTENCE    400
#define MAX_EXPRESSION  4000
#define MAX_PATH        400
#define MAX_STEPS       1e6
#define MAX_FRAME_SKIP  1000
#define MAX_LIMIT       1e9
#define MAX_TIME_STEP   10
#define MAX_RULE_NUMBER 1e6

static const char *
keep (EspFileDefinition *definition, const char *text)
{
  return g_string_chunk_insert_const (definition->texts, text);
}

/* An environment's name is written on command lines and into the names of recipes' folders. */
static gboolean
check_environment_name (const char *name, GError **error)
{
  gboolean good = g_ascii_isalpha (name[0]);

  for (const char *c = name; *c != '\0'; c++)
    good &= g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '-';
  if (!good)
    g_set_error (
      error, ESP_ERROR, ESP_ERROR_RANGE,
      "the name “%s” must be made of lower-case letters, digits and dashes and begin with a letter", name);

  return good;
}

/* Formulas are written with the names of observations: they must mean nothing else. */
static gboolean
check_signal_name (const char *name, const char *where, GError **error)
{
  static const char *const words[] = { "pi", "inf", "nan", NULL };
  gboolean good = g_ascii_isalpha (name[0]);
  gboolean taken = g_strv_contains (words, name)
                   || (name[0] == 's' && name[1] != '\0'
                       && strspn (name + 1, "0123456789") == strlen (name + 1));

  for (const char *c = name; *c != '\0'; c++)
    good &= g_ascii_isalnum (*c) || *c == '_';
  for (int i = ESP_OPERATION_SIN; i < ESP_N_OPERATIONS; i++)
    taken |= strcmp (name, esp_operation_get_name (i)) == 0;
  if (!good)
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                 "the name “%s” of %s must be made of letters a to z, digits and “_” and begin with a letter",
                 name, where);
  else if (taken)
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                 "the name “%s” of %s means something else in formulas; choose another", name, where);

  return good && !taken;
}

static gboolean
read_title (EspFileSource *source, EspJsonReader *reader, GError **error)
{
  EspFileDefinition *definition = source->definition;
  const char *name = NULL, *title, *description = NULL;

  if (!esp_json_reader_get_text (reader, "name", MAX_NAME, &name, error)
      || !check_environment_name (name, error))
    return FALSE;
  title = name;
  if (!esp_json_reader_get_text (reader, "title", MAX_TITLE, &title, error)
      || !esp_json_reader_get_text (reader, "description", MAX_SENTENCE, &description, error))
    return FALSE;
  definition->info.name = keep (definition, name);
  definition->info.title = keep (definition, title);
  definition->info.description = keep (definition, description);

  return TRUE;
}

static gboolean
read_model (EspFileSource *source, EspJsonReader *reader, GError **error)
{
  EspFileDefinition *definition = source->definition;
  const char *name = NULL;
  g_autofree char *path = NULL;

  if (!esp_json_reader_get_text (reader, "model", MAX_PATH, &name, error)
      || !esp_model_check_file (source->folder, name, source->checksum, error))
    return FALSE;
  path = esp_folder_find (source->folder, name, error);
  if (path == NULL)
    return FALSE;
  definition->model = esp_mujoco_load_file (path, error);
  if (definition->model == NULL || !esp_model_check_size (definition->model, error))
    return FALSE;
  definition->symbols = esp_model_symbols_new (definition->model);
  definition->info.n_pose = (size_t) definition->model->nq;

  return TRUE;
}

/* Reads what observations and actions have in common into @signal, whose limits are the defaults. */
static gboolean
read_signal (EspFileSource *source, EspJsonReader *reader, EspSignal *signal, GError **error)
{
  const char *name = NULL, *unicode, *latex = "", *description = "", *unit = "";
  g_autofree char *derived = NULL;
  g_autoptr (EspExpression) variable = NULL;

  if (!esp_json_reader_get_text (reader, "name", MAX_NAME, &name, error)
      || !check_signal_name (name, reader->where, error))
    return FALSE;
  unicode = name;
  description = name;
  if (!esp_json_reader_get_text (reader, "unicode", MAX_NAME, &unicode, error)
      || !esp_json_reader_get_text (reader, "latex", MAX_TITLE, &latex, error)
      || !esp_json_reader_get_text (reader, "description", MAX_SENTENCE, &description, error)
      || !esp_json_reader_get_text (reader, "unit", MAX_NAME, &unit, error)
      || !esp_json_reader_get_number (reader, "low", -MAX_LIMIT, MAX_LIMIT, &signal->low, error)
      || !esp_json_reader_get_number (reader, "high", -MAX_LIMIT, MAX_LIMIT, &signal->high, error))
    return FALSE;
  if (!(signal->low < signal->high))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“low” of %s, %.10g, is not below “high”, %.10g",
                   reader->where, signal->low, signal->high);
      return FALSE;
    }
  if (latex[0] != '\0' && !esp_latex_check (latex))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "“latex” of %s may only have letters, digits, sub- and superscripts, Greek letters and "
                   "accents, with braces in pairs",
                   reader->where);
      return FALSE;
    }
  if (latex[0] == '\0')
    {
      variable = esp_expression_variable (0);
      derived = esp_expression_to_latex (variable, &(EspSymbols){ 1, &name, NULL, NULL }, 0);
      latex = derived;
    }

  signal->name = keep (source->definition, name);
  signal->unicode = keep (source->definition, unicode);
  signal->latex = keep (source->definition, latex);
  signal->description = keep (source->definition, description);
  signal->unit = keep (source->definition, unit);

  return TRUE;
}

static gboolean
check_unused (const EspSignal *signals, size_t n, const char *name, const char *where, GError **error)
{
  for (size_t i = 0; i < n; i++)
    {
      if (strcmp (signals[i].name, name) != 0)
        continue;
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "%s is called “%s” like an earlier one", where, name);
      return FALSE;
    }

  return TRUE;
}

/* Returns the array @name of 1 to @most elements. */
static JsonArray *
read_array (EspJsonReader *reader, const char *name, guint most, GError **error)
{
  JsonNode *node = esp_json_reader_get (reader, name, TRUE, error);
  JsonArray *array;

  if (node == NULL)
    return NULL;
  array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  if (array != NULL && json_array_get_length (array) >= 1 && json_array_get_length (array) <= most)
    return array;
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” must be a list of 1 to %u entries", name, most);

  return NULL;
}

static gboolean
read_action (EspFileSource *source, JsonNode *node, size_t i, GError **error)
{
  static const char *const known[] = { "name", "unicode", "latex",    "description", "unit",
                                       "low",  "high",    "actuator", NULL };
  EspFileDefinition *definition = source->definition;
  const mjModel *model = definition->model;
  g_auto (EspJsonReader) reader = { 0 };
  EspSignal *action = &definition->actions[i];
  const char *actuator = NULL;
  const mjtNum *range;
  int id;

  if (!esp_json_reader_init (&reader, node, known, error, "action %zu", i + 1)
      || !esp_json_reader_get_text (&reader,
                                    json_object_has_member (reader.object, "actuator") ? "actuator" : "name",
                                    MAX_SENTENCE, &actuator, error))
    return FALSE;
  id = mj_name2id (model, mjOBJ_ACTUATOR, actuator);
  if (id < 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the model has no actuator “%s” for %s", actuator,
                   reader.where);
      return FALSE;
    }
  for (size_t k = 0; k < i; k++)
    {
      if (definition->actuators[k] == id)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "%s moves the actuator “%s” like an earlier one",
                       reader.where, actuator);
          return FALSE;
        }
    }
  definition->actuators[i] = id;
  range = model->actuator_ctrlrange + 2 * id;
  action->low = model->actuator_ctrllimited[id] ? range[0] : NAN;
  action->high = model->actuator_ctrllimited[id] ? range[1] : NAN;
  if (!model->actuator_ctrllimited[id]
      && (!json_object_has_member (reader.object, "low") || !json_object_has_member (reader.object, "high")))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "%s needs “low” and “high”, because the actuator “%s” has no ctrlrange", reader.where,
                   actuator);
      return FALSE;
    }
  if (!read_signal (source, &reader, action, error)
      || !check_unused (definition->actions, i, action->name, reader.where, error))
    return FALSE;
  if (model->actuator_ctrllimited[id] && (action->low < range[0] || action->high > range[1]))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the limits of %s go beyond the ctrlrange of the actuator “%s”, %.10g to %.10g",
                   reader.where, actuator, range[0], range[1]);
      return FALSE;
    }
  esp_model_symbols_add_action (definition->symbols, action->name, id);

  return TRUE;
}

static gboolean
read_actions (EspFileSource *source, EspJsonReader *reader, GError **error)
{
  EspFileDefinition *definition = source->definition;
  JsonArray *array = read_array (reader, "actions", ESP_MAX_ACTIONS, error);

  if (array == NULL)
    return FALSE;
  definition->info.n_actions = json_array_get_length (array);
  definition->info.actions = definition->actions;
  for (guint i = 0; i < definition->info.n_actions; i++)
    {
      if (!read_action (source, json_array_get_element (array, i), i, error))
        return FALSE;
    }

  return TRUE;
}

EspExpression *
esp_file_source_read_expression (
  EspFileSource *source, EspJsonReader *reader, const char *name, gboolean joints_only, GError **error)
{
  JsonNode *node = json_object_get_member (reader->object, name);
  const char *text = NULL;
  EspExpression *expression;

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING)
    {
      double value = NAN;

      return esp_json_reader_get_number (reader, name, -MAX_RULE_NUMBER, MAX_RULE_NUMBER, &value, error)
               ? esp_expression_constant (value)
               : NULL;
    }
  if (!esp_json_reader_get_text (reader, name, MAX_EXPRESSION, &text, error))
    return NULL;
  expression = esp_model_symbols_parse (source->definition->symbols, text, joints_only, error);
  if (expression == NULL)
    g_prefix_error (error, "“%s” of %s: ", name, reader->where);

  return expression;
}

static EspExpression *
read_observation (EspFileSource *source, JsonNode *node, size_t i, GError **error)
{
  static const char *const known[] = { "name", "unicode", "latex",      "description", "unit",
                                       "low",  "high",    "expression", NULL };
  EspFileDefinition *definition = source->definition;
  EspSignal *observation = &definition->observations[i];
  g_auto (EspJsonReader) reader = { 0 };

  observation->low = -INFINITY;
  observation->high = INFINITY;
  if (!esp_json_reader_init (&reader, node, known, error, "observation %zu", i + 1)
      || !read_signal (source, &reader, observation, error)
      || !check_unused (definition->observations, i, observation->name, reader.where, error))
    return NULL;

  return esp_file_source_read_expression (
    source, &reader, json_object_has_member (reader.object, "expression") ? "expression" : "name", FALSE,
    error);
}

/* Reads all that is computed in each step. */
static gboolean
read_outputs (EspFileSource *source, EspJsonReader *reader, GError **error)
{
  EspFileDefinition *definition = source->definition;
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  JsonArray *array = read_array (reader, "observations", ESP_MAX_OBSERVATIONS, error);
  EspSymbols symbols;
  EspExpression *expression;

  if (array == NULL)
    return FALSE;
  definition->info.n_observations = json_array_get_length (array);
  definition->info.observations = definition->observations;
  for (guint i = 0; i < definition->info.n_observations; i++)
    {
      expression = read_observation (source, json_array_get_element (array, i), i, error);
      if (expression == NULL)
        return FALSE;
      g_ptr_array_add (outputs, expression);
    }
  expression = esp_file_source_read_expression (source, reader, "reward", FALSE, error);
  if (expression == NULL)
    return FALSE;
  g_ptr_array_add (outputs, expression);
  expression = json_object_has_member (reader->object, "termination")
                 ? esp_file_source_read_expression (source, reader, "termination", FALSE, error)
                 : esp_expression_constant (0);
  if (expression == NULL)
    return FALSE;
  g_ptr_array_add (outputs, expression);

  symbols = esp_model_symbols_get (definition->symbols);
  definition->outputs = esp_formula_new ((EspExpression *const *) outputs->pdata, outputs->len, &symbols);

  return TRUE;
}

static gboolean
read_lengths (EspFileSource *source, EspJsonReader *reader, GError **error)
{
  EspFileDefinition *definition = source->definition;
  double max_steps = 1000, frame_skip = 1, time_step;

  if (!esp_json_reader_get_number (reader, "max_steps", 1, MAX_STEPS, &max_steps, error)
      || !esp_json_reader_get_number (reader, "frame_skip", 1, MAX_FRAME_SKIP, &frame_skip, error))
    return FALSE;
  time_step = frame_skip * definition->model->opt.timestep;
  if (max_steps != floor (max_steps) || frame_skip != floor (frame_skip) || time_step > MAX_TIME_STEP)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "“max_steps” and “frame_skip” must be whole numbers, and a step at most %d s long",
                   MAX_TIME_STEP);
      return FALSE;
    }
  definition->info.max_steps = (size_t) max_steps;
  definition->info.time_step = time_step;
  definition->info.has_engine = true;
  definition->frame_skip = (int) frame_skip;

  return TRUE;
}

static gboolean
read_root (EspFileSource *source, JsonNode *root, GError **error)
{
  static const char *const known[] = { "name",         "title",     "description", "model",
                                       "observations", "actions",   "reward",      "termination",
                                       "reset",        "max_steps", "frame_skip",  NULL };
  g_auto (EspJsonReader) reader = { 0 };

  return esp_json_reader_init (&reader, root, known, error, "the environment")
         && read_title (source, &reader, error) && read_model (source, &reader, error)
         && read_actions (source, &reader, error) && read_outputs (source, &reader, error)
         && esp_file_source_read_reset (source, json_object_get_member (reader.object, "reset"), error)
         && read_lengths (source, &reader, error);
}

static gboolean
read_file (EspFileSource *source, const char *path, GError **error)
{
  EspFileDefinition *definition = source->definition;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  size_t length;

  definition->file = esp_folder_locate (path, error);
  if (definition->file == NULL)
    return FALSE;
  source->folder = g_path_get_dirname (definition->file);
  text = esp_folder_read (definition->file, MAX_JSON_BYTES, &length, error);
  if (text == NULL)
    return FALSE;
  g_checksum_update (source->checksum, (const guchar *) text, (gssize) length);
  root = esp_json_parse ("it", text, length, error);
  if (root == NULL || !read_root (source, root, error))
    return FALSE;
  definition->digest = g_strdup (g_checksum_get_string (source->checksum));

  return TRUE;
}

/* Puts the file's @name before the sentence, which may quote a part of a character. */
static void
blame_file (const char *name, GError **error)
{
  char *valid;

  if (error == NULL)
    return;
  valid = g_utf8_make_valid ((*error)->message, -1);
  g_free ((*error)->message);
  (*error)->message = g_strdup_printf ("the environment “%s” cannot be used: %s", name, valid);
  g_free (valid);
}

EspFileDefinition *
esp_file_definition_load (const char *path, GError **error)
{
  g_autoptr (EspFileDefinition) definition = g_new0 (EspFileDefinition, 1);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *name = g_filename_display_basename (path);
  EspFileSource source = { .definition = definition, .checksum = checksum };
  gboolean good;

  definition->keyframe = -1;
  definition->texts = g_string_chunk_new (1024);
  definition->rules = g_array_new (FALSE, TRUE, sizeof (EspResetRule));
  g_array_set_clear_func (definition->rules, esp_file_reset_rule_clear);
  definition->interface.info = &definition->info;
  good = read_file (&source, path, error);
  g_free (source.folder);
  if (!good)
    {
      blame_file (name, error);
      return NULL;
    }
  definition->info.scene = keep (definition, definition->file);
  definition->info.file = definition->file;
  definition->info.digest = definition->digest;

  return g_steal_pointer (&definition);
}

void
esp_file_definition_free (EspFileDefinition *definition)
{
  if (definition == NULL)
    return;
  g_free (definition->file);
  g_free (definition->digest);
  g_string_chunk_free (definition->texts);
  mj_deleteModel (definition->model);
  esp_model_symbols_free (definition->symbols);
  esp_formula_unref (definition->outputs);
  g_array_unref (definition->rules);
  g_free (definition);
}

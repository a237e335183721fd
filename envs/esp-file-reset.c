#include "esp-file-source.h"

#include <string.h>

#include "esp-error.h"

#define MAX_KEYFRAME 400

static EspFormula *
read_rule_number (EspFileSource *source, EspJsonReader *reader, const char *name, GError **error)
{
  g_autoptr (EspExpression) expression = esp_file_source_read_expression (source, reader, name, TRUE, error);
  EspSymbols symbols = esp_model_symbols_get (source->definition->symbols);

  return expression != NULL ? esp_formula_new (&expression, 1, &symbols) : NULL;
}

/* Reads the noise of @reader into @rule. */
static gboolean
read_noise (EspFileSource *source, EspJsonReader *reader, EspResetRule *rule, GError **error)
{
  gboolean is_uniform = json_object_has_member (reader->object, "uniform");

  rule->is_normal = json_object_has_member (reader->object, "normal");
  if (rule->is_normal && is_uniform)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s has “uniform” and “normal”; give one of them",
                   reader->where);
      return FALSE;
    }
  if (!rule->is_normal && !is_uniform)
    return TRUE;
  rule->noise = read_rule_number (source, reader, rule->is_normal ? "normal" : "uniform", error);

  return rule->noise != NULL;
}

void
esp_file_reset_rule_clear (void *data)
{
  EspResetRule *rule = data;

  esp_formula_unref (rule->value);
  esp_formula_unref (rule->noise);
}

/* Reads the noise of all positions or velocities into one rule for each of them. */
static gboolean
read_default_noise (EspFileSource *source, EspJsonReader *reset, EspSymbolKind kind, GError **error)
{
  static const char *const known[] = { "uniform", "normal", NULL };
  EspFileDefinition *definition = source->definition;
  const char *name = kind == ESP_SYMBOL_POSITION ? "positions" : "velocities";
  JsonNode *node = json_object_get_member (reset->object, name);
  int n = kind == ESP_SYMBOL_POSITION ? definition->model->nq : definition->model->nv;
  g_auto (EspJsonReader) reader = { 0 };
  EspResetRule rule = { 0 };
  gboolean good;

  if (node == NULL)
    return TRUE;
  good = esp_json_reader_init (&reader, node, known, error, "“%s” of the reset", name)
         && read_noise (source, &reader, &rule, error);
  for (int i = 0; i < n && good && rule.noise != NULL; i++)
    {
      EspResetRule copy = { kind, i, NULL, esp_formula_ref (rule.noise), rule.is_normal };

      g_array_append_val (definition->rules, copy);
    }
  esp_file_reset_rule_clear (&rule);

  return good;
}

/* Adds the @rule of one joint. It takes the place of that of all, and comes after those of the others. */
static void
put_rule (GArray *rules, const EspResetRule *rule, gboolean has_noise)
{
  EspResetRule new = *rule;

  for (guint i = 0; i < rules->len; i++)
    {
      EspResetRule *old = &g_array_index (rules, EspResetRule, i);

      if (old->kind != rule->kind || old->index != rule->index)
        continue;
      if (!has_noise && old->noise != NULL)
        {
          new.noise = esp_formula_ref (old->noise);
          new.is_normal = old->is_normal;
        }
      g_array_remove_index (rules, i);
      break;
    }
  g_array_append_val (rules, new);
}

static gboolean
read_joint_rule (EspFileSource *source, const char *name, JsonNode *node, GError **error)
{
  static const char *const known[] = { "value", "uniform", "normal", NULL };
  EspFileDefinition *definition = source->definition;
  g_auto (EspJsonReader) reader = { 0 };
  EspResetRule rule = { 0 };

  if (!esp_model_symbols_find_joint (definition->symbols, name, &rule.kind, &rule.index))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "the reset names “%.60s”, but the model has no such position or velocity of a joint",
                   name);
      return FALSE;
    }
  if (!esp_json_reader_init (&reader, node, known, error, "“%s” of the reset", name))
    return FALSE;
  if (json_object_has_member (reader.object, "value"))
    {
      rule.value = read_rule_number (source, &reader, "value", error);
      if (rule.value == NULL)
        return FALSE;
    }
  if (!read_noise (source, &reader, &rule, error))
    {
      esp_file_reset_rule_clear (&rule);
      return FALSE;
    }
  put_rule (definition->rules, &rule, rule.noise != NULL);

  return TRUE;
}

static gboolean
read_joint_rules (EspFileSource *source, EspJsonReader *reset, GError **error)
{
  JsonNode *node = json_object_get_member (reset->object, "joints");
  JsonObjectIter iter;
  const char *name;
  JsonNode *rule;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_SYNTAX, "“joints” of the reset is not a JSON object");
      return FALSE;
    }
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &rule))
    {
      if (!read_joint_rule (source, name, rule, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
esp_file_source_read_reset (EspFileSource *source, JsonNode *node, GError **error)
{
  static const char *const known[] = { "keyframe", "positions", "velocities", "joints", NULL };
  EspFileDefinition *definition = source->definition;
  g_auto (EspJsonReader) reader = { 0 };
  const char *keyframe = "";

  if (node == NULL)
    return TRUE;
  if (!esp_json_reader_init (&reader, node, known, error, "the reset")
      || !esp_json_reader_get_text (&reader, "keyframe", MAX_KEYFRAME, &keyframe, error))
    return FALSE;
  if (keyframe[0] != '\0')
    {
      definition->keyframe = mj_name2id (definition->model, mjOBJ_KEY, keyframe);
      if (definition->keyframe < 0)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the model has no keyframe “%s” for the reset",
                       keyframe);
          return FALSE;
        }
    }

  return read_default_noise (source, &reader, ESP_SYMBOL_POSITION, error)
         && read_default_noise (source, &reader, ESP_SYMBOL_VELOCITY, error)
         && read_joint_rules (source, &reader, error);
}

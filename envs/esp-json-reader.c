#include "esp-json-reader.h"

#include <math.h>
#include <stdarg.h>

#include "esp-error.h"

gboolean
esp_json_reader_init (
  EspJsonReader *reader, JsonNode *node, const char *const *known, GError **error, const char *where, ...)
{
  JsonObjectIter iter;
  const char *name;
  va_list arguments;

  va_start (arguments, where);
  reader->where = g_strdup_vprintf (where, arguments);
  va_end (arguments);
  reader->object = NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not a JSON object", reader->where);
      return FALSE;
    }

  reader->object = json_node_get_object (node);
  json_object_iter_init (&iter, reader->object);
  while (json_object_iter_next (&iter, &name, NULL))
    {
      if (g_strv_contains (known, name))
        continue;

      g_autofree char *names = g_strjoinv (", ", (char **) known);

      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s has no “%.60s”; there are %s", reader->where, name,
                   names);
      return FALSE;
    }

  return TRUE;
}

void
esp_json_reader_clear (EspJsonReader *reader)
{
  g_clear_pointer (&reader->where, g_free);
}

JsonNode *
esp_json_reader_get (EspJsonReader *reader, const char *name, gboolean needed, GError **error)
{
  JsonNode *node = json_object_get_member (reader->object, name);

  if (node == NULL && needed)
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s lacks “%s”", reader->where, name);

  return node;
}

static gboolean
is_text (const char *text, size_t most)
{
  if ((size_t) g_utf8_strlen (text, -1) > most)
    return FALSE;
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    {
      GUnicodeType type = g_unichar_type (g_utf8_get_char (c));

      if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR
          || type == G_UNICODE_PARAGRAPH_SEPARATOR)
        return FALSE;
    }

  return TRUE;
}

gboolean
esp_json_reader_get_text (
  EspJsonReader *reader, const char *name, size_t most, const char **text, GError **error)
{
  JsonNode *node = esp_json_reader_get (reader, name, *text == NULL, error);

  if (node == NULL)
    return *text != NULL;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING
      || !is_text (json_node_get_string (node), most)
      || (json_node_get_string (node)[0] == '\0' && (*text == NULL || (*text)[0] != '\0')))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "“%s” of %s must be a text in one line of %s%zu characters", name, reader->where,
                   *text == NULL || (*text)[0] != '\0' ? "1 to " : "at most ", most);
      return FALSE;
    }
  *text = json_node_get_string (node);

  return TRUE;
}

gboolean
esp_json_reader_get_number (
  EspJsonReader *reader, const char *name, double low, double high, double *number, GError **error)
{
  JsonNode *node = json_object_get_member (reader->object, name);
  GType type;
  double value;

  if (node == NULL)
    return TRUE;
  type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;
  value = type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double (node) : NAN;
  if (!(value >= low && value <= high))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” of %s must be a number from %.10g to %.10g", name,
                   reader->where, low, high);
      return FALSE;
    }
  *number = value;

  return TRUE;
}

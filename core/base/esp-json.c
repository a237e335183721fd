#include "esp-json.h"

#include <glib/gstdio.h>

#include "esp-error.h"

/* json-glib 1.6 parses by recursion without a limit, so the depth is counted first. */
static gboolean
is_too_deep (const char *text, gsize length)
{
  int depth = 0;
  gboolean quoted = FALSE;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (quoted)
        {
          if (c == '\\')
            i++;
          else if (c == '"')
            quoted = FALSE;
        }
      else if (c == '"')
        quoted = TRUE;
      else if ((c == '[' || c == '{') && ++depth > ESP_JSON_MAX_DEPTH)
        return TRUE;
      else if (c == ']' || c == '}')
        depth--;
    }

  return FALSE;
}

/* The parser forgets the position before it returns. */
static void
note_position (JsonParser *parser, const GError *error, guint *position)
{
  position[0] = json_parser_get_current_line (parser);
  position[1] = json_parser_get_current_pos (parser);
}

JsonNode *
esp_json_parse (const char *name, const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  guint position[2] = { 0, 0 };

  if (length > ESP_JSON_MAX_BYTES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "%s is larger than %u MiB", name,
                   ESP_JSON_MAX_BYTES >> 20);
      return NULL;
    }
  if (!g_utf8_validate (text, length, NULL))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not UTF-8 text", name);
      return NULL;
    }
  if (is_too_deep (text, length))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is nested more than %d levels deep", name,
                   ESP_JSON_MAX_DEPTH);
      return NULL;
    }

  parser = json_parser_new_immutable ();
  g_signal_connect (parser, "error", G_CALLBACK (note_position), position);
  if (!json_parser_load_from_data (parser, text, length, NULL))
    {
      /* json-glib's own message starts with a file name that means nothing here */
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not valid JSON near line %u, column %u", name,
                   position[0], position[1]);
      return NULL;
    }
  if (json_parser_get_root (parser) == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is empty", name);
      return NULL;
    }

  return json_node_ref (json_parser_get_root (parser));
}

JsonNode *
esp_json_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *name = g_path_get_basename (path);
  GStatBuf status;
  gsize length;

  if (g_stat (path, &status) == 0 && status.st_size > ESP_JSON_MAX_BYTES)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "%s is larger than %u MiB", name,
                   ESP_JSON_MAX_BYTES >> 20);
      return NULL;
    }
  if (!g_file_get_contents (path, &text, &length, NULL))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot read “%s”", path);
      return NULL;
    }

  return esp_json_parse (name, text, length, error);
}

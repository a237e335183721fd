#include "esp-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "esp-error.h"

/* How far a scan has come, for messages. */
typedef struct
{
  const char *text;
  gsize length;
  gsize position;
} Scan;

static gboolean
refuse_at (const char *name, const Scan *scan, GError **error)
{
  unsigned line = 1, column = 1;

  for (gsize i = 0; i < MIN (scan->position, scan->length); i++)
    if (scan->text[i] == '\n')
      {
        line++;
        column = 1;
      }
    else if ((scan->text[i] & 0xc0) != 0x80) /* the first byte of a character */
      column++;

  g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not valid JSON: line %u, column %u", name, line,
               column);
  return FALSE;
}

/* Whether the @length characters at @word are a number as JSON writes it. */
static gboolean
is_number (const char *word, gsize length)
{
  const char *c = word, *end = word + length;

#define SKIP_DIGITS()                     \
  if (c == end || !g_ascii_isdigit (*c))  \
    return FALSE;                         \
  while (c < end && g_ascii_isdigit (*c)) \
    c++;

  if (c < end && *c == '-')
    c++;
  if (c + 1 < end && *c == '0' && g_ascii_isdigit (c[1]))
    return FALSE;
  SKIP_DIGITS ();
  if (c < end && *c == '.')
    {
      c++;
      SKIP_DIGITS ();
    }
  if (c < end && (*c == 'e' || *c == 'E'))
    {
      c++;
      if (c < end && (*c == '+' || *c == '-'))
        c++;
      SKIP_DIGITS ();
    }
#undef SKIP_DIGITS

  return c == end;
}

static gboolean
is_word (const char *word, gsize length)
{
  static const char *const words[] = { "true", "false", "null" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strlen (words[i]) == length && memcmp (words[i], word, length) == 0)
      return TRUE;

  return is_number (word, length);
}

/* json-glib 1.6 recurses without a limit, so the depth is counted first. It also reads comments, other
 * quotation marks, assignments and octal numbers, which are no JSON (010 would be 8) and in which brackets
 * could hide from the count: whatever stands outside of strings must be JSON's, and what is escaped in them.
 */
static gboolean
scan_tokens (const char *name, const char *text, gsize length, GError **error)
{
  Scan scan = { text, length, 0 };
  int depth = 0;

  while (scan.position < length)
    {
      char c = text[scan.position];
      gsize start = scan.position++;

      if (c == '"')
        {
          while (scan.position < length && text[scan.position] != '"')
            {
              /* json-glib would take \101 for a letter as well, and drop other backslashes */
              if (text[scan.position] == '\\' && scan.position + 1 < length
                  && (text[scan.position + 1] == '\0'
                      || strchr ("\"\\/bfnrtu", text[scan.position + 1]) == NULL))
                return refuse_at (name, &scan, error);
              scan.position += text[scan.position] == '\\' ? 2 : 1;
            }
          if (scan.position >= length)
            return refuse_at (name, &scan, error);
          scan.position++;
        }
      else if (c == '[' || c == '{')
        {
          if (++depth > ESP_JSON_MAX_DEPTH)
            {
              g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is nested more than %d levels deep", name,
                           ESP_JSON_MAX_DEPTH);
              return FALSE;
            }
        }
      else if (c == ']' || c == '}')
        depth--;
      else if (g_ascii_isalnum (c) || c == '-')
        {
          while (scan.position < length
                 && (g_ascii_isalnum (text[scan.position]) || strchr ("+-.", text[scan.position]) != NULL))
            scan.position++;
          if (!is_word (text + start, scan.position - start))
            {
              scan.position = start;
              return refuse_at (name, &scan, error);
            }
        }
      else if (c == '\0' || strchr (",: \t\n\r", c) == NULL)
        {
          scan.position = start;
          return refuse_at (name, &scan, error);
        }
    }

  return TRUE;
}

static gboolean
refuse_size (const char *name, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "%s is larger than %u MiB", name, ESP_JSON_MAX_BYTES >> 20);
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
      refuse_size (name, error);
      return NULL;
    }
  if (!g_utf8_validate (text, length, NULL))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not UTF-8 text", name);
      return NULL;
    }
  if (!scan_tokens (name, text, length, error))
    return NULL;

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

/* Reads the file @path, which may be a pipe, up to what a text may have. */
static GString *
read_text (const char *path, const char *name, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char block[65536];
  ssize_t n;
  int file = open (path, O_RDONLY | O_CLOEXEC);

  if (file < 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot read “%s”: %s", path, g_strerror (errno));
      return NULL;
    }
  while ((n = read (file, block, sizeof block)) > 0 || (n < 0 && errno == EINTR))
    {
      if (n > 0)
        g_string_append_len (text, block, n);
      if (text->len > ESP_JSON_MAX_BYTES)
        {
          close (file);
          refuse_size (name, error);
          return NULL;
        }
    }
  if (n < 0)
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot read “%s”: %s", path, g_strerror (errno));
  close (file);

  return n < 0 ? NULL : g_steal_pointer (&text);
}

JsonNode *
esp_json_load (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GString) text = read_text (path, name, error);

  return text != NULL ? esp_json_parse (name, text->str, text->len, error) : NULL;
}

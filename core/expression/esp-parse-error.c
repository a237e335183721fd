/* Saying what is wrong with a text, and pointing at the piece. */

#include <string.h>

#include "esp-parse-private.h"

/* So many cells of a line are shown, and so many of them at least before the piece. */
#define MOST_CELLS   72
#define CELLS_BEFORE 30

/* Fails at the piece of text from byte @start on. Between @before and @after the message says where, such as
 * “column 3” or “line 2, column 3”. */
EspExpression *
esp_parser_fail_at (
  EspParser *parser, EspError code, size_t start, size_t length, const char *before, const char *after)
{
  EspParseError *failure = parser->failure;
  g_autofree char *position = NULL;
  const char *line = parser->text;

  failure->code = code;
  failure->start = start;
  failure->length = length;
  failure->line = 1;
  for (const char *c = line; c < parser->text + start; c++)
    if (*c == '\n')
      {
        line = c + 1;
        failure->line++;
      }
  failure->column = g_utf8_strlen (line, parser->text + start - line) + 1;
  position = failure->line == 1 ? g_strdup_printf ("column %" G_GSIZE_FORMAT, failure->column)
                                : g_strdup_printf ("line %" G_GSIZE_FORMAT ", column %" G_GSIZE_FORMAT,
                                                   failure->line, failure->column);
  failure->message = g_strconcat (before, position, after, NULL);
  return NULL;
}

EspExpression *
esp_parser_fail_at_token (
  EspParser *parser, EspError code, const EspToken *token, const char *before, const char *after)
{
  return esp_parser_fail_at (parser, code, token->text - parser->text, token->length, before, after);
}

EspExpression *
esp_parser_fail (EspParser *parser, const char *expected)
{
  g_autofree char *found = esp_token_describe (&parser->token);
  g_autofree char *before = g_strdup_printf ("found %s at ", found);
  g_autofree char *after = g_strdup_printf (", expected %s", expected);

  parser->failure->expected = g_strdup (expected);
  return esp_parser_fail_at_token (parser, ESP_ERROR_SYNTAX, &parser->token, before, after);
}

/* Fails because there is more than is read; @what ends with “at ”. */
EspExpression *
esp_parser_fail_limit (EspParser *parser, const char *what)
{
  return esp_parser_fail_at_token (parser, ESP_ERROR_SYNTAX, &parser->token, what, ", write it with fewer");
}

/* Returns how much of a terminal's line @c takes: marks take none, wide characters two. */
static size_t
get_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/* Appends the characters from @start to @end, and returns their width. */
static size_t
append_visible (GString *string, const char *start, const char *end)
{
  size_t width = 0;

  for (const char *c = start; c < end; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character == '\t')
        character = ' ';
      else if (!g_unichar_isprint (character) && !g_unichar_ismark (character))
        character = 0xfffd;
      g_string_append_unichar (string, character);
      width += get_width (character);
    }
  return width;
}

/* Returns the place @n characters before @c, but not before @start. */
static const char *
go_back (const char *start, const char *c, size_t n)
{
  while (c > start && n-- > 0)
    c = g_utf8_prev_char (c);
  /* not between a letter and its accent */
  while (c > start && g_unichar_ismark (g_utf8_get_char (c)))
    c = g_utf8_prev_char (c);
  return c;
}

static const char *
go_on (const char *c, const char *end, size_t n)
{
  while (c < end && (n-- > 0 || g_unichar_ismark (g_utf8_get_char (c))))
    c = g_utf8_next_char (c);
  return MIN (c, end);
}

char *
esp_parse_error_point (const EspParseError *failure, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  size_t size = strlen (valid), start = MIN (failure->start, size);
  const char *piece = valid + start;
  const char *piece_end = piece + MIN (failure->length, size - start);
  const char *line = piece, *line_end = strchrnul (piece, '\n');
  const char *from, *to;
  g_autoptr (GString) shown = g_string_new ("  ");
  g_autoptr (GString) caret = g_string_new ("  ");
  size_t before, width;

  /* a byte that was no character has become a longer one */
  while ((*piece_end & 0xc0) == 0x80)
    piece_end++;
  while (line > valid && line[-1] != '\n')
    line--;
  if (line_end > line && line_end[-1] == '\r' && line_end - 1 >= piece)
    line_end--;
  piece_end = MIN (piece_end, line_end);
  from = go_back (line, piece, CELLS_BEFORE);
  to = go_on (from, line_end, MOST_CELLS);
  from = go_back (line, to, MAX (MOST_CELLS, g_utf8_pointer_to_offset (from, to)));
  piece_end = MIN (piece_end, to);

  if (from > line)
    g_string_append (shown, "…");
  before = append_visible (shown, from, piece) + (from > line);
  width = append_visible (shown, piece, piece_end);
  append_visible (shown, piece_end, to);
  if (to < line_end)
    g_string_append (shown, "…");

  for (size_t i = 0; i < before; i++)
    g_string_append_c (caret, ' ');
  g_string_append_c (caret, '^');
  for (size_t i = 1; i < width; i++)
    g_string_append_c (caret, '~');
  g_string_append_printf (shown, "\n%s", caret->str);
  return g_string_free (g_steal_pointer (&shown), FALSE);
}

void
esp_parse_error_clear (EspParseError *failure)
{
  g_clear_pointer (&failure->expected, g_free);
  g_clear_pointer (&failure->message, g_free);
}

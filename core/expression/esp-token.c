#include "esp-token.h"

#include <string.h>

/* A name in a message is cut off here. */
#define MAX_QUOTED 40

static const struct
{
  gunichar sign;
  char ascii;
} unicode_signs[] = {
  { 0x2212, '-' }, /* − */
  { 0x00b7, '*' }, /* · */
  { 0x22c5, '*' }, /* ⋅ */
  { 0x00d7, '*' }, /* × */
  { 0x00f7, '/' }, /* ÷ */
};

static gunichar
to_ascii (gunichar c)
{
  for (size_t i = 0; i < G_N_ELEMENTS (unicode_signs); i++)
    if (unicode_signs[i].sign == c)
      return unicode_signs[i].ascii;
  return c;
}

/* Returns the value of a superscript digit, or −1. */
static int
superscript_value (gunichar c)
{
  if (c == 0xb9)
    return 1;
  if (c == 0xb2 || c == 0xb3)
    return (int) (c - 0xb0);
  return c == 0x2070 || (c >= 0x2074 && c <= 0x2079) ? (int) (c - 0x2070) : -1;
}

static gboolean
begins_name (gunichar c)
{
  return c == '_' || g_unichar_isalpha (c);
}

/* Accents above a letter, subscripts and primes belong to the name. */
static gboolean
continues_name (gunichar c)
{
  return begins_name (c) || g_unichar_isdigit (c) || g_unichar_ismark (c) || (c >= 0x2080 && c <= 0x2089)
         || c == 0x2032 || c == 0x2033;
}

static const char *
skip_digits (const char *c, GString *digits)
{
  while (g_ascii_isdigit (*c))
    g_string_append_c (digits, *c++);
  return c;
}

static void
read_number (EspToken *token)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  const char *c = skip_digits (token->text, digits);

  if (*c == '.')
    {
      g_string_append_c (digits, *c);
      c = skip_digits (c + 1, digits);
    }
  if (*c == 'e' || *c == 'E')
    {
      /* without digits it is a name, and the number ends here */
      const char *exponent = c + 1;
      gboolean negative = FALSE;

      if (to_ascii (g_utf8_get_char (exponent)) == '-' || *exponent == '+')
        {
          negative = *exponent != '+';
          exponent = g_utf8_next_char (exponent);
        }
      if (g_ascii_isdigit (*exponent))
        {
          g_string_append (digits, negative ? "e-" : "e");
          c = skip_digits (exponent, digits);
        }
    }

  token->kind = ESP_TOKEN_NUMBER;
  token->value = g_ascii_strtod (digits->str, NULL);
  token->length = c - token->text;
}

static void
read_superscript (EspToken *token)
{
  const char *c = token->text;

  token->kind = ESP_TOKEN_SUPERSCRIPT;
  if (g_utf8_get_char (c) == 0x207b) /* ⁻ */
    c = g_utf8_next_char (c);
  for (int digit; (digit = superscript_value (g_utf8_get_char (c))) >= 0; c = g_utf8_next_char (c))
    token->value = token->value * 10 + digit;
  if (g_utf8_get_char (token->text) == 0x207b)
    token->value = -token->value;
  token->length = c - token->text;
}

EspToken
esp_token_read (const char *text, size_t column)
{
  EspToken token = { 0 };
  gunichar c;

  for (; g_unichar_isspace (g_utf8_get_char (text)); text = g_utf8_next_char (text))
    column++;
  token.text = text;
  token.column = column;
  c = g_utf8_get_char (text);

  if (c == 0)
    token.kind = ESP_TOKEN_END;
  else if (g_ascii_isdigit (*text) || (*text == '.' && g_ascii_isdigit (text[1])))
    read_number (&token);
  else if (superscript_value (c) >= 0
           || (c == 0x207b && superscript_value (g_utf8_get_char (g_utf8_next_char (text))) >= 0))
    read_superscript (&token);
  else if (begins_name (c))
    {
      token.kind = ESP_TOKEN_NAME;
      while (continues_name (g_utf8_get_char (text)))
        text = g_utf8_next_char (text);
      token.length = text - token.text;
    }
  else
    {
      token.kind = ESP_TOKEN_SIGN;
      token.sign = to_ascii (c);
      token.length = g_utf8_next_char (text) - text;
    }

  return token;
}

char *
esp_token_describe (const EspToken *token)
{
  g_autofree char *text = NULL;

  if (token->kind == ESP_TOKEN_END)
    return g_strdup ("the end of the formula");
  if (token->kind == ESP_TOKEN_SIGN && !g_unichar_isprint (token->sign))
    return g_strdup_printf ("the character U+%04X", token->sign);

  text = g_strndup (token->text, token->length);
  if (g_utf8_strlen (text, -1) > MAX_QUOTED)
    {
      g_autofree char *start = g_utf8_substring (text, 0, MAX_QUOTED);

      return g_strdup_printf ("“%s…”", start);
    }
  return g_strdup_printf ("“%s”", text);
}

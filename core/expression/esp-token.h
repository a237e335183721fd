/* The words of the formula language. */

#pragma once

#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ESP_TOKEN_END,
  ESP_TOKEN_NUMBER,
  ESP_TOKEN_NAME,
  /* superscript digits, a power */
  ESP_TOKEN_SUPERSCRIPT,
  /* one character, in ASCII: + - * / ^ ( ) , ; or, when it has no place in the language, itself */
  ESP_TOKEN_SIGN,
} EspTokenKind;

/**
 * EspToken:
 * @kind: what it is
 * @sign: the character of a sign
 * @value: the value of a number or of a superscript
 * @text: where it begins in the text
 * @length: how many bytes it has
 * @column: the column of its first character, from 1
 *
 * One word.
 */
typedef struct
{
  EspTokenKind kind;
  gunichar sign;
  double value;
  const char *text;
  size_t length;
  size_t column;
} EspToken;

/* Returns the word that begins at @text, after any white space; @text is valid UTF-8 that ends with NUL,
 * and @column is the column of @text. A number too large for a double has the value infinity. */
EspToken esp_token_read (const char *text, size_t column);

/* Returns @token as it is quoted in a message, shortened when it is long (free with g_free()). */
char *esp_token_describe (const EspToken *token);

G_END_DECLS

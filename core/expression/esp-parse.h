/* Reading formulas, and saying where one is wrong so that an editor can underline it. */

#pragma once

#include "esp-error.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspParseError:
 * @code: ESP_ERROR_SYNTAX, or ESP_ERROR_USAGE for an unknown name or a wrong number of expressions
 * @start: where in the text the piece begins that is wrong, in bytes
 * @length: how many bytes it has; 0 at the end of the text
 * @line: the line of its first character, from 1
 * @column: the column of its first character in the line, in characters from 1
 * @expected: what should have been there, such as “a number, a name or “(””; NULL where that does not say it
 * @message: the whole in one sentence
 *
 * Why a text is not a formula. Start from zeros; clear with esp_parse_error_clear().
 */
typedef struct
{
  EspError code;
  size_t start;
  size_t length;
  size_t line;
  size_t column;
  char *expected;
  char *message;
} EspParseError;

/* Parses @text as esp_formula_parse(), and fills @failure in when that fails. Any thread. */
EspFormula *esp_formula_parse_text (const char *text,
                                    const EspSymbols *symbols,
                                    size_t n_actions,
                                    EspParseError *failure);

/* Returns two lines: the line of @text that is wrong, shortened where it is long, and below it a caret and
 * tildes under the piece; no newline at the end (free with g_free()). Tabs and what cannot be seen are
 * replaced, so that the columns match in a terminal. */
char *esp_parse_error_point (const EspParseError *failure, const char *text);

/* Frees what @failure has; it can be used again. */
void esp_parse_error_clear (EspParseError *failure);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EspParseError, esp_parse_error_clear)

G_END_DECLS

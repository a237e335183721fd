/* Options of a command: a table that is parsed and described from one place. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspOptionKind:
 * @ESP_OPTION_FLAG: takes no value; the target is a gboolean
 * @ESP_OPTION_TEXT: the target is a const char *, which then points into the arguments
 * @ESP_OPTION_TEXTS: may be repeated; the target is a GPtrArray of such pointers
 * @ESP_OPTION_NUMBER: a whole number from 0 to 2⁶⁴ − 1; the target is an EspNumber
 */
typedef enum
{
  ESP_OPTION_FLAG,
  ESP_OPTION_TEXT,
  ESP_OPTION_TEXTS,
  ESP_OPTION_NUMBER,
} EspOptionKind;

/**
 * EspNumber:
 * @value: the number; its default before parsing
 * @given: whether the arguments had it
 */
typedef struct
{
  uint64_t value;
  gboolean given;
} EspNumber;

/**
 * EspOption:
 * @name: without the dashes
 * @kind: what it takes
 * @target: where the value goes, as @kind says; unchanged where the option is not given
 * @placeholder: what stands for the value in the help; NULL for a flag
 * @description: a few words
 */
typedef struct
{
  const char *name;
  EspOptionKind kind;
  void *target;
  const char *placeholder;
  const char *description;
} EspOption;

/**
 * EspUsage:
 * @command: as typed, such as `train`; NULL for the program itself
 * @operands: names of what is given besides options, in order, such as `ENV`
 * @n_operands: how many
 * @n_optional: how many of them, the last ones, may be missing; they stay as they are then
 * @takes_formulas: whether they are formulas, so that one dash may be the minus that one begins with
 * @summary: one sentence
 * @options: the options; every command has --help as well
 * @n_options: how many
 */
typedef struct
{
  const char *command;
  const char *const *operands;
  size_t n_operands;
  size_t n_optional;
  gboolean takes_formulas;
  const char *summary;
  const EspOption *options;
  size_t n_options;
} EspUsage;

/* Parses @arguments (NULL-terminated, without the command) into the targets and @operands[n_operands],
 * which then point into @arguments. Sets @help and returns early at --help. Fails with ESP_ERROR_USAGE
 * at the first wrong argument. */
gboolean esp_options_parse (
  const EspUsage *usage, char **arguments, const char **operands, gboolean *help, GError **error);

/* Returns the help of a command (free with g_free()). */
char *esp_options_describe (const EspUsage *usage);

/* The most seeds that are taken at once. */
#define ESP_OPTIONS_MAX_SEEDS 1000

/* Adds to @seeds, of uint64_t, those that @text means: numbers and ranges such as `0..4`, separated by commas.
 * Fails with ESP_ERROR_USAGE. */
gboolean esp_options_parse_seeds (const char *text, GArray *seeds, GError **error);

/* Returns the one of @words[n_words] that @word is most likely a slip of, or NULL if none is near. */
const char *esp_nearest_word (const char *word, const char *const *words, size_t n_words);

G_END_DECLS

/* What the parts of the parser share. Private to it. */

#pragma once

#include <stdbool.h>

#include "esp-parse.h"
#include "esp-token.h"

G_BEGIN_DECLS

/**
 * EspParser:
 * @text: the whole text
 * @symbols: the environment's names
 * @names: from one of them, in the normal form of Unicode, to its index + 1
 * @definitions: from a name that the formula defines, in the normal form of Unicode, to its expression
 * @defined: the names of the definitions as they were written, for messages
 * @token: the word that is read next
 * @nesting: levels that are open
 * @n_nodes: operations so far
 * @failure: to be filled in
 */
typedef struct
{
  const char *text;
  const EspSymbols *symbols;
  GHashTable *names;
  GHashTable *definitions;
  GPtrArray *defined;
  EspToken token;
  int nesting;
  size_t n_nodes;
  EspParseError *failure;
} EspParser;

/* Each notes a failure and returns NULL, for the caller to return: at the piece of text from byte @start on,
 * the message being @before, where it is, such as “column 3” or “line 2, column 3”, and @after; */
EspExpression *esp_parser_fail_at (
  EspParser *parser, EspError code, size_t start, size_t length, const char *before, const char *after);

/* at @token; */
EspExpression *esp_parser_fail_at_token (
  EspParser *parser, EspError code, const EspToken *token, const char *before, const char *after);

/* at the next word, where @expected should be; */
EspExpression *esp_parser_fail (EspParser *parser, const char *expected);

/* there because there is more than is read, @what ending with “at ”; */
EspExpression *esp_parser_fail_limit (EspParser *parser, const char *what);

/* and at the name @token that nothing has, which stands before “(” where it is @called. */
EspExpression *esp_parser_fail_unknown (EspParser *parser, const EspToken *token, bool called);

/* Adds the environment's @names[n] (NULL for none) in the normal form of Unicode to @table, the first of
 * equal ones. */
void esp_parser_add_names (GHashTable *table, const char *const *names, size_t n);

/* Returns the name that @token is, in the normal form of Unicode (free with g_free()). */
char *esp_parser_get_name (const EspToken *token);

/* Each returns whether @token is the name of a function, an observation or a number, and which. */
bool esp_parser_find_function (const EspToken *token, EspOperation *operation);
bool esp_parser_find_variable (const EspParser *parser, const EspToken *token, size_t *index);
bool esp_parser_find_constant (const EspToken *token, double *value);

/* Returns what the formula has defined as @token, borrowed, or NULL. */
EspExpression *esp_parser_find_definition (const EspParser *parser, const EspToken *token);

/* Returns why @token cannot become the name of a term, after “… at column 3 ”; NULL when it can. Free with
 * g_free(). */
char *esp_parser_refuse_name (const EspParser *parser, const EspToken *token);

G_END_DECLS

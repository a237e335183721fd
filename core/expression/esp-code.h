/* Formulas as code: what the exports to programming languages share.
 *
 * The terms of a formula as statements: what is used more than once is a local variable that is computed
 * once, and so is what would be nested too deeply for compilers. How an operation is written is a table
 * for each language.
 */

#pragma once

#include "esp-builder.h"
#include "esp-formula.h"
#include "esp-graph.h"
#include "esp-precedence.h"

G_BEGIN_DECLS

/* An export of more bytes is broken off. */
#define ESP_CODE_MAX_BYTES (16u << 20)

/**
 * EspCodePattern:
 * @text: how the operation is written: `%1` … `%3` are the operands in whatever binds as a sum or tighter,
 *   `%p1` a product, `%s1` a sign, `%w1` a power, `%a1` an atom; `%f` is the suffix of the dialect
 * @precedence: how tightly the whole binds
 */
typedef struct
{
  const char *text;
  EspPrecedence precedence;
} EspCodePattern;

/**
 * EspDialect:
 * @patterns: by operation; leaves have none
 * @suffix: what `%f` stands for
 * @append_number: appends a number without a minus sign that is needed for nothing but −0 and what is
 *   negative; never called with more than @data
 * @data: for @append_number
 */
typedef struct
{
  const EspCodePattern *patterns;
  const char *suffix;
  void (*append_number) (GString *string, double value, const void *data);
  const void *data;
} EspDialect;

/**
 * EspCode:
 * @n_actions: how many roots
 * @roots: the expressions of the actions, borrowed from @builder
 * @graph: all nodes below them
 * @locals: by place in @graph, the number from 1 of the local variable that holds the node; 0 for none
 * @n_locals: how many local variables there are
 *
 * A formula in statements.
 */
typedef struct
{
  size_t n_actions;
  EspExpression **roots;
  EspGraph graph;
  guint *locals;
  guint n_locals;
  /* private */
  EspBuilder *builder;
} EspCode;

/* Takes @formula apart. Operations on constants alone are replaced by their value. With @statements there
 * are local variables, and squares and cubes are products; else every expression stands by itself. */
void esp_code_init (EspCode *code, const EspFormula *formula, bool statements);

/* Frees what @code has. */
void esp_code_clear (EspCode *code);

/* Returns how often @operation is computed. */
size_t esp_code_count (const EspCode *code, EspOperation operation);

/* Returns whether the variable @index is read. */
bool esp_code_reads (const EspCode *code, size_t index);

/* Appends @node in @dialect; variables have @names, local variables are `t` and their number. A @node that
 * is a local variable is written out where @define says so. Returns FALSE, with the text broken off,
 * beyond ESP_CODE_MAX_BYTES. */
bool esp_code_append (const EspCode *code,
                      const EspDialect *dialect,
                      const char *const *names,
                      const EspExpression *node,
                      bool define,
                      GString *string);

/* Appends @statement to @string; lines that would be too long are broken at spaces and go on after
 * @indent. */
void esp_code_append_lines (GString *string, const char *statement, const char *indent);

G_END_DECLS

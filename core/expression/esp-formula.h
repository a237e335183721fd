/* A formula: one expression per action, ready to print and to run.
 *
 * The value of each expression is the physical action before the environment clips it. A formula is
 * immutable and counted by references; any thread may use it, several at a time.
 */

#pragma once

#include "esp-expression.h"

G_BEGIN_DECLS

/**
 * EspSymbols:
 * @n: how many variables there are
 * @names: their names in the language, identifiers such as `theta_dot`
 * @unicode: as shown in text, such as `θ̇`; NULL to use @names
 * @latex: as typeset, such as `\dot{\theta}`; NULL to derive them from @names
 *
 * The names of the variables of an expression. The alias `s1` … `sn` is always understood too.
 */
typedef struct
{
  size_t n;
  const char *const *names;
  const char *const *unicode;
  const char *const *latex;
} EspSymbols;

typedef struct _EspFormula EspFormula;

/* Returns a new formula of @n expressions (referenced) over @symbols (copied). Any thread. */
EspFormula *esp_formula_new (EspExpression *const *expressions, size_t n, const EspSymbols *symbols);

/* Parses @text: @n_actions expressions separated by `;`. Fails with ESP_ERROR_SYNTAX (the message
 * names the column and what was expected), or ESP_ERROR_USAGE for an unknown name or a wrong number
 * of expressions. Any thread. */
EspFormula *
esp_formula_parse (const char *text, const EspSymbols *symbols, size_t n_actions, GError **error);

EspFormula *esp_formula_ref (EspFormula *formula);
void esp_formula_unref (EspFormula *formula);

/* Returns the number of expressions, one per action. */
size_t esp_formula_get_n_actions (const EspFormula *formula);

/* Returns the expression of @action, owned by @formula. */
EspExpression *esp_formula_get_expression (const EspFormula *formula, size_t action);

/* Returns the reading length of the expression of @action. */
size_t esp_formula_get_length (const EspFormula *formula, size_t action);

/* Returns the whole formula as text that esp_formula_parse() reads back to the same expressions,
 * bit by bit; owned by @formula. */
const char *esp_formula_get_text (const EspFormula *formula);

/* Evaluates all expressions: @observation[n], @action[n_actions]. No allocation. Any thread. */
void esp_formula_evaluate (const EspFormula *formula, const double *observation, double *action);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFormula, esp_formula_unref)

G_END_DECLS

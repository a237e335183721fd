/* A formula: one expression per action, ready to print and to run.
 *
 * The value of each expression is the physical action before the environment clips it. A formula is
 * immutable and counted by references; any thread may use it, several at a time.
 */

#pragma once

#include "esp-program.h"

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

/**
 * EspFormula:
 *
 * Expressions, one per action, with the names of their variables.
 */
typedef struct _EspFormula EspFormula;

/* What esp_formula_parse() reads: bytes of text; parentheses, calls, signs and powers in each other; and
 * operations, each definition counted once. */
#define ESP_FORMULA_MAX_BYTES   (1u << 20)
#define ESP_FORMULA_MAX_NESTING 256
#define ESP_FORMULA_MAX_NODES   524288

/* Returns a new formula of @n expressions (referenced) over @symbols (copied). Every variable's index
 * must be below the number of symbols. Any thread. */
EspFormula *esp_formula_new (EspExpression *const *expressions, size_t n, const EspSymbols *symbols);

/* Parses @text: @n_actions expressions separated by `;` (one may follow the last), among them definitions
 * `name = expression;`. Fails with ESP_ERROR_SYNTAX (the message names the column, counted in characters
 * from 1, and the line from the second on, and what was expected), or ESP_ERROR_USAGE for an unknown name or
 * a wrong number of expressions, and the error points at the piece (esp_error_get_pointed());
 * esp_formula_parse_text() in esp-parse.h gives the place as numbers as well. Any thread.
 *
 * The language, from what binds loosest to what binds tightest:
 *   a + b, a - b      from the left
 *   a * b, a / b      from the left; also · × ÷ and −
 *   -a, +a            a sign; before a number it belongs to the number, unless `^` follows
 *   a ^ b             from the right; b may have a sign; x² is x^2
 *   numbers (2, .5, 1e-3, inf, nan), names of @symbols, s1 … sn, names defined before, pi, (a), function(a,
 * b) with the functions sin cos exp log sqrt abs sign tanh sigmoid min max if clamp pmul pdiv plog pexp
 * softif. A number becomes the nearest double; a number too large for a double is refused.
 *
 * A definition holds from behind it to the end of the text, for all actions. Its name must be new: not that
 * of a variable, s and a number, a function, a constant or another definition. */
EspFormula *esp_formula_parse (const char *text, const EspSymbols *symbols, size_t n_actions, GError **error);

/* Counts a reference; returns @formula. Any thread. */
EspFormula *esp_formula_ref (EspFormula *formula);

/* Drops a reference. Any thread. */
void esp_formula_unref (EspFormula *formula);

/* Returns the number of expressions, one per action. */
size_t esp_formula_get_n_actions (const EspFormula *formula);

/* Returns the expression of @action, owned by @formula. */
EspExpression *esp_formula_get_expression (const EspFormula *formula, size_t action);

/* Returns the reading length of the expression of @action. */
size_t esp_formula_get_length (const EspFormula *formula, size_t action);

/* Returns the sum of the reading lengths of all actions; G_MAXSIZE when it would overflow. */
size_t esp_formula_get_total_length (const EspFormula *formula);

/* Returns the reading length of the longest action. */
size_t esp_formula_get_longest (const EspFormula *formula);

/* Returns the names of the variables, owned by @formula. */
const EspSymbols *esp_formula_get_symbols (const EspFormula *formula);

/* Returns the whole formula as text that esp_formula_parse() reads back to the same expressions,
 * bit by bit, within the limits of esp_expression_to_text(); owned by @formula. Made when it is first
 * asked for. Any thread. */
const char *esp_formula_get_text (const EspFormula *formula);

/* Evaluates all expressions: @observation[n], @action[n_actions]; a term shared by pointer is computed
 * once. No allocation, unless more than 65,536 intermediate values are needed at once. Any thread. */
void esp_formula_evaluate (const EspFormula *formula, const double *observation, double *action);

/* Evaluates @n samples at once, many times faster than one by one: @observations[symbols][n] and
 * @actions[n_actions][n] are stored by columns (observation v of sample i is observations[v * n + i]) and
 * do not overlap. Agrees with esp_formula_evaluate() as esp-program.h says. No allocation, unless the
 * formula has hundreds of intermediate values at once. Any thread. */
void
esp_formula_evaluate_batch (const EspFormula *formula, const double *observations, size_t n, double *actions);

/* Returns a new formula of the same structure with @constants[n_constants], numbered as those of the compiled
 * formula, in place of its own. Nothing is simplified: given the same constants, it has the same values as
 * esp_program_evaluate_with(), bit by bit. */
EspFormula *esp_formula_replace_constants (const EspFormula *formula, const double *constants);

/* Returns the compiled formula, owned by @formula. */
const EspProgram *esp_formula_get_program (const EspFormula *formula);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFormula, esp_formula_unref)

G_END_DECLS

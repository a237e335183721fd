/* Formulas as JSON, without loss: sharing, names and every bit of every constant are kept.
 *
 *   {"format": "espalier-formula", "version": 1,
 *    "variables": [{"name": "theta", "unicode": "θ", "latex": "\\theta"}],
 *    "nodes": [{"constant": 2.5}, {"variable": "theta"}, {"operation": "*", "operands": [0, 1]}],
 *    "actions": [2]}
 *
 * Nodes are numbered from 0, and operands come before the nodes that use them. An operation has its name in
 * the language; `-` with one operand is the sign. Constants are numbers, except for "inf", "-inf", "nan" and
 * "-0", which JSON's numbers cannot tell. The keys "unicode" and "latex" may be missing.
 */

#pragma once

#include "esp-formula.h"
#include "esp-json.h"

G_BEGIN_DECLS

/* Returns @formula as JSON (free with g_free()), however long it would be to read. Any thread. */
char *esp_formula_to_json (const EspFormula *formula);

/* Reads JSON @text of @length bytes, called @name in messages, into a formula over its own variables, or
 * over @symbols when that is not NULL, in which each of its variables must have its name then.
 *
 * Whatever the text is, it is read in time and memory proportional to its length, or refused: as
 * esp_json_parse() does, with ESP_ERROR_SYNTAX for what is missing, of the wrong kind, unknown or refers to a
 * node that does not come before, with ESP_ERROR_USAGE for a variable that @symbols does not have, and with
 * ESP_ERROR_RANGE for more than ESP_FORMULA_MAX_NODES nodes or depth beyond ESP_EXPRESSION_MAX_DEPTH. Any
 * thread. */
EspFormula *esp_formula_from_json (
  const char *name, const char *text, size_t length, const EspSymbols *symbols, GError **error);

/* Returns whether @document says that it is a formula of this format, right or wrong. Any thread. */
bool esp_json_is_formula (JsonNode *document);

/* As esp_formula_from_json(), from JSON that was read before. */
EspFormula *
esp_formula_from_json_node (const char *name, JsonNode *document, const EspSymbols *symbols, GError **error);

G_END_DECLS

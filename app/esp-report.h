/* Results as JSON and as text. */

#pragma once

#include <stdbool.h>

#include "esp-formula.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/* Appends @text as a JSON string; bytes that are not UTF-8 become the replacement character. */
void esp_report_append_string (GString *json, const char *text);

/* Appends @value as a JSON number that reads back to the same double, or null where it is not finite. */
void esp_report_append_number (GString *json, double value);

/* Appends @returns as a JSON object, or null where nothing was measured. */
void esp_report_append_returns (GString *json, const EspReturns *returns);

/* Appends @formula as a JSON string, or null where it is NULL. */
void esp_report_append_formula (GString *json, const EspFormula *formula);

/* Appends the reading lengths of @formula as a JSON list, or null where it is NULL. */
void esp_report_append_lengths (GString *json, const EspFormula *formula);

/* Of a common term, the smallest reading length that is listed. */
#define ESP_REPORT_SHORTEST_COMMON 3

/* Appends the terms of @formula that are read more than once, those of at least ESP_REPORT_SHORTEST_COMMON,
 * as a JSON list of objects with `name`, `t1` and so on, and `expression`, which has names of earlier terms
 * for them; null where @formula is NULL. */
void esp_report_append_common_terms (GString *json, const EspFormula *formula);

/* Returns @formula in the language, with definitions of its common terms before it, or NULL if it has none
 * (free with g_free()). */
char *esp_report_name_common_terms (const EspFormula *formula, bool unicode);

/* Returns the whole formula on one line with expressions separated by `; `, for
 * esp_formula_parse() (free with g_free()). */
char *esp_report_formula (const EspFormula *formula);

/* Returns @seconds as people say it, such as `1:05` (free with g_free()). */
char *esp_report_duration (double seconds);

/* Appends what the complexity of @formula is, as a JSON object with the keys `length`, `operations`, `depth`,
 * `constants` and `cycles`, or as a phrase without a newline. */
void esp_report_append_metrics (GString *text, const EspFormula *formula);
void esp_report_append_metrics_text (GString *text, const EspFormula *formula);

G_END_DECLS

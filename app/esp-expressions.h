/* Formulas that are given on the command line, and the range of their variables. */

#pragma once

#include "esp-command.h"
#include "esp-formula.h"
#include "esp-interval.h"
#include "esp-rewrite-log.h"
#include "esp-signal-names.h"

G_BEGIN_DECLS

/**
 * EspVariables:
 * @symbols: their names
 * @environment: whose observations they are, NULL for names that were found in the formulas
 * @box: their limits
 *
 * The variables of formulas. For an automatic variable, which must not be copied.
 */
typedef struct
{
  EspSymbols symbols;
  const EspEnvironmentInfo *environment;
  EspInterval box[ESP_MAX_OBSERVATIONS];
  EspSignalNames signals;
  const char *found[ESP_MAX_OBSERVATIONS];
} EspVariables;

/* Takes the observations of the environment @name (see esp_command_find_environment()), or where it is NULL
 * the names that occur in @texts[n], without limits. Fails with ESP_ERROR_USAGE for an unknown environment or
 * too many names. */
gboolean esp_variables_init (
  EspVariables *variables, const char *name, const char *const *texts, size_t n, GError **error);

/* Replaces the limits by the range of the observations in episodes of random actions, from a fixed seed. */
void esp_variables_visit (EspVariables *variables);

/* Returns @n_points states [n_points][n]: those that random actions visit, or without an environment random
 * numbers between −10 and 10. Free with g_free(). */
double *esp_variables_draw (const EspVariables *variables, size_t n_points);

/* Returns @argument, or what is in the file of that name where there is one (free with g_free()). Fails where
 * the file cannot be read. */
char *esp_expressions_read (const char *argument, GError **error);

/* Parses as many expressions, separated by `;`, as @text has. Fails as esp_formula_parse(). */
EspFormula *esp_expressions_parse (const char *text, const EspVariables *variables, GError **error);

G_END_DECLS

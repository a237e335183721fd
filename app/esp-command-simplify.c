/* espalier simplify: the same function, shorter to read, with every step. */

#include <math.h>
#include <string.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-expressions.h"
#include "esp-print.h"
#include "esp-reduce.h"
#include "esp-report.h"
#include "esp-simplify.h"

#define MAX_DIGITS 17

/* States at which the error of rounding and dropping is measured. */
#define N_POINTS 1000

typedef struct
{
  EspVariables variables;
  EspDomain domain;
  size_t n;
  EspFormula *raw;
  EspExpression **simplified;
  EspExpression **dropped; /* simplified, with small terms dropped and no number rounded yet */
  EspRewriteLog **logs;
  bool reduced;
  double error; /* of rounding and dropping */
} Result;

static const char *
get_domain_name (const Result *result)
{
  static const char *const names[] = { "everywhere", "limits", "visited" };
  EspDomain domain = ESP_DOMAIN_EVERYWHERE;

  for (size_t i = 0; i < result->n; i++)
    domain = MAX (domain, esp_rewrite_log_get_domain (result->logs[i]));
  return names[domain];
}

static void
simplify (Result *result, int digits, double tolerance)
{
  size_t n = result->variables.symbols.n;
  g_autofree double *points = NULL;

  result->n = esp_formula_get_n_actions (result->raw);
  result->simplified = g_new0 (EspExpression *, result->n);
  result->dropped = g_new0 (EspExpression *, result->n);
  result->logs = g_new0 (EspRewriteLog *, result->n);
  result->reduced = digits > 0 || tolerance > 0;
  if (result->reduced)
    points = esp_variables_draw (&result->variables, N_POINTS);
  for (size_t i = 0; i < result->n; i++)
    {
      EspExpression *simple = esp_expression_simplify_within (esp_formula_get_expression (result->raw, i),
                                                              result->variables.box, n, result->domain,
                                                              &result->logs[i]);
      double error;

      result->simplified[i] = simple;
      if (!result->reduced)
        continue;
      result->dropped[i] = esp_expression_reduce (simple, 0, tolerance, points, N_POINTS, n, &error);
      result->simplified[i] = esp_expression_reduce (simple, digits, tolerance, points, N_POINTS, n, &error);
      result->error = fmax (result->error, error);
      esp_expression_unref (simple);
    }
}

static void
clear (Result *result)
{
  for (size_t i = 0; i < result->n; i++)
    {
      esp_expression_unref (result->simplified[i]);
      esp_expression_unref (result->dropped[i]);
      esp_rewrite_log_free (result->logs[i]);
    }
  g_free (result->simplified);
  g_free (result->dropped);
  g_free (result->logs);
  g_clear_pointer (&result->raw, esp_formula_unref);
}

/* Writes one step; @whole is what the expression is after it. */
typedef void (*StepFunction) (
  GString *text, const Result *result, size_t number, const EspRewrite *step, EspExpression *whole);

/* Calls @append with each step: those that the simplifier logged, then what was asked for besides. */
static void
append_steps (GString *text, const Result *result, StepFunction append)
{
  for (size_t i = 0; i < result->n; i++)
    {
      size_t n = esp_rewrite_log_get_n_steps (result->logs[i]);
      EspExpression *before = esp_rewrite_log_get_expression (result->logs[i], n);
      EspExpression *after[] = { result->dropped[i], result->simplified[i] };
      static const char *const rules[] = { "small terms dropped", "numbers rounded" };

      for (size_t k = 0; k < n; k++)
        append (text, result, k + 1, esp_rewrite_log_get_step (result->logs[i], k),
                esp_rewrite_log_get_expression (result->logs[i], k + 1));
      for (size_t k = 0; result->reduced && k < G_N_ELEMENTS (after); k++)
        {
          EspRewrite step = { rules[k], before, after[k], false };

          if (esp_expression_equal (before, after[k]))
            continue;
          append (text, result, ++n, &step, after[k]);
          before = after[k];
        }
    }
}

static void
append_step_as_json (
  GString *text, const Result *result, size_t number, const EspRewrite *step, EspExpression *whole)
{
  g_autofree char *before = esp_expression_to_text (step->before, &result->variables.symbols);
  g_autofree char *after = esp_expression_to_text (step->after, &result->variables.symbols);

  g_string_append_printf (text, "%s{\"rule\": ", g_str_has_suffix (text->str, "[") ? "" : ", ");
  esp_report_append_string (text, step->rule);
  g_string_append (text, ", \"before\": ");
  esp_report_append_string (text, before);
  g_string_append (text, ", \"after\": ");
  esp_report_append_string (text, after);
  g_string_append (text, "}");
}

static void
append_step_as_text (
  GString *text, const Result *result, size_t number, const EspRewrite *step, EspExpression *whole)
{
  g_autofree char *before = esp_expression_to_text (step->before, &result->variables.symbols);
  g_autofree char *after = esp_expression_to_text (step->after, &result->variables.symbols);
  g_autofree char *line = esp_expression_to_text (whole, &result->variables.symbols);

  g_string_append_printf (text, "%" G_GSIZE_FORMAT ". %s%s: %s → %s\n   %s\n", number, step->rule,
                          step->needs_bounds ? " (within the bounds)" : "", before, after, line);
}

static void
append_as_json (GString *text, const char *input, const Result *result, const EspFormula *simplified)
{
  g_autofree char *line = esp_report_formula (simplified);

  g_string_append (text, "{\"input\": ");
  esp_report_append_string (text, input);
  g_string_append (text, ", \"simplified\": ");
  esp_report_append_string (text, line);
  g_string_append_printf (text,
                          ", \"length_before\": %" G_GSIZE_FORMAT ", \"length_after\": %" G_GSIZE_FORMAT
                          ", \"domain\": \"%s\"",
                          esp_formula_get_total_length (result->raw),
                          esp_formula_get_total_length (simplified), get_domain_name (result));
  if (result->reduced)
    {
      g_string_append (text, ", \"max_error\": ");
      esp_report_append_number (text, result->error);
    }
  g_string_append (text, ", \"metrics\": ");
  esp_report_append_metrics (text, simplified);
  g_string_append (text, ", \"rewrites\": [");
  append_steps (text, result, append_step_as_json);
  g_string_append (text, "]}\n");
}

static void
append_as_text (GString *text, const Result *result, const EspFormula *simplified, bool with_log)
{
  g_autofree char *line = esp_report_formula (simplified);
  const char *domain = get_domain_name (result);

  if (with_log)
    append_steps (text, result, append_step_as_text);
  g_string_append_printf (text, "%s\n", line);
  esp_report_append_metrics_text (text, simplified);
  g_string_append (text, "\nbefore: ");
  esp_report_append_metrics_text (text, result->raw);
  g_string_append_c (text, '\n');
  if (strcmp (domain, "limits") == 0)
    g_string_append (text, "the same function within the limits of the observations\n");
  else if (strcmp (domain, "visited") == 0)
    g_string_append (text,
                     "the same function within the range that random actions visited, and only there\n");
  if (result->reduced)
    g_string_append_printf (text, "largest error at %d states: %.6g\n", N_POINTS, result->error);
}

int
esp_command_simplify (char **arguments)
{
  const char *environment = NULL, *tolerance_text = NULL;
  gboolean visited = FALSE, with_log = FALSE, as_json = FALSE;
  EspNumber digits = { 0, FALSE };
  double tolerance = 0;
  const EspOption options[] = {
    { "env", ESP_OPTION_TEXT, &environment, "ENV", "whose observations the names are, with their limits" },
    { "visited", ESP_OPTION_FLAG, &visited, NULL,
      "assume the range that random actions visit instead of the limits" },
    { "round", ESP_OPTION_NUMBER, &digits, "DIGITS",
      "round numbers to so many digits, and measure the error" },
    { "drop", ESP_OPTION_TEXT, &tolerance_text, "TOLERANCE",
      "drop terms as long as the value changes by no more, and measure the error" },
    { "log", ESP_OPTION_FLAG, &with_log, NULL, "print every step" },
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "EXPR" };
  const EspUsage usage = {
    .command = "simplify",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .takes_formulas = TRUE,
    .summary = "Simplifies expressions (text or a file; several are separated by “;”) to the same function.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  const char *notes = "Example: espalier simplify 'sin(x)^2 + cos(x)^2 + pdiv(y, 2)' --log\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspFormula) simplified = NULL;
  g_autofree char *input = NULL;
  const char *argument;
  Result result = { 0 };
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &argument, &status))
    return status;
  if (digits.given && (digits.value < 1 || digits.value > MAX_DIGITS))
    {
      esp_command_say ("--round is %" G_GUINT64_FORMAT "; it must be from 1 to %d", digits.value, MAX_DIGITS);
      return ESP_EXIT_USAGE;
    }
  if (tolerance_text != NULL)
    {
      char *end;

      tolerance = g_ascii_strtod (tolerance_text, &end);
      if (end == tolerance_text || *end != '\0' || !(tolerance > 0) || !isfinite (tolerance))
        {
          esp_command_say ("--drop is “%s”; it must be a number above 0", tolerance_text);
          return ESP_EXIT_USAGE;
        }
    }
  if (visited && environment == NULL)
    {
      esp_command_say ("--visited needs an environment; give --env");
      return ESP_EXIT_USAGE;
    }

  input = esp_expressions_read (argument, &error);
  if (input == NULL
      || !esp_variables_init (&result.variables, environment, (const char *const *) &input, 1, &error))
    return esp_command_complain (error);
  result.raw = esp_expressions_parse (input, &result.variables, &error);
  if (result.raw == NULL)
    return esp_command_complain (error);
  if (visited)
    esp_variables_visit (&result.variables);
  result.domain = visited ? ESP_DOMAIN_VISITED : ESP_DOMAIN_LIMITS;

  simplify (&result, (int) digits.value, tolerance);
  simplified = esp_formula_new (result.simplified, result.n, &result.variables.symbols);
  if (as_json)
    append_as_json (text, g_strchomp (input), &result, simplified);
  else
    append_as_text (text, &result, simplified, with_log);
  clear (&result);

  return esp_command_finish (text->str);
}

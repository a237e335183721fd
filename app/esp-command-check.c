/* espalier check: are two formulas the same function? */

#include <math.h>

#include "esp-command.h"
#include "esp-equivalence.h"
#include "esp-expressions.h"
#include "esp-report.h"

/* Compares action by action; returns the worst, proven only if all are. */
static EspEquivalence
compare (const EspFormula *const *formulas, const EspVariables *variables, uint64_t seed, double *at)
{
  size_t n = variables->symbols.n;
  EspEquivalence result = { .equal = true, .proof = ESP_PROOF_CANONICAL };

  for (size_t i = 0; i < esp_formula_get_n_actions (formulas[0]); i++)
    {
      double here[ESP_MAX_OBSERVATIONS];
      EspEquivalence one = esp_expression_compare_values (esp_formula_get_expression (formulas[0], i),
                                                          esp_formula_get_expression (formulas[1], i),
                                                          variables->box, n, seed, here);

      if (i == 0 || one.max_difference > result.max_difference)
        for (size_t k = 0; k < n; k++)
          at[k] = here[k];
      result.equal = result.equal && one.equal;
      result.proof = MAX (result.proof, one.proof);
      result.max_difference = fmax (result.max_difference, one.max_difference);
      result.n_one_sided += one.n_one_sided;
    }
  return result;
}

static void
append_as_json (GString *text, const EspEquivalence *result, const EspVariables *variables, const double *at)
{
  g_string_append_printf (
    text, "{\"equal\": %s, \"proof\": \"%s\", \"max_difference\": ", result->equal ? "true" : "false",
    result->proof == ESP_PROOF_CANONICAL ? "canonical" : "sampled");
  esp_report_append_number (text, result->max_difference);
  g_string_append_printf (text, ", \"only_one_defined\": %" G_GUINT64_FORMAT ", \"at\": {",
                          result->n_one_sided);
  for (size_t i = 0; i < variables->symbols.n; i++)
    {
      g_string_append (text, i == 0 ? "" : ", ");
      esp_report_append_string (text, variables->symbols.names[i]);
      g_string_append (text, ": ");
      esp_report_append_number (text, at[i]);
    }
  g_string_append (text, "}}\n");
}

static void
append_as_text (GString *text, const EspEquivalence *result, const EspVariables *variables, const double *at)
{
  if (result->proof == ESP_PROOF_CANONICAL)
    {
      g_string_append (text, "the same function: both have the same canonical form\n");
      return;
    }
  g_string_append (text, result->equal ? "no difference found beyond rounding" : "not the same function");
  if (isinf (result->max_difference))
    g_string_append (text, ": only one has a value");
  else
    g_string_append_printf (text, ": the largest difference found is %.6g", result->max_difference);
  for (size_t i = 0; i < variables->symbols.n; i++)
    g_string_append_printf (text, "%s%s = %.6g", i == 0 ? " at " : ", ", variables->symbols.names[i], at[i]);
  g_string_append_c (text, '\n');
}

int
esp_command_check (char **arguments)
{
  const char *environment = NULL;
  EspNumber seed = { 0, FALSE };
  gboolean as_json = FALSE;
  const EspOption options[] = {
    { "env", ESP_OPTION_TEXT, &environment, "ENV",
      "whose observations the names are; their limits are the domain" },
    { "seed", ESP_OPTION_NUMBER, &seed, "N", "seed of the points where values are compared (0)" },
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "A", "B" };
  const EspUsage usage = {
    .command = "check",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .takes_formulas = TRUE,
    .summary =
      "Tells whether two formulas (text or files) are the same function: by their canonical form, or\n"
      "else the largest difference found and where.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  const char *notes = "Example: espalier check '2*theta + theta' '3*theta' --env cartpole\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspFormula) a = NULL;
  g_autoptr (EspFormula) b = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  const char *names[2];
  double at[ESP_MAX_OBSERVATIONS];
  EspVariables variables;
  EspEquivalence result;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, names, &status))
    return status;
  first = esp_expressions_read (names[0], &error);
  second = first == NULL ? NULL : esp_expressions_read (names[1], &error);
  if (second == NULL
      || !esp_variables_init (&variables, environment, (const char *const[]){ first, second }, 2, &error)
      || (a = esp_expressions_parse (first, &variables, &error)) == NULL
      || (b = esp_expressions_parse (second, &variables, &error)) == NULL)
    return esp_command_complain (error);
  if (esp_formula_get_n_actions (a) != esp_formula_get_n_actions (b))
    {
      esp_command_say ("the first formula has %zu expressions, the second %zu; give as many to compare",
                       esp_formula_get_n_actions (a), esp_formula_get_n_actions (b));
      return ESP_EXIT_USAGE;
    }

  result = compare ((const EspFormula *const[]){ a, b }, &variables, seed.value, at);
  if (as_json)
    append_as_json (text, &result, &variables, at);
  else
    append_as_text (text, &result, &variables, at);

  return esp_command_finish (text->str);
}

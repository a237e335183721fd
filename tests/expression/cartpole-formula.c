#include "cartpole-formula.h"

#include "esp-parse.h"

static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
static const char *const unicode[] = { "x", "ẋ", "θ", "θ̇" };
const EspSymbols cartpole_symbols = { 4, names, unicode, NULL };

EspExpression *
parse_expression (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &cartpole_symbols, 1, &error);

  g_assert_no_error (error);
  return esp_expression_ref (esp_formula_get_expression (formula, 0));
}

double
evaluate_definition (const EspExpression *expression, const double *observation)
{
  double operands[ESP_MAX_OPERANDS] = { 0 };

  if (esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT)
    return esp_expression_get_value (expression);
  if (esp_expression_get_operation (expression) == ESP_OPERATION_VARIABLE)
    return observation[esp_expression_get_index (expression)];
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    operands[i] = evaluate_definition (esp_expression_get_operand (expression, i), observation);
  return esp_operation_evaluate (esp_expression_get_operation (expression), operands);
}

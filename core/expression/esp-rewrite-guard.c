/* The rules of guards: pmul, pdiv, plog, pexp. */

#include <math.h>

#include "esp-terms.h"

/* Returns whether the values of @expression are all from @low to @high. */
static bool
is_within (EspRewriter *rewriter, EspExpression *expression, double low, double high)
{
  EspInterval interval = esp_rewriter_bound (rewriter, expression);

  if (esp_interval_is_empty (interval) || interval.low < low || interval.high > high)
    return false;
  esp_rewriter_rely (rewriter, expression);
  return true;
}

static EspExpression *
gather_operation (EspRewriter *rewriter, EspOperation operation, EspExpression *a, EspExpression *b)
{
  EspExpression *plain = b == NULL ? esp_builder_unary (rewriter->builder, operation, a)
                                   : esp_builder_binary (rewriter->builder, operation, a, b);
  EspExpression *simpler = esp_rewrite_node (rewriter, plain);

  rewriter->rule = "guard that is never active";
  return simpler != NULL && esp_expression_get_length (simpler) <= esp_expression_get_length (plain) ? simpler
                                                                                                     : plain;
}

static EspExpression *
rewrite_guarded_divide (EspRewriter *rewriter, EspExpression *plain, EspExpression *a, EspExpression *b)
{
  EspInterval divisor = esp_rewriter_bound (rewriter, b);

  if (esp_is_number (a, 0))
    {
      rewriter->rule = "product with 0";
      return a;
    }
  if (esp_is_constant (b) && !isfinite (esp_expression_get_value (b)))
    return NULL;
  if (is_within (rewriter, b, ESP_GUARD_DIVIDE, INFINITY))
    return gather_operation (rewriter, ESP_OPERATION_DIVIDE, a, b);
  if (!esp_interval_is_empty (divisor) && divisor.high < ESP_GUARD_DIVIDE)
    {
      esp_rewriter_rely (rewriter, b);
      rewriter->rule = "guard that is always active";
      return esp_builder_constant (rewriter->builder, 0);
    }
  rewriter->rule = "factors of a product";
  return esp_product_gather (rewriter, plain);
}

/* Takes a clamp away that is wider than the guard behind it. */
static EspExpression *
skip_wider_clamp (EspExpression *expression, double low, double high)
{
  if (esp_expression_get_operation (expression) != ESP_OPERATION_CLAMP
      || !esp_is_constant (esp_expression_get_operand (expression, 1))
      || !esp_is_constant (esp_expression_get_operand (expression, 2))
      || !(esp_expression_get_value (esp_expression_get_operand (expression, 1)) <= low)
      || !(esp_expression_get_value (esp_expression_get_operand (expression, 2)) >= high))
    return expression;
  return esp_expression_get_operand (expression, 0);
}

static EspExpression *
rewrite_guarded_multiply (EspRewriter *rewriter, EspExpression *plain, EspExpression *a, EspExpression *b)
{
  EspExpression *left = skip_wider_clamp (a, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY);
  EspExpression *right = skip_wider_clamp (b, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY);

  if (esp_is_number (a, 0) || esp_is_number (b, 0))
    {
      rewriter->rule = "product with 0";
      return esp_builder_constant (rewriter->builder, 0);
    }
  if (is_within (rewriter, a, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
      && is_within (rewriter, b, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY))
    return gather_operation (rewriter, ESP_OPERATION_MULTIPLY, a, b);
  rewriter->rule = "factors of a product";
  if (esp_is_constant (left) ? false : esp_is_constant (right) || esp_expression_compare (left, right) > 0)
    {
      EspExpression *other = left;

      left = right;
      right = other;
    }
  if (left != a || right != b)
    plain = esp_builder_binary (rewriter->builder, ESP_OPERATION_GUARDED_MULTIPLY, left, right);
  return esp_product_gather (rewriter, plain);
}

EspExpression *
esp_rewrite_guard (EspRewriter *rewriter, EspExpression *plain)
{
  EspOperation operation = esp_expression_get_operation (plain);
  EspExpression *a = esp_expression_get_operand (plain, 0), *inner;
  EspInterval value = esp_rewriter_bound (rewriter, a);
  double low = operation == ESP_OPERATION_GUARDED_LOG ? ESP_GUARD_LOG : ESP_GUARD_EXP_LOW;
  double high = operation == ESP_OPERATION_GUARDED_LOG ? INFINITY : ESP_GUARD_EXP_HIGH;

  if (operation == ESP_OPERATION_GUARDED_DIVIDE)
    return rewrite_guarded_divide (rewriter, plain, a, esp_expression_get_operand (plain, 1));
  if (operation == ESP_OPERATION_GUARDED_MULTIPLY)
    return rewrite_guarded_multiply (rewriter, plain, a, esp_expression_get_operand (plain, 1));

  if (is_within (rewriter, a, low, high))
    return gather_operation (
      rewriter, operation == ESP_OPERATION_GUARDED_LOG ? ESP_OPERATION_LOG : ESP_OPERATION_EXP, a, NULL);
  if (!esp_interval_is_empty (value) && (value.high <= low || value.low >= high))
    {
      double bound = value.high <= low ? low : high;

      esp_rewriter_rely (rewriter, a);
      rewriter->rule = "guard that is always active";
      return esp_builder_constant (rewriter->builder,
                                   operation == ESP_OPERATION_GUARDED_LOG ? log (bound) : exp (bound));
    }
  rewriter->rule = "clamp before a guard";
  inner = skip_wider_clamp (a, low, high);
  return inner == a ? NULL : esp_builder_unary (rewriter->builder, operation, inner);
}

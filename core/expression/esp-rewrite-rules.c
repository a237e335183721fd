/* The rules for one node, by its operation; those of choices and guards are in esp-rewrite-choice.c. */

#include <math.h>

#include "esp-terms.h"

/* Multiplying out is only tried on what is short enough to be read. */
#define MAX_EXPANDED_LENGTH 200

/* Returns the value of an operation on numbers as an expression, or NULL when it is not finite. */
static EspExpression *
fold (EspRewriter *rewriter, EspExpression *plain)
{
  double values[ESP_MAX_OPERANDS] = { 0 };
  double value;

  for (size_t i = 0; i < esp_expression_get_n_operands (plain); i++)
    {
      const EspExpression *operand = esp_expression_get_operand (plain, i);

      if (!esp_is_constant (operand))
        return NULL;
      values[i] = esp_expression_get_value (operand);
    }

  value = esp_operation_evaluate (esp_expression_get_operation (plain), values);
  if (!isfinite (value))
    return NULL;
  rewriter->rule = "numbers";
  /* the sign of a zero says nothing to a reader */
  return esp_builder_constant (rewriter->builder, value == 0 ? 0 : esp_number_tidy (value));
}

/* Returns whether a sum stands among the factors of a term of the sum. */
static bool
has_nested_sum (const EspExpression *sum)
{
  for (bool more = true; more;)
    {
      const EspExpression *term = sum;

      more = esp_is_sum (sum);
      if (more)
        {
          term = esp_expression_get_operand (sum, 1);
          sum = esp_expression_get_operand (sum, 0);
        }
      for (;;)
        {
          EspOperation operation = esp_expression_get_operation (term);

          if (esp_is_sum (term))
            return true;
          if (operation != ESP_OPERATION_MULTIPLY && operation != ESP_OPERATION_DIVIDE
              && operation != ESP_OPERATION_NEGATE && operation != ESP_OPERATION_POWER)
            break;
          if (operation == ESP_OPERATION_MULTIPLY && esp_is_sum (esp_expression_get_operand (term, 1)))
            return true;
          term = esp_expression_get_operand (term, 0);
        }
    }
  return false;
}

static EspExpression *
rewrite_sum (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *result = esp_sum_gather (rewriter, plain, 1), *expanded;
  EspSum sum;

  if (result == NULL || !esp_is_sum (result) || esp_expression_get_length (result) > MAX_EXPANDED_LENGTH
      || !has_nested_sum (result) || !esp_sum_init (&sum, rewriter, result, 1, true))
    return result;
  expanded = esp_sum_build (&sum, rewriter);
  esp_sum_clear (&sum);
  if (expanded == NULL || esp_expression_get_length (expanded) >= esp_expression_get_length (result))
    return result;
  rewriter->rule = "multiply out";
  return expanded;
}

static EspExpression *
rewrite_power (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *base = esp_expression_get_operand (plain, 0);
  EspExpression *exponent = esp_expression_get_operand (plain, 1);

  /* as pow() has it, for every base and every exponent */
  if (esp_is_number (exponent, 0) || esp_is_number (base, 1))
    return esp_builder_constant (rewriter->builder, 1);
  if (esp_is_constant (exponent))
    return esp_product_gather (rewriter, plain);
  if (esp_expression_get_operation (base) != ESP_OPERATION_EXP)
    return NULL;
  rewriter->rule = "power of an exponential";
  exponent = esp_product_gather (rewriter,
                                 esp_builder_binary (rewriter->builder, ESP_OPERATION_MULTIPLY,
                                                     esp_expression_get_operand (base, 0), exponent));
  return exponent == NULL ? NULL : esp_builder_unary (rewriter->builder, ESP_OPERATION_EXP, exponent);
}

/* e^(u + k·log a) = e^u · a^k */
static EspExpression *
rewrite_exponential (EspRewriter *rewriter, EspExpression *plain)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *result = NULL, *rest;
  EspSum sum;

  if (!esp_sum_init (&sum, rewriter, esp_expression_get_operand (plain, 0), 1, false))
    return NULL;
  for (guint i = 0; i < sum.terms->len; i++)
    {
      EspTerm *term = &g_array_index (sum.terms, EspTerm, i);
      EspExpression *factor;

      if (esp_expression_get_operation (term->key) != ESP_OPERATION_LOG)
        continue;
      factor = esp_builder_binary (builder, ESP_OPERATION_POWER, esp_expression_get_operand (term->key, 0),
                                   esp_builder_constant (builder, term->coefficient));
      result = result == NULL ? factor : esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, result, factor);
      term->coefficient = 0;
    }
  rest = result == NULL ? NULL : esp_sum_build (&sum, rewriter);
  esp_sum_clear (&sum);
  if (rest == NULL)
    return NULL;
  rewriter->rule = "exponential of a logarithm";
  if (!esp_is_number (rest, 0))
    result = esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, result,
                                 esp_builder_unary (builder, ESP_OPERATION_EXP, rest));
  return esp_product_gather (rewriter, result);
}

/* log (e^u·a) = u + log a, log (1/a) = −log a, and log a^p = p·log a for p that is no even number. */
static EspExpression *
rewrite_logarithm (EspRewriter *rewriter, EspExpression *plain)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *sum = NULL, *rest;
  EspProduct product;
  double scale = 1;
  bool below = true;

  if (!esp_product_init (&product, rewriter, esp_expression_get_operand (plain, 0)))
    return NULL;
  for (guint i = 0; i < product.factors->len;)
    {
      EspFactor factor = g_array_index (product.factors, EspFactor, i);

      if (esp_expression_get_operation (factor.base) == ESP_OPERATION_EXP)
        {
          EspExpression *term = esp_builder_binary (builder, ESP_OPERATION_MULTIPLY,
                                                    esp_builder_constant (builder, factor.exponent),
                                                    esp_expression_get_operand (factor.base, 0));

          sum = sum == NULL ? term : esp_builder_binary (builder, ESP_OPERATION_ADD, sum, term);
          g_array_remove_index (product.factors, i);
          continue;
        }
      below = below && factor.exponent < 0;
      i++;
    }
  if (product.factors->len == 1 && product.number == 1)
    {
      EspFactor *only = &g_array_index (product.factors, EspFactor, 0);

      if (fmod (only->exponent, 2) != 0 && only->exponent != 0.5)
        {
          scale = only->exponent;
          only->exponent = 1;
        }
    }
  if (scale == 1 && below && product.factors->len > 0 && product.number > 0)
    {
      scale = -1;
      product.number = 1 / product.number;
      for (guint i = 0; i < product.factors->len; i++)
        g_array_index (product.factors, EspFactor, i).exponent *= -1;
    }
  if (sum == NULL && scale == 1)
    {
      esp_product_clear (&product);
      return NULL;
    }
  rest = esp_product_build (&product, rewriter);
  esp_product_clear (&product);
  if (rest == NULL || (esp_is_constant (rest) && !(esp_expression_get_value (rest) > 0)))
    return NULL;
  rewriter->rule = sum != NULL ? "logarithm of an exponential" : "logarithm of a power";
  if (esp_is_constant (rest))
    rest = esp_builder_constant (builder, log (esp_expression_get_value (rest)));
  else
    rest = esp_builder_unary (builder, ESP_OPERATION_LOG, rest);
  if (scale != 1)
    rest = esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, esp_builder_constant (builder, scale), rest);
  if (sum != NULL)
    rest = esp_builder_binary (builder, ESP_OPERATION_ADD, sum, rest);
  return esp_sum_gather (rewriter, rest, 1);
}

static EspExpression *
rewrite_cosine (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *argument = esp_expression_get_operand (plain, 0);

  if (esp_expression_get_operation (argument) == ESP_OPERATION_ABS)
    argument = esp_expression_get_operand (argument, 0);
  else if (esp_begins_with_minus (argument))
    argument = esp_negate (rewriter, argument);
  else
    return NULL;
  rewriter->rule = "even function";
  return argument == NULL ? NULL : esp_builder_unary (rewriter->builder, ESP_OPERATION_COS, argument);
}

static EspExpression *
rewrite_sign (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *argument = esp_expression_get_operand (plain, 0);
  EspInterval interval = esp_rewriter_bound (rewriter, argument);

  if (!esp_interval_is_empty (interval) && (interval.low > 0 || interval.high < 0))
    {
      esp_rewriter_rely (rewriter, argument);
      rewriter->rule = "decided by bounds";
      return esp_builder_constant (rewriter->builder, interval.low > 0 ? 1 : -1);
    }
  /* sigmoid and the like keep the sign, of which nothing else matters */
  if (esp_expression_get_operation (argument) == ESP_OPERATION_TANH
      || esp_expression_get_operation (argument) == ESP_OPERATION_SIGN)
    return esp_builder_unary (rewriter->builder, ESP_OPERATION_SIGN,
                              esp_expression_get_operand (argument, 0));
  return esp_product_gather (rewriter, plain);
}

static EspExpression *
rewrite_absolute (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *argument = esp_expression_get_operand (plain, 0);
  EspInterval interval = esp_rewriter_bound (rewriter, argument);

  if (!esp_interval_is_empty (interval) && (interval.low >= 0 || interval.high <= 0))
    {
      esp_rewriter_rely (rewriter, argument);
      rewriter->rule = "decided by bounds";
      return interval.low >= 0 ? argument : esp_negate (rewriter, argument);
    }
  return esp_product_gather (rewriter, plain);
}

EspExpression *
esp_rewrite_node (EspRewriter *rewriter, EspExpression *plain)
{
  EspExpression *folded = fold (rewriter, plain);

  if (folded != NULL)
    return folded;

  switch (esp_expression_get_operation (plain))
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      rewriter->rule = "terms of a sum";
      return rewrite_sum (rewriter, plain);
    case ESP_OPERATION_NEGATE:
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      rewriter->rule = "factors of a product";
      return esp_product_gather (rewriter, plain);
    case ESP_OPERATION_SIN:
    case ESP_OPERATION_TANH:
      rewriter->rule = "odd function";
      return esp_product_gather (rewriter, plain);
    case ESP_OPERATION_SQRT:
      rewriter->rule = "root";
      return esp_product_gather (rewriter, plain);
    case ESP_OPERATION_POWER:
      rewriter->rule = "power";
      return rewrite_power (rewriter, plain);
    case ESP_OPERATION_EXP:
      return rewrite_exponential (rewriter, plain);
    case ESP_OPERATION_LOG:
      return rewrite_logarithm (rewriter, plain);
    case ESP_OPERATION_COS:
      return rewrite_cosine (rewriter, plain);
    case ESP_OPERATION_SIGN:
      rewriter->rule = "sign";
      return rewrite_sign (rewriter, plain);
    case ESP_OPERATION_ABS:
      rewriter->rule = "absolute value";
      return rewrite_absolute (rewriter, plain);
    case ESP_OPERATION_MIN:
    case ESP_OPERATION_MAX:
    case ESP_OPERATION_IF:
    case ESP_OPERATION_CLAMP:
    case ESP_OPERATION_SOFT_IF:
      return esp_rewrite_choice (rewriter, plain);
    case ESP_OPERATION_GUARDED_MULTIPLY:
    case ESP_OPERATION_GUARDED_DIVIDE:
    case ESP_OPERATION_GUARDED_LOG:
    case ESP_OPERATION_GUARDED_EXP:
      return esp_rewrite_guard (rewriter, plain);
    default:
      return NULL;
    }
}

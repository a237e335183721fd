/* The rules of choices: min, max, if, clamp, softif. */

#include <math.h>

#include "esp-terms.h"

/* More operands of nested min and max are left as they are. */
#define MAX_CHOICES 16

/* Takes what both of @a[2] have in common out of them; returns NULL for nothing, else what it is, as a sum
 * or, with @product, as a factor. @positive: only a factor that is a positive number. */
static EspExpression *
take_common_terms (EspRewriter *rewriter, EspExpression **a)
{
  EspSum first, second, common;
  EspExpression *result = NULL;
  bool found = false;

  if (!esp_is_sum (a[0]) && !esp_is_sum (a[1]))
    return NULL;
  if (!esp_sum_init (&first, rewriter, a[0], 1, false))
    return NULL;
  if (!esp_sum_init (&second, rewriter, a[1], 1, false))
    {
      esp_sum_clear (&first);
      return NULL;
    }
  esp_sum_init (&common, rewriter, esp_builder_constant (rewriter->builder, 0), 1, false);
  for (guint i = 0; i < first.terms->len; i++)
    {
      EspTerm *term = &g_array_index (first.terms, EspTerm, i);
      double *other = esp_sum_find (&second, term->key);

      if (other == NULL || *other != term->coefficient)
        continue;
      esp_sum_add (&common, term->key, term->coefficient);
      *other = term->coefficient = 0;
      found = true;
    }
  if (first.constant != 0 && first.constant == second.constant)
    {
      common.constant = first.constant;
      first.constant = second.constant = 0;
      found = true;
    }
  if (found)
    {
      EspExpression *left = esp_sum_build (&first, rewriter), *right = esp_sum_build (&second, rewriter);

      result = esp_sum_build (&common, rewriter);
      if (left == NULL || right == NULL)
        result = NULL;
      else
        {
          a[0] = left;
          a[1] = right;
        }
    }
  esp_sum_clear (&first);
  esp_sum_clear (&second);
  esp_sum_clear (&common);
  return result;
}

static EspExpression *
take_common_factors (EspRewriter *rewriter, EspExpression **a, bool positive)
{
  EspProduct first, second, common = { 1, NULL };
  EspExpression *result = NULL;
  bool found = false;

  if (esp_is_constant (a[0]) || esp_is_constant (a[1]) || !esp_product_init (&first, rewriter, a[0]))
    return NULL;
  if (!esp_product_init (&second, rewriter, a[1]))
    {
      esp_product_clear (&first);
      return NULL;
    }
  common.factors = g_array_new (FALSE, FALSE, sizeof (EspFactor));
  if (fabs (first.number) == fabs (second.number) && (!positive || fabs (first.number) != 1))
    {
      common.number = positive ? fabs (first.number) : first.number;
      first.number /= common.number;
      second.number /= common.number;
      found = common.number != 1;
    }
  for (guint i = 0; !positive && i < first.factors->len;)
    {
      EspFactor factor = g_array_index (first.factors, EspFactor, i);
      bool both = false;

      for (guint k = 0; !both && k < second.factors->len; k++)
        {
          const EspFactor *other = &g_array_index (second.factors, EspFactor, k);

          both = other->base == factor.base && other->exponent == factor.exponent;
          if (both)
            g_array_remove_index (second.factors, k);
        }
      if (!both)
        {
          i++;
          continue;
        }
      esp_product_add (&common, factor.base, factor.exponent);
      g_array_remove_index (first.factors, i);
      found = true;
    }
  if (found)
    {
      EspExpression *left = esp_product_build (&first, rewriter),
                    *right = esp_product_build (&second, rewriter);

      result = esp_product_build (&common, rewriter);
      if (left == NULL || right == NULL)
        result = NULL;
      else
        {
          a[0] = left;
          a[1] = right;
        }
    }
  esp_product_clear (&first);
  esp_product_clear (&second);
  esp_product_clear (&common);
  return result;
}

/* if (c, k·a + b, k·d + b) = k·if (c, a, d) + b, and so for the others, where that is shorter. */
static EspExpression *
take_out (EspRewriter *rewriter, EspExpression *plain)
{
  EspOperation operation = esp_expression_get_operation (plain);
  size_t n = esp_expression_get_n_operands (plain), first = n - 2;
  EspExpression *operands[ESP_MAX_OPERANDS], *terms, *factors, *result;

  for (size_t i = 0; i < n; i++)
    operands[i] = esp_expression_get_operand (plain, i);
  terms = take_common_terms (rewriter, operands + first);
  factors = take_common_factors (rewriter, operands + first, n == 2);
  if (terms == NULL && factors == NULL)
    return NULL;
  result = esp_builder_apply (rewriter->builder, operation, operands);
  /* what is left may be a simpler choice */
  {
    EspExpression *simpler = esp_rewrite_node (rewriter, result);

    if (simpler != NULL && esp_expression_get_length (simpler) < esp_expression_get_length (result))
      result = simpler;
  }
  if (factors != NULL)
    result = esp_product_gather (
      rewriter, esp_builder_binary (rewriter->builder, ESP_OPERATION_MULTIPLY, factors, result));
  if (result != NULL && terms != NULL)
    result = esp_sum_gather (rewriter,
                             esp_builder_binary (rewriter->builder, ESP_OPERATION_ADD, result, terms), 1);
  if (result == NULL || esp_expression_get_length (result) >= esp_expression_get_length (plain))
    return NULL;
  rewriter->rule = "common part of branches";
  return result;
}

/* Collects the operands of nested @operation. */
static bool
flatten (GPtrArray *list, EspOperation operation, EspExpression *expression)
{
  if (esp_expression_get_operation (expression) == operation)
    return flatten (list, operation, esp_expression_get_operand (expression, 0))
           && flatten (list, operation, esp_expression_get_operand (expression, 1));
  if (!g_ptr_array_find (list, expression, NULL))
    g_ptr_array_add (list, expression);
  return list->len <= MAX_CHOICES;
}

/* Constants last. */
static int
compare_choices (gconstpointer a, gconstpointer b)
{
  EspExpression *const *left = a, *const *right = b;

  if (esp_is_constant (*left) != esp_is_constant (*right))
    return esp_is_constant (*left) ? 1 : -1;
  return esp_expression_compare (*left, *right);
}

/* Returns whether min (a, b) is always @a, or for @side −1 max (a, b). */
static bool
is_decided (EspRewriter *rewriter, EspExpression *a, EspExpression *b, int side)
{
  EspOperation opposite = side > 0 ? ESP_OPERATION_MAX : ESP_OPERATION_MIN;
  EspInterval left = esp_rewriter_bound (rewriter, a), right = esp_rewriter_bound (rewriter, b);

  /* min (a, max (a, c)) is a */
  if (esp_expression_get_operation (b) == opposite
      && (esp_expression_get_operand (b, 0) == a || esp_expression_get_operand (b, 1) == a))
    return true;
  if (esp_interval_is_empty (left) || esp_interval_is_empty (right)
      || (side > 0 ? left.high > right.low : left.low < right.high))
    return false;
  esp_rewriter_rely (rewriter, a);
  esp_rewriter_rely (rewriter, b);
  return true;
}

/* max (a, −a) = |a|, and max (clamp (a, low, high), b) = clamp (a, b, high); the like for min. */
static EspExpression *
rewrite_pair (EspRewriter *rewriter, EspOperation operation, EspExpression *a, EspExpression *b)
{
  EspExpression *negative;

  if (esp_is_constant (b))
    {
      EspExpression *operands[3];
      double low, high, value = esp_expression_get_value (b);

      if (esp_expression_get_operation (a) != ESP_OPERATION_CLAMP
          || !esp_is_constant (esp_expression_get_operand (a, 1))
          || !esp_is_constant (esp_expression_get_operand (a, 2)))
        return NULL;
      for (size_t i = 0; i < 3; i++)
        operands[i] = esp_expression_get_operand (a, i);
      low = esp_expression_get_value (operands[1]);
      high = esp_expression_get_value (operands[2]);
      if (!(low <= value && value <= high))
        return NULL;
      operands[operation == ESP_OPERATION_MAX ? 1 : 2] = b;
      rewriter->rule = "clamp";
      return esp_builder_apply (rewriter->builder, ESP_OPERATION_CLAMP, operands);
    }

  negative = esp_negate (rewriter, b);
  if (negative != a)
    return NULL;
  rewriter->rule = "absolute value";
  negative = esp_builder_unary (rewriter->builder, ESP_OPERATION_ABS, esp_begins_with_minus (a) ? b : a);
  return operation == ESP_OPERATION_MAX ? negative : esp_negate (rewriter, negative);
}

static EspExpression *
rewrite_extreme (EspRewriter *rewriter, EspExpression *plain)
{
  EspOperation operation = esp_expression_get_operation (plain);
  EspOperation opposite = operation == ESP_OPERATION_MIN ? ESP_OPERATION_MAX : ESP_OPERATION_MIN;
  int side = operation == ESP_OPERATION_MIN ? 1 : -1;
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  EspExpression *result = NULL;
  bool negative = true;

  rewriter->rule = "smallest or largest";
  if (!flatten (list, operation, plain))
    return NULL;
  for (guint i = 0; i < list->len;)
    {
      bool gone = false;

      for (guint k = 0; !gone && k < list->len; k++)
        gone = k != i
               && is_decided (rewriter, g_ptr_array_index (list, k), g_ptr_array_index (list, i), side);
      if (gone)
        g_ptr_array_remove_index (list, i);
      else
        i++;
    }
  g_ptr_array_sort (list, compare_choices);

  for (guint i = 0; i < list->len; i++)
    negative = negative && esp_begins_with_minus (g_ptr_array_index (list, i));
  if (negative && list->len > 1)
    {
      for (guint i = 0; i < list->len; i++)
        {
          EspExpression *positive = esp_negate (rewriter, g_ptr_array_index (list, i));

          if (positive == NULL)
            return NULL;
          list->pdata[i] = positive;
        }
      g_ptr_array_sort (list, compare_choices);
      operation = opposite;
      opposite = operation == ESP_OPERATION_MIN ? ESP_OPERATION_MAX : ESP_OPERATION_MIN;
    }
  else
    negative = false;
  for (guint i = 0; i < list->len; i++)
    result = result == NULL
               ? g_ptr_array_index (list, i)
               : esp_builder_binary (rewriter->builder, operation, result, g_ptr_array_index (list, i));

  /* min (max (a, low), high) with low ≤ high */
  if (list->len == 2 && esp_is_constant (list->pdata[1])
      && esp_expression_get_operation (list->pdata[0]) == opposite
      && esp_is_constant (esp_expression_get_operand (list->pdata[0], 1)))
    {
      EspExpression *inner = esp_expression_get_operand (list->pdata[0], 1);
      EspExpression *operands[] = { esp_expression_get_operand (list->pdata[0], 0),
                                    operation == ESP_OPERATION_MIN ? inner : list->pdata[1],
                                    operation == ESP_OPERATION_MIN ? list->pdata[1] : inner };

      if (esp_expression_get_value (operands[1]) <= esp_expression_get_value (operands[2]))
        {
          rewriter->rule = "clamp";
          result = esp_builder_apply (rewriter->builder, ESP_OPERATION_CLAMP, operands);
        }
    }
  if (list->len == 2)
    {
      EspExpression *other = rewrite_pair (rewriter, operation, list->pdata[0], list->pdata[1]);

      result = other != NULL ? other : result;
    }
  if (negative)
    return esp_negate (rewriter, result);
  if (result == plain || esp_expression_get_length (result) == esp_expression_get_length (plain))
    {
      EspExpression *shorter = take_out (rewriter, result);

      return shorter != NULL ? shorter : result;
    }
  return result;
}

static EspExpression *
subtract (EspRewriter *rewriter, EspExpression *a, EspExpression *b)
{
  return esp_sum_gather (rewriter, esp_builder_binary (rewriter->builder, ESP_OPERATION_SUBTRACT, a, b), 1);
}

static EspExpression *
rewrite_if (EspRewriter *rewriter, EspExpression *plain)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *a[] = { esp_expression_get_operand (plain, 0), esp_expression_get_operand (plain, 1),
                         esp_expression_get_operand (plain, 2) };
  EspInterval condition = esp_rewriter_bound (rewriter, a[0]);
  EspExpression *difference, *result;
  double scale;

  if (esp_is_constant (a[0])
      || (!esp_interval_is_empty (condition) && (condition.low > 0 || condition.high <= 0)))
    {
      bool yes = esp_is_constant (a[0]) ? esp_expression_get_value (a[0]) > 0 : condition.low > 0;

      esp_rewriter_rely (rewriter, a[0]);
      rewriter->rule = "decided condition";
      return yes ? a[1] : a[2];
    }
  rewriter->rule = "equal branches";
  if (a[1] == a[2])
    return a[1];

  /* a branch knows what its condition was */
  rewriter->rule = "nested condition";
  for (int i = 1; i < 3; i++)
    if (esp_expression_get_operation (a[i]) == ESP_OPERATION_IF
        && esp_expression_get_operand (a[i], 0) == a[0])
      {
        a[i] = esp_expression_get_operand (a[i], (size_t) i);
        return esp_builder_apply (builder, ESP_OPERATION_IF, a);
      }

  /* if (x − y, x, y) is the larger */
  difference = subtract (rewriter, a[1], a[2]);
  rewriter->rule = "condition that compares the branches";
  if (difference != NULL)
    {
      EspExpression *own = esp_primitive (rewriter, a[0], true, &scale);
      EspExpression *other = esp_primitive (rewriter, difference, true, &scale);

      if (own != NULL && own == other)
        return esp_builder_binary (builder, ESP_OPERATION_MAX, a[1], a[2]);
      other = esp_negate (rewriter, difference);
      other = other == NULL ? NULL : esp_primitive (rewriter, other, true, &scale);
      if (own != NULL && own == other)
        return esp_builder_binary (builder, ESP_OPERATION_MIN, a[1], a[2]);
    }

  result = take_out (rewriter, plain);
  if (result != NULL)
    return result;

  /* only the sign of the condition matters */
  rewriter->rule = "scale of a condition";
  result = esp_primitive (rewriter, a[0], true, &scale);
  if (result == NULL || esp_expression_get_length (result) >= esp_expression_get_length (a[0]))
    return NULL;
  a[0] = result;
  return esp_builder_apply (builder, ESP_OPERATION_IF, a);
}

static EspExpression *
rewrite_clamp (EspRewriter *rewriter, EspExpression *plain)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *a[] = { esp_expression_get_operand (plain, 0), esp_expression_get_operand (plain, 1),
                         esp_expression_get_operand (plain, 2) };
  EspInterval value = esp_rewriter_bound (rewriter, a[0]);
  EspInterval low = esp_rewriter_bound (rewriter, a[1]), high = esp_rewriter_bound (rewriter, a[2]);
  bool above, below;

  rewriter->rule = "clamp";
  if (esp_interval_is_empty (value) || esp_interval_is_empty (low) || esp_interval_is_empty (high)
      || low.high > high.low)
    return NULL;
  above = value.low >= low.high;
  below = value.high <= high.low;
  if (above || below || value.high <= low.low || value.low >= high.high)
    for (int i = 0; i < 3; i++)
      esp_rewriter_rely (rewriter, a[i]);
  if (above && below)
    return a[0];
  if (value.high <= low.low)
    return a[1];
  if (value.low >= high.high)
    return a[2];
  /* clamp in clamp, where both leave something */
  if (esp_expression_get_operation (a[0]) == ESP_OPERATION_CLAMP && esp_is_constant (a[1])
      && esp_is_constant (a[2]) && esp_is_constant (esp_expression_get_operand (a[0], 1))
      && esp_is_constant (esp_expression_get_operand (a[0], 2)))
    {
      double inner_low = esp_expression_get_value (esp_expression_get_operand (a[0], 1));
      double inner_high = esp_expression_get_value (esp_expression_get_operand (a[0], 2));

      if (!(inner_low <= inner_high))
        return NULL;
      rewriter->rule = "clamp in clamp";
      a[1] = esp_builder_constant (builder, fmax (inner_low, low.low));
      a[2] = esp_builder_constant (builder, fmin (inner_high, high.high));
      a[0] = esp_expression_get_operand (a[0], 0);
      return esp_builder_apply (builder, ESP_OPERATION_CLAMP, a);
    }
  if (above)
    return esp_builder_binary (builder, ESP_OPERATION_MIN, a[0], a[2]);
  if (below)
    return esp_builder_binary (builder, ESP_OPERATION_MAX, a[0], a[1]);
  return NULL;
}

static EspExpression *
rewrite_soft_if (EspRewriter *rewriter, EspExpression *plain)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *a[] = { esp_expression_get_operand (plain, 0), esp_expression_get_operand (plain, 1),
                         esp_expression_get_operand (plain, 2) };
  EspExpression *result;

  rewriter->rule = "equal branches";
  if (a[1] == a[2])
    return a[1];
  if (esp_is_constant (a[0]))
    {
      double condition = esp_expression_get_value (a[0]);

      rewriter->rule = "decided condition";
      for (int i = 0; i < 2; i++)
        {
          /* 1 − sigmoid (c) is sigmoid (−c), of which rounding leaves more */
          double signed_condition = i == 0 ? condition : -condition;
          double weight = esp_operation_evaluate (ESP_OPERATION_SIGMOID, &signed_condition);

          a[1 + i] = esp_builder_binary (builder, ESP_OPERATION_MULTIPLY,
                                         esp_builder_constant (builder, weight), a[1 + i]);
        }
      return esp_sum_gather (rewriter, esp_builder_binary (builder, ESP_OPERATION_ADD, a[1], a[2]), 1);
    }
  result = take_out (rewriter, plain);
  if (result != NULL)
    return result;
  if (esp_is_number (a[1], 0) || esp_is_number (a[2], 0))
    {
      EspExpression *condition = esp_is_number (a[1], 0) ? esp_negate (rewriter, a[0]) : a[0];

      rewriter->rule = "branch that is 0";
      if (condition == NULL)
        return NULL;
      result = esp_product_gather (
        rewriter, esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, esp_is_number (a[1], 0) ? a[2] : a[1],
                                      esp_builder_unary (builder, ESP_OPERATION_SIGMOID, condition)));
      return result != NULL && esp_expression_get_length (result) < esp_expression_get_length (plain) ? result
                                                                                                      : NULL;
    }
  if (!esp_begins_with_minus (a[0]))
    return NULL;
  rewriter->rule = "condition turned round";
  a[0] = esp_negate (rewriter, a[0]);
  if (a[0] == NULL)
    return NULL;
  result = a[1];
  a[1] = a[2];
  a[2] = result;
  return esp_builder_apply (builder, ESP_OPERATION_SOFT_IF, a);
}

EspExpression *
esp_rewrite_choice (EspRewriter *rewriter, EspExpression *plain)
{
  switch (esp_expression_get_operation (plain))
    {
    case ESP_OPERATION_MIN:
    case ESP_OPERATION_MAX:
      return rewrite_extreme (rewriter, plain);
    case ESP_OPERATION_IF:
      return rewrite_if (rewriter, plain);
    case ESP_OPERATION_CLAMP:
      return rewrite_clamp (rewriter, plain);
    default:
      return rewrite_soft_if (rewriter, plain);
    }
}

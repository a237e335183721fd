/* Products put together: as fractions, with numbers where they are shortest, and multiplied out where that
 * is. */

#include <math.h>

#include "esp-precedence.h"
#include "esp-terms.h"

/* A number of more digits is shown as a division where that has no more than these. */
#define SHORT_DIGITS 6

static int
compare_factors (gconstpointer a, gconstpointer b)
{
  const EspFactor *left = a, *right = b;

  return esp_expression_compare (left->base, right->base);
}

static EspExpression *
to_power (EspBuilder *builder, EspExpression *base, double exponent)
{
  if (exponent == 1)
    return base;
  if (exponent == 0.5)
    return esp_builder_unary (builder, ESP_OPERATION_SQRT, base);
  return esp_builder_binary (builder, ESP_OPERATION_POWER, base, esp_builder_constant (builder, exponent));
}

static EspExpression *
times (EspBuilder *builder, EspExpression *first, EspExpression *second)
{
  return first == NULL ? second : esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, first, second);
}

/* Returns the factors of one side of the fraction times @first (may be NULL), the first one with a minus sign
 * if
 * @negative. Those of equal powers, and absolute values and signs, share them. */
static EspExpression *
multiply (const EspProduct *product, EspBuilder *builder, int side, EspExpression *first, bool negative)
{
  guint n = product->factors->len;
  g_autofree bool *done = g_new0 (bool, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      const EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      EspOperation operation = esp_expression_get_operation (factor->base);
      bool shared = operation == ESP_OPERATION_ABS || operation == ESP_OPERATION_SIGN;
      EspExpression *base = factor->base;

      if (done[i] || factor->exponent * side < 0)
        continue;
      if (shared)
        base = esp_expression_get_operand (base, 0);
      for (guint k = i + 1; k < n && (shared || fabs (factor->exponent) != 1); k++)
        {
          const EspFactor *other = &g_array_index (product->factors, EspFactor, k);
          EspOperation kind = esp_expression_get_operation (other->base);

          if (done[k] || other->exponent != factor->exponent
              || (shared ? kind != operation : kind == ESP_OPERATION_ABS || kind == ESP_OPERATION_SIGN))
            continue;
          done[k] = true;
          base = times (builder, base, shared ? esp_expression_get_operand (other->base, 0) : other->base);
        }
      if (shared)
        base = esp_builder_unary (builder, operation, base);
      base = to_power (builder, base, factor->exponent * side);
      if (negative)
        base = esp_builder_unary (builder, ESP_OPERATION_NEGATE, base);
      negative = false;
      first = times (builder, first, base);
    }

  return first;
}

static bool
has_few_digits (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];

  g_snprintf (format, sizeof format, "%%.%dg", SHORT_DIGITS);
  g_ascii_formatd (text, sizeof text, format, value);
  return g_ascii_strtod (text, NULL) == value;
}

/* Multiplies @number into the sum among the factors that gains from it most, where that does not lengthen the
 * whole. Returns NULL for none. */
static EspExpression *
absorb (const EspProduct *product, EspRewriter *rewriter)
{
  /* what the number costs in front */
  size_t allowance = product->number == -1 ? 1 : 2;
  EspExpression *best = NULL;
  guint place = 0;
  size_t least = G_MAXSIZE;

  for (guint i = 0; i < product->factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      EspExpression *changed;
      size_t before = esp_expression_get_length (factor->base);

      if (fabs (factor->exponent) != 1 || !esp_is_sum (factor->base))
        continue;
      changed = esp_sum_gather (rewriter, factor->base,
                                factor->exponent == 1 ? product->number : 1 / product->number);
      if (changed == NULL || !esp_is_sum (changed) || esp_expression_get_length (changed) > before + allowance
          || (esp_expression_get_length (changed) == before + allowance && product->factors->len > 1)
          || esp_expression_get_length (changed) >= least)
        continue;
      least = esp_expression_get_length (changed);
      best = changed;
      place = i;
    }
  if (best == NULL)
    return NULL;

  {
    EspProduct rest = { 1, g_array_copy (product->factors) };
    EspExpression *result;

    g_array_index (rest.factors, EspFactor, place).base = best;
    result = esp_product_build (&rest, rewriter);
    esp_product_clear (&rest);
    return result;
  }
}

/* Returns the factors with y^2/z^2 as (y/z)^2: one power for all that stand above and below with the same. */
static EspProduct
join_powers (const EspProduct *product, EspRewriter *rewriter)
{
  EspProduct joined = { product->number, g_array_copy (product->factors) };

  for (guint i = 0; i < joined.factors->len; i++)
    {
      EspFactor factor = g_array_index (joined.factors, EspFactor, i);
      EspExpression *sides[2] = { NULL, NULL };

      if (factor.exponent <= 0 || factor.exponent == 1)
        continue;
      for (guint k = 0; k < joined.factors->len; k++)
        {
          EspFactor other = g_array_index (joined.factors, EspFactor, k);
          EspExpression **side = &sides[other.exponent < 0];

          if (fabs (other.exponent) == factor.exponent)
            *side = times (rewriter->builder, *side, other.base);
        }
      if (sides[1] == NULL)
        continue;
      for (guint k = 0; k < joined.factors->len;)
        if (fabs (g_array_index (joined.factors, EspFactor, k).exponent) == factor.exponent)
          g_array_remove_index (joined.factors, k);
        else
          k++;
      factor.base = esp_builder_binary (rewriter->builder, ESP_OPERATION_DIVIDE, sides[0], sides[1]);
      g_array_append_val (joined.factors, factor);
      g_array_sort (joined.factors, compare_factors);
      i = (guint) -1;
    }
  return joined;
}

/* Puts the factors together as they are. */
static EspExpression *
assemble (const EspProduct *product, EspRewriter *rewriter, bool may_absorb)
{
  EspBuilder *builder = rewriter->builder;
  double number = esp_number_tidy (product->number), divisor = 1;
  EspExpression *above, *below;
  size_t n_above = 0, n_below = 0;
  const EspFactor *only = NULL;
  bool has_powers = false;

  if (number == 0)
    return esp_builder_constant (builder, 0);
  if (!isnormal (number))
    return NULL;
  g_array_sort (product->factors, compare_factors);
  for (guint i = 0; i < product->factors->len; i++)
    {
      only = &g_array_index (product->factors, EspFactor, i);
      if (only->exponent > 0)
        n_above++;
      else
        n_below++;
      has_powers = has_powers || (only->exponent < 0 && only->exponent != -1);
    }
  if (has_powers && n_above > 0)
    {
      EspProduct joined = join_powers (product, rewriter);
      bool changed = joined.factors->len < product->factors->len;

      above = changed ? assemble (&joined, rewriter, may_absorb) : NULL;
      esp_product_clear (&joined);
      if (changed)
        return above;
    }
  if (only == NULL)
    return esp_builder_constant (builder, number);

  if (may_absorb && number != 1 && (above = absorb (product, rewriter)) != NULL)
    return above;

  /* x^-2 reads better than 1/x^2 */
  if (n_above == 0 && n_below == 1 && fabs (number) == 1 && only->exponent != -1)
    {
      above = to_power (builder, only->base, only->exponent);
      return number < 0 ? esp_builder_unary (builder, ESP_OPERATION_NEGATE, above) : above;
    }

  /* x/3 reads better than 0.3333333333333333*x */
  if (n_above > 0 && fabs (number) != 1 && !has_few_digits (number))
    {
      double inverse = esp_number_tidy (1 / number);

      if (has_few_digits (inverse) && esp_number_tidy (1 / inverse) == number)
        {
          divisor = fabs (inverse);
          number = number < 0 ? -1 : 1;
        }
    }
  if (n_above == 0)
    above = esp_builder_constant (builder, number);
  else
    above = multiply (product, builder, 1, fabs (number) == 1 ? NULL : esp_builder_constant (builder, number),
                      number == -1);
  below = multiply (product, builder, -1, divisor == 1 ? NULL : esp_builder_constant (builder, divisor),
                    false);
  return below == NULL ? above : esp_builder_binary (builder, ESP_OPERATION_DIVIDE, above, below);
}

EspExpression *
esp_product_build (const EspProduct *product, EspRewriter *rewriter)
{
  return assemble (product, rewriter, true);
}

EspExpression *
esp_product_build_term (const EspProduct *product, EspRewriter *rewriter)
{
  return assemble (product, rewriter, product->factors->len > 1);
}

/* Multiplies sums out where that is shorter. */
static EspExpression *
expand (EspRewriter *rewriter, EspExpression *expression, EspExpression *known)
{
  EspExpression *result = NULL;
  EspSum sum;

  if (!esp_sum_init (&sum, rewriter, expression, 1, true))
    return known;
  if (sum.terms->len < G_MAXUINT)
    result = esp_sum_build (&sum, rewriter);
  esp_sum_clear (&sum);
  if (result == NULL || esp_expression_get_length (result) >= esp_expression_get_length (known))
    return known;
  rewriter->rule = "multiply out";
  return result;
}

EspExpression *
esp_product_gather (EspRewriter *rewriter, EspExpression *expression)
{
  EspProduct product;
  EspExpression *result;
  size_t sums = 0;

  if (!esp_product_init (&product, rewriter, expression))
    return NULL;
  for (guint i = 0; i < product.factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (product.factors, EspFactor, i);

      if (factor->exponent > 0 && esp_is_sum (factor->base))
        sums += factor->exponent > 1 ? 2 : 1;
    }
  result = esp_product_build (&product, rewriter);
  if (result != NULL && sums > 0 && (sums > 1 || product.factors->len > 1)
      && esp_expression_get_length (result) <= 200)
    result = expand (rewriter, result, result);
  esp_product_clear (&product);
  return result;
}

EspExpression *
esp_negate (EspRewriter *rewriter, EspExpression *expression)
{
  EspProduct product;
  EspExpression *result;

  if (esp_is_sum (expression))
    return esp_sum_gather (rewriter, expression, -1);
  if (!esp_product_init (&product, rewriter, expression))
    return NULL;

  product.number = -product.number;
  result = esp_product_build (&product, rewriter);
  esp_product_clear (&product);
  return result;
}

bool
esp_begins_with_minus (const EspExpression *expression)
{
  while (esp_is_sum (expression))
    expression = esp_expression_get_operand (expression, 0);
  return esp_expression_leads_with_minus (expression);
}

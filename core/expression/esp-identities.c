#include "esp-identities.h"

#include <math.h>

/* Lengths add up here, and a graph of a few hundred nodes may be longer than can be counted. */
#define MAX_COUNTED_LENGTH (1u << 30)

/* What @coefficient times a term of this length takes to read, with the sign that joins it. */
static size_t
get_cost (double coefficient, size_t length)
{
  if (coefficient == 0)
    return 0;
  return MIN (length, MAX_COUNTED_LENGTH) + 1 + (fabs (coefficient) == 1 ? 0 : 2);
}

static size_t
get_rest_cost (double coefficient, EspExpression *rest)
{
  if (coefficient == 0)
    return 0;
  return rest == NULL ? 2 : get_cost (coefficient, esp_expression_get_length (rest));
}

static double
subtract (double a, double b)
{
  return fabs (a - b) <= 1e-15 * fmax (fabs (a), fabs (b)) ? 0 : esp_number_tidy (a - b);
}

/* Returns what a product is without factor @k as a key, NULL where nothing is left. */
static EspExpression *
get_rest (EspRewriter *rewriter, const EspProduct *product, guint k)
{
  EspProduct rest = { 1, g_array_copy (product->factors) };
  EspExpression *result = NULL;

  g_array_remove_index (rest.factors, k);
  if (rest.factors->len > 0)
    result = esp_product_build (&rest, rewriter);
  esp_product_clear (&rest);
  return result;
}

/* Returns @rest (may be NULL) times base^exponent as a key; NULL when that is no product. */
static EspExpression *
get_key (EspRewriter *rewriter, EspExpression *rest, EspExpression *base, double exponent)
{
  EspProduct product = { 1, NULL };
  EspExpression *result = NULL;

  if (rest == NULL)
    product.factors = g_array_new (FALSE, FALSE, sizeof (EspFactor));
  else if (!esp_product_init (&product, rewriter, rest))
    return NULL;
  if (product.number == 1 && esp_product_add (&product, base, exponent))
    result = esp_product_build (&product, rewriter);
  esp_product_clear (&product);
  return result;
}

static double
get_coefficient (const EspSum *sum, EspExpression *key)
{
  const double *known = key == NULL ? &sum->constant : esp_sum_find (sum, key);

  return known == NULL ? 0 : *known;
}

static void
set_coefficient (EspSum *sum, EspExpression *key, double coefficient)
{
  double *known = key == NULL ? &sum->constant : esp_sum_find (sum, key);

  if (known != NULL)
    *known = coefficient;
  else if (coefficient != 0)
    esp_sum_add (sum, key, coefficient);
}

/* a·sin² u + b·cos² u + d, each times @rest: with sin² + cos² = 1 one of the squares can go, and both where
 * a = −b leaves cos 2u. */
static bool
apply_squares (
  EspSum *sum, EspRewriter *rewriter, EspExpression *base, EspExpression *rest, EspExpression *key)
{
  EspBuilder *builder = rewriter->builder;
  EspExpression *argument = esp_expression_get_operand (base, 0);
  bool is_sine = esp_expression_get_operation (base) == ESP_OPERATION_SIN;
  EspExpression *other = esp_builder_unary (builder, is_sine ? ESP_OPERATION_COS : ESP_OPERATION_SIN,
                                            argument);
  EspExpression *other_key = get_key (rewriter, rest, other, 2), *twice;
  double a = get_coefficient (sum, key), b, d = get_coefficient (sum, rest);
  size_t length = esp_expression_get_length (key);
  size_t now, first, second, third = G_MAXSIZE;

  if (other_key == NULL)
    return false;
  b = get_coefficient (sum, other_key);
  now = get_cost (a, length) + get_cost (b, length) + get_rest_cost (d, rest);
  first = get_cost (subtract (a, b), length) + get_rest_cost (subtract (d, -b), rest);
  second = get_cost (subtract (b, a), length) + get_rest_cost (subtract (d, -a), rest);
  if (b == 0)
    first = G_MAXSIZE;
  twice = esp_sum_gather (rewriter, argument, 2);
  if (b != 0 && subtract (a, -b) == 0 && twice != NULL)
    {
      twice = get_key (rewriter, rest, esp_builder_unary (builder, ESP_OPERATION_COS, twice), 1);
      if (twice != NULL)
        third = get_cost (a, esp_expression_get_length (twice)) + get_rest_cost (d, rest);
    }

  if (third < now && third <= first && third <= second)
    {
      set_coefficient (sum, key, 0);
      set_coefficient (sum, other_key, 0);
      esp_sum_add (sum, twice, is_sine ? -a : a);
    }
  else if (first < now && first <= second)
    {
      set_coefficient (sum, key, subtract (a, b));
      set_coefficient (sum, other_key, 0);
      set_coefficient (sum, rest, subtract (d, -b));
    }
  else if (second < now)
    {
      set_coefficient (sum, key, 0);
      set_coefficient (sum, other_key, subtract (b, a));
      set_coefficient (sum, rest, subtract (d, -a));
    }
  else
    return false;
  rewriter->rule = "sin² + cos² = 1";
  return true;
}

/* 1 − sigmoid (u) = sigmoid (−u), and 2·sigmoid (u) − 1 = tanh (u/2), each times @rest. */
static bool
apply_logistic (
  EspSum *sum, EspRewriter *rewriter, EspExpression *base, EspExpression *rest, EspExpression *key)
{
  EspExpression *argument = esp_expression_get_operand (base, 0), *changed;
  double a = get_coefficient (sum, key), d = get_coefficient (sum, rest);
  bool complement = subtract (a, -d) == 0, middle = subtract (a, -2 * d) == 0;
  size_t before, after;

  if (d == 0 || (!complement && !middle))
    return false;
  changed = esp_sum_gather (rewriter, argument, complement ? -1 : 0.5);
  if (changed == NULL)
    return false;
  changed = esp_builder_unary (rewriter->builder, complement ? ESP_OPERATION_SIGMOID : ESP_OPERATION_TANH,
                               changed);
  changed = get_key (rewriter, rest, changed, 1);
  if (changed == NULL)
    return false;
  before = get_cost (a, esp_expression_get_length (key)) + get_rest_cost (d, rest);
  after = get_cost (d, esp_expression_get_length (changed));
  if (after >= before)
    return false;
  set_coefficient (sum, key, 0);
  set_coefficient (sum, rest, 0);
  esp_sum_add (sum, changed, complement ? d : -d);
  rewriter->rule = complement ? "1 − sigmoid u = sigmoid −u" : "2·sigmoid u − 1 = tanh u/2";
  return true;
}

static bool
apply_to_term (EspSum *sum, EspRewriter *rewriter, EspExpression *key)
{
  EspProduct product;
  bool changed = false;

  if (!esp_product_init (&product, rewriter, key))
    return false;
  for (guint k = 0; !changed && product.number == 1 && k < product.factors->len; k++)
    {
      EspFactor factor = g_array_index (product.factors, EspFactor, k);
      EspOperation operation = esp_expression_get_operation (factor.base);
      bool square = (operation == ESP_OPERATION_SIN || operation == ESP_OPERATION_COS)
                    && factor.exponent == 2;
      bool logistic = operation == ESP_OPERATION_SIGMOID && factor.exponent == 1;
      EspExpression *rest;

      if (!square && !logistic)
        continue;
      rest = get_rest (rewriter, &product, k);
      if (rest == NULL && product.factors->len > 1)
        continue;
      changed = square ? apply_squares (sum, rewriter, factor.base, rest, key)
                       : apply_logistic (sum, rewriter, factor.base, rest, key);
    }
  esp_product_clear (&product);
  return changed;
}

/* log (c·a) is log (a) and a number, where there is a number already. */
static void
split_logarithms (EspSum *sum, EspRewriter *rewriter)
{
  guint n = 0;

  for (guint i = 0; i < sum->terms->len; i++)
    {
      const EspTerm *term = &g_array_index (sum->terms, EspTerm, i);

      n += esp_expression_get_operation (term->key) == ESP_OPERATION_LOG && term->coefficient != 0;
    }
  if (n == 0 || (n == 1 && sum->constant == 0))
    return;
  for (guint i = 0; i < sum->terms->len; i++)
    {
      EspTerm term = g_array_index (sum->terms, EspTerm, i);
      EspExpression *rest;
      double number;

      if (term.coefficient == 0 || esp_expression_get_operation (term.key) != ESP_OPERATION_LOG)
        continue;
      rest = esp_primitive (rewriter, esp_expression_get_operand (term.key, 0), true, &number);
      if (rest == NULL || !(number > 0) || number == 1
          || esp_expression_get_length (rest)
               > esp_expression_get_length (esp_expression_get_operand (term.key, 0)))
        continue;
      set_coefficient (sum, term.key, 0);
      esp_sum_add (sum, esp_builder_unary (rewriter->builder, ESP_OPERATION_LOG, rest), term.coefficient);
      sum->constant = esp_number_tidy (sum->constant + term.coefficient * log (number));
    }
}

/* k·log a ± k·log b = k·log (a·b^±1): defined wherever both logarithms are. */
static void
join_logarithms (EspSum *sum, EspRewriter *rewriter)
{
  for (guint i = 0; i < sum->terms->len; i++)
    for (guint k = i + 1; k < sum->terms->len; k++)
      {
        EspTerm a = g_array_index (sum->terms, EspTerm, i), b = g_array_index (sum->terms, EspTerm, k);
        EspExpression *joined;

        if (a.coefficient == 0 || fabs (a.coefficient) != fabs (b.coefficient)
            || esp_expression_get_operation (a.key) != ESP_OPERATION_LOG
            || esp_expression_get_operation (b.key) != ESP_OPERATION_LOG)
          continue;
        joined = esp_builder_binary (
          rewriter->builder, a.coefficient == b.coefficient ? ESP_OPERATION_MULTIPLY : ESP_OPERATION_DIVIDE,
          esp_expression_get_operand (a.key, 0), esp_expression_get_operand (b.key, 0));
        joined = esp_product_gather (rewriter, joined);
        if (joined == NULL
            || esp_expression_get_length (joined)
                 > esp_expression_get_length (a.key) + esp_expression_get_length (b.key))
          continue;
        set_coefficient (sum, a.key, 0);
        set_coefficient (sum, b.key, 0);
        if (esp_expression_get_operation (joined) == ESP_OPERATION_CONSTANT)
          sum->constant += a.coefficient * log (esp_expression_get_value (joined));
        else
          esp_sum_add (sum, esp_builder_unary (rewriter->builder, ESP_OPERATION_LOG, joined), a.coefficient);
        rewriter->rule = "log a + log b = log a·b";
        break;
      }
}

void
esp_sum_apply_identities (EspSum *sum, EspRewriter *rewriter)
{
  for (guint i = 0; i < sum->terms->len; i++)
    {
      EspTerm term = g_array_index (sum->terms, EspTerm, i);

      if (term.coefficient == 0 || esp_expression_get_operation (term.key) == ESP_OPERATION_VARIABLE)
        continue;
      apply_to_term (sum, rewriter, term.key);
    }
  split_logarithms (sum, rewriter);
  join_logarithms (sum, rewriter);
}

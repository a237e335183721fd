/* Sums: taken apart into numbers and products of powers. */

#include <float.h>
#include <math.h>

#include "esp-terms.h"

/* Multiplying out stops at so many terms, and at this power. */
#define MAX_EXPANDED_TERMS 40
#define MAX_EXPANDED_POWER 3

bool
esp_is_sum (const EspExpression *expression)
{
  EspOperation operation = esp_expression_get_operation (expression);

  return operation == ESP_OPERATION_ADD || operation == ESP_OPERATION_SUBTRACT;
}

/* What rounding leaves of two numbers that cancel is 0. */
static double
add_tidy (double a, double b)
{
  double sum = a + b;

  return fabs (sum) <= 4 * DBL_EPSILON * fmax (fabs (a), fabs (b)) ? 0 : esp_number_tidy (sum);
}

double *
esp_sum_find (const EspSum *sum, EspExpression *key)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (sum->places, key));

  return place == 0 ? NULL : &g_array_index (sum->terms, EspTerm, place - 1).coefficient;
}

void
esp_sum_add (EspSum *sum, EspExpression *key, double coefficient)
{
  double *known;
  EspTerm term = { key, coefficient };

  if (esp_expression_get_operation (key) == ESP_OPERATION_CONSTANT)
    {
      sum->constant = add_tidy (sum->constant, coefficient * esp_expression_get_value (key));
      return;
    }
  known = esp_sum_find (sum, key);
  if (known != NULL)
    {
      *known = add_tidy (*known, coefficient);
      return;
    }
  g_array_append_val (sum->terms, term);
  g_hash_table_insert (sum->places, key, GUINT_TO_POINTER (sum->terms->len));
}

void
esp_sum_init_empty (EspSum *sum)
{
  sum->terms = g_array_sized_new (FALSE, FALSE, sizeof (EspTerm), 8);
  sum->places = g_hash_table_new (NULL, NULL);
  sum->constant = 0;
}

void
esp_sum_clear (EspSum *sum)
{
  g_clear_pointer (&sum->terms, g_array_unref);
  g_clear_pointer (&sum->places, g_hash_table_unref);
}

typedef struct
{
  EspExpression *expression;
  double scale;
} Part;

static void
push (GArray *stack, EspExpression *expression, double scale)
{
  Part part = { expression, scale };

  g_array_append_val (stack, part);
}

/* Puts the terms of one sum among the factors, times the others, on the stack. */
static bool
expand_product (EspRewriter *rewriter, GArray *stack, const EspProduct *product, double scale)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      EspProduct rest;
      EspExpression *other, *node = factor->base;
      bool more = true;

      if (!esp_is_sum (node) || factor->exponent < 1 || factor->exponent > MAX_EXPANDED_POWER
          || factor->exponent != floor (factor->exponent))
        continue;
      rest = (EspProduct){ 1, g_array_copy (product->factors) };
      if (factor->exponent > 1)
        g_array_index (rest.factors, EspFactor, i).exponent -= 1;
      else
        g_array_remove_index (rest.factors, i);
      other = esp_product_build (&rest, rewriter);
      esp_product_clear (&rest);
      if (other == NULL)
        return false;
      while (more)
        {
          EspExpression *term = node;
          double sign = 1;

          more = esp_is_sum (node);
          if (more)
            {
              term = esp_expression_get_operand (node, 1);
              sign = esp_expression_get_operation (node) == ESP_OPERATION_SUBTRACT ? -1 : 1;
              node = esp_expression_get_operand (node, 0);
            }
          push (stack, esp_builder_binary (rewriter->builder, ESP_OPERATION_MULTIPLY, term, other),
                sign * scale);
        }
      return true;
    }
  return false;
}

/* Adds an expression that is no sum, or puts it on the stack again in parts. */
static void
take (EspSum *sum, EspRewriter *rewriter, GArray *stack, Part part, bool expand)
{
  EspProduct product;
  const EspFactor *first;
  EspExpression *key;
  double scale;

  if (esp_expression_get_operation (part.expression) == ESP_OPERATION_VARIABLE
      || !esp_product_init (&product, rewriter, part.expression))
    {
      esp_sum_add (sum, part.expression, part.scale);
      return;
    }
  first = &g_array_index (product.factors, EspFactor, 0);
  scale = esp_number_tidy (part.scale * product.number);
  product.number = 1;
  if (product.factors->len == 0)
    sum->constant = add_tidy (sum->constant, scale == 0 ? 0 : scale);
  else if (product.factors->len == 1 && first->exponent == 1 && esp_is_sum (first->base))
    push (stack, first->base, scale);
  else if (!expand || !expand_product (rewriter, stack, &product, scale))
    {
      key = esp_product_build (&product, rewriter);
      if (key == NULL)
        esp_sum_add (sum, part.expression, part.scale);
      else
        esp_sum_add (sum, key, scale);
    }
  esp_product_clear (&product);
}

bool
esp_sum_init (EspSum *sum, EspRewriter *rewriter, EspExpression *expression, double scale, bool expand)
{
  g_autoptr (GArray) stack = g_array_sized_new (FALSE, FALSE, sizeof (Part), 8);
  bool ok = true;
  guint n = 0;

  esp_sum_init_empty (sum);
  push (stack, expression, scale);
  while (ok && stack->len > 0)
    {
      Part part = g_array_index (stack, Part, stack->len - 1);

      g_array_set_size (stack, stack->len - 1);
      switch (esp_expression_get_operation (part.expression))
        {
        case ESP_OPERATION_ADD:
        case ESP_OPERATION_SUBTRACT:
          push (stack, esp_expression_get_operand (part.expression, 1),
                esp_expression_get_operation (part.expression) == ESP_OPERATION_ADD ? part.scale
                                                                                    : -part.scale);
          push (stack, esp_expression_get_operand (part.expression, 0), part.scale);
          break;
        case ESP_OPERATION_CONSTANT:
          sum->constant = add_tidy (
            sum->constant, esp_number_tidy (part.scale * esp_expression_get_value (part.expression)));
          break;
        default:
          take (sum, rewriter, stack, part, expand);
          ok = !expand || (sum->terms->len <= MAX_EXPANDED_TERMS && n++ < 8 * MAX_EXPANDED_TERMS);
        }
    }

  for (guint i = 0; i < sum->terms->len;)
    {
      EspTerm *term = &g_array_index (sum->terms, EspTerm, i);

      if (term->coefficient == 0)
        {
          g_array_remove_index (sum->terms, i);
          g_hash_table_remove_all (sum->places);
          continue;
        }
      ok = ok && isnormal (term->coefficient);
      i++;
    }
  if (g_hash_table_size (sum->places) != sum->terms->len)
    for (guint i = 0; i < sum->terms->len; i++)
      g_hash_table_insert (sum->places, g_array_index (sum->terms, EspTerm, i).key, GUINT_TO_POINTER (i + 1));
  ok = ok && (sum->constant == 0 || isnormal (sum->constant));
  if (!ok)
    esp_sum_clear (sum);
  return ok;
}

EspExpression *
esp_sum_gather (EspRewriter *rewriter, EspExpression *expression, double scale)
{
  EspExpression *result;
  EspSum sum;

  if (!esp_sum_init (&sum, rewriter, expression, scale, false))
    return NULL;
  result = esp_sum_build (&sum, rewriter);
  esp_sum_clear (&sum);
  return result;
}

/* Returns the number that most terms have; of several the one that is read first. */
static double
find_most_frequent (const EspSum *sum)
{
  const EspTerm *best = NULL;
  guint most = 0;

  /* many terms are taken as they come, for time */
  if (sum->terms->len > ESP_MAX_SEARCHED_TERMS)
    return 1;
  for (guint i = 0; i < sum->terms->len; i++)
    {
      const EspTerm *term = &g_array_index (sum->terms, EspTerm, i);
      guint n = 0;

      for (guint k = 0; k < sum->terms->len; k++)
        n += fabs (g_array_index (sum->terms, EspTerm, k).coefficient) == fabs (term->coefficient);
      if (n > most || (n == most && esp_expression_compare (term->key, best->key) < 0))
        {
          most = n;
          best = term;
        }
    }
  return best == NULL ? 1 : best->coefficient;
}

typedef struct
{
  EspExpression *expression;
  double scale;
} Primitive;

static void
remember (EspRewriter *rewriter, EspExpression *sum, EspExpression *primitive, double scale)
{
  Primitive *known = g_new (Primitive, 1);

  *known = (Primitive){ primitive, scale };
  g_hash_table_replace (rewriter->primitives, sum, known);
}

static bool
find_primitive (EspRewriter *rewriter, EspExpression *expression, Primitive *result)
{
  const Primitive *known = g_hash_table_lookup (rewriter->primitives, expression);
  EspSum sum;

  if (known != NULL)
    {
      *result = *known;
      return result->expression != NULL;
    }

  *result = (Primitive){ expression, 1 };
  if (esp_sum_init (&sum, rewriter, expression, 1, false))
    {
      result->scale = find_most_frequent (&sum);
      if (result->scale != 1)
        {
          for (guint i = 0; i < sum.terms->len; i++)
            {
              double *coefficient = &g_array_index (sum.terms, EspTerm, i).coefficient;

              *coefficient = esp_number_tidy (*coefficient / result->scale);
            }
          sum.constant = esp_number_tidy (sum.constant / result->scale);
          result->expression = esp_sum_build (&sum, rewriter);
        }
      esp_sum_clear (&sum);
    }
  remember (rewriter, expression, result->expression, result->scale);
  if (result->expression != NULL && result->expression != expression)
    remember (rewriter, result->expression, result->expression, 1);
  return result->expression != NULL;
}

EspExpression *
esp_primitive (EspRewriter *rewriter, EspExpression *expression, bool keep_sign, double *scale)
{
  EspProduct product;
  EspExpression *result;

  *scale = 1;
  if (esp_is_sum (expression))
    {
      Primitive primitive;

      if (!find_primitive (rewriter, expression, &primitive))
        return NULL;
      *scale = primitive.scale;
      if (!keep_sign || primitive.scale > 0)
        return primitive.expression;
      *scale = -primitive.scale;
      return esp_sum_gather (rewriter, primitive.expression, -1);
    }

  if (!esp_product_init (&product, rewriter, expression))
    return NULL;
  *scale = keep_sign ? fabs (product.number) : product.number;
  if (product.factors->len == 0 || *scale == 0)
    *scale = 1;
  product.number /= *scale;
  result = esp_product_build (&product, rewriter);
  esp_product_clear (&product);
  return result;
}

#include "esp-terms.h"

#include <math.h>

#include "esp-precedence.h"

/* Powers up to this are gathered; above, their sum may say more than a double does. */
#define MAX_EXPONENT 1000

/* Factors are looked for one by one; a product of more is no formula for reading, and is left alone. */
#define MAX_FACTORS 1000

static bool
is_sum (const EspExpression *expression)
{
  EspOperation operation = esp_expression_get_operation (expression);

  return operation == ESP_OPERATION_ADD || operation == ESP_OPERATION_SUBTRACT;
}

bool
esp_begins_with_minus (const EspExpression *expression)
{
  while (is_sum (expression))
    expression = esp_expression_get_operand (expression, 0);
  return esp_expression_leads_with_minus (expression);
}

EspExpression *
esp_negate (EspBuilder *builder, EspExpression *expression)
{
  EspProduct product;
  EspExpression *result;

  if (is_sum (expression))
    return esp_sum_gather (builder, expression, -1);
  if (!esp_product_init (&product, builder, expression))
    return NULL;

  product.numerator = -product.numerator;
  result = esp_product_build (&product, builder);
  esp_product_clear (&product);
  return result;
}

/* f(−a) = −f(a) */
static bool
is_odd (EspOperation operation)
{
  return operation == ESP_OPERATION_SIN || operation == ESP_OPERATION_TANH || operation == ESP_OPERATION_SIGN;
}

/* Multiplies @product by base^exponent; a minus sign at the beginning of the base goes to the number. */
static bool
add_factor (EspProduct *product, EspBuilder *builder, EspExpression *base, int exponent)
{
  EspOperation operation = esp_expression_get_operation (base);
  EspExpression *positive = NULL;
  EspFactor factor;

  if (is_sum (base) && esp_begins_with_minus (base))
    positive = esp_negate (builder, base);
  else if (is_odd (operation) && esp_begins_with_minus (esp_expression_get_operand (base, 0)))
    {
      positive = esp_negate (builder, esp_expression_get_operand (base, 0));
      if (positive != NULL)
        positive = esp_builder_unary (builder, operation, positive);
    }
  if (positive != NULL)
    {
      base = positive;
      if (exponent % 2 != 0)
        product->numerator = -product->numerator;
    }

  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *known = &g_array_index (product->factors, EspFactor, i);

      if (known->base != base)
        continue;
      known->exponent += exponent;
      if (known->exponent == 0)
        g_array_remove_index (product->factors, i);
      else if (ABS (known->exponent) > MAX_EXPONENT)
        return false;
      return true;
    }

  if (product->factors->len == MAX_FACTORS)
    return false;
  factor = (EspFactor){ base, exponent };
  g_array_append_val (product->factors, factor);
  return true;
}

static bool
is_exponent (const EspExpression *expression, int *exponent)
{
  double value;

  if (esp_expression_get_operation (expression) != ESP_OPERATION_CONSTANT)
    return false;
  value = esp_expression_get_value (expression);
  if (!(fabs (value) <= MAX_EXPONENT) || value != floor (value) || value == 0)
    return false;

  *exponent = (int) value;
  return true;
}

/* Collects @expression to the power of @exponent, as far as it is no product or quotient itself. */
static bool
add_powers (EspProduct *product, EspBuilder *builder, EspExpression *expression, int exponent)
{
  int inner;

  for (;;)
    {
      if (esp_expression_get_operation (expression) == ESP_OPERATION_NEGATE)
        {
          if (exponent % 2 != 0)
            product->numerator = -product->numerator;
        }
      else if (esp_expression_get_operation (expression) == ESP_OPERATION_POWER
               && is_exponent (esp_expression_get_operand (expression, 1), &inner)
               && ABS (inner * exponent) <= MAX_EXPONENT)
        exponent *= inner;
      else
        return add_factor (product, builder, expression, exponent);
      expression = esp_expression_get_operand (expression, 0);
    }
}

typedef struct
{
  EspExpression *expression;
  int direction;
} Part;

bool
esp_product_init (EspProduct *product, EspBuilder *builder, EspExpression *expression)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Part));
  Part part = { expression, 1 };
  bool zero = false, ok = true;

  product->numerator = 1;
  product->denominator = 1;
  product->factors = g_array_new (FALSE, FALSE, sizeof (EspFactor));

  g_array_append_val (stack, part);
  while (ok && stack->len > 0)
    {
      EspOperation operation;

      part = g_array_index (stack, Part, stack->len - 1);
      g_array_set_size (stack, stack->len - 1);
      operation = esp_expression_get_operation (part.expression);

      if (operation == ESP_OPERATION_CONSTANT)
        {
          double value = esp_expression_get_value (part.expression);

          if (part.direction > 0)
            {
              zero = zero || value == 0;
              product->numerator *= value;
            }
          else
            product->denominator *= value;
        }
      else if (operation == ESP_OPERATION_MULTIPLY || operation == ESP_OPERATION_DIVIDE)
        {
          Part left = { esp_expression_get_operand (part.expression, 0), part.direction };
          Part right = { esp_expression_get_operand (part.expression, 1),
                         operation == ESP_OPERATION_DIVIDE ? -part.direction : part.direction };

          g_array_append_val (stack, right);
          g_array_append_val (stack, left);
        }
      else if (operation == ESP_OPERATION_NEGATE)
        {
          product->numerator = -product->numerator;
          part.expression = esp_expression_get_operand (part.expression, 0);
          g_array_append_val (stack, part);
        }
      else
        ok = add_powers (product, builder, part.expression, part.direction);
    }

  if (ok && zero && isfinite (product->numerator) && isnormal (product->denominator))
    {
      product->numerator = 0;
      product->denominator = 1;
      g_array_set_size (product->factors, 0);
    }
  else if (!ok || !isnormal (product->numerator) || !isnormal (product->denominator))
    {
      esp_product_clear (product);
      return false;
    }
  return true;
}

void
esp_product_clear (EspProduct *product)
{
  g_clear_pointer (&product->factors, g_array_unref);
}

static int
compare_factors (gconstpointer a, gconstpointer b)
{
  const EspFactor *left = a, *right = b;

  return esp_expression_compare (left->base, right->base);
}

/* Returns the factors with powers of the sign of @direction, as they are multiplied; NULL without any.
 * @first is what stands in front of them, or NULL. */
static EspExpression *
multiply (const EspProduct *product, EspBuilder *builder, int direction, EspExpression *first)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      const EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      EspExpression *power = factor->base;
      int exponent = factor->exponent * direction;

      if (exponent < 0)
        continue;
      if (exponent > 1)
        power = esp_builder_binary (builder, ESP_OPERATION_POWER, power,
                                    esp_builder_constant (builder, exponent));
      first = first == NULL ? power : esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, first, power);
    }

  return first;
}

/* Returns the negated first factor times the others, for the number −1. */
static EspExpression *
multiply_negated (const EspProduct *product, EspBuilder *builder)
{
  EspProduct rest = { 1, 1, g_array_copy (product->factors) };
  EspProduct first = { 1, 1, g_array_new (FALSE, FALSE, sizeof (EspFactor)) };
  EspExpression *negated, *result;
  guint i = 0;

  while (g_array_index (rest.factors, EspFactor, i).exponent < 0)
    i++;
  g_array_append_val (first.factors, g_array_index (rest.factors, EspFactor, i));
  g_array_remove_index (rest.factors, i);

  result = multiply (&first, builder, 1, NULL);
  negated = is_sum (result) ? esp_sum_gather (builder, result, -1) : NULL;
  if (negated == NULL)
    negated = esp_builder_unary (builder, ESP_OPERATION_NEGATE, result);
  result = multiply (&rest, builder, 1, negated);
  esp_product_clear (&rest);
  esp_product_clear (&first);
  return result;
}

/* Returns how many terms of a sum have no number in front, which a common factor would give them. */
static size_t
count_plain_terms (const EspExpression *sum)
{
  size_t n = 0;

  for (;;)
    {
      bool last = !is_sum (sum);
      const EspExpression *term = last ? sum : esp_expression_get_operand (sum, 1);

      while (esp_expression_get_operation (term) == ESP_OPERATION_MULTIPLY
             || esp_expression_get_operation (term) == ESP_OPERATION_DIVIDE)
        term = esp_expression_get_operand (term, 0);
      n += esp_expression_get_operation (term) != ESP_OPERATION_CONSTANT;
      if (last)
        return n;
      sum = esp_expression_get_operand (sum, 0);
    }
}

EspExpression *
esp_product_build (const EspProduct *product, EspBuilder *builder)
{
  double number = product->numerator, divisor = 1;
  EspExpression *above = NULL, *below = NULL;
  size_t n_above = 0, n_below = 0;
  const EspFactor *only = NULL;

  g_array_sort (product->factors, compare_factors);
  for (guint i = 0; i < product->factors->len; i++)
    {
      only = &g_array_index (product->factors, EspFactor, i);
      if (only->exponent > 0)
        n_above++;
      else
        n_below++;
    }

  if (product->denominator != 1)
    {
      if (fabs (number) == 1 && n_above > 0)
        {
          divisor = fabs (product->denominator);
          number = product->denominator < 0 ? -number : number;
        }
      else
        number /= product->denominator;
    }
  if (number == 0 && product->numerator == 0)
    return esp_builder_constant (builder, 0);
  if (!isnormal (number))
    return NULL;
  if (only == NULL)
    return esp_builder_constant (builder, number);

  if (n_above == 1 && n_below == 0 && divisor == 1 && number != 1 && only->exponent == 1
      && is_sum (only->base) && (number == -1 || count_plain_terms (only->base) <= 1))
    {
      above = esp_sum_gather (builder, only->base, number);
      if (above != NULL)
        return above;
    }

  /* x^-2 reads better than 1/x^2 */
  if (n_above == 0 && n_below == 1 && fabs (number) == 1 && only->exponent < -1)
    {
      above = esp_builder_binary (builder, ESP_OPERATION_POWER, only->base,
                                  esp_builder_constant (builder, only->exponent));
      return number < 0 ? esp_builder_unary (builder, ESP_OPERATION_NEGATE, above) : above;
    }

  if (n_above == 0)
    above = esp_builder_constant (builder, number);
  else if (number == -1)
    above = multiply_negated (product, builder);
  else
    above = multiply (product, builder, 1, number == 1 ? NULL : esp_builder_constant (builder, number));

  below = multiply (product, builder, -1, divisor == 1 ? NULL : esp_builder_constant (builder, divisor));
  return below == NULL ? above : esp_builder_binary (builder, ESP_OPERATION_DIVIDE, above, below);
}

/* One term of a sum: numerator / denominator · rest. */
typedef struct
{
  EspExpression *rest;
  double numerator;
  double denominator;
} Term;

typedef struct
{
  GArray *terms;
  /* from the rest of a term to its place in terms + 1 */
  GHashTable *places;
  double constant;
} Sum;

static void
add_term (Sum *sum, EspExpression *rest, double numerator, double denominator)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (sum->places, rest));
  Term term = { rest, numerator, denominator };

  if (place > 0)
    {
      Term *known = &g_array_index (sum->terms, Term, place - 1);

      known->numerator = known->numerator / known->denominator + numerator / denominator;
      known->denominator = 1;
      return;
    }

  g_array_append_val (sum->terms, term);
  g_hash_table_insert (sum->places, rest, GUINT_TO_POINTER (sum->terms->len));
}

/* Adds @expression, which is no sum, times ±1; returns what is left when it is a negated sum. */
static EspExpression *
add_product (Sum *sum, EspBuilder *builder, EspExpression *expression, int *sign)
{
  EspProduct product;
  EspExpression *rest = NULL;
  double numerator, denominator;

  if (!esp_product_init (&product, builder, expression))
    {
      add_term (sum, expression, *sign, 1);
      return NULL;
    }

  numerator = *sign * product.numerator;
  denominator = product.denominator;
  product.numerator = 1;
  product.denominator = 1;
  if (product.factors->len == 0)
    sum->constant += numerator / denominator;
  else
    rest = esp_product_build (&product, builder);
  esp_product_clear (&product);

  if (rest != NULL && is_sum (rest) && fabs (numerator) == 1 && denominator == 1)
    {
      *sign = (int) numerator;
      return rest;
    }
  if (rest != NULL)
    add_term (sum, rest, numerator, denominator);
  return NULL;
}

static void
collect (Sum *sum, EspBuilder *builder, EspExpression *expression)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (Part));
  Part part = { expression, 1 };

  g_array_append_val (stack, part);
  while (stack->len > 0)
    {
      EspExpression *left;

      part = g_array_index (stack, Part, stack->len - 1);
      g_array_set_size (stack, stack->len - 1);
      if (!is_sum (part.expression))
        {
          part.expression = add_product (sum, builder, part.expression, &part.direction);
          if (part.expression != NULL)
            g_array_append_val (stack, part);
          continue;
        }

      left = esp_expression_get_operand (part.expression, 0);
      {
        Part right = { esp_expression_get_operand (part.expression, 1),
                       esp_expression_get_operation (part.expression) == ESP_OPERATION_SUBTRACT
                         ? -part.direction
                         : part.direction };

        g_array_append_val (stack, right);
      }
      part.expression = left;
      g_array_append_val (stack, part);
    }
}

static int
compare_terms (gconstpointer a, gconstpointer b)
{
  const Term *left = a, *right = b;

  return esp_expression_compare (left->rest, right->rest);
}

static EspExpression *
build_term (EspBuilder *builder, const Term *term, bool positive)
{
  EspProduct product;
  EspExpression *result;

  /* a term that could not be taken apart has the number 1 or counts as one factor */
  if (!esp_product_init (&product, builder, term->rest))
    {
      EspFactor factor = { term->rest, 1 };

      product = (EspProduct){ 1, 1, g_array_new (FALSE, FALSE, sizeof (EspFactor)) };
      g_array_append_val (product.factors, factor);
    }
  product.numerator *= positive ? fabs (term->numerator) : term->numerator;
  product.denominator *= positive ? fabs (term->denominator) : term->denominator;
  result = esp_product_build (&product, builder);
  esp_product_clear (&product);
  return result;
}

static bool
is_negative (const Term *term)
{
  return (term->numerator < 0) != (term->denominator < 0);
}

static EspExpression *
build_sum (Sum *sum, EspBuilder *builder)
{
  EspExpression *result = NULL;
  guint first = 0;

  g_array_sort (sum->terms, compare_terms);
  while (first < sum->terms->len && is_negative (&g_array_index (sum->terms, Term, first)))
    first++;
  if (first == sum->terms->len)
    {
      first = 0;
      if (sum->constant > 0)
        {
          result = esp_builder_constant (builder, sum->constant);
          sum->constant = 0;
        }
    }

  if (sum->terms->len > 0 && result == NULL)
    {
      result = build_term (builder, &g_array_index (sum->terms, Term, first), false);
      if (result == NULL)
        return NULL;
      g_array_remove_index (sum->terms, first);
    }
  for (guint i = 0; i < sum->terms->len; i++)
    {
      const Term *term = &g_array_index (sum->terms, Term, i);
      EspExpression *next = build_term (builder, term, true);

      if (next == NULL)
        return NULL;
      result = esp_builder_binary (builder, is_negative (term) ? ESP_OPERATION_SUBTRACT : ESP_OPERATION_ADD,
                                   result, next);
    }

  if (result == NULL)
    return esp_builder_constant (builder, sum->constant == 0 ? 0 : sum->constant);
  if (sum->constant != 0)
    result = esp_builder_binary (builder, sum->constant < 0 ? ESP_OPERATION_SUBTRACT : ESP_OPERATION_ADD,
                                 result, esp_builder_constant (builder, fabs (sum->constant)));
  return result;
}

EspExpression *
esp_sum_gather (EspBuilder *builder, EspExpression *expression, double scale)
{
  Sum sum = { g_array_new (FALSE, FALSE, sizeof (Term)), g_hash_table_new (NULL, NULL), 0 };
  EspExpression *result = NULL;
  bool ok;

  collect (&sum, builder, expression);
  g_hash_table_unref (sum.places);

  ok = isfinite (sum.constant) && (sum.constant == 0 || isnormal (sum.constant * scale));
  sum.constant *= scale;
  for (guint i = 0; i < sum.terms->len;)
    {
      Term *term = &g_array_index (sum.terms, Term, i);

      if (term->numerator == 0)
        {
          g_array_remove_index (sum.terms, i);
          continue;
        }
      term->numerator *= scale;
      ok = ok && isnormal (term->numerator) && isnormal (term->denominator);
      i++;
    }
  if (ok)
    result = build_sum (&sum, builder);
  g_array_unref (sum.terms);
  return result;
}

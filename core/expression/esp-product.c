/* Products taken apart into a number and powers. What holds for real numbers wherever the given expression is
 * defined is used; where a root stands before an even power, that is |x|. */

#include <math.h>

#include "esp-terms.h"

/* Powers up to this are gathered; above, their sum may say more than a double does. */
#define MAX_EXPONENT 1000

/* Factors are looked for one by one; a product of more is no formula for reading, and is left alone. */
#define MAX_FACTORS 1000

static bool
is_whole (double value)
{
  return value == floor (value);
}

static bool
is_even (double value)
{
  return fmod (value, 2) == 0;
}

bool
esp_product_add (EspProduct *product, EspExpression *base, double exponent)
{
  EspFactor factor = { base, exponent };

  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *known = &g_array_index (product->factors, EspFactor, i);

      if (known->base != base)
        continue;
      known->exponent = esp_number_tidy (known->exponent + exponent);
      /* a sign is its own inverse, and its own cube */
      if (esp_expression_get_operation (base) == ESP_OPERATION_SIGN && is_whole (known->exponent)
          && (known->exponent < 0 || known->exponent > 2))
        known->exponent = is_even (known->exponent) ? 2 : 1;
      if (fabs (known->exponent) < 1e-12)
        g_array_remove_index (product->factors, i);
      else if (!(fabs (known->exponent) <= MAX_EXPONENT))
        return false;
      return true;
    }

  if (product->factors->len == MAX_FACTORS)
    return false;
  g_array_append_val (product->factors, factor);
  return true;
}

static bool
is_non_negative (EspRewriter *rewriter, EspExpression *expression)
{
  EspInterval interval = esp_rewriter_bound (rewriter, expression);

  if (esp_interval_is_empty (interval) || interval.low < 0)
    return false;
  esp_rewriter_rely (rewriter, expression);
  return true;
}

typedef struct
{
  EspExpression *expression;
  double exponent;
} Part;

typedef struct
{
  EspProduct *product;
  EspRewriter *rewriter;
  GArray *stack;        /* of Part */
  GArray *exponentials; /* of Part: arguments of exp and their factors */
  bool zero;
} Apart;

static void
push (Apart *apart, EspExpression *expression, double exponent)
{
  Part part = { expression, exponent };

  g_array_append_val (apart->stack, part);
}

static bool
take_number (Apart *apart, double number, double exponent)
{
  if (number == 0)
    {
      apart->zero = true;
      return exponent > 0;
    }
  if (exponent == 1)
    apart->product->number *= number;
  else if (exponent == -1)
    apart->product->number /= number;
  else if (number > 0 || is_whole (exponent))
    apart->product->number *= pow (number, exponent);
  else
    return false;
  return true;
}

/* |base^inner|^exponent, or (base^inner)^exponent where that is the same. */
static bool
take_absolute_power (Apart *apart, EspExpression *base, double exponent)
{
  if (is_whole (exponent) && is_even (exponent))
    push (apart, base, exponent);
  else if (is_non_negative (apart->rewriter, base))
    push (apart, base, exponent);
  else if (esp_expression_get_operation (base) == ESP_OPERATION_ABS)
    return esp_product_add (apart->product, base, exponent);
  else
    return esp_product_add (apart->product,
                            esp_builder_unary (apart->rewriter->builder, ESP_OPERATION_ABS, base), exponent);
  return true;
}

static bool
take_power (Apart *apart, EspExpression *base, double inner, double exponent)
{
  double total = esp_number_tidy (inner * exponent);

  if (!(fabs (total) <= MAX_EXPONENT) || total == 0)
    return false;
  /* (x^2)^0.5 is |x|; all else is x^(product) wherever it is defined */
  if (!is_whole (exponent) && is_whole (inner) && is_even (inner))
    return take_absolute_power (apart, base, total);
  push (apart, base, total);
  return true;
}

/* A product under a root: positive numbers go out, and all that is never negative. */
static bool
take_root (Apart *apart, EspExpression *expression, double exponent)
{
  EspProduct inner;
  EspExpression *base;
  bool ok = true;

  if (!esp_product_init (&inner, apart->rewriter, expression))
    return esp_product_add (apart->product, expression, exponent);
  if (inner.number > 0)
    {
      ok = take_number (apart, inner.number, exponent);
      inner.number = 1;
    }
  for (guint i = 0; inner.number == 1 && i < inner.factors->len;)
    {
      EspFactor factor = g_array_index (inner.factors, EspFactor, i);

      if (inner.factors->len > 1 && !is_non_negative (apart->rewriter, factor.base))
        {
          i++;
          continue;
        }
      ok = ok && take_power (apart, factor.base, factor.exponent, exponent);
      g_array_remove_index (inner.factors, i);
    }
  if (ok && (inner.factors->len > 0 || inner.number != 1))
    {
      base = esp_product_build (&inner, apart->rewriter);
      if (base == NULL)
        ok = false;
      else if (base == expression || esp_expression_get_operation (base) != ESP_OPERATION_POWER)
        ok = esp_product_add (apart->product, base, exponent);
      else
        push (apart, base, exponent);
    }
  esp_product_clear (&inner);
  return ok;
}

static bool
take_absolute (Apart *apart, EspExpression *argument, double exponent)
{
  EspProduct inner;
  bool ok;

  if (is_whole (exponent) && is_even (exponent))
    {
      push (apart, argument, exponent);
      return true;
    }
  if (!esp_product_init (&inner, apart->rewriter, argument))
    return esp_product_add (
      apart->product, esp_builder_unary (apart->rewriter->builder, ESP_OPERATION_ABS, argument), exponent);
  ok = take_number (apart, fabs (inner.number), exponent);
  for (guint i = 0; ok && i < inner.factors->len; i++)
    {
      EspFactor factor = g_array_index (inner.factors, EspFactor, i);

      ok = take_absolute_power (apart, factor.base, factor.exponent * exponent);
    }
  esp_product_clear (&inner);
  return ok;
}

static bool
take_sign (Apart *apart, EspExpression *argument, double exponent)
{
  EspProduct inner;
  bool ok = true;

  if (!esp_product_init (&inner, apart->rewriter, argument))
    return esp_product_add (
      apart->product, esp_builder_unary (apart->rewriter->builder, ESP_OPERATION_SIGN, argument), exponent);
  ok = take_number (apart, (inner.number > 0) - (inner.number < 0), exponent);
  for (guint i = 0; ok && i < inner.factors->len; i++)
    {
      EspFactor factor = g_array_index (inner.factors, EspFactor, i);
      bool even = is_even (exponent) || (is_whole (factor.exponent) && is_even (factor.exponent));
      EspInterval interval = esp_rewriter_bound (apart->rewriter, factor.base);

      if (!esp_interval_is_empty (interval) && interval.low > 0)
        {
          esp_rewriter_rely (apart->rewriter, factor.base);
          continue;
        }
      ok = esp_product_add (apart->product,
                            esp_builder_unary (apart->rewriter->builder, ESP_OPERATION_SIGN, factor.base),
                            even ? 2 : 1);
    }
  esp_product_clear (&inner);
  return ok;
}

/* Takes the number of the dividend out of a guarded quotient, and signs out of a guarded product. */
static bool
take_guarded (Apart *apart, EspExpression *expression, double exponent)
{
  EspRewriter *rewriter = apart->rewriter;
  EspOperation operation = esp_expression_get_operation (expression);
  EspExpression *operands[2] = { esp_expression_get_operand (expression, 0),
                                 esp_expression_get_operand (expression, 1) };
  double number = 1;

  if (operation == ESP_OPERATION_GUARDED_DIVIDE)
    {
      EspExpression *primitive = esp_primitive (rewriter, operands[0], false, &number);

      if (primitive != NULL && number != 1)
        operands[0] = primitive;
      else
        number = 1;
    }
  else
    for (int i = 0; i < 2; i++)
      if (esp_begins_with_minus (operands[i]))
        {
          EspExpression *positive = esp_negate (rewriter, operands[i]);

          if (positive == NULL)
            continue;
          operands[i] = positive;
          number = -number;
        }
  if (number != 1)
    expression = esp_builder_apply (rewriter->builder, operation, operands);
  return take_number (apart, number, exponent) && esp_product_add (apart->product, expression, exponent);
}

static bool
take_odd (Apart *apart, EspExpression *expression, double exponent)
{
  EspExpression *argument = esp_expression_get_operand (expression, 0);

  if (esp_begins_with_minus (argument))
    {
      EspExpression *positive = esp_negate (apart->rewriter, argument);

      if (positive != NULL)
        {
          expression = esp_builder_unary (apart->rewriter->builder, esp_expression_get_operation (expression),
                                          positive);
          if (!is_even (exponent))
            apart->product->number = -apart->product->number;
        }
    }
  return esp_product_add (apart->product, expression, exponent);
}

static bool
take (Apart *apart, EspExpression *expression, double exponent)
{
  EspOperation operation = esp_expression_get_operation (expression);
  EspExpression *a = esp_expression_get_n_operands (expression) > 0
                       ? esp_expression_get_operand (expression, 0)
                       : NULL;
  bool whole = is_whole (exponent);

  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
      return take_number (apart, esp_expression_get_value (expression), exponent);
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      if (!whole)
        return take_root (apart, expression, exponent);
      push (apart, esp_expression_get_operand (expression, 1),
            operation == ESP_OPERATION_DIVIDE ? -exponent : exponent);
      push (apart, a, exponent);
      return true;
    case ESP_OPERATION_NEGATE:
      if (!whole)
        return esp_product_add (apart->product, expression, exponent);
      if (!is_even (exponent))
        apart->product->number = -apart->product->number;
      push (apart, a, exponent);
      return true;
    case ESP_OPERATION_POWER:
      {
        const EspExpression *power = esp_expression_get_operand (expression, 1);
        double inner;

        if (esp_expression_get_operation (power) != ESP_OPERATION_CONSTANT)
          return esp_product_add (apart->product, expression, exponent);
        inner = esp_expression_get_value (power);
        return fabs (inner) <= MAX_EXPONENT && inner != 0 ? take_power (apart, a, inner, exponent) : false;
      }
    case ESP_OPERATION_SQRT:
      return take_power (apart, a, 0.5, exponent);
    case ESP_OPERATION_EXP:
      {
        Part part = { a, exponent };

        g_array_append_val (apart->exponentials, part);
        return true;
      }
    case ESP_OPERATION_ABS:
      return take_absolute (apart, a, exponent);
    case ESP_OPERATION_SIGN:
      return whole ? take_sign (apart, a, exponent) : esp_product_add (apart->product, expression, exponent);
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      {
        double scale;
        EspExpression *primitive = esp_primitive (apart->rewriter, expression, !whole, &scale);

        if (primitive == NULL)
          return esp_product_add (apart->product, expression, exponent);
        if (!take_number (apart, scale, exponent))
          return false;
        if (esp_is_sum (primitive))
          return esp_product_add (apart->product, primitive, exponent);
        push (apart, primitive, exponent);
        return true;
      }
    case ESP_OPERATION_SIN:
    case ESP_OPERATION_TANH:
      return whole ? take_odd (apart, expression, exponent)
                   : esp_product_add (apart->product, expression, exponent);
    case ESP_OPERATION_GUARDED_DIVIDE:
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return whole ? take_guarded (apart, expression, exponent)
                   : esp_product_add (apart->product, expression, exponent);
    default:
      return esp_product_add (apart->product, expression, exponent);
    }
}

/* Makes one exponential of all. */
static bool
join_exponentials (Apart *apart)
{
  EspRewriter *rewriter = apart->rewriter;
  EspExpression *argument = NULL;
  EspSum sum;
  bool ok = true;

  for (guint i = 0; i < apart->exponentials->len; i++)
    {
      Part part = g_array_index (apart->exponentials, Part, i);
      EspExpression *term = part.expression;

      if (part.exponent != 1)
        term = esp_builder_binary (rewriter->builder, ESP_OPERATION_MULTIPLY,
                                   esp_builder_constant (rewriter->builder, part.exponent), term);
      argument = argument == NULL ? term
                                  : esp_builder_binary (rewriter->builder, ESP_OPERATION_ADD, argument, term);
    }
  if (!esp_sum_init (&sum, rewriter, argument, 1, false))
    return false;
  /* a number in front is there anyway: the constant goes to it */
  if (sum.terms->len == 0 || fabs (apart->product->number) != 1)
    {
      apart->product->number *= exp (sum.constant);
      sum.constant = 0;
    }
  if (sum.terms->len > 0)
    {
      argument = esp_sum_build (&sum, rewriter);
      ok = argument != NULL
           && esp_product_add (apart->product,
                               esp_builder_unary (rewriter->builder, ESP_OPERATION_EXP, argument), 1);
    }
  esp_sum_clear (&sum);
  return ok;
}

static EspFactor *
find_factor (const EspProduct *product, EspOperation operation, const EspExpression *argument)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *factor = &g_array_index (product->factors, EspFactor, i);

      if (esp_expression_get_operation (factor->base) == operation
          && (argument == NULL || esp_expression_get_operand (factor->base, 0) == argument))
        return factor;
    }
  return NULL;
}

static void
change_factor (EspProduct *product, EspFactor *factor, EspExpression *base, double exponent)
{
  g_array_remove_index (product->factors, (guint) (factor - (EspFactor *) product->factors->data));
  if (exponent != 0)
    esp_product_add (product, base, exponent);
}

/* |a|·sign a = a and a·sign a = |a| */
static void
join_signs (EspProduct *product, EspRewriter *rewriter)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *sign = &g_array_index (product->factors, EspFactor, i);
      EspExpression *argument;

      if (esp_expression_get_operation (sign->base) != ESP_OPERATION_SIGN || sign->exponent != 1)
        continue;
      argument = esp_expression_get_operand (sign->base, 0);
      for (guint k = 0; k < product->factors->len; k++)
        {
          EspFactor *factor = &g_array_index (product->factors, EspFactor, k);
          bool absolute = esp_expression_get_operation (factor->base) == ESP_OPERATION_ABS
                          && esp_expression_get_operand (factor->base, 0) == argument;

          if ((!absolute && factor->base != argument) || factor->exponent < 1 || !is_whole (factor->exponent)
              || is_even (factor->exponent))
            continue;
          change_factor (product, factor,
                         absolute ? argument
                                  : esp_builder_unary (rewriter->builder, ESP_OPERATION_ABS, argument),
                         factor->exponent);
          sign = find_factor (product, ESP_OPERATION_SIGN, argument);
          change_factor (product, sign, NULL, 0);
          rewriter->rule = "sign and absolute value";
          i = (guint) -1;
          break;
        }
    }
}

/* 1 / (1 + e^v) is the logistic function of −v. */
static void
find_logistic (EspProduct *product, EspRewriter *rewriter)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *factor = &g_array_index (product->factors, EspFactor, i);
      double exponent = factor->exponent, shift;
      EspExpression *argument = NULL;
      EspTerm *term;
      EspSum sum;

      if (exponent >= 0 || !is_whole (exponent) || !esp_is_sum (factor->base)
          || !esp_sum_init (&sum, rewriter, factor->base, 1, false))
        continue;
      term = &g_array_index (sum.terms, EspTerm, 0);
      if (sum.terms->len == 1 && term->coefficient * sum.constant > 0
          && esp_expression_get_operation (term->key) == ESP_OPERATION_EXP)
        {
          argument = esp_expression_get_operand (term->key, 0);
          shift = esp_number_tidy (log (term->coefficient / sum.constant));
          if (shift != 0)
            argument = esp_builder_binary (rewriter->builder, ESP_OPERATION_ADD, argument,
                                           esp_builder_constant (rewriter->builder, shift));
          argument = esp_sum_gather (rewriter, argument, -1);
        }
      if (argument != NULL)
        {
          product->number *= pow (sum.constant, exponent);
          change_factor (product, factor,
                         esp_builder_unary (rewriter->builder, ESP_OPERATION_SIGMOID, argument), -exponent);
          rewriter->rule = "logistic function";
          i = (guint) -1;
        }
      esp_sum_clear (&sum);
    }

  /* e^v · sigmoid (−v) = sigmoid (v) */
  {
    EspFactor *exponential = find_factor (product, ESP_OPERATION_EXP, NULL), *logistic;
    EspExpression *argument, *negative;

    if (exponential == NULL || exponential->exponent != 1)
      return;
    argument = esp_expression_get_operand (exponential->base, 0);
    negative = esp_negate (rewriter, argument);
    logistic = negative == NULL ? NULL : find_factor (product, ESP_OPERATION_SIGMOID, negative);
    if (logistic == NULL || logistic->exponent != 1)
      return;
    change_factor (product, logistic, esp_builder_unary (rewriter->builder, ESP_OPERATION_SIGMOID, argument),
                   1);
    change_factor (product, find_factor (product, ESP_OPERATION_EXP, argument), NULL, 0);
    rewriter->rule = "logistic function";
  }
}

/* sin a · cos a = sin (2a) / 2, where that is shorter */
static void
find_double_angle (EspProduct *product, EspRewriter *rewriter)
{
  for (guint i = 0; i < product->factors->len; i++)
    {
      EspFactor *sine = &g_array_index (product->factors, EspFactor, i), *cosine;
      EspExpression *single, *argument;

      if (esp_expression_get_operation (sine->base) != ESP_OPERATION_SIN || sine->exponent != 1)
        continue;
      single = esp_expression_get_operand (sine->base, 0);
      cosine = find_factor (product, ESP_OPERATION_COS, single);
      if (cosine == NULL || cosine->exponent != 1
          || (fabs (product->number) == 1 && esp_expression_get_length (single) <= 2))
        continue;
      argument = esp_sum_gather (rewriter, single, 2);
      if (argument == NULL)
        continue;
      change_factor (product, cosine, NULL, 0);
      sine = find_factor (product, ESP_OPERATION_SIN, single);
      change_factor (product, sine, esp_builder_unary (rewriter->builder, ESP_OPERATION_SIN, argument), 1);
      product->number *= 0.5;
      rewriter->rule = "double angle";
      return;
    }
}

bool
esp_product_init (EspProduct *product, EspRewriter *rewriter, EspExpression *expression)
{
  g_autoptr (GArray) stack = g_array_sized_new (FALSE, FALSE, sizeof (Part), 8);
  g_autoptr (GArray) exponentials = g_array_new (FALSE, FALSE, sizeof (Part));
  Apart apart = { product, rewriter, stack, exponentials, false };
  bool ok = true;

  product->number = 1;
  product->factors = g_array_sized_new (FALSE, FALSE, sizeof (EspFactor), 4);
  push (&apart, expression, 1);
  while (ok && stack->len > 0)
    {
      Part part = g_array_index (stack, Part, stack->len - 1);

      g_array_set_size (stack, stack->len - 1);
      ok = take (&apart, part.expression, part.exponent);
    }
  if (ok && exponentials->len > 0)
    ok = join_exponentials (&apart);
  if (ok && product->factors->len > 0)
    {
      join_signs (product, rewriter);
      find_logistic (product, rewriter);
      find_double_angle (product, rewriter);
    }
  product->number = esp_number_tidy (product->number);
  if (ok && apart.zero && isfinite (product->number))
    {
      product->number = 0;
      g_array_set_size (product->factors, 0);
    }
  else if (!ok || !isnormal (product->number))
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

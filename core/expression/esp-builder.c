#include "esp-builder.h"

struct _EspBuilder
{
  /* one reference for each call: keeping them is cheaper than telling which are there already */
  GPtrArray *expressions;
};

EspBuilder *
esp_builder_new (void)
{
  EspBuilder *builder = g_new0 (EspBuilder, 1);

  builder->expressions = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  return builder;
}

void
esp_builder_free (EspBuilder *builder)
{
  g_ptr_array_unref (builder->expressions);
  g_free (builder);
}

static EspExpression *
take (EspBuilder *builder, EspExpression *expression)
{
  g_ptr_array_add (builder->expressions, expression);
  return expression;
}

EspExpression *
esp_builder_constant (EspBuilder *builder, double value)
{
  return take (builder, esp_expression_constant (value));
}

EspExpression *
esp_builder_variable (EspBuilder *builder, size_t index)
{
  return take (builder, esp_expression_variable (index));
}

EspExpression *
esp_builder_apply (EspBuilder *builder, EspOperation operation, EspExpression *const *operands)
{
  return take (builder, esp_expression_apply (operation, operands));
}

EspExpression *
esp_builder_unary (EspBuilder *builder, EspOperation operation, EspExpression *a)
{
  return take (builder, esp_expression_unary (operation, a));
}

EspExpression *
esp_builder_binary (EspBuilder *builder, EspOperation operation, EspExpression *a, EspExpression *b)
{
  return take (builder, esp_expression_binary (operation, a, b));
}

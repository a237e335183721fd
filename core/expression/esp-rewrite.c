#include "esp-rewrite.h"

#include <float.h>
#include <math.h>

void
esp_rewriter_init (EspRewriter *rewriter, const EspInterval *box, size_t n)
{
  *rewriter = (EspRewriter){ .builder = esp_builder_new (), .box = box, .n = box == NULL ? 0 : n };
  rewriter->bounds = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  rewriter->unbounded = box == NULL ? g_hash_table_ref (rewriter->bounds)
                                    : g_hash_table_new_full (NULL, NULL, NULL, g_free);
  rewriter->primitives = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

void
esp_rewriter_clear (EspRewriter *rewriter)
{
  g_hash_table_unref (rewriter->bounds);
  g_hash_table_unref (rewriter->unbounded);
  g_hash_table_unref (rewriter->primitives);
  esp_builder_free (rewriter->builder);
}

static EspInterval bound (GHashTable *known, const EspInterval *box, size_t n, EspExpression *expression);

static EspInterval
bound_node (GHashTable *known, const EspInterval *box, size_t n, EspExpression *node)
{
  EspOperation operation = esp_expression_get_operation (node);
  EspInterval operands[ESP_MAX_OPERANDS], *result;

  if (operation == ESP_OPERATION_CONSTANT)
    {
      double value = esp_expression_get_value (node);

      return isfinite (value) ? (EspInterval){ value, value } : ESP_INTERVAL_EMPTY;
    }
  if (operation == ESP_OPERATION_VARIABLE)
    return esp_expression_get_index (node) < n ? box[esp_expression_get_index (node)] : ESP_INTERVAL_ALL;

  result = g_hash_table_lookup (known, node);
  if (result == NULL)
    {
      for (size_t i = 0; i < esp_expression_get_n_operands (node); i++)
        operands[i] = bound (known, box, n, esp_expression_get_operand (node, i));
      result = g_new (EspInterval, 1);
      *result = esp_interval_evaluate (operation, operands);
      g_hash_table_insert (known, node, result);
    }
  return *result;
}

/* Long sums and products are deep on their left; that side is not gone down by recursion. */
static EspInterval
bound (GHashTable *known, const EspInterval *box, size_t n, EspExpression *expression)
{
  g_autoptr (GPtrArray) spine = NULL;
  EspExpression *node = expression;

  while (esp_expression_get_depth (node) > 64 && !g_hash_table_contains (known, node))
    {
      if (spine == NULL)
        spine = g_ptr_array_new ();
      g_ptr_array_add (spine, node);
      node = esp_expression_get_operand (node, 0);
    }
  for (guint i = spine == NULL ? 0 : spine->len; i > 0; i--)
    bound_node (known, box, n, g_ptr_array_index (spine, i - 1));
  return bound_node (known, box, n, expression);
}

EspInterval
esp_rewriter_bound (EspRewriter *rewriter, EspExpression *expression)
{
  return bound (rewriter->bounds, rewriter->box, rewriter->n, expression);
}

void
esp_rewriter_rely (EspRewriter *rewriter, EspExpression *expression)
{
  EspInterval on_box, everywhere;

  if (rewriter->box == NULL || rewriter->used_box)
    return;
  on_box = esp_rewriter_bound (rewriter, expression);
  everywhere = bound (rewriter->unbounded, NULL, 0, expression);
  rewriter->used_box = on_box.low != everywhere.low || on_box.high != everywhere.high;
}

double
esp_number_tidy (double value)
{
  static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
  double size = fabs (value), rounded;
  int places = 11;

  /* beyond these, powers of ten are no doubles any more */
  if (!(size >= 1e-10 && size < 1e12))
    return value;
  while (places > 0 && size >= powers[12 - places])
    places--;
  while (places < 21 && size * powers[places] < 1e11)
    places++;
  rounded = rint (value * powers[places]) / powers[places];
  return fabs (rounded - value) <= 4 * DBL_EPSILON * size ? rounded : value;
}

bool
esp_expression_almost_equal (const EspExpression *a, const EspExpression *b)
{
  for (;;)
    {
      size_t n = esp_expression_get_n_operands (a);

      if (a == b)
        return true;
      if (esp_expression_get_operation (a) != esp_expression_get_operation (b)
          || esp_expression_get_length (a) != esp_expression_get_length (b)
          || esp_expression_get_depth (a) != esp_expression_get_depth (b))
        return false;
      if (esp_expression_get_operation (a) == ESP_OPERATION_CONSTANT)
        {
          double x = esp_expression_get_value (a), y = esp_expression_get_value (b);

          return fabs (x - y) <= 1e-12 * fabs (x);
        }
      if (n == 0)
        return false;
      for (size_t i = 1; i < n; i++)
        if (!esp_expression_almost_equal (esp_expression_get_operand (a, i),
                                          esp_expression_get_operand (b, i)))
          return false;
      a = esp_expression_get_operand (a, 0);
      b = esp_expression_get_operand (b, 0);
    }
}

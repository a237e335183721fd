#include "esp-edit.h"

#include <math.h>

#include "esp-simplify.h"

static size_t
count_places (const EspExpression *expression)
{
  return esp_expression_get_length (expression);
}

EspExpression *
esp_edit_find (EspExpression *root, size_t place)
{
  while (place > 0)
    {
      size_t i = 0, n;

      place--;
      while (place >= (n = count_places (esp_expression_get_operand (root, i))))
        {
          place -= n;
          i++;
        }
      root = esp_expression_get_operand (root, i);
    }

  return root;
}

EspExpression *
esp_edit_replace (EspExpression *root, size_t place, EspExpression *replacement)
{
  EspExpression *operands[ESP_MAX_OPERANDS];
  g_autoptr (EspExpression) changed = NULL;
  size_t i = 0, n;

  if (place == 0)
    return esp_expression_ref (replacement);

  place--;
  for (size_t k = 0; k < esp_expression_get_n_operands (root); k++)
    operands[k] = esp_expression_get_operand (root, k);
  while (place >= (n = count_places (operands[i])))
    {
      place -= n;
      i++;
    }
  changed = esp_edit_replace (operands[i], place, replacement);
  operands[i] = changed;

  return esp_expression_apply (esp_expression_get_operation (root), operands);
}

/* Numbers in an exponent decide what kind of curve it is: 2 and 2.01 are not neighbours. */
static bool
is_fixed (const EspExpression *parent, size_t operand)
{
  return operand == 1 && esp_expression_get_operation (parent) == ESP_OPERATION_POWER;
}

void
esp_edit_get_constants (EspExpression *root, GArray *values)
{
  if (esp_expression_get_operation (root) == ESP_OPERATION_CONSTANT)
    {
      double value = esp_expression_get_value (root);

      g_array_append_val (values, value);
    }
  for (size_t i = 0; i < esp_expression_get_n_operands (root); i++)
    if (!is_fixed (root, i))
      esp_edit_get_constants (esp_expression_get_operand (root, i), values);
}

/* Takes constants from @values and moves it on. */
static EspExpression *
set_constants (EspExpression *root, const double **values)
{
  EspExpression *operands[ESP_MAX_OPERANDS], *changed;
  size_t n = esp_expression_get_n_operands (root);

  if (esp_expression_get_operation (root) == ESP_OPERATION_CONSTANT)
    return esp_expression_constant (*(*values)++);
  if (n == 0)
    return esp_expression_ref (root);

  for (size_t i = 0; i < n; i++)
    {
      EspExpression *operand = esp_expression_get_operand (root, i);

      operands[i] = is_fixed (root, i) ? esp_expression_ref (operand) : set_constants (operand, values);
    }
  changed = esp_expression_apply (esp_expression_get_operation (root), operands);
  for (size_t i = 0; i < n; i++)
    esp_expression_unref (operands[i]);

  return changed;
}

EspExpression *
esp_edit_set_constants (EspExpression *root, const double *values)
{
  return set_constants (root, &values);
}

static EspExpression *
draw_variable (const EspEditMaterial *material, EspRandom *random)
{
  return esp_expression_variable (esp_random_below (random, (uint32_t) material->n_variables));
}

/* A number of any sign whose size may be anything from a hundredth to a hundred. */
static double
draw_number (EspRandom *random)
{
  double size = exp (1.5 * esp_random_normal (random));

  return esp_random_bernoulli (random, 0.5) ? size : -size;
}

/* A multiple of an observation that typically is about as large as 1. */
static EspExpression *
draw_term (const EspEditMaterial *material, EspRandom *random)
{
  g_autoptr (EspExpression) variable = draw_variable (material, random);
  double scale = material->scales[esp_expression_get_index (variable)];
  g_autoptr (EspExpression) factor = esp_expression_constant (draw_number (random) / scale);

  return esp_expression_binary (ESP_OPERATION_MULTIPLY, factor, variable);
}

static EspExpression *
draw_graft (const EspEditMaterial *material, EspRandom *random)
{
  EspExpression *mate;

  if (material->n_mates == 0)
    return draw_term (material, random);

  mate = material->mates[esp_random_below (random, (uint32_t) material->n_mates)];
  return esp_expression_ref (esp_edit_find (mate, esp_random_below (random, (uint32_t) count_places (mate))));
}

static EspExpression *
add_term (EspExpression *node, const EspEditMaterial *material, EspRandom *random)
{
  double kind = esp_random_uniform (random);
  g_autoptr (EspExpression) term = kind < 0.65   ? draw_term (material, random)
                                   : kind < 0.85 ? draw_graft (material, random)
                                                 : esp_expression_constant (draw_number (random));

  return esp_expression_binary (ESP_OPERATION_ADD, node, term);
}

static EspExpression *
put_on_factor (EspExpression *node, const EspEditMaterial *material, EspRandom *random)
{
  double kind = esp_random_uniform (random);
  g_autoptr (EspExpression) factor = kind < 0.4 ? esp_expression_constant (draw_number (random))
                                                : draw_variable (material, random);

  if (kind > 0.8)
    return esp_expression_binary (ESP_OPERATION_DIVIDE, node, factor);

  return esp_expression_binary (ESP_OPERATION_MULTIPLY, node, factor);
}

static EspExpression *
put_on_function (EspExpression *node, const EspEditMaterial *material, EspRandom *random)
{
  static const EspOperation functions[] = { ESP_OPERATION_SIN, ESP_OPERATION_COS,  ESP_OPERATION_TANH,
                                            ESP_OPERATION_ABS, ESP_OPERATION_SIGN, ESP_OPERATION_EXP };
  static const EspOperation limits[] = { ESP_OPERATION_MIN, ESP_OPERATION_MAX };

  if (esp_random_bernoulli (random, 0.1))
    {
      g_autoptr (EspExpression) condition = draw_term (material, random);
      g_autoptr (EspExpression) other = esp_expression_constant (draw_number (random));
      EspExpression *operands[] = { condition, node, other };

      return esp_expression_apply (ESP_OPERATION_IF, operands);
    }
  if (esp_random_bernoulli (random, 0.25))
    {
      g_autoptr (EspExpression) limit = esp_expression_constant (draw_number (random));

      return esp_expression_binary (limits[esp_random_below (random, G_N_ELEMENTS (limits))], node, limit);
    }

  return esp_expression_unary (functions[esp_random_below (random, G_N_ELEMENTS (functions))], node);
}

/* The same operands under another operation of as many. */
static EspExpression *
exchange (EspExpression *node, const EspEditMaterial *material, EspRandom *random)
{
  static const EspOperation unary[] = { ESP_OPERATION_NEGATE, ESP_OPERATION_SIN, ESP_OPERATION_COS,
                                        ESP_OPERATION_TANH,   ESP_OPERATION_ABS, ESP_OPERATION_SIGN,
                                        ESP_OPERATION_EXP };
  static const EspOperation binary[] = { ESP_OPERATION_ADD,    ESP_OPERATION_SUBTRACT, ESP_OPERATION_MULTIPLY,
                                         ESP_OPERATION_DIVIDE, ESP_OPERATION_MIN,      ESP_OPERATION_MAX };
  EspExpression *operands[ESP_MAX_OPERANDS];
  size_t n = esp_expression_get_n_operands (node);

  for (size_t i = 0; i < n; i++)
    operands[i] = esp_expression_get_operand (node, i);
  if (n == 1)
    return esp_expression_apply (unary[esp_random_below (random, G_N_ELEMENTS (unary))], operands);
  if (n == 2)
    return esp_expression_apply (binary[esp_random_below (random, G_N_ELEMENTS (binary))], operands);

  return draw_variable (material, random);
}

/* Another size for every number. */
static EspExpression *
shake (EspExpression *root, EspRandom *random)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  esp_edit_get_constants (root, values);
  for (guint i = 0; i < values->len; i++)
    g_array_index (values, double, i) *= 1.0 + 0.5 * esp_random_normal (random);

  return esp_edit_set_constants (root, (const double *) (void *) values->data);
}

/* All numbers by one factor, such that one of them becomes 1 or −1 and a sum is shorter by a factor: where
 * actions are clipped, the size of a sum often matters little. */
static EspExpression *
scale (EspExpression *root, EspRandom *random)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  double unit;

  esp_edit_get_constants (root, values);
  if (values->len == 0)
    return esp_expression_ref (root);

  unit = fabs (g_array_index (values, double, esp_random_below (random, values->len)));
  if (unit == 0.0 || !isfinite (unit))
    return esp_expression_ref (root);
  for (guint i = 0; i < values->len; i++)
    g_array_index (values, double, i) /= unit;

  return esp_edit_set_constants (root, (const double *) (void *) values->data);
}

/* What stands at a place after the edit, or NULL for an edit of the whole. */
static EspExpression *
draw_replacement (EspExpression *node, const EspEditMaterial *material, EspRandom *random)
{
  size_t n = esp_expression_get_n_operands (node);
  double kind = esp_random_uniform (random);

  if (kind < 0.25 && n > 0)
    return esp_expression_ref (esp_expression_get_operand (node, esp_random_below (random, (uint32_t) n)));
  if (kind < 0.35)
    return esp_expression_constant (esp_random_bernoulli (random, 0.5) ? 0.0 : 1.0);
  if (kind < 0.42)
    return draw_variable (material, random);
  if (kind < 0.52)
    return draw_graft (material, random);
  if (kind < 0.74)
    return add_term (node, material, random);
  if (kind < 0.82)
    return put_on_factor (node, material, random);
  if (kind < 0.90)
    return put_on_function (node, material, random);

  return exchange (node, material, random);
}

EspExpression *
esp_edit_mutate (EspExpression *root, const EspEditMaterial *material, EspRandom *random)
{
  g_autoptr (EspExpression) changed = NULL;

  double kind = esp_random_uniform (random);

  if (kind < 0.06)
    changed = shake (root, random);
  else if (kind < 0.12)
    changed = scale (root, random);
  else
    {
      size_t place = esp_random_below (random, (uint32_t) count_places (root));
      g_autoptr (EspExpression)
        replacement = draw_replacement (esp_edit_find (root, place), material, random);

      changed = esp_edit_replace (root, place, replacement);
    }

  return esp_expression_simplify (changed);
}

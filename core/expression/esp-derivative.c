#include "esp-derivative.h"

#include <math.h>

#include "esp-graph.h"
#include "esp-simplify.h"

/* The expressions made on the way; NULL stands for 0 in sums and products of derivatives. */
typedef GPtrArray Pool;

static EspExpression *
take (Pool *pool, EspExpression *expression)
{
  g_ptr_array_add (pool, expression);
  return expression;
}

static EspExpression *
constant (Pool *pool, double value)
{
  return take (pool, esp_expression_constant (value));
}

static EspExpression *
unary (Pool *pool, EspOperation operation, EspExpression *a)
{
  return take (pool, esp_expression_unary (operation, a));
}

static EspExpression *
binary (Pool *pool, EspOperation operation, EspExpression *a, EspExpression *b)
{
  return take (pool, esp_expression_binary (operation, a, b));
}

static EspExpression *
add (Pool *pool, EspExpression *a, EspExpression *b)
{
  return a == NULL ? b : b == NULL ? a : binary (pool, ESP_OPERATION_ADD, a, b);
}

static EspExpression *
subtract (Pool *pool, EspExpression *a, EspExpression *b)
{
  if (b == NULL)
    return a;
  return a == NULL ? unary (pool, ESP_OPERATION_NEGATE, b) : binary (pool, ESP_OPERATION_SUBTRACT, a, b);
}

static bool
is_one (const EspExpression *expression)
{
  return esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT
         && esp_expression_get_value (expression) == 1;
}

static EspExpression *
multiply (Pool *pool, EspExpression *a, EspExpression *b)
{
  if (a == NULL || b == NULL)
    return NULL;
  return is_one (a) ? b : is_one (b) ? a : binary (pool, ESP_OPERATION_MULTIPLY, a, b);
}

static EspExpression *
divide (Pool *pool, EspExpression *a, EspExpression *b)
{
  return a == NULL ? NULL : binary (pool, ESP_OPERATION_DIVIDE, a, b);
}

/* `if(condition, positive, other)` */
static EspExpression *
choose (Pool *pool, EspExpression *condition, EspExpression *positive, EspExpression *other)
{
  EspExpression *operands[] = { condition, positive, other };

  if (positive == other)
    return positive;
  if (positive == NULL)
    operands[1] = constant (pool, 0);
  if (other == NULL)
    operands[2] = constant (pool, 0);
  return take (pool, esp_expression_apply (ESP_OPERATION_IF, operands));
}

/* @inside where low ≤ a ≤ high, else 0 */
static EspExpression *
within (Pool *pool, EspExpression *a, double low, double high, EspExpression *inside)
{
  EspExpression *below = binary (pool, ESP_OPERATION_SUBTRACT, constant (pool, low), a);
  EspExpression *above = binary (pool, ESP_OPERATION_SUBTRACT, a, constant (pool, high));

  return inside == NULL ? NULL : choose (pool, below, NULL, choose (pool, above, NULL, inside));
}

static EspExpression *
derive_power (Pool *pool, EspExpression *node, EspExpression *const *a, EspExpression *const *d)
{
  EspExpression *by_base = NULL, *by_exponent = NULL;

  if (d[0] != NULL)
    {
      EspExpression *less = esp_expression_get_operation (a[1]) == ESP_OPERATION_CONSTANT
                              ? constant (pool, esp_expression_get_value (a[1]) - 1)
                              : binary (pool, ESP_OPERATION_SUBTRACT, a[1], constant (pool, 1));

      by_base = multiply (pool, multiply (pool, a[1], binary (pool, ESP_OPERATION_POWER, a[0], less)), d[0]);
    }
  if (d[1] != NULL)
    by_exponent = multiply (pool, multiply (pool, node, unary (pool, ESP_OPERATION_LOG, a[0])), d[1]);
  return add (pool, by_base, by_exponent);
}

/* s (1 − s) for the sigmoid s of @a */
static EspExpression *
derive_sigmoid (Pool *pool, EspExpression *a)
{
  EspExpression *positive = unary (pool, ESP_OPERATION_SIGMOID, a);
  EspExpression *negative = unary (pool, ESP_OPERATION_SIGMOID, unary (pool, ESP_OPERATION_NEGATE, a));

  return multiply (pool, positive, negative);
}

static EspExpression *
derive_guarded_multiply (Pool *pool, EspExpression *const *a, EspExpression *const *d)
{
  EspExpression *limited[2];

  for (size_t i = 0; i < 2; i++)
    {
      EspExpression *operands[] = { a[i], constant (pool, -ESP_GUARD_MULTIPLY),
                                    constant (pool, ESP_GUARD_MULTIPLY) };

      limited[i] = take (pool, esp_expression_apply (ESP_OPERATION_CLAMP, operands));
    }
  return add (
    pool, multiply (pool, within (pool, a[0], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY, d[0]), limited[1]),
    multiply (pool, limited[0], within (pool, a[1], -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY, d[1])));
}

/* a'/b − a b'/b² */
static EspExpression *
derive_quotient (Pool *pool, EspExpression *const *a, EspExpression *const *d)
{
  EspExpression *second = NULL;

  if (d[1] != NULL)
    second = divide (pool, multiply (pool, a[0], d[1]),
                     binary (pool, ESP_OPERATION_POWER, a[1], constant (pool, 2)));
  return subtract (pool, divide (pool, d[0], a[1]), second);
}

/* From the operands @a and their derivatives @d. */
static EspExpression *
derive (Pool *pool, EspExpression *node, EspExpression *const *a, EspExpression *const *d)
{
  EspExpression *operands[ESP_MAX_OPERANDS];

  switch (esp_expression_get_operation (node))
    {
    case ESP_OPERATION_ADD:
      return add (pool, d[0], d[1]);
    case ESP_OPERATION_SUBTRACT:
      return subtract (pool, d[0], d[1]);
    case ESP_OPERATION_MULTIPLY:
      return add (pool, multiply (pool, d[0], a[1]), multiply (pool, a[0], d[1]));
    case ESP_OPERATION_DIVIDE:
      return derive_quotient (pool, a, d);
    case ESP_OPERATION_POWER:
      return derive_power (pool, node, a, d);
    case ESP_OPERATION_NEGATE:
      return subtract (pool, NULL, d[0]);
    case ESP_OPERATION_SIN:
      return multiply (pool, unary (pool, ESP_OPERATION_COS, a[0]), d[0]);
    case ESP_OPERATION_COS:
      return subtract (pool, NULL, multiply (pool, unary (pool, ESP_OPERATION_SIN, a[0]), d[0]));
    case ESP_OPERATION_EXP:
      return multiply (pool, node, d[0]);
    case ESP_OPERATION_LOG:
      return divide (pool, d[0], a[0]);
    case ESP_OPERATION_SQRT:
      return divide (pool, d[0], binary (pool, ESP_OPERATION_MULTIPLY, constant (pool, 2), node));
    case ESP_OPERATION_ABS:
      return multiply (pool, unary (pool, ESP_OPERATION_SIGN, a[0]), d[0]);
    case ESP_OPERATION_TANH:
      return multiply (pool,
                       binary (pool, ESP_OPERATION_SUBTRACT, constant (pool, 1),
                               binary (pool, ESP_OPERATION_POWER, node, constant (pool, 2))),
                       d[0]);
    case ESP_OPERATION_SIGMOID:
      return d[0] == NULL ? NULL : multiply (pool, derive_sigmoid (pool, a[0]), d[0]);
    case ESP_OPERATION_MIN:
      return choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, a[1], a[0]), d[0], d[1]);
    case ESP_OPERATION_MAX:
      return choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, a[0], a[1]), d[0], d[1]);
    case ESP_OPERATION_IF:
      return choose (pool, a[0], d[1], d[2]);
    case ESP_OPERATION_CLAMP:
      return choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, a[1], a[0]), d[1],
                     choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, a[0], a[2]), d[2], d[0]));
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return derive_guarded_multiply (pool, a, d);
    case ESP_OPERATION_GUARDED_DIVIDE:
      return choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, constant (pool, ESP_GUARD_DIVIDE), a[1]),
                     NULL, derive_quotient (pool, a, d));
    case ESP_OPERATION_GUARDED_LOG:
      return choose (pool, binary (pool, ESP_OPERATION_SUBTRACT, constant (pool, ESP_GUARD_LOG), a[0]), NULL,
                     divide (pool, d[0], a[0]));
    case ESP_OPERATION_GUARDED_EXP:
      return within (pool, a[0], ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH, multiply (pool, node, d[0]));
    case ESP_OPERATION_SOFT_IF:
      operands[0] = a[0];
      for (size_t i = 1; i < 3; i++)
        operands[i] = d[i] != NULL ? d[i] : constant (pool, 0);
      return add (pool,
                  d[0] == NULL ? NULL
                               : multiply (pool,
                                           multiply (pool, derive_sigmoid (pool, a[0]),
                                                     binary (pool, ESP_OPERATION_SUBTRACT, a[1], a[2])),
                                           d[0]),
                  d[1] == NULL && d[2] == NULL
                    ? NULL
                    : take (pool, esp_expression_apply (ESP_OPERATION_SOFT_IF, operands)));
    case ESP_OPERATION_SIGN:
    case ESP_OPERATION_CONSTANT:
    case ESP_OPERATION_VARIABLE:
    case ESP_N_OPERATIONS:
      break;
    }

  return NULL;
}

EspExpression *
esp_expression_derive (EspExpression *expression, size_t variable)
{
  g_autoptr (GPtrArray) pool = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_autofree EspExpression **derivatives = NULL;
  EspExpression *result;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  derivatives = g_new0 (EspExpression *, graph.nodes->len);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL }, *d_operands[ESP_MAX_OPERANDS] = { NULL };
      bool moves = false;

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        {
          operands[k] = esp_expression_get_operand (node, k);
          d_operands[k] = derivatives[esp_graph_get_place (&graph, operands[k])];
          moves = moves || d_operands[k] != NULL;
        }
      if (moves)
        derivatives[i] = derive (pool, node, operands, d_operands);
      else if (esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE
               && esp_expression_get_index (node) == variable)
        derivatives[i] = constant (pool, 1);
    }
  result = derivatives[graph.nodes->len - 1] != NULL ? derivatives[graph.nodes->len - 1] : constant (pool, 0);
  esp_graph_clear (&graph);

  return esp_expression_simplify (result);
}

/* Returns a new reference to @expression with the @constant'th place of a number taken by @leaf (none when
 * NULL), and variable @variable by @value (none when NULL); @n_constants becomes the number of such places.
 */
static EspExpression *
substitute (EspExpression *expression,
            size_t constant_place,
            EspExpression *leaf,
            size_t variable,
            EspExpression *value,
            size_t *n_constants,
            double *replaced)
{
  g_autoptr (GPtrArray) pool = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_autofree EspExpression **copies = NULL;
  EspExpression *result;
  EspGraph graph;

  *n_constants = 0;
  esp_graph_init (&graph, &expression, 1);
  copies = g_new0 (EspExpression *, graph.nodes->len);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
      size_t n_operands = esp_expression_get_n_operands (node);
      bool changes = false;

      copies[i] = node;
      if (value != NULL && esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE
          && esp_expression_get_index (node) == variable)
        copies[i] = value;
      for (size_t k = 0; k < n_operands; k++)
        {
          EspExpression *operand = esp_expression_get_operand (node, k);

          operands[k] = copies[esp_graph_get_place (&graph, operand)];
          if (esp_expression_get_operation (operand) == ESP_OPERATION_CONSTANT
              && (*n_constants)++ == constant_place && leaf != NULL)
            {
              *replaced = esp_expression_get_value (operand);
              operands[k] = leaf;
            }
          changes = changes || operands[k] != operand;
        }
      if (changes)
        copies[i] = take (pool, esp_expression_apply (esp_expression_get_operation (node), operands));
    }
  result = esp_expression_ref (copies[graph.nodes->len - 1]);
  esp_graph_clear (&graph);
  return result;
}

static size_t
find_free_variable (EspExpression *expression)
{
  size_t variable = 0;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);

      if (esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE)
        variable = MAX (variable, esp_expression_get_index (node) + 1);
    }
  esp_graph_clear (&graph);
  return variable;
}

EspExpression *
esp_expression_derive_by_constant (EspExpression *expression, size_t constant_place)
{
  size_t variable = find_free_variable (expression), n_constants, ignored;
  g_autoptr (EspExpression) leaf = esp_expression_variable (variable);
  g_autoptr (EspExpression) freed = NULL;
  g_autoptr (EspExpression) derivative = NULL;
  g_autoptr (EspExpression) value = NULL;
  g_autoptr (EspExpression) result = NULL;
  double number = 0;

  /* a number alone is its own only constant */
  if (esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT)
    return constant_place == 0 ? esp_expression_constant (1) : NULL;

  freed = substitute (expression, constant_place, leaf, 0, NULL, &n_constants, &number);
  if (constant_place >= n_constants)
    return NULL;
  derivative = esp_expression_derive (freed, variable);
  value = esp_expression_constant (number);
  result = substitute (derivative, 0, NULL, variable, value, &ignored, &number);
  return esp_expression_simplify (result);
}

/* One pass goes through the graph from the leaves to the root and replaces every node by the simplest
 * form of the same operation on its simplified operands; passes are repeated until nothing changes.
 * A form that would be longer to read than the plain operation is not taken, so by induction nothing
 * ever grows.
 *
 * The value is kept, to rounding, wherever every sub-term of the given expression is finite and no
 * intermediate result over- or underflows: x·0 becomes 0, and x/x becomes 1. */

#include "esp-simplify.h"

#include <math.h>

#include "esp-builder.h"
#include "esp-graph.h"
#include "esp-terms.h"

/* Two or three passes are usual; this only bounds the time whatever comes. */
#define MAX_PASSES 100

static bool
is_constant (const EspExpression *expression)
{
  return esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT;
}

static bool
is_number (const EspExpression *expression, double value)
{
  return is_constant (expression) && esp_expression_get_value (expression) == value;
}

/* Returns the value of an operation on numbers as an expression, or NULL when it is not finite. */
static EspExpression *
fold (EspBuilder *builder, EspOperation operation, EspExpression *const *operands)
{
  double values[ESP_MAX_OPERANDS] = { 0 };
  double value;

  for (size_t i = 0; i < esp_operation_get_n_operands (operation); i++)
    {
      if (!is_constant (operands[i]))
        return NULL;
      values[i] = esp_expression_get_value (operands[i]);
    }

  value = esp_operation_evaluate (operation, values);
  if (!isfinite (value))
    return NULL;
  /* the sign of a zero says nothing to a reader */
  return esp_builder_constant (builder, value == 0 ? 0 : value);
}

static EspExpression *
gather_product (EspBuilder *builder, EspExpression *expression)
{
  EspProduct product;
  EspExpression *result;

  if (!esp_product_init (&product, builder, expression))
    return NULL;
  result = esp_product_build (&product, builder);
  esp_product_clear (&product);
  return result;
}

static EspExpression *
simplify_power (EspBuilder *builder, EspExpression *plain, EspExpression *const *operands)
{
  /* as pow() has it, for every base and every exponent */
  if (is_number (operands[1], 0) || is_number (operands[0], 1))
    return esp_builder_constant (builder, 1);
  return gather_product (builder, plain);
}

/* A condition that is a number makes a weighted sum, unless the weights make it longer. */
static EspExpression *
simplify_soft_if (EspBuilder *builder, EspExpression *const *operands)
{
  double condition, weight;
  EspExpression *terms[2];

  if (operands[1] == operands[2])
    return operands[1];
  if (!is_constant (operands[0]))
    return NULL;

  condition = esp_expression_get_value (operands[0]);
  weight = esp_operation_evaluate (ESP_OPERATION_SIGMOID, &condition);
  for (int i = 0; i < 2; i++)
    {
      EspExpression *number = esp_builder_constant (builder, i == 0 ? weight : 1 - weight);

      terms[i] = gather_product (
        builder, esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, number, operands[1 + i]));
      if (terms[i] == NULL)
        return NULL;
    }
  return esp_sum_gather (builder, esp_builder_binary (builder, ESP_OPERATION_ADD, terms[0], terms[1]), 1);
}

/* A denominator that is a number decides its guard for good. */
static EspExpression *
simplify_guarded_divide (EspBuilder *builder, EspExpression *const *operands)
{
  double denominator;

  if (!is_constant (operands[1]))
    return is_number (operands[0], 0) ? operands[0] : NULL;

  denominator = esp_expression_get_value (operands[1]);
  if (!(denominator >= ESP_GUARD_DIVIDE))
    return esp_builder_constant (builder, 0);
  return gather_product (builder,
                         esp_builder_binary (builder, ESP_OPERATION_MULTIPLY,
                                             esp_builder_constant (builder, 1 / denominator), operands[0]));
}

/* Returns a simpler form of @plain, whose operands are simplified, or NULL. */
static EspExpression *
find_simpler (EspBuilder *builder, EspExpression *plain, EspExpression *const *operands)
{
  EspOperation operation = esp_expression_get_operation (plain);
  EspExpression *folded = fold (builder, operation, operands);

  if (folded != NULL)
    return folded;

  switch (operation)
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      return esp_sum_gather (builder, plain, 1);
    case ESP_OPERATION_NEGATE:
      return esp_negate (builder, operands[0]);
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
    case ESP_OPERATION_SIN:
    case ESP_OPERATION_TANH:
    case ESP_OPERATION_SIGN:
      return gather_product (builder, plain);
    case ESP_OPERATION_POWER:
      return simplify_power (builder, plain, operands);
    case ESP_OPERATION_ABS:
    case ESP_OPERATION_COS:
      if (operation == ESP_OPERATION_ABS && esp_expression_get_operation (operands[0]) == operation)
        return operands[0];
      if (esp_begins_with_minus (operands[0]))
        {
          EspExpression *positive = esp_negate (builder, operands[0]);

          return positive == NULL ? NULL : esp_builder_unary (builder, operation, positive);
        }
      return NULL;
    case ESP_OPERATION_MIN:
    case ESP_OPERATION_MAX:
      return operands[0] == operands[1] ? operands[0] : NULL;
    case ESP_OPERATION_IF:
      if (is_constant (operands[0]))
        return esp_expression_get_value (operands[0]) > 0 ? operands[1] : operands[2];
      return operands[1] == operands[2] ? operands[1] : NULL;
    case ESP_OPERATION_GUARDED_DIVIDE:
      return simplify_guarded_divide (builder, operands);
    case ESP_OPERATION_SOFT_IF:
      return simplify_soft_if (builder, operands);
    default:
      return NULL;
    }
}

/* Returns 1 for sums, 2 for products, 0 for the rest. */
static int
get_chain (const EspExpression *expression)
{
  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      return 1;
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      return 2;
    default:
      return 0;
    }
}

/* Marks the nodes of @graph that are only a part of one longer sum or product. They are gathered with
 * the whole of it, and gathering them before would cost the square of its length. */
static bool *
find_inner_parts (const EspGraph *graph)
{
  bool *inner = g_new0 (bool, graph->nodes->len);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph->nodes, i);

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        {
          const EspExpression *operand = esp_expression_get_operand (node, k);
          size_t place = esp_graph_get_place (graph, operand);

          if (get_chain (node) != 0 && get_chain (node) == get_chain (operand)
              && g_array_index (graph->uses, guint, place) == 1)
            inner[place] = true;
        }
    }

  return inner;
}

static EspExpression *
simplify_node (EspBuilder *builder, const EspExpression *node, EspExpression *const *operands, bool inner)
{
  EspExpression *plain, *simpler;

  if (esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE)
    return esp_builder_variable (builder, esp_expression_get_index (node));
  if (esp_expression_get_operation (node) == ESP_OPERATION_CONSTANT)
    {
      double value = esp_expression_get_value (node);

      return esp_builder_constant (builder, value == 0 ? 0 : value);
    }

  plain = esp_builder_apply (builder, esp_expression_get_operation (node), operands);
  if (inner)
    return plain;
  simpler = find_simpler (builder, plain, operands);
  if (simpler == NULL || esp_expression_get_length (simpler) > esp_expression_get_length (plain))
    return plain;
  /* groups of a sum become one long chain, which must not become too deep for reading and printing */
  if (esp_expression_get_depth (simpler) > MAX (ESP_EXPRESSION_MAX_DEPTH, esp_expression_get_depth (plain)))
    return plain;
  return simpler;
}

static EspExpression *
simplify_once (EspBuilder *builder, EspExpression *root)
{
  EspGraph graph;
  g_autofree EspExpression **simplified = NULL;
  g_autofree bool *inner = NULL;
  EspExpression *result;

  esp_graph_init (&graph, &root, 1);
  simplified = g_new0 (EspExpression *, graph.nodes->len);
  inner = find_inner_parts (&graph);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        operands[k] = simplified[esp_graph_get_place (&graph, esp_expression_get_operand (node, k))];
      simplified[i] = simplify_node (builder, node, operands, inner[i]);
    }

  result = simplified[graph.nodes->len - 1];
  esp_graph_clear (&graph);
  return result;
}

EspExpression *
esp_expression_simplify (EspExpression *expression)
{
  g_autoptr (EspBuilder) builder = esp_builder_new ();
  EspExpression *result = simplify_once (builder, expression);

  for (int pass = 1; pass < MAX_PASSES; pass++)
    {
      EspExpression *next = simplify_once (builder, result);

      if (next == result)
        break;
      result = next;
    }

  return esp_expression_ref (result);
}

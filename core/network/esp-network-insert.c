#include "esp-network-insert.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-graph.h"
#include "esp-network-insert-private.h"
#include "esp-print.h"

/* The action's scale may have been rounded on the way through text and simplification. */
#define SCALE_TOLERANCE 1e-12

/* The smallest round argument whose tanh is 1 in double precision. */
#define SATURATED 20.0

/* Characters of a term that a message shows. */
#define MAX_SHOWN 60

static EspSum *
sum_new (double bias)
{
  EspSum *sum = g_new (EspSum, 1);

  *sum = (EspSum){ bias, g_array_new (FALSE, FALSE, sizeof (EspTerm)) };
  return sum;
}

static void
sum_free (EspSum *sum)
{
  g_array_unref (sum->terms);
  g_free (sum);
}

/* a · @left + b · @right; a term that cancels is gone. */
static EspSum *
combine (const EspSum *left, double a, const EspSum *right, double b)
{
  EspSum *sum = sum_new (a * left->bias + b * right->bias);
  guint i = 0, j = 0;

  while (i < left->terms->len || j < right->terms->len)
    {
      const EspTerm *first = i < left->terms->len ? &g_array_index (left->terms, EspTerm, i) : NULL;
      const EspTerm *second = j < right->terms->len ? &g_array_index (right->terms, EspTerm, j) : NULL;
      EspTerm term = { 0, 0 };

      if (first != NULL && (second == NULL || first->feature <= second->feature))
        {
          term = (EspTerm){ first->feature, a * first->weight };
          i++;
        }
      if (second != NULL && (first == NULL || second->feature <= first->feature))
        {
          term.feature = second->feature;
          term.weight += b * second->weight;
          j++;
        }
      if (term.weight != 0)
        g_array_append_val (sum->terms, term);
    }
  return sum;
}

static bool
is_number (const EspSum *sum)
{
  return sum->terms->len == 0;
}

EspSum *
esp_insertion_new_sum (EspInsertion *insertion, double bias)
{
  EspSum *sum = sum_new (bias);

  g_ptr_array_add (insertion->sums, sum);
  return sum;
}

char *
esp_insertion_show (const EspInsertion *insertion, EspExpression *expression)
{
  g_autofree char *text = NULL, *start = NULL;

  if (esp_expression_get_length (expression) > 10000)
    return g_strdup ("…");
  text = esp_expression_to_text (expression, insertion->symbols);
  if (g_utf8_strlen (text, -1) <= MAX_SHOWN)
    return g_steal_pointer (&text);
  start = g_utf8_substring (text, 0, MAX_SHOWN);
  return g_strconcat (start, "…", NULL);
}

static bool
find_operator (EspOperation operation, EspOperator *operator_)
{
  switch (operation)
    {
    case ESP_OPERATION_GUARDED_MULTIPLY:
      *operator_ = ESP_OPERATOR_MULTIPLY;
      return true;
    case ESP_OPERATION_GUARDED_DIVIDE:
      *operator_ = ESP_OPERATOR_DIVIDE;
      return true;
    case ESP_OPERATION_GUARDED_LOG:
      *operator_ = ESP_OPERATOR_LOG;
      return true;
    case ESP_OPERATION_GUARDED_EXP:
      *operator_ = ESP_OPERATOR_EXP;
      return true;
    case ESP_OPERATION_SIN:
      *operator_ = ESP_OPERATOR_SIN;
      return true;
    case ESP_OPERATION_COS:
      *operator_ = ESP_OPERATOR_COS;
      return true;
    case ESP_OPERATION_SOFT_IF:
    case ESP_OPERATION_SIGMOID:
      *operator_ = ESP_OPERATOR_IF_ELSE;
      return true;
    default:
      return false;
    }
}

static EspSum *
get_feature_sum (EspInsertion *insertion, const EspFeature *feature)
{
  EspSum *sum = sum_new (0);
  gpointer known = g_hash_table_lookup (insertion->numbers, feature->expression);
  EspTerm term = { 0, 1 };

  if (known == NULL)
    {
      g_array_append_val (insertion->features, *feature);
      known = GUINT_TO_POINTER (insertion->features->len);
      g_hash_table_insert (insertion->numbers, feature->expression, known);
    }
  /* numbers are stored from 1 */
  term.feature = GPOINTER_TO_UINT (known) - 1;
  g_array_append_val (sum->terms, term);
  return sum;
}

/* Returns whether the values of operand @i of @node are all within @low … @high. */
static bool
is_within (const EspInsertion *insertion, EspExpression *node, size_t i, double low, double high)
{
  EspInterval bounds = esp_expression_bound (esp_expression_get_operand (node, i), insertion->box,
                                             insertion->symbols->n);

  return bounds.low >= low && bounds.high <= high;
}

/* Returns the guarded operation that does what the plain @node does, because its operands stay where the
 * guard leaves them alone; the node's own operation where there is none. A simplifier drops such guards. */
static EspOperation
find_guarded (const EspInsertion *insertion, EspExpression *node)
{
  EspOperation operation = esp_expression_get_operation (node);

  switch (operation)
    {
    case ESP_OPERATION_MULTIPLY:
      return is_within (insertion, node, 0, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
                 && is_within (insertion, node, 1, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY)
               ? ESP_OPERATION_GUARDED_MULTIPLY
               : operation;
    case ESP_OPERATION_DIVIDE:
      return is_within (insertion, node, 1, ESP_GUARD_DIVIDE, HUGE_VAL) ? ESP_OPERATION_GUARDED_DIVIDE
                                                                        : operation;
    case ESP_OPERATION_LOG:
      return is_within (insertion, node, 0, ESP_GUARD_LOG, HUGE_VAL) ? ESP_OPERATION_GUARDED_LOG : operation;
    case ESP_OPERATION_EXP:
      return is_within (insertion, node, 0, ESP_GUARD_EXP_LOW, ESP_GUARD_EXP_HIGH) ? ESP_OPERATION_GUARDED_EXP
                                                                                   : operation;
    default:
      return operation;
    }
}

static EspSum *
get_operator_sum (EspInsertion *insertion,
                  EspExpression *node,
                  EspOperation operation,
                  EspSum *const *operands,
                  EspSum *one,
                  EspSum *zero)
{
  EspFeature feature = { .expression = node, .arguments = { operands[0], operands[1], operands[2] } };

  find_operator (operation, &feature.operator_);
  /* sigmoid(a) = softif(a, 1, 0) */
  if (operation == ESP_OPERATION_SIGMOID)
    {
      feature.arguments[1] = one;
      feature.arguments[2] = zero;
    }
  return get_feature_sum (insertion, &feature);
}

/* Returns the sum that @node is, from those of its operands, or NULL when it is none. */
static EspSum *
get_sum (EspInsertion *insertion, EspExpression *node, EspSum *const *operands, EspSum *one, EspSum *zero)
{
  EspOperation operation = esp_expression_get_operation (node);
  EspFeature feature = { .expression = node };
  double values[ESP_MAX_OPERANDS];
  EspOperator operator_;
  bool is_constant = true;

  if (operation == ESP_OPERATION_CONSTANT)
    return sum_new (esp_expression_get_value (node));
  if (operation == ESP_OPERATION_VARIABLE)
    {
      feature.is_input = true;
      feature.input = esp_expression_get_index (node);
      return get_feature_sum (insertion, &feature);
    }

  for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
    {
      values[k] = operands[k]->bias;
      is_constant = is_constant && is_number (operands[k]);
    }
  if (is_constant)
    return sum_new (esp_operation_evaluate (operation, values));
  if (find_operator (operation, &operator_))
    return get_operator_sum (insertion, node, operation, operands, one, zero);

  switch (operation)
    {
    case ESP_OPERATION_ADD:
      return combine (operands[0], 1, operands[1], 1);
    case ESP_OPERATION_SUBTRACT:
      return combine (operands[0], 1, operands[1], -1);
    case ESP_OPERATION_NEGATE:
      return combine (operands[0], -1, zero, 0);
    case ESP_OPERATION_MULTIPLY:
      if (is_number (operands[0]))
        return combine (operands[1], operands[0]->bias, zero, 0);
      if (is_number (operands[1]))
        return combine (operands[0], operands[1]->bias, zero, 0);
      break;
    case ESP_OPERATION_DIVIDE:
      if (is_number (operands[1]))
        return combine (operands[0], 1 / operands[1]->bias, zero, 0);
      break;
    case ESP_OPERATION_POWER:
      /* a square is the product of a term with itself */
      if (is_number (operands[1]) && operands[1]->bias == 2
          && is_within (insertion, node, 0, -ESP_GUARD_MULTIPLY, ESP_GUARD_MULTIPLY))
        {
          EspSum *both[ESP_MAX_OPERANDS] = { operands[0], operands[0] };

          return get_operator_sum (insertion, node, ESP_OPERATION_GUARDED_MULTIPLY, both, one, zero);
        }
      break;
    case ESP_OPERATION_TANH:
      /* tanh (a) = softif (2a, 1, −1) */
      feature.operator_ = ESP_OPERATOR_IF_ELSE;
      feature.arguments[0] = combine (operands[0], 2, zero, 0);
      g_ptr_array_add (insertion->sums, feature.arguments[0]);
      feature.arguments[1] = one;
      feature.arguments[2] = esp_insertion_new_sum (insertion, -1);
      return get_feature_sum (insertion, &feature);
    default:
      break;
    }

  operation = find_guarded (insertion, node);
  return find_operator (operation, &operator_)
           ? get_operator_sum (insertion, node, operation, operands, one, zero)
           : NULL;
}

/* Returns the argument of the action's tanh with the factor that it has, in `centre + half · tanh (u)`; NULL
 * where the action has another form. A number stands for the argument that gives it. */
static EspExpression *
strip_action (EspExpression *action, double *factor, double *offset)
{
  *factor = 1;
  *offset = 0;
  for (;;)
    {
      EspExpression *a = NULL, *b = NULL;
      double number;
      EspOperation operation = esp_expression_get_operation (action);
      bool is_first;

      if (operation == ESP_OPERATION_TANH)
        return esp_expression_get_operand (action, 0);
      if (operation == ESP_OPERATION_NEGATE)
        {
          *factor = -*factor;
          action = esp_expression_get_operand (action, 0);
          continue;
        }
      if (operation < ESP_OPERATION_ADD || operation > ESP_OPERATION_DIVIDE)
        return NULL;

      a = esp_expression_get_operand (action, 0);
      b = esp_expression_get_operand (action, 1);
      is_first = esp_expression_get_operation (a) == ESP_OPERATION_CONSTANT;
      if (!is_first && esp_expression_get_operation (b) != ESP_OPERATION_CONSTANT)
        return NULL;
      number = esp_expression_get_value (is_first ? a : b);
      if (operation == ESP_OPERATION_DIVIDE && is_first)
        return NULL;
      if (operation == ESP_OPERATION_ADD || operation == ESP_OPERATION_SUBTRACT)
        {
          *offset += *factor * (operation == ESP_OPERATION_SUBTRACT && !is_first ? -number : number);
          if (operation == ESP_OPERATION_SUBTRACT && is_first)
            *factor = -*factor;
        }
      else
        *factor = operation == ESP_OPERATION_MULTIPLY ? *factor * number : *factor / number;
      action = is_first ? b : a;
    }
}

static bool
refuse_term (const EspInsertion *insertion, EspExpression *term, GError **error)
{
  g_autofree char *text = esp_insertion_show (insertion, term);
  const char *hint = "its operations are sums with weights, pmul, pdiv, plog, pexp, sin, cos and softif";

  switch (esp_expression_get_operation (term))
    {
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_POWER:
      hint = "a product of two terms must be a pmul";
      break;
    case ESP_OPERATION_DIVIDE:
      hint = "a quotient by a term must be a pdiv";
      break;
    case ESP_OPERATION_LOG:
      hint = "a logarithm must be a plog";
      break;
    case ESP_OPERATION_EXP:
      hint = "an exponential must be a pexp";
      break;
    default:
      break;
    }
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "a symbolic network does not contain “%s”: %s", text, hint);
  return false;
}

/* Finds the features of @expression; @sum is what it is made of, for the caller to free with @sums. */
static bool
find_features (
  EspInsertion *insertion, EspExpression *expression, GPtrArray *sums, EspSum **sum, GError **error)
{
  EspSum *one = sum_new (1), *zero = sum_new (0);
  guint first = sums->len + 2;
  EspGraph graph;
  bool is_found = true;

  g_ptr_array_add (sums, one);
  g_ptr_array_add (sums, zero);
  esp_graph_init (&graph, &expression, 1);
  for (guint i = 0; is_found && i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspSum *operands[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        operands[k] = g_ptr_array_index (
          sums, first + esp_graph_get_place (&graph, esp_expression_get_operand (node, k)));
      *sum = get_sum (insertion, node, operands, one, zero);
      if (*sum != NULL)
        g_ptr_array_add (sums, *sum);
      else
        is_found = refuse_term (insertion, node, error);
    }
  esp_graph_clear (&graph);
  return is_found;
}

static void
write_argument (EspNetwork *network,
                size_t action,
                const EspInsertion *insertion,
                const EspLayer *layer,
                size_t row,
                const EspSum *sum)
{
  size_t weights = action * network->arrangement->n_weights + layer->weights + row * layer->n_features;

  network->biases[action * network->arrangement->n_biases + layer->biases + row] = sum->bias;
  for (guint t = 0; t < sum->terms->len; t++)
    {
      const EspTerm *term = &g_array_index (sum->terms, EspTerm, t);
      const EspFeature *feature = &g_array_index (insertion->features, EspFeature, term->feature);
      size_t column = feature->is_input
                        ? feature->input
                        : network->arrangement->layers[feature->layer].n_features + feature->slot;

      network->weights[weights + column] = term->weight;
      network->mask[weights + column] = 1;
      network->probabilities[weights + column] = 1;
    }
}

static bool
place_and_write (EspNetwork *network, size_t action, EspInsertion *insertion, EspSum *output, GError **error)
{
  const EspArrangement *arrangement = network->arrangement;
  const EspSum *placed = esp_insertion_place (insertion, output, error);

  if (placed == NULL)
    return false;
  for (guint i = 0; i < insertion->features->len; i++)
    {
      const EspFeature *feature = &g_array_index (insertion->features, EspFeature, i);
      const EspLayer *layer = &arrangement->layers[feature->layer];

      if (feature->is_input || !feature->needed)
        continue;
      for (size_t k = 0; k < esp_operator_get_n_arguments (feature->operator_); k++)
        write_argument (network, action, insertion, layer, layer->first_argument[feature->slot] + k,
                        feature->placed[k]);
    }
  write_argument (network, action, insertion, &arrangement->layers[arrangement->n_layers - 1], 0, placed);
  return true;
}

static bool
insert_action (EspNetwork *network, const EspFormula *formula, size_t action, GError **error)
{
  const EspSignal *signal = &network->environment->actions[action];
  double centre = 0.5 * (signal->high + signal->low), half = 0.5 * (signal->high - signal->low);
  EspExpression *whole = esp_formula_get_expression (formula, action), *argument;
  g_autoptr (GArray) features = g_array_new (FALSE, FALSE, sizeof (EspFeature));
  g_autoptr (GHashTable) numbers = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) sums = g_ptr_array_new_with_free_func ((GDestroyNotify) sum_free);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func ((GDestroyNotify) sum_free);
  const EspEnvironmentInfo *environment = network->environment;
  EspInterval box[ESP_MAX_OBSERVATIONS];
  EspInsertion insertion = { .arrangement = network->arrangement,
                             .symbols = esp_formula_get_symbols (formula),
                             .box = box,
                             .features = features,
                             .numbers = numbers,
                             .sums = others };
  double factor, offset;
  EspSum *sum = NULL, *output;

  for (size_t i = 0; i < environment->n_observations; i++)
    box[i] = (EspInterval){ environment->observations[i].low, environment->observations[i].high };
  if (esp_expression_get_operation (whole) == ESP_OPERATION_CONSTANT
      && fabs (esp_expression_get_value (whole) - centre) <= half)
    {
      double squashed = (esp_expression_get_value (whole) - centre) / half;

      output = sum_new (fabs (squashed) < 1 ? atanh (squashed) : copysign (SATURATED, squashed));
      g_ptr_array_add (sums, output);
      return place_and_write (network, action, &insertion, output, error);
    }

  argument = strip_action (whole, &factor, &offset);
  if (argument == NULL || fabs (fabs (factor) - half) > SCALE_TOLERANCE * half
      || fabs (offset - centre) > SCALE_TOLERANCE * half)
    {
      g_autofree char *text = esp_insertion_show (&insertion, whole);

      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "a symbolic network's action %s is %g + %g·tanh(…), which “%s” is not", signal->name,
                   centre, half, text);
      return false;
    }
  if (!find_features (&insertion, argument, sums, &sum, error))
    return false;
  output = combine (sum, factor < 0 ? -1 : 1, sum, 0);
  g_ptr_array_add (sums, output);
  return place_and_write (network, action, &insertion, output, error);
}

EspNetwork *
esp_network_insert (const EspFormula *formula,
                    const EspEnvironmentInfo *environment,
                    EspArrangement *arrangement,
                    GError **error)
{
  g_autoptr (EspNetwork) network = NULL;

  if (esp_formula_get_n_actions (formula) != environment->n_actions
      || esp_formula_get_symbols (formula)->n != environment->n_observations
      || arrangement->n_inputs != environment->n_observations)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "the formula is for %zu observations and %zu actions, but %s has %zu and %zu",
                   esp_formula_get_symbols (formula)->n, esp_formula_get_n_actions (formula),
                   environment->name, environment->n_observations, environment->n_actions);
      return NULL;
    }

  network = esp_network_new (environment, arrangement);
  for (size_t a = 0; a < network->n_actions; a++)
    if (!insert_action (network, formula, a, error))
      return NULL;
  return g_steal_pointer (&network);
}

#include "esp-network.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "esp-path-selector.h"
#include "esp-signal-names.h"
#include "esp-simplify.h"

EspNetwork *
esp_network_new (const EspEnvironmentInfo *environment, EspArrangement *arrangement)
{
  EspNetwork *network = g_new0 (EspNetwork, 1);
  size_t n_weights = environment->n_actions * arrangement->n_weights;

  network->references = 1;
  network->arrangement = esp_arrangement_ref (arrangement);
  network->environment = environment;
  network->n_actions = environment->n_actions;
  network->weights = g_new0 (double, n_weights);
  network->biases = g_new0 (double, environment->n_actions * arrangement->n_biases);
  network->probabilities = g_new0 (float, n_weights);
  network->mask = g_new0 (uint8_t, n_weights);

  return network;
}

EspNetwork *
esp_network_copy (const EspNetwork *network)
{
  EspNetwork *copy = esp_network_new (network->environment, network->arrangement);
  size_t n_weights = network->n_actions * network->arrangement->n_weights;

  memcpy (copy->weights, network->weights, n_weights * sizeof *copy->weights);
  memcpy (copy->biases, network->biases,
          network->n_actions * network->arrangement->n_biases * sizeof *copy->biases);
  memcpy (copy->probabilities, network->probabilities, n_weights * sizeof *copy->probabilities);
  memcpy (copy->mask, network->mask, n_weights * sizeof *copy->mask);

  return copy;
}

EspNetwork *
esp_network_ref (EspNetwork *network)
{
  atomic_fetch_add_explicit (&network->references, 1, memory_order_relaxed);
  return network;
}

void
esp_network_unref (EspNetwork *network)
{
  if (network == NULL || atomic_fetch_sub_explicit (&network->references, 1, memory_order_acq_rel) > 1)
    return;

  esp_arrangement_unref (network->arrangement);
  g_free (network->weights);
  g_free (network->biases);
  g_free (network->probabilities);
  g_free (network->mask);
  g_free (network);
}

static const EspOperation operations[ESP_N_OPERATORS] = {
  [ESP_OPERATOR_MULTIPLY] = ESP_OPERATION_GUARDED_MULTIPLY,
  [ESP_OPERATOR_DIVIDE] = ESP_OPERATION_GUARDED_DIVIDE,
  [ESP_OPERATOR_LOG] = ESP_OPERATION_GUARDED_LOG,
  [ESP_OPERATOR_EXP] = ESP_OPERATION_GUARDED_EXP,
  [ESP_OPERATOR_SIN] = ESP_OPERATION_SIN,
  [ESP_OPERATOR_COS] = ESP_OPERATION_COS,
  [ESP_OPERATOR_IF_ELSE] = ESP_OPERATION_SOFT_IF,
};

double
esp_network_apply_operator (EspOperator operator_, const double *operands)
{
  return operator_ == ESP_OPERATOR_IDENTITY ? operands[0]
                                            : esp_operation_evaluate (operations[operator_], operands);
}

static void
get_action_range (const EspNetwork *network, size_t action, double *centre, double *half)
{
  const EspSignal *signal = &network->environment->actions[action];

  *centre = 0.5 * (signal->high + signal->low);
  *half = 0.5 * (signal->high - signal->low);
}

/* The argument in @row of @layer: bias plus the open paths. */
static double
evaluate_argument (const EspLayer *layer,
                   size_t row,
                   const double *weights,
                   const double *biases,
                   const uint8_t *mask,
                   const double *features)
{
  size_t first = layer->weights + row * layer->n_features;
  double sum = biases[layer->biases + row];

  for (size_t j = 0; j < layer->n_features; j++)
    if (mask[first + j])
      sum += weights[first + j] * features[j];

  return sum;
}

void
esp_network_evaluate (const EspNetwork *network, const double *observation, double *features, double *action)
{
  const EspArrangement *arrangement = network->arrangement;

  for (size_t a = 0; a < network->n_actions; a++)
    {
      const double *weights = network->weights + a * arrangement->n_weights;
      const double *biases = network->biases + a * arrangement->n_biases;
      const uint8_t *mask = network->mask + a * arrangement->n_weights;
      double *x = features + a * arrangement->n_features;
      double centre, half;

      memcpy (x, observation, arrangement->n_inputs * sizeof *x);
      for (size_t l = 0; l + 1 < arrangement->n_layers; l++)
        {
          const EspLayer *layer = &arrangement->layers[l];

          for (size_t k = 0; k < layer->n_operators; k++)
            {
              double operands[ESP_MAX_OPERANDS];
              EspOperator operator_ = layer->operators[k];

              for (size_t i = 0; i < esp_operator_get_n_arguments (operator_); i++)
                operands[i]
                  = evaluate_argument (layer, layer->first_argument[k] + i, weights, biases, mask, x);
              x[layer->n_features + k] = esp_network_apply_operator (operator_, operands);
            }
        }

      get_action_range (network, a, &centre, &half);
      action[a]
        = centre
          + half
              * tanh (evaluate_argument (&arrangement->layers[arrangement->n_layers - 1], 0, weights, biases,
                                         mask, x));
    }
}

size_t
esp_network_count_live (const EspNetwork *network)
{
  size_t count = 0;

  for (size_t a = 0; a < network->n_actions; a++)
    count += esp_selector_find_live (network->arrangement,
                                     network->mask + a * network->arrangement->n_weights, NULL);

  return count;
}

/* Writes to @needed[n_features] which features the output depends on through open paths. */
static void
find_needed (const EspArrangement *arrangement, const uint8_t *mask, uint8_t *needed)
{
  memset (needed, 0, arrangement->n_features);
  for (size_t l = arrangement->n_layers; l-- > 0;)
    {
      const EspLayer *layer = &arrangement->layers[l];
      bool output = layer->n_operators == 0;

      for (size_t k = 0; k < (output ? 1 : layer->n_operators); k++)
        {
          size_t n_arguments = output ? 1 : esp_operator_get_n_arguments (layer->operators[k]);
          size_t first = output ? 0 : layer->first_argument[k];

          if (!output && !needed[layer->n_features + k])
            continue;
          for (size_t row = first; row < first + n_arguments; row++)
            for (size_t j = 0; j < layer->n_features; j++)
              needed[j] |= mask[layer->weights + row * layer->n_features + j];
        }
    }
}

void
esp_network_drop_dead (EspNetwork *network)
{
  const EspArrangement *arrangement = network->arrangement;
  g_autofree uint8_t *needed = g_malloc (arrangement->n_features);

  for (size_t a = 0; a < network->n_actions; a++)
    {
      uint8_t *mask = network->mask + a * arrangement->n_weights;
      double *biases = network->biases + a * arrangement->n_biases;

      find_needed (arrangement, mask, needed);
      for (size_t l = 0; l < arrangement->n_layers; l++)
        {
          const EspLayer *layer = &arrangement->layers[l];

          for (size_t k = 0; k < layer->n_operators; k++)
            {
              if (needed[layer->n_features + k])
                continue;
              for (size_t i = 0; i < esp_operator_get_n_arguments (layer->operators[k]); i++)
                {
                  size_t row = layer->first_argument[k] + i;

                  biases[layer->biases + row] = 0.0;
                  memset (mask + layer->weights + row * layer->n_features, 0, layer->n_features);
                }
            }
        }
    }
}

/* The argument in @row of @layer as an expression; the terms keep the order of the features. */
static EspExpression *
extract_argument (const EspLayer *layer,
                  size_t row,
                  const double *weights,
                  const double *biases,
                  const uint8_t *mask,
                  EspExpression *const *features)
{
  size_t first = layer->weights + row * layer->n_features;
  EspExpression *sum = NULL;

  for (size_t j = 0; j < layer->n_features; j++)
    {
      if (!mask[first + j])
        continue;

      g_autoptr (EspExpression) weight = esp_expression_constant (weights[first + j]);
      g_autoptr (EspExpression) term
        = esp_expression_binary (ESP_OPERATION_MULTIPLY, weight, features[j]);
      g_autoptr (EspExpression) before = sum;

      sum = before == NULL ? esp_expression_ref (term)
                           : esp_expression_binary (ESP_OPERATION_ADD, before, term);
    }

  g_autoptr (EspExpression) bias = esp_expression_constant (biases[layer->biases + row]);
  g_autoptr (EspExpression) terms = sum;

  return terms == NULL ? g_steal_pointer (&bias) : esp_expression_binary (ESP_OPERATION_ADD, terms, bias);
}

/* An expression of this length is only evaluated, never read; gathering its terms could take minutes. */
#define MAX_SIMPLIFIED_LENGTH 10000000

static EspExpression *
simplify_unless (bool raw, EspExpression *expression)
{
  if (raw || esp_expression_get_length (expression) > MAX_SIMPLIFIED_LENGTH)
    return esp_expression_ref (expression);

  return esp_expression_simplify (expression);
}

/* Takes @expression over. */
static EspExpression *
combine (EspOperation operation, double number, EspExpression *expression)
{
  g_autoptr (EspExpression) constant = esp_expression_constant (number);
  g_autoptr (EspExpression) operand = expression;

  return esp_expression_binary (operation, constant, operand);
}

static EspExpression *
extract_action (const EspNetwork *network, size_t action, bool raw)
{
  const EspArrangement *arrangement = network->arrangement;
  const double *weights = network->weights + action * arrangement->n_weights;
  const double *biases = network->biases + action * arrangement->n_biases;
  const uint8_t *mask = network->mask + action * arrangement->n_weights;
  g_autofree uint8_t *needed = g_malloc (arrangement->n_features);
  g_autoptr (GPtrArray) features = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  double centre, half;

  find_needed (arrangement, mask, needed);
  for (size_t j = 0; j < arrangement->n_inputs; j++)
    g_ptr_array_add (features, esp_expression_variable (j));

  for (size_t l = 0; l + 1 < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t k = 0; k < layer->n_operators; k++)
        {
          EspOperator operator_ = layer->operators[k];
          EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
          g_autoptr (EspExpression) value = NULL;

          /* nothing reads an operator that is not needed: any expression may stand for it */
          if (!needed[layer->n_features + k])
            {
              g_ptr_array_add (features, esp_expression_constant (0.0));
              continue;
            }

          for (size_t i = 0; i < esp_operator_get_n_arguments (operator_); i++)
            operands[i] = extract_argument (layer, layer->first_argument[k] + i, weights, biases, mask,
                                            (EspExpression *const *) features->pdata);
          value = operator_ == ESP_OPERATOR_IDENTITY
                    ? esp_expression_ref (operands[0])
                    : esp_expression_apply (operations[operator_], operands);
          for (size_t i = 0; i < ESP_MAX_OPERANDS; i++)
            esp_expression_unref (operands[i]);

          /* simplifying at once keeps what later layers multiply up small */
          g_ptr_array_add (features, simplify_unless (raw, value));
        }
    }

  g_autoptr (EspExpression) output
    = extract_argument (&arrangement->layers[arrangement->n_layers - 1], 0, weights, biases, mask,
                        (EspExpression *const *) features->pdata);
  g_autoptr (EspExpression) action_value = esp_expression_unary (ESP_OPERATION_TANH, output);

  get_action_range (network, action, &centre, &half);
  if (half != 1.0)
    action_value = combine (ESP_OPERATION_MULTIPLY, half, g_steal_pointer (&action_value));
  if (centre != 0.0)
    action_value = combine (ESP_OPERATION_ADD, centre, g_steal_pointer (&action_value));

  return simplify_unless (raw, action_value);
}

static EspFormula *
extract (const EspNetwork *network, bool raw)
{
  EspExpression *expressions[ESP_MAX_ACTIONS];
  EspFormula *formula;
  EspSignalNames names;

  esp_signal_names_init (&names, network->environment);
  for (size_t a = 0; a < network->n_actions; a++)
    expressions[a] = extract_action (network, a, raw);
  formula = esp_formula_new (expressions, network->n_actions, &names.symbols);
  for (size_t a = 0; a < network->n_actions; a++)
    esp_expression_unref (expressions[a]);

  return formula;
}

EspFormula *
esp_network_extract (const EspNetwork *network)
{
  return extract (network, false);
}

EspFormula *
esp_network_extract_raw (const EspNetwork *network)
{
  return extract (network, true);
}

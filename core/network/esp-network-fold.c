/* Folding what is constant in a pruned network. */

#include <string.h>

#include "esp-network.h"

/* One action's network. */
typedef struct
{
  const EspArrangement *arrangement;
  double *weights;
  double *biases;
  uint8_t *mask;
} Part;

static bool
has_open_path (const Part *part, const EspLayer *layer, size_t row)
{
  return memchr (part->mask + layer->weights + row * layer->n_features, 1, layer->n_features) != NULL;
}

/* Adds what @feature, always @value, contributes to the biases of all that read it, and closes the paths. */
static void
replace_feature (Part *part, size_t first_layer, size_t feature, double value)
{
  for (size_t l = first_layer; l < part->arrangement->n_layers; l++)
    {
      const EspLayer *layer = &part->arrangement->layers[l];

      for (size_t row = 0; row < layer->n_arguments; row++)
        {
          size_t path = layer->weights + row * layer->n_features + feature;

          if (!part->mask[path])
            continue;
          part->biases[layer->biases + row] += part->weights[path] * value;
          part->mask[path] = 0;
        }
    }
}

/* A quotient by a number becomes a quotient by 1. */
static void
divide_numerator (Part *part, const EspLayer *layer, size_t numerator)
{
  double *denominator = &part->biases[layer->biases + numerator + 1];
  double *row = part->weights + layer->weights + numerator * layer->n_features;

  if (*denominator < ESP_GUARD_DIVIDE)
    return;
  for (size_t j = 0; j < layer->n_features; j++)
    row[j] /= *denominator;
  part->biases[layer->biases + numerator] /= *denominator;
  *denominator = 1.0;
}

static void
fold_operator (Part *part, size_t l, size_t k)
{
  const EspLayer *layer = &part->arrangement->layers[l];
  EspOperator operator_ = layer->operators[k];
  size_t first = layer->first_argument[k];
  double operands[ESP_MAX_OPERANDS];

  if (operator_ == ESP_OPERATOR_DIVIDE && !has_open_path (part, layer, first + 1))
    divide_numerator (part, layer, first);

  for (size_t i = 0; i < esp_operator_get_n_arguments (operator_); i++)
    {
      if (has_open_path (part, layer, first + i))
        return;
      operands[i] = part->biases[layer->biases + first + i];
    }
  replace_feature (part, l + 1, layer->n_features + k, esp_network_apply_operator (operator_, operands));
}

void
esp_network_fold_constants (EspNetwork *network)
{
  const EspArrangement *arrangement = network->arrangement;

  for (size_t a = 0; a < network->n_actions; a++)
    {
      Part part = { arrangement, network->weights + a * arrangement->n_weights,
                    network->biases + a * arrangement->n_biases, network->mask + a * arrangement->n_weights };

      /* from the inputs on, so that what becomes constant on the way is folded too */
      for (size_t l = 0; l < arrangement->n_layers; l++)
        for (size_t k = 0; k < arrangement->layers[l].n_operators; k++)
          fold_operator (&part, l, k);
    }
  esp_network_drop_dead (network);
}

/* Which operators stand in which layer of a symbolic network, and where its numbers lie.
 *
 * Layer i computes h = (W ⊙ M) x + b with one entry of h per operator argument; its operators consume
 * h from left to right, and their values are appended to x (the dense connection), so that every
 * layer sees the observation and all earlier operators. The output layer has one argument and no
 * operator. (ESPL, Guo et al., NeurIPS 2023, arXiv 2311.02104.)
 *
 * Without the dense connections, which shows what they are good for, a layer sees the operators of the layer
 * before it alone, the first one the observation, and the output the last operators. The matrices keep their
 * sizes, so that everything lies where it lies in the dense network; of each row only the columns from
 * @first_feature on are paths. The others are no paths: their weights and probabilities are 0 for good.
 */

#pragma once

#include <stddef.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspOperator:
 *
 * The operators of a symbolic network. For the values and guards see #EspOperation: multiply, divide,
 * log and exp are the guarded ones.
 */
typedef enum
{
  ESP_OPERATOR_MULTIPLY,
  ESP_OPERATOR_DIVIDE,
  ESP_OPERATOR_LOG,
  ESP_OPERATOR_EXP,
  ESP_OPERATOR_SIN,
  ESP_OPERATOR_COS,
  ESP_OPERATOR_IDENTITY,
  ESP_OPERATOR_IF_ELSE,
  ESP_N_OPERATORS,
} EspOperator;

/* Bounds on what a recipe may ask for. */
#define ESP_MAX_LAYERS          16
#define ESP_MAX_LAYER_OPERATORS 64

/* Returns the sign shown in the network graph: "×", "÷", "ln", "eˣ", "sin", "cos", "id", "if". */
const char *esp_operator_get_symbol (EspOperator operator_);

/* Returns the number of arguments: 1 to 3. */
size_t esp_operator_get_n_arguments (EspOperator operator_);

/**
 * EspLayer:
 * @n_features: how many features lie before the layer; the columns of its weight matrix
 * @first_feature: the first of them that it sees; 0 with dense connections
 * @n_arguments: how many operator arguments it computes; the rows of its weight matrix
 * @n_operators: how many operators it has; 0 for the output layer
 * @operators: which operators
 * @first_argument: the row of each operator's first argument
 * @weights: index of its first weight among all weights; row-major [n_arguments][n_features]
 * @biases: index of its first bias among all biases
 *
 * One layer. Its operator i writes feature @n_features + i.
 */
typedef struct
{
  size_t n_features;
  size_t first_feature;
  size_t n_arguments;
  size_t n_operators;
  EspOperator operators[ESP_MAX_LAYER_OPERATORS];
  size_t first_argument[ESP_MAX_LAYER_OPERATORS];
  size_t weights;
  size_t biases;
} EspLayer;

/**
 * EspArrangement:
 * @references: private
 * @n_inputs: observations read
 * @n_layers: layers, the output layer (the last one) included
 * @layers: the layers
 * @n_features: features in all: inputs and all operators
 * @n_weights: weights in all, each with a path where the layer sees the feature
 * @n_paths: paths in all
 * @n_biases: biases in all
 *
 * An arrangement applied to a number of inputs. Immutable, counted by references; any thread.
 */
typedef struct
{
  _Atomic int references;
  size_t n_inputs;
  size_t n_layers;
  EspLayer layers[ESP_MAX_LAYERS + 1];
  size_t n_features;
  size_t n_weights;
  size_t n_paths;
  size_t n_biases;
} EspArrangement;

/* Returns the arrangement that @text describes, for @n_inputs observations, densely connected. @text is the
 * name of a published one or layers separated by `/`, each a list of operators separated by `,`, each with an
 * optional count: `mul*3/div*3/log,exp,sin*2,cos*2`. Published are S0, for single tasks; C0 to C4, for
 * contextual policies; and the plain ones, the same operators in each of five layers: U0, and U1 with a soft
 * if-else. Fails with ESP_ERROR_SYNTAX or ESP_ERROR_RANGE. */
EspArrangement *esp_arrangement_new (const char *text, size_t n_inputs, GError **error);

/* As esp_arrangement_new(), without the dense connections. */
EspArrangement *esp_arrangement_new_sequential (const char *text, size_t n_inputs, GError **error);

/* Returns the names of the published arrangements, NULL-terminated; static. */
const char *const *esp_arrangement_list (void);

/* Sets @values[n_weights] to 0 where a layer does not see the feature: where there is no path. */
void esp_arrangement_clear_blocked (const EspArrangement *arrangement, float *values);

EspArrangement *esp_arrangement_ref (EspArrangement *arrangement);
void esp_arrangement_unref (EspArrangement *arrangement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspArrangement, esp_arrangement_unref)

G_END_DECLS

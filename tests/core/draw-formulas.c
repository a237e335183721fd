/* Prints formulas of random networks without guards, one per line as JSON, for comparing simplifiers: the
 * network as it stands, nothing simplified, with the plain operation for each guarded one. Weights have
 * three digits, as polished ones have. Arguments: how many formulas, and the seed. */

#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "esp-arrangement.h"
#include "esp-environment.h"
#include "esp-print.h"
#include "esp-random.h"
#include "esp-signal-names.h"

/* What people would simplify: longer ones are no formulas to read, shorter ones have nothing to simplify. */
#define MIN_LENGTH 12
#define MAX_LENGTH 90

static const char *const arrangements[] = { "S0", "C0", "C1", "C2", "C3", "C4" };
static const char *const environments[] = { "cartpole",     "pendulum",
                                            "mountain-car", "inverted-double-pendulum",
                                            "hopper",       "lunar-lander" };

typedef struct
{
  EspRandom random;
  const EspArrangement *arrangement;
  double density;
  /* one expression for each feature, NULL until it is read */
  EspExpression **features;
} Draw;

static double
draw_number (Draw *draw, double spread)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.3g", spread * esp_random_normal (&draw->random));
  return g_ascii_strtod (text, NULL);
}

/* Takes both operands over. */
static EspExpression *
join (EspOperation operation, EspExpression *a, EspExpression *b)
{
  EspExpression *result = esp_expression_binary (operation, a, b);

  esp_expression_unref (a);
  esp_expression_unref (b);
  return result;
}

static EspExpression *draw_feature (Draw *draw, size_t feature);

static EspExpression *
draw_argument (Draw *draw, const EspLayer *layer, bool last)
{
  EspExpression *sum = NULL;

  while (sum == NULL)
    for (size_t j = 0; j < layer->n_features; j++)
      {
        EspExpression *term;

        /* the output reads operators rather than observations */
        if (!esp_random_bernoulli (&draw->random,
                                   last && j >= draw->arrangement->n_inputs ? 0.15 : draw->density))
          continue;
        term = join (ESP_OPERATION_MULTIPLY, esp_expression_constant (draw_number (draw, 1)),
                     draw_feature (draw, j));
        sum = sum == NULL ? term : join (ESP_OPERATION_ADD, sum, term);
      }
  if (esp_random_bernoulli (&draw->random, 0.5))
    sum = join (ESP_OPERATION_ADD, sum, esp_expression_constant (draw_number (draw, 0.7)));
  return sum;
}

/* weight·b + (1 − weight)·c; takes all over */
static EspExpression *
weigh (EspExpression *weight, EspExpression *b, EspExpression *c)
{
  EspExpression *other = join (ESP_OPERATION_SUBTRACT, esp_expression_constant (1),
                               esp_expression_ref (weight));

  return join (ESP_OPERATION_ADD, join (ESP_OPERATION_MULTIPLY, weight, b),
               join (ESP_OPERATION_MULTIPLY, other, c));
}

static EspExpression *
apply (EspOperator operator_, EspExpression *const *operands)
{
  static const EspOperation unary[ESP_N_OPERATORS] = { [ESP_OPERATOR_LOG] = ESP_OPERATION_LOG,
                                                       [ESP_OPERATOR_EXP] = ESP_OPERATION_EXP,
                                                       [ESP_OPERATOR_SIN] = ESP_OPERATION_SIN,
                                                       [ESP_OPERATOR_COS] = ESP_OPERATION_COS };
  EspExpression *result;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      return join (ESP_OPERATION_MULTIPLY, operands[0], operands[1]);
    case ESP_OPERATOR_DIVIDE:
      return join (ESP_OPERATION_DIVIDE, operands[0], operands[1]);
    case ESP_OPERATOR_IDENTITY:
      return operands[0];
    case ESP_OPERATOR_IF_ELSE:
      result = esp_expression_unary (ESP_OPERATION_SIGMOID, operands[0]);
      esp_expression_unref (operands[0]);
      return weigh (result, operands[1], operands[2]);
    default:
      result = esp_expression_unary (unary[operator_], operands[0]);
      esp_expression_unref (operands[0]);
      return result;
    }
}

static EspExpression *
draw_feature (Draw *draw, size_t feature)
{
  const EspArrangement *arrangement = draw->arrangement;
  EspExpression *operands[ESP_MAX_OPERANDS];
  const EspLayer *layer = arrangement->layers;
  EspOperator operator_;

  if (draw->features[feature] != NULL)
    return esp_expression_ref (draw->features[feature]);
  if (feature < arrangement->n_inputs)
    draw->features[feature] = esp_expression_variable (feature);
  else
    {
      while (feature >= layer->n_features + layer->n_operators)
        layer++;
      operator_ = layer->operators[feature - layer->n_features];
      for (size_t i = 0; i < esp_operator_get_n_arguments (operator_); i++)
        operands[i] = draw_argument (draw, layer, false);
      draw->features[feature] = apply (operator_, operands);
    }
  return esp_expression_ref (draw->features[feature]);
}

/* Prints the formula of a random network, unless it is too long or too short. */
static bool
print_one (Draw *draw, const EspEnvironmentInfo *info, const char *name)
{
  EspSignalNames names;
  g_autoptr (EspExpression) output = NULL;
  g_autofree char *text = NULL;
  size_t length;

  draw->features = g_new0 (EspExpression *, draw->arrangement->n_features);
  output = draw_argument (draw, &draw->arrangement->layers[draw->arrangement->n_layers - 1], true);
  for (size_t i = 0; i < draw->arrangement->n_features; i++)
    esp_expression_unref (draw->features[i]);
  g_free (draw->features);

  length = esp_expression_get_length (output);
  if (length < MIN_LENGTH || length > MAX_LENGTH)
    return false;
  esp_signal_names_init (&names, info);
  text = esp_expression_to_text (output, &names.symbols);
  printf ("{\"environment\": \"%s\", \"arrangement\": \"%s\", \"length\": %zu, \"formula\": \"%s\"}\n",
          info->name, name, length, text);
  return true;
}

int
main (int argc, char **argv)
{
  Draw draw = { 0 };
  size_t n = argc > 1 ? strtoul (argv[1], NULL, 10) : 200;

  esp_random_init (&draw.random, argc > 2 ? strtoul (argv[2], NULL, 10) : 0, 0);
  for (size_t done = 0; done < n;)
    {
      const char *name = arrangements[esp_random_below (&draw.random, G_N_ELEMENTS (arrangements))];
      const char *environment = environments[esp_random_below (&draw.random, G_N_ELEMENTS (environments))];
      g_autoptr (EspEnvironment) instance = esp_environment_new (environment, NULL);
      const EspEnvironmentInfo *info = esp_environment_get_info (instance);
      g_autoptr (EspArrangement) arrangement = esp_arrangement_new (name, info->n_observations, NULL);

      draw.arrangement = arrangement;
      draw.density = esp_random_between (&draw.random, 0.04, 0.3);
      done += print_one (&draw, info, name);
    }
  return 0;
}

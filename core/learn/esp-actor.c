#include "esp-actor.h"

#include <stdatomic.h>
#include <string.h>

#include "esp-memory.h"
#include "esp-simd.h"

static EspActor *
actor_new (EspPolicyKind kind, const EspEnvironmentInfo *environment)
{
  EspActor *actor = g_new0 (EspActor, 1);

  actor->references = 1;
  actor->kind = kind;
  actor->environment = environment;

  return actor;
}

EspActor *
esp_actor_new_symbolic (EspNetwork *network)
{
  EspActor *actor = actor_new (ESP_POLICY_SYMBOLIC, network->environment);

  actor->network = esp_network_ref (network);
  return actor;
}

EspActor *
esp_actor_new_neural (const EspEnvironmentInfo *environment,
                      const EspMlp *shape,
                      const float *parameters,
                      const float *scales)
{
  EspActor *actor = actor_new (ESP_POLICY_NEURAL, environment);
  size_t last = shape->n_layers - 1;

  g_assert (shape->widths[0] == environment->n_observations);
  esp_mlp_init (&actor->shape, shape->widths[0], shape->widths + 1, last, environment->n_actions);
  actor->parameters = esp_new_doubles (actor->shape.n_parameters);
  if (parameters == NULL)
    return actor;

  for (size_t l = 0; l <= last; l++)
    {
      size_t n_in = actor->shape.widths[l], n_out = actor->shape.widths[l + 1];

      for (size_t i = 0; i < n_in; i++)
        for (size_t k = 0; k < n_out; k++)
          actor->parameters[actor->shape.weights[l] + i * n_out + k] =
            parameters[shape->weights[l] + k * n_in + i] / (l == 0 ? (double) scales[i] : 1.0);
      for (size_t k = 0; k < n_out; k++)
        actor->parameters[actor->shape.biases[l] + k] = parameters[shape->biases[l] + k];
    }

  return actor;
}

EspActor *
esp_actor_new_expression (const EspEnvironmentInfo *environment, EspFormula *formula)
{
  EspActor *actor = actor_new (ESP_POLICY_EXPRESSION, environment);
  const EspProgram *program = esp_formula_get_program (formula);

  actor->formula = esp_formula_ref (formula);
  actor->shape.n_parameters = esp_program_get_n_constants (program);
  actor->parameters = esp_new_doubles (actor->shape.n_parameters);
  memcpy (actor->parameters, esp_program_get_constants (program),
          actor->shape.n_parameters * sizeof *actor->parameters);
  return actor;
}

EspFormula *
esp_actor_get_formula (const EspActor *actor)
{
  if (actor->kind == ESP_POLICY_SYMBOLIC)
    return esp_network_extract (actor->network);
  return actor->formula != NULL ? esp_formula_replace_constants (actor->formula, actor->parameters) : NULL;
}

EspActor *
esp_actor_ref (EspActor *actor)
{
  atomic_fetch_add_explicit (&actor->references, 1, memory_order_relaxed);
  return actor;
}

void
esp_actor_unref (EspActor *actor)
{
  if (actor == NULL || atomic_fetch_sub_explicit (&actor->references, 1, memory_order_acq_rel) > 1)
    return;

  esp_network_unref (actor->network);
  esp_formula_unref (actor->formula);
  esp_free_aligned (actor->parameters);
  g_free (actor);
}

static size_t
get_widest (const EspActor *actor)
{
  size_t widest = 0;

  for (size_t l = 1; l <= actor->shape.n_layers; l++)
    widest = MAX (widest, actor->shape.widths[l]);

  return widest;
}

size_t
esp_actor_get_scratch_size (const EspActor *actor)
{
  if (actor->kind == ESP_POLICY_SYMBOLIC)
    return actor->network->n_actions * actor->network->arrangement->n_features;

  return 2 * get_widest (actor);
}

/* One layer for one sample: the outputs in a row, so that they are computed side by side. */
ESP_VECTORISED static void
run_layer (const double *restrict weights,
           const double *restrict biases,
           const double *restrict input,
           size_t n_in,
           size_t n_out,
           bool relu,
           double *restrict output)
{
  memcpy (output, biases, n_out * sizeof *output);
  for (size_t i = 0; i < n_in; i++, weights += n_out)
    {
      double x = input[i];

      /* as every other hidden unit is */
      if (x == 0.0)
        continue;
      for (size_t k = 0; k < n_out; k++)
        output[k] += weights[k] * x;
    }
  if (relu)
    for (size_t k = 0; k < n_out; k++)
      output[k] = output[k] > 0.0 ? output[k] : 0.0;
}

static const double *
run_perceptron (const EspActor *actor, double *scratch, const double *input)
{
  const EspMlp *shape = &actor->shape;
  size_t widest = get_widest (actor);

  for (size_t l = 0; l < shape->n_layers; l++)
    {
      double *output = scratch + (l % 2) * widest;

      run_layer (actor->parameters + shape->weights[l], actor->parameters + shape->biases[l], input,
                 shape->widths[l], shape->widths[l + 1], l + 1 < shape->n_layers, output);
      input = output;
    }

  return input;
}

void
esp_actor_evaluate (const EspActor *actor, double *scratch, const double *observation, double *action)
{
  const double *output;

  if (actor->kind == ESP_POLICY_SYMBOLIC)
    {
      esp_network_evaluate (actor->network, observation, scratch, action);
      return;
    }

  if (actor->kind == ESP_POLICY_EXPRESSION)
    {
      esp_program_evaluate_with (esp_formula_get_program (actor->formula), actor->parameters, observation,
                                 action);
      return;
    }

  output = run_perceptron (actor, scratch, observation);
  for (size_t a = 0; a < actor->environment->n_actions; a++)
    {
      const EspSignal *signal = &actor->environment->actions[a];

      action[a] = 0.5 * (signal->high + signal->low) + 0.5 * (signal->high - signal->low) * tanh (output[a]);
    }
}

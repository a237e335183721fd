/* The expression policy: a formula of the user's, whose structure is fixed and whose constants are trained.
 *
 * The formula gives the physical action f, and what runs, is shown and is exported is the formula itself. To
 * learn, it goes through the same squash as the other kinds: with m = (f − centre) / half of the action's
 * limits, the mean before the squash is
 *
 *   u = artanh m                                              where |m| ≤ k = 0.95
 *   u = ± (artanh k + ln (1 + (|m| − k) / (1 − k²)))          beyond
 *
 * so that tanh u = m, the action without noise is the formula's, as long as it is not nearly at a limit;
 * beyond, tanh u nears ±1 (it is 0.978 where m = 1) while the formula is clipped by the environment. u is
 * smooth and never flat, so that constants which drive the action far over a limit still learn; its slope
 * falls with |m|, so that they do not learn in leaps. Noise and entropy act on z = u + σ ε as ever, σ from an
 * ordinary network that is left behind. Where f is not a finite number, u is 0 and nothing is learnt.
 *
 * A parameter is a constant divided by its size as written, or by 1 if that is smaller, so that one learning
 * rate serves for constants of all sizes. Whole-numbered exponents are structure and stay as they are. */

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-memory.h"
#include "esp-policy-private.h"
#include "esp-program-gradient.h"

#define EXACT_SHARE 0.95f

static EspFormula *
parse_formula (const EspRecipe *recipe, const EspEnvironmentInfo *environment, GError **error)
{
  if (recipe->formula[0] == '\0')
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "an expression policy needs the recipe's field “formula”: an expression for each action");
      return NULL;
    }
  for (size_t a = 0; a < environment->n_actions; a++)
    if (!isfinite (environment->actions[a].high - environment->actions[a].low))
      {
        g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                     "the action %s of %s has no limits, so that no formula can be trained for it",
                     environment->actions[a].name, environment->name);
        return NULL;
      }

  return esp_policy_parse_formula (recipe->formula, "formula", environment, error);
}

static void
describe_deviation (EspMlp *deviation, const EspRecipe *recipe, const EspEnvironmentInfo *environment)
{
  esp_mlp_init (deviation, environment->n_observations, recipe->deviation_hidden.values,
                recipe->deviation_hidden.n, environment->n_actions);
}

static size_t
count_workspace (const EspProgram *program)
{
  return MAX (esp_program_get_workspace_size (program), esp_program_get_gradient_workspace_size (program))
         / sizeof (float);
}

/* Floats of a pass besides those that count_workspace() says. */
static size_t
count_columns (const EspEnvironmentInfo *environment)
{
  return environment->n_observations + 3 * environment->n_actions;
}

static gboolean
measure (const EspRecipe *recipe,
         const EspEnvironmentInfo *environment,
         size_t n_samples,
         size_t n_masks,
         uint64_t *n_parameters,
         uint64_t *n_floats,
         GError **error)
{
  g_autoptr (EspFormula) formula = parse_formula (recipe, environment, error);
  const EspProgram *program;
  EspMlp deviation;

  if (formula == NULL)
    return FALSE;
  program = esp_formula_get_program (formula);
  describe_deviation (&deviation, recipe, environment);
  *n_parameters = esp_program_get_n_constants (program) + deviation.n_parameters;
  *n_floats = n_samples * count_columns (environment) + 3 * esp_program_get_n_constants (program)
              + count_workspace (program) + esp_mlp_activations_size (&deviation, n_samples)
              + esp_mlp_workspace_size (&deviation, n_samples);

  return TRUE;
}

static double
get_size (const EspProgram *program, size_t constant)
{
  double value = fabs (esp_program_get_constants (program)[constant]);

  return isfinite (value) ? fmax (1.0, value) : 1.0;
}

static gboolean
init (EspPolicy *policy, EspRandom *random, GError **error)
{
  const EspProgram *program;
  size_t n_constants;

  policy->formula = parse_formula (policy->recipe, policy->environment, error);
  if (policy->formula == NULL)
    return FALSE;
  program = esp_formula_get_program (policy->formula);
  n_constants = esp_program_get_n_constants (program);
  describe_deviation (&policy->deviation, policy->recipe, policy->environment);
  policy->n_parameters = n_constants + policy->deviation.n_parameters;
  policy->parameters = esp_new_floats (policy->n_parameters);
  policy->deviation_parameters = policy->parameters + n_constants;
  policy->selector = policy->probabilities = policy->parameters + policy->n_parameters;
  for (size_t c = 0; c < n_constants; c++)
    policy->parameters[c] = (float) (esp_program_get_constants (program)[c] / get_size (program, c));
  esp_mlp_draw_linear (&policy->deviation, policy->deviation_parameters, random);

  return TRUE;
}

static size_t
list_arrays (const EspPolicy *policy, EspPolicyPass *pass, EspPassArray *arrays)
{
  const EspProgram *program = esp_formula_get_program (policy->formula);
  size_t n = pass->n_samples, n_constants = esp_program_get_n_constants (program);
  const EspPassArray list[] = {
    { &pass->mean, policy->n_actions * n },
    { &pass->activations, esp_mlp_activations_size (&policy->deviation, n) },
    { &pass->workspace, esp_mlp_workspace_size (&policy->deviation, n) },
    { &pass->effective, n_constants },
    { &pass->features, policy->n_observations * n },
    { &pass->arguments, policy->n_actions * n },
    { &pass->d_arguments, policy->n_actions * n },
    /* doubles */
    { &pass->d_weights, 2 * n_constants },
    { &pass->d_features, count_workspace (program) },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (list); i++)
    arrays[i] = list[i];

  return G_N_ELEMENTS (list);
}

/* Returns the slope of u by m; 0 where @value is not finite. */
static float
stretch (const EspSignal *signal, float value, float *u)
{
  float centre = (float) (0.5 * (signal->high + signal->low));
  float half = (float) (0.5 * (signal->high - signal->low));
  float m = (value - centre) / half, over = fabsf (m) - EXACT_SHARE, end = 1 - EXACT_SHARE * EXACT_SHARE;

  if (!isfinite (m))
    {
      *u = 0;
      return 0;
    }
  if (over <= 0)
    {
      *u = atanhf (m);
      return 1 / (half * (1 - m * m));
    }
  *u = copysignf (atanhf (EXACT_SHARE) + log1pf (over / end), m);
  return 1 / (half * (end + over));
}

static void
forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations)
{
  const EspProgram *program = esp_formula_get_program (policy->formula);
  size_t n = pass->n_samples;

  for (size_t c = 0; c < esp_program_get_n_constants (program); c++)
    pass->effective[c] = (float) (policy->parameters[c] * get_size (program, c));
  for (size_t k = 0; k < policy->n_observations; k++)
    for (size_t i = 0; i < n; i++)
      pass->features[k * n + i] = observations[k * n + i] * policy->scales[k];
  esp_program_evaluate_batch_single (program, pass->effective, pass->features, n, n, pass->arguments, n,
                                     pass->d_features);
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t i = 0; i < n; i++)
      stretch (&policy->environment->actions[a], pass->arguments[a * n + i], &pass->mean[a * n + i]);

  pass->log_deviation = esp_mlp_forward (&policy->deviation, policy->deviation_parameters, observations, n,
                                         pass->activations);
}

static size_t
count_parts (const EspPolicy *policy)
{
  return 1;
}

static void
backward (
  const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient)
{
  const EspProgram *program = esp_formula_get_program (policy->formula);
  size_t n = pass->n_samples, n_constants = esp_program_get_n_constants (program);
  double *d_constants = (double *) (void *) pass->d_weights;

  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t i = 0; i < n; i++)
      {
        float u;

        pass->d_arguments[a * n + i] = pass->d_mean[a * n + i]
                                       * stretch (&policy->environment->actions[a],
                                                  pass->arguments[a * n + i], &u);
      }
  memset (d_constants, 0, n_constants * sizeof *d_constants);
  esp_program_differentiate_batch_single (program, pass->effective, pass->features, n, n, pass->d_arguments,
                                          n, d_constants, NULL, 0, pass->d_features);
  for (size_t c = 0; c < n_constants; c++)
    gradient[c] = (float) (d_constants[c] * get_size (program, c));

  esp_mlp_backward (&policy->deviation, policy->deviation_parameters, observations, pass->activations,
                    pass->d_log_deviation, n, pass->workspace, gradient + n_constants, NULL);
}

static double
get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard)
{
  *guard = 0.0;
  return 0.0;
}

/* The shortest decimal number that is this in single precision: all that was learnt, and no more to read. */
static double
shorten (double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int digits = 1; digits <= 9; digits++)
    {
      char format[] = { '%', '.', (char) ('0' + digits), 'g', '\0' };
      double shorter = g_ascii_strtod (g_ascii_formatd (text, sizeof text, format, value), NULL);

      if ((float) shorter == (float) value)
        return shorter;
    }
  return value;
}

static EspActor *
get_actor (const EspPolicy *policy)
{
  const EspProgram *program = esp_formula_get_program (policy->formula);
  EspActor *actor = esp_actor_new_expression (policy->environment, policy->formula);

  for (size_t c = 0; c < esp_program_get_n_constants (program); c++)
    if (!esp_program_constant_is_exponent (program, c))
      actor->parameters[c] = shorten (policy->parameters[c] * get_size (program, c));

  return actor;
}

const EspPolicyOperations esp_policy_expression_operations = {
  .measure = measure,
  .init = init,
  .list_arrays = list_arrays,
  .forward = forward,
  .count_parts = count_parts,
  .backward = backward,
  .get_penalty = get_penalty,
  .get_actor = get_actor,
};

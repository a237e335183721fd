#include "esp-policy.h"

#include <string.h>

#include "esp-error.h"
#include "esp-memory.h"
#include "esp-path-selector.h"
#include "esp-phase.h"
#include "esp-policy-private.h"
#include "esp-signal-names.h"
#include "esp-simd.h"

#define LOG_DEVIATION_LOW  (-20.0f)
#define LOG_DEVIATION_HIGH 2.0f

/* ½ ln 2π and ln 2 */
#define HALF_LOG_TWO_PI 0.9189385332046727f
#define LOG_TWO         0.6931471805599453f

static const EspPolicyOperations *const kinds[] = {
  [ESP_POLICY_SYMBOLIC] = &esp_policy_symbolic_operations,
  [ESP_POLICY_NEURAL] = &esp_policy_neural_operations,
  [ESP_POLICY_EXPRESSION] = &esp_policy_expression_operations,
};

EspFormula *
esp_policy_parse_formula (const char *text,
                          const char *field,
                          const EspEnvironmentInfo *environment,
                          GError **error)
{
  EspSignalNames names;
  EspFormula *formula;

  esp_signal_names_init (&names, environment);
  formula = esp_formula_parse (text, &names.symbols, environment->n_actions, error);
  if (formula == NULL)
    g_prefix_error (error, "the recipe's field “%s”: ", field);

  return formula;
}

gboolean
esp_policy_measure (const EspRecipe *recipe,
                    const EspEnvironmentInfo *environment,
                    size_t n_samples,
                    size_t n_masks,
                    uint64_t *n_parameters,
                    uint64_t *n_floats,
                    GError **error)
{
  uint64_t columns = (uint64_t) n_samples * n_masks;

  if (recipe->algorithm == ESP_ALGORITHM_TD3 && recipe->policy != ESP_POLICY_NEURAL)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_RANGE,
        "the recipe's field “algorithm” may be td3 for a neural policy only; set “policy” to neural, or "
        "“algorithm” to sac");
      return FALSE;
    }
  if (recipe->initial_formula[0] != '\0' && recipe->policy != ESP_POLICY_SYMBOLIC)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “initial_formula” is for a symbolic policy only; set “policy” to "
                   "symbolic, or leave it out");
      return FALSE;
    }
  if (recipe->observation_scales.n != 0 && recipe->observation_scales.n != environment->n_observations)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "the recipe's field “observation_scales” has %zu numbers, but %s has %zu observations",
                   recipe->observation_scales.n, environment->name, environment->n_observations);
      return FALSE;
    }
  if (!kinds[recipe->policy]->measure (recipe, environment, n_samples, n_masks, n_parameters, n_floats,
                                       error))
    return FALSE;
  *n_floats += columns * (4 * environment->n_actions + 1) + 2 * (uint64_t) n_samples * environment->n_actions;

  return TRUE;
}

gboolean
esp_policy_init (EspPolicy *policy,
                 const EspRecipe *recipe,
                 const EspEnvironmentInfo *environment,
                 EspRandom *random,
                 GError **error)
{
  uint64_t n_parameters, n_floats;

  if (!esp_policy_measure (recipe, environment, 1, 1, &n_parameters, &n_floats, error))
    return FALSE;

  *policy = (EspPolicy){ .recipe = recipe,
                         .environment = environment,
                         .operations = kinds[recipe->policy],
                         .deterministic = recipe->algorithm == ESP_ALGORITHM_TD3,
                         .n_observations = environment->n_observations,
                         .n_actions = environment->n_actions,
                         .n_masks = esp_recipe_count_masks (recipe) };
  for (size_t i = 0; i < policy->n_observations; i++)
    policy->scales[i] = recipe->observation_scales.n > 0 ? (float) recipe->observation_scales.values[i]
                                                         : 1.0f;

  return policy->operations->init (policy, random, error);
}

void
esp_policy_clear (EspPolicy *policy)
{
  g_clear_pointer (&policy->arrangement, esp_arrangement_unref);
  g_clear_pointer (&policy->formula, esp_formula_unref);
  g_clear_pointer (&policy->parameters, esp_free_aligned);
  g_clear_pointer (&policy->own_probabilities, esp_free_aligned);
}

void
esp_policy_update_probabilities (EspPolicy *policy)
{
  if (policy->own_probabilities == NULL)
    {
      for (size_t i = 0; i < policy->n_weights; i++)
        policy->selector[i] = CLAMP (policy->selector[i], 0.0f, 1.0f);
      return;
    }

  esp_selector_get_probabilities (policy->selector, policy->n_weights, policy->own_probabilities);
  for (size_t a = 0; a < policy->n_actions; a++)
    esp_arrangement_clear_blocked (policy->arrangement,
                                   policy->own_probabilities + a * policy->arrangement->n_weights);
}

void
esp_policy_scale (const EspPolicy *policy, const double *observation, float *scaled)
{
  for (size_t i = 0; i < policy->n_observations; i++)
    scaled[i] = (float) observation[i] / policy->scales[i];
}

void
esp_policy_pass_init (EspPolicyPass *pass, const EspPolicy *policy, size_t n_samples, size_t n_masks)
{
  size_t n_entries = policy->n_actions * n_samples * n_masks;
  EspPassArray arrays[ESP_MAX_PASS_ARRAYS] = {
    { &pass->noise, n_entries },
    { &pass->actions, n_entries },
    { &pass->log_density, n_samples * n_masks },
    { &pass->deviation, policy->n_actions * n_samples },
    /* of one mask, the derivatives by ln σ follow those by u without a gap */
    { &pass->d_mean, n_entries + policy->n_actions * n_samples },
  };
  size_t n = 5, total = 0;

  pass->n_samples = n_samples;
  pass->n_masks = n_masks;
  n += policy->operations->list_arrays (policy, pass, arrays + n);

  /* each array starts on a cache line of its own */
  for (size_t i = 0; i < n; i++)
    total += (arrays[i].n + 15) / 16 * 16;
  pass->storage = esp_new_floats (total);
  total = 0;
  for (size_t i = 0; i < n; i++)
    {
      *arrays[i].array = pass->storage + total;
      total += (arrays[i].n + 15) / 16 * 16;
    }
  pass->d_log_deviation = pass->d_mean + n_entries;
}

void
esp_policy_pass_clear (EspPolicyPass *pass)
{
  g_clear_pointer (&pass->storage, esp_free_aligned);
}

EspActor *
esp_policy_get_actor (const EspPolicy *policy)
{
  return policy->operations->get_actor (policy);
}

static inline float
softplus (float x)
{
  return (x > 0.0f ? x : 0.0f) + log1pf (expf (-fabsf (x)));
}

static inline float
clamp_log_deviation (float value)
{
  return value < LOG_DEVIATION_LOW    ? LOG_DEVIATION_LOW
         : value > LOG_DEVIATION_HIGH ? LOG_DEVIATION_HIGH
                                      : value;
}

ESP_VECTORISED static void
exponentiate (const float *restrict log_deviation, size_t n, float *restrict deviation)
{
  for (size_t i = 0; i < n; i++)
    deviation[i] = expf (clamp_log_deviation (log_deviation[i]));
}

/* a = tanh (u + σ ε), and adds the action's share of log π. */
ESP_VECTORISED static void
squash (const float *restrict mean,
        const float *restrict log_deviation,
        const float *restrict deviation,
        const float *restrict noise,
        size_t n,
        float *restrict actions,
        float *restrict log_density)
{
  for (size_t i = 0; i < n; i++)
    {
      float z = mean[i] + deviation[i] * noise[i];

      actions[i] = tanhf (z);
      log_density[i] += -0.5f * noise[i] * noise[i] - clamp_log_deviation (log_deviation[i]) - HALF_LOG_TWO_PI
                        - 2.0f * (LOG_TWO - z - softplus (-2.0f * z));
    }
}

/* a = tanh (u), moved by the noise and kept within the limits. */
ESP_VECTORISED static void
squash_deterministic (const float *restrict mean,
                      const float *restrict noise,
                      size_t n,
                      float *restrict actions)
{
  for (size_t i = 0; i < n; i++)
    {
      float action = tanhf (mean[i]) + noise[i];

      actions[i] = action < -1.0f ? -1.0f : action > 1.0f ? 1.0f : action;
    }
}

void
esp_policy_forward (const EspPolicy *policy, EspPolicyPass *pass, const float *observations)
{
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  EspPhase outer;

  policy->operations->forward (policy, pass, observations);

  outer = esp_phase_begin (ESP_PHASE_SQUASH);
  memset (pass->log_density, 0, n_columns * sizeof *pass->log_density);
  if (policy->deterministic)
    {
      squash_deterministic (pass->mean, pass->noise, policy->n_actions * n_columns, pass->actions);
      esp_phase_end (outer);
      return;
    }

  exponentiate (pass->log_deviation, policy->n_actions * n, pass->deviation);
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t k = 0; k < pass->n_masks; k++)
      {
        size_t first = a * n_columns + k * n;

        squash (pass->mean + first, pass->log_deviation + a * n, pass->deviation + a * n, pass->noise + first,
                n, pass->actions + first, pass->log_density + k * n);
      }
  esp_phase_end (outer);
}

/* How much of @values is beyond ±@limit. In eight running sums, for vectors whatever the instruction set. */
ESP_VECTORISED static double
sum_excess (const float *restrict values, size_t n, float limit)
{
  double sums[8] = { 0 };
  size_t i = 0;

  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++)
      {
        float excess = fabsf (values[i + k]) - limit;

        sums[k] += (double) (excess > 0.0f ? excess : 0.0f);
      }
  for (; i < n; i++)
    sums[0] += (double) MAX (fabsf (values[i]) - limit, 0.0f);

  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

double
esp_policy_get_penalty (const EspPolicy *policy, const EspPolicyPass *pass, double *guard)
{
  const EspRecipe *recipe = policy->recipe;
  size_t n_values = pass->n_masks * policy->n_actions * pass->n_samples;
  double saturation = sum_excess (pass->mean, n_values, (float) recipe->saturation_limit);

  return policy->operations->get_penalty (policy, pass, guard)
         + recipe->saturation_penalty * saturation / (double) n_values;
}

typedef struct
{
  float entropy;
  float share;
  float limit;
  float saturation;
} SquashWeights;

/* Of one action under one mask, writes the loss's derivative by u and, where there is a @log_deviation, adds
 * that by ln σ. */
ESP_VECTORISED static void
unsquash (const float *restrict mean,
          const float *restrict log_deviation,
          const float *restrict deviation,
          const float *restrict noise,
          const float *restrict actions,
          const float *restrict d_value,
          size_t n,
          SquashWeights weights,
          float *restrict d_mean,
          float *restrict d_log_deviation)
{
  for (size_t i = 0; i < n; i++)
    {
      float action = actions[i], u = mean[i];
      float dz = 2.0f * weights.entropy * action - weights.share * d_value[i] * (1.0f - action * action);

      if (log_deviation != NULL)
        d_log_deviation[i] += log_deviation[i] >= LOG_DEVIATION_LOW && log_deviation[i] <= LOG_DEVIATION_HIGH
                                ? dz * deviation[i] * noise[i] - weights.entropy
                                : 0.0f;
      d_mean[i] = dz
                  + (u > weights.limit    ? weights.saturation
                     : u < -weights.limit ? -weights.saturation
                                          : 0.0f);
    }
}

void
esp_policy_begin_backward (const EspPolicy *policy, EspPolicyPass *pass, double alpha, const float *d_value)
{
  const EspRecipe *recipe = policy->recipe;
  size_t n = pass->n_samples, n_columns = n * pass->n_masks;
  const SquashWeights weights = {
    .entropy = (float) (alpha / (double) n_columns),
    .share = 1.0f / (float) n_columns,
    .limit = (float) recipe->saturation_limit,
    .saturation = (float) (recipe->saturation_penalty / (double) (n_columns * policy->n_actions)),
  };
  EspPhase outer = esp_phase_begin (ESP_PHASE_SQUASH);

  memset (pass->d_log_deviation, 0, policy->n_actions * n * sizeof (float));
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t k = 0; k < pass->n_masks; k++)
      {
        size_t first = a * n_columns + k * n;

        unsquash (pass->mean + first, policy->deterministic ? NULL : pass->log_deviation + a * n,
                  pass->deviation + a * n, pass->noise + first, pass->actions + first, d_value + first, n,
                  weights, pass->d_mean + first, pass->d_log_deviation + a * n);
      }
  esp_phase_end (outer);
}

size_t
esp_policy_count_parts (const EspPolicy *policy)
{
  return policy->operations->count_parts (policy);
}

void
esp_policy_backward (
  const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient)
{
  policy->operations->backward (policy, pass, observations, part, gradient);
}

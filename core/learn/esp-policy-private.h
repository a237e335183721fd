/* What the kinds of policy differ in; all else is in esp-policy.c. */

#pragma once

#include "esp-policy.h"

G_BEGIN_DECLS

#define ESP_MAX_PASS_ARRAYS 24

/* An array of a pass: where its address goes, and how many floats it has. */
typedef struct
{
  float **array;
  size_t n;
} EspPassArray;

/**
 * EspPolicyOperations:
 * @measure: counts parameters and the floats of a pass of @n_samples and @n_masks from recipe and environment
 * alone; fails where they do not fit together
 * @init: fills in what the kind has in @policy, scales and sizes being set, allocates the parameters and
 * draws them
 * @list_arrays: lists the arrays that a pass of the kind needs besides those of all; returns how many
 * @forward: writes @pass->mean and, unless the policy is deterministic, @pass->log_deviation
 * @count_parts: returns in how many parts the gradient is taken
 * @backward: from the loss's derivatives @pass->d_mean and @pass->d_log_deviation, writes a part of
 * @gradient; the penalties of this kind included
 * @get_penalty: returns those penalties, each times its weight, and the plain mean of the guards'
 * @get_actor: returns the policy as it acts without noise; unref it
 *
 * One kind of policy.
 */
typedef struct _EspPolicyOperations
{
  gboolean (*measure) (const EspRecipe *recipe,
                       const EspEnvironmentInfo *environment,
                       size_t n_samples,
                       size_t n_masks,
                       uint64_t *n_parameters,
                       uint64_t *n_floats,
                       GError **error);
  gboolean (*init) (EspPolicy *policy, EspRandom *random, GError **error);
  size_t (*list_arrays) (const EspPolicy *policy, EspPolicyPass *pass, EspPassArray *arrays);
  void (*forward) (const EspPolicy *policy, EspPolicyPass *pass, const float *observations);
  size_t (*count_parts) (const EspPolicy *policy);
  void (*backward) (
    const EspPolicy *policy, EspPolicyPass *pass, const float *observations, size_t part, float *gradient);
  double (*get_penalty) (const EspPolicy *policy, const EspPolicyPass *pass, double *guard);
  EspActor *(*get_actor) (const EspPolicy *policy);
} EspPolicyOperations;

extern const EspPolicyOperations esp_policy_symbolic_operations;
extern const EspPolicyOperations esp_policy_neural_operations;
extern const EspPolicyOperations esp_policy_expression_operations;

/* Returns the formula @text of the recipe's field @field over the observations of @environment; unref it.
 * Fails as esp_formula_parse(), the field being named. */
EspFormula *esp_policy_parse_formula (const char *text,
                                      const char *field,
                                      const EspEnvironmentInfo *environment,
                                      GError **error);

G_END_DECLS

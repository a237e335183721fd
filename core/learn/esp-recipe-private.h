/* The fields of a recipe, for the rest of core/learn and core/polish. */

#pragma once

#include "esp-arrangement.h"
#include "esp-environment.h"
#include "esp-mlp.h"
#include "esp-recipe.h"

G_BEGIN_DECLS

/* Widths of the hidden layers of a network. */
typedef struct
{
  size_t n;
  size_t values[ESP_MAX_HIDDEN_LAYERS];
} EspWidths;

/* One number per observation; none means 1 for each. */
typedef struct
{
  size_t n;
  double values[ESP_MAX_OBSERVATIONS];
} EspScales;

/* What the path selector's parameters are. */
typedef enum
{
  ESP_SELECTOR_PROBABILITY, /* the probabilities themselves, clipped */
  ESP_SELECTOR_LOGIT,       /* their logits */
} EspSelectorForm;

/* What each field means is said once, in the table of esp-recipe-field.c. */
struct _EspRecipe
{
  _Atomic int references;
  char *name;

  /* the run */
  uint64_t steps;
  uint64_t warm_up_steps;
  bool uniform_warm_up;
  uint64_t updates_per_step;
  uint64_t update_period;
  uint64_t evaluation_period;
  uint64_t evaluation_episodes;
  uint64_t record_period;

  /* experience */
  uint64_t replay_capacity;
  uint64_t batch_size;
  double discount;
  double reward_scale;
  double reward_offset;
  double reward_floor;

  /* the kind of learner */
  unsigned policy;    /* an EspPolicyKind */
  unsigned algorithm; /* an EspAlgorithm */
  uint64_t policy_period;

  /* critics */
  EspWidths critic_hidden;
  double critic_rate;
  double critic_initial;
  double target_rate;

  /* policy */
  char *arrangement;
  bool dense_connections;
  char *formula;
  char *initial_formula;
  EspScales observation_scales;
  double initial_range;
  double initial_denominator;
  EspWidths deviation_hidden;
  double policy_rate;
  double policy_clip;
  uint64_t mask_samples;
  uint64_t mask_period;
  double noise_correlation;
  double guard_penalty;
  double saturation_limit;
  double saturation_penalty;
  double weight_penalty;
  double bias_penalty;
  double final_rate;
  EspWidths policy_hidden;

  /* a deterministic policy */
  double exploration_noise;
  double smoothing_noise;
  double smoothing_limit;

  /* entropy */
  double initial_entropy_weight;
  double minimum_entropy_weight;
  double entropy_rate;
  double target_entropy;

  /* path selector */
  bool path_selector;
  unsigned selector_form; /* an EspSelectorForm */
  double logit_penalty;
  double initial_probability;
  double selector_rate;
  double selector_clip;
  double derivative_limit;
  bool soft_masks;
  double schedule_start;
  double schedule_end;
  double final_temperature;
  double final_allowance;
  double sparsity_weight;

  /* the final formula */
  double path_threshold;
  double smallest_weight;
  uint64_t length_limit;
  uint64_t candidates;
  uint64_t polish_rounds;
  uint64_t polish_episodes;
  uint64_t polish_evaluations;
  uint64_t polish_digits;
  uint64_t polish_beam;
  uint64_t polish_steps;
  uint64_t polish_refit_updates;
  uint64_t polish_search_steps;
  uint64_t polish_search_episodes;
  uint64_t polish_screening_episodes;
  double polish_teaching;
  uint64_t polish_imitations;
  uint64_t polish_starts;
  double polish_evolution;
  double polish_tolerance;
};

/* Returns how many masks are drawn for an update: 1 where the policy has no path selector. */
static inline size_t
esp_recipe_count_masks (const EspRecipe *recipe)
{
  return recipe->policy == ESP_POLICY_SYMBOLIC && recipe->path_selector ? recipe->mask_samples : 1;
}

/* Returns the arrangement of a symbolic policy for @n_inputs observations, connected as the recipe says. Fails
 * as esp_arrangement_new() does. */
static inline EspArrangement *
esp_recipe_new_arrangement (const EspRecipe *recipe, size_t n_inputs, GError **error)
{
  return recipe->dense_connections ? esp_arrangement_new (recipe->arrangement, n_inputs, error)
                                   : esp_arrangement_new_sequential (recipe->arrangement, n_inputs, error);
}

G_END_DECLS

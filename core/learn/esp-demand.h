/* What a run demands of the machine: known from recipe and environment before anything is allocated, so
 * that a recipe from a stranger is refused by a sentence and not by the end of memory. */

#pragma once

#include "esp-recipe-private.h"

G_BEGIN_DECLS

/* The most memory that a run may take. */
#define ESP_MAX_RUN_BYTES (UINT64_C (2) << 30)

/**
 * EspDemand:
 * @n_policy: parameters of the policy
 * @n_critic: parameters of one critic
 * @bytes: memory in all when the replay is full, within a few per cent
 */
typedef struct
{
  size_t n_policy;
  size_t n_critic;
  uint64_t bytes;
} EspDemand;

/* Fills @demand. Fails with ESP_ERROR_RANGE where the run would take more than ESP_MAX_RUN_BYTES, and as
 * esp_policy_measure() does. */
gboolean esp_demand_measure (EspDemand *demand,
                             const EspRecipe *recipe,
                             const EspEnvironmentInfo *environment,
                             GError **error);

G_END_DECLS

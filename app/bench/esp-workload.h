/* What the benchmark's updates are like: sizes, recipes and data.
 */

#pragma once

#include <stdbool.h>

#include "esp-environment.h"
#include "esp-floor.h"
#include "esp-sac.h"

G_BEGIN_DECLS

/**
 * EspWorkload:
 * @name: as typed
 * @recipe: the recipe's fields that are not the published ones, as the inside of a JSON object
 * @n_observations: inputs of the policy
 * @n_actions: actions
 * @neural: whether the policy is a neural network
 * @by_samples: how the floors' matrices lie: as they are multiplied faster
 * @n_workers: threads that the update may use
 * @is_default: whether it is measured when none is named
 */
typedef struct
{
  const char *name;
  const char *recipe;
  size_t n_observations;
  size_t n_actions;
  bool neural;
  bool by_samples;
  size_t n_workers;
  bool is_default;
} EspWorkload;

extern const EspWorkload esp_workloads[];
extern const size_t esp_n_workloads;

/* Returns where the schedules stand with @n_weights paths: half-way. */
EspSacSchedule esp_workload_get_schedule (size_t n_weights);

/**
 * EspSubject:
 *
 * A learner with a replay of random transitions, ready for updates.
 */
typedef struct
{
  EspRecipe *recipe;
  EspEnvironmentInfo info;
  EspSac sac;
  EspReplay replay;
  EspRandom random; /* of everything but the noise of updates */
  EspRandom noise;
  EspPool *pool; /* NULL for one worker */
  EspSacSchedule schedule;
} EspSubject;

/* Returns a learner for @n_workers. Fails where the recipes of this build lack what the workload
 * asks for, and as esp_sac_init() does. */
EspSubject *esp_subject_new (const EspWorkload *workload, size_t n_workers, GError **error);
void esp_subject_free (EspSubject *subject);

/* Samples a batch, draws the noise and does an update. */
void esp_subject_update (EspSubject *subject);

/* Returns floor B of the workload, or, without @loops, floor A. */
EspFloor *esp_workload_get_floor (const EspWorkload *workload, bool loops);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspSubject, esp_subject_free)

G_END_DECLS

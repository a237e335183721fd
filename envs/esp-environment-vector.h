/* Many instances of an environment that step together.
 *
 * Observations, actions and results of all instances lie one after the other, so that a policy can treat them
 * as one batch. The workers of a pool step contiguous blocks of instances; since no instance knows of
 * another, the numbers do not depend on how many workers there are. What to do with an instance whose episode
 * has ended is up to the caller, who may reset it or let it go on.
 *
 * A vector belongs to one thread at a time, and so does its pool while the vector steps. But threads that
 * keep to instances of their own may reset, step and exchange these at the same time, so that a worker can
 * run a block of them without waiting for the others. Stepping allocates nothing.
 */

#pragma once

#include "esp-environment.h"
#include "esp-pool.h"

G_BEGIN_DECLS

typedef struct _EspEnvironmentVector EspEnvironmentVector;

/* Returns @n > 0 instances of the environment @name, each reset with seed 0, that are stepped by @pool (NULL:
 * by the caller alone), which must outlive them. Fails as esp_environment_new(). Free with
 * esp_environment_vector_free().
 */
EspEnvironmentVector *esp_environment_vector_new (const char *name, size_t n, EspPool *pool, GError **error);

/* Frees @vector; NULL is allowed. */
void esp_environment_vector_free (EspEnvironmentVector *vector);

/* Returns the number of instances. */
size_t esp_environment_vector_get_n (const EspEnvironmentVector *vector);

/* Returns the description of the environment. */
const EspEnvironmentInfo *esp_environment_vector_get_info (const EspEnvironmentVector *vector);

/* Returns instance @i, to set its task, say; it must not be stepped by itself. */
EspEnvironment *esp_environment_vector_get_instance (EspEnvironmentVector *vector, size_t i);

/* Returns the present observations [n][n_observations]. */
const double *esp_environment_vector_get_observations (const EspEnvironmentVector *vector);

/* Returns where the actions of the next step go [n][n_actions]; 0 in the beginning. */
double *esp_environment_vector_get_actions (EspEnvironmentVector *vector);

/* Returns what the last step of each instance returned [n]. */
const EspStep *esp_environment_vector_get_steps (const EspEnvironmentVector *vector);

/* Starts an episode of instance @i from @seed. */
void esp_environment_vector_reset (EspEnvironmentVector *vector, size_t i, uint64_t seed);

/* Starts episodes of all instances, instance i from @seed + i. */
void esp_environment_vector_reset_all (EspEnvironmentVector *vector, uint64_t seed);

/* Steps all instances with their actions, which are clipped to their limits. */
void esp_environment_vector_step (EspEnvironmentVector *vector);

/* Steps the @n instances from @first on in the calling thread. */
void esp_environment_vector_step_range (EspEnvironmentVector *vector, size_t first, size_t n);

/* Exchanges instances @i and @j, which may be the same, with their observations and what their last steps
 * returned, to gather those that go on. */
void esp_environment_vector_exchange (EspEnvironmentVector *vector, size_t i, size_t j);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspEnvironmentVector, esp_environment_vector_free)

G_END_DECLS

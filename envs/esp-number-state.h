/* Environments whose whole state is a few numbers, as of those in closed form: how it is read, saved and set.
 * Included by the sources of these environments only.
 *
 * Such an environment's struct begins with EspEnvironment, and its state, a struct of doubles alone, follows
 * at once; the interface says how many there are. The numbers are the physical state as well. An environment
 * that keeps more than the state and must compute it anew has a set_state() and a set_physics() of its own.
 */

#pragma once

#include <stddef.h>

#include "esp-environment-private.h"

/* How many numbers the member @state of the struct @Instance has, for the interface's n_numbers. */
#define ESP_NUMBER_STATE_LENGTH(Instance, state) (sizeof (((Instance *) NULL)->state) / sizeof (double))

/* Stops the compiler where the member @state of @Instance is not where it must be. */
#define ESP_NUMBER_STATE_CHECK(Instance, state)                          \
  G_STATIC_ASSERT (offsetof (Instance, state) == sizeof (EspEnvironment) \
                   && sizeof (((Instance *) NULL)->state) % sizeof (double) == 0)

/* These fill EspEnvironmentInterface. What is set must be finite and, where there is such a function, please
 * are_numbers(). */
size_t esp_number_state_get_size (const EspEnvironment *environment);
void esp_number_state_get (const EspEnvironment *environment, void *bytes);
gboolean esp_number_state_set (EspEnvironment *environment, const void *bytes);
size_t esp_number_state_get_n_physics (const EspEnvironment *environment);
void esp_number_state_get_physics (const EspEnvironment *environment, double *values);
gboolean esp_number_state_set_physics (EspEnvironment *environment, const double *values);

/* The functions above that only read, and all of them, for the initialiser of an EspEnvironmentInterface. */
#define ESP_NUMBER_STATE_GETTERS(Instance, state)                                                      \
  .n_numbers = ESP_NUMBER_STATE_LENGTH (Instance, state), .get_state_size = esp_number_state_get_size, \
  .get_state = esp_number_state_get, .get_n_physics = esp_number_state_get_n_physics,                  \
  .get_physics = esp_number_state_get_physics
#define ESP_NUMBER_STATE_FUNCTIONS(Instance, state)                              \
  ESP_NUMBER_STATE_GETTERS (Instance, state), .set_state = esp_number_state_set, \
                                              .set_physics = esp_number_state_set_physics

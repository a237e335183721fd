/* What families of tasks share with the environments. Included by the sources of environments only. */

#pragma once

#include "esp-environment-private.h"
#include "esp-task.h"

/* Returns the functions of the family or of the named task @name, or NULL: with @error if it names a task
 * that does not exist, without if it names something else. */
const EspEnvironmentInterface *esp_task_find_interface (const char *name, GError **error);

/* Gives a new instance of a family its first task. */
gboolean esp_task_begin (EspEnvironment *environment, GError **error);

extern const EspTaskFamily esp_cartpole_force_ood_family;
extern const EspTaskFamily esp_cheetah_vel_family;
extern const EspTaskFamily esp_hopper_params_family;
extern const EspTaskFamily esp_inverted_double_pendulum_params_family;
extern const EspTaskFamily esp_lunar_lander_params_family;
extern const EspTaskFamily esp_walker2d_params_family;
extern const EspEnvironmentInterface esp_cartpole_force_ood_interface;
extern const EspEnvironmentInterface esp_cheetah_vel_interface;
extern const EspEnvironmentInterface esp_hopper_params_interface;
extern const EspEnvironmentInterface esp_inverted_double_pendulum_params_interface;
extern const EspEnvironmentInterface esp_lunar_lander_params_interface;
extern const EspEnvironmentInterface esp_walker2d_params_interface;

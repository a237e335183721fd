/* What the robots that run in a plane share, `hopper` and `walker2d`.
 *
 * The first three joints move the torso forwards, upwards and around; the first one is no observation, since
 * the ground is the same everywhere. Included by their sources only, whose structs are EspMujocoEnvironment.
 */

#pragma once

#include <stdbool.h>

#include "esp-mujoco-environment.h"

G_BEGIN_DECLS

/* Velocities are observed between these limits. */
#define ESP_MUJOCO_RUNNER_VELOCITY_CLIP 10.0

/* Starts an episode: all joints are a little off where they rest, and move a little. */
void esp_mujoco_runner_reset (EspEnvironment *environment);

/* Takes a step. The reward is the speed, and 1 for being alive, which the last step has too, less a
 * thousandth of the sum of squares of @action; the episode terminates unless @is_healthy. */
double esp_mujoco_runner_step (EspEnvironment *environment,
                               const double *action,
                               bool (*is_healthy) (const mjData *data),
                               bool *terminated);

/* Writes all joint positions but the first, then the clipped velocities. */
void esp_mujoco_runner_observe (const EspEnvironment *environment, double *observation);

/* The initialiser of a robot in the families that vary its build: as esp_mujoco_environment_init(), with a
 * model of its own and their time step. */
gboolean esp_mujoco_runner_init_params (EspEnvironment *environment, EspMujocoModel *model, GError **error);

G_END_DECLS

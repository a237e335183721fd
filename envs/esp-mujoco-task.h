/* Tasks of MuJoCo environments that differ in masses, inertias, dampings and frictions.
 *
 * The values of a task are those arrays of the compiled model, in its layout, which overwrite it: what the
 * compiler derived from the nominal ones stays, as in "rand_param_envs", from which PEARL's tasks come.
 */

#pragma once

#include "esp-mujoco-environment.h"
#include "esp-task.h"

/* The four parameters of a model with so many bodies (the world is one), joints and geoms, for an array of
 * EspTaskParameter. */
#define ESP_MUJOCO_TASK_PARAMETERS(bodies, velocities, geoms)                                          \
  { "body_mass", "mass of each body", "kg", bodies },                                                  \
    { "body_inertia", "principal moments of inertia of each body", "kg m²", 3 * (bodies) },            \
    { "dof_damping", "damping of each joint", "N m s/rad", velocities },                               \
  {                                                                                                    \
    "geom_friction", "sliding, torsional and rolling friction of each shape, the floor being one", "", \
      3 * (geoms)                                                                                      \
  }
#define ESP_MUJOCO_TASK_N_PARAMETERS 4

/* What esp_mujoco_task_draw() draws, and how many tasks there are, for an EspTaskFamily; test tasks are drawn
 * as those of training are. */
#define ESP_MUJOCO_TASK_DRAWS \
  "each mass, inertia and friction times 1.5^U(-3, 3), each damping times 1.3^U(-3, 3)"
#define ESP_MUJOCO_TASK_N_TRAIN 40
#define ESP_MUJOCO_TASK_N_TEST  10

/* Gives @environment its own copy of the model, with the simulation's time step @time_step in seconds. To be
 * called by init() after esp_mujoco_environment_init(). */
void esp_mujoco_task_own_model (EspEnvironment *environment, double time_step);

/* Draws the values of a task of @family from the nominal ones of @model: each is multiplied by a factor of
 * its own, 1.3^U(−3, 3) for damping and 1.5^U(−3, 3) for the others. Fails with ESP_ERROR_FILE. */
gboolean esp_mujoco_task_draw (
  EspMujocoModel *model, const EspTaskFamily *family, EspRandom *random, double *values, GError **error);

/* Overwrites the instance's model. FALSE, with nothing changed, unless no value is negative or beyond all
 * measure, and masses and inertias are positive where the nominal ones are. */
gboolean esp_mujoco_task_set (EspEnvironment *environment, const double *values);

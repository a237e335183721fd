/* What the environments that MuJoCo steps have in common: the compiled model, the simulation, its exact
 * state, and what happens when it blows up. Included by the sources of these environments only.
 *
 * An environment's struct begins with EspMujocoEnvironment. Its init() calls esp_mujoco_environment_init(),
 * then names with esp_mujoco_environment_keep() the derived quantities that it reads but mj_step() does not.
 *
 * A blow-up (MuJoCo finds a position, velocity or acceleration that is no number or absurdly large and
 * resets the simulation, or it gives up with an error) ends the episode: the step is undone, so that the
 * observation stays the last good one, it earns 0, and it reports `terminated`.
 */

#pragma once

#include <mujoco/mujoco.h>

#include "esp-environment-private.h"

#define ESP_MUJOCO_MAX_KEPT 4

/**
 * EspMujocoModel:
 * @file: the model's file name, such as `hopper.xml`
 * @n_velocities: how many velocities it must have
 * @frame_skip: simulation steps in one step of the environment
 *
 * The model of an environment, for one static variable each. The fields after these are the module's: the
 * model is compiled once for the process and never changes then.
 */
typedef struct
{
  const char *file;
  int n_velocities;
  int frame_skip;
  mjModel *compiled;
} EspMujocoModel;

/**
 * EspMujocoSpan:
 * @values: numbers in the simulation
 * @n: how many
 *
 * A part of the exact state.
 */
typedef struct
{
  mjtNum *values;
  size_t n;
} EspMujocoSpan;

/**
 * EspMujocoEnvironment:
 * @model: the compiled model; shared by all instances unless it is @own_model
 * @own_model: this instance's own copy, or NULL
 * @data: the simulation
 * @frame_skip: simulation steps in one step of the environment
 * @spans: the parts of the exact state, @n_spans of them
 * @n_state: numbers in these parts
 * @before: the exact state before the present step
 *
 * What each MuJoCo environment's struct begins with.
 */
typedef struct
{
  EspEnvironment parent;
  const mjModel *model;
  mjModel *own_model;
  mjData *data;
  int frame_skip;
  EspMujocoSpan spans[5 + ESP_MUJOCO_MAX_KEPT];
  size_t n_spans;
  size_t n_state;
  mjtNum *before;
} EspMujocoEnvironment;

/* Returns the compiled @model of the environment @info, which the first caller compiles. Fails as
 * esp_mujoco_environment_init(). Any thread. */
const mjModel *
esp_mujoco_environment_compile (EspMujocoModel *model, const EspEnvironmentInfo *info, GError **error);

/* Makes the simulation of @model. Fails with ESP_ERROR_FILE if the model's file is missing, broken or of
 * another robot, or with ESP_ERROR_SYSTEM. Any thread. */
gboolean esp_mujoco_environment_init (EspEnvironment *environment, EspMujocoModel *model, GError **error);

/* The same for a @compiled model that lives longer than @environment. */
gboolean esp_mujoco_environment_init_compiled (EspEnvironment *environment,
                                               const mjModel *compiled,
                                               int frame_skip,
                                               GError **error);

/* Frees what esp_mujoco_environment_init() made. */
void esp_mujoco_environment_free (EspEnvironment *environment);

/* Returns the number of the @type object @name of the model, or −1 after setting @error (ESP_ERROR_FILE). */
int esp_mujoco_environment_find (EspEnvironment *environment, mjtObj type, const char *name, GError **error);

/* Adds @n derived numbers at @values in the simulation to the exact state: an observation or a reward reads
 * them as mj_step() left them, which is not what the positions say now. */
void esp_mujoco_environment_keep (EspEnvironment *environment, mjtNum *values, size_t n);

/* Starts anew: all zero, positions at rest, no warm start. Set positions and velocities, then call
 * esp_mujoco_environment_settle(). */
void esp_mujoco_environment_clear (EspEnvironment *environment);

/* Computes what follows from positions and velocities. Returns FALSE, with the simulation at rest, if these
 * blow up. */
gboolean esp_mujoco_environment_settle (EspEnvironment *environment);

/* Steps with the controls @action[nu], which MuJoCo clamps to their limits. Returns FALSE, with the step
 * undone, if it blew up. */
gboolean esp_mujoco_environment_advance (EspEnvironment *environment, const double *action);

/* Starts at rest plus noise: uniform within ±@position on each position and, on each velocity, uniform
 * within ±@velocity or normal with this standard deviation. */
void esp_mujoco_environment_reset_uniform (EspEnvironment *environment, double position, double velocity);
void esp_mujoco_environment_reset_normal (EspEnvironment *environment, double position, double deviation);

/* Returns the sum of squares of the environment's actions @action. */
double esp_mujoco_environment_get_effort (const EspEnvironment *environment, const double *action);

/* The rest fills EspEnvironmentInterface: the physical state is the positions, then the velocities, and the
 * pose is the positions. */
size_t esp_mujoco_environment_get_state_size (const EspEnvironment *environment);
void esp_mujoco_environment_get_state (const EspEnvironment *environment, void *state);
gboolean esp_mujoco_environment_set_state (EspEnvironment *environment, const void *state);
void esp_mujoco_environment_get_pose (const EspEnvironment *environment, double *pose);
size_t esp_mujoco_environment_get_n_physics (const EspEnvironment *environment);
void esp_mujoco_environment_get_physics (const EspEnvironment *environment, double *values);
gboolean esp_mujoco_environment_set_physics (EspEnvironment *environment, const double *values);
gboolean esp_mujoco_environment_correct_physics (EspEnvironment *environment, const double *values);

/* The functions above, for the initialiser of an EspEnvironmentInterface. */
#define ESP_MUJOCO_ENVIRONMENT_FUNCTIONS                                                                    \
  .free = esp_mujoco_environment_free, .takes_any_action = true,                                            \
  .get_state_size = esp_mujoco_environment_get_state_size, .get_state = esp_mujoco_environment_get_state,   \
  .set_state = esp_mujoco_environment_set_state, .get_pose = esp_mujoco_environment_get_pose,               \
  .get_n_physics = esp_mujoco_environment_get_n_physics, .get_physics = esp_mujoco_environment_get_physics, \
  .set_physics = esp_mujoco_environment_set_physics,                                                        \
  .correct_physics = esp_mujoco_environment_correct_physics

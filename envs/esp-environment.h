/* Environments: what a policy acts in.
 *
 * An environment is one instance with its own state and random stream; there are no globals, and
 * different instances may be used by different threads at the same time. An instance belongs to one
 * thread at a time. Numbers are double precision and in the units of the description.
 *
 * Observations, rewards and limits follow the definitions that the field uses (see the header of
 * each environment for its source).
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/* Bounds that hold for every environment, so that callers can use arrays on the stack. */
#define ESP_MAX_OBSERVATIONS 64
#define ESP_MAX_ACTIONS      16

/**
 * EspSignal:
 * @name: the name in formulas, an identifier such as `theta_dot`
 * @unicode: the name as shown in text, such as `θ̇`
 * @latex: the name as typeset, such as `\dot{\theta}`
 * @description: a few words for tooltips, such as "angular velocity of the pole"
 * @unit: the unit, such as `rad/s`, or "" for a pure number
 * @low: the smallest value, -INFINITY where there is no limit
 * @high: the largest value, INFINITY where there is no limit
 *
 * Describes one observation or one action.
 */
typedef struct
{
  const char *name;
  const char *unicode;
  const char *latex;
  const char *description;
  const char *unit;
  double low;
  double high;
} EspSignal;

/**
 * EspEnvironmentInfo:
 * @name: the name on the command line, such as `cartpole`
 * @title: the name in the window, such as "Cart-pole"
 * @description: one sentence on the task
 * @n_observations: how many observations there are
 * @observations: their descriptions
 * @n_actions: how many actions there are
 * @actions: their descriptions; both limits are finite, and step() clips to them
 * @max_steps: an episode is truncated after this many steps
 * @time_step: seconds of simulated time in one step
 * @has_engine: whether a physics engine steps it: that takes far longer than asking a policy
 * @scene: name of the MJCF file that shows the environment, such as `cartpole.xml`, as esp_mujoco_load()
 * knows it
 * @n_pose: how many joint positions the scene has
 * @family: the family of tasks that it belongs to, see esp-task.h; NULL for most
 * @file: the JSON file that it comes from, its true path; NULL for a built-in one
 * @digest: SHA-256 of all files that define it, hexadecimal; NULL for a built-in one
 *
 * The constant description of an environment. It lives as long as the process.
 */
typedef struct
{
  const char *name;
  const char *title;
  const char *description;
  size_t n_observations;
  const EspSignal *observations;
  size_t n_actions;
  const EspSignal *actions;
  size_t max_steps;
  double time_step;
  bool has_engine;
  const char *scene;
  size_t n_pose;
  const char *family;
  const char *file;
  const char *digest;
} EspEnvironmentInfo;

/**
 * EspStep:
 * @reward: the reward of this step
 * @terminated: the task itself ended (failure or goal); nothing follows, so no value is bootstrapped
 * @succeeded: it ended well: a goal was reached. A file cannot say that of its environment
 * @truncated: only the step limit ended the episode; the state has a future
 *
 * What a step returns besides the observation.
 */
typedef struct
{
  double reward;
  bool terminated;
  bool succeeded;
  bool truncated;
} EspStep;

typedef struct _EspEnvironment EspEnvironment;

/* Returns the descriptions of all built-in environments in a fixed order, and their number in
 * @n_environments. Static data. Any thread. */
const EspEnvironmentInfo *const *esp_environment_list (size_t *n_environments);

/* Returns a new instance of the environment @name, reset with seed 0; free with esp_environment_free(). @name
 * is that of a built-in one, a family or task (see esp-task.h), the path of a JSON file (see
 * esp-environment-file.h; loading takes up to seconds), or the name of one that has been loaded from a file.
 * Fails with ESP_ERROR_USAGE for an unknown name. Any thread. */
EspEnvironment *esp_environment_new (const char *name, GError **error);

/* Frees @environment; NULL is allowed. */
void esp_environment_free (EspEnvironment *environment);

/* Returns the description of @environment, which outlives it. */
const EspEnvironmentInfo *esp_environment_get_info (const EspEnvironment *environment);

/* Starts an episode drawn from @seed and writes the first observation
 * (@observation[n_observations]). The same seed always starts the same episode. */
void esp_environment_reset (EspEnvironment *environment, uint64_t seed, double *observation);

/* Applies @action[n_actions], clipped to its limits (a NaN counts as 0), for one step and writes the
 * next observation (@observation[n_observations]). Stepping on after the end of an episode is
 * allowed and continues the dynamics. */
EspStep esp_environment_step (EspEnvironment *environment, const double *action, double *observation);

/* As esp_environment_step(), but an @action outside its limits is left to what the environment's own
 * definition does with it (MuJoCo clamps the motors, but the cost of control counts the whole action), as
 * recordings of other programs need it. Where the definition knows no such actions, and for numbers that are
 * not finite, there is no difference. */
EspStep
esp_environment_step_unclipped (EspEnvironment *environment, const double *action, double *observation);

/* Writes the present observation without stepping (@observation[n_observations]). */
void esp_environment_observe (const EspEnvironment *environment, double *observation);

/* Returns how many bytes esp_environment_get_state() writes; constant for an instance. */
size_t esp_environment_get_state_size (const EspEnvironment *environment);

/* Writes the complete state, step count and random stream included: an instance of the same
 * environment that is given these bytes continues bit for bit as this one does. */
void esp_environment_get_state (const EspEnvironment *environment, void *state);

/* Restores a state from esp_environment_get_state(). @size must match and the bytes must describe a
 * state of this environment, else it fails with ESP_ERROR_RANGE and changes nothing. */
gboolean
esp_environment_set_state (EspEnvironment *environment, const void *state, size_t size, GError **error);

/* Returns how many numbers esp_environment_get_physics() writes; constant for an instance. */
size_t esp_environment_get_n_physics (const EspEnvironment *environment);

/* Writes the physical state by itself, as recordings give it (@values[n_physics], in SI units): for
 * `cartpole` x, x_dot, theta, theta_dot; for `pendulum` theta, theta_dot; for jointed robots the positions
 * of all joints, then their velocities. */
void esp_environment_get_physics (const EspEnvironment *environment, double *values);

/* Starts an episode at the physical state @values[@n]: the step count begins at 0, the random stream
 * stays where it is. Fails with ESP_ERROR_RANGE, and changes nothing, unless @n is n_physics and all
 * values are finite. */
gboolean
esp_environment_set_physics (EspEnvironment *environment, const double *values, size_t n, GError **error);

/* Puts the running episode at the physical state @values[@n], and keeps all else that the next step depends
 * on: the step count, and what an engine remembers of the step before (MuJoCo's warm start; the fingertip
 * that the reward of `reacher` measures from). With it, a recording that lacks these replays step by step as
 * exactly as it was made. Fails as esp_environment_set_physics(). */
gboolean
esp_environment_correct_physics (EspEnvironment *environment, const double *values, size_t n, GError **error);

/* Writes the joint positions (@pose[n_pose]) that pose the environment's scene as it is now. */
void esp_environment_get_pose (const EspEnvironment *environment, double *pose);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspEnvironment, esp_environment_free)

G_END_DECLS

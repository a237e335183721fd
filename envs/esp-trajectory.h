/* Recordings of episodes by other programs, and how far an environment is from them.
 *
 * A recording is a JSON object with a list `episodes`. An episode has a `name`, a list `steps`, and its
 * beginning; each step has `action`, `reward`, `terminated`, as a rule `next_obs`, and the physical state:
 *
 *   environments of classic control: `init_state`, and per step `state` before it (or `obs`, where the
 *     observation is the state)
 *   jointed robots: `init_qpos` and `init_qvel`, and per step `qpos` and `qvel` after it
 *   lunar-lander: `heights`, `init_force`, `reset_dispersion`; per step `disp`, and after it `lander` and
 * `legs` bipedal-walker: `terrain_y`, `init_force_x`; per step, after it, `hull` and `legs`
 *
 * The last two have `reset_obs` as well, the bodies are x, y, angle, vx, vy, ω, and whether legs have contact
 * is taken from `next_obs`. Observation and state of a step may be missing. An episode of a family of tasks
 * may have a `task` with all parameters by their names (see esp-task.h). Other members are ignored.
 */

#pragma once

#include "esp-environment.h"
#include "esp-task.h"

G_BEGIN_DECLS

/**
 * EspTrajectoryStep:
 * @action: what was done (n_actions)
 * @state: the physical state before it without the episode's @prefix, or NULL
 * @draws: the random numbers of the step, or NULL where the environment draws none
 * @observation: the observation after it (n_observations), or NULL
 * @reward: its reward
 * @terminated: whether it ended the episode; recordings may go on
 */
typedef struct
{
  const double *action;
  const double *state;
  const double *draws;
  const double *observation;
  double reward;
  bool terminated;
} EspTrajectoryStep;

/**
 * EspTrajectoryEpisode:
 * @name: its name in the file
 * @n_steps: how many steps it has, at least one
 * @steps: the steps
 * @start: the random numbers of the reset, or NULL where the first step's state is the beginning
 * @reset_observation: what the reset led to, or NULL
 * @n_prefix: length of @prefix
 * @prefix: the part of the physical state that never changes, which precedes that of each step
 * @task: the task, or NULL
 */
typedef struct
{
  char *name;
  size_t n_steps;
  EspTrajectoryStep *steps;
  const double *start;
  const double *reset_observation;
  size_t n_prefix;
  const double *prefix;
  EspTask *task;
} EspTrajectoryEpisode;

/**
 * EspTrajectory:
 * @n_episodes: how many episodes there are, at least one
 * @episodes: the episodes
 * @n_left_out: how many more the file has, with another time step than the environment
 */
typedef struct
{
  size_t n_episodes;
  EspTrajectoryEpisode *episodes;
  size_t n_left_out;
  GPtrArray *memory; /* private */
} EspTrajectory;

/* Reads the recording @path of an environment such as @environment. Fails with ESP_ERROR_FILE, or with
 * ESP_ERROR_SYNTAX or ESP_ERROR_RANGE for what is not such a recording. Free with esp_trajectory_free(). */
EspTrajectory *esp_trajectory_load (const char *path, const EspEnvironment *environment, GError **error);

/* As esp_trajectory_load(), for @text of @length bytes that is called @name in messages. */
EspTrajectory *esp_trajectory_parse (
  const char *name, const char *text, size_t length, const EspEnvironment *environment, GError **error);

/* Frees @trajectory; NULL is allowed. */
void esp_trajectory_free (EspTrajectory *trajectory);

/* Steps of an open-loop replay. */
#define ESP_TRAJECTORY_HORIZON 30

/**
 * EspDeviations:
 * @n_steps: how many steps were compared
 * @maximum: the largest deviation of each observation
 * @percentile: what 90 % of the deviations of each observation do not exceed
 * @rms: the root of the mean square of each
 * @reward_maximum: the largest deviation of a reward
 * @termination_mismatches: in how many steps the episode ended here and not there, or the reverse
 * @worst_episode: number of the episode with the largest deviation of an observation
 * @worst_step: the step, from 0
 * @worst_component: the observation
 *
 * How far an environment is from a recording; infinite where one of both is no number.
 */
typedef struct
{
  size_t n_steps;
  double maximum[ESP_MAX_OBSERVATIONS];
  double percentile[ESP_MAX_OBSERVATIONS];
  double rms[ESP_MAX_OBSERVATIONS];
  double reward_maximum;
  size_t termination_mismatches;
  size_t worst_episode;
  size_t worst_step;
  size_t worst_component;
} EspDeviations;

/**
 * EspComparison:
 * @one_step: the state is put to the recorded one before each step that has one; others are not compared
 * @open_loop: the first ESP_TRAJECTORY_HORIZON steps of each episode, from its beginning
 * @n_resets: how many episodes record what their reset led to
 * @reset_maximum: the largest deviation of each observation of these
 * @n_without_state: steps left out of @one_step because the state before them was not recorded
 * @n_asleep: steps of `lunar-lander` whose reward and end are left out of @one_step, because they end with
 * the lander asleep: that takes half a second of rest, of which a single state knows nothing
 */
typedef struct
{
  EspDeviations one_step;
  EspDeviations open_loop;
  size_t n_resets;
  double reset_maximum[ESP_MAX_OBSERVATIONS];
  size_t n_without_state;
  size_t n_asleep;
} EspComparison;

/* Replays @trajectory in @environment, which must be such as it was read for, and writes how far it goes
 * astray to @comparison. Actions are not clipped beforehand. What an engine remembers besides the physical
 * state (warm start; the fingertip of `reacher`) is carried over from step to step; Box2D's caches are not.
 * Fails with ESP_ERROR_RANGE where a state or task is none. */
gboolean esp_trajectory_compare (const EspTrajectory *trajectory,
                                 EspEnvironment *environment,
                                 EspComparison *comparison,
                                 GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTrajectory, esp_trajectory_free)

G_END_DECLS

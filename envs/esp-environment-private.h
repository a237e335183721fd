/* What an environment implements. Included by the sources of the environments only.
 *
 * An environment is a struct that begins with EspEnvironment and a constant EspEnvironmentInterface.
 * The generic part clips actions, counts steps, keeps the random stream and wraps states in a checked
 * header, so that an implementation is left with its equations.
 */

#pragma once

#include "esp-environment.h"
#include "esp-random.h"
#include "esp-task.h"

#define ESP_MAX_NUMBERS 8

/**
 * EspEnvironmentInterface:
 * @info: the description
 * @instance_size: bytes of the environment's struct
 * @init: optional; makes what an instance owns (a compiled model, say); the struct is zeroed
 * @free: optional; frees what init() made, also after init() failed half way
 * @reset: starts an episode with numbers from environment->random
 * @takes_any_action: whether step() does with actions outside their limits what the definition of the
 *   environment does; if not, it never gets any
 * @step: advances by one step with a finite @action; returns the reward and sets *@terminated
 * @observe: writes the observation
 * @n_numbers: for esp-number-state.h alone, how many numbers the state is; at most ESP_MAX_NUMBERS
 * @are_numbers: optional, for the same; whether finite numbers are a state
 * @get_state_size: bytes of the engine's part of the state
 * @get_state: writes these bytes, all of them
 * @set_state: checks and restores them; FALSE, with nothing changed, if they are no state
 * @get_pose: writes the scene's joint positions
 * @get_n_physics: length of the physical state
 * @get_physics: writes the physical state
 * @set_physics: takes over finite numbers; FALSE, with nothing changed, if they are no state
 * @correct_physics: optional, for engines that remember more than the physical state; as set_physics(), but
 *   keeps what they remember
 * @family: the family of tasks that this is; NULL for others, which need none of what follows
 * @task: the task of new instances; NULL for the first one of the family
 * @draw_task: draws the values of a training or test task
 * @set_task: takes over the values of a task, before a reset; FALSE, with nothing changed, if they are none
 *
 * The functions of one environment; static data.
 */
typedef struct
{
  const EspEnvironmentInfo *info;
  size_t instance_size;
  gboolean (*init) (EspEnvironment *environment, GError **error);
  void (*free) (EspEnvironment *environment);
  void (*reset) (EspEnvironment *environment);
  bool takes_any_action;
  double (*step) (EspEnvironment *environment, const double *action, bool *terminated);
  void (*observe) (const EspEnvironment *environment, double *observation);
  size_t n_numbers;
  bool (*are_numbers) (const double *numbers);
  size_t (*get_state_size) (const EspEnvironment *environment);
  void (*get_state) (const EspEnvironment *environment, void *state);
  gboolean (*set_state) (EspEnvironment *environment, const void *state);
  void (*get_pose) (const EspEnvironment *environment, double *pose);
  size_t (*get_n_physics) (const EspEnvironment *environment);
  void (*get_physics) (const EspEnvironment *environment, double *values);
  gboolean (*set_physics) (EspEnvironment *environment, const double *values);
  gboolean (*correct_physics) (EspEnvironment *environment, const double *values);
  const EspTaskFamily *family;
  const EspTask *task;
  gboolean (*draw_task) (EspRandom *random, bool is_test, double *values, GError **error);
  gboolean (*set_task) (EspEnvironment *environment, const double *values);
} EspEnvironmentInterface;

/**
 * EspEnvironment:
 * @interface: the functions
 * @random: the episode's random stream
 * @steps: how many steps the episode has
 * @terminated: whether an earlier step of the episode terminated it
 * @succeeded: for step() to set: the step, if it terminates the episode, does so because a goal is reached
 * @task: the task; NULL outside of families
 *
 * The generic part of an instance, first in each environment's struct.
 */
struct _EspEnvironment
{
  const EspEnvironmentInterface *interface;
  EspRandom random;
  uint64_t steps;
  bool terminated;
  bool succeeded;
  EspTask *task;
};

/* Returns a number for @name that never changes. */
uint64_t esp_environment_hash (const char *name);

extern const EspEnvironmentInfo esp_bipedal_walker_info;
extern const EspEnvironmentInfo esp_car2d_info;
/* Returns a new instance of what @interface describes, as esp_environment_new() does. */
EspEnvironment *esp_environment_new_from_interface (const EspEnvironmentInterface *interface, GError **error);

extern const EspEnvironmentInfo esp_cartpole_info;
extern const EspEnvironmentInfo esp_half_cheetah_info;
extern const EspEnvironmentInfo esp_hopper_info;
extern const EspEnvironmentInfo esp_inverted_double_pendulum_info;
extern const EspEnvironmentInfo esp_inverted_pendulum_swingup_info;
extern const EspEnvironmentInfo esp_lunar_lander_info;
extern const EspEnvironmentInfo esp_mountain_car_info;
extern const EspEnvironmentInfo esp_pendulum_info;
extern const EspEnvironmentInfo esp_reacher_info;
extern const EspEnvironmentInfo esp_walker2d_info;
extern const EspEnvironmentInterface esp_bipedal_walker_interface;
extern const EspEnvironmentInterface esp_car2d_interface;
extern const EspEnvironmentInterface esp_cartpole_interface;
extern const EspEnvironmentInterface esp_half_cheetah_interface;
extern const EspEnvironmentInterface esp_hopper_interface;
extern const EspEnvironmentInterface esp_inverted_double_pendulum_interface;
extern const EspEnvironmentInterface esp_inverted_pendulum_swingup_interface;
extern const EspEnvironmentInterface esp_lunar_lander_interface;
extern const EspEnvironmentInterface esp_mountain_car_interface;
extern const EspEnvironmentInterface esp_pendulum_interface;
extern const EspEnvironmentInterface esp_reacher_interface;
extern const EspEnvironmentInterface esp_walker2d_interface;

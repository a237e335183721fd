/* Families of tasks: environments whose parameters are drawn, for policies that must work in all of them.
 *
 * A family is an environment too: its name stands wherever an environment is named, and then means task 0 of
 * seed 0. `FAMILY:TASK` or `FAMILY:TASK:SEED` names another one. Tasks 0 … n_train − 1 are for training, the
 * n_test after them for testing. A task is drawn from its seed and number alone.
 *
 * The families:
 *
 * `cheetah-vel`: a half-cheetah that must run at a given speed; reward −|dx/dt − v| − 0.05 |a|². Observation
 * and reward are those of PEARL (Rakelly et al., "Efficient off-policy meta-reinforcement learning via
 * probabilistic context variables", ICML 2019), which rounds observations to single precision; here they are
 * double. The split is the one out of distribution of CSP: training speeds U(0, 2.5) m/s, test speeds
 * U(2.5, 3.0) m/s, 50 and 15 of them.
 *
 * `hopper-params`, `walker2d-params`: 40 training and 10 test tasks of PEARL's "rand params". Each mass and
 * each component of inertia is multiplied by 1.5^U(−3, 3), each joint's damping by 1.3^U(−3, 3), and each
 * component of friction, the floor's too, by 1.5^U(−3, 3). The simulation's time step is 0.004 s, and what
 * MuJoCo derives from masses when it compiles a model stays as it was.
 *
 * For the next ones the papers give names only. Their definitions are our own:
 *
 * `inverted-double-pendulum-params`: the same four kinds of factors on the inverted double pendulum.
 *
 * `lunar-lander-params`: power of the main engine 13 U(0.75, 1.25), of the side engines 0.6 U(0.5, 1.5), and
 * gravity U(7, 12) m/s² (nominal 10); 40 training and 10 test tasks of the same distribution.
 *
 * `cartpole-force-ood`: newtons per unit of action and half the pole's length. Training: U(20, 40) N and
 * U(0.35, 0.65) m. Test, out of distribution in both: [10, 20) or [40, 50) N, and [0.2, 0.35) or [0.65, 0.8)
 * m, each side as likely. 40 and 10 tasks.
 */

#pragma once

#include "esp-environment.h"

G_BEGIN_DECLS

/* Bounds that hold for every family. */
#define ESP_TASK_MAX_VALUES     128
#define ESP_TASK_MAX_PARAMETERS 8

/**
 * EspTaskParameter:
 * @name: an identifier such as `velocity`
 * @description: a few words
 * @unit: such as `m/s`
 * @n: how many values it has: one for each body of a model, say
 */
typedef struct
{
  const char *name;
  const char *description;
  const char *unit;
  size_t n;
} EspTaskParameter;

/**
 * EspTaskFamily:
 * @environment: its description as an environment
 * @train: from what training tasks are drawn, for people
 * @test: from what test tasks are drawn
 * @n_train: how many training tasks there are
 * @n_test: how many test tasks
 * @n_parameters: how many parameters a task has
 * @parameters: the parameters, in the order of a task's values
 *
 * A distribution over tasks; static data.
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  const char *train;
  const char *test;
  size_t n_train;
  size_t n_test;
  size_t n_parameters;
  const EspTaskParameter *parameters;
} EspTaskFamily;

/**
 * EspTask:
 * @family: the family
 * @seed: the seed that it was drawn from
 * @index: its number among the tasks of that seed
 * @is_test: whether it is a test task
 * @n_values: how many values the family's parameters have together
 * @values: the values of the parameters, one after the other
 *
 * One task. It may also be filled in by hand.
 */
typedef struct
{
  const EspTaskFamily *family;
  uint64_t seed;
  size_t index;
  bool is_test;
  size_t n_values;
  double values[ESP_TASK_MAX_VALUES];
} EspTask;

/* Returns all families in a fixed order, and their number in @n_families. Static data. Any thread. */
const EspTaskFamily *const *esp_task_families (size_t *n_families);

/* Returns the family @name, or NULL. Any thread. */
const EspTaskFamily *esp_task_find_family (const char *name);

/* Returns how many values the tasks of @family have. */
size_t esp_task_count_values (const EspTaskFamily *family);

/* Draws task @index of @seed of the family @family. Fails with ESP_ERROR_USAGE for an unknown family or where
 * there is no such task, and with ESP_ERROR_FILE where a model is missing. Any thread. */
gboolean esp_task_draw (const char *family, uint64_t seed, size_t index, EspTask *task, GError **error);

/* Returns the name under which esp_environment_new() makes an instance of task @index of @seed, such as
 * `cheetah-vel:3:0`; free with g_free(). */
char *esp_task_get_name (const char *family, uint64_t seed, size_t index);

/* Gives @environment, an instance of the task's family, the parameters of @task and resets it with seed 0.
 * Only this instance changes. Fails with ESP_ERROR_USAGE for another family and with ESP_ERROR_RANGE, with
 * nothing changed, for values that no task can have. */
gboolean esp_environment_set_task (EspEnvironment *environment, const EspTask *task, GError **error);

/* Returns the task of @environment, valid until another is set, or NULL if it is not of a family. */
const EspTask *esp_environment_get_task (const EspEnvironment *environment);

G_END_DECLS

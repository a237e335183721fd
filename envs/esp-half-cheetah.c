/* Half-cheetah: a runner in a plane with two legs of three motors each. It cannot fall out of the task.
 *
 * Model, observation, reward and reset are those of "HalfCheetah-v4" in Gymnasium. The family `cheetah-vel`
 * asks for a speed; see esp-task.h.
 */

#include "esp-mujoco-environment.h"

#include <math.h>

#include "esp-task-private.h"

#define POSITION_NOISE 0.1
#define VELOCITY_NOISE 0.1
#define EFFORT_WEIGHT  0.1
#define N_POSITIONS    9

static EspMujocoModel model = { .file = "half-cheetah.xml", .n_velocities = N_POSITIONS, .frame_skip = 5 };

#define N_OBSERVATIONS (2 * N_POSITIONS - 1)

/* The last three are those of the family only. */
static const EspSignal observations[] = {
  { "z", "z", "z", "height of the torso, 0 at rest", "m", -INFINITY, INFINITY },
  { "phi", "φ", "\\phi", "pitch of the torso, positive forwards", "rad", -INFINITY, INFINITY },
  { "theta_1", "θ₁", "\\theta_1", "angle of the back thigh", "rad", -INFINITY, INFINITY },
  { "theta_2", "θ₂", "\\theta_2", "angle of the back shin", "rad", -INFINITY, INFINITY },
  { "theta_3", "θ₃", "\\theta_3", "angle of the back foot", "rad", -INFINITY, INFINITY },
  { "theta_4", "θ₄", "\\theta_4", "angle of the front thigh", "rad", -INFINITY, INFINITY },
  { "theta_5", "θ₅", "\\theta_5", "angle of the front shin", "rad", -INFINITY, INFINITY },
  { "theta_6", "θ₆", "\\theta_6", "angle of the front foot", "rad", -INFINITY, INFINITY },
  { "x_dot", "ẋ", "\\dot{x}", "forward velocity of the torso", "m/s", -INFINITY, INFINITY },
  { "z_dot", "ż", "\\dot{z}", "upward velocity of the torso", "m/s", -INFINITY, INFINITY },
  { "phi_dot", "φ̇", "\\dot{\\phi}", "angular velocity of the torso", "rad/s", -INFINITY, INFINITY },
  { "theta_1_dot", "θ̇₁", "\\dot{\\theta}_1", "angular velocity of the back thigh", "rad/s", -INFINITY,
    INFINITY },
  { "theta_2_dot", "θ̇₂", "\\dot{\\theta}_2", "angular velocity of the back shin", "rad/s", -INFINITY,
    INFINITY },
  { "theta_3_dot", "θ̇₃", "\\dot{\\theta}_3", "angular velocity of the back foot", "rad/s", -INFINITY,
    INFINITY },
  { "theta_4_dot", "θ̇₄", "\\dot{\\theta}_4", "angular velocity of the front thigh", "rad/s", -INFINITY,
    INFINITY },
  { "theta_5_dot", "θ̇₅", "\\dot{\\theta}_5", "angular velocity of the front shin", "rad/s", -INFINITY,
    INFINITY },
  { "theta_6_dot", "θ̇₆", "\\dot{\\theta}_6", "angular velocity of the front foot", "rad/s", -INFINITY,
    INFINITY },
  { "x_torso", "xₜ", "x_t", "where the torso is, forwards", "m", -INFINITY, INFINITY },
  { "y_torso", "yₜ", "y_t", "where the torso is, sideways: always 0", "m", -INFINITY, INFINITY },
  { "z_torso", "zₜ", "z_t", "where the torso is, above the ground", "m", -INFINITY, INFINITY },
};

static const EspSignal actions[] = {
  { "tau_1", "τ₁", "\\tau_1", "torque on the back thigh, 120 N m per unit", "120 N m", -1, 1 },
  { "tau_2", "τ₂", "\\tau_2", "torque on the back shin, 90 N m per unit", "90 N m", -1, 1 },
  { "tau_3", "τ₃", "\\tau_3", "torque on the back foot, 60 N m per unit", "60 N m", -1, 1 },
  { "tau_4", "τ₄", "\\tau_4", "torque on the front thigh, 120 N m per unit", "120 N m", -1, 1 },
  { "tau_5", "τ₅", "\\tau_5", "torque on the front shin, 60 N m per unit", "60 N m", -1, 1 },
  { "tau_6", "τ₆", "\\tau_6", "torque on the front foot, 30 N m per unit", "30 N m", -1, 1 },
};

const EspEnvironmentInfo esp_half_cheetah_info = {
  .name = "half-cheetah",
  .title = "Half-cheetah",
  .description = "Run forwards on two legs, as fast as possible",
  .n_observations = N_OBSERVATIONS,
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = 0.05,
  .has_engine = true,
  .scene = "half-cheetah.xml",
  .n_pose = N_POSITIONS,
};

static gboolean
half_cheetah_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_environment_init (environment, &model, error);
}

static void
half_cheetah_reset (EspEnvironment *environment)
{
  esp_mujoco_environment_reset_normal (environment, POSITION_NOISE, VELOCITY_NOISE);
}

static double
half_cheetah_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const EspMujocoEnvironment *self = (const EspMujocoEnvironment *) environment;
  double before = self->data->qpos[0];
  double speed;

  *terminated = !esp_mujoco_environment_advance (environment, action);
  if (*terminated)
    return 0;
  speed = (self->data->qpos[0] - before) / esp_half_cheetah_info.time_step;

  return speed - EFFORT_WEIGHT * esp_mujoco_environment_get_effort (environment, action);
}

static void
half_cheetah_observe (const EspEnvironment *environment, double *observation)
{
  const mjData *data = ((const EspMujocoEnvironment *) environment)->data;

  for (int i = 1; i < N_POSITIONS; i++)
    *observation++ = data->qpos[i];
  for (int i = 0; i < N_POSITIONS; i++)
    *observation++ = data->qvel[i];
}

const EspEnvironmentInterface esp_half_cheetah_interface = {
  .info = &esp_half_cheetah_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = half_cheetah_init,
  .reset = half_cheetah_reset,
  .step = half_cheetah_step,
  .observe = half_cheetah_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

#define SPEED_EFFORT_WEIGHT 0.05
#define TRAIN_SPEED         2.5 /* the fastest */
#define TEST_SPEED          3.0
#define LARGEST_SPEED       1e3

typedef struct
{
  EspMujocoEnvironment parent;
  const mjtNum *torso; /* where the last sub-step began */
  double speed;
} CheetahVel;

static const EspEnvironmentInfo cheetah_vel_info = {
  .name = "cheetah-vel",
  .title = "Half-cheetah at a speed",
  .description = "Run forwards on two legs at a speed that differs from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 200,
  .time_step = 0.05,
  .has_engine = true,
  .scene = "half-cheetah.xml",
  .n_pose = N_POSITIONS,
  .family = "cheetah-vel",
};

static const EspTaskParameter parameters[] = {
  { "velocity", "the speed to run at", "m/s", 1 },
};

const EspTaskFamily esp_cheetah_vel_family = {
  .environment = &cheetah_vel_info,
  .train = "speed U(0, 2.5) m/s",
  .test = "speed U(2.5, 3) m/s",
  .n_train = 50,
  .n_test = 15,
  .n_parameters = G_N_ELEMENTS (parameters),
  .parameters = parameters,
};

static gboolean
cheetah_vel_init (EspEnvironment *environment, GError **error)
{
  CheetahVel *self = (CheetahVel *) environment;
  mjtNum *place;
  int torso;

  if (!half_cheetah_init (environment, error))
    return FALSE;
  torso = esp_mujoco_environment_find (environment, mjOBJ_BODY, "torso", error);
  if (torso < 0)
    return FALSE;
  place = self->parent.data->xpos + 3 * torso;
  self->torso = place;
  esp_mujoco_environment_keep (environment, place, 3);

  return TRUE;
}

static double
cheetah_vel_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const CheetahVel *self = (const CheetahVel *) environment;
  double before = self->parent.data->qpos[0];
  double speed;

  *terminated = !esp_mujoco_environment_advance (environment, action);
  if (*terminated)
    return 0;
  speed = (self->parent.data->qpos[0] - before) / cheetah_vel_info.time_step;

  return -fabs (speed - self->speed)
         - SPEED_EFFORT_WEIGHT * esp_mujoco_environment_get_effort (environment, action);
}

static void
cheetah_vel_observe (const EspEnvironment *environment, double *observation)
{
  const CheetahVel *self = (const CheetahVel *) environment;

  half_cheetah_observe (environment, observation);
  for (int i = 0; i < 3; i++)
    observation[N_OBSERVATIONS + i] = self->torso[i];
}

static gboolean
cheetah_vel_draw_task (EspRandom *random, bool is_test, double *values, GError **error)
{
  values[0] = is_test ? esp_random_between (random, TRAIN_SPEED, TEST_SPEED)
                      : esp_random_between (random, 0, TRAIN_SPEED);

  return TRUE;
}

static gboolean
cheetah_vel_set_task (EspEnvironment *environment, const double *values)
{
  if (!(fabs (values[0]) <= LARGEST_SPEED))
    return FALSE;
  ((CheetahVel *) environment)->speed = values[0];

  return TRUE;
}

const EspEnvironmentInterface esp_cheetah_vel_interface = {
  .info = &cheetah_vel_info,
  .instance_size = sizeof (CheetahVel),
  .init = cheetah_vel_init,
  .reset = half_cheetah_reset,
  .step = cheetah_vel_step,
  .observe = cheetah_vel_observe,
  .family = &esp_cheetah_vel_family,
  .draw_task = cheetah_vel_draw_task,
  .set_task = cheetah_vel_set_task,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

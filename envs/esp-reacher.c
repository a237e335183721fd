/* Reacher: an arm of two links in a plane whose fingertip must go to a target.
 *
 * Model, observation, reward and reset are those of "Reacher-v4" in Gymnasium: the reward of a step takes the
 * distance from before the step, and both it and the observation take the fingertip where the last
 * Runge–Kutta stage left it.
 */

#include "esp-mujoco-environment.h"

#include <math.h>

#define POSITION_NOISE 0.1
#define VELOCITY_NOISE 0.005
#define TARGET_RADIUS  0.2

typedef struct
{
  EspMujocoEnvironment parent;
  const mjtNum *fingertip;
  const mjtNum *target;
} Reacher;

static EspMujocoModel model = { .file = "reacher.xml", .n_velocities = 4, .frame_skip = 2 };

static const EspSignal observations[] = {
  { "cos_theta_1", "cos θ₁", "\\cos\\theta_1", "cosine of the shoulder's angle", "", -1, 1 },
  { "cos_theta_2", "cos θ₂", "\\cos\\theta_2", "cosine of the elbow's angle", "", -1, 1 },
  { "sin_theta_1", "sin θ₁", "\\sin\\theta_1", "sine of the shoulder's angle", "", -1, 1 },
  { "sin_theta_2", "sin θ₂", "\\sin\\theta_2", "sine of the elbow's angle", "", -1, 1 },
  { "target_x", "xₜ", "x_t", "position of the target, to the right", "m", -INFINITY, INFINITY },
  { "target_y", "yₜ", "y_t", "position of the target, upwards in the picture", "m", -INFINITY, INFINITY },
  { "theta_1_dot", "θ̇₁", "\\dot{\\theta}_1", "angular velocity of the shoulder", "rad/s", -INFINITY,
    INFINITY },
  { "theta_2_dot", "θ̇₂", "\\dot{\\theta}_2", "angular velocity of the elbow", "rad/s", -INFINITY, INFINITY },
  { "error_x", "Δx", "\\Delta_x", "fingertip minus target, to the right", "m", -INFINITY, INFINITY },
  { "error_y", "Δy", "\\Delta_y", "fingertip minus target, upwards in the picture", "m", -INFINITY,
    INFINITY },
  { "error_z", "Δz", "\\Delta_z", "fingertip minus target across the plane, always 0", "m", -INFINITY,
    INFINITY },
};

static const EspSignal actions[] = {
  { "tau_1", "τ₁", "\\tau_1", "torque in the shoulder, 200 N m per unit", "200 N m", -1, 1 },
  { "tau_2", "τ₂", "\\tau_2", "torque in the elbow, 200 N m per unit", "200 N m", -1, 1 },
};

const EspEnvironmentInfo esp_reacher_info = {
  .name = "reacher",
  .title = "Reacher",
  .description = "Move an arm with two joints so that its fingertip reaches the target and stays there",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 50,
  .time_step = 0.02,
  .has_engine = true,
  .scene = "reacher.xml",
  .n_pose = 4,
};

static gboolean
reacher_init (EspEnvironment *environment, GError **error)
{
  Reacher *self = (Reacher *) environment;
  mjtNum *places;
  int fingertip, target;

  if (!esp_mujoco_environment_init (environment, &model, error))
    return FALSE;
  fingertip = esp_mujoco_environment_find (environment, mjOBJ_BODY, "fingertip", error);
  if (fingertip < 0)
    return FALSE;
  target = esp_mujoco_environment_find (environment, mjOBJ_BODY, "target", error);
  if (target < 0)
    return FALSE;
  places = self->parent.data->xpos;
  self->fingertip = places + 3 * fingertip;
  self->target = places + 3 * target;
  esp_mujoco_environment_keep (environment, places + 3 * fingertip, 3);
  esp_mujoco_environment_keep (environment, places + 3 * target, 3);

  return TRUE;
}

static void
reacher_reset (EspEnvironment *environment)
{
  mjData *data = ((Reacher *) environment)->parent.data;
  EspRandom *random = &environment->random;

  esp_mujoco_environment_clear (environment);
  for (int i = 0; i < 2; i++)
    data->qpos[i] += esp_random_between (random, -POSITION_NOISE, POSITION_NOISE);
  do
    {
      data->qpos[2] = esp_random_between (random, -TARGET_RADIUS, TARGET_RADIUS);
      data->qpos[3] = esp_random_between (random, -TARGET_RADIUS, TARGET_RADIUS);
    }
  while (hypot (data->qpos[2], data->qpos[3]) >= TARGET_RADIUS);
  for (int i = 0; i < 2; i++)
    data->qvel[i] = esp_random_between (random, -VELOCITY_NOISE, VELOCITY_NOISE);
  esp_mujoco_environment_settle (environment);
}

static double
reacher_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const Reacher *self = (const Reacher *) environment;
  double squares = 0;

  for (int i = 0; i < 3; i++)
    squares += (self->fingertip[i] - self->target[i]) * (self->fingertip[i] - self->target[i]);

  *terminated = !esp_mujoco_environment_advance (environment, action);

  return *terminated ? 0 : -sqrt (squares) - esp_mujoco_environment_get_effort (environment, action);
}

static void
reacher_observe (const EspEnvironment *environment, double *observation)
{
  const Reacher *self = (const Reacher *) environment;
  const mjData *data = self->parent.data;

  for (int i = 0; i < 2; i++)
    {
      observation[i] = cos (data->qpos[i]);
      observation[2 + i] = sin (data->qpos[i]);
      observation[4 + i] = data->qpos[2 + i];
      observation[6 + i] = data->qvel[i];
    }
  for (int i = 0; i < 3; i++)
    observation[8 + i] = self->fingertip[i] - self->target[i];
}

const EspEnvironmentInterface esp_reacher_interface = {
  .info = &esp_reacher_info,
  .instance_size = sizeof (Reacher),
  .init = reacher_init,
  .reset = reacher_reset,
  .step = reacher_step,
  .observe = reacher_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

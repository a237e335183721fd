/* Hopper: a leg with three motors that must hop forwards and not fall.
 *
 * Model, observation, reward, limits and reset are those of "Hopper-v4" in Gymnasium.
 */

#include "esp-mujoco-environment.h"

#include <math.h>

#define NOISE         0.005
#define VELOCITY_CLIP 10.0
#define HEIGHT_LIMIT  0.7
#define PITCH_LIMIT   0.2
#define STATE_LIMIT   100.0
#define ALIVE         1.0
#define EFFORT_WEIGHT 1e-3
#define N_POSITIONS   6

static EspMujocoModel model = { .file = "hopper.xml", .n_velocities = N_POSITIONS, .frame_skip = 4 };

static const EspSignal observations[] = {
  { "z", "z", "z", "height of the torso", "m", -INFINITY, INFINITY },
  { "phi", "φ", "\\phi", "pitch of the torso, 0 upright, positive forwards", "rad", -INFINITY, INFINITY },
  { "theta_1", "θ₁", "\\theta_1", "angle of the hip, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_2", "θ₂", "\\theta_2", "angle of the knee, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_3", "θ₃", "\\theta_3", "angle of the ankle", "rad", -INFINITY, INFINITY },
  { "x_dot", "ẋ", "\\dot{x}", "forward velocity of the torso", "m/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "z_dot", "ż", "\\dot{z}", "upward velocity of the torso", "m/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "phi_dot", "φ̇", "\\dot{\\phi}", "angular velocity of the torso", "rad/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "theta_1_dot", "θ̇₁", "\\dot{\\theta}_1", "angular velocity of the hip", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_2_dot", "θ̇₂", "\\dot{\\theta}_2", "angular velocity of the knee", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_3_dot", "θ̇₃", "\\dot{\\theta}_3", "angular velocity of the ankle", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
};

static const EspSignal actions[] = {
  { "tau_1", "τ₁", "\\tau_1", "torque in the hip, 200 N m per unit", "200 N m", -1, 1 },
  { "tau_2", "τ₂", "\\tau_2", "torque in the knee, 200 N m per unit", "200 N m", -1, 1 },
  { "tau_3", "τ₃", "\\tau_3", "torque in the ankle, 200 N m per unit", "200 N m", -1, 1 },
};

const EspEnvironmentInfo esp_hopper_info = {
  .name = "hopper",
  .title = "Hopper",
  .description = "Hop forwards on one leg, as fast as possible and without falling",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = 0.008,
  .scene = "hopper.xml",
  .n_pose = N_POSITIONS,
};

static gboolean
hopper_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_environment_init (environment, &model, error);
}

static void
hopper_reset (EspEnvironment *environment)
{
  esp_mujoco_environment_reset_uniform (environment, NOISE, NOISE);
}

static bool
is_healthy (const mjData *data)
{
  for (int i = 0; i < N_POSITIONS; i++)
    {
      if ((i >= 2 && !(fabs (data->qpos[i]) < STATE_LIMIT)) || !(fabs (data->qvel[i]) < STATE_LIMIT))
        return false;
    }

  return data->qpos[1] > HEIGHT_LIMIT && fabs (data->qpos[2]) < PITCH_LIMIT;
}

static double
hopper_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const EspMujocoEnvironment *self = (const EspMujocoEnvironment *) environment;
  double before = self->data->qpos[0];
  double speed;

  if (!esp_mujoco_environment_advance (environment, action))
    {
      *terminated = true;
      return 0;
    }
  speed = (self->data->qpos[0] - before) / esp_hopper_info.time_step;
  *terminated = !is_healthy (self->data);

  return speed + ALIVE - EFFORT_WEIGHT * esp_mujoco_environment_get_effort (environment, action);
}

static void
hopper_observe (const EspEnvironment *environment, double *observation)
{
  const mjData *data = ((const EspMujocoEnvironment *) environment)->data;

  for (int i = 1; i < N_POSITIONS; i++)
    *observation++ = data->qpos[i];
  for (int i = 0; i < N_POSITIONS; i++)
    *observation++ = CLAMP (data->qvel[i], -VELOCITY_CLIP, VELOCITY_CLIP);
}

const EspEnvironmentInterface esp_hopper_interface = {
  .info = &esp_hopper_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = hopper_init,
  .reset = hopper_reset,
  .step = hopper_step,
  .observe = hopper_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

/* Walker: two legs of three motors each in a plane that must walk forwards and not fall.
 *
 * Model, observation, reward, limits and reset are those of "Walker2d-v4" in Gymnasium, its unequal feet (the
 * left one has twice the grip of the right one) included.
 */

#include "esp-mujoco-environment.h"

#include <math.h>

#define NOISE         0.005
#define VELOCITY_CLIP 10.0
#define LOWEST        0.8
#define HIGHEST       2.0
#define PITCH_LIMIT   1.0
#define ALIVE         1.0
#define EFFORT_WEIGHT 1e-3
#define N_POSITIONS   9

static EspMujocoModel model = { .file = "walker2d.xml", .n_velocities = N_POSITIONS, .frame_skip = 4 };

static const EspSignal observations[] = {
  { "z", "z", "z", "height of the torso", "m", -INFINITY, INFINITY },
  { "phi", "φ", "\\phi", "pitch of the torso, 0 upright, positive forwards", "rad", -INFINITY, INFINITY },
  { "theta_1", "θ₁", "\\theta_1", "angle of the right hip, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_2", "θ₂", "\\theta_2", "angle of the right knee, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_3", "θ₃", "\\theta_3", "angle of the right ankle", "rad", -INFINITY, INFINITY },
  { "theta_4", "θ₄", "\\theta_4", "angle of the left hip, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_5", "θ₅", "\\theta_5", "angle of the left knee, 0 stretched", "rad", -INFINITY, INFINITY },
  { "theta_6", "θ₆", "\\theta_6", "angle of the left ankle", "rad", -INFINITY, INFINITY },
  { "x_dot", "ẋ", "\\dot{x}", "forward velocity of the torso", "m/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "z_dot", "ż", "\\dot{z}", "upward velocity of the torso", "m/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "phi_dot", "φ̇", "\\dot{\\phi}", "angular velocity of the torso", "rad/s", -VELOCITY_CLIP, VELOCITY_CLIP },
  { "theta_1_dot", "θ̇₁", "\\dot{\\theta}_1", "angular velocity of the right hip", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_2_dot", "θ̇₂", "\\dot{\\theta}_2", "angular velocity of the right knee", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_3_dot", "θ̇₃", "\\dot{\\theta}_3", "angular velocity of the right ankle", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_4_dot", "θ̇₄", "\\dot{\\theta}_4", "angular velocity of the left hip", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_5_dot", "θ̇₅", "\\dot{\\theta}_5", "angular velocity of the left knee", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
  { "theta_6_dot", "θ̇₆", "\\dot{\\theta}_6", "angular velocity of the left ankle", "rad/s", -VELOCITY_CLIP,
    VELOCITY_CLIP },
};

static const EspSignal actions[] = {
  { "tau_1", "τ₁", "\\tau_1", "torque in the right hip, 100 N m per unit", "100 N m", -1, 1 },
  { "tau_2", "τ₂", "\\tau_2", "torque in the right knee, 100 N m per unit", "100 N m", -1, 1 },
  { "tau_3", "τ₃", "\\tau_3", "torque in the right ankle, 100 N m per unit", "100 N m", -1, 1 },
  { "tau_4", "τ₄", "\\tau_4", "torque in the left hip, 100 N m per unit", "100 N m", -1, 1 },
  { "tau_5", "τ₅", "\\tau_5", "torque in the left knee, 100 N m per unit", "100 N m", -1, 1 },
  { "tau_6", "τ₆", "\\tau_6", "torque in the left ankle, 100 N m per unit", "100 N m", -1, 1 },
};

const EspEnvironmentInfo esp_walker2d_info = {
  .name = "walker2d",
  .title = "Walker",
  .description = "Walk forwards on two legs, as fast as possible and without falling",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = 0.008,
  .scene = "walker2d.xml",
  .n_pose = N_POSITIONS,
};

static gboolean
walker2d_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_environment_init (environment, &model, error);
}

static void
walker2d_reset (EspEnvironment *environment)
{
  esp_mujoco_environment_reset_uniform (environment, NOISE, NOISE);
}

static bool
is_healthy (const mjData *data)
{
  return data->qpos[1] > LOWEST && data->qpos[1] < HIGHEST && fabs (data->qpos[2]) < PITCH_LIMIT;
}

static double
walker2d_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const EspMujocoEnvironment *self = (const EspMujocoEnvironment *) environment;
  double before = self->data->qpos[0];
  double speed;

  if (!esp_mujoco_environment_advance (environment, action))
    {
      *terminated = true;
      return 0;
    }
  speed = (self->data->qpos[0] - before) / esp_walker2d_info.time_step;
  *terminated = !is_healthy (self->data);

  return speed + ALIVE - EFFORT_WEIGHT * esp_mujoco_environment_get_effort (environment, action);
}

static void
walker2d_observe (const EspEnvironment *environment, double *observation)
{
  const mjData *data = ((const EspMujocoEnvironment *) environment)->data;

  for (int i = 1; i < N_POSITIONS; i++)
    *observation++ = data->qpos[i];
  for (int i = 0; i < N_POSITIONS; i++)
    *observation++ = CLAMP (data->qvel[i], -VELOCITY_CLIP, VELOCITY_CLIP);
}

const EspEnvironmentInterface esp_walker2d_interface = {
  .info = &esp_walker2d_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = walker2d_init,
  .reset = walker2d_reset,
  .step = walker2d_step,
  .observe = walker2d_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

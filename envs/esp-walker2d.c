/* Walker: two legs of three motors each in a plane that must walk forwards and not fall.
 *
 * Model, observation, reward, limits and reset are those of "Walker2d-v4" in Gymnasium, its unequal feet (the
 * left one has twice the grip of the right one) included. The family `walker2d-params` varies the model; see
 * esp-task.h.
 */

#include "esp-mujoco-runner.h"

#include <math.h>

#include "esp-mujoco-task.h"
#include "esp-task-private.h"

#define VELOCITY_CLIP ESP_MUJOCO_RUNNER_VELOCITY_CLIP
#define LOWEST        0.8
#define HIGHEST       2.0
#define PITCH_LIMIT   1.0
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
  .has_engine = true,
  .scene = "walker2d.xml",
  .n_pose = N_POSITIONS,
};

static gboolean
walker2d_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_environment_init (environment, &model, error);
}

static bool
is_healthy (const mjData *data)
{
  return data->qpos[1] > LOWEST && data->qpos[1] < HIGHEST && fabs (data->qpos[2]) < PITCH_LIMIT;
}

static double
walker2d_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  return esp_mujoco_runner_step (environment, action, is_healthy, terminated);
}

const EspEnvironmentInterface esp_walker2d_interface = {
  .info = &esp_walker2d_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = walker2d_init,
  .reset = esp_mujoco_runner_reset,
  .step = walker2d_step,
  .observe = esp_mujoco_runner_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

static const EspEnvironmentInfo params_info = {
  .name = "walker2d-params",
  .title = "Walker of many builds",
  .description = "Walk forwards on two legs whose masses, joints and friction differ from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 200,
  .time_step = 0.016,
  .has_engine = true,
  .scene = "walker2d.xml",
  .n_pose = N_POSITIONS,
  .family = "walker2d-params",
};

static const EspTaskParameter parameters[] = { ESP_MUJOCO_TASK_PARAMETERS (8, N_POSITIONS, 8) };

const EspTaskFamily esp_walker2d_params_family = {
  .environment = &params_info,
  .train = ESP_MUJOCO_TASK_DRAWS,
  .test = "the same",
  .n_train = ESP_MUJOCO_TASK_N_TRAIN,
  .n_test = ESP_MUJOCO_TASK_N_TEST,
  .n_parameters = G_N_ELEMENTS (parameters),
  .parameters = parameters,
};

static gboolean
params_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_runner_init_params (environment, &model, error);
}

static gboolean
params_draw_task (EspRandom *random, bool is_test, double *values, GError **error)
{
  return esp_mujoco_task_draw (&model, &esp_walker2d_params_family, random, values, error);
}

const EspEnvironmentInterface esp_walker2d_params_interface = {
  .info = &params_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = params_init,
  .reset = esp_mujoco_runner_reset,
  .step = walker2d_step,
  .observe = esp_mujoco_runner_observe,
  .family = &esp_walker2d_params_family,
  .draw_task = params_draw_task,
  .set_task = esp_mujoco_task_set,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

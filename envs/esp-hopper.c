/* Hopper: a leg with three motors that must hop forwards and not fall.
 *
 * Model, observation, reward, limits and reset are those of "Hopper-v4" in Gymnasium. The family
 * `hopper-params` varies the model; see esp-task.h.
 */

#include "esp-mujoco-runner.h"

#include <math.h>

#include "esp-mujoco-task.h"
#include "esp-task-private.h"

#define VELOCITY_CLIP ESP_MUJOCO_RUNNER_VELOCITY_CLIP
#define HEIGHT_LIMIT  0.7
#define PITCH_LIMIT   0.2
#define STATE_LIMIT   100.0
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
  .has_engine = true,
  .scene = "hopper.xml",
  .n_pose = N_POSITIONS,
};

static gboolean
hopper_init (EspEnvironment *environment, GError **error)
{
  return esp_mujoco_environment_init (environment, &model, error);
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
  return esp_mujoco_runner_step (environment, action, is_healthy, terminated);
}

const EspEnvironmentInterface esp_hopper_interface = {
  .info = &esp_hopper_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = hopper_init,
  .reset = esp_mujoco_runner_reset,
  .step = hopper_step,
  .observe = esp_mujoco_runner_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

static const EspEnvironmentInfo params_info = {
  .name = "hopper-params",
  .title = "Hopper of many builds",
  .description = "Hop forwards on one leg whose masses, joints and friction differ from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 200,
  .time_step = 0.016,
  .has_engine = true,
  .scene = "hopper.xml",
  .n_pose = N_POSITIONS,
  .family = "hopper-params",
};

static const EspTaskParameter parameters[] = { ESP_MUJOCO_TASK_PARAMETERS (5, N_POSITIONS, 5) };

const EspTaskFamily esp_hopper_params_family = {
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
  return esp_mujoco_task_draw (&model, &esp_hopper_params_family, random, values, error);
}

const EspEnvironmentInterface esp_hopper_params_interface = {
  .info = &params_info,
  .instance_size = sizeof (EspMujocoEnvironment),
  .init = params_init,
  .reset = esp_mujoco_runner_reset,
  .step = hopper_step,
  .observe = esp_mujoco_runner_observe,
  .family = &esp_hopper_params_family,
  .draw_task = params_draw_task,
  .set_task = esp_mujoco_task_set,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

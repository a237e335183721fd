/* Inverted double pendulum: two poles on a cart, end on end, that must not fall.
 *
 * Model, observation, reward, limits and reset are those of "InvertedDoublePendulum-v4" in Gymnasium. The tip
 * of the upper pole and the forces of the rail's ends are read as the last Runge–Kutta stage left them.
 * The family `inverted-double-pendulum-params` varies the model; see esp-task.h.
 */

#include "esp-mujoco-environment.h"

#include <math.h>

#include "esp-mujoco-task.h"
#include "esp-task-private.h"

#define POSITION_NOISE   0.1
#define VELOCITY_NOISE   0.1
#define OBSERVATION_CLIP 10.0
#define HEIGHT           2.0 /* from which the tip's distance is measured, out of reach */
#define HEIGHT_LIMIT     1.0
#define ALIVE            10.0

typedef struct
{
  EspMujocoEnvironment parent;
  int tip; /* site */
} DoublePendulum;

static EspMujocoModel model = { .file = "inverted-double-pendulum.xml", .n_velocities = 3, .frame_skip = 5 };

static const EspSignal observations[] = {
  { "x", "x", "x", "position of the cart on its rail", "m", -INFINITY, INFINITY },
  { "sin_theta_1", "sin θ₁", "\\sin\\theta_1", "sine of the lower pole's angle, 0 upright", "", -1, 1 },
  { "sin_theta_2", "sin θ₂", "\\sin\\theta_2", "sine of the upper pole's angle to the lower one", "", -1, 1 },
  { "cos_theta_1", "cos θ₁", "\\cos\\theta_1", "cosine of the lower pole's angle", "", -1, 1 },
  { "cos_theta_2", "cos θ₂", "\\cos\\theta_2", "cosine of the upper pole's angle to the lower one", "", -1,
    1 },
  { "x_dot", "ẋ", "\\dot{x}", "velocity of the cart", "m/s", -OBSERVATION_CLIP, OBSERVATION_CLIP },
  { "theta_1_dot", "θ̇₁", "\\dot{\\theta}_1", "angular velocity of the lower pole", "rad/s", -OBSERVATION_CLIP,
    OBSERVATION_CLIP },
  { "theta_2_dot", "θ̇₂", "\\dot{\\theta}_2", "angular velocity of the upper pole to the lower one", "rad/s",
    -OBSERVATION_CLIP, OBSERVATION_CLIP },
  { "f_x", "fₓ", "f_x", "force of the rail's ends on the cart", "N", -OBSERVATION_CLIP, OBSERVATION_CLIP },
  { "f_1", "f₁", "f_1", "torque of limits on the lower pole, always 0", "N m", -OBSERVATION_CLIP,
    OBSERVATION_CLIP },
  { "f_2", "f₂", "f_2", "torque of limits on the upper pole, always 0", "N m", -OBSERVATION_CLIP,
    OBSERVATION_CLIP },
};

static const EspSignal actions[] = {
  { "force", "F", "F", "push on the cart, 500 N per unit", "500 N", -1, 1 },
};

const EspEnvironmentInfo esp_inverted_double_pendulum_info = {
  .name = "inverted-double-pendulum",
  .title = "Inverted double pendulum",
  .description = "Push a cart so that the two poles on it, one on top of the other, stay upright",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = 0.05,
  .has_engine = true,
  .scene = "inverted-double-pendulum.xml",
  .n_pose = 3,
};

static gboolean
double_pendulum_init (EspEnvironment *environment, GError **error)
{
  DoublePendulum *self = (DoublePendulum *) environment;
  mjData *data;

  if (!esp_mujoco_environment_init (environment, &model, error))
    return FALSE;
  self->tip = esp_mujoco_environment_find (environment, mjOBJ_SITE, "tip", error);
  if (self->tip < 0)
    return FALSE;
  data = self->parent.data;
  esp_mujoco_environment_keep (environment, data->site_xpos + 3 * self->tip, 3);
  esp_mujoco_environment_keep (environment, data->qfrc_constraint, 3);

  return TRUE;
}

static void
double_pendulum_reset (EspEnvironment *environment)
{
  esp_mujoco_environment_reset_normal (environment, POSITION_NOISE, VELOCITY_NOISE);
}

static double
double_pendulum_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  const DoublePendulum *self = (const DoublePendulum *) environment;
  const mjData *data = self->parent.data;
  double x, below, distance, speed;

  if (!esp_mujoco_environment_advance (environment, action))
    {
      *terminated = true;
      return 0;
    }
  x = data->site_xpos[3 * self->tip];
  below = data->site_xpos[3 * self->tip + 2] - HEIGHT;
  distance = 0.01 * (x * x) + below * below;
  speed = 1e-3 * (data->qvel[1] * data->qvel[1]) + 5e-3 * (data->qvel[2] * data->qvel[2]);
  *terminated = data->site_xpos[3 * self->tip + 2] <= HEIGHT_LIMIT;

  return ALIVE - distance - speed;
}

static double
clip (double value)
{
  return CLAMP (value, -OBSERVATION_CLIP, OBSERVATION_CLIP);
}

static void
double_pendulum_observe (const EspEnvironment *environment, double *observation)
{
  const mjData *data = ((const DoublePendulum *) environment)->parent.data;

  observation[0] = data->qpos[0];
  for (int i = 0; i < 2; i++)
    {
      observation[1 + i] = sin (data->qpos[1 + i]);
      observation[3 + i] = cos (data->qpos[1 + i]);
    }
  for (int i = 0; i < 3; i++)
    {
      observation[5 + i] = clip (data->qvel[i]);
      observation[8 + i] = clip (data->qfrc_constraint[i]);
    }
}

const EspEnvironmentInterface esp_inverted_double_pendulum_interface = {
  .info = &esp_inverted_double_pendulum_info,
  .instance_size = sizeof (DoublePendulum),
  .init = double_pendulum_init,
  .reset = double_pendulum_reset,
  .step = double_pendulum_step,
  .observe = double_pendulum_observe,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

static const EspEnvironmentInfo params_info = {
  .name = "inverted-double-pendulum-params",
  .title = "Inverted double pendulum of many builds",
  .description = "Keep two poles upright on a cart whose masses and joints differ from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 200,
  .time_step = 0.05,
  .has_engine = true,
  .scene = "inverted-double-pendulum.xml",
  .n_pose = 3,
  .family = "inverted-double-pendulum-params",
};

static const EspTaskParameter parameters[] = { ESP_MUJOCO_TASK_PARAMETERS (4, 3, 3) };

const EspTaskFamily esp_inverted_double_pendulum_params_family = {
  .environment = &params_info,
  .train = ESP_MUJOCO_TASK_DRAWS "; our own choice",
  .test = "the same; our own choice",
  .n_train = ESP_MUJOCO_TASK_N_TRAIN,
  .n_test = ESP_MUJOCO_TASK_N_TEST,
  .n_parameters = G_N_ELEMENTS (parameters),
  .parameters = parameters,
};

static gboolean
params_init (EspEnvironment *environment, GError **error)
{
  if (!double_pendulum_init (environment, error))
    return FALSE;
  esp_mujoco_task_own_model (environment, ((EspMujocoEnvironment *) environment)->model->opt.timestep);

  return TRUE;
}

static gboolean
params_draw_task (EspRandom *random, bool is_test, double *values, GError **error)
{
  return esp_mujoco_task_draw (&model, &esp_inverted_double_pendulum_params_family, random, values, error);
}

const EspEnvironmentInterface esp_inverted_double_pendulum_params_interface = {
  .info = &params_info,
  .instance_size = sizeof (DoublePendulum),
  .init = params_init,
  .reset = double_pendulum_reset,
  .step = double_pendulum_step,
  .observe = double_pendulum_observe,
  .family = &esp_inverted_double_pendulum_params_family,
  .draw_task = params_draw_task,
  .set_task = esp_mujoco_task_set,
  ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
};

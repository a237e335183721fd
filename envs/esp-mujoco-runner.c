#include "esp-mujoco-runner.h"

#include "esp-mujoco-task.h"

#define NOISE         0.005
#define ALIVE         1.0
#define EFFORT_WEIGHT 1e-3

/* The simulation's step in the families, in seconds; that of the environment has as many of them. */
#define PARAMS_TIME_STEP 0.004

void
esp_mujoco_runner_reset (EspEnvironment *environment)
{
  esp_mujoco_environment_reset_uniform (environment, NOISE, NOISE);
}

double
esp_mujoco_runner_step (EspEnvironment *environment,
                        const double *action,
                        bool (*is_healthy) (const mjData *data),
                        bool *terminated)
{
  const EspMujocoEnvironment *self = (const EspMujocoEnvironment *) environment;
  double before = self->data->qpos[0];
  double speed;

  if (!esp_mujoco_environment_advance (environment, action))
    {
      *terminated = true;
      return 0;
    }
  speed = (self->data->qpos[0] - before) / environment->interface->info->time_step;
  *terminated = !is_healthy (self->data);

  return speed + ALIVE - EFFORT_WEIGHT * esp_mujoco_environment_get_effort (environment, action);
}

void
esp_mujoco_runner_observe (const EspEnvironment *environment, double *observation)
{
  const EspMujocoEnvironment *self = (const EspMujocoEnvironment *) environment;

  for (int i = 1; i < self->model->nq; i++)
    *observation++ = self->data->qpos[i];
  for (int i = 0; i < self->model->nv; i++)
    *observation++ = CLAMP (self->data->qvel[i], -ESP_MUJOCO_RUNNER_VELOCITY_CLIP,
                            ESP_MUJOCO_RUNNER_VELOCITY_CLIP);
}

gboolean
esp_mujoco_runner_init_params (EspEnvironment *environment, EspMujocoModel *model, GError **error)
{
  if (!esp_mujoco_environment_init (environment, model, error))
    return FALSE;
  esp_mujoco_task_own_model (environment, PARAMS_TIME_STEP);

  return TRUE;
}

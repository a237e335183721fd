#include "esp-mujoco-task.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"

#define N_ARRAYS        ESP_MUJOCO_TASK_N_PARAMETERS
#define EXPONENT        3.0
#define BASE            1.5
#define DAMPING_BASE    1.3
#define LARGEST         1e9
#define SMALLEST_WEIGHT 1e-9

typedef struct
{
  mjtNum *values;
  size_t n;
  double base;
  bool is_weight; /* a mass or an inertia */
} Array;

static void
list_arrays (const mjModel *model, Array arrays[N_ARRAYS])
{
  arrays[0] = (Array){ model->body_mass, (size_t) model->nbody, BASE, true };
  arrays[1] = (Array){ model->body_inertia, (size_t) model->nbody * 3, BASE, true };
  arrays[2] = (Array){ model->dof_damping, (size_t) model->nv, DAMPING_BASE, false };
  arrays[3] = (Array){ model->geom_friction, (size_t) model->ngeom * 3, BASE, false };
}

void
esp_mujoco_task_own_model (EspEnvironment *environment, double time_step)
{
  EspMujocoEnvironment *self = (EspMujocoEnvironment *) environment;

  self->own_model = mj_copyModel (NULL, self->model);
  self->own_model->opt.timestep = time_step;
  self->model = self->own_model;
}

gboolean
esp_mujoco_task_draw (
  EspMujocoModel *model, const EspTaskFamily *family, EspRandom *random, double *values, GError **error)
{
  const mjModel *nominal = esp_mujoco_environment_compile (model, family->environment, error);
  Array arrays[N_ARRAYS];

  if (nominal == NULL)
    return FALSE;
  list_arrays (nominal, arrays);
  for (size_t a = 0; a < N_ARRAYS; a++)
    {
      if (arrays[a].n != family->parameters[a].n)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                       "the model “%s” is not that of “%s”: it has %zu values of %s, not %zu", model->file,
                       family->environment->name, arrays[a].n, family->parameters[a].name,
                       family->parameters[a].n);
          return FALSE;
        }
      for (size_t i = 0; i < arrays[a].n; i++)
        *values++ = arrays[a].values[i]
                    * pow (arrays[a].base, esp_random_between (random, -EXPONENT, EXPONENT));
    }

  return TRUE;
}

gboolean
esp_mujoco_task_set (EspEnvironment *environment, const double *values)
{
  EspMujocoEnvironment *self = (EspMujocoEnvironment *) environment;
  const double *value = values;
  Array arrays[N_ARRAYS];

  list_arrays (self->own_model, arrays);
  for (size_t a = 0; a < N_ARRAYS; a++)
    {
      for (size_t i = 0; i < arrays[a].n; i++, value++)
        {
          bool has_weight = arrays[a].is_weight && arrays[a].values[i] > 0;

          if (!(*value >= (has_weight ? SMALLEST_WEIGHT : 0) && *value <= LARGEST))
            return FALSE;
        }
    }
  for (size_t a = 0; a < N_ARRAYS; a++)
    {
      memcpy (arrays[a].values, values, arrays[a].n * sizeof (mjtNum));
      values += arrays[a].n;
    }

  return TRUE;
}

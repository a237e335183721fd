#include "esp-mujoco-environment.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "esp-error.h"
#include "esp-mujoco.h"

/* The warnings with which MuJoCo resets a simulation that makes no sense any more. */
static const mjtWarning blow_ups[] = { mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC };

static EspMujocoEnvironment *
get_self (EspEnvironment *environment)
{
  return (EspMujocoEnvironment *) environment;
}

static const EspMujocoEnvironment *
peek_self (const EspEnvironment *environment)
{
  return (const EspMujocoEnvironment *) environment;
}

/* Loads the model, which must have the size that the environment expects. */
static mjModel *
load_fitting (const EspMujocoModel *model, const EspEnvironmentInfo *info, GError **error)
{
  mjModel *loaded = esp_mujoco_load (model->file, ESP_MUJOCO_PHYSICS, error);

  if (loaded == NULL)
    return NULL;
  if ((size_t) loaded->nq != info->n_pose || loaded->nv != model->n_velocities
      || (size_t) loaded->nu != info->n_actions || loaded->na != 0)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "the model “%s” is not that of “%s”, which has %zu positions, %d velocities and %zu motors",
        model->file, info->name, info->n_pose, model->n_velocities, info->n_actions);
      mj_deleteModel (loaded);
      return NULL;
    }

  return loaded;
}

const mjModel *
esp_mujoco_environment_compile (EspMujocoModel *model, const EspEnvironmentInfo *info, GError **error)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  const mjModel *compiled;

  pthread_mutex_lock (&lock);
  if (model->compiled == NULL)
    model->compiled = load_fitting (model, info, error);
  compiled = model->compiled;
  pthread_mutex_unlock (&lock);

  return compiled;
}

static void
make_data (void *data)
{
  EspMujocoEnvironment *self = data;

  self->data = mj_makeData (self->model);
}

gboolean
esp_mujoco_environment_init (EspEnvironment *environment, EspMujocoModel *model, GError **error)
{
  const mjModel *compiled = esp_mujoco_environment_compile (model, environment->interface->info, error);

  return compiled != NULL
         && esp_mujoco_environment_init_compiled (environment, compiled, model->frame_skip, error);
}

gboolean
esp_mujoco_environment_init_compiled (EspEnvironment *environment,
                                      const mjModel *compiled,
                                      int frame_skip,
                                      GError **error)
{
  EspMujocoEnvironment *self = get_self (environment);

  self->model = compiled;
  if (!esp_mujoco_call (make_data, self, error))
    return FALSE;

  self->frame_skip = frame_skip;
  esp_mujoco_environment_keep (environment, &self->data->time, 1);
  esp_mujoco_environment_keep (environment, self->data->qacc_warmstart, self->model->nv);
  esp_mujoco_environment_keep (environment, self->data->ctrl, self->model->nu);
  esp_mujoco_environment_keep (environment, self->data->qpos, self->model->nq);
  esp_mujoco_environment_keep (environment, self->data->qvel, self->model->nv);

  return TRUE;
}

void
esp_mujoco_environment_free (EspEnvironment *environment)
{
  EspMujocoEnvironment *self = get_self (environment);

  g_free (self->before);
  mj_deleteData (self->data);
  mj_deleteModel (self->own_model);
}

int
esp_mujoco_environment_find (EspEnvironment *environment, mjtObj type, const char *name, GError **error)
{
  EspMujocoEnvironment *self = get_self (environment);
  int id = mj_name2id (self->model, type, name);

  if (id < 0)
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "the model of “%s” has nothing called “%s”",
                 environment->interface->info->name, name);

  return id;
}

void
esp_mujoco_environment_keep (EspEnvironment *environment, mjtNum *values, size_t n)
{
  EspMujocoEnvironment *self = get_self (environment);

  g_assert (self->n_spans < G_N_ELEMENTS (self->spans));
  self->spans[self->n_spans++] = (EspMujocoSpan){ values, n };
  self->n_state += n;
  self->before = g_renew (mjtNum, self->before, self->n_state);
}

static void
save (const EspMujocoEnvironment *self, mjtNum *state)
{
  for (size_t i = 0; i < self->n_spans; i++)
    {
      memcpy (state, self->spans[i].values, self->spans[i].n * sizeof (mjtNum));
      state += self->spans[i].n;
    }
}

static void
restore (EspMujocoEnvironment *self, const mjtNum *state)
{
  mj_resetData (self->model, self->data);
  for (size_t i = 0; i < self->n_spans; i++)
    {
      memcpy (self->spans[i].values, state, self->spans[i].n * sizeof (mjtNum));
      state += self->spans[i].n;
    }
}

static bool
has_blown_up (const EspMujocoEnvironment *self)
{
  for (size_t i = 0; i < G_N_ELEMENTS (blow_ups); i++)
    {
      if (self->data->warning[blow_ups[i]].number != 0)
        return true;
    }

  return false;
}

void
esp_mujoco_environment_clear (EspEnvironment *environment)
{
  EspMujocoEnvironment *self = get_self (environment);

  mj_resetData (self->model, self->data);
}

static void
forward (void *data)
{
  EspMujocoEnvironment *self = data;

  /* as mj_step() begins; mj_forward() itself takes anything */
  mj_checkPos (self->model, self->data);
  mj_checkVel (self->model, self->data);
  mj_forward (self->model, self->data);
  mj_checkAcc (self->model, self->data);
}

gboolean
esp_mujoco_environment_settle (EspEnvironment *environment)
{
  EspMujocoEnvironment *self = get_self (environment);

  if (esp_mujoco_call (forward, self, NULL) && !has_blown_up (self))
    return TRUE;
  mj_resetData (self->model, self->data);
  /* what a model does at rest has been seen to work: each instance begins with it */
  esp_mujoco_call (forward, self, NULL);

  return FALSE;
}

static void
step (void *data)
{
  EspMujocoEnvironment *self = data;

  for (int i = 0; i < self->frame_skip; i++)
    mj_step (self->model, self->data);
}

gboolean
esp_mujoco_environment_advance (EspEnvironment *environment, const double *action)
{
  EspMujocoEnvironment *self = get_self (environment);

  save (self, self->before);
  memcpy (self->data->ctrl, action, self->model->nu * sizeof (mjtNum));
  /* the last check is for the state that the last sub-step left */
  if (esp_mujoco_call (step, self, NULL) && !has_blown_up (self))
    {
      mj_checkPos (self->model, self->data);
      mj_checkVel (self->model, self->data);
      if (!has_blown_up (self))
        return TRUE;
    }
  restore (self, self->before);

  return FALSE;
}

static void
reset (EspEnvironment *environment, double position, double velocity, bool is_normal)
{
  EspMujocoEnvironment *self = get_self (environment);
  EspRandom *random = &environment->random;

  esp_mujoco_environment_clear (environment);
  for (int i = 0; i < self->model->nq; i++)
    self->data->qpos[i] += esp_random_between (random, -position, position);
  for (int i = 0; i < self->model->nv; i++)
    self->data->qvel[i] = is_normal ? velocity * esp_random_normal (random)
                                    : esp_random_between (random, -velocity, velocity);
  esp_mujoco_environment_settle (environment);
}

void
esp_mujoco_environment_reset_uniform (EspEnvironment *environment, double position, double velocity)
{
  reset (environment, position, velocity, false);
}

void
esp_mujoco_environment_reset_normal (EspEnvironment *environment, double position, double deviation)
{
  reset (environment, position, deviation, true);
}

double
esp_mujoco_environment_get_effort (const EspEnvironment *environment, const double *action)
{
  double sum = 0;

  for (size_t i = 0; i < environment->interface->info->n_actions; i++)
    sum += action[i] * action[i];

  return sum;
}

size_t
esp_mujoco_environment_get_state_size (const EspEnvironment *environment)
{
  return peek_self (environment)->n_state * sizeof (mjtNum);
}

void
esp_mujoco_environment_get_state (const EspEnvironment *environment, void *state)
{
  save (peek_self (environment), state);
}

gboolean
esp_mujoco_environment_set_state (EspEnvironment *environment, const void *state)
{
  EspMujocoEnvironment *self = get_self (environment);
  const uint8_t *bytes = state;
  mjtNum *values = self->before;

  /* the bytes need not be aligned */
  memcpy (values, bytes, self->n_state * sizeof (mjtNum));
  for (size_t i = 0; i < self->n_state; i++)
    {
      if (!isfinite (values[i]))
        return FALSE;
    }
  restore (self, values);

  return TRUE;
}

void
esp_mujoco_environment_get_pose (const EspEnvironment *environment, double *pose)
{
  const EspMujocoEnvironment *self = peek_self (environment);

  memcpy (pose, self->data->qpos, self->model->nq * sizeof (mjtNum));
}

size_t
esp_mujoco_environment_get_n_physics (const EspEnvironment *environment)
{
  const mjModel *model = peek_self (environment)->model;

  return (size_t) model->nq + model->nv;
}

void
esp_mujoco_environment_get_physics (const EspEnvironment *environment, double *values)
{
  const EspMujocoEnvironment *self = peek_self (environment);

  memcpy (values, self->data->qpos, self->model->nq * sizeof (mjtNum));
  memcpy (values + self->model->nq, self->data->qvel, self->model->nv * sizeof (mjtNum));
}

static void
put_physics (EspMujocoEnvironment *self, const double *values)
{
  memcpy (self->data->qpos, values, self->model->nq * sizeof (mjtNum));
  memcpy (self->data->qvel, values + self->model->nq, self->model->nv * sizeof (mjtNum));
}

gboolean
esp_mujoco_environment_set_physics (EspEnvironment *environment, const double *values)
{
  EspMujocoEnvironment *self = get_self (environment);

  save (self, self->before);
  esp_mujoco_environment_clear (environment);
  put_physics (self, values);
  if (esp_mujoco_environment_settle (environment))
    return TRUE;
  restore (self, self->before);

  return FALSE;
}

gboolean
esp_mujoco_environment_correct_physics (EspEnvironment *environment, const double *values)
{
  EspMujocoEnvironment *self = get_self (environment);

  for (int i = 0; i < self->model->nq + self->model->nv; i++)
    {
      if (mju_isBad (values[i]))
        return FALSE;
    }
  put_physics (self, values);

  return TRUE;
}

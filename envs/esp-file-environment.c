#include "esp-file-environment.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "esp-error.h"
#include "esp-mujoco-environment.h"
#include "esp-mujoco.h"

/* The trial: so many episodes, steps, and seconds of processor time. */
#define TRIAL_EPISODES 8
#define TRIAL_STEPS    100
#define TRIAL_SECONDS  4.0
#define TRIAL_LEAST    20

/* The stream of a seed that the trial's actions come from. */
#define TRIAL_STREAM 0x747269616c000000u

/* What ended a step before its time. */
typedef enum
{
  FAULT_NONE,
  FAULT_BLOW_UP,
  FAULT_OUTPUT,
} Fault;

typedef struct
{
  EspMujocoEnvironment parent;
  const EspFileDefinition *definition;
  double *values;     /* of the symbols */
  double *outputs;    /* observations, reward, termination */
  mjtNum *controls;   /* [nu] */
  mjtNum *warm_start; /* [nv] */
  mjtNum *earlier;    /* an exact state */
  Fault fault;
  size_t faulty; /* which output is not finite */
} FileEnvironment;

static FileEnvironment *
get_self (EspEnvironment *environment)
{
  return (FileEnvironment *) environment;
}

static gboolean
file_init (EspEnvironment *environment, GError **error)
{
  FileEnvironment *self = get_self (environment);
  const EspFileDefinition *definition = (const EspFileDefinition *) environment->interface;
  const mjModel *model = definition->model;
  mjData *data;

  G_STATIC_ASSERT (offsetof (EspFileDefinition, interface) == 0);
  if (!esp_mujoco_environment_init_compiled (environment, model, definition->frame_skip, error))
    return FALSE;
  data = self->parent.data;
  esp_mujoco_environment_keep (environment, data->sensordata, model->nsensordata);
  esp_mujoco_environment_keep (environment, data->act, model->na);
  self->definition = definition;
  self->values = g_new0 (double, esp_model_symbols_get_n (definition->symbols));
  self->outputs = g_new0 (double, definition->info.n_observations + 2);
  self->controls = g_new0 (mjtNum, model->nu);
  self->warm_start = g_new0 (mjtNum, model->nv);
  self->earlier = g_new0 (mjtNum, self->parent.n_state);

  return TRUE;
}

static void
file_free (EspEnvironment *environment)
{
  FileEnvironment *self = get_self (environment);

  g_free (self->values);
  g_free (self->outputs);
  g_free (self->controls);
  g_free (self->warm_start);
  g_free (self->earlier);
  esp_mujoco_environment_free (environment);
}

/* Computes all outputs from the state. Returns whether the first @n are finite. */
static bool
evaluate (FileEnvironment *self, size_t n)
{
  const EspFileDefinition *definition = self->definition;

  esp_model_symbols_read (definition->symbols, self->parent.data, self->values);
  esp_formula_evaluate (definition->outputs, self->values, self->outputs);
  for (size_t i = 0; i < n; i++)
    {
      if (isfinite (self->outputs[i]))
        continue;
      self->fault = FAULT_OUTPUT;
      self->faulty = i;
      return false;
    }

  return true;
}

static size_t
count_outputs (const FileEnvironment *self)
{
  return self->definition->info.n_observations + 2;
}

static void
forward (void *data)
{
  EspMujocoEnvironment *parent = data;

  mj_forward (parent->model, parent->data);
}

/* Brings the sensors up to date, and leaves to the next step the warm start that the last one ended with, so
 * that a simulation is the same with and without sensors. */
static bool
update_sensors (FileEnvironment *self)
{
  mjData *data = self->parent.data;
  size_t size = self->parent.model->nv * sizeof (mjtNum);
  bool good;

  if (self->parent.model->nsensordata == 0)
    return true;
  memcpy (self->warm_start, data->qacc_warmstart, size);
  good = esp_mujoco_call (forward, &self->parent, NULL);
  memcpy (data->qacc_warmstart, self->warm_start, size);

  return good;
}

/* Puts the numbers of one rule into the state. */
static void
apply_rule (FileEnvironment *self, const EspResetRule *rule)
{
  mjData *data = self->parent.data;
  EspRandom *random = &self->parent.parent.random;
  mjtNum *number = (rule->kind == ESP_SYMBOL_POSITION ? data->qpos : data->qvel) + rule->index;
  double size;

  esp_model_symbols_read (self->definition->symbols, data, self->values);
  if (rule->value != NULL)
    esp_formula_evaluate (rule->value, self->values, number);
  if (rule->noise == NULL)
    return;
  esp_formula_evaluate (rule->noise, self->values, &size);
  *number += rule->is_normal ? size * esp_random_normal (random) : esp_random_between (random, -size, size);
}

/* Starts at rest, or in the keyframe, without noise. */
static void
rest (FileEnvironment *self)
{
  const EspFileDefinition *definition = self->definition;

  esp_mujoco_environment_clear (&self->parent.parent);
  if (definition->keyframe >= 0)
    mj_resetDataKeyframe (self->parent.model, self->parent.data, definition->keyframe);
}

static void
file_reset (EspEnvironment *environment)
{
  FileEnvironment *self = get_self (environment);
  const GArray *rules = self->definition->rules;
  size_t n_observations = self->definition->info.n_observations;

  self->fault = FAULT_NONE;
  rest (self);
  for (guint i = 0; i < rules->len; i++)
    apply_rule (self, &g_array_index (rules, EspResetRule, i));
  mj_normalizeQuat (self->parent.model, self->parent.data->qpos);
  if (!esp_mujoco_environment_settle (environment))
    self->fault = FAULT_BLOW_UP;
  else if (evaluate (self, n_observations))
    return;

  /* what the model does without noise has been seen to work */
  rest (self);
  esp_mujoco_environment_settle (environment);
  evaluate (self, 0);
}

static double
file_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  FileEnvironment *self = get_self (environment);
  const EspFileDefinition *definition = self->definition;
  size_t n_observations = definition->info.n_observations;

  self->fault = FAULT_NONE;
  for (size_t i = 0; i < definition->info.n_actions; i++)
    self->controls[definition->actuators[i]] = action[i];
  esp_mujoco_environment_get_state (environment, self->earlier);
  if (!esp_mujoco_environment_advance (environment, self->controls) || !update_sensors (self))
    self->fault = FAULT_BLOW_UP;
  else if (evaluate (self, count_outputs (self)))
    {
      *terminated = self->outputs[n_observations + 1] > 0;
      return self->outputs[n_observations];
    }

  esp_mujoco_environment_set_state (environment, self->earlier);
  esp_model_symbols_read (definition->symbols, self->parent.data, self->values);
  esp_formula_evaluate (definition->outputs, self->values, self->outputs);
  *terminated = true;

  return 0;
}

static void
file_observe (const EspEnvironment *environment, double *observation)
{
  const FileEnvironment *self = (const FileEnvironment *) environment;

  memcpy (observation, self->outputs, self->definition->info.n_observations * sizeof (double));
}

/* Goes back to the state from before an attempt to change it. */
static gboolean
go_back (FileEnvironment *self)
{
  esp_mujoco_environment_set_state (&self->parent.parent, self->earlier);
  evaluate (self, 0);

  return FALSE;
}

static gboolean
file_set_state (EspEnvironment *environment, const void *state)
{
  FileEnvironment *self = get_self (environment);

  esp_mujoco_environment_get_state (environment, self->earlier);
  if (!esp_mujoco_environment_set_state (environment, state))
    return FALSE;

  return evaluate (self, self->definition->info.n_observations) || go_back (self);
}

static gboolean
file_set_physics (EspEnvironment *environment, const double *values)
{
  FileEnvironment *self = get_self (environment);

  esp_mujoco_environment_get_state (environment, self->earlier);
  if (!esp_mujoco_environment_set_physics (environment, values))
    return FALSE;

  return evaluate (self, self->definition->info.n_observations) || go_back (self);
}

static gboolean
file_correct_physics (EspEnvironment *environment, const double *values)
{
  FileEnvironment *self = get_self (environment);

  esp_mujoco_environment_get_state (environment, self->earlier);
  if (!esp_mujoco_environment_correct_physics (environment, values))
    return FALSE;

  return (update_sensors (self) && evaluate (self, self->definition->info.n_observations)) || go_back (self);
}

void
esp_file_environment_complete (EspFileDefinition *definition)
{
  definition->interface = (EspEnvironmentInterface){
    .info = &definition->info,
    .instance_size = sizeof (FileEnvironment),
    .init = file_init,
    .reset = file_reset,
    .step = file_step,
    .observe = file_observe,
    ESP_MUJOCO_ENVIRONMENT_FUNCTIONS,
  };
  definition->interface.free = file_free;
  definition->interface.takes_any_action = false;
  definition->interface.set_state = file_set_state;
  definition->interface.set_physics = file_set_physics;
  definition->interface.correct_physics = file_correct_physics;
}

/* Says what was wrong with the last reset or step, @when. */
static gboolean
report_fault (const FileEnvironment *self, const char *when, GError **error)
{
  const EspEnvironmentInfo *info = &self->definition->info;
  size_t i = self->faulty;

  if (self->fault == FAULT_BLOW_UP)
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                 "its simulation explodes %s; give the model a smaller timestep or weaker actuators", when);
  else if (i < info->n_observations)
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the observation “%s” is not a finite number %s",
                 info->observations[i].name, when);
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the %s is not a finite number %s",
                 i == info->n_observations ? "reward" : "termination", when);

  return FALSE;
}

static gboolean
try_rest (FileEnvironment *self, GError **error)
{
  self->fault = FAULT_NONE;
  rest (self);
  if (!esp_mujoco_environment_settle (&self->parent.parent))
    self->fault = FAULT_BLOW_UP;
  else if (evaluate (self, self->definition->info.n_observations))
    return TRUE;

  return report_fault (self, "at rest", error);
}

static double
get_processor_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static gboolean
try_episode (FileEnvironment *self, uint64_t seed, double deadline, size_t *n_steps, GError **error)
{
  EspEnvironment *environment = &self->parent.parent;
  const EspEnvironmentInfo *info = &self->definition->info;
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  EspRandom random;

  esp_random_init (&random, seed, TRIAL_STREAM);
  esp_environment_reset (environment, seed, observation);
  if (self->fault != FAULT_NONE)
    return report_fault (self, "after a reset", error);
  for (int i = 1; i <= TRIAL_STEPS && get_processor_time () < deadline; i++)
    {
      g_autofree char *when = NULL;

      for (size_t k = 0; k < info->n_actions; k++)
        action[k] = esp_random_between (&random, info->actions[k].low, info->actions[k].high);
      if (esp_environment_step (environment, action, observation).terminated && self->fault == FAULT_NONE)
        break;
      (*n_steps)++;
      if (self->fault == FAULT_NONE)
        continue;
      when = g_strdup_printf ("after %d step%s with random actions", i, i == 1 ? "" : "s");
      return report_fault (self, when, error);
    }

  return TRUE;
}

gboolean
esp_file_environment_try (const EspFileDefinition *definition, GError **error)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new_from_interface (&definition->interface, error);
  double deadline = get_processor_time () + TRIAL_SECONDS;
  size_t n_steps = 0;

  if (environment == NULL || !try_rest (get_self (environment), error))
    return FALSE;
  for (uint64_t seed = 0; seed < TRIAL_EPISODES && get_processor_time () < deadline; seed++)
    {
      if (!try_episode (get_self (environment), seed, deadline, &n_steps, error))
        return FALSE;
    }
  if (get_processor_time () >= deadline && n_steps < TRIAL_LEAST)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "it makes only %zu steps in %g seconds; make the model simpler or “frame_skip” smaller",
                   n_steps, TRIAL_SECONDS);
      return FALSE;
    }

  return TRUE;
}

#include "esp-environment-private.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-task-private.h"
#include "esp-file-registry.h"

/* The stream of a seed that environments draw from; learners use others. */
#define ENVIRONMENT_STREAM 0x656e7669726f6e00u

#define STATE_MAGIC 0x4553504154533031u /* "ESPSTA01" */

/* What precedes the engine's bytes in a state. */
typedef struct
{
  uint64_t magic;
  uint64_t environment; /* its name and task, hashed */
  uint64_t size;        /* of the whole state */
  uint64_t steps;
  uint64_t terminated;
  EspRandom random;
} StateHeader;

static const EspEnvironmentInterface *const interfaces[] = {
  &esp_cartpole_interface,
  &esp_mountain_car_interface,
  &esp_pendulum_interface,
  &esp_inverted_double_pendulum_interface,
  &esp_inverted_pendulum_swingup_interface,
  &esp_reacher_interface,
  &esp_hopper_interface,
  &esp_half_cheetah_interface,
  &esp_walker2d_interface,
  &esp_lunar_lander_interface,
  &esp_bipedal_walker_interface,
  &esp_car2d_interface,
};

static const EspEnvironmentInfo *const infos[] = {
  &esp_cartpole_info,
  &esp_mountain_car_info,
  &esp_pendulum_info,
  &esp_inverted_double_pendulum_info,
  &esp_inverted_pendulum_swingup_info,
  &esp_reacher_info,
  &esp_hopper_info,
  &esp_half_cheetah_info,
  &esp_walker2d_info,
  &esp_lunar_lander_info,
  &esp_bipedal_walker_info,
  &esp_car2d_info,
};

G_STATIC_ASSERT (G_N_ELEMENTS (interfaces) == G_N_ELEMENTS (infos));

/* FNV-1a, 64 bits: g_str_hash() may change with GLib, states last longer. */
static uint64_t
hash_bytes (uint64_t hash, const void *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ ((const uint8_t *) bytes)[i]) * 0x100000001b3u;

  return hash;
}

uint64_t
esp_environment_hash (const char *name)
{
  return hash_bytes (0xcbf29ce484222325u, name, strlen (name));
}

/* A state makes sense in its environment only, and among the tasks of a family in its own. */
static uint64_t
identify (const EspEnvironment *environment)
{
  const EspEnvironmentInfo *info = environment->interface->info;
  uint64_t hash = esp_environment_hash (info->family != NULL ? info->family : info->name);

  if (environment->task == NULL)
    return hash;

  return hash_bytes (hash, environment->task->values, environment->task->n_values * sizeof (double));
}

const EspEnvironmentInfo *const *
esp_environment_list (size_t *n_environments)
{
  *n_environments = G_N_ELEMENTS (infos);

  return infos;
}

static const EspEnvironmentInterface *
find_interface (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      if (strcmp (interfaces[i]->info->name, name) == 0)
        return interfaces[i];
    }

  return NULL;
}

static void
set_unknown_error (const char *name, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);
  const EspTaskFamily *const *families;
  size_t n_families;

  for (size_t i = 0; i < G_N_ELEMENTS (infos); i++)
    g_string_append_printf (known, "%s%s", i == 0 ? "" : ", ", infos[i]->name);
  families = esp_task_families (&n_families);
  for (size_t i = 0; i < n_families; i++)
    g_string_append_printf (known, ", %s", families[i]->environment->name);
  g_set_error (
    error, ESP_ERROR, ESP_ERROR_USAGE,
    "there is no environment called “%s”; the built-in ones are %s, and a file that ends in .json is one "
    "of your own",
    name, known->str);
}

EspEnvironment *
esp_environment_new (const char *name, GError **error)
{
  const EspEnvironmentInterface *interface = find_interface (name);
  g_autoptr (GError) reason = NULL;

  if (interface == NULL && g_str_has_suffix (name, ".json"))
    {
      interface = esp_file_registry_load (name, error);
      if (interface == NULL)
        return NULL;
    }
  if (interface == NULL)
    interface = esp_file_registry_find (name);
  if (interface == NULL)
    interface = esp_task_find_interface (name, &reason);
  if (reason != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }
  if (interface == NULL)
    {
      set_unknown_error (name, error);
      return NULL;
    }

  return esp_environment_new_from_interface (interface, error);
}

EspEnvironment *
esp_environment_new_from_interface (const EspEnvironmentInterface *interface, GError **error)
{
  EspEnvironment *environment = g_malloc0 (interface->instance_size);

  environment->interface = interface;
  if ((interface->init != NULL && !interface->init (environment, error))
      || !esp_task_begin (environment, error))
    {
      esp_environment_free (environment);
      return NULL;
    }
  esp_random_init (&environment->random, 0, ENVIRONMENT_STREAM);
  interface->reset (environment);

  return environment;
}

void
esp_environment_free (EspEnvironment *environment)
{
  if (environment == NULL)
    return;
  if (environment->interface->free != NULL)
    environment->interface->free (environment);
  g_free (environment->task);
  g_free (environment);
}

const EspEnvironmentInfo *
esp_environment_get_info (const EspEnvironment *environment)
{
  return environment->interface->info;
}

void
esp_environment_reset (EspEnvironment *environment, uint64_t seed, double *observation)
{
  esp_random_init (&environment->random, seed, ENVIRONMENT_STREAM);
  environment->steps = 0;
  environment->terminated = false;
  environment->interface->reset (environment);
  environment->interface->observe (environment, observation);
}

static double
clip_action (double value, const EspSignal *signal)
{
  if (isnan (value))
    value = 0;

  return CLAMP (value, signal->low, signal->high);
}

/* Steps with a finite @action that the environment can take. */
static EspStep
take_step (EspEnvironment *environment, const double *action, double *observation)
{
  const EspEnvironmentInfo *info = environment->interface->info;
  EspStep step = { 0 };

  environment->succeeded = false;
  step.reward = environment->interface->step (environment, action, &step.terminated);
  environment->steps++;
  environment->terminated |= step.terminated;
  step.succeeded = step.terminated && environment->succeeded;
  step.truncated = !step.terminated && environment->steps >= info->max_steps;
  environment->interface->observe (environment, observation);

  return step;
}

EspStep
esp_environment_step (EspEnvironment *environment, const double *action, double *observation)
{
  const EspEnvironmentInfo *info = environment->interface->info;
  double clipped[ESP_MAX_ACTIONS];

  for (size_t i = 0; i < info->n_actions; i++)
    clipped[i] = clip_action (action[i], &info->actions[i]);

  return take_step (environment, clipped, observation);
}

EspStep
esp_environment_step_unclipped (EspEnvironment *environment, const double *action, double *observation)
{
  for (size_t i = 0; i < environment->interface->info->n_actions; i++)
    {
      if (!isfinite (action[i]))
        return esp_environment_step (environment, action, observation);
    }

  return environment->interface->takes_any_action ? take_step (environment, action, observation)
                                                  : esp_environment_step (environment, action, observation);
}

void
esp_environment_observe (const EspEnvironment *environment, double *observation)
{
  environment->interface->observe (environment, observation);
}

size_t
esp_environment_get_state_size (const EspEnvironment *environment)
{
  return sizeof (StateHeader) + environment->interface->get_state_size (environment);
}

void
esp_environment_get_state (const EspEnvironment *environment, void *state)
{
  StateHeader header = {
    .magic = STATE_MAGIC,
    .environment = identify (environment),
    .size = esp_environment_get_state_size (environment),
    .steps = environment->steps,
    .terminated = environment->terminated,
    .random = environment->random,
  };

  memcpy (state, &header, sizeof header);
  environment->interface->get_state (environment, (uint8_t *) state + sizeof header);
}

gboolean
esp_environment_set_state (EspEnvironment *environment, const void *state, size_t size, GError **error)
{
  const EspEnvironmentInfo *info = environment->interface->info;
  StateHeader header;

  if (size != esp_environment_get_state_size (environment))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "a saved state of “%s” has %zu bytes, not %zu",
                   info->name, esp_environment_get_state_size (environment), size);
      return FALSE;
    }

  memcpy (&header, state, sizeof header);
  if (header.magic != STATE_MAGIC || header.environment != identify (environment) || header.size != size)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "these bytes are not a saved state of “%s”",
                   info->name);
      return FALSE;
    }
  if (header.terminated > 1 || header.random.used > 4 || header.random.reserved != 0
      || !environment->interface->set_state (environment, (const uint8_t *) state + sizeof header))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the saved state of “%s” is damaged", info->name);
      return FALSE;
    }

  environment->random = header.random;
  environment->steps = header.steps;
  environment->terminated = header.terminated != 0;

  return TRUE;
}

size_t
esp_environment_get_n_physics (const EspEnvironment *environment)
{
  return environment->interface->get_n_physics (environment);
}

void
esp_environment_get_physics (const EspEnvironment *environment, double *values)
{
  environment->interface->get_physics (environment, values);
}

/* Checks that @values[@n] can be a physical state and gives them to @take, which has the last word. */
static gboolean
put_physics (EspEnvironment *environment,
             gboolean (*take) (EspEnvironment *environment, const double *values),
             const double *values,
             size_t n,
             GError **error)
{
  const EspEnvironmentInfo *info = environment->interface->info;
  size_t expected = esp_environment_get_n_physics (environment);

  if (n != expected)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the physical state of “%s” has %zu values, not %zu",
                   info->name, expected, n);
      return FALSE;
    }
  for (size_t i = 0; i < n; i++)
    {
      if (!isfinite (values[i]))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                       "value %zu of the physical state of “%s” is not a finite number", i + 1, info->name);
          return FALSE;
        }
    }
  if (!take (environment, values))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "these values are not a physical state of “%s”",
                   info->name);
      return FALSE;
    }

  return TRUE;
}

gboolean
esp_environment_set_physics (EspEnvironment *environment, const double *values, size_t n, GError **error)
{
  if (!put_physics (environment, environment->interface->set_physics, values, n, error))
    return FALSE;
  environment->steps = 0;
  environment->terminated = false;

  return TRUE;
}

gboolean
esp_environment_correct_physics (EspEnvironment *environment, const double *values, size_t n, GError **error)
{
  const EspEnvironmentInterface *interface = environment->interface;

  return put_physics (
    environment, interface->correct_physics != NULL ? interface->correct_physics : interface->set_physics,
    values, n, error);
}

void
esp_environment_get_pose (const EspEnvironment *environment, double *pose)
{
  environment->interface->get_pose (environment, pose);
}

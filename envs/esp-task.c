#include "esp-task.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "esp-environment-private.h"
#include "esp-error.h"
#include "esp-task-private.h"

static const EspEnvironmentInterface *const interfaces[] = {
  &esp_cheetah_vel_interface,
  &esp_hopper_params_interface,
  &esp_walker2d_params_interface,
  &esp_lunar_lander_params_interface,
  &esp_inverted_double_pendulum_params_interface,
  &esp_cartpole_force_ood_interface,
};

static const EspTaskFamily *const families[] = {
  &esp_cheetah_vel_family,
  &esp_hopper_params_family,
  &esp_walker2d_params_family,
  &esp_lunar_lander_params_family,
  &esp_inverted_double_pendulum_params_family,
  &esp_cartpole_force_ood_family,
};

G_STATIC_ASSERT (G_N_ELEMENTS (interfaces) == G_N_ELEMENTS (families));

/* A task that has been named: its description lives as long as the process, as those of all environments. */
typedef struct
{
  EspEnvironmentInterface interface;
  EspEnvironmentInfo info;
  EspTask task;
} NamedTask;

const EspTaskFamily *const *
esp_task_families (size_t *n_families)
{
  *n_families = G_N_ELEMENTS (families);

  return families;
}

const EspTaskFamily *
esp_task_find_family (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (families); i++)
    {
      if (strcmp (families[i]->environment->name, name) == 0)
        return families[i];
    }

  return NULL;
}

static const EspEnvironmentInterface *
find_interface (const EspTaskFamily *family)
{
  for (size_t i = 0; i < G_N_ELEMENTS (families); i++)
    {
      if (families[i] == family)
        return interfaces[i];
    }

  return NULL;
}

size_t
esp_task_count_values (const EspTaskFamily *family)
{
  size_t n = 0;

  for (size_t i = 0; i < family->n_parameters; i++)
    n += family->parameters[i].n;

  return n;
}

gboolean
esp_task_draw (const char *family_name, uint64_t seed, size_t index, EspTask *task, GError **error)
{
  const EspTaskFamily *family = esp_task_find_family (family_name);
  EspRandom random;

  if (family == NULL)
    {
      g_autoptr (GString) known = g_string_new (NULL);

      for (size_t i = 0; i < G_N_ELEMENTS (families); i++)
        g_string_append_printf (known, "%s%s", i == 0 ? "" : ", ", families[i]->environment->name);
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "“%s” is not a family of tasks; the families are %s",
                   family_name, known->str);
      return FALSE;
    }
  if (index >= family->n_train + family->n_test)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "“%s” has no task %zu; 0 to %zu are for training and %zu to %zu for testing", family_name,
                   index, family->n_train - 1, family->n_train, family->n_train + family->n_test - 1);
      return FALSE;
    }

  *task = (EspTask){
    .family = family,
    .seed = seed,
    .index = index,
    .is_test = index >= family->n_train,
    .n_values = esp_task_count_values (family),
  };
  g_assert (task->n_values <= ESP_TASK_MAX_VALUES);
  /* a stream for each task, so that none depends on how many are drawn; the factor spreads the numbers over
   * all 64 bits, away from the streams of the other families */
  esp_random_init (&random, seed, esp_environment_hash (family_name) + index * UINT64_C (0x9e3779b97f4a7c15));

  return find_interface (family)->draw_task (&random, task->is_test, task->values, error);
}

char *
esp_task_get_name (const char *family, uint64_t seed, size_t index)
{
  return g_strdup_printf ("%s:%zu:%" G_GUINT64_FORMAT, family, index, seed);
}

/* Splits FAMILY:TASK or FAMILY:TASK:SEED. FALSE if it is neither. */
static gboolean
split_name (const char *name, const EspTaskFamily **family, uint64_t *seed, uint64_t *index)
{
  g_auto (GStrv) parts = g_strsplit (name, ":", 4);
  guint n = g_strv_length (parts);

  *seed = 0;
  if (n != 2 && n != 3)
    return FALSE;
  *family = esp_task_find_family (parts[0]);

  return *family != NULL && g_ascii_string_to_unsigned (parts[1], 10, 0, SIZE_MAX, index, NULL)
         && (n == 2 || g_ascii_string_to_unsigned (parts[2], 10, 0, UINT64_MAX, seed, NULL));
}

static NamedTask *
new_named_task (const EspTask *task, char *name)
{
  NamedTask *named = g_new (NamedTask, 1);

  named->task = *task;
  named->info = *task->family->environment;
  named->info.name = name;
  named->info.title = g_strdup_printf ("%s, %s task %zu", task->family->environment->title,
                                       task->is_test ? "test" : "training", task->index);
  named->interface = *find_interface (task->family);
  named->interface.info = &named->info;
  named->interface.task = &named->task;

  return named;
}

const EspEnvironmentInterface *
esp_task_find_interface (const char *name, GError **error)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static GHashTable *named_tasks;
  const EspTaskFamily *family = esp_task_find_family (name);
  g_autofree char *canonical = NULL;
  uint64_t seed, index;
  NamedTask *named;
  EspTask task;

  if (family != NULL)
    return find_interface (family);
  if (!split_name (name, &family, &seed, &index))
    return NULL;
  if (!esp_task_draw (family->environment->name, seed, index, &task, error))
    return NULL;

  canonical = esp_task_get_name (family->environment->name, seed, index);
  pthread_mutex_lock (&lock);
  if (named_tasks == NULL)
    named_tasks = g_hash_table_new (g_str_hash, g_str_equal);
  named = g_hash_table_lookup (named_tasks, canonical);
  if (named == NULL)
    {
      named = new_named_task (&task, g_steal_pointer (&canonical));
      g_hash_table_insert (named_tasks, (gpointer) named->info.name, named);
    }
  pthread_mutex_unlock (&lock);

  return &named->interface;
}

/* Takes over @task without a reset. */
static gboolean
put_task (EspEnvironment *environment, const EspTask *task, GError **error)
{
  const EspEnvironmentInterface *interface = environment->interface;

  if (interface->family == NULL || interface->family != task->family)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the tasks of “%s” are not for “%s”",
                   task->family->environment->name, interface->info->name);
      return FALSE;
    }
  for (size_t i = 0; i < task->n_values; i++)
    {
      if (!isfinite (task->values[i]))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                       "value %zu of the task of “%s” is not a finite number", i + 1, interface->info->name);
          return FALSE;
        }
    }
  if (task->n_values != esp_task_count_values (task->family)
      || !interface->set_task (environment, task->values))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "these values are not a task of “%s”",
                   interface->info->name);
      return FALSE;
    }
  if (environment->task == NULL)
    environment->task = g_new (EspTask, 1);
  *environment->task = *task;

  return TRUE;
}

gboolean
esp_task_begin (EspEnvironment *environment, GError **error)
{
  const EspEnvironmentInterface *interface = environment->interface;
  EspTask first;

  if (interface->family == NULL)
    return TRUE;
  if (interface->task != NULL)
    return put_task (environment, interface->task, error);

  return esp_task_draw (interface->family->environment->name, 0, 0, &first, error)
         && put_task (environment, &first, error);
}

gboolean
esp_environment_set_task (EspEnvironment *environment, const EspTask *task, GError **error)
{
  double observation[ESP_MAX_OBSERVATIONS];

  if (!put_task (environment, task, error))
    return FALSE;
  esp_environment_reset (environment, 0, observation);

  return TRUE;
}

const EspTask *
esp_environment_get_task (const EspEnvironment *environment)
{
  return environment->task;
}

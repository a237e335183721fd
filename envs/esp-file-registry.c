#include "esp-file-registry.h"

#include <pthread.h>
#include <string.h>

#include "esp-environment-file.h"
#include "esp-error.h"
#include "esp-file-environment.h"
#include "esp-folder.h"
#include "esp-mujoco.h"
#include "esp-task.h"

static EspEnvironmentChecker chosen_checker;

/* Loading takes seconds, in which the environments that are there must be found. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t listing = PTHREAD_MUTEX_INITIALIZER;
static GPtrArray *definitions;

void
esp_environment_set_checker (EspEnvironmentChecker checker)
{
  chosen_checker = checker;
}

/* Puts the file's name before the sentence, unless there has been no reading of it yet. */
static gboolean
name_file (const char *path, GError **error)
{
  g_autofree char *name = g_filename_display_basename (path);

  g_prefix_error (error, "the environment “%s” cannot be used: ", name);

  return FALSE;
}

gboolean
esp_environment_check_file (const char *path, char **digest, GError **error)
{
  g_autoptr (EspFileDefinition) definition = esp_file_definition_load (path, error);

  if (definition == NULL)
    return FALSE;
  esp_file_environment_complete (definition);
  if (!esp_file_environment_try (definition, error))
    return name_file (path, error);
  if (digest != NULL)
    *digest = g_strdup (definition->digest);

  return TRUE;
}

/* Returns the definition whose path or name is @text. */
static const EspFileDefinition *
find (const char *text, gboolean is_path)
{
  const EspFileDefinition *found = NULL;

  pthread_mutex_lock (&listing);
  for (guint i = 0; definitions != NULL && i < definitions->len && found == NULL; i++)
    {
      const EspFileDefinition *definition = g_ptr_array_index (definitions, i);

      if (strcmp (is_path ? definition->file : definition->info.name, text) == 0)
        found = definition;
    }
  pthread_mutex_unlock (&listing);

  return found;
}

static gboolean
check_name (const EspFileDefinition *definition, GError **error)
{
  const EspFileDefinition *other = find (definition->info.name, FALSE);
  size_t n, n_families;
  const EspEnvironmentInfo *const *infos = esp_environment_list (&n);
  const EspTaskFamily *const *families = esp_task_families (&n_families);
  gboolean is_taken = FALSE;

  for (size_t i = 0; i < n; i++)
    is_taken |= strcmp (infos[i]->name, definition->info.name) == 0;
  for (size_t i = 0; i < n_families; i++)
    is_taken |= strcmp (families[i]->environment->name, definition->info.name) == 0;
  if (is_taken)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "its name “%s” is that of a built-in environment; choose another", definition->info.name);
      return FALSE;
    }
  if (other == NULL)
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "its name “%s” is that of “%s”, which is open already; choose another", definition->info.name,
               other->file);

  return FALSE;
}

/* Checks and loads the file with the true path @path. */
static const EspFileDefinition *
load (const char *path, GError **error)
{
  EspEnvironmentChecker check = chosen_checker != NULL ? chosen_checker : esp_environment_check_file;
  g_autofree char *digest = NULL;
  g_autoptr (EspFileDefinition) definition = NULL;

  if (!check (path, &digest, error))
    return NULL;
  definition = esp_file_definition_load (path, error);
  if (definition == NULL)
    return NULL;
  if (g_strcmp0 (digest, definition->digest) != 0)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_FILE, "it changed while it was read; try again");
      name_file (path, error);
      return NULL;
    }
  if (!check_name (definition, error))
    {
      name_file (path, error);
      return NULL;
    }

  esp_file_environment_complete (definition);
  esp_mujoco_offer (definition->info.scene, definition->model);
  pthread_mutex_lock (&listing);
  if (definitions == NULL)
    definitions = g_ptr_array_new ();
  g_ptr_array_add (definitions, definition);
  pthread_mutex_unlock (&listing);

  return g_steal_pointer (&definition);
}

const EspEnvironmentInterface *
esp_file_registry_load (const char *path, GError **error)
{
  g_autofree char *true_path = esp_folder_locate (path, error);
  const EspFileDefinition *definition;

  if (true_path == NULL)
    return NULL;
  pthread_mutex_lock (&loading);
  definition = find (true_path, TRUE);
  if (definition == NULL)
    definition = load (true_path, error);
  pthread_mutex_unlock (&loading);

  return definition != NULL ? &definition->interface : NULL;
}

const EspEnvironmentInterface *
esp_file_registry_find (const char *name)
{
  const EspFileDefinition *definition = find (name, FALSE);

  return definition != NULL ? &definition->interface : NULL;
}

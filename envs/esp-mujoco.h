/* MuJoCo without its habits, for all who use it: by default an error waits for the Enter key and then ends
 * the process, and a warning writes MUJOCO_LOG.TXT into the working folder. Here an error becomes a GError,
 * and a warning a debug message; mjData counts the warnings that concern a simulation.
 */

#pragma once

#include <glib.h>
#include <mujoco/mujoco.h>

G_BEGIN_DECLS

/* Returns whether the library that runs is the one that the headers describe; the layout of its structs
 * depends on it. Fails with ESP_ERROR_SYSTEM. Any thread. */
gboolean esp_mujoco_check (GError **error);

/* Calls @function with @data. A MuJoCo error inside it ends it at once (what it holds is not freed) and
 * fails with ESP_ERROR_SYSTEM and MuJoCo's message. Calls must not be nested. Allocates nothing unless it
 * fails. Any thread. */
gboolean esp_mujoco_call (void (*function) (void *data), void *data, GError **error);

/**
 * EspMujocoPart:
 * @ESP_MUJOCO_ALL: everything, for the picture
 * @ESP_MUJOCO_PHYSICS: all but geoms of the classes `decoration` and `shadow`: they touch nothing and have no
 *   mass, but each step would move them along, which can take as long as all the rest
 *
 * What is wanted of a model.
 */
typedef enum
{
  ESP_MUJOCO_ALL,
  ESP_MUJOCO_PHYSICS,
} EspMujocoPart;

/* Loads and compiles @part of the model in the data file models/@file, or copies the one that is offered
 * under this name; free it with mj_deleteModel(). Fails with ESP_ERROR_FILE or ESP_ERROR_SYSTEM. Any thread:
 * MuJoCo's compiler is not for several at a time, so they take turns. */
mjModel *esp_mujoco_load (const char *file, EspMujocoPart part, GError **error);

/* Loads and compiles the model in the file @path, otherwise as esp_mujoco_load(). */
mjModel *esp_mujoco_load_file (const char *path, GError **error);

/* Makes @model what esp_mujoco_load() finds as @name. Both must live as long as the process. Any thread. */
void esp_mujoco_offer (const char *name, const mjModel *model);

G_END_DECLS

/* Calling MuJoCo without its habits: by default an error waits for the Enter key and then ends the process,
 * and a warning writes MUJOCO_LOG.TXT into the working folder. Here an error becomes a GError, and a warning
 * a debug message.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns whether the library that runs is the one that the headers describe; the layout of its structs
 * depends on it. Fails with ESP_ERROR_SYSTEM. Any thread. */
gboolean esp_mujoco_check (GError **error);

/* Calls @function with @data. A MuJoCo error inside it ends it at once (what it holds is not freed) and
 * fails with ESP_ERROR_SYSTEM and MuJoCo's message. Calls must not be nested. Any thread. */
gboolean esp_mujoco_call (void (*function) (void *data), void *data, GError **error);

G_END_DECLS

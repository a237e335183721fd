/* Reading a model from outside before MuJoCo does.
 *
 * MuJoCo opens whatever file a model names, and takes as much memory as a model asks for. So the XML is read
 * here first: it must be one that cannot be read in two ways (no DOCTYPE, no CDATA), name only files of its
 * own folder, and ask for nothing absurd. What the compiled model contains is limited as well.
 */

#pragma once

#include <glib.h>
#include <mujoco/mujoco.h>

G_BEGIN_DECLS

/* Limits of a compiled model. */
#define ESP_MODEL_MAX_VELOCITIES  256
#define ESP_MODEL_MAX_BODIES      2000
#define ESP_MODEL_MAX_GEOMS       4000
#define ESP_MODEL_MAX_SENSOR_DATA 1024
#define ESP_MODEL_MAX_ACTUATORS   256
#define ESP_MODEL_MAX_BYTES       (256u << 20)

/* Reads the model @path below @folder, a true path, and everything that it names, and adds all their bytes to
 * @digest. Fails with ESP_ERROR_FILE, ESP_ERROR_SYNTAX or ESP_ERROR_RANGE. Any thread. */
gboolean esp_model_check_file (const char *folder, const char *path, GChecksum *digest, GError **error);

/* Fails with ESP_ERROR_RANGE if the compiled @model is larger than the program takes. Any thread. */
gboolean esp_model_check_size (const mjModel *model, GError **error);

G_END_DECLS

/* Checkpoints: a complete run in a safetensors file.
 *
 * A run that goes on from a checkpoint is bit-identical to one that never stopped (same machine, same
 * build): learner, replay, random streams, environment, curves and candidates are all in it.
 */

#pragma once

#include "esp-run.h"

G_BEGIN_DECLS

/* Writes @run to @path atomically. No evaluation may be under way. Fails with ESP_ERROR_FILE,
 * or with ESP_ERROR_DIVERGED where the learner holds numbers that are not finite; what is in @path stays
 * then. */
gboolean esp_checkpoint_save (EspRun *run, const char *path, GError **error);

/* Returns the run that was saved in @path. Fails with ESP_ERROR_FILE where the file is no checkpoint or is
 * damaged. */
EspRun *esp_checkpoint_load (const char *path, GError **error);

G_END_DECLS

/* Instances of environments from files. Included by the sources of file environments only. */

#pragma once

#include "esp-file-definition.h"

/* Fills the interface of @definition with the functions of its instances. */
void esp_file_environment_complete (EspFileDefinition *definition);

/* Tries out @definition, whose interface is complete: rest, resets, and steps with random actions. Fails with
 * ESP_ERROR_RANGE or ESP_ERROR_SYSTEM. Any thread. */
gboolean esp_file_environment_try (const EspFileDefinition *definition, GError **error);

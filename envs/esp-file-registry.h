/* The environments that this process has loaded from files. Any thread. */

#pragma once

#include "esp-environment-private.h"

/* Returns the environment of the JSON file @path, which is checked and loaded unless it has been before; it
 * lives as long as the process. Fails as esp_environment_check_file() does, and with ESP_ERROR_USAGE where
 * its name is that of another environment. */
const EspEnvironmentInterface *esp_file_registry_load (const char *path, GError **error);

/* Returns the loaded environment called @name, or NULL. */
const EspEnvironmentInterface *esp_file_registry_find (const char *name);

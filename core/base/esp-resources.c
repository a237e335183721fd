#include "esp-resources.h"

/* Both folders are set by the build. */
char *
esp_resource_path (const char *name)
{
  const char *chosen = g_getenv ("ESPALIER_RESOURCES");

  if (chosen == NULL)
    chosen = g_file_test (ESP_SOURCE_RESOURCES, G_FILE_TEST_IS_DIR) ? ESP_SOURCE_RESOURCES
                                                                    : ESP_INSTALLED_RESOURCES;

  return g_build_filename (chosen, name, NULL);
}

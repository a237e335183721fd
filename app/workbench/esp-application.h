/* The workbench as an application: its windows' style, actions that belong to no window, and a clean
 * end, whether by the menu, by closing the window or by a signal. */

#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define ESP_TYPE_APPLICATION (esp_application_get_type ())
G_DECLARE_FINAL_TYPE (EspApplication, esp_application, ESP, APPLICATION, AdwApplication)

/* Returns an application whose window trains in @environment by @recipe (NULL: `default`) from @seed,
 * at once unless @paused. */
EspApplication *
esp_application_new (const char *environment, const char *recipe, guint64 seed, gboolean paused);

/* Returns why the window could not be opened, or NULL; owned by @application. */
const GError *esp_application_get_error (EspApplication *application);

/* Closes all windows, which stops and joins everything, and so ends the application. */
void esp_application_quit (EspApplication *application);

G_END_DECLS

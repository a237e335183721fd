/* The workbench's window: four panels on one session. Main thread only. */

#pragma once

#include <adwaita.h>

#include "esp-session.h"

G_BEGIN_DECLS

#define ESP_TYPE_WINDOW (esp_window_get_type ())
G_DECLARE_FINAL_TYPE (EspWindow, esp_window, ESP, WINDOW, AdwApplicationWindow)

/* Returns a window on @session (referenced). Destroying the window closes the session. */
EspWindow *esp_window_new (GtkApplication *application, EspSession *session);

/* Gives the window's actions their keys in @application. */
void esp_window_install_accels (GtkApplication *application);

G_END_DECLS

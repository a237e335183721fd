/* A hidden GLFW window, for its OpenGL context: opened and closed on the main thread, current on one other.
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct GLFWwindow GLFWwindow;

/* Returns a new hidden window, whose context is current nowhere. Fails with ESP_ERROR_SYSTEM. Main thread. */
GLFWwindow *esp_context_open_window (GError **error);

/* Destroys @window, whose context must be current nowhere; NULL is allowed. Main thread. */
void esp_context_close_window (GLFWwindow *window);

/* Makes the context of @window current on this thread and writes to *@is_fast whether a GPU stands behind
 * it. Fails with ESP_ERROR_SYSTEM. */
bool esp_context_enter (GLFWwindow *window, bool *is_fast, GError **error);

/* Makes no context current on this thread. */
void esp_context_leave (void);

G_END_DECLS

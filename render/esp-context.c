#include "esp-context.h"

#include <string.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include "esp-error.h"

#define GL_RENDERER 0x1F01

static void
set_glfw_error (const char *what, GError **error)
{
  const char *description = NULL;

  glfwGetError (&description);
  g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "no 3-D view: %s (%s)", what,
               description != NULL ? description : "GLFW gives no reason");
}

static GLFWwindow *
open_with (int creation_api)
{
  glfwDefaultWindowHints ();
  glfwWindowHint (GLFW_VISIBLE, GLFW_FALSE);
  glfwWindowHint (GLFW_FOCUSED, GLFW_FALSE);
  glfwWindowHint (GLFW_CONTEXT_CREATION_API, creation_api);

  return glfwCreateWindow (64, 64, "Espalier", NULL, NULL);
}

GLFWwindow *
esp_context_open_window (GError **error)
{
  GLFWwindow *window;

  /* GLFW stays initialised: ending it unloads OpenGL drivers, and each round of that loses some memory */
  if (!glfwInit ())
    {
      set_glfw_error ("no display that GLFW can use", error);
      return NULL;
    }

  /* EGL refuses a context that is current in two threads, where GLX lets the mistake pass */
  window = open_with (GLFW_EGL_CONTEXT_API);
  if (window == NULL)
    window = open_with (GLFW_NATIVE_CONTEXT_API);
  if (window == NULL)
    {
      set_glfw_error ("the display offers no OpenGL", error);
      return NULL;
    }

  return window;
}

void
esp_context_close_window (GLFWwindow *window)
{
  if (window == NULL)
    return;
  glfwDestroyWindow (window);
}

static bool
is_software (const char *renderer)
{
  return strstr (renderer, "llvmpipe") != NULL || strstr (renderer, "softpipe") != NULL
         || strstr (renderer, "swrast") != NULL || strstr (renderer, "Software") != NULL;
}

bool
esp_context_enter (GLFWwindow *window, bool *is_fast, GError **error)
{
  const unsigned char *(*get_string) (unsigned name);
  const char *renderer;

  glfwMakeContextCurrent (window);
  if (glfwGetCurrentContext () != window)
    {
      set_glfw_error ("its OpenGL context cannot be used", error);
      return false;
    }

  get_string = (const unsigned char *(*) (unsigned) ) glfwGetProcAddress ("glGetString");
  renderer = get_string != NULL ? (const char *) get_string (GL_RENDERER) : NULL;
  g_debug ("OpenGL renderer: %s", renderer != NULL ? renderer : "unknown");
  *is_fast = renderer != NULL && !is_software (renderer);

  return true;
}

void
esp_context_leave (void)
{
  glfwMakeContextCurrent (NULL);
}

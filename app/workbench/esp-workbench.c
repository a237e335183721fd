#include "esp-workbench.h"

#include <glib/gstdio.h>
#include <stdio.h>

#include "esp-application.h"
#include "esp-error.h"

/* Returns whether the kernel offers a graphics processor. Asking OpenGL itself would load its libraries
 * before MuJoCo looks for them, and costs some 100 ms at every start. */
static gboolean
has_graphics_processor (void)
{
  static const char *const others[] = { "/dev/nvidiactl", "/dev/dxg" }; /* NVIDIA's own driver; WSL */
  g_autoptr (GDir) folder = g_dir_open ("/dev/dri", 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_prefix (name, "renderD"))
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_access (others[i], R_OK | W_OK) == 0)
      return TRUE;
  return FALSE;
}

/* GTK draws with OpenGL unless told otherwise. Where OpenGL is software that stalls the main loop for tens
 * of milliseconds a frame, and Cairo is many times faster. What the user has set stays. */
static void
choose_renderer (void)
{
  const char *software = g_getenv ("LIBGL_ALWAYS_SOFTWARE");

  if (!has_graphics_processor () || (software != NULL && !g_str_equal (software, "0") && *software != '\0'))
    g_setenv ("GSK_RENDERER", "cairo", FALSE);
}

gboolean
esp_workbench_has_display (void)
{
  choose_renderer ();
  return gtk_init_check ();
}

int
esp_workbench_run (const char *environment, const char *recipe, guint64 seed, gboolean paused)
{
  g_autoptr (EspApplication) application = esp_application_new (environment, recipe, seed, paused);
  char *arguments[] = { "espalier", NULL };
  const GError *failure;

  g_application_run (G_APPLICATION (application), 1, arguments);
  failure = esp_application_get_error (application);
  if (failure == NULL)
    return 0;

  fprintf (stderr, "espalier: %s\n", failure->message);
  return g_error_matches (failure, ESP_ERROR, ESP_ERROR_SYSTEM)
             || g_error_matches (failure, ESP_ERROR, ESP_ERROR_FILE)
           ? 1
           : 2;
}

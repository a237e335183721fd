#include "esp-workbench.h"

#include <glib/gstdio.h>
#include <stdio.h>

#include "esp-application.h"
#include "esp-environment.h"
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

static gboolean
check_environment (const char *name, GError **error)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (name, error);

  return environment != NULL;
}

/* Replaces GOption's words with ours where a number is no number. */
static gboolean
parse_seed (const char *text, guint64 *seed, GError **error)
{
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, seed, NULL))
    return TRUE;
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "“%s” is no seed; give a whole number from 0 to %" G_GUINT64_FORMAT, text, G_MAXUINT64);
  return FALSE;
}

int
esp_workbench_run (int argc, char **argv)
{
  g_autofree char *environment = NULL;
  g_autofree char *recipe = NULL;
  g_autofree char *seed_text = NULL;
  gboolean paused = FALSE;
  const GOptionEntry entries[] = {
    { "environment", 0, 0, G_OPTION_ARG_STRING, &environment, "what to learn in", "NAME" },
    { "recipe", 0, 0, G_OPTION_ARG_STRING, &recipe, "the hyperparameters", "NAME|FILE" },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &seed_text, "seed of everything that is random", "N" },
    { "paused", 0, 0, G_OPTION_ARG_NONE, &paused, "do not train yet", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (EspApplication) application = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) arguments = NULL;
  guint64 seed = 0;

  /* a copy, because parsing takes arguments out */
  arguments = g_new0 (char *, (gsize) argc + 1);
  for (int i = 0; i < argc; i++)
    arguments[i] = g_strdup (argv[i]);

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, &arguments, &error)
      || !check_environment (environment == NULL ? "cartpole" : environment, &error)
      || (seed_text != NULL && !parse_seed (seed_text, &seed, &error)))
    {
      fprintf (stderr, "espalier: %s\n", error->message);
      return 2;
    }
  if (!esp_workbench_has_display ())
    {
      fprintf (stderr, "espalier: there is no display to open a window on\n");
      return 1;
    }

  application = esp_application_new (environment == NULL ? "cartpole" : environment, recipe, seed, paused);
  g_application_run (G_APPLICATION (application), 1, argv);
  if (esp_application_get_error (application) != NULL)
    {
      const GError *failure = esp_application_get_error (application);

      fprintf (stderr, "espalier: %s\n", failure->message);
      return g_error_matches (failure, ESP_ERROR, ESP_ERROR_SYSTEM)
                 || g_error_matches (failure, ESP_ERROR, ESP_ERROR_FILE)
               ? 1
               : 2;
    }
  return 0;
}

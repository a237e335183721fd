#include "esp-application.h"

#include <glib-unix.h>
#include <signal.h>

#include "esp-resources.h"
#include "esp-session.h"
#include "esp-window.h"

#define RESOURCE_PATH "/org/espalier/Espalier"

struct _EspApplication
{
  AdwApplication parent_instance;

  char *environment;
  char *recipe;
  guint64 seed;
  gboolean paused;
  GError *error;
  guint signal_sources[2];
};

G_DEFINE_FINAL_TYPE (EspApplication, esp_application, ADW_TYPE_APPLICATION)

static void
show_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  static const char *const developers[] = { "The Espalier contributors", NULL };

  adw_show_about_window (
    gtk_application_get_active_window (GTK_APPLICATION (data)), "application-name", "Espalier",
    "application-icon", "org.espalier.Espalier", "version", ESP_VERSION, "developers", developers,
    "license-type", GTK_LICENSE_MIT_X11, "comments",
    "Control policies grown as short formulas: a network of mathematical operators is trained by "
    "reinforcement learning and pruned while it learns, and what is left can be read.",
    NULL);
}

static void
quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  esp_application_quit (data);
}

static void
change_colour_scheme (GSimpleAction *action, GVariant *state, gpointer data)
{
  const char *name = g_variant_get_string (state, NULL);
  AdwColorScheme scheme;

  if (g_str_equal (name, "light"))
    scheme = ADW_COLOR_SCHEME_FORCE_LIGHT;
  else if (g_str_equal (name, "dark"))
    scheme = ADW_COLOR_SCHEME_FORCE_DARK;
  else if (g_str_equal (name, "system"))
    scheme = ADW_COLOR_SCHEME_DEFAULT;
  else
    return;
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), scheme);
  g_simple_action_set_state (action, state);
}

static gboolean
signalled (gpointer data)
{
  esp_application_quit (data);
  return G_SOURCE_CONTINUE;
}

static void
esp_application_startup (GApplication *application)
{
  static const GActionEntry actions[] = {
    { "about", show_about },
    { "quit", quit },
    { "colour-scheme", NULL, "s", "'system'", change_colour_scheme },
  };
  static const struct
  {
    const char *action;
    const char *accels[3];
  } shortcuts[] = {
    { "app.about", { "<Control>F1" } },
    { "app.quit", { "<Control>q" } },
    { "app.colour-scheme::system", { "<Control><Shift>s" } },
    { "app.colour-scheme::light", { "<Control><Shift>l" } },
    { "app.colour-scheme::dark", { "<Control><Shift>d" } },
    { "win.show-help-overlay", { "<Control>question", "F1" } },
  };
  EspApplication *self = ESP_APPLICATION (application);
  g_autofree char *icons = esp_resource_path ("icons");

  G_APPLICATION_CLASS (esp_application_parent_class)->startup (application);

  gtk_icon_theme_add_search_path (gtk_icon_theme_get_for_display (gdk_display_get_default ()), icons);
  gtk_window_set_default_icon_name ("org.espalier.Espalier");
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  for (gsize i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), shortcuts[i].action, shortcuts[i].accels);
  esp_window_install_accels (GTK_APPLICATION (self));

  self->signal_sources[0] = g_unix_signal_add (SIGINT, signalled, self);
  self->signal_sources[1] = g_unix_signal_add (SIGTERM, signalled, self);
}

static void
esp_application_activate (GApplication *application)
{
  EspApplication *self = ESP_APPLICATION (application);
  g_autoptr (EspSession) session = NULL;

  if (gtk_application_get_active_window (GTK_APPLICATION (self)) != NULL)
    {
      gtk_window_present (gtk_application_get_active_window (GTK_APPLICATION (self)));
      return;
    }
  session = esp_session_new (self->environment, self->recipe, self->seed, &self->error);
  if (session == NULL)
    return;
  gtk_window_present (GTK_WINDOW (esp_window_new (GTK_APPLICATION (self), session)));
  if (!self->paused)
    esp_session_train (session);
}

static void
esp_application_shutdown (GApplication *application)
{
  EspApplication *self = ESP_APPLICATION (application);

  for (gsize i = 0; i < G_N_ELEMENTS (self->signal_sources); i++)
    g_clear_handle_id (&self->signal_sources[i], g_source_remove);
  G_APPLICATION_CLASS (esp_application_parent_class)->shutdown (application);
}

static void
esp_application_finalize (GObject *object)
{
  EspApplication *self = ESP_APPLICATION (object);

  g_free (self->environment);
  g_free (self->recipe);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (esp_application_parent_class)->finalize (object);
}

static void
esp_application_class_init (EspApplicationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = esp_application_finalize;
  G_APPLICATION_CLASS (klass)->startup = esp_application_startup;
  G_APPLICATION_CLASS (klass)->activate = esp_application_activate;
  G_APPLICATION_CLASS (klass)->shutdown = esp_application_shutdown;
}

static void
esp_application_init (EspApplication *self)
{
}

EspApplication *
esp_application_new (const char *environment, const char *recipe, guint64 seed, gboolean paused)
{
  EspApplication *self;

  /* Not unique: two windows on one screen are two runs that know nothing of each other. */
  self = g_object_new (ESP_TYPE_APPLICATION, "application-id", "org.espalier.Espalier", "flags",
                       G_APPLICATION_NON_UNIQUE, "resource-base-path", RESOURCE_PATH, NULL);
  self->environment = g_strdup (environment);
  self->recipe = g_strdup (recipe);
  self->seed = seed;
  self->paused = paused;
  return self;
}

const GError *
esp_application_get_error (EspApplication *self)
{
  g_return_val_if_fail (ESP_IS_APPLICATION (self), NULL);

  return self->error;
}

void
esp_application_quit (EspApplication *self)
{
  GList *windows;

  g_return_if_fail (ESP_IS_APPLICATION (self));

  /* g_application_quit() would leave the windows undisposed and their threads running into exit(). */
  while ((windows = gtk_application_get_windows (GTK_APPLICATION (self))) != NULL)
    gtk_window_destroy (windows->data);
}

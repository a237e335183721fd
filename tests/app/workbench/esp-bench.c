#include "esp-bench.h"

#include <glib/gstdio.h>

#include "esp-handler-clock.h"

static void
write_recipe (const char *path, guint64 n_steps, const char *policy, const char *arrangement)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf ("{ \"steps\": %" G_GUINT64_FORMAT ", \"warm_up_steps\": 200,"
                                           "  \"critic_hidden\": [32, 32], \"deviation_hidden\": [16],"
                                           "  \"evaluation_period\": 500, \"evaluation_episodes\": 3,"
                                           "  \"candidates\": 1, \"record_period\": 100,"
                                           "  \"policy\": \"%s\", \"arrangement\": \"%s\" }",
                                           n_steps, policy, arrangement);

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
open_window (EspBench *self, const char *environment, const char *recipe, guint64 seed, gboolean paused)
{
  g_autoptr (GError) error = NULL;

  self->application = esp_application_new (environment, recipe, seed, paused);
  g_application_register (G_APPLICATION (self->application), NULL, &error);
  g_assert_no_error (error);
  g_application_activate (G_APPLICATION (self->application));
  g_assert_no_error (esp_application_get_error (self->application));
  self->window = ESP_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (self->application)));
  self->session = self->window->session;
}

static void
open_quick (EspBench *self, guint64 n_steps, const char *policy, const char *arrangement, gboolean paused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("espalier-test-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "quick.json", NULL);

  g_assert_no_error (error);
  write_recipe (path, n_steps, policy, arrangement);
  open_window (self, "cartpole", path, 3, paused);
  g_remove (path);
  g_rmdir (folder);
}

void
esp_bench_open (EspBench *self, guint64 n_steps, gboolean paused)
{
  open_quick (self, n_steps, "symbolic", "S0", paused);
}

void
esp_bench_open_neural (EspBench *self, guint64 n_steps)
{
  open_quick (self, n_steps, "neural", "S0", FALSE);
}

void
esp_bench_open_readable (EspBench *self, guint64 n_steps)
{
  open_quick (self, n_steps, "symbolic", "mul,sin,id", TRUE);
}

void
esp_bench_open_default (EspBench *self, const char *environment)
{
  open_window (self, environment, NULL, 0, FALSE);
}

static GPtrArray *kept; /* applications that were closed */

double
esp_bench_close (EspBench *self)
{
  gint64 begun = g_get_monotonic_time ();
  gpointer window = self->window;
  gpointer session = self->session;

  g_object_add_weak_pointer (window, &window);
  g_object_add_weak_pointer (session, &session);
  esp_application_quit (self->application);
  esp_bench_wait (self, NULL, 0.05);
  g_assert_null (window);
  g_assert_null (session);
  /* What g_application_run() would do at its end. An application that was not run complains when it is
   * freed, so it is kept. */
  g_signal_emit_by_name (self->application, "shutdown");
  if (kept == NULL)
    kept = g_ptr_array_new ();
  g_ptr_array_add (kept, g_steal_pointer (&self->application));
  return (double) (g_get_monotonic_time () - begun) * 1e-6 - 0.05;
}

static gboolean
woken (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

gboolean
esp_bench_wait (EspBench *self, EspBenchCondition condition, double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  guint timer = g_timeout_add (10, woken, NULL);
  gboolean holds = FALSE;

  while (!(holds = condition != NULL && condition (self)) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  return holds;
}

guint
esp_bench_count_threads (const char *name)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;
  guint n = 0;

  while (folder != NULL && (id = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", id, "comm", NULL);
      g_autofree char *found = NULL;

      if (g_file_get_contents (path, &found, NULL, NULL) && g_str_equal (g_strchomp (found), name))
        n++;
    }
  return n;
}

typedef void (*SnapshotFunction) (GtkWidget *widget, GtkSnapshot *snapshot);

static GHashTable *snapshot_functions; /* of each class: the function it had */

static void
timed_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  SnapshotFunction function = g_hash_table_lookup (snapshot_functions,
                                                   GSIZE_TO_POINTER (G_OBJECT_TYPE (widget)));

  esp_handler_clock_begin ();
  function (widget, snapshot);
  esp_handler_clock_end ();
}

void
esp_bench_time_drawing (void)
{
  const GType types[] = {
    ESP_TYPE_CURVE_VIEW,   ESP_TYPE_FORMULA_VIEW, ESP_TYPE_FRONT_VIEW,
    ESP_TYPE_NETWORK_VIEW, ESP_TYPE_ROBOT_VIEW,   ESP_TYPE_SELECTOR_VIEW,
  };

  snapshot_functions = g_hash_table_new (NULL, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      GtkWidgetClass *klass = g_type_class_ref (types[i]);

      g_hash_table_insert (snapshot_functions, GSIZE_TO_POINTER (types[i]), klass->snapshot);
      klass->snapshot = timed_snapshot;
    }
}

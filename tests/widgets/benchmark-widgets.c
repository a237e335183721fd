/* CPU time that the views take on the main thread, the drawing by GTK's renderer included: one line for
 * each view with the median, the 99th percentile and the maximum of its set_snapshot() or
 * set_formula(), its snapshot(), its motion handler, and of whole turns of the main loop while
 * snapshots come in 30 times a second. Exits with 1 where our own code is above its bounds. */

#include <adwaita.h>
#include <time.h>

#include "esp-curve-view.h"
#include "esp-formula-view.h"
#include "esp-network-view.h"
#include "esp-picture.h"
#include "esp-samples.h"
#include "esp-selector-view.h"

#define N_TURNS 300

/* Milliseconds; what the project promises for handlers, ticks and snapshots. */
#define MOST_P99     8.0
#define MOST_MAXIMUM 16.0

static double
get_cpu_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec * 1e-6;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double difference = *(const double *) a - *(const double *) b;

  return difference < 0 ? -1 : difference > 0;
}

static gboolean
report (const char *view, const char *what, GArray *times, gboolean is_ours)
{
  double p99, maximum;

  g_array_sort (times, compare);
  p99 = g_array_index (times, double, times->len * 99 / 100);
  maximum = g_array_index (times, double, times->len - 1);
  g_print ("%-9s %-9s n %5u  median %7.3f  p99 %7.3f  max %7.3f ms\n", view, what, times->len,
           g_array_index (times, double, times->len / 2), p99, maximum);
  return !is_ours || (p99 <= MOST_P99 && maximum <= MOST_MAXIMUM);
}

static void
add_time (GArray *times, double begin)
{
  double time = get_cpu_time () - begin;

  g_array_append_val (times, time);
}

static GObject *
get_motion (GtkWidget *widget)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_MOTION (controller))
        return controller;
    }
  g_assert_not_reached ();
}

static void
measure_snapshot (GtkWidget *view, GArray *times)
{
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  double begin = get_cpu_time ();
  GskRenderNode *node;

  GTK_WIDGET_GET_CLASS (view)->snapshot (view, snapshot);
  add_time (times, begin);
  node = gtk_snapshot_free_to_node (snapshot);
  g_clear_pointer (&node, gsk_render_node_unref);
}

static gboolean
measure (const char *name, GtkWidget *view, EspSnapshot *const *snapshots, EspFormula *const *formulas, int n)
{
  GtkWidget *window = gtk_window_new ();
  GObject *motion = get_motion (view);
  g_autoptr (GArray) setting = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) drawing = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) moving = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) turns = g_array_new (FALSE, FALSE, sizeof (double));
  gboolean is_well;

  gtk_window_set_default_size (GTK_WINDOW (window), 900, 500);
  gtk_window_set_child (GTK_WINDOW (window), view);
  gtk_window_present (GTK_WINDOW (window));
  esp_picture_wait (500);

  for (int i = 0; i < N_TURNS; i++)
    {
      EspSnapshot *snapshot = snapshots[i * n / N_TURNS];
      gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 30;
      double begin = get_cpu_time ();

      if (ESP_IS_NETWORK_VIEW (view))
        esp_network_view_set_snapshot (ESP_NETWORK_VIEW (view), snapshot);
      else if (ESP_IS_SELECTOR_VIEW (view))
        esp_selector_view_set_snapshot (ESP_SELECTOR_VIEW (view), snapshot);
      else if (ESP_IS_CURVE_VIEW (view))
        esp_curve_view_set_snapshot (ESP_CURVE_VIEW (view), snapshot);
      else
        esp_formula_view_set_formula (ESP_FORMULA_VIEW (view), formulas[i * n / N_TURNS],
                                      snapshot->environment);
      add_time (setting, begin);

      if (i % 3 == 0)
        {
          begin = get_cpu_time ();
          g_signal_emit_by_name (motion, "motion", 50.0 + i * 2.5, 40.0 + i * 1.4);
          add_time (moving, begin);
        }
      /* The formula's lines are allocated by the main loop first. */
      if (!ESP_IS_FORMULA_VIEW (view))
        measure_snapshot (view, drawing);
      while (g_get_monotonic_time () < end)
        {
          begin = get_cpu_time ();
          if (g_main_context_iteration (NULL, FALSE))
            add_time (turns, begin);
          else
            g_usleep (500);
        }
      if (ESP_IS_FORMULA_VIEW (view))
        measure_snapshot (view, drawing);
    }
  is_well = report (name, "set", setting, TRUE);
  is_well &= report (name, "snapshot", drawing, TRUE);
  is_well &= report (name, "motion", moving, TRUE);
  report (name, "turn", turns, FALSE);
  gtk_window_destroy (GTK_WINDOW (window));
  return is_well;
}

int
main (void)
{
  enum
  {
    N_SNAPSHOTS = 60,
  };
  EspSnapshot *snapshots[N_SNAPSHOTS];
  EspFormula *formulas[N_SNAPSHOTS];
  gboolean is_well;

  adw_init ();
  for (int i = 0; i < N_SNAPSHOTS; i++)
    {
      snapshots[i] = esp_sample_snapshot ("cartpole", "S0", (i + 1.0) / N_SNAPSHOTS);
      formulas[i] = esp_sample_long_formula ("cartpole", (size_t) (2 * (N_SNAPSHOTS - i)));
    }
  is_well = measure ("network", esp_network_view_new (), snapshots, formulas, N_SNAPSHOTS);
  is_well &= measure ("selector", esp_selector_view_new (), snapshots, formulas, N_SNAPSHOTS);
  is_well &= measure ("curve", esp_curve_view_new (), snapshots, formulas, N_SNAPSHOTS);
  is_well &= measure ("formula", esp_formula_view_new (), snapshots, formulas, N_SNAPSHOTS);
  for (int i = 0; i < N_SNAPSHOTS; i++)
    {
      esp_snapshot_unref (snapshots[i]);
      esp_formula_unref (formulas[i]);
    }
  return is_well ? 0 : 1;
}

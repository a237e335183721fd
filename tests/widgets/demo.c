/* Shows the four panels with made-up data, or saves a picture of them:
 *
 *   demo [--dark] [--progress=0.6] [--panel=420x300] [--hover=X,Y] [--long] [PICTURE.png]
 *
 * For those who work on the widgets; each panel has the size given, the hover is a point of each. */

#include <adwaita.h>

#include "esp-curve-view.h"
#include "esp-formula-view.h"
#include "esp-network-view.h"
#include "esp-picture.h"
#include "esp-samples.h"
#include "esp-selector-view.h"

static void
hover (GtkWidget *widget, double x, double y)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_MOTION (controller))
        g_signal_emit_by_name (controller, "motion", x, y);
    }
}

int
main (int argc, char **argv)
{
  gboolean dark = FALSE;
  gboolean is_long = FALSE;
  double progress = 0.6;
  g_autofree char *panel = NULL;
  g_autofree char *point = NULL;
  g_autofree char *environment = NULL;
  g_autofree char *formula_text = NULL;
  g_auto (GStrv) pictures = NULL;
  const GOptionEntry entries[] = {
    { "dark", 0, 0, G_OPTION_ARG_NONE, &dark, "Dark colours", NULL },
    { "long", 0, 0, G_OPTION_ARG_NONE, &is_long, "A formula as early in training", NULL },
    { "progress", 0, 0, G_OPTION_ARG_DOUBLE, &progress, "Share of the run, 0 to 1", "SHARE" },
    { "panel", 0, 0, G_OPTION_ARG_STRING, &panel, "Size of each panel", "WIDTHxHEIGHT" },
    { "hover", 0, 0, G_OPTION_ARG_STRING, &point, "Where the pointer is", "X,Y" },
    { "environment", 0, 0, G_OPTION_ARG_STRING, &environment, "cartpole or pendulum", "NAME" },
    { "formula", 0, 0, G_OPTION_ARG_STRING, &formula_text, "The formula", "TEXT" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &pictures, NULL, "[PICTURE.png]" },
    { NULL },
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspSnapshot) snapshot = NULL;
  g_autoptr (EspFormula) formula = NULL;
  GtkWidget *window, *grid;
  GtkWidget *panels[4];
  int width = 420, height = 300;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (panel && sscanf (panel, "%dx%d", &width, &height) != 2)
    {
      g_printerr ("The size of a panel is given as in 420x300\n");
      return 2;
    }

  adw_init ();
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      dark ? ADW_COLOR_SCHEME_FORCE_DARK : ADW_COLOR_SCHEME_FORCE_LIGHT);
  snapshot = esp_sample_snapshot (environment ? environment : "cartpole", "S0", progress);
  if (is_long)
    formula = esp_sample_long_formula (environment ? environment : "cartpole", 300);
  else
    formula = esp_sample_formula (
      environment ? environment : "cartpole",
      formula_text ? formula_text
                   : "2*tanh(1.5312*x + 2.21*x_dot + 31.94*theta + pdiv(3.2*sin(1.2*theta_dot + 0.3), "
                     "pexp(theta) + 1.05) - 0.0312*theta_dot^2 + exp(-theta)*sqrt(abs(x) + 1) - 1e-5)");

  panels[0] = esp_network_view_new ();
  panels[1] = esp_selector_view_new ();
  panels[2] = esp_formula_view_new ();
  panels[3] = esp_curve_view_new ();
  esp_network_view_set_snapshot (ESP_NETWORK_VIEW (panels[0]), snapshot);
  esp_selector_view_set_snapshot (ESP_SELECTOR_VIEW (panels[1]), snapshot);
  esp_formula_view_set_formula (ESP_FORMULA_VIEW (panels[2]), progress > 0 ? formula : NULL,
                                snapshot->environment);
  esp_curve_view_set_snapshot (ESP_CURVE_VIEW (panels[3]), snapshot);

  grid = gtk_grid_new ();
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 6);
  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  gtk_grid_set_row_homogeneous (GTK_GRID (grid), TRUE);
  for (int i = 0; i < 4; i++)
    {
      gtk_widget_set_size_request (panels[i], width, height);
      gtk_widget_set_hexpand (panels[i], TRUE);
      gtk_widget_set_vexpand (panels[i], TRUE);
      gtk_grid_attach (GTK_GRID (grid), panels[i], i % 2, i / 2, 1, 1);
    }
  window = gtk_window_new ();
  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_child (GTK_WINDOW (window), grid);
  gtk_window_present (GTK_WINDOW (window));

  if (!pictures)
    while (g_list_model_get_n_items (gtk_window_get_toplevels ()) > 0)
      g_main_context_iteration (NULL, TRUE);
  else
    {
      double x, y;
      g_autoptr (GdkTexture) texture = NULL;

      esp_picture_wait (500);
      if (point && sscanf (point, "%lf,%lf", &x, &y) == 2)
        for (int i = 0; i < 4; i++)
          hover (panels[i], x, y);
      esp_picture_wait (300);
      texture = esp_picture_take (grid);
      if (!texture || !gdk_texture_save_to_png (texture, pictures[0]))
        {
          g_printerr ("The picture %s cannot be written\n", pictures[0]);
          return 1;
        }
      gtk_window_destroy (GTK_WINDOW (window));
    }
  return 0;
}

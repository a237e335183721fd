#include <adwaita.h>

#include "test-widgets.h"

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  esp_test_add_palette ();
  esp_test_add_edges ();
  esp_test_add_network_layout ();
  esp_test_add_formula_layout ();
  esp_test_add_views ();
  esp_test_add_curves ();
  esp_test_add_formula_view ();
  esp_test_add_formula_editor ();
  esp_test_add_front_view ();

  return g_test_run ();
}

#include "test-workbench.h"

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  adw_init ();
  esp_bench_time_drawing ();
  esp_test_add_window ();
  esp_test_add_run ();
  esp_test_add_environment_choice ();
  esp_test_add_formula ();
  esp_test_add_formula_dialog ();
  esp_test_add_robot ();

  return g_test_run ();
}

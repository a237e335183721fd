#include <glib.h>

#include "test-envs.h"

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  esp_test_add_environment ();
  esp_test_add_trajectories ();
  esp_test_add_statistics ();

  return g_test_run ();
}

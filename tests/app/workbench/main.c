#include "test-workbench.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

/* GLib makes its table of quarks when it is loaded, and lets go of it where a program has more than its 2048,
 * as one with a file dialogue has: others may still be reading in it. No suppression can name these 16 KiB,
 * for nothing of who asked for them is left but g_malloc(). So nothing counts as a leak that is allocated
 * before main(): this runs ahead of what libraries do when they are loaded. */
static void (*const before_libraries) (void)
  __attribute__ ((section (".preinit_array"), used)) = __lsan_disable;
#endif

int
main (int argc, char **argv)
{
#ifdef __SANITIZE_ADDRESS__
  __lsan_enable ();
#endif
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

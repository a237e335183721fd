/* The groups of tests of the workbench, one a file: its window as a user drives it, opened on a real display
 * with a real trainer and viewer. */

#pragma once

#include "esp-bench-user.h"

/* Adds the group's tests. */
void esp_test_add_window (void);
void esp_test_add_run (void);
void esp_test_add_environment_choice (void);
void esp_test_add_formula (void);
void esp_test_add_formula_dialog (void);
void esp_test_add_robot (void);

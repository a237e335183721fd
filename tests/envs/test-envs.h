/* The parts of the environments' test program; each adds its tests. */

#pragma once

void esp_test_add_environment (void);
void esp_test_add_statistics (void);
void esp_test_add_trajectories (void);

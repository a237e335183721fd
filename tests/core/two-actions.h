/* An environment on paper: three observations as the pendulum's, two actions. */

#pragma once

#include "esp-environment.h"

extern const EspEnvironmentInfo esp_test_two_actions;

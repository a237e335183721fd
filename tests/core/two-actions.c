#include "two-actions.h"

#include <math.h>

static const EspSignal observations[] = {
  { "c", "c", "c", "cosine of the angle", "", -1, 1 },
  { "s", "s", "s", "sine of the angle", "", -1, 1 },
  { "w", "w", "w", "angular velocity", "rad/s", -8, 8 },
};

static const EspSignal actions[] = {
  { "torque", "torque", "\\tau", "torque", "N m", -2, 2 },
  { "brake", "brake", "b", "brake", "", -1, 3 },
};

const EspEnvironmentInfo esp_test_two_actions = {
  .name = "two-actions",
  .title = "Two actions",
  .description = "Three observations and two actions.",
  .n_observations = 3,
  .observations = observations,
  .n_actions = 2,
  .actions = actions,
  .max_steps = 200,
  .time_step = 0.05,
};

#include "esp-schedule.h"

#include <glib.h>

double
esp_schedule_temperature (double progress, double target)
{
  return 1.0 - (1.0 - target) * CLAMP (progress, 0.0, 1.0);
}

double
esp_schedule_allowance (double progress, double warm_up, double target)
{
  double x = progress >= 1.0 ? 1.0 : (CLAMP (progress, warm_up, 1.0) - warm_up) / (1.0 - warm_up);

  return target + (1.0 - target) * (1.0 - x * x);
}

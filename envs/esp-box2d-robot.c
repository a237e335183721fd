#include "esp-box2d-robot.h"

#include <math.h>

#define VELOCITY_ITERATIONS 180
#define POSITION_ITERATIONS 60

void
esp_box2d_robot_step (EspBox2dWorld *world)
{
  esp_box2d_world_step (world, 1 / ESP_BOX2D_ROBOT_RATE, VELOCITY_ITERATIONS, POSITION_ITERATIONS);
}

double *
esp_box2d_robot_write (EspBox2dBody *const *bodies, int n, double *values)
{
  for (int k = 0; k < n; k++)
    {
      EspBox2dMotion motion;

      esp_box2d_body_get_motion (bodies[k], &motion);
      *values++ = motion.x;
      *values++ = motion.y;
      *values++ = motion.angle;
      *values++ = motion.vx;
      *values++ = motion.vy;
      *values++ = motion.omega;
    }

  return values;
}

const double *
esp_box2d_robot_read (const double *values, int n, EspBox2dMotion *motions)
{
  for (int k = 0; k < n; k++, values += ESP_BOX2D_MOTION_VALUES)
    motions[k] = (EspBox2dMotion){ values[0], values[1], values[2], values[3], values[4], values[5] };

  return values;
}

bool
esp_box2d_robot_are_within (const double *values, int n, double limit)
{
  for (int i = 0; i < n; i++)
    {
      if (!(fabs (values[i]) <= limit))
        return false;
    }

  return true;
}

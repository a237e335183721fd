/* What lunar lander and bipedal walker share: the step of their worlds, and bodies as numbers. Included by
 * their sources only. */

#pragma once

#include "esp-box2d.h"

/* Pixels to the metre in the drawings of their definitions, and steps to the second. */
#define ESP_BOX2D_ROBOT_SCALE 30.0
#define ESP_BOX2D_ROBOT_RATE  50.0

/* Takes one step of @world as the definitions do. */
void esp_box2d_robot_step (EspBox2dWorld *world);

/* Writes the motions of @n bodies, x, y, angle, vx, vy, ω of each; returns where the next number goes. */
double *esp_box2d_robot_write (EspBox2dBody *const *bodies, int n, double *values);

/* Reads @n motions; returns where the next number is. */
const double *esp_box2d_robot_read (const double *values, int n, EspBox2dMotion *motions);

/* Returns whether none of @n numbers is beyond @limit, or no number. */
bool esp_box2d_robot_are_within (const double *values, int n, double limit);

/* What replaying a recording of `bipedal-walker` needs besides the general interface: the random numbers. */

#pragma once

#include "esp-environment.h"

G_BEGIN_DECLS

/* Numbers that a reset draws: the heights of the terrain's 200 vertices, 14/30 m apart, and the force of the
 * first push (horizontal, newton). Steps draw nothing. */
#define ESP_BIPEDAL_WALKER_N_HEIGHTS 200
#define ESP_BIPEDAL_WALKER_N_START   (ESP_BIPEDAL_WALKER_N_HEIGHTS + 1)

/* Length of the physical state: the terrain's heights; x, y, angle, vx, vy, ω of the hull, then of upper and
 * lower leg 1, upper and lower leg 2; and whether the lower legs have contact (0 or 1). Positions are those
 * of the bodies' origins in metres, velocities those of the centres of mass. */
#define ESP_BIPEDAL_WALKER_N_PHYSICS (ESP_BIPEDAL_WALKER_N_HEIGHTS + 5 * 6 + 2)

/* Starts an episode as a reset does that drew the numbers @start[ESP_BIPEDAL_WALKER_N_START], and writes the
 * first observation. The random stream stays where it is. @environment must be a `bipedal-walker`. Fails with
 * ESP_ERROR_RANGE, and changes nothing, if they are not finite or beyond all measure. */
gboolean esp_bipedal_walker_start (EspEnvironment *environment,
                                   const double *start,
                                   double *observation,
                                   GError **error);

G_END_DECLS

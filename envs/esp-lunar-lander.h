/* What replaying a recording of `lunar-lander` needs besides the general interface: the random numbers. */

#pragma once

#include "esp-environment.h"

G_BEGIN_DECLS

/* Numbers that a reset draws: 12 terrain heights (the last one also stands before the first), the force of
 * the first push (horizontal, vertical; newton), and the two dispersions of the step that a reset takes. */
#define ESP_LUNAR_LANDER_N_HEIGHTS 12
#define ESP_LUNAR_LANDER_N_START   (ESP_LUNAR_LANDER_N_HEIGHTS + 4)

/* Numbers that a step draws: two dispersions of the exhaust, in metres. */
#define ESP_LUNAR_LANDER_N_DRAWS 2

/* Length of the physical state: the 12 terrain heights; x, y, angle, vx, vy, ω of the lander, then of the
 * legs 1 and 2; and whether these legs have contact (0 or 1). Positions are those of the bodies' origins in
 * metres from the lower left corner, velocities those of the centres of mass. */
#define ESP_LUNAR_LANDER_N_PHYSICS (ESP_LUNAR_LANDER_N_HEIGHTS + 3 * 6 + 2)

/* Starts an episode as a reset does that drew the numbers @start[ESP_LUNAR_LANDER_N_START], and writes the
 * first observation. The random stream stays where it is. @environment must be a `lunar-lander`. Fails with
 * ESP_ERROR_RANGE, and changes nothing, if they are not finite or beyond all measure. */
gboolean esp_lunar_lander_start (EspEnvironment *environment,
                                 const double *start,
                                 double *observation,
                                 GError **error);

/* Lets the next step use the dispersions @draws[ESP_LUNAR_LANDER_N_DRAWS] instead of drawing them; what is
 * not between -1 and 1 is cut to that, and NaN is 0. @environment must be a `lunar-lander`. */
void esp_lunar_lander_set_draws (EspEnvironment *environment, const double *draws);

G_END_DECLS

/* The lander, its legs and the ground: the physics of `lunar-lander` without randomness, episodes and
 * pictures.
 *
 * Bodies are created in the order of the definition, which decides the order in which contacts are solved.
 * Lengths of the definition are in pixels, 30 to the metre. The x axis points right, y up, and the angle is
 * counter-clockwise. Leg 1 is on the right.
 */

#pragma once

#include "esp-box2d-robot.h"
#include "esp-episode-log.h"
#include "esp-lunar-lander.h"

/* The visible part of the world, in metres. */
#define ESP_LANDER_WIDTH  (600 / ESP_BOX2D_ROBOT_SCALE)
#define ESP_LANDER_HEIGHT (400 / ESP_BOX2D_ROBOT_SCALE)

/* The ground between the left and the right edge. */
#define ESP_LANDER_N_VERTICES      11
#define ESP_LANDER_VERTEX_DISTANCE 2.0
#define ESP_LANDER_PAD_HEIGHT      (ESP_LANDER_HEIGHT / 4)

#define ESP_LANDER_N_BODIES       3
#define ESP_LANDER_N_OBSERVATIONS 8
#define ESP_LANDER_N_ACTIONS      2

/* What a step depends on: the actions, and what it draws. */
#define ESP_LANDER_N_RECORD (ESP_LANDER_N_ACTIONS + ESP_LUNAR_LANDER_N_DRAWS)

/**
 * EspLander:
 * @main_power: impulse of the main engine in a step at full power, in newton seconds
 * @side_power: that of a side engine
 * @gravity: downwards, in m/s²
 * @heights: the terrain as a reset draws it
 * @world: private, as the rest; bodies are the lander and its legs, shaping is that of the present state
 *
 * A lander. All zero before it starts, but for the first three.
 */
typedef struct
{
  double main_power;
  double side_power;
  double gravity;
  double heights[ESP_LUNAR_LANDER_N_HEIGHTS];
  EspBox2dWorld *world;
  EspBox2dBody *bodies[ESP_LANDER_N_BODIES];
  EspBox2dJoint *joints[2];
  double shaping;
} EspLander;

/* Frees what @lander holds. */
void esp_lander_clear (EspLander *lander);

/* Returns whether @values can be what a reset draws, or a physical state (see esp-lunar-lander.h). */
bool esp_lander_is_start (const double *values);
bool esp_lander_is_physics (const double *values);

/* Starts over in a new world: as a reset that drew @values, whose step with the engines off is part of it, or
 * at the physical state @values. */
void esp_lander_start (EspLander *lander, EspEpisodeLogKind kind, const double *values);

/* Takes a step with the actions and draws of @record[ESP_LANDER_N_RECORD]; returns the reward. */
double esp_lander_advance (EspLander *lander, const double *record, bool *terminated);

/* Returns whether the lander has come to rest, which is how a landing ends. */
bool esp_lander_is_at_rest (const EspLander *lander);

/* Writes the observation in full precision. */
void esp_lander_look (const EspLander *lander, double *seen);

/* Writes the physical state. */
void esp_lander_get_physics (const EspLander *lander, double *values);

/* Returns the height of the ground's vertex @i. */
double esp_lander_get_vertex_height (const EspLander *lander, int i);

/* Return the power of an engine for @action, 0 … 1 for the main one; for the side engines −1 … 1, positive
 * for the one that turns the lander clockwise. */
double esp_lander_get_main_power (const double *action);
double esp_lander_get_side_power (const double *action);

#include "esp-lander.h"

#include <math.h>
#include <string.h>

#define SCALE  ESP_BOX2D_ROBOT_SCALE
#define RATE   ESP_BOX2D_ROBOT_RATE
#define WIDTH  ESP_LANDER_WIDTH
#define HEIGHT ESP_LANDER_HEIGHT

#define N_HEIGHTS        ESP_LUNAR_LANDER_N_HEIGHTS
#define GROUND_FRICTION  0.1
#define BEDROCK_FRICTION 0.2

#define GROUND_CATEGORY 0x01
#define LANDER_CATEGORY 0x10
#define LEG_CATEGORY    0x20

#define START_X (WIDTH / 2)
#define START_Y HEIGHT

#define LEG_AWAY   20
#define LEG_DOWN   18
#define LEG_ANGLE  0.05
#define LEG_CLOSED 0.4
#define LEG_RANGE  0.5
#define LEG_TORQUE 40.0
#define LEG_SPEED  0.3

#define MAIN_BELOW     (4 / SCALE)
#define SIDE_AWAY      (12 / SCALE)
#define SIDE_HEIGHT    (14 / SCALE)
#define SIDE_OFFSET    (17 / SCALE) /* not the height, as the definition has it */
#define SIDE_THRESHOLD 0.5
#define MAIN_COST      0.30
#define SIDE_COST      0.03
#define END_REWARD     100.0

/* Beyond all that can happen; what a stranger's state may contain. */
#define MAX_LENGTH 1e9
#define MAX_HEIGHT 100.0
#define MAX_FORCE  1e5

static const EspBox2dShape lander_shape = {
  .n_vertices = 6,
  .vertices = { { -14 / SCALE, 17 / SCALE },
                { -17 / SCALE, 0 },
                { -17 / SCALE, -10 / SCALE },
                { 17 / SCALE, -10 / SCALE },
                { 17 / SCALE, 0 },
                { 14 / SCALE, 17 / SCALE } },
  .density = 5,
  .friction = 0.1f,
  .category = LANDER_CATEGORY,
  .mask = GROUND_CATEGORY,
};

static const EspBox2dShape leg_shape = {
  .n_vertices = 4,
  .vertices = { { -2 / SCALE, -8 / SCALE },
                { 2 / SCALE, -8 / SCALE },
                { 2 / SCALE, 8 / SCALE },
                { -2 / SCALE, 8 / SCALE } },
  .density = 1,
  .friction = 0.2f,
  .category = LEG_CATEGORY,
  .mask = GROUND_CATEGORY,
};

void
esp_lander_clear (EspLander *lander)
{
  esp_box2d_world_free (lander->world);
}

double
esp_lander_get_vertex_height (const EspLander *lander, int i)
{
  const double *heights = lander->heights;

  return 0.33 * (heights[i == 0 ? N_HEIGHTS - 1 : i - 1] + heights[i] + heights[i + 1]);
}

static void
add_ground (EspLander *lander)
{
  EspBox2dBody *ground = esp_box2d_world_add_ground (lander->world);

  esp_box2d_body_add_edge (ground, (float[]){ 0, 0 }, (float[]){ WIDTH, 0 }, BEDROCK_FRICTION);
  for (int i = 0; i + 1 < ESP_LANDER_N_VERTICES; i++)
    {
      float from[] = { ESP_LANDER_VERTEX_DISTANCE * i, esp_lander_get_vertex_height (lander, i) };
      float to[] = { ESP_LANDER_VERTEX_DISTANCE * (i + 1), esp_lander_get_vertex_height (lander, i + 1) };

      esp_box2d_body_add_edge (ground, from, to, GROUND_FRICTION);
    }
}

/* Returns the smallest angle of the leg on @side, -1 for leg 1 and 1 for leg 2. */
static double
get_lower_limit (int side)
{
  return side < 0 ? LEG_CLOSED : -LEG_CLOSED - LEG_RANGE;
}

/* Lets the legs behave at their limits as in the reference's engine. */
static void
ease_limits (EspLander *lander)
{
  for (int k = 0; k < 2; k++)
    {
      double lower = get_lower_limit (k == 0 ? -1 : 1);

      esp_box2d_joint_ease_limits (lander->joints[k], lower, lower + LEG_RANGE);
    }
}

/* Makes a new world over the terrain in lander->heights. */
static void
build (EspLander *lander, const EspBox2dMotion *motions)
{
  esp_box2d_world_free (lander->world);
  lander->world = esp_box2d_world_new ();
  esp_box2d_world_set_gravity (lander->world, (float) lander->gravity);
  add_ground (lander);

  lander->bodies[0] = esp_box2d_world_add_body (lander->world, &motions[0], &lander_shape);
  for (int k = 1; k < ESP_LANDER_N_BODIES; k++)
    {
      int side = k == 1 ? -1 : 1;
      EspBox2dHinge hinge = {
        .body_a = lander->bodies[0],
        .anchor_b = { side * LEG_AWAY / SCALE, LEG_DOWN / SCALE },
        /* the definition's engine silently takes the angle at which the legs are created */
        .reference = side * LEG_ANGLE,
        .lower = get_lower_limit (side),
        .upper = get_lower_limit (side) + LEG_RANGE,
        .torque = LEG_TORQUE,
        .speed = side * LEG_SPEED,
      };

      lander->bodies[k] = esp_box2d_world_add_body (lander->world, &motions[k], &leg_shape);
      hinge.body_b = lander->bodies[k];
      lander->joints[k - 1] = esp_box2d_world_add_hinge (lander->world, &hinge);
    }
}

void
esp_lander_look (const EspLander *lander, double *seen)
{
  EspBox2dMotion motion;

  esp_box2d_body_get_motion (lander->bodies[0], &motion);
  seen[0] = (motion.x - WIDTH / 2) / (WIDTH / 2);
  seen[1] = (motion.y - (ESP_LANDER_PAD_HEIGHT + LEG_DOWN / SCALE)) / (HEIGHT / 2);
  seen[2] = motion.vx * (WIDTH / 2) / RATE;
  seen[3] = motion.vy * (HEIGHT / 2) / RATE;
  seen[4] = motion.angle;
  seen[5] = 20.0 * motion.omega / RATE;
  seen[6] = esp_box2d_body_is_touching (lander->bodies[1]);
  seen[7] = esp_box2d_body_is_touching (lander->bodies[2]);
}

static double
get_shaping (const double *seen)
{
  return -100 * sqrt (seen[0] * seen[0] + seen[1] * seen[1])
         - 100 * sqrt (seen[2] * seen[2] + seen[3] * seen[3]) - 100 * fabs (seen[4]) + 10 * seen[6]
         + 10 * seen[7];
}

/* An engine acts by the impulse -@power @offset on a point that is @offset, and for the side engines
 * @point, away from the origin. */
static void
fire (EspLander *lander, const double offset[2], const double point[2], double power)
{
  EspBox2dMotion motion;

  esp_box2d_body_get_motion (lander->bodies[0], &motion);
  esp_box2d_body_kick (lander->bodies[0], (float[]){ -offset[0] * power, -offset[1] * power },
                       (float[]){ motion.x + point[0], motion.y + point[1] });
}

double
esp_lander_get_main_power (const double *action)
{
  return action[0] > 0 ? 0.5 + 0.5 * fmin (action[0], 1) : 0;
}

double
esp_lander_get_side_power (const double *action)
{
  return fabs (action[1]) > SIDE_THRESHOLD ? fmin (fmax (action[1], -1), 1) : 0;
}

bool
esp_lander_is_at_rest (const EspLander *lander)
{
  return !esp_box2d_body_is_awake (lander->bodies[0]);
}

double
esp_lander_advance (EspLander *lander, const double *record, bool *terminated)
{
  const double *draws = record + ESP_LANDER_N_ACTIONS;
  double main_power = esp_lander_get_main_power (record), side_power = esp_lander_get_side_power (record);
  double seen[ESP_LANDER_N_OBSERVATIONS], shaping, reward;
  EspBox2dMotion motion;
  double tip[2], side[2];

  esp_box2d_body_get_motion (lander->bodies[0], &motion);
  tip[0] = sin (motion.angle);
  tip[1] = cos (motion.angle);
  side[0] = -tip[1];
  side[1] = tip[0];
  if (main_power > 0)
    {
      double below = MAIN_BELOW + 2 * draws[0];
      double offset[] = { tip[0] * below + side[0] * draws[1], -tip[1] * below - side[1] * draws[1] };

      fire (lander, offset, offset, lander->main_power * main_power);
    }
  if (side_power != 0)
    {
      double away = 3 * draws[1] + copysign (SIDE_AWAY, side_power);
      double offset[] = { tip[0] * draws[0] + side[0] * away, -tip[1] * draws[0] - side[1] * away };
      double point[] = { offset[0] - tip[0] * SIDE_OFFSET, offset[1] + tip[1] * SIDE_HEIGHT };

      fire (lander, offset, point, lander->side_power * fabs (side_power));
    }

  ease_limits (lander);
  esp_box2d_robot_step (lander->world);

  esp_lander_look (lander, seen);
  shaping = get_shaping (seen);
  reward = shaping - lander->shaping - MAIN_COST * main_power - SIDE_COST * fabs (side_power);
  lander->shaping = shaping;
  *terminated = false;
  if (esp_box2d_body_is_touching (lander->bodies[0]) || fabs (seen[0]) >= 1)
    {
      *terminated = true;
      reward = -END_REWARD;
    }
  if (esp_lander_is_at_rest (lander))
    {
      *terminated = true;
      reward = END_REWARD;
    }

  return reward;
}

/* Starts over as a reset that drew @start, whose step with the engines off is part of it. */
static void
start_from_draws (EspLander *lander, const double *start)
{
  const EspBox2dMotion motions[ESP_LANDER_N_BODIES] = {
    { .x = START_X, .y = START_Y },
    { .x = START_X + LEG_AWAY / SCALE, .y = START_Y, .angle = -LEG_ANGLE },
    { .x = START_X - LEG_AWAY / SCALE, .y = START_Y, .angle = LEG_ANGLE },
  };
  const double *force = start + N_HEIGHTS;
  bool terminated;

  memcpy (lander->heights, start, sizeof lander->heights);
  build (lander, motions);
  esp_box2d_body_push (lander->bodies[0], (float[]){ force[0], force[1] });
  esp_lander_advance (lander, (double[ESP_LANDER_N_RECORD]){ 0, 0, force[2], force[3] }, &terminated);
}

static void
start_from_physics (EspLander *lander, const double *values)
{
  EspBox2dMotion motions[ESP_LANDER_N_BODIES];
  double seen[ESP_LANDER_N_OBSERVATIONS];

  memcpy (lander->heights, values, sizeof lander->heights);
  values = esp_box2d_robot_read (values + N_HEIGHTS, ESP_LANDER_N_BODIES, motions);
  build (lander, motions);
  for (int k = 1; k < ESP_LANDER_N_BODIES; k++)
    esp_box2d_body_set_touching (lander->bodies[k], values[k - 1] > 0.5);
  esp_lander_look (lander, seen);
  lander->shaping = get_shaping (seen);
}

void
esp_lander_start (EspLander *lander, EspEpisodeLogKind kind, const double *values)
{
  if (kind == ESP_EPISODE_LOG_RESET)
    start_from_draws (lander, values);
  else
    start_from_physics (lander, values);
}

bool
esp_lander_is_start (const double *values)
{
  return esp_box2d_robot_are_within (values, N_HEIGHTS, MAX_HEIGHT)
         && esp_box2d_robot_are_within (values + N_HEIGHTS, 2, MAX_FORCE)
         && esp_box2d_robot_are_within (values + N_HEIGHTS + 2, ESP_LUNAR_LANDER_N_DRAWS, 1);
}

bool
esp_lander_is_physics (const double *values)
{
  return esp_box2d_robot_are_within (values, N_HEIGHTS, MAX_HEIGHT)
         && esp_box2d_robot_are_within (values + N_HEIGHTS, ESP_LUNAR_LANDER_N_PHYSICS - N_HEIGHTS - 2,
                                        MAX_LENGTH)
         && esp_box2d_robot_are_within (values + ESP_LUNAR_LANDER_N_PHYSICS - 2, 2, 1);
}

void
esp_lander_get_physics (const EspLander *lander, double *values)
{
  memcpy (values, lander->heights, sizeof lander->heights);
  values = esp_box2d_robot_write (lander->bodies, ESP_LANDER_N_BODIES, values + N_HEIGHTS);
  for (int k = 1; k < ESP_LANDER_N_BODIES; k++)
    *values++ = esp_box2d_body_is_touching (lander->bodies[k]);
}

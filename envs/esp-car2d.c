/* A car on a track, seen from above: drive a lap fast without leaving the road.
 *
 * The task of this name in "Model-based policy optimization using symbolic world model" (Gorodetskiy,
 * Mironov, Panov, IROS 2024) has no public definition. This one is our own; results are not comparable with
 * that paper's.
 *
 * The car is a kinematic bicycle of wheelbase 2.5 m. With a = throttle and b = steering in [-1, 1]:
 *
 *     speed:     v  += 0.05 (5 a - 0.2 v) with a > 0, 0.05 (8 a - 0.2 v) with a < 0, kept in 0 … 15 m/s
 *     wheels:    δ moves towards 0.5 b rad by at most 2 rad/s
 *     curvature: κ = tan δ / 2.5 m, but no more than the tyres hold: |κ| v² ≤ 8 m/s²
 *     heading:   ψ += 0.05 v κ, and the car moves by 0.05 v in the mean of old and new heading
 *
 * The road is 6 m wide. Its middle line is closed, of straights and quarter circles of radius 8 m, with five
 * bends to the left and one to the right. An episode starts at the line with an offset U(-1, 1) m, a heading
 * U(-0.2, 0.2) rad beside the road's and a speed U(0, 2) m/s. It ends after a lap (the goal), when the car's
 * middle leaves the road, or after 500 steps of 0.05 s. The reward is 100 for the way of a lap along the
 * middle line, paid as it is driven, minus 0.05 for each step, 0.01 b² for each step, and 20 for leaving. The
 * physical state is x, y, heading, speed, wheel angle δ, and the way driven along the middle line.
 */

#include "esp-number-state.h"

#include <math.h>
#include <string.h>

#define TIME_STEP      0.05
#define WHEELBASE      2.5
#define ENGINE         5.0
#define BRAKE          8.0
#define DRAG           0.2
#define SPEED_LIMIT    15.0
#define STEERING_LIMIT 0.5
#define STEERING_RATE  2.0
#define GRIP           8.0
#define HALF_ROAD      3.0
#define RADIUS         8.0
#define QUARTER        (RADIUS * G_PI / 2)
#define PREVIEW_NEAR   4.0
#define PREVIEW_FAR    14.0
#define LAP_REWARD     100.0
#define STEP_COST      0.05
#define STEERING_COST  0.01
#define OFF_ROAD_COST  20.0

/* Beyond all that can happen; what a stranger's state may contain. */
#define MAX_VALUE 1e6

typedef struct
{
  double x;
  double y;
  double heading; /* counter-clockwise from the x axis, not wrapped */
  double speed;
  double steering; /* angle of the front wheels, positive to the left */
  double distance; /* along the middle line since the start */
} CarState;

/* A piece of the middle line; the bends turn by a quarter. */
typedef struct
{
  double x; /* where it begins */
  double y;
  double heading;
  double cosine; /* of the heading */
  double sine;
  double curvature;
  double length;
  double start; /* way from the line to here */
} Piece;

#define EAST  0, 1, 0
#define NORTH G_PI / 2, 0, 1
#define WEST  G_PI, -1, 0
#define SOUTH -G_PI / 2, 0, -1
#define LEFT  (1 / RADIUS)
#define RIGHT (-1 / RADIUS)

static const Piece track[] = {
  { 8, 0, EAST, 0, 34, 0 },
  { 42, 0, EAST, LEFT, QUARTER, 34 },
  { 50, 8, NORTH, 0, 24, 34 + QUARTER },
  { 50, 32, NORTH, LEFT, QUARTER, 58 + QUARTER },
  { 42, 40, WEST, 0, 6, 58 + 2 * QUARTER },
  { 36, 40, WEST, LEFT, QUARTER, 64 + 2 * QUARTER },
  { 28, 32, SOUTH, 0, 4, 64 + 3 * QUARTER },
  { 28, 28, SOUTH, RIGHT, QUARTER, 68 + 3 * QUARTER },
  { 20, 20, WEST, 0, 12, 68 + 4 * QUARTER },
  { 8, 20, WEST, LEFT, QUARTER, 80 + 4 * QUARTER },
  { 0, 12, SOUTH, 0, 4, 80 + 5 * QUARTER },
  { 0, 8, SOUTH, LEFT, QUARTER, 84 + 5 * QUARTER },
};

#define LAP (84 + 6 * QUARTER)

/* Where the car is on the road. */
typedef struct
{
  double way;     /* along the middle line, 0 … LAP */
  double offset;  /* to the left of it */
  double heading; /* of the road */
} Place;

typedef struct
{
  EspEnvironment parent;
  CarState state;
  Place place; /* of this state */
} Car;

ESP_NUMBER_STATE_CHECK (Car, state);

static const EspSignal observations[] = {
  { "offset", "e", "e", "how far left of the middle of the road", "m", -HALF_ROAD, HALF_ROAD },
  { "heading", "ψ", "\\psi", "direction beside the road's, positive to the left", "rad", -G_PI, G_PI },
  { "speed", "v", "v", "speed", "m/s", 0, SPEED_LIMIT },
  { "wheels", "δ", "\\delta", "angle of the front wheels, positive to the left", "rad", -STEERING_LIMIT,
    STEERING_LIMIT },
  { "bend_near", "κ₁", "\\kappa_1", "curvature of the road 4 m ahead, positive to the left", "1/m", RIGHT,
    LEFT },
  { "bend_far", "κ₂", "\\kappa_2", "curvature of the road 14 m ahead, positive to the left", "1/m", RIGHT,
    LEFT },
};

static const EspSignal actions[] = {
  { "throttle", "a", "a", "positive accelerates, negative brakes", "", -1, 1 },
  { "steering", "b", "b", "where the front wheels shall turn, positive to the left", "0.5 rad", -1, 1 },
};

const EspEnvironmentInfo esp_car2d_info = {
  .name = "car2d",
  .title = "Car on a track",
  .description = "Drive a lap as fast as the bends allow, without leaving the road",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 500,
  .time_step = TIME_STEP,
  .scene = "car2d.xml",
  .n_pose = 5,
};

static double
clip (double value, double low, double high)
{
  return value < low ? low : value > high ? high : value;
}

/* Returns @angle as it is written in [−π, π). */
static double
wrap_angle (double angle)
{
  double turned = fmod (angle + G_PI, 2 * G_PI);

  if (turned < 0)
    turned += 2 * G_PI;

  return turned - G_PI;
}

/* Finds the point of @piece that is nearest to (@x, @y). */
static Place
project (const Piece *piece, double x, double y)
{
  double ahead = (x - piece->x) * piece->cosine + (y - piece->y) * piece->sine;
  double left = (y - piece->y) * piece->cosine - (x - piece->x) * piece->sine;
  double side, angle, outward, foot[2];

  if (piece->curvature == 0)
    {
      double along = clip (ahead, 0, piece->length);

      return (Place){ piece->start + along, copysign (hypot (ahead - along, left), left), piece->heading };
    }

  /* around the centre of the bend; a point beyond one of its ends belongs to that end, and the offset of
   * such a point is larger than from the piece that it belongs to */
  side = piece->curvature > 0 ? 1 : -1;
  angle = clip (atan2 (ahead, RADIUS - side * left), 0, G_PI / 2);
  foot[0] = RADIUS * sin (angle);
  foot[1] = side * RADIUS * (1 - cos (angle));
  outward = hypot (ahead, RADIUS - side * left) - RADIUS;

  return (Place){ piece->start + RADIUS * angle,
                  copysign (hypot (ahead - foot[0], left - foot[1]), -side * outward),
                  piece->heading + side * angle };
}

static Place
locate (const CarState *state)
{
  Place best = project (&track[0], state->x, state->y);

  for (size_t i = 1; i < G_N_ELEMENTS (track); i++)
    {
      Place place = project (&track[i], state->x, state->y);

      if (fabs (place.offset) < fabs (best.offset))
        best = place;
    }

  return best;
}

static double
get_curvature (double way)
{
  size_t i = G_N_ELEMENTS (track) - 1;

  if (way >= LAP)
    way -= LAP;
  while (way < track[i].start)
    i--;

  return track[i].curvature;
}

static void
car2d_reset (EspEnvironment *environment)
{
  Car *car = (Car *) environment;
  CarState *state = &car->state;

  *state = (CarState){ .x = track[0].x, .y = track[0].y, .heading = track[0].heading };
  state->y += esp_random_between (&environment->random, -1, 1);
  state->heading += esp_random_between (&environment->random, -0.2, 0.2);
  state->speed = esp_random_between (&environment->random, 0, 2);
  car->place = locate (state);
}

static double
car2d_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  Car *car = (Car *) environment;
  CarState *state = &car->state;
  double throttle = action[0], steering = action[1];
  double before = car->place.way;
  double grip, curvature, heading, way;
  Place place;

  state->speed += TIME_STEP * ((throttle > 0 ? ENGINE : BRAKE) * throttle - DRAG * state->speed);
  state->speed = clip (state->speed, 0, SPEED_LIMIT);
  state->steering += clip (STEERING_LIMIT * steering - state->steering, -STEERING_RATE * TIME_STEP,
                           STEERING_RATE * TIME_STEP);
  grip = GRIP / fmax (state->speed * state->speed, 1e-9);
  curvature = clip (tan (state->steering) / WHEELBASE, -grip, grip);
  heading = state->heading + TIME_STEP * state->speed * curvature;
  state->x += TIME_STEP * state->speed * cos (0.5 * (state->heading + heading));
  state->y += TIME_STEP * state->speed * sin (0.5 * (state->heading + heading));
  state->heading = heading;

  place = car->place = locate (state);
  way = place.way - before;
  if (way < -LAP / 2)
    way += LAP;
  else if (way > LAP / 2)
    way -= LAP;
  state->distance += way;
  *terminated = fabs (place.offset) > HALF_ROAD || state->distance >= LAP;
  environment->succeeded = fabs (place.offset) <= HALF_ROAD;

  return LAP_REWARD * way / LAP - STEP_COST - STEERING_COST * steering * steering
         - (fabs (place.offset) > HALF_ROAD ? OFF_ROAD_COST : 0);
}

static void
car2d_observe (const EspEnvironment *environment, double *observation)
{
  const CarState *state = &((const Car *) environment)->state;
  Place place = ((const Car *) environment)->place;

  observation[0] = place.offset;
  observation[1] = wrap_angle (state->heading - place.heading);
  observation[2] = state->speed;
  observation[3] = state->steering;
  observation[4] = get_curvature (place.way + PREVIEW_NEAR);
  observation[5] = get_curvature (place.way + PREVIEW_FAR);
}

static gboolean
is_state (const CarState *state)
{
  return fabs (state->x) <= MAX_VALUE && fabs (state->y) <= MAX_VALUE && fabs (state->heading) <= MAX_VALUE
         && state->speed >= 0 && state->speed <= SPEED_LIMIT && fabs (state->steering) <= STEERING_LIMIT
         && fabs (state->distance) <= MAX_VALUE;
}

static gboolean
car2d_set_state (EspEnvironment *environment, const void *bytes)
{
  CarState state;

  memcpy (&state, bytes, sizeof state);
  if (!is_state (&state))
    return FALSE;
  ((Car *) environment)->state = state;
  ((Car *) environment)->place = locate (&state);

  return TRUE;
}

static gboolean
car2d_set_physics (EspEnvironment *environment, const double *values)
{
  return car2d_set_state (environment, values);
}

static void
car2d_get_pose (const EspEnvironment *environment, double *pose)
{
  const CarState *state = &((const Car *) environment)->state;

  pose[0] = state->x;
  pose[1] = state->y;
  pose[2] = state->heading;
  pose[3] = state->steering;
  pose[4] = state->steering;
}

const EspEnvironmentInterface esp_car2d_interface = {
  .info = &esp_car2d_info,
  .instance_size = sizeof (Car),
  .reset = car2d_reset,
  .step = car2d_step,
  .observe = car2d_observe,
  .get_pose = car2d_get_pose,
  ESP_NUMBER_STATE_GETTERS (Car, state),
  .set_state = car2d_set_state,
  .set_physics = car2d_set_physics,
};

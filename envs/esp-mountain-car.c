/* Mountain car with a continuous force: a car too weak for the hill must swing up in the valley.
 *
 * Equations, limits, reward and reset are those of "MountainCarContinuous-v0" in Gymnasium: the state is
 * rounded to single precision after every step (not after a reset), between that it is computed in double
 * precision; the goal is tested before the rounding. The force is clipped to ±1, but the reward counts the
 * action as it was given: this shows in esp_environment_step_unclipped() only. The physical state is position
 * and velocity.
 */

#include "esp-number-state.h"

#include <math.h>

#define POWER            0.0015
#define GRAVITY          0.0025
#define LEFT_LIMIT       -1.2
#define RIGHT_LIMIT      0.6
#define SPEED_LIMIT      0.07
#define GOAL             0.45
#define GOAL_REWARD      100.0
#define ACTION_COST      0.1
#define RESET_LEFT       -0.6
#define RESET_RIGHT      -0.4
#define STEEPNESS        3.0 /* the hill's height is 0.45 sin (3 x) + 0.55 */
#define HEIGHT           0.45
#define HEIGHT_AT_BOTTOM 0.55

typedef struct
{
  double position;
  double velocity;
} MountainCarState;

typedef struct
{
  EspEnvironment parent;
  MountainCarState state;
} MountainCar;

ESP_NUMBER_STATE_CHECK (MountainCar, state);

static const EspSignal observations[] = {
  { "x", "x", "x", "position of the car, the goal is at 0.45", "m", LEFT_LIMIT, RIGHT_LIMIT },
  { "x_dot", "ẋ", "\\dot{x}", "velocity of the car", "m/step", -SPEED_LIMIT, SPEED_LIMIT },
};

static const EspSignal actions[] = {
  { "force", "F", "F", "push on the car", "", -1, 1 },
};

const EspEnvironmentInfo esp_mountain_car_info = {
  .name = "mountain-car",
  .title = "Mountain car",
  .description = "Swing a weak car up and down a valley until it reaches the flag on the hill",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 999,
  .time_step = 1.0 / 30, /* as shown; the definition counts in steps */
  .scene = "mountain-car.xml",
  .n_pose = 3,
};

static void
mountain_car_reset (EspEnvironment *environment)
{
  MountainCarState *state = &((MountainCar *) environment)->state;

  state->position = esp_random_between (&environment->random, RESET_LEFT, RESET_RIGHT);
  state->velocity = 0;
}

/* fmin() and fmax() mind NaN, which costs time; there is none here. */
static inline double
clip (double value, double low, double high)
{
  return value < low ? low : value > high ? high : value;
}

static double
mountain_car_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  MountainCarState *state = &((MountainCar *) environment)->state;
  double force = clip (action[0], -1, 1);
  double velocity = state->velocity + (force * POWER - GRAVITY * cos (STEEPNESS * state->position));
  double position;

  velocity = clip (velocity, -SPEED_LIMIT, SPEED_LIMIT);
  position = clip (state->position + velocity, LEFT_LIMIT, RIGHT_LIMIT);
  if (position == LEFT_LIMIT && velocity < 0)
    velocity = 0;

  state->position = (float) position;
  state->velocity = (float) velocity;
  *terminated = position >= GOAL && velocity >= 0;
  environment->succeeded = *terminated;

  return (*terminated ? GOAL_REWARD : 0) - action[0] * action[0] * ACTION_COST;
}

static void
mountain_car_observe (const EspEnvironment *environment, double *observation)
{
  const MountainCarState *state = &((const MountainCar *) environment)->state;

  observation[0] = (float) state->position;
  observation[1] = (float) state->velocity;
}

/* A limit that was rounded to single precision may lie a little outside. */
static bool
mountain_car_are_numbers (const double *numbers)
{
  const MountainCarState *state = (const MountainCarState *) numbers;

  return state->position >= (float) LEFT_LIMIT && state->position <= (float) RIGHT_LIMIT
         && fabs (state->velocity) <= (float) SPEED_LIMIT;
}

/* The car stands on the hill and leans with it. */
static void
mountain_car_get_pose (const EspEnvironment *environment, double *pose)
{
  double position = ((const MountainCar *) environment)->state.position;

  pose[0] = position;
  pose[1] = HEIGHT * sin (STEEPNESS * position) + HEIGHT_AT_BOTTOM;
  pose[2] = atan (STEEPNESS * HEIGHT * cos (STEEPNESS * position));
}

const EspEnvironmentInterface esp_mountain_car_interface = {
  .info = &esp_mountain_car_info,
  .instance_size = sizeof (MountainCar),
  .takes_any_action = true,
  .reset = mountain_car_reset,
  .step = mountain_car_step,
  .observe = mountain_car_observe,
  .get_pose = mountain_car_get_pose,
  .are_numbers = mountain_car_are_numbers,
  ESP_NUMBER_STATE_FUNCTIONS (MountainCar, state),
};

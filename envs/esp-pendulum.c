/* Pendulum: a rod on a weak motor that must be swung up and held.
 *
 * Equations, limits, reward and reset are those of "Pendulum-v1" in Gymnasium (g = 10, m = l = 1): the
 * velocity is clipped before the angle advances, the reward belongs to the state before the step, and
 * observations are rounded to single precision.
 */

#include "esp-number-state.h"

#include <math.h>
#include <string.h>

#define GRAVITY      10.0
#define MASS         1.0
#define LENGTH       1.0
#define TIME_STEP    0.05
#define TORQUE_LIMIT 2.0
#define SPEED_LIMIT  8.0

typedef struct
{
  double theta; /* 0 is up, counter-clockwise as drawn, not wrapped */
  double theta_dot;
} PendulumState;

typedef struct
{
  EspEnvironment parent;
  PendulumState state;
  double sine; /* of theta: the observation after a step and the step after it share them */
  double cosine;
} Pendulum;

ESP_NUMBER_STATE_CHECK (Pendulum, state);

static const EspSignal observations[] = {
  { "cos_theta", "cos θ", "\\cos\\theta", "cosine of the angle, 1 when up", "", -1, 1 },
  { "sin_theta", "sin θ", "\\sin\\theta", "sine of the angle", "", -1, 1 },
  { "theta_dot", "θ̇", "\\dot{\\theta}", "angular velocity", "rad/s", -SPEED_LIMIT, SPEED_LIMIT },
};

static const EspSignal actions[] = {
  { "torque", "τ", "\\tau", "torque of the motor in the pivot", "N m", -TORQUE_LIMIT, TORQUE_LIMIT },
};

const EspEnvironmentInfo esp_pendulum_info = {
  .name = "pendulum",
  .title = "Pendulum",
  .description = "Swing a rod up with a motor too weak to lift it, and hold it there",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 200,
  .time_step = TIME_STEP,
  .scene = "pendulum.xml",
  .n_pose = 1,
};

static void
set_angle (Pendulum *pendulum, double theta)
{
  pendulum->state.theta = theta;
  sincos (theta, &pendulum->sine, &pendulum->cosine);
}

static void
pendulum_reset (EspEnvironment *environment)
{
  Pendulum *pendulum = (Pendulum *) environment;

  set_angle (pendulum, esp_random_between (&environment->random, -G_PI, G_PI));
  pendulum->state.theta_dot = esp_random_between (&environment->random, -1, 1);
}

/* Returns @angle as it is written in [−π, π). */
static double
wrap_angle (double angle)
{
  double turned = angle + G_PI;

  /* within the circle fmod () would return it as it is */
  if (!(turned >= 0 && turned < 2 * G_PI))
    {
      turned = fmod (turned, 2 * G_PI);
      if (turned < 0)
        turned += 2 * G_PI;
    }

  return turned - G_PI;
}

static double
pendulum_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  Pendulum *pendulum = (Pendulum *) environment;
  PendulumState *state = &pendulum->state;
  double torque = action[0];
  double error = wrap_angle (state->theta);
  double cost = error * error + 0.1 * (state->theta_dot * state->theta_dot) + 0.001 * (torque * torque);
  double acceleration = 3 * GRAVITY / (2 * LENGTH) * pendulum->sine
                        + 3.0 / (MASS * (LENGTH * LENGTH)) * torque;
  double speed = state->theta_dot + acceleration * TIME_STEP;

  state->theta_dot = fmin (fmax (speed, -SPEED_LIMIT), SPEED_LIMIT);
  set_angle (pendulum, state->theta + state->theta_dot * TIME_STEP);
  *terminated = false;

  return -cost;
}

static void
pendulum_observe (const EspEnvironment *environment, double *observation)
{
  const Pendulum *pendulum = (const Pendulum *) environment;

  observation[0] = (float) pendulum->cosine;
  observation[1] = (float) pendulum->sine;
  observation[2] = (float) pendulum->state.theta_dot;
}

static gboolean
pendulum_set_physics (EspEnvironment *environment, const double *values)
{
  if (fabs (values[1]) > SPEED_LIMIT)
    return FALSE;
  set_angle ((Pendulum *) environment, values[0]);
  ((Pendulum *) environment)->state.theta_dot = values[1];

  return TRUE;
}

static gboolean
pendulum_set_state (EspEnvironment *environment, const void *bytes)
{
  PendulumState state;

  memcpy (&state, bytes, sizeof state);
  if (!isfinite (state.theta) || !(fabs (state.theta_dot) <= SPEED_LIMIT))
    return FALSE;
  set_angle ((Pendulum *) environment, state.theta);
  ((Pendulum *) environment)->state.theta_dot = state.theta_dot;

  return TRUE;
}

static void
pendulum_get_pose (const EspEnvironment *environment, double *pose)
{
  pose[0] = ((const Pendulum *) environment)->state.theta;
}

const EspEnvironmentInterface esp_pendulum_interface = {
  .info = &esp_pendulum_info,
  .instance_size = sizeof (Pendulum),
  .reset = pendulum_reset,
  .step = pendulum_step,
  .observe = pendulum_observe,
  .get_pose = pendulum_get_pose,
  ESP_NUMBER_STATE_GETTERS (Pendulum, state),
  .set_state = pendulum_set_state,
  .set_physics = pendulum_set_physics,
};

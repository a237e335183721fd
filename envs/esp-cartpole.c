/* Cart-pole with a continuous force: a pole on a cart that must not fall while the cart stays on its rail.
 *
 * The equations are those of Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve
 * difficult learning control problems" (1983), without friction. Limits, force scale, reward and the
 * explicit Euler step are those of "CustomCartPoleContinuous-v0" in deep-symbolic-optimization
 * (Landajuela et al., "Discovering symbolic policies with deep reinforcement learning", ICML 2021); the
 * order of operations is kept so that trajectories agree to the last digits.
 */

#include "esp-environment-private.h"

#include <math.h>
#include <string.h>

#define GRAVITY        9.8
#define MASS_CART      1.0
#define MASS_POLE      0.1
#define MASS_TOTAL     (MASS_POLE + MASS_CART)
#define HALF_LENGTH    0.5
#define MASS_LENGTH    (MASS_POLE * HALF_LENGTH)
#define FORCE          30.0 /* newton per unit of action */
#define TIME_STEP      0.02
#define POSITION_LIMIT 2.4
#define ANGLE_LIMIT    (12 * 2 * G_PI / 360)
#define RESET_RANGE    0.05

typedef struct
{
  double x;
  double x_dot;
  double theta; /* 0 is upright, positive falls towards +x */
  double theta_dot;
} CartPoleState;

typedef struct
{
  EspEnvironment parent;
  CartPoleState state;
} CartPole;

static const EspSignal observations[] = {
  { "x", "x", "x", "position of the cart on its rail", "m", -INFINITY, INFINITY },
  { "x_dot", "ẋ", "\\dot{x}", "velocity of the cart", "m/s", -INFINITY, INFINITY },
  { "theta", "θ", "\\theta", "angle of the pole, 0 upright", "rad", -INFINITY, INFINITY },
  { "theta_dot", "θ̇", "\\dot{\\theta}", "angular velocity of the pole", "rad/s", -INFINITY, INFINITY },
};

static const EspSignal actions[] = {
  { "force", "F", "F", "push on the cart, 30 N per unit", "30 N", -1, 1 },
};

const EspEnvironmentInfo esp_cartpole_info = {
  .name = "cartpole",
  .title = "Cart-pole",
  .description = "Push a cart left and right so that the pole on it stays upright",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = TIME_STEP,
  .scene = "cartpole.xml",
  .n_pose = 2,
};

static void
cartpole_reset (EspEnvironment *environment)
{
  CartPoleState *state = &((CartPole *) environment)->state;

  state->x = esp_random_between (&environment->random, -RESET_RANGE, RESET_RANGE);
  state->x_dot = esp_random_between (&environment->random, -RESET_RANGE, RESET_RANGE);
  state->theta = esp_random_between (&environment->random, -RESET_RANGE, RESET_RANGE);
  state->theta_dot = esp_random_between (&environment->random, -RESET_RANGE, RESET_RANGE);
}

static double
cartpole_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  CartPoleState *state = &((CartPole *) environment)->state;
  double cosine = cos (state->theta);
  double sine = sin (state->theta);
  double push = (FORCE * action[0] + MASS_LENGTH * state->theta_dot * state->theta_dot * sine) / MASS_TOTAL;
  double theta_acceleration = (GRAVITY * sine - cosine * push)
                              / (HALF_LENGTH * (4.0 / 3.0 - MASS_POLE * cosine * cosine / MASS_TOTAL));
  double x_acceleration = push - MASS_LENGTH * theta_acceleration * cosine / MASS_TOTAL;

  /* explicit Euler: positions advance with the old velocities */
  state->x += TIME_STEP * state->x_dot;
  state->x_dot += TIME_STEP * x_acceleration;
  state->theta += TIME_STEP * state->theta_dot;
  state->theta_dot += TIME_STEP * theta_acceleration;

  *terminated = fabs (state->x) > POSITION_LIMIT || fabs (state->theta) > ANGLE_LIMIT;

  /* the failing step still earns its point, what follows does not */
  return environment->terminated ? 0 : 1;
}

static size_t
cartpole_get_n_physics (const EspEnvironment *environment)
{
  return sizeof (CartPoleState) / sizeof (double);
}

static void
cartpole_get_physics (const EspEnvironment *environment, double *values)
{
  const CartPoleState *state = &((const CartPole *) environment)->state;

  values[0] = state->x;
  values[1] = state->x_dot;
  values[2] = state->theta;
  values[3] = state->theta_dot;
}

static gboolean
cartpole_set_physics (EspEnvironment *environment, const double *values)
{
  ((CartPole *) environment)->state = (CartPoleState){ values[0], values[1], values[2], values[3] };

  return TRUE;
}

static size_t
cartpole_get_state_size (const EspEnvironment *environment)
{
  return sizeof (CartPoleState);
}

static void
cartpole_get_state (const EspEnvironment *environment, void *bytes)
{
  memcpy (bytes, &((const CartPole *) environment)->state, sizeof (CartPoleState));
}

static gboolean
cartpole_set_state (EspEnvironment *environment, const void *bytes)
{
  CartPoleState state;

  memcpy (&state, bytes, sizeof state);
  if (!isfinite (state.x) || !isfinite (state.x_dot) || !isfinite (state.theta)
      || !isfinite (state.theta_dot))
    return FALSE;
  ((CartPole *) environment)->state = state;

  return TRUE;
}

static void
cartpole_get_pose (const EspEnvironment *environment, double *pose)
{
  const CartPoleState *state = &((const CartPole *) environment)->state;

  pose[0] = state->x;
  pose[1] = state->theta;
}

const EspEnvironmentInterface esp_cartpole_interface = {
  .info = &esp_cartpole_info,
  .instance_size = sizeof (CartPole),
  .reset = cartpole_reset,
  .step = cartpole_step,
  .observe = cartpole_get_physics, /* the state is observed as it is */
  .get_state_size = cartpole_get_state_size,
  .get_state = cartpole_get_state,
  .set_state = cartpole_set_state,
  .get_pose = cartpole_get_pose,
  .get_n_physics = cartpole_get_n_physics,
  .get_physics = cartpole_get_physics,
  .set_physics = cartpole_set_physics,
};

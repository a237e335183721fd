/* Cart-pole with a continuous force: a pole on a cart that must not fall while the cart stays on its rail.
 *
 * The equations are those of Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve
 * difficult learning control problems" (1983), without friction. Limits, force scale, reward and the
 * explicit Euler step are those of "CustomCartPoleContinuous-v0" in deep-symbolic-optimization
 * (Landajuela et al., "Discovering symbolic policies with deep reinforcement learning", ICML 2021); the
 * order of operations is kept so that trajectories agree to the last digits. The family `cartpole-force-ood`
 * varies the force and the pole's length; see esp-task.h.
 */

#include "esp-number-state.h"

#include <math.h>

#include "esp-task-private.h"

#define GRAVITY        9.8
#define MASS_CART      1.0
#define MASS_POLE      0.1
#define MASS_TOTAL     (MASS_POLE + MASS_CART)
#define HALF_LENGTH    0.5
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
  double force;       /* newton per unit of action */
  double half_length; /* of the pole */
} CartPole;

ESP_NUMBER_STATE_CHECK (CartPole, state);

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

static gboolean
cartpole_init (EspEnvironment *environment, GError **error)
{
  CartPole *self = (CartPole *) environment;

  self->force = FORCE;
  self->half_length = HALF_LENGTH;

  return TRUE;
}

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
  CartPole *self = (CartPole *) environment;
  CartPoleState *state = &self->state;
  double mass_length = MASS_POLE * self->half_length;
  double cosine = cos (state->theta);
  double sine = sin (state->theta);
  double push = (self->force * action[0] + mass_length * state->theta_dot * state->theta_dot * sine)
                / MASS_TOTAL;
  double theta_acceleration = (GRAVITY * sine - cosine * push)
                              / (self->half_length * (4.0 / 3.0 - MASS_POLE * cosine * cosine / MASS_TOTAL));
  double x_acceleration = push - mass_length * theta_acceleration * cosine / MASS_TOTAL;

  /* explicit Euler: positions advance with the old velocities */
  state->x += TIME_STEP * state->x_dot;
  state->x_dot += TIME_STEP * x_acceleration;
  state->theta += TIME_STEP * state->theta_dot;
  state->theta_dot += TIME_STEP * theta_acceleration;

  *terminated = fabs (state->x) > POSITION_LIMIT || fabs (state->theta) > ANGLE_LIMIT;

  /* the failing step still earns its point, what follows does not */
  return environment->terminated ? 0 : 1;
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
  .init = cartpole_init,
  .reset = cartpole_reset,
  .step = cartpole_step,
  .observe = esp_number_state_get_physics, /* the state is observed as it is */
  .get_pose = cartpole_get_pose,
  ESP_NUMBER_STATE_FUNCTIONS (CartPole, state),
};

/* Where training tasks end and test tasks go on, to both sides. */
#define TRAIN_FORCE_LOW   20.0
#define TRAIN_FORCE_HIGH  40.0
#define TEST_FORCE_LOW    10.0
#define TEST_FORCE_HIGH   50.0
#define TRAIN_LENGTH_LOW  0.35
#define TRAIN_LENGTH_HIGH 0.65
#define TEST_LENGTH_LOW   0.2
#define TEST_LENGTH_HIGH  0.8
#define LARGEST_FORCE     1e6
#define SMALLEST_LENGTH   1e-3
#define LARGEST_LENGTH    1e3

static const EspSignal force_ood_actions[] = {
  { "force", "F", "F", "push on the cart, as strong as the task says", "", -1, 1 },
};

static const EspEnvironmentInfo force_ood_info = {
  .name = "cartpole-force-ood",
  .title = "Cart-pole of many builds",
  .description = "Keep a pole upright on a cart, with a push and a length that differ from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (force_ood_actions),
  .actions = force_ood_actions,
  .max_steps = 200,
  .time_step = TIME_STEP,
  .scene = "cartpole.xml",
  .n_pose = 2,
  .family = "cartpole-force-ood",
};

static const EspTaskParameter parameters[] = {
  { "force", "push per unit of action", "N", 1 },
  { "half_length", "half the length of the pole", "m", 1 },
};

const EspTaskFamily esp_cartpole_force_ood_family = {
  .environment = &force_ood_info,
  .train = "push U(20, 40) N, half length U(0.35, 0.65) m; our own choice",
  .test = "push U(10, 20) or U(40, 50) N, half length U(0.2, 0.35) or U(0.65, 0.8) m; our own choice",
  .n_train = 40,
  .n_test = 10,
  .n_parameters = G_N_ELEMENTS (parameters),
  .parameters = parameters,
};

/* Draws from [low, high), or for a test from what is outside of it in [lowest, highest). */
static double
draw_value (EspRandom *random, bool is_test, double lowest, double low, double high, double highest)
{
  if (!is_test)
    return esp_random_between (random, low, high);

  return esp_random_bernoulli (random, 0.5) ? esp_random_between (random, high, highest)
                                            : esp_random_between (random, lowest, low);
}

static gboolean
force_ood_draw_task (EspRandom *random, bool is_test, double *values, GError **error)
{
  values[0] = draw_value (random, is_test, TEST_FORCE_LOW, TRAIN_FORCE_LOW, TRAIN_FORCE_HIGH,
                          TEST_FORCE_HIGH);
  values[1] = draw_value (random, is_test, TEST_LENGTH_LOW, TRAIN_LENGTH_LOW, TRAIN_LENGTH_HIGH,
                          TEST_LENGTH_HIGH);

  return TRUE;
}

static gboolean
force_ood_set_task (EspEnvironment *environment, const double *values)
{
  CartPole *self = (CartPole *) environment;

  if (!(fabs (values[0]) <= LARGEST_FORCE && values[1] >= SMALLEST_LENGTH && values[1] <= LARGEST_LENGTH))
    return FALSE;
  self->force = values[0];
  self->half_length = values[1];

  return TRUE;
}

const EspEnvironmentInterface esp_cartpole_force_ood_interface = {
  .info = &force_ood_info,
  .instance_size = sizeof (CartPole),
  .init = cartpole_init,
  .reset = cartpole_reset,
  .step = cartpole_step,
  .observe = esp_number_state_get_physics, /* the state is observed as it is */
  .get_pose = cartpole_get_pose,
  ESP_NUMBER_STATE_FUNCTIONS (CartPole, state),
  .family = &esp_cartpole_force_ood_family,
  .draw_task = force_ood_draw_task,
  .set_task = force_ood_set_task,
};

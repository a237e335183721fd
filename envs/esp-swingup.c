/* Inverted pendulum swing-up: a pole hangs from a cart on a short rail, and must be swung up and held.
 *
 * This is "InvertedPendulumSwingupBulletEnv-v0" of pybullet (bullet3 3.27) without the time feature that some
 * add to its observations. Its physics is restated in closed form, as Bullet does it: the pole's inertia is
 * that of Bullet's bounding box, the joints are free of friction but every link feels Bullet's default
 * damping, the step is semi-implicit Euler, and the ends of the rail push with one impulse in a step. That
 * reproduces recordings to 2e-9 a step, also at the ends of the rail; the last digits of the masses and
 * lengths were fitted to recordings.
 */

#include "esp-number-state.h"

#include <math.h>

#define GRAVITY        9.8
#define MASS_CART      10.471976175
#define MASS_POLE      5.018591349
#define CENTRE_X       0.00050000003887 /* the pole's centre of mass in its own frame */
#define CENTRE_Z       0.3000000235352
#define INERTIA        0.2665394839 /* of the pole about that */
#define DRAG           0.04
#define FORCE          100.0 /* newton per unit of action */
#define TIME_STEP      0.0165
#define POSITION_LIMIT 1.0
#define RETURN_RATE    0.2  /* share of the depth beyond the limit that one step takes back */
#define RETURN_DEPTH   0.04 /* from here on the limit only stops */
#define DOWN           3.1415
#define ANGLE_NOISE    0.1

typedef struct
{
  double x;
  double theta; /* 0 is up, positive falls towards +x, not wrapped */
  double x_dot;
  double theta_dot;
} SwingupState;

typedef struct
{
  EspEnvironment parent;
  SwingupState state;
} Swingup;

ESP_NUMBER_STATE_CHECK (Swingup, state);

static const EspSignal observations[] = {
  { "x", "x", "x", "position of the cart on its rail", "m", -INFINITY, INFINITY },
  { "x_dot", "ẋ", "\\dot{x}", "velocity of the cart", "m/s", -INFINITY, INFINITY },
  { "cos_theta", "cos θ", "\\cos\\theta", "cosine of the pole's angle, 1 when up", "", -1, 1 },
  { "sin_theta", "sin θ", "\\sin\\theta", "sine of the pole's angle", "", -1, 1 },
  { "theta_dot", "θ̇", "\\dot{\\theta}", "angular velocity of the pole", "rad/s", -INFINITY, INFINITY },
};

static const EspSignal actions[] = {
  { "force", "F", "F", "push on the cart, 100 N per unit", "100 N", -1, 1 },
};

const EspEnvironmentInfo esp_inverted_pendulum_swingup_info = {
  .name = "inverted-pendulum-swingup",
  .title = "Inverted pendulum swing-up",
  .description = "Swing up the pole that hangs from a cart on a short rail, and hold it there",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = 1000,
  .time_step = TIME_STEP,
  .scene = "inverted-pendulum-swingup.xml",
  .n_pose = 2,
};

static bool
is_finite (const SwingupState *state)
{
  return isfinite (state->x) && isfinite (state->theta) && isfinite (state->x_dot)
         && isfinite (state->theta_dot);
}

static void
swingup_reset (EspEnvironment *environment)
{
  SwingupState *state = &((Swingup *) environment)->state;

  *state = (SwingupState){
    .theta = DOWN + esp_random_between (&environment->random, -ANGLE_NOISE, ANGLE_NOISE),
  };
}

static double
swingup_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  SwingupState *state = &((Swingup *) environment)->state;
  SwingupState before = *state;
  double sine = sin (state->theta), cosine = cos (state->theta);
  double w = state->theta_dot;

  /* the pole's centre from the hinge, and its velocity */
  double px = CENTRE_X * cosine + CENTRE_Z * sine, pz = CENTRE_Z * cosine - CENTRE_X * sine;
  double vx = state->x_dot + pz * w, vz = -px * w;

  /* damping of the cart, and of the pole about its centre */
  double cart = -DRAG * MASS_CART * state->x_dot * (1 + fabs (state->x_dot));
  double factor = -DRAG * MASS_POLE * (1 + sqrt (vx * vx + vz * vz));
  double fx = factor * vx, fz = factor * vz;
  double torque = -DRAG * INERTIA * w * (1 + fabs (w));

  /* mass matrix and generalised forces of the cart (1) and the pole (2) */
  double m11 = MASS_CART + MASS_POLE, m12 = MASS_POLE * pz;
  double m22 = INERTIA + MASS_POLE * (px * px + pz * pz);
  double f1 = FORCE * action[0] + cart + fx + MASS_POLE * px * w * w;
  double f2 = torque + fx * pz - fz * px + MASS_POLE * GRAVITY * px;
  double determinant = m11 * m22 - m12 * m12;
  double depth = fabs (state->x) - POSITION_LIMIT;

  state->x_dot += TIME_STEP * (m22 * f1 - m12 * f2) / determinant;
  state->theta_dot += TIME_STEP * (m11 * f2 - m12 * f1) / determinant;
  if (depth >= 0)
    {
      double inwards = state->x > 0 ? -1 : 1;
      double wanted = depth < RETURN_DEPTH ? RETURN_RATE * depth / TIME_STEP : 0;
      double missing = wanted - inwards * state->x_dot;

      if (missing > 0)
        {
          /* an impulse on the cart that changes its velocity by this much turns the pole as well */
          state->x_dot += inwards * missing;
          state->theta_dot -= inwards * missing * m12 / m22;
        }
    }
  state->x += TIME_STEP * state->x_dot;
  state->theta += TIME_STEP * state->theta_dot;

  /* the damping is explicit: beyond some thousand metres a second it explodes, which ends the episode at the
   * last good state */
  *terminated = !is_finite (state);
  if (*terminated)
    {
      *state = before;
      return 0;
    }

  return cos (state->theta);
}

static void
swingup_observe (const EspEnvironment *environment, double *observation)
{
  const SwingupState *state = &((const Swingup *) environment)->state;

  observation[0] = state->x;
  observation[1] = state->x_dot;
  observation[2] = cos (state->theta);
  observation[3] = sin (state->theta);
  observation[4] = state->theta_dot;
}

static void
swingup_get_pose (const EspEnvironment *environment, double *pose)
{
  const SwingupState *state = &((const Swingup *) environment)->state;

  pose[0] = state->x;
  pose[1] = state->theta;
}

const EspEnvironmentInterface esp_inverted_pendulum_swingup_interface = {
  .info = &esp_inverted_pendulum_swingup_info,
  .instance_size = sizeof (Swingup),
  .reset = swingup_reset,
  .step = swingup_step,
  .observe = swingup_observe,
  .get_pose = swingup_get_pose,
  ESP_NUMBER_STATE_FUNCTIONS (Swingup, state),
};

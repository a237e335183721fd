/* Bipedal walker: two legs with motors in hips and knees carry a hull over uneven ground.
 *
 * Geometry, motors, terrain, lidar, reward and reset are those of "BipedalWalker-v3" in Gymnasium (the normal
 * version, without obstacles); the physics is Box2D's. Gymnasium runs Box2D 2.3.0, whose joint limits and
 * edge collision differ from 2.4: the pose after a reset is the same to 1e-6, the first steps to a few
 * hundredths, then contacts amplify the difference.
 *
 * Bodies are created in the order of the definition, which decides the order in which contacts are solved.
 * Lengths of the definition are in pixels, 30 to the metre. The x axis points in the walking direction, y up,
 * and angles are counter-clockwise.
 */

#include "esp-bipedal-walker.h"

#include <math.h>
#include <string.h>

#include "esp-box2d-robot.h"
#include "esp-environment-private.h"
#include "esp-error.h"
#include "esp-episode-log.h"

#define SCALE       ESP_BOX2D_ROBOT_SCALE
#define RATE        ESP_BOX2D_ROBOT_RATE
#define VIEW_WIDTH  (600 / SCALE)
#define VIEW_HEIGHT (400 / SCALE)
#define MAX_STEPS   1600

#define N_HEIGHTS        ESP_BIPEDAL_WALKER_N_HEIGHTS
#define VERTEX_DISTANCE  (14 / SCALE)
#define GROUND_HEIGHT    (VIEW_HEIGHT / 4)
#define GROUND_FRICTION  2.5
#define START_PAD        20
#define LEVEL_SHORTEST   5
#define LEVEL_LONGEST    9
#define SLOPE_MEMORY     0.8
#define SLOPE_CORRECTION 0.01
#define FINISH           ((N_HEIGHTS - 10) * VERTEX_DISTANCE)

#define GROUND_CATEGORY 0x01
#define WALKER_CATEGORY 0x20

#define LEG_WIDTH   (8 / SCALE)
#define LEG_LENGTH  (34 / SCALE)
#define LEG_DOWN    (-8 / SCALE)
#define LEG_ANGLE   0.05
#define START_X     (VERTEX_DISTANCE * START_PAD / 2)
#define START_Y     (GROUND_HEIGHT + 2 * LEG_LENGTH)
#define START_FORCE 5.0

#define TORQUE      80.0
#define HIP_LOWER   -0.8
#define HIP_UPPER   1.1
#define KNEE_LOWER  -1.6
#define KNEE_UPPER  -0.1
#define HIP_SPEED   4.0
#define KNEE_SPEED  6.0
#define TORQUE_COST 0.00035
#define FALL_REWARD -100.0
#define N_RAYS      10
#define RAY_ANGLE   0.15
#define RAY_LENGTH  (160 / SCALE)

/* Beyond all that can happen; what a stranger's state may contain. */
#define MAX_LENGTH 1e9
#define MAX_HEIGHT 1000.0
#define MAX_FORCE  1e5

#define N_BODIES  5
#define N_JOINTS  4
#define N_PHYSICS ESP_BIPEDAL_WALKER_N_PHYSICS
#define N_START   ESP_BIPEDAL_WALKER_N_START

G_STATIC_ASSERT (N_PHYSICS == N_HEIGHTS + N_BODIES * ESP_BOX2D_MOTION_VALUES + 2);

enum
{
  HULL,
  UPPER_1,
  LOWER_1,
  UPPER_2,
  LOWER_2,
};

typedef struct
{
  EspEnvironment parent;
  EspBox2dWorld *world;
  EspBox2dBody *bodies[N_BODIES];
  EspBox2dJoint *joints[N_JOINTS]; /* hip and knee of leg 1, then of leg 2 */
  double heights[N_HEIGHTS];
  double shaping; /* of the present state */
  float fractions[N_RAYS];
  EspEpisodeLog log;
} BipedalWalker;

#define LIDAR(number, subscript)                                                                           \
  {                                                                                                        \
    "lidar_" number, "ℓ" subscript, "\\ell_{" number "}", "how far the ground is along lidar ray " number, \
      "5.3 m", 0, 1                                                                                        \
  }

static const EspSignal observations[] = {
  { "theta", "θ", "\\theta", "angle of the hull, 0 upright, positive leans back", "rad", -G_PI, G_PI },
  { "theta_dot", "θ̇", "\\dot{\\theta}", "angular velocity of the hull", "25 rad/s", -5, 5 },
  { "x_dot", "ẋ", "\\dot{x}", "forward velocity", "8.3 m/s", -5, 5 },
  { "y_dot", "ẏ", "\\dot{y}", "upward velocity", "12.5 m/s", -5, 5 },
  { "hip_1", "h₁", "h_1", "angle of hip 1", "rad", -G_PI, G_PI },
  { "hip_1_dot", "ḣ₁", "\\dot{h}_1", "angular velocity of hip 1", "4 rad/s", -5, 5 },
  { "knee_1", "k₁", "k_1", "angle of knee 1 plus 1", "rad", -G_PI, G_PI },
  { "knee_1_dot", "k̇₁", "\\dot{k}_1", "angular velocity of knee 1", "6 rad/s", -5, 5 },
  { "foot_1", "c₁", "c_1", "whether lower leg 1 has contact", "", 0, 5 },
  { "hip_2", "h₂", "h_2", "angle of hip 2", "rad", -G_PI, G_PI },
  { "hip_2_dot", "ḣ₂", "\\dot{h}_2", "angular velocity of hip 2", "4 rad/s", -5, 5 },
  { "knee_2", "k₂", "k_2", "angle of knee 2 plus 1", "rad", -G_PI, G_PI },
  { "knee_2_dot", "k̇₂", "\\dot{k}_2", "angular velocity of knee 2", "6 rad/s", -5, 5 },
  { "foot_2", "c₂", "c_2", "whether lower leg 2 has contact", "", 0, 5 },
  LIDAR ("0", "₀"),
  LIDAR ("1", "₁"),
  LIDAR ("2", "₂"),
  LIDAR ("3", "₃"),
  LIDAR ("4", "₄"),
  LIDAR ("5", "₅"),
  LIDAR ("6", "₆"),
  LIDAR ("7", "₇"),
  LIDAR ("8", "₈"),
  LIDAR ("9", "₉"),
};

static const EspSignal actions[] = {
  { "hip_1", "u₁", "u_1", "motor of hip 1: the sign is the direction, the size the torque", "80 N m", -1, 1 },
  { "knee_1", "u₂", "u_2", "motor of knee 1", "80 N m", -1, 1 },
  { "hip_2", "u₃", "u_3", "motor of hip 2", "80 N m", -1, 1 },
  { "knee_2", "u₄", "u_4", "motor of knee 2", "80 N m", -1, 1 },
};

#define N_ACTIONS      G_N_ELEMENTS (actions)
#define N_OBSERVATIONS G_N_ELEMENTS (observations)
#define N_DOTS         6 /* on a ray, as drawn */

const EspEnvironmentInfo esp_bipedal_walker_info = {
  .name = "bipedal-walker",
  .title = "Bipedal walker",
  .description = "Walk on two legs over uneven ground, feeling it with lidar",
  .n_observations = N_OBSERVATIONS,
  .observations = observations,
  .n_actions = N_ACTIONS,
  .actions = actions,
  .max_steps = MAX_STEPS,
  .time_step = 1 / RATE,
  .has_engine = true,
  .scene = "bipedal-walker.xml",
  .n_pose = (N_HEIGHTS - 1) * 2 + N_BODIES * 3 + 2 + N_RAYS * N_DOTS,
};

static const EspBox2dShape hull_shape = {
  .n_vertices = 5,
  .vertices = { { -30 / SCALE, 9 / SCALE },
                { 6 / SCALE, 9 / SCALE },
                { 34 / SCALE, 1 / SCALE },
                { 34 / SCALE, -8 / SCALE },
                { -30 / SCALE, -8 / SCALE } },
  .density = 5,
  .friction = 0.1f,
  .category = WALKER_CATEGORY,
  .mask = GROUND_CATEGORY,
};

/* Returns a leg's shape; lower legs are a bit thinner. */
static EspBox2dShape
get_leg_shape (double width)
{
  float x = width / 2, y = LEG_LENGTH / 2;

  return (EspBox2dShape){
    .n_vertices = 4,
    .vertices = { { -x, -y }, { x, -y }, { x, y }, { -x, y } },
    .density = 1,
    .friction = 0.2f,
    .category = WALKER_CATEGORY,
    .mask = GROUND_CATEGORY,
  };
}

/* Makes a new world over the terrain in walker->heights. */
static void
build (BipedalWalker *walker, const EspBox2dMotion *motions)
{
  EspBox2dShape upper_shape = get_leg_shape (LEG_WIDTH);
  EspBox2dShape lower_shape = get_leg_shape (0.8 * LEG_WIDTH);

  esp_box2d_world_free (walker->world);
  walker->world = esp_box2d_world_new ();
  for (int i = 0; i + 1 < N_HEIGHTS; i++)
    {
      float from[] = { VERTEX_DISTANCE * i, walker->heights[i] };
      float to[] = { VERTEX_DISTANCE * (i + 1), walker->heights[i + 1] };

      esp_box2d_body_add_edge (esp_box2d_world_add_ground (walker->world), from, to, GROUND_FRICTION);
    }

  walker->bodies[HULL] = esp_box2d_world_add_body (walker->world, &motions[HULL], &hull_shape);
  for (int leg = 0; leg < 2; leg++)
    {
      int side = leg == 0 ? -1 : 1;
      EspBox2dBody **upper = &walker->bodies[UPPER_1 + 2 * leg];
      EspBox2dBody **lower = &walker->bodies[LOWER_1 + 2 * leg];
      EspBox2dHinge hip = {
        .body_a = walker->bodies[HULL],
        .anchor_a = { 0, LEG_DOWN },
        .anchor_b = { 0, LEG_LENGTH / 2 },
        /* the definition's engine silently takes the angle at which the legs are created */
        .reference = side * LEG_ANGLE,
        .lower = HIP_LOWER,
        .upper = HIP_UPPER,
        .torque = TORQUE,
        .speed = side,
      };
      EspBox2dHinge knee = {
        .anchor_a = { 0, -LEG_LENGTH / 2 },
        .anchor_b = { 0, LEG_LENGTH / 2 },
        .lower = KNEE_LOWER,
        .upper = KNEE_UPPER,
        .torque = TORQUE,
        .speed = 1,
      };

      *upper = esp_box2d_world_add_body (walker->world, &motions[UPPER_1 + 2 * leg], &upper_shape);
      hip.body_b = *upper;
      walker->joints[2 * leg] = esp_box2d_world_add_hinge (walker->world, &hip);
      *lower = esp_box2d_world_add_body (walker->world, &motions[LOWER_1 + 2 * leg], &lower_shape);
      knee.body_a = *upper;
      knee.body_b = *lower;
      walker->joints[2 * leg + 1] = esp_box2d_world_add_hinge (walker->world, &knee);
    }
}

static double
get_shaping (const BipedalWalker *walker)
{
  EspBox2dMotion hull;

  esp_box2d_body_get_motion (walker->bodies[HULL], &hull);

  return 130 * hull.x / SCALE - 5 * fabs (hull.angle);
}

static void
get_ray (int i, double direction[2])
{
  direction[0] = sin (RAY_ANGLE * i) * RAY_LENGTH;
  direction[1] = -cos (RAY_ANGLE * i) * RAY_LENGTH;
}

static void
cast_rays (BipedalWalker *walker)
{
  EspBox2dMotion hull;

  esp_box2d_body_get_motion (walker->bodies[HULL], &hull);
  for (int i = 0; i < N_RAYS; i++)
    {
      double direction[2];
      float end[2];

      get_ray (i, direction);
      end[0] = hull.x + direction[0];
      end[1] = hull.y + direction[1];
      walker->fractions[i] = esp_box2d_world_cast_ray (walker->world, (float[]){ hull.x, hull.y }, end,
                                                       GROUND_CATEGORY);
    }
}

/* Lets the joints behave as in the reference's engine. The step of a reset does without: it pulls legs into
 * place that begin far beyond their limits, which ends as in the reference only if nothing is eased. */
static void
ease_limits (BipedalWalker *walker)
{
  for (int leg = 0; leg < 2; leg++)
    {
      esp_box2d_joint_ease_limits (walker->joints[2 * leg], HIP_LOWER, HIP_UPPER);
      esp_box2d_joint_ease_limits (walker->joints[2 * leg + 1], KNEE_LOWER, KNEE_UPPER);
    }
}

/* Takes a step with @action; returns the reward. */
static double
advance (BipedalWalker *walker, const double *action, bool *terminated)
{
  double shaping, reward;
  EspBox2dMotion hull;

  for (int i = 0; i < N_JOINTS; i++)
    {
      double speed = i % 2 == 0 ? HIP_SPEED : KNEE_SPEED;
      double sign = action[i] > 0 ? 1 : action[i] < 0 ? -1 : 0;

      esp_box2d_joint_set_motor (walker->joints[i], speed * sign, TORQUE * fmin (fabs (action[i]), 1));
    }

  esp_box2d_robot_step (walker->world);

  cast_rays (walker);
  esp_box2d_body_get_motion (walker->bodies[HULL], &hull);
  shaping = get_shaping (walker);
  reward = shaping - walker->shaping;
  walker->shaping = shaping;
  for (int i = 0; i < N_JOINTS; i++)
    reward -= TORQUE_COST * TORQUE * fmin (fabs (action[i]), 1);
  *terminated = walker->parent.succeeded = hull.x > FINISH;
  if (esp_box2d_body_is_touching (walker->bodies[HULL]) || hull.x < 0)
    {
      *terminated = true;
      walker->parent.succeeded = false;
      reward = FALL_REWARD;
    }

  return reward;
}

/* Starts over as a reset that drew @start, whose step with the motors off is part of it. */
static void
start_from_draws (BipedalWalker *walker, const double *start)
{
  EspBox2dMotion motions[N_BODIES] = { [HULL] = { .x = START_X, .y = START_Y } };
  bool terminated;

  for (int leg = 0; leg < 2; leg++)
    {
      float angle = leg == 0 ? -LEG_ANGLE : LEG_ANGLE;

      motions[UPPER_1 + 2 * leg] = (EspBox2dMotion){ .x = START_X,
                                                     .y = START_Y - LEG_LENGTH / 2 - LEG_DOWN,
                                                     .angle = angle };
      motions[LOWER_1 + 2 * leg] = (EspBox2dMotion){ .x = START_X,
                                                     .y = START_Y - LEG_LENGTH * 3 / 2 - LEG_DOWN,
                                                     .angle = angle };
    }
  memcpy (walker->heights, start, sizeof walker->heights);
  build (walker, motions);
  esp_box2d_body_push (walker->bodies[HULL], (float[]){ start[N_HEIGHTS], 0 });
  advance (walker, (double[N_JOINTS]){ 0 }, &terminated);
}

static void
start_from_physics (BipedalWalker *walker, const double *values)
{
  EspBox2dMotion motions[N_BODIES];

  memcpy (walker->heights, values, sizeof walker->heights);
  values = esp_box2d_robot_read (values + N_HEIGHTS, N_BODIES, motions);
  build (walker, motions);
  esp_box2d_body_set_touching (walker->bodies[LOWER_1], values[0] > 0.5);
  esp_box2d_body_set_touching (walker->bodies[LOWER_2], values[1] > 0.5);
  cast_rays (walker);
  walker->shaping = get_shaping (walker);
}

static bool
is_start (const double *values)
{
  return esp_box2d_robot_are_within (values, N_HEIGHTS, MAX_HEIGHT)
         && esp_box2d_robot_are_within (values + N_HEIGHTS, 1, MAX_FORCE);
}

static bool
is_physics (const double *values)
{
  return esp_box2d_robot_are_within (values, N_HEIGHTS, MAX_HEIGHT)
         && esp_box2d_robot_are_within (values + N_HEIGHTS, N_PHYSICS - N_HEIGHTS - 2, MAX_LENGTH)
         && esp_box2d_robot_are_within (values + N_PHYSICS - 2, 2, 1);
}

static gboolean
bipedal_walker_init (EspEnvironment *environment, GError **error)
{
  esp_episode_log_init (&((BipedalWalker *) environment)->log, N_PHYSICS, N_ACTIONS, MAX_STEPS);

  return TRUE;
}

static void
bipedal_walker_free (EspEnvironment *environment)
{
  BipedalWalker *walker = (BipedalWalker *) environment;

  esp_box2d_world_free (walker->world);
  esp_episode_log_clear (&walker->log);
}

/* Hills of a random walk that is drawn back to the middle, with a level piece here and there. */
static void
draw_terrain (EspRandom *random, double *heights)
{
  double height = GROUND_HEIGHT, slope = 0;
  uint32_t countdown = START_PAD;
  bool is_level = false;

  for (int i = 0; i < N_HEIGHTS; i++)
    {
      if (!is_level)
        {
          double sign = height < GROUND_HEIGHT ? 1 : height > GROUND_HEIGHT ? -1 : 0;

          slope = SLOPE_MEMORY * slope + SLOPE_CORRECTION * sign;
          if (i > START_PAD)
            slope += esp_random_between (random, -1, 1) / SCALE;
          height += slope;
        }
      heights[i] = height;
      is_level = --countdown == 0;
      if (is_level)
        countdown = LEVEL_SHORTEST + esp_random_below (random, LEVEL_LONGEST - LEVEL_SHORTEST + 1);
    }
}

static void
bipedal_walker_reset (EspEnvironment *environment)
{
  BipedalWalker *walker = (BipedalWalker *) environment;
  double values[N_START];

  draw_terrain (&environment->random, values);
  values[N_HEIGHTS] = esp_random_between (&environment->random, -START_FORCE, START_FORCE);
  esp_episode_log_begin (&walker->log, ESP_EPISODE_LOG_RESET, values, N_START);
  start_from_draws (walker, values);
}

static void
bipedal_walker_get_physics (const EspEnvironment *environment, double *values)
{
  const BipedalWalker *walker = (const BipedalWalker *) environment;

  memcpy (values, walker->heights, sizeof walker->heights);
  values = esp_box2d_robot_write (walker->bodies, N_BODIES, values + N_HEIGHTS);
  *values++ = esp_box2d_body_is_touching (walker->bodies[LOWER_1]);
  *values++ = esp_box2d_body_is_touching (walker->bodies[LOWER_2]);
}

static size_t
bipedal_walker_get_n_physics (const EspEnvironment *environment)
{
  return N_PHYSICS;
}

static gboolean
bipedal_walker_set_physics (EspEnvironment *environment, const double *values)
{
  BipedalWalker *walker = (BipedalWalker *) environment;

  if (!is_physics (values))
    return FALSE;
  esp_episode_log_begin (&walker->log, ESP_EPISODE_LOG_PHYSICS, values, N_PHYSICS);
  start_from_physics (walker, values);

  return TRUE;
}

static double
bipedal_walker_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  BipedalWalker *walker = (BipedalWalker *) environment;

  if (esp_episode_log_is_full (&walker->log))
    {
      double values[N_PHYSICS];

      bipedal_walker_get_physics (environment, values);
      bipedal_walker_set_physics (environment, values);
    }
  esp_episode_log_add (&walker->log, action);
  ease_limits (walker);

  return advance (walker, action, terminated);
}

static void
bipedal_walker_observe (const EspEnvironment *environment, double *observation)
{
  const BipedalWalker *walker = (const BipedalWalker *) environment;
  double *next = observation;
  EspBox2dMotion hull;

  esp_box2d_body_get_motion (walker->bodies[HULL], &hull);
  *next++ = hull.angle;
  *next++ = 2.0 * hull.omega / RATE;
  *next++ = 0.3 * hull.vx * VIEW_WIDTH / RATE;
  *next++ = 0.3 * hull.vy * VIEW_HEIGHT / RATE;
  for (int leg = 0; leg < 2; leg++)
    {
      const EspBox2dJoint *hip = walker->joints[2 * leg];
      const EspBox2dJoint *knee = walker->joints[2 * leg + 1];

      *next++ = esp_box2d_joint_get_angle (hip);
      *next++ = esp_box2d_joint_get_speed (hip) / HIP_SPEED;
      *next++ = esp_box2d_joint_get_angle (knee) + 1.0;
      *next++ = esp_box2d_joint_get_speed (knee) / KNEE_SPEED;
      *next++ = esp_box2d_body_is_touching (walker->bodies[LOWER_1 + 2 * leg]);
    }
  for (int i = 0; i < N_RAYS; i++)
    *next++ = walker->fractions[i];
  for (size_t i = 0; i < N_OBSERVATIONS; i++)
    observation[i] = (float) observation[i];
}

static size_t
bipedal_walker_get_state_size (const EspEnvironment *environment)
{
  return esp_episode_log_get_size (&((const BipedalWalker *) environment)->log);
}

static void
bipedal_walker_get_state (const EspEnvironment *environment, void *state)
{
  esp_episode_log_write (&((const BipedalWalker *) environment)->log, state);
}

static gboolean
bipedal_walker_set_state (EspEnvironment *environment, const void *state)
{
  BipedalWalker *walker = (BipedalWalker *) environment;
  EspEpisodeLog log;

  esp_episode_log_init (&log, N_PHYSICS, N_ACTIONS, MAX_STEPS);
  if (!esp_episode_log_read (&log, state) || !esp_episode_log_is_plausible (&log, is_start, is_physics, 1))
    {
      esp_episode_log_clear (&log);
      return FALSE;
    }

  esp_episode_log_clear (&walker->log);
  walker->log = log;
  if (log.kind == ESP_EPISODE_LOG_RESET)
    start_from_draws (walker, log.values);
  else
    start_from_physics (walker, log.values);
  for (size_t t = 0; t < log.n_records; t++)
    {
      bool terminated;

      ease_limits (walker);
      advance (walker, esp_episode_log_get_record (&log, t), &terminated);
    }

  return TRUE;
}

/* The terrain's edges with their slopes; the bodies; and for each lidar ray the dots along it, relative to
 * the hull. */
static void
bipedal_walker_get_pose (const EspEnvironment *environment, double *pose)
{
  const BipedalWalker *walker = (const BipedalWalker *) environment;
  EspBox2dMotion motion;

  for (int i = 0; i + 1 < N_HEIGHTS; i++)
    {
      *pose++ = 0.5 * (walker->heights[i] + walker->heights[i + 1]);
      *pose++ = atan2 (walker->heights[i + 1] - walker->heights[i], VERTEX_DISTANCE);
    }
  for (int k = 0; k < N_BODIES; k++)
    {
      esp_box2d_body_get_motion (walker->bodies[k], &motion);
      *pose++ = motion.x;
      *pose++ = motion.y;
      *pose++ = motion.angle;
    }
  esp_box2d_body_get_motion (walker->bodies[HULL], &motion);
  *pose++ = motion.x;
  *pose++ = motion.y;
  for (int i = 0; i < N_RAYS; i++)
    {
      for (int k = 1; k <= N_DOTS; k++)
        *pose++ = walker->fractions[i] * RAY_LENGTH * k / N_DOTS;
    }
}

gboolean
esp_bipedal_walker_start (EspEnvironment *environment,
                          const double *values,
                          double *observation,
                          GError **error)
{
  BipedalWalker *walker = (BipedalWalker *) environment;

  g_assert (environment->interface == &esp_bipedal_walker_interface);
  if (!is_start (values))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "these terrain heights and this force cannot start an episode of “%s”",
                   esp_bipedal_walker_info.name);
      return FALSE;
    }

  environment->steps = 0;
  environment->terminated = false;
  esp_episode_log_begin (&walker->log, ESP_EPISODE_LOG_RESET, values, N_START);
  start_from_draws (walker, values);
  bipedal_walker_observe (environment, observation);

  return TRUE;
}

const EspEnvironmentInterface esp_bipedal_walker_interface = {
  .info = &esp_bipedal_walker_info,
  .instance_size = sizeof (BipedalWalker),
  .init = bipedal_walker_init,
  .free = bipedal_walker_free,
  .reset = bipedal_walker_reset,
  .step = bipedal_walker_step,
  .observe = bipedal_walker_observe,
  .get_state_size = bipedal_walker_get_state_size,
  .get_state = bipedal_walker_get_state,
  .set_state = bipedal_walker_set_state,
  .get_pose = bipedal_walker_get_pose,
  .get_n_physics = bipedal_walker_get_n_physics,
  .get_physics = bipedal_walker_get_physics,
  .set_physics = bipedal_walker_set_physics,
};

/* Lunar lander with continuous engines: set a lander down softly between two flags.
 *
 * Geometry, masses, engines, reward and reset are those of "LunarLanderContinuous-v3" in Gymnasium without
 * wind; the physics is Box2D's. Gymnasium runs Box2D 2.3.0, whose joint limits are imitated here and whose edge
 * collision differs from 2.4: in recordings a step of a flight is the same to 1e-4 (mostly 1e-5), standing on a
 * slope to 3e-2, and hard impacts go their own ways.
 *
 * Bodies are created in the order of the definition, which decides the order in which contacts are solved.
 * Lengths of the definition are in pixels, 30 to the metre. The x axis points right, y up, and the angle is
 * counter-clockwise. Leg 1 is on the right.
 */

#include "esp-lunar-lander.h"

#include <math.h>
#include <string.h>

#include "esp-box2d.h"
#include "esp-environment-private.h"
#include "esp-error.h"
#include "esp-episode-log.h"

#define SCALE               30.0
#define RATE                50.0
#define WIDTH               (600 / SCALE)
#define HEIGHT              (400 / SCALE)
#define VELOCITY_ITERATIONS 180
#define POSITION_ITERATIONS 60
#define MAX_STEPS           1000

#define N_HEIGHTS        ESP_LUNAR_LANDER_N_HEIGHTS
#define N_VERTICES       11
#define VERTEX_DISTANCE  2.0
#define PAD_HEIGHT       (HEIGHT / 4)
#define PAD_FIRST        3 /* heights of the pad */
#define PAD_LAST         7
#define GROUND_FRICTION  0.1
#define BEDROCK_FRICTION 0.2

#define GROUND_CATEGORY 0x01
#define LANDER_CATEGORY 0x10
#define LEG_CATEGORY    0x20

#define START_X     (WIDTH / 2)
#define START_Y     HEIGHT
#define START_FORCE 1000.0

#define LEG_AWAY   20
#define LEG_DOWN   18
#define LEG_ANGLE  0.05
#define LEG_CLOSED 0.4
#define LEG_RANGE  0.5
#define LEG_TORQUE 40.0
#define LEG_SPEED  0.3

#define MAIN_POWER     13.0
#define SIDE_POWER     0.6
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

#define N_BODIES  3
#define N_PHYSICS ESP_LUNAR_LANDER_N_PHYSICS
#define N_START   ESP_LUNAR_LANDER_N_START
#define N_DRAWS   ESP_LUNAR_LANDER_N_DRAWS
#define N_ACTIONS 2
#define N_RECORD  (N_ACTIONS + N_DRAWS)

G_STATIC_ASSERT (N_PHYSICS == N_HEIGHTS + N_BODIES * ESP_BOX2D_MOTION_VALUES + 2);

typedef struct
{
  EspEnvironment parent;
  EspBox2dWorld *world;
  EspBox2dBody *bodies[N_BODIES]; /* the lander and its legs */
  EspBox2dJoint *joints[2];
  double heights[N_HEIGHTS];
  double shaping; /* of the present state */
  double draws[N_DRAWS];
  bool has_draws; /* whether the next step uses them */
  EspEpisodeLog log;
} LunarLander;

static const EspSignal observations[] = {
  { "x", "x", "x", "horizontal distance from the pad, 1 is the edge of the picture", "10 m", -2.5, 2.5 },
  { "y", "y", "y", "height above the pad, 0 is standing", "6.7 m", -2.5, 2.5 },
  { "x_dot", "ẋ", "\\dot{x}", "horizontal velocity", "5 m/s", -10, 10 },
  { "y_dot", "ẏ", "\\dot{y}", "vertical velocity", "7.5 m/s", -10, 10 },
  { "theta", "θ", "\\theta", "angle of the lander, 0 upright, positive leans left", "rad", -2 * G_PI,
    2 * G_PI },
  { "theta_dot", "θ̇", "\\dot{\\theta}", "angular velocity", "2.5 rad/s", -10, 10 },
  { "leg_1", "c₁", "c_1", "whether the right leg has contact", "", 0, 1 },
  { "leg_2", "c₂", "c_2", "whether the left leg has contact", "", 0, 1 },
};

static const EspSignal actions[] = {
  { "main", "F", "F", "main engine: off up to 0, then from half to full power", "", -1, 1 },
  { "side", "S", "S", "side engines: beyond ±0.5 one of them fires; positive turns clockwise", "", -1, 1 },
};

#define N_COLUMNS      40
#define N_POSE_TERRAIN (N_VERTICES + 2 * (N_VERTICES - 1) + N_COLUMNS)
#define N_POSE_FLAMES  3
#define MAIN_FLAME     0.85 /* metres at full power */
#define SIDE_FLAME     0.45

const EspEnvironmentInfo esp_lunar_lander_info = {
  .name = "lunar-lander",
  .title = "Lunar lander",
  .description = "Set a lander down softly between two flags and save fuel",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = MAX_STEPS,
  .time_step = 1 / RATE,
  .scene = "lunar-lander.xml",
  .n_pose = N_POSE_TERRAIN + N_BODIES * 3 + N_POSE_FLAMES,
};

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

static double
get_vertex_height (const LunarLander *lander, int i)
{
  const double *heights = lander->heights;

  return 0.33 * (heights[i == 0 ? N_HEIGHTS - 1 : i - 1] + heights[i] + heights[i + 1]);
}

static void
add_ground (LunarLander *lander)
{
  EspBox2dBody *ground = esp_box2d_world_add_ground (lander->world);

  esp_box2d_body_add_edge (ground, (float[]){ 0, 0 }, (float[]){ WIDTH, 0 }, BEDROCK_FRICTION);
  for (int i = 0; i + 1 < N_VERTICES; i++)
    {
      float from[] = { VERTEX_DISTANCE * i, get_vertex_height (lander, i) };
      float to[] = { VERTEX_DISTANCE * (i + 1), get_vertex_height (lander, i + 1) };

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
ease_limits (LunarLander *lander)
{
  for (int k = 0; k < 2; k++)
    {
      double lower = get_lower_limit (k == 0 ? -1 : 1);

      esp_box2d_joint_ease_limits (lander->joints[k], lower, lower + LEG_RANGE);
    }
}

/* Makes a new world over the terrain in lander->heights. */
static void
build (LunarLander *lander, const EspBox2dMotion *motions)
{
  esp_box2d_world_free (lander->world);
  lander->world = esp_box2d_world_new ();
  add_ground (lander);

  lander->bodies[0] = esp_box2d_world_add_body (lander->world, &motions[0], &lander_shape);
  for (int k = 1; k < N_BODIES; k++)
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

/* Writes the observation in full precision. */
static void
look (const LunarLander *lander, double *seen)
{
  EspBox2dMotion motion;

  esp_box2d_body_get_motion (lander->bodies[0], &motion);
  seen[0] = (motion.x - WIDTH / 2) / (WIDTH / 2);
  seen[1] = (motion.y - (PAD_HEIGHT + LEG_DOWN / SCALE)) / (HEIGHT / 2);
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
fire (LunarLander *lander, const double offset[2], const double point[2], double power)
{
  EspBox2dMotion motion;

  esp_box2d_body_get_motion (lander->bodies[0], &motion);
  esp_box2d_body_kick (lander->bodies[0], (float[]){ -offset[0] * power, -offset[1] * power },
                       (float[]){ motion.x + point[0], motion.y + point[1] });
}

static double
get_main_power (const double *action)
{
  return action[0] > 0 ? 0.5 + 0.5 * fmin (action[0], 1) : 0;
}

/* Positive for the engine that turns the lander clockwise. */
static double
get_side_power (const double *action)
{
  return fabs (action[1]) > SIDE_THRESHOLD ? fmin (fmax (action[1], -1), 1) : 0;
}

/* Takes a step with the actions and draws of @record; returns the reward. */
static double
advance (LunarLander *lander, const double *record, bool *terminated)
{
  const double *draws = record + N_ACTIONS;
  double main_power = get_main_power (record), side_power = get_side_power (record);
  double seen[G_N_ELEMENTS (observations)], shaping, reward;
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

      fire (lander, offset, offset, MAIN_POWER * main_power);
    }
  if (side_power != 0)
    {
      double away = 3 * draws[1] + copysign (SIDE_AWAY, side_power);
      double offset[] = { tip[0] * draws[0] + side[0] * away, -tip[1] * draws[0] - side[1] * away };
      double point[] = { offset[0] - tip[0] * SIDE_OFFSET, offset[1] + tip[1] * SIDE_HEIGHT };

      fire (lander, offset, point, SIDE_POWER * fabs (side_power));
    }

  ease_limits (lander);
  esp_box2d_world_step (lander->world, 1 / RATE, VELOCITY_ITERATIONS, POSITION_ITERATIONS);

  look (lander, seen);
  shaping = get_shaping (seen);
  reward = shaping - lander->shaping - MAIN_COST * main_power - SIDE_COST * fabs (side_power);
  lander->shaping = shaping;
  *terminated = false;
  if (esp_box2d_body_is_touching (lander->bodies[0]) || fabs (seen[0]) >= 1)
    {
      *terminated = true;
      reward = -END_REWARD;
    }
  if (!esp_box2d_body_is_awake (lander->bodies[0]))
    {
      *terminated = true;
      reward = END_REWARD;
    }

  return reward;
}

/* Starts over as a reset that drew @start, whose step with the engines off is part of it. */
static void
start_from_draws (LunarLander *lander, const double *start)
{
  const EspBox2dMotion motions[N_BODIES] = {
    { .x = START_X, .y = START_Y },
    { .x = START_X + LEG_AWAY / SCALE, .y = START_Y, .angle = -LEG_ANGLE },
    { .x = START_X - LEG_AWAY / SCALE, .y = START_Y, .angle = LEG_ANGLE },
  };
  const double *force = start + N_HEIGHTS;
  bool terminated;

  memcpy (lander->heights, start, sizeof lander->heights);
  build (lander, motions);
  esp_box2d_body_push (lander->bodies[0], (float[]){ force[0], force[1] });
  advance (lander, (double[N_RECORD]){ 0, 0, force[2], force[3] }, &terminated);
}

static void
start_from_physics (LunarLander *lander, const double *values)
{
  EspBox2dMotion motions[N_BODIES];
  double seen[G_N_ELEMENTS (observations)];

  memcpy (lander->heights, values, sizeof lander->heights);
  values += N_HEIGHTS;
  for (int k = 0; k < N_BODIES; k++, values += ESP_BOX2D_MOTION_VALUES)
    motions[k] = (EspBox2dMotion){ values[0], values[1], values[2], values[3], values[4], values[5] };
  build (lander, motions);
  for (int k = 1; k < N_BODIES; k++)
    esp_box2d_body_set_touching (lander->bodies[k], values[k - 1] > 0.5);
  look (lander, seen);
  lander->shaping = get_shaping (seen);
}

static void
start (LunarLander *lander, EspEpisodeLogKind kind, const double *values)
{
  if (kind == ESP_EPISODE_LOG_RESET)
    start_from_draws (lander, values);
  else
    start_from_physics (lander, values);
}

static bool
are_within (const double *values, int n, double limit)
{
  for (int i = 0; i < n; i++)
    {
      if (!(fabs (values[i]) <= limit))
        return false;
    }

  return true;
}

static bool
is_start (const double *values)
{
  return are_within (values, N_HEIGHTS, MAX_HEIGHT) && are_within (values + N_HEIGHTS, 2, MAX_FORCE)
         && are_within (values + N_HEIGHTS + 2, N_DRAWS, 1);
}

static bool
is_physics (const double *values)
{
  return are_within (values, N_HEIGHTS, MAX_HEIGHT)
         && are_within (values + N_HEIGHTS, N_PHYSICS - N_HEIGHTS - 2, MAX_LENGTH)
         && are_within (values + N_PHYSICS - 2, 2, 1);
}

static gboolean
lunar_lander_init (EspEnvironment *environment, GError **error)
{
  esp_episode_log_init (&((LunarLander *) environment)->log, N_PHYSICS, N_RECORD, MAX_STEPS);

  return TRUE;
}

static void
lunar_lander_free (EspEnvironment *environment)
{
  LunarLander *lander = (LunarLander *) environment;

  esp_box2d_world_free (lander->world);
  esp_episode_log_clear (&lander->log);
}

static void
lunar_lander_reset (EspEnvironment *environment)
{
  LunarLander *lander = (LunarLander *) environment;
  double values[N_START];

  for (int i = 0; i < N_HEIGHTS; i++)
    {
      values[i] = esp_random_between (&environment->random, 0, HEIGHT / 2);
      if (i >= PAD_FIRST && i <= PAD_LAST)
        values[i] = PAD_HEIGHT;
    }
  for (int i = 0; i < 2; i++)
    values[N_HEIGHTS + i] = esp_random_between (&environment->random, -START_FORCE, START_FORCE);
  for (int i = 0; i < N_DRAWS; i++)
    values[N_HEIGHTS + 2 + i] = esp_random_between (&environment->random, -1, 1) / SCALE;

  lander->has_draws = false;
  esp_episode_log_begin (&lander->log, ESP_EPISODE_LOG_RESET, values, N_START);
  start_from_draws (lander, values);
}

static void
lunar_lander_get_physics (const EspEnvironment *environment, double *values)
{
  const LunarLander *lander = (const LunarLander *) environment;

  memcpy (values, lander->heights, sizeof lander->heights);
  values += N_HEIGHTS;
  for (int k = 0; k < N_BODIES; k++)
    {
      EspBox2dMotion motion;

      esp_box2d_body_get_motion (lander->bodies[k], &motion);
      *values++ = motion.x;
      *values++ = motion.y;
      *values++ = motion.angle;
      *values++ = motion.vx;
      *values++ = motion.vy;
      *values++ = motion.omega;
    }
  for (int k = 1; k < N_BODIES; k++)
    *values++ = esp_box2d_body_is_touching (lander->bodies[k]);
}

static size_t
lunar_lander_get_n_physics (const EspEnvironment *environment)
{
  return N_PHYSICS;
}

static gboolean
lunar_lander_set_physics (EspEnvironment *environment, const double *values)
{
  LunarLander *lander = (LunarLander *) environment;

  if (!is_physics (values))
    return FALSE;
  lander->has_draws = false;
  esp_episode_log_begin (&lander->log, ESP_EPISODE_LOG_PHYSICS, values, N_PHYSICS);
  start_from_physics (lander, values);

  return TRUE;
}

static double
lunar_lander_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  LunarLander *lander = (LunarLander *) environment;
  double record[N_RECORD] = { action[0], action[1] };

  for (int i = 0; i < N_DRAWS; i++)
    {
      record[N_ACTIONS + i] = lander->has_draws ? lander->draws[i]
                                                : esp_random_between (&environment->random, -1, 1) / SCALE;
    }
  lander->has_draws = false;

  if (esp_episode_log_is_full (&lander->log))
    {
      double values[N_PHYSICS];

      lunar_lander_get_physics (environment, values);
      lunar_lander_set_physics (environment, values);
    }
  esp_episode_log_add (&lander->log, record);

  return advance (lander, record, terminated);
}

static void
lunar_lander_observe (const EspEnvironment *environment, double *observation)
{
  look ((const LunarLander *) environment, observation);
  for (size_t i = 0; i < G_N_ELEMENTS (observations); i++)
    observation[i] = (float) observation[i];
}

/* Draws that were set for the next step are part of the state. */
typedef struct
{
  uint64_t has_draws;
  double draws[N_DRAWS];
} PendingDraws;

static size_t
lunar_lander_get_state_size (const EspEnvironment *environment)
{
  return sizeof (PendingDraws) + esp_episode_log_get_size (&((const LunarLander *) environment)->log);
}

static void
lunar_lander_get_state (const EspEnvironment *environment, void *state)
{
  const LunarLander *lander = (const LunarLander *) environment;
  PendingDraws pending = { .has_draws = lander->has_draws };

  if (lander->has_draws)
    memcpy (pending.draws, lander->draws, sizeof pending.draws);
  memcpy (state, &pending, sizeof pending);
  esp_episode_log_write (&lander->log, (uint8_t *) state + sizeof pending);
}

/* Returns whether the values of @log are what a lander's can be. */
static bool
is_log (const EspEpisodeLog *log)
{
  if (!(log->kind == ESP_EPISODE_LOG_RESET ? is_start (log->values) : is_physics (log->values)))
    return false;
  for (size_t t = 0; t < log->n_records; t++)
    {
      if (!are_within (esp_episode_log_get_record (log, t), N_RECORD, 1))
        return false;
    }

  return true;
}

static gboolean
lunar_lander_set_state (EspEnvironment *environment, const void *state)
{
  LunarLander *lander = (LunarLander *) environment;
  PendingDraws pending;
  EspEpisodeLog log;

  memcpy (&pending, state, sizeof pending);
  esp_episode_log_init (&log, N_PHYSICS, N_RECORD, MAX_STEPS);
  if (pending.has_draws > 1 || !are_within (pending.draws, N_DRAWS, 1)
      || !esp_episode_log_read (&log, (const uint8_t *) state + sizeof pending) || !is_log (&log))
    {
      esp_episode_log_clear (&log);
      return FALSE;
    }

  esp_episode_log_clear (&lander->log);
  lander->log = log;
  lander->has_draws = pending.has_draws != 0;
  memcpy (lander->draws, pending.draws, sizeof pending.draws);
  start (lander, log.kind, log.values);
  for (size_t t = 0; t < log.n_records; t++)
    {
      bool terminated;

      advance (lander, esp_episode_log_get_record (&log, t), &terminated);
    }

  return TRUE;
}

static double
get_terrain_height (const LunarLander *lander, double x)
{
  int i = (int) (x / VERTEX_DISTANCE);
  double part = x / VERTEX_DISTANCE - i;

  return get_vertex_height (lander, i) * (1 - part) + get_vertex_height (lander, i + 1) * part;
}

/* The terrain's vertices, each with the slopes to its right and left; pillars of ground below; the lander,
 * how far the flames of the last step come out of it, and the legs. The scene has its origin in the middle.
 */
static void
lunar_lander_get_pose (const EspEnvironment *environment, double *pose)
{
  const LunarLander *lander = (const LunarLander *) environment;
  size_t n = lander->log.n_records;
  const double *action = n > 0 ? esp_episode_log_get_record (&lander->log, n - 1) : (const double[2]){ 0, 0 };
  double side_power = get_side_power (action);

  for (int i = 0; i < N_VERTICES; i++)
    {
      double height = get_vertex_height (lander, i);

      *pose++ = height;
      if (i + 1 < N_VERTICES)
        *pose++ = atan2 (get_vertex_height (lander, i + 1) - height, VERTEX_DISTANCE);
      if (i > 0)
        *pose++ = atan2 (height - get_vertex_height (lander, i - 1), VERTEX_DISTANCE);
    }
  for (int i = 0; i < N_COLUMNS; i++)
    *pose++ = get_terrain_height (lander, (i + 0.5) * WIDTH / N_COLUMNS);
  for (int k = 0; k < N_BODIES; k++)
    {
      EspBox2dMotion motion;

      esp_box2d_body_get_motion (lander->bodies[k], &motion);
      *pose++ = motion.x - WIDTH / 2;
      *pose++ = motion.y;
      *pose++ = motion.angle;
      if (k == 0)
        {
          *pose++ = MAIN_FLAME * get_main_power (action);
          *pose++ = SIDE_FLAME * fmax (side_power, 0);
          *pose++ = SIDE_FLAME * fmax (-side_power, 0);
        }
    }
}

gboolean
esp_lunar_lander_start (EspEnvironment *environment,
                        const double *values,
                        double *observation,
                        GError **error)
{
  LunarLander *lander = (LunarLander *) environment;

  g_assert (environment->interface == &esp_lunar_lander_interface);
  if (!is_start (values))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "these terrain heights, forces and dispersions cannot start an episode of “%s”",
                   esp_lunar_lander_info.name);
      return FALSE;
    }

  environment->steps = 0;
  environment->terminated = false;
  lander->has_draws = false;
  esp_episode_log_begin (&lander->log, ESP_EPISODE_LOG_RESET, values, N_START);
  start_from_draws (lander, values);
  lunar_lander_observe (environment, observation);

  return TRUE;
}

void
esp_lunar_lander_set_draws (EspEnvironment *environment, const double *draws)
{
  LunarLander *lander = (LunarLander *) environment;

  g_assert (environment->interface == &esp_lunar_lander_interface);
  for (int i = 0; i < N_DRAWS; i++)
    lander->draws[i] = isnan (draws[i]) ? 0 : CLAMP (draws[i], -1, 1);
  lander->has_draws = true;
}

const EspEnvironmentInterface esp_lunar_lander_interface = {
  .info = &esp_lunar_lander_info,
  .instance_size = sizeof (LunarLander),
  .init = lunar_lander_init,
  .free = lunar_lander_free,
  .reset = lunar_lander_reset,
  .step = lunar_lander_step,
  .observe = lunar_lander_observe,
  .get_state_size = lunar_lander_get_state_size,
  .get_state = lunar_lander_get_state,
  .set_state = lunar_lander_set_state,
  .get_pose = lunar_lander_get_pose,
  .get_n_physics = lunar_lander_get_n_physics,
  .get_physics = lunar_lander_get_physics,
  .set_physics = lunar_lander_set_physics,
};

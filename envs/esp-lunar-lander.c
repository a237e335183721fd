/* Lunar lander with continuous engines: set a lander down softly between two flags.
 *
 * Geometry, masses, engines, reward and reset are those of "LunarLanderContinuous-v3" in Gymnasium without
 * wind; the physics is Box2D's. Gymnasium runs Box2D 2.3.0, whose joint limits are imitated here and whose
 * edge collision differs from 2.4: in recordings a step of a flight is the same to 1e-4 (mostly 1e-5),
 * standing on a slope to 3e-2, and hard impacts go their own ways.
 *
 * The family `lunar-lander-params` varies engines and gravity; see esp-task.h.
 */

#include "esp-lunar-lander.h"

#include <math.h>
#include <string.h>

#include "esp-environment-private.h"
#include "esp-error.h"
#include "esp-lander.h"
#include "esp-task-private.h"

#define RATE      ESP_BOX2D_ROBOT_RATE
#define MAX_STEPS 1000

#define N_HEIGHTS   ESP_LUNAR_LANDER_N_HEIGHTS
#define N_PHYSICS   ESP_LUNAR_LANDER_N_PHYSICS
#define N_START     ESP_LUNAR_LANDER_N_START
#define N_DRAWS     ESP_LUNAR_LANDER_N_DRAWS
#define N_VERTICES  ESP_LANDER_N_VERTICES
#define N_BODIES    ESP_LANDER_N_BODIES
#define PAD_FIRST   3 /* heights of the pad */
#define PAD_LAST    7
#define START_FORCE 1000.0

/* The nominal task. */
#define GRAVITY    10.0
#define MAIN_POWER 13.0
#define SIDE_POWER 0.6

G_STATIC_ASSERT (N_PHYSICS == N_HEIGHTS + N_BODIES * ESP_BOX2D_MOTION_VALUES + 2);

typedef struct
{
  EspEnvironment parent;
  EspLander lander;
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

G_STATIC_ASSERT (G_N_ELEMENTS (observations) == ESP_LANDER_N_OBSERVATIONS);
G_STATIC_ASSERT (G_N_ELEMENTS (actions) == ESP_LANDER_N_ACTIONS);

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
  .has_engine = true,
  .scene = "lunar-lander.xml",
  .n_pose = N_POSE_TERRAIN + N_BODIES * 3 + N_POSE_FLAMES,
};

static gboolean
lunar_lander_init (EspEnvironment *environment, GError **error)
{
  LunarLander *self = (LunarLander *) environment;

  self->lander.main_power = MAIN_POWER;
  self->lander.side_power = SIDE_POWER;
  self->lander.gravity = GRAVITY;
  esp_episode_log_init (&self->log, N_PHYSICS, ESP_LANDER_N_RECORD, MAX_STEPS);

  return TRUE;
}

static void
lunar_lander_free (EspEnvironment *environment)
{
  LunarLander *self = (LunarLander *) environment;

  esp_lander_clear (&self->lander);
  esp_episode_log_clear (&self->log);
}

static void
lunar_lander_reset (EspEnvironment *environment)
{
  LunarLander *self = (LunarLander *) environment;
  double values[N_START];

  for (int i = 0; i < N_HEIGHTS; i++)
    {
      values[i] = esp_random_between (&environment->random, 0, ESP_LANDER_HEIGHT / 2);
      if (i >= PAD_FIRST && i <= PAD_LAST)
        values[i] = ESP_LANDER_PAD_HEIGHT;
    }
  for (int i = 0; i < 2; i++)
    values[N_HEIGHTS + i] = esp_random_between (&environment->random, -START_FORCE, START_FORCE);
  for (int i = 0; i < N_DRAWS; i++)
    values[N_HEIGHTS + 2 + i] = esp_random_between (&environment->random, -1, 1) / ESP_BOX2D_ROBOT_SCALE;

  self->has_draws = false;
  esp_episode_log_begin (&self->log, ESP_EPISODE_LOG_RESET, values, N_START);
  esp_lander_start (&self->lander, ESP_EPISODE_LOG_RESET, values);
}

static void
lunar_lander_get_physics (const EspEnvironment *environment, double *values)
{
  esp_lander_get_physics (&((const LunarLander *) environment)->lander, values);
}

static size_t
lunar_lander_get_n_physics (const EspEnvironment *environment)
{
  return N_PHYSICS;
}

static gboolean
lunar_lander_set_physics (EspEnvironment *environment, const double *values)
{
  LunarLander *self = (LunarLander *) environment;

  if (!esp_lander_is_physics (values))
    return FALSE;
  self->has_draws = false;
  esp_episode_log_begin (&self->log, ESP_EPISODE_LOG_PHYSICS, values, N_PHYSICS);
  esp_lander_start (&self->lander, ESP_EPISODE_LOG_PHYSICS, values);

  return TRUE;
}

static double
lunar_lander_step (EspEnvironment *environment, const double *action, bool *terminated)
{
  LunarLander *self = (LunarLander *) environment;
  double record[ESP_LANDER_N_RECORD] = { action[0], action[1] };
  double reward;

  for (int i = 0; i < N_DRAWS; i++)
    {
      record[ESP_LANDER_N_ACTIONS + i] = self->has_draws ? self->draws[i]
                                                         : esp_random_between (&environment->random, -1, 1)
                                                             / ESP_BOX2D_ROBOT_SCALE;
    }
  self->has_draws = false;

  if (esp_episode_log_is_full (&self->log))
    {
      double values[N_PHYSICS];

      lunar_lander_get_physics (environment, values);
      lunar_lander_set_physics (environment, values);
    }
  esp_episode_log_add (&self->log, record);

  reward = esp_lander_advance (&self->lander, record, terminated);
  environment->succeeded = esp_lander_is_at_rest (&self->lander);

  return reward;
}

static void
lunar_lander_observe (const EspEnvironment *environment, double *observation)
{
  esp_lander_look (&((const LunarLander *) environment)->lander, observation);
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
  const LunarLander *self = (const LunarLander *) environment;
  PendingDraws pending = { .has_draws = self->has_draws };

  if (self->has_draws)
    memcpy (pending.draws, self->draws, sizeof pending.draws);
  memcpy (state, &pending, sizeof pending);
  esp_episode_log_write (&self->log, (uint8_t *) state + sizeof pending);
}

static gboolean
lunar_lander_set_state (EspEnvironment *environment, const void *state)
{
  LunarLander *self = (LunarLander *) environment;
  PendingDraws pending;
  EspEpisodeLog log;

  memcpy (&pending, state, sizeof pending);
  esp_episode_log_init (&log, N_PHYSICS, ESP_LANDER_N_RECORD, MAX_STEPS);
  if (pending.has_draws > 1 || !esp_box2d_robot_are_within (pending.draws, N_DRAWS, 1)
      || !esp_episode_log_read (&log, (const uint8_t *) state + sizeof pending)
      || !esp_episode_log_is_plausible (&log, esp_lander_is_start, esp_lander_is_physics, 1))
    {
      esp_episode_log_clear (&log);
      return FALSE;
    }

  esp_episode_log_clear (&self->log);
  self->log = log;
  self->has_draws = pending.has_draws != 0;
  memcpy (self->draws, pending.draws, sizeof pending.draws);
  esp_lander_start (&self->lander, log.kind, log.values);
  for (size_t t = 0; t < log.n_records; t++)
    {
      bool terminated;

      esp_lander_advance (&self->lander, esp_episode_log_get_record (&log, t), &terminated);
    }

  return TRUE;
}

static double
get_terrain_height (const EspLander *lander, double x)
{
  int i = (int) (x / ESP_LANDER_VERTEX_DISTANCE);
  double part = x / ESP_LANDER_VERTEX_DISTANCE - i;

  return esp_lander_get_vertex_height (lander, i) * (1 - part)
         + esp_lander_get_vertex_height (lander, i + 1) * part;
}

/* The terrain's vertices, each with the slopes to its right and left; pillars of ground below; the lander,
 * how far the flames of the last step come out of it, and the legs. The scene has its origin in the middle.
 */
static void
lunar_lander_get_pose (const EspEnvironment *environment, double *pose)
{
  const LunarLander *self = (const LunarLander *) environment;
  const EspLander *lander = &self->lander;
  size_t n = self->log.n_records;
  const double *action = n > 0 ? esp_episode_log_get_record (&self->log, n - 1) : (const double[2]){ 0, 0 };
  double side_power = esp_lander_get_side_power (action);

  for (int i = 0; i < N_VERTICES; i++)
    {
      double height = esp_lander_get_vertex_height (lander, i);

      *pose++ = height;
      if (i + 1 < N_VERTICES)
        *pose++ = atan2 (esp_lander_get_vertex_height (lander, i + 1) - height, ESP_LANDER_VERTEX_DISTANCE);
      if (i > 0)
        *pose++ = atan2 (height - esp_lander_get_vertex_height (lander, i - 1), ESP_LANDER_VERTEX_DISTANCE);
    }
  for (int i = 0; i < N_COLUMNS; i++)
    *pose++ = get_terrain_height (lander, (i + 0.5) * ESP_LANDER_WIDTH / N_COLUMNS);
  for (int k = 0; k < N_BODIES; k++)
    {
      EspBox2dMotion motion;

      esp_box2d_body_get_motion (lander->bodies[k], &motion);
      *pose++ = motion.x - ESP_LANDER_WIDTH / 2;
      *pose++ = motion.y;
      *pose++ = motion.angle;
      if (k == 0)
        {
          *pose++ = MAIN_FLAME * esp_lander_get_main_power (action);
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
  LunarLander *self = (LunarLander *) environment;

  g_assert (environment->interface->step == lunar_lander_step);
  if (!esp_lander_is_start (values))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "these terrain heights, forces and dispersions cannot start an episode of “%s”",
                   esp_lunar_lander_info.name);
      return FALSE;
    }

  environment->steps = 0;
  environment->terminated = false;
  self->has_draws = false;
  esp_episode_log_begin (&self->log, ESP_EPISODE_LOG_RESET, values, N_START);
  esp_lander_start (&self->lander, ESP_EPISODE_LOG_RESET, values);
  lunar_lander_observe (environment, observation);

  return TRUE;
}

void
esp_lunar_lander_set_draws (EspEnvironment *environment, const double *draws)
{
  LunarLander *self = (LunarLander *) environment;

  g_assert (environment->interface->step == lunar_lander_step);
  for (int i = 0; i < N_DRAWS; i++)
    self->draws[i] = isnan (draws[i]) ? 0 : CLAMP (draws[i], -1, 1);
  self->has_draws = true;
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

/* Of which the nominal values are the middle, but for gravity. */
#define MAIN_RANGE    0.25
#define SIDE_RANGE    0.5
#define GRAVITY_LOW   7.0
#define GRAVITY_HIGH  12.0
#define LARGEST_POWER 1e3

static const EspEnvironmentInfo params_info = {
  .name = "lunar-lander-params",
  .title = "Lunar lander of many builds",
  .description = "Set a lander down softly with engines and gravity that differ from task to task",
  .n_observations = G_N_ELEMENTS (observations),
  .observations = observations,
  .n_actions = G_N_ELEMENTS (actions),
  .actions = actions,
  .max_steps = MAX_STEPS,
  .time_step = 1 / RATE,
  .has_engine = true,
  .scene = "lunar-lander.xml",
  .n_pose = N_POSE_TERRAIN + N_BODIES * 3 + N_POSE_FLAMES,
  .family = "lunar-lander-params",
};

static const EspTaskParameter parameters[] = {
  { "main_power", "impulse of the main engine in a step at full power", "N s", 1 },
  { "side_power", "impulse of a side engine in a step at full power", "N s", 1 },
  { "gravity", "gravity, downwards", "m/s²", 1 },
};

const EspTaskFamily esp_lunar_lander_params_family = {
  .environment = &params_info,
  .train =
    "main engine 13 U(0.75, 1.25), side engines 0.6 U(0.5, 1.5), gravity U(7, 12) m/s²; our own choice",
  .test = "the same; our own choice",
  .n_train = 40,
  .n_test = 10,
  .n_parameters = G_N_ELEMENTS (parameters),
  .parameters = parameters,
};

static gboolean
params_draw_task (EspRandom *random, bool is_test, double *values, GError **error)
{
  values[0] = MAIN_POWER * esp_random_between (random, 1 - MAIN_RANGE, 1 + MAIN_RANGE);
  values[1] = SIDE_POWER * esp_random_between (random, 1 - SIDE_RANGE, 1 + SIDE_RANGE);
  values[2] = esp_random_between (random, GRAVITY_LOW, GRAVITY_HIGH);

  return TRUE;
}

static gboolean
params_set_task (EspEnvironment *environment, const double *values)
{
  LunarLander *self = (LunarLander *) environment;

  for (size_t i = 0; i < G_N_ELEMENTS (parameters); i++)
    {
      if (!(values[i] >= 0 && values[i] <= LARGEST_POWER))
        return FALSE;
    }
  self->lander.main_power = values[0];
  self->lander.side_power = values[1];
  self->lander.gravity = values[2];

  return TRUE;
}

const EspEnvironmentInterface esp_lunar_lander_params_interface = {
  .info = &params_info,
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
  .family = &esp_lunar_lander_params_family,
  .draw_task = params_draw_task,
  .set_task = params_set_task,
};

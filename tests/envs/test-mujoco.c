/* The environments that MuJoCo steps, and the swing-up: models, recordings, exact states, returns, blow-ups.
 * The recordings are made by tests/oracles/select_trajectories.py; ESPALIER_TEST_DATA names another folder
 * with such files. */

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-error.h"
#include "esp-json.h"
#include "esp-mujoco.h"
#include "esp-random.h"

#define OPEN_LOOP_STEPS 30
#define MAX_PHYSICS     32

#define assert_same(a, b, n) g_assert_cmpmem (a, (n) * sizeof (double), b, (n) * sizeof (double))

/* Deviations that are allowed: of one step from a recorded state, and of a free run over 30 steps. */
typedef struct
{
  const char *name;
  bool has_model;
  double one_step;
  double open_loop;
} Subject;

static const Subject subjects[] = {
  { "inverted-double-pendulum", true, 1e-9, 1e-6 },
  { "inverted-pendulum-swingup", false, 1e-7, 1e-4 },
  { "reacher", true, 1e-9, 1e-6 },
  { "hopper", true, 1e-9, 1e-6 },
  { "half-cheetah", true, 1e-9, 1e-6 },
  { "walker2d", true, 1e-9, 1e-6 },
};

static EspEnvironment *
make (const char *name)
{
  GError *error = NULL;
  EspEnvironment *environment = esp_environment_new (name, &error);

  g_assert_no_error (error);

  return environment;
}

static JsonNode *
load (const char *file)
{
  const char *folder = g_getenv ("ESPALIER_TEST_DATA");
  g_autofree char *path = g_build_filename (folder != NULL ? folder : ESP_TEST_DATA, file, NULL);
  GError *error = NULL;
  JsonNode *root = esp_json_load (path, &error);

  g_assert_no_error (error);

  return root;
}

/* Compiled models */

static const double *
take (const double *expected, const mjtNum *measured, int n, const char *what)
{
  for (int i = 0; i < n; i++)
    {
      if (!(fabs (measured[i] - expected[i]) <= 1e-15 * fmax (1, fabs (expected[i]))))
        {
          g_test_message ("%s, number %d: %.17g, not %.17g", what, i, measured[i], expected[i]);
          g_test_fail ();
        }
    }

  return expected + n;
}

static const double *
take_one (const double *expected, double measured, const char *what)
{
  return take (expected, &measured, 1, what);
}

static double *
read_numbers (JsonArray *array)
{
  guint n = json_array_get_length (array);
  double *numbers = g_new (double, n);

  for (guint i = 0; i < n; i++)
    numbers[i] = json_array_get_double_element (array, i);

  return numbers;
}

static void
check_body (const mjModel *model, const char *name, const double *expected)
{
  int i = mj_name2id (model, mjOBJ_BODY, name);

  g_assert_cmpint (i, >=, 0);
  expected = take (expected, model->body_pos + 3 * i, 3, name);
  expected = take (expected, model->body_quat + 4 * i, 4, name);
  expected = take (expected, model->body_mass + i, 1, name);
  expected = take (expected, model->body_ipos + 3 * i, 3, name);
  expected = take (expected, model->body_iquat + 4 * i, 4, name);
  expected = take (expected, model->body_inertia + 3 * i, 3, name);
  take (expected, model->body_invweight0 + 2 * i, 2, name);
}

static void
check_joint (const mjModel *model, const char *name, const double *expected)
{
  int i = mj_name2id (model, mjOBJ_JOINT, name), dof;

  g_assert_cmpint (i, >=, 0);
  dof = model->jnt_dofadr[i];
  expected = take (expected, model->jnt_axis + 3 * i, 3, name);
  expected = take (expected, model->jnt_pos + 3 * i, 3, name);
  expected = take_one (expected, model->jnt_limited[i], name);
  expected = take (expected, model->jnt_range + 2 * i, 2, name);
  expected = take (expected, model->jnt_stiffness + i, 1, name);
  expected = take (expected, model->dof_damping + dof, 1, name);
  expected = take (expected, model->dof_armature + dof, 1, name);
  expected = take (expected, model->dof_frictionloss + dof, 1, name);
  expected = take (expected, model->jnt_margin + i, 1, name);
  expected = take (expected, model->jnt_solref + mjNREF * i, mjNREF, name);
  expected = take (expected, model->jnt_solimp + mjNIMP * i, mjNIMP, name);
  expected = take (expected, model->qpos0 + model->jnt_qposadr[i], 1, name);
  take (expected, model->dof_invweight0 + dof, 1, name);
}

static void
check_geom (const mjModel *model, const char *name, const double *expected)
{
  int i = mj_name2id (model, mjOBJ_GEOM, name);

  g_assert_cmpint (i, >=, 0);
  expected = take (expected, model->geom_pos + 3 * i, 3, name);
  expected = take (expected, model->geom_quat + 4 * i, 4, name);
  expected = take_one (expected, model->geom_contype[i], name);
  expected = take_one (expected, model->geom_conaffinity[i], name);
  expected = take_one (expected, model->geom_condim[i], name);
  expected = take (expected, model->geom_friction + 3 * i, 3, name);
  expected = take (expected, model->geom_solref + mjNREF * i, mjNREF, name);
  expected = take (expected, model->geom_solimp + mjNIMP * i, mjNIMP, name);
  expected = take (expected, model->geom_margin + i, 1, name);
  if (model->geom_type[i] != mjGEOM_PLANE)
    take (expected, model->geom_size + 3 * i, 3, name);
}

static int
check_all (const mjModel *model,
           JsonObject *things,
           void (*check) (const mjModel *model, const char *name, const double *expected))
{
  g_autoptr (GList) names = json_object_get_members (things);

  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree double *expected = read_numbers (json_object_get_array_member (things, l->data));

      check (model, l->data, expected);
    }

  return (int) json_object_get_size (things);
}

/* What touches or has mass is what the reference has; all else is decoration, and only the picture has it. */
static void
check_decoration (const mjModel *physics, const mjModel *picture, JsonObject *geoms)
{
  for (int i = 0; i < physics->ngeom; i++)
    {
      const char *name = physics->names + physics->name_geomadr[i];

      if (!json_object_has_member (geoms, name))
        g_assert_cmpint (physics->geom_bodyid[i], ==, 0);
    }
  g_assert_cmpint (picture->ngeom, >, physics->ngeom);
  for (int i = 0; i < picture->ngeom; i++)
    {
      const char *name = picture->names + picture->name_geomadr[i];

      if (json_object_has_member (geoms, name))
        continue;
      g_assert_cmpint (picture->geom_contype[i], ==, 0);
      g_assert_cmpint (picture->geom_conaffinity[i], ==, 0);
      g_assert_true (picture->geom_group[i] != 0 || picture->geom_bodyid[i] == 0);
    }
}

static void
check_model (const mjModel *model, JsonObject *reference, bool is_euler)
{
  g_autofree double *numbers = read_numbers (json_object_get_array_member (reference, "numbers"));
  JsonArray *motors = json_object_get_array_member (reference, "motors");
  const double *expected = numbers;

  expected = take (expected, &model->opt.timestep, 1, "time step");
  expected = take (expected, model->opt.gravity, 3, "gravity");
  expected = take (expected, &model->opt.tolerance, 1, "tolerance");
  expected = take_one (expected, model->opt.iterations, "iterations");
  expected = take (expected, &model->opt.impratio, 1, "impratio");
  take_one (expected, mj_getTotalmass (model), "total mass");
  g_assert_cmpint (model->opt.integrator, ==, is_euler ? mjINT_EULER : mjINT_RK4);
  g_assert_cmpint (model->opt.solver, ==, mjSOL_NEWTON);
  g_assert_cmpint (model->opt.cone, ==, mjCONE_PYRAMIDAL);
  g_assert_cmpint (model->nbody, ==,
                   check_all (model, json_object_get_object_member (reference, "bodies"), check_body));
  g_assert_cmpint (model->njnt, ==,
                   check_all (model, json_object_get_object_member (reference, "joints"), check_joint));
  check_all (model, json_object_get_object_member (reference, "geoms"), check_geom);
  g_assert_cmpuint (model->nu, ==, json_array_get_length (motors));
  for (int i = 0; i < model->nu; i++)
    {
      g_autofree double *motor = read_numbers (json_array_get_array_element (motors, i));

      expected = take (motor, model->actuator_gear + 6 * i, 1, "gear");
      expected = take (expected, model->actuator_ctrlrange + 2 * i, 2, "control range");
      take_one (expected, model->actuator_ctrllimited[i], "limited control");
    }
}

/* Both the physics and the picture are the reference's robot. */
static void
test_model (const void *data)
{
  const Subject *subject = data;
  JsonNode *root = load ("model-constants.json");
  JsonObject *reference = json_object_get_object_member (json_node_get_object (root), subject->name);
  g_autofree char *file = g_strconcat (subject->name, ".xml", NULL);
  bool is_euler = strcmp (subject->name, "half-cheetah") == 0;
  GError *error = NULL;
  mjModel *physics = esp_mujoco_load (file, ESP_MUJOCO_PHYSICS, &error);
  mjModel *picture;

  g_assert_no_error (error);
  picture = esp_mujoco_load (file, ESP_MUJOCO_ALL, &error);
  g_assert_no_error (error);
  check_model (physics, reference, is_euler);
  check_model (picture, reference, is_euler);
  check_decoration (physics, picture, json_object_get_object_member (reference, "geoms"));
  mj_deleteModel (physics);
  mj_deleteModel (picture);
  json_node_unref (root);
}

/* Recordings */

typedef struct
{
  EspEnvironment *environment;
  const EspEnvironmentInfo *info;
  JsonArray *states;
  JsonArray *actions;
  JsonArray *observations;
  JsonArray *rewards;
  JsonArray *terminated;
  guint n_steps;
} Recording;

typedef struct
{
  double state;
  double observation;
  double reward;
} Deviations;

static void
read_row (JsonArray *rows, guint row, double *values, size_t n)
{
  JsonArray *array = json_array_get_array_element (rows, row);

  g_assert_cmpuint (json_array_get_length (array), ==, n);
  for (guint i = 0; i < n; i++)
    values[i] = json_array_get_double_element (array, i);
}

static void
compare (const double *measured, const double *expected, size_t n, double tolerance, double *worst)
{
  for (size_t i = 0; i < n; i++)
    {
      double deviation = fabs (measured[i] - expected[i]);

      g_assert_cmpfloat (deviation, <=, tolerance);
      *worst = MAX (*worst, deviation);
    }
}

/* Begins the recording, or brings the replay back to it; the engine keeps what the recording lacks. */
static void
put (const Recording *recording, guint t)
{
  size_t n = esp_environment_get_n_physics (recording->environment);
  double state[MAX_PHYSICS];
  GError *error = NULL;

  read_row (recording->states, t, state, n);
  if (t == 0)
    esp_environment_set_physics (recording->environment, state, n, &error);
  else
    esp_environment_correct_physics (recording->environment, state, n, &error);
  g_assert_no_error (error);
}

static void
replay (const Recording *recording, guint period, double tolerance, Deviations *worst)
{
  const EspEnvironmentInfo *info = recording->info;
  size_t n_physics = esp_environment_get_n_physics (recording->environment);
  double action[ESP_MAX_ACTIONS], observation[ESP_MAX_OBSERVATIONS], state[MAX_PHYSICS];
  double expected[ESP_MAX_OBSERVATIONS];

  for (guint t = 0; t < recording->n_steps; t++)
    {
      EspStep step;

      if (t % period == 0)
        put (recording, t);
      read_row (recording->actions, t, action, info->n_actions);
      step = esp_environment_step_unclipped (recording->environment, action, observation);
      esp_environment_get_physics (recording->environment, state);
      read_row (recording->states, t + 1, expected, n_physics);
      compare (state, expected, n_physics, tolerance, &worst->state);
      read_row (recording->observations, t, expected, info->n_observations);
      compare (observation, expected, info->n_observations, tolerance, &worst->observation);
      expected[0] = json_array_get_double_element (recording->rewards, t);
      /* a speed over a step of some milliseconds */
      compare (&step.reward, expected, 1, tolerance / info->time_step, &worst->reward);
      g_assert_cmpint (step.terminated, ==, json_array_get_boolean_element (recording->terminated, t));
    }
}

static void
test_recordings (const void *data)
{
  const Subject *subject = data;
  g_autofree char *file = g_strdup_printf ("trajectories-%s.json", subject->name);
  g_autoptr (EspEnvironment) environment = make (subject->name);
  JsonNode *root = load (file);
  JsonArray *episodes = json_object_get_array_member (json_node_get_object (root), "episodes");
  Deviations one_step = { 0 }, open_loop = { 0 };
  guint n_steps = 0;

  g_assert_cmpuint (json_array_get_length (episodes), >=, 18);
  for (guint e = 0; e < json_array_get_length (episodes); e++)
    {
      JsonObject *episode = json_array_get_object_element (episodes, e);
      Recording recording = {
        .environment = environment,
        .info = esp_environment_get_info (environment),
        .states = json_object_get_array_member (episode, "states"),
        .actions = json_object_get_array_member (episode, "actions"),
        .observations = json_object_get_array_member (episode, "observations"),
        .rewards = json_object_get_array_member (episode, "rewards"),
        .terminated = json_object_get_array_member (episode, "terminated"),
      };

      recording.n_steps = json_array_get_length (recording.actions);
      n_steps += recording.n_steps;
      replay (&recording, 1, subject->one_step, &one_step);
      replay (&recording, OPEN_LOOP_STEPS, subject->open_loop, &open_loop);
    }
  g_test_message (
    "%s: %u episodes, %u steps; largest deviations of state, observation, reward: one step %.3g, "
    "%.3g, %.3g; open loop %.3g, %.3g, %.3g",
    subject->name, json_array_get_length (episodes), n_steps, one_step.state, one_step.observation,
    one_step.reward, open_loop.state, open_loop.observation, open_loop.reward);
  json_node_unref (root);
}

/* Seeds, actions, states */

static void
draw_action (const EspEnvironmentInfo *info, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = 1.2 * esp_random_between (random, info->actions[i].low, info->actions[i].high);
}

/* Runs @n steps with actions of a stream and keeps everything that is seen. */
static void
record (EspEnvironment *environment, uint64_t seed, int n, double *seen)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  EspRandom random;

  esp_random_init (&random, seed, 0);
  for (int t = 0; t < n; t++)
    {
      double action[ESP_MAX_ACTIONS];
      EspStep step;

      draw_action (info, &random, action);
      step = esp_environment_step (environment, action, seen);
      seen += info->n_observations;
      *seen++ = step.reward;
      *seen++ = step.terminated;
      *seen++ = step.truncated;
    }
}

static void
test_seeds (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  size_t n = esp_environment_get_info (one)->n_observations;
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS], seen[20 * (ESP_MAX_OBSERVATIONS + 3)];

  esp_environment_observe (one, first);
  esp_environment_reset (two, 0, second);
  assert_same (first, second, n);
  record (two, 1, 20, seen);
  esp_environment_reset (one, 9, first);
  esp_environment_reset (two, 9, second);
  assert_same (first, second, n);
  esp_environment_observe (two, first);
  assert_same (first, second, n);
  esp_environment_reset (two, 10, second);
  g_assert_true (memcmp (first, second, n * sizeof (double)) != 0);
}

/* step() clips; step_unclipped() moves the same, as the motors are clamped, and pays for the whole action. */
static void
test_actions (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  const EspEnvironmentInfo *info = esp_environment_get_info (one);
  const double wild[] = { 1.5, -INFINITY, NAN, 1e300, -1.01, 7 };
  const double tame[] = { 1, -1, 0, 1, -1, 1 };
  const double large[] = { 1.5, -3, 0.5, 2, -1.01, 7 };
  const double clipped[] = { 1, -1, 0.5, 1, -1, 1 };
  double first[ESP_MAX_OBSERVATIONS], second[ESP_MAX_OBSERVATIONS];
  EspStep a, b;

  esp_environment_reset (one, 4, first);
  esp_environment_reset (two, 4, second);
  a = esp_environment_step (one, wild, first);
  b = esp_environment_step (two, tame, second);
  g_assert_cmpfloat (a.reward, ==, b.reward);
  assert_same (first, second, info->n_observations);

  a = esp_environment_step_unclipped (one, large, first);
  b = esp_environment_step (two, clipped, second);
  assert_same (first, second, info->n_observations);
  if (strstr (subject->name, "pendulum") != NULL)
    g_assert_cmpfloat (a.reward, ==, b.reward);
  else
    g_assert_cmpfloat (a.reward, <, b.reward);

  /* what is no number is left to nobody */
  a = esp_environment_step_unclipped (one, wild, first);
  b = esp_environment_step (two, tame, second);
  g_assert_cmpfloat (a.reward, ==, b.reward);
  assert_same (first, second, info->n_observations);
}

/* A state taken in the middle continues bit for bit, in an instance that has done other things. */
static void
test_state (const void *data)
{
  enum
  {
    N = 120
  };
  const Subject *subject = data;
  g_autoptr (EspEnvironment) one = make (subject->name);
  g_autoptr (EspEnvironment) two = make (subject->name);
  size_t width = esp_environment_get_info (one)->n_observations + 3;
  size_t size = esp_environment_get_state_size (one);
  /* not aligned, as in a file */
  g_autofree uint8_t *memory = g_malloc (size + 1);
  uint8_t *state = memory + 1;
  g_autofree uint8_t *again = g_malloc (size);
  g_autofree double *first = g_new (double, N *width);
  g_autofree double *second = g_new (double, N *width);
  double observation[ESP_MAX_OBSERVATIONS], now[ESP_MAX_OBSERVATIONS];
  GError *error = NULL;

  for (uint64_t seed = 0; seed < 6; seed++)
    {
      esp_environment_reset (one, seed, observation);
      record (one, 100 + seed, 5 + 9 * (int) seed, first);
      esp_environment_get_state (one, state);
      esp_environment_observe (one, observation);
      record (one, seed, N, first);

      esp_environment_set_state (two, state, size, &error);
      g_assert_no_error (error);
      esp_environment_get_state (two, again);
      g_assert_cmpmem (state, size, again, size);
      esp_environment_observe (two, now);
      assert_same (observation, now, width - 3);
      record (two, seed, N, second);
      assert_same (first, second, N * width);
    }
}

static void
test_bad_state (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) environment = make (subject->name);
  size_t size = esp_environment_get_state_size (environment);
  size_t n = esp_environment_get_n_physics (environment);
  g_autofree uint8_t *state = g_malloc (size);
  g_autofree uint8_t *before = g_malloc (size);
  g_autofree uint8_t *after = g_malloc (size);
  g_autoptr (GError) error = NULL;
  double nan = NAN, physics[MAX_PHYSICS];

  esp_environment_get_state (environment, before);
  memcpy (state, before, size);
  memcpy (state + size - sizeof nan, &nan, sizeof nan);
  g_assert_false (esp_environment_set_state (environment, state, size, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_clear_error (&error);
  esp_environment_get_physics (environment, physics);
  if (subject->has_model)
    {
      /* finite, and more than MuJoCo takes */
      physics[n - 1] = 1e11;
      g_assert_false (esp_environment_set_physics (environment, physics, n, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
      g_assert_false (esp_environment_correct_physics (environment, physics, n, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_clear_error (&error);
    }
  physics[0] = INFINITY;
  g_assert_false (esp_environment_correct_physics (environment, physics, n, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  esp_environment_get_state (environment, after);
  g_assert_cmpmem (before, size, after, size);
}

/* Each joint in turn gets a speed beyond all sense: the episode ends, everything that is seen stays finite,
 * and the next episode is as good as new. */
static void
test_blow_up (const void *data)
{
  const Subject *subject = data;
  g_autoptr (EspEnvironment) environment = make (subject->name);
  g_autoptr (EspEnvironment) fresh = make (subject->name);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  size_t n = esp_environment_get_n_physics (environment), n_velocities = n - info->n_pose;
  double physics[MAX_PHYSICS], rest[MAX_PHYSICS], observation[ESP_MAX_OBSERVATIONS];
  double first[20 * (ESP_MAX_OBSERVATIONS + 3)], second[20 * (ESP_MAX_OBSERVATIONS + 3)];
  const double action[ESP_MAX_ACTIONS] = { 0 };
  int n_ended = 0;

  esp_environment_get_physics (environment, rest);
  for (size_t i = 0; i < n_velocities; i++)
    {
      EspStep step = { 0 };

      memcpy (physics, rest, sizeof physics);
      physics[info->n_pose + i] = subject->has_model ? 9e9 : 1e160;
      if (!esp_environment_set_physics (environment, physics, n, NULL))
        continue;
      for (int t = 0; t < 50 && !step.terminated; t++)
        {
          step = esp_environment_step (environment, action, observation);
          g_assert_true (isfinite (step.reward));
          for (size_t k = 0; k < info->n_observations; k++)
            g_assert_true (isfinite (observation[k]));
        }
      n_ended += step.terminated;
    }
  g_assert_cmpint (n_ended, >, 0);

  esp_environment_reset (environment, 5, first);
  esp_environment_reset (fresh, 5, second);
  record (environment, 1, 20, first);
  record (fresh, 1, 20, second);
  assert_same (first, second, 20 * (info->n_observations + 3));
  g_assert_false (g_file_test ("MUJOCO_LOG.TXT", G_FILE_TEST_EXISTS));
}

/* Threads */

#define THREAD_STEPS 600

typedef struct
{
  const char *name;
  uint64_t seed;
  double *seen;
} Work;

static void *
run_thread (void *data)
{
  Work *work = data;
  g_autoptr (EspEnvironment) environment = make (work->name);
  double observation[ESP_MAX_OBSERVATIONS];

  esp_environment_reset (environment, work->seed, observation);
  record (environment, work->seed, THREAD_STEPS, work->seen);

  return NULL;
}

/* Two instances at the same time see what each would see alone. */
static void
test_threads (const void *data)
{
  const Subject *subject = data;
  size_t n = THREAD_STEPS * (ESP_MAX_OBSERVATIONS + 3);
  Work works[4];
  pthread_t threads[2];

  for (int i = 0; i < 4; i++)
    works[i] = (Work){ .name = subject->name, .seed = 1 + i % 2, .seen = g_new0 (double, n) };
  for (int i = 0; i < 2; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, run_thread, &works[i]), ==, 0);
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  for (int i = 2; i < 4; i++)
    run_thread (&works[i]);

  assert_same (works[0].seen, works[2].seen, n);
  assert_same (works[1].seen, works[3].seen, n);
  g_assert_true (memcmp (works[0].seen, works[1].seen, n * sizeof (double)) != 0);
  for (int i = 0; i < 4; i++)
    g_free (works[i].seen);
}

/* Returns */

typedef void (*Policy) (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action);

/* Mean and standard deviation over n episodes of the reference, and how many to compare with them. */
typedef struct
{
  const char *label;
  const char *name;
  Policy policy;
  double n;
  double mean;
  double deviation;
  int n_episodes;
} Reference;

static void
act_zero (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
}

static void
act_randomly (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = esp_random_between (random, -1, 1);
}

static void
act_in_waves (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  for (size_t i = 0; i < info->n_actions; i++)
    action[i] = sin (2 * G_PI * 0.06 * t + 1.1 * (double) i);
}

/* The reference tells the frequency alone. The amplitude (of 0.2, 0.5 and 1) and the phase were chosen
 * because they agree with its mean, so that this policy tests less than the others do. */
static void
act_in_slow_waves (
  const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = 0.5 * sin (2 * G_PI * 0.02 * t);
}

static void
balance (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = -(0.123 * observation[0] + 0.998 * observation[1] + 4.117 * observation[2]
                + 0.189 * observation[5] + 0.587 * observation[6] + 0.613 * observation[7]);
}

/* Pulls the fingertip to the target: the transposed Jacobian of the arm. */
static void
reach (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  double c = observation[0] * observation[1] - observation[2] * observation[3];
  double s = observation[2] * observation[1] + observation[0] * observation[3];
  double x = 0.1 * observation[0] + 0.11 * c, y = 0.1 * observation[2] + 0.11 * s;
  double dx = observation[8], dy = observation[9];

  action[0] = -4 * (x * dy - y * dx) - 0.02 * observation[6];
  action[1] = -4 * 0.11 * (c * dy - s * dx) - 0.02 * observation[7];
}

static void
lean (const EspEnvironmentInfo *info, const double *observation, int t, EspRandom *random, double *action)
{
  action[0] = 10 * observation[3] + 2 * observation[4];
}

static const Reference references[] = {
  { "double-pendulum/zero", "inverted-double-pendulum", act_zero, 200, 97.49877708226428, 20.132774183237593,
    400 },
  { "double-pendulum/random", "inverted-double-pendulum", act_randomly, 200, 59.43393594701243,
    18.922525557507363, 400 },
  { "double-pendulum/balance", "inverted-double-pendulum", balance, 50, 9359.868756384403,
    0.16317017742347315, 20 },
  { "swingup/zero", "inverted-pendulum-swingup", act_zero, 50, -999.3168775955397, 0.5187875275515214, 200 },
  { "swingup/random", "inverted-pendulum-swingup", act_randomly, 50, -928.3672661029384, 38.80067715282073,
    300 },
  { "swingup/waves", "inverted-pendulum-swingup", act_in_slow_waves, 50, -956.0039140930626,
    4.417478476729667, 200 },
  { "swingup/lean", "inverted-pendulum-swingup", lean, 50, 516.4790890347854, 76.81838552493393, 300 },
  { "reacher/zero", "reacher", act_zero, 500, -11.798985639827169, 4.6963050253294085, 1000 },
  { "reacher/random", "reacher", act_randomly, 500, -42.87749104940247, 3.7112654199969493, 600 },
  { "reacher/reach", "reacher", reach, 500, -7.1414682725174465, 3.3786467331521255, 1000 },
  { "hopper/zero", "hopper", act_zero, 200, 150.8962975804985, 47.1845645770988, 200 },
  { "hopper/random", "hopper", act_randomly, 200, 19.972491731859346, 19.5240287953357, 600 },
  { "hopper/waves", "hopper", act_in_waves, 200, 8.677434068849346, 0.10470150247728953, 200 },
  { "walker2d/zero", "walker2d", act_zero, 200, 95.94734392732425, 9.042999969190411, 100 },
  { "walker2d/random", "walker2d", act_randomly, 200, 3.6885244143650495, 7.763596119845884, 400 },
  { "walker2d/waves", "walker2d", act_in_waves, 200, -1.4386439121146435, 0.5338528427165735, 200 },
  { "half-cheetah/zero", "half-cheetah", act_zero, 20, -0.021917972984209978, 0.7761953053930252, 40 },
  { "half-cheetah/random", "half-cheetah", act_randomly, 20, -283.0739077239772, 75.5700063207254, 40 },
  { "half-cheetah/waves", "half-cheetah", act_in_waves, 20, -261.718761098648, 8.594620452103253, 30 },
};

static double
run_episode (EspEnvironment *environment, Policy policy, uint64_t seed, EspRandom *random)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS] = { 0 };
  double sum = 0;
  EspStep step = { 0 };

  esp_environment_reset (environment, seed, observation);
  for (int t = 0; !step.terminated && !step.truncated; t++)
    {
      policy (info, observation, t, random, action);
      step = esp_environment_step (environment, action, observation);
      sum += step.reward;
    }

  return sum;
}

static void
test_returns (const void *data)
{
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = make (reference->name);
  double sum = 0, squares = 0, mean, variance, error;
  EspRandom random;

  esp_random_init (&random, 5, 0);
  for (int i = 0; i < reference->n_episodes; i++)
    {
      double value = run_episode (environment, reference->policy, 1000 + i, &random) - reference->mean;

      sum += value;
      squares += value * value;
    }
  mean = sum / reference->n_episodes;
  variance = squares / reference->n_episodes - mean * mean;
  error = sqrt (variance / reference->n_episodes
                + reference->deviation * reference->deviation / reference->n);
  g_test_message ("%s: %.3f here (deviation %.3f), %.3f in the reference (%.3f), standard error %.3f",
                  reference->label, mean + reference->mean, sqrt (variance), reference->mean,
                  reference->deviation, error);
  g_assert_cmpfloat (fabs (mean), <, 3 * error);
}

/* Starts */

static void
test_starts (const void *data)
{
  const Subject *subject = data;
  enum
  {
    N = 3000
  };
  g_autoptr (EspEnvironment) environment = make (subject->name);
  size_t n = esp_environment_get_n_physics (environment);
  size_t n_pose = esp_environment_get_info (environment)->n_pose;
  bool is_normal = strcmp (subject->name, "inverted-double-pendulum") == 0
                   || strcmp (subject->name, "half-cheetah") == 0;
  bool is_small = strcmp (subject->name, "hopper") == 0 || strcmp (subject->name, "walker2d") == 0;
  double observation[ESP_MAX_OBSERVATIONS], physics[MAX_PHYSICS];
  double sums[MAX_PHYSICS] = { 0 }, squares[MAX_PHYSICS] = { 0 };

  for (int i = 0; i < N; i++)
    {
      esp_environment_reset (environment, i, observation);
      esp_environment_get_physics (environment, physics);
      if (is_small)
        physics[1] -= 1.25;
      if (strcmp (subject->name, "inverted-pendulum-swingup") == 0)
        physics[1] -= 3.1415;
      if (strcmp (subject->name, "reacher") == 0)
        g_assert_cmpfloat (hypot (physics[2], physics[3]), <, 0.2);
      for (size_t k = 0; k < n; k++)
        {
          sums[k] += physics[k];
          squares[k] += physics[k] * physics[k];
        }
    }
  for (size_t k = 0; k < n; k++)
    {
      double deviation;

      if (strcmp (subject->name, "inverted-pendulum-swingup") == 0)
        deviation = k == 1 ? 0.1 / sqrt (3) : 0;
      else if (strcmp (subject->name, "reacher") == 0)
        deviation = k < 2 ? 0.1 / sqrt (3) : k < 4 ? 0.1 : k < 6 ? 0.005 / sqrt (3) : 0;
      else if (is_small)
        deviation = 0.005 / sqrt (3);
      else
        deviation = is_normal && k >= n_pose ? 0.1 : 0.1 / sqrt (3);
      g_assert_cmpfloat (fabs (sums[k] / N), <=, 5 * deviation / sqrt (N));
      g_assert_cmpfloat (fabs (sqrt (squares[k] / N) - deviation), <=, 5 * deviation / sqrt (N));
    }
}

/* Errors */

static void
fail (void *data)
{
  mju_error ("something of MuJoCo's");
}

static void
succeed (void *data)
{
  *(int *) data = 5;
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  int value = 0;

  g_assert_false (esp_mujoco_call (fail, NULL, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_SYSTEM);
  g_assert_nonnull (strstr (error->message, "something of MuJoCo's"));
  g_assert_true (esp_mujoco_call (succeed, &value, NULL));
  g_assert_cmpint (value, ==, 5);
  g_clear_error (&error);
  for (int i = 0; i < 2; i++)
    {
      EspMujocoPart part = i == 0 ? ESP_MUJOCO_ALL : ESP_MUJOCO_PHYSICS;

      g_assert_null (esp_mujoco_load ("no-such-robot.xml", part, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_clear_error (&error);
    }
}

/* An environment whose model is missing, broken or another one's fails with a sentence, and the next try may
 * succeed. Runs first, in a process that has loaded no model. */
static void
test_bad_models (void)
{
  g_autofree char *folder = g_dir_make_tmp ("espalier-XXXXXX", NULL);
  g_autofree char *models = g_build_filename (folder, "models", NULL);
  g_autofree char *path = g_build_filename (models, "hopper.xml", NULL);
  const char *texts[] = { NULL, "<mujoco><worldbody>", "<mujoco/>" };

  g_assert_cmpint (g_mkdir_with_parents (models, 0700), ==, 0);
  g_setenv ("ESPALIER_RESOURCES", folder, TRUE);
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      if (texts[i] != NULL)
        g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (esp_environment_new ("hopper", &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, "hopper.xml"));
    }
  g_unsetenv ("ESPALIER_RESOURCES");
  remove (path);
  remove (models);
  remove (folder);
}

static void
add (const char *what, const char *name, const void *data, GTestDataFunc function)
{
  g_autofree char *path = g_strdup_printf ("/mujoco/%s/%s", what, name);

  g_test_add_data_func (path, data, function);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mujoco/bad-models", test_bad_models);
  g_test_add_func ("/mujoco/errors", test_errors);
  for (size_t i = 0; i < G_N_ELEMENTS (subjects); i++)
    {
      const Subject *subject = &subjects[i];

      /* first, so that the threads meet while the model is being compiled */
      add ("threads", subject->name, subject, test_threads);
      if (subject->has_model)
        add ("model", subject->name, subject, test_model);
      add ("recordings", subject->name, subject, test_recordings);
      add ("seeds", subject->name, subject, test_seeds);
      add ("starts", subject->name, subject, test_starts);
      add ("actions", subject->name, subject, test_actions);
      add ("state", subject->name, subject, test_state);
      add ("bad-state", subject->name, subject, test_bad_state);
      add ("blow-up", subject->name, subject, test_blow_up);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    add ("returns", references[i].label, &references[i], test_returns);

  return g_test_run ();
}

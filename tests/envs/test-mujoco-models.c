/* The models of the environments that MuJoCo steps: what the compiler makes of them is the reference's. */

#include "test-mujoco.h"

#include <math.h>
#include <string.h>

#include "esp-mujoco.h"
#include "esp-random.h"

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

/* A robot that is pressed into the ground and thrown about never needs more memory for contacts and limits
 * than the model asks for. */
static void
test_memory (const void *data)
{
  const Subject *subject = data;
  g_autofree char *file = g_strconcat (subject->name, ".xml", NULL);
  mjModel *model = esp_mujoco_load (file, ESP_MUJOCO_PHYSICS, NULL);
  mjData *state = mj_makeData (model);
  EspRandom random;

  esp_random_init (&random, 1, 0);
  for (int i = 0; i < 100; i++)
    {
      mj_resetData (model, state);
      for (int k = 0; k < model->nq; k++)
        state->qpos[k] += esp_random_between (&random, -0.5, 0.5) - (k == 1 ? 0.5 : 0);
      for (int t = 0; t < 100; t++)
        {
          for (int k = 0; k < model->nu; k++)
            state->ctrl[k] = esp_random_between (&random, -1, 1);
          mj_step (model, state);
          g_assert_cmpint (state->warning[mjWARN_CONTACTFULL].number, ==, 0);
          g_assert_cmpint (state->warning[mjWARN_CNSTRFULL].number, ==, 0);
        }
    }
  g_assert_cmpint (state->nbuffer, <, 300000);
  mj_deleteData (state);
  mj_deleteModel (model);
}

void
add_model_tests (const Subject *subject)
{
  add ("model", subject->name, subject, test_model);
  add ("memory", subject->name, subject, test_memory);
}

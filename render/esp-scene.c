#include "esp-scene.h"

#include <math.h>
#include <string.h>

#include <mujoco/mujoco.h>

#include "esp-error.h"
#include "esp-mujoco.h"
#include "esp-resources.h"

/* The off-screen buffer has a fixed size; it begins with this one and grows when a larger view is asked for.
 */
#define BUFFER_WIDTH  1920
#define BUFFER_HEIGHT 1200
#define MAX_GEOMS     500
#define SHADOW_GROUP  3
#define VIEW_VALUES   7
#define MAX_ELEVATION 0

/* The shape of view for which a model's camera is set up; narrower ones see it from further away. */
#define DESIGN_ASPECT (4.0 / 3.0)

struct _EspScene
{
  mjModel *model;
  mjData *data;
  mjvCamera camera;
  mjvOption option;
  mjvScene view;
  mjrContext context;
  gboolean has_view;
  gboolean has_context;
  gboolean is_fast;
  double half_width;
  double half_height;
};

typedef struct
{
  EspScene *scene;
  const char *path;
  const double *pose;
  const EspCameraMove *move;
  int width;
  int height;
  uint8_t *pixels;
  char message[500];
} Call;

static void
load_model (void *data)
{
  Call *call = data;

  call->scene->model = mj_loadXML (call->path, NULL, call->message, sizeof call->message);
  if (call->scene->model != NULL)
    call->scene->data = mj_makeData (call->scene->model);
}

/* Distance from which ± half_height and ± half_width fit into a view of @aspect. */
static double
get_fitting_distance (const EspScene *scene, double aspect)
{
  double slope = tan (scene->model->vis.global.fovy * G_PI / 360);

  return MAX (scene->half_height, scene->half_width / aspect) / slope;
}

static const double *
find_view (const mjModel *model)
{
  int id = mj_name2id (model, mjOBJ_NUMERIC, "view");

  return id < 0 || model->numeric_size[id] != VIEW_VALUES ? NULL
                                                          : model->numeric_data + model->numeric_adr[id];
}

static void
reset_camera (EspScene *scene)
{
  const double *view = find_view (scene->model);

  mjv_defaultCamera (&scene->camera);
  scene->camera.type = mjCAMERA_FREE;
  for (int i = 0; i < 3; i++)
    scene->camera.lookat[i] = view[i];
  scene->camera.azimuth = view[3];
  scene->camera.elevation = view[4];
  scene->camera.distance = get_fitting_distance (scene, DESIGN_ASPECT);
}

EspScene *
esp_scene_load (const char *file, size_t n_pose, GError **error)
{
  g_autofree char *name = g_build_filename ("models", file, NULL);
  g_autofree char *path = esp_resource_path (name);
  EspScene *scene = g_new0 (EspScene, 1);
  Call call = { .scene = scene, .path = path };
  const double *view;

  if (!esp_mujoco_check (error) || !esp_mujoco_call (load_model, &call, error))
    {
      esp_scene_free (scene);
      return NULL;
    }
  if (scene->model == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_FILE, "cannot load the scene “%s”: %s", path,
                   g_strdelimit (call.message, "\n", ' '));
      esp_scene_free (scene);
      return NULL;
    }
  view = find_view (scene->model);
  if ((size_t) scene->model->nq != n_pose || view == NULL)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "the scene “%s” does not fit: it needs %zu joint positions and a numeric “view” of %d values", path,
        n_pose, VIEW_VALUES);
      esp_scene_free (scene);
      return NULL;
    }

  scene->half_width = view[5];
  scene->half_height = view[6];
  reset_camera (scene);
  mjv_defaultOption (&scene->option);

  return scene;
}

void
esp_scene_free (EspScene *scene)
{
  if (scene == NULL)
    return;
  mj_deleteData (scene->data);
  mj_deleteModel (scene->model);
  g_free (scene);
}

static void
free_context (EspScene *scene)
{
  if (scene->has_context)
    mjr_freeContext (&scene->context);
  scene->has_context = FALSE;
}

static void
make_context (void *data)
{
  EspScene *scene = ((Call *) data)->scene;

  mjr_defaultContext (&scene->context);
  /* after an error half way mjr_freeContext() frees what there is */
  scene->has_context = TRUE;
  mjr_makeContext (scene->model, &scene->context, mjFONTSCALE_100);
  mjr_setBuffer (mjFB_OFFSCREEN, &scene->context);
}

static void
make_view (void *data)
{
  EspScene *scene = ((Call *) data)->scene;

  mjv_defaultScene (&scene->view);
  mjv_makeScene (scene->model, &scene->view, MAX_GEOMS);
  scene->has_view = TRUE;
}

gboolean
esp_scene_attach (EspScene *scene, gboolean is_fast, GError **error)
{
  mjModel *model = scene->model;
  Call call = { .scene = scene };

  model->vis.global.offwidth = BUFFER_WIDTH;
  model->vis.global.offheight = BUFFER_HEIGHT;
  if (!is_fast)
    {
      model->vis.quality.offsamples = 0;
      for (int i = 0; i < model->nmat; i++)
        model->mat_reflectance[i] = 0;
    }
  if (!esp_mujoco_call (make_view, &call, error) || !esp_mujoco_call (make_context, &call, error))
    {
      esp_scene_detach (scene);
      return FALSE;
    }
  if (scene->context.currentBuffer != mjFB_OFFSCREEN)
    {
      g_set_error_literal (error, ESP_ERROR, ESP_ERROR_SYSTEM,
                           "the 3-D view needs an OpenGL driver with framebuffer objects");
      esp_scene_detach (scene);
      return FALSE;
    }

  scene->view.flags[mjRND_SHADOW] = is_fast;
  scene->view.flags[mjRND_REFLECTION] = is_fast;
  scene->option.geomgroup[SHADOW_GROUP] = !is_fast;

  return TRUE;
}

void
esp_scene_detach (EspScene *scene)
{
  free_context (scene);
  if (scene->has_view)
    mjv_freeScene (&scene->view);
  scene->has_view = FALSE;
}

static void
pose_model (void *data)
{
  Call *call = data;
  mjModel *model = call->scene->model;
  mjData *state = call->scene->data;

  memcpy (state->qpos, call->pose, model->nq * sizeof (mjtNum));
  mj_kinematics (model, state);
  mj_comPos (model, state);
  mj_camlight (model, state);
}

gboolean
esp_scene_pose (EspScene *scene, const double *pose, GError **error)
{
  return esp_mujoco_call (pose_model, &(Call){ .scene = scene, .pose = pose }, error);
}

static void
move_camera (void *data)
{
  Call *call = data;
  EspScene *scene = call->scene;
  const EspCameraMove *move = call->move;

  if (move->reset)
    reset_camera (scene);
  /* moves are relative to where the camera is now, before the first frame too */
  mjv_updateCamera (scene->model, scene->data, &scene->camera, &scene->view);
  if (move->orbit[0] != 0 || move->orbit[1] != 0)
    mjv_moveCamera (scene->model, mjMOUSE_ROTATE_H, move->orbit[0], move->orbit[1], &scene->view,
                    &scene->camera);
  if (move->pan[0] != 0 || move->pan[1] != 0)
    mjv_moveCamera (scene->model, mjMOUSE_MOVE_V, move->pan[0], move->pan[1], &scene->view, &scene->camera);
  if (move->zoom != 0)
    mjv_moveCamera (scene->model, mjMOUSE_ZOOM, 0, -move->zoom, &scene->view, &scene->camera);
  /* the floor is not to be seen from below */
  scene->camera.elevation = MIN (scene->camera.elevation, MAX_ELEVATION);
}

gboolean
esp_scene_move_camera (EspScene *scene, const EspCameraMove *move, GError **error)
{
  return esp_mujoco_call (move_camera, &(Call){ .scene = scene, .move = move }, error);
}

/* OpenGL reads the bottom row first, everybody else wants the top one. */
static void
flip_rows (uint8_t *pixels, size_t stride, int height)
{
  g_autofree uint8_t *row = g_malloc (stride);

  for (int y = 0; y < height / 2; y++)
    {
      uint8_t *upper = pixels + y * stride;
      uint8_t *lower = pixels + (height - 1 - y) * stride;

      memcpy (row, upper, stride);
      memcpy (upper, lower, stride);
      memcpy (lower, row, stride);
    }
}

static void
draw_picture (void *data)
{
  Call *call = data;
  EspScene *scene = call->scene;
  mjvCamera camera = scene->camera;
  mjrRect viewport = { 0, 0, call->width, call->height };
  double aspect = (double) call->width / call->height;

  /* the user's distance is for the design's shape of view */
  camera.distance *= get_fitting_distance (scene, aspect) / get_fitting_distance (scene, DESIGN_ASPECT);
  mjv_updateScene (scene->model, scene->data, &scene->option, NULL, &camera, mjCAT_ALL, &scene->view);
  mjr_render (viewport, &scene->view, &scene->context);
  mjr_readPixels (call->pixels, NULL, viewport, &scene->context);
}

gboolean
esp_scene_draw (EspScene *scene, int width, int height, uint8_t *pixels, GError **error)
{
  Call call = { .scene = scene, .width = width, .height = height, .pixels = pixels };
  mjModel *model = scene->model;

  if (width > model->vis.global.offwidth || height > model->vis.global.offheight)
    {
      model->vis.global.offwidth = MAX (width, model->vis.global.offwidth);
      model->vis.global.offheight = MAX (height, model->vis.global.offheight);
      free_context (scene);
      if (!esp_mujoco_call (make_context, &call, error))
        return FALSE;
    }
  if (!esp_mujoco_call (draw_picture, &call, error))
    return FALSE;
  flip_rows (pixels, (size_t) 3 * width, height);

  return TRUE;
}

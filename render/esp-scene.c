#include "esp-scene.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <mujoco/mujoco.h>

#include "esp-backdrop.h"
#include "esp-error.h"
#include "esp-mujoco.h"
#include "esp-shadow.h"

/* The off-screen buffer has a fixed size; it begins with this one and grows when a larger view is asked for.
 */
#define BUFFER_WIDTH  1920
#define BUFFER_HEIGHT 1200
#define MAX_GEOMS     1000
#define SHADOW_GROUP  3
#define VIEW_VALUES   7
#define MAX_ELEVATION 0

/* The shape of view for which a model's camera is set up; narrower ones see it from further away. */
#define DESIGN_ASPECT (4.0 / 3.0)

/* What the unmoving part of a picture depends on. */
typedef struct
{
  double camera[6];
  int size[2];
} Sight;

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
  double wished[VIEW_VALUES]; /* how the model is seen at first */
  gboolean has_wishes;        /* whether the model says so itself */
  double half_width;
  double half_height;
  int followed;        /* the body that the camera follows, or −1 */
  double home[2];      /* where it is on the floor when the model is at rest */
  double travelled[2]; /* how far it is from there in the present pose */

  /* software OpenGL only */
  Sight latest;         /* of the last frame */
  Sight backdrop_sight; /* what the backdrop shows, zero for nothing */
  EspBackdrop backdrop;
  uint8_t *colours; /* samples of one tile as they are read, buffer size */
  float *depths;
};

typedef struct
{
  EspScene *scene;
  const double *pose;
  const EspCameraMove *move;
  int width;
  int height;
  uint8_t *pixels;
  gboolean is_backdrop;
} Call;

static void
make_data (void *data)
{
  EspScene *scene = ((Call *) data)->scene;

  scene->data = mj_makeData (scene->model);
  mj_kinematics (scene->model, scene->data);
}

static int
find_followed (const mjModel *model)
{
  int id = mj_name2id (model, mjOBJ_TEXT, "follow");

  return id < 0 ? -1 : mj_name2id (model, mjOBJ_BODY, model->text_data + model->text_adr[id]);
}

/* Distance from which ± half_height and ± half_width fit into a view of @aspect. */
static double
get_fitting_distance (const EspScene *scene, double aspect)
{
  double slope = tan (scene->model->vis.global.fovy * G_PI / 360);

  return MAX (scene->half_height, scene->half_width / aspect) / slope;
}

/* How the model wants to be seen; one that does not say, from the side and above, all of it. */
static void
find_view (EspScene *scene)
{
  const mjModel *model = scene->model;
  int id = mj_name2id (model, mjOBJ_NUMERIC, "view");
  double extent = CLAMP (model->stat.extent, 1e-3, 1e3);
  const double view[VIEW_VALUES] = {
    model->stat.center[0], model->stat.center[1], model->stat.center[2], 120, -20, 0.7 * extent, 0.7 * extent
  };

  memcpy (scene->wished, view, sizeof view);
  scene->has_wishes = id >= 0 && model->numeric_size[id] == VIEW_VALUES;
  if (!scene->has_wishes)
    return;
  memcpy (scene->wished, model->numeric_data + model->numeric_adr[id], sizeof view);
  for (int i = 0; i < VIEW_VALUES; i++)
    {
      if (!isfinite (scene->wished[i]) || (i >= 5 && scene->wished[i] <= 0))
        memcpy (scene->wished, view, sizeof view);
    }
}

static void
reset_camera (EspScene *scene)
{
  const double *view = scene->wished;

  mjv_defaultCamera (&scene->camera);
  scene->camera.type = mjCAMERA_FREE;
  for (int i = 0; i < 3; i++)
    scene->camera.lookat[i] = view[i] + (i < 2 ? scene->travelled[i] : 0);
  scene->camera.azimuth = view[3];
  scene->camera.elevation = view[4];
  scene->camera.distance = get_fitting_distance (scene, DESIGN_ASPECT);
}

EspScene *
esp_scene_load (const char *file, size_t n_pose, GError **error)
{
  EspScene *scene = g_new0 (EspScene, 1);
  Call call = { .scene = scene };

  scene->model = esp_mujoco_load (file, ESP_MUJOCO_ALL, error);
  if (scene->model == NULL || !esp_mujoco_call (make_data, &call, error))
    {
      esp_scene_free (scene);
      return NULL;
    }
  if ((size_t) scene->model->nq != n_pose)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_FILE,
        "the scene “%s” does not fit: it needs %zu joint positions", file, n_pose);
      esp_scene_free (scene);
      return NULL;
    }

  find_view (scene);
  scene->half_width = scene->wished[5];
  scene->half_height = scene->wished[6];
  scene->followed = find_followed (scene->model);
  for (int i = 0; i < 2 && scene->followed >= 0; i++)
    scene->home[i] = scene->data->xpos[3 * scene->followed + i];
  reset_camera (scene);
  mjv_defaultOption (&scene->option);

  return scene;
}

void
esp_scene_free (EspScene *scene)
{
  if (scene == NULL)
    return;
  esp_backdrop_clear (&scene->backdrop);
  g_free (scene->colours);
  g_free (scene->depths);
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
  if (!scene->is_fast)
    {
      size_t n = (size_t) scene->model->vis.global.offwidth * scene->model->vis.global.offheight;

      scene->colours = g_realloc (scene->colours, 3 * n);
      scene->depths = g_realloc (scene->depths, n * sizeof (float));
    }
}

static void
make_view (void *data)
{
  EspScene *scene = ((Call *) data)->scene;

  mjv_defaultScene (&scene->view);
  mjv_makeScene (scene->model, &scene->view, MAX_GEOMS + 2 * scene->model->ngeom + scene->model->nsite);
  scene->has_view = TRUE;
}

gboolean
esp_scene_attach (EspScene *scene, gboolean is_fast, GError **error)
{
  mjModel *model = scene->model;
  Call call = { .scene = scene };

  scene->is_fast = is_fast;
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
  /* in models that were not made for this program, the group is not for the eye */
  scene->option.geomgroup[SHADOW_GROUP] = !is_fast && scene->has_wishes;

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

/* Moves the camera as far over the floor as the body that it follows. */
static void
follow (EspScene *scene)
{
  for (int i = 0; i < 2 && scene->followed >= 0; i++)
    {
      double travelled = scene->data->xpos[3 * scene->followed + i] - scene->home[i];

      scene->camera.lookat[i] += travelled - scene->travelled[i];
      scene->travelled[i] = travelled;
    }
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
  mj_tendon (model, state);
  follow (call->scene);
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

/* Looks at the scene from the camera, as far away as the view's shape wants it. */
static void
update_view (const Call *call, int categories)
{
  EspScene *scene = call->scene;
  mjvCamera camera = scene->camera;
  double aspect = (double) call->width / call->height;

  /* the user's distance is for the design's shape of view */
  camera.distance *= get_fitting_distance (scene, aspect) / get_fitting_distance (scene, DESIGN_ASPECT);
  mjv_updateScene (scene->model, scene->data, &scene->option, NULL, &camera, categories, &scene->view);
  if (!scene->is_fast && scene->followed >= 0)
    esp_shadow_add (scene->model, &scene->view);
}

/* Draws everything at once, one sample to the pixel unless the buffer has more. */
static void
draw_at_once (void *data)
{
  Call *call = data;
  EspScene *scene = call->scene;
  mjrRect viewport = { 0, 0, call->width, call->height };

  update_view (call, mjCAT_ALL);
  mjr_render (viewport, &scene->view, &scene->context);
  mjr_readPixels (call->pixels, NULL, viewport, &scene->context);
  flip_rows (call->pixels, (size_t) 3 * call->width, call->height);
}

/* Returns the part of the view in which the geoms of the updated scene lie, from their bounding spheres. */
static EspRegion
find_region (const Call *call, const mjvGLCamera *eye)
{
  const EspScene *scene = call->scene;
  EspRegion all = { 0, 0, call->width, call->height };
  double scale = call->height * eye->frustum_near / (eye->frustum_top - eye->frustum_bottom);
  double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY };
  float right[3];

  mju_n2f (right,
           (mjtNum[]){ eye->forward[1] * eye->up[2] - eye->forward[2] * eye->up[1],
                       eye->forward[2] * eye->up[0] - eye->forward[0] * eye->up[2],
                       eye->forward[0] * eye->up[1] - eye->forward[1] * eye->up[0] },
           3);
  for (int i = 0; i < scene->view.ngeom; i++)
    {
      const mjvGeom *geom = &scene->view.geoms[i];
      double place[2] = { 0, 0 }, depth = 0, radius;

      if (geom->objtype != mjOBJ_GEOM)
        return all;
      radius = scene->model->geom_rbound[geom->objid];
      for (int k = 0; k < 3; k++)
        {
          double offset = geom->pos[k] - eye->pos[k];

          place[0] += offset * right[k];
          place[1] += offset * eye->up[k];
          depth += offset * eye->forward[k];
        }
      if (radius <= 0 || depth - radius <= eye->frustum_near)
        return all;
      for (int k = 0; k < 2; k++)
        {
          double from = place[k] - radius, to = place[k] + radius;

          low[k] = MIN (low[k], from / (from < 0 ? depth - radius : depth + radius));
          high[k] = MAX (high[k], to / (to > 0 ? depth - radius : depth + radius));
        }
    }

  EspRegion region = {
    .x = (int) CLAMP (floor (call->width / 2.0 + scale * low[0]) - 1, 0, call->width),
    .y = (int) CLAMP (floor (call->height / 2.0 + scale * low[1]) - 1, 0, call->height),
  };
  region.width = (int) CLAMP (ceil (call->width / 2.0 + scale * high[0]) + 1, region.x, call->width)
                 - region.x;
  region.height = (int) CLAMP (ceil (call->height / 2.0 + scale * high[1]) + 1, region.y, call->height)
                  - region.y;

  return region;
}

/* Draws the part @tile of the view, which @eye sees as a whole, and reads its samples. */
static void
draw_tile (const Call *call, const mjvGLCamera *eye, const EspRegion *tile)
{
  EspScene *scene = call->scene;
  mjrRect viewport = { 0, 0, ESP_BACKDROP_SAMPLES * tile->width, ESP_BACKDROP_SAMPLES * tile->height };
  float pixel = (eye->frustum_top - eye->frustum_bottom) / call->height;
  mjvGLCamera part = *eye;

  /* MuJoCo takes the width from the viewport's shape, the rest is the frustum's */
  part.frustum_bottom = eye->frustum_bottom + pixel * tile->y;
  part.frustum_top = part.frustum_bottom + pixel * tile->height;
  part.frustum_center = eye->frustum_center + pixel * (tile->x + 0.5f * tile->width - 0.5f * call->width);
  scene->view.camera[0] = part;
  scene->view.camera[1] = part;
  mjr_render (viewport, &scene->view, &scene->context);
  mjr_readPixels (scene->colours, scene->depths, viewport, &scene->context);
}

/* Draws the unmoving part of the picture into the backdrop, or the moving part over it. */
static void
draw_layer (void *data)
{
  Call *call = data;
  EspScene *scene = call->scene;
  int tile_width = scene->model->vis.global.offwidth / ESP_BACKDROP_SAMPLES;
  int tile_height = scene->model->vis.global.offheight / ESP_BACKDROP_SAMPLES;
  EspRegion region = { 0, 0, call->width, call->height };
  mjvGLCamera eye;

  update_view (call, call->is_backdrop ? mjCAT_STATIC : mjCAT_DYNAMIC);
  eye = mjv_averageCamera (&scene->view.camera[0], &scene->view.camera[1]);
  scene->view.flags[mjRND_SKYBOX] = call->is_backdrop;
  if (!call->is_backdrop)
    region = find_region (call, &eye);
  for (int y = region.y; y < region.y + region.height; y += tile_height)
    {
      for (int x = region.x; x < region.x + region.width; x += tile_width)
        {
          EspRegion tile = { x, y, MIN (tile_width, region.x + region.width - x),
                             MIN (tile_height, region.y + region.height - y) };

          draw_tile (call, &eye, &tile);
          if (call->is_backdrop)
            esp_backdrop_keep (&scene->backdrop, &tile, scene->colours, scene->depths);
          else
            esp_backdrop_cover (&scene->backdrop, &tile, scene->colours, scene->depths, call->pixels);
        }
    }
  scene->view.flags[mjRND_SKYBOX] = TRUE;
}

static Sight
get_sight (const EspScene *scene, int width, int height)
{
  const mjvCamera *camera = &scene->camera;

  return (Sight){
    .camera = { camera->lookat[0], camera->lookat[1], camera->lookat[2], camera->azimuth, camera->elevation,
                camera->distance },
    .size = { width, height },
  };
}

static bool
is_same_sight (const Sight *a, const Sight *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

/* While the camera moves, a backdrop would not live long enough to pay. */
static gboolean
draw_with_backdrop (Call *call, GError **error)
{
  EspScene *scene = call->scene;
  Sight sight = get_sight (scene, call->width, call->height);

  if (!is_same_sight (&sight, &scene->latest))
    {
      scene->latest = sight;
      return esp_mujoco_call (draw_at_once, call, error);
    }
  if (!is_same_sight (&sight, &scene->backdrop_sight))
    {
      esp_backdrop_resize (&scene->backdrop, call->width, call->height);
      call->is_backdrop = TRUE;
      if (!esp_mujoco_call (draw_layer, call, error))
        return FALSE;
      call->is_backdrop = FALSE;
      scene->backdrop_sight = sight;
    }
  esp_backdrop_copy (&scene->backdrop, call->pixels);

  return esp_mujoco_call (draw_layer, call, error);
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
  if (scene->is_fast)
    return esp_mujoco_call (draw_at_once, &call, error);

  return draw_with_backdrop (&call, error);
}

gboolean
esp_scene_is_refined (const EspScene *scene)
{
  return scene->is_fast || is_same_sight (&scene->latest, &scene->backdrop_sight);
}

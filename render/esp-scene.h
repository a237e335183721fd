/* A MuJoCo model as a picture: posed joint by joint, seen by a movable camera, drawn into memory.
 *
 * esp_scene_load() and esp_scene_free() may run on any thread, the latter only after esp_scene_detach().
 * Everything from esp_scene_attach() to esp_scene_detach() belongs to the thread whose OpenGL context
 * (compatibility profile) is current.
 *
 * A model says how it wants to be seen in <custom>: `<numeric name="view" data="x y z azimuth elevation
 * half_width half_height"/>` is the point to look at, the camera's direction in degrees as MuJoCo counts
 * it, and how much around the point has to fit into the picture, in metres; a model without is seen whole,
 * from the side and above. With `<text name="follow" data="torso"/>` the camera keeps up with the body of
 * that name over the floor. Geoms of group 3 are fake shadows in models with a `view`; they are shown where
 * real ones are too expensive, and models with `follow` get them made. Geoms of moving bodies must be opaque.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct _EspScene EspScene;

/**
 * EspCameraMove:
 * @orbit: pointer movement that turns the camera, in heights of the view
 * @pan: pointer movement that shifts it
 * @zoom: approach, a positive number
 * @reset: first go back to where the model wants the camera
 *
 * What has been asked of the camera since the last frame.
 */
typedef struct
{
  double orbit[2];
  double pan[2];
  double zoom;
  gboolean reset;
} EspCameraMove;

/* Loads the model in the data file models/@file, which must have @n_pose joint positions. Fails with
 * ESP_ERROR_FILE or ESP_ERROR_SYSTEM. */
EspScene *esp_scene_load (const char *file, size_t n_pose, GError **error);

/* Frees @scene; NULL is allowed. */
void esp_scene_free (EspScene *scene);

/* Prepares drawing in the current OpenGL context. @is_fast: whether a GPU draws, which pays for shadows,
 * reflections and smooth edges. Fails with ESP_ERROR_SYSTEM. */
gboolean esp_scene_attach (EspScene *scene, gboolean is_fast, GError **error);

/* Frees what the OpenGL context keeps for @scene. */
void esp_scene_detach (EspScene *scene);

/* Poses the joints with @pose[@n_pose]. Fails with ESP_ERROR_SYSTEM. */
gboolean esp_scene_pose (EspScene *scene, const double *pose, GError **error);

/* Moves the camera. Fails with ESP_ERROR_SYSTEM. */
gboolean esp_scene_move_camera (EspScene *scene, const EspCameraMove *move, GError **error);

/* Draws @width × @height pixels, 3 bytes each, the top row first, to @pixels. Fails with
 * ESP_ERROR_SYSTEM. */
gboolean esp_scene_draw (EspScene *scene, int width, int height, uint8_t *pixels, GError **error);

/* Returns whether drawing the same once more would give the same picture; on software OpenGL the first one
 * after a movement of the camera is a quick one. */
gboolean esp_scene_is_refined (const EspScene *scene);

G_END_DECLS

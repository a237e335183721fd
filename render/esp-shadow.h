/* Shadows of jointed robots on the floor, where OpenGL's own are too expensive: each capsule of a moving body
 * gets a flat, opaque copy of itself at z = 0, thrown there by the model's first light.
 */

#pragma once

#include <mujoco/mujoco.h>

/* Adds the shadows of the geoms in @view, which mjv_updateScene() has made of @model, to it. */
void esp_shadow_add (const mjModel *model, mjvScene *view);

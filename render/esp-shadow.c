#include "esp-shadow.h"

#include <math.h>

#define LIFT      0.002 /* above the floor and what is painted on it */
#define THICKNESS 0.0005

static const float colour[] = { 0.655f, 0.68f, 0.71f, 1 };

/* Makes @shadow that of the capsule @geom under a light that falls along @direction. */
static void
cast (const mjvGeom *geom, const mjtNum *direction, mjvGeom *shadow)
{
  mjtNum axis[3] = { geom->mat[2], geom->mat[5], geom->mat[8] };
  mjtNum fall = geom->pos[2] / -direction[2], slope = axis[2] / -direction[2];
  /* the middle, and the axis as it falls on the floor */
  mjtNum place[3] = { geom->pos[0] + fall * direction[0], geom->pos[1] + fall * direction[1], LIFT };
  mjtNum x = axis[0] + slope * direction[0], y = axis[1] + slope * direction[1], length = hypot (x, y);

  if (length < 1e-6)
    x = 1;
  else
    {
      x /= length;
      y /= length;
    }
  /* columns: across the axis, up, along the axis */
  mjtNum turn[9] = { -y, 0, x, x, 0, y, 0, 1, 0 };

  mjv_initGeom (shadow, mjGEOM_CAPSULE, NULL, place, turn, colour);
  shadow->size[0] = geom->size[0];
  shadow->size[1] = THICKNESS;
  shadow->size[2] = (float) (geom->size[2] * length);
  shadow->category = mjCAT_DYNAMIC;
  shadow->objtype = geom->objtype;
  shadow->objid = geom->objid;
  shadow->specular = 0;
}

void
esp_shadow_add (const mjModel *model, mjvScene *view)
{
  int n = view->ngeom;

  if (model->nlight == 0 || model->light_dir[2] >= 0)
    return;
  for (int i = 0; i < n && view->ngeom < view->maxgeom; i++)
    {
      const mjvGeom *geom = &view->geoms[i];

      if (geom->objtype == mjOBJ_GEOM && geom->category == mjCAT_DYNAMIC && geom->type == mjGEOM_CAPSULE)
        cast (geom, model->light_dir, &view->geoms[view->ngeom++]);
    }
}

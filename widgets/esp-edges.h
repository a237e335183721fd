/* Pictures of a network's edges, drawn off the main thread.
 *
 * Cairo needs 25 to 30 µs for a line, far too much for hundreds of them in a frame. The edges here all
 * run from left to right and are the graph of a smooth step, so that one pass over the pixel columns
 * draws them anti-aliased. A thread makes pictures of the newest list of edges that it was given.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * EspEdge:
 * @x0: left end in pixels, as the following
 * @y0: height of the left end
 * @x1: right end, greater than @x0
 * @y1: height of the right end
 * @width: stroke width
 * @alpha: opacity, 0 … 1
 * @color: red, green and blue, 0 … 255
 *
 * An edge y(x) = y0 + (y1 − y0)·(3t² − 2t³) with t = (x − x0)/(x1 − x0).
 */
typedef struct
{
  float x0;
  float y0;
  float x1;
  float y1;
  float width;
  float alpha;
  guint8 color[4];
} EspEdge;

/**
 * EspEdgeView:
 * @zoom: how many times larger than the unzoomed graph
 * @x: where the unzoomed origin lies
 * @y: where the unzoomed origin lies
 *
 * The pan and zoom of a picture.
 */
typedef struct
{
  double zoom;
  double x;
  double y;
} EspEdgeView;

/**
 * EspEdgeJob:
 * @width: of the picture in device pixels
 * @height: of the picture in device pixels
 * @background: red, green, blue
 * @view: handed back with the picture
 * @n_edges: how many
 * @edges: in drawing order, in device pixels
 *
 * A picture to be drawn; one allocation, from esp_edge_job_new().
 */
typedef struct
{
  int width;
  int height;
  guint8 background[4];
  EspEdgeView view;
  size_t n_edges;
  EspEdge edges[];
} EspEdgeJob;

/* Returns a job with room for @n_edges edges (g_free()). */
EspEdgeJob *esp_edge_job_new (size_t n_edges);

/* Returns the height of @edge at @x, and its slope there in @slope unless NULL. */
double esp_edge_get_y (const EspEdge *edge, double x, double *slope);

/* Returns the distance of a point from @edge's middle line, or a great number beside its ends. */
double esp_edge_get_distance (const EspEdge *edge, double x, double y);

/* Draws @job into @pixels, [height][width][3] bytes. Any thread. */
void esp_edge_job_draw (const EspEdgeJob *job, guint8 *pixels);

typedef void (*EspEdgePainted) (GdkTexture *texture, const EspEdgeView *view, gpointer data);

typedef struct _EspEdgePainter EspEdgePainter;

/* Starts a painter; @painted is called in the default main context for each finished picture. Returns
 * NULL where no thread can be started. */
EspEdgePainter *esp_edge_painter_new (EspEdgePainted painted, gpointer data);

/* Gives @job (consumed) to the painter; one that it has not begun is dropped. */
void esp_edge_painter_submit (EspEdgePainter *painter, EspEdgeJob *job);

/* Stops and joins the thread; waits for one picture at most. No call of @painted follows. */
void esp_edge_painter_free (EspEdgePainter *painter);

G_END_DECLS

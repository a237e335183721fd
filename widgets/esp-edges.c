#include "esp-edges.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

EspEdgeJob *
esp_edge_job_new (size_t n_edges)
{
  EspEdgeJob *job = g_malloc0 (sizeof *job + n_edges * sizeof job->edges[0]);

  job->n_edges = n_edges;
  return job;
}

double
esp_edge_get_y (const EspEdge *edge, double x, double *slope)
{
  double length = edge->x1 - edge->x0;
  double t = CLAMP ((x - edge->x0) / length, 0, 1);
  double rise = edge->y1 - edge->y0;

  if (slope)
    *slope = rise * 6 * t * (1 - t) / length;
  return edge->y0 + rise * t * t * (3 - 2 * t);
}

double
esp_edge_get_distance (const EspEdge *edge, double x, double y)
{
  double slope;
  double middle;

  if (x < edge->x0 || x > edge->x1)
    return G_MAXFLOAT;
  middle = esp_edge_get_y (edge, x, &slope);
  return fabs (y - middle) / sqrt (1 + slope * slope);
}

static void
draw_edge (const EspEdgeJob *job, const EspEdge *edge, guint8 *pixels)
{
  int first = MAX (0, (int) floorf (edge->x0));
  int last = MIN (job->width - 1, (int) ceilf (edge->x1) - 1);
  float length = edge->x1 - edge->x0;
  float rise = edge->y1 - edge->y0;
  /* A line thinner than a pixel is a fainter line of one pixel. */
  float half = MAX (edge->width, 1) / 2;
  float alpha = edge->alpha * MIN (edge->width, 1);

  for (int x = first; x <= last; x++)
    {
      float t = CLAMP (((float) x + 0.5f - edge->x0) / length, 0, 1);
      float middle = edge->y0 + rise * t * t * (3 - 2 * t);
      float slope = rise * 6 * t * (1 - t) / length;
      float cosine = 1 / sqrtf (1 + slope * slope);
      float reach = (half + 0.5f) / cosine;
      int top = MAX (0, (int) floorf (middle - reach - 0.5f));
      int bottom = MIN (job->height - 1, (int) ceilf (middle + reach));

      for (int y = top; y <= bottom; y++)
        {
          float distance = fabsf ((float) y + 0.5f - middle) * cosine;
          float coverage = half + 0.5f - distance;
          int amount;
          guint8 *pixel;

          if (coverage <= 0)
            continue;
          amount = (int) (256 * alpha * MIN (coverage, 1));
          pixel = pixels + 3 * ((size_t) y * (size_t) job->width + (size_t) x);
          for (int c = 0; c < 3; c++)
            pixel[c] = (guint8) (pixel[c] + ((edge->color[c] - pixel[c]) * amount) / 256);
        }
    }
}

void
esp_edge_job_draw (const EspEdgeJob *job, guint8 *pixels)
{
  size_t row = 3 * (size_t) job->width;

  if (job->width <= 0 || job->height <= 0)
    return;
  for (int x = 0; x < job->width; x++)
    memcpy (pixels + 3 * (size_t) x, job->background, 3);
  for (int y = 1; y < job->height; y++)
    memcpy (pixels + (size_t) y * row, pixels, row);
  for (size_t i = 0; i < job->n_edges; i++)
    if (job->edges[i].x1 > job->edges[i].x0)
      draw_edge (job, &job->edges[i], pixels);
}

/* A finished picture on its way to the main thread. */
typedef struct
{
  GdkTexture *texture;
  EspEdgeView view;
} Picture;

struct _EspEdgePainter
{
  pthread_t thread;
  pthread_mutex_t mutex; /* guards job and stop */
  pthread_cond_t wake;
  EspEdgeJob *job;
  bool stop;
  _Atomic (Picture *) newest;
  GSource *source;
  EspEdgePainted painted;
  gpointer data;
};

static void
free_picture (Picture *picture)
{
  if (!picture)
    return;
  g_object_unref (picture->texture);
  g_free (picture);
}

static void *
paint (void *data)
{
  EspEdgePainter *painter = data;

  for (;;)
    {
      EspEdgeJob *job;
      Picture *picture;
      size_t size;
      guint8 *pixels;
      GBytes *bytes;

      pthread_mutex_lock (&painter->mutex);
      while (!painter->job && !painter->stop)
        pthread_cond_wait (&painter->wake, &painter->mutex);
      if (painter->stop)
        {
          pthread_mutex_unlock (&painter->mutex);
          return NULL;
        }
      job = painter->job;
      painter->job = NULL;
      pthread_mutex_unlock (&painter->mutex);

      size = 3 * (size_t) job->width * (size_t) job->height;
      pixels = g_malloc (size);
      esp_edge_job_draw (job, pixels);
      bytes = g_bytes_new_take (pixels, size);
      picture = g_new (Picture, 1);
      picture->texture = gdk_memory_texture_new (job->width, job->height, GDK_MEMORY_R8G8B8, bytes,
                                                 3 * (size_t) job->width);
      picture->view = job->view;
      g_bytes_unref (bytes);
      g_free (job);
      free_picture (atomic_exchange (&painter->newest, picture));
      g_source_set_ready_time (painter->source, 0);
    }
}

static gboolean
dispatch_picture (GSource *source, GSourceFunc callback, gpointer data)
{
  EspEdgePainter *painter = data;
  Picture *picture;

  g_source_set_ready_time (source, -1);
  picture = atomic_exchange (&painter->newest, NULL);
  if (picture)
    painter->painted (picture->texture, &picture->view, painter->data);
  free_picture (picture);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs picture_source = { .dispatch = dispatch_picture };

EspEdgePainter *
esp_edge_painter_new (EspEdgePainted painted, gpointer data)
{
  EspEdgePainter *painter = g_new0 (EspEdgePainter, 1);

  painter->painted = painted;
  painter->data = data;
  atomic_init (&painter->newest, NULL);
  pthread_mutex_init (&painter->mutex, NULL);
  pthread_cond_init (&painter->wake, NULL);
  painter->source = g_source_new (&picture_source, sizeof (GSource));
  g_source_set_static_name (painter->source, "finished edges");
  g_source_set_callback (painter->source, NULL, painter, NULL); /* only to hand the painter over */
  g_source_attach (painter->source, NULL);
  if (pthread_create (&painter->thread, NULL, paint, painter) != 0)
    {
      g_source_destroy (painter->source);
      g_source_unref (painter->source);
      pthread_cond_destroy (&painter->wake);
      pthread_mutex_destroy (&painter->mutex);
      g_free (painter);
      return NULL;
    }
  return painter;
}

void
esp_edge_painter_submit (EspEdgePainter *painter, EspEdgeJob *job)
{
  EspEdgeJob *dropped;

  pthread_mutex_lock (&painter->mutex);
  dropped = painter->job;
  painter->job = job;
  pthread_cond_signal (&painter->wake);
  pthread_mutex_unlock (&painter->mutex);
  g_free (dropped);
}

void
esp_edge_painter_free (EspEdgePainter *painter)
{
  if (!painter)
    return;
  pthread_mutex_lock (&painter->mutex);
  painter->stop = true;
  pthread_cond_signal (&painter->wake);
  pthread_mutex_unlock (&painter->mutex);
  pthread_join (painter->thread, NULL);
  g_source_destroy (painter->source);
  g_source_unref (painter->source);
  free_picture (atomic_exchange (&painter->newest, NULL));
  g_free (painter->job);
  pthread_cond_destroy (&painter->wake);
  pthread_mutex_destroy (&painter->mutex);
  g_free (painter);
}

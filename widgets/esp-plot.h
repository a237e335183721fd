/* What the panels with axes share: ticks, lines with few points, pictures of cells. No state. */

#pragma once

#include <gtk/gtk.h>

#include "esp-snapshot.h"

G_BEGIN_DECLS

/**
 * EspAxis:
 * @low: value at the axis's beginning
 * @high: value at its end
 * @tick: distance of the ticks, which are its multiples: 1, 2 or 5 times a power of ten
 *
 * The range of an axis.
 */
typedef struct
{
  double low;
  double high;
  double tick;
} EspAxis;

/* Returns an axis for values from @low to @high with about @n_ticks ticks; with @whole, its ends are
 * ticks. Values that are not finite or equal give an axis around them. */
EspAxis esp_axis_new (double low, double high, double n_ticks, gboolean whole);

/* Returns where @value lies: 0 at the beginning, 1 at the end. */
double esp_axis_place (const EspAxis *axis, double value);

/* Returns the text of a tick at @value, as many decimals as the ticks need (g_free()). */
char *esp_axis_format (const EspAxis *axis, double value);

/* Returns the last step of the axis of a run: what it will take, or has taken. At least 1. */
double esp_plot_get_last_step (const EspSnapshot *snapshot);

/* Returns the index of the record nearest to @step; there must be one. */
size_t esp_plot_find_record (const EspHistory *history, double step);

/* Returns a number of a record, for a line. */
typedef double (*EspPlotValue) (const EspRecord *record, gconstpointer data);

/* Adds to @cr's path the line of @value over the steps of @records inside @area, with at most two
 * points (least and greatest) a pixel column, so that the cost has a bound. Values that are not finite
 * are left out. */
void esp_plot_trace_records (cairo_t *cr,
                             const graphene_rect_t *area,
                             const EspAxis *x_axis,
                             const EspAxis *y_axis,
                             const EspHistory *history,
                             EspPlotValue value,
                             gconstpointer data);

/* Returns a picture of @pixels (consumed), [@height][@width][3] bytes of red, green and blue. */
GdkTexture *esp_plot_new_picture (guint8 *pixels, int width, int height);

G_END_DECLS

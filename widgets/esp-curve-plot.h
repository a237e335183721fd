/* The curves of a run over its steps: the returns of the evaluated policies and of training episodes, and
 * below them the expected and allowed paths.
 *
 * Its points are the evaluations, or before the first of them the records. Drawing only: made anew
 * whenever it is needed. Main thread only.
 */

#pragma once

#include "esp-plot.h"
#include "esp-text.h"

G_BEGIN_DECLS

/* The index of no point. */
#define ESP_NO_POINT G_MAXSIZE

/**
 * EspCurvePlot:
 * @texts: for its texts
 * @snapshot: the state shown
 * @area: of the returns, in pixels
 * @strip: of the paths; empty where there is no room
 * @width: of the panel
 * @legend_y: middle of the legend above
 * @gap_y: middle of the sentence about the gap below it; 0 where there is none, or no room
 * @text_size: of all texts
 * @steps: the axis of steps
 * @returns: the axis of returns
 * @paths: the axis of paths
 *
 * A plot in its place, and what its axes span.
 */
typedef struct
{
  EspTexts *texts;
  const EspSnapshot *snapshot;
  graphene_rect_t area;
  graphene_rect_t strip;
  float width;
  float legend_y;
  float gap_y;
  double text_size;
  EspAxis steps;
  EspAxis returns;
  EspAxis paths;
} EspCurvePlot;

/* Returns whether there is anything to plot in @snapshot, which may be NULL; the rest needs it. */
gboolean esp_curve_plot_has_curves (const EspSnapshot *snapshot);

/* Returns the plot of @snapshot in a panel of this size. */
EspCurvePlot esp_curve_plot_new (EspTexts *texts, const EspSnapshot *snapshot, float width, float height);

void esp_curve_plot_draw (const EspCurvePlot *plot, GtkSnapshot *snapshot, const EspPalette *palette);

/* Returns how many points there are; at least 1. */
size_t esp_curve_plot_get_n_points (const EspSnapshot *snapshot);

/* Returns the point nearest to @x, or ESP_NO_POINT beside the plot. */
size_t esp_curve_plot_find (const EspCurvePlot *plot, double x);

/* Returns a sentence about how far the formula's return is from the sampled policy's, in the last evaluation
 * and where they were farthest apart (g_free()); NULL where they never were, or there are not both. */
char *esp_curve_plot_describe_gap (const EspSnapshot *snapshot);

/* Draws a line through @point and dots on its returns; returns the middle of the line. */
graphene_point_t esp_curve_plot_draw_mark (const EspCurvePlot *plot,
                                           GtkSnapshot *snapshot,
                                           const EspPalette *palette,
                                           size_t point);

/* Returns what is said of @point, as Pango's markup (g_free()); with @palette, its dots as well. */
char *esp_curve_plot_describe (const EspSnapshot *snapshot, const EspPalette *palette, size_t point);

/* Returns the same of the last evaluation, of which there must be one, with the sentence about the gap. */
char *esp_curve_plot_describe_last (const EspSnapshot *snapshot);

G_END_DECLS

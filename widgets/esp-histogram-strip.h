/* The strip that shows how the histogram of all selection probabilities developed over a run, with the
 * mean probability (expected paths over all paths) and the allowance as lines on the same scale.
 *
 * Drawing only: made anew whenever it is needed. Main thread only.
 */

#pragma once

#include "esp-snapshot.h"
#include "esp-text.h"

G_BEGIN_DECLS

/**
 * EspHistogramStrip:
 * @texts: for its texts
 * @snapshot: the state shown
 * @area: the histogram itself, in pixels; empty where there is no room for it
 * @text_size: of all texts, in pixels
 * @caption_y: middle of the line of text above
 * @scale: device pixels a pixel
 *
 * A strip in its place. The labels of its axes stand left of and below the area.
 */
typedef struct
{
  EspTexts *texts;
  const EspSnapshot *snapshot;
  graphene_rect_t area;
  double text_size;
  double caption_y;
  int scale;
} EspHistogramStrip;

void
esp_histogram_strip_draw (const EspHistogramStrip *strip, GtkSnapshot *snapshot, const EspPalette *palette);

/* Returns the index of the record below the point @x, @y, or ESP_NOTHING. */
size_t esp_histogram_strip_find (const EspHistogramStrip *strip, double x, double y);

/* Returns where the record @index stands: a line as high as the strip. */
graphene_rect_t esp_histogram_strip_get_mark (const EspHistogramStrip *strip, size_t index);

/* Returns what is said of the record @index, as Pango's markup (g_free()). */
char *esp_histogram_strip_describe (const EspHistogramStrip *strip, size_t index);

G_END_DECLS

/* The colours that all panels share, for light and dark.
 *
 * Signs and series use blue, orange and green of different lightness, which people with any of the
 * common colour-vision deficiencies tell apart. Text colours have a contrast of at least 4.5 : 1
 * against the background. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The series of a curve, in this order. */
#define ESP_N_SERIES 3

/**
 * EspPalette:
 * @background: behind the panel's drawing, opaque, as all the others
 * @foreground: text and strong lines
 * @dim: secondary text
 * @grid: faint lines
 * @card: nodes and hover cards
 * @border: outlines of nodes and cards
 * @accent: what is selected or hovered
 * @positive: positive weights
 * @negative: negative weights
 * @series: curves and their labels
 * @heat: from 0 (all but the background) to 1, of one hue and even perceived steps (straight in OKLab)
 */
typedef struct
{
  GdkRGBA background;
  GdkRGBA foreground;
  GdkRGBA dim;
  GdkRGBA grid;
  GdkRGBA card;
  GdkRGBA border;
  GdkRGBA accent;
  GdkRGBA positive;
  GdkRGBA negative;
  GdkRGBA series[ESP_N_SERIES];
  guint8 heat[256][3];
} EspPalette;

/* Returns the palette for @widget's style as it is now: dark or light by libadwaita's style manager,
 * text and background from the widget's style context. Valid until the next call. */
const EspPalette *esp_palette_get (GtkWidget *widget);

/* Returns red, green and blue of @amount (0 … 1) of heat; those of 0 for what is not a number. */
const guint8 *esp_palette_get_heat (const EspPalette *palette, double amount);

/* Returns @a with @amount (0 … 1) of @b mixed in. */
GdkRGBA esp_color_mix (const GdkRGBA *a, const GdkRGBA *b, double amount);

/* Returns @color with opacity @alpha. */
GdkRGBA esp_color_fade (const GdkRGBA *color, double alpha);

/* Returns the contrast ratio of two opaque colours, 1 … 21 (WCAG 2.1). */
double esp_color_contrast (const GdkRGBA *a, const GdkRGBA *b);

G_END_DECLS

/* Short texts for drawing, laid out once and kept.
 *
 * A label costs some 20 µs to lay out and next to nothing to draw again; views draw many of them many
 * times. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-palette.h"

G_BEGIN_DECLS

typedef struct _EspTexts EspTexts;

/* Returns an empty store for the texts of @widget, which must outlive it. */
EspTexts *esp_texts_new (GtkWidget *widget);
void esp_texts_free (EspTexts *texts);

/* Forgets all texts; for a change of the widget's style. */
void esp_texts_clear (EspTexts *texts);

/* Returns the size of the widget's font in pixels. */
double esp_texts_get_font_size (EspTexts *texts);

/* Returns the layout of @text in the widget's font at @size pixels, owned by @texts. */
PangoLayout *esp_texts_get (EspTexts *texts, const char *text, double size);

/* Returns the width of @text at @size, in pixels. */
double esp_texts_get_width (EspTexts *texts, const char *text, double size);

/* Draws @text: @x is its left end, middle or right end as @align says (0, 0.5, 1), @y its middle. */
void esp_texts_draw (EspTexts *texts,
                     GtkSnapshot *snapshot,
                     const char *text,
                     double size,
                     const GdkRGBA *color,
                     double x,
                     double y,
                     double align);

/* As esp_texts_draw() and esp_texts_get_width(), for the name of a variable: typeset as in formulas, and
 * as large as text of @size looks. */
void esp_texts_draw_name (EspTexts *texts,
                          GtkSnapshot *snapshot,
                          const char *name,
                          double size,
                          const GdkRGBA *color,
                          double x,
                          double y,
                          double align);
double esp_texts_get_name_width (EspTexts *texts, const char *name, double size);

/**
 * EspMark:
 * @ESP_MARK_LINE: a short line
 * @ESP_MARK_DASHES: a short dashed line
 * @ESP_MARK_DOT: a dot
 *
 * What stands before an entry of a legend.
 */
typedef enum
{
  ESP_MARK_LINE,
  ESP_MARK_DASHES,
  ESP_MARK_DOT,
} EspMark;

/* Draws the entry @text of a legend with its @mark before it, from @x on, in the middle of @y, if
 * @snapshot is not NULL; returns its width. The marks are drawn, since a font's would often come from
 * another font, which takes long to find. */
double esp_texts_draw_entry (EspTexts *texts,
                             GtkSnapshot *snapshot,
                             EspMark mark,
                             const char *text,
                             double size,
                             const GdkRGBA *color,
                             double x,
                             double y);

/* Draws a card with @markup (Pango's) beside the point @x, @y and inside the widget. */
void esp_texts_draw_card (
  EspTexts *texts, GtkSnapshot *snapshot, const EspPalette *palette, const char *markup, double x, double y);

/* Draws @text in the middle of the widget: what is said before there is something to show. */
void esp_texts_draw_placeholder (EspTexts *texts,
                                 GtkSnapshot *snapshot,
                                 const EspPalette *palette,
                                 const char *text);

/* Returns @value for people, with @digits significant digits and a real minus sign (g_free()). */
char *esp_text_from_number (double value, int digits);

/* Returns @count with thousands set apart by thin spaces (g_free()). */
char *esp_text_from_count (guint64 count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTexts, esp_texts_free)

G_END_DECLS

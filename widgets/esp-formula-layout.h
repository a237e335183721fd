/* Typesetting of formulas: terms to boxes, boxes to lines, lines to glyphs and rules in their places.
 *
 * A box has a width, and a height above and a depth below its baseline, as in TeX. What does not fit on
 * a line breaks before plus and minus signs, between factors and after commas; a fraction too wide for a
 * line is written with a slash. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-environment.h"
#include "esp-formula-terms.h"

G_BEGIN_DECLS

typedef struct _EspFormulaFont EspFormulaFont;

/* Returns the font for formulas of @size pixels: Latin Modern Math, or the serif font where that is not
 * installed. Laid-out texts are kept in it. */
EspFormulaFont *esp_formula_font_new (PangoContext *context, double size);
void esp_formula_font_free (EspFormulaFont *font);

/* Returns the size that the font was made with. */
double esp_formula_font_get_base_size (EspFormulaFont *font);

/**
 * EspFormulaItemKind:
 * @ESP_FORMULA_TEXT: @layout with its upper left corner at the area's origin
 * @ESP_FORMULA_RULE: a filled area
 * @ESP_FORMULA_LEFT: an opening parenthesis
 * @ESP_FORMULA_RIGHT: a closing parenthesis
 * @ESP_FORMULA_ROOT: a root sign without its rule
 * @ESP_FORMULA_DOT: a filled circle, an accent
 */
typedef enum
{
  ESP_FORMULA_TEXT,
  ESP_FORMULA_RULE,
  ESP_FORMULA_LEFT,
  ESP_FORMULA_RIGHT,
  ESP_FORMULA_ROOT,
  ESP_FORMULA_DOT,
} EspFormulaItemKind;

/**
 * EspFormulaItem:
 * @kind: what is drawn
 * @dim: in the colour of secondary text
 * @layout: of a text, owned by the font
 * @area: where; of a text the ink's height and the advance's width about its baseline
 * @baseline: of a text, from the upper edge of @layout
 * @y: of a text, its baseline
 *
 * Something to draw.
 */
typedef struct
{
  EspFormulaItemKind kind;
  gboolean dim;
  PangoLayout *layout;
  graphene_rect_t area;
  float baseline;
  float y;
} EspFormulaItem;

/**
 * EspFormulaArea:
 * @term: id of a term
 * @area: where it stands, or the part of it on one line
 */
typedef struct
{
  int term;
  graphene_rect_t area;
} EspFormulaArea;

/**
 * EspFormulaLine:
 * @left: left end of its first box
 * @right: right end of its last box
 * @baseline: its baseline
 * @ascent: height above the baseline
 * @descent: depth below the baseline
 */
typedef struct
{
  double left;
  double right;
  double baseline;
  double ascent;
  double descent;
} EspFormulaLine;

/**
 * EspFormulaLayout:
 * @width: of the widest line, margins included
 * @height: of all lines, margins included
 * @items: what is drawn, of EspFormulaItem
 * @areas: where terms stand, of EspFormulaArea; outer ones first
 * @lines: the lines, of EspFormulaLine
 */
typedef struct
{
  double width;
  double height;
  GArray *items;
  GArray *areas;
  GArray *lines;
} EspFormulaLayout;

/* Typesets @terms, whose variables and actions are those of @environment, in lines of @width pixels.
 * What cannot be broken may be wider. @font must outlive the layout. */
EspFormulaLayout *esp_formula_layout_new (EspFormulaFont *font,
                                          const EspTerms *terms,
                                          const EspEnvironmentInfo *environment,
                                          double width);

/* Typesets the name of a variable, on one line whose baseline is three quarters of the height below the
 * upper edge, without margins. @font must outlive the layout. */
EspFormulaLayout *esp_formula_layout_new_name (EspFormulaFont *font, const char *name);

void esp_formula_layout_free (EspFormulaLayout *layout);

/* Returns the id of the innermost term at @x, @y, or -1. */
int esp_formula_layout_find (const EspFormulaLayout *layout, double x, double y);

/* Draws the formula with its upper left corner at the origin. @snapshot enlarges @scale times, so that
 * rules can be set on whole pixels. */
void esp_formula_layout_draw (const EspFormulaLayout *layout,
                              GtkSnapshot *snapshot,
                              double scale,
                              const GdkRGBA *color,
                              const GdkRGBA *dim);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFormulaFont, esp_formula_font_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspFormulaLayout, esp_formula_layout_free)

G_END_DECLS

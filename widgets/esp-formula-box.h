/* Boxes of typeset formulas: the parts of esp-formula-layout.c that know one term at a time.
 *
 * Lengths are pixels; a box's own coordinates begin at its left end on its baseline, y downwards.
 */

#pragma once

#include "esp-formula-layout.h"

G_BEGIN_DECLS

typedef struct _EspBox EspBox;

/**
 * EspBox:
 * @is_row: whether it only holds its children
 * @kind: what it draws, else
 * @dim: drawn as secondary text
 * @term: id of the term it stands for, or -1
 * @x: place in its parent, as the next
 * @y: of the baseline
 * @width: advance
 * @ascent: height above the baseline
 * @descent: depth below the baseline
 * @layout: of a text
 * @first: first child
 * @last: last child
 * @next: next sibling
 */
struct _EspBox
{
  gboolean is_row;
  EspFormulaItemKind kind;
  gboolean dim;
  int term;
  double x;
  double y;
  double width;
  double ascent;
  double descent;
  PangoLayout *layout;
  EspBox *first;
  EspBox *last;
  EspBox *next;
};

/* How strongly the surroundings of a term bind, and so whether it needs parentheses. */
typedef enum
{
  ESP_PLACE_FREE,   /* an argument, an exponent, a numerator */
  ESP_PLACE_ADDEND, /* after a sign */
  ESP_PLACE_FIRST_FACTOR,
  ESP_PLACE_FACTOR,
  ESP_PLACE_BASE, /* under an exponent */
} EspPlace;

/* The sizes of script: 0 is normal, 3 the smallest. */
#define ESP_N_LEVELS 4

/**
 * EspBoxes:
 * @font: the font
 * @environment: names of variables
 * @all: every box, owned
 */
typedef struct
{
  EspFormulaFont *font;
  const EspEnvironmentInfo *environment;
  GPtrArray *all;
} EspBoxes;

/* Returns the size of the font in pixels at @level. */
double esp_formula_font_get_size (EspFormulaFont *font, int level);

/* Returns a box for @text, @italic as variables are. */
EspBox *esp_box_new_text (EspBoxes *boxes, const char *text, gboolean italic, int level);

/* Returns an empty row, and appends @child to a row, @space after what is there. */
EspBox *esp_box_new_row (EspBoxes *boxes, int term);
void esp_box_append (EspBox *row, EspBox *child, double space);

/* Returns @inner's parenthesis: ESP_FORMULA_LEFT or ESP_FORMULA_RIGHT, as high as @inner. */
EspBox *esp_box_new_parenthesis (EspBoxes *boxes, EspFormulaItemKind kind, const EspBox *inner, int level);

/* Returns the sign of an operation in running text, "+", "−" or "·"; a guarded one carries a g. */
EspBox *esp_box_new_operator (EspBoxes *boxes, const char *sign, gboolean guarded, int level);

/* Returns the name of a function term, such as "sin" or "ln" with a g. */
EspBox *esp_box_new_function_name (EspBoxes *boxes, const EspTerm *term, int level);

/* Returns a name as variables have them: single letters italic, words upright, dots above letters. */
EspBox *esp_box_new_name (EspBoxes *boxes, const char *name, int level);

/* Returns whether @term needs parentheses where it stands. */
gboolean esp_term_needs_parentheses (EspBoxes *boxes, const EspTerm *term, EspPlace place);

/* Returns whether a sign must stand between the factor @left and the next one, @right. */
gboolean esp_term_needs_dot (const EspTerm *product, const EspTerm *left, const EspTerm *right);

/* Returns the box of @term on one line. */
EspBox *esp_box_new_term (EspBoxes *boxes, const EspTerm *term, EspPlace place, int level);

G_END_DECLS

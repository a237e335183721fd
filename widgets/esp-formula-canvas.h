/* The part of a formula view that scrolls: draws the typeset formula and finds terms in it.
 *
 * It sets the formula as large as fits its room, within limits, on one line if that is not too small,
 * and in the middle; a formula too long for the room scrolls (GtkScrollable). Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/* What stands there before there is a formula. */
/* What stands there while there is no formula, unless something else is set. */
#define ESP_FORMULA_PLACEHOLDER "The formula appears after the first evaluation"

#define ESP_TYPE_FORMULA_CANVAS (esp_formula_canvas_get_type ())
G_DECLARE_FINAL_TYPE (EspFormulaCanvas, esp_formula_canvas, ESP, FORMULA_CANVAS, GtkWidget)

GtkWidget *esp_formula_canvas_new (void);

/* Shows @formula (referenced; NULL for none). Nothing is hovered or selected then. */
void esp_formula_canvas_set_formula (EspFormulaCanvas *canvas,
                                     EspFormula *formula,
                                     const EspEnvironmentInfo *environment);

/* Sets what is said while there is no formula; @text must be static. */
void esp_formula_canvas_set_placeholder (EspFormulaCanvas *canvas, const char *text);

/* Returns the id of the innermost term at @x, @y of the canvas, or -1. */
int esp_formula_canvas_find (EspFormulaCanvas *canvas, double x, double y);

/* Marks the terms of these ids; -1 for none. */
void esp_formula_canvas_mark (EspFormulaCanvas *canvas, int hovered, int selected);

/* Returns the expression of the term @id, owned by the formula, or NULL. */
EspExpression *esp_formula_canvas_get_expression (EspFormulaCanvas *canvas, int id);

/* Returns what the guard of the term @id does, in a few words, or NULL where it has none. Static. */
const char *esp_formula_canvas_get_guard (EspFormulaCanvas *canvas, int id);

G_END_DECLS

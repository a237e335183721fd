/* A field in which a formula is typed.
 *
 * What is typed is read after every key, on a worker thread, so that a text of any length may be pasted.
 * Where it is not a formula the wrong piece is underlined and a sentence below says what was expected where;
 * where it is, the sentence tells its reading length and the other measures. Main thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

#define ESP_TYPE_FORMULA_EDITOR (esp_formula_editor_get_type ())
G_DECLARE_FINAL_TYPE (EspFormulaEditor, esp_formula_editor, ESP, FORMULA_EDITOR, GtkWidget)

/* Returns a new editor, empty, for formulas of @environment. */
GtkWidget *esp_formula_editor_new (const EspEnvironmentInfo *environment);

/* Replaces the text; undo brings the old one back. */
void esp_formula_editor_set_text (EspFormulaEditor *editor, const char *text);

/* Returns the text (free with g_free()). */
char *esp_formula_editor_get_text (EspFormulaEditor *editor);

/* Returns the formula that the text is (the read-only property `formula`, notified when the text has been
 * read), owned by @editor; NULL where it is none, and until that is known. */
EspFormula *esp_formula_editor_get_formula (EspFormulaEditor *editor);

/* Returns what is said below the text, owned by @editor. */
const char *esp_formula_editor_get_message (EspFormulaEditor *editor);

/* Returns whether a piece of the text is underlined, and where it begins and ends, in characters. */
gboolean esp_formula_editor_get_mistake (EspFormulaEditor *editor, int *start, int *end);

G_END_DECLS

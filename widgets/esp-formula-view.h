/* One typeset formula per action.
 *
 * Numbers show three significant digits; a guarded operation carries a small g. Long formulas break at
 * plus and minus signs and the view scrolls; very long ones are cut, and say how much is missing.
 * Hovering marks a sub-term and shows it with all digits; a click selects it, and the selection follows the
 * term through later formulas; another click or Escape lets go. The actions `formula.copy-text` and
 * `formula.copy-latex`, also in the context menu, copy the whole formula, if it is not a very long one. Main
 * thread only.
 */

#pragma once

#include <gtk/gtk.h>

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

#define ESP_TYPE_FORMULA_VIEW (esp_formula_view_get_type ())
G_DECLARE_FINAL_TYPE (EspFormulaView, esp_formula_view, ESP, FORMULA_VIEW, GtkWidget)

/* Returns a new view, which says that there is no formula yet. */
GtkWidget *esp_formula_view_new (void);

/* Shows @formula (referenced; NULL for none), whose variables and actions are those of @environment
 * (static data; may be NULL with no formula). */
void esp_formula_view_set_formula (EspFormulaView *view,
                                   EspFormula *formula,
                                   const EspEnvironmentInfo *environment);

/* Sets what is said while there is no formula: @text (static), or NULL for the usual. */
void esp_formula_view_set_placeholder (EspFormulaView *view, const char *text);

/* Returns the shown formula, owned by @view, or NULL. */
EspFormula *esp_formula_view_get_formula (EspFormulaView *view);

/* Returns the selected sub-term as text with all its digits (the read-only property `selected`), owned
 * by @view, or NULL where nothing is selected. In a new formula of the same environment the same term stays
 * selected, although its constants have changed (see esp-identity.h); where it is gone, nothing is. */
const char *esp_formula_view_get_selected (EspFormulaView *view);

G_END_DECLS

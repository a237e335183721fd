/* The window in which a formula is edited, tried and given to the trainer.
 *
 * It begins with the formula that the robot follows. "Try" has the robot follow what is typed and measures
 * its return; "Train its constants" starts a run of it. Closing it in any other way leaves everything as it
 * was. It is not modal, so that the robot can be looked at from all sides meanwhile. Main thread only.
 */

#pragma once

#include <adwaita.h>

#include "esp-formula-editor.h"
#include "esp-session.h"

G_BEGIN_DECLS

/* A formula of greater reading length, all actions together, is not offered for editing: a text of that
 * length cannot be overlooked, and typesetting it would hold the window up. */
#define ESP_EDIT_MAX_LENGTH 1000

#define ESP_TYPE_FORMULA_DIALOG (esp_formula_dialog_get_type ())
G_DECLARE_FINAL_TYPE (EspFormulaDialog, esp_formula_dialog, ESP, FORMULA_DIALOG, AdwWindow)

/* Returns a new dialogue over @parent for @session (referenced), which closes when the session's environment
 * or policy changes. */
EspFormulaDialog *esp_formula_dialog_new (GtkWindow *parent, EspSession *session);

/* Returns the field, and what the dialogue says of the trial, both owned by @dialog. */
EspFormulaEditor *esp_formula_dialog_get_editor (EspFormulaDialog *dialog);
const char *esp_formula_dialog_get_outcome (EspFormulaDialog *dialog);

G_END_DECLS

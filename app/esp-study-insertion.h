/* The study without runs: known formulas in every arrangement, as a table of studies. */

#pragma once

#include "esp-study.h"
#include "esp-table.h"

G_BEGIN_DECLS

/* Returns the table of the known formulas of the environments of @study, measured on @episodes episodes, with
 * what a reader must know appended to @notes. Shows progress; at a signal it ends early, with the rows that
 * are complete. Fails as esp_insertion_table_fill() does. Main thread. */
EspTable *esp_study_insertion (const EspStudy *study, size_t episodes, GString *notes, GError **error);

G_END_DECLS

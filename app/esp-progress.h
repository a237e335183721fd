/* Progress of a run on standard error: one line that updates on a terminal, else a line now and then. */

#pragma once

#include "esp-formula.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

typedef struct _EspProgress EspProgress;

/* Returns a new progress display; it prints nothing yet. */
EspProgress *esp_progress_new (void);

/* Clears the line that is on the terminal and frees @progress. */
void esp_progress_free (EspProgress *progress);

/* How often to call esp_progress_update(). */
#define ESP_PROGRESS_MILLISECONDS 200

/* Shows @snapshot and the newest @formula (NULL before there is one), if it is time to. */
void esp_progress_update (EspProgress *progress, const EspSnapshot *snapshot, EspFormula *formula);

/* Shows that @share of all is done, 0 … 1, the time left, and @text, if it is time to. */
void esp_progress_show (EspProgress *progress, double share, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspProgress, esp_progress_free)

G_END_DECLS

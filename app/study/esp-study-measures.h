/* What the records of a study come to: one table. */

#pragma once

#include "esp-study-record.h"
#include "esp-study.h"
#include "esp-table.h"

G_BEGIN_DECLS

/* Returns the table of @measure over @records, of EspStudyRecord, which need not all be of one study; rows
 * come in the order in which environments and variants appear first. What a reader must know is appended to
 * @notes, a sentence a line. Measures policies where it must: random ones for a floor. Fails as
 * esp_bar_load() and esp_environment_new() do. */
EspTable *
esp_study_measure (EspStudyMeasure measure, const GPtrArray *records, GString *notes, GError **error);

G_END_DECLS

/* The records of a study by environments and variants, for its tables. */

#pragma once

#include "esp-statistics.h"
#include "esp-study-record.h"
#include "esp-table.h"

G_BEGIN_DECLS

/**
 * EspStudyGroup:
 * @environment: of all its records; owned by one of them
 * @variant: of all its records, as well; NULL where variants are not told apart
 * @records: of EspStudyRecord, those with a result; owned by somebody else
 */
typedef struct
{
  const char *environment;
  const char *variant;
  GPtrArray *records;
} EspStudyGroup;

/* Returns the groups, of EspStudyGroup, of @records: environments in the order of their first records, and
 * within them variants in the order of theirs, or all together. Free with g_array_unref(). */
GArray *esp_study_groups_new (const GPtrArray *records, gboolean by_variant);

/* Returns group @i. */
EspStudyGroup *esp_study_groups_get (const GArray *groups, guint i);

/* Returns the first group of the environment of group @i. */
const EspStudyGroup *esp_study_groups_get_reference (const GArray *groups, guint i);

/* Returns record @i of @records. */
const EspStudyRecord *esp_study_group_get_record (const GPtrArray *records, guint i);

/* A number of a record; NaN where there is none. */
typedef double (*EspStudyGetter) (const EspStudyRecord *record);

double esp_study_record_get_mean (const EspStudyRecord *record);
double esp_study_record_get_seconds (const EspStudyRecord *record);

/* Returns the estimate over the records of @group. */
EspEstimate esp_study_group_estimate (const EspStudyGroup *group, EspStudyGetter get);

/* Returns the estimate of the difference, or with @ratio of the quotient, to the records of @reference with
 * the same seeds. */
EspEstimate esp_study_group_compare (const EspStudyGroup *group,
                                     const EspStudyGroup *reference,
                                     EspStudyGetter get,
                                     gboolean ratio);

/* Append what ± means, or how the seconds of @records came about. */
void esp_study_note_interval (GString *notes);
void esp_study_note_time (const GPtrArray *records, GString *notes);

/* The tables, each with its notes; see esp_study_measure(). */
EspTable *esp_study_tabulate_returns (const GPtrArray *records, GString *notes);
EspTable *esp_study_tabulate_efficiency (const GPtrArray *records, GString *notes, GError **error);
EspTable *esp_study_tabulate_length (const GPtrArray *records, GString *notes);
EspTable *esp_study_tabulate_patterns (const GPtrArray *records, GString *notes);

G_END_DECLS

/* Files of results: one JSON object a line, appended as runs finish. */

#pragma once

#include "esp-study-record.h"

G_BEGIN_DECLS

/* What a file may have. */
#define ESP_STUDY_MAX_LINES 1000000u

/* Adds to @records, of EspStudyRecord, those in the file @path, of any study or of `train --json`; empty
 * lines are passed over. Fails with ESP_ERROR_FILE, or as esp_study_record_parse() does, with the line's
 * number. */
gboolean esp_study_file_read (const char *path, GPtrArray *records, GError **error);

/**
 * EspStudyFile:
 *
 * A file that results are appended to. No other study writes to it meanwhile.
 */
typedef struct _EspStudyFile EspStudyFile;

/* Opens @path for appending; with @resume it may hold results already, which are added to @records as
 * esp_study_file_read() does. A last line that an interruption broke off is dropped. Fails as that does, and
 * with ESP_ERROR_FILE where it holds something without @resume, another study is writing to it, or it is no
 * file. */
EspStudyFile *esp_study_file_open (const char *path, gboolean resume, GPtrArray *records, GError **error);

/* Appends @record of @study, so that it is whole in the file or not at all. Fails with ESP_ERROR_FILE. */
gboolean
esp_study_file_append (EspStudyFile *file, const EspStudyRecord *record, const char *study, GError **error);
void esp_study_file_close (EspStudyFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspStudyFile, esp_study_file_close)

G_END_DECLS

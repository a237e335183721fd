#include "esp-study-measures.h"

#include "esp-error.h"
#include "esp-study-groups.h"

static void
note_failures (const GPtrArray *records, GString *notes)
{
  for (guint i = 0; i < records->len; i++)
    {
      const EspStudyRecord *record = esp_study_group_get_record (records, i);

      if (record->failure != NULL)
        g_string_append_printf (notes, "%s, %s, seed %" G_GUINT64_FORMAT " has no result: %s.\n",
                                record->environment, record->variant, record->seed, record->failure);
    }
}

EspTable *
esp_study_measure (EspStudyMeasure measure, const GPtrArray *records, GString *notes, GError **error)
{
  EspTable *table = NULL;

  switch (measure)
    {
    case ESP_STUDY_RETURNS:
      table = esp_study_tabulate_returns (records, notes);
      break;

    case ESP_STUDY_EFFICIENCY:
      table = esp_study_tabulate_efficiency (records, notes, error);
      break;

    case ESP_STUDY_LENGTH:
      table = esp_study_tabulate_length (records, notes);
      break;

    case ESP_STUDY_PATTERNS:
      table = esp_study_tabulate_patterns (records, notes);
      break;

    case ESP_STUDY_INSERTION:
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "insertion has no runs whose results could be in a file");
      break;
    }
  if (table != NULL)
    note_failures (records, notes);

  return table;
}

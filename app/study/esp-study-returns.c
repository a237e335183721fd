#include "esp-study-groups.h"

#include <math.h>
#include <string.h>

static double
get_live_paths (const EspStudyRecord *record)
{
  return record->live_paths;
}

static double
get_paths (const EspStudyRecord *record)
{
  return record->paths;
}

static double
get_learning_seconds (const EspStudyRecord *record)
{
  return record->learning_seconds;
}

EspTable *
esp_study_tabulate_returns (const GPtrArray *records, GString *notes)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "variant", "variant", 0, TRUE, FALSE },
    { "runs", "runs", 0, FALSE, FALSE },
    { "return", "return", 2, FALSE, FALSE },
    { "difference", "to the first", 2, FALSE, FALSE },
    { "reading_length", "length", 1, FALSE, FALSE },
    { "live_paths", "live paths", 1, FALSE, FALSE },
    { "paths", "of", 0, FALSE, FALSE },
    { "wall_seconds", "seconds", 1, FALSE, FALSE },
    { "learning_seconds", "learning", 1, FALSE, FALSE },
    { "time_ratio", "time", 2, FALSE, FALSE },
  };
  g_autoptr (GArray) groups = esp_study_groups_new (records, TRUE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < groups->len; i++)
    {
      const EspStudyGroup *group = esp_study_groups_get (groups, i);
      const EspStudyGroup *reference = esp_study_groups_get_reference (groups, i);
      const EspEstimate none = { 0, NAN, NAN };

      esp_table_add_text (table, group->environment);
      esp_table_add_text (table, group->variant);
      esp_table_add_number (table, group->records->len);
      esp_table_add_estimate (table, esp_study_group_estimate (group, esp_study_record_get_mean));
      esp_table_add_estimate (
        table, group == reference
                 ? none
                 : esp_study_group_compare (group, reference, esp_study_record_get_mean, FALSE));
      esp_table_add_estimate (table, esp_study_group_estimate (group, esp_study_record_get_longest));
      esp_table_add_estimate (table, esp_study_group_estimate (group, get_live_paths));
      esp_table_add_number (table, esp_study_group_estimate (group, get_paths).mean);
      esp_table_add_estimate (table, esp_study_group_estimate (group, esp_study_record_get_seconds));
      esp_table_add_estimate (table, esp_study_group_estimate (group, get_learning_seconds));
      esp_table_add_estimate (
        table,
        group == reference ? none : esp_study_group_compare (group, reference, get_learning_seconds, TRUE));
    }
  esp_study_note_interval (notes);
  g_string_append (
    notes, "To the first: the return's difference to the environment's first variant with the same "
           "seeds.\n"
           "Length: reading length of the longest action's formula. Live paths: those of the "
           "thresholded network at the end of learning, before it is polished.\n"
           "Learning: seconds before the final formula is chosen and polished; time: their quotient to the "
           "first variant's with the same seeds.\n");
  esp_study_note_time (records, notes);

  return table;
}

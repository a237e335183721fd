#include "esp-study-groups.h"

#include <math.h>
#include <string.h>

static void
clear_group (void *data)
{
  g_ptr_array_unref (((EspStudyGroup *) data)->records);
}

const EspStudyRecord *
esp_study_group_get_record (const GPtrArray *records, guint i)
{
  return g_ptr_array_index (records, i);
}

EspStudyGroup *
esp_study_groups_get (const GArray *groups, guint i)
{
  return &g_array_index (groups, EspStudyGroup, i);
}

GArray *
esp_study_groups_new (const GPtrArray *records, gboolean by_variant)
{
  GArray *groups = g_array_new (FALSE, TRUE, sizeof (EspStudyGroup));

  g_array_set_clear_func (groups, clear_group);
  for (guint i = 0; i < records->len; i++)
    {
      const EspStudyRecord *record = esp_study_group_get_record (records, i);
      guint place = groups->len;
      EspStudyGroup *group = NULL;

      for (guint g = 0; g < groups->len && group == NULL; g++)
        if (strcmp (esp_study_groups_get (groups, g)->environment, record->environment) == 0)
          {
            place = g + 1;
            if (!by_variant || strcmp (esp_study_groups_get (groups, g)->variant, record->variant) == 0)
              group = esp_study_groups_get (groups, g);
          }
      if (group == NULL)
        {
          EspStudyGroup added = { record->environment, by_variant ? record->variant : NULL,
                                  g_ptr_array_new () };

          g_array_insert_val (groups, place, added);
          group = esp_study_groups_get (groups, place);
        }
      if (record->failure == NULL)
        g_ptr_array_add (group->records, (gpointer) record);
    }

  return groups;
}

double
esp_study_record_get_mean (const EspStudyRecord *record)
{
  return record->mean;
}

double
esp_study_record_get_seconds (const EspStudyRecord *record)
{
  return record->wall_seconds;
}

EspEstimate
esp_study_group_estimate (const EspStudyGroup *group, EspStudyGetter get)
{
  g_autofree double *values = g_new (double, group->records->len + 1);

  for (guint i = 0; i < group->records->len; i++)
    values[i] = get (esp_study_group_get_record (group->records, i));

  return esp_estimate (values, group->records->len);
}

EspEstimate
esp_study_group_compare (const EspStudyGroup *group,
                         const EspStudyGroup *reference,
                         EspStudyGetter get,
                         gboolean ratio)
{
  g_autofree double *values = g_new (double, group->records->len + 1);

  for (guint i = 0; i < group->records->len; i++)
    {
      const EspStudyRecord *record = esp_study_group_get_record (group->records, i);

      values[i] = NAN;
      for (guint k = 0; k < reference->records->len; k++)
        {
          const EspStudyRecord *other = esp_study_group_get_record (reference->records, k);

          if (other->seed == record->seed)
            values[i] = ratio ? get (record) / get (other) : get (record) - get (other);
        }
    }

  return esp_estimate (values, group->records->len);
}

const EspStudyGroup *
esp_study_groups_get_reference (const GArray *groups, guint i)
{
  while (i > 0
         && strcmp (esp_study_groups_get (groups, i - 1)->environment,
                    esp_study_groups_get (groups, i)->environment)
              == 0)
    i--;

  return esp_study_groups_get (groups, i);
}

void
esp_study_note_interval (GString *notes)
{
  g_string_append (notes,
                   "± is half the width of the 95 % confidence interval of the mean over seeds, by Student's "
                   "t distribution; there is none for one run.\n");
}

void
esp_study_note_time (const GPtrArray *records, GString *notes)
{
  size_t most = 0;

  for (guint i = 0; i < records->len; i++)
    most = MAX (most, esp_study_group_get_record (records, i)->side_by_side);
  if (most > 1)
    g_string_append_printf (notes, "Seconds are wall-clock time with up to %zu runs side by side.\n", most);
  else
    g_string_append (notes, "Seconds are wall-clock time.\n");
}

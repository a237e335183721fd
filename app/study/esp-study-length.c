#include "esp-study-groups.h"

#include <math.h>
#include <string.h>

/* Returns the best of the front of @record up to @length by the episodes it was found with, or NULL. A run
 * without a search has its formula. */
static const EspStudyFrontEntry *
find_best (const EspStudyRecord *record, const EspStudyFrontEntry *own, size_t length)
{
  const EspStudyFrontEntry *best = NULL;

  if (record->front->len == 0)
    return own->formula != NULL && own->reading_length <= length ? own : NULL;
  for (guint i = 0; i < record->front->len; i++)
    {
      const EspStudyFrontEntry *entry = &g_array_index (record->front, EspStudyFrontEntry, i);

      if (entry->reading_length <= length && (best == NULL || entry->mean > best->mean))
        best = entry;
    }

  return best;
}

static double
get_report (const EspStudyFrontEntry *entry)
{
  return isfinite (entry->report) ? entry->report : entry->mean;
}

/* Adds a row for what formulas up to @length come to, unless it is that of the row before. */
static void
add_length (EspTable *table, const EspStudyGroup *group, size_t length, const char **last, double *last_mean)
{
  guint n = group->records->len;
  g_autofree double *values = g_new (double, n + 1);
  const EspStudyFrontEntry *best = NULL;
  g_autofree EspStudyFrontEntry *owns = g_new (EspStudyFrontEntry, n + 1);
  EspEstimate over_runs;

  for (guint i = 0; i < n; i++)
    {
      const EspStudyRecord *record = esp_study_group_get_record (group->records, i);
      const EspStudyFrontEntry *entry;
      double total = esp_study_record_get_total (record);

      owns[i] = (EspStudyFrontEntry){ .reading_length = total >= 1.0 && total < 1e15 ? (size_t) total
                                                                                     : G_MAXSIZE,
                                      .mean = record->mean,
                                      .report = record->mean,
                                      .formula = record->formula };
      entry = find_best (record, &owns[i], length);
      values[i] = entry != NULL ? get_report (entry) : NAN;
      if (entry != NULL && (best == NULL || entry->mean > best->mean))
        best = entry;
    }
  over_runs = esp_estimate (values, n);
  if (best == NULL || (*last == best->formula && over_runs.mean == *last_mean))
    return;

  *last = best->formula;
  *last_mean = over_runs.mean;
  esp_table_add_text (table, group->environment);
  esp_table_add_text (table, group->variant);
  esp_table_add_number (table, (double) length);
  esp_table_add_number (table, (double) over_runs.n);
  esp_table_add_estimate (table, over_runs);
  esp_table_add_number (table, get_report (best));
  esp_table_add_text (table, best->formula);
}

EspTable *
esp_study_tabulate_length (const GPtrArray *records, GString *notes)
{
  static const size_t lengths[] = { 1,  2,  3,  4,  5,  6,   8,   10,  12,  15,   20,    25,
                                    30, 40, 50, 60, 80, 100, 150, 200, 500, 1000, 10000, 1000000 };
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },   { "variant", "variant", 0, TRUE, TRUE },
    { "reading_length", "length ≤", 0, FALSE, FALSE }, { "runs", "runs", 0, FALSE, FALSE },
    { "return", "return", 2, FALSE, FALSE },           { "best", "best", 2, FALSE, FALSE },
    { "formula", "formula", 0, TRUE, FALSE },
  };
  g_autoptr (GArray) groups = esp_study_groups_new (records, TRUE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < groups->len; i++)
    {
      const char *last = NULL;
      double last_mean = NAN;

      for (size_t l = 0; l < G_N_ELEMENTS (lengths); l++)
        add_length (table, esp_study_groups_get (groups, i), lengths[l], &last, &last_mean);
    }
  esp_study_note_interval (notes);
  g_string_append (
    notes, "Return: of the best formula of each run's front up to that reading length (all actions "
           "together), over the runs "
           "that have one; best: of the best of all runs, whose formula is shown.\n"
           "Formulas are chosen by the episodes that found them, and measured on the report's where the "
           "study did so; "
           "results of train have the former only. A run without a front counts with its one formula.\n");

  return table;
}

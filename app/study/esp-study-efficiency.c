#include "esp-study-groups.h"

#include <math.h>
#include <string.h>

#include "esp-bars.h"
#include "esp-evaluation.h"

/* How near to the bar is near: this share of the way from random actions to it. */
#define NEAR 0.9

/* What returns are measured by in an environment. */
typedef struct
{
  double floor; /* of random actions */
  double bar;
  double horizon; /* steps that all runs took */
} Yardstick;

static gboolean
find_yardstick (const GArray *groups, const char *environment, Yardstick *yardstick, GError **error)
{
  g_autoptr (EspEnvironment) instance = esp_environment_new (environment, error);
  EspBar bar;

  if (instance == NULL || !esp_bar_load (environment, &bar, error))
    return FALSE;
  yardstick->bar = bar.median;
  yardstick->floor = esp_evaluate_random (esp_environment_get_info (instance), ESP_REPORT_SEED,
                                          ESP_REPORT_EPISODES, NULL, NULL)
                       .mean;
  yardstick->horizon = INFINITY;
  for (guint g = 0; g < groups->len; g++)
    for (guint i = 0; i < esp_study_groups_get (groups, g)->records->len; i++)
      if (strcmp (esp_study_groups_get (groups, g)->environment, environment) == 0)
        yardstick->horizon = fmin (
          yardstick->horizon,
          (double) esp_study_group_get_record (esp_study_groups_get (groups, g)->records, i)->steps);

  return TRUE;
}

/* Returns @value between random actions, 0, and the bar, 1. */
static double
normalise (const Yardstick *yardstick, double value)
{
  return (value - yardstick->floor) / (yardstick->bar - yardstick->floor);
}

/* Returns the steps at the first evaluation near the bar, or NaN. */
static double
get_steps_to_bar (const EspStudyRecord *record, const Yardstick *yardstick)
{
  for (guint i = 0; i < record->curve->len; i++)
    {
      const EspStudyPoint *point = &g_array_index (record->curve, EspStudyPoint, i);

      if (normalise (yardstick, point->mean) >= NEAR)
        return (double) point->step;
    }

  return NAN;
}

/* Returns the mean height of the normalised curve up to the horizon: linear from random actions at the
 * beginning on, level after the last evaluation. NaN where there is no curve. */
static double
get_area (const EspStudyRecord *record, const Yardstick *yardstick)
{
  double area = 0.0, step = 0.0, height = 0.0;

  if (record->curve->len == 0 || !(yardstick->horizon > 0.0))
    return NAN;
  for (guint i = 0; i < record->curve->len && step < yardstick->horizon; i++)
    {
      const EspStudyPoint *point = &g_array_index (record->curve, EspStudyPoint, i);
      double next = normalise (yardstick, point->mean), end = fmin ((double) point->step, yardstick->horizon);
      double at_end = height + (next - height) * (end - step) / ((double) point->step - step);

      area += 0.5 * (height + at_end) * (end - step);
      step = end;
      height = at_end;
    }
  area += height * fmax (0.0, yardstick->horizon - step);

  return area / yardstick->horizon;
}

static void
add_efficiency (EspTable *table, const EspStudyGroup *group, const Yardstick *yardstick)
{
  guint n = group->records->len;
  g_autofree double *steps = g_new (double, n + 1);
  g_autofree double *areas = g_new (double, n + 1);

  for (guint i = 0; i < n; i++)
    {
      steps[i] = get_steps_to_bar (esp_study_group_get_record (group->records, i), yardstick);
      areas[i] = get_area (esp_study_group_get_record (group->records, i), yardstick);
    }
  esp_table_add_text (table, group->environment);
  esp_table_add_text (table, group->variant);
  esp_table_add_number (table, n);
  esp_table_add_estimate (table, esp_study_group_estimate (group, esp_study_record_get_mean));
  esp_table_add_number (table, yardstick->bar);
  esp_table_add_number (table, yardstick->floor);
  esp_table_add_number (table, (double) esp_estimate (steps, n).n);
  esp_table_add_estimate (table, esp_estimate (steps, n));
  esp_table_add_estimate (table, esp_estimate (areas, n));
  esp_table_add_estimate (table, esp_study_group_estimate (group, esp_study_record_get_seconds));
}

EspTable *
esp_study_tabulate_efficiency (const GPtrArray *records, GString *notes, GError **error)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "variant", "variant", 0, TRUE, FALSE },
    { "runs", "runs", 0, FALSE, FALSE },
    { "return", "return", 2, FALSE, FALSE },
    { "bar", "bar", 0, FALSE, FALSE },
    { "random", "random", 1, FALSE, FALSE },
    { "reached", "reached", 0, FALSE, FALSE },
    { "steps_to_bar", "steps to 90 %", 0, FALSE, FALSE },
    { "area", "area", 3, FALSE, FALSE },
    { "wall_seconds", "seconds", 1, FALSE, FALSE },
  };
  g_autoptr (GArray) groups = esp_study_groups_new (records, TRUE);
  g_autoptr (EspTable) table = esp_table_new (columns, G_N_ELEMENTS (columns));
  Yardstick yardstick = { NAN, NAN, NAN };

  for (guint i = 0; i < groups->len; i++)
    {
      const EspStudyGroup *group = esp_study_groups_get (groups, i);

      if (group == esp_study_groups_get_reference (groups, i)
          && !find_yardstick (groups, group->environment, &yardstick, error))
        return NULL;
      add_efficiency (table, group, &yardstick);
    }
  esp_study_note_interval (notes);
  g_string_append (
    notes,
    "Steps to 90 %: until the first evaluation at least nine tenths of the way from random actions to the "
    "bar "
    "(resources/bars.json), over the runs that reached it.\n"
    "Area: mean height of the learning curve on that scale, 0 for random actions and 1 for the bar, over the "
    "steps that all runs of the environment took.\n"
    "The curves are of the formula as it is extracted while it learns, not polished, or of the neural "
    "network.\n");
  esp_study_note_time (records, notes);

  return g_steal_pointer (&table);
}

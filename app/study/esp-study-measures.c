#include "esp-study-measures.h"

#include <math.h>
#include <string.h>

#include "esp-bars.h"
#include "esp-evaluation.h"
#include "esp-patterns.h"
#include "esp-signal-names.h"

/* How near to the bar is near: this share of the way from random actions to it. */
#define NEAR 0.9

/* A pattern is one of several runs; no more of them are shown for an environment. */
#define LEAST_RUNS    2
#define MOST_PATTERNS 25

/* The records of one variant in one environment, or of one environment. */
typedef struct
{
  const char *environment;
  const char *variant; /* NULL for all */
  GPtrArray *records;  /* those with a result */
  const EspStudyRecord *first;
} Group;

static void
clear_group (void *data)
{
  g_ptr_array_unref (((Group *) data)->records);
}

static const EspStudyRecord *
get_record (const GPtrArray *records, guint i)
{
  return g_ptr_array_index (records, i);
}

static Group *
get_group (const GArray *groups, guint i)
{
  return &g_array_index (groups, Group, i);
}

/* Returns the groups of @records, by environments in the order of their first records. */
static GArray *
divide (const GPtrArray *records, gboolean by_variant)
{
  GArray *groups = g_array_new (FALSE, TRUE, sizeof (Group));

  g_array_set_clear_func (groups, clear_group);
  for (guint i = 0; i < records->len; i++)
    {
      const EspStudyRecord *record = get_record (records, i);
      guint place = groups->len;
      Group *group = NULL;

      for (guint g = 0; g < groups->len && group == NULL; g++)
        if (strcmp (get_group (groups, g)->environment, record->environment) == 0)
          {
            place = g + 1;
            if (!by_variant || strcmp (get_group (groups, g)->variant, record->variant) == 0)
              group = get_group (groups, g);
          }
      if (group == NULL)
        {
          Group added = { record->environment, by_variant ? record->variant : NULL, g_ptr_array_new (),
                          NULL };

          g_array_insert_val (groups, place, added);
          group = get_group (groups, place);
        }
      if (record->failure == NULL)
        g_ptr_array_add (group->records, (gpointer) record);
    }

  return groups;
}

/* A number of a record. */
typedef double (*Getter) (const EspStudyRecord *record);

static double
get_mean (const EspStudyRecord *record)
{
  return record->mean;
}

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
get_seconds (const EspStudyRecord *record)
{
  return record->wall_seconds;
}

static double
get_learning_seconds (const EspStudyRecord *record)
{
  return record->learning_seconds;
}

static EspEstimate
estimate (const Group *group, Getter get)
{
  g_autofree double *values = g_new (double, group->records->len + 1);

  for (guint i = 0; i < group->records->len; i++)
    values[i] = get (get_record (group->records, i));

  return esp_estimate (values, group->records->len);
}

/* Returns the difference, or with @ratio the quotient, to the runs of @reference with the same seeds. */
static EspEstimate
estimate_against (const Group *group, const Group *reference, Getter get, gboolean ratio)
{
  g_autofree double *values = g_new (double, group->records->len + 1);

  for (guint i = 0; i < group->records->len; i++)
    {
      const EspStudyRecord *record = get_record (group->records, i);

      values[i] = NAN;
      for (guint k = 0; k < reference->records->len; k++)
        {
          const EspStudyRecord *other = get_record (reference->records, k);

          if (other->seed == record->seed)
            values[i] = ratio ? get (record) / get (other) : get (record) - get (other);
        }
    }

  return esp_estimate (values, group->records->len);
}

/* Returns the first group of the environment of @groups[@i]. */
static const Group *
get_reference (const GArray *groups, guint i)
{
  while (i > 0 && strcmp (get_group (groups, i - 1)->environment, get_group (groups, i)->environment) == 0)
    i--;

  return get_group (groups, i);
}

static void
note_interval (GString *notes)
{
  g_string_append (notes,
                   "± is half the width of the 95 % confidence interval of the mean over seeds, by Student's "
                   "t distribution; there is none for one run.\n");
}

static void
note_time (const GPtrArray *records, GString *notes)
{
  size_t most = 0;

  for (guint i = 0; i < records->len; i++)
    most = MAX (most, get_record (records, i)->side_by_side);
  if (most > 1)
    g_string_append_printf (notes, "Seconds are wall-clock time with up to %zu runs side by side.\n", most);
  else
    g_string_append (notes, "Seconds are wall-clock time.\n");
}

static EspTable *
tabulate_returns (const GPtrArray *records, GString *notes)
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
  g_autoptr (GArray) groups = divide (records, TRUE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < groups->len; i++)
    {
      const Group *group = get_group (groups, i);
      const Group *reference = get_reference (groups, i);
      const EspEstimate none = { 0, NAN, NAN };

      esp_table_add_text (table, group->environment);
      esp_table_add_text (table, group->variant);
      esp_table_add_number (table, group->records->len);
      esp_table_add_estimate (table, estimate (group, get_mean));
      esp_table_add_estimate (
        table, group == reference ? none : estimate_against (group, reference, get_mean, FALSE));
      esp_table_add_estimate (table, estimate (group, esp_study_record_get_longest));
      esp_table_add_estimate (table, estimate (group, get_live_paths));
      esp_table_add_number (table, estimate (group, get_paths).mean);
      esp_table_add_estimate (table, estimate (group, get_seconds));
      esp_table_add_estimate (table, estimate (group, get_learning_seconds));
      esp_table_add_estimate (
        table, group == reference ? none : estimate_against (group, reference, get_learning_seconds, TRUE));
    }
  note_interval (notes);
  g_string_append (
    notes, "To the first: the return's difference to the environment's first variant with the same "
           "seeds.\n"
           "Length: reading length of the longest action's formula. Live paths: those of the "
           "thresholded network at the end of learning, before it is polished.\n"
           "Learning: seconds before the final formula is chosen and polished; time: their quotient to the "
           "first variant's with the same seeds.\n");
  note_time (records, notes);

  return table;
}

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
    for (guint i = 0; i < get_group (groups, g)->records->len; i++)
      if (strcmp (get_group (groups, g)->environment, environment) == 0)
        yardstick->horizon = fmin (yardstick->horizon,
                                   (double) get_record (get_group (groups, g)->records, i)->steps);

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
add_efficiency (EspTable *table, const Group *group, const Yardstick *yardstick)
{
  guint n = group->records->len;
  g_autofree double *steps = g_new (double, n + 1);
  g_autofree double *areas = g_new (double, n + 1);

  for (guint i = 0; i < n; i++)
    {
      steps[i] = get_steps_to_bar (get_record (group->records, i), yardstick);
      areas[i] = get_area (get_record (group->records, i), yardstick);
    }
  esp_table_add_text (table, group->environment);
  esp_table_add_text (table, group->variant);
  esp_table_add_number (table, n);
  esp_table_add_estimate (table, estimate (group, get_mean));
  esp_table_add_number (table, yardstick->bar);
  esp_table_add_number (table, yardstick->floor);
  esp_table_add_number (table, (double) esp_estimate (steps, n).n);
  esp_table_add_estimate (table, esp_estimate (steps, n));
  esp_table_add_estimate (table, esp_estimate (areas, n));
  esp_table_add_estimate (table, estimate (group, get_seconds));
}

static EspTable *
tabulate_efficiency (const GPtrArray *records, GString *notes, GError **error)
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
  g_autoptr (GArray) groups = divide (records, TRUE);
  g_autoptr (EspTable) table = esp_table_new (columns, G_N_ELEMENTS (columns));
  Yardstick yardstick = { NAN, NAN, NAN };

  for (guint i = 0; i < groups->len; i++)
    {
      const Group *group = get_group (groups, i);

      if (group == get_reference (groups, i)
          && !find_yardstick (groups, group->environment, &yardstick, error))
        return NULL;
      add_efficiency (table, group, &yardstick);
    }
  note_interval (notes);
  g_string_append (
    notes,
    "Steps to 90 %: until the first evaluation at least nine tenths of the way from random actions to the "
    "bar "
    "(resources/bars.json), over the runs that reached it.\n"
    "Area: mean height of the learning curve on that scale, 0 for random actions and 1 for the bar, over the "
    "steps that all runs of the environment took.\n"
    "The curves are of the formula as it is extracted while it learns, not polished, or of the neural "
    "network.\n");
  note_time (records, notes);

  return g_steal_pointer (&table);
}

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
add_length (EspTable *table, const Group *group, size_t length, const char **last, double *last_mean)
{
  guint n = group->records->len;
  g_autofree double *values = g_new (double, n + 1);
  const EspStudyFrontEntry *best = NULL;
  g_autofree EspStudyFrontEntry *owns = g_new (EspStudyFrontEntry, n + 1);
  EspEstimate over_runs;

  for (guint i = 0; i < n; i++)
    {
      const EspStudyRecord *record = get_record (group->records, i);
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

static EspTable *
tabulate_length (const GPtrArray *records, GString *notes)
{
  static const size_t lengths[] = { 1,  2,  3,  4,  5,  6,   8,   10,  12,  15,   20,    25,
                                    30, 40, 50, 60, 80, 100, 150, 200, 500, 1000, 10000, 1000000 };
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },   { "variant", "variant", 0, TRUE, TRUE },
    { "reading_length", "length ≤", 0, FALSE, FALSE }, { "runs", "runs", 0, FALSE, FALSE },
    { "return", "return", 2, FALSE, FALSE },           { "best", "best", 2, FALSE, FALSE },
    { "formula", "formula", 0, TRUE, FALSE },
  };
  g_autoptr (GArray) groups = divide (records, TRUE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));

  for (guint i = 0; i < groups->len; i++)
    {
      const char *last = NULL;
      double last_mean = NAN;

      for (size_t l = 0; l < G_N_ELEMENTS (lengths); l++)
        add_length (table, get_group (groups, i), lengths[l], &last, &last_mean);
    }
  note_interval (notes);
  g_string_append (
    notes, "Return: of the best formula of each run's front up to that reading length (all actions "
           "together), over the runs "
           "that have one; best: of the best of all runs, whose formula is shown.\n"
           "Formulas are chosen by the episodes that found them, and measured on the report's where the "
           "study did so; "
           "results of train have the former only. A run without a front counts with its one formula.\n");

  return table;
}

/* Returns the formula of @record, or NULL where it has none that can be read. */
static EspFormula *
parse_formula (const EspStudyRecord *record)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new (record->environment, NULL);
  EspSignalNames names;

  if (environment == NULL || record->formula == NULL)
    return NULL;
  esp_signal_names_init (&names, esp_environment_get_info (environment));

  return esp_formula_parse (record->formula, &names.symbols,
                            esp_environment_get_info (environment)->n_actions, NULL);
}

static void
add_patterns (EspTable *table, const Group *group, guint *n_left_out)
{
  g_autoptr (EspPatterns) patterns = esp_patterns_new ();
  g_autoptr (GArray) list = NULL;

  for (guint i = 0; i < group->records->len; i++)
    {
      g_autoptr (EspFormula) formula = parse_formula (get_record (group->records, i));

      if (formula == NULL || !esp_patterns_add (patterns, formula))
        ++*n_left_out;
    }
  list = esp_patterns_list (patterns, LEAST_RUNS);
  for (guint i = 0; i < MIN (list->len, MOST_PATTERNS); i++)
    {
      const EspPattern *pattern = &g_array_index (list, EspPattern, i);

      esp_table_add_text (table, group->environment);
      esp_table_add_text (table, pattern->text);
      esp_table_add_number (table, (double) pattern->n_formulas);
      esp_table_add_number (table, (double) esp_patterns_get_n (patterns));
      esp_table_add_number (table, (double) pattern->nodes);
    }
}

static EspTable *
tabulate_patterns (const GPtrArray *records, GString *notes)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "pattern", "pattern", 0, TRUE, FALSE },
    { "runs", "runs", 0, FALSE, FALSE },
    { "formulas", "of", 0, FALSE, FALSE },
    { "nodes", "nodes", 0, FALSE, FALSE },
  };
  g_autoptr (GArray) groups = divide (records, FALSE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));
  guint n_left_out = 0;

  for (guint i = 0; i < groups->len; i++)
    add_patterns (table, get_group (groups, i), &n_left_out);
  g_string_append_printf (notes,
                          "c stands for any number, 1 and −1 included; sums and products know no order. "
                          "Patterns have at least %d nodes and "
                          "are in the formulas of at least %d runs; those within a larger one of the same "
                          "runs are left out, and after the "
                          "first %d of an environment all others.\n",
                          ESP_PATTERN_LEAST_NODES, LEAST_RUNS, MOST_PATTERNS);
  if (n_left_out > 0)
    g_string_append_printf (notes, "%u runs have no formula, or one that is too long to look for patterns.\n",
                            n_left_out);

  return table;
}

static void
note_failures (const GPtrArray *records, GString *notes)
{
  for (guint i = 0; i < records->len; i++)
    {
      const EspStudyRecord *record = get_record (records, i);

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
      table = tabulate_returns (records, notes);
      break;

    case ESP_STUDY_EFFICIENCY:
      table = tabulate_efficiency (records, notes, error);
      break;

    case ESP_STUDY_LENGTH:
      table = tabulate_length (records, notes);
      break;

    case ESP_STUDY_PATTERNS:
      table = tabulate_patterns (records, notes);
      break;
    }
  if (table != NULL)
    note_failures (records, notes);

  return table;
}

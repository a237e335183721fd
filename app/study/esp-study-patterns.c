#include "esp-study-groups.h"

#include <math.h>
#include <string.h>

#include "esp-evaluation.h"
#include "esp-patterns.h"
#include "esp-signal-names.h"

/* A pattern is one of several runs; no more of them are shown for an environment. */
#define LEAST_RUNS    2
#define MOST_PATTERNS 25

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
add_patterns (EspTable *table, const EspStudyGroup *group, guint *n_left_out)
{
  g_autoptr (EspPatterns) patterns = esp_patterns_new ();
  g_autoptr (GArray) list = NULL;

  for (guint i = 0; i < group->records->len; i++)
    {
      g_autoptr (EspFormula) formula = parse_formula (esp_study_group_get_record (group->records, i));

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

EspTable *
esp_study_tabulate_patterns (const GPtrArray *records, GString *notes)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "pattern", "pattern", 0, TRUE, FALSE },
    { "runs", "runs", 0, FALSE, FALSE },
    { "formulas", "of", 0, FALSE, FALSE },
    { "nodes", "nodes", 0, FALSE, FALSE },
  };
  g_autoptr (GArray) groups = esp_study_groups_new (records, FALSE);
  EspTable *table = esp_table_new (columns, G_N_ELEMENTS (columns));
  guint n_left_out = 0;

  for (guint i = 0; i < groups->len; i++)
    add_patterns (table, esp_study_groups_get (groups, i), &n_left_out);
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

/* Fuzzing what studies read from strangers: definitions, lines of results, and the patterns of formulas. */

#include <stdint.h>
#include <string.h>

#include "esp-error.h"
#include "esp-patterns.h"
#include "esp-study-measures.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_error (const GError *error, bool has_result)
{
  g_assert_true (has_result == (error == NULL));
  if (error != NULL)
    g_assert_true (error->domain == ESP_ERROR && g_utf8_validate (error->message, -1, NULL));
}

static void
check_definition (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspStudy) study = esp_study_new_from_json ("input", "folder", text, strlen (text), &error);

  check_error (error, study != NULL);
  if (study != NULL)
    g_assert_true (study->environments->len > 0 && study->variants->len > 0 && study->seeds->len > 0);
}

/* What is read is written and read back the same, and every table of it can be made. */
static void
check_record (const char *text)
{
  static const EspStudyMeasure measures[] = { ESP_STUDY_RETURNS, ESP_STUDY_LENGTH, ESP_STUDY_PATTERNS };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspStudyRecord) record = esp_study_record_parse ("input", text, strlen (text), &error);
  g_autoptr (GPtrArray) records = g_ptr_array_new ();
  g_autoptr (EspStudyRecord) again = NULL;
  g_autoptr (GString) first = g_string_new (NULL);
  g_autoptr (GString) second = g_string_new (NULL);

  check_error (error, record != NULL);
  if (record == NULL)
    return;
  esp_study_record_append_json (record, "study", first);
  again = esp_study_record_parse ("output", first->str, first->len, &error);
  g_assert_no_error (error);
  esp_study_record_append_json (again, "study", second);
  g_assert_cmpstr (first->str, ==, second->str);

  g_ptr_array_add (records, record);
  g_ptr_array_add (records, again);
  for (size_t i = 0; i < G_N_ELEMENTS (measures); i++)
    {
      g_autoptr (GString) output = g_string_new (NULL);
      g_autoptr (EspTable) table = esp_study_measure (measures[i], records, output, NULL);

      esp_table_append_text (table, output);
      esp_table_append_markdown (table, output);
      g_string_truncate (output, 0);
      esp_table_append_json (table, output);
      g_assert_true (g_utf8_validate (output->str, -1, NULL));
    }
}

static void
check_patterns (const char *text)
{
  static const char *const names[] = { "x", "y", "z" };
  const EspSymbols symbols = { 3, names, NULL, NULL };
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &symbols, 1, NULL);
  g_autoptr (EspPatterns) patterns = esp_patterns_new ();
  g_autoptr (GArray) list = NULL;

  if (formula == NULL || !esp_patterns_add (patterns, formula))
    return;
  list = esp_patterns_list (patterns, 1);
  for (guint i = 0; i < list->len; i++)
    g_assert_true (g_array_index (list, EspPattern, i).nodes >= ESP_PATTERN_LEAST_NODES);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_definition (text);
  check_record (text);
  check_patterns (text);
  return 0;
}

#include "esp-study-record.h"

#include <math.h>

#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-report.h"
#include "esp-study.h"

/* Counts beyond this are no counts of ours, and fit no double. */
#define LARGEST_COUNT 9007199254740992.0

static void
clear_entry (void *data)
{
  g_free (((EspStudyFrontEntry *) data)->formula);
}

EspStudyRecord *
esp_study_record_new (void)
{
  EspStudyRecord *record = g_new0 (EspStudyRecord, 1);

  record->mean = record->deviation = record->wall_seconds = record->learning_seconds = NAN;
  record->live_paths = record->paths = NAN;
  record->lengths = g_array_new (FALSE, TRUE, sizeof (double));
  record->curve = g_array_new (FALSE, TRUE, sizeof (EspStudyPoint));
  record->front = g_array_new (FALSE, TRUE, sizeof (EspStudyFrontEntry));
  g_array_set_clear_func (record->front, clear_entry);

  return record;
}

void
esp_study_record_free (EspStudyRecord *record)
{
  if (record == NULL)
    return;

  g_free (record->environment);
  g_free (record->variant);
  g_free (record->recipe);
  g_free (record->fingerprint);
  g_free (record->failure);
  g_free (record->formula);
  g_array_unref (record->lengths);
  g_array_unref (record->curve);
  g_array_unref (record->front);
  g_free (record);
}

/* Returns a copy of the text @key, NULL where there is none. What steers a terminal has no place in a table.
 */
static char *
get_text (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? esp_study_clean (json_node_dup_string (node))
           : NULL;
}

/* Returns the number in @node, NaN where there is none or one that is too large for a double. */
static double
get_node_number (JsonNode *node)
{
  double number;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return NAN;

  number = json_node_get_double (node);

  return isfinite (number) ? number : NAN;
}

static double
get_number (JsonObject *object, const char *key)
{
  return get_node_number (json_object_get_member (object, key));
}

/* Reads the count @key, 0 where there is none. */
static uint64_t
get_count (JsonObject *object, const char *key)
{
  double number = get_number (object, key);

  return number >= 0.0 && number <= LARGEST_COUNT ? (uint64_t) number : 0;
}

static JsonArray *
get_array (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* Adds the reading lengths of actions to @lengths. */
static void
read_lengths (JsonObject *object, GArray *lengths)
{
  JsonArray *array = get_array (object, "reading_length");

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      double length = get_node_number (json_array_get_element (array, i));

      if (length >= 1.0 && length <= LARGEST_COUNT)
        g_array_append_val (lengths, length);
    }
}

static double
get_sum (const GArray *lengths)
{
  double sum = lengths->len > 0 ? 0.0 : NAN;

  for (guint i = 0; i < lengths->len; i++)
    sum += g_array_index (lengths, double, i);

  return sum;
}

double
esp_study_record_get_total (const EspStudyRecord *record)
{
  return get_sum (record->lengths);
}

double
esp_study_record_get_longest (const EspStudyRecord *record)
{
  double longest = NAN;

  for (guint i = 0; i < record->lengths->len; i++)
    longest = fmax (longest, g_array_index (record->lengths, double, i));

  return longest;
}

static JsonObject *
get_element (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
read_curve (EspStudyRecord *record, JsonArray *array)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonObject *object = get_element (array, i);
      EspStudyPoint point;

      if (object == NULL || isnan (get_number (object, "mean")))
        continue;
      point = (EspStudyPoint){ .step = get_count (object, "step"),
                               .mean = get_number (object, "mean"),
                               .masked = get_number (object, "masked"),
                               .sampled = get_number (object, "sampled"),
                               .reading_length = get_number (object, "reading_length"),
                               .live_paths = get_number (object, "live_paths") };
      /* a curve goes on, or it has no area */
      if (record->curve->len == 0
          || point.step > g_array_index (record->curve, EspStudyPoint, record->curve->len - 1).step)
        g_array_append_val (record->curve, point);
    }
}

static void
read_front (EspStudyRecord *record, JsonArray *array)
{
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonObject *object = get_element (array, i);
      g_autoptr (GArray) lengths = g_array_new (FALSE, TRUE, sizeof (double));
      EspStudyFrontEntry entry;
      double sum;

      if (object == NULL)
        continue;
      read_lengths (object, lengths);
      sum = get_sum (lengths);
      if (!(sum >= 1.0 && sum <= LARGEST_COUNT) || isnan (get_number (object, "mean")))
        continue;
      entry = (EspStudyFrontEntry){ .reading_length = (size_t) sum,
                                    .mean = get_number (object, "mean"),
                                    .report = get_number (object, "report_mean"),
                                    .formula = get_text (object, "formula") };
      if (entry.formula != NULL)
        g_array_append_val (record->front, entry);
    }
}

static gboolean
read_result (EspStudyRecord *record, JsonObject *root, GError **error)
{
  JsonNode *node = json_object_get_member (root, "policy_return");
  JsonObject *returns;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "“policy_return” is missing, so this is no result of train or study");
      return FALSE;
    }
  returns = json_node_get_object (node);
  record->mean = get_number (returns, "mean");
  record->deviation = get_number (returns, "std");
  record->episodes = get_count (returns, "episodes");
  record->steps = get_count (root, "steps");
  record->wall_seconds = get_number (root, "wall_seconds");
  record->learning_seconds = get_number (root, "learning_seconds");
  record->side_by_side = get_count (root, "side_by_side");
  record->live_paths = get_number (root, "live_paths");
  record->paths = get_number (root, "paths");
  record->formula = get_text (root, "formula");
  read_lengths (root, record->lengths);
  read_curve (record, get_array (root, "curve"));
  read_front (record, get_array (root, "front"));

  return TRUE;
}

static gboolean
read_record (EspStudyRecord *record, JsonNode *node, GError **error)
{
  JsonObject *root = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *seed;

  if (root == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "a result must be a JSON object");
      return FALSE;
    }
  record->environment = get_text (root, "environment");
  record->recipe = get_text (root, "recipe");
  record->variant = get_text (root, "variant");
  record->fingerprint = get_text (root, "fingerprint");
  record->failure = get_text (root, "failure");
  if (record->variant == NULL)
    record->variant = g_strdup (record->recipe);
  seed = json_object_get_member (root, "seed");
  if (record->environment == NULL || record->variant == NULL || seed == NULL || !JSON_NODE_HOLDS_VALUE (seed)
      || json_node_get_value_type (seed) != G_TYPE_INT64 || json_node_get_int (seed) < 0)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE,
                   "“environment”, “recipe” or “seed” is missing, so this is no result of train or study");
      return FALSE;
    }
  record->seed = (uint64_t) json_node_get_int (seed);

  return record->failure != NULL || read_result (record, root, error);
}

EspStudyRecord *
esp_study_record_parse (const char *name, const char *text, gsize length, GError **error)
{
  g_autoptr (JsonNode) node = esp_json_parse (name, text, length, error);
  g_autoptr (EspStudyRecord) record = NULL;

  if (node == NULL)
    return NULL;
  record = esp_study_record_new ();
  if (!read_record (record, node, error))
    {
      g_prefix_error (error, "%s: ", name);
      return NULL;
    }

  return g_steal_pointer (&record);
}

static void
append_text (GString *json, const char *key, const char *value)
{
  g_string_append_printf (json, ", \"%s\": ", key);
  if (value != NULL)
    esp_report_append_string (json, value);
  else
    g_string_append (json, "null");
}

static void
append_number (GString *json, const char *key, double value)
{
  g_string_append_printf (json, ", \"%s\": ", key);
  esp_report_append_number (json, value);
}

static void
append_curve (GString *text, const GArray *curve)
{
  g_string_append (text, ", \"curve\": [");
  for (guint i = 0; i < curve->len; i++)
    {
      const EspStudyPoint *point = &g_array_index (curve, EspStudyPoint, i);

      g_string_append_printf (text, "%s{\"step\": %" G_GUINT64_FORMAT, i > 0 ? ", " : "", point->step);
      append_number (text, "mean", point->mean);
      append_number (text, "masked", point->masked);
      append_number (text, "sampled", point->sampled);
      append_number (text, "reading_length", point->reading_length);
      append_number (text, "live_paths", point->live_paths);
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, ']');
}

static void
append_front (GString *text, const GArray *front)
{
  g_string_append (text, ", \"front\": [");
  for (guint i = 0; i < front->len; i++)
    {
      const EspStudyFrontEntry *entry = &g_array_index (front, EspStudyFrontEntry, i);

      g_string_append_printf (text, "%s{\"reading_length\": [%zu]", i > 0 ? ", " : "", entry->reading_length);
      append_number (text, "mean", entry->mean);
      append_number (text, "report_mean", entry->report);
      append_text (text, "formula", entry->formula);
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, ']');
}

static void
append_lengths (GString *text, const EspStudyRecord *record)
{
  g_string_append (text, ", \"reading_length\": ");
  if (record->lengths->len == 0)
    g_string_append (text, "null");
  for (guint i = 0; i < record->lengths->len; i++)
    g_string_append_printf (text, "%s%.0f%s", i == 0 ? "[" : ", ", g_array_index (record->lengths, double, i),
                            i + 1 == record->lengths->len ? "]" : "");
}

void
esp_study_record_append_json (const EspStudyRecord *record, const char *study, GString *text)
{
  g_string_append (text, "{\"study\": ");
  esp_report_append_string (text, study);
  append_text (text, "environment", record->environment);
  append_text (text, "variant", record->variant);
  g_string_append_printf (text, ", \"seed\": %" G_GUINT64_FORMAT, record->seed);
  append_text (text, "recipe", record->recipe);
  append_text (text, "fingerprint", record->fingerprint);
  if (record->failure != NULL)
    {
      append_text (text, "failure", record->failure);
      g_string_append (text, "}\n");
      return;
    }

  g_string_append_printf (text, ", \"steps\": %" G_GUINT64_FORMAT, record->steps);
  append_number (text, "wall_seconds", record->wall_seconds);
  append_number (text, "learning_seconds", record->learning_seconds);
  g_string_append_printf (text, ", \"side_by_side\": %zu", record->side_by_side);
  append_text (text, "formula", record->formula);
  g_string_append (text, ", \"policy_return\": {\"mean\": ");
  esp_report_append_number (text, record->mean);
  append_number (text, "std", record->deviation);
  g_string_append_printf (text, ", \"episodes\": %zu, \"seed\": %" G_GUINT64_FORMAT "}", record->episodes,
                          ESP_REPORT_SEED);
  append_lengths (text, record);
  append_number (text, "live_paths", record->live_paths);
  append_number (text, "paths", record->paths);
  append_curve (text, record->curve);
  append_front (text, record->front);
  g_string_append (text, "}\n");
}

void
esp_study_record_append_summary (const EspStudyRecord *record, GString *text)
{
  g_string_append (text, "{\"environment\": ");
  esp_report_append_string (text, record->environment);
  append_text (text, "variant", record->variant);
  g_string_append_printf (text, ", \"seed\": %" G_GUINT64_FORMAT, record->seed);
  append_number (text, "mean", record->mean);
  append_number (text, "std", record->deviation);
  g_string_append_printf (text, ", \"steps\": %" G_GUINT64_FORMAT, record->steps);
  append_number (text, "wall_seconds", record->wall_seconds);
  append_number (text, "learning_seconds", record->learning_seconds);
  append_number (text, "reading_length", esp_study_record_get_longest (record));
  append_number (text, "live_paths", record->live_paths);
  append_number (text, "paths", record->paths);
  append_text (text, "formula", record->formula);
  append_text (text, "failure", record->failure);
  g_string_append_c (text, '}');
}

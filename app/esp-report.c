#include "esp-report.h"

#include <math.h>

#include "esp-metrics.h"
#include "esp-print.h"

void
esp_report_append_string (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *c = valid; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_printf (json, "\\%c", *c);
      else if ((unsigned char) *c < 0x20)
        g_string_append_printf (json, "\\u%04x", (unsigned char) *c);
      else
        g_string_append_c (json, *c);
    }
  g_string_append_c (json, '"');
}

void
esp_report_append_number (GString *json, double value)
{
  g_autofree char *text = isfinite (value) ? esp_number_to_text (value) : g_strdup ("null");

  g_string_append (json, text);
}

void
esp_report_append_returns (GString *json, const EspReturns *returns)
{
  const struct
  {
    const char *key;
    double value;
  } numbers[] = {
    { "mean", returns->mean },
    { "std", returns->deviation },
    { "min", returns->minimum },
    { "max", returns->maximum },
  };

  if (returns->episodes == 0)
    {
      g_string_append (json, "null");
      return;
    }
  g_string_append_c (json, '{');
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_string_append_printf (json, "\"%s\": ", numbers[i].key);
      esp_report_append_number (json, numbers[i].value);
      g_string_append (json, ", ");
    }
  g_string_append_printf (json, "\"episodes\": %zu, \"seed\": %" G_GUINT64_FORMAT "}", returns->episodes,
                          returns->seed);
}

void
esp_report_append_formula (GString *json, const EspFormula *formula)
{
  g_autofree char *text = formula != NULL ? esp_report_formula (formula) : NULL;

  if (text != NULL)
    esp_report_append_string (json, text);
  else
    g_string_append (json, "null");
}

void
esp_report_append_lengths (GString *json, const EspFormula *formula)
{
  if (formula == NULL)
    {
      g_string_append (json, "null");
      return;
    }
  g_string_append_c (json, '[');
  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    g_string_append_printf (json, "%s%zu", i == 0 ? "" : ", ", esp_formula_get_length (formula, i));
  g_string_append_c (json, ']');
}

/* Definitions and expressions stand between semicolons, and only definitions have an equals sign. */
static bool
is_definition (const char *piece)
{
  return strchr (piece, '=') != NULL;
}

char *
esp_report_name_common_terms (const EspFormula *formula, bool unicode)
{
  const EspPrintOptions options = { .unicode = unicode,
                                    .name_shared = true,
                                    .shortest = ESP_REPORT_SHORTEST_COMMON };
  g_autofree char *text = esp_formula_print (formula, &options);

  return is_definition (text) ? g_steal_pointer (&text) : NULL;
}

void
esp_report_append_common_terms (GString *json, const EspFormula *formula)
{
  g_autofree char *text = formula != NULL ? esp_report_name_common_terms (formula, false) : NULL;
  g_auto (GStrv) pieces = g_strsplit (text != NULL ? text : "", ";", -1);

  if (formula == NULL)
    {
      g_string_append (json, "null");
      return;
    }
  g_string_append_c (json, '[');
  for (size_t i = 0; pieces[i] != NULL && is_definition (pieces[i]); i++)
    {
      g_auto (GStrv) sides = g_strsplit (pieces[i], "=", 2);

      g_string_append (json, i == 0 ? "{\"name\": " : ", {\"name\": ");
      esp_report_append_string (json, g_strstrip (sides[0]));
      g_string_append (json, ", \"expression\": ");
      esp_report_append_string (json, g_strstrip (sides[1]));
      g_string_append_c (json, '}');
    }
  g_string_append_c (json, ']');
}

char *
esp_report_formula (const EspFormula *formula)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      g_autofree char *expression = esp_expression_to_text (esp_formula_get_expression (formula, i),
                                                            esp_formula_get_symbols (formula));

      g_string_append_printf (text, "%s%s", i == 0 ? "" : "; ", expression);
    }

  return g_string_free (text, FALSE);
}

char *
esp_report_duration (double seconds)
{
  unsigned whole = (unsigned) CLAMP (seconds + 0.5, 0.0, 359999.0);

  return whole < 3600 ? g_strdup_printf ("%u:%02u", whole / 60, whole % 60)
                      : g_strdup_printf ("%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
}

void
esp_report_append_metrics (GString *text, const EspFormula *formula)
{
  EspMetrics metrics = esp_metrics_of_formula (formula);

  g_string_append_printf (
    text,
    "{\"length\": %zu, \"operations\": %zu, \"depth\": %u, \"constants\": %zu, \"cycles\": ", metrics.length,
    metrics.operations, metrics.depth, metrics.constants);
  esp_report_append_number (text, metrics.cycles);
  g_string_append_c (text, '}');
}

void
esp_report_append_metrics_text (GString *text, const EspFormula *formula)
{
  EspMetrics metrics = esp_metrics_of_formula (formula);

  g_autofree char *phrase = esp_metrics_to_text (&metrics);

  g_string_append (text, phrase);
}

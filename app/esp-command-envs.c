/* espalier envs: what there is to train in. */

#include <math.h>

#include "esp-command.h"
#include "esp-print.h"
#include "esp-report.h"

static void
append_limit (GString *text, double limit)
{
  g_autofree char *number = esp_number_to_text (limit);

  g_string_append (text, number);
}

static void
append_signals_as_json (GString *json, const char *key, const EspSignal *signals, size_t n)
{
  g_string_append_printf (json, "\"%s\": [", key);
  for (size_t i = 0; i < n; i++)
    {
      const struct
      {
        const char *key;
        const char *text;
      } texts[] = {
        { "name", signals[i].name },
        { "description", signals[i].description },
        { "unit", signals[i].unit },
      };

      g_string_append (json, i == 0 ? "{" : ", {");
      for (size_t t = 0; t < G_N_ELEMENTS (texts); t++)
        {
          g_string_append_printf (json, "\"%s\": ", texts[t].key);
          esp_report_append_string (json, texts[t].text);
          g_string_append (json, ", ");
        }
      g_string_append (json, "\"low\": ");
      esp_report_append_number (json, signals[i].low);
      g_string_append (json, ", \"high\": ");
      esp_report_append_number (json, signals[i].high);
      g_string_append_c (json, '}');
    }
  g_string_append_c (json, ']');
}

static void
append_as_json (GString *json, const EspEnvironmentInfo *info)
{
  g_string_append (json, "{\"name\": ");
  esp_report_append_string (json, info->name);
  g_string_append (json, ", \"title\": ");
  esp_report_append_string (json, info->title);
  g_string_append (json, ", \"description\": ");
  esp_report_append_string (json, info->description);
  g_string_append (json, ", ");
  append_signals_as_json (json, "observations", info->observations, info->n_observations);
  g_string_append (json, ", ");
  append_signals_as_json (json, "actions", info->actions, info->n_actions);
  g_string_append_printf (json, ", \"max_steps\": %zu, \"time_step\": ", info->max_steps);
  esp_report_append_number (json, info->time_step);
  g_string_append_c (json, '}');
}

static void
append_signals_as_text (GString *text, const EspSignal *signals, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      g_string_append_printf (text, "    %-12s %s", signals[i].name, signals[i].description);
      if (signals[i].unit[0] != '\0')
        g_string_append_printf (text, ", %s", signals[i].unit);
      if (isfinite (signals[i].low) && isfinite (signals[i].high))
        {
          g_string_append (text, ", ");
          append_limit (text, signals[i].low);
          g_string_append (text, " … ");
          append_limit (text, signals[i].high);
        }
      g_string_append_c (text, '\n');
    }
}

static void
append_as_text (GString *text, const EspEnvironmentInfo *info)
{
  g_string_append_printf (text, "%s (%s): %s\n", info->name, info->title, info->description);
  g_string_append_printf (text, "  episodes of at most %zu steps of ", info->max_steps);
  append_limit (text, info->time_step);
  g_string_append_printf (text, " s\n  %zu observation%s\n", info->n_observations,
                          info->n_observations == 1 ? "" : "s");
  append_signals_as_text (text, info->observations, info->n_observations);
  g_string_append_printf (text, "  %zu action%s\n", info->n_actions, info->n_actions == 1 ? "" : "s");
  append_signals_as_text (text, info->actions, info->n_actions);
}

int
esp_command_envs (char **arguments)
{
  gboolean as_json = FALSE;
  const EspOption options[] = {
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print a JSON array; a limit that does not exist is null" },
  };
  const EspUsage usage = {
    .command = "envs",
    .summary = "Lists the environments with their observations, actions and limits.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autoptr (GString) text = g_string_new (NULL);
  const EspEnvironmentInfo *const *infos;
  size_t n_infos;
  int status;

  if (!esp_command_parse (&usage, NULL, arguments, NULL, &status))
    return status;

  infos = esp_environment_list (&n_infos);
  for (size_t i = 0; i < n_infos; i++)
    {
      if (as_json)
        {
          g_string_append (text, i == 0 ? "[" : ", ");
          append_as_json (text, infos[i]);
        }
      else
        {
          g_string_append (text, i == 0 ? "" : "\n");
          append_as_text (text, infos[i]);
        }
    }
  if (as_json)
    g_string_append (text, "]\n");

  return esp_command_finish (text->str);
}

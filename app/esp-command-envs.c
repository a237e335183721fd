/* espalier envs: what there is to train in. */

#include <math.h>

#include "esp-command.h"
#include "esp-print.h"
#include "esp-report.h"
#include "esp-task.h"

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
append_family_as_json (GString *json, const EspTaskFamily *family)
{
  g_string_append (json, ", \"family\": {\"train\": ");
  esp_report_append_string (json, family->train);
  g_string_append (json, ", \"test\": ");
  esp_report_append_string (json, family->test);
  g_string_append_printf (json, ", \"train_tasks\": %zu, \"test_tasks\": %zu, \"parameters\": [",
                          family->n_train, family->n_test);
  for (size_t i = 0; i < family->n_parameters; i++)
    {
      const EspTaskParameter *parameter = &family->parameters[i];

      g_string_append (json, i == 0 ? "{\"name\": " : ", {\"name\": ");
      esp_report_append_string (json, parameter->name);
      g_string_append (json, ", \"description\": ");
      esp_report_append_string (json, parameter->description);
      g_string_append (json, ", \"unit\": ");
      esp_report_append_string (json, parameter->unit);
      g_string_append_printf (json, ", \"values\": %zu}", parameter->n);
    }
  g_string_append (json, "]}");
}

static void
append_as_json (GString *json, const EspEnvironmentInfo *info)
{
  const EspTaskFamily *family = esp_task_find_family (info->name);

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
  if (family != NULL)
    append_family_as_json (json, family);
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
append_family_as_text (GString *text, const EspTaskFamily *family)
{
  g_string_append_printf (text,
                          "  a family of tasks: training tasks 0 to %zu, %s;\n"
                          "  test tasks %zu to %zu, %s\n",
                          family->n_train - 1, family->train, family->n_train,
                          family->n_train + family->n_test - 1, family->test);
  for (size_t i = 0; i < family->n_parameters; i++)
    {
      const EspTaskParameter *parameter = &family->parameters[i];

      g_string_append_printf (text, "    %-12s %s", parameter->name, parameter->description);
      if (parameter->unit[0] != '\0')
        g_string_append_printf (text, ", %s", parameter->unit);
      if (parameter->n > 1)
        g_string_append_printf (text, " (%zu values)", parameter->n);
      g_string_append_c (text, '\n');
    }
}

static void
append_as_text (GString *text, const EspEnvironmentInfo *info)
{
  const EspTaskFamily *family = esp_task_find_family (info->name);

  g_string_append_printf (text, "%s (%s): %s\n", info->name, info->title, info->description);
  g_string_append_printf (text, "  episodes of at most %zu steps of ", info->max_steps);
  append_limit (text, info->time_step);
  g_string_append_printf (text, " s\n  %zu observation%s\n", info->n_observations,
                          info->n_observations == 1 ? "" : "s");
  append_signals_as_text (text, info->observations, info->n_observations);
  g_string_append_printf (text, "  %zu action%s\n", info->n_actions, info->n_actions == 1 ? "" : "s");
  append_signals_as_text (text, info->actions, info->n_actions);
  if (family != NULL)
    append_family_as_text (text, family);
}

static const char about_files[] =
  "An environment of your own is a JSON file next to its MuJoCo model; its path (ending in .json) may stand\n"
  "wherever an environment is named. resources/environments/ball-in-cup/ball-in-cup.json is an example.\n";

int
esp_command_envs (char **arguments)
{
  gboolean as_json = FALSE;
  const EspOption options[] = {
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print a JSON array; a limit that does not exist is null" },
  };
  static const char *const operands[] = { "ENV" };
  const EspUsage usage = {
    .command = "envs",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .n_optional = 1,
    .summary = "Lists the environments, or only ENV, with their observations, actions and limits, and the\n"
               "families of tasks.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const EspEnvironmentInfo *const *infos;
  const EspEnvironmentInfo *one;
  const EspTaskFamily *const *families;
  const char *name = NULL;
  size_t n_infos, n_families;
  int status;

  if (!esp_command_parse (&usage, about_files, arguments, &name, &status))
    return status;

  infos = esp_environment_list (&n_infos);
  families = esp_task_families (&n_families);
  if (name != NULL)
    {
      one = esp_command_find_environment (name, NULL, &error);
      if (one == NULL)
        return esp_command_complain (error);
      infos = &one;
      n_infos = 1;
      n_families = 0;
    }
  for (size_t i = 0; i < n_infos + n_families; i++)
    {
      const EspEnvironmentInfo *info = i < n_infos ? infos[i] : families[i - n_infos]->environment;

      if (as_json)
        {
          g_string_append (text, i == 0 ? "[" : ", ");
          append_as_json (text, info);
        }
      else
        {
          g_string_append (text, i == 0 ? "" : "\n");
          append_as_text (text, info);
        }
    }
  if (as_json)
    g_string_append (text, "]\n");
  else if (name == NULL)
    g_string_append_printf (text, "\n%s", about_files);

  return esp_command_finish (text->str);
}

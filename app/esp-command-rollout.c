/* espalier rollout: how far an environment is from a recording of it by another program. */

#include <math.h>

#include "esp-command.h"
#include "esp-report.h"
#include "esp-trajectory.h"

static void
append_list (GString *json, const char *key, const double *values, size_t n)
{
  g_string_append_printf (json, "\"%s\": [", key);
  for (size_t i = 0; i < n; i++)
    {
      g_string_append (json, i == 0 ? "" : ", ");
      esp_report_append_number (json, values[i]);
    }
  g_string_append_c (json, ']');
}

static void
append_deviations_as_json (GString *json,
                           const EspDeviations *deviations,
                           const EspTrajectory *trajectory,
                           size_t n_observations)
{
  g_string_append_c (json, '{');
  append_list (json, "observation_max", deviations->maximum, n_observations);
  g_string_append (json, ", ");
  append_list (json, "observation_p90", deviations->percentile, n_observations);
  g_string_append (json, ", ");
  append_list (json, "observation_rms", deviations->rms, n_observations);
  g_string_append (json, ", \"reward_max\": ");
  esp_report_append_number (json, deviations->reward_maximum);
  g_string_append_printf (
    json, ", \"termination_mismatches\": %zu, \"worst\": {\"episode\": ", deviations->termination_mismatches);
  esp_report_append_string (json, trajectory->episodes[deviations->worst_episode].name);
  g_string_append_printf (json, ", \"step\": %zu, \"component\": %zu}, \"steps\": %zu}",
                          deviations->worst_step, deviations->worst_component, deviations->n_steps);
}

/* Returns sentences on what a reader of the numbers must know, NULL-terminated; free with g_strfreev(). */
static char **
list_notes (const EspEnvironmentInfo *info, const EspTrajectory *trajectory, const EspComparison *comparison)
{
  g_autoptr (GStrvBuilder) notes = g_strv_builder_new ();

  if (trajectory->n_left_out > 0)
    {
      g_autofree char *text = g_strdup_printf (
        "%zu of %zu episodes have another time step than %g s: left out", trajectory->n_left_out,
        trajectory->n_left_out + trajectory->n_episodes, info->time_step);

      g_strv_builder_add (notes, text);
    }
  if (comparison->n_without_state > 0)
    {
      g_autofree char *text = g_strdup_printf (
        "one step: the state before %zu steps is not recorded: these are taken, but not compared",
        comparison->n_without_state);

      g_strv_builder_add (notes, text);
    }
  if (comparison->n_asleep > 0)
    {
      g_autofree char *text = g_strdup_printf ("one step: %zu steps end with the lander asleep, which takes "
                                               "half a second of rest that a single state "
                                               "does not record: their reward and end are not compared",
                                               comparison->n_asleep);

      g_strv_builder_add (notes, text);
    }
  if (g_str_equal (info->name, "reacher"))
    g_strv_builder_add (
      notes,
      "one step: the fingertip that the reward measures from lags behind the recorded joints; it is "
      "carried over from the step before, and follows from the joints in the first step of an episode");

  return g_strv_builder_end (notes);
}

static void
append_as_json (GString *json,
                const EspEnvironmentInfo *info,
                const EspTrajectory *trajectory,
                const EspComparison *comparison,
                char **notes)
{
  g_string_append (json, "{\"environment\": ");
  esp_report_append_string (json, info->name);
  g_string_append_printf (json, ", \"episodes\": %zu, \"one_step\": ", trajectory->n_episodes);
  append_deviations_as_json (json, &comparison->one_step, trajectory, info->n_observations);
  g_string_append (json, ", \"open_loop\": ");
  append_deviations_as_json (json, &comparison->open_loop, trajectory, info->n_observations);
  if (comparison->n_resets > 0)
    {
      g_string_append (json, ", ");
      append_list (json, "reset_observation_max", comparison->reset_maximum, info->n_observations);
    }
  g_string_append (json, ", \"notes\": [");
  for (size_t i = 0; notes[i] != NULL; i++)
    {
      g_string_append (json, i == 0 ? "" : ", ");
      esp_report_append_string (json, notes[i]);
    }
  g_string_append (json, "]}\n");
}

static void
append_deviations_as_text (GString *text,
                           const char *title,
                           const EspDeviations *deviations,
                           const EspTrajectory *trajectory,
                           const EspEnvironmentInfo *info)
{
  g_string_append_printf (
    text,
    "%s, %zu steps:\n"
    "  reward: at most %.3g; different ends: %zu\n"
    "  worst: %s in step %zu of %s\n"
    "  %-14s %10s %10s %10s\n",
    title, deviations->n_steps, deviations->reward_maximum, deviations->termination_mismatches,
    info->observations[deviations->worst_component].name, deviations->worst_step,
    trajectory->episodes[deviations->worst_episode].name, "observation", "max", "90 %", "rms");
  for (size_t i = 0; i < info->n_observations; i++)
    g_string_append_printf (text, "  %-14s %10.3g %10.3g %10.3g\n", info->observations[i].name,
                            deviations->maximum[i], deviations->percentile[i], deviations->rms[i]);
}

static void
append_as_text (GString *text,
                const EspEnvironmentInfo *info,
                const EspTrajectory *trajectory,
                const EspComparison *comparison,
                char **notes)
{
  g_string_append_printf (text, "%s: deviations from %zu recorded episode%s\n", info->name,
                          trajectory->n_episodes, trajectory->n_episodes == 1 ? "" : "s");
  if (comparison->n_resets > 0)
    {
      double largest = 0;

      for (size_t i = 0; i < info->n_observations; i++)
        largest = fmax (largest, comparison->reset_maximum[i]);
      g_string_append_printf (text, "after reset: at most %.3g\n", largest);
    }
  append_deviations_as_text (text, "one step", &comparison->one_step, trajectory, info);
  append_deviations_as_text (text, "open loop", &comparison->open_loop, trajectory, info);
  for (size_t i = 0; notes[i] != NULL; i++)
    g_string_append_printf (text, "%s\n", notes[i]);
}

int
esp_command_rollout (char **arguments)
{
  const char *file = NULL;
  EspTaskChoice choice = { 0 };
  gboolean as_json = FALSE;
  g_autofree char *about_file = g_strdup_printf (
    "the recording; open loop replays the first %d steps of each of its episodes", ESP_TRAJECTORY_HORIZON);
  const EspOption options[] = {
    { "trajectory", ESP_OPTION_TEXT, &file, "FILE", about_file },
    ESP_TASK_OPTIONS (&choice),
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "ENV" };
  const EspUsage usage = {
    .command = "rollout",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .summary = "Replays a recording of the environment ENV and prints how far observations and rewards "
               "deviate: from the\n"
               "recorded state at each step, and open loop. A recording of a family may name the task of "
               "each episode.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspEnvironment) environment = NULL;
  g_autoptr (EspTrajectory) trajectory = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) notes = NULL;
  const EspEnvironmentInfo *info;
  EspComparison comparison;
  const char *name;
  int status;

  if (!esp_command_parse (&usage, NULL, arguments, &name, &status))
    return status;
  info = esp_command_find_environment (name, &choice, &error);
  if (info == NULL)
    return esp_command_complain (error);
  if (file == NULL)
    {
      esp_command_say ("--trajectory is missing; see espalier rollout --help");
      return ESP_EXIT_USAGE;
    }

  environment = esp_environment_new (info->name, &error);
  if (environment == NULL)
    return esp_command_complain (error);
  trajectory = esp_trajectory_load (file, environment, &error);
  if (trajectory == NULL || !esp_trajectory_compare (trajectory, environment, &comparison, &error))
    return esp_command_complain (error);

  notes = list_notes (info, trajectory, &comparison);
  if (as_json)
    append_as_json (text, info, trajectory, &comparison, notes);
  else
    append_as_text (text, info, trajectory, &comparison, notes);

  return esp_command_finish (text->str);
}

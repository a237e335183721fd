/* espalier bench: how fast the learner is, beside the least that an update can cost on this machine. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "esp-bench-runs.h"
#include "esp-bench-updates.h"
#include "esp-blas.h"
#include "esp-command.h"
#include "esp-error.h"
#include "esp-report.h"

#define ALL     "all"
#define RUNS    "runs"
#define DEFAULT "default"

#define MAX_ROUNDS           10001
#define MAX_TURN             60000 /* milliseconds */
#define RUN_SECONDS(options) (20.0 * (options)->seconds)

static char *
describe_names (void)
{
  GString *text = g_string_new ("NAME is default, all, runs (whole training steps), or one of\n\n");

  g_string_append_printf (text, "  %-16s %s\n", "", "inputs  actions  workers  policy    in default");
  for (size_t i = 0; i < esp_n_workloads; i++)
    {
      const EspWorkload *workload = &esp_workloads[i];

      g_string_append_printf (text, "  %-16s %6zu  %7zu  %7zu  %-8s  %s\n", workload->name,
                              workload->n_observations, workload->n_actions, workload->n_workers,
                              workload->neural ? "neural" : "symbolic", workload->is_default ? "yes" : "");
    }
  g_string_append (
    text,
    "\nFloor A is every matrix product of the update and nothing else, floor B the whole update as plain "
    "loops\n"
    "around the same products. They and the learner take turns in rounds; rates are medians, ratios medians\n"
    "of the ratios within a round. With one worker the clock is the thread's processor time, with two that "
    "on\n"
    "the wall, and the floors are two independent streams.\n");

  return g_string_free (text, FALSE);
}

static gboolean
is_chosen (const EspWorkload *workload, const char *name)
{
  return strcmp (name, ALL) == 0 || (strcmp (name, DEFAULT) == 0 && workload->is_default)
         || strcmp (name, workload->name) == 0;
}

static gboolean
check_name (const char *name, GError **error)
{
  g_autofree const char **names = g_new (const char *, esp_n_workloads + 3);
  const char *nearest;
  size_t n = 0;

  names[n++] = DEFAULT;
  names[n++] = ALL;
  names[n++] = RUNS;
  for (size_t i = 0; i < esp_n_workloads; i++)
    names[n++] = esp_workloads[i].name;
  for (size_t i = 0; i < n; i++)
    if (strcmp (name, names[i]) == 0)
      return TRUE;

  nearest = esp_nearest_word (name, names, n);
  if (nearest != NULL)
    g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "there is no benchmark “%s”; did you mean “%s”?", name,
                 nearest);
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                 "there is no benchmark “%s”; “espalier bench --help” lists them", name);

  return FALSE;
}

static gboolean
check_range (const char *option, const EspNumber *number, uint64_t most, GError **error)
{
  if (number->value >= 1 && number->value <= most)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--%s must be a whole number from 1 to %" G_GUINT64_FORMAT,
               option, most);
  return FALSE;
}

static void
append_members (GString *json, const char *const *keys, const double *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      g_string_append_printf (json, ", \"%s\": ", keys[i]);
      esp_report_append_number (json, values[i]);
    }
}

static void
append_phases (GString *json, const char *key, const double *seconds)
{
  g_string_append_printf (json, ", \"%s\": {", key);
  for (size_t i = 0; i < ESP_N_PHASES; i++)
    {
      g_string_append (json, i == 0 ? "" : ", ");
      esp_report_append_string (json, esp_phase_get_name (i));
      g_string_append (json, ": ");
      esp_report_append_number (json, seconds[i]);
    }
  g_string_append_c (json, '}');
}

static void
append_update_as_json (GString *json, const EspUpdateResult *result)
{
  static const char *const keys[] = { "value", "floor_a", "floor_b", "ratio_to_floor_b",
                                      "floor_b_to_floor_a" };
  static const char *const pair_keys[] = { "gain", "floor_gain", "gain_to_floor_gain" };
  const double values[] = { result->value, result->floor_a, result->floor_b, result->ratio,
                            result->floor_ratio };
  const double pair_values[] = { result->gain, result->floor_gain, result->gain_ratio };

  g_string_append (json, "{\"name\": ");
  esp_report_append_string (json, result->workload->name);
  g_string_append (json, ", \"unit\": \"updates/s\"");
  append_members (json, keys, values, G_N_ELEMENTS (keys));
  g_string_append_printf (json, ", \"workers\": %zu", result->workload->n_workers);
  if (result->workload->n_workers > 1)
    append_members (json, pair_keys, pair_values, G_N_ELEMENTS (pair_keys));
  if (result->has_phases)
    {
      append_phases (json, "phases", result->seconds);
      append_phases (json, "floor_a_phases", result->floor_a_seconds);
      append_phases (json, "floor_b_phases", result->floor_b_seconds);
    }
  g_string_append_c (json, '}');
}

static void
append_run_as_json (GString *json, const EspRunResult *result)
{
  static const char *const keys[] = { "step_seconds",
                                      "environment_action_replay_share",
                                      "first_update_seconds",
                                      "run_seconds",
                                      "final_return",
                                      "evaluation_share",
                                      "evaluation_seconds_per_step",
                                      "snapshot_seconds",
                                      "formula_seconds",
                                      "peak_bytes",
                                      "transitions" };
  const double values[] = {
    result->total,        result->besides,          result->first_update,        result->run,
    result->final_return, result->evaluation_share, result->evaluation,          result->snapshot,
    result->formula,      result->peak_bytes,       (double) result->transitions
  };

  g_string_append (json, "{\"name\": ");
  esp_report_append_string (json, result->workload->name);
  g_string_append (json, ", \"environment\": ");
  esp_report_append_string (json, result->workload->environment);
  g_string_append_printf (json, ", \"steps\": %" G_GUINT64_FORMAT, result->steps);
  append_members (json, keys, values, G_N_ELEMENTS (keys));
  append_phases (json, "phases", result->seconds);
  g_string_append_c (json, '}');
}

static void
print_number (double value, int n_decimals)
{
  if (isfinite (value))
    printf ("%11.*f", n_decimals, value);
  else
    printf ("%11s", "-");
}

/* A learner that could not be measured has no time in any phase. */
static void
print_phases (const EspUpdateResult *result)
{
  double total = 0.0;

  for (size_t i = 0; i < ESP_N_PHASES; i++)
    total += result->seconds[i];
  printf ("  %-18s%11s%12s%11s%11s%11s\n", "phase", "share (%)", "µs", "floor A", "floor B", "excess");
  for (size_t i = 0; i < ESP_N_PHASES; i++)
    {
      double own = total > 0.0 ? result->seconds[i] : NAN, floor = result->floor_b_seconds[i];

      if (!(own > 0.0) && floor <= 0.0)
        continue;
      printf ("  %-18s", esp_phase_get_name (i));
      print_number (100.0 * own / total, 1);
      print_number (1e6 * own, 1);
      print_number (1e6 * result->floor_a_seconds[i], 1);
      print_number (1e6 * floor, 1);
      print_number (1e6 * (own - floor), 1);
      printf ("\n");
    }
}

static void
print_update (const EspUpdateResult *result)
{
  printf ("%-16s %7zu", result->workload->name, result->workload->n_workers);
  print_number (result->value, 1);
  print_number (result->floor_a, 1);
  print_number (result->floor_b, 1);
  print_number (result->ratio, 3);
  print_number (result->floor_ratio, 3);
  printf ("\n");
  if (result->workload->n_workers > 1)
    {
      printf ("%-16s two workers over one", "");
      print_number (result->gain, 2);
      printf (", two streams of floor B over one");
      print_number (result->floor_gain, 2);
      printf (", ratio");
      print_number (result->gain_ratio, 3);
      printf ("\n");
    }
  if (result->missing != NULL)
    printf ("%-16s not measured: %s\n", "", result->missing);
  if (result->has_phases)
    print_phases (result);
  fflush (stdout);
}

static void
print_run (const EspRunResult *result)
{
  printf ("%s: %.1f µs a training step (%" G_GUINT64_FORMAT
          " steps); environment, action and replay %.1f %%\n",
          result->workload->name, 1e6 * result->total, result->steps, 100.0 * result->besides);
  for (size_t i = 0; i < ESP_N_PHASES; i++)
    if (result->seconds[i] > 0.0)
      printf ("  %-20s %8.1f%% %9.1f µs\n", esp_phase_get_name (i),
              100.0 * result->seconds[i] / result->total, 1e6 * result->seconds[i]);
  printf ("  first update after %.3f s; peak memory %.0f MB with %" G_GUINT64_FORMAT " transitions\n",
          result->first_update, result->peak_bytes * 1e-6, result->transitions);
  if (isfinite (result->run))
    printf ("  the whole run %.2f s of processor time without evaluations, mean return %.1f\n", result->run,
            result->final_return);
  printf (
    "  evaluations %.1f %% of training with episodes as now (%.1f µs a step); snapshot %.0f µs; formula "
    "%.0f µs\n",
    100.0 * result->evaluation_share, 1e6 * result->evaluation, 1e6 * result->snapshot,
    1e6 * result->formula);
  fflush (stdout);
}

/* Measures what is called @name, printing each result as it comes, or appending it to @json. */
static gboolean
measure_all (const char *name, const EspMeasureOptions *options, GString *json, GError **error)
{
  gboolean first = TRUE;

  /* in processes of their own, which begin smaller while this one is small */
  GString *runs = json != NULL ? g_string_new (NULL) : NULL;
  g_autofree char *runs_text = NULL;

  if (strcmp (name, ALL) == 0 || strcmp (name, RUNS) == 0)
    for (size_t i = 0; i < esp_n_run_workloads; i++)
      {
        EspRunResult result;

        if (!esp_bench_run (&esp_run_workloads[i], RUN_SECONDS (options), &result, error))
          {
            if (runs != NULL)
              g_string_free (runs, TRUE);
            return FALSE;
          }
        if (runs == NULL)
          print_run (&result);
        else
          {
            g_string_append (runs, i == 0 ? "" : ", ");
            append_run_as_json (runs, &result);
          }
      }

  if (json != NULL)
    {
      runs_text = g_string_free (runs, FALSE);
      g_string_append (json, "{\"benchmarks\": [");
    }
  for (size_t i = 0; i < esp_n_workloads; i++)
    {
      EspUpdateResult result;

      if (!is_chosen (&esp_workloads[i], name))
        continue;
      if (json == NULL && first)
        printf ("%-16s %7s %10s %10s %10s %10s %10s\n", "updates/s", "workers", "learner", "floor A",
                "floor B", "/ floor B", "B / A");
      result = esp_bench_updates (&esp_workloads[i], options);
      if (json == NULL)
        print_update (&result);
      else
        {
          g_string_append (json, first ? "" : ", ");
          append_update_as_json (json, &result);
        }
      first = FALSE;
      esp_update_result_clear (&result);
    }
  if (json != NULL)
    g_string_append_printf (json, "], \"runs\": [%s]}\n", runs_text);

  return TRUE;
}

int
esp_command_bench (char **arguments)
{
  gboolean as_json = FALSE, phases = FALSE;
  EspNumber rounds = { 11, FALSE }, turn = { 50, FALSE };
  const EspOption options[] = {
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print a JSON object; what could not be measured is null" },
    { "phases", ESP_OPTION_FLAG, &phases, NULL, "show where the time of an update goes" },
    { "rounds", ESP_OPTION_NUMBER, &rounds, "N", "rounds in which learner and floors take turns (11)" },
    { "turn", ESP_OPTION_NUMBER, &turn, "MS", "least length of a turn in milliseconds (50)" },
  };
  static const char *const operands[] = { "NAME" };
  const EspUsage usage = {
    .command = "bench",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .n_optional = 1,
    .summary =
      "Measures how many updates a second the learner does, beside the least that they can cost on this\n"
      "machine.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autofree char *notes = describe_names ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) json = NULL;
  EspMeasureOptions how;
  const char *name = DEFAULT;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &name, &status))
    return status;
  if (!check_name (name, &error) || !check_range ("rounds", &rounds, MAX_ROUNDS, &error)
      || !check_range ("turn", &turn, MAX_TURN, &error))
    return esp_command_complain (error);

  esp_blas_use_one_thread ();
  how = (EspMeasureOptions){ .rounds = rounds.value,
                             .seconds = (double) turn.value * 1e-3,
                             .phases = phases };
  json = as_json ? g_string_new (NULL) : NULL;
  if (!measure_all (name, &how, json, &error))
    return esp_command_complain (error);

  return esp_command_finish (json != NULL ? json->str : "");
}

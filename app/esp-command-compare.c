/* espalier compare: policies of several kinds, trained with the same seeds and measured on the same episodes.
 */

#include <string.h>

#include "esp-command.h"
#include "esp-comparison.h"
#include "esp-error.h"
#include "esp-interrupt.h"
#include "esp-progress.h"

#define MAX_EPISODES 1000000
#define MAX_WORKERS  64

#define DEFAULT_POLICIES "espl,sac,td3"
#define DEFAULT_SEEDS    "0..4"

static gboolean
add_policies (EspComparison *comparison, const char *names, const GPtrArray *assignments, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (names, ",", -1);

  if (parts[0] == NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--policies must name one policy at least");
      return FALSE;
    }
  for (char **name = parts; *name != NULL; name++)
    if (!esp_comparison_add_policy (comparison, *name, assignments, error))
      return FALSE;

  return TRUE;
}

static gboolean
check_seeds (const GArray *seeds, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < seeds->len; i++)
    if (!g_hash_table_add (seen, &g_array_index (seeds, uint64_t, i)))
      {
        g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                     "--seeds has %" G_GUINT64_FORMAT " twice; name each seed once",
                     g_array_index (seeds, uint64_t, i));
        return FALSE;
      }

  return TRUE;
}

static gboolean
check_range (const char *option, uint64_t value, uint64_t most, GError **error)
{
  if (value >= 1 && value <= most)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "--%s is %" G_GUINT64_FORMAT "; it must be from 1 to %" G_GUINT64_FORMAT, option, value, most);
  return FALSE;
}

/* Runs all contests, with progress; stops at the first signal. */
static void
run (EspComparison *comparison, size_t n_workers)
{
  g_autoptr (EspProgress) progress = esp_progress_new ();
  gboolean is_left = TRUE;

  while (is_left && !esp_interrupt_has_come ())
    {
      size_t n_over;
      double share;
      g_autofree char *text = NULL;

      is_left = esp_comparison_advance (comparison, n_workers, ESP_PROGRESS_MILLISECONDS);
      share = esp_comparison_get_share (comparison, &n_over);
      text = g_strdup_printf ("%zu of %u runs done", n_over, comparison->contests->len);
      if (is_left)
        esp_progress_show (progress, share, text);
    }
  esp_comparison_stop (comparison);
}

/* Says which runs have no result. Returns the exit status. */
static int
complain (const EspComparison *comparison)
{
  size_t n_over;
  int status = ESP_EXIT_DONE;

  for (guint i = 0; i < comparison->contests->len; i++)
    {
      const EspContest *contest = &g_array_index (comparison->contests, EspContest, i);

      if (contest->failure == NULL)
        continue;
      status = ESP_EXIT_FAILED;
      esp_command_say ("%s with seed %" G_GUINT64_FORMAT " has no result: %s",
                       g_array_index (comparison->contenders, EspContender, contest->contender).name,
                       contest->seed, contest->failure);
    }
  esp_comparison_get_share (comparison, &n_over);
  if (n_over < comparison->contests->len)
    {
      status = ESP_EXIT_FAILED;
      esp_command_say ("interrupted after %zu of %u runs; the others are left out", n_over,
                       comparison->contests->len);
    }

  return status;
}

/* What the arguments ask for. */
typedef struct
{
  const char *environment;
  const char *policies;
  const char *seeds;
  EspNumber steps;
  EspNumber episodes;
  EspNumber workers;
  GPtrArray *assignments;
  EspTaskChoice choice;
  gboolean as_json;
} Request;

static EspComparison *
make_comparison (const Request *request, GError **error)
{
  g_autoptr (EspComparison) comparison = NULL;
  g_autoptr (GArray) seeds = g_array_new (FALSE, FALSE, sizeof (uint64_t));
  const EspEnvironmentInfo *info = esp_command_find_environment (request->environment, &request->choice,
                                                                 error);

  if (info == NULL || !esp_options_parse_seeds (request->seeds, seeds, error)
      || !check_range ("episodes", request->episodes.value, MAX_EPISODES, error)
      || !check_range ("workers", request->workers.value, MAX_WORKERS, error))
    return NULL;
  comparison = esp_comparison_new (info, request->episodes.value);
  if (!check_seeds (seeds, error)
      || !add_policies (comparison, request->policies, request->assignments, error))
    return NULL;
  esp_comparison_set_seeds (comparison, (const uint64_t *) seeds->data, seeds->len);

  return g_steal_pointer (&comparison);
}

static int
compare (const Request *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspComparison) comparison = make_comparison (request, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspPool) pool = NULL;
  int status;

  if (comparison == NULL)
    return esp_command_complain (error);
  pool = esp_pool_new (0);
  if (!esp_comparison_measure_rivals (comparison, pool, &error))
    return esp_command_complain (error);

  esp_interrupt_catch ();
  run (comparison, request->workers.value);
  if (request->as_json)
    esp_comparison_append_json (comparison, text);
  else
    esp_comparison_append_table (comparison, text);
  status = esp_command_finish (text->str);

  return status != ESP_EXIT_DONE ? status : complain (comparison);
}

int
esp_command_compare (char **arguments)
{
  g_autoptr (GPtrArray) assignments = g_ptr_array_new ();
  Request request = { .policies = DEFAULT_POLICIES,
                      .seeds = DEFAULT_SEEDS,
                      .episodes = { ESP_REPORT_EPISODES, FALSE },
                      .workers = { MIN (g_get_num_processors (), MAX_WORKERS), FALSE },
                      .assignments = assignments };
  g_autofree char *about_episodes = g_strdup_printf (
    "how many episodes each final policy is measured on (%d)", ESP_REPORT_EPISODES);
  const EspOption options[] = {
    { "policies", ESP_OPTION_TEXT, &request.policies, "NAMES",
      "what to compare, separated by commas: espl (the recipe default), published (the recipe espl), or "
      "recipes "
      "of ENV or JSON files "
      "(" DEFAULT_POLICIES ")" },
    { "seeds", ESP_OPTION_TEXT, &request.seeds, "SEEDS",
      "seeds of the runs, such as 0..4 or 0,3,7 (" DEFAULT_SEEDS ")" },
    { "steps", ESP_OPTION_NUMBER, &request.steps, "N", "environment steps, instead of the recipes'" },
    { "episodes", ESP_OPTION_NUMBER, &request.episodes, "N", about_episodes },
    { "set", ESP_OPTION_TEXTS, assignments, "FIELD=VALUE",
      "change one field of all recipes; may be repeated" },
    { "workers", ESP_OPTION_NUMBER, &request.workers, "N",
      "runs that are trained side by side (as many as processors); the results are the same" },
    ESP_TASK_OPTIONS (&request.choice),
    { "json", ESP_OPTION_FLAG, &request.as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "ENV" };
  const EspUsage usage = {
    .command = "compare",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .summary = "Trains each policy with each seed and measures all on the same episodes, beside random "
               "actions and, where\n"
               "there is one, a textbook controller. The error is the standard error of the mean over seeds.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  const char *notes = "Example: espalier compare pendulum --policies espl,sac,td3 --seeds 0..4\n"
                      "Interrupted, it prints what is done.\n";
  g_autofree char *steps = NULL;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &request.environment, &status))
    return status;
  if (request.steps.given)
    {
      steps = g_strdup_printf ("steps=%" G_GUINT64_FORMAT, request.steps.value);
      g_ptr_array_add (assignments, steps);
    }

  return compare (&request);
}

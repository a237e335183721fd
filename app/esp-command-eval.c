/* espalier eval: the return of a formula that somebody typed. */

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-report.h"
#include "esp-source.h"

#define MAX_EPISODES 1000000

/* What stands for a formula; no environment has an observation of this name. */
#define RANDOM_POLICY "random"

/* @formula may be NULL. */
static void
append_as_json (GString *text,
                const char *environment,
                const char *policy,
                const EspFormula *formula,
                const EspReturns *returns)
{
  g_string_append (text, "{\"environment\": ");
  esp_report_append_string (text, environment);
  g_string_append (text, ", \"policy\": ");
  esp_report_append_string (text, policy);
  g_string_append (text, ", \"mean\": ");
  esp_report_append_number (text, returns->mean);
  g_string_append (text, ", \"std\": ");
  esp_report_append_number (text, returns->deviation);
  g_string_append (text, ", \"min\": ");
  esp_report_append_number (text, returns->minimum);
  g_string_append (text, ", \"max\": ");
  esp_report_append_number (text, returns->maximum);
  g_string_append_printf (text, ", \"episodes\": %zu, \"mean_length\": ", returns->episodes);
  esp_report_append_number (text, returns->mean_length);
  if (formula != NULL)
    {
      g_string_append (text, ", \"metrics\": ");
      esp_report_append_metrics (text, formula);
    }
  g_string_append (text, "}\n");
}

/* @formula may be NULL. */
static void
append_as_text (GString *text, const EspFormula *formula, const EspReturns *returns)
{
  g_string_append_printf (text,
                          "return of %zu episode%s: mean %.10g, standard deviation %.6g, min %.6g, max %.6g\n"
                          "steps per episode: mean %.6g\n",
                          returns->episodes, returns->episodes == 1 ? "" : "s", returns->mean,
                          returns->deviation, returns->minimum, returns->maximum, returns->mean_length);
  if (formula == NULL)
    return;
  esp_report_append_metrics_text (text, formula);
  g_string_append_c (text, '\n');
}

/* A formula, and whether an action of it was no number to act by. */
typedef struct
{
  const EspFormula *formula;
  atomic_bool odd;
} Actor;

static void
act (void *data, size_t worker, size_t n, const double *observations, double *actions)
{
  Actor *actor = data;

  esp_evaluate_act_formula ((void *) actor->formula, worker, n, observations, actions);
  for (size_t i = 0; i < n * esp_formula_get_n_actions (actor->formula); i++)
    if (!isfinite (actions[i]))
      atomic_store_explicit (&actor->odd, true, memory_order_relaxed);
}

/* As esp_evaluate_formula(), and warns of actions that are not finite: the result alone does not show
 * them. */
static EspReturns
evaluate (
  const EspFormula *formula, const EspEnvironmentInfo *info, uint64_t seed, size_t episodes, EspPool *pool)
{
  Actor actor = { .formula = formula };
  EspReturns returns = esp_evaluate (info, act, &actor, seed, episodes, pool, NULL);

  if (actor.odd)
    esp_command_say ("warning: at some states an action of this formula is infinite or not a number; the "
                     "environment takes the nearest limit for the one and 0 for the other");

  return returns;
}

int
esp_command_eval (char **arguments)
{
  const char *policy = NULL;
  EspNumber episodes = { ESP_REPORT_EPISODES, FALSE };
  EspNumber seed = { ESP_REPORT_SEED, FALSE };
  EspTaskChoice choice = { 0 };
  gboolean as_json = FALSE;
  g_autofree char *about_episodes = g_strdup_printf ("how many episodes (%d)", ESP_REPORT_EPISODES);
  g_autofree char *about_seed = g_strdup_printf (
    "seed of the first episode, the next has N + 1 and so on (%" G_GUINT64_FORMAT
    ", as in the report of train)",
    ESP_REPORT_SEED);
  const EspOption options[] = {
    { "policy", ESP_OPTION_TEXT, &policy, ESP_SOURCE_PLACEHOLDER,
      ESP_SOURCE_DESCRIPTION
      "; or " RANDOM_POLICY
      ": actions that are uniform between their limits, drawn from each episode's seed" },
    { "episodes", ESP_OPTION_NUMBER, &episodes, "N", about_episodes },
    { "seed", ESP_OPTION_NUMBER, &seed, "N", about_seed },
    ESP_TASK_OPTIONS (&choice),
    { "json", ESP_OPTION_FLAG, &as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "ENV" };
  const EspUsage usage = {
    .command = "eval",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .summary = "Measures the return of a policy: the mean over episodes with consecutive seeds.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  const char *notes = "Example: espalier eval cartpole --policy '10*theta + 2*theta_dot'\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  const EspEnvironmentInfo *info;
  const char *environment;
  g_autoptr (EspPool) pool = NULL;
  EspReturns returns;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &environment, &status))
    return status;

  info = esp_command_find_environment (environment, &choice, &error);
  if (info == NULL)
    return esp_command_complain (error);
  if (policy == NULL)
    {
      esp_command_say ("--policy is missing; see espalier eval --help");
      return ESP_EXIT_USAGE;
    }
  if (episodes.value < 1 || episodes.value > MAX_EPISODES)
    {
      esp_command_say ("--episodes is %" G_GUINT64_FORMAT "; it must be from 1 to %d", episodes.value,
                       MAX_EPISODES);
      return ESP_EXIT_USAGE;
    }

  pool = esp_pool_new (0);
  if (strcmp (policy, RANDOM_POLICY) == 0)
    returns = esp_evaluate_random (info, seed.value, episodes.value, pool, NULL);
  else
    {
      EspSourcePolicy source;

      if (!esp_source_load (&source, policy, environment, &choice, &error))
        return esp_command_complain (error);
      formula = source.formula;
      if (source.is_file)
        policy = esp_formula_get_text (formula);
      returns = evaluate (formula, info, seed.value, episodes.value, pool);
    }
  if (as_json)
    append_as_json (text, info->name, policy, formula, &returns);
  else
    append_as_text (text, formula, &returns);

  return esp_command_finish (text->str);
}

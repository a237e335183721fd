/* espalier train: a run without a window. */

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-interrupt.h"
#include "esp-print.h"
#include "esp-progress.h"
#include "esp-report.h"
#include "esp-trainer.h"

/* What the arguments ask for. */
typedef struct
{
  const EspEnvironmentInfo *environment;
  EspNumber seed;
  EspNumber steps;
  EspNumber workers;
  EspNumber polish;
  const char *recipe;
  const char *formula;
  const char *inserted;
  GPtrArray *assignments;
  const char *checkpoint;
  const char *resume;
  gboolean as_json;
  EspTaskChoice choice;
} Request;

/* A checkpoint has the seed and the recipe in it, and a run that changed them would not be the same run. */
static gboolean
check_request (const Request *request, GError **error)
{
  const char *refused = request->seed.given             ? "--seed"
                        : request->steps.given          ? "--steps"
                        : request->recipe != NULL       ? "--recipe"
                        : request->formula != NULL      ? "--formula"
                        : request->inserted != NULL     ? "--insert"
                        : request->assignments->len > 0 ? "--set"
                                                        : NULL;

  if (request->workers.given && (request->workers.value < 1 || request->workers.value > ESP_MAX_WORKERS))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--workers takes a number from 1 to %d",
                   ESP_MAX_WORKERS);
      return FALSE;
    }
  if (request->formula != NULL && request->inserted != NULL)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_USAGE,
        "--formula trains the formula itself, and --insert a network that starts as one; leave one out");
      return FALSE;
    }
  if (request->resume == NULL || refused == NULL)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "--resume goes on with the seed and the recipe of the checkpoint; leave out %s", refused);
  return FALSE;
}

static gboolean
set_formula (EspRecipe *recipe, const char *field, const char *formula, GError **error)
{
  g_autofree char *line = g_strdelimit (g_strdup (formula), "\r\n\t", ' ');
  g_autofree char *assignment = g_strdup_printf ("%s=%s", field, line);

  return esp_recipe_set (recipe, assignment, error);
}

static EspRecipe *
load_recipe (const Request *request, GError **error)
{
  g_autoptr (EspRecipe) recipe = esp_recipe_load (request->environment->name, request->recipe, error);

  if (recipe == NULL)
    return NULL;
  if ((request->formula != NULL || request->inserted != NULL)
      && esp_recipe_get_policy (recipe) == ESP_POLICY_NEURAL)
    {
      g_set_error (
        error, ESP_ERROR, ESP_ERROR_USAGE,
        "the recipe %s trains a neural network, and --%s a formula; leave one out, or give another "
        "recipe",
        esp_recipe_get_name (recipe), request->formula != NULL ? "formula" : "insert");
      return NULL;
    }
  if ((request->formula != NULL
       && (!esp_recipe_set (recipe, "policy=expression", error)
           || !set_formula (recipe, "formula", request->formula, error)))
      || (request->inserted != NULL
          && (!esp_recipe_set (recipe, "policy=symbolic", error)
              || !set_formula (recipe, "initial_formula", request->inserted, error))))
    return NULL;
  for (guint i = 0; i < request->assignments->len; i++)
    if (!esp_recipe_set (recipe, g_ptr_array_index (request->assignments, i), error))
      return NULL;
  if (request->steps.given)
    {
      g_autofree char *assignment = g_strdup_printf ("steps=%" G_GUINT64_FORMAT, request->steps.value);

      if (!esp_recipe_set (recipe, assignment, error))
        return NULL;
    }

  return g_steal_pointer (&recipe);
}

/* A new run must not take the place of one that somebody kept. */
static gboolean
check_checkpoint (const Request *request, GError **error)
{
  struct stat present, resumed;

  if (request->checkpoint == NULL || stat (request->checkpoint, &present) != 0)
    return TRUE;
  if (request->resume != NULL && stat (request->resume, &resumed) == 0 && present.st_dev == resumed.st_dev
      && present.st_ino == resumed.st_ino)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
               "“%s” holds the checkpoint of another run; use --resume to go on with it, remove it, or give "
               "another name",
               request->checkpoint);
  return FALSE;
}

static EspTrainer *
make_trainer (const Request *request, GError **error)
{
  g_autoptr (EspTrainer) trainer = NULL;
  g_autoptr (EspRecipe) recipe = NULL;

  if (request->resume != NULL)
    {
      trainer = esp_trainer_new_from_checkpoint (request->resume, error);
      if (trainer == NULL)
        return NULL;
      if (strcmp (esp_trainer_get_environment (trainer)->name, request->environment->name) != 0)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "the checkpoint %s is of a run in %s, not in %s",
                       request->resume, esp_trainer_get_environment (trainer)->name,
                       request->environment->name);
          return NULL;
        }
    }
  else
    {
      recipe = load_recipe (request, error);
      if (recipe == NULL)
        return NULL;
      trainer = esp_trainer_new (request->environment->name, recipe, request->seed.value, error);
      if (trainer == NULL)
        return NULL;
    }
  if (request->checkpoint != NULL
      && (!esp_trainer_set_checkpoint (trainer, request->checkpoint, error)
          || !check_checkpoint (request, error)))
    return NULL;

  esp_trainer_set_workers (trainer, request->workers.value);
  esp_trainer_set_polish_seconds (trainer, (double) request->polish.value);

  return g_steal_pointer (&trainer);
}

/* Shows progress until the trainer rests or, if @interruptible, the first signal, and returns the state;
 * @last is the newest snapshot then. */
static EspRunState
follow (EspTrainer *trainer, bool interruptible, EspSnapshot **last)
{
  g_autoptr (EspProgress) progress = esp_progress_new ();
  g_autoptr (EspFormula) formula = NULL;
  EspRunState state;

  do
    {
      EspSnapshot *snapshot;
      EspFormula *newer;

      state = esp_trainer_wait (trainer, ESP_PROGRESS_MILLISECONDS);

      snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
      if (snapshot != NULL)
        {
          g_clear_pointer (last, esp_snapshot_unref);
          *last = snapshot;
        }
      newer = esp_trainer_take_formula (trainer, ESP_CONSUMER_WINDOW);
      if (newer != NULL)
        {
          g_clear_pointer (&formula, esp_formula_unref);
          formula = newer;
        }
      if (*last != NULL && (state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING))
        esp_progress_update (progress, *last, formula);
    }
  while ((state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING)
         && !(interruptible && esp_interrupt_has_come ()));

  return state;
}

/* Goes on following a run whose final choice a signal interrupts: polishing ends there, and what was found so
 * far is the result. Returns the state. */
static EspRunState
settle (EspTrainer *trainer, EspSnapshot **last)
{
  esp_trainer_settle (trainer);
  return follow (trainer, false, last);
}

/* Returns the command that goes on from the checkpoint. */
static char *
get_resuming_command (const Request *request)
{
  g_autofree char *file = g_shell_quote (request->checkpoint);
  g_autofree char *environment = request->environment->file != NULL
                                   ? g_shell_quote (request->environment->file)
                                   : g_strdup (request->environment->name);

  return g_strdup_printf ("espalier train %s --resume %s", environment, file);
}

/* Ends a run that a signal broke off, with its checkpoint. */
static int
stop (EspTrainer *trainer, const Request *request)
{
  g_autofree char *failure = NULL;
  g_autofree char *again = request->checkpoint != NULL ? get_resuming_command (request) : NULL;
  EspRunState state;

  esp_trainer_stop (trainer);
  do
    state = esp_trainer_wait (trainer, ESP_PROGRESS_MILLISECONDS);
  while (state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING);

  failure = esp_trainer_get_checkpoint_error (trainer);
  if (failure != NULL)
    esp_command_say ("interrupted, and the checkpoint could not be written: %s", failure);
  else if (again != NULL)
    esp_command_say ("interrupted; to go on from here: %s", again);
  else
    esp_command_say ("interrupted; nothing was kept, because no --checkpoint was asked for");

  return ESP_EXIT_FAILED;
}

static void
append_front_as_json (GString *text, const EspArchive *front)
{
  g_string_append (text, ", \"front\": [");
  for (size_t i = 0; i < esp_archive_get_n (front); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (front, i);

      g_string_append (text, i == 0 ? "{\"reading_length\": " : ", {\"reading_length\": ");
      esp_report_append_lengths (text, entry->formula);
      g_string_append (text, ", \"mean\": ");
      esp_report_append_number (text, entry->value);
      g_string_append (text, ", \"formula\": ");
      esp_report_append_formula (text, entry->formula);
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, ']');
}

static void
append_mean (GString *text, const EspReturns *returns)
{
  esp_report_append_number (text, returns->episodes > 0 ? returns->mean : (double) NAN);
}

/* The evaluations on the way, of a symbolic policy those of the sampled and the thresholded policy and of the
 * formula: where their gap closes, the formula can be used. */
static void
append_evaluations_as_json (GString *text, const EspHistory *history)
{
  g_string_append (text, ", \"evaluations\": [");
  for (size_t i = 0; i < history->n_evaluations; i++)
    {
      const EspEvaluation *evaluation = &history->evaluations[i];

      g_string_append_printf (text, "%s{\"step\": %" G_GUINT64_FORMAT, i == 0 ? "" : ", ", evaluation->step);
      g_string_append (text, ", \"sampled\": ");
      append_mean (text, &evaluation->sampled);
      g_string_append (text, ", \"masked\": ");
      append_mean (text, &evaluation->masked);
      g_string_append (text, ", \"formula\": ");
      append_mean (text, &evaluation->formula);
      g_string_append (text, ", \"gap\": ");
      esp_report_append_number (text, esp_evaluation_get_gap (evaluation));
      g_string_append_printf (text, ", \"reading_length\": %zu, \"live_paths\": %zu}",
                              evaluation->reading_length, evaluation->live_paths);
    }
  g_string_append_c (text, ']');
}

static void
append_as_json (GString *text, EspTrainer *trainer, const EspResult *result)
{
  const struct
  {
    const char *key;
    const EspReturns *returns;
  } returns[] = {
    { "policy_return", &result->policy_return },
    { "formula_return", &result->formula_return },
    { "masked_return", &result->masked_return },
    { "sampled_return", &result->sampled_return },
  };
  EspRecipe *recipe = esp_trainer_get_recipe (trainer);

  g_string_append (text, "{\"environment\": ");
  esp_report_append_string (text, esp_trainer_get_environment (trainer)->name);
  g_string_append_printf (text,
                          ", \"seed\": %" G_GUINT64_FORMAT ", \"recipe\": ", esp_trainer_get_seed (trainer));
  esp_report_append_string (text, esp_recipe_get_name (recipe));
  g_string_append_printf (text, ", \"policy\": \"%s\", \"algorithm\": \"%s\"",
                          esp_recipe_get_policy_name (recipe), esp_recipe_get_algorithm_name (recipe));
  g_string_append_printf (text, ", \"steps\": %" G_GUINT64_FORMAT ", \"updates\": %" G_GUINT64_FORMAT,
                          result->steps, result->updates);
  g_string_append (text, ", \"wall_seconds\": ");
  esp_report_append_number (text, result->seconds);
  g_string_append (text, ", \"formula\": ");
  esp_report_append_formula (text, result->formula);
  for (size_t i = 0; i < G_N_ELEMENTS (returns); i++)
    {
      g_string_append_printf (text, ", \"%s\": ", returns[i].key);
      esp_report_append_returns (text, returns[i].returns);
    }
  g_string_append (text, ", \"reading_length\": ");
  esp_report_append_lengths (text, result->formula);
  g_string_append (text, ", \"metrics\": ");
  if (result->formula != NULL)
    esp_report_append_metrics (text, result->formula);
  else
    g_string_append (text, "null");
  g_string_append (text, ", \"common_terms\": ");
  esp_report_append_common_terms (text, result->formula);
  if (result->front != NULL)
    append_front_as_json (text, result->front);
  append_evaluations_as_json (text, result->history);
  g_string_append (text, "}\n");
}

static void
append_returns_as_text (GString *text, const char *policy, const EspReturns *returns)
{
  g_string_append_printf (text, "  %-10s %12.6g %12.6g %12.6g %12.6g %10zu\n", policy, returns->mean,
                          returns->deviation, returns->minimum, returns->maximum, returns->episodes);
}

static void
append_formula_as_text (GString *text, const EspEnvironmentInfo *environment, const EspFormula *formula)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_autofree char *common = esp_report_name_common_terms (formula, false);

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      g_autofree char *expression = esp_expression_to_text (esp_formula_get_expression (formula, i), symbols);

      g_string_append_printf (text, "  %s = %s\n", environment->actions[i].name, expression);
      if (esp_formula_get_n_actions (formula) > 1)
        g_string_append_printf (text, "  (reading length %zu)\n", esp_formula_get_length (formula, i));
      g_string_append_c (text, '\n');
    }
  if (common != NULL)
    g_string_append_printf (text, "  its common terms named: %s\n\n", common);
  g_string_append (text, "  ");
  esp_report_append_metrics_text (text, formula);
  g_string_append (text, "\n\n");
}

static void
append_network_as_text (GString *text, const EspMlp *shape)
{
  g_string_append (text, "  the policy is a neural network, layers of");
  for (size_t l = 0; l <= shape->n_layers; l++)
    g_string_append_printf (text, "%s%zu", l == 0 ? " " : "–", shape->widths[l]);
  g_string_append_printf (text, " units, %zu parameters: there is no formula\n\n", shape->n_parameters);
}

/* What each length is good for; the formulas themselves are in the JSON. */
static void
append_front_as_text (GString *text, const EspArchive *front)
{
  g_string_append (text, "\n  the best formulas of each reading length, by other episodes:\n  ");
  for (size_t i = 0; i < esp_archive_get_n (front); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (front, i);
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_ascii_formatd (number, sizeof number, "%.6g", entry->value);
      g_string_append_printf (text, "%s%zu: %s", i == 0 ? "" : ", ", entry->length, number);
    }
  g_string_append_c (text, '\n');
}

static void
append_as_text (GString *text, EspTrainer *trainer, const EspResult *result)
{
  const EspEnvironmentInfo *environment = esp_trainer_get_environment (trainer);
  g_autofree char *time = esp_report_duration (result->seconds);

  g_string_append_printf (text,
                          "%s, seed %" G_GUINT64_FORMAT ", recipe %s: %" G_GUINT64_FORMAT
                          " steps, %" G_GUINT64_FORMAT " updates in %s min\n\n",
                          environment->name, esp_trainer_get_seed (trainer),
                          esp_recipe_get_name (esp_trainer_get_recipe (trainer)), result->steps,
                          result->updates, time);
  if (result->formula != NULL)
    append_formula_as_text (text, environment, result->formula);
  else
    append_network_as_text (text, &result->actor->shape);
  g_string_append_printf (text, "  %-10s %12s %12s %12s %12s %10s\n", "return of", "mean", "std", "min",
                          "max", "episodes");
  if (result->formula == NULL)
    {
      append_returns_as_text (text, "network", &result->policy_return);
      return;
    }
  append_returns_as_text (text, "formula", &result->formula_return);
  if (result->actor->kind != ESP_POLICY_SYMBOLIC)
    return;
  append_returns_as_text (text, "masked", &result->masked_return);
  append_returns_as_text (text, "sampled", &result->sampled_return);
  if (result->front != NULL)
    append_front_as_text (text, result->front);
}

/* A network that was not pruned at all is a formula of millions of nodes, of which only an ellipsis is
 * printed. */
static void
warn_of_length (const EspResult *result, const EspEnvironmentInfo *environment)
{
  for (size_t i = 0; result->formula != NULL && i < esp_formula_get_n_actions (result->formula); i++)
    if (esp_formula_get_length (result->formula, i) > ESP_PRINT_MAX_LENGTH)
      esp_command_say (
        "the formula of %s is too long to print; train for more steps, or lower the recipe's field "
        "“final_allowance”",
        environment->actions[i].name);
}

/* Prints what a run that is done has found. */
static int
report (EspTrainer *trainer, const Request *request)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *failure = esp_trainer_get_checkpoint_error (trainer);
  EspResult result;
  int status;

  if (!esp_trainer_get_result (trainer, &result))
    {
      esp_command_say ("the run ended without a policy");
      return ESP_EXIT_FAILED;
    }
  if (request->as_json)
    append_as_json (text, trainer, &result);
  else
    append_as_text (text, trainer, &result);
  status = esp_command_finish (text->str);
  warn_of_length (&result, esp_trainer_get_environment (trainer));
  esp_result_clear (&result);
  if (failure != NULL)
    {
      esp_command_say ("the checkpoint could not be written: %s", failure);
      status = ESP_EXIT_FAILED;
    }

  return status;
}

/* Prints what a run found whose final choice a signal cut short; the exit status says that there was more to
 * come. */
static int
report_early (EspTrainer *trainer, const Request *request)
{
  g_autofree char *again = request->checkpoint != NULL ? get_resuming_command (request) : NULL;

  report (trainer, request);
  if (again != NULL)
    esp_command_say ("interrupted while polishing; this is the best formula so far; to polish to the end: %s",
                     again);
  else
    esp_command_say ("interrupted while polishing; this is the best formula so far");

  return ESP_EXIT_FAILED;
}

/* Ends a run that diverged: what it had found before is not lost. */
static int
salvage (EspTrainer *trainer, EspSnapshot **last)
{
  EspRunState state;
  EspResult result;

  esp_command_say ("%s", *last != NULL && (*last)->message != NULL ? (*last)->message : "learning diverged");
  if (*last == NULL || (*last)->history->n_evaluations == 0)
    return ESP_EXIT_FAILED;

  esp_trainer_finish (trainer);
  state = follow (trainer, true, last);
  if (state == ESP_RUN_FINISHING)
    state = settle (trainer, last);
  if (state != ESP_RUN_DONE || !esp_trainer_get_result (trainer, &result))
    return ESP_EXIT_FAILED;
  if (result.formula != NULL)
    {
      g_autofree char *formula = esp_report_formula (result.formula);

      esp_command_say (
        "the best formula until then, which returns %.6g on average over %zu unseen episodes: %s",
        result.formula_return.mean, result.formula_return.episodes, formula);
    }
  else
    esp_command_say ("the best neural network until then returns %.6g on average over %zu unseen episodes",
                     result.policy_return.mean, result.policy_return.episodes);
  warn_of_length (&result, esp_trainer_get_environment (trainer));
  esp_result_clear (&result);

  return ESP_EXIT_FAILED;
}

static int
train (Request *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspTrainer) trainer = NULL;
  g_autoptr (EspSnapshot) last = NULL;
  EspRunState state;

  if (!check_request (request, &error))
    return esp_command_complain (error);
  if (request->checkpoint == NULL)
    request->checkpoint = request->resume;
  trainer = make_trainer (request, &error);
  if (trainer == NULL)
    return esp_command_complain (error);

  esp_interrupt_catch ();
  esp_trainer_run (trainer);
  state = follow (trainer, true, &last);
  switch (state)
    {
    case ESP_RUN_FINISHING:
      return settle (trainer, &last) == ESP_RUN_DONE ? report_early (trainer, request) : ESP_EXIT_FAILED;

    case ESP_RUN_DONE:
      return report (trainer, request);

    case ESP_RUN_DIVERGED:
      return salvage (trainer, &last);

    default:
      return stop (trainer, request);
    }
}

int
esp_command_train (char **arguments)
{
  g_autoptr (GPtrArray) assignments = g_ptr_array_new ();
  Request request = { .assignments = assignments };
  const EspOption options[] = {
    { "seed", ESP_OPTION_NUMBER, &request.seed, "N", "seed of everything that is random (0)" },
    { "steps", ESP_OPTION_NUMBER, &request.steps, "N", "environment steps, instead of the recipe's" },
    { "recipe", ESP_OPTION_TEXT, &request.recipe, "NAME|FILE",
      "the hyperparameters: a recipe of ENV or a JSON file (default)" },
    { "formula", ESP_OPTION_TEXT, &request.formula, "EXPR",
      "train the constants of this formula, an expression for each action separated by ;, instead of a "
      "network" },
    { "insert", ESP_OPTION_TEXT, &request.inserted, "EXPR",
      "start the symbolic network as this formula, if its arrangement contains it, and train on from there; "
      "each action is centre + half·tanh(…) of its limits" },
    { "set", ESP_OPTION_TEXTS, assignments, "FIELD=VALUE",
      "change one field of the recipe; may be repeated" },
    { "checkpoint", ESP_OPTION_TEXT, &request.checkpoint, "FILE",
      "keep the complete learner in FILE, which must be new: every minute, at the end, and when "
      "interrupted" },
    { "resume", ESP_OPTION_TEXT, &request.resume, "FILE",
      "go on from a checkpoint, and keep it in the same FILE unless --checkpoint names another" },
    { "workers", ESP_OPTION_NUMBER, &request.workers, "N",
      "threads that share the updates, at most 4; the result is the same (one for each processor)" },
    { "polish", ESP_OPTION_NUMBER, &request.polish, "SECONDS",
      "prune, refit and search for shorter and better formulas about that long in all at the end, instead of "
      "the recipe's polish_search_steps; of a --formula, only its constants; the result then depends on the "
      "machine's speed" },
    ESP_TASK_OPTIONS (&request.choice),
    { "json", ESP_OPTION_FLAG, &request.as_json, NULL, "print the result as one JSON object" },
  };
  static const char *const operands[] = { "ENV" };
  const EspUsage usage = {
    .command = "train",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .summary =
      "Trains a symbolic policy in the environment ENV and prints the formula that it ends as; with a "
      "recipe\n"
      "whose field policy is neural, such as sac or td3, a neural network to compare with.\n"
      "Progress goes to the standard error: share done, time left, steps per second, mean returns of the\n"
      "sampled, the masked and the extracted policy, the formula's reading length, and the formula so far.\n"
      "Ctrl+C during training ends the run; while the final formula is polished, it ends polishing: the\n"
      "best formula so far is printed, as JSON too, and the exit status is 1.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autofree char *fields = esp_recipe_describe_fields ();
  g_autofree char *notes = g_strconcat ("Fields of a recipe:\n", fields, NULL);
  g_autoptr (GError) error = NULL;
  const char *environment;
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &environment, &status))
    return status;
  request.environment = esp_command_find_environment (environment, &request.choice, &error);
  if (request.environment == NULL)
    return esp_command_complain (error);

  return train (&request);
}

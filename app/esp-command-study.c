/* espalier study: the runs that answer a question, and the table that they come to. */

#include <math.h>
#include <string.h>

#include "esp-command.h"
#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-interrupt.h"
#include "esp-progress.h"
#include "esp-report.h"
#include "esp-study-estimate.h"
#include "esp-study-insertion.h"
#include "esp-study-measures.h"

#define MAX_EPISODES 1000000
#define MAX_WORKERS  64

/* What the arguments ask for. */
typedef struct
{
  const char *name;
  const char *seeds;
  const char *environments;
  const char *scale;
  EspNumber steps;
  EspNumber episodes;
  EspNumber workers;
  GPtrArray *assignments;
  GPtrArray *from;
  const char *output;
  gboolean resume;
  gboolean dry_run;
  gboolean markdown;
  gboolean as_json;
} Request;

static gboolean
refuse (GError **error, const char *sentence)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "%s", sentence);
  return FALSE;
}

static gboolean
check_range (const char *option, const EspNumber *number, uint64_t most, GError **error)
{
  if (number->value >= 1 && number->value <= most)
    return TRUE;

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "--%s is %" G_GUINT64_FORMAT "; it must be from 1 to %" G_GUINT64_FORMAT, option,
               number->value, most);
  return FALSE;
}

/* Reads --scale into @plan. */
static gboolean
read_scale (const Request *request, EspStudyPlan *plan, GError **error)
{
  char *end;

  if (request->scale == NULL)
    return TRUE;
  plan->scale = g_ascii_strtod (request->scale, &end);
  if (end != request->scale && *end == '\0' && plan->scale > 0.0 && plan->scale <= ESP_STUDY_MAX_SCALE)
    return TRUE;

  g_set_error (
    error, ESP_ERROR, ESP_ERROR_USAGE,
    "--scale is “%s”; it must be a number above 0, at most %.0f, such as 0.1 for a tenth of the steps",
    request->scale, ESP_STUDY_MAX_SCALE);
  return FALSE;
}

static gboolean
check_request (const Request *request, GError **error)
{
  if (request->steps.given && request->scale != NULL)
    return refuse (error, "--steps and --scale both say how long the runs are; leave one out");
  if (request->steps.given && request->steps.value == 0)
    return refuse (error, "--steps is 0; it must be 1 at least");
  if (request->resume && request->output == NULL)
    return refuse (error, "--resume goes on with the results in a file; name it with --output");
  if (request->markdown && request->as_json)
    return refuse (error, "--markdown and --json are two forms of the table; leave one out");
  if (request->from->len > 0 && (request->output != NULL || request->dry_run))
    return refuse (
      error,
      "--from makes a table of results that are there, without runs; leave out --output and --dry-run");

  return check_range ("episodes", &request->episodes, MAX_EPISODES, error)
         && check_range ("workers", &request->workers, MAX_WORKERS, error);
}

static EspStudy *
load_study (const Request *request, GError **error)
{
  g_autoptr (EspStudy) study = esp_study_load (request->name, error);

  if (study == NULL)
    return NULL;
  if ((request->environments != NULL && !esp_study_choose_environments (study, request->environments, error))
      || (request->seeds != NULL && !esp_study_set_seeds (study, request->seeds, error)))
    return NULL;

  return g_steal_pointer (&study);
}

/* Removes from @records what a later one repeats: the same variant, environment and seed, after a recipe has
 * changed. Returns how many there were. */
static guint
drop_repeated (GPtrArray *records)
{
  guint n = records->len;

  for (guint i = records->len; i-- > 0;)
    for (guint k = 0; k < i; k++)
      {
        const EspStudyRecord *later = g_ptr_array_index (records, i);
        const EspStudyRecord *record = g_ptr_array_index (records, k);

        if (record->seed == later->seed && g_str_equal (record->environment, later->environment)
            && g_str_equal (record->variant, later->variant))
          {
            g_ptr_array_remove_index (records, k);
            i--;
            k--;
          }
      }

  return n - records->len;
}

/* Prints @table with its @notes; in JSON with what there is of @records (may be NULL). */
static int
print_table (const Request *request,
             const EspStudy *study,
             const EspTable *table,
             const char *notes,
             const GPtrArray *records)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!request->as_json)
    {
      if (request->markdown)
        esp_table_append_markdown (table, text);
      else
        {
          g_string_append_printf (text, "%s: %s\n\n", study->name, study->description);
          esp_table_append_text (table, text);
        }
      g_string_append_printf (text, "\n%s", notes);
      return esp_command_finish (text->str);
    }

  g_string_append (text, "{\"study\": ");
  esp_report_append_string (text, study->name);
  g_string_append (text, ", \"description\": ");
  esp_report_append_string (text, study->description);
  g_string_append (text, ", \"runs\": [");
  for (guint i = 0; records != NULL && i < records->len; i++)
    {
      g_string_append (text, i > 0 ? ", " : "");
      esp_study_record_append_summary (g_ptr_array_index (records, i), text);
    }
  g_string_append (text, "], \"rows\": ");
  esp_table_append_json (table, text);
  g_string_append (text, ", \"notes\": ");
  esp_report_append_string (text, notes);
  g_string_append (text, "}\n");

  return esp_command_finish (text->str);
}

/* Prints the table of @records. */
static int
report (const Request *request, const EspStudy *study, const GPtrArray *records)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (EspTable) table = esp_study_measure (study->measure, records, notes, &error);

  return table != NULL ? print_table (request, study, table, notes->str, records)
                       : esp_command_complain (error);
}

/* Does the study that has no runs. */
static int
report_insertion (const Request *request, const EspStudy *study)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (EspTable) table = NULL;
  int status;

  if (request->seeds != NULL || request->steps.given || request->scale != NULL
      || request->assignments->len > 0 || request->output != NULL || request->from->len > 0
      || request->dry_run || request->workers.given)
    {
      esp_command_say (
        "insertion has no runs; of the options only --environments, --episodes, --markdown and "
        "--json are for it");
      return ESP_EXIT_USAGE;
    }
  esp_interrupt_catch ();
  table = esp_study_insertion (study, request->episodes.value, notes, &error);
  if (table == NULL)
    return esp_command_complain (error);

  status = print_table (request, study, table, notes->str, NULL);
  if (status != ESP_EXIT_DONE || !esp_interrupt_has_come ())
    return status;
  esp_command_say ("interrupted; the formulas that were not measured are left out");

  return ESP_EXIT_FAILED;
}

/* Returns the place of the variant @name in @study, or behind all. */
static guint
find_variant (const EspStudy *study, const char *name)
{
  for (guint i = 0; i < study->variants->len; i++)
    if (strcmp (g_array_index (study->variants, EspStudyVariant, i).name, name) == 0)
      return i;

  return study->variants->len;
}

/* As the study has its variants, not as runs finished. */
static int
compare_variants (const void *a, const void *b, void *study)
{
  guint first = find_variant (study, (*(EspStudyRecord *const *) a)->variant);
  guint second = find_variant (study, (*(EspStudyRecord *const *) b)->variant);

  return (first > second) - (first < second);
}

/* Loads environments from files, of which results only have the names. */
static gboolean
load_environments (const EspStudy *study, GError **error)
{
  for (guint i = 0; i < study->environments->len; i++)
    if (esp_command_find_environment (g_array_index (study->environments, EspStudyEnvironment, i).name, NULL,
                                      error)
        == NULL)
      return FALSE;

  return TRUE;
}

/* Makes the table of results that are there. */
static int
report_files (const Request *request, EspStudy *study)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_study_record_free);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();
  guint n_repeated;
  g_auto (GStrv) names = request->environments != NULL ? g_strsplit (request->environments, ",", -1) : NULL;

  if (!load_environments (study, &error))
    return esp_command_complain (error);
  for (guint i = 0; i < request->from->len; i++)
    if (!esp_study_file_read (g_ptr_array_index (request->from, i), records, &error))
      return esp_command_complain (error);
  for (guint i = 0; i < records->len; i++)
    {
      EspStudyRecord *record = g_ptr_array_index (records, i);

      if (names == NULL || g_strv_contains ((const char *const *) names, record->environment))
        g_ptr_array_add (chosen, record);
    }
  if (chosen->len == 0)
    {
      esp_command_say ("%s holds no results%s", (const char *) g_ptr_array_index (request->from, 0),
                       names != NULL ? " of these environments" : "");
      return ESP_EXIT_FAILED;
    }

  n_repeated = drop_repeated (chosen);
  if (n_repeated > 0)
    esp_command_say ("%u results are left out, because later ones repeat them", n_repeated);
  g_ptr_array_sort_with_data (chosen, compare_variants, study);

  return report (request, study, chosen);
}

/* Tells which runs there are and how long they may take. */
static int
report_plan (const Request *request, const EspStudyRuns *runs)
{
  static const EspColumn columns[] = {
    { "environment", "environment", 0, TRUE, TRUE },
    { "variant", "variant", 0, TRUE, FALSE },
    { "seed", "seed", 0, FALSE, FALSE },
    { "steps", "steps", 0, FALSE, FALSE },
    { "seconds", "about seconds", 0, FALSE, FALSE },
    { "done", "done", 0, TRUE, FALSE },
  };
  g_autofree double *seconds = g_new0 (double, runs->runs->len + 1);
  g_autoptr (EspTable) table = esp_table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *duration = NULL;
  double sum = 0.0;
  size_t n_over;

  if (!esp_study_estimate (runs, seconds, &error))
    return esp_command_complain (error);
  for (guint i = 0; i < runs->runs->len; i++)
    {
      const EspStudyRun *run = &g_array_index (runs->runs, EspStudyRun, i);

      esp_table_add_text (table, run->environment->name);
      esp_table_add_text (table, g_array_index (runs->study->variants, EspStudyVariant, run->variant).name);
      esp_table_add_number (table, (double) run->seed);
      esp_table_add_number (table, (double) esp_recipe_get_steps (run->recipe));
      esp_table_add_number (table, seconds[i]);
      esp_table_add_text (table, run->record != NULL ? "yes" : "no");
      sum += seconds[i];
    }
  esp_study_runs_get_share (runs, &n_over);
  sum /= (double) MIN (runs->n_workers, MAX (1, runs->runs->len - n_over));
  if (request->as_json)
    {
      g_string_append_printf (text, "{\"runs\": %u, \"done\": %zu, \"seconds\": ", runs->runs->len, n_over);
      esp_report_append_number (text, round (sum));
      g_string_append (text, ", \"plan\": ");
      esp_table_append_json (table, text);
      g_string_append (text, "}\n");
      return esp_command_finish (text->str);
    }

  if (request->markdown)
    esp_table_append_markdown (table, text);
  else
    esp_table_append_text (table, text);
  duration = esp_report_duration (sum);
  g_string_append_printf (
    text,
    "\n%u runs, %zu of them done; the others take about %s with %" G_GUINT64_FORMAT
    " side by side, as a few steps that were tried have it, and their polishing besides.\n",
    runs->runs->len, n_over, duration, request->workers.value);

  return esp_command_finish (text->str);
}

/* Does all runs, with progress, until they are over or the first signal. */
static gboolean
follow (EspStudyRuns *runs, GError **error)
{
  g_autoptr (EspProgress) progress = esp_progress_new ();
  GError *failure = NULL;
  gboolean is_left = TRUE;

  while (is_left && !esp_interrupt_has_come ())
    {
      size_t n_over;
      double share;
      g_autofree char *text = NULL;

      is_left = esp_study_runs_advance (runs, ESP_PROGRESS_MILLISECONDS, &failure);
      share = esp_study_runs_get_share (runs, &n_over);
      text = g_strdup_printf ("%zu of %u runs done", n_over, runs->runs->len);
      if (is_left)
        esp_progress_show (progress, share, text);
    }
  esp_study_runs_stop (runs);
  if (failure != NULL)
    g_propagate_error (error, failure);

  return failure == NULL;
}

/* Says how to go on after a signal. Returns the exit status. */
static int
say_interrupted (const Request *request, const EspStudyRuns *runs)
{
  size_t n_over;
  g_autofree char *file = request->output != NULL ? g_shell_quote (request->output) : NULL;

  esp_study_runs_get_share (runs, &n_over);
  if (n_over == runs->runs->len)
    return ESP_EXIT_DONE;
  if (file != NULL)
    esp_command_say ("interrupted after %zu of %u runs; to go on from here, add: --output %s --resume",
                     n_over, runs->runs->len, file);
  else
    esp_command_say ("interrupted after %zu of %u runs, which are not kept; --output FILE would keep them",
                     n_over, runs->runs->len);

  return ESP_EXIT_FAILED;
}

static int
study (const Request *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspStudy) definition = NULL;
  g_autoptr (EspStudyRuns) runs = NULL;
  g_autoptr (GPtrArray) records = NULL;
  EspStudyPlan plan = { .scale = 1.0,
                        .steps = request->steps.value,
                        .assignments = request->assignments,
                        .episodes = request->episodes.value,
                        .cancelled = esp_interrupt_get_flag () };
  gboolean is_kept;
  int status;

  if (!check_request (request, &error) || !read_scale (request, &plan, &error)
      || (definition = load_study (request, &error)) == NULL)
    return esp_command_complain (error);
  if (definition->measure == ESP_STUDY_INSERTION)
    return report_insertion (request, definition);
  if (request->from->len > 0)
    return report_files (request, definition);
  runs = esp_study_runs_new (definition, &plan, &error);
  if (runs == NULL
      || (request->output != NULL && (!request->dry_run || request->resume)
          && !esp_study_runs_set_file (runs, request->output, request->resume, &error)))
    return esp_command_complain (error);
  esp_study_runs_set_workers (runs, request->workers.value);
  if (request->dry_run)
    return report_plan (request, runs);

  esp_interrupt_catch ();
  is_kept = follow (runs, &error);
  records = esp_study_runs_list (runs);
  status = report (request, definition, records);
  if (!is_kept)
    return esp_command_complain (error);

  return status != ESP_EXIT_DONE ? status : say_interrupted (request, runs);
}

/* Returns a line for each study that ships. */
static char *
describe_studies (void)
{
  GString *text = g_string_new ("Studies:\n");
  g_auto (GStrv) names = esp_study_list ();

  for (char **name = names; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspStudy) found = esp_study_load (*name, &error);

      g_string_append_printf (text, "  %-10s  %s\n", *name,
                              found != NULL ? found->description : error->message);
    }

  return g_string_free (text, FALSE);
}

int
esp_command_study (char **arguments)
{
  g_autoptr (GPtrArray) assignments = g_ptr_array_new ();
  g_autoptr (GPtrArray) from = g_ptr_array_new ();
  Request request = { .episodes = { ESP_REPORT_EPISODES, FALSE },
                      .workers = { MIN (g_get_num_processors (), MAX_WORKERS), FALSE },
                      .assignments = assignments,
                      .from = from };
  g_autofree char *about_episodes = g_strdup_printf (
    "how many episodes each final policy is measured on (%d)", ESP_REPORT_EPISODES);
  const EspOption options[] = {
    { "seeds", ESP_OPTION_TEXT, &request.seeds, "SEEDS",
      "seeds of the runs, such as 0..4 or 0,3,7, instead of the study's" },
    { "environments", ESP_OPTION_TEXT, &request.environments, "NAMES",
      "environments, separated by commas, instead of the study's" },
    { "steps", ESP_OPTION_NUMBER, &request.steps, "N",
      "environment steps of every run, instead of the recipes'" },
    { "scale", ESP_OPTION_TEXT, &request.scale, "SHARE",
      "share of the recipes' steps, of learning and of the search, that the runs take, such as 0.1" },
    { "set", ESP_OPTION_TEXTS, assignments, "FIELD=VALUE",
      "change one field of all recipes; may be repeated" },
    { "episodes", ESP_OPTION_NUMBER, &request.episodes, "N", about_episodes },
    { "workers", ESP_OPTION_NUMBER, &request.workers, "N",
      "runs that are trained side by side (as many as processors); the results are the same" },
    { "output", ESP_OPTION_TEXT, &request.output, "FILE",
      "keep each run that finishes in FILE, a JSON object a line" },
    { "resume", ESP_OPTION_FLAG, &request.resume, NULL,
      "go on with the runs in that FILE: what is there is not repeated" },
    { "from", ESP_OPTION_TEXTS, from, "FILE",
      "run nothing, and make the table of the results in FILE, of study or of train --json; may be "
      "repeated" },
    { "dry-run", ESP_OPTION_FLAG, &request.dry_run, NULL, "list the runs and about how long they take" },
    { "markdown", ESP_OPTION_FLAG, &request.markdown, NULL, "print the table as Markdown" },
    { "json", ESP_OPTION_FLAG, &request.as_json, NULL, "print one JSON object" },
  };
  static const char *const operands[] = { "NAME|FILE" };
  const EspUsage usage = {
    .command = "study",
    .operands = operands,
    .n_operands = G_N_ELEMENTS (operands),
    .n_optional = 1,
    .summary =
      "Does the runs of a study, with several seeds, and prints what they come to in one table, with 95 %\n"
      "intervals. A study is one of those below or a JSON file; without a name they are listed.",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  g_autofree char *studies = describe_studies ();
  g_autofree char *notes = g_strconcat (
    studies,
    "\nExample: espalier study sparsity --environments pendulum --output sparsity.jsonl\n"
    "Interrupted, it prints what is done; with --output, --resume goes on from there.\n",
    NULL);
  int status;

  if (!esp_command_parse (&usage, notes, arguments, &request.name, &status))
    return status;

  return request.name != NULL ? study (&request) : esp_command_finish (studies);
}

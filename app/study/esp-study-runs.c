#include "esp-study-runs.h"

#include <math.h>
#include <string.h>

#include "esp-archive.h"
#include "esp-demand.h"
#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-report.h"

/* The cost of a step besides its update, and of a step of the search, beside a multiplication and an addition
 * in a critic's update: only the proportions count, and those only for the time that is left. */
#define STEP_COST        4e4
#define SEARCH_STEP_COST 4e3

static void
clear_run (void *data)
{
  EspStudyRun *run = data;

  g_clear_pointer (&run->trainer, esp_trainer_free);
  g_clear_pointer (&run->snapshot, esp_snapshot_unref);
  g_clear_pointer (&run->recipe, esp_recipe_unref);
  g_free (run->fingerprint);
}

static EspStudyRun *
get_run (const EspStudyRuns *runs, guint i)
{
  return &g_array_index (runs->runs, EspStudyRun, i);
}

static const EspStudyVariant *
get_variant (const EspStudyRuns *runs, const EspStudyRun *run)
{
  return &g_array_index (runs->study->variants, EspStudyVariant, run->variant);
}

double
esp_study_get_field (const EspRecipe *recipe, const char *field)
{
  g_autofree char *text = esp_recipe_to_json (recipe);
  g_autoptr (JsonNode) node = esp_json_parse ("recipe", text, strlen (text), NULL);

  return json_object_get_double_member (json_node_get_object (node), field);
}

double
esp_study_get_search_steps (const EspRecipe *recipe)
{
  return esp_recipe_get_policy (recipe) != ESP_POLICY_NEURAL ? esp_study_get_field (recipe, "polish_search_steps")
                                                             : 0.0;
}

/* Sets the count @field to a share of itself, at least 1 where it was more than 0. */
static gboolean
scale_field (EspRecipe *recipe, const char *field, double scale, GError **error)
{
  double before = esp_study_get_field (recipe, field);
  g_autofree char *assignment = g_strdup_printf ("%s=%.0f", field,
                                                 before > 0.0 ? fmax (1.0, round (before * scale)) : 0.0);

  return scale == 1.0 || esp_recipe_set (recipe, assignment, error);
}

static EspRecipe *
make_recipe (const EspStudyRuns *runs,
             const EspStudyEnvironment *environment,
             const EspEnvironmentInfo *info,
             const EspStudyVariant *variant,
             GError **error)
{
  g_autoptr (EspRecipe) recipe = esp_recipe_load (info->name, variant->recipe, error);
  const GPtrArray *assignments = runs->plan.assignments;
  double scale = environment->scale * runs->plan.scale;

  if (recipe == NULL)
    return NULL;
  for (char **assignment = variant->assignments; *assignment != NULL; assignment++)
    if (!esp_recipe_set (recipe, *assignment, error))
      return NULL;
  for (guint i = 0; assignments != NULL && i < assignments->len; i++)
    if (!esp_recipe_set (recipe, g_ptr_array_index (assignments, i), error))
      return NULL;
  if (!scale_field (recipe, "steps", scale, error)
      || !scale_field (recipe, "polish_search_steps", scale, error))
    return NULL;
  if (runs->plan.steps > 0)
    {
      g_autofree char *assignment = g_strdup_printf ("steps=%" G_GUINT64_FORMAT, runs->plan.steps);

      if (!esp_recipe_set (recipe, assignment, error))
        return NULL;
    }

  return g_steal_pointer (&recipe);
}

static char *
get_fingerprint (const EspRecipe *recipe, const EspEnvironmentInfo *info, size_t episodes)
{
  g_autofree char *fields = esp_recipe_to_json (recipe);
  g_autofree char *text = g_strdup_printf ("%s %s %zu\n%s", info->name,
                                           info->digest != NULL ? info->digest : "", episodes, fields);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  return g_strndup (digest, 16);
}

static double
guess_step_cost (const EspRecipe *recipe, const EspEnvironmentInfo *info)
{
  EspDemand demand;
  double samples = esp_study_get_field (recipe, "updates_per_step")
                   * esp_study_get_field (recipe, "batch_size");

  if (!esp_demand_measure (&demand, recipe, info, NULL))
    return STEP_COST;

  /* both critics forwards and backwards, their targets, and once more for the policy; two masks of the policy
   */
  return STEP_COST + samples * (14.0 * (double) demand.n_critic + 8.0 * (double) demand.n_policy);
}

/* What does not fit together is said before hours of training. */
static gboolean
check_start (const EspStudyEnvironment *environment, EspRecipe *recipe, GError **error)
{
  g_autoptr (EspTrainer) trainer = esp_trainer_new (environment->name, recipe, 0, error);

  return trainer != NULL;
}

static gboolean
plan_environment (EspStudyRuns *runs, const EspStudyEnvironment *environment, GError **error)
{
  g_autoptr (EspEnvironment) instance = esp_environment_new (environment->name, error);
  g_autoptr (GArray) prototypes = g_array_new (FALSE, TRUE, sizeof (EspStudyRun));
  const EspEnvironmentInfo *info;

  g_array_set_clear_func (prototypes, clear_run);
  if (instance == NULL)
    return FALSE;
  info = esp_environment_get_info (instance);
  for (guint v = 0; v < runs->study->variants->len; v++)
    {
      const EspStudyVariant *variant = &g_array_index (runs->study->variants, EspStudyVariant, v);
      g_autoptr (EspRecipe) recipe = make_recipe (runs, environment, info, variant, error);
      EspStudyRun run = { .environment = info, .variant = v };

      if (recipe == NULL || !check_start (environment, recipe, error))
        {
          g_prefix_error (error, "variant “%s” in %s: ", variant->name, environment->name);
          return FALSE;
        }
      run.fingerprint = get_fingerprint (recipe, info, runs->plan.episodes);
      run.step_cost = guess_step_cost (recipe, info);
      run.cost = esp_study_get_field (recipe, "steps") * run.step_cost
                 + SEARCH_STEP_COST * esp_study_get_search_steps (recipe);
      run.recipe = g_steal_pointer (&recipe);
      g_array_append_val (prototypes, run);
    }
  for (guint s = 0; s < runs->study->seeds->len; s++)
    for (guint v = 0; v < runs->study->variants->len; v++)
      {
        EspStudyRun run = g_array_index (prototypes, EspStudyRun, v);

        esp_recipe_ref (run.recipe);
        run.fingerprint = g_strdup (run.fingerprint);
        run.seed = g_array_index (runs->study->seeds, uint64_t, s);
        g_array_append_val (runs->runs, run);
      }

  return TRUE;
}

EspStudyRuns *
esp_study_runs_new (const EspStudy *study, const EspStudyPlan *plan, GError **error)
{
  g_autoptr (EspStudyRuns) runs = g_new0 (EspStudyRuns, 1);

  runs->study = study;
  runs->plan = *plan;
  runs->n_workers = 1;
  runs->runs = g_array_new (FALSE, TRUE, sizeof (EspStudyRun));
  g_array_set_clear_func (runs->runs, clear_run);
  runs->records = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_study_record_free);
  if ((guint64) study->environments->len * study->variants->len * study->seeds->len > ESP_STUDY_MAX_RUNS)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "the study has more than %d runs; ask for fewer seeds",
                   ESP_STUDY_MAX_RUNS);
      return NULL;
    }
  for (guint i = 0; i < study->environments->len; i++)
    if (!plan_environment (runs, &g_array_index (study->environments, EspStudyEnvironment, i), error))
      return NULL;

  return g_steal_pointer (&runs);
}

void
esp_study_runs_free (EspStudyRuns *runs)
{
  if (runs == NULL)
    return;

  g_array_unref (runs->runs);
  g_ptr_array_unref (runs->records);
  g_clear_pointer (&runs->file, esp_study_file_close);
  g_free (runs);
}

void
esp_study_runs_set_workers (EspStudyRuns *runs, size_t n_workers)
{
  runs->n_workers = n_workers;
}

static char *
print_key (const char *fingerprint, const char *variant, uint64_t seed)
{
  return g_strdup_printf ("%s %" G_GUINT64_FORMAT " %s", fingerprint, seed, variant);
}

gboolean
esp_study_runs_set_file (EspStudyRuns *runs, const char *path, gboolean resume, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  runs->file = esp_study_file_open (path, resume, runs->records, error);
  if (runs->file == NULL)
    return FALSE;

  for (guint i = 0; i < runs->records->len; i++)
    {
      EspStudyRecord *record = g_ptr_array_index (runs->records, i);

      if (record->fingerprint != NULL)
        g_hash_table_insert (done, print_key (record->fingerprint, record->variant, record->seed), record);
    }
  for (guint i = 0; i < runs->runs->len; i++)
    {
      EspStudyRun *run = get_run (runs, i);
      g_autofree char *key = print_key (run->fingerprint, get_variant (runs, run)->name, run->seed);

      run->record = g_hash_table_lookup (done, key);
      run->share = run->record != NULL ? 1.0 : 0.0;
    }

  return TRUE;
}

/* Keeps what the evaluations during the run have measured. */
static void
take_history (const EspStudyRun *run, EspStudyRecord *record)
{
  const EspHistory *history = run->snapshot != NULL ? run->snapshot->history : NULL;
  gboolean is_symbolic = esp_recipe_get_policy (run->recipe) == ESP_POLICY_SYMBOLIC;

  for (size_t i = 0; history != NULL && i < history->n_evaluations; i++)
    {
      const EspEvaluation *evaluation = &history->evaluations[i];
      EspStudyPoint point = { .step = evaluation->step,
                              .mean = esp_evaluation_get_return (evaluation),
                              .masked = is_symbolic ? evaluation->masked.mean : NAN,
                              .sampled = is_symbolic ? evaluation->sampled.mean : NAN,
                              .reading_length = evaluation->formula.episodes > 0
                                                  ? (double) evaluation->reading_length
                                                  : NAN,
                              .live_paths = is_symbolic ? (double) evaluation->live_paths : NAN };

      g_array_append_val (record->curve, point);
    }
  if (!is_symbolic || run->snapshot == NULL || run->snapshot->arrangement == NULL)
    return;

  record->paths = (double) (run->snapshot->n_actions * run->snapshot->arrangement->n_paths);
  if (record->curve->len > 0)
    record->live_paths = g_array_index (record->curve, EspStudyPoint, record->curve->len - 1).live_paths;
}

/* Keeps the front, each formula measured on episodes that had no part in finding it. Returns FALSE where that
 * was cut short. */
static bool
take_front (const EspStudyRuns *runs, const EspStudyRun *run, const EspArchive *front, EspStudyRecord *record)
{
  for (size_t i = 0; i < esp_archive_get_n (front); i++)
    {
      const EspArchiveEntry *found = esp_archive_get (front, i);
      EspStudyFrontEntry entry = { .reading_length = found->length,
                                   .mean = found->value,
                                   .report = NAN,
                                   .formula = esp_report_formula (found->formula) };
      EspReturns returns = { 0 };

      if (runs->study->measure == ESP_STUDY_LENGTH)
        {
          returns = esp_evaluate_formula (found->formula, run->environment, ESP_REPORT_SEED,
                                          runs->plan.episodes, NULL, runs->plan.cancelled);
          entry.report = returns.mean;
        }
      g_array_append_val (record->front, entry);
      if (runs->study->measure == ESP_STUDY_LENGTH && returns.episodes < runs->plan.episodes)
        return false;
    }

  return true;
}

/* Returns FALSE where measuring the result was cut short, which then says nothing. */
static bool
take_result (const EspStudyRuns *runs, const EspStudyRun *run, EspStudyRecord *record)
{
  EspResult result;
  EspReturns returns;
  bool is_whole;

  if (!esp_trainer_get_result (run->trainer, &result))
    {
      record->failure = g_strdup ("the run ended without a policy");
      return true;
    }
  returns = result.policy_return;
  if (runs->plan.episodes != returns.episodes)
    returns = result.formula != NULL
                ? esp_evaluate_formula (result.formula, run->environment, ESP_REPORT_SEED,
                                        runs->plan.episodes, NULL, runs->plan.cancelled)
                : esp_evaluate_actor (result.actor, ESP_REPORT_SEED, runs->plan.episodes, NULL,
                                      runs->plan.cancelled);
  record->mean = returns.mean;
  record->deviation = returns.deviation;
  record->episodes = returns.episodes;
  record->steps = result.steps;
  record->wall_seconds = result.seconds;
  /* of a run that was over at once there is no picture before its end */
  record->learning_seconds = fmin (run->learning_seconds, result.seconds);
  record->side_by_side = runs->n_workers;
  record->formula = result.formula != NULL ? esp_report_formula (result.formula) : NULL;
  for (size_t i = 0; result.formula != NULL && i < esp_formula_get_n_actions (result.formula); i++)
    {
      double length = (double) esp_formula_get_length (result.formula, i);

      g_array_append_val (record->lengths, length);
    }
  take_history (run, record);
  is_whole = returns.episodes == runs->plan.episodes
             && (result.front == NULL || take_front (runs, run, result.front, record));
  esp_result_clear (&result);

  return is_whole;
}

/* Keeps what the run has come to; it is over then, unless measuring it was cut short. */
static gboolean
keep (EspStudyRuns *runs, EspStudyRun *run, const char *failure, GError **error)
{
  EspStudyRecord *record = esp_study_record_new ();
  bool is_whole = true;

  record->environment = g_strdup (run->environment->name);
  record->variant = g_strdup (get_variant (runs, run)->name);
  record->recipe = g_strdup (esp_recipe_get_name (run->recipe));
  record->fingerprint = g_strdup (run->fingerprint);
  record->seed = run->seed;
  record->failure = g_strdup (failure);
  if (failure == NULL)
    is_whole = take_result (runs, run, record);
  if (!is_whole)
    {
      esp_study_record_free (record);
      return TRUE;
    }
  g_ptr_array_add (runs->records, record);
  run->record = record;
  run->share = 1.0;
  g_clear_pointer (&run->trainer, esp_trainer_free);
  g_clear_pointer (&run->snapshot, esp_snapshot_unref);

  return runs->file == NULL || esp_study_file_append (runs->file, record, runs->study->name, error);
}

static gboolean
start (EspStudyRuns *runs, EspStudyRun *run, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *file = run->environment->file;
  size_t n_threads = g_get_num_processors () / runs->n_workers;

  run->trainer = esp_trainer_new (file != NULL ? file : run->environment->name, run->recipe, run->seed,
                                  &failure);
  if (run->trainer == NULL)
    return keep (runs, run, failure->message, error);
  esp_trainer_set_workers (run->trainer, CLAMP (n_threads, 1, ESP_MAX_WORKERS));
  esp_trainer_run (run->trainer);

  return TRUE;
}

/* Looks after a run that is under way, waiting up to @milliseconds for it. */
static gboolean
look_after (EspStudyRuns *runs, EspStudyRun *run, unsigned milliseconds, GError **error)
{
  EspRunState state = esp_trainer_wait (run->trainer, milliseconds);
  EspSnapshot *snapshot = esp_trainer_take_snapshot (run->trainer, ESP_CONSUMER_WINDOW);
  g_autofree char *failure = NULL;

  if (snapshot != NULL)
    {
      /* the first picture of the final choice is of its beginning */
      if (snapshot->state == ESP_RUN_TRAINING || run->snapshot == NULL
          || run->snapshot->state == ESP_RUN_TRAINING)
        run->learning_seconds = snapshot->seconds;
      g_clear_pointer (&run->snapshot, esp_snapshot_unref);
      run->snapshot = snapshot;
      run->share = snapshot->progress;
    }
  if (state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING)
    return TRUE;
  if (state != ESP_RUN_DONE)
    failure = g_strdup (run->snapshot != NULL && run->snapshot->message != NULL ? run->snapshot->message
                                                                                : "learning diverged");

  return keep (runs, run, failure, error);
}

gboolean
esp_study_runs_advance (EspStudyRuns *runs, unsigned milliseconds, GError **error)
{
  size_t n_active = 0, n_left = 0;

  for (guint i = 0; i < runs->runs->len; i++)
    n_active += get_run (runs, i)->trainer != NULL;
  for (guint i = 0; i < runs->runs->len && n_active < runs->n_workers; i++)
    {
      EspStudyRun *run = get_run (runs, i);

      if (run->record != NULL || run->trainer != NULL)
        continue;
      if (!start (runs, run, error))
        return FALSE;
      n_active += run->trainer != NULL;
    }
  for (guint i = 0; i < runs->runs->len; i++)
    {
      EspStudyRun *run = get_run (runs, i);

      if (run->trainer != NULL && !look_after (runs, run, milliseconds / (unsigned) n_active, error))
        return FALSE;
      n_left += run->record == NULL;
    }

  return n_left > 0;
}

void
esp_study_runs_stop (EspStudyRuns *runs)
{
  for (guint i = 0; i < runs->runs->len; i++)
    g_clear_pointer (&get_run (runs, i)->trainer, esp_trainer_free);
}

double
esp_study_runs_get_share (const EspStudyRuns *runs, size_t *n_over)
{
  double sum = 0.0, all = 0.0;

  *n_over = 0;
  for (guint i = 0; i < runs->runs->len; i++)
    {
      const EspStudyRun *run = get_run (runs, i);

      sum += run->cost * run->share;
      all += run->cost;
      *n_over += run->record != NULL;
    }

  return all > 0.0 ? sum / all : 1.0;
}

GPtrArray *
esp_study_runs_list (const EspStudyRuns *runs)
{
  GPtrArray *records = g_ptr_array_new ();

  for (guint i = 0; i < runs->runs->len; i++)
    if (get_run (runs, i)->record != NULL)
      g_ptr_array_add (records, (gpointer) get_run (runs, i)->record);

  return records;
}

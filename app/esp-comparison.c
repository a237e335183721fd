#include "esp-comparison.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-report.h"
#include "esp-resources.h"
#include "esp-signal-names.h"

static void
clear_contender (void *data)
{
  EspContender *contender = data;

  g_free (contender->name);
  esp_recipe_unref (contender->recipe);
}

static void
clear_contest (void *data)
{
  EspContest *contest = data;

  g_clear_pointer (&contest->trainer, esp_trainer_free);
  g_clear_pointer (&contest->formula, esp_formula_unref);
  g_free (contest->failure);
}

static void
clear_rival (void *data)
{
  EspRival *rival = data;

  g_free (rival->name);
  g_free (rival->source);
  g_clear_pointer (&rival->formula, esp_formula_unref);
}

EspComparison *
esp_comparison_new (const EspEnvironmentInfo *environment, size_t episodes)
{
  EspComparison *comparison = g_new0 (EspComparison, 1);

  comparison->environment = environment;
  comparison->episodes = episodes;
  comparison->contenders = g_array_new (FALSE, TRUE, sizeof (EspContender));
  comparison->contests = g_array_new (FALSE, TRUE, sizeof (EspContest));
  comparison->rivals = g_array_new (FALSE, TRUE, sizeof (EspRival));
  g_array_set_clear_func (comparison->contenders, clear_contender);
  g_array_set_clear_func (comparison->contests, clear_contest);
  g_array_set_clear_func (comparison->rivals, clear_rival);

  return comparison;
}

void
esp_comparison_free (EspComparison *comparison)
{
  if (comparison == NULL)
    return;

  g_array_unref (comparison->contests);
  g_array_unref (comparison->contenders);
  g_array_unref (comparison->rivals);
  g_free (comparison);
}

gboolean
esp_comparison_add_policy (EspComparison *comparison,
                           const char *name,
                           const GPtrArray *assignments,
                           GError **error)
{
  bool is_alias = strcmp (name, "espl") == 0 || strcmp (name, "published") == 0;
  const char *recipe_name = !is_alias ? name : strcmp (name, "espl") == 0 ? "default" : "espl";
  g_autoptr (EspRecipe) recipe = esp_recipe_load (comparison->environment->name, recipe_name, error);
  g_autoptr (EspTrainer) trainer = NULL;
  const char *own_name;
  EspContender contender;

  if (recipe == NULL)
    return FALSE;
  own_name = is_alias ? name : esp_recipe_get_name (recipe);
  for (guint i = 0; i < comparison->contenders->len; i++)
    if (strcmp (g_array_index (comparison->contenders, EspContender, i).name, own_name) == 0)
      {
        g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                     "--policies has two called “%s”, which nobody could tell apart; name each policy once",
                     own_name);
        return FALSE;
      }
  for (guint i = 0; i < assignments->len; i++)
    if (!esp_recipe_set (recipe, g_ptr_array_index (assignments, i), error))
      return FALSE;
  /* what does not fit together is said before hours of training */
  trainer = esp_trainer_new (comparison->environment->name, recipe, 0, error);
  if (trainer == NULL)
    return FALSE;

  contender.name = g_strdup (own_name);
  contender.recipe = g_steal_pointer (&recipe);
  g_array_append_val (comparison->contenders, contender);

  return TRUE;
}

void
esp_comparison_set_seeds (EspComparison *comparison, const uint64_t *seeds, size_t n)
{
  g_array_set_size (comparison->contests, 0);
  for (guint c = 0; c < comparison->contenders->len; c++)
    for (size_t i = 0; i < n; i++)
      {
        EspContest contest = { .contender = c, .seed = seeds[i] };

        g_array_append_val (comparison->contests, contest);
      }
}

static EspContest *
get_contest (const EspComparison *comparison, guint i)
{
  return &g_array_index (comparison->contests, EspContest, i);
}

static const EspContender *
get_contender (const EspComparison *comparison, const EspContest *contest)
{
  return &g_array_index (comparison->contenders, EspContender, contest->contender);
}

/* Adds the textbook controller, where there is one. */
static gboolean
add_controller (EspComparison *comparison, GError **error)
{
  const EspEnvironmentInfo *environment = comparison->environment;
  g_autofree char *path = esp_resource_path ("controllers.json");
  g_autoptr (JsonNode) root = esp_json_load (path, error);
  JsonObject *entry;
  EspSignalNames names;
  EspRival rival = { 0 };

  if (root == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (root)
      || !json_object_has_member (json_node_get_object (root), environment->name))
    return TRUE;

  entry = json_object_get_object_member (json_node_get_object (root), environment->name);
  esp_signal_names_init (&names, environment);
  rival.formula = esp_formula_parse (json_object_get_string_member_with_default (entry, "formula", ""),
                                     &names.symbols, environment->n_actions, error);
  if (rival.formula == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  rival.name = g_strdup (json_object_get_string_member_with_default (entry, "name", "textbook"));
  rival.source = g_strdup (json_object_get_string_member_with_default (entry, "source", ""));
  g_array_append_val (comparison->rivals, rival);

  return TRUE;
}

gboolean
esp_comparison_measure_rivals (EspComparison *comparison, EspPool *pool, GError **error)
{
  EspRival random = { .name = g_strdup ("random"),
                      .source = g_strdup ("actions that are uniform between their limits") };

  g_array_append_val (comparison->rivals, random);
  if (!add_controller (comparison, error))
    return FALSE;
  for (guint i = 0; i < comparison->rivals->len; i++)
    {
      EspRival *rival = &g_array_index (comparison->rivals, EspRival, i);

      rival->returns = rival->formula != NULL
                         ? esp_evaluate_formula (rival->formula, comparison->environment, ESP_REPORT_SEED,
                                                 comparison->episodes, pool, NULL)
                         : esp_evaluate_random (comparison->environment, ESP_REPORT_SEED,
                                                comparison->episodes, pool, NULL);
    }

  return TRUE;
}

/* Takes what the run that is done hands out. */
static void
take_result (EspComparison *comparison, EspContest *contest)
{
  EspResult result;

  if (!esp_trainer_get_result (contest->trainer, &result))
    {
      contest->failure = g_strdup ("the run ended without a policy");
      return;
    }
  contest->formula = result.formula != NULL ? esp_formula_ref (result.formula) : NULL;
  contest->steps = result.steps;
  contest->seconds = result.seconds;
  contest->returns = result.policy_return;
  if (comparison->episodes != result.policy_return.episodes)
    contest->returns = result.formula != NULL
                         ? esp_evaluate_formula (result.formula, comparison->environment, ESP_REPORT_SEED,
                                                 comparison->episodes, NULL, NULL)
                         : esp_evaluate_actor (result.actor, ESP_REPORT_SEED, comparison->episodes, NULL,
                                               NULL);
  esp_result_clear (&result);
}

/* Looks after a run that is under way, waiting up to @milliseconds for it. */
static void
look_after (EspComparison *comparison, EspContest *contest, unsigned milliseconds)
{
  EspRunState state = esp_trainer_wait (contest->trainer, milliseconds);
  g_autoptr (EspSnapshot) snapshot = esp_trainer_take_snapshot (contest->trainer, ESP_CONSUMER_WINDOW);

  if (snapshot != NULL)
    contest->share = snapshot->progress;
  if (state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING)
    return;

  if (state == ESP_RUN_DONE)
    take_result (comparison, contest);
  else
    contest->failure = g_strdup (snapshot != NULL && snapshot->message != NULL ? snapshot->message
                                                                               : "learning diverged");
  contest->share = 1.0;
  contest->is_over = true;
  g_clear_pointer (&contest->trainer, esp_trainer_free);
}

static void
start (EspComparison *comparison, EspContest *contest)
{
  g_autoptr (GError) error = NULL;

  contest->trainer = esp_trainer_new (comparison->environment->name,
                                      get_contender (comparison, contest)->recipe, contest->seed, &error);
  if (contest->trainer != NULL)
    {
      esp_trainer_run (contest->trainer);
      return;
    }
  contest->failure = g_strdup (error->message);
  contest->share = 1.0;
  contest->is_over = true;
}

gboolean
esp_comparison_advance (EspComparison *comparison, size_t n_workers, unsigned milliseconds)
{
  size_t n_active = 0, n_left = 0;

  for (guint i = 0; i < comparison->contests->len; i++)
    n_active += get_contest (comparison, i)->trainer != NULL;
  for (guint i = 0; i < comparison->contests->len && n_active < n_workers; i++)
    {
      EspContest *contest = get_contest (comparison, i);

      if (contest->is_over || contest->trainer != NULL)
        continue;
      start (comparison, contest);
      n_active += contest->trainer != NULL;
    }
  for (guint i = 0; i < comparison->contests->len; i++)
    {
      EspContest *contest = get_contest (comparison, i);

      if (contest->trainer != NULL)
        look_after (comparison, contest, milliseconds / (unsigned) n_active);
      n_left += !contest->is_over;
    }

  return n_left > 0;
}

void
esp_comparison_stop (EspComparison *comparison)
{
  for (guint i = 0; i < comparison->contests->len; i++)
    g_clear_pointer (&get_contest (comparison, i)->trainer, esp_trainer_free);
}

double
esp_comparison_get_share (const EspComparison *comparison, size_t *n_over)
{
  double sum = 0.0;

  *n_over = 0;
  for (guint i = 0; i < comparison->contests->len; i++)
    {
      sum += get_contest (comparison, i)->share;
      *n_over += get_contest (comparison, i)->is_over;
    }

  return comparison->contests->len > 0 ? sum / comparison->contests->len : 1.0;
}

static void
append_length (GString *text, const EspFormula *formula)
{
  if (formula != NULL)
    g_string_append_printf (text, "%zu", esp_formula_get_longest (formula));
  else
    g_string_append (text, "null");
}

static void
append_metrics (GString *text, const EspFormula *formula)
{
  g_string_append (text, ", \"metrics\": ");
  if (formula != NULL)
    esp_report_append_metrics (text, formula);
  else
    g_string_append (text, "null");
}

static int
compare_numbers (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Returns the middle of @values[n], which it sorts; NaN of none. */
static double
get_median (double *values, size_t n)
{
  if (n == 0)
    return NAN;
  qsort (values, n, sizeof *values, compare_numbers);

  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

/* What the finished runs of one policy come to; numbers that there are not are NaN. */
typedef struct
{
  size_t n;
  double mean;           /* over seeds, of the mean returns */
  double standard_error; /* of that mean, from the spread over seeds */
  double median;
  double best;
  double length;  /* median */
  double seconds; /* mean */
} Summary;

static Summary
summarise (const EspComparison *comparison, size_t contender)
{
  g_autofree double *means = g_new (double, comparison->contests->len);
  g_autofree double *lengths = g_new (double, comparison->contests->len);
  Summary summary = { .standard_error = NAN, .best = NAN };
  double sum = 0.0, squares = 0.0, seconds = 0.0, n;
  size_t n_formulas = 0;

  for (guint i = 0; i < comparison->contests->len; i++)
    {
      const EspContest *contest = get_contest (comparison, i);

      if (contest->contender != contender || contest->returns.episodes == 0)
        continue;
      means[summary.n++] = contest->returns.mean;
      sum += contest->returns.mean;
      seconds += contest->seconds;
      summary.best = fmax (summary.best, contest->returns.mean);
      if (contest->formula != NULL)
        lengths[n_formulas++] = (double) esp_formula_get_longest (contest->formula);
    }
  n = (double) summary.n;
  summary.mean = sum / n;
  summary.seconds = seconds / n;
  for (size_t i = 0; i < summary.n; i++)
    squares += (means[i] - summary.mean) * (means[i] - summary.mean);
  if (summary.n > 1)
    summary.standard_error = sqrt (squares / (n - 1.0) / n);
  summary.median = get_median (means, summary.n);
  summary.length = get_median (lengths, n_formulas);

  return summary;
}

static void
append_run (GString *text, const EspComparison *comparison, const EspContest *contest)
{
  g_string_append (text, "{\"environment\": ");
  esp_report_append_string (text, comparison->environment->name);
  g_string_append (text, ", \"policy\": ");
  esp_report_append_string (text, get_contender (comparison, contest)->name);
  g_string_append_printf (text, ", \"seed\": %" G_GUINT64_FORMAT ", \"mean\": ", contest->seed);
  esp_report_append_number (text, contest->returns.mean);
  g_string_append (text, ", \"std\": ");
  esp_report_append_number (text, contest->returns.deviation);
  g_string_append_printf (text, ", \"steps\": %" G_GUINT64_FORMAT ", \"wall_seconds\": ", contest->steps);
  esp_report_append_number (text, contest->seconds);
  g_string_append (text, ", \"reading_length\": ");
  append_length (text, contest->formula);
  append_metrics (text, contest->formula);
  g_string_append (text, ", \"formula\": ");
  esp_report_append_formula (text, contest->formula);
  g_string_append_c (text, '}');
}

static void
append_summary (GString *text, const EspContender *contender, const Summary *summary)
{
  const struct
  {
    const char *key;
    double value;
  } numbers[] = {
    { "mean", summary->mean },
    { "standard_error", summary->standard_error },
    { "median", summary->median },
    { "best", summary->best },
    { "reading_length", summary->length },
    { "wall_seconds", summary->seconds },
  };

  g_string_append (text, "{\"policy\": ");
  esp_report_append_string (text, contender->name);
  g_string_append (text, ", \"recipe\": ");
  esp_report_append_string (text, esp_recipe_get_name (contender->recipe));
  g_string_append_printf (text, ", \"kind\": \"%s\", \"algorithm\": \"%s\", \"runs\": %zu",
                          esp_recipe_get_policy_name (contender->recipe),
                          esp_recipe_get_algorithm_name (contender->recipe), summary->n);
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_string_append_printf (text, ", \"%s\": ", numbers[i].key);
      esp_report_append_number (text, numbers[i].value);
    }
  g_string_append_c (text, '}');
}

static void
append_rival (GString *text, const EspRival *rival)
{
  g_string_append (text, "{\"policy\": ");
  esp_report_append_string (text, rival->name);
  g_string_append (text, ", \"source\": ");
  esp_report_append_string (text, rival->source);
  g_string_append (text, ", \"mean\": ");
  esp_report_append_number (text, rival->returns.mean);
  g_string_append (text, ", \"std\": ");
  esp_report_append_number (text, rival->returns.deviation);
  g_string_append (text, ", \"reading_length\": ");
  append_length (text, rival->formula);
  append_metrics (text, rival->formula);
  g_string_append (text, ", \"formula\": ");
  esp_report_append_formula (text, rival->formula);
  g_string_append_c (text, '}');
}

void
esp_comparison_append_json (const EspComparison *comparison, GString *text)
{
  const char *separator = "";

  g_string_append (text, "{\"environment\": ");
  esp_report_append_string (text, comparison->environment->name);
  g_string_append_printf (text, ", \"episodes\": %zu, \"report_seed\": %" G_GUINT64_FORMAT ", \"runs\": [",
                          comparison->episodes, ESP_REPORT_SEED);
  for (guint i = 0; i < comparison->contests->len; i++)
    if (get_contest (comparison, i)->returns.episodes > 0)
      {
        g_string_append (text, separator);
        append_run (text, comparison, get_contest (comparison, i));
        separator = ", ";
      }
  g_string_append (text, "], \"policies\": [");
  for (guint c = 0; c < comparison->contenders->len; c++)
    {
      Summary summary = summarise (comparison, c);

      g_string_append (text, c == 0 ? "" : ", ");
      append_summary (text, &g_array_index (comparison->contenders, EspContender, c), &summary);
    }
  g_string_append (text, "], \"references\": [");
  for (guint i = 0; i < comparison->rivals->len; i++)
    {
      g_string_append (text, i == 0 ? "" : ", ");
      append_rival (text, &g_array_index (comparison->rivals, EspRival, i));
    }
  g_string_append (text, "]}\n");
}

/* Appends @value in a column, or a dash where it is no number. */
static void
append_cell (GString *text, int width, int decimals, double value)
{
  if (isfinite (value))
    g_string_append_printf (text, " %*.*f", width, decimals, value);
  else
    g_string_append_printf (text, " %*s", width, "-");
}

void
esp_comparison_append_table (const EspComparison *comparison, GString *text)
{
  g_string_append_printf (text, "%s: mean return over %zu episodes from seed %" G_GUINT64_FORMAT "\n\n",
                          comparison->environment->name, comparison->episodes, ESP_REPORT_SEED);
  g_string_append_printf (text, "  %-26s %5s %11s %10s %11s %11s %7s %9s\n", "policy", "seeds", "mean",
                          "± error", "median", "best", "length", "seconds");
  for (guint c = 0; c < comparison->contenders->len; c++)
    {
      const EspContender *contender = &g_array_index (comparison->contenders, EspContender, c);
      Summary summary = summarise (comparison, c);

      g_string_append_printf (text, "  %-26s %5zu", contender->name, summary.n);
      append_cell (text, 11, 2, summary.mean);
      append_cell (text, 9, 2, summary.standard_error);
      append_cell (text, 11, 2, summary.median);
      append_cell (text, 11, 2, summary.best);
      append_cell (text, 7, 0, summary.length);
      append_cell (text, 9, 1, summary.seconds);
      g_string_append_c (text, '\n');
    }
  for (guint i = 0; i < comparison->rivals->len; i++)
    {
      const EspRival *rival = &g_array_index (comparison->rivals, EspRival, i);

      g_string_append_printf (text, "  %-26s %5s", rival->name, "-");
      append_cell (text, 11, 2, rival->returns.mean);
      append_cell (text, 9, 2, NAN);
      append_cell (text, 11, 2, NAN);
      append_cell (text, 11, 2, NAN);
      append_cell (text, 7, 0,
                   rival->formula != NULL ? (double) esp_formula_get_longest (rival->formula) : NAN);
      append_cell (text, 9, 1, NAN);
      g_string_append_c (text, '\n');
    }
}

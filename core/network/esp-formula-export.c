#include "esp-formula-export.h"

#include <math.h>
#include <string.h>

#include "esp-dot.h"
#include "esp-error.h"
#include "esp-export-c.h"
#include "esp-export-python.h"
#include "esp-expression-json.h"
#include "esp-precedence.h"
#include "esp-print.h"
#include "esp-random.h"
#include "esp-rounding.h"

/* Test vectors in the C file itself. */
#define N_OWN_VECTORS 16

#define VECTORS_SEED 1
#define MAX_EPISODES 4

/* Mathematical functions of other libraries are a few units off, and compilers may reorder nothing but fuse
 * multiplications and additions. */
#define ROUNDING_UNITS 8

/* A state is near a jump where rounding moves the action by more than this share of 1 plus its size. */
#define JUMP 1e-3

static const EspFormatInfo formats[ESP_N_FORMATS] = {
  [ESP_FORMAT_TEXT] = { "text", "Plain text", "the language in which formulas are typed", ".txt" },
  [ESP_FORMAT_UNICODE] = { "unicode", "Unicode text", "for people: θ̇, ·, −, ²", ".txt" },
  [ESP_FORMAT_LATEX] = { "latex", "LaTeX", "a displayed equation, with amsmath", ".tex" },
  [ESP_FORMAT_PYTHON] = { "python", "Python (NumPy)", "a module with a function over arrays of states",
                          ".py" },
  [ESP_FORMAT_SYMPY] = { "sympy", "SymPy", "text for sympify(), guards written out", ".txt" },
  [ESP_FORMAT_C] = { "c", "C", "one C11 file with its own self-test", ".c" },
  [ESP_FORMAT_JSON] = { "json", "JSON", "the formula without loss; --policy reads the file back", ".json" },
  [ESP_FORMAT_DOT] = { "dot", "Graphviz", "the graph of the formula, for dot; a shared term once", ".dot" },
};

const EspFormatInfo *
esp_format_get_info (EspFormat format)
{
  g_return_val_if_fail (format < ESP_N_FORMATS, NULL);

  return &formats[format];
}

gboolean
esp_format_find (const char *name, EspFormat *format, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (size_t i = 0; i < ESP_N_FORMATS; i++)
    {
      if (strcmp (formats[i].name, name) == 0)
        {
          *format = (EspFormat) i;
          return TRUE;
        }
      g_string_append_printf (known, "%s%s",
                              i == 0                  ? ""
                              : i + 1 < ESP_N_FORMATS ? ", "
                                                      : " or ",
                              formats[i].name);
    }

  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "there is no format “%s”; it can be %s", name, known->str);
  return FALSE;
}

static EspExportSignal *
copy_signals (const EspSignal *signals, size_t n)
{
  EspExportSignal *copy = g_new (EspExportSignal, n);

  for (size_t i = 0; i < n; i++)
    copy[i] = (EspExportSignal){ signals[i].name, signals[i].description, signals[i].unit, signals[i].low,
                                 signals[i].high };

  return copy;
}

/* What visited states are gathered into. */
typedef struct
{
  const EspFormula *formula;
  const EspEnvironmentInfo *environment;
  bool single;
  EspTestVectors *vectors;
} Gatherer;

/* Adds the state unless it is there already, as where episodes are short, or is one at which rounding
 * decides. */
static void
add_state (Gatherer *gatherer, const double *observation)
{
  EspTestVectors *vectors = gatherer->vectors;
  size_t size = vectors->n_observations * sizeof (double);
  double *action = vectors->actions + vectors->n * vectors->n_actions;
  double *tolerance = vectors->tolerances + vectors->n * vectors->n_actions;

  for (size_t k = 0; k < vectors->n; k++)
    if (memcmp (vectors->states + k * vectors->n_observations, observation, size) == 0)
      return;
  esp_formula_evaluate (gatherer->formula, observation, action);
  esp_formula_bound_rounding (gatherer->formula, observation, gatherer->single, ROUNDING_UNITS, tolerance);
  for (size_t i = 0; i < vectors->n_actions; i++)
    {
      double allowed = isfinite (action[i]) ? JUMP * (1 + fabs (action[i])) : 0;

      if (!(tolerance[i] <= allowed))
        return;
    }
  memcpy (vectors->states + vectors->n * vectors->n_observations, observation, size);
  vectors->n++;
}

/* Returns the states that the formula visits, one after the other. */
static GArray *
visit (const EspFormula *formula, EspEnvironment *environment)
{
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  GArray *states = g_array_new (FALSE, FALSE, (guint) (info->n_observations * sizeof (double)));
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];

  for (uint64_t episode = 0; episode < MAX_EPISODES; episode++)
    {
      EspStep step = { 0 };

      esp_environment_reset (environment, VECTORS_SEED + episode, observation);
      for (size_t t = 0; t < info->max_steps && !step.terminated && !step.truncated; t++)
        {
          g_array_append_vals (states, observation, 1);
          esp_formula_evaluate (formula, observation, action);
          step = esp_environment_step (environment, action, observation);
        }
    }

  return states;
}

/* Adds states from all of the space of observations. */
static void
spread (Gatherer *gatherer, const GArray *visited, size_t n)
{
  const EspEnvironmentInfo *info = gatherer->environment;
  const double *states = (const double *) visited->data;
  double low[ESP_MAX_OBSERVATIONS], high[ESP_MAX_OBSERVATIONS], observation[ESP_MAX_OBSERVATIONS];
  EspRandom random;

  for (size_t i = 0; i < info->n_observations; i++)
    {
      double size = 1;

      for (guint k = 0; k < visited->len; k++)
        size = fmax (size, 2 * fabs (states[k * info->n_observations + i]));
      low[i] = isfinite (info->observations[i].low) ? info->observations[i].low : -size;
      high[i] = isfinite (info->observations[i].high) ? info->observations[i].high : size;
    }

  esp_random_init (&random, VECTORS_SEED, 0);
  for (size_t tries = 0; tries < 8 * n && gatherer->vectors->n < n; tries++)
    {
      for (size_t i = 0; i < info->n_observations; i++)
        observation[i] = esp_random_between (&random, low[i], high[i]);
      add_state (gatherer, observation);
    }
}

EspTestVectors *
esp_formula_make_test_vectors (
  const EspFormula *formula, const EspEnvironmentInfo *environment, size_t n, bool single, GError **error)
{
  g_autoptr (EspEnvironment) instance = esp_environment_new (environment->name, error);
  g_autoptr (EspTestVectors) vectors = NULL;
  g_autoptr (GArray) visited = NULL;
  Gatherer gatherer = { formula, environment, single, NULL };
  size_t half = n / 2;

  if (instance == NULL)
    return NULL;

  vectors = g_new0 (EspTestVectors, 1);
  vectors->n_observations = environment->n_observations;
  vectors->n_actions = environment->n_actions;
  vectors->states = g_new0 (double, n * vectors->n_observations);
  vectors->actions = g_new0 (double, n * vectors->n_actions);
  vectors->tolerances = g_new0 (double, n * vectors->n_actions);
  gatherer.vectors = vectors;

  visited = visit (formula, instance);
  for (size_t k = 0; k < half; k++)
    {
      size_t place = k * visited->len / half;

      add_state (&gatherer, (const double *) visited->data + place * vectors->n_observations);
    }
  spread (&gatherer, visited, n);

  return g_steal_pointer (&vectors);
}

/* Fills what stands beside the formula; @observations and @actions are freed by the caller. */
static void
describe (EspExport *export,
          const EspEnvironmentInfo *environment,
          EspExportSignal **observations,
          EspExportSignal **actions,
          char **title)
{
  *observations = copy_signals (environment->observations, environment->n_observations);
  *actions = copy_signals (environment->actions, environment->n_actions);
  *title = g_strdup_printf ("%s (%s)", environment->title, environment->name);
  export->title = *title;
  export->observations = *observations;
  export->actions = *actions;
}

char *
esp_formula_export_test_vectors (
  const EspFormula *formula, const EspEnvironmentInfo *environment, size_t n, bool single, GError **error)
{
  g_autoptr (EspTestVectors) vectors = esp_formula_make_test_vectors (formula, environment, n, single, error);
  g_autofree EspExportSignal *observations = NULL;
  g_autofree EspExportSignal *actions = NULL;
  g_autofree char *title = NULL;
  EspExport export = { 0 };

  if (vectors == NULL)
    return NULL;
  describe (&export, environment, &observations, &actions, &title);

  return esp_test_vectors_to_csv (vectors, &export);
}

static char *
export_lines (const EspFormula *formula, EspFormat format)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  GString *string = g_string_new (NULL);

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      const EspExpression *expression = esp_formula_get_expression (formula, i);
      g_autofree char *text = format == ESP_FORMAT_TEXT ? esp_expression_to_text (expression, symbols)
                                                        : esp_expression_to_unicode (expression, symbols, 0);

      g_string_append_printf (string, "%s%s", i > 0 ? ";\n" : "", text);
    }
  g_string_append_c (string, '\n');

  return g_string_free (string, FALSE);
}

/* Returns the physical actions' names as they are typeset or typed; free the array. */
static const char **
list_actions (const EspEnvironmentInfo *environment, bool latex)
{
  const char **names = g_new0 (const char *, environment->n_actions + 1);

  for (size_t i = 0; i < environment->n_actions; i++)
    names[i] = latex ? environment->actions[i].latex : environment->actions[i].name;

  return names;
}

static char *
end_line (char *text)
{
  g_autofree char *before = text;

  return g_str_has_suffix (text, "\n") ? g_steal_pointer (&before) : g_strconcat (text, "\n", NULL);
}

char *
esp_formula_export (const EspFormula *formula,
                    const EspEnvironmentInfo *environment,
                    EspFormat format,
                    bool single,
                    GError **error)
{
  g_autoptr (EspTestVectors) vectors = NULL;
  g_autofree EspExportSignal *observations = NULL;
  g_autofree EspExportSignal *actions = NULL;
  g_autofree char *title = NULL;
  g_autofree const char **names = NULL;
  EspExport export = { .single = single };

  g_return_val_if_fail (esp_formula_get_n_actions (formula) == environment->n_actions, NULL);
  if (format != ESP_FORMAT_JSON && format != ESP_FORMAT_DOT && !esp_export_check (formula, error))
    return NULL;

  describe (&export, environment, &observations, &actions, &title);
  switch (format)
    {
    case ESP_FORMAT_TEXT:
    case ESP_FORMAT_UNICODE:
      return export_lines (formula, format);
    case ESP_FORMAT_LATEX:
      names = list_actions (environment, true);
      return esp_formula_to_latex (formula, names, 0);
    case ESP_FORMAT_PYTHON:
      return esp_formula_to_python (formula, &export, error);
    case ESP_FORMAT_SYMPY:
      return esp_formula_to_sympy (formula, error);
    case ESP_FORMAT_C:
      vectors = esp_formula_make_test_vectors (formula, environment, N_OWN_VECTORS, single, error);
      if (vectors == NULL)
        return NULL;
      /* a formula may jump everywhere */
      export.vectors = vectors->n > 0 ? vectors : NULL;
      return esp_formula_to_c (formula, &export, error);
    case ESP_FORMAT_JSON:
      return end_line (esp_formula_to_json (formula));
    case ESP_FORMAT_DOT:
      names = list_actions (environment, false);
      return end_line (esp_formula_to_dot (formula, names, 0));
    case ESP_N_FORMATS:
      break;
    }

  g_return_val_if_reached (NULL);
}

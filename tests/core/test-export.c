/* Formulas as they are exported, against the evaluator: C as a library that the compiler made of the exported
 * file, Python in a process of its own.
 *
 * The error of an action is measured as the difference over the size that rounding works on: the action's
 * own and the sum of what one rounding of every number and every operation would move it by, in units of the
 * rounding (see esp_formula_bound_rounding()). Where an operation jumps, that size is large, and states are
 * counted at which it is so large that the comparison means nothing.
 *
 * ESP_EXPORT_FORMULAS and ESP_EXPORT_STATES in the environment ask for other numbers of formulas and states
 * than the few of every day. */

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "esp-error.h"
#include "esp-formula-export.h"
#include "esp-network.h"
#include "esp-random.h"
#include "esp-recipe-private.h"
#include "esp-recipe.h"
#include "esp-rounding.h"
#include "esp-signal-names.h"
#include "random-expression.h"

#define N_FORMULAS 12
#define N_STATES   1000

/* The published limit, relative and scaled by the condition. */
#define LIMIT 1e-12

/* A state at which one unit of rounding may move the action by more than this share is left out. */
#define MEANINGLESS 1e-6

#define WARNINGS "-Wall -Wextra -Wconversion -std=c11 -pedantic -Werror"

static const char *const environments[] = {
  "cartpole", "pendulum",     "reacher",        "inverted-double-pendulum",
  "hopper",   "half-cheetah", "walker2d",       "mountain-car",
  "car2d",    "lunar-lander", "bipedal-walker",
};

typedef void (*Policy) (const double *observation, double *action);

typedef struct
{
  double worst;
  size_t n_states;
  size_t n_meaningless;
  size_t n_wrong;  /* of those that are not finite, or beyond the limit */
  size_t n_tested; /* formulas whose exported C has a self-test */
  size_t n_odd;    /* values that are not finite */
} Sums;

static size_t
get_count (const char *variable, size_t usual)
{
  const char *text = g_getenv (variable);

  return text != NULL ? (size_t) g_ascii_strtoull (text, NULL, 10) : usual;
}

static void
run (const char *format, ...)
{
  g_autofree char *command = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;
  g_autoptr (GError) error = NULL;
  va_list arguments;
  int status;

  va_start (arguments, format);
  command = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_spawn_command_line_sync (command, &output, &messages, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, NULL) || messages[0] != '\0')
    g_test_message ("%s: %s%s", command, output, messages);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  g_assert_cmpstr (messages, ==, "");
}

/* A network of the environment's own arrangement with a random mask that leaves a formula to read. */
static EspFormula *
draw_network_formula (const EspEnvironmentInfo *info, EspRandom *random)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_load (info->name, NULL, &error);
  g_autoptr (EspArrangement) arrangement = NULL;

  g_assert_no_error (error);
  arrangement = esp_arrangement_new (recipe->arrangement, info->n_observations, &error);
  g_assert_no_error (error);

  for (;;)
    {
      g_autoptr (EspNetwork) network = esp_network_new (info, arrangement);
      g_autoptr (EspFormula) formula = NULL;
      double density = esp_random_between (random, 0.02, 0.15);
      bool readable = true;

      for (size_t i = 0; i < network->n_actions * arrangement->n_weights; i++)
        {
          network->weights[i] = 0.7 * esp_random_normal (random);
          network->mask[i] = esp_random_bernoulli (random, density);
        }
      for (size_t i = 0; i < network->n_actions * arrangement->n_biases; i++)
        network->biases[i] = 0.7 * esp_random_normal (random);
      formula = esp_network_extract (network);
      for (size_t i = 0; i < info->n_actions; i++)
        readable = readable && esp_formula_get_length (formula, i) < 2000;
      if (readable && esp_formula_get_length (formula, 0) > 10)
        return g_steal_pointer (&formula);
    }
}

static EspFormula *
draw_random_formula (const EspEnvironmentInfo *info, EspRandom *random)
{
  EspExpression *expressions[ESP_MAX_ACTIONS];
  EspSignalNames names;
  EspFormula *formula;

  for (size_t i = 0; i < info->n_actions; i++)
    expressions[i] = random_expression (random, info->n_observations, 8, false);
  esp_signal_names_init (&names, info);
  formula = esp_formula_new (expressions, info->n_actions, &names.symbols);
  for (size_t i = 0; i < info->n_actions; i++)
    esp_expression_unref (expressions[i]);

  return formula;
}

static void
draw_state (const EspEnvironmentInfo *info, EspRandom *random, double *observation)
{
  static const double sizes[] = { 0.1, 1, 10 };
  double size = sizes[esp_random_below (random, G_N_ELEMENTS (sizes))];

  for (size_t i = 0; i < info->n_observations; i++)
    {
      const EspSignal *signal = &info->observations[i];

      observation[i] = isfinite (signal->low) && isfinite (signal->high)
                         ? esp_random_between (random, signal->low, signal->high)
                         : size * esp_random_normal (random);
    }
}

/* Compares one action. @size: what rounding works on. */
static void
compare (Sums *sums, double expected, double found, double size)
{
  double error;

  sums->n_states++;
  if (!(size * 0x1p-53 <= MEANINGLESS * (isfinite (expected) ? 1 + fabs (expected) : 1)))
    {
      sums->n_meaningless++;
      return;
    }
  if (!isfinite (expected))
    {
      sums->n_odd++;
      if (isnan (expected) ? !isnan (found) : found != expected)
        sums->n_wrong++;
      return;
    }
  error = expected == found ? 0 : fabs (found - expected) / size;
  if (!(error <= LIMIT))
    sums->n_wrong++;
  sums->worst = fmax (sums->worst, error);
}

static void
write_text (const char *folder, guint k, const char *suffix, const char *text, gssize length)
{
  g_autofree char *path = g_strdup_printf ("%s/f%03u%s", folder, k, suffix);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, length, &error);
  g_assert_no_error (error);
}

static char *export(const EspFormula *formula, const EspEnvironmentInfo *info, EspFormat format, bool single)
{
  g_autoptr (GError) error = NULL;
  char *text = esp_formula_export (formula, info, format, single, &error);

  g_assert_no_error (error);
  return text;
}

/* Compiles the exported C as a library without a warning, and runs its self-tests. */
static void *
compile (
  const char *folder, guint k, const EspFormula *formula, const EspEnvironmentInfo *info, size_t *n_tested)
{
  g_autofree char *library = g_strdup_printf ("%s/f%03u.so", folder, k);
  g_autofree char *text = export(formula, info, ESP_FORMAT_C, false);
  g_autofree char *single = export(formula, info, ESP_FORMAT_C, true);
  g_autofree char *vectors = NULL;
  g_autoptr (GError) error = NULL;
  void *handle;

  write_text (folder, k, ".c", text, -1);
  write_text (folder, k, "s.c", single, -1);
  vectors = esp_formula_export_test_vectors (formula, info, 256, false, &error);
  g_assert_no_error (error);
  write_text (folder, k, ".csv", vectors, -1);

  run (ESP_TEST_COMPILER " " WARNINGS " -O2 -shared -fPIC -o %s %s/f%03u.c -lm", library, folder, k);
  /* a formula at which rounding decides everywhere has no test */
  if (strstr (text, "POLICY_SELF_TEST") != NULL)
    {
      run (ESP_TEST_COMPILER " " WARNINGS " -DPOLICY_SELF_TEST -o %s/f%03u %s/f%03u.c -lm", folder, k, folder,
           k);
      run ("%s/f%03u", folder, k);
      run ("%s/f%03u %s/f%03u.csv", folder, k, folder, k);
      (*n_tested)++;
    }
  if (strstr (single, "POLICY_SELF_TEST") != NULL)
    {
      run (ESP_TEST_COMPILER " " WARNINGS " -DPOLICY_SELF_TEST -o %s/f%03us %s/f%03us.c -lm", folder, k,
           folder, k);
      run ("%s/f%03us", folder, k);
    }

  handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);
  g_assert_nonnull (handle);
  return handle;
}

static size_t
count (const char *text, const char *word)
{
  size_t n = 0;

  while ((text = strstr (text, word)) != NULL)
    {
      text += strlen (word);
      n++;
    }
  return n;
}

/* Braces in pairs at every place, and as many ends as beginnings. */
static void
check_latex (const EspFormula *formula, const EspEnvironmentInfo *info)
{
  g_autofree char *latex = export(formula, info, ESP_FORMAT_LATEX, false);
  int depth = 0;

  for (const char *c = latex; *c != '\0'; c++)
    {
      depth += (*c == '{') - (*c == '}');
      g_assert_cmpint (depth, >=, 0);
    }
  g_assert_cmpint (depth, ==, 0);
  g_assert_cmpuint (count (latex, "\\left"), ==, count (latex, "\\right"));
  g_assert_cmpuint (count (latex, "\\begin{"), ==, count (latex, "\\end{"));
  g_assert_cmpuint (count (latex, "\\frac{"), <=, count (latex, "}{"));
}

/* Draws states, compares C at once, and leaves the rest in files for Python. */
static void
check (const char *folder,
       guint k,
       const EspFormula *formula,
       const EspEnvironmentInfo *info,
       size_t n_states,
       EspRandom *random,
       Sums *sums)
{
  void *library = compile (folder, k, formula, info, &sums->n_tested);
  Policy policy;
  g_autofree char *python = export(formula, info, ESP_FORMAT_PYTHON, false);
  g_autofree char *sympy = export(formula, info, ESP_FORMAT_SYMPY, false);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (double));

  check_latex (formula, info);
  *(void **) &policy = dlsym (library, "policy");
  g_assert_nonnull (policy);
  for (size_t n = 0; n < n_states; n++)
    {
      double observation[ESP_MAX_OBSERVATIONS];
      double expected[ESP_MAX_ACTIONS], found[ESP_MAX_ACTIONS], sizes[ESP_MAX_ACTIONS];

      draw_state (info, random, observation);
      esp_formula_evaluate (formula, observation, expected);
      esp_formula_bound_rounding (formula, observation, false, 1, sizes);
      policy (observation, found);
      for (size_t i = 0; i < info->n_actions; i++)
        {
          sizes[i] = sizes[i] * 0x1p53 + (isfinite (expected[i]) ? fabs (expected[i]) : 0);
          compare (sums, expected[i], found[i], sizes[i]);
        }
      g_array_append_vals (rows, observation, (guint) info->n_observations);
      g_array_append_vals (rows, expected, (guint) info->n_actions);
      g_array_append_vals (rows, sizes, (guint) info->n_actions);
    }
  dlclose (library);

  write_text (folder, k, ".py", python, -1);
  write_text (folder, k, ".sympy", sympy, -1);
  write_text (folder, k, ".names", "", 0);
  {
    g_autoptr (GString) names = g_string_new (NULL);

    for (size_t i = 0; i < info->n_observations; i++)
      g_string_append_printf (names, "%s\n", info->observations[i].name);
    write_text (folder, k, ".names", names->str, -1);
  }
  write_text (folder, k, ".states", rows->data, (gssize) (rows->len * sizeof (double)));
}

static bool
has_numpy (void)
{
  g_autofree char *messages = NULL;
  int status;

  return g_spawn_command_line_sync (ESP_TEST_PYTHON " -c \"import numpy\"", NULL, &messages, &status, NULL)
         && g_spawn_check_wait_status (status, NULL);
}

static void
test_export (gconstpointer data)
{
  bool networks = GPOINTER_TO_INT (data);
  size_t n_formulas = get_count ("ESP_EXPORT_FORMULAS", N_FORMULAS) / 2;
  size_t n_states = get_count ("ESP_EXPORT_STATES", N_STATES);
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("esp-export-XXXXXX", &error);
  EspRandom random;
  Sums sums = { 0 };

  g_assert_no_error (error);
  esp_random_init (&random, get_count ("ESP_EXPORT_SEED", 5), networks);
  for (guint k = 0; k < n_formulas; k++)
    {
      const char *name = environments[networks ? k % G_N_ELEMENTS (environments) : k % 3];
      g_autoptr (EspEnvironment) environment = esp_environment_new (name, &error);
      const EspEnvironmentInfo *info;
      g_autoptr (EspFormula) formula = NULL;

      g_assert_no_error (error);
      info = esp_environment_get_info (environment);
      formula = networks ? draw_network_formula (info, &random) : draw_random_formula (info, &random);
      check (folder, k, formula, info, n_states, &random, &sums);
    }
  g_test_message ("C, %" G_GSIZE_FORMAT " %s: worst %.3g at %" G_GSIZE_FORMAT " actions, %" G_GSIZE_FORMAT
                  " not finite, %" G_GSIZE_FORMAT " left out, %" G_GSIZE_FORMAT " wrong, %" G_GSIZE_FORMAT
                  " self-tests passed",
                  n_formulas, networks ? "networks" : "random expressions", sums.worst, sums.n_states,
                  sums.n_odd, sums.n_meaningless, sums.n_wrong, sums.n_tested);
  g_assert_cmpuint (sums.n_tested, >=, networks ? n_formulas : n_formulas / 2);
  g_assert_cmpuint (sums.n_wrong, ==, 0);
  /* else it would be no comparison */
  g_assert_cmpuint (sums.n_odd + sums.n_meaningless, <,
                    networks ? sums.n_states / 10 : sums.n_states * 2 / 3);

  if (has_numpy ())
    {
      g_autofree char *command = g_strdup_printf (ESP_TEST_PYTHON " " ESP_TEST_SCRIPT " %s %" G_GSIZE_FORMAT,
                                                  folder, networks ? get_count ("ESP_EXPORT_SYMPY", 0) : 0);
      g_autofree char *output = NULL;
      g_autofree char *messages = NULL;
      int status = 1;

      g_spawn_command_line_sync (command, &output, &messages, &status, &error);
      g_assert_no_error (error);
      g_test_message ("%s%s", output, messages);
      if (!g_spawn_check_wait_status (status, NULL))
        g_test_fail_printf ("the exported Python differs: %s%s", output, messages);
    }
  else
    g_test_message ("NumPy is not installed, so the exported Python was not run");

  {
    g_autofree char *command = g_strdup_printf ("rm -r %s", folder);

    if (g_getenv ("ESP_EXPORT_KEEP") == NULL)
      g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  }
}

/* The exported text with all that can be wrong about names, units and comments. */
static void
test_names (void)
{
  static const char *const names[] = { "for", "observation", "θ̇",      "ẋ_1",   "lambda", "sin_",
                                       "t1",  "größe",       "größe_", "θ_dot", "_x",     "2" };
  static const char *const expected[] = { "for_",       "observation_",   "theta_dot",
                                          "x_dot_1",    "lambda",         "sin_",
                                          "t1_",        "gro_ddotu00dfe", "gro_ddotu00dfe_",
                                          "theta_dot_", "o__x",           "o_2" };
  static const char *const reserved[] = { "for", "observation", NULL };
  g_auto (GStrv) made = esp_export_make_names (names, G_N_ELEMENTS (names), reserved);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpstr (made[i], ==, expected[i]);

  for (const char *const *text =
         (const char *const[]){ "*/", "/*", "a\nb", "\"\"\"", "x\\", "?\?/", "**//", NULL };
       *text != NULL; text++)
    {
      g_autoptr (GString) comment = g_string_new (NULL);

      esp_export_append_comment (comment, *text);
      g_assert_null (strstr (comment->str, "*/"));
      g_assert_null (strstr (comment->str, "/*"));
      g_assert_null (strstr (comment->str, "?\?"));
      g_assert_null (strstr (comment->str, "\"\"\""));
      g_assert_null (strpbrk (comment->str, "\n\\"));
    }
}

/* A formula that is too long to read is refused with a sentence, also where it would be short as statements;
 * but not by the formats that have a shared term once and are not for reading. */
static void
test_too_long (void)
{
  g_autoptr (EspExpression) expression = esp_expression_variable (0);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  g_autoptr (EspFormula) formula = NULL;
  g_autoptr (EspFormula) nested = NULL;
  g_autoptr (EspExpression) chain = esp_expression_variable (0);
  EspSignalNames names;

  esp_signal_names_init (&names, info);
  for (int i = 0; i < 40; i++)
    {
      EspExpression *before = expression;

      expression = esp_expression_binary (ESP_OPERATION_ADD, before, before);
      esp_expression_unref (before);
    }
  formula = esp_formula_new (&expression, 1, &names.symbols);
  for (int i = 0; i < ESP_N_FORMATS; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = esp_formula_export (formula, info, (EspFormat) i, false, &error);

      if (i == ESP_FORMAT_JSON || i == ESP_FORMAT_DOT)
        {
          g_assert_no_error (error);
          g_assert_true (g_str_has_suffix (text, "}\n"));
          continue;
        }
      g_assert_null (text);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
    }

  /* each guarded division writes its denominator twice for SymPy */
  for (int i = 0; i < 13; i++)
    {
      EspExpression *before = chain;

      chain = esp_expression_binary (ESP_OPERATION_GUARDED_DIVIDE, before, before);
      esp_expression_unref (before);
    }
  for (int i = 0; i < 200; i++)
    {
      EspExpression *before = chain;
      g_autoptr (EspExpression) x = esp_expression_variable (1);

      chain = esp_expression_binary (ESP_OPERATION_GUARDED_DIVIDE, x, before);
      esp_expression_unref (before);
    }
  nested = esp_formula_new (&chain, 1, &names.symbols);
  {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    g_assert_null (esp_formula_export (nested, info, ESP_FORMAT_SYMPY, false, &error));
    g_assert_nonnull (error);
    text = export(nested, info, ESP_FORMAT_PYTHON, false);
    g_assert_nonnull (strstr (text, "t10 = "));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/export/names", test_names);
  g_test_add_func ("/export/too-long", test_too_long);
  g_test_add_data_func ("/export/networks", GINT_TO_POINTER (1), test_export);
  g_test_add_data_func ("/export/expressions", GINT_TO_POINTER (0), test_export);
  return g_test_run ();
}

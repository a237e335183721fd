#include "esp-expressions.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-random.h"

/* Where the visited range comes from. */
#define N_VISITS   20
#define VISIT_SEED 1000

#define FREE_RANGE 10.0

static bool
is_letter (const char *c)
{
  return g_unichar_isalpha (g_utf8_get_char (c)) || *c == '_' || g_unichar_ismark (g_utf8_get_char (c));
}

/* Returns the end of the name or number at @c; @c itself where there is neither. */
static const char *
skip_word (const char *c)
{
  bool number = g_ascii_isdigit (*c) || *c == '.';

  while (g_ascii_isdigit (*c) || (number && *c == '.') || is_letter (c))
    {
      bool exponent = number && (*c == 'e' || *c == 'E') && (c[1] == '-' || c[1] == '+');

      c = g_utf8_next_char (c) + (exponent ? 1 : 0);
    }
  return c;
}

/* Whether the language knows the name. */
static bool
is_known (const EspVariables *variables, const char *name)
{
  static const char *const numbers[] = { "pi", "π", "inf", "nan" };

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (strcmp (name, numbers[i]) == 0)
      return true;
  for (EspOperation operation = ESP_OPERATION_ADD; operation < ESP_N_OPERATIONS; operation++)
    if (strcmp (name, esp_operation_get_name (operation)) == 0)
      return true;
  for (size_t i = 0; i < variables->symbols.n; i++)
    if (strcmp (name, variables->found[i]) == 0)
      return true;
  return false;
}

static gboolean
find_names (EspVariables *variables, const char *text, GError **error)
{
  g_autoptr (GHashTable) defined = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (!g_utf8_validate (text, -1, NULL))
    return TRUE;
  while (*text != '\0')
    {
      const char *end = skip_word (text);
      g_autofree char *name = g_strndup (text, (gsize) (end - text));
      bool counts = end > text && !g_ascii_isdigit (*text) && *text != '.';

      text = end > text ? end : g_utf8_next_char (text);
      if (counts && text[strspn (text, " \t\r\n")] == '=')
        g_hash_table_add (defined, g_strdup (name));
      if (!counts || is_known (variables, name) || g_hash_table_contains (defined, name))
        continue;
      if (variables->symbols.n == ESP_MAX_OBSERVATIONS)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "the formula has more than %d names; give --env for its own", ESP_MAX_OBSERVATIONS);
          return FALSE;
        }
      variables->found[variables->symbols.n++] = g_intern_string (name);
    }
  return TRUE;
}

gboolean
esp_variables_init (
  EspVariables *variables, const char *name, const char *const *texts, size_t n, GError **error)
{
  *variables = (EspVariables){ .symbols = { 0, variables->found, NULL, NULL } };
  for (size_t i = 0; i < ESP_MAX_OBSERVATIONS; i++)
    variables->box[i] = ESP_INTERVAL_ALL;
  if (name == NULL)
    {
      for (size_t i = 0; i < n; i++)
        if (!find_names (variables, texts[i], error))
          return FALSE;
      return TRUE;
    }

  variables->environment = esp_command_find_environment (name, NULL, error);
  if (variables->environment == NULL)
    return FALSE;
  esp_signal_names_init (&variables->signals, variables->environment);
  variables->symbols = variables->signals.symbols;
  for (size_t i = 0; i < variables->symbols.n; i++)
    variables->box[i] = (EspInterval){ variables->environment->observations[i].low,
                                       variables->environment->observations[i].high };
  return TRUE;
}

/* Calls with every state of episodes of random actions until @visit says no. */
static void
wander (const EspEnvironmentInfo *info, bool (*visit) (void *data, const double *observation), void *data)
{
  g_autoptr (EspEnvironment)
    environment = esp_environment_new (info->file != NULL ? info->file : info->name, NULL);
  double observation[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS];
  EspRandom random;

  g_return_if_fail (environment != NULL);
  esp_random_init (&random, VISIT_SEED, 0);
  for (uint64_t episode = 0; episode < N_VISITS; episode++)
    {
      EspStep step = { 0 };

      esp_environment_reset (environment, VISIT_SEED + episode, observation);
      while (!step.terminated && !step.truncated)
        {
          if (!visit (data, observation))
            return;
          for (size_t i = 0; i < info->n_actions; i++)
            action[i] = esp_random_between (&random, info->actions[i].low, info->actions[i].high);
          step = esp_environment_step (environment, action, observation);
        }
    }
}

static bool
extend (void *data, const double *observation)
{
  EspVariables *variables = data;

  for (size_t i = 0; i < variables->symbols.n; i++)
    variables->box[i] = esp_interval_join (variables->box[i],
                                           (EspInterval){ observation[i], observation[i] });
  return true;
}

void
esp_variables_visit (EspVariables *variables)
{
  for (size_t i = 0; i < variables->symbols.n; i++)
    variables->box[i] = ESP_INTERVAL_EMPTY;
  wander (variables->environment, extend, variables);
}

typedef struct
{
  double *points;
  size_t n, length, n_points;
} Points;

static bool
collect (void *data, const double *observation)
{
  Points *points = data;

  memcpy (points->points + points->n * points->length, observation, points->length * sizeof *observation);
  points->n++;
  return points->n < points->n_points;
}

double *
esp_variables_draw (const EspVariables *variables, size_t n_points)
{
  Points points = { .length = variables->symbols.n, .n_points = n_points };
  EspRandom random;

  points.points = g_new0 (double, MAX (n_points * points.length, 1));
  if (variables->environment != NULL)
    wander (variables->environment, collect, &points);
  esp_random_init (&random, VISIT_SEED, 0);
  for (size_t i = points.n * points.length; i < n_points * points.length; i++)
    /* episodes may have had too few states: they are repeated */
    points.points[i] = points.n > 0 ? points.points[i - points.n * points.length]
                                    : esp_random_between (&random, -FREE_RANGE, FREE_RANGE);
  return points.points;
}

char *
esp_expressions_read (const char *argument, GError **error)
{
  g_autoptr (GError) failure = NULL;
  char *text;

  if (!g_file_test (argument, G_FILE_TEST_IS_REGULAR))
    return g_strdup (argument);
  if (!g_file_get_contents (argument, &text, NULL, &failure))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYSTEM, "the formula “%s” could not be read: %s", argument,
                   failure->message);
      return NULL;
    }
  return text;
}

EspFormula *
esp_expressions_parse (const char *text, const EspVariables *variables, GError **error)
{
  size_t n = 0;

  /* definitions are no expressions, and a semicolon may follow the last one */
  for (const char *c = text; *c != '\0'; c += *c == ';')
    {
      size_t length = strcspn (c, ";");

      n += strspn (c, " \t\r\n") < length && memchr (c, '=', length) == NULL;
      c += length;
    }
  return esp_formula_parse (text, &variables->symbols, MAX (n, 1), error);
}

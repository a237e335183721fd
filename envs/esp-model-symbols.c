#include "esp-model-symbols.h"

#include <string.h>

#include "esp-error.h"
#include "esp-parse.h"
#include "esp-token.h"

typedef struct
{
  EspSymbolKind kind;
  int index;
} Source;

struct _EspModelSymbols
{
  GPtrArray *names;
  GArray *sources;
};

static const char *const kind_names[] = {
  [ESP_SYMBOL_TIME] = "the time",   [ESP_SYMBOL_POSITION] = "a joint", [ESP_SYMBOL_VELOCITY] = "a joint",
  [ESP_SYMBOL_SENSOR] = "a sensor", [ESP_SYMBOL_ACTION] = "an action",
};

/* Returns @name, as a model has it, in the form that the language reads. */
static char *
to_identifier (const char *name)
{
  g_autoptr (GString) identifier = g_string_new (NULL);
  g_autofree char *normal = g_utf8_normalize (name, -1, G_NORMALIZE_NFC);

  for (const char *c = normal != NULL ? normal : ""; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (identifier->len == 0 && g_unichar_isdigit (character))
        g_string_append_c (identifier, '_');
      g_string_append_unichar (identifier, g_unichar_isalnum (character) ? character : '_');
    }

  return g_string_free (g_steal_pointer (&identifier), FALSE);
}

/* Adds @base with @suffix. */
static void
add (EspModelSymbols *symbols, const char *base, const char *suffix, EspSymbolKind kind, int index)
{
  Source source = { kind, index };

  g_ptr_array_add (symbols->names, g_strconcat (base, suffix, NULL));
  g_array_append_val (symbols->sources, source);
}

/* Adds @base with each of @suffixes, for numbers in a row. */
static void
add_all (
  EspModelSymbols *symbols, const char *base, const char *const *suffixes, EspSymbolKind kind, int first)
{
  for (int i = 0; suffixes[i] != NULL; i++)
    add (symbols, base, suffixes[i], kind, first + i);
}

static void
add_joint (EspModelSymbols *symbols, const mjModel *model, int joint, const char *base)
{
  static const char *const places[] = { "_x", "_y", "_z", NULL };
  static const char *const quaternion[] = { "_qw", "_qx", "_qy", "_qz", NULL };
  static const char *const velocities[] = { "_x_dot", "_y_dot", "_z_dot", NULL };
  static const char *const rotations[] = { "_wx", "_wy", "_wz", NULL };
  int position = model->jnt_qposadr[joint], velocity = model->jnt_dofadr[joint];

  switch (model->jnt_type[joint])
    {
    case mjJNT_FREE:
      add_all (symbols, base, places, ESP_SYMBOL_POSITION, position);
      add_all (symbols, base, quaternion, ESP_SYMBOL_POSITION, position + 3);
      add_all (symbols, base, velocities, ESP_SYMBOL_VELOCITY, velocity);
      add_all (symbols, base, rotations, ESP_SYMBOL_VELOCITY, velocity + 3);
      break;
    case mjJNT_BALL:
      add_all (symbols, base, quaternion, ESP_SYMBOL_POSITION, position);
      add_all (symbols, base, rotations, ESP_SYMBOL_VELOCITY, velocity);
      break;
    default:
      add (symbols, base, "", ESP_SYMBOL_POSITION, position);
      add (symbols, base, "_dot", ESP_SYMBOL_VELOCITY, velocity);
      break;
    }
}

static void
add_sensor (EspModelSymbols *symbols, const mjModel *model, int sensor, const char *base)
{
  static const char *const vector[] = { "_x", "_y", "_z", NULL };
  static const char *const quaternion[] = { "_w", "_x", "_y", "_z", NULL };
  int first = model->sensor_adr[sensor], n = model->sensor_dim[sensor];

  if (n == 1)
    add (symbols, base, "", ESP_SYMBOL_SENSOR, first);
  else if (n == 3)
    add_all (symbols, base, vector, ESP_SYMBOL_SENSOR, first);
  else if (n == 4)
    add_all (symbols, base, quaternion, ESP_SYMBOL_SENSOR, first);
  else
    for (int i = 0; i < n; i++)
      {
        g_autofree char *suffix = g_strdup_printf ("_%d", i + 1);

        add (symbols, base, suffix, ESP_SYMBOL_SENSOR, first + i);
      }
}

EspModelSymbols *
esp_model_symbols_new (const mjModel *model)
{
  EspModelSymbols *symbols = g_new0 (EspModelSymbols, 1);

  symbols->names = g_ptr_array_new_with_free_func (g_free);
  symbols->sources = g_array_new (FALSE, FALSE, sizeof (Source));
  add (symbols, "time", "", ESP_SYMBOL_TIME, 0);
  for (int i = 0; i < model->njnt; i++)
    {
      g_autofree char *base = to_identifier (model->names + model->name_jntadr[i]);

      if (base[0] != '\0')
        add_joint (symbols, model, i, base);
    }
  for (int i = 0; i < model->nsensor; i++)
    {
      g_autofree char *base = to_identifier (model->names + model->name_sensoradr[i]);

      if (base[0] != '\0')
        add_sensor (symbols, model, i, base);
    }

  return symbols;
}

void
esp_model_symbols_free (EspModelSymbols *symbols)
{
  if (symbols == NULL)
    return;
  g_ptr_array_unref (symbols->names);
  g_array_unref (symbols->sources);
  g_free (symbols);
}

void
esp_model_symbols_add_action (EspModelSymbols *symbols, const char *name, int actuator)
{
  add (symbols, name, "", ESP_SYMBOL_ACTION, actuator);
}

size_t
esp_model_symbols_get_n (const EspModelSymbols *symbols)
{
  return symbols->sources->len;
}

EspSymbols
esp_model_symbols_get (const EspModelSymbols *symbols)
{
  return (EspSymbols){ .n = symbols->sources->len, .names = (const char *const *) symbols->names->pdata };
}

static const Source *
get_source (const EspModelSymbols *symbols, size_t i)
{
  return &g_array_index (symbols->sources, Source, i);
}

static gboolean
is_of_joint (const Source *source)
{
  return source->kind == ESP_SYMBOL_POSITION || source->kind == ESP_SYMBOL_VELOCITY;
}

gboolean
esp_model_symbols_find_joint (const EspModelSymbols *symbols,
                              const char *name,
                              EspSymbolKind *kind,
                              int *index)
{
  for (size_t i = 0; i < symbols->sources->len; i++)
    {
      const Source *source = get_source (symbols, i);

      if (is_of_joint (source) && strcmp (g_ptr_array_index (symbols->names, i), name) == 0)
        {
          *kind = source->kind;
          *index = source->index;
          return TRUE;
        }
    }

  return FALSE;
}

/* The parser would take the last of several things of one name, and for s1, s2 … any of them. */
static gboolean
check_name (const EspModelSymbols *symbols, const EspToken *token, gboolean joints_only, GError **error)
{
  g_autofree char *name = g_utf8_normalize (token->text, (gssize) token->length, G_NORMALIZE_NFC);
  const Source *found = NULL;

  for (size_t i = 0; i < symbols->sources->len; i++)
    {
      const Source *source = get_source (symbols, i);

      if (strcmp (g_ptr_array_index (symbols->names, i), name) != 0)
        continue;
      if (found != NULL)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "“%s” at column %zu is the name of %s and of %s; rename one of them", name,
                       token->column, kind_names[found->kind], kind_names[source->kind]);
          return FALSE;
        }
      found = source;
    }
  if (found != NULL && joints_only && !is_of_joint (found))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                   "“%s” at column %zu is %s, but before an episode begins there are only joints", name,
                   token->column, kind_names[found->kind]);
      return FALSE;
    }
  if (found == NULL && name[0] == 's' && name[1] != '\0'
      && strspn (name + 1, "0123456789") == strlen (name + 1))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "unknown name “%s” at column %zu", name, token->column);
      return FALSE;
    }

  return TRUE;
}

EspExpression *
esp_model_symbols_parse (const EspModelSymbols *symbols,
                         const char *text,
                         gboolean joints_only,
                         GError **error)
{
  EspSymbols names = esp_model_symbols_get (symbols);
  g_autoptr (EspFormula) formula = NULL;
  EspToken token = esp_token_read (text, 1);

  while (token.kind != ESP_TOKEN_END)
    {
      if (token.kind == ESP_TOKEN_NAME && !check_name (symbols, &token, joints_only, error))
        {
          const EspParseError failure = { .start = (size_t) (token.text - text), .length = token.length };

          if (error != NULL)
            esp_error_take_pointed (*error, esp_parse_error_point (&failure, text));
          return NULL;
        }
      token = esp_token_read (token.text + token.length,
                              token.column + g_utf8_strlen (token.text, (gssize) token.length));
    }
  formula = esp_formula_parse (text, &names, 1, error);

  return formula != NULL ? esp_expression_ref (esp_formula_get_expression (formula, 0)) : NULL;
}

void
esp_model_symbols_read (const EspModelSymbols *symbols, const mjData *data, double *values)
{
  for (size_t i = 0; i < symbols->sources->len; i++)
    {
      const Source *source = get_source (symbols, i);

      switch (source->kind)
        {
        case ESP_SYMBOL_TIME:
          values[i] = data->time;
          break;
        case ESP_SYMBOL_POSITION:
          values[i] = data->qpos[source->index];
          break;
        case ESP_SYMBOL_VELOCITY:
          values[i] = data->qvel[source->index];
          break;
        case ESP_SYMBOL_SENSOR:
          values[i] = data->sensordata[source->index];
          break;
        case ESP_SYMBOL_ACTION:
          values[i] = data->ctrl[source->index];
          break;
        }
    }
}

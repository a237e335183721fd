#include "esp-options.h"

#include <errno.h>
#include <string.h>

#include "esp-error.h"

/* Levenshtein's distance; both words are short. */
static size_t
get_distance (const char *a, const char *b)
{
  size_t length = strlen (b);
  g_autofree size_t *row = g_new (size_t, length + 1);

  for (size_t j = 0; j <= length; j++)
    row[j] = j;
  for (size_t i = 0; a[i] != '\0'; i++)
    {
      size_t diagonal = row[0];

      row[0] = i + 1;
      for (size_t j = 0; j < length; j++)
        {
          size_t replaced = diagonal + (a[i] != b[j]);

          diagonal = row[j + 1];
          row[j + 1] = MIN (replaced, MIN (row[j], diagonal) + 1);
        }
    }

  return row[length];
}

const char *
esp_nearest_word (const char *word, const char *const *words, size_t n_words)
{
  const char *nearest = NULL;
  size_t smallest = G_MAXSIZE;

  for (size_t i = 0; i < n_words; i++)
    {
      size_t distance = g_str_has_prefix (words[i], word) && word[0] != '\0' ? 1
                                                                             : get_distance (word, words[i]);

      /* a word of which half is wrong is another word */
      if (distance < smallest && 2 * distance <= strlen (words[i]))
        {
          smallest = distance;
          nearest = words[i];
        }
    }

  return nearest;
}

static const EspOption *
find_option (const EspUsage *usage, const char *name, size_t length)
{
  for (size_t i = 0; i < usage->n_options; i++)
    if (strlen (usage->options[i].name) == length && strncmp (usage->options[i].name, name, length) == 0)
      return &usage->options[i];

  return NULL;
}

static gboolean
refuse_option (const EspUsage *usage, const char *argument, GError **error)
{
  g_autofree const char **names = g_new (const char *, usage->n_options + 1);
  g_autofree char *name = g_strndup (argument, strcspn (argument, "="));
  const char *nearest;

  for (size_t i = 0; i < usage->n_options; i++)
    names[i] = usage->options[i].name;
  names[usage->n_options] = "help";
  nearest = esp_nearest_word (name + strspn (name, "-"), names, usage->n_options + 1);

  if (nearest != NULL)
    g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "unknown option “%s”; did you mean --%s?", name, nearest);
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "unknown option “%s”; see espalier %s%s--help", name,
                 usage->command != NULL ? usage->command : "", usage->command != NULL ? " " : "");

  return FALSE;
}

static gboolean
set_option (const EspOption *option, const char *value, GError **error)
{
  switch (option->kind)
    {
    case ESP_OPTION_FLAG:
      *(gboolean *) option->target = TRUE;
      break;

    case ESP_OPTION_TEXT:
      *(const char **) option->target = value;
      break;

    case ESP_OPTION_TEXTS:
      g_ptr_array_add (option->target, (gpointer) value);
      break;

    case ESP_OPTION_NUMBER:
      {
        EspNumber *number = option->target;
        guint64 parsed;

        if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &parsed, NULL))
          {
            g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                         "--%s is “%s”; it must be a whole number from 0 to %" G_GUINT64_FORMAT, option->name,
                         value, G_MAXUINT64);
            return FALSE;
          }
        number->value = parsed;
        number->given = TRUE;
      }
      break;
    }

  return TRUE;
}

/* Takes the option at *@arguments and moves past it and its value. */
static gboolean
take_option (const EspUsage *usage, char ***arguments, GError **error)
{
  const char *argument = **arguments;
  size_t length = strcspn (argument, "=");
  const EspOption *option = NULL;
  const char *value = NULL;

  if (g_str_has_prefix (argument, "--"))
    option = find_option (usage, argument + 2, length - 2);
  if (option == NULL)
    return refuse_option (usage, argument, error);
  (*arguments)++;

  if (option->kind == ESP_OPTION_FLAG)
    {
      if (argument[length] == '=')
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--%s takes no value", option->name);
          return FALSE;
        }
    }
  else if (argument[length] == '=')
    {
      value = argument + length + 1;
    }
  else
    {
      /* a value may begin with a dash, as formulas do, but it is not the next option */
      value = **arguments;
      if (value == NULL
          || (g_str_has_prefix (value, "--")
              && find_option (usage, value + 2, strcspn (value + 2, "=")) != NULL))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "--%s needs a value: --%s %s", option->name,
                       option->name, option->placeholder);
          return FALSE;
        }
      (*arguments)++;
    }

  return set_option (option, value, error);
}

/* Whether @argument begins with a minus, and not with the dash of an option or what is like one. */
static gboolean
is_negative_formula (const EspUsage *usage, const char *argument)
{
  return usage->takes_formulas && argument[1] != '-'
         && find_option (usage, argument + 1, strlen (argument + 1)) == NULL;
}

gboolean
esp_options_parse (
  const EspUsage *usage, char **arguments, const char **operands, gboolean *help, GError **error)
{
  gboolean options_ended = FALSE;
  size_t n = 0;

  *help = FALSE;
  while (*arguments != NULL)
    {
      const char *argument = *arguments;

      if (!options_ended && strcmp (argument, "--") == 0)
        {
          options_ended = TRUE;
          arguments++;
        }
      else if (!options_ended && (strcmp (argument, "--help") == 0 || strcmp (argument, "-h") == 0))
        {
          *help = TRUE;
          return TRUE;
        }
      else if (!options_ended && argument[0] == '-' && argument[1] != '\0'
               && !(n < usage->n_operands && is_negative_formula (usage, argument)))
        {
          if (!take_option (usage, &arguments, error))
            return FALSE;
        }
      else if (n < usage->n_operands)
        {
          operands[n++] = argument;
          arguments++;
        }
      else
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "there is nothing to do with “%s”; see espalier %s%s--help", argument,
                       usage->command != NULL ? usage->command : "", usage->command != NULL ? " " : "");
          return FALSE;
        }
    }

  if (n + usage->n_optional < usage->n_operands)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE, "%s is missing; see espalier %s --help",
                   usage->operands[n], usage->command);
      return FALSE;
    }

  return TRUE;
}

char *
esp_options_describe (const EspUsage *usage)
{
  GString *help = g_string_new ("Usage: espalier");
  size_t width = strlen ("--help");

  if (usage->command != NULL)
    g_string_append_printf (help, " %s", usage->command);
  for (size_t i = 0; i < usage->n_operands; i++)
    g_string_append_printf (help, i + usage->n_optional < usage->n_operands ? " %s" : " [%s]",
                            usage->operands[i]);
  g_string_append_printf (help, " [OPTION]…\n\n%s\n\n", usage->summary);

  for (size_t i = 0; i < usage->n_options; i++)
    {
      const EspOption *option = &usage->options[i];

      width = MAX (width, strlen (option->name) + 2
                            + (option->placeholder != NULL ? 1 + strlen (option->placeholder) : 0));
    }
  for (size_t i = 0; i < usage->n_options; i++)
    {
      const EspOption *option = &usage->options[i];
      g_autofree char *left = option->placeholder != NULL
                                ? g_strdup_printf ("--%s %s", option->name, option->placeholder)
                                : g_strdup_printf ("--%s", option->name);

      g_string_append_printf (help, "  %-*s  %s\n", (int) width, left, option->description);
    }
  g_string_append_printf (help, "  %-*s  %s\n", (int) width, "--help", "show this text");

  return g_string_free (help, FALSE);
}

static gboolean
refuse_seeds (const char *text, GError **error)
{
  g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
               "seeds must be numbers and ranges such as --seeds 0..4 or 0,3,7, at most %d in all, not “%s”",
               ESP_OPTIONS_MAX_SEEDS, text);
  return FALSE;
}

gboolean
esp_options_parse_seeds (const char *text, GArray *seeds, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      g_auto (GStrv) ends = g_strsplit (*part, "..", 2);
      guint64 first, last;

      if (ends[0] == NULL || !g_ascii_string_to_unsigned (ends[0], 10, 0, G_MAXUINT64, &first, NULL))
        return refuse_seeds (text, error);
      last = first;
      if (ends[1] != NULL && !g_ascii_string_to_unsigned (ends[1], 10, 0, G_MAXUINT64, &last, NULL))
        return refuse_seeds (text, error);
      if (last < first || last - first >= ESP_OPTIONS_MAX_SEEDS
          || seeds->len + (last - first) >= ESP_OPTIONS_MAX_SEEDS)
        return refuse_seeds (text, error);
      for (guint64 i = 0; i <= last - first; i++)
        {
          uint64_t seed = first + i;

          g_array_append_val (seeds, seed);
        }
    }
  if (seeds->len == 0)
    return refuse_seeds (text, error);

  return TRUE;
}

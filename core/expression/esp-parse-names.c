/* The names of a formula: observations, functions, numbers, and what it defines itself. */

#include <math.h>
#include <string.h>

#include "esp-parse-private.h"

/* Known names are listed in a message when there are no more than these. */
#define MAX_LISTED 30

char *
esp_parser_get_name (const EspToken *token)
{
  return g_utf8_normalize (token->text, (gssize) token->length, G_NORMALIZE_NFC);
}

bool
esp_parser_find_function (const EspToken *token, EspOperation *operation)
{
  for (int i = 0; i < ESP_N_OPERATIONS; i++)
    {
      const char *name = esp_operation_get_name (i);

      /* operators and leaves have no call */
      if (i < ESP_OPERATION_SIN || strlen (name) != token->length)
        continue;
      if (memcmp (name, token->text, token->length) == 0)
        {
          *operation = i;
          return true;
        }
    }

  return false;
}

bool
esp_parser_find_variable (const EspParser *parser, const EspToken *token, size_t *index)
{
  g_autofree char *name = esp_parser_get_name (token);
  gpointer found = g_hash_table_lookup (parser->names, name);
  guint64 number;

  if (found != NULL)
    {
      *index = GPOINTER_TO_SIZE (found) - 1;
      return true;
    }
  if (name[0] == 's' && g_ascii_isdigit (name[1]) && name[1] != '0'
      && g_ascii_string_to_unsigned (name + 1, 10, 1, parser->symbols->n, &number, NULL))
    {
      *index = number - 1;
      return true;
    }

  return false;
}

EspExpression *
esp_parser_find_definition (const EspParser *parser, const EspToken *token)
{
  g_autofree char *name = esp_parser_get_name (token);

  return g_hash_table_lookup (parser->definitions, name);
}

bool
esp_parser_find_constant (const EspToken *token, double *value)
{
  static const struct
  {
    const char *name;
    double value;
  } constants[] = { { "pi", G_PI }, { "π", G_PI }, { "inf", INFINITY }, { "nan", NAN } };

  for (size_t i = 0; i < G_N_ELEMENTS (constants); i++)
    if (strlen (constants[i].name) == token->length
        && memcmp (constants[i].name, token->text, token->length) == 0)
      {
        *value = constants[i].value;
        return true;
      }

  return false;
}

/* Appends the first names of a list that is not empty. */
static void
append_names (GString *string, const char *const *names, size_t n)
{
  if (n > MAX_LISTED)
    g_string_append_printf (string, "%s, %s, … %s", names[0], names[1], names[n - 1]);
  else
    for (size_t i = 0; i < n; i++)
      g_string_append_printf (string, "%s%s", i > 0 ? ", " : "", names[i]);
}

EspExpression *
esp_parser_fail_unknown (EspParser *parser, const EspToken *token, bool called)
{
  g_autofree char *name = esp_token_describe (token);
  g_autofree char *before = g_strdup_printf ("unknown %s %s at ", called ? "function" : "name", name);
  g_autoptr (GString) known = g_string_new (called ? "; there are " : "; this environment has ");

  if (called)
    for (int i = ESP_OPERATION_SIN; i < ESP_N_OPERATIONS; i++)
      g_string_append_printf (known, "%s%s", i > ESP_OPERATION_SIN ? ", " : "", esp_operation_get_name (i));
  else if (parser->symbols->n == 0)
    g_string_append (known, "no variables");
  else
    append_names (known, parser->symbols->names, parser->symbols->n);
  if (!called && parser->defined->len > 0)
    {
      g_string_append (known, ", and before it the formula defines ");
      append_names (known, (const char *const *) parser->defined->pdata, parser->defined->len);
    }
  return esp_parser_fail_at_token (parser, ESP_ERROR_USAGE, token, before, known->str);
}

void
esp_parser_add_names (GHashTable *table, const char *const *names, size_t n)
{
  for (size_t i = 0; names != NULL && i < n; i++)
    {
      char *name = g_utf8_normalize (names[i], -1, G_NORMALIZE_NFC);

      if (name == NULL || g_hash_table_contains (table, name))
        g_free (name);
      else
        g_hash_table_insert (table, name, GSIZE_TO_POINTER (i + 1));
    }
}

/* Returns why @token cannot become the name of a term, after “… at column 3 ”; NULL when it can. */
char *
esp_parser_refuse_name (const EspParser *parser, const EspToken *token)
{
  g_autofree char *name = esp_parser_get_name (token);
  EspOperation operation;
  size_t index;
  double value;

  if (esp_parser_find_variable (parser, token, &index))
    return g_strdup_printf ("is the observation %s", parser->symbols->names[index]);
  if (name[0] == 's' && name[1] != '\0' && strspn (name + 1, "0123456789") == strlen (name + 1))
    return g_strdup ("would be mistaken for an observation, for these are s1, s2 and so on");
  if (esp_parser_find_function (token, &operation))
    return g_strdup ("is a function");
  if (esp_parser_find_constant (token, &value))
    return g_strdup ("is a number");
  if (esp_parser_find_definition (parser, token) != NULL)
    return g_strdup ("is defined already");
  return NULL;
}

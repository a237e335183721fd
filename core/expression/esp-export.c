#include "esp-export.h"

#include <math.h>
#include <string.h>

#include "esp-code.h"
#include "esp-error.h"
#include "esp-print.h"

void
esp_test_vectors_free (EspTestVectors *vectors)
{
  if (vectors == NULL)
    return;

  g_free (vectors->states);
  g_free (vectors->actions);
  g_free (vectors->tolerances);
  g_free (vectors);
}

static void
append_value (GString *string, double value)
{
  g_autofree char *text = esp_number_to_text (value);

  if (string->len > 0 && string->str[string->len - 1] != '\n')
    g_string_append_c (string, ',');
  g_string_append (string, text);
}

char *
esp_test_vectors_to_csv (const EspTestVectors *vectors, const EspExport *export)
{
  GString *string = g_string_new (NULL);

  for (size_t i = 0; i < vectors->n_observations; i++)
    g_string_append_printf (string, "%s%s", i > 0 ? "," : "", export->observations[i].name);
  for (size_t i = 0; i < vectors->n_actions; i++)
    g_string_append_printf (string, ",%s", export->actions[i].name);
  for (size_t i = 0; i < vectors->n_actions; i++)
    g_string_append_printf (string, ",%s_tolerance", export->actions[i].name);
  g_string_append_c (string, '\n');

  for (size_t k = 0; k < vectors->n; k++)
    {
      for (size_t i = 0; i < vectors->n_observations; i++)
        append_value (string, vectors->states[k * vectors->n_observations + i]);
      for (size_t i = 0; i < vectors->n_actions; i++)
        append_value (string, vectors->actions[k * vectors->n_actions + i]);
      for (size_t i = 0; i < vectors->n_actions; i++)
        append_value (string, vectors->tolerances[k * vectors->n_actions + i]);
      g_string_append_c (string, '\n');
    }

  return g_string_free (string, FALSE);
}

static const char *const greek[] = {
  "alpha", "beta",   "gamma",   "delta", "epsilon", "zeta",    "eta",   "theta", "iota",
  "kappa", "lambda", "mu",      "nu",    "xi",      "omicron", "pi",    "rho",   "sigma",
  "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",     "omega",
};

/* Spells @name in the letters, digits and underscores of ASCII. */
static char *
spell (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  g_autofree char *decomposed = g_utf8_normalize (valid, -1, G_NORMALIZE_ALL);
  GString *string = g_string_new (NULL);

  for (const char *c = decomposed; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar letter = g_utf8_get_char (c);

      if (letter < 0x80)
        g_string_append_c (string, g_ascii_isalnum ((char) letter) ? (char) letter : '_');
      else if (letter >= 0x3b1 && letter < 0x3b1 + G_N_ELEMENTS (greek))
        g_string_append (string, greek[letter - 0x3b1]);
      else if (letter >= 0x391 && letter < 0x391 + G_N_ELEMENTS (greek))
        {
          g_string_append_c (string, g_ascii_toupper (greek[letter - 0x391][0]));
          g_string_append (string, greek[letter - 0x391] + 1);
        }
      else if (letter == 0x307)
        g_string_append (string, "_dot");
      else if (letter == 0x308)
        g_string_append (string, "_ddot");
      else if (!g_unichar_ismark (letter))
        g_string_append_printf (string, "u%04x", letter);
    }
  /* names that begin with an underscore belong to the languages themselves */
  if (string->len == 0 || !g_ascii_isalpha (string->str[0]))
    g_string_prepend (string, "o_");

  return g_string_free (string, FALSE);
}

static bool
is_local (const char *name)
{
  return name[0] == 't' && name[1] != '\0' && strspn (name + 1, "0123456789") == strlen (name + 1);
}

char **
esp_export_make_names (const char *const *names, size_t n, const char *const *reserved)
{
  g_autoptr (GHashTable) taken = g_hash_table_new (g_str_hash, g_str_equal);
  char **made = g_new0 (char *, n + 1);

  for (size_t i = 0; i < n; i++)
    {
      made[i] = spell (names[i]);
      while (g_strv_contains (reserved, made[i]) || is_local (made[i])
             || g_hash_table_contains (taken, made[i]))
        {
          g_autofree char *before = made[i];

          made[i] = g_strconcat (before, "_", NULL);
        }
      g_hash_table_add (taken, made[i]);
    }

  return made;
}

void
esp_export_append_comment (GString *string, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *c = valid; *c != '\0'; c++)
    {
      /* what ends or begins a comment of C, is a trigraph, or ends a string of Python */
      bool pair = (c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*') || (c[0] == '?' && c[1] == '?')
                  || (c[0] == '"' && c[1] == '"');

      if ((guchar) *c < 0x20 || *c == 0x7f)
        g_string_append_c (string, ' ');
      else
        g_string_append_c (string, *c == '\\' ? '/' : *c);
      if (pair)
        g_string_append_c (string, ' ');
    }
}

static void
append_signal (GString *string,
               const EspExportSignal *signal,
               const char *array,
               size_t i,
               bool action,
               const char *prefix)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GString) clean = g_string_new (prefix);
  g_autofree char *low = esp_number_to_text (signal->low);
  g_autofree char *high = esp_number_to_text (signal->high);
  g_autofree char *indent = g_strconcat (prefix, "    ", NULL);

  g_string_append_printf (line, "  %s[%" G_GSIZE_FORMAT "] %s: %s", array, i, signal->name,
                          signal->description);
  if (signal->unit[0] != '\0')
    g_string_append_printf (line, ", in %s", signal->unit);
  if (action)
    g_string_append_printf (line, "; clipped to %s ... %s", low, high);
  else if (isfinite (signal->low) || isfinite (signal->high))
    g_string_append_printf (line, "; within %s ... %s", low, high);
  else
    g_string_append (line, "; without limits");
  esp_export_append_comment (clean, line->str);
  esp_code_append_lines (string, clean->str, indent);
}

void
esp_export_append_description (GString *string,
                               const EspFormula *formula,
                               const EspExport *export,
                               const char *prefix)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  g_autofree char *indent = g_strconcat (prefix, "    ", NULL);

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      g_autofree char *text = esp_expression_to_text (esp_formula_get_expression (formula, i), symbols);
      g_autofree char *line = g_strdup_printf ("  %s = %s", export->actions[i].name, text);
      g_autoptr (GString) clean = g_string_new (prefix);

      esp_export_append_comment (clean, line);
      esp_code_append_lines (string, clean->str, indent);
    }
  g_string_append_printf (string, "%.*s\n%sReads:\n", (int) strlen (prefix) - 1, prefix, prefix);
  for (size_t i = 0; i < symbols->n; i++)
    append_signal (string, &export->observations[i], "observation", i, false, prefix);
  g_string_append_printf (
    string, "%sGives the physical action; the environment clips it to its limits afterwards:\n", prefix);
  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    append_signal (string, &export->actions[i], "action", i, true, prefix);
}

char *
esp_export_refuse (GError **error)
{
  g_set_error_literal (error, ESP_ERROR, ESP_ERROR_RANGE,
                       "the formula is too long to export; prune it, or train with fewer paths");
  return NULL;
}

bool
esp_export_check (const EspFormula *formula, GError **error)
{
  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    if (!esp_expression_is_printable (esp_formula_get_expression (formula, i)))
      return esp_export_refuse (error) != NULL;

  return true;
}

/* The simplifier beside SymPy's, on formulas of random networks (tests/oracles/sympy_simplify.py): both
 * results are measured by the same reading length. Where SymPy ran out of time, its result is the formula
 * itself. */

#include <math.h>
#include <string.h>
#include <time.h>

#include <glib.h>

#include "esp-formula.h"
#include "esp-json.h"
#include "esp-print.h"
#include "esp-simplify.h"

#define MAX_NAMES  64
#define N_REPEATED 20

typedef struct
{
  EspSymbols symbols;
  const char *names[MAX_NAMES];
} Names;

/* Collects the names that are no functions. */
static void
find_names (Names *names, const char *text)
{
  names->symbols = (EspSymbols){ .names = names->names };
  for (const char *c = text; *c != '\0';)
    {
      const char *end = c;
      g_autofree char *name = NULL;
      bool known = false;

      while (g_ascii_isalnum (*end) || *end == '_' || (*end == '.' && g_ascii_isdigit (*c)))
        end++;
      if (end == c || g_ascii_isdigit (*c) || *end == '(')
        {
          /* the sign of an exponent belongs to the number */
          c = end == c ? c + 1 : end;
          continue;
        }
      name = g_strndup (c, (gsize) (end - c));
      for (size_t i = 0; i < names->symbols.n; i++)
        known = known || g_str_equal (names->names[i], name);
      if (!known && names->symbols.n < MAX_NAMES)
        names->names[names->symbols.n++] = g_intern_string (name);
      c = end;
    }
}

static EspExpression *
parse (const char *text, const Names *names)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspFormula) formula = esp_formula_parse (text, &names->symbols, 1, &error);

  if (formula == NULL)
    g_error ("%s: %s", text, error->message);
  return esp_expression_ref (esp_formula_get_expression (formula, 0));
}

static double
get_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
test_compare (void)
{
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  size_t n = 0, no_longer = 0, shorter = 0, timed_out = 0, no_longer_finished = 0;
  size_t raw_total = 0, total = 0, sympy_total = 0, finished_total = 0, sympy_finished_total = 0;
  double seconds = 0, sympy_seconds = 0;

  g_file_get_contents (ESP_TEST_DATA "/sympy-simplified.jsonl", &contents, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (contents), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_autoptr (JsonNode) node = json_from_string (*line, &error);
      JsonObject *entry = json_node_get_object (node);
      const char *formula = json_object_get_string_member (entry, "formula");
      bool finished = !json_object_get_null_member (entry, "simplified");
      g_autoptr (EspExpression) raw = NULL;
      g_autoptr (EspExpression) simple = NULL;
      g_autoptr (EspExpression) sympy = NULL;
      size_t length, sympy_length;
      Names names;
      double start;

      g_assert_no_error (error);
      find_names (&names, formula);
      raw = parse (formula, &names);
      sympy = finished ? parse (json_object_get_string_member (entry, "simplified"), &names)
                       : esp_expression_ref (raw);
      start = get_seconds ();
      for (int i = 0; i < N_REPEATED; i++)
        {
          g_clear_pointer (&simple, esp_expression_unref);
          simple = esp_expression_simplify (raw);
        }
      seconds += (get_seconds () - start) / N_REPEATED;
      sympy_seconds += json_object_get_double_member (entry, "seconds");

      length = esp_expression_get_length (simple);
      sympy_length = esp_expression_get_length (sympy);
      n++;
      timed_out += !finished;
      no_longer += length <= sympy_length;
      shorter += length < sympy_length;
      raw_total += esp_expression_get_length (raw);
      total += length;
      sympy_total += sympy_length;
      if (finished)
        {
          no_longer_finished += length <= sympy_length;
          finished_total += length;
          sympy_finished_total += sympy_length;
        }
      if (length > sympy_length)
        {
          g_autofree char *text = esp_expression_to_text (simple, &names.symbols);
          g_autofree char *sympy_text = esp_expression_to_text (sympy, &names.symbols);

          g_test_message ("longer: %zu > %zu\n  %s\n  %s", length, sympy_length, text, sympy_text);
        }
    }
  g_test_message ("%zu formulas, SymPy timed out on %zu; no longer in %zu (%.1f %%), shorter in %zu; "
                  "total length raw %zu, here %zu, SymPy %zu",
                  n, timed_out, no_longer, 100.0 * (double) no_longer / (double) n, shorter, raw_total, total,
                  sympy_total);
  g_test_message ("where SymPy finished: no longer in %zu of %zu (%.1f %%), total %zu, SymPy %zu",
                  no_longer_finished, n - timed_out,
                  100.0 * (double) no_longer_finished / (double) (n - timed_out), finished_total,
                  sympy_finished_total);
  g_test_message ("CPU time here %.4f s, SymPy %.1f s: %.0f times", seconds, sympy_seconds,
                  sympy_seconds / seconds);
  g_assert_cmpuint (100 * no_longer_finished, >=, 95 * (n - timed_out));
  g_assert_cmpuint (finished_total, <=, sympy_finished_total);
  if (g_test_perf ())
    g_assert_cmpfloat (sympy_seconds, >=, 100 * seconds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simplify/beside-sympy", test_compare);
  return g_test_run ();
}

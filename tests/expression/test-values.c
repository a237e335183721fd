/* Formulas against values that SymPy computed (tests/oracles/sympy_expressions.py). */

#include <math.h>

#include <glib.h>

#include "bounded-value.h"
#include "esp-formula.h"
#include "esp-json.h"
#include "esp-simplify.h"

#define N_VARIABLES 3

static JsonNode *data;

static void
test_values (gconstpointer simplified)
{
  JsonObject *root = json_node_get_object (data);
  JsonArray *names = json_object_get_array_member (root, "symbols");
  JsonArray *points = json_object_get_array_member (root, "points");
  JsonArray *expressions = json_object_get_array_member (root, "expressions");
  const char *symbol_names[N_VARIABLES];
  const EspSymbols symbols = { N_VARIABLES, symbol_names, NULL, NULL };
  int compared = 0;

  g_assert_cmpuint (json_array_get_length (names), ==, N_VARIABLES);
  for (guint i = 0; i < N_VARIABLES; i++)
    symbol_names[i] = json_array_get_string_element (names, i);

  for (guint i = 0; i < json_array_get_length (expressions); i++)
    {
      JsonObject *entry = json_array_get_object_element (expressions, i);
      const char *text = json_object_get_string_member (entry, "text");
      JsonArray *values = json_object_get_array_member (entry, "values");
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula) parsed = esp_formula_parse (text, &symbols, 1, &error);
      g_autoptr (EspFormula) formula = NULL;

      g_assert_no_error (error);
      if (GPOINTER_TO_INT (simplified))
        {
          g_autoptr (EspExpression) simple = esp_expression_simplify (esp_formula_get_expression (parsed, 0));

          formula = esp_formula_new (&simple, 1, &symbols);
        }
      else
        formula = esp_formula_ref (parsed);

      for (guint k = 0; k < json_array_get_length (points); k++)
        {
          JsonArray *point = json_array_get_array_element (points, k);
          double observation[N_VARIABLES], action, expected, bound;

          if (json_array_get_null_element (values, k))
            continue;
          for (guint n = 0; n < N_VARIABLES; n++)
            observation[n] = json_array_get_double_element (point, n);
          expected = json_array_get_double_element (values, k);
          esp_formula_evaluate (formula, observation, &action);
          bounded_value (esp_formula_get_expression (parsed, 0), observation, &bound);
          /* where a jump is so near that rounding decides, there is nothing to compare */
          if (!(bound <= 1e-9 * (fabs (expected) + 1e-3)))
            continue;
          compared++;
          if (!(fabs (action - expected) <= 4 * bound + 1e-300))
            g_error ("%s is %.17g at point %u, but SymPy finds %.17g (bound %g)", text, action, k, expected,
                     bound);
        }
    }
  g_assert_cmpint (compared, >, 1100);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  data = esp_json_load (ESP_TEST_DATA "/expression-values.json", &error);
  g_assert_no_error (error);
  g_test_add_data_func ("/values/parsed", GINT_TO_POINTER (FALSE), test_values);
  g_test_add_data_func ("/values/simplified", GINT_TO_POINTER (TRUE), test_values);
  status = g_test_run ();
  json_node_unref (data);
  return status;
}

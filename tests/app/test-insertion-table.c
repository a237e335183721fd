/* Known formulas in every arrangement: the rows are complete, what fits keeps its return, and what does not
 * says why. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-insertion-table.h"

#define N_ARRANGEMENTS 16

static const EspInsertionRow *
find_row (const GArray *rows, const char *name, const char *arrangement, bool dense)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const EspInsertionRow *row = &g_array_index (rows, EspInsertionRow, i);

      if (g_str_equal (row->name, name) && g_str_equal (row->arrangement, arrangement) && row->dense == dense)
        return row;
    }
  g_assert_not_reached ();
}

/* Of an environment: how many formulas there are, how many of their rows fit with dense connections and
 * without, and by how much the return may be less than the formula's. */
typedef struct
{
  const char *environment;
  unsigned n_formulas, n_dense, n_sequential;
  double loss;
} Case;

/* A pair's deviation is between the difference and the sum of those that it is made of: over @n episodes,
 * by n − 1 and n. */
static void
check_difference (const EspInsertionRow *row, double n)
{
  double scale = sqrt (n / (n - 1.0)), a = scale * row->network_return.deviation,
         b = scale * row->formula_return.deviation, slack = 1e-6 * (1.0 + a + b);

  g_assert_cmpfloat (row->difference_deviation, <=, a + b + slack);
  g_assert_cmpfloat (row->difference_deviation, >=, fabs (a - b) - slack);
}

static void
test_environment (const void *data)
{
  const Case *this = data;
  g_autoptr (GArray) rows = esp_insertion_table_new ();
  g_autoptr (GError) error = NULL;
  unsigned n_dense = 0, n_sequential = 0;

  esp_insertion_table_fill (rows, this->environment, 8, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, this->n_formulas * N_ARRANGEMENTS);
  for (guint i = 0; i < rows->len; i++)
    {
      const EspInsertionRow *row = &g_array_index (rows, EspInsertionRow, i);

      g_assert_cmpstr (row->environment, ==, this->environment);
      g_assert_cmpuint (row->formula_return.episodes, ==, 8);
      if (!row->fits)
        {
          g_test_message ("%s in %s%s: %s", row->name, row->arrangement, row->dense ? "" : ", sequential",
                          row->reason);
          g_assert_cmpuint (row->network_return.episodes, ==, 0);
          g_assert_true (isnan (row->difference_deviation));
          g_assert_cmpuint (strlen (row->reason), >, 20);
          continue;
        }
      g_assert_null (row->reason);
      g_test_message ("%s in %s%s: %g, network %g, %zu paths", row->name, row->arrangement,
                      row->dense ? "" : ", sequential", row->formula_return.mean, row->network_return.mean,
                      row->n_paths);
      g_assert_cmpuint (row->network_return.episodes, ==, 8);
      g_assert_cmpfloat (row->network_return.mean, >, row->formula_return.mean - this->loss);
      g_assert_cmpuint (row->n_paths, >, 0);
      check_difference (row, 8);
      n_dense += row->dense;
      n_sequential += !row->dense;
    }
  g_assert_cmpuint (n_dense, ==, this->n_dense);
  g_assert_cmpuint (n_sequential, ==, this->n_sequential);
}

static void
test_reasons (void)
{
  g_autoptr (GArray) rows = esp_insertion_table_new ();
  const EspInsertionRow *row;

  g_assert_true (esp_insertion_table_fill (rows, "cartpole", 1, NULL, NULL, NULL));
  /* a linear law needs its four paths alone, or one number carried through every layer */
  row = find_row (rows, "LQR", "S0", true);
  g_assert_true (row->fits);
  g_assert_cmpuint (row->n_paths, ==, 4);
  row = find_row (rows, "LQR", "U0", false);
  g_assert_true (row->fits);
  g_assert_cmpuint (row->n_paths, ==, 4 + 5);
  row = find_row (rows, "LQR", "S0", false);
  g_assert_false (row->fits);
  g_assert_nonnull (strstr (row->reason, "nothing in layer 4 to carry"));
}

static void
test_cancelled (void)
{
  g_autoptr (GArray) rows = esp_insertion_table_new ();
  g_autoptr (GError) error = NULL;
  const _Atomic bool cancelled = true;

  g_assert_true (esp_insertion_table_fill (rows, NULL, 10, NULL, &cancelled, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 0);
  g_assert_false (esp_insertion_table_fill (rows, "nowhere", 1, NULL, NULL, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "cartpole", 2, 16, 8, 1 },      { "mountain-car", 2, 16, 8, 0.5 },
    { "pendulum", 2, 16, 3, 10 },     { "inverted-pendulum-swingup", 1, 8, 0, 5 },
    { "lunar-lander", 2, 16, 4, 10 }, { "inverted-double-pendulum", 1, 8, 4, 1 },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("/insertion-table/", cases[i].environment, NULL);

      g_test_add_data_func (name, &cases[i], test_environment);
    }
  g_test_add_func ("/insertion-table/reasons", test_reasons);
  g_test_add_func ("/insertion-table/cancelled", test_cancelled);
  return g_test_run ();
}

/* The search over formulas: edits are what they say, the archive keeps the front and nothing else, and from
 * a hopeless formula the search finds one that balances, the same for any number of workers. */

#include <math.h>
#include <string.h>

#include "esp-archive.h"
#include "esp-demonstrations.h"
#include "esp-edit.h"
#include "esp-evaluation.h"
#include "esp-search.h"

static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
static const EspSymbols symbols = { G_N_ELEMENTS (names), names, NULL, NULL };

static EspFormula *
parse (const char *text)
{
  GError *error = NULL;
  EspFormula *formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return formula;
}

static const char *
describe (EspExpression *expression)
{
  g_autoptr (EspFormula) formula = esp_formula_new (&expression, 1, &symbols);

  return g_intern_string (esp_formula_get_text (formula));
}

static void
test_places (void)
{
  g_autoptr (EspFormula) formula = parse ("2*x + sin(theta - 3*x_dot)");
  EspExpression *root = esp_formula_get_expression (formula, 0);
  static const char *const places[] = { "2*x + sin(theta - 3*x_dot)", "2*x",   "2", "x",
                                        "sin(theta - 3*x_dot)",       "theta - 3*x_dot", "theta", "3*x_dot",
                                        "3",                          "x_dot" };

  g_assert_cmpuint (esp_expression_get_length (root), ==, G_N_ELEMENTS (places));
  for (size_t i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (EspExpression) seven = esp_expression_constant (7.0);
      g_autoptr (EspExpression) replaced = esp_edit_replace (root, i, seven);

      g_assert_cmpstr (describe (esp_edit_find (root, i)), ==, places[i]);
      g_assert_cmpfloat (esp_expression_get_value (esp_edit_find (replaced, i)), ==, 7.0);
    }

  {
    g_autoptr (EspExpression) variable = esp_expression_variable (3);
    g_autoptr (EspExpression) replaced = esp_edit_replace (root, 5, variable);

    g_assert_cmpstr (describe (replaced), ==, "2*x + sin(theta_dot)");
  }
}

static void
test_constants (void)
{
  g_autoptr (EspFormula) formula = parse ("2*x + theta^2*(x_dot^(1 + 4*x) - 5)");
  EspExpression *root = esp_formula_get_expression (formula, 0);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (EspExpression) same = NULL;
  g_autoptr (EspExpression) other = NULL;

  /* whole exponents belong to the structure */
  esp_edit_get_constants (root, values);
  g_assert_cmpuint (values->len, ==, 2);
  g_assert_cmpfloat (g_array_index (values, double, 0), ==, 2.0);
  g_assert_cmpfloat (g_array_index (values, double, 1), ==, 5.0);

  same = esp_edit_set_constants (root, (const double *) (void *) values->data);
  g_assert_true (esp_expression_equal (same, root));
  g_array_index (values, double, 1) = 6.0;
  other = esp_edit_set_constants (root, (const double *) (void *) values->data);
  g_assert_cmpstr (describe (other), ==, "2*x + theta^2*(x_dot^(1 + 4*x) - 6)");
}

static void
test_mutations (void)
{
  static const double scales[] = { 1.0, 1.0, 0.1, 1.0 };
  g_autoptr (EspFormula) formula = parse ("2*x + sin(theta - 3*x_dot)");
  g_autoptr (EspFormula) mate = parse ("cos(theta_dot)*x");
  EspExpression *root = esp_formula_get_expression (formula, 0);
  EspExpression *mates[] = { esp_formula_get_expression (mate, 0) };
  EspEditMaterial material = { G_N_ELEMENTS (names), scales, mates, 1 };
  size_t shorter = 0, longer = 0, grafted = 0, length = esp_expression_get_length (root);
  EspRandom random, again;

  esp_random_init (&random, 3, 0);
  esp_random_init (&again, 3, 0);
  for (int i = 0; i < 500; i++)
    {
      g_autoptr (EspExpression) a = esp_edit_mutate (root, &material, &random);
      g_autoptr (EspExpression) b = esp_edit_mutate (root, &material, &again);

      g_assert_true (esp_expression_equal (a, b));
      shorter += esp_expression_get_length (a) < length;
      longer += esp_expression_get_length (a) > length;
      grafted += strstr (describe (a), "cos(theta_dot)") != NULL;
    }
  g_assert_cmpuint (shorter, >, 100);
  g_assert_cmpuint (longer, >, 100);
  g_assert_cmpuint (grafted, >, 1);
}

/* Returns whether the structure of @edited is that of @root, with other numbers; stores what each of its
 * numbers is a multiple of the one of @root by in @ratios[n]. */
static bool
has_other_numbers (EspExpression *root, EspExpression *edited, double *ratios, guint n)
{
  g_autoptr (GArray) old = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) new = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (EspExpression) filled = NULL;

  esp_edit_get_constants (root, old);
  esp_edit_get_constants (edited, new);
  g_assert_cmpuint (old->len, ==, n);
  if (new->len != n)
    return false;
  filled = esp_edit_set_constants (root, (const double *) (void *) new->data);
  if (!esp_expression_equal (filled, edited))
    return false;
  for (guint i = 0; i < n; i++)
    ratios[i] = g_array_index (new, double, i) / g_array_index (old, double, i);

  return true;
}

/* Of every kind of edit there are neighbours that no other kind makes. */
static void
test_kinds_of_mutations (void)
{
  static const double scales[] = { 1.0, 1.0, 0.1, 1.0 };
  static const char *const neighbours[] = {
    /* all numbers by one factor: each of the three is 1 then */
    "x - 0.5*x_dot + 2*theta",
    "0.5*x - 0.25*x_dot + theta",
    "2*x - x_dot + 4*theta",
    /* one of the operands, either number, an observation, a part of a mate */
    "2*x_dot + 8*theta",
    "8*theta - 2*x_dot",
    "4*x + 8*theta - 1",
    "4*x - 2*x_dot + 8*theta_dot",
    "4*x - 2*x_dot + cos(theta)",
    /* something added */
    "4*x - 2*x_dot + 8*theta + cos(theta)",
    /* a factor, a divisor and functions put on */
    "4*x - 2*x_dot + 8*theta*theta_dot",
    "4*x - 2*x_dot + 8*theta/theta_dot",
    "4*x - 2*x_dot + 8*tanh(theta)",
    "4*x + 8*theta - sin(2*x_dot)",
    /* one operation exchanged for another */
    "4*x + 2*x_dot + 8*theta",
  };
  size_t counts[G_N_ELEMENTS (neighbours)] = { 0 }, shaken = 0, limited = 0;
  g_autoptr (EspFormula) formula = parse ("4*x - 2*x_dot + 8*theta");
  g_autoptr (EspFormula) mate = parse ("cos(theta)*x");
  EspExpression *root = esp_formula_get_expression (formula, 0);
  EspExpression *mates[] = { esp_formula_get_expression (mate, 0) };
  EspEditMaterial material = { G_N_ELEMENTS (names), scales, mates, 1 };

  for (uint64_t seed = 0; seed < 6000; seed++)
    {
      EspRandom random;
      g_autoptr (EspExpression) edited = NULL;
      g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));
      double ratios[3];
      const char *text;

      esp_random_init (&random, seed, 0);
      edited = esp_edit_mutate (root, &material, &random);
      esp_edit_get_constants (edited, numbers);
      for (guint i = 0; i < numbers->len; i++)
        g_assert_true (isfinite (g_array_index (numbers, double, i)));

      text = describe (edited);
      for (size_t i = 0; i < G_N_ELEMENTS (neighbours); i++)
        counts[i] += strcmp (text, neighbours[i]) == 0;
      limited += strstr (text, "min(") != NULL || strstr (text, "max(") != NULL;
      /* each number by a factor of its own; edits of one place change fewer of them */
      shaken += has_other_numbers (root, edited, ratios, G_N_ELEMENTS (ratios)) && ratios[0] != 1.0
                && ratios[1] != 1.0 && ratios[2] != 1.0 && fabs (ratios[0] / ratios[1] - 1.0) > 1e-9;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (neighbours); i++)
    {
      g_test_message ("%s: %zu", neighbours[i], counts[i]);
      /* one edit in seventeen scales, and each number is as likely to become 1 */
      g_assert_cmpuint (counts[i], >, i < 3 ? 90 : 0);
    }
  g_assert_cmpuint (shaken, >, 100);
  g_assert_cmpuint (limited, >, 0);
}

/* Numbers that nothing can be divided by are left as they are. */
static void
test_mutations_of_zero (void)
{
  static const double scales[] = { 1.0, 1.0, 0.1, 1.0 };
  static const char *const texts[] = { "x", "0" };

  for (size_t t = 0; t < G_N_ELEMENTS (texts); t++)
    {
      g_autoptr (EspFormula) formula = parse (texts[t]);
      EspExpression *root = esp_formula_get_expression (formula, 0);
      EspEditMaterial material = { G_N_ELEMENTS (names), scales, NULL, 0 };
      size_t same = 0;

      for (uint64_t seed = 0; seed < 1000; seed++)
        {
          EspRandom random;
          g_autoptr (EspExpression) edited = NULL;
          g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));

          esp_random_init (&random, seed, 0);
          edited = esp_edit_mutate (root, &material, &random);
          esp_edit_get_constants (edited, numbers);
          for (guint i = 0; i < numbers->len; i++)
            g_assert_true (isfinite (g_array_index (numbers, double, i)));
          same += esp_expression_equal (edited, root);
        }
      g_assert_cmpuint (same, >, 0);
      g_assert_cmpuint (same, <, 1000);
    }
}

static void
offer (EspArchive *archive, const char *text, double value, bool expected)
{
  g_autoptr (EspFormula) formula = parse (text);

  g_assert_true (esp_archive_offer (archive, formula, value) == expected);
}

static void
assert_values (const EspArchive *archive, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    g_string_append_printf (text, "%zu:%g ", esp_archive_get (archive, i)->length,
                            esp_archive_get (archive, i)->value);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_archive (void)
{
  g_autoptr (EspArchive) front = esp_archive_new (1);
  g_autoptr (EspArchive) deep = esp_archive_new (2);

  offer (front, "2*x", 10.0, true);
  offer (front, "x", 5.0, true);
  offer (front, "x_dot", 5.0, false);
  offer (front, "2*x + x_dot", 10.0, false);
  offer (front, "2*x + x_dot", 12.0, true);
  offer (front, "x", NAN, false);
  assert_values (front, "1:5 3:10 5:12 ");
  g_assert_cmpfloat (esp_archive_get_bar (front, 4), ==, 10.0);
  g_assert_true (isinf (esp_archive_get_bar (front, 0)));
  offer (front, "3*x_dot", 12.0, true);
  assert_values (front, "1:5 3:12 ");

  offer (deep, "2*x", 10.0, true);
  offer (deep, "x", 5.0, true);
  offer (deep, "x_dot", 4.0, true);
  offer (deep, "theta", 3.0, false);
  offer (deep, "x + x_dot", 6.0, true);
  offer (deep, "x - x_dot", 6.0, false);
  assert_values (deep, "1:5 1:4 3:10 3:6 ");
  offer (deep, "theta", 11.0, true);
  assert_values (deep, "1:11 1:5 3:10 ");
  g_assert_cmpfloat (esp_archive_get_bar (deep, 9), ==, 10.0);
}

/* What is linear and never clipped is found again. */
static void
test_imitation (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspFormula) teacher = parse ("0.01*x - 0.03*theta + 0.005*theta_dot");
  g_autoptr (EspDemonstrations)
    demonstrations = esp_demonstrations_new (teacher, esp_environment_get_info (environment), 9, NULL);
  g_autoptr (GPtrArray) formulas = esp_demonstrations_imitate (demonstrations, 5);
  size_t n = esp_demonstrations_get_n (demonstrations);
  double x[] = { 0.3, -0.2, 0.1, 0.7 }, expected, action;

  /* further terms add nothing but rounding, and a sixth there is not */
  g_assert_cmpuint (n, >=, 4000);
  g_assert_cmpuint (formulas->len, >=, 3);
  g_assert_cmpuint (formulas->len, <=, 5);
  g_assert_cmpuint (esp_formula_get_length (g_ptr_array_index (formulas, 0), 0), ==, 3);
  esp_formula_evaluate (teacher, x, &expected);
  esp_formula_evaluate (g_ptr_array_index (formulas, 2), x, &action);
  g_assert_cmpfloat_with_epsilon (action, expected, 1e-12);
  esp_formula_evaluate (g_ptr_array_index (formulas, 1), x, &action);
  g_assert_cmpfloat (fabs (action - expected), >, 1e-6);

  /* and the comparison sees it, on a part of the states too */
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, teacher, n), ==, 0.0);
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, g_ptr_array_index (formulas, 2), n), >, -1e-20);
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, g_ptr_array_index (formulas, 1), 100), <, -1e-9);
}

/* The comparison is in shares of half an action's range, of clipped actions, and a formula without a value in one
 * of the states is none. */
static void
test_comparison (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspFormula) teacher = parse ("5");
  g_autoptr (EspFormula) half = parse ("0.5");
  g_autoptr (EspFormula) opposite = parse ("-7");
  g_autoptr (EspFormula) invalid = parse ("log(-1 - x^2)");
  g_autoptr (EspDemonstrations)
    demonstrations = esp_demonstrations_new (teacher, esp_environment_get_info (environment), 9, NULL);

  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, teacher, 50), ==, 0.0);
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, half, 50), ==, -0.25);
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, opposite, SIZE_MAX), ==, -4.0);
  g_assert_cmpfloat (esp_demonstrations_compare (demonstrations, invalid, 50), ==, -HUGE_VAL);
}

static bool
note_progress (void *data, double share, const EspArchive *archive)
{
  double *last = data;

  g_assert_cmpfloat (share, >=, *last);
  g_assert_cmpfloat (share, <=, 1.0);
  g_assert_cmpuint (esp_archive_get_n (archive), >, 0);
  *last = share;
  return true;
}

static void
test_search (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspSearchSettings settings = { .environment = esp_environment_get_info (environment),
                                 .steps = 6000000,
                                 .imitations = 3,
                                 .starts = 1,
                                 .evolution = 0.1,
                                 .episodes = 10,
                                 .length_limit = 15,
                                 .digits = 3,
                                 .tolerance = 0.001,
                                 .seed = 1 };
  g_autoptr (EspFormula) start = parse ("theta");
  EspFormula *seeds[] = { start };
  g_autoptr (EspPool) pool = esp_pool_new (3);
  double progress = 0.0;
  g_autoptr (EspArchive)
    alone = esp_search_formulas (seeds, 1, &settings, NULL, note_progress, &progress, NULL);
  g_autoptr (EspArchive) together = esp_search_formulas (seeds, 1, &settings, pool, NULL, NULL, NULL);
  const EspArchiveEntry *best = esp_archive_get (alone, esp_archive_get_n (alone) - 1);

  g_test_message ("%s", esp_formula_get_text (best->formula));
  g_assert_cmpfloat (progress, ==, 1.0);
  g_assert_cmpfloat (best->value, >, 900.0);
  g_assert_cmpuint (best->length, <=, 15);
  /* on episodes that the search has not seen */
  g_assert_cmpfloat (esp_evaluate_formula (best->formula, settings.environment, 500, 20, NULL, NULL).mean, >,
                     800.0);

  g_assert_cmpuint (esp_archive_get_n (alone), ==, esp_archive_get_n (together));
  for (size_t i = 0; i < esp_archive_get_n (alone); i++)
    {
      g_assert_cmpfloat (esp_archive_get (alone, i)->value, ==, esp_archive_get (together, i)->value);
      g_assert_cmpstr (esp_formula_get_text (esp_archive_get (alone, i)->formula), ==,
                       esp_formula_get_text (esp_archive_get (together, i)->formula));
    }
}

/* What the progress of a search shows. */
typedef struct
{
  double teaching; /* share of it */
  double share;    /* at the last call */
  size_t calls;
  size_t stop;           /* at this call; 0: never */
  size_t longest_before; /* in the archive while the teacher is improved */
  size_t longest_after;
  size_t imitated;  /* entries of more than one node that came between these two */
  EspArchive *last; /* the archive of the last call, copied */
} Watch;

static EspArchive *
copy (const EspArchive *archive)
{
  EspArchive *copied = esp_archive_new (100);

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    esp_archive_offer (copied, esp_archive_get (archive, i)->formula, esp_archive_get (archive, i)->value);

  return copied;
}

static bool
contains (const EspArchive *archive, const EspArchiveEntry *entry)
{
  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    if (esp_archive_get (archive, i)->length == entry->length
        && esp_archive_get (archive, i)->value == entry->value)
      return true;

  return false;
}

static bool
watch_progress (void *data, double share, const EspArchive *archive)
{
  Watch *watch = data;
  bool taught = watch->calls > 0 && watch->share >= watch->teaching;
  size_t *longest = taught ? &watch->longest_after : &watch->longest_before;

  g_assert_cmpfloat (share, >=, watch->share);
  g_assert_cmpfloat (share, <=, 1.0);
  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    {
      const EspArchiveEntry *entry = esp_archive_get (archive, i);

      *longest = MAX (*longest, entry->length);
      if (taught && watch->imitated == 0 && watch->last != NULL && entry->length > 1
          && !contains (watch->last, entry))
        watch->imitated++;
    }
  g_clear_pointer (&watch->last, esp_archive_unref);
  if (!taught)
    watch->last = copy (archive);
  watch->share = share;
  watch->calls++;

  return watch->calls != watch->stop;
}

static EspArchive *
search (const EspSearchSettings *settings, const char *seed, size_t n_workers, Watch *watch)
{
  g_autoptr (EspFormula) start = parse (seed);
  EspFormula *seeds[] = { start };
  g_autoptr (EspPool) pool = n_workers > 1 ? esp_pool_new (n_workers) : NULL;
  EspArchive *archive = esp_search_formulas (seeds, 1, settings, pool, watch_progress, watch, NULL);

  g_clear_pointer (&watch->last, esp_archive_unref);
  return archive;
}

/* The teacher may be four times as long as the result; once it is found nothing grows so long any more, and
 * it is what the next formulas imitate: one that always does the same would leave nothing to imitate. */
static void
test_teaching (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspSearchSettings settings = { .environment = esp_environment_get_info (environment),
                                 .steps = 1000000,
                                 .teaching = 0.3,
                                 .episodes = 4,
                                 .length_limit = 3,
                                 .starts = 1,
                                 .seed = 1 };
  Watch taught = { .teaching = 0.3 }, untaught = { 0 };
  g_autoptr (EspArchive) with = search (&settings, "0.1", 1, &taught);
  g_autoptr (EspArchive) without = NULL;

  settings.teaching = 0.0;
  without = search (&settings, "0.1", 1, &untaught);

  /* plain sums of twice as many terms as there may be are where edits start to shorten */
  g_assert_cmpuint (taught.longest_before, >, 7);
  g_assert_cmpuint (taught.longest_before, <=, 12);
  g_assert_cmpuint (taught.longest_after, <=, taught.longest_before);
  g_assert_cmpuint (taught.imitated, >, 0);
  g_assert_cmpuint (untaught.longest_before, ==, 1);
  g_assert_cmpuint (untaught.longest_after, <=, 7);

  g_assert_cmpuint (esp_archive_get_n (with), >, 0);
  for (size_t i = 0; i < esp_archive_get_n (with); i++)
    g_assert_cmpuint (esp_archive_get (with, i)->length, <=, 3);
}

/* What a generation costs tells how many episodes its edits were screened on. */
static void
test_screening (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  static const size_t screening[] = { 1, 0, 16 };
  double costs[G_N_ELEMENTS (screening)];

  for (size_t i = 0; i < G_N_ELEMENTS (screening); i++)
    {
      EspSearchSettings settings = { .environment = esp_environment_get_info (environment),
                                     .steps = 4000000,
                                     .episodes = 16,
                                     .screening_episodes = screening[i],
                                     .length_limit = 7,
                                     .starts = 1,
                                     .seed = 1 };
      Watch watch = { .stop = 3 };
      g_autoptr (EspArchive) archive = search (&settings, "theta + 0.3*theta_dot", 1, &watch);

      g_assert_cmpuint (watch.calls, ==, 3);
      costs[i] = watch.share;
      g_test_message ("%zu: %g", screening[i], costs[i]);
    }
  g_assert_cmpfloat (costs[0], <, costs[1]);
  g_assert_cmpfloat (costs[1], <, costs[2]);
}

static char *
list (const EspArchive *archive)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < esp_archive_get_n (archive); i++)
    g_string_append_printf (text, "%a %s\n", esp_archive_get (archive, i)->value,
                            esp_formula_get_text (esp_archive_get (archive, i)->formula));

  return g_string_free (text, FALSE);
}

/* Several formulas whose numbers evolve, in the same way for any number of workers; and not in the way of one
 * alone. */
static void
test_starts (void)
{
  static const size_t starts[] = { 3, 3, 3, 1 }, n_workers[] = { 1, 2, 3, 1 };
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  g_autofree char *first = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      EspSearchSettings settings = { .environment = esp_environment_get_info (environment),
                                     .steps = 600000,
                                     .imitations = 1,
                                     .starts = starts[i],
                                     .evolution = 0.3,
                                     .episodes = 8,
                                     .length_limit = 9,
                                     .seed = 2 };
      Watch watch = { 0 };
      g_autoptr (EspArchive) archive = search (&settings, "theta + theta_dot", n_workers[i], &watch);
      g_autofree char *text = list (archive);

      g_assert_cmpfloat (watch.share, ==, 1.0);
      if (first == NULL)
        first = g_steal_pointer (&text);
      else if (starts[i] == starts[0])
        g_assert_cmpstr (text, ==, first);
      else
        g_assert_cmpstr (text, !=, first);
    }
}

static void
test_cancelled (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  EspSearchSettings settings = { .environment = esp_environment_get_info (environment),
                                 .steps = UINT64_MAX,
                                 .episodes = 10,
                                 .length_limit = 15,
                                 .digits = 3,
                                 .seed = 1 };
  g_autoptr (EspFormula) start = parse ("0.3*theta");
  EspFormula *seeds[] = { start };
  const _Atomic bool cancelled = true;
  g_autoptr (EspArchive) archive = esp_search_formulas (seeds, 1, &settings, NULL, NULL, NULL, &cancelled);

  /* it comes back with what it was given */
  g_assert_cmpuint (esp_archive_get_n (archive), ==, 1);
  g_assert_true (esp_expression_equal (esp_formula_get_expression (esp_archive_get (archive, 0)->formula, 0),
                                       esp_formula_get_expression (start, 0)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search/places", test_places);
  g_test_add_func ("/search/constants", test_constants);
  g_test_add_func ("/search/mutations/lengths", test_mutations);
  g_test_add_func ("/search/mutations/kinds", test_kinds_of_mutations);
  g_test_add_func ("/search/mutations/zero", test_mutations_of_zero);
  g_test_add_func ("/search/archive", test_archive);
  g_test_add_func ("/search/imitation", test_imitation);
  g_test_add_func ("/search/comparison", test_comparison);
  g_test_add_func ("/search/search", test_search);
  g_test_add_func ("/search/teaching", test_teaching);
  g_test_add_func ("/search/screening", test_screening);
  g_test_add_func ("/search/starts", test_starts);
  g_test_add_func ("/search/cancelled", test_cancelled);
  return g_test_run ();
}

/* The arithmetic of studies, the reading of their files, and the patterns of formulas. */

#include <math.h>
#include <string.h>

#include "esp-bars.h"
#include "esp-error.h"
#include "esp-patterns.h"
#include "esp-study-file.h"
#include "esp-study-measures.h"
#include "esp-study.h"
#include "esp-table.h"

/* Student's t as tables have it, to as many digits. */
static void
test_student (void)
{
  static const struct
  {
    double freedom;
    double quantile;
  } known[] = {
    { 1, 12.70620474 }, { 2, 4.30265273 },   { 3, 3.18244631 },    { 4, 2.77644511 },   { 9, 2.26215716 },
    { 30, 2.04227246 }, { 100, 1.98397152 }, { 1000, 1.96233908 }, { 1e7, 1.95996422 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_cmpfloat_with_epsilon (esp_student_quantile (known[i].freedom), known[i].quantile, 1e-7);
}

static void
test_estimate (void)
{
  static const double values[] = { 1.0, 2.0, 3.0, NAN, 6.0 };
  EspEstimate estimate = esp_estimate (values, G_N_ELEMENTS (values));

  /* mean 3, squares 4 + 1 + 0 + 9, so the standard error is √(14 / 3 / 4) */
  g_assert_cmpuint (estimate.n, ==, 4);
  g_assert_cmpfloat (estimate.mean, ==, 3.0);
  g_assert_cmpfloat_with_epsilon (estimate.half, 3.18244630528 * sqrt (14.0 / 12.0), 1e-9);

  estimate = esp_estimate (values, 1);
  g_assert_cmpfloat (estimate.mean, ==, 1.0);
  g_assert_true (estimate.n == 1 && isnan (estimate.half));
  estimate = esp_estimate (values, 0);
  g_assert_true (estimate.n == 0 && isnan (estimate.mean) && isnan (estimate.half));
  estimate = esp_estimate ((double[]){ 5.0, 5.0 }, 2);
  g_assert_cmpfloat (estimate.half, ==, 0.0);
}

static void
test_table (void)
{
  static const EspColumn columns[] = {
    { "name", "name", 0, TRUE, TRUE },
    { "value", "value", 1, FALSE, FALSE },
    { "mean", "mean", 2, FALSE, FALSE },
  };
  g_autoptr (EspTable) table = esp_table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) markdown = g_string_new (NULL);
  g_autoptr (GString) json = g_string_new (NULL);

  esp_table_add_text (table, "θ̇|x");
  esp_table_add_number (table, 12.34);
  esp_table_add_estimate (table, (EspEstimate){ 3, -1.5, 10.25 });
  esp_table_add_text (table, "θ̇|x");
  esp_table_add_number (table, NAN);
  esp_table_add_estimate (table, (EspEstimate){ 1, -0.001, NAN });
  g_assert_cmpuint (esp_table_get_n_rows (table), ==, 2);

  esp_table_append_text (table, text);
  g_assert_cmpstr (text->str, ==,
                   "  name  value           mean\n"
                   "  θ̇|x    12.3  -1.50 ± 10.25\n"
                   "            -   0.00\n");
  esp_table_append_markdown (table, markdown);
  g_assert_cmpstr (markdown->str, ==,
                   "| name | value | mean |\n|---|---:|---:|\n"
                   "| θ̇\\|x | 12.3 | -1.50 ± 10.25 |\n| θ̇\\|x | - | 0.00 |\n");
  esp_table_append_json (table, json);
  g_assert_cmpstr (json->str, ==,
                   "[{\"name\": \"θ̇|x\", \"value\": 12.34, \"mean\": {\"mean\": -1.5, \"interval\": 10.25, "
                   "\"n\": 3}}, "
                   "{\"name\": \"θ̇|x\", \"value\": null, \"mean\": {\"mean\": -0.001, \"interval\": null, "
                   "\"n\": 1}}]");
}

static EspStudy *
read_study (const char *text, GError **error)
{
  return esp_study_new_from_json ("mine.json", "folder", text, strlen (text), error);
}

static void
test_study (void)
{
  static const char text[] =
    "{\"description\": \"d\", \"measure\": \"length\", \"environments\": [\"cartpole\", {\"name\": "
    "\"pendulum\", \"scale\": 0.25}], \"variants\": [{\"name\": \"a\", \"set\": [\"discount=0.9\"]}, "
    "{\"name\": "
    "\"b\", \"recipe\": \"b.json\"}], \"grid\": [{\"field\": \"batch_size\", \"name\": \"B\", \"values\": "
    "[8, "
    "16]}, {\"field\": \"critic_hidden\", \"values\": [[4,5]]}], \"seeds\": \"3,5..6\"}";
  g_autoptr (GError) error = NULL;
  g_autoptr (EspStudy) study = read_study (text, &error);
  const EspStudyVariant *variant;

  g_assert_no_error (error);
  g_assert_cmpint (study->measure, ==, ESP_STUDY_LENGTH);
  g_assert_cmpuint (study->environments->len, ==, 2);
  g_assert_cmpfloat (g_array_index (study->environments, EspStudyEnvironment, 1).scale, ==, 0.25);
  g_assert_cmpuint (study->seeds->len, ==, 3);
  g_assert_cmpuint (g_array_index (study->seeds, uint64_t, 2), ==, 6);
  g_assert_cmpuint (study->variants->len, ==, 4);
  variant = &g_array_index (study->variants, EspStudyVariant, 1);
  g_assert_cmpstr (variant->name, ==, "a, B 16, critic_hidden [4,5]");
  g_assert_cmpstr (variant->recipe, ==, "default");
  g_assert_cmpstr (variant->assignments[0], ==, "discount=0.9");
  g_assert_cmpstr (variant->assignments[1], ==, "batch_size=16");
  g_assert_cmpstr (variant->assignments[2], ==, "critic_hidden=[4,5]");
  g_assert_null (variant->assignments[3]);
  g_assert_cmpstr (g_array_index (study->variants, EspStudyVariant, 2).recipe, ==, "folder/b.json");

  {
    static const char steering[] =
      "{\"description\": \"a\\nb\", \"environments\": [\"cartpole\"], \"variants\": "
      "[{\"name\": \"\\u001b[31mred\"}]}";
    g_autoptr (EspStudy) clean = read_study (steering, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (clean->description, ==, "a b");
    g_assert_cmpstr (g_array_index (clean->variants, EspStudyVariant, 0).name, ==, " [31mred");
  }

  g_assert_true (esp_study_choose_environments (study, "hopper,pendulum", &error));
  g_assert_cmpfloat (g_array_index (study->environments, EspStudyEnvironment, 0).scale, ==, 1.0);
  g_assert_cmpfloat (g_array_index (study->environments, EspStudyEnvironment, 1).scale, ==, 0.25);
}

static void
test_bad_studies (void)
{
  static const struct
  {
    const char *text;
    const char *word;
  } wrong[] = {
    { "[]", "JSON object" },
    { "{\"environments\": [\"a\"", "line 1" },
    { "{}", "environments" },
    { "{\"environments\": []}", "environments" },
    { "{\"environments\": [1]}", "environments" },
    { "{\"environments\": [\"a\", \"a\"]}", "twice" },
    { "{\"environments\": [{\"name\": \"a\", \"scale\": 0}]}", "scale" },
    { "{\"environments\": [{\"name\": \"a\", \"scale\": \"1\"}]}", "scale" },
    { "{\"environments\": [{\"name\": \"a\", \"steps\": 1}]}", "steps" },
    { "{\"environments\": [\"a\"], \"nope\": 1}", "nope" },
    { "{\"environments\": [\"a\"], \"measure\": \"nope\"}", "measure" },
    { "{\"environments\": [\"a\"], \"seeds\": \"a\"}", "“a”" },
    { "{\"environments\": [\"a\"], \"seeds\": 3}", "seeds" },
    { "{\"environments\": [\"a\"], \"seeds\": \"1,1\"}", "twice" },
    { "{\"environments\": [\"a\"], \"seeds\": \"18446744073709551615\"}", "at most" },
    { "{\"environments\": [\"a\"], \"variants\": {}}", "variants" },
    { "{\"environments\": [\"a\"], \"variants\": [{}]}", "name" },
    { "{\"environments\": [\"a\"], \"variants\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}", "twice" },
    { "{\"environments\": [\"a\"], \"variants\": [{\"name\": \"a\", \"set\": [1]}]}", "set" },
    { "{\"environments\": [\"a\"], \"variants\": [{\"name\": \"a\", \"recipe\": 1}]}", "recipe" },
    { "{\"environments\": [\"a\"], \"grid\": [{\"field\": \"a\"}]}", "values" },
    { "{\"environments\": [\"a\"], \"grid\": [{\"values\": [1]}]}", "field" },
    { "{\"environments\": [\"a\"], \"grid\": [{\"field\": \"a\", \"values\": [null]}]}", "values" },
  };
  g_autoptr (GString) many = g_string_new ("{\"environments\": [\"a\"], \"grid\": [");
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) failure = NULL;
      g_autoptr (EspStudy) study = read_study (wrong[i].text, &failure);

      g_test_message ("%s", wrong[i].text);
      g_assert_null (study);
      g_assert_true (failure != NULL && failure->domain == ESP_ERROR);
      g_assert_nonnull (strstr (failure->message, wrong[i].word));
      g_assert_nonnull (strstr (failure->message, "mine.json"));
    }

  /* 2^64 variants are refused before they are made */
  for (int i = 0; i < 64; i++)
    g_string_append_printf (many, "%s{\"field\": \"f%d\", \"values\": [1, 2]}", i > 0 ? ", " : "", i);
  g_string_append (many, "]}");
  g_assert_null (read_study (many->str, &error));
  g_assert_nonnull (strstr (error->message, "1000 variants"));
}

/* Every study that ships can be read, and has three seeds at least. */
static void
test_shipped (void)
{
  g_auto (GStrv) names = esp_study_list ();

  g_assert_cmpuint (g_strv_length (names), >=, 7);
  for (char **name = names; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspStudy) study = esp_study_load (*name, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (study->name, ==, *name);
      g_assert_cmpuint (study->seeds->len, >=, 3);
      g_assert_cmpuint (strlen (study->description), >, 0);
    }
}

static void
test_bars (void)
{
  g_autoptr (GError) error = NULL;
  EspBar bar;

  g_assert_true (esp_bar_load ("pendulum", &bar, &error));
  g_assert_true (bar.best == -150.0 && bar.median == -158.0 && bar.wall_seconds == 45.0
                 && bar.reading_length == 15.0);
  g_assert_true (esp_bar_load ("nowhere", &bar, &error));
  g_assert_true (isnan (bar.median));
}

static const char *const names[] = { "x", "y", "z" };
static const EspSymbols symbols = { 3, names, NULL, NULL };

static void
test_normal_form (void)
{
  static const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "3", "c" },
    { "x", "x" },
    { "-x", "c*x" },
    { "x/2", "c*x" },
    { "2/x", "c/x" },
    { "x*y", "x*y" },
    { "y*(2*x)*3", "c*x*y" },
    { "y/x", "y/x" },
    { "2*y/x/z", "c*y/x/z" },
    { "x + y", "c*x + c*y" },
    { "y*3 - (x - 4)", "c + c*x + c*y" },
    { "x + 2*x", "c*x" },
    { "sin(2) + 1", "c" },
    { "sin(y - 0.5*x)", "sin(c*x + c*y)" },
    { "z*(x + 1)", "(c + c*x)*z" },
    { "x/(y + 1)", "x/(c + c*y)" },
    { "1/(x*y)", "c/x/y" },
    { "x^2 + x^3", "c*x^2 + c*x^3" },
    { "(2*x)^-2", "(c*x)^(-2)" },
    { "max(y, x)", "max(x, y)" },
    { "if(y, x, 3)", "if(y, x, c)" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspFormula) formula = esp_formula_parse (cases[i].text, &symbols, 1, NULL);
      g_autofree char *form = esp_pattern_normalise (esp_formula_get_expression (formula, 0), &symbols);

      g_assert_cmpstr (form, ==, cases[i].expected);
    }
}

static const EspPattern *
find_pattern (const GArray *list, const char *text)
{
  for (guint i = 0; i < list->len; i++)
    if (strcmp (g_array_index (list, EspPattern, i).text, text) == 0)
      return &g_array_index (list, EspPattern, i);

  return NULL;
}

static void
test_patterns (void)
{
  static const char *const formulas[] = {
    "tanh(3*x + y - 2*z*y)",
    "tanh(0.1*y*z - x + 4*y) + sin(x*y)",
    "y*x + 1/z",
  };
  g_autoptr (EspPatterns) patterns = esp_patterns_new ();
  g_autoptr (GArray) list = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (formulas); i++)
    {
      g_autoptr (EspFormula) formula = esp_formula_parse (formulas[i], &symbols, 1, NULL);

      g_assert_true (esp_patterns_add (patterns, formula));
    }
  g_assert_cmpuint (esp_patterns_get_n (patterns), ==, 3);
  list = esp_patterns_list (patterns, 2);

  /* the whole is in two, and so are its parts, which are left out therefore; x*y is in two others */
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpstr (g_array_index (list, EspPattern, 0).text, ==, "tanh(c*x + c*y + c*y*z)");
  g_assert_cmpuint (g_array_index (list, EspPattern, 0).nodes, ==, 14);
  g_assert_cmpuint (g_array_index (list, EspPattern, 0).n_formulas, ==, 2);
  g_assert_cmpstr (g_array_index (list, EspPattern, 1).text, ==, "x*y");
  g_assert_cmpuint (g_array_index (list, EspPattern, 1).nodes, ==, 3);

  /* some of the addends, when others have the rest */
  {
    g_autoptr (EspFormula) formula = esp_formula_parse ("2*x + sin(z) + 7*y", &symbols, 1, NULL);
    g_autoptr (GArray) more = NULL;
    const EspPattern *pair;

    g_assert_true (esp_patterns_add (patterns, formula));
    more = esp_patterns_list (patterns, 2);
    pair = find_pattern (more, "c*x + c*y");
    g_assert_nonnull (pair);
    g_assert_cmpuint (pair->n_formulas, ==, 3);
  }
}

/* Formulas of any size are taken or refused, soon. */
static void
test_large_patterns (void)
{
  g_autoptr (GString) text = g_string_new ("x");
  g_autoptr (EspPatterns) patterns = esp_patterns_new ();
  g_autoptr (EspFormula) formula = NULL;
  g_autoptr (EspFormula) longer = NULL;
  g_autoptr (GArray) list = NULL;

  for (int i = 0; i < 300; i++)
    g_string_append_printf (text, " + sin(y^%d)", i);
  formula = esp_formula_parse (text->str, &symbols, 1, NULL);
  g_assert_true (esp_patterns_add (patterns, formula));
  list = esp_patterns_list (patterns, 1);
  g_assert_cmpuint (list->len, >, 0);
  for (int i = 300; i < 600; i++)
    g_string_append_printf (text, " + sin(y^%d)", i);
  longer = esp_formula_parse (text->str, &symbols, 1, NULL);
  g_assert_false (esp_patterns_add (patterns, longer));
  g_assert_cmpuint (esp_patterns_get_n (patterns), ==, 1);
}

static EspStudyRecord *
make_record (const char *variant, uint64_t seed, double mean)
{
  EspStudyRecord *record = esp_study_record_new ();
  static const double lengths[] = { 3.0, 7.0, 5.0 };

  record->environment = g_strdup ("pendulum");
  record->variant = g_strdup (variant);
  record->recipe = g_strdup ("default");
  record->fingerprint = g_strdup ("0123");
  record->formula = g_strdup ("2*sin_theta");
  record->seed = seed;
  record->steps = 1000;
  record->episodes = 100;
  record->mean = mean;
  record->deviation = 1.0;
  record->wall_seconds = 2.0;
  record->learning_seconds = 1.5;
  record->live_paths = 4.0;
  record->paths = 9.0;
  g_array_append_vals (record->lengths, lengths, G_N_ELEMENTS (lengths));

  return record;
}

static void
test_record (void)
{
  g_autoptr (EspStudyRecord) record = make_record ("a \"b\"", G_MAXINT64, -150.25);
  EspStudyPoint point = { 500, -900.5, -901.0, NAN, 33.0, 5.0 };
  EspStudyFrontEntry entry = { 7, -160.0, -155.0, g_strdup ("sin_theta") };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GString) same = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspStudyRecord) again = NULL;

  g_array_append_val (record->curve, point);
  g_array_append_val (record->front, entry);
  esp_study_record_append_json (record, "s", text);
  g_assert_true (g_str_has_suffix (text->str, "}\n")
                 && strchr (text->str, '\n') == text->str + text->len - 1);
  again = esp_study_record_parse ("line", text->str, text->len, &error);
  g_assert_no_error (error);
  esp_study_record_append_json (again, "s", same);
  g_assert_cmpstr (same->str, ==, text->str);
  g_assert_cmpfloat (esp_study_record_get_longest (again), ==, 7.0);
  g_assert_cmpfloat (esp_study_record_get_total (again), ==, 15.0);

  for (size_t i = 0; i < 3; i++)
    {
      static const char *const wrong[] = { "[]", "{\"environment\": \"a\"}",
                                           "{\"environment\": \"a\", \"recipe\": "
                                           "\"b\", \"seed\": 0}" };
      g_autoptr (GError) failure = NULL;

      g_assert_null (esp_study_record_parse ("line 3", wrong[i], strlen (wrong[i]), &failure));
      g_assert_nonnull (strstr (failure->message, "line 3"));
    }
}

/* A row of returns, by hand: two variants with the same seeds, whose differences are 2 and 4. */
static void
test_returns (void)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_study_record_free);
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspTable) table = NULL;

  g_ptr_array_add (records, make_record ("a", 0, 10.0));
  g_ptr_array_add (records, make_record ("b", 1, 24.0));
  g_ptr_array_add (records, make_record ("a", 1, 20.0));
  g_ptr_array_add (records, make_record ("b", 0, 12.0));
  table = esp_study_measure (ESP_STUDY_RETURNS, records, notes, NULL);
  g_assert_cmpuint (esp_table_get_n_rows (table), ==, 2);
  esp_table_append_markdown (table, text);
  /* 12.70620 · 5 = 63.53, · 6 = 76.24, and · 1 of the differences */
  g_assert_nonnull (strstr (text->str, "| pendulum | a | 2 | 15.00 ± 63.53 | - |"));
  g_assert_nonnull (strstr (text->str, "| pendulum | b | 2 | 18.00 ± 76.24 | 3.00 ± 12.71 |"));
  g_assert_nonnull (strstr (notes->str, "Student"));
}

/* Learning curves by hand: half way to the bar at a quarter of the steps, and at the bar from half on. */
static void
test_efficiency (void)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_study_record_free);
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspTable) table = NULL;
  EspStudyRecord *record = make_record ("a", 0, -150.0);
  double floor = -1208.0;
  EspStudyPoint points[3];
  g_autoptr (GError) error = NULL;
  const char *cell;

  /* the curve is measured from what random actions return, which the table says itself */
  g_ptr_array_add (records, record);
  table = esp_study_measure (ESP_STUDY_EFFICIENCY, records, notes, &error);
  g_assert_no_error (error);
  esp_table_append_json (table, text);
  cell = strstr (text->str, "\"random\": ");
  g_assert_nonnull (cell);
  floor = g_ascii_strtod (cell + strlen ("\"random\": "), NULL);
  g_assert_true (floor < -1000.0 && floor > -1500.0);
  g_assert_nonnull (strstr (text->str, "\"reached\": 0"));

  points[0] = (EspStudyPoint){ 250, floor + 0.5 * (-158.0 - floor), NAN, NAN, NAN, NAN };
  points[1] = (EspStudyPoint){ 500, -158.0, NAN, NAN, NAN, NAN };
  points[2] = (EspStudyPoint){ 1000, -158.0, NAN, NAN, NAN, NAN };
  g_array_append_vals (record->curve, points, 3);
  g_clear_pointer (&table, esp_table_free);
  table = esp_study_measure (ESP_STUDY_EFFICIENCY, records, notes, &error);
  g_string_truncate (text, 0);
  esp_table_append_markdown (table, text);
  /* a triangle of half the width, and all of the other half */
  g_assert_nonnull (strstr (text->str, "| 1 | 500 | 0.750 |"));
}

static void
test_length (void)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_study_record_free);
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (EspTable) table = NULL;

  for (int i = 0; i < 2; i++)
    {
      EspStudyRecord *record = make_record ("a", (uint64_t) i, -150.0);
      EspStudyFrontEntry entries[] = { { 2, -300.0 - i, NAN, g_strdup ("x") },
                                       { 9, -200.0 + i, -210.0 + i, g_strdup (i == 0 ? "x9" : "y9") } };

      g_array_append_vals (record->front, entries, 2);
      g_ptr_array_add (records, record);
    }
  table = esp_study_measure (ESP_STUDY_LENGTH, records, notes, NULL);
  esp_table_append_markdown (table, text);
  g_assert_cmpuint (esp_table_get_n_rows (table), ==, 2);
  g_assert_nonnull (strstr (text->str, "| 2 | 2 | -300.50 ± 6.35 | -300.00 | x |"));
  /* measured on the report's episodes, chosen by the others */
  g_assert_nonnull (strstr (text->str, "| 10 | 2 | -209.50 ± 6.35 | -209.00 | y9 |"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/study/student", test_student);
  g_test_add_func ("/study/estimate", test_estimate);
  g_test_add_func ("/study/table", test_table);
  g_test_add_func ("/study/definition", test_study);
  g_test_add_func ("/study/bad-definitions", test_bad_studies);
  g_test_add_func ("/study/shipped", test_shipped);
  g_test_add_func ("/study/bars", test_bars);
  g_test_add_func ("/study/patterns/normal-form", test_normal_form);
  g_test_add_func ("/study/patterns/recurring", test_patterns);
  g_test_add_func ("/study/patterns/large", test_large_patterns);
  g_test_add_func ("/study/record", test_record);
  g_test_add_func ("/study/measures/returns", test_returns);
  g_test_add_func ("/study/measures/efficiency", test_efficiency);
  g_test_add_func ("/study/measures/length", test_length);

  return g_test_run ();
}

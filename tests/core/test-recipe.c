/* Recipes: every field is refused by name where it is wrong, and what is written reads back the same. */

#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "esp-error.h"
#include "esp-resources.h"
#include "small-run.h"

static EspRecipe *
make_default (void)
{
  g_autoptr (GError) error = NULL;
  EspRecipe *recipe = esp_recipe_new_from_json ("defaults", "{}", 2, &error);

  g_assert_no_error (error);
  return recipe;
}

static JsonObject *
get_fields (JsonParser *parser)
{
  g_autoptr (EspRecipe) recipe = make_default ();
  g_autofree char *json = esp_recipe_to_json (recipe);

  g_assert_true (json_parser_load_from_data (parser, json, -1, NULL));
  return json_node_get_object (json_parser_get_root (parser));
}

static void
assert_names (const GError *error, const char *field)
{
  g_autofree char *quoted = g_strdup_printf ("“%s”", field);

  g_assert_nonnull (error);
  g_assert_true (error->domain == ESP_ERROR);
  g_assert_nonnull (strstr (error->message, quoted));
}

/* A file with @value is refused with the field's name, and so is --set, which changes nothing. */
static void
assert_refused (const char *field, const char *value, bool also_set)
{
  g_autofree char *text = g_strdup_printf ("{\"%s\": %s}", field, value);
  g_autofree char *assignment = g_strdup_printf ("%s=%s", field, value);
  g_autoptr (EspRecipe) recipe = make_default ();
  g_autofree char *before = esp_recipe_to_json (recipe);
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) set_error = NULL;

  g_test_message ("%s", text);
  g_assert_null (esp_recipe_new_from_json ("mine", text, strlen (text), &error));
  assert_names (error, field);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_assert_true (g_str_has_prefix (error->message, "mine: "));

  if (!also_set)
    return;
  g_assert_false (esp_recipe_set (recipe, assignment, &set_error));
  assert_names (set_error, field);
  after = esp_recipe_to_json (recipe);
  g_assert_cmpstr (before, ==, after);
}

static void
test_wrong_types (void)
{
  static const char *const not_numbers[] = { "true", "\"5\"", "[1]", "{}", "null" };
  static const char *const not_switches[] = { "1", "0", "\"true\"", "[true]", "{}", "null" };
  static const char *const not_texts[] = { "1", "true", "[\"S0\"]", "{}", "null" };
  static const char *const not_lists[] = { "1",      "true",    "\"[1]\"", "{}",     "null",
                                           "[true]", "[\"1\"]", "[[1]]",   "[null]", "[1, {}]" };
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *fields = get_fields (parser);
  g_autoptr (GList) names = json_object_get_members (fields);

  g_assert_cmpuint (g_list_length (names), >, 50);
  for (GList *l = names; l != NULL; l = l->next)
    {
      const char *field = l->data;
      JsonNode *node = json_object_get_member (fields, field);

      if (JSON_NODE_HOLDS_ARRAY (node))
        {
          g_autoptr (GString) many = g_string_new ("[1");

          for (size_t i = 0; i < G_N_ELEMENTS (not_lists); i++)
            assert_refused (field, not_lists[i], true);
          for (int i = 0; i < ESP_MAX_OBSERVATIONS; i++)
            g_string_append (many, ", 1");
          g_string_append_c (many, ']');
          assert_refused (field, many->str, true);
          assert_refused (field, "[1e300]", true);
          assert_refused (field, "[-1]", true);
        }
      else if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
        for (size_t i = 0; i < G_N_ELEMENTS (not_switches); i++)
          assert_refused (field, not_switches[i], true);
      else if (json_node_get_value_type (node) == G_TYPE_STRING)
        for (size_t i = 0; i < G_N_ELEMENTS (not_texts); i++)
          assert_refused (field, not_texts[i], false);
      else
        {
          for (size_t i = 0; i < G_N_ELEMENTS (not_numbers); i++)
            assert_refused (field, not_numbers[i], true);
          assert_refused (field, "1e300", true);
          assert_refused (field, "-1e300", true);
          if (json_node_get_value_type (node) == G_TYPE_INT64)
            assert_refused (field, "1.5", true);
        }
    }
}

/* Of the documentation's lines: the ranges are those that hold, with their ends, and defaults lie inside. */
static void
test_documentation (void)
{
  g_autofree char *text = esp_recipe_describe_fields ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GRegex)
    pattern = g_regex_new ("^  (\\w+) +(\\w.*) \\(default (.*?)(?:, from (\\S+) to (\\S+))?\\)$", 0, 0, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *fields = get_fields (parser);
  unsigned n = 0;

  for (char **line = lines; **line != '\0'; line++, n++)
    {
      g_autoptr (GMatchInfo) match = NULL;
      g_autofree char *name = NULL, *sentence = NULL, *initial = NULL, *low = NULL, *high = NULL;
      g_autoptr (EspRecipe) recipe = make_default ();
      g_autofree char *before = esp_recipe_to_json (recipe);
      g_autofree char *after = NULL;
      g_autofree char *assignment = NULL;
      g_autoptr (GError) error = NULL;
      JsonNode *node;
      bool is_list, is_count;

      g_test_message ("%s", *line);
      g_assert_true (g_regex_match (pattern, *line, 0, &match));
      name = g_match_info_fetch (match, 1);
      sentence = g_match_info_fetch (match, 2);
      initial = g_match_info_fetch (match, 3);
      low = g_match_info_fetch (match, 4);
      high = g_match_info_fetch (match, 5);
      g_assert_cmpuint (strlen (sentence), >, 15);
      node = json_object_get_member (fields, name);
      g_assert_nonnull (node);

      /* the default may be given in so many words and is what a recipe has */
      assignment = g_strdup_printf ("%s=%s", name, initial);
      g_assert_true (esp_recipe_set (recipe, assignment, &error));
      g_assert_no_error (error);
      after = esp_recipe_to_json (recipe);
      g_assert_cmpstr (before, ==, after);

      if (low == NULL || *low == '\0')
        continue;
      is_list = JSON_NODE_HOLDS_ARRAY (node);
      is_count = !is_list && json_node_get_value_type (node) == G_TYPE_INT64;
      for (int end = 0; end < 2; end++)
        {
          double value = g_ascii_strtod (end == 0 ? low : high, NULL);
          double step = is_count || is_list ? 1.0 : fmax (1e-12, fabs (value) * 1e-12);
          double beyond = end == 0 ? value - step : value + step;
          char inside[G_ASCII_DTOSTR_BUF_SIZE], outside[G_ASCII_DTOSTR_BUF_SIZE];
          g_autofree char *good = NULL, *bad = NULL;

          g_ascii_dtostr (inside, sizeof inside, value);
          g_ascii_dtostr (outside, sizeof outside, beyond);
          good = g_strdup_printf (is_list ? "%s=[%s]" : "%s=%s", name, inside);
          bad = g_strdup_printf (is_list ? "[%s]" : "%s", outside);
          g_assert_true (esp_recipe_set (recipe, good, &error));
          g_assert_no_error (error);
          assert_refused (name, bad, true);
        }
    }
  g_assert_cmpuint (n, ==, json_object_get_size (fields));
}

static void
test_unknown (void)
{
  g_autoptr (EspRecipe) recipe = make_default ();
  g_autoptr (GError) error = NULL;
  const char *text = "{\"steps\": 10, \"stepz\": 10}";

  g_assert_null (esp_recipe_new_from_json ("mine", text, strlen (text), &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  assert_names (error, "stepz");
  g_clear_error (&error);

  g_assert_false (esp_recipe_set (recipe, "stepz=1", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  assert_names (error, "stepz");
  g_clear_error (&error);

  g_assert_false (esp_recipe_set (recipe, "=1", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_clear_error (&error);

  g_assert_false (esp_recipe_set (recipe, "steps", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  assert_names (error, "steps");
}

static void
test_set (void)
{
  static const char *const good[][2] = {
    { "steps=5000", "\"steps\" : 5000," },
    { "steps= 1e3", "\"steps\" : 1000," },
    { "discount=0.5", "\"discount\" : 0.5," },
    { "discount=1", "\"discount\" : 1.0," },
    { "uniform_warm_up=true", "\"uniform_warm_up\" : true," },
    { "arrangement=mul*2/sin", "\"arrangement\" : \"mul*2/sin\"," },
    { "arrangement=\"C0\"", "\"arrangement\" : \"C0\"," },
  };
  static const char *const bad[] = { "steps=",       "steps=abc",           "steps=010",
                                     "steps=5 6",    "steps=0x10",          "steps=nan",
                                     "steps=inf",    "critic_hidden=64,64", "critic_hidden=[64",
                                     "discount=1,5", "arrangement=\"S0",    "uniform_warm_up=yes" };
  g_autoptr (EspRecipe) recipe = make_default ();

  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *json = NULL;

      g_assert_true (esp_recipe_set (recipe, good[i][0], &error));
      g_assert_no_error (error);
      json = esp_recipe_to_json (recipe);
      g_test_message ("%s", good[i][0]);
      g_assert_nonnull (strstr (json, good[i][1]));
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *field = g_strndup (bad[i], strcspn (bad[i], "="));

      g_test_message ("%s", bad[i]);
      g_assert_false (esp_recipe_set (recipe, bad[i], &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      assert_names (error, field);
    }
  g_assert_true (esp_recipe_set (recipe, "critic_hidden=[32, 16]", NULL));
  g_assert_cmpuint (recipe->critic_hidden.n, ==, 2);
  g_assert_cmpuint (recipe->critic_hidden.values[1], ==, 16);
  g_assert_true (esp_recipe_set (recipe, "critic_hidden=[]", NULL));
  g_assert_cmpuint (recipe->critic_hidden.n, ==, 0);
}

static void
assert_round_trip (const EspRecipe *recipe)
{
  g_autofree char *json = esp_recipe_to_json (recipe);
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe)
    copy = esp_recipe_new_from_json (esp_recipe_get_name (recipe), json, strlen (json), &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  again = esp_recipe_to_json (copy);
  g_assert_cmpstr (json, ==, again);
  g_assert_cmpstr (esp_recipe_get_name (recipe), ==, esp_recipe_get_name (copy));
}

static void
test_round_trip (void)
{
  g_autoptr (EspRecipe) recipe = make_default ();

  assert_round_trip (recipe);
  /* numbers that need all their digits */
  g_assert_true (esp_recipe_set (recipe, "discount=0.98999999999999999", NULL));
  g_assert_true (esp_recipe_set (recipe, "initial_range=0.1234567890123456789", NULL));
  g_assert_true (esp_recipe_set (recipe, "observation_scales=[0.1, 1e-9, 123456789.12345678]", NULL));
  assert_round_trip (recipe);
  /* and that are written with a power of ten and a single digit */
  g_assert_true (esp_recipe_set (recipe, "policy_rate=1e-8", NULL));
  g_assert_true (esp_recipe_set (recipe, "critic_rate=3e-9", NULL));
  g_assert_true (esp_recipe_set (recipe, "entropy_rate=1e-300", NULL));
  g_assert_true (esp_recipe_set (recipe, "arrangement=\"a \\\"b\\\" \\u00e9\"", NULL));
  assert_round_trip (recipe);
  g_assert_cmpfloat (recipe->policy_rate, ==, 1e-8);
  g_assert_cmpstr (recipe->arrangement, ==, "a \"b\" é");
}

static void
test_shipped (void)
{
  size_t n_environments;
  const EspEnvironmentInfo *const *infos = esp_environment_list (&n_environments);

  for (size_t i = 0; i < n_environments; i++)
    {
      g_auto (GStrv) names = esp_recipe_list (infos[i]->name);

      g_assert_cmpuint (g_strv_length (names), >=, 1);
      g_assert_true (g_strv_contains ((const char *const *) names, "default"));
      for (char **name = names; *name != NULL; name++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (EspRecipe) recipe = esp_recipe_load (infos[i]->name, *name, &error);
          g_autoptr (EspRun) run = NULL;

          g_assert_no_error (error);
          g_assert_cmpstr (esp_recipe_get_name (recipe), ==, *name);
          assert_round_trip (recipe);
          run = esp_run_new (infos[i]->name, recipe, 1, &error);
          g_assert_no_error (error);
          take_steps (run, NULL, 3);
          g_assert_cmpuint (run->progress.step, ==, 3);
        }
    }
}

/* An environment without recipes of its own starts from a general one. */
static void
test_general (void)
{
  g_autofree char *path = esp_resource_path ("environments/ball-in-cup/ball-in-cup.json");
  g_auto (GStrv) names = esp_recipe_list ("nowhere");
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_load ("nowhere", NULL, &error);
  g_autoptr (EspRecipe) same = NULL;
  g_autoptr (EspRun) run = NULL;
  g_autofree char *one = NULL, *other = NULL;

  g_assert_no_error (error);
  g_assert_true (g_strv_contains ((const char *const *) names, "default"));
  assert_round_trip (recipe);
  same = esp_recipe_load (path, "default", &error);
  g_assert_no_error (error);
  one = esp_recipe_to_json (recipe);
  other = esp_recipe_to_json (same);
  g_assert_cmpstr (one, ==, other);
  run = esp_run_new (path, same, 1, &error);
  g_assert_no_error (error);
  take_steps (run, NULL, 3);
  g_assert_cmpuint (run->progress.step, ==, 3);
  g_assert_cmpstr (run->info->name, ==, "ball-in-cup");

  g_assert_null (esp_recipe_load ("nowhere", "nonesuch", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
}

/* A general recipe stands for every environment, and what it builds on is the environment's own. */
static void
test_base (void)
{
  static const char *const names[] = { "sac", "td3" };
  static const char *const environments[] = { "cartpole", "pendulum", "hopper", "lunar-lander", "car2d" };
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "mine.json", NULL);
  static const struct
  {
    const char *text;
    int code;
  } refused[] = { { "{\"base\": 5}", ESP_ERROR_RANGE },
                  { "{\"base\": \"nonesuch\"}", ESP_ERROR_USAGE },
                  /* builds on something itself */
                  { "{\"base\": \"sac\"}", ESP_ERROR_USAGE } };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    for (size_t e = 0; e < G_N_ELEMENTS (environments); e++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (EspRecipe) recipe = esp_recipe_load (environments[e], names[i], &error);
        g_autoptr (EspRecipe) base = esp_recipe_load (environments[e], "default", NULL);

        g_assert_no_error (error);
        g_assert_cmpstr (esp_recipe_get_name (recipe), ==, names[i]);
        g_assert_cmpint (recipe->policy, ==, ESP_POLICY_NEURAL);
        g_assert_cmpstr (esp_recipe_get_policy_name (recipe), ==, "neural");
        g_assert_cmpstr (esp_recipe_get_algorithm_name (recipe), ==, names[i]);
        g_assert_cmpint (base->policy, ==, ESP_POLICY_SYMBOLIC);
        /* the comparison is fair */
        g_assert_cmpuint (recipe->steps, ==, base->steps);
        g_assert_cmpuint (recipe->batch_size, ==, base->batch_size);
        g_assert_cmpmem (&recipe->critic_hidden, sizeof recipe->critic_hidden, &base->critic_hidden,
                         sizeof base->critic_hidden);
        g_assert_cmpfloat (recipe->critic_rate, ==, base->critic_rate);
        g_assert_cmpfloat (recipe->reward_scale, ==, base->reward_scale);
      }

  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, refused[i].text, -1, NULL));
      g_assert_null (esp_recipe_load ("cartpole", path, &error));
      g_assert_error (error, ESP_ERROR, refused[i].code);
      g_assert_nonnull (strstr (error->message, "mine.json"));
    }
  /* what is said stands over the base, wherever it is said */
  g_assert_true (g_file_set_contents (path, "{\"steps\": 77, \"base\": \"default\"}", -1, NULL));
  {
    g_autoptr (EspRecipe) recipe = esp_recipe_load ("pendulum", path, NULL);

    g_assert_nonnull (recipe);
    g_assert_cmpuint (recipe->steps, ==, 77);
    g_assert_cmpuint (recipe->critic_hidden.values[0], ==, 64);
  }
  remove_folder (folder);
}

/* The fields of @recipe in which it differs from @other, separated by spaces. */
static char *
find_changes (const EspRecipe *recipe, const EspRecipe *other)
{
  g_autofree char *json = esp_recipe_to_json (recipe), *other_json = esp_recipe_to_json (other);
  g_auto (GStrv) lines = g_strsplit (json, "\n", -1);
  g_auto (GStrv) others = g_strsplit (other_json, "\n", -1);
  GString *changes = g_string_new (NULL);

  g_assert_cmpuint (g_strv_length (lines), ==, g_strv_length (others));
  for (size_t i = 0; lines[i] != NULL; i++)
    if (!g_str_equal (lines[i], others[i]))
      g_string_append_printf (changes, "%s%.*s", changes->len > 0 ? " " : "",
                              (int) strcspn (lines[i] + 3, "\""), lines[i] + 3);
  return g_string_free (changes, FALSE);
}

/* The published method: the lander has the known settings, the others differ from it in what they must, the
 * other form in the selector alone, and nothing is polished. */
static void
test_published (void)
{
  static const struct
  {
    const char *environment, *changes;
  } cases[] = {
    { "cartpole", "steps evaluation_period" },
    { "mountain-car", "steps evaluation_period" },
    { "pendulum", "steps evaluation_period evaluation_episodes reward_scale" },
    { "inverted-double-pendulum", "steps evaluation_period reward_scale" },
    { "inverted-pendulum-swingup", "steps" },
    { "lunar-lander", "" },
    { "hopper", "" },
    { "bipedal-walker", "arrangement" },
    { "car2d", "steps" },
  };
  /* of 1,648 paths, at some of the published 900 epochs of 1,000 steps */
  static const struct
  {
    uint64_t epoch;
    double allowed, temperature;
  } rows[] = { { 0, 1648, 1 },     { 225, 1545, 0.8 }, { 450, 1236, 0.6 }, { 675, 722, 0.4 },
               { 855, 162, 0.24 }, { 891, 34, 0.208 }, { 900, 1.6, 0.2 },  { 2000, 1.6, 0.2 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) lander = esp_recipe_load ("lunar-lander", "espl", &error);
  g_autoptr (EspRun) run = NULL;

  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspRecipe) recipe = esp_recipe_load (cases[i].environment, "espl", &error);
      g_autoptr (EspRecipe) other = esp_recipe_load (cases[i].environment, "espl-logit", &error);
      g_autofree char *changes = NULL, *other_changes = NULL;

      g_assert_no_error (error);
      changes = find_changes (recipe, lander);
      g_assert_cmpstr (changes, ==, cases[i].changes);
      other_changes = find_changes (other, recipe);
      g_assert_cmpstr (other_changes, ==, "selector_form");
      g_assert_cmpuint (recipe->steps, <=, 3000000);
      g_assert_cmpuint (recipe->polish_rounds + recipe->polish_search_steps + recipe->polish_digits, ==, 0);
    }

  run = esp_run_new ("lunar-lander", lander, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (run->sac.policy.n_paths, ==, 1648);
  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      EspSacSchedule schedule;

      run->progress.step = 1000 * rows[i].epoch;
      schedule = esp_run_get_schedule (run);
      g_assert_cmpfloat_with_epsilon (schedule.allowed_paths, rows[i].allowed, 0.6);
      g_assert_cmpfloat_with_epsilon (schedule.temperature, rows[i].temperature, 1e-6);
    }
}

static void
test_files (void)
{
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "mine.json", NULL);
  g_autofree char *odd = g_build_filename (folder, "caf\xe9.json", NULL); /* Latin-1, no UTF-8 */
  static const struct
  {
    const char *text;
    int code;
  } cases[] = { { "", ESP_ERROR_SYNTAX },
                { "[]", ESP_ERROR_SYNTAX },
                { "5", ESP_ERROR_SYNTAX },
                { "{\"steps\": }", ESP_ERROR_SYNTAX },
                { "{\"steps\": -1}", ESP_ERROR_RANGE },
                { "{\"description\": {}}", ESP_ERROR_USAGE } };
  g_autoptr (EspRecipe) recipe = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) refusal = NULL;

      g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
      g_assert_null (esp_recipe_load ("cartpole", path, &refusal));
      g_assert_error (refusal, ESP_ERROR, cases[i].code);
      g_assert_nonnull (strstr (refusal->message, "mine.json"));
    }

  g_assert_true (g_file_set_contents (path, "{\"description\": \"x\", \"steps\": 77}", -1, NULL));
  recipe = esp_recipe_load ("cartpole", path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (esp_recipe_get_name (recipe), ==, "mine");
  g_assert_cmpuint (recipe->steps, ==, 77);
  g_clear_pointer (&recipe, esp_recipe_unref);

  /* the name goes into checkpoints and output, so it is text whatever the file is called */
  g_assert_true (g_file_set_contents (odd, "{}", -1, NULL));
  recipe = esp_recipe_load ("cartpole", odd, &error);
  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (esp_recipe_get_name (recipe), -1, NULL));

  g_assert_null (esp_recipe_load ("cartpole", "/nonexistent/x.json", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
  g_clear_error (&error);
  g_assert_null (esp_recipe_load ("cartpole", "nonesuch", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "nonesuch"));
  g_assert_nonnull (strstr (error->message, "default"));

  remove_folder (folder);
}

/* What one field at its limit may ask for is refused by a sentence before memory is taken for it. */
static void
test_memory (void)
{
  static const char *const greedy[][3] = {
    { "critic_hidden=[4096, 4096, 4096, 4096, 4096, 4096]", "deviation_hidden=[4096, 4096, 4096, 4096]",
      "batch_size=256" },
    { "batch_size=65536", "mask_samples=16", "critic_hidden=[256, 256]" },
    { "arrangement=if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64/"
      "if*64",
      "batch_size=65536", "mask_samples=1" },
    { "replay_capacity=100000000", "steps=100000000", "batch_size=1" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (greedy); i++)
    {
      g_autoptr (EspRecipe) recipe = make_default ();
      g_autoptr (GError) error = NULL;

      for (size_t k = 0; k < 3; k++)
        g_assert_true (esp_recipe_set (recipe, greedy[i][k], NULL));
      g_assert_null (esp_run_new ("cartpole", recipe, 0, &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, "GiB"));
    }
}

/* What only shows together with the environment. */
static void
test_run_refuses (void)
{
  static const char *const wrong[] = { "arrangement=foo",    "arrangement=mul**2",
                                       "arrangement=mul*0",  "arrangement=mul//sin",
                                       "arrangement=mul*65", "observation_scales=[1, 2]" };

  for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (EspRecipe) recipe = make_default ();
      g_autoptr (GError) error = NULL;

      g_assert_true (esp_recipe_set (recipe, wrong[i], NULL));
      g_assert_null (esp_run_new ("cartpole", recipe, 0, &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == ESP_ERROR);
      g_test_message ("%s", error->message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe/wrong-types", test_wrong_types);
  g_test_add_func ("/recipe/documentation", test_documentation);
  g_test_add_func ("/recipe/unknown", test_unknown);
  g_test_add_func ("/recipe/set", test_set);
  g_test_add_func ("/recipe/round-trip", test_round_trip);
  g_test_add_func ("/recipe/shipped", test_shipped);
  g_test_add_func ("/recipe/files", test_files);
  g_test_add_func ("/recipe/base", test_base);
  g_test_add_func ("/recipe/published", test_published);
  g_test_add_func ("/recipe/general", test_general);
  g_test_add_func ("/recipe/memory", test_memory);
  g_test_add_func ("/recipe/run-refuses", test_run_refuses);
  return g_test_run ();
}

/* Reading JSON from strangers: what is refused, and where the message points. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "esp-error.h"
#include "esp-json.h"

static JsonNode *
parse (const char *text, GError **error)
{
  return esp_json_parse ("the text", text, strlen (text), error);
}

static void
test_accepts (void)
{
  static const char *const texts[] = {
    "{}",
    "[]",
    " {\"a\": [1, -2.5e-3, true, false, null, \"x\"]}\n",
    "0",
    "-0",
    "1E+9",
    "\"[[[[[ is text, \\\" [ too\"",
    "\"καλημέρα\"",
    "\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041\"",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (texts[i], &error);

      g_assert_no_error (error);
      g_assert_nonnull (node);
    }
}

/* Everything that is not JSON fails as such, whatever json-glib would make of it. */
static void
test_refuses (void)
{
  static const char *const texts[] = {
    "[1,]",      "{\"a\":1,}", "{\"a\" 1}",
    "{\"a\":}",  "{1:2}",      "[1 2]",
    "5 6",       "[1]]",       "010",
    "0x10",      "+5",         ".5",
    "5.",        "1e",         "-",
    "- 5",       "--5",        "1.2.3",
    "nul",       "True",       "Infinity",
    "NaN",       "'a'",        "['\"']",
    "var x = 5", "/* */ [1]",  "// x\n[1]",
    "# x\n[1]",  "{\"a\":1",   "[1, 2",
    "\"abc",     "\"abc\\",    "\"abc\\\"",
    "{\"a",      "{\"a\"",     "[\"\\u12\"]",
    "$5",        "a",          "[\"\\ud800\"]",
    "[1,2}",     "{\"a\":1]",  "@",
    "\"\\101\"", "\"\\0\"",    "\"\\x41\"",
    "\"\\'\"",   "\"\\a\"",    "{\"\\v\":1}",
    "\"\\\n\"",  "\"\\é\"",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (texts[i], &error);

      g_test_message ("%s: %s", texts[i], error != NULL ? error->message : "accepted");
      g_assert_null (node);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
      g_assert_nonnull (strstr (error->message, "the text is not valid JSON"));
    }
}

static void
test_empty (void)
{
  static const char *const texts[] = { "", " ", "\n\n\t " };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (texts[i], &error);

      g_assert_null (node);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
    }
}

static void
test_depth (void)
{
  static const char *const hiders[] = { "", "/* \" */", "// \"\n", "# \"\n", "['\"'," };
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < ESP_JSON_MAX_DEPTH; i++)
    g_string_append_c (text, '[');
  for (int i = 0; i < ESP_JSON_MAX_DEPTH; i++)
    g_string_append_c (text, ']');
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = parse (text->str, &error);

    g_assert_no_error (error);
    g_assert_nonnull (node);
  }

  /* a million levels would overflow the stack of a parser that recursed; no trick hides them */
  for (size_t i = 0; i < G_N_ELEMENTS (hiders); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = NULL;

      g_string_assign (text, hiders[i]);
      for (int k = 0; k < 1000000; k++)
        g_string_append (text, k % 2 == 0 ? "[" : "{\"a\":");
      node = parse (text->str, &error);
      g_assert_null (node);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
      if (i == 0)
        g_assert_nonnull (strstr (error->message, "nested more than 64 levels deep"));
    }
}

static void
test_size (void)
{
  size_t length = (size_t) ESP_JSON_MAX_BYTES + 1;
  g_autofree char *text = g_malloc (length);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = NULL;

  memset (text, ' ', length);
  node = esp_json_parse ("the text", text, length, &error);
  g_assert_null (node);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_assert_cmpstr (error->message, ==, "the text is larger than 16 MiB");
}

static void
test_utf8 (void)
{
  static const char *const texts[] = { "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"" };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (texts[i], &error);

      g_assert_null (node);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
      g_assert_cmpstr (error->message, ==, "the text is not UTF-8 text");
    }
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = esp_json_parse ("the text", "[1\0]", 4, &error);

    g_assert_null (node);
    g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
  }
}

static void
test_position (void)
{
  static const struct
  {
    const char *text, *position;
  } cases[] = {
    { "{\"a\": 1,\n \"b\": nope}", "line 2, column 7" },
    { "{\"αβγ\": 'x'}", "line 1, column 9" },
    { "\n\n  010", "line 3, column 3" },
    { "\"never closed", "line 1, column 14" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (cases[i].text, &error);

      g_assert_null (node);
      g_assert_nonnull (error);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_suffix (error->message, cases[i].position));
    }
}

static void
test_truncated (void)
{
  const char *whole = "{\"steps\": 100, \"list\": [1.5, true, null, \"\\u00e9\\n\"], \"deep\": {\"x\": {}}}";

  for (size_t n = 0; n < strlen (whole); n++)
    {
      /* exactly n bytes of memory, so that reading one more is seen */
      g_autofree char *text = g_memdup2 (whole, n);
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = esp_json_parse ("the text", n > 0 ? text : "", n, &error);

      g_assert_null (node);
      g_assert_error (error, ESP_ERROR, ESP_ERROR_SYNTAX);
    }
}

static void
test_files (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = esp_json_load ("/nonexistent/x.json", &error);
  g_autofree char *folder = g_dir_make_tmp ("json-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "x.json", NULL);

  g_assert_null (node);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
  g_clear_error (&error);

  node = esp_json_load (folder, &error);
  g_assert_null (node);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
  g_clear_error (&error);

  /* a file without an end */
  node = esp_json_load ("/dev/zero", &error);
  g_assert_null (node);
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (path, "{\"a\": [1, 2]}", -1, NULL));
  node = esp_json_load (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (node);

  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/accepts", test_accepts);
  g_test_add_func ("/json/refuses", test_refuses);
  g_test_add_func ("/json/empty", test_empty);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/size", test_size);
  g_test_add_func ("/json/utf8", test_utf8);
  g_test_add_func ("/json/position", test_position);
  g_test_add_func ("/json/truncated", test_truncated);
  g_test_add_func ("/json/files", test_files);
  return g_test_run ();
}

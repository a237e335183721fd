/* Checkpoints: a run that goes on is bit-identical, and a file that is not sound does no harm. */

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "esp-blas.h"
#include "esp-checkpoint.h"
#include "esp-error.h"
#include "esp-safetensors.h"
#include "small-run.h"

/* The bytes of a sound checkpoint, taken apart. */
typedef struct
{
  char *folder;
  char *path;
  char *bytes;
  size_t length;
  size_t header; /* bytes of JSON */
} Sound;

/* A run that wrapped its replay and has candidates, in the middle of an episode. */
static void
sound_init (Sound *sound)
{
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();
  g_autoptr (EspRun) run = small_run ("cartpole", NULL, 3);
  g_autoptr (GError) error = NULL;
  uint64_t header;

  take_steps (run, assessor, 613);
  sound->folder = make_folder ();
  sound->path = g_build_filename (sound->folder, "run.safetensors", NULL);
  g_assert_true (esp_checkpoint_save (run, sound->path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (sound->path, &sound->bytes, &sound->length, NULL));
  memcpy (&header, sound->bytes, sizeof header);
  sound->header = GUINT64_FROM_LE (header);
  g_assert_cmpuint (sound->header % 8, ==, 0);
  g_assert_cmpuint (8 + sound->header, <, sound->length);
}

static void
sound_clear (Sound *sound)
{
  g_clear_pointer (&sound->path, g_free);
  g_clear_pointer (&sound->bytes, g_free);
  remove_folder (sound->folder);
}

/* Loads @bytes: the answer is a sentence, which is returned, or a run that can be worked with (NULL). */
static char *
load_bytes (const Sound *sound, const void *bytes, size_t length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRun) run = NULL;

  g_assert_true (g_file_set_contents (sound->path, bytes, (gssize) length, NULL));
  run = esp_checkpoint_load (sound->path, &error);
  if (run == NULL)
    {
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, "run.safetensors"));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return g_strdup (error->message);
    }

  g_assert_no_error (error);
  for (guint i = 0; i < run->candidates->len; i++)
    {
      g_autoptr (EspFormula)
        formula = esp_network_extract (g_array_index (run->candidates, EspCandidate, i).actor->network);

      g_assert_nonnull (esp_formula_get_text (formula));
    }
  for (int i = 0; i < 3 && !esp_run_is_complete (run); i++)
    if (!esp_run_step (run, &error))
      {
        g_assert_error (error, ESP_ERROR, ESP_ERROR_DIVERGED);
        break;
      }

  return NULL;
}

static void
test_continues (void)
{
  static const struct
  {
    const char *environment, *policy, *algorithm;
  } kinds[] = {
    { "cartpole", "policy=symbolic", "algorithm=sac" },
    { "pendulum", "policy=symbolic", "algorithm=sac" },
    { "pendulum", "policy=neural", "algorithm=sac" },
    { "cartpole", "policy=neural", "algorithm=td3" },
    { "cartpole", "selector_form=logit", "dense_connections=false" },
    { "pendulum", "path_selector=false", "update_period=90" },
    { "cartpole", "selector_form=logit", "update_period=7" },
  };
  /* before the first step, while warming up, at and after an evaluation, with a replay that wrapped, done */
  static const unsigned stops[] = { 0, 20, 50, 51, 199, 200, 333, 500, 777, 1199, 1200 };
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);

  for (size_t e = 0; e < G_N_ELEMENTS (kinds); e++)
    {
      g_autoptr (EspRecipe)
        recipe = small_recipe (kinds[e].policy, kinds[e].algorithm, e % 2 == 1 ? "policy_period=2" : "steps=1200",
                               NULL);
      g_autoptr (EspRun) saved = small_run (kinds[e].environment, recipe, 9);
      unsigned done = 0;

      for (size_t i = 0; i < G_N_ELEMENTS (stops); i++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (EspRun) loaded = NULL;
          g_autoptr (EspRun) whole = small_run (kinds[e].environment, recipe, 9);
          unsigned rest = MIN (250, 1200 - stops[i]);

          take_steps (saved, assessor, stops[i] - done);
          done = stops[i];
          saved->seconds = 0.1 + stops[i];
          g_assert_true (esp_checkpoint_save (saved, path, &error));
          g_assert_no_error (error);
          loaded = esp_checkpoint_load (path, &error);
          g_assert_no_error (error);
          g_assert_cmpstr (find_difference (saved, loaded), ==, NULL);
          g_assert_cmpstr (esp_recipe_get_name (loaded->recipe), ==, "small");
          g_assert_cmpfloat (loaded->seconds, ==, saved->seconds);

          take_steps (loaded, assessor, rest);
          take_steps (whole, assessor, stops[i] + rest);
          g_assert_cmpstr (find_difference (loaded, whole), ==, NULL);
        }
    }
  g_assert_cmpuint (count_files (folder), ==, 1);
  remove_folder (folder);
}

static void
test_truncated (void)
{
  Sound sound;
  EspRandom random;

  sound_init (&sound);
  esp_random_init (&random, 1, 0);
  for (unsigned i = 0; i < 300; i++)
    {
      size_t edges[] = { 8 + sound.header, sound.length };
      size_t length = i < 40    ? i
                      : i < 60  ? edges[0] - 10 + (i - 40)
                      : i < 80  ? edges[1] - 20 + (i - 60)
                      : i < 180 ? esp_random_below (&random, (uint32_t) edges[0])
                                : esp_random_below (&random, (uint32_t) edges[1]);
      g_autofree char *message = load_bytes (&sound, sound.bytes, length);

      g_assert_nonnull (message);
    }
  {
    g_autofree char *message = load_bytes (&sound, sound.bytes, sound.length);

    g_assert_null (message);
  }
  sound_clear (&sound);
}

static void
test_flipped (void)
{
  Sound sound;
  EspRandom random;
  unsigned refused = 0;

  sound_init (&sound);
  esp_random_init (&random, 2, 0);
  for (unsigned i = 0; i < 600; i++)
    {
      g_autofree char *bytes = g_memdup2 (sound.bytes, sound.length);
      g_autofree char *message = NULL;
      unsigned n = 1 + esp_random_below (&random, 3);

      for (unsigned k = 0; k < n; k++)
        {
          size_t position = i % 2 == 0 ? esp_random_below (&random, (uint32_t) (8 + sound.header))
                                       : esp_random_below (&random, (uint32_t) sound.length);

          bytes[position] ^= (char) (1 << esp_random_below (&random, 8));
        }
      message = load_bytes (&sound, bytes, sound.length);
      refused += message != NULL;
    }
  g_test_message ("%u of 600 refused", refused);
  g_assert_cmpuint (refused, >, 200);
  sound_clear (&sound);
}

/* The names of all arrays in @header. */
static GList *
list_names (JsonObject *header)
{
  GList *names = json_object_get_members (header);
  GList *metadata = g_list_find_custom (names, "__metadata__", (GCompareFunc) strcmp);

  return g_list_delete_link (names, metadata);
}

static JsonParser *
parse_header (const Sound *sound)
{
  JsonParser *parser = json_parser_new ();

  g_assert_true (json_parser_load_from_data (parser, sound->bytes + 8, (gssize) sound->header, NULL));
  return parser;
}

static JsonObject *
get_header (JsonParser *parser)
{
  return json_node_get_object (json_parser_get_root (parser));
}

/* Loads the file with the @header of @parser, and returns the sentence that it is refused with, or NULL. */
static char *
load_with_header (const Sound *sound, JsonParser *parser)
{
  g_autofree char *text = json_to_string (json_parser_get_root (parser), FALSE);
  uint64_t length = GUINT64_TO_LE ((uint64_t) strlen (text));
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) text, strlen (text));
  g_byte_array_append (bytes, (const guint8 *) sound->bytes + 8 + sound->header,
                       sound->length - 8 - sound->header);
  return load_bytes (sound, bytes->data, bytes->len);
}

static void
set_offsets (JsonObject *array, gint64 first, gint64 last)
{
  JsonArray *offsets = json_array_new ();

  json_array_add_int_element (offsets, first);
  json_array_add_int_element (offsets, last);
  json_object_set_array_member (array, "data_offsets", offsets);
}

/* Each array in turn is missing, of another type, shorter, longer, outside of the file, inside out, nonsense.
 */
static void
test_arrays (void)
{
  Sound sound;
  g_autoptr (JsonParser) names_parser = NULL;
  g_autoptr (GList) names = NULL;

  sound_init (&sound);
  names_parser = parse_header (&sound);
  names = list_names (get_header (names_parser));
  g_assert_cmpuint (g_list_length (names), ==, 14 + 5 + 2 * 5);

  for (GList *l = names; l != NULL; l = l->next)
    for (int damage = 0; damage < 12; damage++)
      {
        g_autoptr (JsonParser) parser = parse_header (&sound);
        JsonObject *header = get_header (parser);
        JsonObject *array = json_object_get_object_member (header, l->data);
        JsonArray *offsets = json_object_get_array_member (array, "data_offsets");
        gint64 first = json_array_get_int_element (offsets, 0),
               last = json_array_get_int_element (offsets, 1);
        g_autofree char *message = NULL;

        switch (damage)
          {
          case 0:
            json_object_remove_member (header, l->data);
            break;
          case 1:
            json_object_set_string_member (array, "dtype", "I8");
            break;
          case 2:
            set_offsets (array, first, last - 1);
            break;
          case 3:
            set_offsets (array, first, last - 8);
            break;
          case 4:
            set_offsets (array, first, G_MAXINT64);
            break;
          case 5:
            set_offsets (array, last + 1, first);
            break;
          case 6:
            set_offsets (array, G_MININT64, last);
            break;
          case 7:
            set_offsets (array, -8, last - first - 8);
            break;
          case 8:
            json_object_set_double_member (array, "data_offsets", 1e300);
            break;
          case 9:
            json_object_remove_member (array, "dtype");
            break;
          case 10:
            json_object_set_null_member (header, l->data);
            break;
          default:
            set_offsets (array, G_MAXINT64 - (last - first), G_MAXINT64);
            break;
          }
        message = load_with_header (&sound, parser);
        g_test_message ("%s %d: %s", (char *) l->data, damage, message);
        g_assert_nonnull (message);
      }
  sound_clear (&sound);
}

/* Replaces the text @key in the metadata; returns what the file is refused with. */
static char *
load_with_text (const Sound *sound, const char *key, const char *value)
{
  g_autoptr (JsonParser) parser = parse_header (sound);
  JsonObject *metadata = json_object_get_object_member (get_header (parser), "__metadata__");

  if (value != NULL)
    json_object_set_string_member (metadata, key, value);
  else
    json_object_remove_member (metadata, key);
  return load_with_header (sound, parser);
}

/* The recipe in the file with one field changed. */
static char *
load_with_field (const Sound *sound, const char *assignment)
{
  g_autoptr (JsonParser) parser = parse_header (sound);
  JsonObject *metadata = json_object_get_object_member (get_header (parser), "__metadata__");
  const char *fields = json_object_get_string_member (metadata, "recipe_fields");
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("small", fields, strlen (fields), NULL);
  g_autofree char *changed = NULL;

  g_assert_true (esp_recipe_set (recipe, assignment, NULL));
  changed = esp_recipe_to_json (recipe);
  return load_with_text (sound, "recipe_fields", changed);
}

static void
test_texts (void)
{
  static const char *const keys[] = { "format", "environment", "recipe", "recipe_fields" };
  static const char *const times[] = { "", "-1", "nan", "inf", "1e999", "12 s" };
  static const char *const formats[] = { "", "espalier checkpoint 0", "espalier checkpoint 11", "x" };
  static const char *const recipes[] = { "", "[]", "{", "{\"steps\": -1}", "{\"no such\": 1}", "null" };
  Sound sound;

  sound_init (&sound);
  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *message = load_with_text (&sound, keys[i], NULL);

      g_assert_nonnull (message);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *message = load_with_text (&sound, "format", formats[i]);

      g_assert_nonnull (strstr (message, "is not a checkpoint of this version"));
    }
  for (size_t i = 0; i < G_N_ELEMENTS (recipes); i++)
    {
      g_autofree char *message = load_with_text (&sound, "recipe_fields", recipes[i]);

      g_assert_nonnull (message);
    }
  {
    g_autofree char *other = load_with_text (&sound, "environment", "pendulum");
    g_autofree char *unknown = load_with_text (&sound, "environment", "../cartpole");

    g_assert_nonnull (other);
    g_assert_nonnull (strstr (unknown, "there is no environment"));
  }
  for (size_t i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *message = load_with_text (&sound, "seconds", times[i]);

      g_assert_nonnull (message);
      g_assert_nonnull (strstr (message, "is damaged"));
    }
  /* files of before it was kept */
  g_assert_null (load_with_text (&sound, "seconds", NULL));
  sound_clear (&sound);
}

/* A recipe that asks for more than the file holds, or than the machine has, is refused before it is tried. */
static void
test_greedy (void)
{
  static const char *const greedy[] = { "critic_hidden=[4096, 4096, 4096, 4096, 4096, 4096]",
                                        "critic_hidden=[16, 17]",
                                        "deviation_hidden=[4096, 4096]",
                                        "arrangement=if*64/if*64/if*64/if*64/if*64/if*64/if*64/if*64",
                                        "arrangement=S0",
                                        "steps=100",
                                        "replay_capacity=100",
                                        "replay_capacity=501",
                                        "updates_per_step=2",
                                        "update_period=7",
                                        "warm_up_steps=0" };
  struct rusage before, after;
  Sound sound;

  sound_init (&sound);
  getrusage (RUSAGE_SELF, &before);
  for (size_t i = 0; i < G_N_ELEMENTS (greedy); i++)
    {
      g_autofree char *message = load_with_field (&sound, greedy[i]);

      g_test_message ("%s: %s", greedy[i], message != NULL ? message : "accepted");
      g_assert_nonnull (message);
    }
  getrusage (RUSAGE_SELF, &after);
  /* kilobytes */
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 100000);

  {
    g_autofree char *message = load_with_field (&sound, "batch_size=32");

    g_assert_null (message);
  }
  sound_clear (&sound);
}

static void
test_not_finite (void)
{
  static const char *const names[] = {
    "policy",    "critic.1", "critic.0.target",    "critic.0.moments",         "acting_mask",
    "log_alpha", "replay",   "candidate.0.biases", "candidate.1.probabilities"
  };
  Sound sound;

  sound_init (&sound);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (JsonParser) parser = parse_header (&sound);
      JsonObject *array = json_object_get_object_member (get_header (parser), names[i]);
      JsonArray *offsets = json_object_get_array_member (array, "data_offsets");
      size_t first = 8 + sound.header + (size_t) json_array_get_int_element (offsets, 0);
      g_autofree char *bytes = g_memdup2 (sound.bytes, sound.length);
      g_autofree char *message = NULL;

      /* all ones are a NaN, of floats and of doubles */
      memset (bytes + first, 0xff,
              g_str_equal (json_object_get_string_member (array, "dtype"), "F32") ? 4 : 8);
      message = load_bytes (&sound, bytes, sound.length);
      g_assert_nonnull (message);
      g_assert_nonnull (strstr (message, "is damaged"));
    }
  sound_clear (&sound);
}

static void
test_no_file (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *pipe = g_build_filename (folder, "pipe", NULL);
  const char *paths[] = { "/nonexistent/run.safetensors", folder, "/dev/zero", "/dev/null", pipe };

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_checkpoint_load (paths[i], &error));
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
    }
  remove_folder (g_steal_pointer (&folder));
}

/* The file at @path still has @bytes, and nothing else is in the folder. */
static void
assert_untouched (const Sound *sound)
{
  g_autofree char *bytes = NULL;
  size_t length;

  g_assert_true (g_file_get_contents (sound->path, &bytes, &length, NULL));
  g_assert_cmpmem (bytes, length, sound->bytes, sound->length);
  g_assert_cmpuint (count_files (sound->folder), ==, 1);
}

static void
test_failing_save (void)
{
  g_autoptr (EspRun) run = small_run ("cartpole", NULL, 1);
  Sound sound;
  g_autofree char *below_file = NULL;
  struct rlimit limit, small;

  sound_init (&sound);
  below_file = g_build_filename (sound.path, "x", NULL);
  {
    const char *paths[] = { "/nonexistent/x", sound.folder, below_file, "/proc/x" };

    for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (GError) check_error = NULL;

        g_assert_false (esp_checkpoint_save (run, paths[i], &error));
        g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
        g_assert_nonnull (strstr (error->message, paths[i]));
        g_assert_false (esp_tensor_check_writable (paths[i], &check_error));
        g_assert_error (check_error, ESP_ERROR, ESP_ERROR_FILE);
        assert_untouched (&sound);
      }
  }
  g_assert_true (esp_tensor_check_writable (sound.path, NULL));
  assert_untouched (&sound);

  /* the disk fills up half way */
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = limit;
  small.rlim_cur = 10000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  {
    g_autoptr (GError) error = NULL;
    gboolean saved = esp_checkpoint_save (run, sound.path, &error);

    g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
    g_assert_false (saved);
    g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
  }
  assert_untouched (&sound);

  /* a learner with a NaN does not replace a sound one */
  run->sac.critics[1][3] = NAN;
  {
    g_autoptr (GError) error = NULL;

    g_assert_false (esp_checkpoint_save (run, sound.path, &error));
    g_assert_error (error, ESP_ERROR, ESP_ERROR_DIVERGED);
  }
  assert_untouched (&sound);
  sound_clear (&sound);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  esp_blas_use_one_thread ();
  g_test_add_func ("/checkpoint/continues", test_continues);
  g_test_add_func ("/checkpoint/truncated", test_truncated);
  g_test_add_func ("/checkpoint/flipped", test_flipped);
  g_test_add_func ("/checkpoint/arrays", test_arrays);
  g_test_add_func ("/checkpoint/texts", test_texts);
  g_test_add_func ("/checkpoint/greedy", test_greedy);
  g_test_add_func ("/checkpoint/not-finite", test_not_finite);
  g_test_add_func ("/checkpoint/no-file", test_no_file);
  g_test_add_func ("/checkpoint/failing-save", test_failing_save);
  return g_test_run ();
}

/* Fuzzing environments from files: each is refused by a sentence, or can be stepped.
 *
 * An input that has a line of `=====` is a JSON file before it and the model `model.xml` after it; any other
 * is the model of a small sound JSON file. It is loaded in this process, without the helper that the program
 * puts before it, so that the sanitizers see what happens. MuJoCo itself is not instrumented, and what it
 * holds when it gives up with an error is lost: run with -detect_leaks=0. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp-environment-file.h"
#include "esp-error.h"

#define SEPARATOR "\n=====\n"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const char sound[] =
  "{\"name\": \"a\", \"description\": \"b\", \"model\": \"model.xml\", \"reward\": \"time\","
  " \"observations\": [{\"name\": \"x\"}], \"actions\": [{\"name\": \"u\"}],"
  " \"reset\": {\"positions\": {\"uniform\": 0.1}}}";

static char *json_path;
static char *model_path;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  /* memory, where there is any, spares the disk */
  const char *top = access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
  char *folder = g_build_filename (top, "fuzz-XXXXXX", NULL);

  g_assert_nonnull (g_mkdtemp (folder));
  json_path = g_build_filename (folder, "environment.json", NULL);
  model_path = g_build_filename (folder, "model.xml", NULL);
  g_free (folder);

  return 0;
}

static void
write_file (const char *path, const void *bytes, size_t size)
{
  FILE *file = fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *separator = memmem (data, size, SEPARATOR, strlen (SEPARATOR));
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;

  if (separator != NULL)
    {
      const uint8_t *model = separator + strlen (SEPARATOR);

      write_file (json_path, data, separator - data);
      write_file (model_path, model, data + size - model);
    }
  else
    {
      write_file (json_path, sound, strlen (sound));
      write_file (model_path, data, size);
    }

  if (esp_environment_check_file (json_path, &digest, &error))
    {
      g_assert_no_error (error);
      g_assert_cmpuint (strlen (digest), ==, 64);
      return 0;
    }
  g_assert_true (error != NULL && error->domain == ESP_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_true (g_str_has_prefix (error->message, "the environment “environment.json” cannot be used: "));

  return 0;
}

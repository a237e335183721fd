/* Fuzzing checkpoints: a file is refused by a sentence, or is a run that can be worked with.
 *
 * An input that begins with an odd byte changes a sound checkpoint: five bytes each say where and to what.
 * Any other is the whole file; `espalier train cartpole … --checkpoint FOLDER/seed` makes a first one. */

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "esp-checkpoint.h"
#include "esp-error.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static int file;
static char *path;
static char *sound;
static size_t sound_length;

static const char fields[] =
  "{\"steps\": 60, \"warm_up_steps\": 2, \"batch_size\": 2, \"critic_hidden\": [2], \"deviation_hidden\": [],"
  " \"arrangement\": \"mul,if/div\", \"replay_capacity\": 9, \"record_period\": 5, \"candidates\": 2}";

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_autofree char *folder = g_dir_make_tmp ("fuzz-XXXXXX", NULL);
  g_autofree char *saved = g_build_filename (folder, "sound", NULL);
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("seed", fields, strlen (fields), NULL);
  g_autoptr (EspRun) run = esp_run_new ("cartpole", recipe, 1, NULL);

  for (int i = 0; i < 20; i++)
    g_assert_true (esp_run_step (run, NULL));
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (EspActor) actor = esp_policy_get_actor (&run->sac.policy);
      EspEvaluation evaluation = { .step = 10 * i };

      run->progress.evaluations++;
      esp_run_add_evaluation (run, actor, &evaluation);
    }
  g_assert_true (esp_checkpoint_save (run, saved, NULL));
  g_assert_true (g_file_get_contents (saved, &sound, &sound_length, NULL));
  unlink (saved);
  rmdir (folder);

  file = memfd_create ("checkpoint", MFD_CLOEXEC);
  g_assert_cmpint (file, >=, 0);
  path = g_strdup_printf ("/proc/self/fd/%d", file);
  return 0;
}

static void
write_file (const void *bytes, size_t length)
{
  g_assert_cmpint (ftruncate (file, 0), ==, 0);
  g_assert_cmpint (pwrite (file, bytes, length, 0), ==, (ssize_t) length);
}

static void
work_with (EspRun *run)
{
  for (guint i = 0; i < run->candidates->len; i++)
    {
      EspNetwork *network = g_array_index (run->candidates, EspCandidate, i).actor->network;
      g_autoptr (EspFormula) formula = esp_network_extract (network);

      g_assert_nonnull (esp_formula_get_text (formula));
      esp_evaluate_formula (formula, run->info, 0, 1, NULL, NULL);
    }
  for (int i = 0; i < 3 && run->recipe->batch_size < 1000 && !esp_run_is_complete (run); i++)
    {
      g_autoptr (GError) error = NULL;

      if (esp_run_step (run, &error))
        continue;
      g_assert_error (error, ESP_ERROR, ESP_ERROR_DIVERGED);
      return;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRun) run = NULL;

  if (size > 0 && data[0] % 2 == 1)
    {
      g_autofree char *bytes = g_memdup2 (sound, sound_length);

      for (size_t i = 1; i + 5 <= size; i += 5)
        {
          uint32_t position;

          memcpy (&position, data + i, sizeof position);
          bytes[position % sound_length] = (char) data[i + 4];
        }
      write_file (bytes, sound_length);
    }
  else
    write_file (data, size);

  run = esp_checkpoint_load (path, &error);
  g_assert_true ((run == NULL) == (error != NULL));
  if (run == NULL)
    {
      g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  else
    work_with (run);

  return 0;
}

/* The trainer's checkpoints: runs that go on as if never stopped, files that cannot be written, and runs that
 * diverge. */

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "trained.h"

/* Stopped, saved, loaded and run on: the same as never stopped. */
static void
test_resume (void)
{
  static const unsigned stops[] = { 30, 200, 345, 599 };
  g_autoptr (EspRecipe)
    recipe = small_recipe ("steps=600", "polish_rounds=1", "polish_episodes=2", "polish_evaluations=5", NULL);
  g_auto (Outcome) whole = { 0 };
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);

  run_to_end (recipe, 7, &whole);
  for (size_t i = 0; i < G_N_ELEMENTS (stops); i++)
    {
      g_auto (Outcome) resumed = { 0 };
      g_autoptr (GError) error = NULL;
      EspTrainer *trainer = make_trainer (recipe, 7);
      EspSnapshot *snapshot;

      g_assert_true (esp_trainer_set_checkpoint (trainer, path, &error));
      g_assert_no_error (error);
      esp_trainer_run_steps (trainer, stops[i]);
      snapshot = settle (trainer, ESP_RUN_PAUSED);
      esp_snapshot_unref (snapshot);
      esp_trainer_stop (trainer);
      snapshot = settle (trainer, ESP_RUN_PAUSED);
      esp_snapshot_unref (snapshot);
      g_assert_null (esp_trainer_get_checkpoint_error (trainer));
      esp_trainer_free (trainer);

      trainer = esp_trainer_new_from_checkpoint (path, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (esp_trainer_get_seed (trainer), ==, 7);
      g_assert_cmpstr (esp_trainer_get_environment (trainer)->name, ==, "cartpole");
      g_assert_true (esp_trainer_set_checkpoint (trainer, path, NULL));
      esp_trainer_run (trainer);
      get_outcome (trainer, &resumed);
      assert_same (&whole, &resumed);
      esp_trainer_free (trainer);

      /* what is saved at the end gives the same end again */
      outcome_clear (&resumed);
      trainer = esp_trainer_new_from_checkpoint (path, &error);
      g_assert_no_error (error);
      esp_trainer_run (trainer);
      get_outcome (trainer, &resumed);
      assert_same (&whole, &resumed);
      esp_trainer_free (trainer);
    }
  g_assert_cmpuint (count_files (folder), ==, 1);
  remove_folder (folder);
}

static void
test_checkpoint_fails (void)
{
  g_autoptr (EspTrainer) trainer = make_trainer (NULL, 1);
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;
  EspSnapshot *snapshot;

  g_assert_false (esp_trainer_set_checkpoint (trainer, "/nonexistent/x", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_FILE);
  g_clear_error (&error);

  /* the folder vanishes: learning goes on, and says so */
  g_assert_true (esp_trainer_set_checkpoint (trainer, path, NULL));
  remove_folder (folder);
  esp_trainer_run_steps (trainer, 10);
  esp_trainer_stop (trainer);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  esp_snapshot_unref (snapshot);
  message = esp_trainer_get_checkpoint_error (trainer);
  g_assert_nonnull (message);
  g_assert_nonnull (strstr (message, "cannot write"));
  esp_trainer_run_steps (trainer, 10);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  esp_snapshot_unref (snapshot);
}

/* A run that diverges at step 451, after two evaluations. */
static EspRecipe *
diverging_recipe (void)
{
  return small_recipe ("steps=600", "warm_up_steps=450", "reward_scale=1e9", NULL);
}

static void
test_diverged (void)
{
  g_autoptr (EspRecipe) recipe = diverging_recipe ();
  EspTrainer *trainer = make_trainer (recipe, 1);
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);
  g_autofree char *before = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Outcome) outcome = { 0 };
  EspSnapshot *snapshot;
  EspResult none;
  size_t length;

  g_assert_true (esp_trainer_set_checkpoint (trainer, path, NULL));
  esp_trainer_run_steps (trainer, 430);
  esp_snapshot_unref (settle (trainer, ESP_RUN_PAUSED));
  esp_trainer_stop (trainer);
  esp_snapshot_unref (settle (trainer, ESP_RUN_PAUSED));
  g_assert_true (g_file_get_contents (path, &before, &length, NULL));

  esp_trainer_run (trainer);
  snapshot = settle (trainer, ESP_RUN_DIVERGED);
  g_assert_true (g_str_has_prefix (
    snapshot->message, "learning diverged at step 451 (update 1): the critics' loss exploded to "));
  g_assert_cmpuint (snapshot->step, ==, 451);
  for (size_t i = 0; i < snapshot->arrangement->n_weights; i++)
    g_assert_true (isfinite (snapshot->weights[i]) && isfinite (snapshot->probabilities[i]));
  g_assert_true (isfinite (snapshot->actions[0]));
  esp_snapshot_unref (snapshot);

  /* no command makes it learn on, and the file stays the good one */
  esp_trainer_run (trainer);
  esp_trainer_run_steps (trainer, 10);
  esp_trainer_pause (trainer);
  esp_trainer_stop (trainer);
  snapshot = settle (trainer, ESP_RUN_DIVERGED);
  g_assert_cmpuint (snapshot->step, ==, 451);
  g_assert_nonnull (snapshot->message);
  esp_snapshot_unref (snapshot);
  g_assert_false (esp_trainer_get_result (trainer, &none));

  /* pausing the final choice leads back, not into training */
  esp_trainer_finish (trainer);
  esp_trainer_pause (trainer);
  esp_trainer_run (trainer);
  esp_trainer_wait (trainer, PATIENCE);

  /* what was good before is chosen from */
  esp_trainer_finish (trainer);
  get_outcome (trainer, &outcome);
  g_assert_cmpuint (outcome.result.steps, ==, 451);
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *after = NULL;
      size_t after_length;

      g_assert_true (g_file_get_contents (path, &after, &after_length, NULL));
      g_assert_cmpmem (before, length, after, after_length);
      esp_trainer_stop (trainer);
      esp_snapshot_unref (settle (trainer, ESP_RUN_DONE));
    }

  /* and a new run is a new run */
  esp_trainer_restart (trainer, 2);
  esp_trainer_pause (trainer);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_null (snapshot->message);
  esp_snapshot_unref (snapshot);
  esp_trainer_free (trainer);

  /* the last good state is in the file */
  trainer = esp_trainer_new_from_checkpoint (path, &error);
  g_assert_no_error (error);
  esp_trainer_run (trainer);
  snapshot = settle (trainer, ESP_RUN_DIVERGED);
  g_assert_cmpuint (snapshot->step, ==, 451);
  esp_snapshot_unref (snapshot);
  esp_trainer_free (trainer);
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/resume", test_resume);
  g_test_add_func ("/trainer/checkpoint-fails", test_checkpoint_fails);
  g_test_add_func ("/trainer/diverged", test_diverged);
  return g_test_run ();
}

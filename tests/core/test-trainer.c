/* The trainer's threads: commands, in any order, and trainers that are freed at any moment. */

#include <math.h>
#include <string.h>

#include "esp-choice.h"
#include "trained.h"

/* Freeing a trainer waits for an update, an extraction or an episode at most; this is far above all. */
#define SOON 5.0

static void
test_steps (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("warm_up_steps=3", "updates_per_step=2", NULL);
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, 1);
  EspSnapshot *snapshot = settle (trainer, ESP_RUN_PAUSED);
  uint64_t step = 0;

  g_assert_cmpuint (snapshot->step, ==, 0);
  g_assert_cmpuint (snapshot->n_steps, ==, 1200);
  esp_snapshot_unref (snapshot);
  for (unsigned i = 0; i < 6; i++)
    {
      esp_trainer_run_steps (trainer, 1);
      snapshot = settle (trainer, ESP_RUN_PAUSED);
      step++;
      g_assert_cmpuint (snapshot->step, ==, step);
      g_assert_cmpuint (snapshot->updates, ==, step > 3 ? 2 * (step - 3) : 0);
      esp_snapshot_unref (snapshot);
    }

  /* every one of many, however quickly they come */
  for (unsigned i = 0; i < 20; i++)
    esp_trainer_run_steps (trainer, 1 + i % 3);
  step += 6 * (1 + 2 + 3) + 1 + 2;
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_cmpuint (snapshot->step, ==, step);
  esp_snapshot_unref (snapshot);

  esp_trainer_run_steps (trainer, 100);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_cmpuint (snapshot->step, ==, step + 100);
  esp_snapshot_unref (snapshot);
}

static void
test_pause (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("steps=1000000000", NULL);
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, 1);
  EspSnapshot *first, *second;
  EspResult result;

  esp_trainer_run (trainer);
  sleep_milliseconds (30);
  g_assert_cmpint (esp_trainer_wait (trainer, 1), ==, ESP_RUN_TRAINING);
  esp_trainer_pause (trainer);
  first = settle (trainer, ESP_RUN_PAUSED);
  sleep_milliseconds (30);
  esp_trainer_pause (trainer);
  second = settle (trainer, ESP_RUN_PAUSED);
  g_assert_cmpuint (first->step, ==, second->step);
  g_assert_false (esp_trainer_get_result (trainer, &result));
  esp_snapshot_unref (first);
  esp_snapshot_unref (second);
}

static void
test_restart (void)
{
  g_autoptr (EspTrainer) trainer = make_trainer (NULL, 1);
  g_auto (Outcome) first = { 0 }, same = { 0 }, other = { 0 }, interrupted = { 0 };

  esp_trainer_run (trainer);
  get_outcome (trainer, &first);
  g_assert_cmpuint (first.result.steps, ==, 600);
  g_assert_cmpuint (first.result.updates, ==, 550);

  esp_trainer_restart (trainer, 1);
  get_outcome (trainer, &same);
  assert_same (&first, &same);

  esp_trainer_restart (trainer, 2);
  get_outcome (trainer, &other);
  g_assert_cmpuint (esp_trainer_get_seed (trainer), ==, 2);
  g_assert_cmpstr (first.formula, !=, other.formula);

  /* in the middle of a stretch, and of a final choice */
  esp_trainer_restart (trainer, 3);
  esp_trainer_run_steps (trainer, 1);
  esp_trainer_restart (trainer, 4);
  esp_trainer_finish (trainer);
  esp_trainer_restart (trainer, 1);
  get_outcome (trainer, &interrupted);
  assert_same (&first, &interrupted);
}

static void
test_finish (void)
{
  g_autoptr (EspTrainer) trainer = make_trainer (NULL, 1);
  EspSnapshot *snapshot;
  g_auto (Outcome) outcome = { 0 };

  /* before there is anything to choose from; twice, since the second must not trip over the first */
  esp_trainer_run_steps (trainer, 20);
  esp_snapshot_unref (settle (trainer, ESP_RUN_PAUSED));
  for (int i = 0; i < 2; i++)
    {
      esp_trainer_finish (trainer);
      snapshot = settle (trainer, ESP_RUN_PAUSED);
      g_assert_nonnull (snapshot->message);
      g_assert_nonnull (strstr (snapshot->message, "no formula yet"));
      esp_snapshot_unref (snapshot);
    }

  esp_trainer_run_steps (trainer, 250);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_null (snapshot->message);
  esp_snapshot_unref (snapshot);
  esp_trainer_finish (trainer);
  get_outcome (trainer, &outcome);
  g_assert_cmpuint (outcome.result.steps, ==, 270);

  /* a run that is done stays as it is */
  esp_trainer_run (trainer);
  esp_trainer_run_steps (trainer, 5);
  esp_trainer_pause (trainer);
  esp_trainer_finish (trainer);
  snapshot = settle (trainer, ESP_RUN_DONE);
  g_assert_cmpuint (snapshot->step, ==, 270);
  esp_snapshot_unref (snapshot);
}

/* Runs @recipe, whose polishing takes for hours unless nothing gets better any more, until the final choice
 * is under way, and bounds that by @seconds or, for 0, by settling. */
static void
run_bounded (EspRecipe *recipe, double seconds, Outcome *outcome)
{
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, 5);
  double start;

  esp_trainer_set_polish_seconds (trainer, seconds);
  /* settling means nothing before there is something to settle */
  esp_trainer_settle (trainer);
  esp_trainer_run (trainer);
  if (seconds == 0.0)
    {
      EspRunState state;

      do
        {
          g_autoptr (EspSnapshot) snapshot = NULL;

          sleep_milliseconds (5);
          snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_VIEWER);
          state = snapshot != NULL ? snapshot->state : ESP_RUN_TRAINING;
        }
      while (state != ESP_RUN_FINISHING && state != ESP_RUN_DONE);
      sleep_milliseconds (100);
      esp_trainer_settle (trainer);
    }
  start = now ();
  get_outcome (trainer, outcome);
  if (seconds == 0.0)
    g_assert_cmpfloat (now () - start, <, SOON);
}

/* Polishing for hours ends when it is told to, or when its seconds are over, with a formula, whatever the
 * policy and whatever stage it is in. */
static void
test_bounded_polish (void)
{
  static const char *const endless[][4] = {
    { "polish_rounds=1000", "polish_episodes=1000", "polish_evaluations=1000000", "polish_steps=0" },
    { "polish_rounds=0", "polish_search_steps=1e12", "polish_search_episodes=100", "polish_digits=3" },
    { "polish_refit_updates=1e9", "polish_rounds=0", "polish_episodes=100", "polish_digits=3" },
    { "policy=expression", "formula=theta + 0.1*x", "polish_rounds=1", "polish_episodes=100000" },
    { "policy=expression", "formula=theta + 0.1*x", "polish_rounds=1", "polish_refit_updates=1e9" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (endless); i++)
    for (int k = 0; k < 2; k++)
      {
        g_autoptr (EspRecipe) recipe = small_recipe ("steps=600", endless[i][0], endless[i][1], endless[i][2],
                                                     endless[i][3], "length_limit=20", NULL);
        g_auto (Outcome) outcome = { 0 };

        run_bounded (recipe, k == 0 ? 0.0 : 0.5, &outcome);
        g_assert_cmpuint (esp_formula_get_longest (outcome.result.formula), <, 1000);
      }
}

/* What is left is what is to be learned and then the final choice, as far as something tells; in the end
 * nothing is. */
static void
test_time_left (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("polish_search_steps=2000", NULL);
  g_autoptr (EspRecipe) unsearched = small_recipe ("polish_search_steps=0", NULL);
  g_autoptr (EspRecipe) neural = small_recipe ("policy=neural", NULL);
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, 1);
  EspSnapshot *snapshot = settle (trainer, ESP_RUN_PAUSED);

  g_assert_cmpfloat_with_epsilon (esp_choice_forecast (recipe, 0.0, 0.25, 2), 500.0, 1e-9);
  g_assert_cmpfloat (esp_choice_forecast (recipe, 30.0, 0.25, 2), ==, 30.0);
  g_assert_true (isnan (esp_choice_forecast (recipe, 0.0, 0.0, 2)));
  g_assert_true (isnan (esp_choice_forecast (unsearched, 0.0, 0.25, 2)));
  g_assert_cmpfloat (esp_choice_forecast (unsearched, 30.0, 0.25, 2), ==, 30.0);
  g_assert_true (isnan (esp_choice_forecast (neural, 30.0, 0.25, 2)));

  g_assert_true (isnan (snapshot->learning_left) && isnan (snapshot->choice_left));
  esp_snapshot_unref (snapshot);
  esp_trainer_run_steps (trainer, 1000);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_cmpuint (snapshot->history->n_evaluations, >, 0);
  g_assert_true (isnan (snapshot->learning_left));
  g_assert_cmpfloat (snapshot->choice_left, >, 0.0);
  esp_snapshot_unref (snapshot);
  esp_trainer_set_polish_seconds (trainer, 0.25);
  esp_trainer_run_steps (trainer, 1);
  snapshot = settle (trainer, ESP_RUN_PAUSED);
  g_assert_cmpfloat (snapshot->choice_left, ==, 0.25);
  esp_snapshot_unref (snapshot);
  esp_trainer_run (trainer);
  snapshot = settle (trainer, ESP_RUN_DONE);
  g_assert_true (snapshot->learning_left == 0.0 && snapshot->choice_left == 0.0);
  esp_snapshot_unref (snapshot);
}

/* Frees trainers at every moment: before, during and after the stretches of a run. */
static void
test_free_any_time (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("steps=600", "polish_rounds=100", "polish_episodes=100000",
                                               "polish_evaluations=1000000", "length_limit=100000", NULL);

  for (unsigned i = 0; i < 40; i++)
    {
      EspTrainer *trainer = make_trainer (recipe, i);
      double start;

      esp_trainer_set_watched (trainer, i % 2 == 0);
      if (i % 4 != 3)
        esp_trainer_run (trainer);
      if (i % 8 == 5)
        esp_trainer_pause (trainer);
      sleep_milliseconds (3 * i);
      if (i % 8 == 6)
        esp_trainer_restart (trainer, i);
      if (i % 8 == 7)
        esp_trainer_finish (trainer);
      start = now ();
      esp_trainer_free (trainer);
      g_assert_cmpfloat (now () - start, <, SOON);
    }
}

/* While the trainer itself waits for an evaluation of a hundred thousand episodes. */
static void
test_free_while_evaluating (void)
{
  g_autoptr (EspRecipe)
    recipe = small_recipe ("steps=600", "evaluation_period=10", "evaluation_episodes=100000", NULL);

  for (unsigned i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;
      EspTrainer *trainer = esp_trainer_new ("pendulum", recipe, i, &error);
      double start;

      g_assert_no_error (error);
      esp_trainer_run (trainer);
      sleep_milliseconds (40);
      if (i % 2 == 1)
        esp_trainer_stop (trainer);
      start = now ();
      esp_trainer_free (trainer);
      g_assert_cmpfloat (now () - start, <, SOON);
    }
}

/* Commands of all kinds from another thread while snapshots are taken: nothing is lost or torn. */
static void
test_hammer (void)
{
  g_autoptr (EspTrainer) trainer = make_trainer (NULL, 1);
  EspRandom random;
  g_auto (Outcome) first = { 0 }, again = { 0 };

  esp_random_init (&random, 3, 0);
  esp_trainer_set_watched (trainer, true);
  for (unsigned i = 0; i < 300; i++)
    {
      g_autoptr (EspSnapshot) snapshot = NULL;
      g_autoptr (EspFormula) formula = NULL;

      switch (esp_random_below (&random, 8))
        {
        case 0:
          esp_trainer_run (trainer);
          break;
        case 1:
          esp_trainer_pause (trainer);
          break;
        case 2:
          esp_trainer_run_steps (trainer, esp_random_below (&random, 100));
          break;
        case 3:
          esp_trainer_restart (trainer, i);
          break;
        case 4:
          esp_trainer_finish (trainer);
          break;
        case 5:
          esp_trainer_stop (trainer);
          break;
        case 6:
          sleep_milliseconds (esp_random_below (&random, 5));
          break;
        default:
          esp_trainer_set_watched (trainer, i % 2 == 0);
          break;
        }
      snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
      formula = esp_trainer_take_formula (trainer, ESP_CONSUMER_WINDOW);
    }

  esp_trainer_restart (trainer, 1);
  get_outcome (trainer, &again);
  run_to_end (NULL, 1, &first);
  assert_same (&first, &again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/steps", test_steps);
  g_test_add_func ("/trainer/pause", test_pause);
  g_test_add_func ("/trainer/restart", test_restart);
  g_test_add_func ("/trainer/finish", test_finish);
  g_test_add_func ("/trainer/bounded-polish", test_bounded_polish);
  g_test_add_func ("/trainer/time-left", test_time_left);
  g_test_add_func ("/trainer/free-any-time", test_free_any_time);
  g_test_add_func ("/trainer/free-while-evaluating", test_free_while_evaluating);
  g_test_add_func ("/trainer/hammer", test_hammer);
  return g_test_run ();
}

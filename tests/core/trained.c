#include "trained.h"

#include <time.h>

double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

void
sleep_milliseconds (unsigned milliseconds)
{
  struct timespec time = { .tv_sec = milliseconds / 1000, .tv_nsec = (long) (milliseconds % 1000) * 1000000 };

  nanosleep (&time, NULL);
}

EspTrainer *
make_trainer (EspRecipe *recipe, uint64_t seed)
{
  static size_t n_made;
  g_autoptr (EspRecipe) own = recipe != NULL ? esp_recipe_ref (recipe) : small_recipe ("steps=600", NULL);
  g_autoptr (GError) error = NULL;
  EspTrainer *trainer = esp_trainer_new ("cartpole", own, seed, &error);

  g_assert_no_error (error);
  esp_trainer_set_workers (trainer, 1 + n_made++ % 3);
  return trainer;
}

EspSnapshot *
settle (EspTrainer *trainer, EspRunState state)
{
  EspSnapshot *snapshot, *newest = NULL;

  g_assert_cmpint (esp_trainer_wait (trainer, PATIENCE), ==, state);
  /* the snapshot of a state is published right after it was entered */
  for (unsigned i = 0; i < PATIENCE && (newest == NULL || newest->state != state); i++)
    {
      snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
      if (snapshot == NULL)
        {
          sleep_milliseconds (1);
          continue;
        }
      esp_snapshot_unref (newest);
      newest = snapshot;
    }
  g_assert_nonnull (newest);
  g_assert_cmpint (newest->state, ==, state);

  return newest;
}

void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->formula, g_free);
  esp_result_clear (&outcome->result);
}

void
get_outcome (EspTrainer *trainer, Outcome *outcome)
{
  g_autoptr (EspSnapshot) snapshot = settle (trainer, ESP_RUN_DONE);

  g_assert_true (esp_trainer_get_result (trainer, &outcome->result));
  outcome->formula = g_strdup (esp_formula_get_text (outcome->result.formula));
  g_assert_cmpfloat (snapshot->progress, ==, 1.0);
  g_assert_cmpuint (outcome->result.formula_return.seed, ==, ESP_REPORT_SEED);
  g_assert_cmpuint (outcome->result.formula_return.episodes, ==, ESP_REPORT_EPISODES);
}

void
assert_same (const Outcome *a, const Outcome *b)
{
  g_assert_cmpstr (a->formula, ==, b->formula);
  g_assert_cmpuint (a->result.steps, ==, b->result.steps);
  g_assert_cmpuint (a->result.updates, ==, b->result.updates);
  g_assert_cmpmem (&a->result.formula_return, sizeof (EspReturns), &b->result.formula_return,
                   sizeof (EspReturns));
  g_assert_cmpmem (&a->result.masked_return, sizeof (EspReturns), &b->result.masked_return,
                   sizeof (EspReturns));
  g_assert_cmpmem (&a->result.sampled_return, sizeof (EspReturns), &b->result.sampled_return,
                   sizeof (EspReturns));
}

void
run_to_end (EspRecipe *recipe, uint64_t seed, Outcome *outcome)
{
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, seed);

  esp_trainer_run (trainer);
  get_outcome (trainer, outcome);
}

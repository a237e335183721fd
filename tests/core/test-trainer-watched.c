/* Snapshots and formulas of the trainer, and that nobody who takes them changes a run. */

#include <pthread.h>
#include <string.h>

#include "trained.h"

static double
checksum (const EspSnapshot *snapshot)
{
  size_t n_weights = snapshot->n_actions * snapshot->arrangement->n_weights;
  double sum = (double) snapshot->step + (double) snapshot->updates + snapshot->expected_paths;

  for (size_t i = 0; i < n_weights; i++)
    sum += snapshot->weights[i] * (double) (i + 1) + snapshot->probabilities[i];
  for (size_t i = 0; i < snapshot->n_actions * snapshot->arrangement->n_biases; i++)
    sum += snapshot->biases[i];
  for (size_t i = 0; i < snapshot->n_actions * snapshot->arrangement->n_features; i++)
    sum += snapshot->features[i];
  for (size_t i = 0; i < snapshot->environment->n_observations; i++)
    sum += snapshot->observation[i];
  for (size_t i = 0; i < snapshot->history->n_records; i++)
    sum += (double) snapshot->history->records[i].step;
  for (size_t i = 0; i < snapshot->history->n_evaluations; i++)
    sum += snapshot->history->evaluations[i].formula.mean;

  return sum;
}

/* One consumer's thread: takes what comes until it sees the end. */
typedef struct
{
  EspTrainer *trainer;
  EspConsumer consumer;
  unsigned n_snapshots;
  unsigned n_formulas;
} Consumer;

static void *
consume (void *data)
{
  Consumer *consumer = data;
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_snapshot_unref);
  g_autoptr (GArray) sums = g_array_new (FALSE, FALSE, sizeof (double));
  double end = now () + PATIENCE / 1000.0;
  uint64_t step = 0;
  size_t n_records = 0, n_evaluations = 0;
  double progress = 0.0;
  EspRunState state = ESP_RUN_PAUSED;

  while (state != ESP_RUN_DONE && now () < end)
    {
      EspSnapshot *snapshot = esp_trainer_take_snapshot (consumer->trainer, consumer->consumer);
      g_autoptr (EspFormula) formula = esp_trainer_take_formula (consumer->trainer, consumer->consumer);
      double sum;

      if (formula != NULL)
        {
          g_assert_cmpuint (strlen (esp_formula_get_text (formula)), >, 0);
          consumer->n_formulas++;
        }
      if (snapshot == NULL)
        {
          sleep_milliseconds (1);
          continue;
        }
      g_assert_cmpuint (snapshot->step, >=, step);
      g_assert_cmpuint (snapshot->history->n_records, >=, n_records);
      g_assert_cmpuint (snapshot->history->n_evaluations, >=, n_evaluations);
      g_assert_cmpfloat (snapshot->progress, >=, progress);
      step = snapshot->step;
      n_records = snapshot->history->n_records;
      n_evaluations = snapshot->history->n_evaluations;
      progress = snapshot->progress;
      state = snapshot->state;
      sum = checksum (snapshot);
      g_array_append_val (sums, sum);
      g_ptr_array_add (kept, snapshot);
      consumer->n_snapshots++;
    }

  /* all of them are still what they were */
  for (guint i = 0; i < kept->len; i++)
    g_assert_cmpfloat (checksum (g_ptr_array_index (kept, i)), ==, g_array_index (sums, double, i));
  g_assert_cmpint (state, ==, ESP_RUN_DONE);
  g_assert_cmpuint (n_records, ==, 3000 / 50);
  g_assert_cmpuint (n_evaluations, ==, 3000 / 200);

  return NULL;
}

/* Two consumers take what they like, or nobody does: learning is the same. */
static void
test_watched (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("steps=3000", NULL);
  g_auto (Outcome) watched = { 0 }, unwatched = { 0 };
  EspTrainer *trainer = make_trainer (recipe, 5);
  Consumer consumers[ESP_N_CONSUMERS];
  pthread_t threads[ESP_N_CONSUMERS];

  esp_trainer_set_watched (trainer, true);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    {
      consumers[i] = (Consumer){ .trainer = trainer, .consumer = i };
      g_assert_cmpint (pthread_create (&threads[i], NULL, consume, &consumers[i]), ==, 0);
    }
  esp_trainer_run (trainer);
  g_assert_cmpint (esp_trainer_wait (trainer, PATIENCE), ==, ESP_RUN_DONE);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    {
      pthread_join (threads[i], NULL);
      /* there at first, and at the end; each consumer got its own */
      g_assert_cmpuint (consumers[i].n_snapshots, >=, 2);
      g_assert_cmpuint (consumers[i].n_formulas, >=, 1);
    }
  g_assert_true (esp_trainer_get_result (trainer, &watched.result));
  watched.formula = g_strdup (esp_formula_get_text (watched.result.formula));
  esp_trainer_free (trainer);

  run_to_end (recipe, 5, &unwatched);
  assert_same (&watched, &unwatched);
}

static EspFormula *
wait_for_formula (EspTrainer *trainer, unsigned milliseconds)
{
  EspFormula *formula = NULL;

  for (unsigned i = 0; i < milliseconds / 10 && formula == NULL; i++)
    {
      sleep_milliseconds (10);
      formula = esp_trainer_take_formula (trainer, ESP_CONSUMER_WINDOW);
    }
  return formula;
}

/* A run that rests shows its formula to whoever begins to watch, without another command. */
static void
test_watched_at_rest (void)
{
  g_autoptr (EspTrainer) trainer = make_trainer (NULL, 1);
  g_autoptr (EspFormula) unwatched = NULL;
  g_autoptr (EspFormula) first = NULL;
  g_autoptr (EspFormula) second = NULL;
  g_autoptr (EspSnapshot) snapshot = NULL;

  unwatched = wait_for_formula (trainer, 300);
  g_assert_null (unwatched);
  esp_trainer_set_watched (trainer, true);
  first = wait_for_formula (trainer, 20000);
  g_assert_nonnull (first);
  esp_trainer_set_watched (trainer, false);
  esp_trainer_run_steps (trainer, 5);
  g_assert_cmpint (esp_trainer_wait (trainer, PATIENCE), ==, ESP_RUN_PAUSED);
  esp_trainer_set_watched (trainer, true);
  second = wait_for_formula (trainer, 20000);
  g_assert_nonnull (second);
  snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
  g_assert_cmpint (snapshot->state, ==, ESP_RUN_PAUSED);
  g_assert_cmpuint (snapshot->step, ==, 5);
  /* what the formula is extracted from */
  g_assert_nonnull (snapshot->actor);
  g_assert_cmpint (snapshot->actor->kind, ==, ESP_POLICY_SYMBOLIC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer/watched", test_watched);
  g_test_add_func ("/trainer/watched-at-rest", test_watched_at_rest);
  return g_test_run ();
}

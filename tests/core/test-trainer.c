/* The trainer's threads: commands, snapshots, ends of all kinds, and that nobody who watches changes a run.
 */

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "esp-error.h"
#include "esp-trainer.h"
#include "small-run.h"

/* Longer than anything here takes, under sanitizers on a busy machine too. */
#define PATIENCE 60000

/* Freeing a trainer waits for an update, an extraction or an episode at most; this is far above all. */
#define SOON 5.0

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
sleep_milliseconds (unsigned milliseconds)
{
  struct timespec time = { .tv_sec = milliseconds / 1000, .tv_nsec = (long) (milliseconds % 1000) * 1000000 };

  nanosleep (&time, NULL);
}

/* A run of 600 steps with three evaluations, whose final choice takes a moment. */
static EspRecipe *
tiny_recipe (void)
{
  return small_recipe ("steps=600", NULL);
}

/* Each trainer has another number of workers than the one before, and every comparison shows that it does not
 * matter. */
static EspTrainer *
make_trainer (EspRecipe *recipe, uint64_t seed)
{
  static size_t n_made;
  g_autoptr (EspRecipe) own = recipe != NULL ? esp_recipe_ref (recipe) : tiny_recipe ();
  g_autoptr (GError) error = NULL;
  EspTrainer *trainer = esp_trainer_new ("cartpole", own, seed, &error);

  g_assert_no_error (error);
  esp_trainer_set_workers (trainer, 1 + n_made++ % 3);
  return trainer;
}

/* Waits for the trainer, and returns the newest snapshot. */
static EspSnapshot *
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

/* What two runs that are the same agree in. */
typedef struct
{
  char *formula;
  EspResult result;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->formula, g_free);
  esp_result_clear (&outcome->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
get_outcome (EspTrainer *trainer, Outcome *outcome)
{
  g_autoptr (EspSnapshot) snapshot = settle (trainer, ESP_RUN_DONE);

  g_assert_true (esp_trainer_get_result (trainer, &outcome->result));
  outcome->formula = g_strdup (esp_formula_get_text (outcome->result.formula));
  g_assert_cmpfloat (snapshot->progress, ==, 1.0);
  g_assert_cmpuint (outcome->result.formula_return.seed, ==, ESP_REPORT_SEED);
  g_assert_cmpuint (outcome->result.formula_return.episodes, ==, ESP_REPORT_EPISODES);
}

static void
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

static void
run_to_end (EspRecipe *recipe, uint64_t seed, Outcome *outcome)
{
  g_autoptr (EspTrainer) trainer = make_trainer (recipe, seed);

  esp_trainer_run (trainer);
  get_outcome (trainer, outcome);
}

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
  g_test_add_func ("/trainer/steps", test_steps);
  g_test_add_func ("/trainer/pause", test_pause);
  g_test_add_func ("/trainer/restart", test_restart);
  g_test_add_func ("/trainer/finish", test_finish);
  g_test_add_func ("/trainer/resume", test_resume);
  g_test_add_func ("/trainer/checkpoint-fails", test_checkpoint_fails);
  g_test_add_func ("/trainer/bounded-polish", test_bounded_polish);
  g_test_add_func ("/trainer/free-any-time", test_free_any_time);
  g_test_add_func ("/trainer/free-while-evaluating", test_free_while_evaluating);
  g_test_add_func ("/trainer/watched", test_watched);
  g_test_add_func ("/trainer/watched-at-rest", test_watched_at_rest);
  g_test_add_func ("/trainer/hammer", test_hammer);
  g_test_add_func ("/trainer/diverged", test_diverged);
  return g_test_run ();
}

/* A run: what one step does, that the seed decides everything, and how it ends when learning diverges. */

#include <math.h>
#include <string.h>

#include "esp-blas.h"
#include "esp-error.h"
#include "small-run.h"

static void
test_deterministic (void)
{
  static const char *const environments[] = { "cartpole", "pendulum" };
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();

  for (size_t i = 0; i < G_N_ELEMENTS (environments); i++)
    {
      g_autoptr (EspRun) a = small_run (environments[i], NULL, 5);
      g_autoptr (EspRun) b = small_run (environments[i], NULL, 5);
      g_autoptr (EspRun) c = small_run (environments[i], NULL, 6);

      /* one after the other, so that what one leaves behind would show in the next */
      take_steps (a, assessor, 1200);
      take_steps (b, assessor, 1200);
      take_steps (c, assessor, 1200);
      g_assert_cmpstr (find_difference (a, b), ==, NULL);
      g_assert_cmpstr (find_difference (a, c), ==, "policy");
      g_assert_cmpuint (a->records->len, ==, 1200 / 50);
      g_assert_cmpuint (a->evaluations->len, ==, 1200 / 200);
      g_assert_cmpuint (a->candidates->len, ==, 2);
      g_assert_true (esp_run_is_complete (a));
    }
}

/* Who shares the work decides nothing: not the first bit of any number. */
static void
test_workers (void)
{
  static const char *const recipes[] = { "soft_masks=false", "critic_hidden=[40, 33]", "mask_samples=3" };

  for (size_t i = 0; i < G_N_ELEMENTS (recipes); i++)
    {
      g_autoptr (EspAssessor) assessor = esp_assessor_new ();
      g_autoptr (EspRecipe) recipe = small_recipe (recipes[i], NULL);
      g_autoptr (EspRun) alone = small_run ("pendulum", recipe, 5);

      take_steps (alone, assessor, 600);
      for (size_t workers = 2; workers <= 4; workers++)
        {
          g_autoptr (EspPool) pool = esp_pool_new (workers);
          g_autoptr (EspRun) shared = small_run ("pendulum", recipe, 5);

          esp_sac_set_pool (&shared->sac, pool);
          take_steps (shared, assessor, 600);
          g_assert_cmpstr (find_difference (alone, shared), ==, NULL);
        }
    }
}

/* Whether the transition in slot @i of the replay ended the task. */
static bool
is_terminated (const EspRun *run, size_t i)
{
  return run->replay.data[(i + 1) * run->replay.width - 1] != 0.0f;
}

/* The value of a state is cut off where the task ends, not where the step limit ends the episode. */
static void
test_ends (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("replay_capacity=100000", "warm_up_steps=100000", NULL);
  g_autoptr (EspRun) pendulum = small_run ("pendulum", recipe, 1);
  g_autoptr (EspRun) cartpole = small_run ("cartpole", recipe, 1);
  size_t failures = 0;

  /* the pendulum's episodes only ever end at their limit of 200 steps */
  take_steps (pendulum, NULL, 1000);
  g_assert_cmpuint (pendulum->progress.episodes, ==, 5);
  for (size_t i = 0; i < 1000; i++)
    g_assert_false (is_terminated (pendulum, i));

  /* an untrained cart-pole falls long before its limit of 1000 steps */
  for (unsigned i = 0; i < 1000; i++)
    {
      uint64_t episodes = cartpole->progress.episodes;

      take_steps (cartpole, NULL, 1);
      g_assert_true (is_terminated (cartpole, i) == (cartpole->progress.episodes > episodes));
      failures += is_terminated (cartpole, i);
      if (is_terminated (cartpole, i))
        g_assert_cmpfloat (cartpole->progress.episode_return, ==, 0.0);
    }
  g_assert_cmpuint (failures, >, 5);
}

/* The last state of an episode is stored as its own successor, not the first of the next. */
static void
test_last_state (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("warm_up_steps=100000", "replay_capacity=100000", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 1);
  const size_t n = 4;
  size_t ends = 0;

  take_steps (run, NULL, 500);
  for (size_t i = 0; i + 1 < 500; i++)
    {
      const float *transition = run->replay.data + i * run->replay.width;
      const float *next = transition + n + 1 + 1, *following = transition + run->replay.width;
      bool same = memcmp (next, following, n * sizeof *next) == 0;

      g_assert_true (same != is_terminated (run, i));
      /* a pole that fell, or a cart off its rail */
      if (is_terminated (run, i))
        {
          g_assert_true (fabsf (next[2]) > 0.2f || fabsf (next[0]) > 2.4f);
          ends++;
        }
    }
  g_assert_cmpuint (ends, >, 0);
}

static void
test_warm_up (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("warm_up_steps=60", "updates_per_step=3", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 2);
  g_autoptr (EspRun) fresh = small_run ("cartpole", recipe, 2);
  size_t bytes = run->sac.policy.n_parameters * sizeof (float);

  take_steps (run, NULL, 60);
  g_assert_cmpuint (run->sac.updates, ==, 0);
  g_assert_cmpmem (run->sac.policy.parameters, bytes, fresh->sac.policy.parameters, bytes);
  take_steps (run, NULL, 1);
  g_assert_cmpuint (run->sac.updates, ==, 3);
  g_assert_cmpint (memcmp (run->sac.policy.parameters, fresh->sac.policy.parameters, bytes), !=, 0);
  take_steps (run, NULL, 10);
  g_assert_cmpuint (run->sac.updates, ==, 33);
}

/* With a period, the policy acts as it is for as many steps, and then all their updates are done, a few at
 * each call. */
static void
test_update_period (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("warm_up_steps=50", "update_period=40", "updates_per_step=2",
                                               "record_period=45", "evaluation_period=90", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 2);
  g_autoptr (EspRun) fresh = small_run ("cartpole", recipe, 2);
  size_t bytes = run->sac.policy.n_parameters * sizeof (float);
  const EspRecord *records;

  take_steps (run, NULL, 89);
  g_assert_cmpuint (run->progress.step, ==, 89);
  g_assert_cmpuint (run->sac.updates, ==, 0);
  g_assert_cmpmem (run->sac.policy.parameters, bytes, fresh->sac.policy.parameters, bytes);
  for (uint64_t i = 1; i <= 40; i++)
    {
      take_steps (run, NULL, 1);
      g_assert_cmpuint (run->progress.step, ==, 90);
      g_assert_cmpuint (run->sac.updates, ==, 2 * i);
      /* what belongs to this step comes after its last update, and once */
      g_assert_true (esp_run_wants_evaluation (run) == (i == 40));
      g_assert_cmpuint (run->records->len, ==, i == 40 ? 2 : 1);
    }
  take_steps (run, NULL, 1);
  g_assert_cmpuint (run->progress.step, ==, 91);
  g_assert_cmpuint (run->sac.updates, ==, 80);
  g_assert_false (esp_run_wants_evaluation (run));
  records = (const EspRecord *) run->records->data;
  g_assert_true (isnan (records[0].critic_loss));
  g_assert_cmpfloat (records[1].critic_loss, >, 0);

  /* the last period that is whole */
  while (!esp_run_is_complete (run))
    take_steps (run, NULL, 1);
  g_assert_cmpuint (run->progress.step, ==, 1200);
  g_assert_cmpuint (run->sac.updates, ==, (1200 - 50) / 40 * 40 * 2);
}

/* Without dense connections the allowance, the histogram and the first sum know only the paths there are; and
 * without a selector all paths are allowed to the end. */
static void
test_forms (void)
{
  static const struct
  {
    const char *dense, *selector;
    double n_paths, allowed;
  } cases[] = {
    /* mul*2,sin/div,log,exp,id on four observations: 5 · 4, then 5 · 3 or 5 · 7, then 4 or 11 */
    { "dense_connections=true", "path_selector=true", 66, 0.1 * 66 },
    { "dense_connections=false", "path_selector=true", 39, 0.1 * 39 },
    { "dense_connections=true", "path_selector=false", 66, 66 },
    { "dense_connections=false", "path_selector=false", 39, 39 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspRecipe) recipe = small_recipe (cases[i].dense, cases[i].selector, "final_allowance=0.1",
                                                   "initial_probability=1", "steps=100", NULL);
      g_autoptr (EspRun) run = small_run ("cartpole", recipe, 3);
      g_autoptr (EspActor) actor = esp_policy_get_actor (&run->sac.policy);
      const EspRecord *record;
      double share = 0;

      g_assert_cmpfloat (esp_run_get_expected_paths (run), ==, cases[i].n_paths);
      g_assert_cmpfloat (run->sac.policy.n_paths, ==, cases[i].n_paths);
      g_assert_cmpuint (esp_network_count_live (actor->network), >, 0);
      g_assert_cmpuint (esp_network_count_live (actor->network), <=, cases[i].n_paths);
      take_steps (run, NULL, 50);
      record = &g_array_index (run->records, EspRecord, 0);
      for (int k = 0; k < ESP_HISTOGRAM_BINS; k++)
        share += record->histogram[k];
      g_assert_cmpfloat_with_epsilon (share, 1, 1e-6);
      /* before the first update */
      g_assert_cmpfloat (record->histogram[ESP_HISTOGRAM_BINS - 1], ==, 1);
      take_steps (run, NULL, 50);
      g_assert_cmpfloat_with_epsilon (esp_run_get_schedule (run).allowed_paths, cases[i].allowed, 1e-9);
    }
}

/* Logits begin where the recipe says, or at 3 where that would be infinite, and the selector learns. */
static void
test_first_logits (void)
{
  static const struct
  {
    const char *assignment;
    double logit;
  } cases[] = {
    { "initial_probability=1", 3 },       { "initial_probability=0.9", 2.1972245773362196 },
    { "initial_probability=0.5", 0 },     { "initial_probability=0", -6 },
    { "initial_probability=0.99999", 6 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspRecipe) recipe = small_recipe ("selector_form=logit", cases[i].assignment, NULL);
      g_autoptr (EspRun) run = small_run ("pendulum", recipe, 3);
      const EspPolicy *policy = &run->sac.policy;
      size_t n_moved = 0;

      for (size_t k = 0; k < policy->n_weights; k++)
        {
          g_assert_cmpfloat_with_epsilon (policy->selector[k], cases[i].logit, 1e-6);
          g_assert_cmpfloat_with_epsilon (policy->probabilities[k], 1 / (1 + exp (-cases[i].logit)), 1e-6);
        }
      take_steps (run, NULL, 100);
      for (size_t k = 0; k < policy->n_weights; k++)
        n_moved += fabs (policy->selector[k] - cases[i].logit) > 1e-3;
      g_assert_cmpuint (n_moved, >, 5);
    }
}

/* Uniform actions while warming up, and the policy's afterwards: the standard deviation tells them apart. */
static void
test_uniform_warm_up (void)
{
  g_autoptr (EspRecipe)
    recipe = small_recipe ("warm_up_steps=100000", "uniform_warm_up=true", "replay_capacity=100000", NULL);
  g_autoptr (EspRun) run = small_run ("pendulum", recipe, 2);
  double sum = 0.0, squares = 0.0;

  take_steps (run, NULL, 4000);
  for (size_t i = 0; i < 4000; i++)
    {
      double action = run->replay.data[i * run->replay.width + 3];

      g_assert_cmpfloat (fabs (action), <=, 1.0);
      sum += action;
      squares += action * action;
    }
  g_assert_cmpfloat (fabs (sum / 4000), <, 5 * sqrt (1 / 3.0 / 4000));
  g_assert_cmpfloat (fabs (squares / 4000 - 1 / 3.0), <, 5 * sqrt (4 / 45.0 / 4000));
}

static void
test_mask_period (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("mask_period=30", "initial_probability=0.5", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 3);
  size_t bytes = run->sac.policy.n_weights * sizeof (float);
  g_autofree float *before = g_malloc0 (bytes);

  for (unsigned step = 0; step < 150; step++)
    {
      take_steps (run, NULL, 1);
      /* of dozens of paths at even odds, a new mask has some other ones */
      g_assert_true ((memcmp (before, run->acting_mask, bytes) != 0) == (step % 30 == 0));
      memcpy (before, run->acting_mask, bytes);
    }
}

static void
test_schedules (void)
{
  g_autoptr (EspRecipe)
    recipe = small_recipe ("steps=1000", "schedule_start=0.1", "schedule_end=0.5", "final_temperature=0.3",
                           "final_allowance=0.05", "final_rate=0.2", "warm_up_steps=100000", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 3);
  double paths = (double) run->sac.policy.n_weights;
  EspSacSchedule before = esp_run_get_schedule (run);

  g_assert_cmpfloat (before.temperature, ==, 1.0);
  g_assert_cmpfloat (before.allowed_paths, ==, paths);
  g_assert_cmpfloat (before.rate, ==, 1.0);
  for (unsigned step = 1; step <= 1000; step++)
    {
      EspSacSchedule schedule;

      take_steps (run, NULL, 1);
      schedule = esp_run_get_schedule (run);
      g_assert_cmpfloat (schedule.temperature, <=, before.temperature);
      g_assert_cmpfloat (schedule.allowed_paths, <=, before.allowed_paths);
      g_assert_cmpfloat (schedule.rate, <=, before.rate);
      if (step <= 100)
        g_assert_cmpfloat_with_epsilon (schedule.allowed_paths, paths, 1e-9 * paths);
      if (step <= 500)
        g_assert_cmpfloat (schedule.rate, ==, 1.0);
      if (step >= 500)
        {
          g_assert_cmpfloat_with_epsilon (schedule.temperature, 0.3, 1e-12);
          g_assert_cmpfloat_with_epsilon (schedule.allowed_paths, 0.05 * paths, 1e-9 * paths);
        }
      before = schedule;
    }
  g_assert_cmpfloat_with_epsilon (before.rate, 0.2, 1e-12);
}

/* A record has the means of the updates since the last one, and the probabilities as they lie. */
static void
test_records (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("record_period=25", "warm_up_steps=30", NULL);
  g_autoptr (EspRun) run = small_run ("pendulum", recipe, 4);
  double sums[4] = { 0 }, n = 0;

  for (unsigned step = 1; step <= 300; step++)
    {
      const EspSacFigures *figures = &run->sac.figures;
      const EspRecord *record;
      double bins = 0.0, expected = 0.0;

      take_steps (run, NULL, 1);
      if (run->sac.updates > 0)
        {
          sums[0] += figures->critic_loss;
          sums[1] += figures->policy_loss;
          sums[2] += figures->entropy;
          sums[3] += figures->value;
          n++;
        }
      g_assert_cmpuint (run->records->len, ==, step / 25);
      if (step % 25 != 0)
        continue;

      record = &g_array_index (run->records, EspRecord, run->records->len - 1);
      g_assert_cmpuint (record->step, ==, step);
      if (n == 0)
        g_assert_true (isnan (record->critic_loss) && isnan (record->policy_loss) && isnan (record->entropy)
                       && isnan (record->value));
      else
        {
          g_assert_cmpfloat (record->critic_loss, ==, sums[0] / n);
          g_assert_cmpfloat (record->policy_loss, ==, sums[1] / n);
          g_assert_cmpfloat (record->entropy, ==, sums[2] / n);
          g_assert_cmpfloat (record->value, ==, sums[3] / n);
        }
      g_assert_true (isnan (record->episode_return) == (step < 200));
      g_assert_cmpfloat (record->entropy_weight, ==, esp_sac_get_alpha (&run->sac));
      for (size_t i = 0; i < run->sac.policy.n_weights; i++)
        expected += run->sac.policy.probabilities[i];
      g_assert_cmpfloat (record->expected_paths, ==, expected);
      for (size_t i = 0; i < ESP_HISTOGRAM_BINS; i++)
        bins += record->histogram[i];
      g_assert_cmpfloat_with_epsilon (bins, 1.0, 1e-5);
      memset (sums, 0, sizeof sums);
      n = 0;
    }
}

static void
assert_finite (const EspRun *run)
{
  const EspSac *sac = &run->sac;

  for (size_t i = 0; i < sac->policy.n_parameters; i++)
    g_assert_true (isfinite (sac->policy.parameters[i]));
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    for (size_t i = 0; i < sac->critic.n_parameters; i++)
      g_assert_true (isfinite (sac->critics[c][i]) && isfinite (sac->targets[c][i]));
  g_assert_true (isfinite (sac->log_alpha));
}

/* Steps until the run diverges, which it does within @limit steps, and returns the sentence. */
static char *
diverge (EspRun *run, unsigned limit)
{
  for (unsigned i = 0; i < limit; i++)
    {
      g_autoptr (GError) error = NULL;

      if (esp_run_step (run, &error))
        continue;
      g_assert_error (error, ESP_ERROR, ESP_ERROR_DIVERGED);
      g_test_message ("%s", error->message);
      return g_strdup (error->message);
    }
  g_assert_not_reached ();
}

static void
test_exploding (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("reward_scale=1e9", "warm_up_steps=40", NULL);
  g_autoptr (EspRun) run = small_run ("pendulum", recipe, 4);
  g_autofree char *message = diverge (run, 41);

  g_assert_true (
    g_str_has_prefix (message, "learning diverged at step 41 (update 1): the critics' loss exploded to "));
  assert_finite (run);
}

static void
test_learning_rate (void)
{
  g_autoptr (EspRecipe)
    recipe = small_recipe ("steps=100000", "critic_rate=1", "policy_rate=1", "entropy_rate=1",
                           "target_rate=1", "reward_scale=100", "critic_hidden=[64, 64]", NULL);
  g_autoptr (EspRun) run = small_run ("pendulum", recipe, 4);
  g_autofree char *message = diverge (run, 3000);

  g_assert_nonnull (strstr (message, "learning diverged at step "));
  assert_finite (run);
}

/* A number that is not finite, wherever it comes from, does not spread into the parameters. */
static void
test_not_finite (void)
{
  const double poisons[] = { NAN, INFINITY, -INFINITY, 3e38 };

  for (size_t i = 0; i < G_N_ELEMENTS (poisons); i++)
    {
      g_autoptr (EspRun) run = small_run ("cartpole", NULL, 4);
      g_autofree char *message = NULL;

      take_steps (run, NULL, 100);
      /* the rewards */
      for (size_t k = 0; k < run->replay.count; k++)
        run->replay.data[k * run->replay.width + 5] = (float) poisons[i];
      message = diverge (run, 1);
      g_assert_true (
        g_str_has_prefix (message, "learning diverged at step 101 (update 51): the critics' loss "));
      g_assert_nonnull (strstr (message, i < 3 ? "is not a finite number any more" : "exploded to"));
      assert_finite (run);
    }

  for (size_t i = 0; i < G_N_ELEMENTS (poisons); i++)
    {
      g_autoptr (EspRun) run = small_run ("cartpole", NULL, 4);
      g_autofree char *message = NULL;

      take_steps (run, NULL, 100);
      /* the observations */
      for (size_t k = 0; k < run->replay.count; k++)
        run->replay.data[k * run->replay.width] = (float) poisons[i];
      message = diverge (run, 1);
      assert_finite (run);
    }
}

/* The best candidates are kept, best first: by return among those short enough, else by length; by return
 * alone where nothing prunes and a search follows. */
static void
assert_candidates (const char *allowance, const char *search_steps, const double *best, const size_t *steps)
{
  g_autoptr (EspRecipe)
    recipe = small_recipe ("candidates=3", "length_limit=20", allowance, search_steps, NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 1);
  static const struct
  {
    double mean;
    size_t length;
  } given[] = { { 500, 30 }, { 100, 25 }, { 10, 20 },    { 50, 5 },     { 900, 21 },
                { 70, 20 },  { 50, 6 },   { 900, 1000 }, { 950, 1001 }, { 900, 21 } };

  for (size_t i = 0; i < G_N_ELEMENTS (given); i++)
    {
      g_autoptr (EspActor) actor = esp_policy_get_actor (&run->sac.policy);
      EspEvaluation evaluation = {
        .step = i, .formula.episodes = 1, .formula.mean = given[i].mean, .reading_length = given[i].length
      };

      esp_run_add_evaluation (run, actor, &evaluation);
    }
  g_assert_cmpuint (run->evaluations->len, ==, G_N_ELEMENTS (given));
  g_assert_cmpuint (run->candidates->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      const EspEvaluation *evaluation = &g_array_index (run->candidates, EspCandidate, i).evaluation;

      g_assert_cmpfloat (evaluation->formula.mean, ==, best[i]);
      g_assert_cmpuint (evaluation->step, ==, steps[i]);
    }
}

static void
test_candidates (void)
{
  static const double by_length[] = { 70, 50, 50 }, by_return[] = { 950, 900, 900 };
  static const size_t short_ones[] = { 5, 3, 6 }, good_ones[] = { 8, 4, 7 };

  /* of equals the earlier one */
  assert_candidates ("final_allowance=0.03", "polish_search_steps=0", by_length, short_ones);
  assert_candidates ("final_allowance=0.03", "polish_search_steps=1000", by_length, short_ones);
  assert_candidates ("final_allowance=1", "polish_search_steps=0", by_length, short_ones);
  assert_candidates ("final_allowance=1", "polish_search_steps=1000", by_return, good_ones);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  esp_blas_use_one_thread ();
  g_test_add_func ("/run/deterministic", test_deterministic);
  g_test_add_func ("/run/workers", test_workers);
  g_test_add_func ("/run/ends", test_ends);
  g_test_add_func ("/run/last-state", test_last_state);
  g_test_add_func ("/run/warm-up", test_warm_up);
  g_test_add_func ("/run/update-period", test_update_period);
  g_test_add_func ("/run/forms", test_forms);
  g_test_add_func ("/run/first-logits", test_first_logits);
  g_test_add_func ("/run/uniform-warm-up", test_uniform_warm_up);
  g_test_add_func ("/run/mask-period", test_mask_period);
  g_test_add_func ("/run/schedules", test_schedules);
  g_test_add_func ("/run/records", test_records);
  g_test_add_func ("/run/exploding", test_exploding);
  g_test_add_func ("/run/learning-rate", test_learning_rate);
  g_test_add_func ("/run/not-finite", test_not_finite);
  g_test_add_func ("/run/candidates", test_candidates);
  return g_test_run ();
}

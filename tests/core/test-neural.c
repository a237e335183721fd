/* The neural policy: its losses against differences of the losses that are reported, what it does when it
 * acts, and runs of it.
 *
 * Steps and tolerances are those of test-losses.c, and for the same reasons. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-error.h"
#include "esp-sac-private.h"
#include "finite-difference.h"
#include "small-run.h"
#include "two-actions.h"

#define N 12

static const char recipe_text[] =
  "{\"policy\": \"neural\", \"algorithm\": \"%s\", \"batch_size\": 12, \"critic_hidden\": [16, 16],"
  " \"policy_hidden\": [10, 9], \"saturation_limit\": 0.4, \"saturation_penalty\": 0.5,"
  " \"guard_penalty\": 2, \"weight_penalty\": 10, \"bias_penalty\": 5, \"sparsity_weight\": 0.3,"
  " \"observation_scales\": [1, 2, 4]}";

typedef struct
{
  EspRecipe *recipe;
  EspSac sac;
  EspSacSchedule schedule;
  double alpha;
} Fixture;

static void
fixture_set_up (Fixture *fixture, const void *algorithm)
{
  g_autofree char *text = g_strdup_printf (recipe_text, (const char *) algorithm);
  EspSac *sac = &fixture->sac;
  g_autoptr (GError) error = NULL;
  EspRandom random;

  esp_random_init (&random, 43, 1);
  fixture->recipe = esp_recipe_new_from_json ("neural", text, strlen (text), &error);
  g_assert_no_error (error);
  esp_sac_init (sac, fixture->recipe, &esp_test_two_actions, &random, &error);
  g_assert_no_error (error);

  for (size_t i = 0; i < sac->policy.n_parameters; i++)
    sac->policy.parameters[i] = (float) esp_random_between (&random, -0.7, 0.7);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    for (size_t i = 0; i < sac->critic.n_parameters; i++)
      sac->critics[c][i] = (float) esp_random_between (&random, -0.5, 0.5);
  for (size_t i = 0; i < 3 * N; i++)
    {
      sac->batch.observations[i] = (float) esp_random_normal (&random);
      sac->batch.next_observations[i] = (float) esp_random_normal (&random);
    }
  for (size_t i = 0; i < 2 * N; i++)
    sac->batch.actions[i] = (float) esp_random_between (&random, -1, 1);
  for (size_t i = 0; i < N; i++)
    {
      sac->batch.rewards[i] = (float) esp_random_normal (&random);
      sac->batch.terminated[i] = i % 4 == 0;
    }
  esp_sac_draw_noise (sac, &random);
  fixture->schedule = (EspSacSchedule){ .temperature = 1, .rate = 1 };
  fixture->alpha = sac->policy.deterministic ? 0 : 0.4;
}

static void
fixture_tear_down (Fixture *fixture, const void *data)
{
  esp_sac_clear (&fixture->sac);
  esp_recipe_unref (fixture->recipe);
}

static double
policy_loss (void *data)
{
  Fixture *fixture = data;

  esp_sac_differentiate_policy (&fixture->sac, &fixture->schedule, fixture->alpha);
  return fixture->sac.figures.policy_loss;
}

static void
test_losses (Fixture *fixture, const void *algorithm)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  EspTestGradient comparison = { .name = algorithm, .tolerance = 0.002 };
  g_autofree float *gradient = NULL;
  size_t n_saturated = 0;
  double largest = 0;

  policy_loss (fixture);
  gradient = g_memdup2 (sac->policy_gradient, policy->n_parameters * sizeof (float));
  for (size_t i = 0; i < 2 * N; i++)
    n_saturated += fabsf (sac->pass.mean[i]) > 0.4f;
  g_assert_cmpuint (n_saturated, >, 2);
  g_assert_cmpuint (n_saturated, <, 2 * N - 2);
  g_assert_cmpuint (policy->n_weights, ==, 0);
  g_assert_cmpfloat (sac->figures.penalty, ==, 0);

  for (size_t i = 0; i < policy->n_parameters; i++)
    largest = fmax (largest, fabs ((double) gradient[i]));
  comparison.floor = 0.0005 * largest;
  for (size_t i = 0; i < policy->n_parameters; i++)
    esp_test_compare_float (&comparison, policy_loss, fixture, &policy->parameters[i], 0.02, gradient[i]);
  esp_test_gradient_finish (&comparison, 0.1);
}

/* The actor does without noise what the policy does: the forward pass with no noise, scales folded in. */
static void
test_actor (Fixture *fixture, const void *algorithm)
{
  const EspPolicy *policy = &fixture->sac.policy;
  g_autoptr (EspActor) actor = esp_policy_get_actor (policy);
  g_autofree double *scratch = g_new (double, esp_actor_get_scratch_size (actor));
  EspPolicyPass pass;
  EspRandom random;

  esp_random_init (&random, 3, 1);
  esp_policy_pass_init (&pass, policy, 1, 1);
  for (int i = 0; i < 50; i++)
    {
      double observation[3], action[2];
      float scaled[3];

      for (int k = 0; k < 3; k++)
        observation[k] = 3 * esp_random_normal (&random);
      esp_policy_scale (policy, observation, scaled);
      memset (pass.noise, 0, 2 * sizeof (float));
      esp_policy_forward (policy, &pass, scaled);
      esp_actor_evaluate (actor, scratch, observation, action);
      /* the limits are −2 … 2 and −1 … 3 */
      g_assert_cmpfloat_with_epsilon (action[0], 2 * (double) pass.actions[0], 1e-5);
      g_assert_cmpfloat_with_epsilon (action[1], 1 + 2 * (double) pass.actions[1], 1e-5);
    }
  esp_policy_pass_clear (&pass);
}

/* The targets of TD3 move with the policy, every second time here; its noise is cut off. */
static void
test_delay (void)
{
  g_autofree char *text = g_strdup_printf (recipe_text, "td3");
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("delay", text, strlen (text), NULL);
  EspSacSchedule schedule = { .temperature = 1, .rate = 1 };
  EspRandom random;
  EspSac sac;

  g_assert_true (esp_recipe_set (recipe, "policy_period=2", NULL));
  g_assert_true (esp_recipe_set (recipe, "smoothing_noise=5", NULL));
  esp_random_init (&random, 1, 1);
  g_assert_true (esp_sac_init (&sac, recipe, &esp_test_two_actions, &random, NULL));
  g_assert_cmpmem (sac.target_parameters, sac.policy.n_parameters * sizeof (float), sac.policy.parameters,
                   sac.policy.n_parameters * sizeof (float));
  for (int i = 1; i <= 4; i++)
    {
      size_t n_policy = sac.policy.n_parameters * sizeof (float);
      size_t n_critic = sac.critic.n_parameters * sizeof (float);
      g_autofree float *policy = g_memdup2 (sac.policy.parameters, n_policy);
      g_autofree float *target = g_memdup2 (sac.target_parameters, n_policy);
      g_autofree float *critic = g_memdup2 (sac.critics[0], n_critic);
      g_autofree float *critic_target = g_memdup2 (sac.targets[0], n_critic);
      bool turn = i % 2 == 0;

      for (size_t k = 0; k < 3 * N; k++)
        sac.batch.observations[k] = sac.batch.next_observations[k] = (float) esp_random_normal (&random);
      for (size_t k = 0; k < N; k++)
        sac.batch.rewards[k] = (float) esp_random_normal (&random);
      esp_sac_draw_noise (&sac, &random);
      esp_sac_update (&sac, &schedule);
      for (size_t k = 0; k < 2 * N; k++)
        g_assert_cmpfloat (fabsf (sac.next.noise[k]), <=, 0.5f);
      g_assert_true (memcmp (critic, sac.critics[0], n_critic) != 0);
      g_assert_true ((memcmp (policy, sac.policy.parameters, n_policy) != 0) == turn);
      g_assert_true ((memcmp (target, sac.target_parameters, n_policy) != 0) == turn);
      g_assert_true ((memcmp (critic_target, sac.targets[0], n_critic) != 0) == turn);
      g_assert_cmpfloat (esp_sac_get_alpha (&sac), ==, 0);
    }
  esp_sac_clear (&sac);
}

/* A formula cannot learn by TD3, and is told so. */
static void
test_refused (void)
{
  g_autoptr (EspRecipe) recipe = small_recipe ("algorithm=td3", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (esp_run_new ("cartpole", recipe, 0, &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_RANGE);
  g_assert_nonnull (strstr (error->message, "“algorithm”"));
}

/* Of a run with @algorithm: the exploration keeps within the limits, is not still, and there is an evaluation
 * of the one policy. */
static void
test_run (const void *algorithm)
{
  g_autofree char *assignment = g_strconcat ("algorithm=", algorithm, NULL);
  g_autoptr (EspRecipe) recipe = small_recipe ("policy=neural", assignment, "exploration_noise=0.3", NULL);
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();
  g_autoptr (EspRun) run = small_run ("pendulum", recipe, 5);
  const EspEvaluation *evaluation;
  size_t width = run->replay.width;
  double sum = 0;

  take_steps (run, assessor, 400);
  g_assert_cmpuint (run->evaluations->len, ==, 2);
  evaluation = &g_array_index (run->evaluations, EspEvaluation, 1);
  g_assert_cmpuint (evaluation->masked.episodes, ==, 3);
  g_assert_cmpuint (evaluation->formula.episodes, ==, 0);
  g_assert_cmpuint (evaluation->sampled.episodes, ==, 0);
  g_assert_cmpfloat (esp_evaluation_get_return (evaluation), ==, evaluation->masked.mean);
  g_assert_cmpfloat (evaluation->masked.mean, <, 0);
  for (size_t i = 1; i < run->replay.count; i++)
    {
      /* observation, action, … */
      float action = run->replay.data[i * width + 3];

      g_assert_cmpfloat (fabsf (action), <=, 1);
      sum += fabs ((double) (action - run->replay.data[(i - 1) * width + 3]));
    }
  g_assert_cmpfloat (sum / (double) run->replay.count, >, 0.05);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, algorithm, function)                                                                      \
  g_test_add ("/neural/" algorithm "/" name, Fixture, algorithm, fixture_set_up, function, fixture_tear_down)
  ADD ("losses", "sac", test_losses);
  ADD ("losses", "td3", test_losses);
  ADD ("actor", "sac", test_actor);
  ADD ("actor", "td3", test_actor);
  g_test_add_func ("/neural/td3/delay", test_delay);
  g_test_add_func ("/neural/td3/refused", test_refused);
  g_test_add_data_func ("/neural/sac/run", "sac", test_run);
  g_test_add_data_func ("/neural/td3/run", "td3", test_run);

  return g_test_run ();
}

/* The expression policy: its gradients, that what learns is the formula that runs, and that it learns. */

#include <math.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "esp-checkpoint.h"
#include "esp-error.h"
#include "esp-sac-private.h"
#include "esp-trainer.h"
#include "finite-difference.h"
#include "small-run.h"
#include "two-actions.h"

static const char recipe_text[] =
  "{\"policy\": \"expression\", \"formula\": \"0.4*sin(1.3*s1 - 0.2) + softif(0.7*s2, s3, -0.5)*0.8"
  " - pdiv(0.3*s2, s1^2 + 0.9); 3*tanh(0.6*s1) + pexp(0.2*s3) - plog(abs(s2) + 0.5) + clamp(2*s1, -0.4, "
  "0.4)\","
  " \"batch_size\": 12, \"critic_hidden\": [16, 16], \"deviation_hidden\": [8, 8],"
  " \"observation_scales\": [1, 2, 0.5], \"saturation_limit\": 0.4, \"saturation_penalty\": 0.5}";

typedef struct
{
  EspRecipe *recipe;
  EspSac sac;
} Fixture;

static void
fixture_set_up (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  g_autoptr (GError) error = NULL;
  EspRandom random;

  esp_random_init (&random, 61, 1);
  fixture->recipe = esp_recipe_new_from_json ("expression", recipe_text, strlen (recipe_text), &error);
  g_assert_no_error (error);
  esp_sac_init (sac, fixture->recipe, &esp_test_two_actions, &random, &error);
  g_assert_no_error (error);

  for (size_t i = 0; i < sac->policy.deviation.n_parameters; i++)
    sac->policy.deviation_parameters[i] = (float) esp_random_between (&random, -0.7, 0.7);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    for (size_t i = 0; i < sac->critic.n_parameters; i++)
      sac->critics[c][i] = (float) esp_random_between (&random, -0.5, 0.5);
  for (size_t i = 0; i < sac->policy.n_observations * sac->batch.n_samples; i++)
    {
      sac->batch.observations[i] = (float) esp_random_normal (&random);
      sac->batch.next_observations[i] = (float) esp_random_normal (&random);
    }
  esp_sac_draw_noise (sac, &random);
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
  const EspSacSchedule schedule = { .temperature = 0.7, .allowed_paths = 50, .rate = 1 };

  esp_sac_differentiate_policy (&fixture->sac, &schedule, 0.4);
  return fixture->sac.figures.policy_loss;
}

/* The whole loss by every constant and every parameter of the deviation, the tolerances as in test-losses.c.
 */
static void
test_gradient (Fixture *fixture, const void *data)
{
  EspPolicy *policy = &fixture->sac.policy;
  const EspProgram *program = esp_formula_get_program (policy->formula);
  size_t n_constants = esp_program_get_n_constants (program);
  g_autofree float *gradient = NULL;
  EspTestGradient comparison = { .name = "constants", .tolerance = 0.002 };
  double largest = 0;

  policy_loss (fixture);
  gradient = g_memdup2 (fixture->sac.policy_gradient, policy->n_parameters * sizeof (float));
  for (size_t i = 0; i < n_constants; i++)
    largest = fmax (largest, fabs ((double) gradient[i]));
  g_assert_cmpfloat (largest, >, 0.01);
  comparison.floor = 0.0005 * largest;
  for (size_t i = 0; i < policy->n_parameters; i++)
    if (i < n_constants && esp_program_constant_is_exponent (program, i))
      g_assert_cmpfloat (gradient[i], ==, 0);
    else
      esp_test_compare_float (&comparison, policy_loss, fixture, &policy->parameters[i], 0.02, gradient[i]);
  esp_test_gradient_finish (&comparison, 0.1);
}

/* The mean action is the formula's while that is within the limits, and goes on growing beyond; the actor is
 * the formula that is shown, bit by bit. */
static void
test_same_function (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  size_t n = sac->batch.n_samples;
  g_autoptr (EspActor) actor = NULL;
  g_autoptr (EspFormula) formula = NULL;
  size_t n_within = 0, n_beyond = 0;

  /* some constants that were learnt */
  for (size_t c = 0; c < 4; c++)
    policy->parameters[c] += 0.01f * (float) c;
  actor = esp_policy_get_actor (policy);
  formula = esp_actor_get_formula (actor);
  policy_loss (fixture);
  for (size_t i = 0; i < n; i++)
    {
      double observation[3], actions[2], again[2];

      for (size_t k = 0; k < 3; k++)
        observation[k] = (double) sac->batch.observations[k * n + i] * policy->scales[k];
      esp_actor_evaluate (actor, NULL, observation, actions);
      esp_formula_evaluate (formula, observation, again);
      g_assert_cmpmem (actions, sizeof actions, again, sizeof again);
      for (size_t a = 0; a < 2; a++)
        {
          const EspSignal *signal = &esp_test_two_actions.actions[a];
          double half = 0.5 * (signal->high - signal->low);
          double m = (actions[a] - 0.5 * (signal->high + signal->low)) / half;
          double mean = tanh ((double) sac->pass.mean[a * n + i]);

          if (fabs (m) <= 0.95)
            g_assert_cmpfloat_with_epsilon (mean, m, 2e-6);
          else
            {
              g_assert_cmpfloat (fabs (mean - fmax (-1, fmin (1, m))), <, 0.023);
              g_assert_cmpfloat (fabs (mean), >, 0.949);
            }
          n_within += fabs (m) <= 0.95;
          n_beyond += fabs (m) > 0.95;
        }
    }
  g_assert_cmpuint (n_within, >, 5);
  g_assert_cmpuint (n_beyond, >, 2);
}

static void
test_refusals (void)
{
  const struct
  {
    const char *formula, *reason;
  } cases[] = {
    { "", "an expression policy needs" },
    { "s1 +; 0", "formula" },
    { "s1", "formula" },
    { "s1; unknown", "unknown" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"policy\": \"expression\", \"formula\": \"%s\"}",
                                               cases[i].formula);
      g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("refused", text, strlen (text), NULL);
      g_autoptr (GError) error = NULL;
      uint64_t n_parameters, n_floats;

      g_assert_false (
        esp_policy_measure (recipe, &esp_test_two_actions, 1, 1, &n_parameters, &n_floats, &error));
      g_assert_nonnull (error);
      if (strstr (error->message, cases[i].reason) == NULL)
        g_error ("“%s”: %s", cases[i].formula, error->message);
    }
}

/* A run that was kept and went on is the run that never stopped. */
static void
test_checkpoint (void)
{
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();
  g_autoptr (EspRecipe)
    recipe = small_recipe ("policy=expression", "formula=0.2*s1 + 0.1*s2 - 0.3*s3 + 0.05*s4", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 5);
  g_autoptr (EspRun) resumed = NULL;
  g_autoptr (GError) error = NULL;
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);

  take_steps (run, assessor, 613);
  g_assert_true (esp_checkpoint_save (run, path, &error));
  resumed = esp_checkpoint_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (find_difference (run, resumed), ==, NULL);
  take_steps (run, assessor, 211);
  take_steps (resumed, assessor, 211);
  g_assert_cmpstr (find_difference (run, resumed), ==, NULL);
  remove_folder (folder);
}

/* A linear formula whose signs are wrong, so that it falls at once, learns to balance. */
static void
test_learning (void)
{
  g_autoptr (EspRecipe) recipe = esp_recipe_load ("cartpole", "default", NULL);
  const char *const assignments[] = { "policy=expression",
                                      "formula=-0.5*x - 0.5*x_dot - 0.5*theta + 0*theta_dot", "steps=8000",
                                      "evaluation_episodes=20" };
  unsigned good = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (assignments); i++)
    g_assert_true (esp_recipe_set (recipe, assignments[i], NULL));
  /* luck may fail one seed, depending on the last digits that a machine's BLAS computes */
  for (uint64_t seed = 0; seed < 3 && good < 1; seed++)
    {
      g_autoptr (EspTrainer) trainer = esp_trainer_new ("cartpole", recipe, seed, NULL);
      EspResult result;

      esp_trainer_run (trainer);
      g_assert_cmpint (esp_trainer_wait (trainer, 3600000), ==, ESP_RUN_DONE);
      g_assert_true (esp_trainer_get_result (trainer, &result));
      g_test_message ("seed %u: %.1f: %s", (unsigned) seed, result.formula_return.mean,
                      esp_formula_get_text (result.formula));
      g_assert_cmpuint (esp_formula_get_length (result.formula, 0), ==, 15);
      good += result.formula_return.mean >= 900;
      esp_result_clear (&result);
    }
  g_assert_cmpuint (good, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/expression-policy/gradient", Fixture, NULL, fixture_set_up, test_gradient, fixture_tear_down);
  g_test_add ("/expression-policy/same-function", Fixture, NULL, fixture_set_up, test_same_function,
              fixture_tear_down);
  g_test_add_func ("/expression-policy/refusals", test_refusals);
  g_test_add_func ("/expression-policy/checkpoint", test_checkpoint);
  g_test_add_func ("/expression-policy/learning", test_learning);
  return g_test_run ();
}

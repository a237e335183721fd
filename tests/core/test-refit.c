/* Refitting through the critics: its gradient, that it improves what was detuned, and what it leaves alone.
 */

#include <math.h>
#include <string.h>

#include "esp-policy-private.h"
#include "esp-refit.h"
#include "finite-difference.h"
#include "small-run.h"
#include "two-actions.h"

/* Values within the limits and beyond them, a power, guards and a part that is NaN for some states. */
static const char formulas[][200] = {
  "0.4*sin(1.3*s1 - 0.2) - pdiv(0.3*s2, s1^2 + 0.9); 0.7*tanh(0.6*s1) + pexp(0.2*s3) - plog(abs(s2) + 0.5)",
  "5*s1 - 0.3; 0.2*log(s2 + 1.5) + 0.1*s3",
  "3*tanh(0.4*s1 + 0.2); 0.5",
};

typedef struct
{
  EspRecipe *recipe;
  EspSac sac;
} Fixture;

static void
fixture_set_up (Fixture *fixture, const void *data)
{
  static const char text[] = "{\"policy\": \"neural\", \"policy_hidden\": [8], \"batch_size\": 40,"
                             " \"critic_hidden\": [16, 16], \"observation_scales\": [1, 2, 0.5]}";
  EspSac *sac = &fixture->sac;
  g_autoptr (GError) error = NULL;
  EspRandom random;

  esp_random_init (&random, 61, 1);
  fixture->recipe = esp_recipe_new_from_json ("neural", text, strlen (text), &error);
  g_assert_no_error (error);
  esp_sac_init (sac, fixture->recipe, &esp_test_two_actions, &random, &error);
  g_assert_no_error (error);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    for (size_t i = 0; i < sac->critic.n_parameters; i++)
      sac->critics[c][i] = (float) esp_random_between (&random, -0.5, 0.5);
  for (size_t i = 0; i < sac->policy.n_observations * sac->batch.n_samples; i++)
    sac->batch.observations[i] = (float) esp_random_normal (&random);
}

static void
fixture_tear_down (Fixture *fixture, const void *data)
{
  esp_sac_clear (&fixture->sac);
  esp_recipe_unref (fixture->recipe);
}

typedef struct
{
  EspRefit *refit;
  const float *observations;
  double *constants;
  double *gradient;
} Objective;

static double
get_value (void *data)
{
  Objective *objective = data;

  return esp_refit_differentiate (objective->refit, objective->observations, objective->constants,
                                  objective->gradient);
}

/* The critics' values computed one by one, from the formula and from nothing else. */
static double
compute_value (const Fixture *fixture, const EspFormula *formula, size_t *n_left_out)
{
  const EspSac *sac = &fixture->sac;
  size_t n = sac->batch.n_samples, n_counted = 0;
  g_autofree float *activations = g_new0 (float, esp_mlp_activations_size (&sac->critic, 1));
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      double observation[3], action[2], values[ESP_N_CRITICS];
      float input[5];

      for (size_t k = 0; k < 3; k++)
        {
          input[k] = sac->batch.observations[k * n + i];
          observation[k] = (double) input[k] * (double) sac->policy.scales[k];
        }
      esp_formula_evaluate (formula, observation, action);
      if (isnan (action[0]) || isnan (action[1]))
        continue;
      for (size_t a = 0; a < 2; a++)
        {
          const EspSignal *signal = &esp_test_two_actions.actions[a];
          double clipped = fmax (signal->low, fmin (signal->high, action[a]));

          input[3 + a] = (float) (2.0 * (clipped - signal->low) / (signal->high - signal->low) - 1.0);
        }
      for (size_t c = 0; c < ESP_N_CRITICS; c++)
        values[c] = (double) *esp_mlp_forward (&sac->critic, sac->critics[c], input, 1, activations);
      sum += fmin (values[0], values[1]);
      n_counted++;
    }
  *n_left_out = n - n_counted;

  return sum / (double) n_counted;
}

static void
test_gradient (Fixture *fixture, const void *data)
{
  for (size_t f = 0; f < G_N_ELEMENTS (formulas); f++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EspFormula)
        formula = esp_policy_parse_formula (formulas[f], "formula", &esp_test_two_actions, &error);
      g_autoptr (EspRefit) refit = NULL;
      const EspProgram *program;
      g_autofree double *constants = NULL;
      g_autofree double *gradient = NULL;
      g_autofree double *scratch = NULL;
      EspTestGradient comparison = { .name = "constants", .tolerance = 0.01 };
      Objective objective;
      double largest = 0.0;
      size_t n, n_left_out;

      g_assert_no_error (error);
      program = esp_formula_get_program (formula);
      n = esp_program_get_n_constants (program);
      constants = g_memdup2 (esp_program_get_constants (program), n * sizeof (double));
      gradient = g_new (double, n);
      scratch = g_new (double, n);
      refit = esp_refit_new (formula, &fixture->sac, fixture->sac.batch.n_samples);
      objective = (Objective){ refit, fixture->sac.batch.observations, constants, gradient };

      g_assert_cmpfloat_with_epsilon (get_value (&objective), compute_value (fixture, formula, &n_left_out),
                                      1e-5);
      g_assert_cmpint (n_left_out > 0, ==, f == 1);
      for (size_t c = 0; c < n; c++)
        largest = fmax (largest, fabs (gradient[c]));
      g_assert_cmpfloat (largest, >, 0.01);
      comparison.floor = 0.004 * largest;
      objective.gradient = scratch;
      for (size_t c = 0; c < n; c++)
        if (esp_program_constant_is_exponent (program, c))
          g_assert_cmpfloat (gradient[c], ==, 0);
        else
          esp_test_compare (&comparison, get_value, &objective, &constants[c], 0.003, gradient[c]);
      esp_test_gradient_finish (&comparison, 0.25);
    }
}

static double
measure (const EspFormula *formula, const EspRun *run, uint64_t seed)
{
  return esp_evaluate_formula (formula, run->info, seed, 30, NULL, NULL).mean;
}

static EspFormula *
parse (const EspRun *run, const char *text)
{
  g_autoptr (GError) error = NULL;
  EspFormula *formula = esp_policy_parse_formula (text, "formula", run->info, &error);

  g_assert_no_error (error);
  return formula;
}

/* A formula whose numbers are wrong gets better ones from the critics of a short training, on episodes that
 * nobody has seen. */
static void
test_improves (void)
{
  g_autoptr (EspRecipe) recipe = esp_recipe_load ("cartpole", "default", NULL);
  g_autoptr (EspRun) run = small_run ("cartpole", recipe, 3);
  g_autoptr (EspFormula) detuned = parse (run, "tanh(0.3*theta + 0.05*theta_dot)");
  EspRefitSettings settings = { .updates = 600, .stream = ESP_STREAM_REFITS, .episodes = 10 };
  g_autoptr (EspFormula) refitted = NULL;
  double before, after;

  take_steps (run, NULL, 5000);
  refitted = esp_refit_formula (detuned, run, &settings);
  before = measure (detuned, run, 500);
  after = measure (refitted, run, 500);
  g_test_message ("%g → %g: %s", before, after, esp_formula_get_text (refitted));
  g_assert_cmpfloat (after, >, before + 100);
  g_assert_cmpuint (esp_formula_get_length (refitted, 0), ==, esp_formula_get_length (detuned, 0));
}

/* Nothing of the run changes, and neither workers nor a second time change what comes out. */
static void
test_same (void)
{
  static const char *const texts[] = { "-0.9*sin_theta - 0.3*theta_dot + 0.1*cos_theta",
                                       "0.4*sin_theta - 0.2", "0.8*cos_theta*theta_dot", "-0.5*theta_dot" };
  g_autoptr (EspRun) run = small_run ("pendulum", NULL, 3);
  g_autoptr (EspRun) same = small_run ("pendulum", NULL, 3);
  g_autoptr (EspPool) pool = esp_pool_new (3);
  unsigned n_changed = 0;

  take_steps (run, NULL, 300);
  take_steps (same, NULL, 300);
  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      EspRefitSettings settings = { .updates = 100, .stream = ESP_STREAM_REFITS + i, .episodes = 5 };
      g_autoptr (EspFormula) formula = parse (run, texts[i]);
      g_autoptr (EspFormula) first = esp_refit_formula (formula, run, &settings);
      g_autoptr (EspFormula) second = NULL;

      g_assert_cmpstr (find_difference (run, same), ==, NULL);
      settings.pool = pool;
      second = esp_refit_formula (formula, run, &settings);
      g_assert_cmpstr (esp_formula_get_text (first), ==, esp_formula_get_text (second));
      n_changed += first != formula;
    }
  g_assert_cmpuint (n_changed, >, 0);
}

/* What the critics cannot improve, because there is nothing to change, no time or nothing learnt, stays. */
static void
test_leaves (void)
{
  g_autoptr (EspRun) run = small_run ("cartpole", NULL, 3);
  g_autoptr (EspFormula) formula = parse (run, "tanh(3*theta + 0.5*theta_dot)");
  g_autoptr (EspFormula) no_numbers = parse (run, "theta");
  EspRefitSettings settings = { .updates = 50, .stream = ESP_STREAM_REFITS, .episodes = 5 };
  _Atomic bool cancelled = true;
  g_autoptr (EspFormula) unlearnt = esp_refit_formula (formula, run, &settings);
  g_autoptr (EspFormula) off = NULL;
  g_autoptr (EspFormula) empty = NULL;
  g_autoptr (EspFormula) best = NULL;
  g_autoptr (EspFormula) cut = NULL;

  g_assert_true (unlearnt == formula);
  take_steps (run, NULL, 100);
  settings.updates = 0;
  off = esp_refit_formula (formula, run, &settings);
  g_assert_true (off == formula);
  settings.updates = 50;
  empty = esp_refit_formula (no_numbers, run, &settings);
  g_assert_true (empty == no_numbers);
  /* it balances as long as an episode lasts: nothing is better than that */
  best = esp_refit_formula (formula, run, &settings);
  g_assert_true (best == formula);
  settings.updates = G_MAXUINT64;
  settings.cancelled = &cancelled;
  cut = esp_refit_formula (formula, run, &settings);
  g_assert_true (cut == formula);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/refit/gradient", Fixture, NULL, fixture_set_up, test_gradient, fixture_tear_down);
  g_test_add_func ("/refit/improves", test_improves);
  g_test_add_func ("/refit/same", test_same);
  g_test_add_func ("/refit/leaves", test_leaves);
  return g_test_run ();
}

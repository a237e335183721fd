/* The whole losses of policy and critics, as the update computes them, against differences of the losses
 * that it reports.
 *
 * The losses come from single-precision passes, so that differences are good to about 1e-5 of the loss:
 * steps are 0.02, 0.0067 and 0.002 (whichever fits best), the tolerance is 0.2 % of the derivative
 * and 0.05 % of the largest of its kind. All weights of the losses' terms are such that each term is well
 * above that in the derivatives it enters. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-path-selector.h"
#include "esp-sac-private.h"
#include "finite-difference.h"
#include "two-actions.h"

static const char recipe_text[] =
  "{\"arrangement\": \"mul*2,if/div*2,id/log,exp,sin,cos,id\", \"batch_size\": 12, \"mask_samples\": 2,"
  " \"critic_hidden\": [16, 16], \"deviation_hidden\": [8, 8], \"soft_masks\": true,"
  " \"initial_range\": 0.7, \"initial_denominator\": 1.5, \"initial_probability\": 0.6,"
  " \"guard_penalty\": 2, \"saturation_limit\": 0.4, \"saturation_penalty\": 0.5,"
  " \"weight_penalty\": 10, \"bias_penalty\": 5, \"sparsity_weight\": 0.3, \"target_entropy\": -1,"
  " \"derivative_limit\": 1e9}";

typedef struct
{
  EspRecipe *recipe;
  EspSac sac;
  EspSacSchedule schedule;
  double alpha;
  size_t critic;
} Fixture;

/* Some logits are beyond the limit, by more than the differences go. */
static void
draw_parameter (Fixture *fixture, size_t i, EspRandom *random)
{
  EspPolicy *policy = &fixture->sac.policy;
  double p = esp_random_between (random, 0.25, 0.9);

  if (fixture->recipe->selector_form == ESP_SELECTOR_PROBABILITY)
    policy->selector[i] = (float) p;
  else
    policy->selector[i] = i % 31 == 4 ? 6.5f : i % 31 == 8 ? -6.5f : (float) log (p / (1 - p));
}

static void
fixture_set_up (Fixture *fixture, const void *data)
{
  EspRandom random;
  EspSac *sac = &fixture->sac;
  g_autoptr (GError) error = NULL;

  esp_random_init (&random, 41, 1);
  fixture->recipe = esp_recipe_new_from_json ("losses", recipe_text, strlen (recipe_text), &error);
  g_assert_no_error (error);
  for (const char *const *assignment = data; assignment != NULL && *assignment != NULL; assignment++)
    {
      esp_recipe_set (fixture->recipe, *assignment, &error);
      g_assert_no_error (error);
    }
  esp_sac_init (sac, fixture->recipe, &esp_test_two_actions, &random, &error);
  g_assert_no_error (error);

  /* probabilities that differ, and networks whose slope is not next to nothing, as drawn */
  if (fixture->recipe->path_selector)
    for (size_t i = 0; i < sac->policy.n_weights; i++)
      draw_parameter (fixture, i, &random);
  for (size_t a = 0; a < sac->policy.n_actions; a++)
    esp_arrangement_clear_blocked (sac->policy.arrangement,
                                   sac->policy.selector + a * sac->policy.arrangement->n_weights);
  for (size_t i = 0; i < sac->policy.deviation.n_parameters; i++)
    sac->policy.deviation_parameters[i] = (float) esp_random_between (&random, -0.7, 0.7);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    for (size_t i = 0; i < sac->critic.n_parameters; i++)
      sac->critics[c][i] = (float) esp_random_between (&random, -0.5, 0.5);

  for (size_t i = 0; i < sac->batch.n_samples; i++)
    {
      for (size_t k = 0; k < sac->policy.n_observations; k++)
        {
          sac->batch.observations[k * sac->batch.n_samples + i] = (float) esp_random_normal (&random);
          sac->batch.next_observations[k * sac->batch.n_samples + i] = (float) esp_random_normal (&random);
        }
      for (size_t k = 0; k < sac->policy.n_actions; k++)
        sac->batch.actions[k * sac->batch.n_samples + i] = (float) esp_random_between (&random, -1, 1);
      sac->batch.rewards[i] = (float) esp_random_normal (&random);
      sac->batch.terminated[i] = i % 4 == 0;
      sac->target[i] = (float) esp_random_normal (&random);
    }
  esp_sac_draw_noise (sac, &random);
  fixture->schedule = (EspSacSchedule){ .temperature = 0.7, .allowed_paths = 50, .rate = 1 };
  fixture->alpha = 0.4;
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

  esp_policy_update_probabilities (&fixture->sac.policy);
  esp_sac_differentiate_policy (&fixture->sac, &fixture->schedule, fixture->alpha);
  return fixture->sac.figures.policy_loss;
}

static double
critic_loss (void *data)
{
  Fixture *fixture = data;

  return esp_sac_differentiate_critic (&fixture->sac, fixture->critic);
}

static void
compare_group (Fixture *fixture,
               EspTestFunction loss,
               const char *name,
               float *parameters,
               const float *gradient,
               size_t n)
{
  EspTestGradient comparison = { .name = name, .tolerance = 0.002 };
  double largest = 0;

  for (size_t i = 0; i < n; i++)
    largest = fmax (largest, fabs ((double) gradient[i]));
  comparison.floor = 0.0005 * largest;
  for (size_t i = 0; i < n; i++)
    esp_test_compare_float (&comparison, loss, fixture, &parameters[i], 0.02, gradient[i]);
  esp_test_gradient_finish (&comparison, 0.05);
}

static void
test_policy (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  g_autofree float *gradient = NULL;
  size_t n_saturated = 0, n_first = 0, n_clamped = 0;
  const float *values[ESP_N_CRITICS];
  double middle = 0, difference = 0;

  /* some ln σ beyond the clamp at 2, where they have no gradient, and critics that are the smaller in turn */
  policy_loss (fixture);
  for (size_t i = 12; i < 24; i++)
    middle += (double) sac->pass.log_deviation[i] / 12;
  policy->deviation_parameters[policy->deviation.biases[2] + 1] += (float) (2 - middle);
  policy_loss (fixture);
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    values[c] = sac->activations[c] + sac->critic.n_hidden * 24;
  for (size_t i = 0; i < 24; i++)
    difference += (double) (values[0][i] - values[1][i]) / 24;
  sac->critics[1][sac->critic.n_parameters - 1] += (float) difference;
  policy_loss (fixture);
  gradient = g_memdup2 (sac->policy_gradient, policy->n_parameters * sizeof (float));

  /* every term and every case takes part */
  for (size_t i = 0; i < 24; i++)
    n_first += values[0][i] <= values[1][i];
  for (size_t i = 0; i < 48; i++)
    n_saturated += fabsf (sac->pass.mean[i]) > 0.4f;
  for (size_t i = 0; i < 24; i++)
    n_clamped += sac->pass.log_deviation[i] > 2;
  g_test_message (
    "loss %.4f, penalty %.4f, sparsity %.4f; %zu of 24 columns take the first critic, %zu of 48 "
    "means are large, %zu of 24 deviations are clamped",
    sac->figures.policy_loss, sac->figures.penalty, sac->figures.sparsity, n_first, n_saturated, n_clamped);
  g_assert_cmpuint (n_first, >, 3);
  g_assert_cmpuint (n_first, <, 21);
  g_assert_cmpuint (n_saturated, >, 5);
  g_assert_cmpuint (n_saturated, <, 43);
  g_assert_cmpuint (n_clamped, >, 0);
  g_assert_cmpuint (n_clamped, <, 12);
  g_assert_cmpfloat (sac->figures.penalty, >, 0.05);
  g_assert_cmpfloat (sac->figures.sparsity, >, 1);

  compare_group (fixture, policy_loss, "weights", policy->weights, gradient, policy->n_weights);
  compare_group (fixture, policy_loss, "biases", policy->biases, gradient + policy->n_weights,
                 policy->n_biases);
  compare_group (fixture, policy_loss, "deviation network", policy->deviation_parameters,
                 gradient + policy->n_weights + policy->n_biases, policy->deviation.n_parameters);
  compare_group (fixture, policy_loss, "probabilities", policy->probabilities,
                 gradient + policy->n_parameters - policy->n_weights, policy->n_weights);
}

static void
test_critics (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;

  for (fixture->critic = 0; fixture->critic < ESP_N_CRITICS; fixture->critic++)
    {
      g_autofree float *gradient = NULL;

      critic_loss (fixture);
      gradient = g_memdup2 (sac->critic_gradient, sac->critic.n_parameters * sizeof (float));
      compare_group (fixture, critic_loss, "critic", sac->critics[fixture->critic], gradient,
                     sac->critic.n_parameters);
    }
}

/* The update uses these very losses: what it reports is what they report. */
static void
test_update (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspSacFigures figures;
  double sum = 0;

  fixture->alpha = esp_sac_get_alpha (sac);
  policy_loss (fixture);
  figures = sac->figures;
  esp_sac_update (sac, &fixture->schedule);
  g_assert_cmpfloat (sac->figures.policy_loss, ==, figures.policy_loss);
  g_assert_cmpfloat (sac->figures.penalty, ==, figures.penalty);
  g_assert_cmpfloat (sac->figures.entropy, ==, figures.entropy);

  /* the target is still that of the update, and the critics have taken one small step down */
  for (fixture->critic = 0; fixture->critic < ESP_N_CRITICS; fixture->critic++)
    sum += critic_loss (fixture);
  g_assert_cmpfloat (sum, <, sac->figures.critic_loss);
  g_assert_cmpfloat (sum, >, 0.8 * sac->figures.critic_loss);
}

/* Straight through, masks are hard forwards, and the derivative by a probability is the sum over the masks of
 * that by the effective weight, times the weight, times the limited dm/dp. Where both masks are open and both
 * slopes at the limit, that is the derivative by the weight, known from above, times weight and limit. */
static void
test_straight_through (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  const float *d_weights = sac->policy_gradient;
  const float *d_probabilities = sac->policy_gradient + policy->n_parameters - policy->n_weights;
  size_t n_compared = 0, n_closed = 0;

  g_assert_true (esp_recipe_set (fixture->recipe, "soft_masks=false", NULL));
  g_assert_true (esp_recipe_set (fixture->recipe, "weight_penalty=0", NULL));
  g_assert_true (esp_recipe_set (fixture->recipe, "sparsity_weight=0", NULL));
  g_assert_true (esp_recipe_set (fixture->recipe, "derivative_limit=0.4", NULL));
  policy_loss (fixture);
  for (size_t i = 0; i < policy->n_weights; i++)
    {
      const float *masks = sac->pass.masks + i, *derivatives = sac->pass.derivatives + i;
      size_t n = policy->n_weights;

      for (size_t k = 0; k < 2; k++)
        {
          double slope;
          double m = esp_concrete_gate (policy->probabilities[i], sac->noise.logistic[k * n + i], 0.7,
                                        &slope);

          g_assert_cmpfloat (masks[k * n], ==, m > 0.5 ? 1 : 0);
          g_assert_cmpfloat (derivatives[k * n], ==, (float) fmin (slope, 0.4));
        }
      /* where both masks have the path and the same slope */
      if (masks[0] + masks[n] == 2 && derivatives[0] == derivatives[n])
        {
          g_assert_cmpfloat_with_epsilon (d_probabilities[i],
                                          d_weights[i] * policy->weights[i] * derivatives[0],
                                          1e-6 + 1e-5 * fabs (d_probabilities[i]));
          n_compared++;
        }
      /* a closed path can come back: it has a gradient although it has no effect */
      if (masks[0] + masks[n] == 0)
        {
          g_assert_cmpfloat (d_weights[i], ==, 0);
          n_closed += d_probabilities[i] != 0;
        }
    }
  g_test_message ("%zu compared, %zu closed with a gradient", n_compared, n_closed);
  g_assert_cmpuint (n_compared, >, 3);
  g_assert_cmpuint (n_closed, >, 3);
}

/* Probabilities of exactly 1, all paths allowed, a low temperature: the gates have no slope, and the
 * sparsity at equality is the one gradient there is. It moves every probability below 1. */
static void
test_probabilities_of_one (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  const float *d_probabilities = sac->policy_gradient + policy->n_parameters - policy->n_weights;

  for (size_t i = 0; i < policy->n_weights; i++)
    policy->selector[i] = 1;
  fixture->schedule.temperature = 0.5;
  fixture->schedule.allowed_paths = (double) policy->n_weights;
  policy_loss (fixture);
  g_assert_cmpfloat (sac->figures.sparsity, ==, 0);
  for (size_t i = 0; i < policy->n_weights; i++)
    g_assert_cmpfloat_with_epsilon (d_probabilities[i], 0.15, 1e-7);

  esp_sac_update (sac, &fixture->schedule);
  for (size_t i = 0; i < policy->n_weights; i++)
    g_assert_cmpfloat_with_epsilon (policy->probabilities[i], 1 - 3e-4, 1e-6);
}

/* As compare_group(), of those paths that there are; the others have no derivative. */
static void
compare_paths (Fixture *fixture, const char *name, float *parameters, const float *gradient)
{
  const EspPolicy *policy = &fixture->sac.policy;
  EspTestGradient comparison = { .name = name, .tolerance = 0.002 };
  g_autofree float *is_path = g_new (float, policy->n_weights);
  double largest = 0;
  size_t n_compared = 0;

  for (size_t i = 0; i < policy->n_weights; i++)
    {
      is_path[i] = 1;
      largest = fmax (largest, fabs ((double) gradient[i]));
    }
  for (size_t a = 0; a < policy->n_actions; a++)
    esp_arrangement_clear_blocked (policy->arrangement, is_path + a * policy->arrangement->n_weights);
  comparison.floor = 0.0005 * largest;
  for (size_t i = 0; i < policy->n_weights; i++)
    if (is_path[i] == 0)
      g_assert_cmpfloat (gradient[i], ==, 0);
    else
      {
        esp_test_compare_float (&comparison, policy_loss, fixture, &parameters[i], 0.02, gradient[i]);
        n_compared++;
      }
  esp_test_gradient_finish (&comparison, 0.05);
  g_assert_cmpuint (n_compared, ==, policy->n_paths);
}

/* All groups of parameters against differences, @data being what the recipe has besides. */
static void
test_form (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  g_autofree float *gradient = NULL;

  /* one critic is always the smaller, so that there is no kink between them */
  sac->critics[0][sac->critic.n_parameters - 1] -= 20;
  policy_loss (fixture);
  gradient = g_memdup2 (sac->policy_gradient, policy->n_parameters * sizeof *gradient);
  compare_paths (fixture, "weights", policy->weights, gradient);
  compare_group (fixture, policy_loss, "biases", policy->biases, gradient + policy->n_weights,
                 policy->n_biases);
  if (fixture->recipe->path_selector)
    compare_paths (fixture, "selector", policy->selector,
                   gradient + policy->n_parameters - policy->n_weights);
}

static const char *const logit[] = { "selector_form=logit", "logit_penalty=0.7", NULL };
static const char *const logit_straight[] = { "selector_form=logit", "soft_masks=false", NULL };

/* Beyond the limit the penalty counts, with its weight; within, it does not. */
static void
test_logit_penalty (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  size_t n_beyond = 0;
  double with, without;

  for (size_t i = 0; i < policy->n_weights; i++)
    n_beyond += fabsf (policy->selector[i]) == 6.5f;
  g_assert_cmpuint (n_beyond, >, 10);
  with = policy_loss (fixture);
  g_assert_cmpfloat_with_epsilon (sac->figures.logits, 0.7 * 0.5 * (double) n_beyond, 1e-6);
  g_assert_true (esp_recipe_set (fixture->recipe, "logit_penalty=0", NULL));
  without = policy_loss (fixture);
  g_assert_cmpfloat (sac->figures.logits, ==, 0);
  g_assert_cmpfloat_with_epsilon (with - without, 0.35 * (double) n_beyond, 1e-4);
}

/* Straight through, masks are hard forwards and dm/ds = m (1 − m) / τ backwards. Nothing is clipped. */
static void
test_logit_straight (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  size_t n = policy->n_weights, n_open = 0;

  policy_loss (fixture);
  for (size_t i = 0; i < 2 * n; i++)
    {
      double scaled = (policy->selector[i % n] + sac->noise.logistic[i]) / 0.7;
      double m = 1 / (1 + exp (-scaled));

      g_assert_cmpfloat (sac->pass.masks[i], ==, scaled > 0 ? 1 : 0);
      g_assert_cmpfloat_with_epsilon (sac->pass.derivatives[i], m * (1 - m) / 0.7, 1e-6);
      n_open += scaled > 0;
    }
  g_assert_cmpuint (n_open, >, n / 2);
  g_assert_cmpuint (n_open, <, 2 * n);

  esp_sac_update (sac, &fixture->schedule);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (policy->probabilities[i], 1 / (1 + exp (-(double) policy->selector[i])),
                                    1e-6);
}

static const char *const sequential[] = { "dense_connections=false", NULL };
static const char *const sequential_logit[] = { "dense_connections=false", "selector_form=logit", NULL };
static const char *const unselected[] = { "path_selector=false", NULL };
static const char *const plain[] = { "path_selector=false", "dense_connections=false", NULL };

/* Where there is no path, weight and probability are 0 and stay it, and only there. */
static void
test_blocked (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  const EspArrangement *arrangement = policy->arrangement;
  size_t n_open = 0;

  for (int i = 0; i < 5; i++)
    esp_sac_update (sac, &fixture->schedule);
  for (size_t a = 0; a < policy->n_actions; a++)
    for (size_t l = 0; l < arrangement->n_layers; l++)
      for (size_t row = 0; row < arrangement->layers[l].n_arguments; row++)
        for (size_t j = 0; j < arrangement->layers[l].n_features; j++)
          {
            size_t n_before = l > 0 ? arrangement->layers[l - 1].n_features : 0;
            size_t i = a * arrangement->n_weights + arrangement->layers[l].weights
                       + row * arrangement->layers[l].n_features + j;

            if (j < n_before)
              {
                g_assert_cmpfloat (policy->weights[i], ==, 0);
                g_assert_cmpfloat (policy->probabilities[i], ==, 0);
                continue;
              }
            g_assert_cmpfloat (policy->weights[i], !=, 0);
            g_assert_cmpfloat (policy->probabilities[i], >, 0);
            n_open++;
          }
  /* three, four and four operators after three inputs: 7 · 3 + 5 · 3 + 5 · 3 + 5 paths for each action */
  g_assert_cmpuint (n_open, ==, policy->n_paths);
  g_assert_cmpuint (n_open, ==, 2 * (7 * 3 + 5 * 3 + 5 * 3 + 5));
}

/* Without a selector one mask, all open, serves an update, nothing is charged for paths, and no probability
 * ever moves; weights alone pay for their size. */
static void
test_unselected (Fixture *fixture, const void *data)
{
  EspSac *sac = &fixture->sac;
  EspPolicy *policy = &sac->policy;
  double before = 0, after = 0;

  g_assert_cmpuint (policy->n_masks, ==, 1);
  fixture->schedule.allowed_paths = 0;
  policy_loss (fixture);
  g_assert_cmpfloat (sac->figures.sparsity, ==, 0);
  for (size_t i = 0; i < policy->n_weights; i++)
    {
      g_assert_cmpfloat (sac->pass.masks[i], ==, 1);
      g_assert_cmpfloat (sac->policy_gradient[policy->n_parameters - policy->n_weights + i], ==, 0);
      before += fabsf (policy->weights[i]);
    }
  g_assert_true (esp_recipe_set (fixture->recipe, "weight_penalty=1e5", NULL));
  for (int i = 0; i < 20; i++)
    esp_sac_update (sac, &fixture->schedule);
  for (size_t i = 0; i < policy->n_weights; i++)
    {
      g_assert_cmpfloat (policy->probabilities[i], ==, 1);
      after += fabsf (policy->weights[i]);
    }
  g_assert_cmpfloat (after, <, before - 0.9 * 20 * 3e-4 * (double) policy->n_weights);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  ADD ("/losses/policy", test_policy);
  ADD ("/losses/critics", test_critics);
  ADD ("/losses/update", test_update);
  ADD ("/losses/straight-through", test_straight_through);
  ADD ("/losses/probabilities-of-one", test_probabilities_of_one);
#undef ADD
#define ADD(name, data, function) \
  g_test_add (name, Fixture, data, fixture_set_up, function, fixture_tear_down)
  ADD ("/losses/logit/policy", logit, test_form);
  ADD ("/losses/logit/penalty", logit, test_logit_penalty);
  ADD ("/losses/logit/straight-through", logit_straight, test_logit_straight);
  ADD ("/losses/sequential/policy", sequential, test_form);
  ADD ("/losses/sequential/logit", sequential_logit, test_form);
  ADD ("/losses/sequential/blocked", sequential, test_blocked);
  ADD ("/losses/sequential/blocked-logit", sequential_logit, test_blocked);
  ADD ("/losses/unselected/policy", unselected, test_form);
  ADD ("/losses/unselected/plain", plain, test_blocked);
  ADD ("/losses/unselected/paths", unselected, test_unselected);

  return g_test_run ();
}

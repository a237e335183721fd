/* From formulas back to networks: extracted, inserted and extracted again, it is the same function; what a
 * network does not contain is refused with a reason; and a policy starts as a formula, and learns from there.
 */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "bounded-value.h"
#include "esp-checkpoint.h"
#include "esp-error.h"
#include "esp-network-insert.h"
#include "esp-random.h"
#include "esp-signal-names.h"
#include "small-run.h"
#include "two-actions.h"

#define N_NETWORKS 60
#define N_STATES   200

/* Returns the arrangement @text; with `> ` before it without dense connections. */
static EspArrangement *
make_arrangement (const char *text)
{
  EspArrangement *arrangement = g_str_has_prefix (text, "> ")
                                  ? esp_arrangement_new_sequential (text + 2, 3, NULL)
                                  : esp_arrangement_new (text, 3, NULL);

  g_assert_nonnull (arrangement);
  return arrangement;
}

/* Closes what the arrangement blocks, as it must be closed in every network; returns how many are left. */
static size_t
close_blocked (EspNetwork *network)
{
  size_t n = network->arrangement->n_weights, n_open = 0;
  g_autofree float *is_path = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    is_path[i] = 1;
  esp_arrangement_clear_blocked (network->arrangement, is_path);
  for (size_t i = 0; i < network->n_actions * n; i++)
    {
      network->mask[i] = network->mask[i] && is_path[i % n] != 0;
      n_open += network->mask[i];
    }
  return n_open;
}

static EspNetwork *
draw_network (EspArrangement *arrangement, double density, EspRandom *random)
{
  EspNetwork *network = esp_network_new (&esp_test_two_actions, arrangement);

  for (size_t i = 0; i < network->n_actions * arrangement->n_weights; i++)
    {
      network->weights[i] = 0.7 * esp_random_normal (random);
      network->mask[i] = esp_random_bernoulli (random, density);
    }
  for (size_t i = 0; i < network->n_actions * arrangement->n_biases; i++)
    network->biases[i] = 0.7 * esp_random_normal (random);
  /* the outputs have something to read */
  for (size_t a = 1; a <= network->n_actions; a++)
    network->mask[a * arrangement->n_weights - 1 - esp_random_below (random, 4)] = 1;
  close_blocked (network);
  return network;
}

typedef struct
{
  size_t n_compared;
  size_t n_inserted;
  size_t n_operators;
} Sums;

static void
compare (const EspFormula *formula, const EspNetwork *network, EspRandom *random, Sums *sums)
{
  g_autofree double *features = g_new (double, network->n_actions * network->arrangement->n_features);

  for (int i = 0; i < N_STATES; i++)
    {
      double observation[3], actions[2], again[2];

      for (int k = 0; k < 3; k++)
        observation[k] = esp_random_between (random, -2, 2);
      esp_formula_evaluate (formula, observation, actions);
      esp_network_evaluate (network, observation, features, again);
      for (size_t a = 0; a < 2; a++)
        {
          double bound;

          bounded_value (esp_formula_get_expression (formula, a), observation, &bound);
          if (!(bound <= 1e-9))
            continue;
          sums->n_compared++;
          if (!(fabs (actions[a] - again[a]) <= 8 * bound))
            g_error ("%s is %.17g, but %.17g inserted, at action %zu", esp_formula_get_text (formula),
                     actions[a], again[a], a);
        }
    }
}

static void
test_round_trip (const void *text)
{
  g_autoptr (EspArrangement) arrangement = make_arrangement (text);
  Sums sums = { 0 };
  EspRandom random;

  esp_random_init (&random, 71, 0);
  for (int i = 0; i < N_NETWORKS; i++)
    {
      g_autoptr (EspNetwork)
        network = draw_network (arrangement, esp_random_between (&random, 0.02, 0.2), &random);
      /* raw: the simplifier may take terms apart that share an operator */
      g_autoptr (EspFormula) formula = esp_network_extract_raw (network);
      g_autoptr (GError) error = NULL;
      g_autoptr (EspNetwork)
        inserted = esp_network_insert (formula, &esp_test_two_actions, arrangement, &error);
      g_autoptr (EspFormula) again = NULL;
      g_autoptr (EspNetwork) twice = NULL;
      size_t n_open;

      if (inserted == NULL)
        g_error ("%s\n%s", error->message, esp_formula_get_text (formula));
      compare (formula, inserted, &random, &sums);
      again = esp_network_extract_raw (inserted);
      twice = esp_network_insert (again, &esp_test_two_actions, arrangement, &error);
      g_assert_no_error (error);
      compare (formula, twice, &random, &sums);
      sums.n_operators += esp_network_count_live (inserted);
      /* only what the formula needs is open, and selected */
      n_open = 0;
      for (size_t k = 0; k < 2 * arrangement->n_weights; k++)
        {
          g_assert_cmpfloat (inserted->probabilities[k], ==, inserted->mask[k]);
          n_open += inserted->mask[k];
        }
      /* and it is where a path is */
      g_assert_cmpuint (close_blocked (inserted), ==, n_open);
    }
  g_assert_cmpuint (sums.n_compared, >, N_NETWORKS * N_STATES * 2);
  g_assert_cmpuint (sums.n_operators, >, 3 * N_NETWORKS);
}

static EspNetwork *
insert (const char *text, const char *arrangement_text, GError **error)
{
  g_autoptr (EspArrangement) arrangement = make_arrangement (arrangement_text);
  EspSignalNames names;
  g_autoptr (EspFormula) formula = NULL;

  esp_signal_names_init (&names, &esp_test_two_actions);
  formula = esp_formula_parse (text, &names.symbols, 2, NULL);
  g_assert_nonnull (formula);
  return esp_network_insert (formula, &esp_test_two_actions, arrangement, error);
}

/* Returns "c + h*tanh(@argument); c", the actions that a network has. */
static char *
make_actions (const char *argument)
{
  const EspSignal *signals = esp_test_two_actions.actions;
  double centre = 0.5 * (signals[0].low + signals[0].high), half = 0.5 * (signals[0].high - signals[0].low);

  return g_strdup_printf ("%.17g + %.17g*tanh(%s); %.17g", centre, half, argument,
                          0.5 * (signals[1].low + signals[1].high));
}

/* An arrangement that has exactly enough; the greedy choice of a layer for the first would fail. */
static void
test_exact_fit (void)
{
  const struct
  {
    const char *argument, *arrangement;
  } cases[] = {
    { "s1 - 2*(0.5*s2 - s3)/4 + 1", "sin" },
    { "sin(s1) + sin(2*sin(s2))", "sin/sin,sin" },
    { "sin(s1) + sin(2*sin(s2))", "sin,sin/sin" },
    { "cos(pexp(s1)) + pexp(s2)", "exp/cos,exp" },
    { "sigmoid(s1 + s2)*3 - softif(s2, s1, sin(s3))", "if,sin/if" },
    { "pmul(s1, s2) - 2*sin(pmul(s1, s2))", "mul/sin" },
    { "pdiv(s1 + 1, plog(s2)) - -s3", "log/div" },
    { "sin(s1) - sin(s1) + s2", "cos" },
    /* guards that nothing within the limits would meet */
    { "s1*s2 + s3^2 - exp(s1)/(2 + s2) + log(3 + s1)", "exp,mul/mul,div,log" },
    { "0.3", "cos" },
    /* a tanh inside */
    { "tanh(s1 - 2*s2) + s3", "if" },
    /* without dense connections, what is read later is carried: a sum as one number, by whatever is free */
    { "s1 - 2*s2 + 3*s3 + 1", "> div/id/if/div" },
    { "2*s1 - s2", "> mul/div" },
    { "sin(s1) + sin(2*sin(s2))", "> sin,sin/sin,id" },
    { "s1 + s2 - 3*sin(s1 + s2 + 1)", "> sin,div/id,id" },
    { "pmul(s1, s2) - 2*sin(pmul(s1, s2)) + s3", "> mul,mul/sin,id" },
    { "pmul(sin(s1), 2*s1 + s2)", "> sin,div/mul/if" },
    { "pdiv(sin(s1), 2 + s2) + cos(sin(s1) + s3)", "> sin,id,id/div,cos" },
    /* two sums of the same two terms: two carriers, one for each term, where three would be too many */
    { "pmul(s1 + s2, s1 - s2) + sin(s1 + 2*s2)", "> id,id/mul,sin" },
  };
  EspRandom random;

  esp_random_init (&random, 72, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = make_actions (cases[i].argument);
      g_autoptr (GError) error = NULL;
      g_autoptr (EspNetwork) network = insert (text, cases[i].arrangement, &error);
      g_autoptr (EspFormula) formula = NULL;
      EspSignalNames names;
      Sums sums = { 0 };

      g_assert_no_error (error);
      esp_signal_names_init (&names, &esp_test_two_actions);
      formula = esp_formula_parse (text, &names.symbols, 2, NULL);
      compare (formula, network, &random, &sums);
      g_assert_cmpuint (sums.n_compared, >, N_STATES);
    }
}

static void
test_refusals (void)
{
  const struct
  {
    const char *argument, *arrangement, *reason;
  } cases[] = {
    { "(500*s1)*s2", "mul", "a product of two terms must be a pmul" },
    { "(500*s1)^2", "mul", "must be a pmul" },
    { "1/s1", "div", "must be a pdiv" },
    { "exp(50*s1)", "exp", "must be a pexp" },
    { "log(s1)", "log", "must be a plog" },
    { "tanh(s1)", "sin", "too few operators if" },
    { "min(s1, s2)", "sin", "its operations are" },
    { "cos(s1)", "sin/sin", "too few operators cos" },
    { "sin(s1) + sin(s2)", "sin", "too few operators sin" },
    { "sin(sin(s1))", "sin,sin", "nested too deeply" },
    { "s1 + s2", "> div/sin,cos", "nothing in layer 2 to carry “" },
    { "sin(s1) + s2", "> sin/sin", "nothing in layer 2 to carry “" },
    /* a product by 1 might cut this off */
    { "s1 + 20*s3", "> mul", "nothing in layer 1 to carry “" },
  };
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = make_actions (cases[i].argument);
      g_autoptr (GError) refusal = NULL;

      g_assert_null (insert (text, cases[i].arrangement, &refusal));
      g_assert_error (refusal, ESP_ERROR, ESP_ERROR_USAGE);
      if (strstr (refusal->message, cases[i].reason) == NULL)
        g_error ("%s: %s", text, refusal->message);
    }
  g_assert_null (insert ("s1; s2", "sin", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "tanh(…)"));
}

static const char start_text[] = "tanh(0.8*theta + 0.1*theta_dot + sin(0.3*x_dot - pmul(x, theta)) - 0.05)";

static EspRun *
run_from_formula (const char *text)
{
  g_autofree char *assignment = g_strconcat ("initial_formula=", text, NULL);
  g_autoptr (EspRecipe) recipe = small_recipe ("arrangement=mul*2,sin*2,div*2/sin*2,div*2", assignment,
                                               "observation_scales=[1, 2, 0.5, 3]", NULL);

  return small_run ("cartpole", recipe, 5);
}

/* Returns the largest difference between the action that @run's policy has without noise and @text. */
static double
measure_difference (const EspRun *run, const char *text)
{
  const EspPolicy *policy = &run->sac.policy;
  g_autoptr (EspActor) actor = esp_policy_get_actor (policy);
  g_autoptr (EspFormula) formula = NULL;
  double difference = 0;
  EspSignalNames names;
  EspRandom random;

  esp_signal_names_init (&names, policy->environment);
  formula = esp_formula_parse (text, &names.symbols, 1, NULL);
  esp_random_init (&random, 73, 0);
  for (int i = 0; i < N_STATES; i++)
    {
      g_autofree double *features = g_new (double, policy->arrangement->n_features);
      double observation[4], action, expected;

      for (int k = 0; k < 4; k++)
        observation[k] = esp_random_between (&random, -2, 2);
      esp_actor_evaluate (actor, features, observation, &action);
      esp_formula_evaluate (formula, observation, &expected);
      difference = fmax (difference, fabs (action - expected));
    }
  return difference;
}

/* The policy begins as the formula; the paths that it does not need are closed, but drawn as ever. */
static void
test_start (void)
{
  g_autoptr (EspRun) run = run_from_formula (start_text);
  g_autoptr (EspRun) drawn = run_from_formula ("");
  const EspPolicy *policy = &run->sac.policy;
  size_t n_open = 0, n_biases = 0;

  g_assert_cmpfloat (measure_difference (run, start_text), <, 1e-6);
  g_assert_cmpfloat (measure_difference (drawn, start_text), >, 0.01);
  for (size_t i = 0; i < policy->n_weights; i++)
    if (policy->probabilities[i] == 1)
      n_open++;
    else
      {
        g_assert_cmpfloat (policy->probabilities[i], ==, 0);
        g_assert_cmpfloat (policy->weights[i], ==, drawn->sac.policy.weights[i]);
      }
  /* of the product two, of the sine two, of the output three */
  g_assert_cmpuint (n_open, ==, 7);
  for (size_t i = 0; i < policy->n_biases; i++)
    n_biases += policy->biases[i] != drawn->sac.policy.biases[i];
  g_assert_cmpuint (n_biases, ==, 4);
}

/* It learns, and a run that was kept and went on is the run that never stopped. */
static void
test_start_learns (void)
{
  g_autoptr (EspAssessor) assessor = esp_assessor_new ();
  g_autoptr (EspRun) run = run_from_formula (start_text);
  g_autoptr (EspRun) resumed = NULL;
  g_autoptr (GError) error = NULL;
  char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "run.safetensors", NULL);

  take_steps (run, assessor, 613);
  g_assert_cmpfloat (measure_difference (run, start_text), >, 1e-4);
  g_assert_true (esp_checkpoint_save (run, path, &error));
  resumed = esp_checkpoint_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (find_difference (run, resumed), ==, NULL);
  take_steps (run, assessor, 211);
  take_steps (resumed, assessor, 211);
  g_assert_cmpstr (find_difference (run, resumed), ==, NULL);
  remove_folder (folder);
}

static void
test_start_refusals (void)
{
  const struct
  {
    const char *assignment, *formula, *reason;
  } cases[] = {
    { "policy=neural", "tanh(theta)", "for a symbolic policy only" },
    { "arrangement=sin", "tanh(cos(theta))", "arrangement sin does not contain the formula" },
    { "arrangement=sin", "theta", "is 0 + 1·tanh" },
    { "arrangement=sin", "tanh(theta +)", "“initial_formula”: found “)” at column 13" },
    { "arrangement=sin", "tanh(0.0005*theta)", "a weight of 0.0005" },
    { "arrangement=sin", "tanh(1e300*theta)", "a weight of 1e+300" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *assignment = g_strconcat ("initial_formula=", cases[i].formula, NULL);
      g_autoptr (EspRecipe) recipe = small_recipe (cases[i].assignment, assignment, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (esp_run_new ("cartpole", recipe, 1, &error));
      g_assert_nonnull (error);
      if (strstr (error->message, cases[i].reason) == NULL)
        g_error ("%s: %s", cases[i].formula, error->message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/insertion/round-trip/S0", "S0", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/C0", "C0", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/C1", "C1", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/small", "mul,sin,if/id,exp,div", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/sequential-S0", "> S0", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/sequential-C1", "> C1", test_round_trip);
  g_test_add_data_func ("/insertion/round-trip/sequential-wide", "> mul*6,sin*6,if*4/id*6,exp*4,div*4",
                        test_round_trip);
  g_test_add_func ("/insertion/exact-fit", test_exact_fit);
  g_test_add_func ("/insertion/refusals", test_refusals);
  g_test_add_func ("/insertion/start", test_start);
  g_test_add_func ("/insertion/start-learns", test_start_learns);
  g_test_add_func ("/insertion/start-refusals", test_start_refusals);
  return g_test_run ();
}

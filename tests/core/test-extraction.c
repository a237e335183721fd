/* From the networks to formulas: the same function, on the states that the policy visits.
 *
 * How far two ways of computing the same function may be apart depends on the function: where terms cancel,
 * or a denominator or logarithm is small, rounding is magnified. So every evaluation here goes with a bound:
 * the rounding errors of a plain evaluation, in units of the precision's last place, carried through to the
 * action by first derivatives (Higham, "Accuracy and Stability of Numerical Algorithms", ch. 3). Simplifying
 * reorders sums and multiplies constants out, so up to twice that bound is tolerated. Where a denominator
 * is within its error of the guard, at which the quotient jumps, a state is left out (and counted). */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-environment.h"
#include "esp-expression.h"
#include "esp-formula.h"
#include "esp-network.h"
#include "esp-policy.h"
#include "esp-random.h"
#include "esp-symbolic-network.h"
#include "two-actions.h"

#define N_NETWORKS 5
#define N_STATES   2000 /* of each network */

#define DOUBLE_ROUNDING 0x1p-53
#define FLOAT_ROUNDING  0x1p-24

typedef struct
{
  const char *environment;
  const char *arrangement;
  double density;
} Case;

/* The weights, biases and mask of a random network that depends on its inputs. */
static EspNetwork *
draw_network (const EspEnvironmentInfo *info, EspArrangement *arrangement, double density, EspRandom *random)
{
  EspNetwork *network = esp_network_new (info, arrangement);
  size_t last = arrangement->layers[arrangement->n_layers - 1].weights;

  do
    {
      /* weights and biases that single precision can hold too */
      for (size_t i = 0; i < network->n_actions * arrangement->n_weights; i++)
        {
          double spread = i % arrangement->n_weights >= last ? 0.3 : 0.7;

          network->weights[i] = (float) (spread * esp_random_normal (random));
          network->mask[i] = esp_random_bernoulli (random, density);
        }
      for (size_t i = 0; i < network->n_actions * arrangement->n_biases; i++)
        network->biases[i] = (float) (0.7 * esp_random_normal (random));
      /* the output has operators to read */
      for (size_t k = 0; k < 3; k++)
        network->mask[arrangement->n_weights - 1 - esp_random_below (random, 12)] = 1;
    }
  while (esp_network_count_live (network) < 4);

  return network;
}

/* Returns the error of an operator's value from those of its arguments, in units of the rounding; NAN where
 * @rounding may take the value across a jump. */
static double
get_error (EspOperator operator_, const double *a, const double *e, double value, double rounding)
{
  double weight;

  switch (operator_)
    {
    case ESP_OPERATOR_MULTIPLY:
      return fmin (fabs (a[1]), 100) * e[0] + fmin (fabs (a[0]), 100) * e[1] + fabs (value);
    case ESP_OPERATOR_DIVIDE:
      if (fabs (a[1] - 0.01) <= 8 * e[1] * rounding)
        return NAN;
      return a[1] < 0.01 ? 0 : (e[0] + fabs (value) * e[1]) / a[1] + fabs (value);
    case ESP_OPERATOR_LOG:
      return (a[0] < 0.001 - 8 * e[0] * rounding ? 0 : e[0] / fmax (a[0], 0.001)) + fabs (value);
    case ESP_OPERATOR_EXP:
      return value * (e[0] + 1);
    case ESP_OPERATOR_SIN:
    case ESP_OPERATOR_COS:
      return e[0] + 1;
    case ESP_OPERATOR_IDENTITY:
      return e[0];
    case ESP_OPERATOR_IF_ELSE:
      weight = 1 / (1 + exp (-a[0]));
      return weight * (1 - weight) * fabs (a[1] - a[2]) * e[0] + weight * e[1] + (1 - weight) * e[2]
             + 2 * (fabs (a[1]) + fabs (a[2]));
    case ESP_N_OPERATORS:
      break;
    }

  g_assert_not_reached ();
}

/* Returns the error of the physical @action of network @a, in units of the rounding, from the @features of an
 * evaluation; NAN as get_error(). */
static double
bound_error (const EspNetwork *network, size_t a, const double *features, double action, double rounding)
{
  const EspArrangement *arrangement = network->arrangement;
  const double *weights = network->weights + a * arrangement->n_weights;
  const double *biases = network->biases + a * arrangement->n_biases;
  const uint8_t *mask = network->mask + a * arrangement->n_weights;
  const EspSignal *signal = &network->environment->actions[a];
  g_autofree double *errors = g_new (double, arrangement->n_features);
  double half = (signal->high - signal->low) / 2, squashed;
  double h[3 * ESP_MAX_LAYER_OPERATORS], e[3 * ESP_MAX_LAYER_OPERATORS];

  /* single precision rounds the observation as well */
  for (size_t j = 0; j < arrangement->n_inputs; j++)
    errors[j] = fabs (features[j]);
  for (size_t l = 0; l < arrangement->n_layers; l++)
    {
      const EspLayer *layer = &arrangement->layers[l];

      for (size_t row = 0; row < layer->n_arguments; row++)
        {
          double size = fabs (biases[layer->biases + row]);
          double n = 2;

          h[row] = biases[layer->biases + row];
          e[row] = 0;
          for (size_t j = 0; j < layer->n_features; j++)
            {
              size_t i = layer->weights + row * layer->n_features + j;

              if (!mask[i])
                continue;
              h[row] += weights[i] * features[j];
              size += fabs (weights[i] * features[j]);
              e[row] += fabs (weights[i]) * errors[j];
              n++;
            }
          e[row] += n * size;
        }
      for (size_t k = 0; k < layer->n_operators; k++)
        {
          size_t first = layer->first_argument[k];

          errors[layer->n_features + k] = get_error (layer->operators[k], h + first, e + first,
                                                     features[layer->n_features + k], rounding);
        }
    }

  squashed = tanh (h[0]);
  return half * ((1 - squashed * squashed) * e[0] + 2) + fabs (action);
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Replaces what the function must not depend on: the weights of closed paths. */
static EspNetwork *
scramble_closed (const EspNetwork *network, EspRandom *random)
{
  EspNetwork *copy = esp_network_copy (network);

  for (size_t i = 0; i < network->n_actions * network->arrangement->n_weights; i++)
    if (!network->mask[i])
      copy->weights[i] = esp_random_normal (random);

  return copy;
}

static void
assert_same_formula (const EspFormula *a, const EspFormula *b)
{
  for (size_t i = 0; i < esp_formula_get_n_actions (a); i++)
    g_assert_true (
      esp_expression_equal (esp_formula_get_expression (a, i), esp_formula_get_expression (b, i)));
}

/* What the states of one case add up to. */
typedef struct
{
  GArray *differences; /* of double: single precision against the formula, relative */
  double worst_double; /* as shares of what is tolerated */
  double worst_float;
  double worst_relative; /* formula against network in double precision */
  size_t n_states;
  size_t n_jumps; /* left out in double precision */
  size_t n_float_jumps;
  size_t n_ill;  /* states where more than 1e-9 of the action's range is tolerated */
  size_t n_free; /* actions that are not saturated */
  size_t length; /* sum of reading lengths */
} Sums;

/* Runs the single-precision network on @states[n_observations][N_STATES]. */
static float *
run_single (const EspNetwork *network, const float *states)
{
  const EspArrangement *arrangement = network->arrangement;
  g_autofree float *weights = g_new (float, arrangement->n_weights);
  g_autofree float *biases = g_new (float, arrangement->n_biases);
  g_autofree float *features = g_new (float, arrangement->n_features *N_STATES);
  g_autofree float *arguments = g_new (float, arrangement->n_biases *N_STATES);
  const float *output;

  for (size_t i = 0; i < arrangement->n_weights; i++)
    weights[i] = network->mask[i] ? (float) network->weights[i] : 0;
  for (size_t i = 0; i < arrangement->n_biases; i++)
    biases[i] = (float) network->biases[i];
  memcpy (features, states, arrangement->n_inputs * N_STATES * sizeof *states);
  output = esp_symbolic_network_forward (arrangement, weights, biases, N_STATES, features, arguments);

  return g_memdup2 (output, N_STATES * sizeof *output);
}

/* Visits states with the network's own actions and compares all ways to compute them. */
static void
visit (const EspNetwork *network, EspEnvironment *environment, EspRandom *random, Sums *sums)
{
  const EspArrangement *arrangement = network->arrangement;
  const EspSignal *signal = &network->environment->actions[0];
  double centre = (signal->high + signal->low) / 2, half = (signal->high - signal->low) / 2;
  size_t n_observations = arrangement->n_inputs;
  g_autoptr (EspFormula) formula = esp_network_extract (network);
  g_autoptr (EspNetwork) scrambled = scramble_closed (network, random);
  g_autoptr (EspFormula) same = esp_network_extract (scrambled);
  g_autoptr (EspNetwork) dropped = esp_network_copy (network);
  g_autoptr (EspFormula) parsed = NULL;
  g_autofree double *features = g_new (double, arrangement->n_features);
  g_autofree double *bounds = g_new (double, N_STATES);
  g_autofree double *actions = g_new (double, N_STATES);
  g_autofree float *states = g_new (float, n_observations *N_STATES);
  g_autofree float *single = NULL;
  g_autoptr (GError) error = NULL;
  double observation[ESP_MAX_OBSERVATIONS];
  uint64_t episode = esp_random_bits (random);

  assert_same_formula (formula, same);
  esp_network_drop_dead (dropped);
  g_assert_cmpuint (esp_network_count_live (dropped), ==, esp_network_count_live (network));
  g_clear_pointer (&same, esp_formula_unref);
  same = esp_network_extract (dropped);
  assert_same_formula (formula, same);

  sums->length += esp_formula_get_length (formula, 0);
  parsed = esp_formula_parse (esp_formula_get_text (formula), esp_formula_get_symbols (formula), 1, &error);
  g_assert_no_error (error);

  esp_environment_reset (environment, episode, observation);
  for (size_t i = 0; i < N_STATES; i++)
    {
      double action, other, bound, tolerated;
      EspStep step;

      esp_network_evaluate (dropped, observation, features, &other);
      esp_network_evaluate (network, observation, features, &action);
      g_assert_cmpmem (&action, sizeof action, &other, sizeof other);
      g_assert_true (isfinite (action));
      bound = bound_error (network, 0, features, action, DOUBLE_ROUNDING);
      bounds[i] = bound_error (network, 0, features, action, FLOAT_ROUNDING);
      actions[i] = action;
      for (size_t k = 0; k < n_observations; k++)
        states[k * N_STATES + i] = (float) observation[k];

      esp_formula_evaluate (formula, observation, &action);
      esp_formula_evaluate (parsed, observation, &other);
      g_assert_cmpmem (&action, sizeof action, &other, sizeof other);

      sums->n_states++;
      sums->n_free += fabs (actions[i] - centre) < 0.99 * half;
      tolerated = 2 * bound * DOUBLE_ROUNDING;
      if (isnan (bound))
        sums->n_jumps++;
      else
        {
          sums->n_ill += tolerated > 1e-9 * half;
          sums->worst_double = fmax (sums->worst_double, fabs (action - actions[i]) / tolerated);
          sums->worst_relative = fmax (sums->worst_relative, fabs (action - actions[i]) / fabs (actions[i]));
          if (!(fabs (action - actions[i]) <= tolerated))
            {
              g_test_message ("the formula gives %.17g, the network %.17g, bound %.3g: %s", action,
                              actions[i], tolerated, esp_formula_get_text (formula));
              g_test_fail ();
              return;
            }
        }

      step = esp_environment_step (environment, &actions[i], observation);
      if (step.terminated || step.truncated)
        esp_environment_reset (environment, ++episode, observation);
    }

  single = run_single (network, states);
  for (size_t i = 0; i < N_STATES; i++)
    {
      double difference = fabs (centre + half * tanh ((double) single[i]) - actions[i]);
      double relative = difference / fabs (actions[i]);

      g_array_append_val (sums->differences, relative);
      /* a bound of more than the first-order estimate is good for says nothing */
      if (isnan (bounds[i]) || bounds[i] * FLOAT_ROUNDING > 0.01)
        sums->n_float_jumps++;
      else
        {
          double tolerated = 2 * bounds[i] * FLOAT_ROUNDING;

          sums->worst_float = fmax (sums->worst_float, difference / tolerated);
          if (!(difference <= tolerated))
            {
              g_test_message ("single precision is %.3g off, bound %.3g", difference, tolerated);
              g_test_fail ();
            }
        }
    }
}

static void
test_same_function (const void *data)
{
  const Case *this = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (this->environment, NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  g_autoptr (EspArrangement)
    arrangement = esp_arrangement_new (this->arrangement, info->n_observations, NULL);
  Sums sums = { .differences = g_array_new (FALSE, FALSE, sizeof (double)) };
  const double *sorted;
  EspRandom random;

  esp_random_init (&random, 51, (uint64_t) (1000 * this->density));
  for (size_t i = 0; i < N_NETWORKS; i++)
    {
      g_autoptr (EspNetwork) network = draw_network (info, arrangement, this->density, &random);

      visit (network, environment, &random, &sums);
    }

  g_array_sort (sums.differences, compare_doubles);
  sorted = (const double *) sums.differences->data;
  g_test_message ("%zu states, %zu not saturated, mean reading length %zu", sums.n_states, sums.n_free,
                  sums.length / N_NETWORKS);
  g_test_message (
    "formula against network: at most %.2g of the action, %.2g of what is tolerated; %zu states at "
    "a jump, %zu ill-conditioned",
    sums.worst_relative, sums.worst_double, sums.n_jumps, sums.n_ill);
  g_test_message ("single precision against network: median %.2g of the action, 99 %% below %.2g, all below "
                  "%.2g; %.2g of what is tolerated; %zu states at a jump",
                  sorted[sums.n_states / 2], sorted[sums.n_states * 99 / 100], sorted[sums.n_states - 1],
                  sums.worst_float, sums.n_float_jumps);
  g_assert_cmpuint (sums.n_states, ==, N_NETWORKS * N_STATES);
  g_assert_cmpuint (sums.n_free, >, sums.n_states / 10);
  g_assert_cmpuint (sums.n_jumps, <=, sums.n_states / 1000);
  g_assert_cmpuint (sums.n_ill, <=, sums.n_states / 100);
  g_assert_cmpuint (sums.n_float_jumps, <=, sums.n_states / 50);
  g_assert_cmpfloat (sorted[sums.n_states / 2], <, 1e-5);
  g_array_unref (sums.differences);
}

/* Paths of mul/sin on two inputs: 0, 1: first factor; 2, 3: second factor; 4, 5 (inputs), 6 (product): sine;
 * 7, 8 (inputs), 9 (product), 10 (sine): output. Biases: factors, sine, output. */
static EspNetwork *
make_small (const EspEnvironmentInfo *info, const char *open)
{
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul/sin", 2, NULL);
  EspNetwork *network = esp_network_new (info, arrangement);

  for (size_t i = 0; i < 11; i++)
    {
      network->weights[i] = 2 + (double) i;
      network->mask[i] = open[i] == '1';
    }
  for (size_t i = 0; i < 4; i++)
    network->biases[i] = 0.25 * (double) (i + 1);

  return network;
}

typedef struct
{
  const char *open;
  const char *open_after; /* dropping what is dead */
  const char *biases_after;
  size_t n_live;
  const char *formula;
} SmallCase;

static void
test_small (void)
{
  static const EspSignal signals[] = { { "x", "x", "x", "", "", -1, 1 }, { "y", "y", "y", "", "", -1, 1 } };
  static const EspSignal action = { "u", "u", "u", "", "", -1, 3 };
  static const EspEnvironmentInfo info = {
    .name = "small", .n_observations = 2, .observations = signals, .n_actions = 1, .actions = &action
  };
  static const SmallCase cases[] = {
    { "00000000000", "00000000000", "0001", 0, "1 + 2*tanh(1)" },
    { "00000001000", "00000001000", "0001", 1, "1 + 2*tanh(9*x + 1)" },
    { "11110101000", "00000001000", "0001", 1, "1 + 2*tanh(9*x + 1)" },
    { "11110000100", "00000000100", "0001", 1, "1 + 2*tanh(10*y + 1)" },
    { "00000100001", "00000100001", "0011", 2, "1 + 2*tanh(12*sin(7*y + 0.75) + 1)" },
    { "10000000010", "10000000010", "1101", 2, "1 + 2*tanh(11*pmul(2*x + 0.25, 0.5) + 1)" },
    { "11010000010", "11010000010", "1101", 4, "1 + 2*tanh(11*pmul(2*x + 3*y + 0.25, 5*y + 0.5) + 1)" },
    /* constant operators are part of the function though no path through them is live */
    { "00000000001", "00000000001", "0011", 0, "1 + 2*tanh(12*sin(0.75) + 1)" },
    { "00000010001", "00000010001", "1111", 0, "1 + 2*tanh(12*sin(8*(0.25*0.5) + 0.75) + 1)" },
    { "00001010001", "00001010001", "1111", 2, "1 + 2*tanh(12*sin(6*x + 8*(0.25*0.5) + 0.75) + 1)" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EspNetwork) network = make_small (&info, cases[i].open);
      g_autoptr (EspFormula) formula = esp_network_extract (network);
      g_autoptr (EspFormula)
        expected = esp_formula_parse (cases[i].formula, esp_formula_get_symbols (formula), 1, NULL);

      g_test_message ("open %s: %s", cases[i].open, esp_formula_get_text (formula));
      g_assert_nonnull (expected);
      g_assert_cmpuint (esp_network_count_live (network), ==, cases[i].n_live);
      for (int dropped = 0; dropped < 2; dropped++)
        {
          for (double x = -1; x <= 1; x += 0.25)
            for (double y = -1; y <= 1; y += 0.25)
              {
                double observation[] = { x, y }, features[4], a, b, c;

                esp_network_evaluate (network, observation, features, &a);
                esp_formula_evaluate (formula, observation, &b);
                esp_formula_evaluate (expected, observation, &c);
                g_assert_cmpfloat_with_epsilon (a, c, 1e-12);
                g_assert_cmpfloat_with_epsilon (b, c, 1e-12);
              }
          esp_network_drop_dead (network);
        }
      for (size_t k = 0; k < 11; k++)
        g_assert_cmpuint (network->mask[k], ==, cases[i].open_after[k] == '1');
      for (size_t k = 0; k < 4; k++)
        g_assert_cmpuint (network->biases[k] != 0, ==, cases[i].biases_after[k] == '1');
      g_assert_cmpuint (esp_network_count_live (network), ==, cases[i].n_live);
    }
}

/* The policy as it is read: scales folded into the weights of inputs and of nothing else, paths thresholded
 * by probability and by weight, each action on its own scale. */
static void
test_policy (void)
{
  static const char text[] =
    "{\"arrangement\": \"C1\", \"observation_scales\": [0.5, 2, 8], \"path_threshold\": 0.4,"
    " \"smallest_weight\": 0.01, \"initial_range\": 0.6, \"deviation_hidden\": [4]}";
  enum
  {
    N = 50
  };
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json ("scales", text, strlen (text), NULL);
  g_autoptr (EspNetwork) network = NULL;
  g_autoptr (EspFormula) formula = NULL;
  g_autofree double *features = NULL;
  double raw[N][3];
  float scaled[3 * N];
  EspPolicy policy;
  EspPolicyPass pass;
  EspRandom random;
  size_t n_open = 0;

  esp_random_init (&random, 61, 0);
  g_assert_true (esp_policy_init (&policy, recipe, &esp_test_two_actions, &random, NULL));
  for (size_t i = 0; i < policy.n_weights; i++)
    policy.probabilities[i] = (float) esp_random_uniform (&random);
  policy.probabilities[0] = 0.4f; /* the next float above 0.4 */
  policy.probabilities[1] = nextafterf (0.4f, 0);
  policy.weights[0] = policy.weights[1] = 1;
  policy.probabilities[2] = policy.probabilities[3] = 1;
  policy.weights[2] = -0.011f;
  policy.weights[3] = 0.0099f;
  network = esp_policy_get_network (&policy);
  formula = esp_network_extract (network);
  g_assert_cmpuint (network->mask[0], ==, 1);
  g_assert_cmpuint (network->mask[1], ==, 0);
  g_assert_cmpuint (network->mask[2], ==, 1);
  g_assert_cmpuint (network->mask[3], ==, 0);

  esp_policy_pass_init (&pass, &policy, N, 1);
  for (size_t i = 0; i < policy.n_weights; i++)
    {
      bool open = policy.probabilities[i] > 0.4 && fabsf (policy.weights[i]) > 0.01f;

      g_assert_cmpuint (network->mask[i], ==, open);
      pass.masks[i] = open;
      n_open += open;
    }
  g_assert_cmpuint (n_open, >, policy.n_weights / 4);
  for (size_t i = 0; i < N; i++)
    {
      float column[3];

      for (size_t k = 0; k < 3; k++)
        raw[i][k] = (float) esp_random_between (&random, -1, 1);
      esp_policy_scale (&policy, raw[i], column);
      for (size_t k = 0; k < 3; k++)
        scaled[k * N + i] = column[k];
      g_assert_cmpfloat (column[0], ==, 2 * raw[i][0]);
      g_assert_cmpfloat (column[2], ==, raw[i][2] / 8);
    }
  esp_policy_forward (&policy, &pass, scaled);

  features = g_new (double, 2 * policy.arrangement->n_features);
  for (size_t i = 0; i < N; i++)
    {
      double actions[2], read[2];

      esp_network_evaluate (network, raw[i], features, actions);
      esp_formula_evaluate (formula, raw[i], read);
      for (size_t a = 0; a < 2; a++)
        {
          double centre = a == 0 ? 0 : 1;

          g_assert_cmpfloat_with_epsilon (actions[a], centre + 2 * tanh ((double) pass.mean[a * N + i]),
                                          1e-4);
          g_assert_cmpfloat_with_epsilon (actions[a], read[a], 1e-9);
        }
    }
  esp_policy_pass_clear (&pass);
  esp_policy_clear (&policy);
}

int
main (int argc, char **argv)
{
  static const char *const environments[] = { "cartpole", "pendulum" };
  static const char *const arrangements[] = { "S0", "C1" };
  static const double densities[] = { 0.02, 0.05, 0.1, 0.2 };
  static Case cases[2 * 2 * 4];
  size_t n = 0;

  g_test_init (&argc, &argv, NULL);
  for (size_t e = 0; e < 2; e++)
    for (size_t a = 0; a < 2; a++)
      for (size_t d = 0; d < G_N_ELEMENTS (densities); d++)
        {
          g_autofree char *path = g_strdup_printf ("/extraction/%s/%s/%g", environments[e], arrangements[a],
                                                   densities[d]);

          cases[n] = (Case){ environments[e], arrangements[a], densities[d] };
          g_test_add_data_func (path, &cases[n++], test_same_function);
        }
  g_test_add_func ("/extraction/small", test_small);
  g_test_add_func ("/extraction/policy", test_policy);

  return g_test_run ();
}

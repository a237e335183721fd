/* Polish: takes out what costs nothing, keeps what the return needs, and stops when it is told to. */

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "esp-evaluation.h"
#include "esp-polish.h"
#include "small-run.h"

/* Opens the path from @feature to @row of @layer with @weight. */
static void
open_path (EspNetwork *network, size_t layer, size_t row, size_t feature, double weight)
{
  const EspLayer *place = &network->arrangement->layers[layer];
  size_t path = place->weights + row * place->n_features + feature;

  network->weights[path] = weight;
  network->probabilities[path] = 1.0f;
  network->mask[path] = 1;
}

/* A controller that balances the pole, tanh (3 θ + …), among paths that hardly do anything. */
static EspNetwork *
make_network (bool junk)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul*2,sin/cos,id", 4, NULL);
  EspNetwork *network = esp_network_new (esp_environment_get_info (environment), arrangement);
  const EspLayer *output = &arrangement->layers[2];

  open_path (network, 2, 0, 0, 0.1);
  open_path (network, 2, 0, 1, 0.25);
  open_path (network, 2, 0, 2, 3.0);
  open_path (network, 2, 0, 3, 0.5);
  if (!junk)
    return network;

  /* x · θ and θ̇ · θ̇, a sine and a cosine of this and that, and biases, all too small to matter */
  open_path (network, 0, 0, 0, 1e-2);
  open_path (network, 0, 1, 2, 1e-2);
  open_path (network, 0, 2, 3, 1e-2);
  open_path (network, 0, 3, 3, 1e-2);
  open_path (network, 0, 4, 1, 1.0);
  open_path (network, 1, 0, 5, 1.0);
  open_path (network, 1, 1, 6, 1e-3);
  open_path (network, 2, 0, 4, 1e-3);
  open_path (network, 2, 0, 5, 1e-3);
  open_path (network, 2, 0, 6, 1e-3);
  open_path (network, 2, 0, 7, 1e-4);
  open_path (network, 2, 0, 8, 1e-3);
  network->biases[arrangement->layers[0].biases] = 1e-3;
  network->biases[output->biases] = 1e-3;

  return network;
}

/* The return on episodes that polishing does not see; or, @seen, on those that it works with. */
static double
get_return (const EspNetwork *network, bool seen)
{
  g_autoptr (EspFormula) formula = esp_network_extract (network);

  return esp_evaluate_formula (formula, network->environment, seen ? ESP_POLISH_SEED : 500, seen ? 5 : 20,
                               NULL, NULL)
    .mean;
}

static size_t
get_length (const EspNetwork *network)
{
  g_autoptr (EspFormula) formula = esp_network_extract (network);

  return esp_formula_get_length (formula, 0);
}

static char *
get_text (const EspNetwork *network)
{
  g_autoptr (EspFormula) formula = esp_network_extract (network);

  return g_strdup (esp_formula_get_text (formula));
}

static const EspPolishSettings settings = {
  .rounds = 3, .episodes = 5, .evaluations = 30, .digits = 0, .length_limit = 1000, .tolerance = 0.002
};

static void
note_progress (void *data, double share)
{
  double *last = data;

  g_assert_cmpfloat (share, >=, *last);
  g_assert_cmpfloat (share, <=, 1.0);
  *last = share;
}

static void
test_prunes (void)
{
  g_autoptr (EspNetwork) network = make_network (true);
  g_autoptr (EspNetwork) plain = make_network (false);
  g_autofree char *before = get_text (network);
  g_autofree char *untouched = NULL;
  double progress = 0.0;
  g_autoptr (EspNetwork)
    polished = esp_polish (network, &settings, NULL, note_progress, &progress, NULL, NULL);
  g_autofree char *text = get_text (polished);

  g_test_message ("%s", before);
  g_test_message ("%s", text);
  g_assert_cmpfloat (get_return (network, true), ==, 1000);
  g_assert_cmpfloat (get_return (network, false), ==, 1000);
  g_assert_cmpfloat (get_return (polished, true), >=, 1000 * (1 - settings.tolerance));
  g_assert_cmpfloat (get_return (polished, false), >=, 980);
  g_assert_cmpuint (get_length (polished), <=, get_length (plain));
  g_assert_cmpuint (get_length (plain), <, get_length (network));
  g_assert_null (strstr (text, "sin"));
  g_assert_null (strstr (text, "cos"));
  g_assert_cmpfloat (progress, >, 0.0);

  /* what it was given stays as it is */
  untouched = get_text (network);
  g_assert_cmpstr (before, ==, untouched);

  {
    g_autoptr (EspPool) pool = esp_pool_new (3);
    g_autoptr (EspNetwork) again = esp_polish (network, &settings, pool, NULL, NULL, NULL, NULL);
    g_autofree char *same = get_text (again);

    g_assert_cmpstr (text, ==, same);
  }
}

/* A bad controller is refitted to a better one. */
static void
test_refits (void)
{
  g_autoptr (EspNetwork) network = make_network (false);
  EspPolishSettings search = settings;
  g_autoptr (EspNetwork) polished = NULL;
  double before, after;

  for (size_t i = 0; i < network->arrangement->n_weights; i++)
    network->weights[i] *= 0.12;
  search.evaluations = 200;
  before = get_return (network, true);
  polished = esp_polish (network, &search, NULL, NULL, NULL, NULL, NULL);
  after = get_return (polished, true);
  g_test_message ("%g → %g", before, after);
  g_assert_cmpfloat (before, <, 900);
  g_assert_cmpfloat (after, >, before + 50);
}

static void
test_no_rounds (void)
{
  g_autoptr (EspNetwork) network = make_network (true);
  EspPolishSettings none = settings;
  g_autoptr (EspNetwork) polished = NULL;
  size_t n_weights = network->arrangement->n_weights;

  none.rounds = 0;
  none.digits = 2;
  none.length_limit = 1;
  polished = esp_polish (network, &none, NULL, NULL, NULL, NULL, NULL);
  g_assert_true (polished != network);
  g_assert_cmpmem (network->weights, n_weights * sizeof (double), polished->weights,
                   n_weights * sizeof (double));
  g_assert_cmpmem (network->biases, network->arrangement->n_biases * sizeof (double), polished->biases,
                   network->arrangement->n_biases * sizeof (double));
  g_assert_cmpmem (network->mask, n_weights, polished->mask, n_weights);
}

static void
test_length_limit (void)
{
  static const size_t limits[] = { 15, 9, 4 };

  for (size_t i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autoptr (EspNetwork) network = make_network (true);
      EspPolishSettings strict = settings;
      g_autoptr (EspNetwork) polished = NULL;

      strict.length_limit = limits[i];
      polished = esp_polish (network, &strict, NULL, NULL, NULL, NULL, NULL);
      g_test_message ("%zu: %zu nodes", limits[i], get_length (polished));
      g_assert_cmpuint (get_length (network), >, limits[i]);
      g_assert_cmpuint (get_length (polished), <=, limits[i]);
    }
}

static void
test_digits (void)
{
  g_autoptr (EspNetwork) network = make_network (false);
  EspPolishSettings round = settings;
  g_autoptr (EspNetwork) polished = NULL;

  /* nothing but rounding, of numbers that do not mind */
  for (size_t i = 0; i < network->arrangement->n_weights; i++)
    network->weights[i] *= 1.0123456789;
  round.digits = 2;
  round.evaluations = 1;
  polished = esp_polish (network, &round, NULL, NULL, NULL, NULL, NULL);
  for (size_t i = 0; i < network->arrangement->n_weights; i++)
    if (polished->mask[i])
      {
        g_autofree char *text = g_strdup_printf ("%.2g", polished->weights[i]);

        g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, polished->weights[i]);
      }
  g_assert_cmpfloat (get_return (polished, true), >=, 1000 * (1 - settings.tolerance));
}

static void
assert_short_numbers (const EspExpression *expression, int digits)
{
  if (esp_expression_get_operation (expression) == ESP_OPERATION_CONSTANT)
    {
      double value = esp_expression_get_value (expression);
      g_autofree char *text = g_strdup_printf ("%.*g", digits, value);

      g_assert_cmpfloat (g_ascii_strtod (text, NULL), ==, value);
    }
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    assert_short_numbers (esp_expression_get_operand (expression, i), digits);
}

/* What is multiplied out when the formula is extracted is rounded again. */
static void
test_formula_digits (void)
{
  g_autoptr (EspNetwork) network = make_network (false);
  EspPolishSettings round = settings;
  g_autoptr (EspFormula) exact = NULL;
  g_autoptr (EspFormula) rounded = NULL;

  for (size_t i = 0; i < network->arrangement->n_weights; i++)
    network->weights[i] *= 1.0123456789;
  exact = esp_polish_formula (network, &round, NULL, NULL);
  round.digits = 3;
  rounded = esp_polish_formula (network, &round, NULL, NULL);
  assert_short_numbers (esp_formula_get_expression (rounded, 0), 3);
  g_assert_cmpstr (esp_formula_get_text (exact), !=, esp_formula_get_text (rounded));
  g_assert_cmpuint (esp_formula_get_length (rounded, 0), <=, esp_formula_get_length (exact, 0));
}

typedef struct
{
  _Atomic bool cancelled;
  struct timespec when;
} Alarm;

static void *
cancel_thread (void *data)
{
  Alarm *alarm = data;
  struct timespec wait = { .tv_nsec = 50000000 };

  nanosleep (&wait, NULL);
  clock_gettime (CLOCK_MONOTONIC, &alarm->when);
  alarm->cancelled = true;
  return NULL;
}

/* In the middle of work for hours, what comes back is the network as good as it was. */
static void
test_cancel (void)
{
  static const EspPolishSettings endless[] = {
    { .rounds = 1000, .episodes = 100000, .evaluations = 1000000, .length_limit = 1000, .tolerance = 0.002 },
    { .rounds = 1000,
      .episodes = 1,
      .evaluations = 1000000,
      .length_limit = 1000,
      .tolerance = 0.0,
      .digits = 1 },
    { .rounds = 1000, .episodes = 100, .evaluations = 1000000, .length_limit = 1000, .tolerance = 0.002 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (endless); i++)
    {
      g_autoptr (EspNetwork) network = make_network (true);
      g_autoptr (EspNetwork) polished = NULL;
      Alarm alarm = { false };
      struct timespec end;
      pthread_t thread;

      g_assert_cmpint (pthread_create (&thread, NULL, cancel_thread, &alarm), ==, 0);
      polished = esp_polish (network, &endless[i], NULL, NULL, NULL, NULL, &alarm.cancelled);
      clock_gettime (CLOCK_MONOTONIC, &end);
      pthread_join (thread, NULL);
      g_assert_cmpfloat ((double) (end.tv_sec - alarm.when.tv_sec), <=, 5);
      g_assert_cmpfloat (get_return (polished, true), >=, 990);
    }
}

/* Two ways out of doing the same twice: the one that costs least at first leads to the longer formula. */
static void
test_beam (void)
{
  g_autoptr (EspNetwork) network = make_network (false);
  EspPolishSettings wide = settings;
  g_autoptr (EspPool) pool = esp_pool_new (3);
  g_autoptr (EspNetwork) greedy = NULL;
  g_autoptr (EspNetwork) polished = NULL;
  g_autoptr (EspNetwork) again = NULL;
  g_autofree char *text = NULL, *same = NULL;

  memset (network->mask, 0, network->arrangement->n_weights);
  open_path (network, 2, 0, 2, 0.9);
  open_path (network, 2, 0, 3, 0.2);
  open_path (network, 0, 4, 2, 1.0);
  open_path (network, 2, 0, 6, 2.0);
  wide.tolerance = 0.15;
  wide.rounds = 1;
  wide.evaluations = 1;
  greedy = esp_polish (network, &wide, NULL, NULL, NULL, NULL, NULL);
  wide.beam = 3;
  polished = esp_polish (network, &wide, NULL, NULL, NULL, NULL, NULL);
  text = get_text (polished);
  g_test_message ("%s", text);
  g_assert_cmpuint (get_length (polished), <, get_length (greedy));
  g_assert_cmpfloat (get_return (polished, true), >=, 1000 * (1 - wide.tolerance));

  again = esp_polish (network, &wide, pool, NULL, NULL, NULL, NULL);
  same = get_text (again);
  g_assert_cmpstr (text, ==, same);
}

/* A full network of thousands of nodes is cut before it is measured, to what still can be read. */
static void
test_cut (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  g_autoptr (EspArrangement) arrangement = esp_arrangement_new ("mul*3/div*3/log,exp,sin*2,cos*2", 4, NULL);
  g_autoptr (EspNetwork) network = esp_network_new (esp_environment_get_info (environment), arrangement);
  EspPolishSettings brief = settings;
  g_autoptr (EspNetwork) polished = NULL;
  uint64_t spent;
  EspRandom random;

  esp_random_init (&random, 5, 5);
  for (size_t i = 0; i < arrangement->n_weights; i++)
    {
      network->weights[i] = esp_random_between (&random, -0.3, 0.3);
      network->probabilities[i] = 1.0f;
      network->mask[i] = 1;
    }
  brief.length_limit = 20;
  brief.steps = 1;
  polished = esp_polish (network, &brief, NULL, NULL, NULL, &spent, NULL);
  g_test_message ("%zu → %zu nodes", get_length (network), get_length (polished));
  g_assert_cmpuint (get_length (network), >, 1000);
  g_assert_cmpuint (get_length (polished), <=, 300);
  g_assert_cmpuint (get_length (polished), >, 1);
  /* the first measurement, and nothing after it */
  g_assert_cmpuint (spent, <=, brief.episodes * 1000);
}

/* The steps bound what is spent, but for the measurements under way; and what is spent is the same for any
 * number of workers. */
static void
test_steps (void)
{
  const uint64_t budgets[] = { 1, 20000, 100000, 0 };
  uint64_t before = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (budgets); i++)
    {
      g_autoptr (EspNetwork) network = make_network (true);
      g_autoptr (EspPool) pool = esp_pool_new (2);
      EspPolishSettings limited = settings;
      g_autoptr (EspNetwork) polished = NULL;
      g_autoptr (EspNetwork) again = NULL;
      g_autofree char *text = NULL, *same = NULL;
      uint64_t spent, spent_again;

      limited.steps = budgets[i];
      polished = esp_polish (network, &limited, NULL, NULL, NULL, &spent, NULL);
      again = esp_polish (network, &limited, pool, NULL, NULL, &spent_again, NULL);
      text = get_text (polished);
      same = get_text (again);
      g_assert_cmpstr (text, ==, same);
      g_assert_cmpuint (spent, ==, spent_again);
      g_assert_cmpuint (spent, >, before);
      if (budgets[i] > 0)
        g_assert_cmpuint (spent, <=, budgets[i] + 16 * limited.episodes * 1000);
      g_assert_cmpfloat (get_return (polished, true), >=, 1000 * (1 - limited.tolerance));
      before = spent;
    }
}

/* Of elements that cost nothing, the one that shortens most goes first, though another comes before it. */
static void
test_ties (void)
{
  g_autoptr (EspNetwork) network = make_network (false);
  EspPolishSettings once = settings;
  g_autoptr (EspNetwork) polished = NULL;
  g_autofree char *text = NULL;

  /* either θ or its sine will do, and the return is the same: its greatest */
  open_path (network, 0, 4, 2, 1.0);
  open_path (network, 2, 0, 6, 3.0);
  once.evaluations = 1;
  once.rounds = 1;
  polished = esp_polish (network, &once, NULL, NULL, NULL, NULL, NULL);
  text = get_text (polished);
  g_test_message ("%s", text);
  g_assert_null (strstr (text, "sin"));
}

static EspFormula *
parse (const char *text)
{
  static const char *const names[] = { "x", "x_dot", "theta", "theta_dot" };
  const EspSymbols symbols = { .n = 4, .names = names };
  g_autoptr (GError) error = NULL;
  EspFormula *formula = esp_formula_parse (text, &symbols, 1, &error);

  g_assert_no_error (error);
  return formula;
}

/* Of a formula without a network the numbers alone change: to better ones, to shorter ones, or not at all. */
static void
test_numbers (void)
{
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  const EspEnvironmentInfo *info = esp_environment_get_info (environment);
  g_autoptr (EspFormula) detuned = parse ("tanh(0.31234567*theta + 0.0512345*theta_dot + 0*x^2)");
  EspPolishSettings some = settings;
  g_autoptr (EspFormula) better = NULL;
  g_autoptr (EspFormula) rounded = NULL;
  g_autoptr (EspFormula) same = NULL;
  double before, after;

  better = esp_polish_numbers (detuned, info, &some, NULL, NULL, NULL, NULL);
  before = esp_evaluate_formula (detuned, info, ESP_POLISH_SEED, 5, NULL, NULL).mean;
  after = esp_evaluate_formula (better, info, ESP_POLISH_SEED, 5, NULL, NULL).mean;
  g_test_message ("%g → %g: %s", before, after, esp_formula_get_text (better));
  g_assert_cmpfloat (after, >, before + 50);
  g_assert_cmpuint (esp_formula_get_length (better, 0), ==, esp_formula_get_length (detuned, 0));
  g_assert_nonnull (strstr (esp_formula_get_text (better), "x^2"));

  some.digits = 3;
  some.tolerance = 0.05;
  rounded = esp_polish_digits (better, info, &some, NULL, NULL);
  g_test_message ("%s", esp_formula_get_text (rounded));
  g_assert_cmpuint (strlen (esp_formula_get_text (rounded)), <, strlen (esp_formula_get_text (better)));
  g_assert_cmpfloat (esp_evaluate_formula (rounded, info, ESP_POLISH_SEED, 5, NULL, NULL).mean, >=,
                     0.95 * after);

  some.rounds = 0;
  same = esp_polish_numbers (detuned, info, &some, NULL, NULL, NULL, NULL);
  g_assert_true (same == detuned);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/polish/prunes", test_prunes);
  g_test_add_func ("/polish/refits", test_refits);
  g_test_add_func ("/polish/no-rounds", test_no_rounds);
  g_test_add_func ("/polish/length-limit", test_length_limit);
  g_test_add_func ("/polish/digits", test_digits);
  g_test_add_func ("/polish/formula-digits", test_formula_digits);
  g_test_add_func ("/polish/cancel", test_cancel);
  g_test_add_func ("/polish/beam", test_beam);
  g_test_add_func ("/polish/cut", test_cut);
  g_test_add_func ("/polish/steps", test_steps);
  g_test_add_func ("/polish/ties", test_ties);
  g_test_add_func ("/polish/numbers", test_numbers);
  return g_test_run ();
}

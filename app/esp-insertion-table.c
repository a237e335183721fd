#include "esp-insertion-table.h"

#include <math.h>
#include <string.h>

#include "esp-environment.h"
#include "esp-evaluation.h"
#include "esp-network-insert.h"
#include "esp-signal-names.h"

#define MAX_FORMS 2

#define DSP "deep-symbolic-optimization (Landajuela et al., ICML 2021)"

typedef struct
{
  const char *environment;
  const char *name;
  const char *source;
  const char *formula;
  const char *forms[MAX_FORMS]; /* the first that fits is taken */
} Known;

static const Known known[] = {
  { "cartpole",
    "LQR",
    "a linear-quadratic regulator, as in the evaluation scripts of " DSP,
    "x + 2.3*x_dot + 31.9*theta + 8.2*theta_dot",
    { "tanh(x + 2.3*x_dot + 31.9*theta + 8.2*theta_dot)" } },
  { "cartpole", "DSP", DSP, "10*theta + theta_dot", { "tanh(10*theta + theta_dot)" } },
  { "mountain-car", "bang-bang", "pushes the way the car goes", "sign(x_dot)", { "tanh(1000*x_dot)" } },
  /* without a number on the left of the logarithm's domain, the environment takes an action of 0 */
  { "mountain-car",
    "DSP",
    DSP,
    "log(cos(1))/log(x_dot)",
    { "tanh(pdiv(0.6156*pdiv(1000*x_dot, 1000*x_dot), -plog(x_dot)))" } },
  { "pendulum",
    "DSP",
    DSP,
    "-2*sin_theta + (-8*sin_theta - 2*theta_dot)/cos_theta",
    { "2*tanh(-sin_theta - pdiv(pmul(4*sin_theta + theta_dot, cos_theta), 0.01 + pmul(cos_theta, "
      "cos_theta)))" } },
  { "pendulum",
    "energy swing-up",
    "brings the energy to that of the upright rest (Åström and Furuta 2000), and holds it by state feedback",
    "if(cos_theta - 0.85, -12*sin_theta - 3*theta_dot, sign(theta_dot)*(15*(1 - cos_theta) - theta_dot^2/2))",
    { /* the sign times the push, and the choice as a product */
      "push = 7.5 - 7.5*cos_theta - 0.25*pmul(theta_dot, theta_dot);"
      "swing = pmul(pdiv(100*theta_dot, 100*theta_dot) - pdiv(-100*theta_dot, -100*theta_dot), push);"
      "2*tanh(swing + pmul(pdiv(100*cos_theta - 85, 100*cos_theta - 85),"
      " -6*sin_theta - 1.5*theta_dot - swing))",
      /* the push divided after it is multiplied, for products before quotients */
      "push = 7.5 - 7.5*cos_theta - 0.25*pmul(theta_dot, theta_dot);"
      "power = pmul(push, 10*theta_dot);"
      "swing = pdiv(power, 10*theta_dot) - pdiv(-power, -10*theta_dot);"
      "2*tanh(swing + pmul(pdiv(100*cos_theta - 85, 100*cos_theta - 85),"
      " -6*sin_theta - 1.5*theta_dot - swing))" } },
  { "inverted-double-pendulum",
    "LQR",
    "a linear-quadratic regulator, from the environment's own steps near the upright rest",
    "-0.118*x - 1.394*sin_theta_1 - 5.149*sin_theta_2 - 0.217*x_dot - 0.758*theta_1_dot - 0.769*theta_2_dot",
    { "tanh(-0.118*x - 1.394*sin_theta_1 - 5.149*sin_theta_2 - 0.217*x_dot - 0.758*theta_1_dot"
      " - 0.769*theta_2_dot)" } },
  { "inverted-pendulum-swingup",
    "energy swing-up",
    "brings the pole's energy to that of the upright rest (Åström and Furuta 2000), and holds it by a "
    "linear-quadratic regulator",
    "if(cos_theta - 0.9, 0.869*x + 7.214*sin_theta + 1.035*x_dot + 1.367*theta_dot,"
    " 4/14*theta_dot*cos_theta*(0.36*theta_dot^2 + 14.75*(cos_theta - 1)) - 0.3*x - 0.2*x_dot)",
    { "swing = pmul(pmul(theta_dot, cos_theta), 0.10286*pmul(theta_dot, theta_dot) + 4.2143*cos_theta - "
      "4.2143);"
      "tanh(swing - 0.3*x - 0.2*x_dot + pmul(pdiv(100*cos_theta - 90, 100*cos_theta - 90),"
      " 1.169*x + 7.214*sin_theta + 1.235*x_dot + 1.367*theta_dot - swing))" } },
  { "lunar-lander",
    "heuristic",
    "the heuristic controller of Gymnasium's lunar lander",
    "if(leg_1 + leg_2, -10*y_dot, 10*(0.55*abs(x) - y) - 10*y_dot) - 1;"
    "if(leg_1 + leg_2, 0, 20*(0.5*theta + theta_dot - 0.5*clamp(0.5*x + x_dot, -0.4, 0.4)))",
    { "aim = 0.5*x + x_dot;"
      "limited = aim - pdiv(pmul(aim - 0.4, aim - 0.4), aim - 0.4)"
      " + pdiv(pmul(aim + 0.4, aim + 0.4), -aim - 0.4);"
      "tanh(10*pdiv(0.55*pdiv(pmul(x, x), x) + 0.55*pdiv(pmul(x, x), -x) - y, 1 - leg_1 - leg_2)"
      " - 10*y_dot - 1);"
      "tanh(20*pdiv(0.5*theta + theta_dot - 0.5*limited, 1 - leg_1 - leg_2))" } },
  { "lunar-lander",
    "DSP",
    DSP ", its constants folded",
    "0.7625*(sin(x_dot) - (0.1822 + y + y_dot)/0.1129 - 4*y_dot) - 0.1236;"
    "0.2433*y_dot/(log(sin(1.0195))*(theta_dot - x_dot)) + 0.0017",
    { "turn = 5*theta_dot - 5*x_dot;"
      "tanh(0.7625*(sin(x_dot) - (0.1822 + y + y_dot)/0.1129 - 4*y_dot) - 0.1236);"
      "tanh(pdiv(pmul(-7.587*y_dot, turn), 0.01 + pmul(turn, turn)) + 0.0017)" } },
};

static void
clear_row (void *data)
{
  EspInsertionRow *row = data;

  g_free (row->reason);
}

GArray *
esp_insertion_table_new (void)
{
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (EspInsertionRow));

  g_array_set_clear_func (rows, clear_row);
  return rows;
}

static bool
is_cancelled (const _Atomic bool *cancelled)
{
  return cancelled != NULL && atomic_load (cancelled);
}

/* Returns the network of the first form that fits; NULL with the first one's error where none does. */
static EspNetwork *
insert (const Known *this,
        const EspEnvironmentInfo *environment,
        EspArrangement *arrangement,
        const char **form,
        GError **error)
{
  EspSignalNames names;

  esp_signal_names_init (&names, environment);
  *form = this->forms[0];
  for (size_t i = 0; i < MAX_FORMS && this->forms[i] != NULL; i++)
    {
      g_autoptr (EspFormula)
        formula = esp_formula_parse (this->forms[i], &names.symbols, environment->n_actions, NULL);
      EspNetwork *network;

      g_assert (formula != NULL);
      network = esp_network_insert (formula, environment, arrangement, i == 0 ? error : NULL);
      if (network == NULL)
        continue;
      *form = this->forms[i];
      g_clear_error (error);
      return network;
    }
  return NULL;
}

/* Returns the standard deviation of @a minus @b, by n − 1. */
static double
get_difference_deviation (const double *a, const double *b, size_t n)
{
  double mean = 0.0, squares = 0.0;

  for (size_t i = 0; i < n; i++)
    mean += (a[i] - b[i]) / (double) n;
  for (size_t i = 0; i < n; i++)
    squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);

  return n > 1 ? sqrt (squares / (double) (n - 1)) : (double) NAN;
}

/* @formula_returns: what the formula returns in each episode */
static void
fill_row (EspInsertionRow *row,
          const Known *this,
          const double *formula_returns,
          const EspEnvironmentInfo *environment,
          size_t episodes,
          EspPool *pool,
          const _Atomic bool *cancelled)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspArrangement)
    arrangement = row->dense
                    ? esp_arrangement_new (row->arrangement, environment->n_observations, NULL)
                    : esp_arrangement_new_sequential (row->arrangement, environment->n_observations, NULL);
  g_autoptr (EspNetwork) network = insert (this, environment, arrangement, &row->form, &error);
  g_autofree double *network_returns = NULL;

  row->fits = network != NULL;
  if (network == NULL)
    {
      row->reason = g_strdup (error->message);
      return;
    }
  row->n_paths = esp_network_count_live (network);
  network_returns = g_new (double, episodes);
  row->network_return = esp_evaluate_masked_each (network, ESP_REPORT_SEED, episodes, pool, cancelled,
                                                  network_returns);
  row->difference_deviation = get_difference_deviation (network_returns, formula_returns, episodes);
}

static void
fill_formula (GArray *rows,
              const Known *this,
              const EspEnvironmentInfo *environment,
              size_t episodes,
              EspPool *pool,
              const _Atomic bool *cancelled)
{
  EspSignalNames names;
  g_autoptr (EspFormula) formula = NULL;
  g_autofree double *formula_returns = g_new (double, episodes);
  EspReturns returns;

  esp_signal_names_init (&names, environment);
  formula = esp_formula_parse (this->formula, &names.symbols, environment->n_actions, NULL);
  g_assert (formula != NULL);
  returns = esp_evaluate_formula_each (formula, environment, ESP_REPORT_SEED, episodes, pool, cancelled,
                                       formula_returns);

  for (int dense = 1; dense >= 0; dense--)
    for (const char *const *name = esp_arrangement_list (); *name != NULL; name++)
      {
        EspInsertionRow row = { .environment = this->environment,
                                .name = this->name,
                                .source = this->source,
                                .formula = this->formula,
                                .arrangement = *name,
                                .dense = dense,
                                .formula_return = returns,
                                .difference_deviation = NAN };

        fill_row (&row, this, formula_returns, environment, episodes, pool, cancelled);
        /* what was cut short says nothing */
        if (is_cancelled (cancelled))
          {
            clear_row (&row);
            return;
          }
        g_array_append_val (rows, row);
      }
}

gboolean
esp_insertion_table_fill (GArray *rows,
                          const char *environment,
                          size_t episodes,
                          EspPool *pool,
                          const _Atomic bool *cancelled,
                          GError **error)
{
  if (environment != NULL)
    {
      g_autoptr (EspEnvironment) asked = esp_environment_new (environment, error);

      if (asked == NULL)
        return FALSE;
    }

  for (size_t i = 0; i < G_N_ELEMENTS (known) && !is_cancelled (cancelled); i++)
    if (environment == NULL || g_str_equal (environment, known[i].environment))
      {
        g_autoptr (EspEnvironment) instance = esp_environment_new (known[i].environment, error);

        if (instance == NULL)
          return FALSE;
        fill_formula (rows, &known[i], esp_environment_get_info (instance), episodes, pool, cancelled);
      }
  return TRUE;
}

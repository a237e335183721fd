#include "esp-imitation.h"

#include <math.h>
#include <string.h>

#include "esp-environment.h"

/* What sums are made of: the observations, and behind them 1. */
#define MAX_TERMS (ESP_MAX_OBSERVATIONS + 1)

/* The normal equations of all actions: Σ x xᵀ and Σ x a over the visited states. */
typedef struct
{
  size_t n;
  size_t n_actions;
  double gram[MAX_TERMS][MAX_TERMS];
  double moments[ESP_MAX_ACTIONS][MAX_TERMS];
} Sums;

/* What a sum of some observations is made of. */
typedef struct
{
  size_t n;
  size_t chosen[MAX_TERMS];
  double weights[MAX_TERMS];
} Selection;

static void
add_up (Sums *sums, size_t n, const double *observations, const double *actions)
{
  double x[MAX_TERMS];

  x[sums->n - 1] = 1.0;
  for (size_t row = 0; row < n; row++)
    {
      memcpy (x, observations + row * (sums->n - 1), (sums->n - 1) * sizeof *x);
      for (size_t i = 0; i < sums->n; i++)
        for (size_t k = 0; k <= i; k++)
          sums->gram[i][k] += x[i] * x[k];
      for (size_t a = 0; a < sums->n_actions; a++)
        for (size_t i = 0; i < sums->n; i++)
          sums->moments[a][i] += x[i] * actions[row * sums->n_actions + a];
    }
  for (size_t i = 0; i < sums->n; i++)
    for (size_t k = 0; k < i; k++)
      sums->gram[k][i] = sums->gram[i][k];
}

/* Solves the normal equations of @selection by Cholesky's decomposition, and returns by how much the squared
 * error falls; −1 where the observations depend on each other. */
static double
solve (const Sums *sums, size_t action, Selection *selection)
{
  size_t n = selection->n;
  double root[MAX_TERMS][MAX_TERMS], *w = selection->weights, gain = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      double right = sums->moments[action][selection->chosen[i]];

      for (size_t k = 0; k <= i; k++)
        {
          double sum = sums->gram[selection->chosen[i]][selection->chosen[k]];

          for (size_t l = 0; l < k; l++)
            sum -= root[i][l] * root[k][l];
          if (k < i)
            root[i][k] = sum / root[k][k];
          else if (sum > 1e-9 * sums->gram[selection->chosen[i]][selection->chosen[i]])
            root[i][i] = sqrt (sum);
          else
            return -1.0;
        }
      for (size_t l = 0; l < i; l++)
        right -= root[i][l] * w[l];
      w[i] = right / root[i][i];
      gain += w[i] * w[i];
    }
  for (size_t i = n; i-- > 0;)
    {
      for (size_t l = i + 1; l < n; l++)
        w[i] -= root[l][i] * w[l];
      w[i] /= root[i][i];
    }

  return gain;
}

/* Takes the observation in that helps most. Returns whether there was one. */
static bool
extend (const Sums *sums, size_t action, Selection *selection)
{
  Selection best = { .n = 0 };
  double best_gain = 0.0;

  if (selection->n == sums->n)
    return false;
  for (size_t i = 0; i < sums->n; i++)
    {
      Selection longer = *selection;
      double gain;

      longer.chosen[longer.n++] = i;
      gain = solve (sums, action, &longer);
      if (gain > best_gain)
        {
          best = longer;
          best_gain = gain;
        }
    }
  if (best.n == 0)
    return false;

  *selection = best;
  return true;
}

static EspExpression *
write_sum (const Selection *selection, size_t n_observations)
{
  EspExpression *sum = NULL;

  for (size_t i = 0; i < selection->n; i++)
    {
      g_autoptr (EspExpression) weight = esp_expression_constant (selection->weights[i]);
      EspExpression *term;

      if (selection->chosen[i] < n_observations)
        {
          g_autoptr (EspExpression) variable = esp_expression_variable (selection->chosen[i]);

          term = esp_expression_binary (ESP_OPERATION_MULTIPLY, weight, variable);
        }
      else
        term = g_steal_pointer (&weight);

      if (sum != NULL)
        {
          g_autoptr (EspExpression) before = sum;
          g_autoptr (EspExpression) last = term;

          sum = esp_expression_binary (ESP_OPERATION_ADD, before, last);
        }
      else
        sum = term;
    }

  return sum != NULL ? sum : esp_expression_constant (0.0);
}

GPtrArray *
esp_imitate_linearly (const EspSymbols *symbols,
                      size_t n_actions,
                      size_t n,
                      const double *observations,
                      const double *actions,
                      size_t n_terms)
{
  GPtrArray *formulas = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_formula_unref);
  g_autofree Sums *sums = g_new0 (Sums, 1);
  g_autofree Selection *selections = g_new0 (Selection, n_actions);
  bool changed = true;

  sums->n = symbols->n + 1;
  sums->n_actions = n_actions;
  add_up (sums, n, observations, actions);

  for (size_t k = 0; changed && k < n_terms; k++)
    {
      EspExpression *expressions[ESP_MAX_ACTIONS];

      changed = false;
      for (size_t a = 0; a < n_actions; a++)
        {
          changed |= extend (sums, a, &selections[a]);
          expressions[a] = write_sum (&selections[a], symbols->n);
        }
      if (changed)
        g_ptr_array_add (formulas, esp_formula_new (expressions, n_actions, symbols));
      for (size_t a = 0; a < n_actions; a++)
        esp_expression_unref (expressions[a]);
    }

  return formulas;
}

#include "esp-equivalence.h"

#include <math.h>
#include <string.h>

#include "esp-formula.h"
#include "esp-random.h"
#include "esp-simplify.h"

#define N_POINTS      20000
#define MAX_CORNERS   1024
#define TOLERANCE     1e-9
#define FREE_RANGE    10.0
#define LARGEST_DRAW  1000.0
#define SMALLEST_DRAW 1e-3

/* Uphill from the worst point: so many rounds over all variables, with steps of this share of their range. */
#define CLIMB_ROUNDS 60
#define CLIMB_STEP   0.05

static bool
is_proven (EspExpression *a, EspExpression *b, const EspInterval *box, size_t n)
{
  g_autoptr (EspExpression) left = esp_expression_simplify_within (a, box, n, ESP_DOMAIN_LIMITS, NULL);
  g_autoptr (EspExpression) right = esp_expression_simplify_within (b, box, n, ESP_DOMAIN_LIMITS, NULL);
  g_autoptr (EspExpression) difference = NULL;
  g_autoptr (EspExpression) rest = NULL;

  if (esp_expression_equal (left, right))
    return true;
  difference = esp_expression_binary (ESP_OPERATION_SUBTRACT, left, right);
  rest = esp_expression_simplify_within (difference, box, n, ESP_DOMAIN_LIMITS, NULL);
  return esp_expression_get_operation (rest) == ESP_OPERATION_CONSTANT
         && esp_expression_get_value (rest) == 0;
}

static double
draw (EspRandom *random, EspInterval range)
{
  double value;

  if (isfinite (range.low) && isfinite (range.high))
    return esp_random_between (random, range.low, range.high);
  if (esp_random_bernoulli (random, 0.5))
    value = esp_random_between (random, 0, FREE_RANGE);
  else
    value = SMALLEST_DRAW * exp (esp_random_between (random, 0, log (LARGEST_DRAW / SMALLEST_DRAW)));
  if (isfinite (range.low))
    return range.low + value;
  if (isfinite (range.high))
    return range.high - value;
  return esp_random_bernoulli (random, 0.5) ? value : -value;
}

static double
get_corner (EspInterval range, bool high)
{
  if (high)
    return isfinite (range.high) ? range.high : fmax (range.low, 0) + FREE_RANGE;
  return isfinite (range.low) ? range.low : fmin (range.high, 0) - FREE_RANGE;
}

/* Returns how far the two @values are apart, and in @excess the same in units of what is tolerated. */
static double
measure (const double *values, double *excess)
{
  double difference;

  if (isnan (values[0]) || isnan (values[1]))
    difference = isnan (values[0]) && isnan (values[1]) ? 0 : INFINITY;
  else
    difference = values[0] == values[1] ? 0 : fabs (values[0] - values[1]);
  *excess = difference == 0 || isinf (difference)
              ? difference
              : difference / (TOLERANCE * (1 + fabs (values[0]) + fabs (values[1])));
  return difference;
}

/* Where the worst was found so far. */
typedef struct
{
  double difference;
  double excess;
  double *at;
  size_t n;
  uint64_t n_one_sided;
} Worst;

static bool
visit (Worst *worst, const EspFormula *formula, const double *point)
{
  double values[2], excess, difference;

  esp_formula_evaluate (formula, point, values);
  difference = measure (values, &excess);
  worst->n_one_sided += isfinite (values[0]) != isfinite (values[1]);
  worst->excess = fmax (worst->excess, excess);
  if (difference <= worst->difference)
    return false;
  worst->difference = difference;
  memcpy (worst->at, point, worst->n * sizeof *point);
  return true;
}

static void
climb (Worst *worst, const EspFormula *formula, const EspInterval *box, double *point)
{
  double share = CLIMB_STEP;

  for (int round = 0; round < CLIMB_ROUNDS && isfinite (worst->difference); round++)
    {
      bool better = false;

      for (size_t i = 0; i < worst->n; i++)
        for (int side = -1; side <= 1; side += 2)
          {
            double width = box[i].high - box[i].low;

            memcpy (point, worst->at, worst->n * sizeof *point);
            point[i] += side * share * (isfinite (width) ? width : FREE_RANGE);
            /* without limits it would never end */
            point[i] = fmin (fmax (point[i], fmax (box[i].low, -LARGEST_DRAW)),
                             fmin (box[i].high, LARGEST_DRAW));
            better = visit (worst, formula, point) || better;
          }
      if (!better)
        share /= 2;
    }
}

EspEquivalence
esp_expression_compare_values (
  EspExpression *a, EspExpression *b, const EspInterval *box, size_t n, uint64_t seed, double *at)
{
  EspEquivalence result = { .proof = ESP_PROOF_CANONICAL, .equal = true };
  g_autofree const char **names = g_new0 (const char *, MAX (n, 1));
  g_autofree double *point = g_new (double, MAX (n, 1));
  EspExpression *both[] = { a, b };
  const EspSymbols symbols = { n, names, NULL, NULL };
  Worst worst = { .difference = -1, .at = at, .n = n };
  g_autoptr (EspFormula) formula = NULL;
  EspRandom random;

  for (size_t i = 0; i < n; i++)
    at[i] = isfinite (box[i].low) && isfinite (box[i].high) ? (box[i].low + box[i].high) / 2
                                                            : get_corner (box[i], isinf (box[i].high));
  if (is_proven (a, b, box, n))
    return result;

  result.proof = ESP_PROOF_SAMPLED;
  for (size_t i = 0; i < n; i++)
    names[i] = "";
  formula = esp_formula_new (both, 2, &symbols);
  for (size_t corner = 0; corner < MAX_CORNERS && (n >= 10 || corner < (size_t) 1 << n); corner++)
    {
      for (size_t i = 0; i < n; i++)
        point[i] = get_corner (box[i], i < 10 && (corner >> i & 1) != 0);
      visit (&worst, formula, point);
    }
  esp_random_init (&random, seed, 0);
  for (int k = 0; k < N_POINTS; k++)
    {
      for (size_t i = 0; i < n; i++)
        point[i] = draw (&random, box[i]);
      visit (&worst, formula, point);
    }
  climb (&worst, formula, box, point);
  result.max_difference = fmax (worst.difference, 0);
  result.n_one_sided = worst.n_one_sided;
  result.equal = worst.excess <= 1;
  return result;
}

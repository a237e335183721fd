#include "esp-evolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "esp-random.h"

/* The step may grow and shrink by so much at most. */
#define LONGEST_STEP  1e3
#define SHORTEST_STEP 1e-8

struct _EspEvolution
{
  size_t n;
  size_t population;
  size_t n_parents;
  EspRandom random;

  double *weights;      /* [n_parents] of the better half, falling; their sum is 1 */
  double selection;     /* μ_eff, the number of points that the weighted mean is worth */
  double path_rate;     /* c_σ */
  double path_damping;  /* d_σ */
  double rank_one_rate; /* c_1 */
  double rank_rate;     /* c_w */
  double normal_size;   /* expected length of a normally distributed vector */

  double step; /* σ */
  double *mean;
  double *path;       /* s, [n] */
  double *matrix;     /* M, [n][n], whose rows begin as the deviations */
  double *draws;      /* z, [population][n] */
  double *directions; /* d = M z, [population][n] */
  double *points;     /* mean + σ d, [population][n] */
  size_t *order;      /* [population], the best first */
  double *scratch;    /* [3][n] */
};

EspEvolution *
esp_evolution_new (
  size_t n, const double *start, const double *deviations, size_t population, uint64_t seed, uint64_t stream)
{
  EspEvolution *evolution = g_new0 (EspEvolution, 1);
  double size = (double) n, sum = 0.0, squares = 0.0, worth;

  g_assert (n > 0);
  evolution->n = n;
  evolution->population = population > 0 ? MAX (population, 4) : 4 + (size_t) (3.0 * log (size));
  evolution->n_parents = evolution->population / 2;
  esp_random_init (&evolution->random, seed, stream);

  evolution->weights = g_new (double, evolution->n_parents);
  for (size_t i = 0; i < evolution->n_parents; i++)
    {
      double weight = log ((double) evolution->n_parents + 0.5) - log ((double) i + 1.0);

      evolution->weights[i] = weight;
      sum += weight;
      squares += weight * weight;
    }
  for (size_t i = 0; i < evolution->n_parents; i++)
    evolution->weights[i] /= sum;

  worth = sum * sum / squares;
  evolution->selection = worth;
  evolution->path_rate = (worth + 2.0) / (size + worth + 5.0);
  evolution->path_damping = 1.0 + evolution->path_rate
                            + 2.0 * fmax (0.0, sqrt ((worth - 1.0) / (size + 1.0)) - 1.0);
  evolution->rank_one_rate = 2.0 / ((size + 1.3) * (size + 1.3) + worth);
  evolution->rank_rate = fmin (1.0 - evolution->rank_one_rate,
                               2.0 * (worth - 2.0 + 1.0 / worth) / ((size + 2.0) * (size + 2.0) + worth));
  evolution->normal_size = sqrt (size) * (1.0 - 1.0 / (4.0 * size) + 1.0 / (21.0 * size * size));

  evolution->step = 1.0;
  evolution->mean = g_memdup2 (start, n * sizeof *start);
  evolution->path = g_new0 (double, n);
  evolution->matrix = g_new0 (double, n *n);
  for (size_t i = 0; i < n; i++)
    evolution->matrix[i * n + i] = deviations[i];
  evolution->draws = g_new (double, evolution->population *n);
  evolution->directions = g_new (double, evolution->population *n);
  evolution->points = g_new (double, evolution->population *n);
  evolution->order = g_new (size_t, evolution->population);
  evolution->scratch = g_new (double, 3 * n);

  return evolution;
}

void
esp_evolution_free (EspEvolution *evolution)
{
  if (evolution == NULL)
    return;
  g_free (evolution->weights);
  g_free (evolution->mean);
  g_free (evolution->path);
  g_free (evolution->matrix);
  g_free (evolution->draws);
  g_free (evolution->directions);
  g_free (evolution->points);
  g_free (evolution->order);
  g_free (evolution->scratch);
  g_free (evolution);
}

size_t
esp_evolution_get_population (const EspEvolution *evolution)
{
  return evolution->population;
}

/* @result = M @vector. */
static void
transform (const EspEvolution *evolution, const double *vector, double *result)
{
  size_t n = evolution->n;

  for (size_t i = 0; i < n; i++)
    {
      double sum = 0.0;

      for (size_t k = 0; k < n; k++)
        sum += evolution->matrix[i * n + k] * vector[k];
      result[i] = sum;
    }
}

const double *
esp_evolution_ask (EspEvolution *evolution)
{
  size_t n = evolution->n;

  for (size_t p = 0; p < evolution->population; p++)
    {
      double *draw = evolution->draws + p * n, *direction = evolution->directions + p * n;

      for (size_t i = 0; i < n; i++)
        draw[i] = esp_random_normal (&evolution->random);
      transform (evolution, draw, direction);
      for (size_t i = 0; i < n; i++)
        evolution->points[p * n + i] = evolution->mean[i] + evolution->step * direction[i];
    }

  return evolution->points;
}

static int
compare (const void *a, const void *b, void *data)
{
  const double *values = data;
  size_t i = *(const size_t *) a, k = *(const size_t *) b;

  if (values[i] != values[k])
    return values[i] > values[k] ? -1 : 1;

  return i < k ? -1 : i > k;
}

/* M ← M (I + c_1/2 (s sᵀ − I) + c_w/2 (Σ w z zᵀ − I)), a sum of outer products with what M makes of s and
 * of the z. */
static void
adapt (EspEvolution *evolution)
{
  size_t n = evolution->n;
  double one = evolution->rank_one_rate / 2.0, rank = evolution->rank_rate / 2.0;
  double *along = evolution->scratch;

  transform (evolution, evolution->path, along);
  for (size_t i = 0; i < n * n; i++)
    evolution->matrix[i] *= 1.0 - one - rank;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++)
      evolution->matrix[i * n + k] += one * along[i] * evolution->path[k];
  for (size_t p = 0; p < evolution->n_parents; p++)
    {
      const double *draw = evolution->draws + evolution->order[p] * n;
      const double *direction = evolution->directions + evolution->order[p] * n;
      double share = rank * evolution->weights[p];

      for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
          evolution->matrix[i * n + k] += share * direction[i] * draw[k];
    }
}

void
esp_evolution_tell (EspEvolution *evolution, const double *values)
{
  size_t n = evolution->n;
  double *draw = evolution->scratch + n, *direction = evolution->scratch + 2 * n;
  double share = sqrt (evolution->selection * evolution->path_rate * (2.0 - evolution->path_rate));
  double squares = 0.0;

  for (size_t p = 0; p < evolution->population; p++)
    evolution->order[p] = p;
  qsort_r (evolution->order, evolution->population, sizeof *evolution->order, compare, (void *) values);

  memset (draw, 0, 2 * n * sizeof *draw);
  for (size_t p = 0; p < evolution->n_parents; p++)
    for (size_t i = 0; i < n; i++)
      {
        draw[i] += evolution->weights[p] * evolution->draws[evolution->order[p] * n + i];
        direction[i] += evolution->weights[p] * evolution->directions[evolution->order[p] * n + i];
      }
  for (size_t i = 0; i < n; i++)
    {
      evolution->mean[i] += evolution->step * direction[i];
      evolution->path[i] = (1.0 - evolution->path_rate) * evolution->path[i] + share * draw[i];
      squares += evolution->path[i] * evolution->path[i];
    }
  adapt (evolution);
  evolution->step *= exp (evolution->path_rate / evolution->path_damping
                          * (sqrt (squares) / evolution->normal_size - 1.0));
  evolution->step = CLAMP (evolution->step, SHORTEST_STEP, LONGEST_STEP);
}

const double *
esp_evolution_get_mean (const EspEvolution *evolution)
{
  return evolution->mean;
}

double
esp_evolution_get_step (const EspEvolution *evolution)
{
  return evolution->step;
}

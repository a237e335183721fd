/* An evolution strategy that learns in which directions to step: the search for a maximum where values are
 * noisy and only their order counts.
 *
 * Draws a population of points around a mean, is told their values, and moves the mean to the better half;
 * the step's length follows from how straight the way was, and the shape of the cloud is adapted to the steps
 * that succeeded. That is the matrix adaptation strategy (Beyer and Sendhoff 2017, “Simplify your covariance
 * matrix adaptation evolution strategy”), CMA-ES without its decompositions, with the usual settings
 * (Hansen, arXiv 1604.00772).
 *
 * Points are asked for and told about by the generation, so that a caller may measure them side by side.
 * Belongs to one thread; deterministic by seed.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct _EspEvolution EspEvolution;

/* Returns a strategy over @n > 0 numbers, whose mean begins as @start[n] and whose points are normally
 * distributed around it with @deviations[n]. A generation has @population ≥ 4 points; 0 takes the usual
 * number, 4 + 3 ln n. Draws from @stream of @seed. Free with esp_evolution_free(). */
EspEvolution *esp_evolution_new (
  size_t n, const double *start, const double *deviations, size_t population, uint64_t seed, uint64_t stream);

/* Frees @evolution; NULL is allowed. */
void esp_evolution_free (EspEvolution *evolution);

/* Returns how many points a generation has. */
size_t esp_evolution_get_population (const EspEvolution *evolution);

/* Draws the next generation and returns its points, [population][n], owned by @evolution and valid until the
 * next call. */
const double *esp_evolution_ask (EspEvolution *evolution);

/* Takes the @values[population] of the points that were asked for last; −∞ marks one that is useless. */
void esp_evolution_tell (EspEvolution *evolution, const double *values);

/* Returns the mean, [n], owned by @evolution: the best guess, better than any single point where values are
 * noisy. */
const double *esp_evolution_get_mean (const EspEvolution *evolution);

/* Returns the length of the step as a multiple of what it was in the beginning. */
double esp_evolution_get_step (const EspEvolution *evolution);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspEvolution, esp_evolution_free)

G_END_DECLS

/* The search over formulas: the last stage of polish.
 *
 * Starts from formulas that learning found, and shorter ones that imitate the best of them: what it does in
 * the states it comes to is far cheaper to compare with than a return is to measure, so a first population
 * evolves by that (esp-demonstrations.h). The numbers of the best imitations then evolve by return, on
 * new episodes each time, as a race (esp-race.h). And then the search looks among the neighbours of all for
 * shorter and for better ones: random edits, screened on a few episodes, their numbers refitted by a descent
 * (esp_tuning_descend()), the good ones measured on all episodes, all against the archive of what is known
 * (esp-population.h); and in the end the numbers of the best formula evolve again. That is a memetic search
 * over expressions, with evolution for the structure and descent for the numbers (Moscato 1989), whose
 * population is the Pareto archive.
 *
 * What one generation tries depends on the archive before it alone, and results enter in a fixed order, so
 * the outcome does not depend on the number of workers.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-archive.h"
#include "esp-environment.h"
#include "esp-pool.h"

G_BEGIN_DECLS

/**
 * EspSearchSettings:
 * @environment: where formulas are measured
 * @steps: environment steps that may be spent, a generation's more at most
 * @seconds: time that may be spent, a generation's more at most; 0: any. The result then depends on the
 *   machine's speed
 * @teaching: share of either in which formulas up to four times as long are improved, to be imitated
 * @imitations: generations of the search for formulas that imitate the best seed, before the environment
 * decides
 * @starts: how many imitations' numbers begin to evolve, at least 1; one of several is the longest plain sum
 * @evolution: share of either that the numbers of the best imitation may evolve in, and as much again in the
 * end those of the best formula
 * @episodes: episodes of a full measurement, from ESP_POLISH_SEED on
 * @screening_episodes: of them those that edits are screened on; 0: an eighth. A policy's rare failures must
 * be among them to be mended
 * @length_limit: reading length that no action's formula may exceed, but those that are shorter than what
 * they were made from
 * @digits: significant digits that numbers are rounded to at the end, more where the return asks for
 *   them; 0 keeps all
 * @tolerance: share of the return's size that rounding may cost
 * @seed: seed of the random edits
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  uint64_t steps;
  double seconds;
  double teaching;
  size_t imitations;
  size_t starts;
  double evolution;
  size_t episodes;
  size_t screening_episodes;
  size_t length_limit;
  size_t digits;
  double tolerance;
  uint64_t seed;
} EspSearchSettings;

/* Told after each generation what share of the steps is spent, 0 … 1, and the archive so far; returns whether
 * to go on. */
typedef bool (*EspSearchProgress) (void *data, double share, const EspArchive *archive);

/* Searches from the @n formulas @seeds and returns the archive of what was found: the front, and rivals of
 * its best, which other episodes may prefer. Some of it may be longer than the limit: esp_archive_choose()
 * holds that. The seeds are in it, as far as nothing beats them and they are not too long to be edited.
 * Measures with @pool (NULL: alone); ends early with what there is when @cancelled (NULL: never) becomes true.
 * @progress may be NULL. Free the result with esp_archive_unref(). */
EspArchive *esp_search_formulas (EspFormula *const *seeds,
                                 size_t n,
                                 const EspSearchSettings *settings,
                                 EspPool *pool,
                                 EspSearchProgress progress,
                                 void *data,
                                 const _Atomic bool *cancelled);

G_END_DECLS

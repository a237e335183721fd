/* The population of a search over formulas, and one generation of it.
 *
 * The population is a Pareto archive of several fronts. In each generation, some of its formulas are edited
 * at random, the edits screened on a part of the samples, the numbers of the best edit refitted there by a
 * descent, and what is then ahead of the archive measured on all samples. The samples are episodes, or states
 * that a teacher shows what to do in (esp-tuning.h).
 *
 * What a generation tries depends on the archive before it alone, and results enter in a fixed order, so the
 * outcome does not depend on the number of workers. A population belongs to one thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-archive.h"
#include "esp-environment.h"
#include "esp-pool.h"
#include "esp-tuning.h"

G_BEGIN_DECLS

/**
 * EspPopulation:
 * @environment: whose observations and actions formulas are about
 * @demonstrations: what formulas are compared with; NULL: they are measured by their return
 * @cancelled: ends everything soon when it becomes true; NULL: never
 * @archive: owned
 * @scales: the size that each observation typically has
 * @samples: of a full measurement
 * @screening: of them those that edits are screened on; 0: an eighth
 * @screening_first: the first one of these
 * @length_limit: reading length that no action's formula may exceed, but those that are shorter than what
 * they were made from
 * @seed: of the random edits
 * @generation: how many there were
 * @spent: environment steps, or states
 * @budget: the same in all; a single refit may only take a small part
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  const EspDemonstrations *demonstrations;
  const _Atomic bool *cancelled;
  EspArchive *archive;
  double scales[ESP_MAX_OBSERVATIONS];
  size_t samples;
  size_t screening;
  size_t screening_first;
  size_t length_limit;
  uint64_t seed;
  uint64_t generation;
  uint64_t spent;
  uint64_t budget;
} EspPopulation;

/* Returns the value of @formula over all samples; −∞ where it has none, or when cancelled. */
double esp_population_measure (EspPopulation *population, const EspFormula *formula, EspPool *pool);

/* Returns how many samples edits are screened on. */
size_t esp_population_count_screening (const EspPopulation *population);

/* Returns the value of @formula over that many samples from number @first on, as esp_population_measure(). */
double esp_population_measure_part (EspPopulation *population,
                                    const EspFormula *formula,
                                    size_t first,
                                    EspPool *pool);

/* Measures *@formula, refits its numbers if it leads all that are no longer, and offers it to the archive.
 * Returns its value. */
double esp_population_admit (EspPopulation *population, EspFormula **formula, EspPool *pool);

/* Refits the numbers of all @formulas (of EspFormula), each in its place, on a part of the samples, and offers
 * them to the archive, whose generations will see to those that are worth more. @values receives the value of
 * each. */
void esp_population_add (EspPopulation *population, GPtrArray *formulas, double *values, EspPool *pool);

/* Does one generation. The archive must not be empty. */
void esp_population_run_generation (EspPopulation *population, EspPool *pool);

/* Returns the best entry of an archive that is not empty, however long. */
const EspArchiveEntry *esp_population_get_best (const EspPopulation *population);

G_END_DECLS

/* A comparison of policies: the runs that it consists of, and what they come to. */

#pragma once

#include "esp-evaluation.h"
#include "esp-recipe.h"
#include "esp-trainer.h"

G_BEGIN_DECLS

/**
 * EspContender:
 * @name: as the user calls it
 * @recipe: what it is trained by
 *
 * One of the policies that are compared.
 */
typedef struct
{
  char *name;
  EspRecipe *recipe;
} EspContender;

/**
 * EspContest:
 * @contender: its number
 * @seed: of the run
 * @trainer: while it runs, else NULL
 * @share: of the run that is done, 0 … 1
 * @is_over: whether it will not go on
 * @failure: why there is no result though it is over, else NULL
 * @formula: what came out, or NULL for a neural network
 * @returns: of the final policy, on the report's seeds; no episodes before it is done
 * @steps: environment steps
 * @seconds: wall-clock time
 *
 * One policy trained with one seed.
 */
typedef struct
{
  size_t contender;
  uint64_t seed;
  EspTrainer *trainer;
  double share;
  bool is_over;
  char *failure;
  EspFormula *formula;
  EspReturns returns;
  uint64_t steps;
  double seconds;
} EspContest;

/**
 * EspRival:
 *
 * A policy that nobody trained, on the same episodes: @formula is NULL for the random one.
 */
typedef struct
{
  char *name;
  char *source;
  EspFormula *formula;
  EspReturns returns;
} EspRival;

/**
 * EspComparison:
 * @contenders: of EspContender
 * @contests: of EspContest, one contender after the other, each by seeds
 * @rivals: of EspRival
 * @episodes: on which all are measured
 */
typedef struct
{
  const EspEnvironmentInfo *environment;
  GArray *contenders;
  GArray *contests;
  GArray *rivals;
  size_t episodes;
} EspComparison;

EspComparison *esp_comparison_new (const EspEnvironmentInfo *environment, size_t episodes);
void esp_comparison_free (EspComparison *comparison);

/* Adds the policy @name, a recipe's name or file, or `espl` for the recipe `default`, which is the method as it
 * is here, and `published` for the recipe `espl`, which is the method as it was published, with the @assignments
 * (of field=value) on top. Fails as esp_recipe_load() and esp_recipe_set() do, and where one of that name is
 * there already. */
gboolean esp_comparison_add_policy (EspComparison *comparison,
                                    const char *name,
                                    const GPtrArray *assignments,
                                    GError **error);

/* Makes a contest of every policy with every one of @seeds[n]. */
void esp_comparison_set_seeds (EspComparison *comparison, const uint64_t *seeds, size_t n);

/* Measures the random policy and, where there is one for the environment, the textbook controller of
 * resources/controllers.json. Fails where that file is damaged. */
gboolean esp_comparison_measure_rivals (EspComparison *comparison, EspPool *pool, GError **error);

/* Starts contests until @n_workers are under way, takes the results of those that are done, and waits up to
 * @milliseconds for one to end. Returns whether any is left. */
gboolean esp_comparison_advance (EspComparison *comparison, size_t n_workers, unsigned milliseconds);

/* Ends the contests that are under way, without a result. */
void esp_comparison_stop (EspComparison *comparison);

/* Returns the share that is done, 0 … 1, and how many contests are over. */
double esp_comparison_get_share (const EspComparison *comparison, size_t *n_over);

/* Appends all as a JSON object on one line, or as a table. */
void esp_comparison_append_json (const EspComparison *comparison, GString *text);
void esp_comparison_append_table (const EspComparison *comparison, GString *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspComparison, esp_comparison_free)

G_END_DECLS

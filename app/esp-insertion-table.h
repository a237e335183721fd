/* Known-good formulas put into every published arrangement: which of them can hold which, and whether the
 * return survives.
 *
 * A symbolic network's action is centre + half · tanh (u), and its operators are guarded, so that a formula
 * that comes from elsewhere needs another form: a clipped action becomes a tanh, and what distinguishes cases
 * is spelled with the guard of the division, pdiv (a, a) being 1 from 0.01 on and 0 below, and pdiv (pmul (a,
 * a), a) being a there and 0 below. Where one spelling has no place there may be another. The form is not the
 * same function, so the table measures both: the formula as it is known, and the network.
 */

#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "esp-pool.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/**
 * EspInsertionRow:
 * @environment: the environment's name; static, as the next four
 * @name: what the formula is called
 * @source: where it comes from
 * @formula: as it is known
 * @arrangement: the name of a published arrangement
 * @dense: whether that has its dense connections
 * @fits: whether a form of the formula has a place in it
 * @form: the form that is there, or, where none fits, the first that was tried; static
 * @reason: why none fits (owned), else NULL
 * @formula_return: what the formula returns
 * @network_return: what the network returns; no episodes where there is none
 * @difference_deviation: standard deviation of the network's return minus the formula's over the same
 *   episodes, by n − 1; NaN for fewer than two, or where there is no network
 * @n_paths: live paths of the network, of all actions
 *
 * One formula in one arrangement.
 */
typedef struct
{
  const char *environment;
  const char *name;
  const char *source;
  const char *formula;
  const char *arrangement;
  bool dense;
  bool fits;
  const char *form;
  char *reason;
  EspReturns formula_return;
  EspReturns network_return;
  double difference_deviation;
  size_t n_paths;
} EspInsertionRow;

/* Returns an empty table; rows are cleared with it. Free with g_array_unref(). */
GArray *esp_insertion_table_new (void);

/* Appends the rows of @environment's formulas, or of all for NULL, to @rows: each formula in each published
 * arrangement, with and without dense connections. Formulas and networks are measured on the same @episodes
 * episodes, those that results are reported on; stops early, with the rows that are complete, when @cancelled
 * (NULL: never) becomes true. Fails as esp_environment_new() does, for an unknown environment. */
gboolean esp_insertion_table_fill (GArray *rows,
                                   const char *environment,
                                   size_t episodes,
                                   EspPool *pool,
                                   const _Atomic bool *cancelled,
                                   GError **error);

G_END_DECLS

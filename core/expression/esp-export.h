/* What is said about a formula besides its expressions when it leaves the program. */

#pragma once

#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspExportSignal:
 * @name: its name in the language
 * @description: a few words
 * @unit: the unit, "" for a pure number
 * @low: the smallest value, -INFINITY where there is no limit
 * @high: the largest value, INFINITY where there is no limit
 *
 * An observation or an action.
 */
typedef struct
{
  const char *name;
  const char *description;
  const char *unit;
  double low;
  double high;
} EspExportSignal;

/**
 * EspTestVectors:
 * @n: how many states
 * @n_observations: numbers of a state
 * @n_actions: numbers of an action
 * @states: [n][n_observations]
 * @actions: [n][n_actions], what the formula gives in double precision
 * @tolerances: [n][n_actions], how far rounding may move the actions elsewhere
 *
 * What a formula must give, to check it by where it runs.
 */
typedef struct
{
  size_t n;
  size_t n_observations;
  size_t n_actions;
  double *states;
  double *actions;
  double *tolerances;
} EspTestVectors;

/**
 * EspExport:
 * @title: what the formula is for, such as "Cart-pole (cartpole)"
 * @observations: one for each variable of the formula
 * @actions: one for each expression
 * @vectors: what is tested in the file itself; NULL for nothing
 * @single: whether to compute in single precision
 *
 * What stands beside the formula.
 */
typedef struct
{
  const char *title;
  const EspExportSignal *observations;
  const EspExportSignal *actions;
  const EspTestVectors *vectors;
  bool single;
} EspExport;

/* Frees @vectors and its arrays; NULL is allowed. */
void esp_test_vectors_free (EspTestVectors *vectors);

/* Returns @vectors as comma-separated values: a line of names (observations, actions, and each action's
 * name with `_tolerance`), then a line for each state; every number reads back to the same double (free
 * with g_free()). */
char *esp_test_vectors_to_csv (const EspTestVectors *vectors, const EspExport *export);

/* Returns the NULL-terminated names of @n signals as identifiers that programming languages take (free
 * with g_strfreev()): Greek letters spelled out, dots above letters `_dot`; different from each other, from
 * the NULL-terminated @reserved words, and from `t` and a number. */
char **esp_export_make_names (const char *const *names, size_t n, const char *const *reserved);

/* Appends the description of the formula, each line after @prefix: title, expressions, what they read and
 * give, with units and limits. @prefix ends in a space. There is nothing in it that ends or disturbs a
 * comment. */
void esp_export_append_description (GString *string,
                                    const EspFormula *formula,
                                    const EspExport *export,
                                    const char *prefix);

/* Appends @text, which may come from strangers, so that it neither ends a comment nor begins one, on one
 * line. */
void esp_export_append_comment (GString *string, const char *text);

/* Returns whether @formula is short enough to be read; fails with ESP_ERROR_RANGE. */
bool esp_export_check (const EspFormula *formula, GError **error);

/* Fails with the ESP_ERROR_RANGE of an export that became too long; returns NULL. */
char *esp_export_refuse (GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTestVectors, esp_test_vectors_free)

G_END_DECLS

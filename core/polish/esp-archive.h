/* The Pareto archive: of all formulas that were measured, those that no shorter formula beats.
 *
 * An archive of depth 1 is the Pareto front of return against reading length. A deeper one, of depth k,
 * keeps every formula that fewer than k others of at most its length equal or beat: k fronts on top of each
 * other, the population of a search. An archive that is being filled belongs to one
 * thread.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspArchiveEntry:
 * @formula: owned by the archive
 * @length: its reading length, summed over the actions
 * @value: its mean return
 */
typedef struct
{
  EspFormula *formula;
  size_t length;
  double value;
} EspArchiveEntry;

typedef struct _EspArchive EspArchive;

/* Returns an empty archive of depth @depth > 0. */
EspArchive *esp_archive_new (size_t depth);

/* Archives are counted by references. One that nobody changes any more may be read by any thread. */
EspArchive *esp_archive_ref (EspArchive *archive);
void esp_archive_unref (EspArchive *archive);

/* Adds @formula (referenced), whose mean return is @value, unless it has no place; entries that lose theirs
 * leave. Returns whether it was added. */
bool esp_archive_offer (EspArchive *archive, EspFormula *formula, double value);

/* Returns how many entries there are. */
size_t esp_archive_get_n (const EspArchive *archive);

/* Returns entry @i, the shortest first and of equal ones the best; it stays until the next offer. */
const EspArchiveEntry *esp_archive_get (const EspArchive *archive, size_t i);

/* Returns the value that a formula of @length must exceed to have a place: −∞ where there is room. */
double esp_archive_get_bar (const EspArchive *archive, size_t length);

/* Returns the highest value of formulas of at most @length; −∞ where there is none. */
double esp_archive_get_best (const EspArchive *archive, size_t length);

/* Returns the front of @archive, of whatever depth: a new archive of depth 1. */
EspArchive *esp_archive_get_front (const EspArchive *archive);

/* Returns the entry of the front @archive that is to be used, among those none of whose actions reads longer
 * than @length_limit: the best, or the shortest that is as good but for @tolerance, a share of the value's
 * size. NULL if all are too long. */
const EspArchiveEntry *
esp_archive_choose (const EspArchive *archive, size_t length_limit, double tolerance);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspArchive, esp_archive_unref)

G_END_DECLS

/* Polishing a network, parted: the rounds are in esp-polish.c, what is taken out in esp-pruning.c. */

#pragma once

#include "esp-polish.h"

G_BEGIN_DECLS

/**
 * EspElement:
 * @is_bias: whether it is a bias; else the weight of an open path
 * @index: which
 *
 * One number of a network that its formula depends on.
 */
typedef struct
{
  bool is_bias;
  size_t index;
} EspElement;

/**
 * EspTrial:
 * @network: what is measured; may be shared by several trials
 * @without: which of its elements is taken out for it; NULL for none
 * @value: receives the mean return, −∞ where that is not finite
 * @longest: receives the reading length of the longest action
 * @total: receives the sum of the reading lengths
 *
 * One measurement of many.
 */
typedef struct
{
  const EspNetwork *network;
  const EspElement *without;
  double value;
  size_t longest;
  size_t total;
} EspTrial;

/**
 * EspPolishing:
 * @network: as it is now
 * @best: the highest return measured; of a network that had to be shortened at a cost, its return
 * @spent: environment steps
 * @done: measurements
 * @expected: measurements, roughly
 *
 * The polishing under way.
 */
typedef struct
{
  const EspPolishSettings *settings;
  EspPool *pool;
  EspNetwork *network;
  double best;
  uint64_t spent;
  size_t done;
  size_t expected;
  EspPolishProgress progress;
  void *data;
  const _Atomic bool *cancelled;
} EspPolishing;

/* Returns whether the measurements made last may have been cut short. */
bool esp_polishing_is_cancelled (const EspPolishing *polishing);

/* Returns whether to come to an end: it was cancelled, or all steps are spent. */
bool esp_polishing_is_over (const EspPolishing *polishing);

/* Does @trials[@n], several at the same time where there are workers enough; in an order that does not depend
 * on how many there are, as far as the steps allow. Returns how many were done, from the first on. */
size_t esp_polishing_measure (EspPolishing *polishing, EspTrial *trials, size_t n);

/* Returns what pruning must not fall below where @best has been reached. */
double esp_polishing_get_floor (const EspPolishing *polishing, double best);

/* Returns the elements of @network, of EspElement; folds its constants first. */
GArray *esp_polishing_find_elements (EspNetwork *network);

/* Returns where the number of @element is. */
double *esp_polishing_get_number (const EspNetwork *network, const EspElement *element);

/* Takes out paths by what they contribute, weight times the typical size of what they carry times
 * probability, until no action's formula is so long that measuring every path would take minutes. */
void esp_polishing_cut (EspPolishing *polishing);

/* Tries every element alone, then takes them out for good one after the other, cheapest first and of those
 * that cost the same the one that shortens most, as long as the return holds. If the formula is too long,
 * some go all the same, but only a few: those that stay must learn to do without them first. Follows as many
 * ways as the beam is wide and takes the one that ends shortest. Returns whether any element went. */
bool esp_polishing_prune (EspPolishing *polishing);

G_END_DECLS

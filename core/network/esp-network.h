/* The symbolic networks of a whole policy, as they are read: in double precision, on raw observations,
 * with action scale. This is what formulas are extracted from and what evaluation runs.
 *
 * The physical action is centre + half · tanh (u), u the network's output. A network is counted by
 * references; it is immutable once another thread has it.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "esp-arrangement.h"
#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspNetwork:
 * @references: private
 * @arrangement: the arrangement that all actions share
 * @environment: the environment it acts in: names and action limits
 * @n_actions: how many actions, each with a symbolic network of its own
 * @weights: [n_actions][n_weights], unmasked, on raw observations
 * @biases: [n_actions][n_biases]
 * @probabilities: [n_actions][n_weights], the path selector's
 * @mask: [n_actions][n_weights], 1 where the thresholded network has the path
 */
typedef struct
{
  _Atomic int references;
  EspArrangement *arrangement;
  const EspEnvironmentInfo *environment;
  size_t n_actions;
  double *weights;
  double *biases;
  float *probabilities;
  uint8_t *mask;
} EspNetwork;

/* Returns a network with all arrays zeroed, for the caller to fill. */
EspNetwork *esp_network_new (const EspEnvironmentInfo *environment, EspArrangement *arrangement);

/* Returns a copy that may be changed. */
EspNetwork *esp_network_copy (const EspNetwork *network);

EspNetwork *esp_network_ref (EspNetwork *network);
void esp_network_unref (EspNetwork *network);

/* Runs the thresholded networks on @observation[n_observations]: @features[n_actions][n_features]
 * receives inputs and operator values, @action[n_actions] the physical actions before clipping. */
void esp_network_evaluate (const EspNetwork *network,
                           const double *observation,
                           double *features,
                           double *action);

/* Returns the number of live paths of all actions (see esp_selector_find_live()). */
size_t esp_network_count_live (const EspNetwork *network);

/* Closes every path into an operator that the output does not read, and zeroes its biases; the function
 * is unchanged. (A path that is not live because it comes from a constant operator stays open: the
 * output reads the constant.) */
void esp_network_drop_dead (EspNetwork *network);

/* Moves operators that only have biases into the biases of what reads them, divides by numbers once and
 * for all, and drops what is dead; the function is unchanged up to rounding. */
void esp_network_fold_constants (EspNetwork *network);

/* Returns the value of @operator_ for the @operands that it takes. */
double esp_network_apply_operator (EspOperator operator_, const double *operands);

/* Returns the formula of the thresholded networks: constants folded, dead operators gone, plainly
 * simplified; the same function as esp_network_evaluate() up to rounding. */
EspFormula *esp_network_extract (const EspNetwork *network);

/* As esp_network_extract(), but not simplified: every weight, guard and operator as the network has it. */
EspFormula *esp_network_extract_raw (const EspNetwork *network);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspNetwork, esp_network_unref)

G_END_DECLS

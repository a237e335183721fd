/* From a formula back to a symbolic network. */

#pragma once

#include "esp-network.h"

G_BEGIN_DECLS

/* Returns a new network of @arrangement whose paths compute @formula, the same function up to rounding; the
 * paths that it needs are open, with a selection probability of 1, and all others closed, with 0.
 *
 * The network's action is centre + half · tanh (u), and u and every operator's arguments are sums of
 * observations and earlier operators with weights. So a formula is contained in an arrangement when it has
 * this form, all its products of two terms are pmul, its quotients pdiv, and so on (or the guards would not
 * act within the environment's limits), and each of its operations finds an operator in a layer after those
 * of its arguments. Otherwise fails with ESP_ERROR_USAGE, and the message says which term has no place and
 * why. Terms that are equal take one operator; a tanh further inside is a softif. Without dense connections,
 * operators that are free carry on what a layer does not see. Any thread. */
EspNetwork *esp_network_insert (const EspFormula *formula,
                                const EspEnvironmentInfo *environment,
                                EspArrangement *arrangement,
                                GError **error);

G_END_DECLS

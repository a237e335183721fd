/* Identities of sums: of sines and cosines, logarithms, and the logistic function. Private to the simplifier.
 */

#pragma once

#include "esp-terms.h"

G_BEGIN_DECLS

/* Rewrites terms of @sum by identities, where that shortens it. */
void esp_sum_apply_identities (EspSum *sum, EspRewriter *rewriter);

G_END_DECLS

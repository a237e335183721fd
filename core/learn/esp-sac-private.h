/* The losses of soft actor-critic by themselves, for the update that is made of them and for its tests. */

#pragma once

#include "esp-sac.h"

G_BEGIN_DECLS

/* From the batch and the noise in @sac writes the policy's loss to @sac->figures.policy_loss (with the
 * terms it is made of), and its derivative by all of the policy's parameters to
 * @sac->policy_gradient[n_parameters]:
 *
 *   mean (@alpha · log π − min Q) + guard, saturation, weight and bias penalties + λ · sparsity
 *
 * or, for a deterministic policy, of −Q of the first critic and the penalties.
 *
 * The derivative by a probability is that through the soft mask, each dm/dp limited as the recipe says. */
void esp_sac_differentiate_policy (EspSac *sac, const EspSacSchedule *schedule, double alpha);

/* Returns the mean squared difference of critic @critic's values of the batch and @sac->target[B], and
 * writes its derivative by the critic's parameters to @sac->critic_gradient[n_parameters]. */
double esp_sac_differentiate_critic (EspSac *sac, size_t critic);

G_END_DECLS

/* Demonstrations: states and what a formula, the teacher, does in them, to learn shorter formulas from.
 *
 * The states are those of the teacher's episodes and then, round after round, those that a linear imitation
 * of what has been collected comes to, where the teacher says what to do instead: an imitation that only knew
 * the teacher's ways would be lost as soon as it left them (Ross, Gordon and Bagnell 2011, DAgger).
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

typedef struct _EspDemonstrations EspDemonstrations;

/* Collects some thousand states, from episodes of @environment from @seed on. When @cancelled (NULL: never)
 * becomes true, it makes do with what it has. Free with esp_demonstrations_free(). Any thread. */
EspDemonstrations *esp_demonstrations_new (const EspFormula *teacher,
                                           const EspEnvironmentInfo *environment,
                                           uint64_t seed,
                                           const _Atomic bool *cancelled);

/* Frees @demonstrations; NULL is allowed. */
void esp_demonstrations_free (EspDemonstrations *demonstrations);

/* Returns how many states there are. */
size_t esp_demonstrations_get_n (const EspDemonstrations *demonstrations);

/* Returns minus the mean squared difference between the actions of @formula and the teacher's, as the
 * environment clips them and as a share of half their range, over the first @n states, which are as good as
 * any @n; −∞ where an action is not a number. Any thread. */
double
esp_demonstrations_compare (const EspDemonstrations *demonstrations, const EspFormula *formula, size_t n);

/* Returns linear formulas (of EspFormula, with a free function) that imitate, as esp_imitate_linearly() finds
 * them. */
GPtrArray *esp_demonstrations_imitate (const EspDemonstrations *demonstrations, size_t n_terms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspDemonstrations, esp_demonstrations_free)

G_END_DECLS

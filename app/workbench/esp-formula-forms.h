/* The forms of a formula: as the network or the user has it, simplified, and the steps between the two.
 *
 * The formulas of a network that is not pruned can take long, so all of this belongs on a worker thread. Any
 * thread, unless said otherwise.
 */

#pragma once

#include "esp-actor.h"
#include "esp-rewrite-log.h"

G_BEGIN_DECLS

/* Steps are shown of formulas up to this reading length, all actions together: each step is a whole formula,
 * and nobody follows more of them. */
#define ESP_STEPS_MAX_LENGTH 2000

/* Returns the formula of @actor, not simplified: every weight and guard of the network, or the formula as the
 * user wrote it with the constants of now. NULL for a neural policy. */
EspFormula *esp_forms_get_raw (const EspActor *actor);

/* Returns the same function as @formula, shorter to read. */
EspFormula *esp_forms_simplify (EspFormula *formula);

/* Returns the reading lengths of all actions' expressions; G_MAXSIZE where the sum is beyond counting. */
size_t esp_forms_get_length (const EspFormula *formula);

/* Gives @formula (NULL for none) back: a long one, which may take tens of milliseconds to be freed, on
 * another thread and a little later, when those who are about to let go of it have done so. Any thread. */
void esp_forms_release (EspFormula *formula);

/**
 * EspSteps:
 *
 * What the simplifier does to a formula, one rule after the other, one action after the other. Immutable.
 */
typedef struct _EspSteps EspSteps;

/* Returns the steps of @raw (referenced), or NULL where it is longer than ESP_STEPS_MAX_LENGTH. */
EspSteps *esp_steps_new (EspFormula *raw);
void esp_steps_free (EspSteps *steps);

/* Returns how many steps there are. */
size_t esp_steps_get_n (const EspSteps *steps);

/* Returns the name of the rule of step @i, static, and what it replaced and by what, as Unicode text that is
 * cut where it is long, owned by @steps. */
const char *esp_steps_get_rule (const EspSteps *steps, size_t i);
const char *esp_steps_get_before (const EspSteps *steps, size_t i);
const char *esp_steps_get_after (const EspSteps *steps, size_t i);

/* Returns a new reference to the whole formula after the first @k steps: the raw one for 0. */
EspFormula *esp_steps_get_formula (const EspSteps *steps, size_t k);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspSteps, esp_steps_free)

G_END_DECLS

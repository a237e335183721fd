/* Deadlines: a flag that becomes true when it is time, for work that looks at a flag to know when to end.
 *
 * A deadline has a thread that sleeps until then. All functions may be called from any thread.
 */

#pragma once

#include <stdbool.h>

#include <glib.h>

G_BEGIN_DECLS

typedef struct _EspDeadline EspDeadline;

/* Returns a deadline that never passes until it is set. Free with esp_deadline_free(). */
EspDeadline *esp_deadline_new (void);

/* Frees @deadline; nobody may look at its flag any more. NULL is allowed. */
void esp_deadline_free (EspDeadline *deadline);

/* Takes back esp_deadline_end() and sets no time. */
void esp_deadline_begin (EspDeadline *deadline);

/* Lets it pass in @seconds from now, HUGE_VAL for never, in place of any time set before, even one that has
 * passed; in vain after esp_deadline_end(). */
void esp_deadline_set (EspDeadline *deadline, double seconds);

/* Lets it pass now, for good: until esp_deadline_begin(). */
void esp_deadline_end (EspDeadline *deadline);

/* Returns whether it was ended by esp_deadline_end(). */
bool esp_deadline_is_ended (EspDeadline *deadline);

/* Returns what is true once it has passed; owned by @deadline. */
const _Atomic bool *esp_deadline_get_flag (const EspDeadline *deadline);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspDeadline, esp_deadline_free)

G_END_DECLS

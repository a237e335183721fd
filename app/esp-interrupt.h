/* Signals that ask a long command to stop. */

#pragma once

#include <stdbool.h>

/* From now on the first signal (SIGINT, SIGTERM, and SIGHUP unless the user wants the command to outlive its
 * terminal) is only noted; the second one, with the default action back, ends the program at once. */
void esp_interrupt_catch (void);

/* Returns what becomes true when a signal comes, for work that a flag cancels. */
const _Atomic bool *esp_interrupt_get_flag (void);

/* Returns whether a signal has come. Any thread. */
bool esp_interrupt_has_come (void);

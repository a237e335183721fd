/* The handler clock: how long the main thread works for us, in its own CPU time.
 *
 * A handler, tick or drawing function of ours that runs on the main thread is put between begin and
 * end. The clock keeps a histogram, so that the share of slow ones can be read at any time without
 * keeping every figure. Thread CPU time is what a handler itself costs: being interrupted by other
 * threads does not count.
 *
 * One clock for the process; main thread only. Begin and end may nest: only the outermost counts.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void esp_handler_clock_begin (void);
void esp_handler_clock_end (void);

/* Forgets everything measured so far. */
void esp_handler_clock_reset (void);

/* Returns how many handlers were measured. */
guint64 esp_handler_clock_get_count (void);

/* Returns the time in milliseconds that @quantile (0 … 1) of all handlers stayed under, rounded up to
 * the histogram's resolution of 0.1 ms; 0 when nothing was measured. */
double esp_handler_clock_get_quantile (double quantile);

/* Returns the longest time in milliseconds. */
double esp_handler_clock_get_maximum (void);

G_END_DECLS

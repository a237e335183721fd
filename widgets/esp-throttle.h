/* Doing something at once, but not more often than so often. Main thread only. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspThrottle:
 *
 * Zeroed at first; the fields are private.
 */
typedef struct
{
  gint64 last;
  guint timeout;
  void (*function) (gpointer data);
  gpointer data;
} EspThrottle;

/* Calls @function with @data now, or where its last call was less than @interval microseconds ago, once
 * that time has passed; further calls until then are that same call. */
void
esp_throttle_call (EspThrottle *throttle, gint64 interval, void (*function) (gpointer data), gpointer data);

/* Drops a call that waits. */
void esp_throttle_stop (EspThrottle *throttle);

G_END_DECLS

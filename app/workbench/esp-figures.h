/* Numbers as people read them, whatever the locale. */

#pragma once

#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/* Returns @count with narrow spaces between groups of three digits: `12 000` (free with g_free()). */
char *esp_figure_count (uint64_t count);

/* Returns @value with @decimals digits after the point and a real minus sign; "–" where it is not
 * finite (free with g_free()). */
char *esp_figure_number (double value, int decimals);

/* Returns a length of time to read at a glance: `45 s`, `3 min 20 s`, `2 h 5 min` (free with g_free()). */
char *esp_figure_duration (double seconds);

G_END_DECLS

/* The clock that durations are measured by. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns the seconds since some moment in the past; no change of the time of day moves it. Any thread. */
double esp_clock_now (void);

G_END_DECLS

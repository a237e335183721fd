/* The workbench: the window in which one watches and steers a run. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Prepares the drawing of windows and returns whether there is a display to open them on. To be called
 * before anything else of GTK; main thread. */
gboolean esp_workbench_has_display (void);

/* Opens the window on @environment with @recipe, a name or a file (NULL: `default`), and runs until it is
 * closed; it trains from @seed at once unless @paused. There must be a display. Returns the exit status: 0
 * when the window was closed, 1 when it could not be opened, 2, after a sentence, where there is no such
 * environment or recipe. Main thread. */
int esp_workbench_run (const char *environment, const char *recipe, guint64 seed, gboolean paused);

G_END_DECLS

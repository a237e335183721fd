/* The workbench: the window in which one watches and steers a run. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Prepares the drawing of windows and returns whether there is a display to open them on. To be called
 * before anything else of GTK; main thread. */
gboolean esp_workbench_has_display (void);

/* Opens the window and runs until it is closed. @argv is the program's name and then the options
 * `--environment NAME`, `--recipe NAME|FILE`, `--seed N` and `--paused`. Returns the exit status: 0
 * when the window was closed, 1 when it could not be opened, 2 for a wrong option. Main thread. */
int esp_workbench_run (int argc, char **argv);

G_END_DECLS

/* Checking environment files in a process of its own.
 *
 * The process is this program again, with the command `check-environment`. It limits its own memory and
 * processor time before it opens the file; the caller limits the time that it waits. Whatever the file does
 * to MuJoCo there does not happen here.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An EspEnvironmentChecker: fails with the helper's sentence, or with one about how it ended. */
gboolean esp_helper_check_environment (const char *path, char **digest, GError **error);

/* Puts the limits of a helper on this process. */
void esp_helper_limit (void);

G_END_DECLS

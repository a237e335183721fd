/* The bars: the mean returns that are asked of a formula in each environment (resources/bars.json). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * EspBar:
 * @best: of the best of five seeds; NaN where there is none, as in the others
 * @median: of the median of five seeds
 * @wall_seconds: that a run may take on two processors
 * @reading_length: that the formula of an action may have
 *
 * What is asked for in an environment.
 */
typedef struct
{
  double best;
  double median;
  double wall_seconds;
  double reading_length;
} EspBar;

/* Fills @bar with that of @environment, all NaN where there is none. Fails as esp_json_load() does, where the
 * file is missing or damaged. */
gboolean esp_bar_load (const char *environment, EspBar *bar, GError **error);

G_END_DECLS

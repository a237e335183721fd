/* What a user of a workbench sees and does: the conditions that tests wait for, and the commands that they
 * give. */

#pragma once

#include "esp-bench.h"

G_BEGIN_DECLS

/* Returns the newest snapshot of the run, or NULL before there is one; it belongs to the session. */
EspSnapshot *esp_bench_get_snapshot (EspBench *bench);

/* Conditions for esp_bench_wait(): of the run, */
gboolean esp_bench_is_paused (EspBench *bench);
gboolean esp_bench_is_training (EspBench *bench);
gboolean esp_bench_is_evaluated (EspBench *bench);
gboolean esp_bench_is_done (EspBench *bench);
/* of the robot's picture, */
gboolean esp_bench_is_drawn (EspBench *bench);
/* and of the formula: that there is one, and that it is shown in another form than the simplified one. */
gboolean esp_bench_has_formula (EspBench *bench);
gboolean esp_bench_shows_another_form (EspBench *bench);

/* Activates the window's @action, which must be enabled. */
void esp_bench_activate (EspBench *bench, const char *action);

/* Presses @keyval by the shortcuts of the window itself, the ones that a text field may take first. */
void esp_bench_press_soft_key (EspBench *bench, guint keyval);

/* Shows the formula in @form: `simplified`, `raw` or `medium`. */
void esp_bench_choose_form (EspBench *bench, const char *form);

G_END_DECLS

/* A session: one run and the robot that shows it.
 *
 * The session owns the trainer and the viewer and is the one place that talks to them. It polls their
 * triple buffers on the main loop and hands what is new to whoever listens; nobody waits for anybody.
 * It has no window and can be used without one. Main thread only.
 *
 * Signals:
 * - `snapshot` (EspSnapshot *): the newest snapshot, at most ten times a second
 * - `formula` (EspFormula *, may be NULL): the formula that the robot follows from now on: the one on trial,
 * the chosen one, or the run's newest
 * - `frame` (GdkTexture *): a new picture of the robot; esp_session_get_frame() says what it shows
 * - `finished` (const EspResult *): the run is done
 * - `environment-changed` (): a new trainer, for another environment or another kind of policy
 * - `speed-changed` (): the robot is shown at another speed
 * - `view-failed` (): no more pictures will come; esp_session_get_view_error() says why
 * - `front` (EspArchive *, may be NULL): return against reading length of what was found so far
 * - `polishing` (): polishing has begun or ended, or gone on
 * - `polished` (const EspPolishReport *): it has ended, and was not cancelled
 */

#pragma once

#include <gdk/gdk.h>

#include "esp-frame.h"
#include "esp-polisher.h"
#include "esp-trainer.h"

G_BEGIN_DECLS

#define ESP_TYPE_SESSION (esp_session_get_type ())
G_DECLARE_FINAL_TYPE (EspSession, esp_session, ESP, SESSION, GObject)

/* Returns a paused session in @environment with @recipe (NULL: `default`) from @seed. Fails as
 * esp_recipe_load() and esp_trainer_new() do. Where the robot cannot be drawn the session works without
 * pictures; esp_session_get_view_error() says why. */
EspSession *esp_session_new (const char *environment, const char *recipe, guint64 seed, GError **error);

/* Stops and joins the viewer and the trainer; nothing is signalled any more. Dropping the last
 * reference does it too. */
void esp_session_close (EspSession *session);

/* Starts anew, paused, in the built-in @environment with its recipe `default` and the present seed.
 * Where that fails the session goes on as it was. */
gboolean esp_session_set_environment (EspSession *session, const char *environment, GError **error);

/* Starts anew, paused, in the present environment with the present seed, a policy that is @text, a formula in
 * the language, whose constants are trained as the environment's recipe `default` says. Fails as
 * esp_trainer_new() does; the session goes on as it was then. */
gboolean esp_session_train_formula (EspSession *session, const char *text, GError **error);

/* Starts anew, paused, with the recipe that the session had before esp_session_train_formula(). */
gboolean esp_session_leave_formula (EspSession *session, GError **error);

/* Has the robot follow @formula, whose variables and actions are those of the environment, whatever is
 * learned meanwhile; NULL ends the trial. Another environment or policy ends it, too. */
void esp_session_try (EspSession *session, EspFormula *formula);
EspFormula *esp_session_get_trial (EspSession *session); /* NULL for none; not referenced */

/* Searches for @seconds for shorter and better formulas around the one that is shown, or the network's while
 * there is a run; learning goes on. What is found is chosen at the end if it is better than what was
 * polished. Another run, environment or policy cancels it. */
void esp_session_polish (EspSession *session, double seconds);
void esp_session_cancel_polish (EspSession *session);
gboolean esp_session_can_polish (EspSession *session);
gboolean esp_session_is_polishing (EspSession *session);
double esp_session_get_polish_share (EspSession *session);   /* 0 … 1 */
double esp_session_get_polish_seconds (EspSession *session); /* that it will still take */

/* Return against reading length of what the run's own search or polishing has found, or NULL; not referenced.
 */
EspArchive *esp_session_get_front (EspSession *session);

/* Has the session show @formula, whose variables and actions are those of the environment, and the robot
 * follow it, in place of the run's newest formula; NULL goes back to that. Another run, environment or policy
 * does so, too. */
void esp_session_choose (EspSession *session, EspFormula *formula);
EspFormula *esp_session_get_choice (EspSession *session); /* NULL for none; not referenced */

/* Commands to the trainer; they return at once. */
void esp_session_train (EspSession *session);
void esp_session_pause (EspSession *session);
void esp_session_run_steps (EspSession *session, guint64 n_steps);
void esp_session_restart (EspSession *session, guint64 seed);
void esp_session_finish (EspSession *session);

/* What the session knows. */
const EspEnvironmentInfo *esp_session_get_environment (EspSession *session);
EspRecipe *esp_session_get_recipe (EspSession *session);
guint64 esp_session_get_seed (EspSession *session);
EspRunState esp_session_get_state (EspSession *session);
EspSnapshot *esp_session_get_snapshot (EspSession *session); /* the newest, or NULL; not referenced */
EspFormula *
esp_session_get_formula (EspSession *session); /* the chosen or the run's newest, or NULL; not referenced */
const EspResult *esp_session_get_result (EspSession *session); /* of a run that is done, else NULL */
const EspFrame *esp_session_get_frame (EspSession *session);   /* what the newest picture shows, or NULL */

/* The robot. The camera moves in heights of the picture. */
const char *esp_session_get_view_error (EspSession *session); /* why there are no pictures, or NULL */
void esp_session_set_view_size (EspSession *session, int width, int height);
void esp_session_set_view_visible (EspSession *session, gboolean visible);
void esp_session_orbit (EspSession *session, double right, double down);
void esp_session_pan (EspSession *session, double right, double down);
void esp_session_zoom (EspSession *session, double closer);
void esp_session_reset_camera (EspSession *session);

/* The speed of the picture: simulated seconds in a second; change_speed() goes one step up or down the
 * viewer's ladder of speeds. */
double esp_session_get_speed (EspSession *session);
void esp_session_set_speed (EspSession *session, double speed);
gboolean esp_session_can_change_speed (EspSession *session, gboolean faster);
void esp_session_change_speed (EspSession *session, gboolean faster);

G_END_DECLS

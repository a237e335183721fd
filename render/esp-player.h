/* Plays episodes of an environment in simulated real time, for the viewer; knows nothing of drawing.
 *
 * The pose that is shown lags one step behind the newest one and glides from the one before it, so that
 * motion is smooth at any speed. A player belongs to one thread.
 */

#pragma once

#include "esp-viewer.h"

G_BEGIN_DECLS

typedef struct _EspPlayer EspPlayer;

/* Seconds for which the last pose of an episode is held. */
#define ESP_PLAYER_HOLD 0.7

/* Returns a player of the environment @name at the beginning of the episode with seed 0, acting with zero.
 * Fails as esp_environment_new(). Free with esp_player_free(). */
EspPlayer *esp_player_new (const char *name, GError **error);

/* Frees @player; NULL is allowed. */
void esp_player_free (EspPlayer *player);

/* Returns the description of the player's environment. */
const EspEnvironmentInfo *esp_player_get_info (const EspPlayer *player);

/* Acts with @function from the next step on; NULL for zero action. Does not own @data. */
void esp_player_set_policy (EspPlayer *player, EspPolicyFunction function, void *data);

/* Starts the episode with @seed, as the first one. */
void esp_player_restart (EspPlayer *player, uint64_t seed);

/* Lets @seconds of real time pass at @speed. Returns whether what is shown has changed. */
bool esp_player_advance (EspPlayer *player, double seconds, double speed);

/* Writes the joint positions to show (@pose[n_pose]). */
void esp_player_get_pose (const EspPlayer *player, double *pose);

/* Fills in what @frame says of the episode. */
void esp_player_describe (const EspPlayer *player, EspFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspPlayer, esp_player_free)

G_END_DECLS

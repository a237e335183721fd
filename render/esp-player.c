#include "esp-player.h"

#include <string.h>

/* More steps than this in one go are not made up for: a picture that was late is just late. */
#define MAX_STEPS_AT_ONCE 200

struct _EspPlayer
{
  EspEnvironment *environment;
  const EspEnvironmentInfo *info;
  EspPolicyFunction policy;
  void *policy_data;
  uint64_t seed;
  uint64_t episode;
  uint64_t step;
  double episode_return;
  bool ended;
  bool terminated;
  bool succeeded;
  double phase; /* simulated seconds since the newest step, 0 … time_step */
  double held;  /* real seconds since the end was shown */
  double observation[ESP_MAX_OBSERVATIONS];
  double action[ESP_MAX_ACTIONS];
  double *previous; /* poses before and after the newest step */
  double *newest;
};

EspPlayer *
esp_player_new (const char *name, GError **error)
{
  EspEnvironment *environment = esp_environment_new (name, error);
  EspPlayer *player;

  if (environment == NULL)
    return NULL;

  player = g_new0 (EspPlayer, 1);
  player->environment = environment;
  player->info = esp_environment_get_info (environment);
  player->previous = g_new0 (double, player->info->n_pose);
  player->newest = g_new0 (double, player->info->n_pose);
  esp_player_restart (player, 0);

  return player;
}

void
esp_player_free (EspPlayer *player)
{
  if (player == NULL)
    return;
  esp_environment_free (player->environment);
  g_free (player->previous);
  g_free (player->newest);
  g_free (player);
}

const EspEnvironmentInfo *
esp_player_get_info (const EspPlayer *player)
{
  return player->info;
}

void
esp_player_set_policy (EspPlayer *player, EspPolicyFunction function, void *data)
{
  player->policy = function;
  player->policy_data = data;
}

static void
start_episode (EspPlayer *player, uint64_t seed)
{
  player->seed = seed;
  player->step = 0;
  player->episode_return = 0;
  player->ended = false;
  player->terminated = false;
  player->succeeded = false;
  player->held = 0;
  /* the first pose is shown as it is: the first step is due at once */
  player->phase = player->info->time_step;
  memset (player->action, 0, sizeof player->action);
  esp_environment_reset (player->environment, seed, player->observation);
  esp_environment_get_pose (player->environment, player->newest);
  esp_environment_get_pose (player->environment, player->previous);
}

void
esp_player_restart (EspPlayer *player, uint64_t seed)
{
  player->episode = 1;
  start_episode (player, seed);
}

static void
take_step (EspPlayer *player)
{
  double *swap = player->previous;
  EspStep step;

  memset (player->action, 0, sizeof player->action);
  if (player->policy != NULL)
    player->policy (player->policy_data, player->observation, player->action);
  step = esp_environment_step (player->environment, player->action, player->observation);

  player->previous = player->newest;
  player->newest = swap;
  esp_environment_get_pose (player->environment, player->newest);
  player->step++;
  player->episode_return += step.reward;
  player->terminated = step.terminated;
  player->succeeded = step.succeeded;
  player->ended = step.terminated || step.truncated;
}

bool
esp_player_advance (EspPlayer *player, double seconds, double speed)
{
  double time_step = player->info->time_step;
  double due = seconds * speed;
  bool changed = false;

  if (due <= 0)
    return false;

  for (int i = 0; i < MAX_STEPS_AT_ONCE; i++)
    {
      double gap = time_step - player->phase;

      if (due < gap)
        {
          player->phase += due;
          return true;
        }
      changed |= gap > 0;
      due -= gap;
      player->phase = time_step;
      if (player->ended)
        {
          player->held += due / speed;
          if (player->held < ESP_PLAYER_HOLD)
            return changed;
          player->episode++;
          start_episode (player, player->seed + 1);
          return true;
        }
      take_step (player);
      player->phase = 0;
    }

  return true;
}

void
esp_player_get_pose (const EspPlayer *player, double *pose)
{
  double share = player->phase / player->info->time_step;

  for (size_t i = 0; i < player->info->n_pose; i++)
    pose[i] = player->previous[i] + share * (player->newest[i] - player->previous[i]);
}

void
esp_player_describe (const EspPlayer *player, EspFrame *frame)
{
  double begun = player->step == 0 ? 0
                                   : (double) (player->step - 1) * player->info->time_step + player->phase;

  frame->seed = player->seed;
  frame->episode = player->episode;
  frame->step = player->step;
  frame->time = begun;
  frame->episode_return = player->episode_return;
  frame->ended = player->ended && player->phase >= player->info->time_step;
  frame->terminated = frame->ended && player->terminated;
  frame->succeeded = frame->ended && player->succeeded;
  frame->n_observations = player->info->n_observations;
  frame->n_actions = player->info->n_actions;
  memcpy (frame->observation, player->observation, sizeof player->observation);
  memcpy (frame->action, player->action, sizeof player->action);
}

/* What the viewer plays: the same episodes as the environment itself, at any speed. */

#include <math.h>
#include <string.h>

#include <glib.h>

#include "esp-error.h"
#include "esp-player.h"
#include "esp-scene.h"

#define TIME_STEP 0.02 /* of cartpole */

typedef struct
{
  int n_calls;
  double observation[4];
} Seen;

static void
act_gently (void *data, const double *observation, double *action)
{
  Seen *seen = data;

  seen->n_calls++;
  memcpy (seen->observation, observation, sizeof seen->observation);
  action[0] = observation[2] + 0.2 * observation[3];
}

static void
push_right (void *data, const double *observation, double *action)
{
  action[0] = 1;
}

static EspFrame
describe (const EspPlayer *player)
{
  EspFrame frame = { 0 };

  esp_player_describe (player, &frame);

  return frame;
}

static void
test_same_episode (void)
{
  g_autoptr (EspPlayer) player = esp_player_new ("cartpole", NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  double observation[ESP_MAX_OBSERVATIONS], action, sum = 0;
  Seen seen = { 0 };

  esp_player_set_policy (player, act_gently, &seen);
  esp_player_restart (player, 6);
  esp_environment_reset (environment, 6, observation);
  for (int t = 0; t < 50; t++)
    {
      EspFrame frame = describe (player);

      g_assert_cmpuint (frame.step, ==, t);
      g_assert_cmpuint (frame.seed, ==, 6);
      g_assert_cmpuint (frame.episode, ==, 1);
      g_assert_cmpuint (frame.n_observations, ==, 4);
      g_assert_cmpuint (frame.n_actions, ==, 1);
      g_assert_cmpmem (frame.observation, 4 * sizeof (double), observation, 4 * sizeof (double));
      g_assert_cmpfloat (frame.episode_return, ==, sum);

      action = observation[2] + 0.2 * observation[3];
      g_assert_true (esp_player_advance (player, t == 0 ? TIME_STEP / 2 : TIME_STEP, 1));
      g_assert_cmpint (seen.n_calls, ==, t + 1);
      g_assert_cmpmem (seen.observation, sizeof seen.observation, observation, sizeof seen.observation);
      g_assert_cmpfloat (describe (player).action[0], ==, action);
      sum += esp_environment_step (environment, &action, observation).reward;
    }
}

/* Between two steps the pose lies on the line from the older to the newer one. */
static void
test_interpolation (void)
{
  g_autoptr (EspPlayer) player = esp_player_new ("cartpole", NULL);
  g_autoptr (EspEnvironment) environment = esp_environment_new ("cartpole", NULL);
  double observation[ESP_MAX_OBSERVATIONS], before[2], after[2], pose[2];

  esp_player_set_policy (player, push_right, NULL);
  esp_environment_reset (environment, 0, observation);
  esp_environment_get_pose (environment, after);
  esp_player_get_pose (player, pose);
  g_assert_cmpmem (pose, sizeof pose, after, sizeof after);

  for (int t = 0; t < 3; t++)
    {
      memcpy (before, after, sizeof before);
      esp_environment_step (environment, &(double){ 1 }, observation);
      esp_environment_get_pose (environment, after);
      for (int quarter = 1; quarter <= 4; quarter++)
        {
          esp_player_advance (player, TIME_STEP / 4 * 8, 0.125);
          esp_player_get_pose (player, pose);
          for (int i = 0; i < 2; i++)
            g_assert_cmpfloat_with_epsilon (pose[i], before[i] + quarter / 4.0 * (after[i] - before[i]),
                                            1e-9);
          g_assert_cmpfloat_with_epsilon (describe (player).time, (t + quarter / 4.0) * TIME_STEP, 1e-9);
        }
    }
}

/* The way time is cut into frames changes nothing in what happens. */
static void
test_frame_rate (void)
{
  g_autoptr (EspPlayer) coarse = esp_player_new ("pendulum", NULL);
  g_autoptr (EspPlayer) fine = esp_player_new ("pendulum", NULL);
  double first, second;

  for (int i = 0; i < 10; i++)
    {
      esp_player_advance (coarse, 0.25, 2);
      for (int k = 0; k < 16; k++)
        esp_player_advance (fine, 0.03125, 1);
    }
  /* away from the edge of a step, where rounding decides */
  esp_player_advance (coarse, 0.01, 1);
  esp_player_advance (fine, 0.01, 1);
  g_assert_cmpuint (describe (coarse).step, ==, describe (fine).step);
  esp_player_get_pose (coarse, &first);
  esp_player_get_pose (fine, &second);
  g_assert_cmpfloat_with_epsilon (first, second, 1e-9);
}

static void
test_episodes (void)
{
  g_autoptr (EspPlayer) player = esp_player_new ("cartpole", NULL);
  EspFrame frame;
  int guard = 0;

  esp_player_set_policy (player, push_right, NULL);
  esp_player_restart (player, 40);
  while (!describe (player).ended && guard++ < 1000)
    esp_player_advance (player, TIME_STEP, 1);
  frame = describe (player);
  g_assert_true (frame.ended && frame.terminated && !frame.succeeded);
  g_assert_cmpfloat (frame.episode_return, ==, frame.step);
  g_assert_cmpfloat_with_epsilon (frame.time, frame.step * TIME_STEP, 1e-9);

  /* the hold is in real time, and the picture rests */
  g_assert_false (esp_player_advance (player, 0.5 * ESP_PLAYER_HOLD, 16));
  g_assert_true (describe (player).ended);
  g_assert_cmpuint (describe (player).step, ==, frame.step);
  g_assert_true (esp_player_advance (player, 0.6 * ESP_PLAYER_HOLD, 0.125));
  frame = describe (player);
  g_assert_false (frame.ended);
  g_assert_cmpuint (frame.seed, ==, 41);
  g_assert_cmpuint (frame.episode, ==, 2);
  g_assert_cmpuint (frame.step, ==, 0);
  g_assert_cmpfloat (frame.episode_return, ==, 0);
  g_assert_cmpfloat (frame.time, ==, 0);

  esp_player_restart (player, 3);
  g_assert_cmpuint (describe (player).episode, ==, 1);
  g_assert_cmpuint (describe (player).seed, ==, 3);
}

static void
push_along (void *data, const double *observation, double *action)
{
  action[0] = observation[1] < 0 ? -1 : 1;
}

static void
test_goal (void)
{
  g_autoptr (EspPlayer) player = esp_player_new ("mountain-car", NULL);
  int guard = 0;

  esp_player_set_policy (player, push_along, NULL);
  esp_player_restart (player, 1);
  while (!describe (player).ended && guard++ < 1000)
    {
      g_assert_false (describe (player).succeeded);
      esp_player_advance (player, 0.1, 1);
    }
  g_assert_true (describe (player).terminated && describe (player).succeeded);
}

static void
test_pause (void)
{
  g_autoptr (EspPlayer) player = esp_player_new ("cartpole", NULL);

  g_assert_false (esp_player_advance (player, 1, 0));
  g_assert_false (esp_player_advance (player, 0, 1));
  g_assert_cmpuint (describe (player).step, ==, 0);
}

static void
test_unknown (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (esp_player_new ("cartwheel", &error));
  g_assert_error (error, ESP_ERROR, ESP_ERROR_USAGE);
}

/* Every environment has a scene that its pose fits. */
static void
test_scenes (void)
{
  size_t n;
  const EspEnvironmentInfo *const *infos = esp_environment_list (&n);

  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (EspEnvironment) environment = esp_environment_new (infos[i]->name, NULL);
      g_autofree double *pose = g_new (double, infos[i]->n_pose);
      GError *error = NULL;
      EspScene *scene = esp_scene_load (infos[i]->scene, infos[i]->n_pose, &error);

      g_assert_no_error (error);
      esp_environment_get_pose (environment, pose);
      esp_scene_pose (scene, pose, &error);
      g_assert_no_error (error);
      esp_scene_free (scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/render/player/same-episode", test_same_episode);
  g_test_add_func ("/render/player/interpolation", test_interpolation);
  g_test_add_func ("/render/player/frame-rate", test_frame_rate);
  g_test_add_func ("/render/player/episodes", test_episodes);
  g_test_add_func ("/render/player/goal", test_goal);
  g_test_add_func ("/render/player/pause", test_pause);
  g_test_add_func ("/render/player/unknown", test_unknown);
  g_test_add_func ("/render/scenes", test_scenes);

  return g_test_run ();
}

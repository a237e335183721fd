/* Replaying recordings; see esp-trajectory.h. */

#include "esp-trajectory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "esp-bipedal-walker.h"
#include "esp-lunar-lander.h"

#define PERCENTILE   0.9
#define SLEEP_REWARD 100.0

/* Deviations in the making. */
typedef struct
{
  EspDeviations *result;
  size_t n_observations;
  GArray *rows; /* double [n_steps][n_observations] */
  double worst;
} Tally;

static double
get_deviation (double measured, double expected)
{
  double deviation = fabs (measured - expected);

  return isnan (deviation) ? INFINITY : deviation;
}

static void
tally_observation (
  Tally *tally, const double *measured, const EspTrajectoryStep *step, size_t episode, size_t t)
{
  EspDeviations *result = tally->result;

  for (size_t i = 0; i < tally->n_observations; i++)
    {
      double deviation = get_deviation (measured[i], step->observation[i]);

      g_array_append_val (tally->rows, deviation);
      if (deviation > tally->worst)
        {
          tally->worst = deviation;
          result->worst_episode = episode;
          result->worst_step = t;
          result->worst_component = i;
        }
    }
  result->n_steps++;
}

static void
tally_reward (EspDeviations *result, EspStep measured, const EspTrajectoryStep *step)
{
  result->reward_maximum = fmax (result->reward_maximum, get_deviation (measured.reward, step->reward));
  result->termination_mismatches += measured.terminated != step->terminated;
}

static int
compare_numbers (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
tally_finish (Tally *tally)
{
  EspDeviations *result = tally->result;
  size_t n = result->n_steps;
  g_autofree double *column = g_new (double, n + 1);

  for (size_t i = 0; n > 0 && i < tally->n_observations; i++)
    {
      double squares = 0;

      for (size_t t = 0; t < n; t++)
        {
          column[t] = g_array_index (tally->rows, double, t * tally->n_observations + i);
          squares += column[t] * column[t];
        }
      qsort (column, n, sizeof *column, compare_numbers);
      result->maximum[i] = column[n - 1];
      result->percentile[i] = column[(size_t) ceil (PERCENTILE * (double) n) - 1];
      result->rms[i] = sqrt (squares / (double) n);
    }
  g_array_unref (tally->rows);
}

static void
tally_init (Tally *tally, EspDeviations *result, size_t n_observations)
{
  *tally = (Tally){
    .result = result,
    .n_observations = n_observations,
    .rows = g_array_new (FALSE, FALSE, sizeof (double)),
    .worst = -1,
  };
}

/* Starts at the episode's beginning and writes the observation. */
static gboolean
begin (EspEnvironment *environment, const EspTrajectoryEpisode *episode, double *observation, GError **error)
{
  if (episode->task != NULL && !esp_environment_set_task (environment, episode->task, error))
    return FALSE;
  if (episode->start != NULL)
    return episode->n_prefix == ESP_LUNAR_LANDER_N_HEIGHTS
             ? esp_lunar_lander_start (environment, episode->start, observation, error)
             : esp_bipedal_walker_start (environment, episode->start, observation, error);
  if (!esp_environment_set_physics (environment, episode->steps[0].state,
                                    esp_environment_get_n_physics (environment), error))
    return FALSE;
  esp_environment_observe (environment, observation);

  return TRUE;
}

/* Puts the running episode at the state before @step. */
static gboolean
put (EspEnvironment *environment,
     const EspTrajectoryEpisode *episode,
     const EspTrajectoryStep *step,
     GError **error)
{
  size_t n = esp_environment_get_n_physics (environment);
  g_autofree double *state = NULL;

  if (episode->n_prefix == 0)
    return esp_environment_correct_physics (environment, step->state, n, error);
  state = g_new (double, n);
  memcpy (state, episode->prefix, episode->n_prefix * sizeof *state);
  memcpy (state + episode->n_prefix, step->state, (n - episode->n_prefix) * sizeof *state);

  return esp_environment_correct_physics (environment, state, n, error);
}

static EspStep
take (EspEnvironment *environment, const EspTrajectoryStep *step, double *observation)
{
  if (step->draws != NULL)
    esp_lunar_lander_set_draws (environment, step->draws);

  return esp_environment_step_unclipped (environment, step->action, observation);
}

/* A single state does not know for how long the lander has been at rest. */
static bool
ends_asleep (const EspTrajectoryStep *step)
{
  return step->draws != NULL && step->terminated && step->reward == SLEEP_REWARD;
}

static gboolean
replay_one_step (EspEnvironment *environment,
                 const EspTrajectoryEpisode *episode,
                 size_t number,
                 Tally *tally,
                 EspComparison *comparison,
                 GError **error)
{
  double observation[ESP_MAX_OBSERVATIONS];

  for (size_t t = 0; t < episode->n_steps; t++)
    {
      const EspTrajectoryStep *step = &episode->steps[t];
      EspStep measured;

      if (t == 0 ? !begin (environment, episode, observation, error)
                 : step->state != NULL && !put (environment, episode, step, error))
        {
          g_prefix_error (error, "in episode “%s”, step %zu, ", episode->name, t);
          return FALSE;
        }
      if (t == 0 && episode->reset_observation != NULL)
        {
          comparison->n_resets++;
          for (size_t i = 0; i < tally->n_observations; i++)
            comparison->reset_maximum[i] = fmax (
              comparison->reset_maximum[i], get_deviation (observation[i], episode->reset_observation[i]));
        }
      measured = take (environment, step, observation);
      if (t > 0 && step->state == NULL)
        {
          comparison->n_without_state++;
          continue;
        }
      if (step->observation != NULL)
        tally_observation (tally, observation, step, number, t);
      if (ends_asleep (step) && !measured.terminated)
        comparison->n_asleep++;
      else
        tally_reward (tally->result, measured, step);
    }

  return TRUE;
}

static gboolean
replay_open_loop (EspEnvironment *environment,
                  const EspTrajectoryEpisode *episode,
                  size_t number,
                  Tally *tally,
                  GError **error)
{
  double observation[ESP_MAX_OBSERVATIONS];

  if (!begin (environment, episode, observation, error))
    return FALSE;
  for (size_t t = 0; t < MIN (episode->n_steps, ESP_TRAJECTORY_HORIZON); t++)
    {
      const EspTrajectoryStep *step = &episode->steps[t];
      EspStep measured = take (environment, step, observation);

      if (step->observation != NULL)
        tally_observation (tally, observation, step, number, t);
      tally_reward (tally->result, measured, step);
    }

  return TRUE;
}

gboolean
esp_trajectory_compare (const EspTrajectory *trajectory,
                        EspEnvironment *environment,
                        EspComparison *comparison,
                        GError **error)
{
  size_t n_observations = esp_environment_get_info (environment)->n_observations;
  Tally one_step, open_loop;
  gboolean done = TRUE;

  *comparison = (EspComparison){ 0 };
  tally_init (&one_step, &comparison->one_step, n_observations);
  tally_init (&open_loop, &comparison->open_loop, n_observations);
  for (size_t e = 0; e < trajectory->n_episodes && done; e++)
    {
      const EspTrajectoryEpisode *episode = &trajectory->episodes[e];

      done = replay_one_step (environment, episode, e, &one_step, comparison, error)
             && replay_open_loop (environment, episode, e, &open_loop, error);
    }
  tally_finish (&one_step);
  tally_finish (&open_loop);

  return done;
}

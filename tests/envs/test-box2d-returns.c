/* Returns of fixed policies in lunar lander and bipedal walker, against those in Gymnasium on Box2D 2.3.0. */

#include "test-box2d.h"

#include <math.h>

#include "esp-environment.h"
#include "esp-random.h"

/* What the demonstration controllers remember. */
typedef struct
{
  EspRandom random;
  int phase;
  int moving;
  double support;
  bool has_begun;
} Memory;

typedef void (*PolicyFunction) (Memory *memory, const double *seen, double *action);

static double
clip (double value, double limit)
{
  return CLAMP (value, -limit, limit);
}

static void
act_zero (Memory *memory, const double *seen, double *action)
{
}

static void
land (Memory *memory, const double *seen, double *action)
{
  double target = clip (0.5 * seen[0] + seen[2], 0.4);
  double turn = 0.5 * (target - seen[4]) - seen[5];
  double lift = 0.5 * (0.55 * fabs (seen[0]) - seen[1]) - 0.5 * seen[3];

  if (seen[6] != 0 || seen[7] != 0)
    {
      turn = 0;
      lift = -0.5 * seen[3];
    }
  action[0] = clip (20 * lift - 1, 1);
  action[1] = clip (-20 * turn, 1);
}

enum
{
  STAY_ON_ONE_LEG,
  PUT_OTHER_DOWN,
  PUSH_OFF,
};

static void
walk (Memory *memory, const double *seen, double *action)
{
  const double speed = 0.29, straight = 0.1;
  double hip[2] = { 0 }, knee[2] = { 0 };
  int moving = memory->moving, standing = 1 - moving;
  const double *legs[] = { seen + 4, seen + 9 }; /* hip, its speed, knee, its speed, contact */

  if (!memory->has_begun)
    {
      /* the first action is zero */
      *memory = (Memory){ .has_begun = true, .support = straight };
      return;
    }
  if (memory->phase == STAY_ON_ONE_LEG)
    {
      hip[moving] = 1.1;
      knee[moving] = -0.6;
      memory->support = fmin (memory->support + (seen[2] > speed ? 0.06 : 0.03), straight);
      knee[standing] = memory->support;
      if (legs[standing][0] < 0.1)
        memory->phase = PUT_OTHER_DOWN;
    }
  if (memory->phase == PUT_OTHER_DOWN)
    {
      hip[moving] = 0.1;
      knee[moving] = straight;
      knee[standing] = memory->support;
      if (legs[moving][4] != 0)
        {
          memory->phase = PUSH_OFF;
          memory->support = fmin (legs[moving][2], straight);
        }
    }
  if (memory->phase == PUSH_OFF)
    {
      knee[moving] = memory->support;
      knee[standing] = 1;
      if (legs[standing][2] > 0.88 || seen[2] > 1.2 * speed)
        {
          memory->phase = STAY_ON_ONE_LEG;
          memory->moving = standing;
        }
    }
  for (int i = 0; i < 2; i++)
    {
      double hip_command = hip[i] != 0 ? 0.9 * (hip[i] - legs[i][0]) - 0.25 * legs[i][1] : 0;
      double knee_command = knee[i] != 0 ? 4 * (knee[i] - legs[i][2]) - 0.25 * legs[i][3] : 0;

      action[2 * i] = clip (0.5 * (hip_command + 0.9 * seen[0] + 1.5 * seen[1]), 1);
      action[2 * i + 1] = clip (0.5 * (knee_command - 15 * seen[3]), 1);
    }
}

typedef struct
{
  const char *environment;
  const char *label;
  PolicyFunction policy;
  int n_episodes;
  double n; /* in the reference, with mean, standard deviation and share of goals */
  double mean;
  double deviation;
  double goals;
  double least_error; /* what is forgiven at least */
} Reference;

static const Reference references[] = {
  { "lunar-lander", "landing", land, 200, 500, 283.0127838837317, 26.353693089526598, 0.998, 0 },
  { "bipedal-walker", "zero", act_zero, 20, 200, -91.94133123892709, 0.08629790742209174, 0, 0.1 },
  { "bipedal-walker", "walking", walk, 150, 800, 102.38, 123.49, 0.09125, 0 },
};

/* Returns within three standard errors, and goals too: landing pays 100 at the end, and the walker's end is
 * the only one that does not cost 100. */
static void
test_returns (const void *data)
{
  const Reference *reference = data;
  g_autoptr (EspEnvironment) environment = esp_environment_new (reference->environment, NULL);
  double sum = 0, squares = 0, goals = 0, mean, error, share_error;

  for (int i = 0; i < reference->n_episodes; i++)
    {
      double seen[ESP_MAX_OBSERVATIONS], value = 0;
      Memory memory = { 0 };
      EspStep step = { 0 };

      esp_environment_reset (environment, 5000 + i, seen);
      while (!step.terminated && !step.truncated)
        {
          double action[ESP_MAX_ACTIONS] = { 0 };

          reference->policy (&memory, seen, action);
          step = esp_environment_step (environment, action, seen);
          value += step.reward;
        }
      g_assert_cmpint (step.succeeded, ==, step.terminated && step.reward > -100);
      goals += step.succeeded;
      sum += value;
      squares += value * value;
    }
  mean = sum / reference->n_episodes;
  error = sqrt ((squares / reference->n_episodes - mean * mean) / reference->n_episodes
                + reference->deviation * reference->deviation / reference->n);
  error = MAX (error, reference->least_error);
  goals /= reference->n_episodes;
  share_error = sqrt (reference->goals * (1 - reference->goals)
                      * (1 / reference->n + 1.0 / reference->n_episodes));
  g_test_message ("%s: mean %.2f here, %.2f in the reference, standard error %.2f; goals %.3f and %.3f",
                  reference->label, mean, reference->mean, error, goals, reference->goals);
  g_assert_cmpfloat (fabs (mean - reference->mean), <, 3 * error);
  g_assert_cmpfloat (fabs (goals - reference->goals), <=, 3 * share_error);
}

void
add_return_tests (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (references); i++)
    {
      g_autofree char *path = g_strdup_printf ("/box2d/returns/%s/%s", references[i].environment,
                                               references[i].label);

      g_test_add_data_func (path, &references[i], test_returns);
    }
}

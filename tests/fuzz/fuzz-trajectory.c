/* Fuzzing recordings: the first byte, a digit, chooses the environment, the rest is the file. What is taken
 * replays. corpus/trajectory has one of each kind. */

#include <stdint.h>
#include <string.h>

#include "esp-error.h"
#include "esp-trajectory.h"

/* Replaying more is sound but slow. */
#define MAX_STEPS 300

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static size_t
count_steps (const EspTrajectory *trajectory)
{
  size_t n = 0;

  for (size_t e = 0; e < trajectory->n_episodes; e++)
    n += trajectory->episodes[e].n_steps;

  return n;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = {
    "cartpole",    "pendulum",           "hopper",       "reacher",        "hopper-params",
    "cheetah-vel", "cartpole-force-ood", "lunar-lander", "bipedal-walker",
  };
  static EspEnvironment *environments[G_N_ELEMENTS (names)];
  g_autoptr (GError) error = NULL;
  g_autoptr (EspTrajectory) trajectory = NULL;
  EspEnvironment **environment;
  EspComparison comparison;
  size_t choice;

  if (size == 0)
    return 0;
  choice = (uint8_t) (data[0] - '0') % G_N_ELEMENTS (names);
  environment = &environments[choice];
  if (*environment == NULL)
    *environment = esp_environment_new (names[choice], &error);
  g_assert_no_error (error);

  trajectory = esp_trajectory_parse ("input", (const char *) data + 1, size - 1, *environment, &error);
  g_assert_true ((trajectory == NULL) == (error != NULL));
  if (trajectory != NULL && count_steps (trajectory) <= MAX_STEPS)
    {
      gboolean done = esp_trajectory_compare (trajectory, *environment, &comparison, &error);

      g_assert_true (done == (error == NULL));
    }
  if (error != NULL)
    g_assert_true (error->domain == ESP_ERROR && g_utf8_validate (error->message, -1, NULL));

  return 0;
}

/* Learning learns: shortened runs of a shipped recipe, without the polish that would mend them, give
 * formulas that do the task. A gradient that is wrong does not pass. */

#include <math.h>

#include "esp-trainer.h"

#define SEEDS 4

/* Returns the formula's mean return after a run with @seed. */
static double
learn (const char *environment, const char *const *assignments, uint64_t seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_load (environment, "default", &error);
  g_autoptr (EspTrainer) trainer = NULL;
  EspResult result;
  double mean;

  g_assert_no_error (error);
  for (; *assignments != NULL; assignments++)
    {
      esp_recipe_set (recipe, *assignments, &error);
      g_assert_no_error (error);
    }
  trainer = esp_trainer_new (environment, recipe, seed, &error);
  g_assert_no_error (error);
  esp_trainer_run (trainer);
  g_assert_cmpint (esp_trainer_wait (trainer, 3600000), ==, ESP_RUN_DONE);

  g_assert_true (esp_trainer_get_result (trainer, &result));
  g_test_message ("seed %u: formula %.1f, masked %.1f, sampled %.1f, %.1f s: %s", (unsigned) seed,
                  result.formula_return.mean, result.masked_return.mean, result.sampled_return.mean,
                  result.seconds, esp_formula_get_text (result.formula));
  mean = result.formula_return.mean;
  g_assert_cmpfloat_with_epsilon (result.masked_return.mean, mean, 1e-3 * fabs (mean));
  esp_result_clear (&result);

  return mean;
}

static void
test_cartpole (void)
{
  static const char *const assignments[] = { "steps=12000", "polish_rounds=0", NULL };
  unsigned good = 0;

  /* luck may fail one seed or two, depending on the last digits that a machine's BLAS computes */
  for (uint64_t seed = 0; seed < SEEDS && good < 2; seed++)
    good += learn ("cartpole", assignments, seed) >= 900;
  g_assert_cmpuint (good, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/learning/cartpole", test_cartpole);
  return g_test_run ();
}

#include "esp-study-estimate.h"

#include <math.h>
#include <string.h>

#include "esp-evaluation.h"

#define TRIAL_STEPS     200
#define TRIAL_SECONDS   2.0
#define TRIAL_WARM_UP   100
#define MILLISECONDS    100

/* What a trial tells of an environment. */
typedef struct
{
  double seconds_per_step; /* of learning, with the recipe of the run that was tried */
  double step_seconds;     /* of a step of the environment alone */
} Speed;

/* Waits until the trainer rests or its time is up, and takes its newest snapshot. */
static EspSnapshot *
wait_for (EspTrainer *trainer)
{
  gint64 end = g_get_monotonic_time () + (gint64) (TRIAL_SECONDS * G_USEC_PER_SEC);
  EspSnapshot *last = NULL;
  EspRunState state;

  do
    {
      EspSnapshot *snapshot;

      state = esp_trainer_wait (trainer, MILLISECONDS);
      snapshot = esp_trainer_take_snapshot (trainer, ESP_CONSUMER_WINDOW);
      if (snapshot != NULL)
        {
          g_clear_pointer (&last, esp_snapshot_unref);
          last = snapshot;
        }
    }
  while (state == ESP_RUN_TRAINING && g_get_monotonic_time () < end);

  return last;
}

static EspRecipe *
copy_for_trial (const EspRecipe *recipe, GError **error)
{
  g_autofree char *text = esp_recipe_to_json (recipe);
  g_autoptr (EspRecipe)
    copy = esp_recipe_new_from_json (esp_recipe_get_name (recipe), text, strlen (text), error);
  g_autofree char *warm_up = g_strdup_printf ("warm_up_steps=%d", TRIAL_WARM_UP);

  return copy != NULL && esp_recipe_set (copy, "steps=1000000", error)
             && esp_recipe_set (copy, "evaluation_period=1000000", error)
             && esp_recipe_set (copy, warm_up, error)
           ? g_steal_pointer (&copy)
           : NULL;
}

static gboolean
try_run (const EspStudyRun *run, Speed *speed, GError **error)
{
  g_autoptr (EspRecipe) recipe = copy_for_trial (run->recipe, error);
  const char *file = run->environment->file;
  g_autoptr (EspTrainer) trainer = NULL;
  g_autoptr (EspSnapshot) before = NULL;
  g_autoptr (EspSnapshot) after = NULL;

  trainer = recipe != NULL
              ? esp_trainer_new (file != NULL ? file : run->environment->name, recipe, run->seed, error)
              : NULL;
  if (trainer == NULL)
    return FALSE;
  esp_trainer_set_workers (trainer, 1);
  esp_trainer_run_steps (trainer, TRIAL_WARM_UP + 1);
  before = wait_for (trainer);
  esp_trainer_run_steps (trainer, TRIAL_STEPS);
  after = wait_for (trainer);
  speed->seconds_per_step = before != NULL && after != NULL && after->step > before->step
                              ? (after->seconds - before->seconds) / (double) (after->step - before->step)
                              : TRIAL_SECONDS / TRIAL_STEPS;

  speed->step_seconds = esp_evaluation_get_step_seconds (run->environment, NULL);

  return TRUE;
}

/* Returns the environment steps of the evaluations during @run, each episode as long as can be. */
static double
count_evaluation_steps (const EspStudyRun *run)
{
  double n_policies = esp_recipe_get_policy (run->recipe) == ESP_POLICY_SYMBOLIC ? 3.0 : 1.0;

  return floor (esp_study_get_field (run->recipe, "steps")
                / esp_study_get_field (run->recipe, "evaluation_period"))
         * esp_study_get_field (run->recipe, "evaluation_episodes") * n_policies
         * (double) run->environment->max_steps;
}

gboolean
esp_study_estimate (const EspStudyRuns *runs, double *seconds, GError **error)
{
  const EspStudyRun *tried = NULL;
  Speed speed = { 0 };

  for (guint i = 0; i < runs->runs->len; i++)
    {
      const EspStudyRun *run = &g_array_index (runs->runs, EspStudyRun, i);
      double steps = esp_study_get_field (run->recipe, "steps");

      seconds[i] = 0.0;
      if (run->record != NULL)
        continue;
      if (tried == NULL || tried->environment != run->environment)
        {
          tried = run;
          if (!try_run (run, &speed, error))
            return FALSE;
        }
      /* other recipes' steps cost more or less, as the guess has it */
      seconds[i] = speed.seconds_per_step * steps * run->step_cost / tried->step_cost
                   + (count_evaluation_steps (run) + esp_study_get_search_steps (run->recipe))
                       * speed.step_seconds;
    }

  return TRUE;
}

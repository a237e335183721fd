#include "esp-workload.h"

#include <string.h>

#include "esp-phase.h"

#define N_TRANSITIONS 50000

#define WIDE   "\"critic_hidden\": [256, 256], \"batch_size\": 256"
#define MIDDLE "\"critic_hidden\": [128, 128], \"batch_size\": 256, \"deviation_hidden\": [128, 128]"
#define SMALL  "\"critic_hidden\": [64, 64], \"deviation_hidden\": [64, 64]"

/* The first is the published setting of ESPL with the sizes of hopper; the small ones are those of the simple
 * tasks' recipes. A neural policy has hidden layers as the critics. */
const EspWorkload esp_workloads[] = {
  { "espl", WIDE, 11, 3, .n_workers = 1, .is_default = true },
  { "espl-2", WIDE, 11, 3, .n_workers = 2, .is_default = true },
  { "espl-pendulum", WIDE, 3, 1, .n_workers = 1 },
  { "espl-bipedal", WIDE, 24, 4, .n_workers = 1 },
  { "middle-cartpole", MIDDLE, 4, 1, .n_workers = 1 },
  { "middle-hopper", MIDDLE, 11, 3, .n_workers = 1, .is_default = true },
  { "middle-bipedal", MIDDLE, 24, 4, .n_workers = 1 },
  { "small-64", SMALL ", \"batch_size\": 64", 3, 1, .n_workers = 1 },
  { "small-100", SMALL ", \"batch_size\": 100", 3, 1, .n_workers = 1 },
  { "small-128", SMALL ", \"batch_size\": 128", 3, 1, .n_workers = 1, .is_default = true },
  { "small-128-2", SMALL ", \"batch_size\": 128", 3, 1, .n_workers = 2 },
  { "small-hopper", SMALL ", \"batch_size\": 256", 11, 3, .n_workers = 1 },
  { "small-bipedal", SMALL ", \"batch_size\": 256", 24, 4, .n_workers = 1 },
  { "neural", WIDE, 11, 3, .neural = true, .n_workers = 1 },
  { "neural-small", SMALL ", \"batch_size\": 100", 3, 1, .neural = true, .by_samples = true, .n_workers = 1,
    .is_default = true },
};
const size_t esp_n_workloads = G_N_ELEMENTS (esp_workloads);

static EspRecipe *
get_recipe (const EspWorkload *workload, GError **error)
{
  g_autofree char *text = g_strconcat ("{", workload->recipe,
                                       workload->neural ? ", \"policy\": \"neural\"" : "", "}", NULL);

  return esp_recipe_new_from_json (workload->name, text, strlen (text), error);
}

EspSacSchedule
esp_workload_get_schedule (size_t n_weights)
{
  return (EspSacSchedule){ .temperature = 0.6, .allowed_paths = 0.75 * (double) n_weights, .rate = 1.0 };
}

static void
fill_replay (EspSubject *subject)
{
  float observation[ESP_MAX_OBSERVATIONS], next[ESP_MAX_OBSERVATIONS], action[ESP_MAX_ACTIONS], reward;

  for (size_t i = 0; i < N_TRANSITIONS; i++)
    {
      esp_random_fill_normal (&subject->random, observation, subject->info.n_observations);
      esp_random_fill_normal (&subject->random, next, subject->info.n_observations);
      for (size_t a = 0; a < subject->info.n_actions; a++)
        action[a] = (float) esp_random_between (&subject->random, -1.0, 1.0);
      esp_random_fill_normal (&subject->random, &reward, 1);
      esp_replay_add (&subject->replay, observation, action, reward, next,
                      esp_random_bernoulli (&subject->random, 0.01));
    }
}

EspSubject *
esp_subject_new (const EspWorkload *workload, size_t n_workers, GError **error)
{
  g_autoptr (EspRecipe) recipe = get_recipe (workload, error);
  EspSubject *subject;

  if (recipe == NULL)
    return NULL;

  subject = g_new0 (EspSubject, 1);
  subject->recipe = g_steal_pointer (&recipe);
  subject->info = (EspEnvironmentInfo){ .name = workload->name,
                                        .n_observations = workload->n_observations,
                                        .n_actions = workload->n_actions };
  esp_random_init (&subject->random, 1, 1);
  esp_random_init (&subject->noise, 1, 2);
  if (!esp_sac_init (&subject->sac, subject->recipe, &subject->info, &subject->random, error))
    {
      g_clear_pointer (&subject, esp_subject_free);
      return NULL;
    }
  if (n_workers > 1)
    {
      subject->pool = esp_pool_new (n_workers);
      esp_sac_set_pool (&subject->sac, subject->pool);
    }
  esp_replay_init (&subject->replay, N_TRANSITIONS, workload->n_observations, workload->n_actions);
  fill_replay (subject);
  subject->schedule = esp_workload_get_schedule (subject->sac.policy.n_weights);

  return subject;
}

void
esp_subject_free (EspSubject *subject)
{
  if (subject == NULL)
    return;

  esp_sac_clear (&subject->sac);
  esp_pool_free (subject->pool);
  esp_replay_clear (&subject->replay);
  esp_recipe_unref (subject->recipe);
  g_free (subject);
}

void
esp_subject_update (EspSubject *subject)
{
  esp_sac_prepare (&subject->sac, &subject->replay, &subject->random, &subject->noise);
  esp_sac_update (&subject->sac, &subject->schedule);
}

EspFloor *
esp_workload_get_floor (const EspWorkload *workload, bool loops)
{
  g_autofree char *text = g_strconcat ("{", workload->recipe, "}", NULL);
  g_autoptr (EspRecipe) recipe = esp_recipe_new_from_json (workload->name, text, strlen (text), NULL);
  EspFloorKind kind = { .loops = loops, .neural = workload->neural, .by_samples = workload->by_samples };

  return esp_floor_new (recipe, kind, workload->n_observations, workload->n_actions, N_TRANSITIONS);
}

#include "small-run.h"

#include <stdarg.h>
#include <string.h>

#include <glib/gstdio.h>

static const char fields[] =
  "{\"steps\": 1200, \"warm_up_steps\": 50, \"evaluation_period\": 200, \"evaluation_episodes\": 3,"
  " \"record_period\": 50, \"replay_capacity\": 500, \"batch_size\": 16, \"critic_hidden\": [16, 16],"
  " \"deviation_hidden\": [8], \"arrangement\": \"mul*2,sin/div,log,exp,id\", \"mask_period\": 70,"
  " \"critic_rate\": 0.001, \"policy_rate\": 0.001, \"selector_rate\": 0.002, \"reward_scale\": 1,"
  " \"initial_probability\": 0.9, \"candidates\": 2, \"length_limit\": 100000}";

EspRecipe *
small_recipe (const char *first, ...)
{
  g_autoptr (GError) error = NULL;
  EspRecipe *recipe = esp_recipe_new_from_json ("small", fields, strlen (fields), &error);
  va_list list;

  g_assert_no_error (error);
  va_start (list, first);
  for (const char *assignment = first; assignment != NULL; assignment = va_arg (list, const char *))
    {
      esp_recipe_set (recipe, assignment, &error);
      g_assert_no_error (error);
    }
  va_end (list);

  return recipe;
}

EspRun *
small_run (const char *environment, EspRecipe *recipe, uint64_t seed)
{
  g_autoptr (EspRecipe) own = recipe != NULL ? esp_recipe_ref (recipe) : small_recipe (NULL);
  g_autoptr (GError) error = NULL;
  EspRun *run = esp_run_new (environment, own, seed, &error);

  g_assert_no_error (error);
  return run;
}

void
take_steps (EspRun *run, EspAssessor *assessor, uint64_t n)
{
  for (uint64_t i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;

      esp_run_step (run, &error);
      g_assert_no_error (error);
      if (assessor != NULL && esp_run_wants_evaluation (run))
        {
          g_autoptr (EspActor) actor = esp_policy_get_actor (&run->sac.policy);

          esp_assessor_evaluate (assessor, run->recipe, actor, run->progress.seed, run->progress.step,
                                 run->progress.evaluations++);
          g_assert_true (esp_assessor_collect_evaluation (assessor, run));
        }
    }
}

static bool
lists_differ (const GArray *a, const GArray *b, size_t size)
{
  return a->len != b->len || (a->len > 0 && memcmp (a->data, b->data, a->len * size) != 0);
}

static bool
states_differ (const EspRun *a, const EspRun *b)
{
  size_t size = esp_environment_get_state_size (a->environment);
  g_autofree uint8_t *x = g_malloc0 (size);
  g_autofree uint8_t *y = g_malloc0 (size);

  g_assert_cmpuint (esp_environment_get_state_size (b->environment), ==, size);
  esp_environment_get_state (a->environment, x);
  esp_environment_get_state (b->environment, y);
  return memcmp (x, y, size) != 0;
}

static bool
networks_differ (const EspNetwork *x, const EspNetwork *y)
{
  size_t n_weights = x->n_actions * x->arrangement->n_weights;
  size_t n_biases = x->n_actions * x->arrangement->n_biases;

  return memcmp (x->weights, y->weights, n_weights * sizeof (double)) != 0
         || memcmp (x->biases, y->biases, n_biases * sizeof (double)) != 0
         || memcmp (x->probabilities, y->probabilities, n_weights * sizeof (float)) != 0
         || memcmp (x->mask, y->mask, n_weights) != 0;
}

static bool
actors_differ (const EspActor *x, const EspActor *y)
{
  if (x->kind != y->kind || x->shape.n_parameters != y->shape.n_parameters)
    return true;
  if (x->kind == ESP_POLICY_SYMBOLIC)
    return networks_differ (x->network, y->network);

  return memcmp (x->parameters, y->parameters, x->shape.n_parameters * sizeof (double)) != 0;
}

static bool
candidates_differ (const EspRun *a, const EspRun *b)
{
  if (a->candidates->len != b->candidates->len)
    return true;

  for (guint i = 0; i < a->candidates->len; i++)
    {
      const EspCandidate *x = &g_array_index (a->candidates, EspCandidate, i);
      const EspCandidate *y = &g_array_index (b->candidates, EspCandidate, i);

      if (memcmp (&x->evaluation, &y->evaluation, sizeof x->evaluation) != 0
          || actors_differ (x->actor, y->actor))
        return true;
    }

  return false;
}

const char *
find_difference (const EspRun *a, const EspRun *b)
{
  const EspSac *x = &a->sac, *y = &b->sac;
  size_t n_policy = x->policy.n_parameters, n_critic = x->critic.n_parameters;

  g_assert_cmpuint (n_policy, ==, y->policy.n_parameters);
  g_assert_cmpuint (n_critic, ==, y->critic.n_parameters);
  if (memcmp (x->policy.parameters, y->policy.parameters, n_policy * sizeof (float)) != 0)
    return "policy";
  if (memcmp (x->policy_moments, y->policy_moments, 2 * n_policy * sizeof (float)) != 0)
    return "policy moments";
  if (x->policy.deterministic
      && memcmp (x->target_parameters, y->target_parameters, n_policy * sizeof (float)) != 0)
    return "target policy";
  for (size_t c = 0; c < ESP_N_CRITICS; c++)
    {
      if (memcmp (x->critics[c], y->critics[c], n_critic * sizeof (float)) != 0)
        return "critic";
      if (memcmp (x->targets[c], y->targets[c], n_critic * sizeof (float)) != 0)
        return "target critic";
      if (memcmp (x->critic_moments[c], y->critic_moments[c], 2 * n_critic * sizeof (float)) != 0)
        return "critic moments";
    }
  if (memcmp (&x->log_alpha, &y->log_alpha, sizeof x->log_alpha) != 0
      || memcmp (x->log_alpha_moments, y->log_alpha_moments, sizeof x->log_alpha_moments) != 0)
    return "entropy weight";
  if (x->updates != y->updates)
    return "updates";
  if (a->replay.count != b->replay.count || a->replay.next != b->replay.next
      || (a->replay.count > 0
          && memcmp (a->replay.data, b->replay.data, a->replay.count * a->replay.width * sizeof (float))
               != 0))
    return "replay";
  if (memcmp (&a->progress, &b->progress, sizeof a->progress) != 0)
    return "progress";
  if (memcmp (a->observation, b->observation, a->info->n_observations * sizeof (double)) != 0)
    return "observation";
  if (memcmp (a->acting_mask, b->acting_mask, x->policy.n_weights * sizeof (float)) != 0)
    return "acting mask";
  if (states_differ (a, b))
    return "environment";
  if (lists_differ (a->records, b->records, sizeof (EspRecord)))
    return "records";
  if (lists_differ (a->evaluations, b->evaluations, sizeof (EspEvaluation)))
    return "evaluations";
  if (candidates_differ (a, b))
    return "candidates";

  return NULL;
}

char *
make_folder (void)
{
  char *path = g_dir_make_tmp ("espalier-test-XXXXXX", NULL);

  g_assert_nonnull (path);
  return path;
}

void
remove_folder (char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_remove (file);
    }
  g_rmdir (path);
  g_free (path);
}

unsigned
count_files (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  unsigned count = 0;

  g_assert_nonnull (folder);
  while (g_dir_read_name (folder) != NULL)
    count++;

  return count;
}

#include "esp-run.h"

#include <math.h>
#include <string.h>

#include "esp-demand.h"
#include "esp-error.h"
#include "esp-memory.h"
#include "esp-path-selector.h"
#include "esp-phase.h"
#include "esp-schedule.h"

enum
{
  SUM_CRITIC_LOSS,
  SUM_POLICY_LOSS,
  SUM_ENTROPY,
  SUM_VALUE,
  SUM_UPDATES,
};

static void
clear_candidate (void *data)
{
  EspCandidate *candidate = data;

  esp_actor_unref (candidate->actor);
}

static EspRandom *
stream (EspRun *run, EspStream which)
{
  return &run->progress.streams[which];
}

static void
draw_acting_mask (EspRun *run)
{
  esp_selector_draw_bernoulli (run->sac.policy.probabilities, run->sac.policy.n_weights,
                               stream (run, ESP_STREAM_MASKS), run->acting_mask);
}

/* Episodes of training start from seeds all over 64 bits; those of evaluation are small numbers. */
static void
start_episode (EspRun *run)
{
  EspRandom *random = stream (run, ESP_STREAM_EPISODES);
  uint64_t high = esp_random_bits (random);
  uint64_t seed = high << 32 | esp_random_bits (random) | UINT64_C (1) << 63;

  esp_environment_reset (run->environment, seed, run->observation);
  run->progress.episode_return = 0.0;
}

EspRun *
esp_run_new (const char *environment, EspRecipe *recipe, uint64_t seed, GError **error)
{
  g_autoptr (EspRun) run = g_new0 (EspRun, 1);
  EspDemand demand;

  run->recipe = esp_recipe_ref (recipe);
  run->environment = esp_environment_new (environment, error);
  if (run->environment == NULL)
    return NULL;
  run->info = esp_environment_get_info (run->environment);
  if (!esp_demand_measure (&demand, recipe, run->info, error))
    return NULL;

  run->progress.seed = seed;
  run->progress.last_return = NAN;
  for (size_t i = 0; i < ESP_N_STREAMS; i++)
    esp_random_init (stream (run, i), seed, i);

  if (!esp_sac_init (&run->sac, recipe, run->info, stream (run, ESP_STREAM_PARAMETERS), error))
    return NULL;
  esp_replay_init (&run->replay, recipe->replay_capacity, run->info->n_observations, run->info->n_actions);
  esp_policy_pass_init (&run->acting, &run->sac.policy, 1, 1);
  run->observation = g_new0 (double, run->info->n_observations);
  run->scaled = g_new0 (float, run->info->n_observations);
  run->scaled_next = g_new0 (float, run->info->n_observations);
  run->acting_mask = esp_new_floats (run->sac.policy.n_weights);
  run->records = g_array_new (FALSE, FALSE, sizeof (EspRecord));
  run->evaluations = g_array_new (FALSE, FALSE, sizeof (EspEvaluation));
  run->candidates = g_array_new (FALSE, FALSE, sizeof (EspCandidate));
  g_array_set_clear_func (run->candidates, clear_candidate);
  start_episode (run);

  return g_steal_pointer (&run);
}

void
esp_run_free (EspRun *run)
{
  if (run == NULL)
    return;

  esp_recipe_unref (run->recipe);
  esp_environment_free (run->environment);
  esp_sac_clear (&run->sac);
  esp_replay_clear (&run->replay);
  esp_policy_pass_clear (&run->acting);
  g_free (run->observation);
  g_free (run->scaled);
  g_free (run->scaled_next);
  esp_free_aligned (run->acting_mask);
  g_clear_pointer (&run->records, g_array_unref);
  g_clear_pointer (&run->evaluations, g_array_unref);
  g_clear_pointer (&run->candidates, g_array_unref);
  g_free (run);
}

EspSacSchedule
esp_run_get_schedule (const EspRun *run)
{
  const EspRecipe *recipe = run->recipe;
  double share = (double) run->progress.step / (double) recipe->steps;
  double progress = share / recipe->schedule_end;
  double start = MIN (recipe->schedule_start / recipe->schedule_end, 0.999);
  double late = recipe->schedule_end < 1.0
                  ? CLAMP ((share - recipe->schedule_end) / (1.0 - recipe->schedule_end), 0.0, 1.0)
                  : 0.0;

  return (EspSacSchedule){
    .temperature = esp_schedule_temperature (progress, recipe->final_temperature),
    .allowed_paths = (recipe->path_selector
                        ? esp_schedule_allowance (progress, start, recipe->final_allowance)
                        : 1.0)
                     * (double) run->sac.policy.n_paths,
    .rate = 1.0 + (recipe->final_rate - 1.0) * late,
  };
}

double
esp_run_get_expected_paths (const EspRun *run)
{
  double sum = 0.0;

  for (size_t i = 0; i < run->sac.policy.n_weights; i++)
    sum += run->sac.policy.probabilities[i];

  return sum;
}

/* Draws the noise of the next actions: normal, and each as much like the one before as the recipe says. Where
 * it is, the noise starts at rest and has its full size after some 1 / (1 − correlation) steps: a car that
 * must swing for seconds never gets anywhere by noise that changes its mind at every step. */
static void
draw_exploration (EspRun *run, float *noise)
{
  double correlation = run->recipe->noise_correlation;
  float *last = run->progress.exploration;

  esp_random_fill_normal (stream (run, ESP_STREAM_ACTIONS), noise, run->info->n_actions);
  if (correlation == 0.0)
    return;

  for (size_t a = 0; a < run->info->n_actions; a++)
    noise[a] = last[a] = (float) (correlation * last[a] + sqrt (1.0 - correlation * correlation) * noise[a]);
}

/* Actions that are uniform in −1 … 1, correlated in time like the noise. */
static void
draw_uniform_actions (EspRun *run, float *action)
{
  if (run->recipe->noise_correlation == 0.0)
    {
      for (size_t a = 0; a < run->info->n_actions; a++)
        action[a] = (float) esp_random_between (stream (run, ESP_STREAM_ACTIONS), -1.0, 1.0);
      return;
    }

  draw_exploration (run, action);
  for (size_t a = 0; a < run->info->n_actions; a++)
    action[a] = erff (action[a] * (float) G_SQRT2 / 2.0f);
}

/* Chooses the action of the present observation: −1 … 1 in @action, as physical units in @physical. */
static void
choose_action (EspRun *run, float *action, double *physical)
{
  EspPolicyPass *pass = &run->acting;
  const EspPolicy *policy = &run->sac.policy;

  if (run->progress.step % run->recipe->mask_period == 0)
    draw_acting_mask (run);

  if (run->recipe->uniform_warm_up && run->progress.step < run->recipe->warm_up_steps)
    draw_uniform_actions (run, action);
  else
    {
      if (policy->n_weights > 0)
        memcpy (pass->masks, run->acting_mask, policy->n_weights * sizeof *pass->masks);
      draw_exploration (run, pass->noise);
      if (policy->deterministic)
        for (size_t a = 0; a < policy->n_actions; a++)
          pass->noise[a] *= (float) run->recipe->exploration_noise;
      esp_policy_forward (policy, pass, run->scaled);
      memcpy (action, pass->actions, policy->n_actions * sizeof *action);
    }

  for (size_t a = 0; a < policy->n_actions; a++)
    {
      const EspSignal *signal = &run->info->actions[a];

      physical[a] = 0.5 * (signal->high + signal->low)
                    + 0.5 * (signal->high - signal->low) * (double) action[a];
    }
}

/* Closes the record under way: averages since the last one, and how the probabilities lie. */
static void
add_record (EspRun *run)
{
  EspProgress *progress = &run->progress;
  const EspPolicy *policy = &run->sac.policy;
  EspSacSchedule schedule = esp_run_get_schedule (run);
  size_t counts[ESP_HISTOGRAM_BINS] = { 0 };
  double n = progress->sums[SUM_UPDATES];
  /* how many of these updates were the policy's too */
  uint64_t updates = run->sac.updates, period = run->recipe->policy_period;
  double n_policy = (double) (updates / period - (updates - (uint64_t) n) / period);
  EspRecord record = {
    .step = progress->step,
    .critic_loss = n > 0 ? progress->sums[SUM_CRITIC_LOSS] / n : NAN,
    .policy_loss = n_policy > 0 ? progress->sums[SUM_POLICY_LOSS] / n_policy : NAN,
    .entropy = n_policy > 0 ? progress->sums[SUM_ENTROPY] / n_policy : NAN,
    .value = n_policy > 0 ? progress->sums[SUM_VALUE] / n_policy : NAN,
    .entropy_weight = esp_sac_get_alpha (&run->sac),
    .episode_return = progress->last_return,
    .temperature = schedule.temperature,
    .expected_paths = esp_run_get_expected_paths (run),
    .allowed_paths = schedule.allowed_paths,
  };

  for (size_t i = 0; i < policy->n_weights; i++)
    {
      int bin = (int) (policy->probabilities[i] * ESP_HISTOGRAM_BINS);

      counts[MIN (bin, ESP_HISTOGRAM_BINS - 1)]++;
    }
  /* where there is no path there is a probability of 0, which says nothing */
  counts[0] -= policy->n_weights - policy->n_paths;
  for (size_t i = 0; policy->n_paths > 0 && i < ESP_HISTOGRAM_BINS; i++)
    record.histogram[i] = (float) counts[i] / (float) policy->n_paths;

  g_array_append_val (run->records, record);
  memset (progress->sums, 0, sizeof progress->sums);
}

static gboolean
update (EspRun *run, GError **error)
{
  EspSacSchedule schedule = esp_run_get_schedule (run);
  EspSac *sac = &run->sac;
  g_autofree char *divergence = NULL;

  esp_sac_prepare (sac, &run->replay, stream (run, ESP_STREAM_BATCHES), stream (run, ESP_STREAM_UPDATES));
  esp_sac_update (sac, &schedule);

  divergence = esp_sac_find_divergence (sac);
  if (divergence != NULL)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_DIVERGED,
                   "learning diverged at step %" G_GUINT64_FORMAT " (update %" G_GUINT64_FORMAT "): %s",
                   run->progress.step, sac->updates, divergence);
      return FALSE;
    }

  run->progress.sums[SUM_CRITIC_LOSS] += sac->figures.critic_loss;
  if (sac->updates % run->recipe->policy_period == 0)
    {
      run->progress.sums[SUM_POLICY_LOSS] += sac->figures.policy_loss;
      run->progress.sums[SUM_ENTROPY] += sac->figures.entropy;
      run->progress.sums[SUM_VALUE] += sac->figures.value;
    }
  run->progress.sums[SUM_UPDATES] += 1.0;
  return TRUE;
}

/* Takes one environment step with the policy as it is. */
static void
take_environment_step (EspRun *run)
{
  EspProgress *progress = &run->progress;
  float action[ESP_MAX_ACTIONS];
  double physical[ESP_MAX_ACTIONS];
  EspStep step;
  EspPhase outer = esp_phase_begin (ESP_PHASE_ACTION);

  esp_policy_scale (&run->sac.policy, run->observation, run->scaled);
  choose_action (run, action, physical);
  esp_phase_end (outer);
  outer = esp_phase_begin (ESP_PHASE_ENVIRONMENT);
  step = esp_environment_step (run->environment, physical, run->observation);
  esp_phase_end (outer);
  outer = esp_phase_begin (ESP_PHASE_STORING);
  esp_policy_scale (&run->sac.policy, run->observation, run->scaled_next);
  /* a state cut off by the step limit has a future: only real ends stop the bootstrap */
  esp_replay_add (&run->replay, run->scaled, action, (float) step.reward, run->scaled_next, step.terminated);
  esp_phase_end (outer);

  progress->step++;
  progress->episode_return += step.reward;
  if (step.terminated || step.truncated)
    {
      progress->episodes++;
      progress->last_return = progress->episode_return;
      outer = esp_phase_begin (ESP_PHASE_ENVIRONMENT);
      start_episode (run);
      esp_phase_end (outer);
    }

  if (progress->step > run->recipe->warm_up_steps
      && (progress->step - run->recipe->warm_up_steps) % run->recipe->update_period == 0)
    progress->pending = run->recipe->update_period * run->recipe->updates_per_step;
}

gboolean
esp_run_step (EspRun *run, GError **error)
{
  EspProgress *progress = &run->progress;

  if (progress->pending == 0)
    take_environment_step (run);
  /* not all that a long period may owe: whoever steps the run looks up between two calls */
  for (uint64_t i = 0; i < run->recipe->updates_per_step && progress->pending > 0; i++)
    {
      if (!update (run, error))
        return FALSE;
      progress->pending--;
    }

  if (progress->pending == 0 && progress->step % run->recipe->record_period == 0)
    add_record (run);

  return TRUE;
}

bool
esp_run_is_complete (const EspRun *run)
{
  return run->progress.step >= run->recipe->steps && run->progress.pending == 0;
}

bool
esp_run_wants_evaluation (const EspRun *run)
{
  return (run->progress.step % run->recipe->evaluation_period == 0 && run->progress.pending == 0)
         || esp_run_is_complete (run);
}

/* Whether nothing shortens networks while they learn, but a search does afterwards. Their lengths say nothing
 * then: the shortest of networks that are not pruned is any, and often the first. */
static bool
is_shortened_later (const EspRecipe *recipe)
{
  bool prunes = recipe->path_selector && recipe->final_allowance < 1.0;

  return !prunes && recipe->polish_search_steps > 0;
}

/* Whether @a is the better candidate: among bearable lengths the higher return, else the shorter. A policy
 * without a formula has no length. */
static bool
is_better (const EspRun *run, const EspEvaluation *a, const EspEvaluation *b)
{
  bool short_a = a->reading_length <= run->recipe->length_limit;
  bool short_b = b->reading_length <= run->recipe->length_limit;

  if ((!short_a || !short_b) && !is_shortened_later (run->recipe))
    return a->reading_length < b->reading_length;

  return esp_evaluation_get_return (a) > esp_evaluation_get_return (b);
}

void
esp_run_add_evaluation (EspRun *run, EspActor *actor, const EspEvaluation *evaluation)
{
  EspCandidate candidate = { esp_actor_ref (actor), *evaluation };
  guint place = 0;

  g_array_append_val (run->evaluations, *evaluation);

  while (place < run->candidates->len
         && !is_better (run, evaluation, &g_array_index (run->candidates, EspCandidate, place).evaluation))
    place++;
  g_array_insert_val (run->candidates, place, candidate);
  if (run->candidates->len > run->recipe->candidates)
    g_array_set_size (run->candidates, run->recipe->candidates);
}

#include "esp-bench-runs.h"

#include <errno.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "esp-clock.h"
#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-run.h"

#define EVALUATION_EPISODES 10 /* that are measured */
#define REPEATS             20 /* of a snapshot */
#define REPORT_EPISODES     100

/* The last is the example that RLtools is measured with: 10,000 steps, a neural policy. */
const EspRunWorkload esp_run_workloads[] = {
  { .name = "hopper", .environment = "hopper" },
  { .name = "pendulum", .environment = "pendulum" },
  { .name = "pendulum-neural",
    .environment = "pendulum",
    .recipe = "sac",
    .fields = { "steps=10000", "warm_up_steps=100", "critic_hidden=[64, 64]", "batch_size=100",
                "reward_scale=0.1", "observation_scales=[1, 1, 4]" },
    .is_whole = true },
};
const size_t esp_n_run_workloads = G_N_ELEMENTS (esp_run_workloads);

static void
measure_steps (EspRun *run, double seconds, EspRunResult *result)
{
  EspPhaseWatch watch;
  double begin = esp_phase_get_time ();
  uint64_t first = run->progress.step;
  double besides = 0.0;

  esp_phase_carry (&watch);
  while ((result->workload->is_whole || esp_phase_get_time () - begin < seconds) && !esp_run_is_complete (run)
         && esp_run_step (run, NULL))
    ;
  esp_phase_switch (ESP_PHASE_OTHER);
  esp_phase_carry (NULL);

  result->steps = run->progress.step - first;
  for (size_t i = 0; i < ESP_N_PHASES; i++)
    {
      result->seconds[i] = watch.seconds[i] / (double) result->steps;
      result->total += result->seconds[i];
    }
  for (size_t i = 0; i < ESP_N_PHASES; i++)
    if (i == ESP_PHASE_ENVIRONMENT || i == ESP_PHASE_ACTION || i == ESP_PHASE_STORING
        || i == ESP_PHASE_SAMPLING)
      besides += result->seconds[i];
  result->besides = besides / result->total;
}

/* Runs another of the kind to its end without a watch, whose looks at the clock take time too. */
static gboolean
measure_whole (EspRecipe *recipe, EspRunResult *result, GError **error)
{
  double begin = esp_phase_get_time ();
  g_autoptr (EspRun) run = esp_run_new (result->workload->environment, recipe, 0, error);
  g_autoptr (EspActor) actor = NULL;

  if (run == NULL)
    return FALSE;
  while (!esp_run_is_complete (run))
    if (!esp_run_step (run, error))
      return FALSE;
  result->run = esp_phase_get_time () - begin;
  actor = esp_policy_get_actor (&run->sac.policy);
  result->final_return = esp_evaluate_actor (actor, ESP_REPORT_SEED, REPORT_EPISODES, NULL, NULL).mean;

  return TRUE;
}

/* A neural policy has neither network of formulas nor formula, and is evaluated once. */
static double
measure_neural (EspRun *run, EspRunResult *result)
{
  double begin = esp_phase_get_time ();
  g_autoptr (EspActor) actor = NULL;
  EspReturns returns;

  for (size_t i = 0; i < REPEATS; i++)
    {
      g_clear_pointer (&actor, esp_actor_unref);
      actor = esp_policy_get_actor (&run->sac.policy);
    }
  result->snapshot = (esp_phase_get_time () - begin) / REPEATS;

  begin = esp_phase_get_time ();
  returns = esp_evaluate_actor (actor, ESP_CHOICE_SEED, EVALUATION_EPISODES, NULL, NULL);
  result->evaluation = esp_phase_get_time () - begin;
  return EVALUATION_EPISODES * returns.mean_length;
}

static double
measure_symbolic (EspRun *run, EspRunResult *result)
{
  double begin = esp_phase_get_time ();
  g_autoptr (EspNetwork) network = NULL;
  g_autoptr (EspFormula) formula = NULL;
  EspReturns returns[3];

  for (size_t i = 0; i < REPEATS; i++)
    {
      g_clear_pointer (&network, esp_network_unref);
      network = esp_policy_get_network (&run->sac.policy);
    }
  result->snapshot = (esp_phase_get_time () - begin) / REPEATS;

  begin = esp_phase_get_time ();
  formula = esp_network_extract (network);
  result->formula = esp_phase_get_time () - begin;

  begin = esp_phase_get_time ();
  returns[0] = esp_evaluate_sampled (network, 1, ESP_STREAM_EVALUATIONS, ESP_CHOICE_SEED, EVALUATION_EPISODES,
                                     NULL, NULL);
  returns[1] = esp_evaluate_masked (network, ESP_CHOICE_SEED, EVALUATION_EPISODES, NULL, NULL);
  returns[2] = esp_evaluate_formula (formula, run->info, ESP_CHOICE_SEED, EVALUATION_EPISODES, NULL, NULL);
  result->evaluation = esp_phase_get_time () - begin;
  return EVALUATION_EPISODES * (returns[0].mean_length + returns[1].mean_length + returns[2].mean_length);
}

static void
measure_readers (EspRun *run, EspRunResult *result)
{
  const EspRecipe *recipe = run->recipe;
  bool symbolic = run->sac.policy.n_weights > 0;
  double n_steps = symbolic ? measure_symbolic (run, result) : measure_neural (run, result);

  result->evaluation_share = result->evaluation / EVALUATION_EPISODES * (double) recipe->evaluation_episodes
                             / ((double) recipe->evaluation_period * result->total);
  result->evaluation /= n_steps;
}

/* Fills the replay with transitions like the newest. */
static void
fill_replay (EspRun *run)
{
  float action[ESP_MAX_ACTIONS] = { 0 };

  while (run->replay.count < run->replay.capacity)
    esp_replay_add (&run->replay, run->scaled, action, 0.0f, run->scaled_next, false);
}

/* Takes the steps up to the first update, then what there is to measure. */
static gboolean
measure (EspRunResult *result, double seconds, GError **error)
{
  double begin = esp_clock_now ();
  const EspRunWorkload *workload = result->workload;
  g_autoptr (EspRecipe) recipe = esp_recipe_load (workload->environment, workload->recipe, error);
  g_autoptr (EspRun) run = NULL;
  struct rusage usage;

  for (size_t i = 0; recipe != NULL && workload->fields[i] != NULL; i++)
    if (!esp_recipe_set (recipe, workload->fields[i], error))
      return FALSE;
  if (recipe != NULL)
    run = esp_run_new (workload->environment, recipe, 0, error);
  if (run == NULL)
    return FALSE;
  while (run->sac.updates == 0)
    if (!esp_run_step (run, error))
      return FALSE;
  result->first_update = esp_clock_now () - begin;

  measure_steps (run, seconds, result);
  measure_readers (run, result);
  fill_replay (run);
  if (!esp_run_step (run, error))
    return FALSE;
  getrusage (RUSAGE_SELF, &usage);
  result->peak_bytes = (double) usage.ru_maxrss * 1024.0;
  result->transitions = run->replay.count;

  return !workload->is_whole || measure_whole (recipe, result, error);
}

gboolean
esp_bench_run (const EspRunWorkload *workload, double seconds, EspRunResult *result, GError **error)
{
  /* what the process finds out has to come back from it */
  EspRunResult *shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                               0);
  pid_t process = shared != MAP_FAILED ? fork () : -1;
  int status = 0;
  bool done;

  if (process == 0)
    {
      *shared = (EspRunResult){ .workload = workload, .run = NAN, .final_return = NAN };
      _exit (measure (shared, seconds, NULL) ? 0 : 1);
    }
  done = process > 0 && waitpid (process, &status, 0) == process && WIFEXITED (status)
         && WEXITSTATUS (status) == 0;
  if (done)
    *result = *shared;
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                 "the run of %s could not be measured: its process did not come to an end", workload->name);
  if (shared != MAP_FAILED)
    munmap (shared, sizeof *shared);

  return done;
}

#include "esp-bench-runs.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "esp-error.h"
#include "esp-evaluation.h"
#include "esp-run.h"

#define EVALUATION_EPISODES 10 /* that are measured */
#define REPEATS             20 /* of a snapshot */

const char *const esp_run_environments[] = { "hopper", "pendulum" };
const size_t esp_n_run_environments = G_N_ELEMENTS (esp_run_environments);

static double
get_wall (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void
measure_steps (EspRun *run, double seconds, EspRunResult *result)
{
  EspPhaseWatch watch;
  double begin = esp_phase_get_time ();
  uint64_t first = run->progress.step;
  double besides = 0.0;

  esp_phase_carry (&watch);
  while (esp_phase_get_time () - begin < seconds && !esp_run_is_complete (run) && esp_run_step (run, NULL))
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

static void
measure_readers (EspRun *run, EspRunResult *result)
{
  const EspRecipe *recipe = run->recipe;
  double begin = esp_phase_get_time (), n_steps;
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
  n_steps = EVALUATION_EPISODES * (returns[0].mean_length + returns[1].mean_length + returns[2].mean_length);
  result->evaluation = (esp_phase_get_time () - begin) / n_steps;
  result->evaluation_share = result->evaluation * n_steps / EVALUATION_EPISODES
                             * (double) recipe->evaluation_episodes
                             / ((double) recipe->evaluation_period * result->total);
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
  double begin = get_wall ();
  g_autoptr (EspRecipe) recipe = esp_recipe_load (result->environment, NULL, error);
  g_autoptr (EspRun) run = recipe != NULL ? esp_run_new (result->environment, recipe, 0, error) : NULL;
  struct rusage usage;

  if (run == NULL)
    return FALSE;
  while (run->sac.updates == 0)
    if (!esp_run_step (run, error))
      return FALSE;
  result->first_update = get_wall () - begin;

  measure_steps (run, seconds, result);
  measure_readers (run, result);
  fill_replay (run);
  if (!esp_run_step (run, error))
    return FALSE;
  getrusage (RUSAGE_SELF, &usage);
  result->peak_bytes = (double) usage.ru_maxrss * 1024.0;
  result->transitions = run->replay.count;

  return TRUE;
}

gboolean
esp_bench_run (const char *environment, double seconds, EspRunResult *result, GError **error)
{
  /* what the process finds out has to come back from it */
  EspRunResult *shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                               0);
  pid_t process = shared != MAP_FAILED ? fork () : -1;
  int status = 0;
  bool done;

  if (process == 0)
    {
      *shared = (EspRunResult){ .environment = environment };
      _exit (measure (shared, seconds, NULL) ? 0 : 1);
    }
  done = process > 0 && waitpid (process, &status, 0) == process && WIFEXITED (status)
         && WEXITSTATUS (status) == 0;
  if (done)
    *result = *shared;
  else
    g_set_error (error, ESP_ERROR, ESP_ERROR_FILE,
                 "the run of %s could not be measured: its process did not come to an end", environment);
  if (shared != MAP_FAILED)
    munmap (shared, sizeof *shared);

  return done;
}

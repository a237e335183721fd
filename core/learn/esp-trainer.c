#include "esp-trainer.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "esp-assessor.h"
#include "esp-blas.h"
#include "esp-checkpoint.h"
#include "esp-error.h"
#include "esp-safetensors.h"
#include "esp-triple.h"

#define SNAPSHOT_SECONDS        (1.0 / 30.0) /* between snapshots while somebody watches */
#define HEADLESS_SECONDS        0.2          /* between snapshots for a progress bar */
#define SHOW_SECONDS            0.5          /* between formulas shown while somebody watches */
#define CHECKPOINT_SECONDS      60.0
#define SPEED_SECONDS           1.0          /* over which the speed is measured */

typedef enum
{
  COMMAND_RUN,
  COMMAND_PAUSE,
  COMMAND_RUN_STEPS,
  COMMAND_RESTART,
  COMMAND_FINISH,
  COMMAND_STOP,
} CommandType;

typedef struct
{
  CommandType type;
  uint64_t value;
} Command;

struct _EspTrainer
{
  pthread_t thread;
  EspAssessor *assessor;
  const EspEnvironmentInfo *environment;
  EspRecipe *recipe;
  char *checkpoint;

  /* under the lock */
  pthread_mutex_t lock;
  pthread_cond_t wake;    /* commands for the trainer */
  pthread_cond_t changed; /* states for the owner */
  GArray *commands;       /* of Command */
  EspRunState state;
  bool applying; /* commands that were taken from the queue are not all done */
  bool quitting;
  bool has_result;
  EspResult result;
  char *checkpoint_error;
  uint64_t seed;

  /* set by the owner, looked at between two steps without the lock */
  _Atomic bool attention; /* a command is waiting, or quitting */
  _Atomic bool watched;

  /* the trainer thread's own */
  EspRun *run;
  uint64_t run_number;
  uint64_t budget; /* steps until it pauses */
  bool diverged;   /* the run must not be stepped on */
  bool incomplete; /* an evaluation of the run was cut short */
  char *message;
  double seconds;  /* wall-clock training time before the present stretch */
  double started;  /* when the present stretch began */
  double last_snapshot, last_shown, last_checkpoint;
  double speed, speed_since;
  uint64_t speed_step;
  EspHistory *history;
  EspTriple snapshots[ESP_N_CONSUMERS];
};

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static bool
is_active (EspRunState state)
{
  return state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING;
}

static double
get_seconds (const EspTrainer *trainer)
{
  return trainer->seconds + (is_active (trainer->state) ? now () - trainer->started : 0.0);
}

/* Only the trainer thread changes the state, so it may read it without the lock. */
static void
set_state (EspTrainer *trainer, EspRunState state)
{
  double time = now ();

  if (is_active (trainer->state) && !is_active (state))
    trainer->seconds += time - trainer->started;
  if (!is_active (trainer->state) && is_active (state))
    {
      trainer->started = time;
      trainer->speed_since = time;
      trainer->speed_step = trainer->run->progress.step;
    }

  pthread_mutex_lock (&trainer->lock);
  trainer->state = state;
  pthread_cond_broadcast (&trainer->changed);
  pthread_mutex_unlock (&trainer->lock);
}

static void
measure_speed (EspTrainer *trainer, double time)
{
  double elapsed = time - trainer->speed_since;

  if (elapsed < SPEED_SECONDS)
    return;
  trainer->speed = (double) (trainer->run->progress.step - trainer->speed_step) / elapsed;
  trainer->speed_since = time;
  trainer->speed_step = trainer->run->progress.step;
}

/* Lists that grew are copied; a list that did not is shared with the snapshot before. */
static EspHistory *
get_history (EspTrainer *trainer)
{
  const EspRun *run = trainer->run;

  if (trainer->history == NULL || trainer->history->n_records != run->records->len
      || trainer->history->n_evaluations != run->evaluations->len)
    {
      g_clear_pointer (&trainer->history, esp_history_unref);
      trainer->history = esp_history_new ((const EspRecord *) run->records->data, run->records->len,
                                          (const EspEvaluation *) run->evaluations->data,
                                          run->evaluations->len);
    }

  return trainer->history;
}

static void
publish_snapshot (EspTrainer *trainer, const EspNetwork *network)
{
  const EspRun *run = trainer->run;
  g_autoptr (EspSnapshot) snapshot = esp_snapshot_new (run->info, run->sac.policy.arrangement);
  EspSacSchedule schedule = esp_run_get_schedule (run);
  double steps = (double) run->progress.step / (double) run->recipe->steps;

  snapshot->state = trainer->state;
  snapshot->message = g_strdup (trainer->message);
  snapshot->run = trainer->run_number;
  snapshot->seed = run->progress.seed;
  snapshot->step = run->progress.step;
  snapshot->n_steps = run->recipe->steps;
  snapshot->updates = run->sac.updates;
  snapshot->episodes = run->progress.episodes;
  snapshot->seconds = get_seconds (trainer);
  snapshot->speed = trainer->speed;
  /* the final choice is shown as the last tenth */
  snapshot->progress = trainer->state == ESP_RUN_DONE ? 1.0
                       : trainer->state == ESP_RUN_FINISHING
                         ? 0.9 + 0.1 * esp_assessor_get_progress (trainer->assessor)
                         : 0.9 * steps;

  for (size_t i = 0; i < run->sac.policy.n_weights; i++)
    {
      snapshot->weights[i] = (float) network->weights[i];
      /* of a final formula there is only what was chosen */
      snapshot->probabilities[i]
        = trainer->state == ESP_RUN_DONE ? (float) network->mask[i] : network->probabilities[i];
    }
  for (size_t i = 0; i < run->sac.policy.n_biases; i++)
    snapshot->biases[i] = (float) network->biases[i];
  snapshot->threshold = run->recipe->path_threshold;
  snapshot->temperature = schedule.temperature;
  snapshot->expected_paths = esp_run_get_expected_paths (run);
  snapshot->allowed_paths = schedule.allowed_paths;
  memcpy (snapshot->observation, run->observation, run->info->n_observations * sizeof (double));
  esp_network_evaluate (network, run->observation, snapshot->features, snapshot->actions);
  esp_history_unref (snapshot->history);
  snapshot->history = esp_history_ref (get_history (trainer));

  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_publish (&trainer->snapshots[i], snapshot);
}

/* Tells the readers how things stand; @force when the state changed, else when it is time. */
static void
tell (EspTrainer *trainer, bool force)
{
  double time = now ();
  double period = trainer->watched ? SNAPSHOT_SECONDS : HEADLESS_SECONDS;
  g_autoptr (EspNetwork) network = NULL;

  if (!force && time - trainer->last_snapshot < period)
    return;

  trainer->last_snapshot = time;
  measure_speed (trainer, time);
  network = trainer->state == ESP_RUN_DONE ? esp_network_ref (trainer->result.network)
                                           : esp_policy_get_network (&trainer->run->sac.policy);
  publish_snapshot (trainer, network);
  if (trainer->watched && (trainer->state == ESP_RUN_TRAINING || trainer->state == ESP_RUN_PAUSED)
      && (force || time - trainer->last_shown >= SHOW_SECONDS))
    {
      trainer->last_shown = time;
      esp_assessor_show (trainer->assessor, network);
    }
}

static void
set_message (EspTrainer *trainer, const char *message)
{
  g_free (trainer->message);
  trainer->message = g_strdup (message);
}

/* Brings the evaluation under way into the run, so that the run is complete as it stands. */
static void
collect_evaluation (EspTrainer *trainer)
{
  if (esp_assessor_is_busy (trainer->assessor)
      && !esp_assessor_collect_evaluation (trainer->assessor, trainer->run))
    trainer->incomplete = true;
}

static void
save_checkpoint (EspTrainer *trainer)
{
  g_autoptr (GError) error = NULL;

  trainer->last_checkpoint = now ();
  /* what was saved before the run diverged is worth more than what it is now */
  if (trainer->checkpoint == NULL || trainer->diverged || trainer->incomplete)
    return;

  esp_checkpoint_save (trainer->run, trainer->checkpoint, &error);
  pthread_mutex_lock (&trainer->lock);
  g_free (trainer->checkpoint_error);
  trainer->checkpoint_error = error != NULL ? g_strdup (error->message) : NULL;
  pthread_mutex_unlock (&trainer->lock);
}

/* Steps are over: starts the choice of the final formula. */
static void
begin_choice (EspTrainer *trainer)
{
  collect_evaluation (trainer);
  save_checkpoint (trainer);
  set_state (trainer, ESP_RUN_FINISHING);
  esp_assessor_choose (trainer->assessor, trainer->run);
  tell (trainer, true);
}

/* The state in which the run waits for commands, before its end. */
static EspRunState
get_idle_state (const EspTrainer *trainer)
{
  return trainer->diverged ? ESP_RUN_DIVERGED : ESP_RUN_PAUSED;
}

static void
end_choice (EspTrainer *trainer)
{
  EspResult result;

  if (!esp_assessor_collect_choice (trainer->assessor, &result))
    {
      /* finished before the first evaluation */
      if (!trainer->diverged)
        set_message (trainer, "there is no formula yet: train at least until the first evaluation");
      set_state (trainer, get_idle_state (trainer));
      tell (trainer, true);
      return;
    }

  result.steps = trainer->run->progress.step;
  result.updates = trainer->run->sac.updates;
  result.seconds = get_seconds (trainer);
  pthread_mutex_lock (&trainer->lock);
  esp_result_clear (&trainer->result);
  trainer->result = result;
  trainer->has_result = true;
  pthread_mutex_unlock (&trainer->lock);
  set_state (trainer, ESP_RUN_DONE);
  tell (trainer, true);
}

static void
train (EspTrainer *trainer)
{
  EspRun *run = trainer->run;
  g_autoptr (GError) error = NULL;

  if (!esp_run_step (run, &error))
    {
      collect_evaluation (trainer);
      trainer->diverged = true;
      set_message (trainer, error->message);
      set_state (trainer, ESP_RUN_DIVERGED);
      tell (trainer, true);
      return;
    }

  if (esp_run_wants_evaluation (run))
    {
      g_autoptr (EspNetwork) network = esp_policy_get_network (&run->sac.policy);

      /* the one before has had a whole period to finish */
      collect_evaluation (trainer);
      esp_assessor_evaluate (trainer->assessor, run->recipe, network, run->progress.seed,
                             run->progress.step, run->progress.evaluations++);
    }
  else if (esp_assessor_has_result (trainer->assessor))
    collect_evaluation (trainer);

  if (esp_run_is_complete (run))
    {
      begin_choice (trainer);
      return;
    }
  if (--trainer->budget == 0)
    {
      set_state (trainer, ESP_RUN_PAUSED);
      tell (trainer, true);
      return;
    }
  if (trainer->checkpoint != NULL && now () - trainer->last_checkpoint >= CHECKPOINT_SECONDS)
    {
      collect_evaluation (trainer);
      save_checkpoint (trainer);
    }
  tell (trainer, false);
}

static void
restart (EspTrainer *trainer, uint64_t seed)
{
  EspRun *run = esp_run_new (trainer->environment->name, trainer->recipe, seed, NULL);

  /* the first run came from the same recipe and environment */
  g_assert (run != NULL);
  esp_assessor_cancel (trainer->assessor);
  esp_run_free (trainer->run);
  trainer->run = run;
  trainer->run_number++;
  trainer->diverged = false;
  g_clear_pointer (&trainer->message, g_free);
  trainer->seconds = 0.0;
  trainer->started = trainer->last_checkpoint = now ();
  trainer->speed_step = 0;

  pthread_mutex_lock (&trainer->lock);
  trainer->seed = seed;
  trainer->has_result = false;
  esp_result_clear (&trainer->result);
  pthread_mutex_unlock (&trainer->lock);
}

/* Steps that were asked for while others are still to do come on top of them. */
static void
set_budget (EspTrainer *trainer, const Command *command)
{
  uint64_t steps = command->type == COMMAND_RUN ? UINT64_MAX : MAX (1, command->value);
  bool counting = trainer->state == ESP_RUN_TRAINING && trainer->budget != UINT64_MAX;

  if (counting && steps < UINT64_MAX - trainer->budget)
    trainer->budget += steps;
  else
    trainer->budget = steps;
}

static void
apply (EspTrainer *trainer, const Command *command)
{
  EspRunState state = trainer->state;
  bool may_train = state == ESP_RUN_PAUSED || state == ESP_RUN_TRAINING;

  switch (command->type)
    {
    case COMMAND_RUN:
    case COMMAND_RUN_STEPS:
      if (!may_train)
        return;
      g_clear_pointer (&trainer->message, g_free);
      set_budget (trainer, command);
      if (esp_run_is_complete (trainer->run))
        begin_choice (trainer);
      else
        set_state (trainer, ESP_RUN_TRAINING);
      break;

    case COMMAND_PAUSE:
      if (state == ESP_RUN_FINISHING)
        esp_assessor_cancel (trainer->assessor);
      if (is_active (state))
        set_state (trainer, get_idle_state (trainer));
      break;

    case COMMAND_RESTART:
      restart (trainer, command->value);
      trainer->budget = UINT64_MAX;
      set_state (trainer, ESP_RUN_TRAINING);
      break;

    case COMMAND_FINISH:
      /* what was learned before a divergence is still there to choose from */
      if (may_train || state == ESP_RUN_DIVERGED)
        begin_choice (trainer);
      break;

    case COMMAND_STOP:
      if (state == ESP_RUN_FINISHING)
        esp_assessor_cancel (trainer->assessor);
      collect_evaluation (trainer);
      save_checkpoint (trainer);
      if (is_active (state))
        set_state (trainer, get_idle_state (trainer));
      break;
    }
  tell (trainer, true);
}

/* Applies the commands that wait; waits for one while there is nothing to do. Returns whether to go on. */
static bool
attend (EspTrainer *trainer)
{
  g_autoptr (GArray) commands = NULL;
  bool quitting;

  pthread_mutex_lock (&trainer->lock);
  while (!trainer->quitting && trainer->commands->len == 0 && trainer->state != ESP_RUN_TRAINING)
    {
      struct timespec deadline;

      if (trainer->state != ESP_RUN_FINISHING)
        {
          pthread_cond_wait (&trainer->wake, &trainer->lock);
          continue;
        }
      /* the choice is made elsewhere: look after it ten times a second */
      clock_gettime (CLOCK_REALTIME, &deadline);
      deadline.tv_nsec += 100000000;
      deadline.tv_sec += deadline.tv_nsec / 1000000000;
      deadline.tv_nsec %= 1000000000;
      pthread_cond_timedwait (&trainer->wake, &trainer->lock, &deadline);
      break;
    }
  commands = g_steal_pointer (&trainer->commands);
  trainer->commands = g_array_new (FALSE, FALSE, sizeof (Command));
  quitting = trainer->quitting;
  trainer->attention = quitting;
  trainer->applying = commands->len > 0;
  pthread_mutex_unlock (&trainer->lock);

  for (guint i = 0; i < commands->len && !quitting; i++)
    apply (trainer, &g_array_index (commands, Command, i));

  /* whoever waits for the commands to be done */
  pthread_mutex_lock (&trainer->lock);
  trainer->applying = false;
  pthread_cond_broadcast (&trainer->changed);
  pthread_mutex_unlock (&trainer->lock);

  return !quitting;
}

static void *
run_thread (void *data)
{
  EspTrainer *trainer = data;

  esp_blas_use_one_thread ();
  tell (trainer, true);
  while (attend (trainer))
    {
      while (trainer->state == ESP_RUN_TRAINING && !trainer->attention)
        train (trainer);
      if (trainer->state == ESP_RUN_FINISHING)
        {
          if (esp_assessor_has_result (trainer->assessor))
            end_choice (trainer);
          else
            tell (trainer, false);
        }
    }
  esp_assessor_cancel (trainer->assessor);

  return NULL;
}

/* Takes @run over and starts the threads. */
static EspTrainer *
trainer_new_for_run (EspRun *run)
{
  EspTrainer *trainer = g_new0 (EspTrainer, 1);
  int failure;

  trainer->run = run;
  trainer->environment = run->info;
  trainer->recipe = esp_recipe_ref (run->recipe);
  trainer->seed = run->progress.seed;
  trainer->commands = g_array_new (FALSE, FALSE, sizeof (Command));
  trainer->last_checkpoint = now ();
  pthread_mutex_init (&trainer->lock, NULL);
  pthread_cond_init (&trainer->wake, NULL);
  pthread_cond_init (&trainer->changed, NULL);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_init (&trainer->snapshots[i], (EspReferenceFunction) esp_snapshot_ref,
                     (EspReleaseFunction) esp_snapshot_unref);
  trainer->assessor = esp_assessor_new ();

  failure = pthread_create (&trainer->thread, NULL, run_thread, trainer);
  if (failure != 0)
    g_error ("cannot start a thread: %s", g_strerror (failure));
  pthread_setname_np (trainer->thread, "trainer");

  return trainer;
}

EspTrainer *
esp_trainer_new (const char *environment, EspRecipe *recipe, uint64_t seed, GError **error)
{
  EspRun *run = esp_run_new (environment, recipe, seed, error);

  return run != NULL ? trainer_new_for_run (run) : NULL;
}

EspTrainer *
esp_trainer_new_from_checkpoint (const char *path, GError **error)
{
  EspRun *run = esp_checkpoint_load (path, error);

  return run != NULL ? trainer_new_for_run (run) : NULL;
}

gboolean
esp_trainer_set_checkpoint (EspTrainer *trainer, const char *path, GError **error)
{
  if (!esp_tensor_check_writable (path, error))
    return FALSE;

  /* the thread waits for its first command and looks at this only afterwards */
  pthread_mutex_lock (&trainer->lock);
  g_free (trainer->checkpoint);
  trainer->checkpoint = g_strdup (path);
  pthread_mutex_unlock (&trainer->lock);

  return TRUE;
}

void
esp_trainer_free (EspTrainer *trainer)
{
  if (trainer == NULL)
    return;

  pthread_mutex_lock (&trainer->lock);
  trainer->quitting = true;
  trainer->attention = true;
  pthread_cond_broadcast (&trainer->wake);
  pthread_mutex_unlock (&trainer->lock);
  /* the thread may be waiting for an evaluation */
  esp_assessor_quit (trainer->assessor);
  pthread_join (trainer->thread, NULL);

  esp_assessor_free (trainer->assessor);
  esp_run_free (trainer->run);
  esp_result_clear (&trainer->result);
  esp_history_unref (trainer->history);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_clear (&trainer->snapshots[i]);
  g_array_unref (trainer->commands);
  esp_recipe_unref (trainer->recipe);
  g_free (trainer->checkpoint);
  g_free (trainer->checkpoint_error);
  g_free (trainer->message);
  pthread_cond_destroy (&trainer->wake);
  pthread_cond_destroy (&trainer->changed);
  pthread_mutex_destroy (&trainer->lock);
  g_free (trainer);
}

static void
send (EspTrainer *trainer, CommandType type, uint64_t value)
{
  Command command = { type, value };

  pthread_mutex_lock (&trainer->lock);
  g_array_append_val (trainer->commands, command);
  trainer->attention = true;
  pthread_cond_broadcast (&trainer->wake);
  pthread_mutex_unlock (&trainer->lock);
}

void
esp_trainer_run (EspTrainer *trainer)
{
  send (trainer, COMMAND_RUN, 0);
}

void
esp_trainer_pause (EspTrainer *trainer)
{
  send (trainer, COMMAND_PAUSE, 0);
}

void
esp_trainer_run_steps (EspTrainer *trainer, uint64_t n_steps)
{
  send (trainer, COMMAND_RUN_STEPS, n_steps);
}

void
esp_trainer_restart (EspTrainer *trainer, uint64_t seed)
{
  send (trainer, COMMAND_RESTART, seed);
}

void
esp_trainer_finish (EspTrainer *trainer)
{
  send (trainer, COMMAND_FINISH, 0);
}

void
esp_trainer_stop (EspTrainer *trainer)
{
  send (trainer, COMMAND_STOP, 0);
}

void
esp_trainer_set_watched (EspTrainer *trainer, bool watched)
{
  trainer->watched = watched;
}

EspRunState
esp_trainer_wait (EspTrainer *trainer, unsigned milliseconds)
{
  struct timespec deadline;
  EspRunState state;

  clock_gettime (CLOCK_REALTIME, &deadline);
  deadline.tv_nsec += (long) (milliseconds % 1000) * 1000000;
  deadline.tv_sec += milliseconds / 1000 + deadline.tv_nsec / 1000000000;
  deadline.tv_nsec %= 1000000000;

  pthread_mutex_lock (&trainer->lock);
  while ((is_active (trainer->state) || trainer->commands->len > 0 || trainer->applying)
         && pthread_cond_timedwait (&trainer->changed, &trainer->lock, &deadline) != ETIMEDOUT)
    ;
  /* a command that waits may still start something */
  state = trainer->commands->len > 0 || trainer->applying ? ESP_RUN_TRAINING : trainer->state;
  pthread_mutex_unlock (&trainer->lock);

  return state;
}

gboolean
esp_trainer_get_result (EspTrainer *trainer, EspResult *result)
{
  gboolean has_result;

  pthread_mutex_lock (&trainer->lock);
  has_result = trainer->has_result;
  if (has_result)
    {
      *result = trainer->result;
      esp_formula_ref (result->formula);
      esp_network_ref (result->network);
    }
  pthread_mutex_unlock (&trainer->lock);

  return has_result;
}

void
esp_result_clear (EspResult *result)
{
  g_clear_pointer (&result->formula, esp_formula_unref);
  g_clear_pointer (&result->network, esp_network_unref);
}

EspRecipe *
esp_trainer_get_recipe (EspTrainer *trainer)
{
  return trainer->recipe;
}

const EspEnvironmentInfo *
esp_trainer_get_environment (EspTrainer *trainer)
{
  return trainer->environment;
}

uint64_t
esp_trainer_get_seed (EspTrainer *trainer)
{
  uint64_t seed;

  pthread_mutex_lock (&trainer->lock);
  seed = trainer->seed;
  pthread_mutex_unlock (&trainer->lock);

  return seed;
}

char *
esp_trainer_get_checkpoint_error (EspTrainer *trainer)
{
  char *message;

  pthread_mutex_lock (&trainer->lock);
  message = g_strdup (trainer->checkpoint_error);
  pthread_mutex_unlock (&trainer->lock);

  return message;
}

EspSnapshot *
esp_trainer_take_snapshot (EspTrainer *trainer, EspConsumer consumer)
{
  return esp_triple_take (&trainer->snapshots[consumer]);
}

EspFormula *
esp_trainer_take_formula (EspTrainer *trainer, EspConsumer consumer)
{
  return esp_assessor_take_formula (trainer->assessor, consumer);
}

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "esp-blas.h"
#include "esp-checkpoint.h"
#include "esp-clock.h"
#include "esp-error.h"
#include "esp-trainer-private.h"

#define SNAPSHOT_SECONDS   (1.0 / 30.0) /* between snapshots while somebody watches */
#define HEADLESS_SECONDS   0.2          /* between snapshots for a progress bar */
#define SHOW_SECONDS       0.5          /* between formulas shown while somebody watches */
#define CHECKPOINT_SECONDS 60.0
#define EVALUATED_SECONDS  10.0 /* between checkpoints where there is a new evaluation to keep */
#define SPEED_SECONDS      1.0  /* over which the speed is measured */
#define TELLING_SHARE      0.02 /* of the final choice: how long that took tells how long the rest will */

bool
esp_trainer_is_active (EspRunState state)
{
  return state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING;
}

static double
get_seconds (const EspTrainer *trainer)
{
  return trainer->seconds
         + (esp_trainer_is_active (trainer->state) ? esp_clock_now () - trainer->started : 0.0);
}

/* Whoever waits for the state sees it once tell() has published the snapshot with its message. */
static void
set_state (EspTrainer *trainer, EspRunState state)
{
  double time = esp_clock_now ();

  if (esp_trainer_is_active (trainer->state) && !esp_trainer_is_active (state))
    trainer->seconds += time - trainer->started;
  if (!esp_trainer_is_active (trainer->state) && esp_trainer_is_active (state))
    {
      trainer->started = time;
      trainer->speed_since = time;
      trainer->speed_step = trainer->run->progress.step;
    }

  trainer->state = state;
}

static void
measure_speed (EspTrainer *trainer, double time)
{
  double elapsed = time - trainer->speed_since;
  uint64_t step = trainer->run->progress.step, warm_up = trainer->run->recipe->warm_up_steps;

  /* steps without updates say nothing of those with them */
  if (trainer->speed_step < warm_up && step >= warm_up)
    {
      trainer->speed = 0.0;
      trainer->speed_since = time;
      trainer->speed_step = step;
      return;
    }
  if (elapsed < SPEED_SECONDS)
    return;
  trainer->speed = (double) (trainer->run->progress.step - trainer->speed_step) / elapsed;
  trainer->speed_since = time;
  trainer->speed_step = trainer->run->progress.step;
}

/* Returns how many seconds the remaining steps will take, or NaN. The present speed tells more than the time
 * gone by, but not before there are updates. */
static double
get_learning_left (const EspTrainer *trainer)
{
  const EspRun *run = trainer->run;

  if (trainer->state == ESP_RUN_FINISHING || trainer->state == ESP_RUN_DONE)
    return 0.0;
  if (trainer->state != ESP_RUN_TRAINING || run->progress.step <= run->recipe->warm_up_steps
      || !(trainer->speed > 0.0) || run->progress.step >= run->recipe->steps)
    return NAN;

  return (double) (run->recipe->steps - run->progress.step) / trainer->speed;
}

/* Returns how many seconds the final choice will take from now on, or NaN. The share that is done is done
 * of what was expected, unless it has taken longer than that already. */
static double
get_choice_left (const EspTrainer *trainer)
{
  double expected, elapsed, share;

  if (trainer->state == ESP_RUN_DONE)
    return 0.0;
  expected = esp_assessor_forecast_choice (trainer->assessor, trainer->recipe);
  if (trainer->state != ESP_RUN_FINISHING)
    return expected;

  elapsed = esp_clock_now () - trainer->choice_started;
  share = esp_assessor_get_progress (trainer->assessor);
  /* what is measured after all steps are spent, nothing tells */
  if (share >= 1.0)
    return NAN;
  if (isfinite (expected))
    return (1.0 - share) * fmax (expected, elapsed);

  return share > TELLING_SHARE ? elapsed * (1.0 - share) / share : NAN;
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
take_front (EspTrainer *trainer)
{
  EspArchive *newer = esp_assessor_take_front (trainer->assessor);

  if (newer == NULL)
    return;
  esp_archive_unref (trainer->front);
  trainer->front = newer;
}

/* Fills in the symbolic networks and what they compute at the present observation. */
static void
show_network (const EspTrainer *trainer, const EspNetwork *network, EspSnapshot *snapshot)
{
  const EspRun *run = trainer->run;

  for (size_t i = 0; i < run->sac.policy.n_weights; i++)
    {
      snapshot->weights[i] = (float) network->weights[i];
      /* of a final formula there is only what was chosen */
      snapshot->probabilities[i] = trainer->state == ESP_RUN_DONE ? (float) network->mask[i]
                                                                  : network->probabilities[i];
    }
  for (size_t i = 0; i < run->sac.policy.n_biases; i++)
    snapshot->biases[i] = (float) network->biases[i];
  esp_network_evaluate (network, run->observation, snapshot->features, snapshot->actions);
}

static void
publish_snapshot (EspTrainer *trainer, EspActor *actor)
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

  snapshot->learning_left = get_learning_left (trainer);
  snapshot->choice_left = get_choice_left (trainer);

  snapshot->policy = actor->kind;
  snapshot->actor = esp_actor_ref (actor);
  snapshot->threshold = run->recipe->path_threshold;
  snapshot->temperature = schedule.temperature;
  snapshot->expected_paths = esp_run_get_expected_paths (run);
  snapshot->allowed_paths = schedule.allowed_paths;
  memcpy (snapshot->observation, run->observation, run->info->n_observations * sizeof (double));
  if (actor->kind == ESP_POLICY_SYMBOLIC)
    show_network (trainer, actor->network, snapshot);
  else
    {
      g_autofree double *scratch = g_new (double, esp_actor_get_scratch_size (actor));

      esp_actor_evaluate (actor, scratch, run->observation, snapshot->actions);
    }
  esp_history_unref (snapshot->history);
  snapshot->history = esp_history_ref (get_history (trainer));
  take_front (trainer);
  snapshot->front = trainer->front != NULL ? esp_archive_ref (trainer->front) : NULL;

  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_publish (&trainer->snapshots[i], snapshot);
}

/* Tells the readers how things stand; @force when the state changed, else when it is time. */
static void
tell (EspTrainer *trainer, bool force)
{
  double time = esp_clock_now ();
  double period = trainer->watched ? SNAPSHOT_SECONDS : HEADLESS_SECONDS;
  g_autoptr (EspActor) actor = NULL;

  if (!force && time - trainer->last_snapshot < period)
    return;

  trainer->last_snapshot = time;
  measure_speed (trainer, time);
  actor = trainer->state == ESP_RUN_DONE ? esp_actor_ref (trainer->result.actor)
                                         : esp_policy_get_actor (&trainer->run->sac.policy);
  publish_snapshot (trainer, actor);
  pthread_mutex_lock (&trainer->lock);
  trainer->told = trainer->state;
  pthread_cond_broadcast (&trainer->changed);
  pthread_mutex_unlock (&trainer->lock);
  if (trainer->watched && (trainer->state == ESP_RUN_TRAINING || trainer->state == ESP_RUN_PAUSED)
      && (force || time - trainer->last_shown >= SHOW_SECONDS))
    {
      trainer->last_shown = time;
      esp_assessor_show (trainer->assessor, actor);
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

  trainer->last_checkpoint = esp_clock_now ();
  trainer->saved = true;
  trainer->saved_evaluations = trainer->run->evaluations->len;
  /* what was saved before the run diverged is worth more than what it is now */
  if (trainer->checkpoint == NULL || trainer->diverged || trainer->incomplete)
    return;

  trainer->run->seconds = get_seconds (trainer);
  esp_checkpoint_save (trainer->run, trainer->checkpoint, &error);
  pthread_mutex_lock (&trainer->lock);
  g_free (trainer->checkpoint_error);
  trainer->checkpoint_error = error != NULL ? g_strdup (error->message) : NULL;
  pthread_mutex_unlock (&trainer->lock);
}

/* An evaluation is kept soon, and the first one, where nothing is saved yet, at once: a run may diverge
 * before its first minute is over. */
static bool
is_checkpoint_due (const EspTrainer *trainer)
{
  double elapsed = esp_clock_now () - trainer->last_checkpoint;

  if (trainer->checkpoint == NULL)
    return false;
  if (trainer->run->evaluations->len > trainer->saved_evaluations
      && (!trainer->saved || elapsed >= EVALUATED_SECONDS))
    return true;

  return elapsed >= CHECKPOINT_SECONDS;
}

/* Steps are over: starts the choice of the final formula. */
static void
begin_choice (EspTrainer *trainer)
{
  collect_evaluation (trainer);
  save_checkpoint (trainer);
  trainer->choice_started = esp_clock_now ();
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
        set_message (trainer,
                     trainer->recipe->policy != ESP_POLICY_NEURAL
                       ? "there is no formula yet: train at least until the first evaluation"
                       : "there is no network to choose yet: train at least until the first evaluation");
      set_state (trainer, get_idle_state (trainer));
      tell (trainer, true);
      return;
    }

  result.history = esp_history_ref (get_history (trainer));
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
  uint64_t step = run->progress.step;
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
      g_autoptr (EspActor) actor = esp_policy_get_actor (&run->sac.policy);

      /* the one before has had a whole period to finish */
      collect_evaluation (trainer);
      esp_assessor_evaluate (trainer->assessor, run->recipe, actor, run->progress.seed, run->progress.step,
                             run->progress.evaluations++);
    }
  else if (esp_assessor_has_result (trainer->assessor))
    collect_evaluation (trainer);

  if (esp_run_is_complete (run))
    {
      begin_choice (trainer);
      return;
    }
  if (run->progress.step > step && --trainer->budget == 0)
    {
      set_state (trainer, ESP_RUN_PAUSED);
      tell (trainer, true);
      return;
    }
  if (is_checkpoint_due (trainer))
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
  g_clear_pointer (&trainer->front, esp_archive_unref);
  esp_run_free (trainer->run);
  trainer->run = run;
  esp_sac_set_pool (&run->sac, trainer->pool);
  trainer->run_number++;
  trainer->diverged = false;
  g_clear_pointer (&trainer->message, g_free);
  trainer->seconds = 0.0;
  trainer->started = trainer->last_checkpoint = esp_clock_now ();
  trainer->speed_step = 0;
  trainer->saved = false;
  trainer->saved_evaluations = 0;

  pthread_mutex_lock (&trainer->lock);
  trainer->seed = seed;
  trainer->has_result = false;
  esp_result_clear (&trainer->result);
  pthread_mutex_unlock (&trainer->lock);
}

/* Steps that were asked for while others are still to do come on top of them. */
static void
set_budget (EspTrainer *trainer, const EspCommand *command)
{
  uint64_t steps = command->type == ESP_COMMAND_RUN ? UINT64_MAX : MAX (1, command->value);
  bool counting = trainer->state == ESP_RUN_TRAINING && trainer->budget != UINT64_MAX;

  if (counting && steps < UINT64_MAX - trainer->budget)
    trainer->budget += steps;
  else
    trainer->budget = steps;
}

static void
apply (EspTrainer *trainer, const EspCommand *command)
{
  EspRunState state = trainer->state;
  bool may_train = state == ESP_RUN_PAUSED || state == ESP_RUN_TRAINING;

  switch (command->type)
    {
    case ESP_COMMAND_RUN:
    case ESP_COMMAND_RUN_STEPS:
      if (!may_train)
        return;
      g_clear_pointer (&trainer->message, g_free);
      set_budget (trainer, command);
      if (esp_run_is_complete (trainer->run))
        begin_choice (trainer);
      else
        set_state (trainer, ESP_RUN_TRAINING);
      break;

    case ESP_COMMAND_PAUSE:
      if (state == ESP_RUN_FINISHING)
        esp_assessor_cancel (trainer->assessor);
      if (esp_trainer_is_active (state))
        set_state (trainer, get_idle_state (trainer));
      break;

    case ESP_COMMAND_RESTART:
      restart (trainer, command->value);
      trainer->budget = UINT64_MAX;
      set_state (trainer, ESP_RUN_TRAINING);
      break;

    case ESP_COMMAND_FINISH:
      /* what was learned before a divergence is still there to choose from */
      if (may_train || state == ESP_RUN_DIVERGED)
        begin_choice (trainer);
      break;

    case ESP_COMMAND_SETTLE:
      if (state == ESP_RUN_FINISHING)
        esp_assessor_settle (trainer->assessor);
      break;

    case ESP_COMMAND_STOP:
      if (state == ESP_RUN_FINISHING)
        esp_assessor_cancel (trainer->assessor);
      collect_evaluation (trainer);
      save_checkpoint (trainer);
      if (esp_trainer_is_active (state))
        set_state (trainer, get_idle_state (trainer));
      break;

    case ESP_COMMAND_TELL:
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
      clock_gettime (CLOCK_MONOTONIC, &deadline);
      deadline.tv_nsec += 100000000;
      deadline.tv_sec += deadline.tv_nsec / 1000000000;
      deadline.tv_nsec %= 1000000000;
      pthread_cond_timedwait (&trainer->wake, &trainer->lock, &deadline);
      break;
    }
  commands = g_steal_pointer (&trainer->commands);
  trainer->commands = g_array_new (FALSE, FALSE, sizeof (EspCommand));
  quitting = trainer->quitting;
  trainer->attention = quitting;
  trainer->applying = commands->len > 0;
  pthread_mutex_unlock (&trainer->lock);

  for (guint i = 0; i < commands->len && !quitting; i++)
    apply (trainer, &g_array_index (commands, EspCommand, i));

  /* whoever waits for the commands to be done */
  pthread_mutex_lock (&trainer->lock);
  trainer->applying = false;
  pthread_cond_broadcast (&trainer->changed);
  pthread_mutex_unlock (&trainer->lock);

  return !quitting;
}

void *
esp_trainer_run_thread (void *data)
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

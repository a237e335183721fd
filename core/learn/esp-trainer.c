#include "esp-trainer.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "esp-checkpoint.h"
#include "esp-clock.h"
#include "esp-safetensors.h"
#include "esp-trainer-private.h"

/* Takes @run over and starts the threads. */
static EspTrainer *
trainer_new_for_run (EspRun *run)
{
  EspTrainer *trainer = g_new0 (EspTrainer, 1);
  pthread_condattr_t attributes;
  int failure;

  trainer->run = run;
  trainer->environment = run->info;
  trainer->recipe = esp_recipe_ref (run->recipe);
  trainer->seed = run->progress.seed;
  trainer->commands = g_array_new (FALSE, FALSE, sizeof (EspCommand));
  trainer->last_checkpoint = esp_clock_now ();
  trainer->seconds = run->seconds;
  trainer->saved = run->progress.step > 0;
  trainer->saved_evaluations = run->evaluations->len;
  pthread_mutex_init (&trainer->lock, NULL);
  /* deadlines stay where they are when somebody sets the computer's clock */
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&trainer->wake, &attributes);
  pthread_cond_init (&trainer->changed, &attributes);
  pthread_condattr_destroy (&attributes);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_init (&trainer->snapshots[i], (EspReferenceFunction) esp_snapshot_ref,
                     (EspReleaseFunction) esp_snapshot_unref);
  trainer->assessor = esp_assessor_new ();

  failure = pthread_create (&trainer->thread, NULL, esp_trainer_run_thread, trainer);
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
esp_trainer_set_workers (EspTrainer *trainer, size_t n_workers)
{
  EspPool *before;

  if (n_workers == 0)
    n_workers = g_get_num_processors ();

  /* the thread waits for its first command and looks at this only afterwards */
  pthread_mutex_lock (&trainer->lock);
  before = trainer->pool;
  trainer->pool = n_workers > 1 ? esp_pool_new (MIN (n_workers, ESP_MAX_WORKERS)) : NULL;
  esp_sac_set_pool (&trainer->run->sac, trainer->pool);
  pthread_mutex_unlock (&trainer->lock);
  esp_pool_free (before);
}

void
esp_trainer_set_polish_seconds (EspTrainer *trainer, double seconds)
{
  esp_assessor_set_polish_seconds (trainer->assessor, seconds);
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
  esp_pool_free (trainer->pool);
  esp_result_clear (&trainer->result);
  esp_history_unref (trainer->history);
  esp_archive_unref (trainer->front);
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
send (EspTrainer *trainer, EspCommandType type, uint64_t value)
{
  EspCommand command = { type, value };

  pthread_mutex_lock (&trainer->lock);
  g_array_append_val (trainer->commands, command);
  trainer->attention = true;
  pthread_cond_broadcast (&trainer->wake);
  pthread_mutex_unlock (&trainer->lock);
}

void
esp_trainer_run (EspTrainer *trainer)
{
  send (trainer, ESP_COMMAND_RUN, 0);
}

void
esp_trainer_pause (EspTrainer *trainer)
{
  send (trainer, ESP_COMMAND_PAUSE, 0);
}

void
esp_trainer_run_steps (EspTrainer *trainer, uint64_t n_steps)
{
  send (trainer, ESP_COMMAND_RUN_STEPS, n_steps);
}

void
esp_trainer_restart (EspTrainer *trainer, uint64_t seed)
{
  send (trainer, ESP_COMMAND_RESTART, seed);
}

void
esp_trainer_finish (EspTrainer *trainer)
{
  send (trainer, ESP_COMMAND_FINISH, 0);
}

void
esp_trainer_settle (EspTrainer *trainer)
{
  send (trainer, ESP_COMMAND_SETTLE, 0);
}

void
esp_trainer_stop (EspTrainer *trainer)
{
  send (trainer, ESP_COMMAND_STOP, 0);
}

void
esp_trainer_set_watched (EspTrainer *trainer, bool watched)
{
  /* a run that rests tells nothing by itself, and what it told before was without a formula */
  if (!atomic_exchange (&trainer->watched, watched) && watched)
    send (trainer, ESP_COMMAND_TELL, 0);
}

EspRunState
esp_trainer_wait (EspTrainer *trainer, unsigned milliseconds)
{
  struct timespec deadline;
  EspRunState state;

  clock_gettime (CLOCK_MONOTONIC, &deadline);
  deadline.tv_nsec += (long) (milliseconds % 1000) * 1000000;
  deadline.tv_sec += milliseconds / 1000 + deadline.tv_nsec / 1000000000;
  deadline.tv_nsec %= 1000000000;

  pthread_mutex_lock (&trainer->lock);
  while ((esp_trainer_is_active (trainer->told) || trainer->commands->len > 0 || trainer->applying)
         && pthread_cond_timedwait (&trainer->changed, &trainer->lock, &deadline) != ETIMEDOUT)
    ;
  /* a command that waits may still start something */
  state = trainer->commands->len > 0 || trainer->applying ? ESP_RUN_TRAINING : trainer->told;
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
      if (result->formula != NULL)
        esp_formula_ref (result->formula);
      esp_actor_ref (result->actor);
      if (result->front != NULL)
        esp_archive_ref (result->front);
      esp_history_ref (result->history);
    }
  pthread_mutex_unlock (&trainer->lock);

  return has_result;
}

void
esp_result_clear (EspResult *result)
{
  g_clear_pointer (&result->formula, esp_formula_unref);
  g_clear_pointer (&result->actor, esp_actor_unref);
  g_clear_pointer (&result->front, esp_archive_unref);
  g_clear_pointer (&result->history, esp_history_unref);
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

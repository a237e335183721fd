#include "esp-formula-trial.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "esp-evaluation.h"
#include "esp-handler-clock.h"

/* Episodes between two looks at how far it is. */
#define PORTION 4

#define POLL_MS 100

/* What the two threads share; the last one frees it. */
typedef struct
{
  _Atomic int references;
  EspFormula *formula;
  const EspEnvironmentInfo *environment;
  _Atomic bool cancelled;
  pthread_mutex_t lock;
  EspReturns returns; /* under the lock */
} Shared;

struct _EspTrial
{
  Shared *shared;
  guint source;
  EspTrialTold told;
  gpointer data;
};

static void
shared_unref (gpointer data)
{
  Shared *shared = data;

  if (atomic_fetch_sub (&shared->references, 1) > 1)
    return;
  esp_formula_unref (shared->formula);
  pthread_mutex_destroy (&shared->lock);
  g_free (shared);
}

/* Adds @more to @returns. */
static void
add (EspReturns *returns, const EspReturns *more)
{
  double n = (double) returns->episodes, m = (double) more->episodes, all = n + m;
  double square = (n * (returns->deviation * returns->deviation + returns->mean * returns->mean)
                   + m * (more->deviation * more->deviation + more->mean * more->mean))
                  / all;

  returns->minimum = n > 0 ? fmin (returns->minimum, more->minimum) : more->minimum;
  returns->maximum = n > 0 ? fmax (returns->maximum, more->maximum) : more->maximum;
  returns->mean = (n * returns->mean + m * more->mean) / all;
  returns->mean_length = (n * returns->mean_length + m * more->mean_length) / all;
  returns->deviation = sqrt (fmax (0, square - returns->mean * returns->mean));
  returns->episodes += more->episodes;
}

static void
measure (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Shared *shared = data;

  for (size_t done = 0; done < ESP_TRIAL_EPISODES && !shared->cancelled; done += PORTION)
    {
      EspReturns more = esp_evaluate_formula (shared->formula, shared->environment, ESP_CHOICE_SEED + done,
                                              MIN (PORTION, ESP_TRIAL_EPISODES - done), NULL,
                                              &shared->cancelled);

      if (shared->cancelled || more.episodes == 0)
        break;
      pthread_mutex_lock (&shared->lock);
      add (&shared->returns, &more);
      pthread_mutex_unlock (&shared->lock);
    }
  g_task_return_boolean (task, TRUE);
}

static gboolean
poll (gpointer data)
{
  EspTrial *self = data;
  EspReturns returns;
  gboolean done;

  pthread_mutex_lock (&self->shared->lock);
  returns = self->shared->returns;
  pthread_mutex_unlock (&self->shared->lock);
  done = returns.episodes >= ESP_TRIAL_EPISODES;
  if (done)
    self->source = 0;
  esp_handler_clock_begin ();
  self->told (&returns, done, self->data);
  esp_handler_clock_end ();
  return done ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

EspTrial *
esp_trial_new (EspFormula *formula, const EspEnvironmentInfo *environment, EspTrialTold told, gpointer data)
{
  EspTrial *self = g_new0 (EspTrial, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  self->shared = g_new0 (Shared, 1);
  self->shared->references = 2;
  self->shared->formula = esp_formula_ref (formula);
  self->shared->environment = environment;
  self->shared->returns.seed = ESP_CHOICE_SEED;
  pthread_mutex_init (&self->shared->lock, NULL);
  self->told = told;
  self->data = data;
  self->source = g_timeout_add (POLL_MS, poll, self);
  g_task_set_task_data (task, self->shared, shared_unref);
  g_task_run_in_thread (task, measure);
  return self;
}

void
esp_trial_free (EspTrial *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->source, g_source_remove);
  self->shared->cancelled = true;
  shared_unref (self->shared);
  g_free (self);
}

#include "esp-assessor.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "esp-archive.h"
#include "esp-choice.h"
#include "esp-deadline.h"
#include "esp-phase.h"
#include "esp-triple.h"

typedef enum
{
  JOB_NONE,
  JOB_EVALUATE,
  JOB_CHOOSE,
} JobType;

struct _EspAssessor
{
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;

  /* under the lock */
  bool quitting;
  bool gone; /* the thread does nothing any more */
  bool done;
  JobType job;
  EspActor *shown;

  /* the job: written by the trainer before it is announced, by the worker until it is done */
  const EspRecipe *recipe;
  const EspRun *run;
  EspActor *actor;
  uint64_t seed;
  uint64_t index;
  EspEvaluation evaluation;
  EspResult result;

  EspPool *pool; /* for the final choice: the trainer rests then */
  _Atomic bool cancelled;
  _Atomic double progress;
  _Atomic double polish_seconds;
  _Atomic double step_seconds; /* the least that a step of the environment took; 0 at first */
  EspDeadline *deadline; /* of polishing */
  EspTriple formulas[ESP_N_CONSUMERS];
  EspTriple fronts; /* for the trainer */
};

static void
publish (EspAssessor *assessor, EspFormula *formula)
{
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_publish (&assessor->formulas[i], formula);
}

/* The searched formulas are short, so that the fastest measurement is the nearest. */
static void
note_step_seconds (EspAssessor *assessor, double seconds)
{
  if (seconds > 0.0 && (assessor->step_seconds == 0.0 || seconds < assessor->step_seconds))
    assessor->step_seconds = seconds;
}

/* Measures @formula, and the time that it takes. */
static EspReturns
evaluate_formula (EspAssessor *assessor, const EspFormula *formula, const EspEnvironmentInfo *environment)
{
  double started;
  EspReturns returns;

  if (assessor->step_seconds == 0.0)
    note_step_seconds (assessor, esp_evaluation_get_step_seconds (environment, &assessor->cancelled));
  started = esp_phase_get_time ();
  returns = esp_evaluate_formula (formula, environment, ESP_CHOICE_SEED,
                                  assessor->recipe->evaluation_episodes, NULL, &assessor->cancelled);
  if (returns.episodes > 0)
    note_step_seconds (assessor,
                       (esp_phase_get_time () - started) / (returns.mean_length * (double) returns.episodes));

  return returns;
}

static void
evaluate_symbolic (EspAssessor *assessor, EspNetwork *network)
{
  EspEvaluation *evaluation = &assessor->evaluation;
  g_autoptr (EspFormula) formula = esp_network_extract (network);
  size_t episodes = assessor->recipe->evaluation_episodes;

  publish (assessor, formula);
  evaluation->reading_length = esp_formula_get_longest (formula);
  evaluation->live_paths = esp_network_count_live (network);
  evaluation->formula = evaluate_formula (assessor, formula, network->environment);
  evaluation->masked = esp_evaluate_masked (network, ESP_CHOICE_SEED, episodes, NULL, &assessor->cancelled);
  evaluation->sampled = esp_evaluate_sampled (network, assessor->seed,
                                              ESP_STREAM_EVALUATIONS + assessor->index, ESP_CHOICE_SEED,
                                              episodes, NULL, &assessor->cancelled);
}

static void
evaluate (EspAssessor *assessor)
{
  EspActor *actor = assessor->actor;

  if (actor->kind == ESP_POLICY_SYMBOLIC)
    {
      evaluate_symbolic (assessor, actor->network);
      return;
    }
  if (actor->kind == ESP_POLICY_EXPRESSION)
    {
      g_autoptr (EspFormula) formula = esp_actor_get_formula (actor);

      publish (assessor, formula);
      assessor->evaluation.reading_length = esp_formula_get_longest (formula);
    }
  assessor->evaluation.masked = esp_evaluate_actor (
    actor, ESP_CHOICE_SEED, assessor->recipe->evaluation_episodes, NULL, &assessor->cancelled);
  /* one policy, whichever way one looks at it */
  if (actor->kind == ESP_POLICY_EXPRESSION)
    assessor->evaluation.formula = assessor->evaluation.masked;
}

static void
note_progress (void *data, double share)
{
  EspAssessor *assessor = data;

  assessor->progress = share;
}

static void
show (void *data, EspFormula *formula)
{
  publish (data, formula);
}

static void
show_front (void *data, EspArchive *front)
{
  EspAssessor *assessor = data;

  esp_triple_publish (&assessor->fronts, front);
}

static void
choose (EspAssessor *assessor)
{
  EspChoice choice = { .run = assessor->run,
                       .pool = assessor->pool,
                       .cancelled = &assessor->cancelled,
                       .deadline = assessor->deadline,
                       .seconds = assessor->polish_seconds,
                       .note_progress = note_progress,
                       .show = show,
                       .show_front = show_front,
                       .data = assessor };

  esp_choose (&choice, &assessor->result);
}

static void *
work (void *data)
{
  EspAssessor *assessor = data;

  pthread_mutex_lock (&assessor->lock);
  while (!assessor->quitting)
    {
      JobType job = assessor->done ? JOB_NONE : assessor->job;
      g_autoptr (EspActor) shown = job == JOB_NONE ? g_steal_pointer (&assessor->shown) : NULL;

      if (job == JOB_NONE && shown == NULL)
        {
          pthread_cond_wait (&assessor->changed, &assessor->lock);
          continue;
        }

      pthread_mutex_unlock (&assessor->lock);
      if (job == JOB_EVALUATE)
        evaluate (assessor);
      else if (job == JOB_CHOOSE)
        choose (assessor);
      else if (shown->kind != ESP_POLICY_NEURAL)
        {
          g_autoptr (EspFormula) formula = esp_actor_get_formula (shown);

          publish (assessor, formula);
        }
      pthread_mutex_lock (&assessor->lock);

      if (job != JOB_NONE)
        {
          assessor->done = true;
          pthread_cond_broadcast (&assessor->changed);
        }
    }
  assessor->gone = true;
  pthread_cond_broadcast (&assessor->changed);
  pthread_mutex_unlock (&assessor->lock);

  return NULL;
}

EspAssessor *
esp_assessor_new (void)
{
  EspAssessor *assessor = g_new0 (EspAssessor, 1);
  int failure;

  pthread_mutex_init (&assessor->lock, NULL);
  pthread_cond_init (&assessor->changed, NULL);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_init (&assessor->formulas[i], (EspReferenceFunction) esp_formula_ref,
                     (EspReleaseFunction) esp_formula_unref);
  esp_triple_init (&assessor->fronts, (EspReferenceFunction) esp_archive_ref,
                   (EspReleaseFunction) esp_archive_unref);
  assessor->pool = esp_pool_new (0);
  assessor->deadline = esp_deadline_new ();
  failure = pthread_create (&assessor->thread, NULL, work, assessor);
  if (failure != 0)
    g_error ("cannot start a thread: %s", g_strerror (failure));
  pthread_setname_np (assessor->thread, "assessor");

  return assessor;
}

void
esp_assessor_quit (EspAssessor *assessor)
{
  pthread_mutex_lock (&assessor->lock);
  assessor->quitting = true;
  assessor->cancelled = true;
  esp_deadline_end (assessor->deadline);
  pthread_cond_broadcast (&assessor->changed);
  pthread_mutex_unlock (&assessor->lock);
}

void
esp_assessor_free (EspAssessor *assessor)
{
  if (assessor == NULL)
    return;

  esp_assessor_quit (assessor);
  pthread_join (assessor->thread, NULL);
  esp_deadline_free (assessor->deadline);

  esp_pool_free (assessor->pool);
  esp_actor_unref (assessor->actor);
  esp_actor_unref (assessor->shown);
  esp_result_clear (&assessor->result);
  for (int i = 0; i < ESP_N_CONSUMERS; i++)
    esp_triple_clear (&assessor->formulas[i]);
  esp_triple_clear (&assessor->fronts);
  pthread_cond_destroy (&assessor->changed);
  pthread_mutex_destroy (&assessor->lock);
  g_free (assessor);
}

void
esp_assessor_show (EspAssessor *assessor, EspActor *actor)
{
  pthread_mutex_lock (&assessor->lock);
  esp_actor_unref (assessor->shown);
  assessor->shown = esp_actor_ref (actor);
  pthread_cond_broadcast (&assessor->changed);
  pthread_mutex_unlock (&assessor->lock);
}

/* Announces a job whose fields are filled. */
static void
start (EspAssessor *assessor, JobType job)
{
  assessor->progress = 0.0;
  pthread_mutex_lock (&assessor->lock);
  assessor->cancelled = assessor->quitting;
  if (!assessor->quitting)
    esp_deadline_begin (assessor->deadline);
  g_assert (assessor->job == JOB_NONE);
  /* what was shown before is older than what the job is about to publish */
  g_clear_pointer (&assessor->shown, esp_actor_unref);
  assessor->job = job;
  assessor->done = false;
  pthread_cond_broadcast (&assessor->changed);
  pthread_mutex_unlock (&assessor->lock);
}

void
esp_assessor_evaluate (EspAssessor *assessor,
                       const EspRecipe *recipe,
                       EspActor *actor,
                       uint64_t seed,
                       uint64_t step,
                       uint64_t index)
{
  assessor->recipe = recipe;
  assessor->actor = esp_actor_ref (actor);
  assessor->seed = seed;
  assessor->index = index;
  assessor->evaluation = (EspEvaluation){ .step = step };
  start (assessor, JOB_EVALUATE);
}

void
esp_assessor_choose (EspAssessor *assessor, const EspRun *run)
{
  assessor->run = run;
  start (assessor, JOB_CHOOSE);
}

void
esp_assessor_set_polish_seconds (EspAssessor *assessor, double seconds)
{
  assessor->polish_seconds = seconds;
}

void
esp_assessor_settle (EspAssessor *assessor)
{
  esp_deadline_end (assessor->deadline);
}

bool
esp_assessor_is_busy (EspAssessor *assessor)
{
  bool busy;

  pthread_mutex_lock (&assessor->lock);
  busy = assessor->job != JOB_NONE;
  pthread_mutex_unlock (&assessor->lock);

  return busy;
}

bool
esp_assessor_has_result (EspAssessor *assessor)
{
  bool done;

  pthread_mutex_lock (&assessor->lock);
  done = assessor->job != JOB_NONE && assessor->done;
  pthread_mutex_unlock (&assessor->lock);

  return done;
}

double
esp_assessor_get_progress (EspAssessor *assessor)
{
  return assessor->progress;
}

double
esp_assessor_forecast_choice (EspAssessor *assessor, const EspRecipe *recipe)
{
  return esp_choice_forecast (recipe, assessor->polish_seconds, assessor->step_seconds,
                              esp_pool_get_n_workers (assessor->pool));
}

EspArchive *
esp_assessor_take_front (EspAssessor *assessor)
{
  return esp_triple_take (&assessor->fronts);
}

/* Waits for the job under way and forgets it; its results stay in the assessor. */
static void
join_job (EspAssessor *assessor)
{
  pthread_mutex_lock (&assessor->lock);
  while (assessor->job != JOB_NONE && !assessor->done && !assessor->gone)
    pthread_cond_wait (&assessor->changed, &assessor->lock);
  assessor->job = JOB_NONE;
  assessor->done = false;
  pthread_mutex_unlock (&assessor->lock);
}

gboolean
esp_assessor_collect_evaluation (EspAssessor *assessor, EspRun *run)
{
  gboolean whole;

  join_job (assessor);
  whole = !assessor->cancelled;
  if (whole)
    esp_run_add_evaluation (run, assessor->actor, &assessor->evaluation);
  g_clear_pointer (&assessor->actor, esp_actor_unref);

  return whole;
}

gboolean
esp_assessor_collect_choice (EspAssessor *assessor, EspResult *result)
{
  join_job (assessor);
  *result = assessor->result;
  assessor->result = (EspResult){ 0 };

  return result->actor != NULL;
}

void
esp_assessor_cancel (EspAssessor *assessor)
{
  assessor->cancelled = true;
  esp_deadline_end (assessor->deadline);
  join_job (assessor);
  pthread_mutex_lock (&assessor->lock);
  g_clear_pointer (&assessor->shown, esp_actor_unref);
  pthread_mutex_unlock (&assessor->lock);
  g_clear_pointer (&assessor->actor, esp_actor_unref);
  esp_result_clear (&assessor->result);
  /* a front that nobody has seen yet is not news of another choice */
  esp_archive_unref (esp_assessor_take_front (assessor));
}

EspFormula *
esp_assessor_take_formula (EspAssessor *assessor, EspConsumer consumer)
{
  return esp_triple_take (&assessor->formulas[consumer]);
}

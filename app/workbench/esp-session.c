#include "esp-session-private.h"

#include "esp-formula-forms.h"
#include "esp-handler-clock.h"

/* How often the trainer is asked for news: as often as an eye follows changing figures. */
#define POLL_MS 100

G_DEFINE_FINAL_TYPE (EspSession, esp_session, G_TYPE_OBJECT)

enum
{
  SNAPSHOT,
  FORMULA,
  FRAME,
  FINISHED,
  ENVIRONMENT_CHANGED,
  SPEED_CHANGED,
  VIEW_FAILED,
  FRONT,
  POLISHING,
  POLISHED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* The viewer's thread. */

static void
frame_drawn (EspFrame *frame, void *data)
{
  EspSession *self = data;
  EspFrame *late = atomic_exchange (&self->drawn, esp_frame_ref (frame));

  if (late != NULL)
    esp_frame_unref (late);
  g_source_set_ready_time (self->frame_source, 0);
}

static void
view_failed (const GError *error, void *data)
{
  EspSession *self = data;

  atomic_store (&self->failed, g_error_copy (error));
  g_source_set_ready_time (self->frame_source, 0);
}

static void
follow_formula (void *data, const double *observation, double *action)
{
  esp_formula_evaluate (data, observation, action);
}

/* A neural policy for the viewer, with the memory that it needs to act. */
typedef struct
{
  EspActor *actor;
  double scratch[];
} Driver;

static void
follow_actor (void *data, const double *observation, double *action)
{
  Driver *driver = data;

  esp_actor_evaluate (driver->actor, driver->scratch, observation, action);
}

static void
release_driver (gpointer data)
{
  Driver *driver = data;

  esp_actor_unref (driver->actor);
  g_free (driver);
}

static void
release_formula (gpointer data)
{
  esp_formula_unref (data);
}

/* The main thread. */

static void
release_frame (gpointer data)
{
  esp_frame_unref (data);
}

static GdkTexture *
frame_to_texture (EspFrame *frame)
{
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (frame->pixels, frame->stride * (gsize) frame->height,
                                                         release_frame, esp_frame_ref (frame));

  return gdk_memory_texture_new (frame->width, frame->height, GDK_MEMORY_R8G8B8, bytes, frame->stride);
}

static gboolean
frame_arrived (gpointer data)
{
  EspSession *self = data;
  EspFrame *frame = atomic_exchange (&self->drawn, NULL);
  g_autoptr (GError) error = atomic_exchange (&self->failed, NULL);

  if (frame != NULL)
    {
      g_autoptr (GdkTexture) texture = frame_to_texture (frame);

      g_clear_pointer (&self->frame, esp_frame_unref);
      self->frame = frame;
      g_signal_emit (self, signals[FRAME], 0, texture);
    }
  if (error != NULL)
    {
      g_free (self->view_error);
      self->view_error = g_strdup (error->message);
      g_signal_emit (self, signals[VIEW_FAILED], 0);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
frame_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  /* Before the frame is taken, so that one which arrives meanwhile wakes the loop again. */
  g_source_set_ready_time (source, -1);
  return callback (data);
}

static GSourceFuncs frame_functions = { .dispatch = frame_dispatch };

void
esp_session_follow (EspSession *self)
{
  EspFormula *formula = self->trial != NULL ? self->trial : esp_session_get_formula (self);

  if (self->viewer != NULL)
    {
      if (formula == NULL)
        esp_viewer_set_policy (self->viewer, NULL, NULL, NULL);
      else
        esp_viewer_set_policy (self->viewer, follow_formula, esp_formula_ref (formula), release_formula);
    }
  g_signal_emit (self, signals[FORMULA], 0, formula);
}

static void
set_formula (EspSession *self, EspFormula *formula)
{
  esp_forms_release (self->formula);
  self->formula = formula == NULL ? NULL : esp_formula_ref (formula);
  esp_session_follow (self);
}

/* A neural policy has no formula to follow: the robot follows what the newest snapshot says. */
static void
follow_snapshot (EspSession *self, const EspSnapshot *snapshot)
{
  Driver *driver;

  if (self->viewer == NULL || self->trial != NULL || snapshot->policy != ESP_POLICY_NEURAL)
    return;
  driver = g_malloc (sizeof *driver + esp_actor_get_scratch_size (snapshot->actor) * sizeof (double));
  driver->actor = esp_actor_ref (snapshot->actor);
  esp_viewer_set_policy (self->viewer, follow_actor, driver, release_driver);
}

void
esp_session_tell_front (EspSession *self)
{
  g_signal_emit (self, signals[FRONT], 0, self->front);
}

void
esp_session_tell_polishing (EspSession *self)
{
  g_signal_emit (self, signals[POLISHING], 0);
}

void
esp_session_tell_polished (EspSession *self, const EspPolishReport *report)
{
  g_signal_emit (self, signals[POLISHED], 0, report);
}

static void
forget_result (EspSession *self)
{
  if (self->has_result)
    esp_result_clear (&self->result);
  self->has_result = FALSE;
}

static gboolean
poll_trainer (gpointer data)
{
  EspSession *self = data;
  g_autoptr (EspFormula) formula = NULL;
  EspSnapshot *snapshot;
  gboolean restarted;

  esp_handler_clock_begin ();
  /* The formula first: one that is taken together with the first snapshot of a new run is kept. The other
   * way round the first formula of a run could be thrown away as one of the run before. */
  formula = esp_trainer_take_formula (self->trainer, ESP_CONSUMER_WINDOW);
  snapshot = esp_trainer_take_snapshot (self->trainer, ESP_CONSUMER_WINDOW);
  restarted = snapshot != NULL && self->snapshot != NULL && snapshot->run != self->snapshot->run;
  if (restarted)
    {
      forget_result (self);
      esp_session_forget_polish (self);
      if (self->viewer != NULL)
        esp_viewer_restart (self->viewer, snapshot->seed);
    }
  if (snapshot != NULL)
    {
      g_clear_pointer (&self->snapshot, esp_snapshot_unref);
      self->snapshot = snapshot;
    }
  if (formula != NULL || (restarted && self->formula != NULL))
    set_formula (self, formula);
  if (snapshot != NULL)
    {
      follow_snapshot (self, snapshot);
      esp_session_note_front (self, snapshot->front);
    }
  esp_session_poll_polisher (self);
  if (esp_session_get_state (self) == ESP_RUN_DONE && !self->has_result)
    {
      self->has_result = esp_trainer_get_result (self->trainer, &self->result);
      if (self->has_result)
        {
          if (self->result.formula != NULL)
            set_formula (self, self->result.formula);
          g_signal_emit (self, signals[FINISHED], 0, &self->result);
        }
    }
  if (snapshot != NULL)
    g_signal_emit (self, signals[SNAPSHOT], 0, snapshot);
  esp_handler_clock_end ();
  return G_SOURCE_CONTINUE;
}

void
esp_session_close (EspSession *self)
{
  EspFrame *frame;
  GError *error;

  g_return_if_fail (ESP_IS_SESSION (self));

  g_clear_handle_id (&self->poll_source, g_source_remove);
  g_clear_pointer (&self->polisher, esp_polisher_free);
  /* The viewer first: its policy is a formula of the trainer's, and its thread wakes the source. */
  g_clear_pointer (&self->viewer, esp_viewer_free);
  g_clear_pointer (&self->trainer, esp_trainer_free);
  if (self->frame_source != NULL)
    {
      g_source_destroy (self->frame_source);
      g_clear_pointer (&self->frame_source, g_source_unref);
    }
  frame = atomic_exchange (&self->drawn, NULL);
  error = atomic_exchange (&self->failed, NULL);
  g_clear_pointer (&frame, esp_frame_unref);
  g_clear_error (&error);
  g_clear_pointer (&self->frame, esp_frame_unref);
  g_clear_pointer (&self->snapshot, esp_snapshot_unref);
  g_clear_pointer (&self->formula, esp_formula_unref);
  g_clear_pointer (&self->trial, esp_formula_unref);
  g_clear_pointer (&self->choice, esp_formula_unref);
  g_clear_pointer (&self->front, esp_archive_unref);
  g_clear_pointer (&self->noted_front, esp_archive_unref);
  forget_result (self);
}

static void
esp_session_dispose (GObject *object)
{
  esp_session_close (ESP_SESSION (object));
  G_OBJECT_CLASS (esp_session_parent_class)->dispose (object);
}

static void
esp_session_finalize (GObject *object)
{
  g_free (ESP_SESSION (object)->view_error);
  esp_recipe_unref (ESP_SESSION (object)->recipe);
  G_OBJECT_CLASS (esp_session_parent_class)->finalize (object);
}

static guint
new_signal (EspSessionClass *klass, const char *name, GType type)
{
  return g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       type == G_TYPE_NONE ? 0 : 1, type);
}

static void
esp_session_class_init (EspSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = esp_session_dispose;
  G_OBJECT_CLASS (klass)->finalize = esp_session_finalize;

  signals[SNAPSHOT] = new_signal (klass, "snapshot", G_TYPE_POINTER);
  signals[FORMULA] = new_signal (klass, "formula", G_TYPE_POINTER);
  signals[FRAME] = new_signal (klass, "frame", GDK_TYPE_TEXTURE);
  signals[FINISHED] = new_signal (klass, "finished", G_TYPE_POINTER);
  signals[ENVIRONMENT_CHANGED] = new_signal (klass, "environment-changed", G_TYPE_NONE);
  signals[SPEED_CHANGED] = new_signal (klass, "speed-changed", G_TYPE_NONE);
  signals[VIEW_FAILED] = new_signal (klass, "view-failed", G_TYPE_NONE);
  signals[FRONT] = new_signal (klass, "front", G_TYPE_POINTER);
  signals[POLISHING] = new_signal (klass, "polishing", G_TYPE_NONE);
  signals[POLISHED] = new_signal (klass, "polished", G_TYPE_POINTER);
}

static void
esp_session_init (EspSession *self)
{
  self->speed = 1;
  self->frame_source = g_source_new (&frame_functions, sizeof (GSource));
  g_source_set_static_name (self->frame_source, "robot frames");
  g_source_set_callback (self->frame_source, frame_arrived, self, NULL);
  g_source_attach (self->frame_source, NULL);
}

/* Has @recipe train the constants of @text. */
static gboolean
set_policy (EspRecipe *recipe, const char *text, GError **error)
{
  g_autofree char *assignment = g_strconcat ("formula=", text, NULL);

  /* a field's text is one line; the language does not care where its lines end */
  g_strdelimit (assignment, "\r\n\t", ' ');
  return esp_recipe_set (recipe, "policy=expression", error) && esp_recipe_set (recipe, assignment, error);
}

static EspTrainer *
new_trainer (const char *environment, EspRecipe *recipe, guint64 seed, GError **error)
{
  EspTrainer *trainer = esp_trainer_new (environment, recipe, seed, error);

  if (trainer != NULL)
    {
      guint n_processors = g_get_num_processors ();

      /* one processor is left to the window and the robot */
      esp_trainer_set_workers (trainer, MAX (n_processors, 2) - 1);
      esp_trainer_set_watched (trainer, true);
    }
  return trainer;
}

EspSession *
esp_session_new (const char *environment, const char *recipe_name, guint64 seed, GError **error)
{
  g_autoptr (EspSession) self = NULL;
  g_autoptr (EspRecipe) recipe = esp_recipe_load (environment, recipe_name, error);
  g_autoptr (GError) view_error = NULL;
  EspTrainer *trainer;

  if (recipe == NULL)
    return NULL;
  trainer = new_trainer (environment, recipe, seed, error);
  if (trainer == NULL)
    return NULL;
  self = g_object_new (ESP_TYPE_SESSION, NULL);
  self->recipe = g_steal_pointer (&recipe);
  self->trainer = trainer;
  self->viewer = esp_viewer_new (environment, frame_drawn, view_failed, self, &view_error);
  if (self->viewer == NULL)
    self->view_error = g_strdup (view_error->message);
  self->poll_source = g_timeout_add (POLL_MS, poll_trainer, self);
  return g_steal_pointer (&self);
}

/* Goes on with @trainer, which is taken over. */
static void
take_trainer (EspSession *self, EspTrainer *trainer)
{
  esp_trainer_free (self->trainer);
  self->trainer = trainer;
  g_clear_pointer (&self->snapshot, esp_snapshot_unref);
  g_clear_pointer (&self->trial, esp_formula_unref);
  forget_result (self);
  esp_session_forget_polish (self);
  set_formula (self, NULL);
  g_signal_emit (self, signals[ENVIRONMENT_CHANGED], 0);
}

gboolean
esp_session_set_environment (EspSession *self, const char *environment, GError **error)
{
  g_autoptr (EspRecipe) recipe = NULL;
  EspTrainer *trainer;

  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  recipe = esp_recipe_load (environment, NULL, error);
  if (recipe == NULL)
    return FALSE;
  trainer = new_trainer (environment, recipe, esp_trainer_get_seed (self->trainer), error);
  if (trainer == NULL)
    return FALSE;
  if (self->viewer != NULL && !esp_viewer_set_environment (self->viewer, environment, error))
    {
      esp_trainer_free (trainer);
      return FALSE;
    }
  esp_recipe_unref (self->recipe);
  self->recipe = g_steal_pointer (&recipe);
  take_trainer (self, trainer);
  return TRUE;
}

/* Begins anew in the present environment. */
static gboolean
begin_anew (EspSession *self, EspRecipe *recipe, GError **error)
{
  EspTrainer *trainer = new_trainer (esp_trainer_get_environment (self->trainer)->name, recipe,
                                     esp_trainer_get_seed (self->trainer), error);

  if (trainer == NULL)
    return FALSE;
  if (self->viewer != NULL)
    esp_viewer_restart (self->viewer, esp_trainer_get_seed (trainer));
  take_trainer (self, trainer);
  return TRUE;
}

gboolean
esp_session_train_formula (EspSession *self, const char *text, GError **error)
{
  g_autoptr (EspRecipe) recipe = NULL;

  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  recipe = esp_recipe_load (esp_trainer_get_environment (self->trainer)->name, NULL, error);
  return recipe != NULL && set_policy (recipe, text, error) && begin_anew (self, recipe, error);
}

gboolean
esp_session_leave_formula (EspSession *self, GError **error)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  return begin_anew (self, self->recipe, error);
}

void
esp_session_try (EspSession *self, EspFormula *formula)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (formula == self->trial)
    return;
  g_clear_pointer (&self->trial, esp_formula_unref);
  self->trial = formula == NULL ? NULL : esp_formula_ref (formula);
  esp_session_follow (self);
  if (self->viewer != NULL)
    esp_viewer_restart (self->viewer, esp_trainer_get_seed (self->trainer));
  if (self->snapshot != NULL)
    follow_snapshot (self, self->snapshot);
}

EspFormula *
esp_session_get_trial (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->trial;
}

void
esp_session_train (EspSession *self)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_trainer_run (self->trainer);
}

void
esp_session_pause (EspSession *self)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_trainer_pause (self->trainer);
}

void
esp_session_run_steps (EspSession *self, guint64 n_steps)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_trainer_run_steps (self->trainer, n_steps);
}

void
esp_session_restart (EspSession *self, guint64 seed)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_trainer_restart (self->trainer, seed);
}

void
esp_session_finish (EspSession *self)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_trainer_finish (self->trainer);
}

const EspEnvironmentInfo *
esp_session_get_environment (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return esp_trainer_get_environment (self->trainer);
}

EspRecipe *
esp_session_get_recipe (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return esp_trainer_get_recipe (self->trainer);
}

guint64
esp_session_get_seed (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), 0);

  return esp_trainer_get_seed (self->trainer);
}

EspRunState
esp_session_get_state (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), ESP_RUN_PAUSED);

  return self->snapshot == NULL ? ESP_RUN_PAUSED : self->snapshot->state;
}

EspSnapshot *
esp_session_get_snapshot (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->snapshot;
}

EspFormula *
esp_session_get_formula (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->choice != NULL ? self->choice : self->formula;
}

const EspResult *
esp_session_get_result (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->has_result ? &self->result : NULL;
}

const EspFrame *
esp_session_get_frame (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->frame;
}

const char *
esp_session_get_view_error (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->view_error;
}

void
esp_session_set_view_size (EspSession *self, int width, int height)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_set_size (self->viewer, width, height);
}

void
esp_session_set_view_visible (EspSession *self, gboolean visible)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_set_active (self->viewer, visible);
}

void
esp_session_orbit (EspSession *self, double right, double down)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_orbit (self->viewer, right, down);
}

void
esp_session_pan (EspSession *self, double right, double down)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_pan (self->viewer, right, down);
}

void
esp_session_zoom (EspSession *self, double closer)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_zoom (self->viewer, closer);
}

void
esp_session_reset_camera (EspSession *self)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->viewer != NULL)
    esp_viewer_reset_camera (self->viewer);
}

double
esp_session_get_speed (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), 1);

  return self->speed;
}

void
esp_session_set_speed (EspSession *self, double speed)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (speed == self->speed)
    return;
  self->speed = speed;
  if (self->viewer != NULL)
    esp_viewer_set_speed (self->viewer, speed);
  g_signal_emit (self, signals[SPEED_CHANGED], 0);
}

/* Returns the next speed on the viewer's ladder, or the present one at its end. */
static double
next_speed (EspSession *self, gboolean faster)
{
  double next = self->speed;

  for (int i = 0; i < ESP_VIEWER_N_SPEEDS; i++)
    {
      int rung = faster ? i : ESP_VIEWER_N_SPEEDS - 1 - i;

      next = esp_viewer_speeds[rung];
      if (faster ? next > self->speed : next < self->speed)
        return next;
    }
  return self->speed;
}

gboolean
esp_session_can_change_speed (EspSession *self, gboolean faster)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  return next_speed (self, faster) != self->speed;
}

void
esp_session_change_speed (EspSession *self, gboolean faster)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  esp_session_set_speed (self, next_speed (self, faster));
}

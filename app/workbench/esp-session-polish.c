/* The session's polishing, and what is chosen from a front. */

#include "esp-session-private.h"

static void
set_front (EspSession *self, EspArchive *front)
{
  if (front == self->front)
    return;
  esp_archive_unref (self->front);
  self->front = front == NULL ? NULL : esp_archive_ref (front);
  esp_session_tell_front (self);
}

void
esp_session_note_front (EspSession *self, EspArchive *front)
{
  if (front == self->noted_front)
    return;
  esp_archive_unref (self->noted_front);
  self->noted_front = front == NULL ? NULL : esp_archive_ref (front);
  /* what the user has asked for comes first */
  if (front != NULL && !esp_session_is_polishing (self))
    set_front (self, front);
}

static void
set_choice (EspSession *self, EspFormula *formula)
{
  g_clear_pointer (&self->choice, esp_formula_unref);
  self->choice = formula == NULL ? NULL : esp_formula_ref (formula);
}

void
esp_session_forget_polish (EspSession *self)
{
  gboolean told = esp_session_is_polishing (self);

  if (self->polisher != NULL)
    esp_polisher_cancel (self->polisher);
  self->polish_dropped = self->polisher != NULL;
  set_choice (self, NULL);
  g_clear_pointer (&self->noted_front, esp_archive_unref);
  set_front (self, NULL);
  if (told)
    esp_session_tell_polishing (self);
}

/* Returns whether @report tells of something that is shorter or better. */
static gboolean
is_progress (const EspPolishReport *report)
{
  return report->chosen != NULL
         && (!report->unseen || report->chosen_value > report->before
             || esp_formula_get_total_length (report->chosen) < report->length);
}

static void
end (EspSession *self, const EspPolishReport *report)
{
  gboolean dropped = self->polish_dropped;

  /* its thread is at its end, so that this does not wait */
  g_clear_pointer (&self->polisher, esp_polisher_free);
  self->polish_dropped = FALSE;
  if (!dropped && is_progress (report))
    esp_session_choose (self, report->chosen);
  esp_session_tell_polishing (self);
}

void
esp_session_poll_polisher (EspSession *self)
{
  g_autoptr (EspPolishReport) report = NULL;
  gboolean dropped = self->polish_dropped;

  if (self->polisher == NULL)
    return;
  report = esp_polisher_take_report (self->polisher);
  if (report != NULL && report->front != NULL && !dropped)
    set_front (self, report->front);
  if (report != NULL && report->done)
    {
      end (self, report);
      if (!dropped && !self->polish_cancelled)
        esp_session_tell_polished (self, report);
    }
  else if (!dropped)
    esp_session_tell_polishing (self);
}

gboolean
esp_session_can_polish (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  return self->polisher == NULL && self->snapshot != NULL && self->snapshot->policy != ESP_POLICY_NEURAL
         && esp_session_get_formula (self) != NULL;
}

void
esp_session_polish (EspSession *self, double seconds)
{
  g_autoptr (GPtrArray) formulas = g_ptr_array_new ();
  guint n_processors = g_get_num_processors ();
  EspRunState state = esp_session_get_state (self);
  gboolean busy = state == ESP_RUN_TRAINING || state == ESP_RUN_FINISHING;
  /* the network as it is now, unless something else is shown, or it is of no use any more */
  gboolean network = state != ESP_RUN_DONE && state != ESP_RUN_DIVERGED && self->choice == NULL;
  EspPolisherSettings settings = { 0 };

  g_return_if_fail (ESP_IS_SESSION (self));

  if (!esp_session_can_polish (self))
    return;
  if (!network)
    g_ptr_array_add (formulas, esp_session_get_formula (self));
  for (size_t i = 0; self->front != NULL && i < esp_archive_get_n (self->front); i++)
    g_ptr_array_add (formulas, esp_archive_get (self->front, i)->formula);

  settings.environment = esp_trainer_get_environment (self->trainer);
  settings.recipe = esp_trainer_get_recipe (self->trainer);
  settings.actor = network ? self->snapshot->actor : NULL;
  settings.formulas = (EspFormula *const *) formulas->pdata;
  settings.n_formulas = formulas->len;
  settings.seconds = seconds;
  settings.seed = esp_trainer_get_seed (self->trainer) + self->n_polished++;
  /* learning comes first, and the window always */
  settings.n_workers = busy ? 1 : MAX (n_processors, 2) - 1;
  self->polish_seconds = seconds;
  self->polish_cancelled = FALSE;
  self->polisher = esp_polisher_new (&settings);
  esp_session_tell_polishing (self);
}

void
esp_session_cancel_polish (EspSession *self)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (self->polisher == NULL)
    return;
  self->polish_cancelled = TRUE;
  esp_polisher_cancel (self->polisher);
}

gboolean
esp_session_is_polishing (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), FALSE);

  return self->polisher != NULL && !self->polish_dropped;
}

double
esp_session_get_polish_share (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), 0);

  if (!esp_session_is_polishing (self) || self->polish_seconds <= 0)
    return 0;
  return MIN (1, esp_polisher_get_seconds (self->polisher) / self->polish_seconds);
}

double
esp_session_get_polish_seconds (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), 0);

  if (!esp_session_is_polishing (self))
    return 0;
  return MAX (0, self->polish_seconds - esp_polisher_get_seconds (self->polisher));
}

EspArchive *
esp_session_get_front (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->front;
}

void
esp_session_choose (EspSession *self, EspFormula *formula)
{
  g_return_if_fail (ESP_IS_SESSION (self));

  if (formula == self->choice)
    return;
  set_choice (self, formula);
  esp_session_follow (self);
}

EspFormula *
esp_session_get_choice (EspSession *self)
{
  g_return_val_if_fail (ESP_IS_SESSION (self), NULL);

  return self->choice;
}

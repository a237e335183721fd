/* What the session's source files share. */

#pragma once

#include <stdatomic.h>

#include "esp-session.h"
#include "esp-viewer.h"

G_BEGIN_DECLS

struct _EspSession
{
  GObject parent_instance;

  EspTrainer *trainer;
  guint poll_source;
  EspSnapshot *snapshot;
  EspRecipe *recipe; /* of the last run that was not of a formula of the user's */
  EspFormula *formula;
  EspFormula *trial;
  EspFormula *choice; /* that is shown in place of the run's; NULL for none */
  EspResult result;
  gboolean has_result;

  /* polishing (esp-session-polish.c) */
  EspPolisher *polisher;
  double polish_seconds;     /* its budget */
  gboolean polish_cancelled; /* by the user */
  gboolean polish_dropped;   /* it is of a run that is no longer: nobody hears of it */
  guint64 n_polished;        /* how often, so that each search draws other edits */
  EspArchive *front;         /* the newest, of the run or of the polisher; NULL before the first */
  EspArchive *noted_front;   /* the run's newest */

  EspViewer *viewer;
  char *view_error;
  EspFrame *frame;
  double speed;

  /* Written by the render thread, which then wakes the main loop. */
  _Atomic (EspFrame *) drawn;
  _Atomic (GError *) failed;
  GSource *frame_source;
};

/* Has the robot follow the formula on trial, the chosen one or the run's newest, and tells which. */
void esp_session_follow (EspSession *session);

/* Emit the signals of the same name. */
void esp_session_tell_front (EspSession *session);
void esp_session_tell_polishing (EspSession *session);
void esp_session_tell_polished (EspSession *session, const EspPolishReport *report);

/* Looks for what the polisher has to say; to be called several times a second. */
void esp_session_poll_polisher (EspSession *session);

/* Notes that the run has found @front (NULL for none). */
void esp_session_note_front (EspSession *session, EspArchive *front);

/* The run is another: cancels the polisher without waiting for it, and forgets the front and the choice. The
 * caller has the robot follow another formula. */
void esp_session_forget_polish (EspSession *session);

G_END_DECLS

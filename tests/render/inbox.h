/* Where a viewer's frames arrive in tests, and how to wait for them. */

#pragma once

#include <pthread.h>

#include "esp-viewer.h"

G_BEGIN_DECLS

/* The frames that came, as the tests see them. */
typedef struct
{
  pthread_mutex_t lock;
  pthread_cond_t arrived;
  EspFrame *newest;
  int n_frames;
  char *failure;
} Inbox;

typedef bool (*Condition) (const EspFrame *frame, const void *data);

/* Makes @inbox an empty one. */
void inbox_init (Inbox *inbox);

/* Frees what @inbox has. */
void inbox_clear (Inbox *inbox);

/* What a viewer calls; @inbox is an Inbox. */
void on_frame (EspFrame *frame, void *inbox);

/* What a viewer calls; @inbox is an Inbox. */
void on_failure (const GError *error, void *inbox);

/* Returns a viewer of the environment @name whose frames come to @inbox; end with end_viewer(). */
EspViewer *make_viewer (const char *name, Inbox *inbox);

/* Frees @viewer, then what @inbox has. */
void end_viewer (EspViewer *viewer, Inbox *inbox);

/* Waits for a new frame that meets @condition (any if NULL) and returns a reference to it; NULL if none comes
 * within @seconds. */
EspFrame *wait_for (Inbox *inbox, double seconds, Condition condition, const void *data);

/* As wait_for(), and fails if none comes for half a minute. */
EspFrame *expect (Inbox *inbox, Condition condition, const void *data);

/* Takes frames until none has come for a while, and returns the last one; NULL if there never was any, as on
 * a busy machine. */
EspFrame *expect_rest (Inbox *inbox);

/* The same for an episode that has just been asked for: its only frame may have come already, or not yet.
 * Fails if none comes for half a minute. */
EspFrame *expect_rest_of (Inbox *inbox, uint64_t seed);

G_END_DECLS

#include "inbox.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#define PATIENCE 30 /* seconds after which a frame that does not come is a failure */

void
on_frame (EspFrame *frame, void *data)
{
  Inbox *inbox = data;

  pthread_mutex_lock (&inbox->lock);
  if (inbox->newest != NULL)
    esp_frame_unref (inbox->newest);
  inbox->newest = esp_frame_ref (frame);
  inbox->n_frames++;
  pthread_cond_signal (&inbox->arrived);
  pthread_mutex_unlock (&inbox->lock);
}

void
on_failure (const GError *error, void *data)
{
  Inbox *inbox = data;

  pthread_mutex_lock (&inbox->lock);
  inbox->failure = g_strdup (error->message);
  pthread_cond_signal (&inbox->arrived);
  pthread_mutex_unlock (&inbox->lock);
}

void
inbox_init (Inbox *inbox)
{
  *inbox = (Inbox){ 0 };
  pthread_mutex_init (&inbox->lock, NULL);
  pthread_cond_init (&inbox->arrived, NULL);
}

void
inbox_clear (Inbox *inbox)
{
  if (inbox->newest != NULL)
    esp_frame_unref (inbox->newest);
  g_free (inbox->failure);
  pthread_cond_destroy (&inbox->arrived);
  pthread_mutex_destroy (&inbox->lock);
}

EspFrame *
wait_for (Inbox *inbox, double seconds, Condition condition, const void *data)
{
  EspFrame *found = NULL;
  struct timespec deadline;
  int seen;

  clock_gettime (CLOCK_REALTIME, &deadline);
  deadline.tv_sec += (time_t) seconds;
  deadline.tv_nsec += (long) ((seconds - floor (seconds)) * 1e9);
  if (deadline.tv_nsec >= 1000000000)
    {
      deadline.tv_nsec -= 1000000000;
      deadline.tv_sec++;
    }

  pthread_mutex_lock (&inbox->lock);
  seen = inbox->n_frames;
  while (found == NULL && inbox->failure == NULL)
    {
      if (inbox->n_frames > seen && (condition == NULL || condition (inbox->newest, data)))
        found = esp_frame_ref (inbox->newest);
      else if (pthread_cond_timedwait (&inbox->arrived, &inbox->lock, &deadline) == ETIMEDOUT)
        break;
    }
  if (inbox->failure != NULL)
    g_error ("%s", inbox->failure);
  pthread_mutex_unlock (&inbox->lock);

  return found;
}

EspFrame *
expect (Inbox *inbox, Condition condition, const void *data)
{
  EspFrame *frame = wait_for (inbox, PATIENCE, condition, data);

  g_assert_nonnull (frame);

  return frame;
}

EspViewer *
make_viewer (const char *name, Inbox *inbox)
{
  GError *error = NULL;
  EspViewer *viewer;

  inbox_init (inbox);
  viewer = esp_viewer_new (name, on_frame, on_failure, inbox, &error);
  g_assert_no_error (error);
  g_assert_nonnull (viewer);

  return viewer;
}

void
end_viewer (EspViewer *viewer, Inbox *inbox)
{
  esp_viewer_free (viewer);
  inbox_clear (inbox);
}

EspFrame *
expect_rest (Inbox *inbox)
{
  EspFrame *last = NULL, *frame;

  while ((frame = wait_for (inbox, 0.5, NULL, NULL)) != NULL)
    {
      g_clear_pointer (&last, esp_frame_unref);
      last = frame;
    }
  if (last == NULL)
    {
      pthread_mutex_lock (&inbox->lock);
      last = inbox->newest != NULL ? esp_frame_ref (inbox->newest) : NULL;
      pthread_mutex_unlock (&inbox->lock);
    }

  return last;
}

EspFrame *
expect_rest_of (Inbox *inbox, uint64_t seed)
{
  EspFrame *frame = expect_rest (inbox);

  for (int i = 0; i < 2 * PATIENCE && (frame == NULL || frame->seed != seed); i++)
    {
      g_clear_pointer (&frame, esp_frame_unref);
      frame = expect_rest (inbox);
    }
  g_assert_nonnull (frame);
  g_assert_cmpuint (frame->seed, ==, seed);

  return frame;
}

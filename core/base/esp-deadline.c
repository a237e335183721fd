#include "esp-deadline.h"

#include <math.h>
#include <pthread.h>
#include <time.h>

/* What is further off never comes. */
#define LONGEST 1e9

struct _EspDeadline
{
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;

  /* under the lock */
  bool quitting;
  bool ended;
  bool has_time;
  struct timespec time;

  _Atomic bool passed; /* written under the lock */
};

static bool
has_come (const struct timespec *time)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec != time->tv_sec ? now.tv_sec > time->tv_sec : now.tv_nsec >= time->tv_nsec;
}

static void *
watch (void *data)
{
  EspDeadline *deadline = data;

  pthread_mutex_lock (&deadline->lock);
  while (!deadline->quitting)
    {
      if (!deadline->has_time)
        pthread_cond_wait (&deadline->changed, &deadline->lock);
      else if (!has_come (&deadline->time))
        {
          /* a copy, since others may set another time while this thread waits */
          struct timespec time = deadline->time;

          pthread_cond_timedwait (&deadline->changed, &deadline->lock, &time);
        }
      else
        {
          deadline->passed = true;
          deadline->has_time = false;
        }
    }
  pthread_mutex_unlock (&deadline->lock);

  return NULL;
}

EspDeadline *
esp_deadline_new (void)
{
  EspDeadline *deadline = g_new0 (EspDeadline, 1);
  pthread_condattr_t attributes;
  int failure;

  pthread_mutex_init (&deadline->lock, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&deadline->changed, &attributes);
  pthread_condattr_destroy (&attributes);
  failure = pthread_create (&deadline->thread, NULL, watch, deadline);
  if (failure != 0)
    g_error ("cannot start a thread: %s", g_strerror (failure));
  pthread_setname_np (deadline->thread, "deadline");

  return deadline;
}

void
esp_deadline_free (EspDeadline *deadline)
{
  if (deadline == NULL)
    return;

  pthread_mutex_lock (&deadline->lock);
  deadline->quitting = true;
  pthread_cond_broadcast (&deadline->changed);
  pthread_mutex_unlock (&deadline->lock);
  pthread_join (deadline->thread, NULL);
  pthread_cond_destroy (&deadline->changed);
  pthread_mutex_destroy (&deadline->lock);
  g_free (deadline);
}

void
esp_deadline_begin (EspDeadline *deadline)
{
  pthread_mutex_lock (&deadline->lock);
  deadline->ended = false;
  deadline->has_time = false;
  deadline->passed = false;
  pthread_mutex_unlock (&deadline->lock);
}

void
esp_deadline_set (EspDeadline *deadline, double seconds)
{
  pthread_mutex_lock (&deadline->lock);
  if (!deadline->ended)
    {
      deadline->passed = !(seconds > 0.0);
      deadline->has_time = seconds > 0.0 && seconds < LONGEST;
      if (deadline->has_time)
        {
          double whole = floor (seconds);

          clock_gettime (CLOCK_MONOTONIC, &deadline->time);
          deadline->time.tv_nsec += (long) (1e9 * (seconds - whole));
          deadline->time.tv_sec += (time_t) whole + deadline->time.tv_nsec / 1000000000;
          deadline->time.tv_nsec %= 1000000000;
        }
      pthread_cond_broadcast (&deadline->changed);
    }
  pthread_mutex_unlock (&deadline->lock);
}

void
esp_deadline_end (EspDeadline *deadline)
{
  pthread_mutex_lock (&deadline->lock);
  deadline->ended = true;
  deadline->has_time = false;
  deadline->passed = true;
  pthread_mutex_unlock (&deadline->lock);
}

bool
esp_deadline_is_ended (EspDeadline *deadline)
{
  bool ended;

  pthread_mutex_lock (&deadline->lock);
  ended = deadline->ended;
  pthread_mutex_unlock (&deadline->lock);

  return ended;
}

const _Atomic bool *
esp_deadline_get_flag (const EspDeadline *deadline)
{
  return &deadline->passed;
}

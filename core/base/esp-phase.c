#include "esp-phase.h"

#include <time.h>

_Thread_local EspPhaseWatch *esp_phase_watch;

double
esp_phase_get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

EspPhase
esp_phase_switch (EspPhase phase)
{
  EspPhaseWatch *watch = esp_phase_watch;
  EspPhase former = watch->now;
  double now = esp_phase_get_time ();

  watch->seconds[former] += now - watch->since;
  watch->since = now;
  watch->now = phase;

  return former;
}

EspPhase
esp_phase_enter (EspPhase phase)
{
  return esp_phase_watch->now == ESP_PHASE_ACTION ? ESP_PHASE_ACTION : esp_phase_switch (phase);
}

void
esp_phase_carry (EspPhaseWatch *watch)
{
  esp_phase_watch = watch;
  if (watch != NULL)
    *watch = (EspPhaseWatch){ .since = esp_phase_get_time () };
}

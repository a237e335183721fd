/* Where the time of a thread goes: a stop-watch that is carried through learning.
 *
 * Code that belongs to a phase says so between esp_phase_begin() and esp_phase_end(). A thread that carries
 * no watch, which is every thread but that of a benchmark, pays one look at a thread-local pointer. Phases
 * nest; the time of an inner one is not counted for the outer one.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum
{
  ESP_PHASE_OTHER,
  ESP_PHASE_SAMPLING,          /* batches from the replay */
  ESP_PHASE_NOISE,             /* random numbers of an update */
  ESP_PHASE_MASKS,             /* from noise and probabilities to masks and effective weights */
  ESP_PHASE_SYMBOLIC_FORWARD,  /* symbolic networks */
  ESP_PHASE_SYMBOLIC_BACKWARD, /* their gradients, from the effective weights to weights and probabilities */
  ESP_PHASE_NETWORK,           /* the policy's ordinary network, forwards and backwards */
  ESP_PHASE_SQUASH,            /* tanh-Gaussian actions, densities and their gradients */
  ESP_PHASE_TARGETS,           /* target critics and the targets */
  ESP_PHASE_CRITICS,           /* the critics' loss and gradient */
  ESP_PHASE_ACTOR,             /* critics on the policy's actions, and the gradient by these */
  ESP_PHASE_ADAM,              /* gradient norms and steps */
  ESP_PHASE_POLYAK,            /* targets that follow their critics */
  ESP_PHASE_ACTION,            /* choosing an action */
  ESP_PHASE_ENVIRONMENT,       /* steps and resets */
  ESP_PHASE_STORING,           /* transitions into the replay */
  ESP_N_PHASES,
} EspPhase;

/**
 * EspPhaseWatch:
 * @seconds: processor time of each phase
 * @now: the phase under way
 * @since: when it began or went on
 */
typedef struct
{
  double seconds[ESP_N_PHASES];
  EspPhase now;
  double since;
} EspPhaseWatch;

/* What the calling thread carries; NULL for none. */
extern _Thread_local EspPhaseWatch *esp_phase_watch;

/* Returns the processor time of the calling thread in seconds. */
double esp_phase_get_time (void);

/* Charges the time until now to the phase under way, and goes on with @phase; returns the former one. The
 * calling thread carries a watch. */
EspPhase esp_phase_switch (EspPhase phase);

/* As esp_phase_switch(), but choosing an action stays one phase, whatever happens in it. */
EspPhase esp_phase_enter (EspPhase phase);

/* Starts @watch from zero and gives it to the calling thread, or takes its watch away (NULL). */
void esp_phase_carry (EspPhaseWatch *watch);

/* Begins @phase; the result is for esp_phase_end(). */
static inline EspPhase
esp_phase_begin (EspPhase phase)
{
  return esp_phase_watch != NULL ? esp_phase_enter (phase) : ESP_PHASE_OTHER;
}

/* Ends a phase and goes on with the @outer one. */
static inline void
esp_phase_end (EspPhase outer)
{
  if (esp_phase_watch != NULL)
    esp_phase_switch (outer);
}

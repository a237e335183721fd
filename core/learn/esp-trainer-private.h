/* The trainer's two sides: what its owner calls, in esp-trainer.c, and its thread, in esp-trainer-thread.c. */

#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "esp-assessor.h"
#include "esp-pool.h"
#include "esp-run.h"
#include "esp-trainer.h"
#include "esp-triple.h"

G_BEGIN_DECLS

typedef enum
{
  ESP_COMMAND_RUN,
  ESP_COMMAND_PAUSE,
  ESP_COMMAND_RUN_STEPS,
  ESP_COMMAND_RESTART,
  ESP_COMMAND_FINISH,
  ESP_COMMAND_SETTLE,
  ESP_COMMAND_STOP,
  ESP_COMMAND_TELL,
} EspCommandType;

typedef struct
{
  EspCommandType type;
  uint64_t value;
} EspCommand;

struct _EspTrainer
{
  pthread_t thread;
  EspAssessor *assessor;
  const EspEnvironmentInfo *environment;
  EspRecipe *recipe;
  char *checkpoint;
  EspPool *pool; /* for the updates */

  /* under the lock */
  pthread_mutex_t lock;
  pthread_cond_t wake;    /* commands for the trainer */
  pthread_cond_t changed; /* states for the owner */
  GArray *commands;       /* of EspCommand */
  EspRunState told; /* the state that the newest snapshot says */
  bool applying; /* commands that were taken from the queue are not all done */
  bool quitting;
  bool has_result;
  EspResult result;
  char *checkpoint_error;
  uint64_t seed;

  /* set by the owner, looked at between two steps without the lock */
  _Atomic bool attention; /* a command is waiting, or quitting */
  _Atomic bool watched;

  /* the trainer thread's own */
  EspRun *run;
  EspRunState state;
  uint64_t run_number;
  uint64_t budget; /* steps until it pauses */
  bool diverged;   /* the run must not be stepped on */
  bool incomplete; /* an evaluation of the run was cut short */
  char *message;
  double seconds;  /* wall-clock training time before the present stretch, as resumed */
  double started;  /* when the present stretch began */
  double choice_started;
  double last_snapshot, last_shown, last_checkpoint;
  bool saved;              /* there is a checkpoint of the run */
  guint saved_evaluations; /* how many it has */
  double speed, speed_since;
  uint64_t speed_step;
  EspHistory *history;
  EspArchive *front; /* of the final choice; NULL before */
  EspTriple snapshots[ESP_N_CONSUMERS];
};

/* The trainer thread: @data is the #EspTrainer. Returns NULL once the owner asked it to quit. */
void *esp_trainer_run_thread (void *data);

/* Returns whether a run in @state is being worked on. Any thread. */
bool esp_trainer_is_active (EspRunState state);

G_END_DECLS

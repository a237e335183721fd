/* A formula on trial: its return over some episodes, measured on a worker thread. Main thread only. */

#pragma once

#include <gio/gio.h>

#include "esp-environment.h"
#include "esp-formula.h"
#include "esp-snapshot.h"

G_BEGIN_DECLS

/* The episodes of a trial. Their seeds are those by which the run chooses, so that the figures compare. */
#define ESP_TRIAL_EPISODES 100

typedef struct _EspTrial EspTrial;

/* Called ten times a second with the returns over the episodes so far, and with @done at the end. */
typedef void (*EspTrialTold) (const EspReturns *returns, gboolean done, gpointer data);

/* Starts to measure @formula (referenced) in @environment. */
EspTrial *
esp_trial_new (EspFormula *formula, const EspEnvironmentInfo *environment, EspTrialTold told, gpointer data);

/* Stops it; nothing is told any more. Does not wait for the thread. */
void esp_trial_free (EspTrial *trial);

G_END_DECLS

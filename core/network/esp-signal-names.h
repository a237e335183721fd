/* The observations of an environment as the variables of expressions. */

#pragma once

#include "esp-environment.h"
#include "esp-formula.h"

G_BEGIN_DECLS

/**
 * EspSignalNames:
 * @symbols: the variables; points into the arrays below
 *
 * For an automatic variable; no memory to free.
 */
typedef struct
{
  EspSymbols symbols;
  const char *names[ESP_MAX_OBSERVATIONS];
  const char *unicode[ESP_MAX_OBSERVATIONS];
  const char *latex[ESP_MAX_OBSERVATIONS];
} EspSignalNames;

/* Fills @names from the observations of @environment. Must not be copied afterwards. */
void esp_signal_names_init (EspSignalNames *names, const EspEnvironmentInfo *environment);

G_END_DECLS

#include "esp-signal-names.h"

void
esp_signal_names_init (EspSignalNames *names, const EspEnvironmentInfo *environment)
{
  for (size_t i = 0; i < environment->n_observations; i++)
    {
      names->names[i] = environment->observations[i].name;
      names->unicode[i] = environment->observations[i].unicode;
      names->latex[i] = environment->observations[i].latex;
    }
  names->symbols = (EspSymbols){ environment->n_observations, names->names, names->unicode, names->latex };
}

#include "esp-number-state.h"

#include <math.h>
#include <string.h>

size_t
esp_number_state_get_size (const EspEnvironment *environment)
{
  return environment->interface->n_numbers * sizeof (double);
}

void
esp_number_state_get (const EspEnvironment *environment, void *bytes)
{
  memcpy (bytes, environment + 1, esp_number_state_get_size (environment));
}

gboolean
esp_number_state_set (EspEnvironment *environment, const void *bytes)
{
  const EspEnvironmentInterface *interface = environment->interface;
  double numbers[ESP_MAX_NUMBERS];

  g_return_val_if_fail (interface->n_numbers <= ESP_MAX_NUMBERS, FALSE);
  memcpy (numbers, bytes, interface->n_numbers * sizeof (double));
  for (size_t i = 0; i < interface->n_numbers; i++)
    if (!isfinite (numbers[i]))
      return FALSE;
  if (interface->are_numbers != NULL && !interface->are_numbers (numbers))
    return FALSE;
  memcpy (environment + 1, numbers, interface->n_numbers * sizeof (double));

  return TRUE;
}

size_t
esp_number_state_get_n_physics (const EspEnvironment *environment)
{
  return environment->interface->n_numbers;
}

void
esp_number_state_get_physics (const EspEnvironment *environment, double *values)
{
  esp_number_state_get (environment, values);
}

gboolean
esp_number_state_set_physics (EspEnvironment *environment, const double *values)
{
  return esp_number_state_set (environment, values);
}

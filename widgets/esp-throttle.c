#include "esp-throttle.h"

static gboolean
call_late (gpointer data)
{
  EspThrottle *throttle = data;

  throttle->timeout = 0;
  throttle->last = g_get_monotonic_time ();
  throttle->function (throttle->data);
  return G_SOURCE_REMOVE;
}

void
esp_throttle_call (EspThrottle *throttle, gint64 interval, void (*function) (gpointer data), gpointer data)
{
  gint64 wait;

  if (throttle->timeout)
    return;
  wait = throttle->last + interval - g_get_monotonic_time ();
  throttle->function = function;
  throttle->data = data;
  if (throttle->last == 0 || wait <= 0)
    {
      throttle->last = g_get_monotonic_time ();
      function (data);
    }
  else
    throttle->timeout = g_timeout_add ((guint) (wait / 1000 + 1), call_late, throttle);
}

void
esp_throttle_stop (EspThrottle *throttle)
{
  g_clear_handle_id (&throttle->timeout, g_source_remove);
}

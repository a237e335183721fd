#include "esp-error.h"

typedef struct
{
  char *pointed;
} EspErrorPrivate;

static void
esp_error_private_init (EspErrorPrivate *private)
{
  private->pointed = NULL;
}

static void
esp_error_private_copy (const EspErrorPrivate *from, EspErrorPrivate *to)
{
  to->pointed = g_strdup (from->pointed);
}

static void
esp_error_private_clear (EspErrorPrivate *private)
{
  g_free (private->pointed);
}

G_DEFINE_EXTENDED_ERROR (EspError, esp_error)

void
esp_error_take_pointed (GError *error, char *pointed)
{
  EspErrorPrivate *private = esp_error_get_private (error);

  g_free (private->pointed);
  private->pointed = pointed;
}

const char *
esp_error_get_pointed (const GError *error)
{
  return error->domain == ESP_ERROR ? esp_error_get_private (error)->pointed : NULL;
}

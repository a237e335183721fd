#include "esp-error.h"

G_DEFINE_QUARK (esp-error-quark, esp_error)

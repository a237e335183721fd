/* Arithmetic of intervals that is not empty anywhere, rounded outward. Private to the intervals. */

#pragma once

#include "esp-interval.h"

G_BEGIN_DECLS

#define ESP_INTERVAL_ONE  ((EspInterval){ 1, 1 })
#define ESP_INTERVAL_ZERO ((EspInterval){ 0, 0 })

/* Each returns an interval of all values for numbers of the operands, none of which is empty. */
EspInterval esp_interval_add (EspInterval a, EspInterval b);
EspInterval esp_interval_negate (EspInterval a);
EspInterval esp_interval_multiply (EspInterval a, EspInterval b);
EspInterval esp_interval_divide (EspInterval a, EspInterval b);
EspInterval esp_interval_power (EspInterval a, EspInterval b);
EspInterval esp_interval_sine (EspInterval a);
EspInterval esp_interval_cosine (EspInterval a);
EspInterval esp_interval_logarithm (EspInterval a);
EspInterval esp_interval_logistic (EspInterval a);

/* a^@n, @n whole. */
EspInterval esp_interval_whole_power (EspInterval a, double n);

/* What the guard of pmul leaves of a factor. */
EspInterval esp_interval_clamp_to_guard (EspInterval a);

G_END_DECLS

/* Making frames; for the render library only. */

#pragma once

#include "esp-frame.h"

/* Returns a frame of @width × @height whose other fields are 0 and whose rows may be written to *@pixels
 * until the frame is handed on. */
EspFrame *esp_frame_new (int width, int height, uint8_t **pixels);

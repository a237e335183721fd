/* The one GError domain of Espalier.
 *
 * Every message is one clear sentence for the person in front of the program: what went wrong,
 * where, and what to do about it. It carries no function or file name of the program itself.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ESP_ERROR (esp_error_quark ())

/**
 * EspError:
 * @ESP_ERROR_USAGE: the caller asked for something that does not exist or makes no sense, such as an
 *   unknown environment; the command line answers with exit status 2
 * @ESP_ERROR_SYNTAX: a text (formula, recipe, JSON) cannot be read; the message has the position
 * @ESP_ERROR_RANGE: a value lies outside its range; the message names the value and the range
 * @ESP_ERROR_FILE: a file cannot be read or written, or is not what it claims to be
 * @ESP_ERROR_DIVERGED: learning produced a number that is not finite, or a loss that exploded
 * @ESP_ERROR_SYSTEM: a library or device refused (no display, no OpenGL, no thread)
 */
typedef enum
{
  ESP_ERROR_USAGE,
  ESP_ERROR_SYNTAX,
  ESP_ERROR_RANGE,
  ESP_ERROR_FILE,
  ESP_ERROR_DIVERGED,
  ESP_ERROR_SYSTEM,
} EspError;

GQuark esp_error_quark (void);

/* Keeps with @error, of this domain, what points at the piece of a text that is wrong: two lines, the text's
 * and one with a caret, for a terminal to show below the message. It goes wherever the error goes. Takes over
 * @pointed. */
void esp_error_take_pointed (GError *error, char *pointed);

/* Returns those two lines without a newline at the end, owned by @error; NULL where nothing points, or where
 * @error is of another domain. */
const char *esp_error_get_pointed (const GError *error);

G_END_DECLS

/* Reading the members of a JSON object from a stranger, each refused by name. */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * EspJsonReader:
 * @object: the object
 * @where: what it is, for messages, such as "observation 2"
 */
typedef struct
{
  JsonObject *object;
  char *where;
} EspJsonReader;

/* Begins to read @node, called @where. Fails with ESP_ERROR_SYNTAX unless it is an object whose members are
 * all among @known (NULL-terminated). Clear with esp_json_reader_clear(), after a failure as well. */
gboolean esp_json_reader_init (
  EspJsonReader *reader, JsonNode *node, const char *const *known, GError **error, const char *where, ...)
  G_GNUC_PRINTF (5, 6);

void esp_json_reader_clear (EspJsonReader *reader);

/* Returns the member @name, or NULL where there is none, with ESP_ERROR_SYNTAX if it is @needed. */
JsonNode *esp_json_reader_get (EspJsonReader *reader, const char *name, gboolean needed, GError **error);

/* Sets @text to the member @name, owned by the object; it stays as it is where there is no such member, which
 * fails if it is NULL. Fails with ESP_ERROR_RANGE for what is not a text of 1 to @most characters (or of
 * none, where *@text is "") without control characters. */
gboolean esp_json_reader_get_text (
  EspJsonReader *reader, const char *name, size_t most, const char **text, GError **error);

/* Sets @number to the member @name if there is one. Fails with ESP_ERROR_RANGE unless it is from @low to
 * @high. */
gboolean esp_json_reader_get_number (
  EspJsonReader *reader, const char *name, double low, double high, double *number, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EspJsonReader, esp_json_reader_clear)

G_END_DECLS

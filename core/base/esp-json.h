/* Reading JSON from strangers, on top of json-glib. */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What is refused before it is parsed. */
#define ESP_JSON_MAX_BYTES (16u << 20)
#define ESP_JSON_MAX_DEPTH 64

/* Parses @text of @length bytes, called @name in messages. Refuses texts that are too long, nested too
 * deeply, or not UTF-8, and what json-glib would read though it is no JSON (comments, octal numbers …). Fails
 * with ESP_ERROR_SYNTAX (with line and column) or ESP_ERROR_RANGE. Free the node with json_node_unref(). */
JsonNode *esp_json_parse (const char *name, const char *text, gsize length, GError **error);

/* Reads and parses the file @path. Fails as esp_json_parse(), or with ESP_ERROR_FILE. */
JsonNode *esp_json_load (const char *path, GError **error);

G_END_DECLS

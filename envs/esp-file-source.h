/* Reading the definition of an environment from a file, in parts. Included by the sources that do so only. */

#pragma once

#include "esp-file-definition.h"
#include "esp-json-reader.h"

G_BEGIN_DECLS

/**
 * EspFileSource:
 * @definition: what is being made
 * @folder: the true path of the folder that its files are in
 * @checksum: takes in all that is read
 *
 * What a definition is read with.
 */
typedef struct
{
  EspFileDefinition *definition;
  char *folder;
  GChecksum *checksum;
} EspFileSource;

/* Returns the member @name, a number or a text in the language, as an expression over the symbols, or only
 * over those of joints. Fails by name. */
EspExpression *esp_file_source_read_expression (
  EspFileSource *source, EspJsonReader *reader, const char *name, gboolean joints_only, GError **error);

/* Reads @node (may be NULL), how episodes begin, into the definition, whose symbols are complete. Fails by
 * name.
 */
gboolean esp_file_source_read_reset (EspFileSource *source, JsonNode *node, GError **error);

/* Frees what the EspResetRule @data holds. */
void esp_file_reset_rule_clear (void *data);

G_END_DECLS

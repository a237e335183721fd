/* Tables of results: as text in columns, as Markdown, and as JSON. */

#pragma once

#include "esp-statistics.h"

G_BEGIN_DECLS

/**
 * EspColumn:
 * @key: in JSON; static
 * @title: as people read it; static
 * @decimals: of its numbers
 * @is_text: whether its cells hold texts, which stand at the left
 * @group: whether a text that stands above already is left out in columns of text
 *
 * One column of a table.
 */
typedef struct
{
  const char *key;
  const char *title;
  int decimals;
  gboolean is_text;
  gboolean group;
} EspColumn;

/**
 * EspTable:
 *
 * Rows of cells below columns. Cells are added from left to right, and the first one after a full row begins
 * the next.
 */
typedef struct _EspTable EspTable;

/* Returns an empty table with @columns[n]. */
EspTable *esp_table_new (const EspColumn *columns, size_t n);
void esp_table_free (EspTable *table);

/* Add the next cell; a number that is not finite stays empty. */
void esp_table_add_text (EspTable *table, const char *text);
void esp_table_add_number (EspTable *table, double value);
void esp_table_add_estimate (EspTable *table, EspEstimate estimate);

/* Returns how many rows are full. */
size_t esp_table_get_n_rows (const EspTable *table);

/* Append the table: columns of text indented by two, with texts that are too long for a line cut; a table of
 * Markdown; or a list of JSON objects, with an estimate as `{"mean": …, "interval": …, "n": …}`, where
 * interval is half its width. */
void esp_table_append_text (const EspTable *table, GString *text);
void esp_table_append_markdown (const EspTable *table, GString *text);
void esp_table_append_json (const EspTable *table, GString *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspTable, esp_table_free)

G_END_DECLS

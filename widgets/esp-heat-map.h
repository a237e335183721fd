/* The heat map of one network's selection probabilities: one block per layer, rows are operator
 * arguments, columns are features.
 *
 * Drawing only: made anew whenever it is needed. Main thread only.
 */

#pragma once

#include "esp-cursor.h"
#include "esp-network-layout.h"
#include "esp-snapshot.h"
#include "esp-text.h"

G_BEGIN_DECLS

/**
 * EspHeatMap:
 * @texts: for its texts
 * @snapshot: the state shown
 * @layout: for the names
 * @action: whose network
 * @cells: all blocks with their gaps, in pixels
 * @column_width: of a cell
 * @row_height: of a cell
 * @gap: between blocks
 * @text_size: of texts that have the room
 * @name_size: of the observations above their columns; 0 where only all of them have a name
 * @symbol_size: of the operators above their columns, likewise
 * @name_rows: over how many rows the names of neighbours are spread, 1 or 2
 * @symbol_rows: over how many the operators are
 * @scale: device pixels a pixel
 *
 * A heat map in its place.
 */
typedef struct
{
  EspTexts *texts;
  const EspSnapshot *snapshot;
  const EspNetworkLayout *layout;
  size_t action;
  graphene_rect_t cells;
  float column_width;
  float row_height;
  float gap;
  double text_size;
  double name_size;
  double symbol_size;
  int name_rows;
  int symbol_rows;
  int scale;
} EspHeatMap;

/* Returns the map of @action in @area, which its labels left of and above the cells share. */
EspHeatMap esp_heat_map_new (EspTexts *texts,
                             const EspSnapshot *snapshot,
                             const EspNetworkLayout *layout,
                             size_t action,
                             const graphene_rect_t *area,
                             double text_size,
                             int scale);

void esp_heat_map_draw (const EspHeatMap *map, GtkSnapshot *snapshot, const EspPalette *palette);

/* Returns the path whose cell lies at @x, @y, or ESP_NOTHING. */
size_t esp_heat_map_find (const EspHeatMap *map, double x, double y);

/* Returns the cell of @path. */
graphene_rect_t esp_heat_map_get_cell (const EspHeatMap *map, size_t path);

/* Returns the neighbour of @path that @move leads to; @path itself at the border. */
size_t esp_heat_map_move (const EspHeatMap *map, size_t path, EspMove move);

/* Returns what is said of @path, as Pango's markup (g_free()). */
char *esp_heat_map_describe (const EspHeatMap *map, size_t path);

G_END_DECLS

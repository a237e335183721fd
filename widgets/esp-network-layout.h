/* Where the nodes of a network's graph stand, which of them live, and what they are called.
 *
 * No drawing: arithmetic on an arrangement, shared by the views. Any thread.
 */

#pragma once

#include <stdbool.h>

#include "esp-snapshot.h"

G_BEGIN_DECLS

/* The index of no node and no path. */
#define ESP_NOTHING G_MAXSIZE

/**
 * EspNode:
 * @x: middle, in pixels of the unzoomed graph
 * @y: middle
 * @half_width: half the width
 * @half_height: half the height
 * @column: 0 for inputs, then the layers, the output last
 */
typedef struct
{
  float x;
  float y;
  float half_width;
  float half_height;
  unsigned column;
} EspNode;

/**
 * EspPath:
 * @source: node at its left end
 * @target: node at its right end
 * @argument: which of the target's arguments, from 0
 * @port: height of its right end relative to the middle of the target, in half heights
 */
typedef struct
{
  guint16 source;
  guint16 target;
  guint16 argument;
  float port;
} EspPath;

/**
 * EspNetworkLayout:
 * @arrangement: a reference
 * @n_nodes: features and the output; node i < n_features is feature i, the output is the last one
 * @nodes: the nodes
 * @paths: the paths, by index of their weight; arrangement->n_weights of them
 * @operators: for each node, its operator; ESP_N_OPERATORS for inputs and the output
 * @ordinals: for each node, its number among the like operators of its layer, from 1
 *
 * The graph of an arrangement in a panel of a certain size.
 */
typedef struct
{
  EspArrangement *arrangement;
  size_t n_nodes;
  EspNode *nodes;
  EspPath *paths;
  EspOperator *operators;
  unsigned *ordinals;
} EspNetworkLayout;

/* Returns the layout of @arrangement (referenced) without places. */
EspNetworkLayout *esp_network_layout_new (EspArrangement *arrangement);
void esp_network_layout_free (EspNetworkLayout *layout);

/* Places the nodes in an area of @width × @height pixels. The input nodes are @input_width wide and
 * the output node @output_width, as far as there is room. */
void esp_network_layout_place (
  EspNetworkLayout *layout, double width, double height, double input_width, double output_width);

/* Writes, for each node, whether it is live (@live[n_nodes]): connected to an input and to the output
 * through paths whose @probabilities[n_weights] exceed @threshold. Returns how many paths are live: in
 * the mask and between two live nodes. */
size_t esp_network_layout_get_live (const EspNetworkLayout *layout,
                                    const float *probabilities,
                                    double threshold,
                                    bool *live);

/* Returns the sign of @node for people: an observation's or operator's, or the name of the
 * action. Static data. */
const char *esp_network_layout_get_symbol (const EspNetworkLayout *layout,
                                           const EspEnvironmentInfo *environment,
                                           size_t action,
                                           size_t node);

/* Returns the name of @node for people, such as "× 2 in layer 1" (g_free()). */
char *esp_network_layout_describe_node (const EspNetworkLayout *layout,
                                        const EspEnvironmentInfo *environment,
                                        size_t action,
                                        size_t node);

/* Returns the name of the path of weight @path, such as "ẋ → × 2, argument 1" (g_free()). */
char *esp_network_layout_describe_path (const EspNetworkLayout *layout,
                                        const EspEnvironmentInfo *environment,
                                        size_t action,
                                        size_t path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EspNetworkLayout, esp_network_layout_free)

G_END_DECLS

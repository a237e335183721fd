#include "esp-bars.h"

#include <math.h>

#include "esp-error.h"
#include "esp-json.h"
#include "esp-resources.h"

static double
get_number (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return NAN;

  return json_node_get_double (node);
}

gboolean
esp_bar_load (const char *environment, EspBar *bar, GError **error)
{
  g_autofree char *path = esp_resource_path ("bars.json");
  g_autoptr (JsonNode) root = esp_json_load (path, error);
  JsonNode *node;
  JsonObject *object;

  *bar = (EspBar){ NAN, NAN, NAN, NAN };
  if (root == NULL)
    return FALSE;
  node = JSON_NODE_HOLDS_OBJECT (root) ? json_object_get_member (json_node_get_object (root), environment)
                                       : NULL;
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return TRUE;

  object = json_node_get_object (node);
  bar->best = get_number (object, "best");
  bar->median = get_number (object, "median");
  bar->wall_seconds = get_number (object, "wall_seconds");
  bar->reading_length = get_number (object, "reading_length");

  return TRUE;
}

#include "esp-expression-json.h"

#include <math.h>
#include <string.h>

#include "esp-error.h"
#include "esp-graph.h"
#include "esp-json.h"
#include "esp-print.h"

#define FORMAT  "espalier-formula"
#define VERSION 1

/* More variables or actions than any environment has. */
#define MAX_LIST 65536

static void
append_string (GString *string, const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (string, quoted);
}

static void
append_constant (GString *string, double value)
{
  g_autofree char *number = esp_number_to_text (value);

  g_string_append (string, "{\"constant\": ");
  if (!isfinite (value) || (value == 0 && signbit (value)))
    append_string (string, number);
  else
    g_string_append (string, number);
  g_string_append_c (string, '}');
}

static void
append_node (GString *string, const EspExpression *node, const EspGraph *graph, const EspSymbols *symbols)
{
  EspOperation operation = esp_expression_get_operation (node);

  if (operation == ESP_OPERATION_CONSTANT)
    {
      append_constant (string, esp_expression_get_value (node));
      return;
    }
  if (operation == ESP_OPERATION_VARIABLE)
    {
      g_string_append (string, "{\"variable\": ");
      append_string (string, symbols->names[esp_expression_get_index (node)]);
      g_string_append_c (string, '}');
      return;
    }
  g_string_append (string, "{\"operation\": ");
  append_string (string, esp_operation_get_name (operation));
  g_string_append (string, ", \"operands\": [");
  for (size_t i = 0; i < esp_expression_get_n_operands (node); i++)
    g_string_append_printf (string, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "",
                            esp_graph_get_place (graph, esp_expression_get_operand (node, i)));
  g_string_append (string, "]}");
}

static void
append_variables (GString *string, const EspSymbols *symbols)
{
  g_string_append (string, " \"variables\": [");
  for (size_t i = 0; i < symbols->n; i++)
    {
      g_string_append (string, i > 0 ? ",\n  {\"name\": " : "\n  {\"name\": ");
      append_string (string, symbols->names[i]);
      if (symbols->unicode != NULL)
        {
          g_string_append (string, ", \"unicode\": ");
          append_string (string, symbols->unicode[i]);
        }
      if (symbols->latex != NULL)
        {
          g_string_append (string, ", \"latex\": ");
          append_string (string, symbols->latex[i]);
        }
      g_string_append_c (string, '}');
    }
  g_string_append (string, "],\n");
}

char *
esp_formula_to_json (const EspFormula *formula)
{
  const EspSymbols *symbols = esp_formula_get_symbols (formula);
  size_t n = esp_formula_get_n_actions (formula);
  g_autofree EspExpression **roots = g_new (EspExpression *, n);
  GString *string = g_string_new ("{\"format\": \"" FORMAT "\", \"version\": " G_STRINGIFY (VERSION) ",\n");
  EspGraph graph;

  for (size_t i = 0; i < n; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  esp_graph_init (&graph, roots, n);
  append_variables (string, symbols);
  g_string_append (string, " \"nodes\": [");
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      g_string_append (string, i > 0 ? ",\n  " : "\n  ");
      append_node (string, g_ptr_array_index (graph.nodes, i), &graph, symbols);
    }
  g_string_append (string, "],\n \"actions\": [");
  for (size_t i = 0; i < n; i++)
    g_string_append_printf (string, "%s%" G_GSIZE_FORMAT, i > 0 ? ", " : "",
                            esp_graph_get_place (&graph, roots[i]));
  g_string_append (string, "]}\n");
  esp_graph_clear (&graph);
  return g_string_free (string, FALSE);
}

/* What has been read so far. */
typedef struct
{
  const char *name;
  EspSymbols symbols;
  GHashTable *indices;
  GPtrArray *nodes;
} Reader;

static JsonArray *
get_list (const Reader *reader, JsonObject *object, const char *key, guint most, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "“%s” of %s is missing or no list", key, reader->name);
      return NULL;
    }
  array = json_node_get_array (node);
  if (json_array_get_length (array) > most)
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "“%s” of %s has %u entries, there may be %u at most",
                   key, reader->name, json_array_get_length (array), most);
      return NULL;
    }
  return array;
}

/* Returns the text of a member, or NULL where there is none. The escapes that json-glib takes can make bytes
 * of it that are no text. */
static const char *
get_text (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             && g_utf8_validate (json_node_get_string (node), -1, NULL)
           ? json_node_get_string (node)
           : NULL;
}

static JsonObject *
get_object (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static bool
get_whole (JsonNode *node, gint64 *value)
{
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return false;
  *value = json_node_get_int (node);
  return true;
}

static bool
check_format (const Reader *reader, JsonObject *root, GError **error)
{
  JsonNode *node = json_object_get_member (root, "version");
  gint64 version;

  if (g_strcmp0 (get_text (root, "format"), FORMAT) != 0)
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                 "%s is not a formula of Espalier, for its “format” is not “" FORMAT "”", reader->name);
  else if (node == NULL || !get_whole (node, &version))
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "“version” of %s is missing or no whole number",
                 reader->name);
  else if (version != VERSION)
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                 "%s is of version %" G_GINT64_FORMAT ", this program reads version %d", reader->name,
                 version, VERSION);
  else
    return true;
  return false;
}

/* Reads the variables' names into arrays that the caller frees. */
static bool
read_variables (
  Reader *reader, JsonArray *list, char ***names, char ***unicode, char ***latex, GError **error)
{
  guint n = json_array_get_length (list);
  bool all_unicode = true, all_latex = true;

  *names = g_new0 (char *, n + 1);
  *unicode = g_new0 (char *, n + 1);
  *latex = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      JsonObject *object = get_object (list, i);
      const char *name = object != NULL ? get_text (object, "name") : NULL;

      if (name == NULL || *name == '\0')
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "variable %u of %s has no “name”", i,
                       reader->name);
          return false;
        }
      if (!g_hash_table_insert (reader->indices, g_strdup (name), GSIZE_TO_POINTER ((gsize) i + 1)))
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "two variables of %s are called “%s”",
                       reader->name, name);
          return false;
        }
      all_unicode = all_unicode && get_text (object, "unicode") != NULL;
      all_latex = all_latex && get_text (object, "latex") != NULL;
      (*names)[i] = g_strdup (name);
      (*unicode)[i] = g_strdup (all_unicode ? get_text (object, "unicode") : name);
      (*latex)[i] = g_strdup (all_latex ? get_text (object, "latex") : name);
    }

  reader->symbols = (EspSymbols){ n, (const char *const *) *names,
                                  all_unicode && n > 0 ? (const char *const *) *unicode : NULL,
                                  all_latex && n > 0 ? (const char *const *) *latex : NULL };
  return true;
}

/* Exchanges the file's own variables for the caller's. */
static bool
take_symbols (Reader *reader, const EspSymbols *symbols, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

  for (size_t i = symbols->n; i > 0; i--)
    g_hash_table_insert (known, (gpointer) symbols->names[i - 1], GSIZE_TO_POINTER (i));
  for (size_t i = 0; i < reader->symbols.n; i++)
    {
      const char *name = reader->symbols.names[i];
      gpointer place = g_hash_table_lookup (known, name);

      if (place == NULL)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_USAGE,
                       "%s is a formula over “%s”, which this environment does not have", reader->name, name);
          return false;
        }
      g_hash_table_insert (reader->indices, g_strdup (name), place);
    }
  reader->symbols = *symbols;
  return true;
}

static bool
read_constant (JsonNode *node, double *value)
{
  static const struct
  {
    const char *text;
    double value;
  } special[] = { { "inf", INFINITY }, { "-inf", -INFINITY }, { "nan", NAN }, { "-0", -0.0 } };
  GType type;

  if (!JSON_NODE_HOLDS_VALUE (node))
    return false;
  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING)
    {
      for (size_t i = 0; i < G_N_ELEMENTS (special); i++)
        if (strcmp (json_node_get_string (node), special[i].text) == 0)
          {
            *value = special[i].value;
            return true;
          }
      return false;
    }
  if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
    return false;
  *value = json_node_get_double (node);
  return isfinite (*value);
}

static bool
find_operation (const char *name, guint n_operands, EspOperation *operation)
{
  for (int i = ESP_OPERATION_ADD; i < ESP_N_OPERATIONS; i++)
    if (strcmp (esp_operation_get_name (i), name) == 0 && esp_operation_get_n_operands (i) == n_operands)
      {
        *operation = i;
        return true;
      }
  return false;
}

static EspExpression *
read_operation (const Reader *reader, JsonObject *object, guint i, GError **error)
{
  const char *name = get_text (object, "operation");
  JsonArray *list = get_list (reader, object, "operands", ESP_MAX_OPERANDS, error);
  EspExpression *operands[ESP_MAX_OPERANDS], *result;
  EspOperation operation;

  if (list == NULL)
    {
      g_prefix_error (error, "node %u: ", i);
      return NULL;
    }
  if (name == NULL || !find_operation (name, json_array_get_length (list), &operation))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                   "node %u of %s: there is no operation “%s” of %u operand%s", i, reader->name,
                   name != NULL ? name : "", json_array_get_length (list),
                   json_array_get_length (list) == 1 ? "" : "s");
      return NULL;
    }
  for (guint k = 0; k < json_array_get_length (list); k++)
    {
      gint64 place;

      if (!get_whole (json_array_get_element (list, k), &place) || place < 0 || place >= i)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                       "operand %u of node %u of %s is not the number of a node before it", k, i,
                       reader->name);
          return NULL;
        }
      operands[k] = g_ptr_array_index (reader->nodes, (guint) place);
    }
  result = esp_expression_apply (operation, operands);
  if (esp_expression_get_depth (result) <= ESP_EXPRESSION_MAX_DEPTH)
    return result;

  esp_expression_unref (result);
  g_set_error (error, ESP_ERROR, ESP_ERROR_RANGE, "node %u of %s is more than %d operations deep", i,
               reader->name, ESP_EXPRESSION_MAX_DEPTH);
  return NULL;
}

static EspExpression *
read_node (const Reader *reader, JsonObject *object, guint i, GError **error)
{
  JsonNode *constant = object != NULL ? json_object_get_member (object, "constant") : NULL;
  const char *variable = object != NULL ? get_text (object, "variable") : NULL;
  double value;

  if (object != NULL && json_object_has_member (object, "operation"))
    return read_operation (reader, object, i, error);
  if (variable != NULL)
    {
      gpointer place = g_hash_table_lookup (reader->indices, variable);

      if (place != NULL)
        return esp_expression_variable (GPOINTER_TO_SIZE (place) - 1);
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "node %u of %s: “%s” is not among its variables", i,
                   reader->name, variable);
    }
  else if (constant == NULL)
    g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX,
                 "node %u of %s has neither “constant” nor “variable” nor “operation”", i, reader->name);
  else if (read_constant (constant, &value))
    return esp_expression_constant (value);
  else
    g_set_error (
      error, ESP_ERROR, ESP_ERROR_SYNTAX,
      "node %u of %s: “constant” is neither a number that fits a double nor “inf”, “-inf”, “nan” or "
      "“-0”",
      i, reader->name);
  return NULL;
}

static EspFormula *
read_actions (const Reader *reader, JsonArray *list, GError **error)
{
  guint n = json_array_get_length (list);
  g_autofree EspExpression **roots = g_new (EspExpression *, n);

  for (guint i = 0; i < n; i++)
    {
      gint64 place;

      if (!get_whole (json_array_get_element (list, i), &place) || place < 0 || place >= reader->nodes->len)
        {
          g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "action %u of %s is not the number of a node", i,
                       reader->name);
          return NULL;
        }
      roots[i] = g_ptr_array_index (reader->nodes, (guint) place);
    }
  return esp_formula_new (roots, n, &reader->symbols);
}

static EspFormula *
read_lists (Reader *reader, JsonArray *nodes, JsonArray *actions, GError **error)
{
  for (guint i = 0; i < json_array_get_length (nodes); i++)
    {
      EspExpression *node = read_node (reader, get_object (nodes, i), i, error);

      if (node == NULL)
        return NULL;
      g_ptr_array_add (reader->nodes, node);
    }
  return read_actions (reader, actions, error);
}

bool
esp_json_is_formula (JsonNode *document)
{
  return JSON_NODE_HOLDS_OBJECT (document)
         && g_strcmp0 (get_text (json_node_get_object (document), "format"), FORMAT) == 0;
}

EspFormula *
esp_formula_from_json_node (const char *name, JsonNode *document, const EspSymbols *symbols, GError **error)
{
  g_autoptr (GHashTable) indices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) read = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_auto (GStrv) names = NULL;
  g_auto (GStrv) unicode = NULL;
  g_auto (GStrv) latex = NULL;
  Reader reader = { .name = name, .indices = indices, .nodes = read };
  JsonArray *variables, *nodes, *actions;
  JsonObject *root;

  if (!JSON_NODE_HOLDS_OBJECT (document))
    {
      g_set_error (error, ESP_ERROR, ESP_ERROR_SYNTAX, "%s is not a JSON object", name);
      return NULL;
    }
  root = json_node_get_object (document);
  if (!check_format (&reader, root, error)
      || (variables = get_list (&reader, root, "variables", MAX_LIST, error)) == NULL
      || (nodes = get_list (&reader, root, "nodes", ESP_FORMULA_MAX_NODES, error)) == NULL
      || (actions = get_list (&reader, root, "actions", MAX_LIST, error)) == NULL
      || !read_variables (&reader, variables, &names, &unicode, &latex, error)
      || (symbols != NULL && !take_symbols (&reader, symbols, error)))
    return NULL;
  return read_lists (&reader, nodes, actions, error);
}

EspFormula *
esp_formula_from_json (
  const char *name, const char *text, size_t length, const EspSymbols *symbols, GError **error)
{
  g_autoptr (JsonNode) document = esp_json_parse (name, text, length, error);

  return document != NULL ? esp_formula_from_json_node (name, document, symbols, error) : NULL;
}

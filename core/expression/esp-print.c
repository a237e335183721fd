/* Expressions in the language: what is printed is read back to the same pointer. */

#include "esp-print.h"

#include <math.h>
#include <string.h>

#include "esp-graph.h"
#include "esp-number.h"
#include "esp-precedence.h"
#include "esp-token.h"

/* What is the same for every node of one text. */
typedef struct
{
  GString *string;
  const EspSymbols *symbols;
  bool unicode;
  /* names in Unicode; NULL for those of @symbols */
  const char **chosen;
  /* from a node to the name that it has been given; NULL when none has */
  GHashTable *names;
} Writer;

static bool
is_name (const char *text)
{
  EspToken token = esp_token_read (text, 1);

  return token.kind == ESP_TOKEN_NAME && token.text == text && token.length == strlen (text);
}

static void
add_names (GHashTable *table, const char *const *names, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      g_autofree char *name = g_utf8_normalize (names[i], -1, G_NORMALIZE_NFC);

      if (name != NULL && !g_hash_table_contains (table, name))
        g_hash_table_insert (table, g_steal_pointer (&name), GSIZE_TO_POINTER (i + 1));
    }
}

/* Returns the name of each variable in Unicode, or the other one where the first would not be read back as
 * that variable. */
static const char **
choose_names (const EspSymbols *symbols)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char **chosen = g_new (const char *, symbols->n);

  add_names (table, symbols->names, symbols->n);
  add_names (table, symbols->unicode, symbols->n);
  for (size_t i = 0; i < symbols->n; i++)
    {
      g_autofree char *name = g_utf8_normalize (symbols->unicode[i], -1, G_NORMALIZE_NFC);
      bool readable = name != NULL && is_name (symbols->unicode[i])
                      && GPOINTER_TO_SIZE (g_hash_table_lookup (table, name)) == i + 1;

      chosen[i] = readable ? symbols->unicode[i] : symbols->names[i];
    }
  return chosen;
}

static void
append_name (const Writer *writer, size_t index)
{
  const EspSymbols *symbols = writer->symbols;

  if (symbols == NULL || index >= symbols->n)
    g_string_append_printf (writer->string, "s%" G_GSIZE_FORMAT, index + 1);
  else
    g_string_append (writer->string, writer->chosen != NULL ? writer->chosen[index] : symbols->names[index]);
}

static void
append_number (const Writer *writer, double value)
{
  g_autofree char *number = esp_number_to_text (value);

  for (const char *c = number; *c != '\0'; c++)
    if (*c == '-' && writer->unicode)
      g_string_append (writer->string, "−");
    else
      g_string_append_c (writer->string, *c);
}

/* Appends an operator's sign, which is one of + - * / ^. */
static void
append_sign (const Writer *writer, EspOperation operation)
{
  const char *sign = esp_operation_get_name (operation);

  if (writer->unicode && *sign == '-')
    sign = "−";
  else if (writer->unicode && *sign == '*')
    sign = "·";
  g_string_append (writer->string, sign);
}

static void append_node (const Writer *writer, const EspExpression *expression, EspPrecedence needed);

static void
append_call (const Writer *writer, const char *name, const EspExpression *expression)
{
  g_string_append_printf (writer->string, "%s(", name);
  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    {
      if (i > 0)
        g_string_append (writer->string, ", ");
      append_node (writer, esp_expression_get_operand (expression, i), ESP_PRECEDENCE_SUM);
    }
  g_string_append_c (writer->string, ')');
}

/* Appends the node itself, not the name that it may have been given. */
static void
append_body (const Writer *writer, const EspExpression *expression, EspPrecedence needed)
{
  EspOperation operation = esp_expression_get_operation (expression);
  EspPrecedence precedence = esp_expression_get_precedence (expression);
  GString *string = writer->string;
  const EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
  int exponent;

  for (size_t i = 0; i < esp_expression_get_n_operands (expression); i++)
    operands[i] = esp_expression_get_operand (expression, i);

  if (precedence < needed)
    g_string_append_c (string, '(');
  switch (operation)
    {
    case ESP_OPERATION_CONSTANT:
      append_number (writer, esp_expression_get_value (expression));
      break;
    case ESP_OPERATION_VARIABLE:
      append_name (writer, esp_expression_get_index (expression));
      break;
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      append_node (writer, operands[0], ESP_PRECEDENCE_SUM);
      g_string_append_c (string, ' ');
      append_sign (writer, operation);
      g_string_append_c (string, ' ');
      append_node (writer, operands[1], ESP_PRECEDENCE_PRODUCT);
      break;
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      append_node (writer, operands[0], ESP_PRECEDENCE_PRODUCT);
      append_sign (writer, operation);
      append_node (writer, operands[1], ESP_PRECEDENCE_SIGN);
      break;
    case ESP_OPERATION_POWER:
      append_node (writer, operands[0], ESP_PRECEDENCE_ATOM);
      if (writer->unicode && esp_expression_is_short_integer (operands[1], &exponent))
        {
          esp_append_superscript (string, exponent);
          break;
        }
      append_sign (writer, operation);
      append_node (writer, operands[1], ESP_PRECEDENCE_SIGN);
      break;
    case ESP_OPERATION_NEGATE:
      append_sign (writer, operation);
      /* without parentheses the sign would become a part of the number */
      append_node (writer, operands[0],
                   esp_expression_get_operation (operands[0]) == ESP_OPERATION_CONSTANT
                       && esp_expression_get_precedence (operands[0]) == ESP_PRECEDENCE_ATOM
                     ? ESP_PRECEDENCE_ENCLOSED
                     : ESP_PRECEDENCE_SIGN);
      break;
    case ESP_OPERATION_SQRT:
      append_call (writer, writer->unicode ? "√" : esp_operation_get_name (operation), expression);
      break;
    default:
      append_call (writer, esp_operation_get_name (operation), expression);
      break;
    }
  if (precedence < needed)
    g_string_append_c (string, ')');
}

static void
append_node (const Writer *writer, const EspExpression *expression, EspPrecedence needed)
{
  const char *name = writer->names != NULL ? g_hash_table_lookup (writer->names, expression) : NULL;

  if (name != NULL)
    g_string_append (writer->string, name);
  else
    append_body (writer, expression, needed);
}

char *
esp_expression_to_text (const EspExpression *expression, const EspSymbols *symbols)
{
  Writer writer = { .symbols = symbols };

  if (!esp_expression_is_printable (expression))
    return g_strdup ("…");

  writer.string = g_string_new (NULL);
  append_node (&writer, expression, ESP_PRECEDENCE_SUM);
  return g_string_free (writer.string, FALSE);
}

/* What is written of a node where its named operands are only names. */
typedef struct
{
  size_t length;
  unsigned int depth;
} Extent;

static Extent
measure (const EspGraph *graph, const Extent *extents, GHashTable *names, const EspExpression *node)
{
  Extent extent = { 1, 1 };

  for (size_t i = 0; i < esp_expression_get_n_operands (node); i++)
    {
      EspExpression *operand = esp_expression_get_operand (node, i);
      Extent part = g_hash_table_contains (names, operand) ? (Extent){ 1, 1 }
                                                           : extents[esp_graph_get_place (graph, operand)];

      extent.length = MIN (extent.length + part.length, ESP_PRINT_MAX_LENGTH + 1);
      extent.depth = MAX (extent.depth, part.depth + 1);
    }
  return extent;
}

static bool
is_taken (const EspSymbols *symbols, const char *name)
{
  for (size_t i = 0; i < symbols->n; i++)
    if (strcmp (symbols->names[i], name) == 0
        || (symbols->unicode != NULL && strcmp (symbols->unicode[i], name) == 0))
      return true;
  return false;
}

/* Gives a name to every term that is read more than once and is no shorter than the options ask for.
 * Returns whether all that is to be written is short and shallow enough. */
static bool
name_shared (const EspGraph *graph,
             const EspFormula *formula,
             const EspPrintOptions *options,
             GHashTable *names)
{
  g_autofree Extent *extents = g_new0 (Extent, graph->nodes->len);
  size_t shortest = options->shortest != 0 ? options->shortest : ESP_PRINT_SHORTEST_NAMED, number = 0;
  size_t length = 0;
  bool shallow = true;

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph->nodes, i);
      guint uses = g_array_index (graph->uses, guint, i);

      extents[i] = measure (graph, extents, names, node);
      shallow = shallow && extents[i].depth <= ESP_EXPRESSION_MAX_DEPTH;
      for (size_t k = 0; k < esp_formula_get_n_actions (formula); k++)
        uses += esp_formula_get_expression (formula, k) == node;
      if (uses >= 2 && extents[i].length >= MAX (shortest, 2))
        {
          char *name = NULL;

          do
            {
              g_free (name);
              name = g_strdup_printf ("t%" G_GSIZE_FORMAT, ++number);
            }
          while (is_taken (esp_formula_get_symbols (formula), name));
          g_hash_table_insert (names, node, name);
          length = MIN (length + extents[i].length, ESP_PRINT_MAX_LENGTH + 1);
        }
    }
  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    length = MIN (length
                    + extents[esp_graph_get_place (graph, esp_formula_get_expression (formula, i))].length,
                  ESP_PRINT_MAX_LENGTH + 1);
  return shallow && length <= ESP_PRINT_MAX_LENGTH;
}

static void
append_definitions (const Writer *writer, const EspGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph->nodes, i);
      const char *name = g_hash_table_lookup (writer->names, node);

      if (name == NULL)
        continue;
      g_string_append_printf (writer->string, "%s = ", name);
      append_body (writer, node, ESP_PRECEDENCE_SUM);
      g_string_append (writer->string, "; ");
    }
}

char *
esp_formula_print (const EspFormula *formula, const EspPrintOptions *options)
{
  size_t n = esp_formula_get_n_actions (formula);
  g_autoptr (GString) string = g_string_new (NULL);
  g_autoptr (GHashTable) names = NULL;
  g_autofree const char **chosen = NULL;
  Writer writer = { string, esp_formula_get_symbols (formula), options->unicode, NULL, NULL };

  if (options->unicode && writer.symbols->unicode != NULL)
    writer.chosen = chosen = choose_names (writer.symbols);

  if (options->name_shared)
    {
      g_autofree EspExpression **roots = g_new (EspExpression *, n);
      EspGraph graph;
      bool printable;

      for (size_t i = 0; i < n; i++)
        roots[i] = esp_formula_get_expression (formula, i);
      esp_graph_init (&graph, roots, n);
      names = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      writer.names = names;
      printable = name_shared (&graph, formula, options, names);
      if (printable)
        append_definitions (&writer, &graph);
      esp_graph_clear (&graph);
      if (!printable)
        return g_strdup ("…");
    }

  for (size_t i = 0; i < n; i++)
    {
      const EspExpression *expression = esp_formula_get_expression (formula, i);

      if (i > 0)
        g_string_append (string, "; ");
      if (writer.names == NULL && !esp_expression_is_printable (expression))
        g_string_append (string, "…");
      else
        append_node (&writer, expression, ESP_PRECEDENCE_SUM);
    }
  return g_string_free (g_steal_pointer (&string), FALSE);
}

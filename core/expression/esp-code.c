#include "esp-code.h"

#include <string.h>

/* Operations within each other in one statement: compilers take hundreds of parentheses, readers do not. */
#define MAX_NESTING 16

#define MAX_COLUMNS 100

static EspExpression *
rebuild (EspBuilder *builder, const EspExpression *node, EspExpression *const *operands, bool statements)
{
  EspOperation operation = esp_expression_get_operation (node);
  size_t n = esp_expression_get_n_operands (node);
  double values[ESP_MAX_OPERANDS];
  bool constant = true;
  int exponent;

  if (operation == ESP_OPERATION_CONSTANT)
    return esp_builder_constant (builder, esp_expression_get_value (node));
  if (operation == ESP_OPERATION_VARIABLE)
    return esp_builder_variable (builder, esp_expression_get_index (node));

  for (size_t i = 0; i < n; i++)
    {
      constant = constant && esp_expression_get_operation (operands[i]) == ESP_OPERATION_CONSTANT;
      if (constant)
        values[i] = esp_expression_get_value (operands[i]);
    }
  if (constant)
    return esp_builder_constant (builder, esp_operation_evaluate (operation, values));

  /* a controller has better things to do than calling pow() for a square */
  if (statements && operation == ESP_OPERATION_POWER
      && esp_expression_is_short_integer (operands[1], &exponent) && (exponent == 2 || exponent == 3))
    {
      EspExpression *product = esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, operands[0], operands[0]);

      return exponent == 2 ? product
                           : esp_builder_binary (builder, ESP_OPERATION_MULTIPLY, product, operands[0]);
    }

  return esp_builder_apply (builder, operation, operands);
}

static void
rebuild_all (EspCode *code, const EspFormula *formula, bool statements)
{
  g_autofree EspExpression **roots = g_new (EspExpression *, code->n_actions);
  g_autoptr (GPtrArray) rebuilt = g_ptr_array_new ();
  EspGraph graph;

  for (size_t i = 0; i < code->n_actions; i++)
    roots[i] = esp_formula_get_expression (formula, i);
  esp_graph_init (&graph, roots, code->n_actions);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        operands[k] = g_ptr_array_index (rebuilt,
                                         esp_graph_get_place (&graph, esp_expression_get_operand (node, k)));
      g_ptr_array_add (rebuilt, rebuild (code->builder, node, operands, statements));
    }
  for (size_t i = 0; i < code->n_actions; i++)
    code->roots[i] = g_ptr_array_index (rebuilt, esp_graph_get_place (&graph, roots[i]));
  esp_graph_clear (&graph);
}

/* A name for it would say no more than it does itself. */
static bool
is_trivial (const EspExpression *node)
{
  return esp_expression_get_n_operands (node) == 0
         || (esp_expression_get_operation (node) == ESP_OPERATION_NEGATE
             && esp_expression_get_n_operands (esp_expression_get_operand (node, 0)) == 0);
}

static void
choose_locals (EspCode *code)
{
  guint n = code->graph.nodes->len;
  g_autofree guint *nesting = g_new0 (guint, n);
  g_autofree guint *uses = g_new0 (guint, n);

  for (guint i = 0; i < n; i++)
    uses[i] = g_array_index (code->graph.uses, guint, i);
  for (size_t i = 0; i < code->n_actions; i++)
    uses[esp_graph_get_place (&code->graph, code->roots[i])]++;

  for (guint i = 0; i < n; i++)
    {
      const EspExpression *node = g_ptr_array_index (code->graph.nodes, i);

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        nesting[i] = MAX (
          nesting[i], 1 + nesting[esp_graph_get_place (&code->graph, esp_expression_get_operand (node, k))]);
      if ((uses[i] > 1 && !is_trivial (node)) || nesting[i] >= MAX_NESTING)
        {
          code->locals[i] = ++code->n_locals;
          nesting[i] = 0;
        }
    }
}

void
esp_code_init (EspCode *code, const EspFormula *formula, bool statements)
{
  code->n_actions = esp_formula_get_n_actions (formula);
  code->roots = g_new0 (EspExpression *, code->n_actions);
  code->builder = esp_builder_new ();
  rebuild_all (code, formula, statements);
  esp_graph_init (&code->graph, code->roots, code->n_actions);
  code->n_locals = 0;
  code->locals = g_new0 (guint, code->graph.nodes->len);
  if (statements)
    choose_locals (code);
}

void
esp_code_clear (EspCode *code)
{
  esp_graph_clear (&code->graph);
  esp_builder_free (code->builder);
  g_free (code->roots);
  g_free (code->locals);
}

size_t
esp_code_count (const EspCode *code, EspOperation operation)
{
  size_t count = 0;

  for (guint i = 0; i < code->graph.nodes->len; i++)
    if (esp_expression_get_operation (g_ptr_array_index (code->graph.nodes, i)) == operation)
      count++;

  return count;
}

bool
esp_code_reads (const EspCode *code, size_t index)
{
  for (guint i = 0; i < code->graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (code->graph.nodes, i);

      if (esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE
          && esp_expression_get_index (node) == index)
        return true;
    }

  return false;
}

/* What is the same for every node of one text. */
typedef struct
{
  const EspCode *code;
  const EspDialect *dialect;
  const char *const *names;
  GString *string;
} Writer;

static void append (const Writer *writer, const EspExpression *node, EspPrecedence needed, bool define);

static EspPrecedence
get_needed (char letter)
{
  switch (letter)
    {
    case 'p':
      return ESP_PRECEDENCE_PRODUCT;
    case 's':
      return ESP_PRECEDENCE_SIGN;
    case 'w':
      return ESP_PRECEDENCE_POWER;
    default:
      return ESP_PRECEDENCE_ATOM;
    }
}

static void
append_pattern (const Writer *writer, const EspExpression *node)
{
  const char *c = writer->dialect->patterns[esp_expression_get_operation (node)].text;

  while (*c != '\0')
    {
      EspPrecedence needed = ESP_PRECEDENCE_SUM;

      if (*c != '%')
        {
          g_string_append_c (writer->string, *c++);
          continue;
        }
      c++;
      if (*c == 'f')
        {
          g_string_append (writer->string, writer->dialect->suffix);
          c++;
          continue;
        }
      if (!g_ascii_isdigit (*c))
        needed = get_needed (*c++);
      append (writer, esp_expression_get_operand (node, (size_t) (*c++ - '1')), needed, false);
    }
}

static void
append (const Writer *writer, const EspExpression *node, EspPrecedence needed, bool define)
{
  EspOperation operation = esp_expression_get_operation (node);
  GString *string = writer->string;
  guint local = writer->code->locals[esp_graph_get_place (&writer->code->graph, node)];
  EspPrecedence precedence = ESP_PRECEDENCE_ATOM;

  /* a pattern may write an operand twice, and that within each other */
  if (string->len > ESP_CODE_MAX_BYTES)
    return;

  if (local > 0 && !define)
    {
      g_string_append_printf (string, "t%u", local);
      return;
    }
  if (operation == ESP_OPERATION_VARIABLE)
    {
      g_string_append (string, writer->names[esp_expression_get_index (node)]);
      return;
    }
  if (operation != ESP_OPERATION_CONSTANT)
    precedence = writer->dialect->patterns[operation].precedence;
  else if (esp_expression_is_negative_constant (node))
    precedence = ESP_PRECEDENCE_SIGN;

  if (precedence < needed)
    g_string_append_c (string, '(');
  if (operation == ESP_OPERATION_CONSTANT)
    writer->dialect->append_number (string, esp_expression_get_value (node), writer->dialect->data);
  else
    append_pattern (writer, node);
  if (precedence < needed)
    g_string_append_c (string, ')');
}

bool
esp_code_append (const EspCode *code,
                 const EspDialect *dialect,
                 const char *const *names,
                 const EspExpression *node,
                 bool define,
                 GString *string)
{
  const Writer writer = { code, dialect, names, string };

  append (&writer, node, ESP_PRECEDENCE_SUM, define);
  return string->len <= ESP_CODE_MAX_BYTES;
}

void
esp_code_append_lines (GString *string, const char *statement, const char *indent)
{
  size_t limit = MAX_COLUMNS;

  while (strlen (statement) > limit)
    {
      size_t cut = limit;

      while (cut > 0 && statement[cut] != ' ')
        cut--;
      /* not within the spaces that begin the line */
      if (cut <= strspn (statement, " "))
        cut = limit + strcspn (statement + limit, " ");
      if (statement[cut] == '\0')
        break;
      g_string_append_len (string, statement, (gssize) cut);
      g_string_append_printf (string, "\n%s", indent);
      statement += cut + 1;
      limit = MAX_COLUMNS - MIN (strlen (indent), MAX_COLUMNS / 2);
    }
  g_string_append_printf (string, "%s\n", statement);
}

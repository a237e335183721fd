/* One pass goes through the graph from the leaves to the root and replaces every node by the simplest
 * form of the same operation on its simplified operands; passes are repeated until nothing changes.
 * A form that would be longer to read than the plain operation is not taken, so by induction nothing
 * ever grows. */

#include "esp-simplify.h"

#include "esp-graph.h"
#include "esp-rewrite-record.h"
#include "esp-rewrite.h"

/* Two or three passes are usual; this only bounds the time whatever comes. */
#define MAX_PASSES 100

/* Returns 1 for sums, 2 for products, 0 for the rest. */
static int
get_chain (const EspExpression *expression)
{
  switch (esp_expression_get_operation (expression))
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
      return 1;
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
      return 2;
    default:
      return 0;
    }
}

/* Marks the nodes of @graph that are only a part of one longer sum or product. They are gathered with
 * the whole of it, and gathering them before would cost the square of its length. */
static bool *
find_inner_parts (const EspGraph *graph)
{
  bool *inner = g_new0 (bool, graph->nodes->len);

  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph->nodes, i);

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        {
          const EspExpression *operand = esp_expression_get_operand (node, k);
          size_t place = esp_graph_get_place (graph, operand);

          if (get_chain (node) != 0 && get_chain (node) == get_chain (operand)
              && g_array_index (graph->uses, guint, place) == 1)
            inner[place] = true;
        }
    }

  return inner;
}

/* Rewrites that are tried one after the other at a node, before the next pass comes to it again. */
#define MAX_REWRITES 4

static EspExpression *
simplify_node (EspRewriter *rewriter,
               const EspExpression *node,
               EspExpression *const *operands,
               bool inner,
               EspRewriteLog *log)
{
  EspExpression *plain;

  if (esp_expression_get_operation (node) == ESP_OPERATION_VARIABLE)
    return esp_builder_variable (rewriter->builder, esp_expression_get_index (node));
  if (esp_expression_get_operation (node) == ESP_OPERATION_CONSTANT)
    {
      double value = esp_expression_get_value (node);

      return esp_builder_constant (rewriter->builder, value == 0 ? 0 : value);
    }

  plain = esp_builder_apply (rewriter->builder, esp_expression_get_operation (node), operands);
  if (inner)
    return plain;
  for (int i = 0; i < MAX_REWRITES && esp_expression_get_n_operands (plain) > 0; i++)
    {
      EspExpression *simpler;
      bool shorter;

      rewriter->used_box = false;
      simpler = esp_rewrite_node (rewriter, plain);
      /* what differs by rounding only stays as it is, so that numbers do not drift from pass to pass */
      if (simpler == NULL || esp_expression_get_length (simpler) > esp_expression_get_length (plain)
          || esp_expression_almost_equal (simpler, plain))
        break;
      /* groups of a sum become one long chain, which must not become too deep for reading and printing */
      if (esp_expression_get_depth (simpler)
          > MAX (ESP_EXPRESSION_MAX_DEPTH, esp_expression_get_depth (plain)))
        break;
      if (log != NULL)
        esp_rewrite_log_add (log, rewriter->rule, plain, simpler, rewriter->used_box);
      shorter = esp_expression_get_length (simpler) < esp_expression_get_length (plain);
      plain = simpler;
      if (!shorter)
        break;
    }
  return plain;
}

static EspExpression *
simplify_once (EspRewriter *rewriter, EspExpression *root, EspRewriteLog *log)
{
  EspGraph graph;
  g_autofree EspExpression **simplified = NULL;
  g_autofree bool *inner = NULL;
  EspExpression *result;

  /* a pass must depend on the expression alone, or simplifying again might find more */
  g_hash_table_remove_all (rewriter->primitives);
  esp_graph_init (&graph, &root, 1);
  simplified = g_new0 (EspExpression *, graph.nodes->len);
  inner = find_inner_parts (&graph);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        operands[k] = simplified[esp_graph_get_place (&graph, esp_expression_get_operand (node, k))];
      simplified[i] = simplify_node (rewriter, node, operands, inner[i], log);
      /* so that bounds never have to go down far */
      if (esp_expression_get_depth (simplified[i]) % 64 == 0)
        esp_rewriter_bound (rewriter, simplified[i]);
    }

  result = simplified[graph.nodes->len - 1];
  esp_graph_clear (&graph);
  return result;
}

/* Where a pass has come, and how many steps of the log lead there. */
typedef struct
{
  EspExpression *expression;
  size_t n_steps;
} Stage;

/* Returns the stage that ends the passes: the last one, or where they go in circles the first of the shortest
 * of the circle, from which the passes would come to the same. */
static Stage
run_passes (EspRewriter *rewriter, EspExpression *expression, EspRewriteLog *log)
{
  g_autoptr (GArray) stages = g_array_new (FALSE, FALSE, sizeof (Stage));
  Stage best = { expression, 0 };

  for (int pass = 0; pass < MAX_PASSES; pass++)
    {
      Stage stage = { simplify_once (rewriter, best.expression, log), 0 };

      stage.n_steps = log == NULL ? 0 : esp_rewrite_log_get_n_steps (log);
      for (guint i = stages->len; i > 0; i--)
        {
          if (g_array_index (stages, Stage, i - 1).expression != stage.expression)
            continue;
          best = g_array_index (stages, Stage, i - 1);
          for (guint k = i; k < stages->len; k++)
            {
              const Stage *other = &g_array_index (stages, Stage, k);
              size_t length = esp_expression_get_length (other->expression);
              size_t least = esp_expression_get_length (best.expression);

              if (length < least
                  || (length == least && esp_expression_compare (other->expression, best.expression) < 0))
                best = *other;
            }
          return best;
        }
      g_array_append_val (stages, stage);
      best = stage;
    }
  return best;
}

EspExpression *
esp_expression_simplify_within (
  EspExpression *expression, const EspInterval *box, size_t n, EspDomain domain, EspRewriteLog **log)
{
  EspRewriteLog *steps = log == NULL ? NULL : esp_rewrite_log_new (expression, domain);
  EspRewriter rewriter;
  EspExpression *result;
  Stage stage;

  esp_rewriter_init (&rewriter, box, n);
  stage = run_passes (&rewriter, expression, steps);
  result = esp_expression_ref (stage.expression);
  if (steps != NULL)
    {
      esp_rewrite_log_truncate (steps, stage.n_steps);
      esp_rewrite_log_finish (steps, rewriter.builder, result);
      *log = steps;
    }
  esp_rewriter_clear (&rewriter);
  return result;
}

EspExpression *
esp_expression_simplify (EspExpression *expression)
{
  return esp_expression_simplify_within (expression, NULL, 0, ESP_DOMAIN_EVERYWHERE, NULL);
}

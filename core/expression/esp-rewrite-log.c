#include "esp-graph.h"
#include "esp-rewrite-record.h"

struct _EspRewriteLog
{
  GArray *steps;    /* of EspRewrite */
  GPtrArray *whole; /* the expression after as many steps */
  EspDomain domain;
};

static void
clear_step (gpointer data)
{
  EspRewrite *step = data;

  esp_expression_unref (step->before);
  esp_expression_unref (step->after);
}

EspRewriteLog *
esp_rewrite_log_new (EspExpression *expression, EspDomain domain)
{
  EspRewriteLog *log = g_new0 (EspRewriteLog, 1);

  log->steps = g_array_new (FALSE, FALSE, sizeof (EspRewrite));
  g_array_set_clear_func (log->steps, clear_step);
  log->whole = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_ptr_array_add (log->whole, esp_expression_ref (expression));
  log->domain = domain;
  return log;
}

void
esp_rewrite_log_free (EspRewriteLog *log)
{
  g_array_unref (log->steps);
  g_ptr_array_unref (log->whole);
  g_free (log);
}

void
esp_rewrite_log_add (
  EspRewriteLog *log, const char *rule, EspExpression *before, EspExpression *after, bool needs_bounds)
{
  EspRewrite step = { rule, esp_expression_ref (before), esp_expression_ref (after), needs_bounds };

  g_array_append_val (log->steps, step);
}

void
esp_rewrite_log_truncate (EspRewriteLog *log, size_t n)
{
  g_array_set_size (log->steps, (guint) n);
}

/* Returns @expression as one of @builder, with @after wherever @before stood (NULL for nowhere). */
static EspExpression *
replace (EspBuilder *builder, EspExpression *expression, EspExpression *before, EspExpression *after)
{
  g_autofree EspExpression **replaced = NULL;
  EspExpression *result;
  EspGraph graph;

  esp_graph_init (&graph, &expression, 1);
  replaced = g_new (EspExpression *, graph.nodes->len);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i), *operands[ESP_MAX_OPERANDS];
      size_t n = esp_expression_get_n_operands (node);

      for (size_t k = 0; k < n; k++)
        operands[k] = replaced[esp_graph_get_place (&graph, esp_expression_get_operand (node, k))];
      if (n > 0)
        node = esp_builder_apply (builder, esp_expression_get_operation (node), operands);
      else if (esp_expression_get_operation (node) == ESP_OPERATION_CONSTANT)
        node = esp_builder_constant (builder, esp_expression_get_value (node));
      else
        node = esp_builder_variable (builder, esp_expression_get_index (node));
      replaced[i] = node == before ? after : node;
    }
  result = replaced[graph.nodes->len - 1];
  esp_graph_clear (&graph);
  return result;
}

void
esp_rewrite_log_finish (EspRewriteLog *log, EspBuilder *builder, EspExpression *simplified)
{
  EspExpression *whole = replace (builder, g_ptr_array_index (log->whole, 0), NULL, NULL);
  guint n = 0;

  for (guint i = 0; i < log->steps->len;)
    {
      EspRewrite *step = &g_array_index (log->steps, EspRewrite, i);
      EspExpression *next = replace (builder, whole, step->before, step->after);

      if (next == whole)
        {
          g_array_remove_index (log->steps, i);
          continue;
        }
      whole = next;
      g_ptr_array_add (log->whole, esp_expression_ref (whole));
      n = ++i;
    }
  /* the same sub-expression may have been rewritten differently where it is a part of a longer sum */
  if (whole != simplified)
    {
      bool needs_bounds = false;

      for (guint i = 0; i < n; i++)
        needs_bounds = needs_bounds || g_array_index (log->steps, EspRewrite, i).needs_bounds;
      esp_rewrite_log_add (log, "order", whole, simplified, needs_bounds);
      g_ptr_array_add (log->whole, esp_expression_ref (simplified));
    }
}

size_t
esp_rewrite_log_get_n_steps (const EspRewriteLog *log)
{
  return log->steps->len;
}

const EspRewrite *
esp_rewrite_log_get_step (const EspRewriteLog *log, size_t i)
{
  g_return_val_if_fail (i < log->steps->len, NULL);

  return &g_array_index (log->steps, EspRewrite, i);
}

EspExpression *
esp_rewrite_log_get_expression (const EspRewriteLog *log, size_t k)
{
  g_return_val_if_fail (k < log->whole->len, NULL);

  return g_ptr_array_index (log->whole, k);
}

EspDomain
esp_rewrite_log_get_domain (const EspRewriteLog *log)
{
  for (guint i = 0; i < log->steps->len; i++)
    if (g_array_index (log->steps, EspRewrite, i).needs_bounds)
      return log->domain;
  return ESP_DOMAIN_EVERYWHERE;
}

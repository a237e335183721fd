#include "esp-formula.h"

#include <stdatomic.h>
#include <string.h>

#include "esp-graph.h"
#include "esp-memory.h"
#include "esp-print.h"

/* Up to so many bytes of workspace are on the stack of the thread that evaluates. */
#define MAX_STACK_BYTES 65536

struct _EspFormula
{
  _Atomic size_t count;
  EspExpression **expressions;
  size_t n_actions;
  EspSymbols symbols;
  /* made when it is first asked for: the expression of a network that is not pruned can have millions
   * of terms, and is evaluated but never read */
  _Atomic (char *) text;
  EspProgram *program;
};

static const char *const *
copy_names (const char *const *names, size_t n)
{
  char **copy;

  if (names == NULL)
    return NULL;

  copy = g_new0 (char *, n + 1);
  for (size_t i = 0; i < n; i++)
    copy[i] = g_strdup (names[i]);
  return (const char *const *) copy;
}

EspFormula *
esp_formula_new (EspExpression *const *expressions, size_t n, const EspSymbols *symbols)
{
  EspFormula *formula = g_new0 (EspFormula, 1);

  atomic_init (&formula->count, 1);
  atomic_init (&formula->text, NULL);
  formula->n_actions = n;
  formula->expressions = g_new0 (EspExpression *, n);
  for (size_t i = 0; i < n; i++)
    formula->expressions[i] = esp_expression_ref (expressions[i]);
  formula->symbols.n = symbols->n;
  formula->symbols.names = copy_names (symbols->names, symbols->n);
  formula->symbols.unicode = copy_names (symbols->unicode, symbols->n);
  formula->symbols.latex = copy_names (symbols->latex, symbols->n);
  formula->program = esp_program_new (expressions, n, symbols->n);
  return formula;
}

EspFormula *
esp_formula_ref (EspFormula *formula)
{
  g_return_val_if_fail (formula != NULL, NULL);

  atomic_fetch_add_explicit (&formula->count, 1, memory_order_relaxed);
  return formula;
}

void
esp_formula_unref (EspFormula *formula)
{
  if (formula == NULL || atomic_fetch_sub_explicit (&formula->count, 1, memory_order_acq_rel) != 1)
    return;

  for (size_t i = 0; i < formula->n_actions; i++)
    esp_expression_unref (formula->expressions[i]);
  g_free (formula->expressions);
  g_strfreev ((char **) formula->symbols.names);
  g_strfreev ((char **) formula->symbols.unicode);
  g_strfreev ((char **) formula->symbols.latex);
  g_free (atomic_load (&formula->text));
  esp_program_free (formula->program);
  g_free (formula);
}

size_t
esp_formula_get_n_actions (const EspFormula *formula)
{
  return formula->n_actions;
}

EspExpression *
esp_formula_get_expression (const EspFormula *formula, size_t action)
{
  g_return_val_if_fail (action < formula->n_actions, NULL);

  return formula->expressions[action];
}

size_t
esp_formula_get_length (const EspFormula *formula, size_t action)
{
  g_return_val_if_fail (action < formula->n_actions, 0);

  return esp_expression_get_length (formula->expressions[action]);
}

size_t
esp_formula_get_total_length (const EspFormula *formula)
{
  size_t total = 0;

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    {
      size_t length = esp_formula_get_length (formula, i);

      total = length > G_MAXSIZE - total ? G_MAXSIZE : total + length;
    }

  return total;
}

size_t
esp_formula_get_longest (const EspFormula *formula)
{
  size_t longest = 0;

  for (size_t i = 0; i < esp_formula_get_n_actions (formula); i++)
    longest = MAX (longest, esp_formula_get_length (formula, i));

  return longest;
}

const EspSymbols *
esp_formula_get_symbols (const EspFormula *formula)
{
  return &formula->symbols;
}

const char *
esp_formula_get_text (const EspFormula *formula)
{
  /* the text does not belong to the value of the formula, only to the speed of asking again */
  _Atomic (char *) *cache = &((EspFormula *) formula)->text;
  char *text = atomic_load (cache);
  char *none = NULL;
  GString *string;

  if (text != NULL)
    return text;

  string = g_string_new (NULL);
  for (size_t i = 0; i < formula->n_actions; i++)
    {
      g_autofree char *part = esp_expression_to_text (formula->expressions[i], &formula->symbols);

      if (i > 0)
        g_string_append (string, "; ");
      g_string_append (string, part);
    }
  text = g_string_free (string, FALSE);
  if (!atomic_compare_exchange_strong (cache, &none, text))
    {
      /* another thread was first */
      g_free (text);
      text = none;
    }
  return text;
}

/* Returns what stands in the place of @operand: the next constant, or the copy. */
static EspExpression *
replace_operand (const EspGraph *graph, GPtrArray *copies, EspExpression *operand, const double **constants)
{
  if (esp_expression_get_operation (operand) == ESP_OPERATION_CONSTANT)
    return esp_expression_constant (*(*constants)++);
  return esp_expression_ref (g_ptr_array_index (copies, esp_graph_get_place (graph, operand)));
}

EspFormula *
esp_formula_replace_constants (const EspFormula *formula, const double *constants)
{
  g_autoptr (GPtrArray) copies = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify) esp_expression_unref);
  EspGraph graph;

  /* the order in which the program numbers them */
  esp_graph_init (&graph, formula->expressions, formula->n_actions);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      EspExpression *node = g_ptr_array_index (graph.nodes, i);
      EspExpression *operands[ESP_MAX_OPERANDS] = { NULL };
      size_t n_operands = esp_expression_get_n_operands (node);

      for (size_t k = 0; k < n_operands; k++)
        operands[k] = replace_operand (&graph, copies, esp_expression_get_operand (node, k), &constants);
      g_ptr_array_add (copies, n_operands > 0
                                 ? esp_expression_apply (esp_expression_get_operation (node), operands)
                                 : esp_expression_ref (node));
      for (size_t k = 0; k < n_operands; k++)
        esp_expression_unref (operands[k]);
    }
  for (size_t i = 0; i < formula->n_actions; i++)
    g_ptr_array_add (results, replace_operand (&graph, copies, formula->expressions[i], &constants));
  esp_graph_clear (&graph);

  return esp_formula_new ((EspExpression *const *) results->pdata, formula->n_actions, &formula->symbols);
}

const EspProgram *
esp_formula_get_program (const EspFormula *formula)
{
  return formula->program;
}

void
esp_formula_evaluate (const EspFormula *formula, const double *observation, double *action)
{
  esp_program_evaluate (formula->program, observation, action);
}

void
esp_formula_evaluate_batch (const EspFormula *formula, const double *observations, size_t n, double *actions)
{
  size_t n_bytes = esp_program_get_workspace_size (formula->program);

  if (n_bytes <= MAX_STACK_BYTES)
    {
      _Alignas(64) char workspace[MAX_STACK_BYTES];

      esp_program_evaluate_batch (formula->program, NULL, observations, n, n, actions, n, workspace);
    }
  else
    {
      double *workspace = esp_new_doubles (n_bytes / sizeof (double));

      esp_program_evaluate_batch (formula->program, NULL, observations, n, n, actions, n, workspace);
      esp_free_aligned (workspace);
    }
}

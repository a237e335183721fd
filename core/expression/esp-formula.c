#include "esp-formula.h"

#include <stdatomic.h>
#include <string.h>

#include "esp-graph.h"
#include "esp-print.h"

/* Up to so many registers are on the stack of the thread that evaluates (512 KiB). */
#define MAX_STACK_REGISTERS 65536

/* One step of the compiled program. For a leaf, the operands are unused. */
typedef struct
{
  EspOperation operation;
  guint target;
  guint operands[ESP_MAX_OPERANDS];
  union
  {
    double value;
    size_t index;
  };
} Step;

struct _EspFormula
{
  _Atomic size_t count;
  EspExpression **expressions;
  size_t n_actions;
  EspSymbols symbols;
  /* made when it is first asked for: the expression of a network that is not pruned can have millions
   * of terms, and is evaluated but never read */
  _Atomic (char *) text;
  Step *steps;
  size_t n_steps;
  guint n_registers;
  guint *results;
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

/* Every node once, in an order in which operands come first; a register is free again after the last
 * step that reads it, so that the registers in use stay in the fastest cache. */
static void
compile (EspFormula *formula)
{
  g_autoptr (GArray) free_registers = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree guint *registers = NULL;
  EspGraph graph;

  esp_graph_init (&graph, formula->expressions, formula->n_actions);
  formula->n_steps = graph.nodes->len;
  formula->steps = g_new0 (Step, formula->n_steps);
  formula->results = g_new0 (guint, formula->n_actions);
  registers = g_new0 (guint, formula->n_steps);

  /* a result is read after the last step */
  for (size_t i = 0; i < formula->n_actions; i++)
    g_array_index (graph.uses, guint, esp_graph_get_place (&graph, formula->expressions[i]))++;

  for (size_t i = 0; i < formula->n_steps; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      Step *step = &formula->steps[i];

      step->operation = esp_expression_get_operation (node);
      if (step->operation == ESP_OPERATION_CONSTANT)
        step->value = esp_expression_get_value (node);
      else if (step->operation == ESP_OPERATION_VARIABLE)
        {
          step->index = esp_expression_get_index (node);
          g_assert (step->index < formula->symbols.n);
        }
      for (size_t k = 0; k < esp_expression_get_n_operands (node); k++)
        {
          size_t place = esp_graph_get_place (&graph, esp_expression_get_operand (node, k));

          step->operands[k] = registers[place];
          if (--g_array_index (graph.uses, guint, place) == 0)
            g_array_append_val (free_registers, registers[place]);
        }
      if (free_registers->len > 0)
        {
          registers[i] = g_array_index (free_registers, guint, free_registers->len - 1);
          g_array_set_size (free_registers, free_registers->len - 1);
        }
      else
        registers[i] = formula->n_registers++;
      step->target = registers[i];
    }
  for (size_t i = 0; i < formula->n_actions; i++)
    formula->results[i] = registers[esp_graph_get_place (&graph, formula->expressions[i])];

  esp_graph_clear (&graph);
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
  compile (formula);
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
  g_free (formula->steps);
  g_free (formula->results);
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

static void
run (const EspFormula *formula, double *registers, const double *observation, double *action)
{
  for (size_t i = 0; i < formula->n_steps; i++)
    {
      const Step *step = &formula->steps[i];
      double operands[ESP_MAX_OPERANDS];

      switch (step->operation)
        {
        case ESP_OPERATION_CONSTANT:
          registers[step->target] = step->value;
          break;
        case ESP_OPERATION_VARIABLE:
          registers[step->target] = observation[step->index];
          break;
        default:
          /* operands that the operation does not take name register 0 */
          for (size_t k = 0; k < ESP_MAX_OPERANDS; k++)
            operands[k] = registers[step->operands[k]];
          registers[step->target] = esp_operation_evaluate (step->operation, operands);
          break;
        }
    }
  for (size_t i = 0; i < formula->n_actions; i++)
    action[i] = registers[formula->results[i]];
}

void
esp_formula_evaluate (const EspFormula *formula, const double *observation, double *action)
{
  if (formula->n_registers <= MAX_STACK_REGISTERS)
    {
      double *registers = g_newa (double, MAX (formula->n_registers, 1));

      run (formula, registers, observation, action);
    }
  else
    {
      g_autofree double *registers = g_new (double, formula->n_registers);

      run (formula, registers, observation, action);
    }
}

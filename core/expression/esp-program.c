#include "esp-program-private.h"

#include <math.h>
#include <string.h>

#include "esp-graph.h"

/* Up to so many registers are on the stack of the thread that evaluates (512 KiB). */
#define MAX_STACK_REGISTERS 65536

/* An operand's index has 30 bits. */
#define MAX_INDEX ((1u << 30) - 1)

static EspOperand
get_operand (
  EspProgram *program, GArray *constants, const EspGraph *graph, const guint *places, EspExpression *node)
{
  EspOperand operand = { ESP_SOURCE_STEP, 0 };

  switch (esp_expression_get_operation (node))
    {
    case ESP_OPERATION_CONSTANT:
      {
        double value = esp_expression_get_value (node);

        operand.source = ESP_SOURCE_CONSTANT;
        operand.index = constants->len & MAX_INDEX;
        g_array_append_val (constants, value);
        break;
      }
    case ESP_OPERATION_VARIABLE:
      operand.source = ESP_SOURCE_VARIABLE;
      operand.index = esp_expression_get_index (node) & MAX_INDEX;
      g_assert (esp_expression_get_index (node) < program->n_variables);
      break;
    default:
      operand.index = places[esp_graph_get_place (graph, node)] & MAX_INDEX;
      break;
    }
  return operand;
}

static void
find_steps (EspProgram *program, EspExpression *const *expressions)
{
  g_autoptr (GArray) constants = g_array_new (FALSE, FALSE, sizeof (double));
  g_autofree guint *places = NULL;
  EspGraph graph;

  esp_graph_init (&graph, expressions, program->n_results);
  g_assert (graph.nodes->len < MAX_INDEX / ESP_MAX_OPERANDS);
  places = g_new0 (guint, graph.nodes->len);
  program->steps = g_new0 (EspProgramStep, graph.nodes->len);
  for (guint i = 0; i < graph.nodes->len; i++)
    {
      const EspExpression *node = g_ptr_array_index (graph.nodes, i);
      size_t n_operands = esp_expression_get_n_operands (node);
      EspProgramStep *step = &program->steps[program->n_steps];

      if (n_operands == 0)
        continue;
      step->operation = esp_expression_get_operation (node);
      for (size_t k = 0; k < n_operands; k++)
        step->operands[k] = get_operand (program, constants, &graph, places,
                                         esp_expression_get_operand (node, k));
      places[i] = (guint) program->n_steps++;
    }
  for (size_t i = 0; i < program->n_results; i++)
    program->results[i] = get_operand (program, constants, &graph, places, expressions[i]);
  esp_graph_clear (&graph);

  program->n_constants = constants->len;
  program->constants = (double *) (void *) g_array_free (g_steal_pointer (&constants), FALSE);
  program->constants_single = g_new (float, MAX (program->n_constants, 1));
  program->is_exponent = g_new0 (bool, MAX (program->n_constants, 1));
  for (size_t i = 0; i < program->n_constants; i++)
    program->constants_single[i] = (float) program->constants[i];
  for (size_t i = 0; i < program->n_steps; i++)
    {
      EspOperand exponent = program->steps[i].operands[1];

      if (program->steps[i].operation == ESP_OPERATION_POWER && exponent.source == ESP_SOURCE_CONSTANT)
        program->is_exponent[exponent.index] = program->constants[exponent.index]
                                               == trunc (program->constants[exponent.index]);
    }
}

/* A register is free again after the last step that reads it, so that the registers in use stay in the
 * fastest cache. */
static void
place_steps (EspProgram *program)
{
  g_autoptr (GArray) free_registers = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree guint *uses = g_new0 (guint, MAX (program->n_steps, 1));

  program->placed_steps = g_memdup2 (program->steps, program->n_steps * sizeof (EspProgramStep));
  program->placed_results = g_memdup2 (program->results, program->n_results * sizeof (EspOperand));
  program->targets = g_new0 (guint, MAX (program->n_steps, 1));

  for (size_t i = 0; i < program->n_steps; i++)
    for (size_t k = 0; k < esp_operation_get_n_operands (program->steps[i].operation); k++)
      if (program->steps[i].operands[k].source == ESP_SOURCE_STEP)
        uses[program->steps[i].operands[k].index]++;
  for (size_t i = 0; i < program->n_results; i++)
    if (program->results[i].source == ESP_SOURCE_STEP)
      uses[program->results[i].index]++;

  for (size_t i = 0; i < program->n_steps; i++)
    {
      EspProgramStep *step = &program->placed_steps[i];

      for (size_t k = 0; k < esp_operation_get_n_operands (step->operation); k++)
        if (step->operands[k].source == ESP_SOURCE_STEP)
          {
            guint operand = step->operands[k].index;

            step->operands[k].index = program->targets[operand] & MAX_INDEX;
            if (--uses[operand] == 0)
              g_array_append_val (free_registers, program->targets[operand]);
          }
      if (free_registers->len > 0)
        {
          program->targets[i] = g_array_index (free_registers, guint, free_registers->len - 1);
          g_array_set_size (free_registers, free_registers->len - 1);
        }
      else
        program->targets[i] = program->n_registers++;
    }
  for (size_t i = 0; i < program->n_results; i++)
    if (program->results[i].source == ESP_SOURCE_STEP)
      program->placed_results[i].index = program->targets[program->results[i].index] & MAX_INDEX;
}

EspProgram *
esp_program_new (EspExpression *const *expressions, size_t n, size_t n_variables)
{
  EspProgram *program = g_new0 (EspProgram, 1);

  program->n_results = n;
  program->n_variables = n_variables;
  program->results = g_new0 (EspOperand, MAX (n, 1));
  find_steps (program, expressions);
  place_steps (program);
  esp_program_lower (program);
  return program;
}

void
esp_program_free (EspProgram *program)
{
  if (program == NULL)
    return;

  g_free (program->steps);
  g_free (program->results);
  g_free (program->constants);
  g_free (program->constants_single);
  g_free (program->is_exponent);
  g_free (program->placed_steps);
  g_free (program->placed_results);
  g_free (program->targets);
  g_free (program->instructions);
  g_free (program);
}

size_t
esp_program_get_n_results (const EspProgram *program)
{
  return program->n_results;
}

size_t
esp_program_get_n_variables (const EspProgram *program)
{
  return program->n_variables;
}

size_t
esp_program_get_n_operations (const EspProgram *program)
{
  return program->n_steps;
}

size_t
esp_program_get_n_constants (const EspProgram *program)
{
  return program->n_constants;
}

const double *
esp_program_get_constants (const EspProgram *program)
{
  return program->constants;
}

bool
esp_program_constant_is_exponent (const EspProgram *program, size_t constant)
{
  g_return_val_if_fail (constant < program->n_constants, false);

  return program->is_exponent[constant];
}

static void
run (const EspProgram *program,
     const double *constants,
     double *registers,
     const double *variables,
     double *results)
{
  const double *const sources[] = {
    [ESP_SOURCE_STEP] = registers,
    [ESP_SOURCE_VARIABLE] = variables,
    [ESP_SOURCE_CONSTANT] = constants,
  };

  for (size_t i = 0; i < program->n_steps; i++)
    {
      const EspProgramStep *step = &program->placed_steps[i];
      size_t n_operands = esp_operation_get_n_operands (step->operation);
      double operands[ESP_MAX_OPERANDS];

      for (size_t k = 0; k < n_operands; k++)
        operands[k] = sources[step->operands[k].source][step->operands[k].index];
      registers[program->targets[i]] = esp_operation_evaluate (step->operation, operands);
    }
  for (size_t i = 0; i < program->n_results; i++)
    results[i] = sources[program->placed_results[i].source][program->placed_results[i].index];
}

void
esp_program_evaluate (const EspProgram *program, const double *variables, double *results)
{
  esp_program_evaluate_with (program, program->constants, variables, results);
}

void
esp_program_evaluate_with (const EspProgram *program,
                           const double *constants,
                           const double *variables,
                           double *results)
{
  if (program->n_registers <= MAX_STACK_REGISTERS)
    {
      double *registers = g_newa (double, MAX (program->n_registers, 1));

      run (program, constants, registers, variables, results);
    }
  else
    {
      g_autofree double *registers = g_new (double, program->n_registers);

      run (program, constants, registers, variables, results);
    }
}

/* From steps to the instructions of a batch: what is written to memory and read again costs more than the
 * arithmetic, so as much as possible happens in the accumulator. */

#include "esp-program-private.h"

#define NONE G_MAXUINT

/* Values are numbered as the steps are; a constant that a function reads from a row is a value, too. */
typedef struct
{
  EspProgram *program;
  GArray *instructions;
  guint n_values;
  /* how often a value will yet be read */
  guint *uses;
  /* products that are computed where they are added */
  bool *is_deferred;
  /* the value in the accumulator */
  guint held;
  /* whether it is in its row as well */
  bool is_stored;
} Lowering;

static void
append (Lowering *lowering, EspCode code, guint a, guint b)
{
  EspInstruction instruction = { .code = code, .a = a, .b = b };

  g_array_append_val (lowering->instructions, instruction);
}

/* Rows are numbered: variables, results, values; esp_program_lower() finds places for the values. */
static guint
get_value_row (const Lowering *lowering, guint value)
{
  return (guint) (lowering->program->n_variables + lowering->program->n_results) + value;
}

static guint
get_row (const Lowering *lowering, EspOperand operand)
{
  return operand.source == ESP_SOURCE_VARIABLE ? operand.index : get_value_row (lowering, operand.index);
}

static bool
is_held (const Lowering *lowering, EspOperand operand)
{
  return operand.source == ESP_SOURCE_STEP && operand.index == lowering->held;
}

static bool
is_deferred (const Lowering *lowering, EspOperand operand)
{
  return operand.source == ESP_SOURCE_STEP && lowering->is_deferred[operand.index];
}

static void
count_use (Lowering *lowering, EspOperand operand)
{
  if (operand.source == ESP_SOURCE_STEP)
    lowering->uses[operand.index]--;
}

static void
store (Lowering *lowering)
{
  if (lowering->held == NONE || lowering->is_stored)
    return;

  append (lowering, ESP_CODE_STORE, 0, 0);
  g_array_index (lowering->instructions, EspInstruction, lowering->instructions->len - 1).target =
    get_value_row (lowering, lowering->held);
  lowering->is_stored = true;
}

/* Call before the accumulator changes, after the uses that this change makes are counted. */
static void
keep (Lowering *lowering)
{
  if (lowering->held != NONE && lowering->uses[lowering->held] > 0)
    store (lowering);
}

static void
hold (Lowering *lowering, guint value)
{
  lowering->held = value;
  lowering->is_stored = false;
}

/* Each code for rows is followed by that for a constant. */
static void
append_operand (Lowering *lowering, EspCode code, EspOperand operand)
{
  if (operand.source == ESP_SOURCE_CONSTANT)
    append (lowering, code + 1, operand.index, 0);
  else
    append (lowering, code, get_row (lowering, operand), 0);
}

static void
append_product (Lowering *lowering, EspCode code, guint value)
{
  EspOperand a = lowering->program->steps[value].operands[0], b = lowering->program->steps[value].operands[1];

  if (a.source == ESP_SOURCE_CONSTANT)
    append (lowering, code + 1, a.index, get_row (lowering, b));
  else if (b.source == ESP_SOURCE_CONSTANT)
    append (lowering, code + 1, b.index, get_row (lowering, a));
  else
    append (lowering, code, get_row (lowering, a), get_row (lowering, b));
  count_use (lowering, a);
  count_use (lowering, b);
}

static void
load (Lowering *lowering, EspOperand operand)
{
  keep (lowering);
  if (is_deferred (lowering, operand))
    append_product (lowering, ESP_CODE_LOAD_PRODUCT_RR, operand.index);
  else
    append_operand (lowering, ESP_CODE_LOAD_R, operand);
  hold (lowering, operand.source == ESP_SOURCE_STEP ? operand.index : NONE);
  /* a value that was read from its row is still there */
  lowering->is_stored = operand.source == ESP_SOURCE_STEP && !is_deferred (lowering, operand);
}

/* x ∘ b where the accumulator has x, or a ∘ x when @is_reversed. */
static EspCode
get_code (EspOperation operation, bool is_reversed)
{
  switch (operation)
    {
    case ESP_OPERATION_ADD:
      return ESP_CODE_ADD_R;
    case ESP_OPERATION_SUBTRACT:
      return is_reversed ? ESP_CODE_SUBTRACT_FROM_R : ESP_CODE_SUBTRACT_R;
    case ESP_OPERATION_MULTIPLY:
      return ESP_CODE_MULTIPLY_R;
    case ESP_OPERATION_MIN:
      return is_reversed ? ESP_CODE_MINIMUM_FROM_R : ESP_CODE_MINIMUM_R;
    case ESP_OPERATION_MAX:
      return is_reversed ? ESP_CODE_MAXIMUM_FROM_R : ESP_CODE_MAXIMUM_R;
    case ESP_OPERATION_GUARDED_MULTIPLY:
      return ESP_CODE_MULTIPLY_LIMITED_R;
    case ESP_OPERATION_GUARDED_DIVIDE:
      return is_reversed ? ESP_CODE_GUARDED_DIVIDE_INTO_R : ESP_CODE_GUARDED_DIVIDE_R;
    default:
      return is_reversed ? ESP_CODE_DIVIDE_INTO_R : ESP_CODE_DIVIDE_R;
    }
}

static EspCode
get_product_code (EspOperation operation, bool is_reversed)
{
  if (operation == ESP_OPERATION_ADD)
    return ESP_CODE_ADD_PRODUCT_RR;
  return is_reversed ? ESP_CODE_SUBTRACT_FROM_PRODUCT_RR : ESP_CODE_SUBTRACT_PRODUCT_RR;
}

static void
lower_arithmetic (Lowering *lowering, guint value)
{
  const EspProgramStep *step = &lowering->program->steps[value];
  EspOperand a = step->operands[0], b = step->operands[1], other;
  bool is_reversed;

  count_use (lowering, a);
  count_use (lowering, b);
  if (!is_held (lowering, a) && !is_held (lowering, b))
    load (lowering, is_deferred (lowering, b) && !is_deferred (lowering, a) ? b : a);
  /* what is loaded and not a value is @a */
  is_reversed = is_held (lowering, b) && !is_held (lowering, a);
  other = is_reversed ? a : b;
  if (is_held (lowering, other))
    {
      /* both operands are the accumulator's value */
      if (step->operation == ESP_OPERATION_ADD || step->operation == ESP_OPERATION_MULTIPLY
          || step->operation == ESP_OPERATION_GUARDED_MULTIPLY)
        {
          keep (lowering);
          if (step->operation == ESP_OPERATION_GUARDED_MULTIPLY)
            append (lowering, ESP_CODE_LIMIT, 0, 0);
          append (lowering, step->operation == ESP_OPERATION_ADD ? ESP_CODE_DOUBLE : ESP_CODE_SQUARE, 0, 0);
          hold (lowering, value);
          return;
        }
      store (lowering);
    }
  else
    keep (lowering);
  if (step->operation == ESP_OPERATION_GUARDED_MULTIPLY)
    append (lowering, ESP_CODE_LIMIT, 0, 0);
  if (is_deferred (lowering, other))
    append_product (lowering, get_product_code (step->operation, is_reversed), other.index);
  else
    append_operand (lowering, get_code (step->operation, is_reversed), other);
  hold (lowering, value);
}

/* Returns whether the power has an exponent of which products or a quotient make the same to a unit in the
 * last place or two, and what they are. */
static bool
get_power_codes (const EspProgram *program, const EspProgramStep *step, EspCode codes[2], size_t *n_codes)
{
  double exponent;

  if (step->operation != ESP_OPERATION_POWER || step->operands[1].source != ESP_SOURCE_CONSTANT)
    return false;

  exponent = program->constants[step->operands[1].index];
  *n_codes = exponent == 4 ? 2 : 1;
  codes[0] = exponent == 3 ? ESP_CODE_CUBE : exponent == -1 ? ESP_CODE_INVERT : ESP_CODE_SQUARE;
  codes[1] = ESP_CODE_SQUARE;
  return exponent == 2 || exponent == 3 || exponent == 4 || exponent == -1;
}

static void
lower_unary (Lowering *lowering, guint value, const EspCode *codes, size_t n_codes)
{
  EspOperand a = lowering->program->steps[value].operands[0];

  count_use (lowering, a);
  if (!is_held (lowering, a))
    load (lowering, a);
  keep (lowering);
  for (size_t i = 0; i < n_codes; i++)
    append (lowering, codes[i], 0, 0);
  hold (lowering, value);
}

/* With limits that are constants. */
static void
lower_clamp (Lowering *lowering, guint value)
{
  const EspProgramStep *step = &lowering->program->steps[value];

  count_use (lowering, step->operands[0]);
  if (!is_held (lowering, step->operands[0]))
    load (lowering, step->operands[0]);
  keep (lowering);
  append (lowering, ESP_CODE_CLAMP_CC, step->operands[1].index, step->operands[2].index);
  hold (lowering, value);
}

static void
lower_function (Lowering *lowering, guint value)
{
  const EspProgramStep *step = &lowering->program->steps[value];
  EspInstruction instruction = { .code = ESP_CODE_FUNCTION, .operation = step->operation };
  guint *rows[] = { &instruction.a, &instruction.b, &instruction.c };

  for (size_t k = 0; k < esp_operation_get_n_operands (step->operation); k++)
    {
      EspOperand operand = step->operands[k];

      if (is_held (lowering, operand))
        store (lowering);
      count_use (lowering, operand);
      if (operand.source == ESP_SOURCE_CONSTANT)
        {
          keep (lowering);
          append (lowering, ESP_CODE_LOAD_C, operand.index, 0);
          hold (lowering, lowering->n_values);
          store (lowering);
          *rows[k] = get_value_row (lowering, lowering->n_values++);
          lowering->held = NONE;
        }
      else
        *rows[k] = get_row (lowering, operand);
    }
  keep (lowering);
  instruction.target = get_value_row (lowering, value);
  g_array_append_val (lowering->instructions, instruction);
  lowering->held = NONE;
}

/* A product of rows that is added or subtracted once needs no place of its own. */
static void
find_deferred (Lowering *lowering)
{
  const EspProgram *program = lowering->program;

  for (size_t i = 0; i < program->n_steps; i++)
    {
      const EspProgramStep *step = &program->steps[i];

      if (step->operation != ESP_OPERATION_ADD && step->operation != ESP_OPERATION_SUBTRACT)
        continue;
      for (size_t k = 0; k < 2; k++)
        if (step->operands[k].source == ESP_SOURCE_STEP && lowering->uses[step->operands[k].index] == 1)
          {
            const EspProgramStep *product = &program->steps[step->operands[k].index];

            lowering->is_deferred[step->operands[k].index] = product->operation == ESP_OPERATION_MULTIPLY
                                                             && (product->operands[0].source
                                                                   != ESP_SOURCE_CONSTANT
                                                                 || product->operands[1].source
                                                                      != ESP_SOURCE_CONSTANT);
          }
    }
}

static void
lower_step (Lowering *lowering, guint value)
{
  const EspCode negate[] = { ESP_CODE_NEGATE }, absolute[] = { ESP_CODE_ABSOLUTE },
                sign[] = { ESP_CODE_SIGN };
  const EspProgramStep *step = &lowering->program->steps[value];
  EspCode codes[2];
  size_t n_codes;

  if (lowering->is_deferred[value])
    {
      /* a factor that is in the accumulator now is not read from memory later */
      lowering->is_deferred[value] = !is_held (lowering, step->operands[0])
                                     && !is_held (lowering, step->operands[1]);
      if (lowering->is_deferred[value])
        return;
    }
  switch (step->operation)
    {
    case ESP_OPERATION_ADD:
    case ESP_OPERATION_SUBTRACT:
    case ESP_OPERATION_MULTIPLY:
    case ESP_OPERATION_DIVIDE:
    case ESP_OPERATION_MIN:
    case ESP_OPERATION_MAX:
    case ESP_OPERATION_GUARDED_MULTIPLY:
    case ESP_OPERATION_GUARDED_DIVIDE:
      lower_arithmetic (lowering, value);
      break;
    case ESP_OPERATION_NEGATE:
      lower_unary (lowering, value, negate, 1);
      break;
    case ESP_OPERATION_ABS:
      lower_unary (lowering, value, absolute, 1);
      break;
    case ESP_OPERATION_SIGN:
      lower_unary (lowering, value, sign, 1);
      break;
    default:
      if (step->operation == ESP_OPERATION_CLAMP && step->operands[1].source == ESP_SOURCE_CONSTANT
          && step->operands[2].source == ESP_SOURCE_CONSTANT)
        lower_clamp (lowering, value);
      else if (get_power_codes (lowering->program, step, codes, &n_codes))
        lower_unary (lowering, value, codes, n_codes);
      else
        lower_function (lowering, value);
      break;
    }
}

/* A result that is a step has the result's column for its row. */
static void
lower_results (Lowering *lowering, const guint *result_of)
{
  const EspProgram *program = lowering->program;

  keep (lowering);
  for (size_t i = 0; i < program->n_results; i++)
    {
      EspInstruction instruction = { .code = ESP_CODE_STORE, .target = (guint) (program->n_variables + i) };

      if (program->results[i].source == ESP_SOURCE_STEP && result_of[program->results[i].index] == i)
        continue;
      if (!is_held (lowering, program->results[i]))
        load (lowering, program->results[i]);
      g_array_append_val (lowering->instructions, instruction);
    }
}

static bool
reads_a (const EspInstruction *instruction)
{
  return instruction->code == ESP_CODE_FUNCTION
         || (instruction->code >= ESP_CODE_LOAD_R && instruction->code < ESP_CODE_NEGATE
             && (instruction->code - ESP_CODE_LOAD_R) % 2 == 0);
}

static bool
reads_b (const EspInstruction *instruction)
{
  if (instruction->code == ESP_CODE_FUNCTION)
    return esp_operation_get_n_operands (instruction->operation) > 1;
  return instruction->code == ESP_CODE_LOAD_PRODUCT_RR || instruction->code == ESP_CODE_LOAD_PRODUCT_CR
         || (instruction->code >= ESP_CODE_ADD_PRODUCT_RR && instruction->code < ESP_CODE_NEGATE);
}

static bool
reads_c (const EspInstruction *instruction)
{
  return instruction->code == ESP_CODE_FUNCTION && esp_operation_get_n_operands (instruction->operation) > 2;
}

/* Replaces the numbers of values by rows of the workspace, each free again after it is last read. */
static void
place_rows (Lowering *lowering, const guint *result_of)
{
  g_autoptr (GArray) free_rows = g_array_new (FALSE, FALSE, sizeof (guint));
  EspProgram *program = lowering->program;
  guint first = get_value_row (lowering, 0), n_instructions = lowering->instructions->len;
  g_autofree guint *last_reads = g_new0 (guint, MAX (lowering->n_values, 1));
  g_autofree guint *places = g_new0 (guint, MAX (lowering->n_values, 1));

  for (guint i = 0; i < n_instructions; i++)
    {
      const EspInstruction *instruction = &g_array_index (lowering->instructions, EspInstruction, i);

      if (reads_a (instruction) && instruction->a >= first)
        last_reads[instruction->a - first] = i;
      if (reads_b (instruction) && instruction->b >= first)
        last_reads[instruction->b - first] = i;
      if (reads_c (instruction) && instruction->c >= first)
        last_reads[instruction->c - first] = i;
    }

  for (guint i = 0; i < n_instructions; i++)
    {
      EspInstruction *instruction = &g_array_index (lowering->instructions, EspInstruction, i);
      guint *rows[] = { reads_a (instruction) ? &instruction->a : NULL,
                        reads_b (instruction) ? &instruction->b : NULL,
                        reads_c (instruction) ? &instruction->c : NULL };

      /* before the operands' rows are free: a function never writes where it reads */
      if ((instruction->code == ESP_CODE_STORE || instruction->code == ESP_CODE_FUNCTION)
          && instruction->target >= first)
        {
          guint value = instruction->target - first;

          if (value < program->n_steps && result_of[value] != NONE)
            places[value] = (guint) program->n_variables + result_of[value];
          else if (free_rows->len > 0)
            {
              places[value] = g_array_index (free_rows, guint, free_rows->len - 1);
              g_array_set_size (free_rows, free_rows->len - 1);
            }
          else
            places[value] = first + (guint) program->n_rows++;
          instruction->target = places[value];
        }
      for (size_t k = 0; k < G_N_ELEMENTS (rows); k++)
        if (rows[k] != NULL && *rows[k] >= first)
          {
            guint value = *rows[k] - first;

            *rows[k] = places[value];
            if (last_reads[value] == i && places[value] >= first)
              {
                g_array_append_val (free_rows, places[value]);
                /* the same value twice in one instruction is free once */
                last_reads[value] = NONE;
              }
          }
    }
}

/* Puts a head in front of each run of instructions that share the accumulator. */
static void
make_chains (EspProgram *program, GArray *instructions)
{
  g_autoptr (GArray) chained = g_array_new (FALSE, FALSE, sizeof (EspInstruction));
  guint head = NONE;

  for (guint i = 0; i < instructions->len; i++)
    {
      EspInstruction instruction = g_array_index (instructions, EspInstruction, i);

      if (instruction.code == ESP_CODE_FUNCTION)
        head = NONE;
      else if (head == NONE)
        {
          const EspInstruction chain = { .code = ESP_CODE_CHAIN };

          head = chained->len;
          g_array_append_val (chained, chain);
        }
      g_array_append_val (chained, instruction);
      if (head != NONE)
        g_array_index (chained, EspInstruction, head).a++;
    }
  program->n_instructions = chained->len;
  program->instructions = (EspInstruction *) (void *) g_array_free (g_steal_pointer (&chained), FALSE);
}

void
esp_program_lower (EspProgram *program)
{
  g_autoptr (GArray) instructions = g_array_new (FALSE, FALSE, sizeof (EspInstruction));
  g_autofree guint *uses = g_new0 (guint, MAX (program->n_steps, 1));
  g_autofree bool *deferred = g_new0 (bool, MAX (program->n_steps, 1));
  g_autofree guint *result_of = g_new (guint, MAX (program->n_steps, 1));
  Lowering lowering = { .program = program,
                        .instructions = instructions,
                        .n_values = (guint) program->n_steps,
                        .uses = uses,
                        .is_deferred = deferred,
                        .held = NONE };
  size_t n_rows;

  for (size_t i = 0; i < program->n_steps; i++)
    {
      result_of[i] = NONE;
      for (size_t k = 0; k < esp_operation_get_n_operands (program->steps[i].operation); k++)
        if (program->steps[i].operands[k].source == ESP_SOURCE_STEP)
          uses[program->steps[i].operands[k].index]++;
    }
  for (size_t i = program->n_results; i-- > 0;)
    if (program->results[i].source == ESP_SOURCE_STEP)
      {
        uses[program->results[i].index]++;
        result_of[program->results[i].index] = (guint) i;
      }

  find_deferred (&lowering);
  for (guint i = 0; i < program->n_steps; i++)
    lower_step (&lowering, i);
  lower_results (&lowering, result_of);
  place_rows (&lowering, result_of);
  make_chains (program, instructions);

  n_rows = program->n_variables + program->n_results + program->n_rows;
  program->n_tiles = CLAMP (ESP_BLOCK_BYTES / (ESP_TILE_BYTES * MAX (n_rows, 1)), 1, ESP_BLOCK_MAX_TILES);
}

/* The gradient of a batch for one precision; esp-program-gradient.c includes it twice, with REAL and the
 * names that depend on it defined. */

#define LENGTH_OF_TILE (ESP_TILE_BYTES / sizeof (REAL))

#define CASE(operation, statements) \
  case operation:                   \
    for (size_t i = 0; i < n; i++)  \
      statements;                   \
    break

ESP_VECTORISED static void
RUN_ARITHMETIC (
  EspOperation operation, size_t n, const REAL *restrict a, const REAL *restrict b, REAL *restrict result)
{
  switch (operation)
    {
      CASE (ESP_OPERATION_ADD, result[i] = a[i] + b[i]);
      CASE (ESP_OPERATION_SUBTRACT, result[i] = a[i] - b[i]);
      CASE (ESP_OPERATION_MULTIPLY, result[i] = a[i] * b[i]);
      CASE (ESP_OPERATION_DIVIDE, result[i] = a[i] / b[i]);
    default:
      CASE (ESP_OPERATION_NEGATE, result[i] = -a[i]);
    }
}

/* From the derivative @g by the result @r of an operation writes those by its operands. */
ESP_VECTORISED static void
GO_BACK (EspOperation operation,
         size_t n,
         bool is_exponent,
         const REAL *restrict a,
         const REAL *restrict b,
         const REAL *restrict c,
         const REAL *restrict r,
         const REAL *restrict g,
         REAL *restrict d_a,
         REAL *restrict d_b,
         REAL *restrict d_c)
{
  const REAL limit = (REAL) ESP_GUARD_MULTIPLY;

  switch (operation)
    {
      CASE (ESP_OPERATION_ADD, d_a[i] = d_b[i] = g[i]);
      CASE (ESP_OPERATION_SUBTRACT, (d_a[i] = g[i], d_b[i] = -g[i]));
      CASE (ESP_OPERATION_MULTIPLY, (d_a[i] = g[i] * b[i], d_b[i] = g[i] * a[i]));
      CASE (ESP_OPERATION_DIVIDE, (d_a[i] = g[i] / b[i], d_b[i] = -g[i] * r[i] / b[i]));
    case ESP_OPERATION_POWER:
      for (size_t i = 0; i < n; i++)
        {
          REAL slope = g[i] * b[i] * POW (a[i], b[i] - 1);

          d_a[i] = b[i] == 0 ? 0 : slope;
        }
      if (!is_exponent)
        for (size_t i = 0; i < n; i++)
          {
            REAL slope = g[i] * r[i] * LOG (a[i]);

            d_b[i] = r[i] == 0 ? 0 : slope;
          }
      break;
      CASE (ESP_OPERATION_NEGATE, d_a[i] = -g[i]);
      CASE (ESP_OPERATION_SIN, d_a[i] = g[i] * COS (a[i]));
      CASE (ESP_OPERATION_COS, d_a[i] = -g[i] * SIN (a[i]));
      CASE (ESP_OPERATION_EXP, d_a[i] = g[i] * r[i]);
      CASE (ESP_OPERATION_LOG, d_a[i] = g[i] / a[i]);
      CASE (ESP_OPERATION_SQRT, d_a[i] = g[i] / (2 * r[i]));
      CASE (ESP_OPERATION_ABS, d_a[i] = a[i] > 0 ? g[i] : a[i] < 0 ? -g[i] : 0);
      CASE (ESP_OPERATION_SIGN, d_a[i] = 0);
      CASE (ESP_OPERATION_TANH, d_a[i] = g[i] * (1 - r[i] * r[i]));
      CASE (ESP_OPERATION_SIGMOID, {
        REAL e = EXP (-ABSOLUTE (a[i]));

        d_a[i] = g[i] * e / ((1 + e) * (1 + e));
      });
      CASE (ESP_OPERATION_MIN, {
        bool is_first = a[i] < b[i] || a[i] != a[i];

        d_a[i] = is_first ? g[i] : 0;
        d_b[i] = is_first ? 0 : g[i];
      });
      CASE (ESP_OPERATION_MAX, {
        bool is_first = a[i] > b[i] || a[i] != a[i];

        d_a[i] = is_first ? g[i] : 0;
        d_b[i] = is_first ? 0 : g[i];
      });
      CASE (ESP_OPERATION_IF, {
        d_a[i] = 0;
        d_b[i] = a[i] > 0 ? g[i] : 0;
        d_c[i] = a[i] > 0 ? 0 : g[i];
      });
      CASE (ESP_OPERATION_CLAMP, {
        REAL low = a[i] < b[i] ? g[i] : 0;
        REAL high = a[i] > c[i] ? g[i] : 0;

        d_b[i] = low;
        d_c[i] = a[i] < b[i] ? 0 : high;
        d_a[i] = a[i] < b[i] || a[i] > c[i] ? 0 : g[i];
      });
      CASE (ESP_OPERATION_GUARDED_MULTIPLY, {
        REAL left = a[i] < -limit ? -limit : a[i] > limit ? limit : a[i];
        REAL right = b[i] < -limit ? -limit : b[i] > limit ? limit : b[i];

        d_a[i] = left == a[i] ? g[i] * right : 0;
        d_b[i] = right == b[i] ? g[i] * left : 0;
      });
      CASE (ESP_OPERATION_GUARDED_DIVIDE, {
        REAL first = g[i] / b[i];
        REAL second = -g[i] * r[i] / b[i];

        d_a[i] = b[i] >= (REAL) ESP_GUARD_DIVIDE ? first : 0;
        d_b[i] = b[i] >= (REAL) ESP_GUARD_DIVIDE ? second : 0;
      });
      CASE (ESP_OPERATION_GUARDED_LOG, {
        REAL slope = g[i] / a[i];

        d_a[i] = a[i] < (REAL) ESP_GUARD_LOG ? 0 : slope;
      });
      CASE (ESP_OPERATION_GUARDED_EXP, {
        REAL slope = g[i] * r[i];

        d_a[i] = a[i] < (REAL) ESP_GUARD_EXP_LOW || a[i] > (REAL) ESP_GUARD_EXP_HIGH ? 0 : slope;
      });
      CASE (ESP_OPERATION_SOFT_IF, {
        REAL e = EXP (-ABSOLUTE (a[i]));
        REAL weight = (a[i] >= 0 ? 1 : e) / (1 + e);

        d_a[i] = g[i] * e / ((1 + e) * (1 + e)) * (b[i] - c[i]);
        d_b[i] = g[i] * weight;
        d_c[i] = g[i] * (1 - weight);
      });
    case ESP_OPERATION_CONSTANT:
    case ESP_OPERATION_VARIABLE:
    case ESP_N_OPERATIONS:
      break;
    }
}

#undef CASE

/* Adds what an operation gives to its operand. Where nothing comes back to the operation, nothing goes on,
 * even if it is infinitely steep there. */
ESP_VECTORISED static void
ADD_SHARE (size_t n, const REAL *restrict g, const REAL *restrict share, REAL *restrict sum)
{
  for (size_t i = 0; i < n; i++)
    sum[i] += g[i] != 0 ? share[i] : 0;
}

static double
SUM_SHARE (size_t n, const REAL *g, const REAL *share)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++)
    sum += g[i] != 0 ? share[i] : 0;
  return sum;
}

/* Where the rows of a block are. */
typedef struct
{
  const REAL *constants;
  REAL *steps;
  REAL *d_steps;
  REAL *splats;
  REAL *shares;
  REAL *variables;
  REAL *d_variables;
  size_t length;
} BLOCK;

static const REAL *
GET_ROW (const BLOCK *block, EspOperand operand, size_t k, size_t n)
{
  REAL *splat = block->splats + k * block->length;

  if (operand.source == ESP_SOURCE_STEP)
    return block->steps + operand.index * block->length;
  if (operand.source == ESP_SOURCE_VARIABLE)
    return block->variables + operand.index * block->length;

  for (size_t i = 0; i < n; i++)
    splat[i] = block->constants[operand.index];
  return splat;
}

static void
GO_FORWARDS (const EspProgram *program, const BLOCK *block, size_t n)
{
  for (size_t s = 0; s < program->n_steps; s++)
    {
      const EspProgramStep *step = &program->steps[s];
      const REAL *rows[ESP_MAX_OPERANDS] = { NULL };

      for (size_t k = 0; k < esp_operation_get_n_operands (step->operation); k++)
        rows[k] = GET_ROW (block, step->operands[k], k, n);
      if (step->operation <= ESP_OPERATION_DIVIDE || step->operation == ESP_OPERATION_NEGATE)
        RUN_ARITHMETIC (step->operation, n, rows[0], rows[1], block->steps + s * block->length);
      else
        RUN_FUNCTION (step->operation, n, rows[0], rows[1], rows[2], block->steps + s * block->length);
    }
}

/* Hands on the derivative @g by a value to where the value comes from; only the first @count samples are
 * there, the others fill the tile. */
static void
HAND_ON (const EspProgram *program,
         const BLOCK *block,
         EspOperand operand,
         size_t n,
         size_t count,
         const REAL *g,
         const REAL *share,
         double *d_constants)
{
  if (operand.source == ESP_SOURCE_STEP)
    ADD_SHARE (n, g, share, block->d_steps + operand.index * block->length);
  else if (operand.source == ESP_SOURCE_VARIABLE)
    ADD_SHARE (n, g, share, block->d_variables + operand.index * block->length);
  else if (d_constants != NULL && !program->is_exponent[operand.index])
    d_constants[operand.index] += SUM_SHARE (count, g, share);
}

static void
GO_BACKWARDS (const EspProgram *program, const BLOCK *block, size_t n, size_t count, double *d_constants)
{
  REAL *shares[ESP_MAX_OPERANDS];

  for (size_t k = 0; k < ESP_MAX_OPERANDS; k++)
    shares[k] = block->shares + k * block->length;
  for (size_t s = program->n_steps; s-- > 0;)
    {
      const EspProgramStep *step = &program->steps[s];
      const REAL *rows[ESP_MAX_OPERANDS] = { NULL };
      const REAL *g = block->d_steps + s * block->length;
      bool is_exponent = step->operands[1].source == ESP_SOURCE_CONSTANT && program->n_constants > 0
                         && program->is_exponent[step->operands[1].index];

      for (size_t k = 0; k < esp_operation_get_n_operands (step->operation); k++)
        rows[k] = GET_ROW (block, step->operands[k], k, n);
      GO_BACK (step->operation, n, is_exponent, rows[0], rows[1], rows[2], block->steps + s * block->length,
               g, shares[0], shares[1], shares[2]);
      for (size_t k = 0; k < esp_operation_get_n_operands (step->operation); k++)
        HAND_ON (program, block, step->operands[k], n, count, g, shares[k], d_constants);
    }
}

void
DIFFERENTIATE_BATCH (const EspProgram *program,
                     const REAL *constants,
                     const REAL *variables,
                     size_t stride,
                     size_t n,
                     const REAL *d_results,
                     size_t result_stride,
                     double *d_constants,
                     REAL *d_variables,
                     size_t d_stride,
                     void *workspace)
{
  size_t length = get_block_bytes (program) / sizeof (REAL);
  REAL *storage = workspace;
  BLOCK block = {
    .constants = constants != NULL ? constants : program->CONSTANTS,
    .steps = storage,
    .d_steps = storage + program->n_steps * length,
    .splats = storage + 2 * program->n_steps * length,
    .shares = storage + (2 * program->n_steps + ESP_MAX_OPERANDS) * length,
    .variables = storage + (2 * program->n_steps + 2 * ESP_MAX_OPERANDS) * length,
    .d_variables = storage + (2 * program->n_steps + 2 * ESP_MAX_OPERANDS + program->n_variables) * length,
    .length = length
  };

  for (size_t first = 0; first < n; first += length)
    {
      size_t count = MIN (length, n - first);
      size_t padded = (count + LENGTH_OF_TILE - 1) / LENGTH_OF_TILE * LENGTH_OF_TILE;

      for (size_t v = 0; v < program->n_variables; v++)
        {
          REAL *row = block.variables + v * length;

          memcpy (row, variables + v * stride + first, count * sizeof (REAL));
          for (size_t i = count; i < padded; i++)
            row[i] = row[count - 1];
          memset (block.d_variables + v * length, 0, padded * sizeof (REAL));
        }
      GO_FORWARDS (program, &block, padded);

      memset (block.d_steps, 0, program->n_steps * length * sizeof (REAL));
      for (size_t r = 0; r < program->n_results; r++)
        {
          memcpy (block.shares, d_results + r * result_stride + first, count * sizeof (REAL));
          memset (block.shares + count, 0, (padded - count) * sizeof (REAL));
          HAND_ON (program, &block, program->results[r], padded, count, block.shares, block.shares,
                   d_constants);
        }
      GO_BACKWARDS (program, &block, padded, count, d_constants);
      if (d_variables != NULL)
        for (size_t v = 0; v < program->n_variables; v++)
          memcpy (d_variables + v * d_stride + first, block.d_variables + v * length, count * sizeof (REAL));
    }
}

#undef LENGTH_OF_TILE

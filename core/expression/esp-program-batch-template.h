/* The evaluation of a batch for one precision; esp-program-batch.c includes it twice, with REAL and the
 * names that depend on it defined. */

/* A row starts where the caller's column does, so it is not aligned to the vectors. */
typedef REAL VECTOR __attribute__ ((vector_size (ESP_TILE_BYTES / 16)));
typedef REAL ROW __attribute__ ((vector_size (ESP_TILE_BYTES / 16), aligned (sizeof (REAL)), may_alias));

#define TILE (ESP_TILE_BYTES / sizeof (REAL))

#if ESP_HAS_WIDE_VECTORS
#define RUN_CHAIN       RUN_CHAIN_WIDE
#define CHAIN_ATTRIBUTE __attribute__ ((target ("arch=x86-64-v4")))
#define CHAIN_TILE      TILE
#define ACCUMULATORS    ACCUMULATORS_16
#define EACH            EACH_OF_16
#include "esp-program-chain-template.h"
#undef RUN_CHAIN
#undef CHAIN_ATTRIBUTE
#undef CHAIN_TILE
#undef ACCUMULATORS
#undef EACH
#endif

#define RUN_CHAIN       RUN_CHAIN_NARROW
#define CHAIN_ATTRIBUTE ESP_VECTORISED
#define CHAIN_TILE      (TILE / 2)
#define ACCUMULATORS    ACCUMULATORS_8
#define EACH            EACH_OF_8
#include "esp-program-chain-template.h"
#undef RUN_CHAIN
#undef CHAIN_ATTRIBUTE
#undef CHAIN_TILE
#undef ACCUMULATORS
#undef EACH

/* As esp_operation_evaluate(), for @n samples; the result overlaps no operand. The comparisons are
 * written so that every lane does the same; a NaN goes the same way as there. */
ESP_VECTORISED void
RUN_FUNCTION (EspOperation operation,
              size_t n,
              const REAL *restrict a,
              const REAL *restrict b,
              const REAL *restrict c,
              REAL *restrict result)
{
#define LIMIT(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define CASE(operation, statements) \
  case operation:                   \
    for (size_t i = 0; i < n; i++)  \
      statements;                   \
    break
  switch (operation)
    {
      CASE (ESP_OPERATION_POWER, result[i] = POW (a[i], b[i]));
      CASE (ESP_OPERATION_SIN, result[i] = SIN (a[i]));
      CASE (ESP_OPERATION_COS, result[i] = COS (a[i]));
      CASE (ESP_OPERATION_EXP, result[i] = EXP (a[i]));
      CASE (ESP_OPERATION_LOG, result[i] = LOG (a[i]));
      CASE (ESP_OPERATION_SQRT, result[i] = SQRT (a[i]));
      CASE (ESP_OPERATION_ABS, result[i] = ABSOLUTE (a[i]));
      CASE (ESP_OPERATION_SIGN, result[i] = a[i] > 0       ? (REAL) 1
                                            : a[i] < 0     ? (REAL) -1
                                            : a[i] != a[i] ? a[i]
                                                           : 0);
      CASE (ESP_OPERATION_TANH, result[i] = TANH (a[i]));
      CASE (ESP_OPERATION_SIGMOID, result[i] = SIGMOID (a[i]));
      CASE (ESP_OPERATION_MIN, result[i] = a[i] < b[i] || a[i] != a[i] ? a[i] : b[i]);
      CASE (ESP_OPERATION_MAX, result[i] = a[i] > b[i] || a[i] != a[i] ? a[i] : b[i]);
      CASE (ESP_OPERATION_IF, result[i] = a[i] > 0 ? b[i] : c[i]);
      CASE (ESP_OPERATION_CLAMP, {
        REAL limited = LIMIT (a[i], b[i], c[i]);

        result[i] = b[i] != b[i] || c[i] != c[i] ? (REAL) NAN : limited;
      });
      /* limits and what follows in loops of their own: in one, the compiler would compute the value at a
       * limit beforehand, and branch */
    case ESP_OPERATION_GUARDED_MULTIPLY:
      for (size_t i = 0; i < n; i++)
        result[i] = LIMIT (a[i], (REAL) -ESP_GUARD_MULTIPLY, (REAL) ESP_GUARD_MULTIPLY);
      for (size_t i = 0; i < n; i++)
        result[i] *= LIMIT (b[i], (REAL) -ESP_GUARD_MULTIPLY, (REAL) ESP_GUARD_MULTIPLY);
      break;
      CASE (ESP_OPERATION_GUARDED_DIVIDE, {
        REAL quotient = a[i] / b[i];

        result[i] = b[i] >= (REAL) ESP_GUARD_DIVIDE ? quotient : 0;
      });
    case ESP_OPERATION_GUARDED_LOG:
      for (size_t i = 0; i < n; i++)
        result[i] = a[i] < (REAL) ESP_GUARD_LOG ? (REAL) ESP_GUARD_LOG : a[i];
      for (size_t i = 0; i < n; i++)
        result[i] = LOG (result[i]);
      break;
    case ESP_OPERATION_GUARDED_EXP:
      for (size_t i = 0; i < n; i++)
        result[i] = LIMIT (a[i], (REAL) ESP_GUARD_EXP_LOW, (REAL) ESP_GUARD_EXP_HIGH);
      for (size_t i = 0; i < n; i++)
        result[i] = EXP (result[i]);
      break;
      CASE (ESP_OPERATION_SOFT_IF, {
        REAL weight = SIGMOID (a[i]);

        result[i] = weight * b[i] + (1 - weight) * c[i];
      });
    default:
      g_assert_not_reached ();
    }
#undef CASE
#undef LIMIT
}

static void
RUN_BLOCK (const EspProgram *program, REAL *const *rows, const REAL *constants, size_t n_tiles)
{
#if ESP_HAS_WIDE_VECTORS
  bool is_wide = has_wide_vectors ();
#endif

  for (size_t i = 0; i < program->n_instructions; i++)
    {
      const EspInstruction *instruction = &program->instructions[i];

      if (instruction->code == ESP_CODE_CHAIN)
        {
#if ESP_HAS_WIDE_VECTORS
          if (is_wide)
            RUN_CHAIN_WIDE (instruction + 1, instruction->a, rows, constants, n_tiles);
          else
#endif
            RUN_CHAIN_NARROW (instruction + 1, instruction->a, rows, constants, 2 * n_tiles);
          i += instruction->a;
        }
      else
        RUN_FUNCTION (instruction->operation, n_tiles * TILE, rows[instruction->a], rows[instruction->b],
                      rows[instruction->c], rows[instruction->target]);
    }
}

void
EVALUATE_BATCH (const EspProgram *program,
                const REAL *constants,
                const REAL *variables,
                size_t stride,
                size_t n,
                REAL *results,
                size_t result_stride,
                void *workspace)
{
  size_t n_variables = program->n_variables, n_results = program->n_results;
  size_t n_leaves = n_variables + n_results, length = program->n_tiles * TILE;
  REAL *storage = workspace;
  REAL **rows = (REAL **) (void *) (storage + (n_leaves + program->n_rows) * length);

  if (constants == NULL)
    constants = program->CONSTANTS;
  for (size_t i = 0; i < program->n_rows; i++)
    rows[n_leaves + i] = storage + (n_leaves + i) * length;

  for (size_t first = 0; first < n; first += length)
    {
      size_t count = MIN (length, n - first), n_tiles = (count + TILE - 1) / TILE;

      if (count % TILE == 0)
        {
          /* rows of variables are only read */
          for (size_t i = 0; i < n_variables; i++)
            rows[i] = (REAL *) variables + i * stride + first;
          for (size_t i = 0; i < n_results; i++)
            rows[n_variables + i] = results + i * result_stride + first;
          RUN_BLOCK (program, rows, constants, n_tiles);
          continue;
        }

      /* the last tile is filled up, so that all samples take the same way through it */
      for (size_t i = 0; i < n_leaves; i++)
        rows[i] = storage + i * length;
      for (size_t i = 0; i < n_variables; i++)
        {
          memcpy (rows[i], variables + i * stride + first, count * sizeof (REAL));
          for (size_t j = count; j < n_tiles * TILE; j++)
            rows[i][j] = rows[i][count - 1];
        }
      RUN_BLOCK (program, rows, constants, n_tiles);
      for (size_t i = 0; i < n_results; i++)
        memcpy (results + i * result_stride + first, rows[n_variables + i], count * sizeof (REAL));
    }
}

#undef TILE

/* The evaluation of a batch for one precision; esp-program-batch.c includes it twice, with REAL and the
 * names that depend on it defined. */

/* A row starts where the caller's column does, so it is not aligned to the vectors. */
typedef REAL VECTOR __attribute__ ((vector_size (ESP_TILE_BYTES / 16)));
typedef INTEGER MASK __attribute__ ((vector_size (ESP_TILE_BYTES / 16)));
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

static void
RUN_BLOCK (const EspProgram *program, REAL *const *rows, const REAL *constants, size_t n_tiles)
{
#if ESP_HAS_WIDE_VECTORS
  bool is_wide = esp_program_has_wide_vectors ();
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

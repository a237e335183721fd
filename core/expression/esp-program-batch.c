#include "esp-simd.h"

#include <stdint.h>
#include <string.h>

#include "esp-program-private.h"

/* Each accumulator in turn is x in the statement, and k its number. */
#define ON(accumulator, number, ...) \
  do                                 \
    {                                \
      enum                           \
      {                              \
        k = number                   \
      };                             \
      VECTOR x = accumulator;        \
      __VA_ARGS__;                   \
      accumulator = x;               \
    }                                \
  while (0)
#define EACH_OF_8(statement) \
  do                         \
    {                        \
      ON (x0, 0, statement); \
      ON (x1, 1, statement); \
      ON (x2, 2, statement); \
      ON (x3, 3, statement); \
      ON (x4, 4, statement); \
      ON (x5, 5, statement); \
      ON (x6, 6, statement); \
      ON (x7, 7, statement); \
    }                        \
  while (0)
#define EACH_OF_16(statement)  \
  do                           \
    {                          \
      EACH_OF_8 (statement);   \
      ON (x8, 8, statement);   \
      ON (x9, 9, statement);   \
      ON (x10, 10, statement); \
      ON (x11, 11, statement); \
      ON (x12, 12, statement); \
      ON (x13, 13, statement); \
      ON (x14, 14, statement); \
      ON (x15, 15, statement); \
    }                          \
  while (0)
#define ACCUMULATORS_8 VECTOR x0 = { 0 }, x1 = x0, x2 = x0, x3 = x0, x4 = x0, x5 = x0, x6 = x0, x7 = x0
#define ACCUMULATORS_16 \
  ACCUMULATORS_8, x8 = x0, x9 = x0, x10 = x0, x11 = x0, x12 = x0, x13 = x0, x14 = x0, x15 = x0

/* Sixteen accumulators are only worth it where there are registers for all of them. */
#if defined(__x86_64__) && !defined(__clang__)
#define ESP_HAS_WIDE_VECTORS 1
#else
#define ESP_HAS_WIDE_VECTORS 0
#endif

#define REAL             double
#define INTEGER          int64_t
#define MASK             Mask
#define VECTOR           Vector
#define ROW              Row
#define CONSTANTS        constants
#define RUN_CHAIN_WIDE   run_chain_wide
#define RUN_CHAIN_NARROW run_chain_narrow
#define RUN_FUNCTION     esp_program_run_function
#define RUN_BLOCK        run_block
#define EVALUATE_BATCH   esp_program_evaluate_batch
#include "esp-program-batch-template.h"
#undef REAL
#undef INTEGER
#undef MASK
#undef VECTOR
#undef ROW
#undef CONSTANTS
#undef RUN_CHAIN_WIDE
#undef RUN_CHAIN_NARROW
#undef RUN_FUNCTION
#undef RUN_BLOCK
#undef EVALUATE_BATCH

#define REAL             float
#define INTEGER          int32_t
#define MASK             MaskSingle
#define VECTOR           VectorSingle
#define ROW              RowSingle
#define CONSTANTS        constants_single
#define RUN_CHAIN_WIDE   run_chain_wide_single
#define RUN_CHAIN_NARROW run_chain_narrow_single
#define RUN_FUNCTION     esp_program_run_function_single
#define RUN_BLOCK        run_block_single
#define EVALUATE_BATCH   esp_program_evaluate_batch_single
#include "esp-program-batch-template.h"

size_t
esp_program_get_workspace_size (const EspProgram *program)
{
  size_t n_rows = program->n_variables + program->n_results + program->n_rows;

  /* a row has the same bytes in both precisions */
  return n_rows * program->n_tiles * ESP_TILE_BYTES + (n_rows * sizeof (void *) + 63) / 64 * 64;
}

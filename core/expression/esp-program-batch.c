#include "esp-simd.h"

#include <string.h>

#include "esp-program-private.h"

/* The exponential's argument is never positive, as in esp_operation_evaluate(). */
static inline double
sigmoid (double a)
{
  double e = exp (-fabs (a));

  return (a >= 0 ? 1 : e) / (1 + e);
}

static inline float
sigmoid_single (float a)
{
  float e = expf (-fabsf (a));

  return (a >= 0 ? 1 : e) / (1 + e);
}

#define REAL           double
#define VECTOR         Vector
#define ROW            Row
#define CONSTANTS      constants
#define RUN_CHAIN      run_chain
#define RUN_FUNCTION   run_function
#define RUN_BLOCK      run_block
#define EVALUATE_BATCH esp_program_evaluate_batch
#define POW            pow
#define SIN            sin
#define COS            cos
#define EXP            exp
#define LOG            log
#define SQRT           sqrt
#define ABSOLUTE       fabs
#define TANH           tanh
#define SIGMOID        sigmoid
#include "esp-program-batch-template.h"
#undef REAL
#undef VECTOR
#undef ROW
#undef CONSTANTS
#undef RUN_CHAIN
#undef RUN_FUNCTION
#undef RUN_BLOCK
#undef EVALUATE_BATCH
#undef POW
#undef SIN
#undef COS
#undef EXP
#undef LOG
#undef SQRT
#undef ABSOLUTE
#undef TANH
#undef SIGMOID

#define REAL           float
#define VECTOR         VectorSingle
#define ROW            RowSingle
#define CONSTANTS      constants_single
#define RUN_CHAIN      run_chain_single
#define RUN_FUNCTION   run_function_single
#define RUN_BLOCK      run_block_single
#define EVALUATE_BATCH esp_program_evaluate_batch_single
#define POW            powf
#define SIN            sinf
#define COS            cosf
#define EXP            expf
#define LOG            logf
#define SQRT           sqrtf
#define ABSOLUTE       fabsf
#define TANH           tanhf
#define SIGMOID        sigmoid_single
#include "esp-program-batch-template.h"

size_t
esp_program_get_workspace_size (const EspProgram *program)
{
  size_t n_rows = program->n_variables + program->n_results + program->n_rows;

  /* a row has the same bytes in both precisions */
  return n_rows * program->n_tiles * ESP_TILE_BYTES + (n_rows * sizeof (void *) + 63) / 64 * 64;
}

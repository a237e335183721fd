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

/* Faster than the vector version of tanh, and as near. */
static inline double
hyperbolic_tangent (double a)
{
  double e = expm1 (-2 * fabs (a));

  return copysign (-e / (2 + e), a);
}

/* Each accumulator in turn is x in the statement, and k its number. */
#define ON(accumulator, number, statement) \
  do                                       \
    {                                      \
      enum                                 \
      {                                    \
        k = number                         \
      };                                   \
      VECTOR x = accumulator;              \
      statement;                           \
      accumulator = x;                     \
    }                                      \
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
#if defined(ESP_HAS_VECTOR_FUNCTION) && !defined(__clang__)
#define ESP_HAS_WIDE_VECTORS 1

static bool
has_wide_vectors (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
         && __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq")
         && __builtin_cpu_supports ("avx512vl");
}
#else
#define ESP_HAS_WIDE_VECTORS 0
#endif

#define REAL             double
#define VECTOR           Vector
#define ROW              Row
#define CONSTANTS        constants
#define RUN_CHAIN_WIDE   run_chain_wide
#define RUN_CHAIN_NARROW run_chain_narrow
#define RUN_FUNCTION     esp_program_run_function
#define RUN_BLOCK        run_block
#define EVALUATE_BATCH   esp_program_evaluate_batch
#define POW              pow
#define SIN              sin
#define COS              cos
#define EXP              exp
#define LOG              log
#define SQRT             sqrt
#define ABSOLUTE         fabs
#define TANH             hyperbolic_tangent
#define SIGMOID          sigmoid
#include "esp-program-batch-template.h"
#undef REAL
#undef VECTOR
#undef ROW
#undef CONSTANTS
#undef RUN_CHAIN_WIDE
#undef RUN_CHAIN_NARROW
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

#define REAL             float
#define VECTOR           VectorSingle
#define ROW              RowSingle
#define CONSTANTS        constants_single
#define RUN_CHAIN_WIDE   run_chain_wide_single
#define RUN_CHAIN_NARROW run_chain_narrow_single
#define RUN_FUNCTION     esp_program_run_function_single
#define RUN_BLOCK        run_block_single
#define EVALUATE_BATCH   esp_program_evaluate_batch_single
#define POW              powf
#define SIN              sinf
#define COS              cosf
#define EXP              expf
#define LOG              logf
#define SQRT             sqrtf
#define ABSOLUTE         fabsf
#define TANH             tanhf
#define SIGMOID          sigmoid_single
#include "esp-program-batch-template.h"

size_t
esp_program_get_workspace_size (const EspProgram *program)
{
  size_t n_rows = program->n_variables + program->n_results + program->n_rows;

  /* a row has the same bytes in both precisions */
  return n_rows * program->n_tiles * ESP_TILE_BYTES + (n_rows * sizeof (void *) + 63) / 64 * 64;
}

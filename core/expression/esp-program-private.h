/* What a program is made of, for the files that run it. */

#pragma once

#include "esp-program.h"

G_BEGIN_DECLS

typedef enum
{
  ESP_SOURCE_STEP,
  ESP_SOURCE_VARIABLE,
  ESP_SOURCE_CONSTANT,
} EspSource;

/* Where an operand is: a leaf is read in place, never copied. */
typedef struct
{
  guint source : 2;
  guint index : 30;
} EspOperand;

typedef struct
{
  EspOperation operation;
  EspOperand operands[ESP_MAX_OPERANDS];
} EspProgramStep;

/* The instructions of a batch. Those of a chain have an accumulator, a tile of samples that stays in the
 * processor's vector registers; R reads a row (a variable's column or a stored value), C a constant. The
 * names tell what becomes of the accumulator x with operands a and b. */
typedef enum
{
  ESP_CODE_CHAIN,    /* the next @a instructions run tile by tile */
  ESP_CODE_FUNCTION, /* row @target becomes @operation of the rows @a, @b and @c */
  ESP_CODE_STORE,    /* row @target becomes x */
  ESP_CODE_LOAD_R,
  ESP_CODE_LOAD_C,
  ESP_CODE_LOAD_PRODUCT_RR,
  ESP_CODE_LOAD_PRODUCT_CR,
  ESP_CODE_ADD_R,
  ESP_CODE_ADD_C,
  ESP_CODE_SUBTRACT_R, /* x − a */
  ESP_CODE_SUBTRACT_C,
  ESP_CODE_SUBTRACT_FROM_R, /* a − x */
  ESP_CODE_SUBTRACT_FROM_C,
  ESP_CODE_MULTIPLY_R,
  ESP_CODE_MULTIPLY_C,
  ESP_CODE_DIVIDE_R, /* x / a */
  ESP_CODE_DIVIDE_C,
  ESP_CODE_DIVIDE_INTO_R, /* a / x */
  ESP_CODE_DIVIDE_INTO_C,
  ESP_CODE_MINIMUM_R, /* min (x, a) */
  ESP_CODE_MINIMUM_C,
  ESP_CODE_MINIMUM_FROM_R, /* min (a, x): of zeros the second counts, of NaNs the first */
  ESP_CODE_MINIMUM_FROM_C,
  ESP_CODE_MAXIMUM_R,
  ESP_CODE_MAXIMUM_C,
  ESP_CODE_MAXIMUM_FROM_R,
  ESP_CODE_MAXIMUM_FROM_C,
  ESP_CODE_MULTIPLY_LIMITED_R, /* x times a within ±ESP_GUARD_MULTIPLY */
  ESP_CODE_MULTIPLY_LIMITED_C,
  ESP_CODE_GUARDED_DIVIDE_R, /* pdiv (x, a) */
  ESP_CODE_GUARDED_DIVIDE_C,
  ESP_CODE_GUARDED_DIVIDE_INTO_R, /* pdiv (a, x) */
  ESP_CODE_GUARDED_DIVIDE_INTO_C,
  ESP_CODE_ADD_PRODUCT_RR, /* x + ab, rounded twice */
  ESP_CODE_ADD_PRODUCT_CR,
  ESP_CODE_SUBTRACT_PRODUCT_RR, /* x − ab */
  ESP_CODE_SUBTRACT_PRODUCT_CR,
  ESP_CODE_SUBTRACT_FROM_PRODUCT_RR, /* ab − x */
  ESP_CODE_SUBTRACT_FROM_PRODUCT_CR,
  ESP_CODE_NEGATE,
  ESP_CODE_DOUBLE,
  ESP_CODE_SQUARE,
  ESP_CODE_CUBE,
  ESP_CODE_INVERT,
  ESP_CODE_ABSOLUTE,
  ESP_CODE_SIGN,
  ESP_CODE_LIMIT,    /* x within ±ESP_GUARD_MULTIPLY */
  ESP_CODE_CLAMP_CC, /* clamp (x, a, b) */
} EspCode;

typedef struct
{
  EspCode code;
  EspOperation operation;
  guint a, b, c, target;
} EspInstruction;

/* Bytes of a tile: sixteen of the widest vector registers, half of what a processor with these has. */
#define ESP_TILE_BYTES 1024

/* What of the fastest cache the rows of a block may fill. */
#define ESP_BLOCK_BYTES 24576

/* Rows longer than this save no more time. */
#define ESP_BLOCK_MAX_TILES 16

struct _EspProgram
{
  size_t n_results;
  size_t n_variables;
  size_t n_steps;
  size_t n_constants;
  EspProgramStep *steps;
  EspOperand *results;
  double *constants;
  float *constants_single;
  bool *is_exponent;

  /* one sample: the steps again, but where they name a step, its register is meant */
  EspProgramStep *placed_steps;
  guint *targets;
  EspOperand *placed_results;
  guint n_registers;

  /* a batch: rows are the variables' columns, the results' columns, and @n_rows of the workspace */
  EspInstruction *instructions;
  size_t n_instructions;
  size_t n_rows;
  size_t n_tiles;
};

/* Writes the instructions for batches (esp-program-lower.c). */
void esp_program_lower (EspProgram *program);

#if defined(__x86_64__) && !defined(__clang__)
/* Whether the processor has vectors of 512 bits, and 32 registers for them. */
static inline bool
esp_program_has_wide_vectors (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
         && __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq")
         && __builtin_cpu_supports ("avx512vl");
}

/* Whether it has fused multiply-add on vectors. */
static inline bool
esp_program_has_fused (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("bmi")
         && __builtin_cpu_supports ("bmi2");
}
#endif

/* Computes a row of @n samples, a whole number of tiles, of an @operation that is not one of chains
 * (esp-program-function.c); the result overlaps no operand. */
void esp_program_run_function (EspOperation operation,
                               size_t n,
                               const double *restrict a,
                               const double *restrict b,
                               const double *restrict c,
                               double *restrict result);
void esp_program_run_function_single (EspOperation operation,
                                      size_t n,
                                      const float *restrict a,
                                      const float *restrict b,
                                      const float *restrict c,
                                      float *restrict result);

G_END_DECLS
